/* SPDX-License-Identifier: Apache-2.0 */
/* A bundle: the octets of the files that a configuration names. */
#include "daemon/bundle.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/file.h"
#include "io/message.h"

enum { PART_PATH = 1, PART_OCTETS };

static int
make_room(struct bundle *b, vouch_err *err)
{
	if (b->count < b->cap)
		return VOUCH_OK;
	size_t cap = b->cap > 0 ? 2 * b->cap : 16;
	struct bundle_file *files = reallocarray(b->files, cap, sizeof(*files));
	if (files == NULL)
		return err_nomem(err);
	b->files = files;
	b->cap = cap;
	return VOUCH_OK;
}

static int
add(struct bundle *b, const char *path, size_t path_len, vouch_buf *takes_octets, vouch_err *err)
{
	if (b->count == BUNDLE_FILES_MOST)
		return err_set(err, VOUCH_ELIMIT, "more than %d files", BUNDLE_FILES_MOST);
	if (make_room(b, err) != VOUCH_OK)
		return err->code;
	char *copy = strndup(path, path_len);
	if (copy == NULL)
		return err_nomem(err);
	b->files[b->count++] = (struct bundle_file){ copy, *takes_octets };
	return VOUCH_OK;
}

int
bundle_read(struct bundle *bundle, const char *path, vouch_err *err)
{
	vouch_buf octets = { 0 };

	if (bundle_find(bundle, path).data != NULL)
		return VOUCH_OK;
	int code = io_file_read(&octets, path, BUNDLE_FILE_MOST, err);
	if (code == VOUCH_OK)
		code = add(bundle, path, strlen(path), &octets, err);
	if (code != VOUCH_OK)
		vouch_buf_free(&octets);
	return code;
}

vouch_span
bundle_find(const struct bundle *bundle, const char *path)
{
	/* An empty file is there, too. */
	static const uint8_t nothing[1];

	for (size_t i = 0; i < bundle->count; i++)
		if (strcmp(bundle->files[i].path, path) == 0)
			return bundle->files[i].octets.len > 0 ? span_buf(&bundle->files[i].octets) :
								 span_of(nothing, 0);
	return span_of(NULL, 0);
}

int
bundle_encode(const struct bundle *bundle, vouch_buf *out, vouch_err *err)
{
	for (size_t i = 0; i < bundle->count; i++) {
		const struct bundle_file *f = &bundle->files[i];
		struct io_message path = { .type = PART_PATH, .body = span_string(f->path) };
		struct io_message octets = { .type = PART_OCTETS, .body = span_buf(&f->octets) };
		if (io_message_append(out, &path) != VOUCH_OK || io_message_append(out, &octets) != VOUCH_OK)
			return err_nomem(err);
	}
	return VOUCH_OK;
}

static int
decode_file(struct bundle *bundle, vouch_span *octets, vouch_err *err)
{
	struct io_message path, content;
	vouch_buf copy = { 0 };

	if (io_message_next(octets, BUNDLE_FILE_MOST, &path) != VOUCH_OK || path.type != PART_PATH ||
	    memchr(path.body.data, '\0', path.body.len) != NULL ||
	    io_message_next(octets, BUNDLE_FILE_MOST, &content) != VOUCH_OK || content.type != PART_OCTETS)
		return err_set(err, VOUCH_EPARSE, "a bundle of files that is none of ours");
	if (buf_append_span(&copy, content.body) != VOUCH_OK)
		return err_nomem(err);
	int code = add(bundle, (const char *)path.body.data, path.body.len, &copy, err);
	if (code != VOUCH_OK)
		vouch_buf_free(&copy);
	return code;
}

int
bundle_decode(struct bundle *bundle, vouch_span octets, vouch_err *err)
{
	while (octets.len > 0)
		if (decode_file(bundle, &octets, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

void
bundle_clear(struct bundle *bundle)
{
	for (size_t i = 0; i < bundle->count; i++) {
		free(bundle->files[i].path);
		vouch_buf_free(&bundle->files[i].octets);
	}
	free(bundle->files);
	*bundle = (struct bundle){ 0 };
}
