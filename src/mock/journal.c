/* SPDX-License-Identifier: Apache-2.0 */
/* The journal: what was asked and what was answered. */
#include "mock/journal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/date.h"
#include "base/hex.h"
#include "io/clock.h"
#include "mock/question.h"

#define TEXT_MAX 2048 /* of a path or a field: a log is no archive */

struct mock_journal {
	FILE *file;
	bool is_standard;
};

int
mock_journal_open(struct mock_journal **out, const char *path, vouch_err *err)
{
	struct mock_journal *journal = calloc(1, sizeof(*journal));

	if (journal == NULL)
		return err_nomem(err);
	journal->is_standard = strcmp(path, "-") == 0;
	journal->file = journal->is_standard ? stdout : fopen(path, "ae");
	if (journal->file == NULL) {
		free(journal);
		return err_set(err, VOUCH_EIO, "%s: cannot be written: %s", path, strerror(errno));
	}
	*out = journal;
	return VOUCH_OK;
}

void
mock_journal_close(struct mock_journal *journal)
{
	if (journal == NULL)
		return;
	if (!journal->is_standard)
		fclose(journal->file);
	free(journal);
}

/* --- Values --------------------------------------------------------------------------------------------- */

/* JSON is UTF-8, and a path need not be: octets beyond the graphic ones of ASCII are percent-encoded. */
static json_t *
text(vouch_span octets)
{
	char out[3 * TEXT_MAX + 1];
	size_t len = 0;

	for (size_t i = 0; i < octets.len && i < TEXT_MAX; i++) {
		if (octets.data[i] >= 0x20 && octets.data[i] < 0x7f)
			out[len++] = (char)octets.data[i];
		else
			len += (size_t)snprintf(out + len, 4, "%%%02X", octets.data[i]);
	}
	return json_stringn(out, len);
}

/* A buffer as a string, which it is freed for; code: of what filled it. */
static json_t *
taken(vouch_buf *buf, int code)
{
	json_t *string = code == VOUCH_OK ? json_stringn((const char *)buf->data, buf->len) : NULL;

	vouch_buf_free(buf);
	return string;
}

static json_t *
hexadecimal(vouch_span octets)
{
	vouch_buf out = { 0 };

	return octets.len == 0 ? json_string("") : taken(&out, hex_encode(&out, octets));
}

static json_t *
serial(vouch_span serial_number)
{
	vouch_buf out = { 0 };

	return taken(&out, vouch_serial_format(&out, serial_number));
}

static const char *
hash_name(enum vouch_hash hash)
{
	static const char *const names[VOUCH_HASHES] = { "other", "sha1", "sha256", "sha384", "sha512",
		"md5" };

	return names[hash];
}

static json_t *
now_text(void)
{
	char date[DATE_RFC3339_LENGTH + 1], out[48];
	int64_t ms = io_wall_ms();

	date_format_rfc3339(ms / 1000, date);
	snprintf(out, sizeof(out), "%.19s.%03dZ", date, (int)(ms % 1000));
	return json_string(out);
}

/* --- The line ------------------------------------------------------------------------------------------- */

static json_t *
certids(const struct mock_plan *plan)
{
	json_t *list = json_array();

	for (size_t i = 0; i < plan->asked.certid_count; i++) {
		const struct ocsp_certid *certid = &plan->asked.certids[i];
		json_t *item = json_object();

		json_object_set_new(item, "hash", json_string(hash_name(certid->hash)));
		json_object_set_new(item, "serial", serial(certid->serial_number));
		json_object_set_new(item, "issuer_match",
		    json_boolean(mock_question_is_ours(plan->cast, certid)));
		json_array_append_new(list, item);
	}
	return list;
}

static json_t *
faults(const struct mock_uses *uses)
{
	char name[MOCK_USE_TEXT];
	json_t *list = json_array();

	for (size_t i = 0; i < uses->count; i++) {
		mock_use_format(&uses->items[i], name);
		json_array_append_new(list, json_string(name));
	}
	return list;
}

/* Without the OCTET STRING around it, which not every client writes (RFC 9654 2.1). */
static vouch_span
nonce_of(const struct ocsp_request *asked)
{
	return span_of(asked->nonce.data + asked->nonce.len - asked->nonce_length, asked->nonce_length);
}

static void
describe_answer(json_t *line, const struct mock_plan *plan)
{
	json_object_set_new(line, "certids", certids(plan));
	if (plan->asked.has_nonce)
		json_object_set_new(line, "nonce", hexadecimal(nonce_of(&plan->asked)));
	json_object_set_new(line, "signed", json_boolean(plan->asked.is_signed));
	json_object_set_new(line, "faults", faults(&plan->uses));
	json_object_set_new(line, "response_status",
	    json_string(vouch_response_status_name((int)plan->error)));
}

static void
describe_field(json_t *line, const char *key, const struct http_exchange *exchange, enum http_field_name name)
{
	vouch_span value = http_exchange_field(exchange, name);

	if (value.data != NULL)
		json_object_set_new(line, key, text(value));
}

/* Nothing is done about a disk that is full: the answers matter more. */
void
mock_journal_write(struct mock_journal *journal, struct http_exchange *exchange, const struct mock_plan *plan,
    unsigned http_status)
{
	if (journal == NULL)
		return;
	json_t *line = json_object();
	json_object_set_new(line, "time", now_text());
	json_object_set_new(line, "peer", json_string(http_exchange_peer(exchange)));
	json_object_set_new(line, "method", json_string(http_method_name(exchange->method)));
	json_object_set_new(line, "path", text(exchange->target));
	describe_field(line, "content_type", exchange, HTTP_FIELD_CONTENT_TYPE);
	describe_field(line, "user_agent", exchange, HTTP_FIELD_USER_AGENT);
	if (plan != NULL)
		describe_answer(line, plan);
	json_object_set_new(line, "status", json_integer(http_status));
	(void)json_dumpf(line, journal->file, JSON_COMPACT | JSON_PRESERVE_ORDER);
	(void)fputc('\n', journal->file);
	(void)fflush(journal->file);
	json_decref(line);
}
