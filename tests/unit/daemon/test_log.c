/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the log: whatever a value holds, a line is one line that a program can read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "daemon/log.h"

#define READ_MAX 16384

/* The linker puts this in the place of the log's clock: limits are tried without waiting. */
static time_t monotonic = 1000;
int __wrap_clock_gettime(clockid_t clock, struct timespec *out);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *out)
{
	*out = (struct timespec){ .tv_sec = clock == CLOCK_MONOTONIC ? monotonic : 1795341600,
		.tv_nsec = 7000000 };
	return 0;
}

/* Standard error goes into a pipe while a test runs. */
static int reading, kept_stderr;

static int
take_stderr(void **state)
{
	int ends[2];

	(void)state;
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);
	kept_stderr = dup(STDERR_FILENO);
	dup2(ends[1], STDERR_FILENO);
	close(ends[1]);
	reading = ends[0];
	monotonic += 1000; /* the limits of the test before are over */
	log_setup(CONF_LOG_LOGFMT, CONF_LOG_INFO);
	return 0;
}

static int
give_stderr_back(void **state)
{
	(void)state;
	dup2(kept_stderr, STDERR_FILENO);
	close(kept_stderr);
	close(reading);
	return 0;
}

/* Everything logged since the last call. */
static const char *
logged(void)
{
	static char text[READ_MAX];
	ssize_t len = read(reading, text, sizeof(text) - 1);

	text[len > 0 ? len : 0] = '\0';
	return text;
}

#define START "time=2026-11-22T10:00:00.007Z level=info event=test"

/* One row is a value, and how it stands in the line. */
static const struct {
	const char *value, *logfmt, *json;
} values[] = {
	{ "plain", "plain", "plain" },
	{ "127.0.0.1:80", "127.0.0.1:80", "127.0.0.1:80" },
	{ "", "\"\"", "" },
	{ "two words", "\"two words\"", "two words" },
	{ "a=b", "\"a=b\"", "a=b" },
	{ "say \"no\"", "\"say \\\"no\\\"\"", "say \\\"no\\\"" },
	{ "back\\slash", "\"back\\\\slash\"", "back\\\\slash" },
	{ "one\ntwo\r\ttab", "\"one\\u000atwo\\u000d\\u0009tab\"", "one\\u000atwo\\u000d\\u0009tab" },
	{ "\x1b[31mred\x7f", "\"\\u001b[31mred\\u007f\"", "\\u001b[31mred\\u007f" },
	{ "Z\xc3\xbcrich", "\"Z\xc3\xbcrich\"", "Z\xc3\xbcrich" },
	{ "\xc2\x9bm", "\"\\u009bm\"", "\\u009bm" },
	{ "\xf0\x9f\x94\x91", "\"\xf0\x9f\x94\x91\"", "\xf0\x9f\x94\x91" },
	{ "\xff\xc3(", "\"\\ufffd\\ufffd(\"", "\\ufffd\\ufffd(" },
	{ "cut \xe2\x82", "\"cut \\ufffd\\ufffd\"", "cut \\ufffd\\ufffd" },
};
#define VALUES (sizeof(values) / sizeof(values[0]))

static void
a_value_cannot_leave_its_place_in_logfmt(void **state)
{
	char expected[256];

	(void)state;
	for (size_t i = 0; i < VALUES; i++) {
		log_event(CONF_LOG_INFO, "test", "key", values[i].value, "next", "1", NULL);
		snprintf(expected, sizeof(expected), START " key=%s next=1\n", values[i].logfmt);
		assert_string_equal(logged(), expected);
	}
}

static void
a_value_cannot_leave_its_place_in_json(void **state)
{
	char expected[256];

	(void)state;
	log_setup(CONF_LOG_JSON, CONF_LOG_INFO);
	for (size_t i = 0; i < VALUES; i++) {
		log_event(CONF_LOG_INFO, "test", "key", values[i].value, NULL);
		snprintf(expected, sizeof(expected),
		    "{\"time\":\"2026-11-22T10:00:00.007Z\",\"level\":\"info\",\"event\":\"test\",\"key\":\"%s\"}\n",
		    values[i].json);
		const char *line = logged();
		assert_string_equal(line, expected);
		json_t *object = json_loads(line, 0, NULL);
		assert_non_null(object);
		json_decref(object);
	}
}

