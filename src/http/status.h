/* SPDX-License-Identifier: Apache-2.0 */
/* The status codes that we send. */
#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H

#include "http/server.h"

#define HTTP_STATUS_ROOM sizeof("HTTP/1.1 999 \r\n")

/*
 * "HTTP/1.1 200 OK\r\n"; without a reason, and in the caller's room, for a code (of 200 to 599) that is not
 * in the table.
 */
vouch_span http_status_line(unsigned status, char room[HTTP_STATUS_ROOM]);
/* "OK"; "" for a code that is not in the table.  Static. */
const char *http_status_reason(unsigned status);
/* The row of http_counters.requests. */
size_t http_status_row(unsigned status);

#endif
