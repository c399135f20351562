/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: the fact, its context, and the rule that was broken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/err.h"

static void
a_rule_stays_through_contexts_and_goes_with_the_next_error(void **state)
{
	vouch_err err;

	(void)state;
	assert_int_equal(err_at(&err, VOUCH_EVERIFY, 7, "a fact of %d", 3), VOUCH_EVERIFY);
	assert_null(err.rule);
	assert_int_equal(err_rule(&err, "first"), VOUCH_EVERIFY);
	assert_int_equal(err_prefix(&err, "here"), VOUCH_EVERIFY);
	assert_int_equal(err_rule(&err, "second"), VOUCH_EVERIFY);
	assert_string_equal(err.rule, "first");
	assert_string_equal(err.msg, "here: a fact of 3");
	assert_int_equal(err.offset, 7);
	assert_int_equal(err_set(&err, VOUCH_EINVAL, "another"), VOUCH_EINVAL);
	assert_null(err.rule);
	assert_int_equal(err.offset, 0);
}

static void
what_breaks_no_rule_names_none(void **state)
{
	vouch_err err, unread;

	(void)state;
	assert_int_equal(err_rule(err_or(&err, &unread), "rule"), VOUCH_OK);
	assert_null(err.rule);
	assert_int_equal(err_nomem(&err), VOUCH_ENOMEM);
	assert_int_equal(err_rule(&err, "rule"), VOUCH_ENOMEM);
	assert_null(err.rule);
}

static void
nothing_is_left_over_from_before(void **state)
{
	vouch_err err = { .code = VOUCH_EIO, .offset = 3, .msg = "old", .rule = "old" }, unread;

	(void)state;
	assert_ptr_equal(err_or(&err, &unread), &err);
	assert_true(err.code == VOUCH_OK && err.offset == 0 && err.msg[0] == '\0' && err.rule == NULL);
	assert_ptr_equal(err_or(NULL, &unread), &unread);
}

static void
a_text_that_is_too_long_is_cut(void **state)
{
	vouch_err err;

	(void)state;
	err_set(&err, VOUCH_EIO, "%0600d", 1);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	assert_int_equal(err_prefix(&err, "%0600d", 2), VOUCH_EIO);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_stays_through_contexts_and_goes_with_the_next_error),
		cmocka_unit_test(what_breaks_no_rule_names_none),
		cmocka_unit_test(nothing_is_left_over_from_before),
		cmocka_unit_test(a_text_that_is_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
