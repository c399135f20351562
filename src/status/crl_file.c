/* SPDX-License-Identifier: Apache-2.0 */
/* Files with CRLs: which there are, whether they changed, what is in them. */
#include "status/crl_file.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLICE ((size_t)64 << 10)
#define NANOSECONDS INT64_C(1000000000)
#define FILES_MAX 65536

/* --- The set ------------------------------------------------------------------------------------------ */

static void
clear_file(struct crl_file *file)
{
	free(file->path);
	vouch_buf_free(&file->waits_for);
}

void
crl_files_clear(struct crl_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		clear_file(&files->items[i]);
	free(files->items);
	*files = (struct crl_files){ 0 };
}

static struct crl_file *
find(const struct crl_files *files, const char *path)
{
	for (size_t i = 0; i < files->count; i++)
		if (strcmp(files->items[i].path, path) == 0)
			return &files->items[i];
	return NULL;
}

bool
crl_files_has(const struct crl_files *files, const char *path)
{
	const struct crl_file *file = find(files, path);

	return file != NULL && file->is_there;
}

struct crl_file *
crl_files_add(struct crl_files *files, const char *path)
{
	struct crl_file *file = find(files, path);

	if (file != NULL)
		return file;
	struct crl_file *items = reallocarray(files->items, files->count + 1, sizeof(*items));
	char *copy = strdup(path);
	if (items != NULL)
		files->items = items;
	if (items == NULL || copy == NULL) {
		free(copy);
		return NULL;
	}
	file = &items[files->count++];
	*file = (struct crl_file){ .path = copy, .early = VOUCH_TIME_ABSENT };
	return file;
}

void
crl_files_remove(struct crl_files *files, size_t i)
{
	clear_file(&files->items[i]);
	files->items[i] = files->items[--files->count];
}

/* --- Which there are ---------------------------------------------------------------------------------- */

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static bool
is_finished(const char *name)
{
	return name[0] != '.' && !ends_with(name, "~") && !ends_with(name, ".tmp") &&
	    !ends_with(name, ".part");
}

bool
crl_file_is_named_so(const struct crl_file *file)
{
	static const char end[] = ".crl";
	size_t len = strlen(file->path), i = strlen(end);

	while (i > 0 && len > 0 && tolower((unsigned char)file->path[len - 1]) == end[i - 1]) {
		len--;
		i--;
	}
	return i == 0;
}

static int
add_entry(struct crl_files *files, const char *folder, const char *name, vouch_err *err)
{
	struct stat st;
	vouch_buf path = { 0 };
	int code = buf_printf(&path, "%s%s%s", folder, ends_with(folder, "/") ? "" : "/", name);

	if (code == VOUCH_OK)
		code = vouch_buf_append(&path, "", 1);
	if (code == VOUCH_OK && is_finished(name) && stat((const char *)path.data, &st) == 0 &&
	    S_ISREG(st.st_mode)) {
		struct crl_file *file = crl_files_add(files, (const char *)path.data);
		if (file != NULL)
			file->is_there = true;
		else
			code = VOUCH_ENOMEM;
	}
	vouch_buf_free(&path);
	return code == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

static int
list_folder(struct crl_files *files, const char *path, vouch_err *err)
{
	const struct dirent *entry;
	int code = VOUCH_OK;
	DIR *folder = opendir(path);

	if (folder == NULL)
		return err_set(err, VOUCH_EIO, "%s: %s", path, strerror(errno));
	while (code == VOUCH_OK && (entry = readdir(folder)) != NULL) {
		code = add_entry(files, path, entry->d_name, err);
		if (code == VOUCH_OK && files->count > FILES_MAX)
			code = err_set(err, VOUCH_ELIMIT, "%s: more than %d files", path, FILES_MAX);
	}
	closedir(folder);
	return code;
}

int
crl_files_list(struct crl_files *files, const char *path, vouch_err *err)
{
	struct stat st;

	for (size_t i = 0; i < files->count; i++)
		files->items[i].is_there = false;
	if (stat(path, &st) != 0)
		return err_set(err, VOUCH_EIO, "%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return list_folder(files, path, err);
	struct crl_file *file = crl_files_add(files, path);
	if (file == NULL)
		return err_nomem(err);
	file->is_there = true;
	return VOUCH_OK;
}

/* --- One of them -------------------------------------------------------------------------------------- */

static struct crl_file_identity
identify(const struct stat *st)
{
	return (struct crl_file_identity){ (uint64_t)st->st_dev, (uint64_t)st->st_ino, (uint64_t)st->st_size,
		(int64_t)st->st_mtim.tv_sec * NANOSECONDS + st->st_mtim.tv_nsec,
		(int64_t)st->st_ctim.tv_sec * NANOSECONDS + st->st_ctim.tv_nsec };
}

bool
crl_file_look(const char *path, struct crl_file_identity *out)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return false;
	*out = identify(&st);
	return true;
}

bool
crl_file_is_same(const struct crl_file_identity *a, const struct crl_file_identity *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	    a->modified == b->modified && a->changed == b->changed;
}

static int
feed(int fd, struct crl_intake *in, uint8_t *slice, vouch_err *err)
{
	for (;;) {
		ssize_t len = read(fd, slice, SLICE);
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return err_set(err, VOUCH_EIO, "%s", strerror(errno));
		if (len == 0)
			return crl_intake_end(in, err);
		int code = crl_intake_feed(in, span_of(slice, (size_t)len), err);
		if (code != VOUCH_OK)
			return code;
	}
}

/* Read once: what is hashed is what is parsed.  Whoever writes it meanwhile is waited for. */
static int
read_open(int fd, struct crl_intake *in, struct crl_file_identity *identity, vouch_err *err)
{
	struct stat st;
	uint8_t *slice = malloc(SLICE);

	if (slice == NULL)
		return err_nomem(err);
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
		free(slice);
		return err_set(err, VOUCH_EIO, "not a regular file");
	}
	*identity = identify(&st);
	int code = feed(fd, in, slice, err);
	free(slice);
	if (fstat(fd, &st) == 0) {
		struct crl_file_identity now = identify(&st);
		if (now.size != identity->size || now.modified != identity->modified)
			return VOUCH_EAGAIN;
	}
	return code;
}

int
crl_file_read(const char *path, const struct crl_opener *opener, struct crl_intake *in,
    struct crl_file_identity *identity, vouch_err *err)
{
	int fd = -1;
	int code = crl_opener_open(opener, path, &fd, err);

	*identity = (struct crl_file_identity){ 0 };
	if (code != VOUCH_OK)
		return code;
	code = read_open(fd, in, identity, err);
	close(fd);
	return code == VOUCH_OK || code == VOUCH_EAGAIN ? code : err_prefix(err, "%s", path);
}
