/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of readers beside writers: they get whole answers, of their key, not older than before they asked. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "sample.h"

#define WRITERS 2
#define READERS 3
#define SERIALS_MOST 20000

struct arrangement {
	const char *what;
	size_t octets;
	uint64_t serials, rounds; /* each writer writes each of its serial numbers so often */
	size_t body_least, body_most;
};

struct scene {
	const struct arrangement *arrangement;
	vouch_store *store;
	_Atomic uint64_t put[SERIALS_MOST]; /* the version whose store_put has returned */
	_Atomic unsigned writing;
	_Atomic uint64_t hits, wrong, outdated;
};

struct actor {
	struct scene *scene;
	unsigned number;
	pthread_t thread;
};

static uint64_t
step(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return *state >> 33;
}

/* Takes the answer as it is there and stamps it: as a responder does after "all changed". */
static void
restamp(vouch_store *store, uint64_t serial, uint64_t version)
{
	uint8_t body[SAMPLE_BODY_MOST];
	struct sample sample = { .serial = serial,
		.version = version,
		.cert_status = VOUCH_GOOD,
		.body_len = SAMPLE_BODY_LEAST };

	sample_make(&sample, body);
	store_restamp(store, &sample.key, sample.meta.sha256, sample.meta.position | 1);
}

static void *
write_answers(void *arg)
{
	struct actor *actor = arg;
	struct scene *scene = actor->scene;
	const struct arrangement *a = scene->arrangement;
	uint64_t state = actor->number;

	for (uint64_t version = 1; version <= a->rounds; version++)
		for (uint64_t serial = actor->number; serial < a->serials; serial += WRITERS) {
			size_t len = a->body_least + step(&state) % (a->body_most - a->body_least + 1);
			sample_put(scene->store, serial, version,
			    step(&state) % 4 == 0 ? VOUCH_UNKNOWN : VOUCH_GOOD, len);
			atomic_store_explicit(&scene->put[serial], version, memory_order_release);
			if (step(&state) % 4 == 0)
				restamp(scene->store, serial, version);
		}
	atomic_fetch_sub(&scene->writing, 1);
	return NULL;
}

static void *
read_answers(void *arg)
{
	struct actor *actor = arg;
	struct scene *scene = actor->scene;
	uint64_t state = 1000 + actor->number;
	vouch_buf out = { 0 };

	while (atomic_load(&scene->writing) != 0) {
		uint64_t serial = step(&state) % scene->arrangement->serials;
		uint64_t before = atomic_load_explicit(&scene->put[serial], memory_order_acquire);
		uint64_t version = sample_get(scene->store, serial, &out);
		if (version == UINT64_MAX)
			atomic_fetch_add(&scene->wrong, 1);
		else if (version != 0 && version < before)
			atomic_fetch_add(&scene->outdated, 1);
		else if (version != 0)
			atomic_fetch_add_explicit(&scene->hits, 1, memory_order_relaxed);
	}
	vouch_buf_free(&out);
	return NULL;
}

static void
play(const struct arrangement *arrangement)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	struct actor actors[WRITERS + READERS];

	assert_non_null(scene);
	scene->arrangement = arrangement;
	scene->store = sample_store(arrangement->octets);
	atomic_store(&scene->writing, WRITERS);
	for (unsigned i = 0; i < WRITERS + READERS; i++) {
		actors[i] = (struct actor){ .scene = scene, .number = i };
		assert_int_equal(pthread_create(&actors[i].thread, NULL,
				     i < WRITERS ? write_answers : read_answers, &actors[i]),
		    0);
	}
	for (unsigned i = 0; i < WRITERS + READERS; i++)
		pthread_join(actors[i].thread, NULL);
	if (scene->wrong != 0 || scene->outdated != 0)
		fail_msg("%s: %llu answers torn or of another key, %llu outdated", arrangement->what,
		    (unsigned long long)scene->wrong, (unsigned long long)scene->outdated);
	assert_true(scene->hits > 0);
	vouch_store_free(scene->store);
	free(scene);
}

static const struct arrangement overwriting = { "overwriting", 16 << 10, 40, 3000, SAMPLE_BODY_LEAST, 200 };
static const struct arrangement large = { "large answers", 256 << 10, 30, 400, 1000, 2500 };
static const struct arrangement growing = { "growing", 16 << 20, SERIALS_MOST, 3, SAMPLE_BODY_LEAST, 300 };

static void
a_reader_of_a_store_that_is_overwritten_all_the_time_gets_whole_answers(void **state)
{
	(void)state;
	play(&overwriting);
}

static void
a_long_copy_that_is_overtaken_is_thrown_away(void **state)
{
	(void)state;
	play(&large);
}

static void
a_reader_of_an_index_that_grows_gets_the_right_answers(void **state)
{
	(void)state;
	play(&growing);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reader_of_a_store_that_is_overwritten_all_the_time_gets_whole_answers),
		cmocka_unit_test(a_long_copy_that_is_overtaken_is_thrown_away),
		cmocka_unit_test(a_reader_of_an_index_that_grows_gets_the_right_answers),
	};

	return cmocka_run_group_tests_name("store_race", tests, NULL, NULL);
}
