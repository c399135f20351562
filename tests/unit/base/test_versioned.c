/* SPDX-License-Identifier: Apache-2.0 */
/* Structures that start with their size: shorter than ours, longer, and without one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/versioned.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct today {
	uint32_t size, first;
	uint64_t second;
};

struct tomorrow {
	struct today known;
	uint64_t third;
};

#define OLD_SIZE offsetof(struct today, second)

static void
a_structure_is_read_as_far_as_both_know_it(void **state)
{
	static const struct {
		const char *what;
		struct tomorrow theirs;
		int code;
		struct today expected;
	} rows[] = {
		{ "ours", { { sizeof(struct today), 1, 2 }, 3 }, VOUCH_OK, { 77, 1, 2 } },
		{ "older", { { OLD_SIZE, 1, 2 }, 3 }, VOUCH_OK, { 77, 1, 99 } },
		{ "nothing but the size", { { 4, 1, 2 }, 3 }, VOUCH_OK, { 77, 88, 99 } },
		{ "newer", { { sizeof(struct tomorrow), 1, 2 }, 0 }, VOUCH_OK, { 77, 1, 2 } },
		{ "newer, with a wish", { { sizeof(struct tomorrow), 1, 2 }, 3 }, VOUCH_EINVAL,
		    { 77, 88, 99 } },
		{ "no size", { { 0, 1, 2 }, 3 }, VOUCH_EINVAL, { 77, 88, 99 } },
		{ "less than the size itself", { { 3, 1, 2 }, 3 }, VOUCH_EINVAL, { 77, 88, 99 } },
		{ "a size nobody set", { { 0xa5a5a5a5, 1, 2 }, 3 }, VOUCH_EINVAL, { 77, 88, 99 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct today ours = { 77, 88, 99 };
		vouch_err err = { 0 };
		int code = versioned_read(&ours, sizeof(ours), &rows[i].theirs, "today", &err);
		if (code != rows[i].code || err.code != code ||
		    memcmp(&ours, &rows[i].expected, sizeof(ours)) != 0)
			fail_msg("%s: %d %s", rows[i].what, code, err.msg);
		assert_int_equal(versioned_read(&ours, sizeof(ours), &rows[i].theirs, "today", NULL), code);
	}
	assert_int_equal(versioned_read(&(struct today){ 0 }, sizeof(struct today), NULL, "today", NULL),
	    VOUCH_EINVAL);
}

static void
a_structure_is_written_no_further_than_its_size(void **state)
{
	const struct today ours = { 77, 1, 2 };
	static const struct {
		const char *what;
		uint32_t size;
		struct tomorrow expected;
	} rows[] = {
		{ "ours", sizeof(struct today), { { sizeof(struct today), 1, 2 }, 9 } },
		{ "older", OLD_SIZE, { { OLD_SIZE, 1, 9 }, 9 } },
		{ "nothing but the size", 4, { { 4, 9, 9 }, 9 } },
		{ "newer", sizeof(struct tomorrow), { { sizeof(struct tomorrow), 1, 2 }, 9 } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct tomorrow theirs = { { rows[i].size, 9, 9 }, 9 };
		assert_true(versioned_has_size(&theirs));
		versioned_write(&theirs, &ours, sizeof(ours));
		if (memcmp(&theirs, &rows[i].expected, sizeof(theirs)) != 0)
			fail_msg("%s", rows[i].what);
	}
}

static void
a_structure_is_initialised_in_its_own_size(void **state)
{
	const struct today ours = { 77, 1, 2 };
	struct tomorrow newer = { { 9, 9, 9 }, 9 }, older = newer;

	(void)state;
	versioned_init(&newer, sizeof(newer), &ours, sizeof(ours));
	assert_memory_equal(&newer, &((struct tomorrow){ { sizeof(newer), 1, 2 }, 0 }), sizeof(newer));
	versioned_init(&older, OLD_SIZE, &ours, sizeof(ours));
	assert_memory_equal(&older, &((struct tomorrow){ { OLD_SIZE, 1, 9 }, 9 }), sizeof(older));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_structure_is_read_as_far_as_both_know_it),
		cmocka_unit_test(a_structure_is_written_no_further_than_its_size),
		cmocka_unit_test(a_structure_is_initialised_in_its_own_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
