/* SPDX-License-Identifier: Apache-2.0 */
/* The file that an index.txt is: read once, whole or not at all, and recognised again. */
#include "status/index_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"

#define NANOSECONDS INT64_C(1000000000)
/*
 * Octets read at a time, and so the longest line: a serial number of 2 KiB and a subject of X.509's greatest lengths
 * have room in it many times.
 */
#define ROOM ((size_t)256 << 10)

/* --- Which file --------------------------------------------------------------------------------------- */

static struct index_identity
identity_of(const struct stat *st)
{
	return (struct index_identity){ .device = st->st_dev,
		.inode = st->st_ino,
		.size = (uint64_t)st->st_size,
		.modified = st->st_mtim.tv_sec * NANOSECONDS + st->st_mtim.tv_nsec,
		.changed = st->st_ctim.tv_sec * NANOSECONDS + st->st_ctim.tv_nsec };
}

bool
index_identity_equal(const struct index_identity *a, const struct index_identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	    a->modified == b->modified && a->changed == b->changed;
}

static int
failed(const char *path, const char *what, vouch_err *err)
{
	char text[80];
	int code = errno == ENOENT ? VOUCH_ENOTFOUND : VOUCH_EIO;

	return err_set(err, code, "%s: %s: %s", path, what, strerror_r(errno, text, sizeof(text)));
}

int
index_file_look(const char *path, struct index_identity *out, vouch_err *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return failed(path, "cannot look at it", err);
	*out = identity_of(&st);
	return VOUCH_OK;
}

/* --- Its lines ---------------------------------------------------------------------------------------- */

struct reading {
	struct index_table *table;
	struct index_row row;
	const char *path;
	uint32_t line; /* the one that is read, from 1 */
	vouch_err *err;
};

static int
blame(const struct reading *r, uint32_t line)
{
	return err_prefix(r->err, "%s:%u", r->path, (unsigned)line);
}

static int
read_line(struct reading *r, vouch_span line)
{
	/* Editors of another system put it in front of UTF-8, and OpenSSL takes no offence at it before a V. */
	static const uint8_t mark[] = { 0xef, 0xbb, 0xbf };

	if (r->line == UINT32_MAX)
		return err_set(r->err, VOUCH_ELIMIT, "%s: more than %u lines", r->path, (unsigned)UINT32_MAX);
	r->line++;
	if (r->line == 1 && line.len >= sizeof(mark) && memcmp(line.data, mark, sizeof(mark)) == 0)
		line = span_of(line.data + sizeof(mark), line.len - sizeof(mark));
	if (line.len > 0 && line.data[0] == '#')
		return VOUCH_OK; /* OpenSSL skips such lines */
	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--; /* an editor of another system has been at it; to OpenSSL this is a part of the subject */
	int code = index_row_parse(&r->row, line, r->err);
	if (code == VOUCH_OK)
		code = index_table_add(r->table, &r->row, r->line, r->err);
	return code == VOUCH_OK ? VOUCH_OK : blame(r, r->line);
}

/* All whole lines; *used is how many octets they are. */
static int
read_lines(struct reading *r, vouch_span text, size_t *used)
{
	*used = 0;
	for (;;) {
		const uint8_t *from = text.data + *used;
		const uint8_t *end = memchr(from, '\n', text.len - *used);
		if (end == NULL)
			return VOUCH_OK;
		int code = read_line(r, span_of(from, (size_t)(end - from)));
		if (code != VOUCH_OK)
			return code;
		*used += (size_t)(end - from) + 1;
	}
}

/* The next octets behind the `len` that are there; *len grows, or not at the end of the file. */
static int
fill(const struct reading *r, int fd, uint8_t *buffer, size_t *len)
{
	ssize_t got;

	do
		got = read(fd, buffer + *len, ROOM - *len);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return failed(r->path, "cannot read it", r->err);
	*len += (size_t)got;
	return VOUCH_OK;
}

