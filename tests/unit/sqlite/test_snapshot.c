/* SPDX-License-Identifier: Apache-2.0 */
/* What lookups see: everything that was committed before them, without a system call while nothing is. */
#include "fixture.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define COMMITS 10000
#define COMMITS_SECONDS 8 /* a disk that is slow to sync: fewer commits */
#define STILL 50	  /* lookups between which nothing is committed */

/* What another process sees: a POSIX lock on one of the five octets of -shm with which readers hold a moment. */
static bool
a_moment_is_held(const char *file)
{
	char shm[128];
	int status = -1;

	snprintf(shm, sizeof(shm), "%s-shm", file);
	pid_t child = fork();
	if (child == 0) {
		struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 123, .l_len = 5 };
		int fd = open(shm, O_RDWR | O_CLOEXEC);
		_exit(fd < 0 || fcntl(fd, F_GETLK, &lock) != 0 ? 2 : lock.l_type != F_UNLCK);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
	return WEXITSTATUS(status) == 1;
}

/* In a process that may read, write and exit, and dies of any other call. */
static void
look_without_system_calls(void *db)
{
	vouch_status s;
	char ok = 1;

	for (int i = 0; i < 2; i++) /* whatever memory it takes is there afterwards */
		(void)look(db, &issuer_a, SERIAL("\x01"), NOW, &s);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) != 0)
		_exit(3);
	for (int i = 0; i < STILL; i++) {
		if (look(db, &issuer_a, SERIAL("\x01"), NOW, &s) != VOUCH_OK || s.cert_status != VOUCH_GOOD)
			ok = 0;
		if (look(db, &issuer_a, SERIAL("\x02"), NOW, &s) != VOUCH_ENOTFOUND)
			ok = 0;
	}
	syscall(SYS_exit, ok == 1 ? 0 : 1);
}

static void
lookups_in_a_database_at_rest_make_no_system_call(void **state)
{
	const struct folder *f = *state;
	int status = -1;

	if (SANITIZED)
		skip(); /* its allocator asks the system for memory again and again */
	ops->close(polled_database(f));
	pid_t child = fork();
	if (child == 0) {
		void *db = open_database(f->file, "");
		ask_feed(db);
		look_without_system_calls(db);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void *
look_elsewhere(void *db)
{
	vouch_status s;

	return look(db, &issuer_a, SERIAL("\x01"), NOW, &s) == VOUCH_OK ? db : NULL;
}

/* On a thread that has a connection of its own. */
static void
assert_found_elsewhere(void *db)
{
	pthread_t thread;
	void *found = NULL;

	assert_int_equal(pthread_create(&thread, NULL, look_elsewhere, db), 0);
	assert_int_equal(pthread_join(thread, &found), 0);
	assert_ptr_equal(found, db);
}

static void
a_moment_is_held_from_lookup_to_poll_by_who_polls(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");

	record(db, &issuer_a, SERIAL("\x01"), good());
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	assert_false(a_moment_is_held(f->file));
	ask_feed(db);
	assert_false(a_moment_is_held(f->file));
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	assert_found_elsewhere(db);
	assert_true(a_moment_is_held(f->file));
	ask_feed(db);
	assert_false(a_moment_is_held(f->file));
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	record(db, &issuer_a, SERIAL("\x02"), good());
	assert_status(db, SERIAL("\x02"), VOUCH_GOOD);
	ops->close(db);
	assert_false(file_exists(f->file, "-wal"));
}

struct writer {
	pid_t pid;
	int orders, reports; /* our ends */
};

/* Orders: 'g' and 'r' make 01 good and revoked, the others are SQL. */
static const char *
sql_of(char order)
{
	switch (order) {
	case 'p':
		return "PRAGMA wal_checkpoint(PASSIVE)";
	case 't':
		return "PRAGMA wal_checkpoint(TRUNCATE)";
	case 'R':
		return "PRAGMA wal_checkpoint(RESTART)";
	case 'v':
		return "VACUUM";
	case 'd':
		return "DELETE FROM changes WHERE position < (SELECT max(position) FROM changes)";
	default:
		return NULL;
	}
}

static void
obey(void *db, const char *file, char order)
{
	if (sql_of(order) != NULL)
		sql_on(file, sql_of(order));
	else
		record(db, &issuer_a, SERIAL("\x01"), order == 'g' ? good() : revoked(1, NOW - 1));
}

/* Before this process has opened anything: SQLite's connections do not survive a fork. */
static struct writer
start_writer(const char *file)
{
	int orders[2], reports[2];

	assert_int_equal(pipe(orders), 0);
	assert_int_equal(pipe(reports), 0);
	struct writer w = { fork(), orders[1], reports[0] };
	if (w.pid == 0) {
		char order;
		close(orders[1]);
		void *db = open_database(file, "?mode=rwc");
		while (read(orders[0], &order, 1) == 1) {
			obey(db, file, order);
			if (write(reports[1], &order, 1) != 1)
				_exit(1);
		}
		ops->close(db);
		_exit(0);
	}
	close(orders[0]);
	close(reports[1]);
	return w;
}

static void
end_writer(struct writer *w)
{
	int status = -1;

	close(w->orders);
	assert_int_equal(waitpid(w->pid, &status, 0), w->pid);
	assert_int_equal(status, 0);
	close(w->reports);
}

/* Looks all the time until it is done, so that the moment of before is at hand when it is. */
static void
order(const struct writer *w, void *db, char what)
{
	struct pollfd report = { .fd = w->reports, .events = POLLIN };
	char done = 0;
	vouch_status s;

	assert_int_equal(write(w->orders, &what, 1), 1);
	while (poll(&report, 1, 0) == 0)
		assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW, &s), VOUCH_OK);
	assert_int_equal(read(w->reports, &done, 1), 1);
	assert_int_equal(done, what);
}

