/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the URIs of databases. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "modules/postgresql/address.h"

#define SECRET "geheim"

static void
a_uri_is_libpqs_with_parameters_of_ours(void **state)
{
	static const struct {
		const char *uri, *shown, *keyword, *value;
	} rows[] = {
		{ "//", "postgresql:///", "host", NULL },
		{ "//host/db", "postgresql://host/db", "host", "host" },
		{ "//u@host:5433/db", "postgresql://u@host:5433/db", "port", "5433" },
		{ "//u:" SECRET "@host/db", "postgresql://u@host/db", "password", SECRET },
		{ "//u:ge%2Fheim%40%3F%25@host/db", "postgresql://u@host/db", "password", "ge/heim@?%" },
		{ "//u@/db?host=/run/postgresql", "postgresql://u@/run/postgresql/db", "host",
		    "/run/postgresql" },
		{ "//u@/db?host=/run&password=" SECRET, "postgresql://u@/run/db", "password", SECRET },
		{ "///db?host=@abstract", "postgresql://@abstract/db", "host", "@abstract" },
		{ "//[::1]:5432/db?sslmode=verify-full", "postgresql://::1:5432/db", "sslmode",
		    "verify-full" },
		{ "//a,b:1/db?target_session_attrs=primary", "postgresql://a,b:,1/db", "host", "a,b" },
		{ "//h/db?timeout=3s&sslmode=require&poll=1s", "postgresql://h/db", "sslmode", "require" },
		{ "//h/db?query=SELECT%201%3F&changes=x", "postgresql://h/db", "dbname", "db" },
		{ "//h/db?timeout=500ms", "postgresql://h/db", "tcp_user_timeout", "500" },
		{ "//h/db?timeout=500ms", "postgresql://h/db", "connect_timeout", "2" },
		{ "//h/db?timeout=5", "postgresql://h/db", "connect_timeout", "5" },
		{ "//h/db?timeout=5s&connect_timeout=9", "postgresql://h/db", "connect_timeout", "9" },
		{ "//h/db", "postgresql://h/db", "keepalives", "1" },
		{ "//h/db?application_name=x", "postgresql://h/db", "application_name", "x" },
	};
	struct postgresql_address address;
	vouch_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int code = postgresql_address_parse(&address, rows[i].uri, &err);
		if (code != VOUCH_OK)
			fail_msg("%s: %s", rows[i].uri, err.msg);
		assert_string_equal(address.shown, rows[i].shown);
		const char *value = postgresql_address_value(&address, rows[i].keyword);
		if (rows[i].value == NULL)
			assert_null(value);
		else
			assert_string_equal(value, rows[i].value);
		postgresql_address_clear(&address);
	}
}

static void
what_is_not_said_has_a_default(void **state)
{
	struct postgresql_address address;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(postgresql_address_parse(&address, "//h/db", &err), VOUCH_OK);
	assert_int_equal(address.connections, 4);
	assert_int_equal(address.timeout_ms, 2000);
	assert_int_equal(address.poll_ms, 200);
	assert_int_equal(address.mode, POSTGRESQL_MODE_RW);
	postgresql_address_clear(&address);
	assert_int_equal(postgresql_address_parse(&address,
			     "//h/db?connections=9&timeout=1500ms&poll=1s&mode=rwc", &err),
	    VOUCH_OK);
	assert_int_equal(address.connections, 9);
	assert_int_equal(address.timeout_ms, 1500);
	assert_int_equal(address.poll_ms, 1000);
	assert_int_equal(address.mode, POSTGRESQL_MODE_RWC);
	postgresql_address_clear(&address);
}