static int
read_all(struct reading *r, int fd, uint8_t *buffer, uint64_t *size)
{
	size_t len = 0, used = 0;

	for (;;) {
		size_t before = len;
		int code = fill(r, fd, buffer, &len);
		if (code != VOUCH_OK)
			return code;
		if (len == before)
			break;
		*size += len - before;
		code = read_lines(r, span_of(buffer, len), &used);
		if (code != VOUCH_OK)
			return code;
		len -= used;
		memmove(buffer, buffer + used, len);
		if (len == ROOM)
			return err_set(r->err, VOUCH_ELIMIT, "%s:%u: a line of more than %zu octets", r->path,
			    (unsigned)r->line + 1, ROOM);
	}
	if (len == 0)
		return VOUCH_OK;
	/* Whatever wrote it has not come to its end. */
	return err_set(r->err, VOUCH_EPARSE, "%s:%u: the last line has no end: the file is cut off", r->path,
	    (unsigned)r->line + 1);
}

int
index_file_parse(const char *path, int fd, struct index_table *table, uint64_t *size, vouch_err *err)
{
	struct reading r = { .table = table, .path = path, .err = err };
	uint8_t *buffer = malloc(ROOM);
	uint32_t twin = 0;

	if (buffer == NULL)
		return err_nomem(err);
	*size = 0;
	int code = read_all(&r, fd, buffer, size);
	free(buffer);
	if (code != VOUCH_OK)
		return code;
	code = index_table_finish(table, &twin, err);
	return code == VOUCH_EPARSE ? blame(&r, twin) : code;
}

/* --- The whole ---------------------------------------------------------------------------------------- */

static int
open_path(const char *path, const struct index_opener *opener, int *fd, vouch_err *err)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* no waiting for who writes into a pipe */
	if (*fd >= 0)
		return VOUCH_OK;
	if (errno == EACCES && opener->open != NULL)
		return opener->open(opener->arg, path, fd, err);
	return failed(path, "cannot open it", err);
}

static int
open_file(const char *path, const struct index_opener *opener, int *fd, struct index_identity *identity,
    vouch_err *err)
{
	struct stat st;
	int code = open_path(path, opener, fd, err);

	if (code != VOUCH_OK)
		return code;
	if (fstat(*fd, &st) != 0)
		return failed(path, "cannot look at it", err);
	*identity = identity_of(&st);
	return S_ISREG(st.st_mode) ? VOUCH_OK : err_set(err, VOUCH_EIO, "%s: not a file", path);
}

/* What was read is the file as it was at one moment. */
static int
check_rest(const char *path, int fd, uint64_t size, const struct index_identity *identity, vouch_err *err)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return failed(path, "cannot look at it", err);
	struct index_identity now = identity_of(&st);
	if (size == identity->size && now.size == identity->size && now.modified == identity->modified)
		return VOUCH_OK;
	return err_set(err, VOUCH_EAGAIN, "%s: somebody is writing to it", path);
}

static int
read_open(const char *path, int fd, const struct index_identity *identity, struct index_table *table,
    vouch_err *err)
{
	vouch_err moved;
	uint64_t size = 0;
	int code = index_file_parse(path, fd, table, &size, err);

	/* What is wrong with a line that is still being written says nothing. */
	if (check_rest(path, fd, code == VOUCH_OK ? size : identity->size, identity, &moved) != VOUCH_OK) {
		*err = moved;
		return moved.code;
	}
	return code;
}

int
index_file_read(const char *path, const struct index_opener *opener, struct index_table **out,
    struct index_identity *identity, vouch_err *err)
{
	struct index_table *table = NULL;
	int fd = -1;
	int code = open_file(path, opener, &fd, identity, err);

	if (code == VOUCH_OK)
		code = index_table_new(&table, err);
	if (code == VOUCH_OK)
		code = read_open(path, fd, identity, table, err);
	if (fd >= 0)
		close(fd);
	if (code != VOUCH_OK) {
		index_table_free(table);
		return code;
	}
	*out = table;
	return VOUCH_OK;
}
