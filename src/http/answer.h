/* SPDX-License-Identifier: Apache-2.0 */
/* An answer as octets: status line, Date, framing, the handler's fields, body. */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include "base/date.h"
#include "http/exchange.h"

struct http_date { /* the Date field, made once per second */
	vouch_time second;
	char line[sizeof("Date: \r\n") + DATE_HTTP_LENGTH];
};

/* Brings the date up to now. */
void http_date_update(struct http_date *date, vouch_time now);

struct http_framing {
	bool head; /* the request was HEAD: no body */
	bool keep_alive;
	unsigned minor; /* of the request */
};

/* Appends; VOUCH_ENOMEM leaves out as it was. */
VOUCH_MUST int http_answer_write(vouch_buf *out, const struct http_answer *answer,
    const struct http_date *date, const struct http_framing *framing);

#define HTTP_TEXT_ROOM 64

/*
 * A short text/plain answer that is not to be stored: errors, health.  A NULL text is the status's own name,
 * for which the caller has the room.
 */
void http_answer_text(struct http_answer *answer, char room[HTTP_TEXT_ROOM], unsigned status,
    const char *text);
/* RFC 9110 9.3.7, 15.5.6: the answer to OPTIONS, and to what nobody behind us handles. */
void http_answer_method(struct http_answer *answer, enum http_method method);

#endif
