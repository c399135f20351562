/* SPDX-License-Identifier: Apache-2.0 */
/* News of a folder: what happens to a name is told, what happens to others is not, and a folder may come back. */
#include "index_fixture.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "status/folder.h"

#define TEXT "V\n"

static struct folder_watch *
open_watch(const char *path)
{
	struct folder_watch *watch = NULL;
	vouch_err err = { 0 };

	assert_int_equal(folder_watch_open(&watch, path, &err), VOUCH_OK);
	return watch;
}

static bool
is_readable(const struct folder_watch *watch)
{
	struct pollfd wanted = { .fd = folder_watch_fd(watch), .events = POLLIN };

	return poll(&wanted, 1, 0) == 1;
}

static void
what_happens_to_the_name_is_told_once(void **state)
{
	const struct folder *f = *state;
	struct folder_watch *watch = open_watch(f->path);

	assert_int_equal(folder_watch_take(watch, "index.txt"), FOLDER_QUIET);
	assert_false(is_readable(watch));
	overwrite(f, TEXT, 2);
	assert_true(is_readable(watch));
	assert_int_equal(folder_watch_take(watch, "index.txt"), FOLDER_SETTLED);
	assert_false(is_readable(watch));
	assert_int_equal(folder_watch_take(watch, "index.txt"), FOLDER_QUIET);
	replace(f, TEXT);
	assert_int_equal(folder_watch_take(watch, "index.txt"), FOLDER_SETTLED);
	remove_index(f);
	assert_int_equal(folder_watch_take(watch, "index.txt"), FOLDER_STIRRED);
	folder_watch_free(watch);
}

static void
what_happens_to_another_name_is_not_told(void **state)
{
	const struct folder *f = *state;
	struct folder_watch *watch = open_watch(f->path);

	overwrite(f, TEXT, 2);
	assert_int_equal(folder_watch_take(watch, "index.tx"), FOLDER_QUIET);
	assert_false(is_readable(watch));
	overwrite(f, TEXT, 2);
	assert_int_equal(folder_watch_take(watch, NULL), FOLDER_SETTLED);
	folder_watch_free(watch);
}

static void
a_folder_that_is_replaced_is_watched_again(void **state)
{
	const struct folder *f = *state;
	struct folder_watch *watch = open_watch(f->path);
	char aside[80];

	snprintf(aside, sizeof(aside), "%s.old", f->path);
	assert_int_equal(rename(f->path, aside), 0);
	assert_int_equal(folder_watch_take(watch, "index.txt"), FOLDER_STIRRED);
	assert_int_equal(folder_watch_take(watch, "index.txt"), FOLDER_QUIET);
	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_int_equal(folder_watch_take(watch, "index.txt"), FOLDER_STIRRED);
	overwrite(f, TEXT, 2);
	assert_int_equal(folder_watch_take(watch, "index.txt"), FOLDER_SETTLED);
	assert_int_equal(rmdir(aside), 0);
	folder_watch_free(watch);
}

static void
a_folder_that_is_not_there_yet_is_waited_for(void **state)
{
	const struct folder *f = *state;
	char path[80];

	snprintf(path, sizeof(path), "%s/later", f->path);
	struct folder_watch *watch = open_watch(path);
	assert_int_equal(folder_watch_take(watch, NULL), FOLDER_QUIET);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(folder_watch_take(watch, NULL), FOLDER_STIRRED);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(folder_watch_take(watch, NULL), FOLDER_STIRRED);
	folder_watch_free(watch);
	folder_watch_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_happens_to_the_name_is_told_once, folder_setup,
		    folder_teardown),
		cmocka_unit_test_setup_teardown(what_happens_to_another_name_is_not_told, folder_setup,
		    folder_teardown),
		cmocka_unit_test_setup_teardown(a_folder_that_is_replaced_is_watched_again, folder_setup,
		    folder_teardown),
		cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_yet_is_waited_for, folder_setup,
		    folder_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
