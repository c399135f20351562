/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads ask one source at a time, while it is written to, followed, renewed and replaced. */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define THREADS 8
#define LOOKUPS 400

struct crew {
	void *db;
	atomic_uint found, unavailable, wrong;
	atomic_bool done;
};

/* Serial 01 is always recorded, 02 never. */
static void *
ask(void *arg)
{
	struct crew *c = arg;

	for (int i = 0; i < LOOKUPS; i++) {
		vouch_status s;
		int known = look(c->db, &issuer_a, SERIAL("\x01"), NOW, &s);
		int missing = look(c->db, &issuer_a, SERIAL("\x02"), NOW, &s);
		c->found += known == VOUCH_OK && missing == VOUCH_ENOTFOUND;
		c->unavailable += known == VOUCH_EUNAVAILABLE || missing == VOUCH_EUNAVAILABLE;
		c->wrong += (known != VOUCH_OK && known != VOUCH_EUNAVAILABLE) ||
		    (missing != VOUCH_ENOTFOUND && missing != VOUCH_EUNAVAILABLE);
	}
	return NULL;
}

static void
ignore(void *arg, vouch_span serial_number)
{
	(void)arg;
	(void)serial_number;
}

static void *
follow(void *arg)
{
	struct crew *c = arg;
	vouch_buf cursor = { 0 };
	vouch_err err = { 0 };

	while (!c->done) {
		int ret = ops->changes(c->db, &cursor, ignore, NULL, &err);
		c->wrong += ret != VOUCH_OK && ret != VOUCH_EUNAVAILABLE;
	}
	vouch_buf_free(&cursor);
	return NULL;
}

static void
run_crew(struct crew *c, void (*meanwhile)(struct crew *c, const struct folder *f), const struct folder *f)
{
	pthread_t asking[THREADS], following;

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&asking[i], NULL, ask, c), 0);
	assert_int_equal(pthread_create(&following, NULL, follow, c), 0);
	meanwhile(c, f);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(asking[i], NULL), 0);
	c->done = true;
	assert_int_equal(pthread_join(following, NULL), 0);
	assert_int_equal(c->wrong, 0);
	assert_int_equal(c->found + c->unavailable >= THREADS * LOOKUPS, 1);
}

static void
write_and_reload(struct crew *c, const struct folder *f)
{
	vouch_err err = { 0 };

	(void)f;
	for (uint8_t i = 0; i < 50; i++) {
		record(c->db, &issuer_a, (vouch_span){ (const uint8_t[]){ 7, i }, 2 }, good());
		assert_int_equal(ops->reload(c->db, NOW, &err), VOUCH_OK);
	}
}

static void
many_threads_ask_while_one_writes(void **state)
{
	const struct folder *f = *state;
	struct crew c = { .db = open_database(f->file, "?mode=rwc") };

	record(c.db, &issuer_a, SERIAL("\x01"), good());
	run_crew(&c, write_and_reload, f);
	assert_int_equal(c.found, THREADS * LOOKUPS);
	ops->close(c.db);
}

static void
replace_again_and_again(struct crew *c, const struct folder *f)
{
	char next[128];
	vouch_buf octets = read_file(f->file);

	(void)c;
	snprintf(next, sizeof(next), "%s/next.db", f->path);
	for (int i = 0; i < 30; i++) {
		write_file(next, octets.data, octets.len);
		assert_int_equal(rename(next, f->file), 0);
		usleep(2000);
	}
	vouch_buf_free(&octets);
}

static void
many_threads_ask_while_the_file_is_replaced(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");

	record(db, &issuer_a, SERIAL("\x01"), good());
	ops->close(db);
	struct crew c = { .db = open_database(f->file, "") };
	run_crew(&c, replace_again_and_again, f);
	assert_status(c.db, SERIAL("\x01"), VOUCH_GOOD);
	ops->close(c.db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(many_threads_ask_while_one_writes),
		TEST(many_threads_ask_while_the_file_is_replaced),
	};

	return cmocka_run_group_tests_name("sqlite_threads", tests, NULL, NULL);
}
