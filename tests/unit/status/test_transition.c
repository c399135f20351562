/* SPDX-License-Identifier: Apache-2.0 */
/* Which change of a status is allowed: S-14, S-15. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "base/span.h"
#include "status/transition.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NOW 1000000
#define ABSENT VOUCH_TIME_ABSENT
#define HOLD 7 /* certificateHold, as CRLReason + 1 */
#define COMPROMISE 2

static vouch_status
status_of(uint8_t cert_status, uint8_t reason, vouch_time at)
{
	vouch_status status;

	vouch_status_init(&status);
	status.cert_status = cert_status;
	status.revocation_reason = reason;
	status.revocation_time = at;
	return status;
}

static void
what_no_answer_can_say_is_refused(void **state)
{
	static const struct {
		const char *what;
		uint8_t cert_status, reason;
		vouch_time at;
		const char *message; /* NULL: allowed */
	} rows[] = {
		{ "unset", VOUCH_STATUS_UNSET, 0, ABSENT, "certStatus 0" },
		{ "beyond", 4, 0, ABSENT, "certStatus 4" },
		{ "good", VOUCH_GOOD, 0, ABSENT, NULL },
		{ "unknown", VOUCH_UNKNOWN, 0, ABSENT, NULL },
		{ "good with a reason", VOUCH_GOOD, 1, ABSENT, "not revoked" },
		{ "revoked without reason", VOUCH_REVOKED, 0, 0, NULL },
		{ "revoked at no time", VOUCH_REVOKED, 0, ABSENT, "revocationTime" },
		{ "unspecified", VOUCH_REVOKED, 1, NOW, NULL },
		{ "certificateHold", VOUCH_REVOKED, HOLD, NOW, NULL },
		{ "7", VOUCH_REVOKED, 8, NOW, "revocationReason 7 does not exist (RFC 5280 5.3.1)" },
		{ "removeFromCRL", VOUCH_REVOKED, 9, NOW, "removeFromCRL" },
		{ "privilegeWithdrawn", VOUCH_REVOKED, 10, NOW, NULL },
		{ "aACompromise", VOUCH_REVOKED, 11, NOW, NULL },
		{ "11", VOUCH_REVOKED, 12, NOW, "revocationReason 11" },
		{ "255", VOUCH_REVOKED, 255, NOW, "does not exist" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_status status = status_of(rows[i].cert_status, rows[i].reason, rows[i].at);
		vouch_err err = { 0 };
		int code = status_check(&status, &err);
		if (code != (rows[i].message == NULL ? VOUCH_OK : VOUCH_EREFUSED) ||
		    (rows[i].message != NULL && strstr(err.msg, rows[i].message) == NULL))
			fail_msg("%s: %d %s", rows[i].what, code, err.msg);
	}
}

/* RFC 5280 5.3.1 */
static void
only_a_hold_can_be_lifted(void **state)
{
	const vouch_status good = status_of(VOUCH_GOOD, 0, ABSENT),
			   held = status_of(VOUCH_REVOKED, HOLD, NOW - 5),
			   revoked = status_of(VOUCH_REVOKED, COMPROMISE, NOW - 5),
			   unspecified = status_of(VOUCH_REVOKED, 0, NOW - 5),
			   later = status_of(VOUCH_REVOKED, COMPROMISE, NOW + 5),
			   at_once = status_of(VOUCH_REVOKED, COMPROMISE, NOW),
			   backdated = status_of(VOUCH_REVOKED, COMPROMISE, NOW - 500),
			   unset = status_of(VOUCH_STATUS_UNSET, 0, ABSENT),
			   unknown = status_of(VOUCH_UNKNOWN, 0, ABSENT);
	const struct {
		const char *what;
		const vouch_status *before, *after;
		bool is_allowed;
	} rows[] = {
		{ "add", NULL, &good, true },
		{ "revoke what was never added", NULL, &revoked, true },
		{ "revoke", &good, &revoked, true },
		{ "hold", &good, &held, true },
		{ "release", &held, &good, true },
		{ "revoke what is held", &held, &revoked, true },
		{ "un-revoke", &revoked, &good, false },
		{ "un-revoke without a reason", &unspecified, &good, false },
		{ "hold what is revoked", &revoked, &held, false },
		{ "forget what is revoked", &revoked, &unknown, false },
		{ "another reason", &unspecified, &revoked, true },
		{ "an earlier time", &revoked, &backdated, true },
		{ "move a revocation into the future", &revoked, &later, false },
		{ "call off one that lies in the future", &later, &good, true },
		{ "un-revoke at the very second", &at_once, &good, false },
		{ "put nothing", &good, &unset, false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_err err = { 0 };
		int code = status_check_transition(rows[i].before, rows[i].after, NOW, &err);
		if (code != (rows[i].is_allowed ? VOUCH_OK : VOUCH_EREFUSED) || err.code != code)
			fail_msg("%s: %d %s", rows[i].what, code, err.msg);
	}
}

static void
the_refusal_names_the_reason_that_stands(void **state)
{
	vouch_status before = status_of(VOUCH_REVOKED, COMPROMISE, NOW),
		     after = status_of(VOUCH_GOOD, 0, ABSENT);
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(status_check_transition(&before, &after, NOW, &err), VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, "keyCompromise"));
	assert_non_null(strstr(err.msg, "RFC 5280 5.3.1"));
	before.revocation_reason = 0;
	assert_int_equal(status_check_transition(&before, &after, NOW, &err), VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, "unspecified"));
}

