/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes tables of the users' own: the texts of queries, and what their rows say.  The first octet chooses the text's
 * dialect, rows of a lookup, or rows of a log.
 */
#include <string.h>

#include "modules/query/query.h"
#include "target.h"

/* The queries ask for nothing of an issuer. */
vouch_span
vouch_issuer_id(const vouch_issuer *issuer)
{
	(void)issuer;
	return (vouch_span){ NULL, 0 };
}

const char *
vouch_issuer_name(const vouch_issuer *issuer)
{
	(void)issuer;
	return "";
}

vouch_span
vouch_issuer_certificate(const vouch_issuer *issuer)
{
	(void)issuer;
	return (vouch_span){ NULL, 0 };
}

/* What is left of the input. */
struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t
take(struct input *in)
{
	if (in->size == 0)
		return 0;
	in->size--;
	return *in->data++;
}

/* A type, a length and octets, which are copied: reading past their end is seen. */
static struct query_value
take_value(struct input *in)
{
	struct query_value v = { .type = (enum query_type)(take(in) % 4) };
	size_t len = take(in) % 72;

	for (int i = 0; v.type == QUERY_INTEGER && i < 8; i++)
		v.integer = (int64_t)((uint64_t)v.integer << 8 | take(in));
	if (v.type != QUERY_TEXT && v.type != QUERY_OCTETS)
		return v;
	len = len < in->size ? len : in->size;
	uint8_t *copy = malloc(len > 0 ? len : 1);
	FUZZ_CHECK(copy != NULL);
	memcpy(copy, in->data, len);
	in->data += len;
	in->size -= len;
	v.octets = (vouch_span){ copy, len };
	return v;
}

static void
free_value(struct query_value *v)
{
	free((void *)(uintptr_t)v->octets.data);
}

static void
append(vouch_buf *out, const void *data, size_t len)
{
	FUZZ_CHECK(vouch_buf_append(out, data, len) == VOUCH_OK);
}

static void
encode(vouch_buf *uri, const char *name, struct input in)
{
	static const char digits[] = "0123456789ABCDEF";

	append(uri, name, strlen(name));
	for (size_t i = 0; i < in.size; i++) {
		char three[3] = { '%', digits[in.data[i] >> 4], digits[in.data[i] & 15] };
		append(uri, three, sizeof(three));
	}
}

static void
check_statement(const struct query *q, enum query_kind kind)
{
	struct query_binding binding = { 0 };
	vouch_err err = { 0 };

	if (query_sql(q, kind) == NULL)
		return;
	FUZZ_CHECK(query_parameters(q, kind) > 0 && query_parameters(q, kind) <= QUERY_PARAMETERS_MAX);
	FUZZ_CHECK(query_bind_trial(&binding, q, kind, &err) == VOUCH_OK);
	for (size_t i = 0; i < query_parameters(q, kind); i++) {
		const struct query_value *v = &binding.values[i];
		FUZZ_CHECK(v->type == query_parameter_type(q, kind, i) && v->type != QUERY_NULL);
		FUZZ_CHECK(v->type == QUERY_INTEGER || v->octets.data[v->octets.len] == 0);
	}
	query_binding_clear(&binding);
}

static void
read_text(enum query_dialect dialect, struct input in)
{
	vouch_buf uri = { 0 };
	vouch_err err = { 0 };
	struct query *q = NULL;
	static const uint8_t serial[] = ":serial_hex";

	append(&uri, "db", 2);
	encode(&uri, "?query=", in);
	encode(&uri, "&changes=", in);
	append(&uri, "", 1);
	int code = query_open(&q, dialect, (const char *)uri.data, &err);
	FUZZ_CHECK((code == VOUCH_OK) == (q != NULL));
	FUZZ_CHECK(code == VOUCH_OK || (err.code == code && err.offset <= in.size));
	/* One text never is both: either of them asks for what the other must not. */
	FUZZ_CHECK(code != VOUCH_OK);
	uri.len = 0;
	append(&uri, "db", 2);
	encode(&uri, "?query=", in);
	encode(&uri, "", (struct input){ serial, sizeof(serial) - 1 });
	append(&uri, "", 1);
	code = query_open(&q, dialect, (const char *)uri.data, &err);
	FUZZ_CHECK((code == VOUCH_OK) == (q != NULL));
	for (int kind = 0; q != NULL && kind < QUERY_KINDS; kind++)
		check_statement(q, (enum query_kind)kind);
	query_close(q);
	vouch_buf_free(&uri);
}

