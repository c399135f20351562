/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds a moment of the database does not hold up those who write: the log ends, and moves into the file. */
#include "fixture.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct busy {
	void *db;
	atomic_bool done;
	atomic_uint wrong;
};

static void *
ask_always(void *arg)
{
	struct busy *b = arg;
	const struct timespec pause = { .tv_nsec = 10000 };
	vouch_status s;

	while (!b->done) {
		b->wrong += look(b->db, &issuer_a, SERIAL("\x01"), NOW, &s) != VOUCH_OK;
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static void *
poll_always(void *arg)
{
	struct busy *b = arg;
	const struct timespec pause = { .tv_nsec = 200000000 };

	while (!b->done) {
		ask_feed(b->db);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

static off_t
size_of(const char *file, const char *suffix)
{
	struct stat st;
	char name[200];

	snprintf(name, sizeof(name), "%s%s", file, suffix);
	return stat(name, &st) == 0 ? st.st_size : 0;
}

/* Two readers who always hold a moment; a third thread polls. */
static void
beside_busy_readers(void *db, bool (*meanwhile)(void *arg), void *arg)
{
	struct busy b = { .db = db };
	pthread_t asking[2], polling;

	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&asking[i], NULL, ask_always, &b), 0);
	assert_int_equal(pthread_create(&polling, NULL, poll_always, &b), 0);
	bool well = meanwhile(arg);
	b.done = true;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_join(asking[i], NULL), 0);
	assert_int_equal(pthread_join(polling, NULL), 0);
	assert_int_equal(b.wrong, 0);
	assert_true(well);
}

/* Up to 8 MiB a time, 40 times: as long were the log, if it had no end. */
static bool
write_much(void *arg)
{
	const struct folder *f = arg;

	for (int i = 0; i < 40; i++) {
		sql_on(f->file,
		    "PRAGMA synchronous = OFF; CREATE TABLE IF NOT EXISTS ballast (x BLOB);"
		    "WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 1000)"
		    " INSERT INTO ballast SELECT randomblob(4000) FROM n;"
		    "DELETE FROM ballast");
	}
	return size_of(f->file, "-wal") < (off_t)32 << 20;
}

static void
the_log_is_begun_anew_beside_busy_readers(void **state)
{
	struct folder *f = *state;
	void *db = polled_database(f);

	beside_busy_readers(db, write_much, f);
	ops->close(db);
}

/* As vouch revoke does; what it leaves is copied and read without its log. */
static void
revoke_and_copy(const struct folder *f, uint8_t number)
{
	const uint8_t octets[] = { 7, number };
	const vouch_span serial = { octets, sizeof(octets) };
	char copy[128];

	void *db = open_database(f->file, "?mode=rwc");
	record(db, &issuer_a, serial, revoked(1, NOW - 1));
	ops->close(db);
	snprintf(copy, sizeof(copy), "%s/copy%d.db", f->path, number);
	vouch_buf whole = read_file(f->file);
	write_file(copy, whole.data, whole.len);
	vouch_buf_free(&whole);
	db = open_database(copy, "");
	assert_status(db, serial, VOUCH_REVOKED);
	ops->close(db);
}

/* A process of its own: who closes a file drops all locks of its process on it. */
struct copier {
	pid_t pid;
	int start;
};

static struct copier
start_copier(const struct folder *f)
{
	int start[2];
	char go;

	assert_int_equal(pipe(start), 0);
	struct copier c = { fork(), start[1] };
	if (c.pid == 0) {
		if (read(start[0], &go, 1) != 1)
			_exit(1);
		for (uint8_t i = 0; i < 8; i++)
			revoke_and_copy(f, i);
		_exit(0);
	}
	close(start[0]);
	return c;
}

static bool
let_copy(void *arg)
{
	const struct copier *c = arg;
	int status = -1;

	bool started = write(c->start, "", 1) == 1;
	close(c->start);
	return waitpid(c->pid, &status, 0) == c->pid && started && status == 0;
}

static void
a_writer_beside_busy_readers_leaves_a_file_that_is_whole_by_itself(void **state)
{
	const struct folder *f = *state;
	ops->close(open_database(f->file, "?mode=rwc"));
	struct copier c = start_copier(f);
	void *db = polled_database(f);

	beside_busy_readers(db, let_copy, &c);
	for (uint8_t i = 0; i < 8; i++)
		assert_status(db, (vouch_span){ (const uint8_t[]){ 7, i }, 2 }, VOUCH_REVOKED);
	ops->close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_log_is_begun_anew_beside_busy_readers),
		TEST(a_writer_beside_busy_readers_leaves_a_file_that_is_whole_by_itself),
	};

	return cmocka_run_group_tests_name("sqlite_log", tests, NULL, NULL);
}