static long
now_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long)t.tv_sec;
}

/* Every so many commits one of these happens as well. */
static const struct {
	int every;
	char order;
} interludes[] = { { 7, 'p' }, { 31, 'R' }, { 53, 't' }, { 211, 'd' }, { 499, 'v' } };

static void
no_lookup_misses_what_was_committed_before_it(void **state)
{
	const struct folder *f = *state;
	struct writer w = start_writer(f->file);
	long until = now_seconds() + COMMITS_SECONDS;
	char first = 'g';

	assert_int_equal(write(w.orders, &first, 1), 1);
	assert_int_equal(read(w.reports, &first, 1), 1);
	void *db = open_database(f->file, "");
	ask_feed(db);
	for (int i = 1; i <= COMMITS && now_seconds() < until; i++) {
		order(&w, db, i % 2 == 0 ? 'g' : 'r');
		assert_status(db, SERIAL("\x01"), i % 2 == 0 ? VOUCH_GOOD : VOUCH_REVOKED);
		for (size_t k = 0; k < sizeof(interludes) / sizeof(interludes[0]); k++) {
			if (i % interludes[k].every != 0)
				continue;
			order(&w, db, interludes[k].order);
			assert_status(db, SERIAL("\x01"), i % 2 == 0 ? VOUCH_GOOD : VOUCH_REVOKED);
		}
		if (i % 10 == 0)
			ask_feed(db);
	}
	ops->close(db);
	end_writer(&w);
}

/* Says through the pipe what it has committed, and goes on until it is killed. */
static pid_t
start_victim(const char *file, int told)
{
	pid_t child = fork();

	if (child != 0)
		return child;
	void *db = open_database(file, "?mode=rwc");
	for (uint8_t i = 1;; i = (uint8_t)(3 - i)) {
		record(db, &issuer_a, SERIAL("\x01"), i == 1 ? revoked(1, NOW - 1) : good());
		if (write(told, &i, 1) != 1)
			_exit(1);
	}
}

/* One more may be in the database than was told. */
static void
a_writer_that_is_killed_in_a_commit_confuses_nobody(void **state)
{
	const struct folder *f = *state;
	vouch_status s;
	int told[2];

	ops->close(polled_database(f));
	for (int round = 0; round < 20; round++) {
		uint8_t last = 2, seen_last = 0;
		assert_int_equal(pipe(told), 0);
		pid_t victim = start_victim(f->file, told[1]);
		close(told[1]);
		assert_int_equal(read(told[0], &last, 1), 1);
		void *db = open_database(f->file, "");
		ask_feed(db);
		for (int i = 0; i < 11 + 7 * round; i++) {
			assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW, &s), VOUCH_OK);
			assert_int_equal(read(told[0], &last, 1), 1);
		}
		assert_int_equal(kill(victim, SIGKILL), 0);
		assert_int_equal(waitpid(victim, NULL, 0), victim);
		while (read(told[0], &last, 1) == 1)
			continue;
		close(told[0]);
		/* Whatever it is, it is the same from now on, and to who opens the database anew. */
		assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW, &s), VOUCH_OK);
		seen_last = s.cert_status;
		ask_feed(db);
		assert_status(db, SERIAL("\x01"), seen_last);
		void *other = open_database(f->file, "");
		assert_status(other, SERIAL("\x01"), seen_last);
		ops->close(other);
		ops->close(db);
	}
}

