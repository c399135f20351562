/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of one certificate, and what they say of it. */
#include "modules/query/column.h"
#include "modules/query/moment.h"
#include "modules/query/report.h"

#include <string.h>

/* What a row says, before the parts are held against each other. */
struct row {
	vouch_status status;
	bool is_held;
};

/* The words that a status may be, in any case; anything else is an error, and never good. */
static const struct {
	const char *word;
	enum vouch_cert_status cert_status;
	bool is_held;
} words[] = {
	{ "good", VOUCH_GOOD, false },
	{ "valid", VOUCH_GOOD, false },
	{ "active", VOUCH_GOOD, false },
	{ "issued", VOUCH_GOOD, false },
	{ "v", VOUCH_GOOD, false },
	{ "revoked", VOUCH_REVOKED, false },
	{ "r", VOUCH_REVOKED, false },
	{ "hold", VOUCH_REVOKED, true },
	{ "unknown", VOUCH_UNKNOWN, false },
};

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

static bool
is_word(vouch_span text, const char *word)
{
	size_t i = 0;

	while (i < text.len && word[i] != '\0' && lower(text.data[i]) == (uint8_t)word[i])
		i++;
	return i == text.len && word[i] == '\0';
}

static int
refuse(const struct query_value *value, enum query_column column, const char *expected, vouch_err *err)
{
	char shown[QUERY_SHOWN];

	if (value->type == QUERY_NULL)
		return query_fail(err, VOUCH_EPARSE, 0, "query: column \"%s\" is NULL, not %s",
		    query_column_name(column), expected);
	if (value->type == QUERY_INTEGER)
		return query_fail(err, VOUCH_EPARSE, 0, "query: column \"%s\" is %lld, not %s",
		    query_column_name(column), (long long)value->integer, expected);
	return query_fail(err, VOUCH_EPARSE, 0, "query: column \"%s\" is \"%s\", not %s",
	    query_column_name(column), query_show(value->octets, shown), expected);
}

static bool
is_text(const struct query_value *value)
{
	return value->type == QUERY_TEXT || value->type == QUERY_OCTETS;
}

static int
read_status(struct row *row, const struct query_value *value, vouch_err *err)
{
	vouch_span text = query_trim(value->octets);

	for (size_t i = 0; is_text(value) && i < sizeof(words) / sizeof(words[0]); i++) {
		if (!is_word(text, words[i].word))
			continue;
		row->status.cert_status = (uint8_t)words[i].cert_status;
		row->is_held = words[i].is_held;
		return VOUCH_OK;
	}
	return refuse(value, QUERY_STATUS, "one of good, valid, active, issued, V, revoked, R, hold, unknown",
	    err);
}

/* "keyCompromise" is "KEY_COMPROMISE" as well. */
static bool
is_reason(vouch_span text, const char *name)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '_' || text.data[i] == '-' || text.data[i] == ' ')
			continue;
		if (name[n] == '\0' || lower(text.data[i]) != lower((uint8_t)name[n]))
			return false;
		n++;
	}
	return name[n] == '\0';
}

/* VOUCH_REASON_ABSENT: there is no such reason. */
static uint8_t
find_reason(const struct query_value *value, vouch_span text)
{
	int64_t number = value->integer;

	if (value->type == QUERY_INTEGER || query_number_read(&number, text))
		return number >= 0 && number < VOUCH_REASON_AA_COMPROMISE &&
			vouch_reason_name((uint8_t)(number + 1)) != NULL ?
		    (uint8_t)(number + 1) :
		    VOUCH_REASON_ABSENT;
	for (uint8_t reason = VOUCH_REASON_UNSPECIFIED; reason <= VOUCH_REASON_AA_COMPROMISE; reason++)
		if (vouch_reason_name(reason) != NULL && is_reason(text, vouch_reason_name(reason)))
			return reason;
	return VOUCH_REASON_ABSENT;
}

static int
read_reason(struct row *row, const struct query_value *value, vouch_err *err)
{
	vouch_span text = query_trim(value->octets);

	if (value->type == QUERY_NULL || (is_text(value) && text.len == 0))
		return VOUCH_OK;
	uint8_t reason = find_reason(value, text);
	if (reason == VOUCH_REASON_ABSENT || reason == VOUCH_REASON_REMOVE_FROM_CRL)
		return refuse(value, QUERY_REASON, "a CRLReason of a revocation (RFC 5280 5.3.1)", err);
	row->status.revocation_reason = reason;
	return VOUCH_OK;
}

