/* SPDX-License-Identifier: Apache-2.0 */
/* The script: statuses by serial number, answer by answer; scenarios. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/date.h"
#include "mock/control.h"
#include "mock/script.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SERIAL SPAN_LITERAL("\x11")

static void
a_status_may_have_a_reason_and_a_time(void **state)
{
	static const struct {
		const char *text;
		uint8_t status, reason;
		const char *time;
	} rows[] = {
		{ "good", VOUCH_GOOD, 0, NULL },
		{ "unknown", VOUCH_UNKNOWN, 0, NULL },
		{ "revoked", VOUCH_REVOKED, 0, NULL },
		{ "revoked,superseded", VOUCH_REVOKED, 5, NULL },
		{ "revoked,removeFromCRL", VOUCH_REVOKED, 9, NULL },
		{ "revoked@2026-11-22T10:00:00Z", VOUCH_REVOKED, 0, "2026-11-22T10:00:00Z" },
		{ "revoked,unspecified@2026-11-22T11:00:00+01:00", VOUCH_REVOKED, 1, "2026-11-22T10:00:00Z" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_err err = { 0 };
		struct mock_step step;

		assert_int_equal(mock_step_parse(&step, rows[i].text, &err), VOUCH_OK);
		assert_int_equal(step.cert_status, rows[i].status);
		assert_int_equal(step.revocation_reason, rows[i].reason);
		assert_int_equal(step.revocation_time,
		    rows[i].time == NULL ? VOUCH_TIME_ABSENT : date_parse_rfc3339(span_string(rows[i].time)));
	}
}

static void
what_is_no_status_is_refused(void **state)
{
	static const char *const texts[] = { "", "Good", "good ", "good,", "good,superseded",
		"unknown@2026-11-22T10:00:00Z", "revoked,", "revoked,7", "revoked,@2026-11-22T10:00:00Z",
		"revoked@", "revoked@2026-11-22", "revoked,superseded,x",
		"revoked,superseded@2026-02-30T10:00:00Z", "revoked@2026-11-22T10:00:00Z,superseded",
		"revoked,a_reason_that_is_longer_than_any_that_exists" };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		vouch_err err = { 0 };
		struct mock_step step = { .cert_status = 99 };

		assert_int_equal(mock_step_parse(&step, texts[i], &err), VOUCH_EINVAL);
		assert_int_equal(step.cert_status, 99);
	}
}

static void
answers_come_one_after_another_and_the_last_one_stays(void **state)
{
	static const uint8_t wanted[] = { VOUCH_GOOD, VOUCH_REVOKED, VOUCH_UNKNOWN, VOUCH_UNKNOWN };
	vouch_err err = { 0 };
	struct mock_script script;

	(void)state;
	mock_script_init(&script);
	assert_int_equal(mock_script_add_status(&script, "11=good", &err), VOUCH_OK);
	assert_int_equal(mock_script_add_status(&script, "0x11=revoked", &err), VOUCH_OK);
	assert_int_equal(mock_script_add_status(&script, "0011=unknown", &err), VOUCH_OK);
	assert_int_equal(script.serial_count, 1);
	for (size_t i = 0; i < COUNT(wanted); i++)
		assert_int_equal(mock_script_take(&script, SERIAL)->cert_status, wanted[i]);
	assert_null(mock_script_take(&script, SPAN_LITERAL("\x12")));
	mock_script_clear(&script);
}

static void
a_fault_of_a_serial_number_is_that_of_all_its_answers(void **state)
{
	vouch_err err = { 0 };
	struct mock_script script;

	(void)state;
	mock_script_init(&script);
	assert_int_equal(mock_script_add_status(&script, "11=good", &err), VOUCH_OK);
	assert_int_equal(mock_script_add_status(&script, "11=revoked", &err), VOUCH_OK);
	assert_int_equal(mock_script_add_fault(&script, "11=expired=5", &err), VOUCH_OK);
	for (size_t i = 0; i < 2; i++) {
		const struct mock_step *step = mock_script_take(&script, SERIAL);

		assert_int_equal(step->faults.count, 1);
		assert_int_equal(step->faults.items[0].value, 5);
	}
	assert_int_equal(mock_script_add_fault(&script, "12=unknown", &err), VOUCH_OK);
	assert_int_equal(mock_script_take(&script, SPAN_LITERAL("\x12"))->cert_status, VOUCH_STATUS_UNSET);
	mock_script_clear(&script);
}

static void
what_names_no_serial_number_is_refused(void **state)
{
	static const char *const texts[] = { "", "good", "=good", "xyz=good", "11", "11=", "1 1 1=good" };
	char long_one[5000];
	struct mock_script script;

	(void)state;
	mock_script_init(&script);
	memset(long_one, '1', sizeof(long_one));
	memcpy(long_one + sizeof(long_one) - 6, "=good", 6);
	for (size_t i = 0; i <= COUNT(texts); i++) {
		vouch_err err = { 0 };
		const char *text = i < COUNT(texts) ? texts[i] : long_one;

		assert_int_not_equal(mock_script_add_status(&script, text, &err), VOUCH_OK);
		assert_true(err.msg[0] != '\0');
		assert_int_not_equal(mock_script_add_fault(&script, text, &err), VOUCH_OK);
	}
	mock_script_clear(&script);
}

static void
a_copy_is_another_script(void **state)
{
	vouch_err err = { 0 };
	struct mock_script script, copy;

	(void)state;
	mock_script_init(&script);
	assert_int_equal(mock_script_add_status(&script, "11=good", &err), VOUCH_OK);
	assert_int_equal(mock_script_add_status(&script, "11=revoked", &err), VOUCH_OK);
	(void)mock_script_take(&script, SERIAL);
	assert_int_equal(mock_script_copy(&copy, &script, &err), VOUCH_OK);
	mock_script_clear(&script);
	assert_int_equal(copy.serial_count, 1);
	assert_int_equal(mock_script_take(&copy, SERIAL)->cert_status, VOUCH_REVOKED);
	mock_script_clear(&copy);
}

static void
a_scenario_adds_to_what_is_there(void **state)
{
	static const char text[] =
	    "{\"seed\": 9, \"faults\": [\"none\"], \"serials\": [{\"serial\": \"11\", \"status\": \"unknown\"}]}";
	vouch_err err = { 0 };
	struct mock_script script;

	(void)state;
	mock_script_init(&script);
	script.otherwise.cert_status = VOUCH_REVOKED;
	script.otherwise.revocation_reason = 5;
	assert_int_equal(mock_script_add_status(&script, "11=good", &err), VOUCH_OK);
	assert_int_equal(mock_script_add_status(&script, "12=good", &err), VOUCH_OK);
	assert_int_equal(mock_scenario_read(&script, "s", span_string(text), &err), VOUCH_OK);
	assert_int_equal(script.seed, 9);
	assert_int_equal(script.otherwise.cert_status, VOUCH_REVOKED);
	assert_int_equal(script.otherwise.revocation_reason, 5);
	assert_int_equal(script.otherwise.faults.count, 1);
	assert_int_equal(mock_scenario_read(&script, "s", SPAN_LITERAL("status: good"), &err), VOUCH_OK);
	assert_int_equal(script.otherwise.faults.count, 1);
	assert_int_equal(script.otherwise.cert_status, VOUCH_GOOD);
	assert_int_equal(script.otherwise.revocation_reason, 0);
	assert_int_equal(script.seed, 9);
	assert_int_equal(script.serial_count, 2);
	assert_int_equal(mock_script_take(&script, SERIAL)->cert_status, VOUCH_UNKNOWN);
	mock_script_clear(&script);
}

static void
a_scenario_that_is_cut_off_is_refused_or_says_less(void **state)
{
	static const char text[] = "status: good\nserials:\n  - { serial: 11, faults: [expired] }\n";

	(void)state;
	for (size_t len = 0; len < sizeof(text) - 1; len++) {
		vouch_err err = { 0 };
		struct mock_script script;

		mock_script_init(&script);
		if (mock_scenario_read(&script, "s", span_of(text, len), &err) != VOUCH_OK)
			assert_int_equal(strncmp(err.msg, "s:", 2), 0);
		mock_script_clear(&script);
	}
}

static void
only_names_of_this_machine_are_local(void **state)
{
	static const char *const local[] = { "localhost", "localhost:80", "127.0.0.1", "127.0.0.1:1", "[::1]",
		"[::1]:8080" };
	static const char *const others[] = { "", "localhos", "localhost.", "localhost.evil", "127.0.0.10",
		"127.0.0.1.nip.io", "[::1", "[::11]", "::1", "evil:80@localhost" };

	(void)state;
	for (size_t i = 0; i < COUNT(local); i++)
		assert_true(mock_control_host_is_local(span_string(local[i])));
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(mock_control_host_is_local(span_string(others[i])));
	assert_false(mock_control_host_is_local((vouch_span){ 0 }));
}

static void
only_peers_on_this_machine_are_local(void **state)
{
	static const char *const local[] = { "127.0.0.1:51234", "127.8.9.10:1", "[::1]:51234", "unix:" };
	static const char *const others[] = { "", "192.0.2.1:127", "12.7.0.1:1", "1127.0.0.1:1", "[::2]:1",
		"[::11]:1", "[2001:db8::1]:1", "[fe80::1%eth0]:1" };

	(void)state;
	for (size_t i = 0; i < COUNT(local); i++)
		assert_true(mock_control_peer_is_local(local[i]));
	for (size_t i = 0; i < COUNT(others); i++)
		assert_false(mock_control_peer_is_local(others[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_status_may_have_a_reason_and_a_time),
		cmocka_unit_test(what_is_no_status_is_refused),
		cmocka_unit_test(answers_come_one_after_another_and_the_last_one_stays),
		cmocka_unit_test(a_fault_of_a_serial_number_is_that_of_all_its_answers),
		cmocka_unit_test(what_names_no_serial_number_is_refused),
		cmocka_unit_test(a_copy_is_another_script),
		cmocka_unit_test(a_scenario_adds_to_what_is_there),
		cmocka_unit_test(a_scenario_that_is_cut_off_is_refused_or_says_less),
		cmocka_unit_test(only_names_of_this_machine_are_local),
		cmocka_unit_test(only_peers_on_this_machine_are_local),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