static void
an_issuer_that_is_given_another_number_is_found(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");
	vouch_status s;

	record(db, &issuer_a, SERIAL("\x01"), good());
	record(db, &issuer_b, SERIAL("\x01"), revoked(1, NOW - 1));
	ask_feed(db);
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	sql_on(f->file,
	    "UPDATE issuers SET number = 9 WHERE number = 1; UPDATE issuers SET number = 1 WHERE number = 2;"
	    "UPDATE issuers SET number = 2 WHERE number = 9");
	assert_status(db, SERIAL("\x01"), VOUCH_REVOKED);
	sql_on(f->file, "DELETE FROM issuers");
	assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW, &s), VOUCH_ENOTFOUND);
	ops->close(db);
}

/* Inside a transaction the thread sees what it has written, although it held a moment of before. */
static void
who_writes_sees_it_at_once_and_others_after_the_commit(void **state)
{
	const struct folder *f = *state;
	void *db = polled_database(f);
	vouch_status s, change = revoked(1, NOW - 1);
	vouch_err err = { 0 };

	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	assert_int_equal(ops->begin(db, &err), VOUCH_OK);
	assert_int_equal(ops->put(db, &issuer_a, SERIAL("\x01"), &change, NOW, &err), VOUCH_OK);
	assert_int_equal(ops->put(db, &issuer_b, SERIAL("\x05"), &change, NOW, &err), VOUCH_OK);
	assert_status(db, SERIAL("\x01"), VOUCH_REVOKED);
	assert_int_equal(look(db, &issuer_b, SERIAL("\x05"), NOW, &s), VOUCH_OK);
	ops->abort(db);
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	assert_int_equal(look(db, &issuer_b, SERIAL("\x05"), NOW, &s), VOUCH_ENOTFOUND);
	record(db, &issuer_a, SERIAL("\x01"), change);
	assert_status(db, SERIAL("\x01"), VOUCH_REVOKED);
	ops->close(db);
}

/* The number that it had in a transaction that was given up may be another's in the next one. */
static void
who_writes_remembers_no_number_of_an_issuer(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");
	vouch_status s, change = revoked(1, NOW - 1);
	vouch_err err = { 0 };

	assert_int_equal(ops->begin(db, &err), VOUCH_OK);
	assert_int_equal(ops->put(db, &issuer_a, SERIAL("\x01"), &change, NOW, &err), VOUCH_OK);
	assert_status(db, SERIAL("\x01"), VOUCH_REVOKED);
	ops->abort(db);
	assert_int_equal(ops->begin(db, &err), VOUCH_OK);
	assert_int_equal(ops->put(db, &issuer_b, SERIAL("\x01"), &change, NOW, &err), VOUCH_OK);
	assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW, &s), VOUCH_ENOTFOUND);
	ops->abort(db);
	ops->close(db);
}

/* A database without a log has no index to look at: each lookup looks at the file. */
static void
a_database_in_another_journal_mode_is_read_anew_each_time(void **state)
{
	const struct folder *f = *state;
	char copy[128], sql[200];

	ops->close(polled_database(f));
	snprintf(copy, sizeof(copy), "%s/copy.db", f->path);
	snprintf(sql, sizeof(sql), "VACUUM INTO '%s'", copy);
	sql_on(f->file, sql);
	void *db = open_database(copy, "?mode=ro");
	ask_feed(db);
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	sql_on(copy, "UPDATE certificates SET cert_status = 2, revocation_time = 5");
	assert_status(db, SERIAL("\x01"), VOUCH_REVOKED);
	assert_false(file_exists(copy, "-shm"));
	ops->close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(lookups_in_a_database_at_rest_make_no_system_call),
		TEST(a_moment_is_held_from_lookup_to_poll_by_who_polls),
		TEST(no_lookup_misses_what_was_committed_before_it),
		TEST(a_writer_that_is_killed_in_a_commit_confuses_nobody),
		TEST(an_issuer_that_is_given_another_number_is_found),
		TEST(who_writes_sees_it_at_once_and_others_after_the_commit),
		TEST(who_writes_remembers_no_number_of_an_issuer),
		TEST(a_database_in_another_journal_mode_is_read_anew_each_time),
	};

	return cmocka_run_group_tests_name("sqlite_snapshot", tests, NULL, NULL);
}
