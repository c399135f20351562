/* SPDX-License-Identifier: Apache-2.0 */
/* The table of faults, and faults by name and value. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "mock/fault.h"
#include "mock/impostor.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool
begins_like_a_name(const char *name)
{
	return *name >= 'a' && *name <= 'z' &&
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

static void
each_row_is_complete_and_its_name_its_own(void **state)
{
	(void)state;
	for (const struct mock_fault *f = mock_faults; f->name != NULL; f++) {
		assert_true(begins_like_a_name(f->name));
		assert_ptr_equal(mock_fault_find(span_string(f->name)), f);
		assert_non_null(f->help);
		assert_non_null(f->clause);
		assert_true((f->argument == MOCK_NONE) == (f->unit == NULL));
		assert_true(f->argument != MOCK_NUMBER || (f->min <= f->initial && f->initial <= f->max));
		/* A client that rejects has a complaint; one that accepts has none. */
		assert_true(f->client != MOCK_ACCEPT || f->rule == NULL);
		assert_true(f->client == MOCK_ACCEPT || f->client == MOCK_EITHER || f->rule != NULL);
	}
}

static void
who_is_certified_by_the_ca_needs_its_key(void **state)
{
	(void)state;
	for (const struct mock_fault *f = mock_faults; f->name != NULL; f++) {
		bool is_role = f->stage == MOCK_SIGNER && strncmp(f->name, "signer_", 7) == 0 &&
		    strcmp(f->name, "signer_missing") != 0;

		if (is_role)
			assert_int_equal(f->need == MOCK_NEEDS_CA_KEY,
			    mock_impostor_needs_ca_key((enum mock_role)f->parameter));
	}
}

static void
a_name_with_its_value_is_read_and_written_alike(void **state)
{
	static const struct {
		const char *text, *written;
		int64_t value;
	} rows[] = {
		{ "none", "none", 0 },
		{ "try-later", "try_later", 0 },
		{ "revoked", "revoked", 0 },
		{ "revoked=keyCompromise", "revoked=keyCompromise", 2 },
		{ "revoked=unspecified", "revoked=unspecified", 1 },
		{ "delay", "delay=1000", 1000 },
		{ "delay=600000", "delay=600000", 600000 },
		{ "nonce_short=0", "nonce_short=0", 0 },
		{ "other_hash", "other_hash", 0 },
		{ "other_hash=sha512", "other_hash=sha512", VOUCH_SHA512 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char written[MOCK_USE_TEXT];
		vouch_err err = { 0 };
		struct mock_use use;

		assert_int_equal(mock_use_parse(&use, span_string(rows[i].text), &err), VOUCH_OK);
		assert_int_equal(use.value, rows[i].value);
		mock_use_format(&use, written);
		assert_string_equal(written, rows[i].written);
	}
}

static void
what_names_no_fault_is_refused_with_what_would_be_right(void **state)
{
	static const struct {
		const char *text, *reason;
	} rows[] = {
		{ "", "there is no such fault" },
		{ "=", "there is no such fault" },
		{ "bad_signatur", "did you mean bad_signature?" },
		{ "a_name_that_is_much_longer_than_any_of_the_table_has", "there is no such fault" },
		{ "none=", "takes no value" },
		{ "none=1", "takes no value" },
		{ "delay=", "MS from 1 to 600000" },
		{ "delay=0", "MS from 1 to 600000" },
		{ "delay=600001", "MS from 1 to 600000" },
		{ "delay=99999999999999999999999", "MS from 1 to 600000" },
		{ "delay= 1", "MS from 1 to 600000" },
		{ "delay=1=1", "MS from 1 to 600000" },
		{ "nonce_long=128", "OCTETS from 129" },
		{ "undefined_status=3", "CODE from 4" },
		{ "revoked=", "as in keyCompromise" },
		{ "revoked=keycompromise", "as in keyCompromise" },
		{ "other_hash=SHA1", "md5, sha1" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_err err = { 0 };
		struct mock_use use = { .fault = NULL };

		assert_int_equal(mock_use_parse(&use, span_string(rows[i].text), &err), VOUCH_EINVAL);
		assert_null(use.fault);
		assert_non_null(strstr(err.msg, rows[i].reason));
	}
}

static void
there_is_a_limit_to_faults_at_a_time(void **state)
{
	vouch_err err = { 0 };
	struct mock_uses uses = { .count = 0 };
	const struct mock_use use = { &mock_faults[0], 0 };

	(void)state;
	for (size_t i = 0; i < MOCK_USES_MAX; i++)
		assert_int_equal(mock_uses_add(&uses, &use, &err), VOUCH_OK);
	assert_int_equal(mock_uses_add(&uses, &use, &err), VOUCH_ELIMIT);
	assert_int_equal(uses.count, MOCK_USES_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_row_is_complete_and_its_name_its_own),
		cmocka_unit_test(who_is_certified_by_the_ca_needs_its_key),
		cmocka_unit_test(a_name_with_its_value_is_read_and_written_alike),
		cmocka_unit_test(what_names_no_fault_is_refused_with_what_would_be_right),
		cmocka_unit_test(there_is_a_limit_to_faults_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
