/* SPDX-License-Identifier: Apache-2.0 */
/* Several processes at one database: nobody loses what was committed, not even who is killed. */
#include "fixture.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRANSACTIONS 40
#define ROUNDS 6

static int
write_one(void *db, uint8_t who, uint8_t number)
{
	const uint8_t serial[] = { 1, who, number };
	vouch_status s = good();
	vouch_err err = { 0 };

	if (ops->begin(db, &err) != VOUCH_OK)
		return 1;
	if (ops->put(db, &issuer_a, (vouch_span){ serial, sizeof(serial) }, &s, NOW, &err) != VOUCH_OK)
		return 2;
	return ops->commit(db, &err) != VOUCH_OK ? 3 : 0;
}

/* A child opens the database by itself: SQLite's connections do not survive a fork. */
static pid_t
start_writer(const char *file, uint8_t who)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	void *db = NULL;
	vouch_err err = { 0 };
	char uri[200];
	snprintf(uri, sizeof(uri), "%s?mode=rwc", file);
	int code = ops->open(&db, uri, NOW, &err) == VOUCH_OK ? 0 : 9;
	for (int i = 0; i < TRANSACTIONS && code == 0; i++)
		code = write_one(db, who, (uint8_t)i);
	if (db != NULL)
		ops->close(db);
	_exit(code);
}

static void
count_one(void *arg, vouch_span serial_number)
{
	size_t *count = arg;

	*count += serial_number.len > 0;
}

static void
assert_ended_well(pid_t child)
{
	int status = -1;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
two_processes_write_while_one_reads(void **state)
{
	const struct folder *f = *state;
	vouch_buf cursor = { 0 };
	vouch_err err = { 0 };
	size_t heard = 0;

	ops->close(open_database(f->file, "?mode=rwc"));
	pid_t first = start_writer(f->file, 1), second = start_writer(f->file, 2);
	void *db = open_database(f->file, "");
	assert_int_equal(ops->changes(db, &cursor, count_one, &heard, &err), VOUCH_OK);
	size_t there = (size_t)sql_number(f->file, "SELECT count(*) FROM certificates");
	for (int i = 0; i < 1000000 && there + heard < 2 * TRANSACTIONS; i++)
		assert_int_equal(ops->changes(db, &cursor, count_one, &heard, &err), VOUCH_OK);
	assert_ended_well(first);
	assert_ended_well(second);
	assert_int_equal(ops->changes(db, &cursor, count_one, &heard, &err), VOUCH_OK);
	for (uint8_t who = 1; who <= 2; who++) {
		for (uint8_t i = 0; i < TRANSACTIONS; i++)
			assert_status(db, (vouch_span){ (const uint8_t[]){ 1, who, i }, 3 }, VOUCH_GOOD);
	}
	vouch_buf_free(&cursor);
	ops->close(db);
}

static void
two_processes_make_one_database(void **state)
{
	const struct folder *f = *state;

	for (uint8_t round = 0; round < 10; round++) {
		pid_t first = start_writer(f->file, 1), second = start_writer(f->file, 2);
		assert_ended_well(first);
		assert_ended_well(second);
		assert_int_equal(sql_number(f->file, "SELECT count(*) FROM certificates"), 2 * TRANSACTIONS);
		assert_int_equal(unlink(f->file), 0);
	}
}

/* Says through the pipe what it has committed, then begins the next transaction; never ends by itself. */
static pid_t
start_victim(const char *file, int told)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	void *db = open_database(file, "?mode=rwc");
	vouch_err err = { 0 };
	vouch_status s = good();
	for (uint8_t i = 0;; i++) {
		if (write_one(db, 1, i) != 0 || write(told, &i, 1) != 1)
			_exit(1);
		const uint8_t serial[] = { 2, i };
		if (ops->begin(db, &err) != VOUCH_OK ||
		    ops->put(db, &issuer_a, (vouch_span){ serial, 2 }, &s, NOW, &err) != VOUCH_OK)
			_exit(2);
		if (i == 200)
			pause();
		ops->abort(db);
	}
}

static void
a_writer_that_is_killed_loses_nothing_committed_and_leaves_nothing_half_done(void **state)
{
	const struct folder *f = *state;
	int told[2];
	uint8_t number = 0;
	vouch_status s;

	for (int round = 1; round <= ROUNDS; round++) {
		assert_int_equal(pipe(told), 0);
		pid_t victim = start_victim(f->file, told[1]);
		close(told[1]);
		for (int i = 0; i < 7 * round; i++)
			assert_int_equal(read(told[0], &number, 1), 1);
		assert_int_equal(kill(victim, SIGKILL), 0);
		int status = -1;
		assert_int_equal(waitpid(victim, &status, 0), victim);
		assert_true(WIFSIGNALED(status));
		while (read(told[0], &number, 1) == 1) /* committed before the signal arrived */
			continue;
		close(told[0]);
		void *db = open_database(f->file, "");
		for (uint8_t i = 0; i <= number; i++) {
			assert_status(db, (vouch_span){ (const uint8_t[]){ 1, 1, i }, 3 }, VOUCH_GOOD);
			assert_int_equal(look(db, &issuer_a, (vouch_span){ (const uint8_t[]){ 2, i }, 2 },
					     NOW, &s),
			    VOUCH_ENOTFOUND);
		}
		ops->close(db);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(two_processes_write_while_one_reads),
		TEST(two_processes_make_one_database),
		TEST(a_writer_that_is_killed_loses_nothing_committed_and_leaves_nothing_half_done),
	};

	return cmocka_run_group_tests_name("sqlite_processes", tests, NULL, NULL);
}