static const char *const lookup_names[] = { "status", "revoked_at", "reason", "invalidity_date_ms",
	"this_update", "next_update", "expires_at_ms", "certificate_sha256" };
#define NAMES (sizeof(lookup_names) / sizeof(lookup_names[0]))

static void
check_status(const vouch_status *s)
{
	FUZZ_CHECK(s->cert_status == VOUCH_GOOD || s->cert_status == VOUCH_REVOKED ||
	    s->cert_status == VOUCH_UNKNOWN);
	FUZZ_CHECK((s->cert_status == VOUCH_REVOKED) == (s->revocation_time != VOUCH_TIME_ABSENT));
	FUZZ_CHECK(s->cert_status == VOUCH_REVOKED || s->revocation_reason == VOUCH_REASON_ABSENT);
	FUZZ_CHECK(
	    s->revocation_reason == VOUCH_REASON_ABSENT || vouch_reason_name(s->revocation_reason) != NULL);
	const vouch_time times[] = { s->revocation_time, s->invalidity_date, s->this_update, s->next_update,
		s->not_after };
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++)
		FUZZ_CHECK(
		    times[i] == VOUCH_TIME_ABSENT || (times[i] >= 0 && times[i] <= INT64_C(253402300799)));
}

static void
read_rows(struct input in)
{
	struct query_columns columns;
	struct query_answer answer;
	vouch_status status;
	vouch_err err = { 0 };
	int code = VOUCH_OK;

	FUZZ_CHECK(query_columns_read(&columns, QUERY_LOOKUP, lookup_names, NAMES, &err) == VOUCH_OK);
	query_answer_begin(&answer);
	while (code == VOUCH_OK && in.size > 0) {
		struct query_value row[NAMES];
		for (size_t i = 0; i < NAMES; i++)
			row[i] = take_value(&in);
		code = query_answer_row(&answer, &columns, row, &err);
		for (size_t i = 0; i < NAMES; i++)
			free_value(&row[i]);
	}
	FUZZ_CHECK(code == VOUCH_OK || (code == VOUCH_EPARSE && strncmp(err.msg, "query: ", 7) == 0));
	if (code == VOUCH_OK && query_answer_end(&answer, &status) == VOUCH_OK)
		check_status(&status);
}

static void
count(void *arg, vouch_span serial_number)
{
	size_t *told = arg;

	FUZZ_CHECK(serial_number.len <= 257);
	(*told)++;
}

/* The same rows once more tell nothing, or the log has lost its end. */
static void
read_log(const char *serial, struct input in)
{
	const char *names[] = { "position", "version", serial };
	struct query_columns columns;
	struct query *q = NULL;
	struct query_binding binding = { 0 };
	vouch_buf cursor = { 0 };
	vouch_err err = { 0 };
	size_t told[2] = { 0, 0 };

	FUZZ_CHECK(query_open(&q, QUERY_SQLITE, "?query=SELECT :serial_hex&changes=SELECT :position", &err) ==
	    VOUCH_OK);
	FUZZ_CHECK(query_columns_read(&columns, QUERY_CHANGES, names, 3, &err) == VOUCH_OK);
	append(&cursor, "\0\0\0\0\0\0\0\0", 8);
	for (size_t round = 0; round < 2 && cursor.len >= 8; round++) {
		struct input again = in;
		struct query_feed feed;
		int code = query_feed_begin(&feed, &binding, q, &cursor, &err);
		while (code == VOUCH_OK && again.size > 0) {
			struct query_value row[3];
			for (size_t i = 0; i < 3; i++)
				row[i] = take_value(&again);
			code = query_feed_row(&feed, &columns, row, &err);
			for (size_t i = 0; i < 3; i++)
				free_value(&row[i]);
		}
		if (code == VOUCH_OK)
			code = query_feed_end(&feed, &cursor, count, &told[round], &err);
		FUZZ_CHECK(code == VOUCH_OK || code == VOUCH_EPARSE);
		query_feed_clear(&feed);
	}
	FUZZ_CHECK(told[1] == 0);
	query_binding_clear(&binding);
	vouch_buf_free(&cursor);
	query_close(q);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = { data, size };
	uint8_t choice = take(&in) % 7;

	if (choice <= QUERY_MYSQL)
		read_text((enum query_dialect)choice, in);
	else if (choice == 3)
		read_rows(in);
	else
		read_log(choice == 4 ? "serial_hex" : choice == 5 ? "serial_decimal" : "serial_bytes", in);
	return 0;
}
