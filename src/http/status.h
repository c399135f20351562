/* SPDX-License-Identifier: Apache-2.0 */
/* The status codes that we send. */
#ifndef HTTP_STATUS_H
#define HTTP_STATUS_H

#include "http/server.h"

/* "HTTP/1.1 200 OK\r\n"; 500 for a code that is not in the table. */
vouch_span http_status_line(unsigned status);
/* "OK".  Static. */
const char *http_status_reason(unsigned status);
/* The row of http_counters.requests. */
size_t http_status_row(unsigned status);

#endif