/* What each octet of a long value may be: itself, an escape, a character that must not be cut. */
static const char *const fillings[] = { "x", "\"", "\x01", "\xff", "\xc3\xa4", "\xf0\x9f\x94\x91" };

static void
fill(char *value, size_t len, const char *filling)
{
	size_t step = strlen(filling), used = 0;

	for (; used + step <= len; used += step)
		memcpy(value + used, filling, step);
	value[used] = '\0';
}

static void
a_line_that_is_cut_is_still_whole_json(void **state)
{
	char value[4096];

	(void)state;
	log_setup(CONF_LOG_JSON, CONF_LOG_INFO);
	for (size_t f = 0; f < sizeof(fillings) / sizeof(fillings[0]); f++) {
		for (size_t len = 1; len < 2100; len += len < 1800 ? 150 : 1) {
			fill(value, len, fillings[f]);
			log_event(CONF_LOG_INFO, "test", "first", value, "second", value, NULL);
			const char *line = logged();
			assert_true(strlen(line) <= 2048);
			assert_ptr_equal(strchr(line, '\n'), line + strlen(line) - 1);
			json_t *object = json_loads(line, 0, NULL);
			assert_non_null(object);
			assert_string_equal(json_string_value(json_object_get(object, "event")), "test");
			json_decref(object);
		}
	}
}

static void
a_cut_value_of_logfmt_is_still_quoted(void **state)
{
	char value[4096];

	(void)state;
	fill(value, 4000, "long \"words\" ");
	log_event(CONF_LOG_INFO, "test", "key", value, "lost", "1", NULL);
	const char *line = logged();
	size_t len = strlen(line);
	assert_true(len > 2000 && len <= 2048);
	assert_string_equal(line + len - 2, "\"\n");
	assert_null(strstr(line, "lost"));
}

static void
what_is_absent_or_beneath_the_level_is_left_out(void **state)
{
	(void)state;
	log_event(CONF_LOG_INFO, "test", "absent", NULL, "present", "1", NULL);
	assert_string_equal(logged(), START " present=1\n");
	log_event(CONF_LOG_DEBUG, "test", NULL);
	assert_string_equal(logged(), "");
	log_setup(CONF_LOG_LOGFMT, CONF_LOG_ERROR);
	log_event(CONF_LOG_WARNING, "test", NULL);
	assert_string_equal(logged(), "");
}

static void
what_clients_cause_is_told_once_in_ten_seconds_per_kind(void **state)
{
	(void)state;
	log_limited(LOG_KIND_TRY_LATER, CONF_LOG_INFO, "test", "n", "1", NULL);
	assert_string_equal(logged(), START " n=1\n");
	for (int i = 0; i < 1000; i++)
		log_limited(LOG_KIND_TRY_LATER, CONF_LOG_INFO, "test", NULL);
	assert_string_equal(logged(), "");
	/* another kind has a limit of its own */
	log_limited(LOG_KIND_SOURCE, CONF_LOG_INFO, "test", "n", "2", NULL);
	assert_string_equal(logged(), START " n=2\n");
	monotonic += LOG_LIMIT_SECONDS - 1;
	log_limited(LOG_KIND_TRY_LATER, CONF_LOG_INFO, "test", NULL);
	assert_string_equal(logged(), "");
	monotonic += 1;
	log_limited(LOG_KIND_TRY_LATER, CONF_LOG_INFO, "test", "n", "3", NULL);
	assert_string_equal(logged(), START " n=3 left_out=1001\n");
	monotonic += LOG_LIMIT_SECONDS;
	log_limited(LOG_KIND_TRY_LATER, CONF_LOG_INFO, "test", NULL);
	assert_string_equal(logged(), START "\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_value_cannot_leave_its_place_in_logfmt, take_stderr,
		    give_stderr_back),
		cmocka_unit_test_setup_teardown(a_value_cannot_leave_its_place_in_json, take_stderr,
		    give_stderr_back),
		cmocka_unit_test_setup_teardown(a_line_that_is_cut_is_still_whole_json, take_stderr,
		    give_stderr_back),
		cmocka_unit_test_setup_teardown(a_cut_value_of_logfmt_is_still_quoted, take_stderr,
		    give_stderr_back),
		cmocka_unit_test_setup_teardown(what_is_absent_or_beneath_the_level_is_left_out, take_stderr,
		    give_stderr_back),
		cmocka_unit_test_setup_teardown(what_clients_cause_is_told_once_in_ten_seconds_per_kind,
		    take_stderr, give_stderr_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
