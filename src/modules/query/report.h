/* SPDX-License-Identifier: Apache-2.0 */
/* Errors of queries. */
#ifndef QUERY_REPORT_H
#define QUERY_REPORT_H

#include <vouch.h>

/* Writes and returns code; offset: into the text of the query. */
int query_fail(vouch_err *err, int code, size_t offset, const char *format, ...) VOUCH_PRINTF(4, 5);
int query_fail_nomem(vouch_err *err);

/* Room for a value that came out of a database, as an error shows it. */
#define QUERY_SHOWN 40

/* The beginning of the octets, what is not printable as dots. */
const char *query_show(vouch_span octets, char out[QUERY_SHOWN]);

#endif
