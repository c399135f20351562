/* SPDX-License-Identifier: Apache-2.0 */
/* What an OCSP outcome is in HTTP. */
#include "http/ocsp_answer.h"

#include "base/span.h"
#include "http/conditional.h"

void
http_ocsp_answer_make(struct http_answer *answer, struct http_ocsp_fields *fields,
    const struct http_exchange *exchange, vouch_span body, const vouch_outcome *outcome, vouch_time now)
{
	*answer = (struct http_answer){ .status = 200, .body = body }; /* D-14 */
	http_ocsp_fields_make(fields, outcome, now);
	if (fields->last_modified != VOUCH_TIME_ABSENT &&
	    http_is_not_modified(exchange, span_of(fields->etag, fields->etag_len), fields->last_modified,
		now)) {
		answer->status = 304;
		http_ocsp_fields_make_not_modified(fields, outcome, now);
	}
	/* H-10: no answer was made for a HEAD with a nonce, so nobody knows how long it would be. */
	answer->no_length = exchange->method == HTTP_METHOD_HEAD && body.len == 0;
	answer->fields = span_of(fields->text, fields->len);
}
