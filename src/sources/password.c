/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords that stand in a file of their own, for client libraries that know no such file. */
#include "sources/password.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"

#define LENGTH_MOST 1024 /* no server takes a longer one */

void
password_wipe(vouch_buf *buf)
{
	if (buf->data != NULL)
		explicit_bzero(buf->data, buf->cap);
	vouch_buf_free(buf);
}

/* The first line, without its end. */
static int
read_line(char out[LENGTH_MOST], const char *path, vouch_err *err)
{
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return err_set(err, VOUCH_EUNAVAILABLE, "%s: %s", path, strerror(errno));
	setvbuf(file, NULL, _IONBF, 0); /* no copy of it is left in memory that is freed */
	bool has_line = fgets(out, LENGTH_MOST, file) != NULL;
	fclose(file);
	size_t len = has_line ? strcspn(out, "\r\n") : 0;
	bool is_cut = len + 1 >= LENGTH_MOST;
	out[len] = '\0';
	if (len == 0 || is_cut)
		return err_set(err, VOUCH_EINVAL, "%s: its first line, the password, is %s", path,
		    is_cut ? "too long" : "empty");
	return VOUCH_OK;
}

static int
append_encoded(vouch_buf *out, const char *text)
{
	char encoded[4];
	int ret = VOUCH_OK;

	for (const char *p = text; *p != '\0' && ret == VOUCH_OK; p++) {
		snprintf(encoded, sizeof(encoded), "%%%02X", (unsigned char)*p);
		ret = vouch_buf_append(out, encoded, 3);
	}
	explicit_bzero(encoded, sizeof(encoded));
	return ret;
}

/* With room for all of it beforehand: growing would leave copies behind. */
static int
insert(vouch_buf *out, const char *uri, const char *name, const char *password, vouch_err *err)
{
	static const char *const ours[] = { PASSWORD_FILE };
	size_t before = out->len;
	int ret = buf_reserve(out, strlen(uri) + strlen(name) + 3 * strlen(password) + 4);

	if (ret == VOUCH_OK)
		ret = vouch_uri_without(out, uri, ours, 1);
	if (ret == VOUCH_OK)
		ret = buf_printf(out,
		    "%c%s=", memchr(out->data + before, '?', out->len - before) == NULL ? '?' : '&', name);
	if (ret == VOUCH_OK)
		ret = append_encoded(out, password);
	if (ret == VOUCH_OK)
		ret = vouch_buf_append(out, "", 1);
	return ret == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

int
password_insert(vouch_buf *out, const char *uri, const char *name, vouch_err *err)
{
	char password[LENGTH_MOST];
	vouch_buf path = { 0 };
	int ret = vouch_uri_parameter(&path, uri, PASSWORD_FILE, err);

	if (ret == VOUCH_ENOTFOUND) {
		ret = vouch_buf_append(out, uri, strlen(uri) + 1);
		vouch_buf_free(&path);
		return ret == VOUCH_OK ? VOUCH_OK : err_nomem(err);
	}
	if (ret == VOUCH_OK)
		ret = read_line(password, (const char *)path.data, err);
	if (ret == VOUCH_OK)
		ret = insert(out, uri, name, password, err);
	explicit_bzero(password, sizeof(password));
	vouch_buf_free(&path);
	return ret;
}
