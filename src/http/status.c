/* SPDX-License-Identifier: Apache-2.0 */
/* The status codes that we send. */
#include "http/status.h"

#include <stdio.h>

#include "base/span.h"

struct status {
	unsigned code;
	const char *reason;
	vouch_span line;
};

#define ROW(code, reason) \
	{ \
		code, reason, \
		{ \
			(const uint8_t *)"HTTP/1.1 " #code " " reason "\r\n", \
			    sizeof("HTTP/1.1 " #code " " reason "\r\n") - 1 \
		} \
	}
static const struct status statuses[HTTP_STATUSES - 1] = {
	ROW(200, "OK"),
	ROW(204, "No Content"),
	ROW(304, "Not Modified"),
	ROW(400, "Bad Request"),
	ROW(401, "Unauthorized"),
	ROW(403, "Forbidden"),
	ROW(404, "Not Found"),
	ROW(405, "Method Not Allowed"),
	ROW(408, "Request Timeout"),
	ROW(411, "Length Required"),
	ROW(413, "Content Too Large"),
	ROW(414, "URI Too Long"),
	ROW(415, "Unsupported Media Type"),
	ROW(417, "Expectation Failed"),
	ROW(431, "Request Header Fields Too Large"),
	ROW(500, "Internal Server Error"),
	ROW(501, "Not Implemented"),
	ROW(503, "Service Unavailable"),
	ROW(505, "HTTP Version Not Supported"),
};

static const struct status *
find(unsigned code)
{
	for (size_t i = 0; i < HTTP_STATUSES - 1; i++)
		if (statuses[i].code == code)
			return &statuses[i];
	return NULL;
}

vouch_span
http_status_line(unsigned status, char room[HTTP_STATUS_ROOM])
{
	const struct status *s = find(status);

	if (s != NULL)
		return s->line;
	snprintf(room, HTTP_STATUS_ROOM, "HTTP/1.1 %u \r\n", status); /* RFC 9112 4: the blank stays */
	return span_string(room);
}

const char *
http_status_reason(unsigned status)
{
	const struct status *s = find(status);

	return s != NULL ? s->reason : "";
}

size_t
http_status_row(unsigned status)
{
	const struct status *s = find(status);

	return s == NULL ? HTTP_STATUSES - 1 : (size_t)(s - statuses);
}

const unsigned *
http_statuses(void)
{
	static const unsigned codes[HTTP_STATUSES] = { 200, 204, 304, 400, 401, 403, 404, 405, 408, 411, 413,
		414, 415, 417, 431, 500, 501, 503, 505, 0 };

	return codes;
}
