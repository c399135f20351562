/* SPDX-License-Identifier: Apache-2.0 */
/* A folder with an index.txt, and short words for what its source says. */
#include "index_fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/date.h"

/* A source needs no more of an issuer than this. */
struct vouch_issuer {
	uint8_t id[32];
	const char *name;
};
const vouch_issuer one_ca = { { 1 }, "one" }, another_ca = { { 2 }, "another" };

vouch_span
vouch_issuer_id(const vouch_issuer *issuer)
{
	return SPAN_ARRAY(issuer->id);
}

const char *
vouch_issuer_name(const vouch_issuer *issuer)
{
	return issuer->name;
}

int
folder_setup(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	snprintf(f->path, sizeof(f->path), "/tmp/index-test-XXXXXX");
	assert_non_null(mkdtemp(f->path));
	snprintf(f->file, sizeof(f->file), "%s/index.txt", f->path);
	*state = f;
	return 0;
}

int
folder_teardown(void **state)
{
	struct folder *f = *state;

	(void)unlink(f->file);
	(void)rmdir(f->path);
	free(f);
	return 0;
}

static void
write_file(const char *path, const char *text, size_t len)
{
	/* Without O_TRUNC: the disk of a file that was emptied is waited for when it is closed (ext4). */
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, len), len);
	assert_int_equal(ftruncate(fd, (off_t)len), 0);
	assert_int_equal(close(fd), 0);
}

void
overwrite(const struct folder *f, const char *text, size_t len)
{
	write_file(f->file, text, len);
}

void
replace(const struct folder *f, const char *text)
{
	char beside[100];

	snprintf(beside, sizeof(beside), "%s.new", f->file);
	write_file(beside, text, strlen(text));
	assert_int_equal(rename(beside, f->file), 0);
}

void
remove_index(const struct folder *f)
{
	assert_int_equal(unlink(f->file), 0);
}

vouch_source *
open_index(const struct folder *f)
{
	vouch_source *source = NULL;
	vouch_err err = { 0 };

	if (vouch_source_open(&source, &vouch_source_index, f->file, NOW, &err) != VOUCH_OK)
		fail_msg("open: %s", err.msg);
	return source;
}

static void
describe(char *out, size_t size, const vouch_status *status)
{
	char when[DATE_RFC3339_LENGTH + 1];
	const char *reason = vouch_reason_name(status->revocation_reason);

	if (status->cert_status != VOUCH_REVOKED) {
		snprintf(out, size, "%s", status->cert_status == VOUCH_GOOD ? "good" : "neither");
		return;
	}
	date_format_rfc3339(status->revocation_time, when);
	int len = snprintf(out, size, "revoked %s%s%s", reason != NULL ? reason : "",
	    reason != NULL ? " " : "", when);
	if (status->invalidity_date == VOUCH_TIME_ABSENT)
		return;
	date_format_rfc3339(status->invalidity_date, when);
	snprintf(out + len, size - (size_t)len, " since %s", when);
}

const char *
status_of(vouch_source *source, const char *serial_number)
{
	static char text[120];
	vouch_buf serial = { 0 };
	vouch_status status;
	vouch_err err = { 0 };

	vouch_status_init(&status);
	assert_int_equal(vouch_serial_parse(&serial, serial_number, &err), VOUCH_OK);
	int code = vouch_source_lookup(source, &one_ca, span_of(serial.data, serial.len), NOW, &status, &err);
	if (code == VOUCH_OK)
		describe(text, sizeof(text), &status);
	else
		snprintf(text, sizeof(text), "%s", err_name(code));
	vouch_status_clear(&status);
	vouch_buf_free(&serial);
	return text;
}

void
assert_status(vouch_source *source, const char *serial_number, const char *expected)
{
	assert_string_equal(status_of(source, serial_number), expected);
}

static void
hear(void *arg, vouch_span serial_number)
{
	vouch_buf text = { 0 };

	if (serial_number.len > 0)
		assert_int_equal(vouch_serial_format(&text, serial_number), VOUCH_OK);
	assert_int_equal(vouch_buf_append(arg, serial_number.len > 0 ? (const char *)text.data : "all",
			     serial_number.len > 0 ? text.len : 3),
	    VOUCH_OK);
	assert_int_equal(vouch_buf_append(arg, " ", 1), VOUCH_OK);
	vouch_buf_free(&text);
}

void
assert_changes(vouch_source *source, vouch_buf *cursor, const char *expected)
{
	vouch_buf heard = { 0 };
	vouch_err err = { 0 };

	if (vouch_source_changes(source, cursor, hear, &heard, &err) != VOUCH_OK)
		fail_msg("changes: %s", err.msg);
	assert_int_equal(vouch_buf_append(&heard, "", 1), VOUCH_OK);
	assert_string_equal((const char *)heard.data, expected);
	vouch_buf_free(&heard);
}

#define ROUNDS 6 /* after which what is not there is missing */

static void
hear_nothing(void *arg, vouch_span serial_number)
{
	(void)arg, (void)serial_number;
}

int
follow(vouch_source *source, vouch_buf *cursor, vouch_err *err)
{
	int code = VOUCH_OK;

	for (int i = 0; i < ROUNDS && code == VOUCH_OK; i++)
		code = vouch_source_changes(source, cursor, hear_nothing, NULL, err);
	return code;
}
