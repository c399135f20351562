/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of one's own, a database in it, issuers that are only an id, and short ways to ask and to write.
 */
#include "fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

const vouch_issuer issuer_a = { .id = { 0xA }, .name = "A", .certificate = { 0x30, 2, 5, 0 } };
const vouch_issuer issuer_b = { .id = { 0xB }, .name = "B", .certificate = { 0x30, 2, 5, 0 } };
const vouch_source_ops *const ops = &vouch_source_sqlite;

/* The module knows an issuer by these only. */
vouch_span
vouch_issuer_id(const vouch_issuer *issuer)
{
	return (vouch_span){ issuer->id, sizeof(issuer->id) };
}

const char *
vouch_issuer_name(const vouch_issuer *issuer)
{
	return issuer->name;
}

vouch_span
vouch_issuer_certificate(const vouch_issuer *issuer)
{
	return (vouch_span){ issuer->certificate, sizeof(issuer->certificate) };
}

int
folder_setup(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	snprintf(f->path, sizeof(f->path), "/tmp/vouch-sqlite-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	snprintf(f->file, sizeof(f->file), "%s/vouch.db", f->path);
	*state = f;
	return 0;
}

int
folder_teardown(void **state)
{
	struct folder *f = *state;
	char name[400];

	(void)chmod(f->path, 0700);
	DIR *d = opendir(f->path);
	assert_non_null(d);
	for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
		snprintf(name, sizeof(name), "%s/%s", f->path, e->d_name);
		(void)unlink(name);
	}
	closedir(d);
	assert_int_equal(rmdir(f->path), 0);
	free(f);
	return 0;
}

int
open_code(const char *file, const char *parameters, vouch_err *err)
{
	char uri[300];
	void *ctx = NULL;

	snprintf(uri, sizeof(uri), "%s%s", file, parameters);
	int ret = ops->open(&ctx, uri, NOW, err);
	if (ret == VOUCH_OK)
		ops->close(ctx);
	return ret;
}

void *
open_database(const char *file, const char *parameters)
{
	char uri[300];
	vouch_err err = { 0 };
	void *ctx = NULL;

	snprintf(uri, sizeof(uri), "%s%s", file, parameters);
	if (ops->open(&ctx, uri, NOW, &err) != VOUCH_OK)
		fail_msg("open: %s", err.msg);
	return ctx;
}

vouch_status
good(void)
{
	vouch_status s;

	vouch_status_init(&s);
	s.cert_status = VOUCH_GOOD;
	return s;
}

vouch_status
revoked(int reason, vouch_time when)
{
	vouch_status s;

	vouch_status_init(&s);
	s.cert_status = VOUCH_REVOKED;
	s.revocation_reason = (uint8_t)(reason + 1);
	s.revocation_time = when;
	return s;
}

void
record(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_status status)
{
	vouch_err err = { 0 };

	if (ops->begin(ctx, &err) != VOUCH_OK ||
	    ops->put(ctx, issuer, serial_number, &status, NOW, &err) != VOUCH_OK ||
	    ops->commit(ctx, &err) != VOUCH_OK)
		fail_msg("record: %s", err.msg);
}

int
look(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now, vouch_status *out)
{
	vouch_err err = { 0 };

	vouch_status_init(out);
	int ret = ops->lookup(ctx, issuer, serial_number, now, out, &err);
	vouch_buf_free(&out->detail);
	vouch_buf_free(&out->single_extensions);
	return ret;
}

void
assert_status(void *ctx, vouch_span serial_number, enum vouch_cert_status expected)
{
	vouch_status s;

	assert_int_equal(look(ctx, &issuer_a, serial_number, NOW, &s), VOUCH_OK);
	assert_int_equal(s.cert_status, expected);
}

static sqlite3 *
foreign_connection(const char *file)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_busy_timeout(db, 5000), SQLITE_OK);
	return db;
}

void
sql_on(const char *file, const char *sql)
{
	sqlite3 *db = foreign_connection(file);
	char *message = NULL;

	if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
		fail_msg("%s: %s", sql, message);
	sqlite3_close(db);
}

int64_t
sql_number(const char *file, const char *sql)
{
	sqlite3 *db = foreign_connection(file);
	sqlite3_stmt *s = NULL;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(s), SQLITE_ROW);
	int64_t number = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return number;
}

vouch_buf
read_file(const char *file)
{
	vouch_buf all = { 0 };
	uint8_t piece[4096];
	ssize_t n;
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		assert_int_equal(vouch_buf_append(&all, piece, (size_t)n), VOUCH_OK);
	close(fd);
	return all;
}

void
write_file(const char *file, const void *data, size_t len)
{
	int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, len), len);
	close(fd);
}

bool
file_exists(const char *file, const char *suffix)
{
	char name[300];

	snprintf(name, sizeof(name), "%s%s", file, suffix);
	return access(name, F_OK) == 0;
}

static void
ignore(void *arg, vouch_span serial_number)
{
	(void)arg;
	(void)serial_number;
}

void
ask_feed(void *db)
{
	vouch_buf cursor = { 0 };
	vouch_err err = { 0 };

	if (ops->changes(db, &cursor, ignore, NULL, &err) != VOUCH_OK)
		fail_msg("changes: %s", err.msg);
	vouch_buf_free(&cursor);
}

void *
polled_database(const struct folder *f)
{
	void *db = open_database(f->file, "?mode=rwc");

	record(db, &issuer_a, SERIAL("\x01"), good());
	ops->close(db);
	db = open_database(f->file, "");
	ask_feed(db);
	return db;
}
