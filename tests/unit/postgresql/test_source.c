/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of a source whose database is away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "modules/postgresql/clock.h"
#include "modules/postgresql/postgresql.h"

/* A folder that exists, and in which nobody listens. */
#define NOBODY "//user:geheim@/db?host=/dev&timeout=500ms"

static void
count(void *arg, vouch_span serial_number)
{
	(void)serial_number;
	++*(int *)arg;
}

static void
opening_asks_nobody(void **state)
{
	const vouch_source_ops *ops = &vouch_source_postgresql;
	vouch_err err = { 0 };
	void *ctx = NULL;

	(void)state;
	assert_int_equal(ops->open(&ctx, NOBODY, 0, &err), VOUCH_OK);
	ops->close(ctx);
}

static void
who_asks_is_told_at_once_and_without_the_password(void **state)
{
	const vouch_source_ops *ops = &vouch_source_postgresql;
	vouch_err err = { 0 };
	vouch_buf cursor = { 0 };
	void *ctx = NULL;
	int changes = 0;

	(void)state;
	assert_int_equal(ops->open(&ctx, NOBODY, 0, &err), VOUCH_OK);
	int64_t begun = postgresql_clock_ms();
	for (int i = 0; i < 50; i++) {
		vouch_err told = { 0 };
		assert_int_equal(ops->changes(ctx, &cursor, count, &changes, &told), VOUCH_EUNAVAILABLE);
		assert_non_null(strstr(told.msg, "postgresql://user@/dev/db: "));
		assert_null(strstr(told.msg, "geheim"));
		assert_int_equal(ops->begin(ctx, &told), VOUCH_EUNAVAILABLE);
		assert_int_equal(ops->reload(ctx, 0, &told), VOUCH_EUNAVAILABLE);
	}
	assert_true(postgresql_clock_ms() - begun < 2000);
	assert_int_equal(cursor.len, 0);
	assert_int_equal(changes, 0);
	ops->close(ctx);
}

static void
it_can_be_watched_before_there_is_anybody(void **state)
{
	const vouch_source_ops *ops = &vouch_source_postgresql;
	vouch_err err = { 0 };
	void *ctx = NULL;
	int fd = -1, poll_ms = 0;

	(void)state;
	assert_int_equal(ops->open(&ctx, "//h/db?poll=70ms", 0, &err), VOUCH_OK);
	assert_int_equal(ops->watch(ctx, &fd, &poll_ms), VOUCH_OK);
	assert_true(fd >= 0);
	assert_int_equal(poll_ms, 70);
	ops->close(ctx);
}

/* Somebody listens, and never says a word. */
static void
who_closes_it_does_not_wait_for_a_server_that_does_not_answer(void **state)
{
	const vouch_source_ops *ops = &vouch_source_postgresql;
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	char folder[] = "/tmp/vouch-silent-XXXXXX", uri[128];
	vouch_err err = { 0 };
	vouch_buf cursor = { 0 };
	void *ctx = NULL;
	int changes = 0;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/.s.PGSQL.5432", folder);
	snprintf(uri, sizeof(uri), "//u@/db?host=%s&port=5432&timeout=300ms", folder);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(listener, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(listener, 8), 0);
	assert_int_equal(ops->open(&ctx, uri, 0, &err), VOUCH_OK);
	int64_t begun = postgresql_clock_ms();
	assert_int_equal(ops->changes(ctx, &cursor, count, &changes, &err), VOUCH_EUNAVAILABLE);
	assert_non_null(strstr(err.msg, "no connection was made in time"));
	ops->close(ctx);
	assert_true(postgresql_clock_ms() - begun < 1500);
	close(listener); /* the one who waits there is let go */
	unlink(address.sun_path);
	rmdir(folder);
}

static void
what_cannot_be_right_is_said_when_it_is_opened(void **state)
{
	static const struct {
		const char *uri, *says;
	} rows[] = {
		{ "db", "postgresql://" },
		{ "//h/db?timeout=1ms", "timeout" },
		{ "//h/db?query=DELETE%20FROM%20a%20WHERE%20b%3D%3Aserial_hex", "SELECT" },
		{ "//h/db?query=SELECT%201", "serial" },
	};
	void *ctx = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vouch_err err = { 0 };
		int code = vouch_source_postgresql.open(&ctx, rows[i].uri, 0, &err);
		if (code != VOUCH_EINVAL || strstr(err.msg, rows[i].says) == NULL)
			fail_msg("%s: %d %s", rows[i].uri, code, err.msg);
	}
}

static void
only_programs_of_this_interface_are_given_the_source(void **state)
{
	(void)state;
	assert_ptr_equal(vouch_plugin(VOUCH_ABI), &vouch_source_postgresql);
	assert_null(vouch_plugin(VOUCH_ABI + 1));
	assert_null(vouch_plugin(0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(opening_asks_nobody),
		cmocka_unit_test(who_asks_is_told_at_once_and_without_the_password),
		cmocka_unit_test(who_closes_it_does_not_wait_for_a_server_that_does_not_answer),
		cmocka_unit_test(it_can_be_watched_before_there_is_anybody),
		cmocka_unit_test(what_cannot_be_right_is_said_when_it_is_opened),
		cmocka_unit_test(only_programs_of_this_interface_are_given_the_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
