/* SPDX-License-Identifier: Apache-2.0 */
/* The header fields of an OCSP answer: copied and patched, never printed, since every answer has them. */
#include "http/ocsp_fields.h"

#include <assert.h>

#include "base/date.h"
#include "base/span.h"

static inline void
put(struct http_ocsp_fields *f, vouch_span s)
{
	assert(s.len <= sizeof(f->text) - f->len);
	memcpy(f->text + f->len, s.data, s.len);
	f->len += s.len;
}

static void
put_number(struct http_ocsp_fields *f, int64_t number)
{
	char digits[20];
	size_t at = sizeof(digits);

	for (uint64_t n = (uint64_t)number; at == sizeof(digits) || n > 0; n /= 10)
		digits[--at] = (char)('0' + n % 10);
	put(f, span_of(digits + at, sizeof(digits) - at));
}

static void
put_date(struct http_ocsp_fields *f, vouch_span name, vouch_time time)
{
	put(f, name);
	assert(sizeof(f->text) - f->len > DATE_HTTP_LENGTH);
	date_format_http(time, f->text + f->len);
	f->len += DATE_HTTP_LENGTH;
	put(f, SPAN_LITERAL("\r\n"));
}

static inline char
hex_digit_of(unsigned nibble)
{
	/* Arithmetic, which compilers do for many digits at once; a table they read digit by digit. */
	return (char)(nibble + '0' + (nibble > 9 ? 'a' - '0' - 10 : 0));
}

/* L-09: strong, the quoted hexadecimal SHA-256 of the OCSPResponse. */
static void
make_etag(struct http_ocsp_fields *f, const vouch_outcome *o)
{
	char *digits = f->etag + 1;

	f->etag_len = o->has_sha256 ? sizeof(f->etag) : 0;
	if (!o->has_sha256)
		return;
	f->etag[0] = f->etag[sizeof(f->etag) - 1] = '"';
	for (size_t i = 0; i < sizeof(o->sha256); i++) {
		digits[2 * i] = hex_digit_of(o->sha256[i] >> 4);
		digits[2 * i + 1] = hex_digit_of(o->sha256[i] & 15u);
	}
}

static void
put_cacheable(struct http_ocsp_fields *f, const vouch_outcome *o, vouch_time now)
{
	/* L-12: counted from now; an answer that is served is fresh for one second at least. */
	int64_t age = o->cache_until > now ? o->cache_until - now : 1;

	put(f, SPAN_LITERAL("Cache-Control: public, max-age="));
	put_number(f, age);
	put(f, SPAN_LITERAL(", no-transform, must-revalidate\r\n"));
	if (o->next_update != VOUCH_TIME_ABSENT)
		put_date(f, SPAN_LITERAL("Expires: "), o->next_update);
	make_etag(f, o);
	if (f->etag_len > 0) {
		put(f, SPAN_LITERAL("ETag: "));
		put(f, span_of(f->etag, f->etag_len));
		put(f, SPAN_LITERAL("\r\n"));
	}
}

static bool
is_cacheable(const vouch_outcome *o)
{
	return o->response_status == VOUCH_SUCCESSFUL && o->cacheable;
}

static void
begin(struct http_ocsp_fields *f)
{
	f->len = f->etag_len = 0;
	f->last_modified = VOUCH_TIME_ABSENT;
}

void
http_ocsp_fields_make(struct http_ocsp_fields *fields, const vouch_outcome *outcome, vouch_time now)
{
	begin(fields);
	put(fields, SPAN_LITERAL("Content-Type: application/ocsp-response\r\n"));
	if (outcome->response_status != VOUCH_SUCCESSFUL) { /* L-14 */
		put(fields, SPAN_LITERAL("Cache-Control: no-store\r\n"));
		return;
	}
	if (!is_cacheable(outcome)) { /* L-15 */
		put(fields, SPAN_LITERAL("Cache-Control: max-age=0, no-transform, must-revalidate\r\n"));
		return;
	}
	put_cacheable(fields, outcome, now);
	if (outcome->produced_at == VOUCH_TIME_ABSENT)
		return;
	/* D-04: producedAt, never later than Date (RFC 9110 8.8.2.1) */
	fields->last_modified = outcome->produced_at < now ? outcome->produced_at : now;
	put_date(fields, SPAN_LITERAL("Last-Modified: "), fields->last_modified);
}

void
http_ocsp_fields_make_not_modified(struct http_ocsp_fields *fields, const vouch_outcome *outcome,
    vouch_time now)
{
	begin(fields);
	put_cacheable(fields, outcome, now);
}