static void
a_uri_that_cannot_be_right_is_refused_without_its_password(void **state)
{
	static const struct {
		const char *uri, *says;
	} rows[] = {
		{ "", "postgresql://" },
		{ "db", "postgresql://" },
		{ "//u:" SECRET "@h/db?connections=0", "connections is a number from 1 to 100" },
		{ "//u:" SECRET "@h/db?connections=101", "connections" },
		{ "//u:" SECRET "@h/db?connections=4x", "connections" },
		{ "//u:" SECRET "@h/db?connections=99999999999999999999", "connections" },
		{ "//u:" SECRET "@h/db?timeout=0", "timeout is a time" },
		{ "//u:" SECRET "@h/db?timeout=49ms", "timeout" },
		{ "//u:" SECRET "@h/db?timeout=61s", "timeout" },
		{ "//u:" SECRET "@h/db?timeout=s", "timeout" },
		{ "//u:" SECRET "@h/db?timeout=1h", "timeout" },
		{ "//u:" SECRET "@h/db?poll=1ms", "poll" },
		{ "//u:" SECRET "@h/db?mode=", "mode" },
		{ "//u:" SECRET "@h/db?mode=rw&mode=ro", "mode is there twice" },
		{ "//u:" SECRET "@h/db?mode=%", "wrongly encoded" },
		{ "//u:" SECRET "@h/db?sslmod=require", "invalid URI query parameter" },
		{ "//h/db?sslmod=require", "sslmod" },
		{ "//u:" SECRET "@h/db?" SECRET, "missing key/value separator" },
		{ "//u:" SECRET "@[::1/db", "IPv6" },
		{ "//u:" SECRET "%zz@h/db", "percent-encoded" },
		{ "//u:ge/" SECRET "@h/db", "%2F" },
		{ "//u:ge?" SECRET "@h/db", "%3F" },
		{ "//u:" SECRET "#x@h/db", "%23" },
		{ "//u:" SECRET "/x@h/db", "%40" },
		{ "//u:a@" SECRET "@h/db", "%40" },
		{ "//u:a@" SECRET "/b@h/db", "%40" },
		{ "///u:" SECRET "@h/db", "%40" },
		{ "//u?" SECRET "@h/db", "%40" },
	};
	struct postgresql_address address;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vouch_err err = { 0 };
		int code = postgresql_address_parse(&address, rows[i].uri, &err);
		postgresql_address_clear(&address);
		if (code != VOUCH_EINVAL || err.code != code || strstr(err.msg, rows[i].says) == NULL ||
		    strstr(err.msg, SECRET) != NULL)
			fail_msg("%s: %d %s", rows[i].uri, code, err.msg);
	}
}

/* Wherever a URI was cut, or mistyped, what is told of it is no password. */
static void
no_damaged_uri_shows_its_password(void **state)
{
	static const char whole[] = "//user:" SECRET "@host:5432/db?sslmode=require&timeout=2s";
	static const char typed[] = "/?#@:%&=[]\x7f ";
	struct postgresql_address address;
	char uri[sizeof(whole)];

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(whole) * sizeof(typed); i++) {
		size_t at = i / 2 / sizeof(typed);
		vouch_err err = { 0 };
		memcpy(uri, whole, sizeof(whole));
		uri[at] = i % 2 == 0 ? '\0' : typed[i / 2 % sizeof(typed)];
		uri[sizeof(whole) - 1] = '\0';
		/*
		 * Without the @ there is no password in it, but a port that looks like one; without the colon
		 * a user.
		 */
		if (strchr(uri, '@') == NULL || strstr(uri, "user:") == NULL)
			continue;
		int code = postgresql_address_parse(&address, uri, &err);
		const char *told = code == VOUCH_OK ? address.shown : err.msg;
		if (strstr(uri, SECRET) != NULL && strstr(told, SECRET) != NULL)
			fail_msg("%s: %s", uri, told);
		postgresql_address_clear(&address);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_uri_is_libpqs_with_parameters_of_ours),
		cmocka_unit_test(what_is_not_said_has_a_default),
		cmocka_unit_test(a_uri_that_cannot_be_right_is_refused_without_its_password),
		cmocka_unit_test(no_damaged_uri_shows_its_password),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