/* A source's extensions go into the answer as they are: one that no client could read is never signed. */
static void
extensions_that_no_client_could_read_are_refused(void **state)
{
	static const struct {
		const char *what;
		vouch_span octets;
		const char *message; /* NULL: allowed */
	} rows[] = {
		{ "none", { NULL, 0 }, NULL },
		{ "one", SPAN_LITERAL("\x30\x08\x06\x02\x2a\x03\x04\x02\x05\x00"), NULL },
		{ "two", SPAN_LITERAL("\x30\x06\x06\x02\x2a\x03\x04\x00\x30\x06\x06\x02\x2a\x04\x04\x00"),
		    NULL },
		{ "a critical one", SPAN_LITERAL("\x30\x09\x06\x02\x2a\x03\x01\x01\xff\x04\x00"),
		    "critical" },
		{ "a list of them", SPAN_LITERAL("\x30\x0a\x30\x08\x06\x02\x2a\x03\x04\x02\x05\x00"),
		    "at octet 2" },
		{ "text", SPAN_LITERAL("certHash"), "at octet 0" },
		{ "without a value", SPAN_LITERAL("\x30\x04\x06\x02\x2a\x03"), "no Extensions" },
		{ "with a tail", SPAN_LITERAL("\x30\x08\x06\x02\x2a\x03\x04\x00\x05\x00"), "at octet 8" },
		{ "cut short", SPAN_LITERAL("\x30\x08\x06\x02\x2a\x03\x04\x02\x05"), "at octet" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_status status = status_of(VOUCH_GOOD, 0, ABSENT);
		vouch_err err = { 0 };
		assert_int_equal(vouch_buf_append(&status.single_extensions, rows[i].octets.data,
				     rows[i].octets.len),
		    VOUCH_OK);
		int code = status_check(&status, &err);
		if (rows[i].message == NULL ?
			code != VOUCH_OK :
			code != VOUCH_EREFUSED || strstr(err.msg, rows[i].message) == NULL)
			fail_msg("%s: %d %s", rows[i].what, code, err.msg);
		vouch_status_clear(&status);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(extensions_that_no_client_could_read_are_refused),
		cmocka_unit_test(what_no_answer_can_say_is_refused),
		cmocka_unit_test(only_a_hold_can_be_lifted),
		cmocka_unit_test(the_refusal_names_the_reason_that_stands),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
