/* SPDX-License-Identifier: Apache-2.0 */
/* The pool of threads for what blocks: everything is run once, and what goes first does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <uv.h>

#include "http/pool.h"
#include "waiting.h"

#define ITEMS 12

struct numbered {
	struct http_pool_item item; /* first */
	unsigned number;
};

struct record {
	uv_sem_t go_on;	       /* one item each */
	unsigned begun, ended; /* atomic */
	unsigned order[ITEMS];
	struct numbered items[ITEMS];
};

static void
run(void *arg, struct http_pool_item *item)
{
	struct record *r = arg;
	unsigned at = __atomic_fetch_add(&r->begun, 1, __ATOMIC_SEQ_CST);

	r->order[at] = ((struct numbered *)item)->number;
	uv_sem_wait(&r->go_on);
	__atomic_fetch_add(&r->ended, 1, __ATOMIC_SEQ_CST);
}

static struct http_pool *
begin(struct record *r, unsigned threads)
{
	struct http_pool *pool;
	vouch_err err;

	*r = (struct record){ 0 };
	assert_int_equal(uv_sem_init(&r->go_on, 0), 0);
	for (unsigned i = 0; i < ITEMS; i++)
		r->items[i].number = i;
	assert_int_equal(http_pool_new(&pool, threads, run, r, &err), VOUCH_OK);
	return pool;
}

static void
end(struct record *r, struct http_pool *pool, unsigned waiting)
{
	for (unsigned i = 0; i < waiting; i++)
		uv_sem_post(&r->go_on);
	http_pool_free(pool);
	assert_int_equal(r->ended, r->begun);
	uv_sem_destroy(&r->go_on);
}

static void
what_goes_first_goes_before_all_that_waits_and_each_in_its_order(void **state)
{
	static const unsigned expected[ITEMS] = { 0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9, 11 };
	struct record r;
	struct http_pool *pool = begin(&r, 1);

	(void)state;
	assert_true(http_pool_put(pool, &r.items[0].item, false));
	WAIT_UNTIL(__atomic_load_n(&r.begun, __ATOMIC_SEQ_CST) == 1);
	for (unsigned i = 1; i < ITEMS; i++)
		assert_true(http_pool_put(pool, &r.items[i].item, i % 2 == 0));
	end(&r, pool, ITEMS);
	assert_memory_equal(r.order, expected, sizeof(expected));
}

static void
everything_is_run_once_by_as_many_threads_as_there_are(void **state)
{
	unsigned seen = 0;
	struct record r;
	struct http_pool *pool = begin(&r, 4);

	(void)state;
	for (unsigned i = 0; i < ITEMS; i++)
		assert_true(http_pool_put(pool, &r.items[i].item, i % 3 == 0));
	WAIT_UNTIL(__atomic_load_n(&r.begun, __ATOMIC_SEQ_CST) == 4);
	end(&r, pool, ITEMS);
	assert_int_equal(r.ended, ITEMS);
	for (unsigned i = 0; i < ITEMS; i++)
		seen |= 1u << r.order[i];
	assert_int_equal(seen, (1u << ITEMS) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_goes_first_goes_before_all_that_waits_and_each_in_its_order),
		cmocka_unit_test(everything_is_run_once_by_as_many_threads_as_there_are),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
