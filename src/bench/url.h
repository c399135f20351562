/* SPDX-License-Identifier: Apache-2.0 */
/* The URL of a responder, taken apart: http alone, as OCSP is served. */
#ifndef BENCH_URL_H
#define BENCH_URL_H

#include <vouch.h>

#define BENCH_AUTHORITY_MAX 300 /* a DNS name of 253 characters, and a port */

struct bench_url {
	char host[BENCH_AUTHORITY_MAX];	   /* for the Host field: as written */
	char address[BENCH_AUTHORITY_MAX]; /* "name:port", with the port that is implied */
	vouch_span path;		   /* begins with '/', or is empty; borrowed from the text */
};

/* VOUCH_EINVAL with what is wrong; user names, queries and fragments have no place in a responder's URL. */
VOUCH_MUST int bench_url_parse(struct bench_url *out, const char *text, vouch_err *err);

#endif