static int
hex_digit(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

static int
read_sha256(struct row *row, const struct query_value *value, vouch_err *err)
{
	static const char expected[] = "a SHA-256 of 32 octets, or of 64 hexadecimal digits";
	uint8_t *out = row->status.certificate_sha256;
	vouch_span octets = value->octets;
	size_t len = sizeof(row->status.certificate_sha256);

	if (value->type == QUERY_NULL)
		return VOUCH_OK;
	if (!is_text(value) || (octets.len != len && octets.len != 2 * len))
		return refuse(value, QUERY_CERTIFICATE_SHA256, expected, err);
	row->status.has_certificate_sha256 = 1;
	if (octets.len == len) {
		memcpy(out, octets.data, len);
		return VOUCH_OK;
	}
	for (size_t i = 0; i < len; i++) {
		int high = hex_digit(octets.data[2 * i]), low = hex_digit(octets.data[2 * i + 1]);
		if (high < 0 || low < 0)
			return refuse(value, QUERY_CERTIFICATE_SHA256, expected, err);
		out[i] = (uint8_t)(high << 4 | low);
	}
	return VOUCH_OK;
}

/* How each column is read: by a function, or as a moment into a member. */
static const struct reader {
	int (*read)(struct row *row, const struct query_value *value, vouch_err *err);
	size_t moment;	    /* of vouch_status */
	bool of_revocation; /* not looked at unless the status is revoked: many tables keep a 0 or -1 there */
} readers[] = {
	[QUERY_STATUS] = { read_status, 0, false },
	[QUERY_REVOKED_AT] = { NULL, offsetof(vouch_status, revocation_time), true },
	[QUERY_REASON] = { read_reason, 0, true },
	[QUERY_INVALIDITY_DATE] = { NULL, offsetof(vouch_status, invalidity_date), true },
	[QUERY_THIS_UPDATE] = { NULL, offsetof(vouch_status, this_update), false },
	[QUERY_NEXT_UPDATE] = { NULL, offsetof(vouch_status, next_update), false },
	[QUERY_EXPIRES_AT] = { NULL, offsetof(vouch_status, not_after), false },
	[QUERY_CERTIFICATE_SHA256] = { read_sha256, 0, false },
};

static int
read_moment(struct row *row, uint8_t meaning, const struct query_value *value, vouch_err *err)
{
	enum query_column column = meaning & ~QUERY_MILLISECONDS;
	bool milliseconds = (meaning & QUERY_MILLISECONDS) != 0;
	vouch_time *out = (vouch_time *)(void *)((char *)&row->status + readers[column].moment);

	if (query_moment_read(out, value, milliseconds))
		return VOUCH_OK;
	return refuse(value, column,
	    milliseconds ? "milliseconds since 1970" :
			   "seconds since 1970 up to year 9999, or a date and time",
	    err);
}

static int
read_value(struct row *row, uint8_t meaning, const struct query_value *value, vouch_err *err)
{
	const struct reader *reader = &readers[meaning & ~QUERY_MILLISECONDS];

	if (reader->of_revocation && row->status.cert_status != VOUCH_REVOKED)
		return VOUCH_OK;
	return reader->read != NULL ? reader->read(row, value, err) : read_moment(row, meaning, value, err);
}

static int
read_columns(struct row *row, const struct query_columns *columns, const struct query_value *values,
    vouch_err *err)
{
	int code = VOUCH_OK;

	/* The status first: it decides what else is looked at. */
	for (size_t i = 0; i < columns->count && code == VOUCH_OK; i++)
		if (columns->meaning[i] == QUERY_STATUS)
			code = read_value(row, columns->meaning[i], &values[i], err);
	for (size_t i = 0; i < columns->count && code == VOUCH_OK; i++)
		if (columns->meaning[i] != QUERY_STATUS)
			code = read_value(row, columns->meaning[i], &values[i], err);
	return code;
}

static int
judge(struct row *row, vouch_err *err)
{
	vouch_status *s = &row->status;

	if (s->cert_status != VOUCH_REVOKED)
		return VOUCH_OK;
	if (s->revocation_time == VOUCH_TIME_ABSENT)
		return query_fail(err, VOUCH_EPARSE, 0,
		    "query: a revocation without its time: column \"revoked_at\" is NULL (RFC 6960 4.2.1)");
	if (!row->is_held)
		return VOUCH_OK;
	if (s->revocation_reason > VOUCH_REASON_UNSPECIFIED &&
	    s->revocation_reason != VOUCH_REASON_CERTIFICATE_HOLD)
		return query_fail(err, VOUCH_EPARSE, 0, "query: the status is hold, and the reason is %s",
		    vouch_reason_name(s->revocation_reason));
	s->revocation_reason = VOUCH_REASON_CERTIFICATE_HOLD;
	return VOUCH_OK;
}

static bool
say_the_same(const vouch_status *a, const vouch_status *b)
{
	return a->cert_status == b->cert_status && a->revocation_reason == b->revocation_reason &&
	    a->revocation_time == b->revocation_time && a->invalidity_date == b->invalidity_date &&
	    a->this_update == b->this_update && a->next_update == b->next_update &&
	    a->not_after == b->not_after && a->has_certificate_sha256 == b->has_certificate_sha256 &&
	    memcmp(a->certificate_sha256, b->certificate_sha256, sizeof(a->certificate_sha256)) == 0;
}

void
query_answer_begin(struct query_answer *answer)
{
	answer->rows = 0;
}

int
query_answer_row(struct query_answer *answer, const struct query_columns *columns,
    const struct query_value *row, vouch_err *err)
{
	struct row read = { .is_held = false };

	vouch_status_init(&read.status);
	int code = read_columns(&read, columns, row, err);
	if (code == VOUCH_OK)
		code = judge(&read, err);
	if (code != VOUCH_OK)
		return code;
	if (answer->rows > 0 && !say_the_same(&answer->status, &read.status))
		return query_fail(err, VOUCH_EPARSE, 0,
		    "query: two rows for one serial number, and they contradict each other: does it name the issuer?");
	answer->status = read.status;
	answer->rows++;
	return VOUCH_OK;
}

int
query_answer_end(const struct query_answer *answer, vouch_status *out)
{
	if (answer->rows == 0)
		return VOUCH_ENOTFOUND;
	*out = answer->status;
	return VOUCH_OK;
}
