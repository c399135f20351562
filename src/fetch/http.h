/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP from the client's side. */
#ifndef FETCH_HTTP_H
#define FETCH_HTTP_H

#include <vouch.h>

struct fetch_request {
	const char *url;	  /* http or https */
	const char *content_type; /* NULL: GET */
	vouch_span body;	  /* of a POST */
	size_t limit;		  /* the most octets that an answer may have */
	unsigned timeout_ms;	  /* for all of it */
};

struct fetch_answer {
	long status;
	char content_type[64]; /* cut; empty when there is none */
	vouch_buf body;
};

/*
 * An answer of any status is VOUCH_OK; errors name the URL, and the rule that was broken: connection, timeout,
 * redirect, size.  Proxies and trusted CAs are those of the environment.
 */
VOUCH_MUST int fetch_http(struct fetch_answer *out, const struct fetch_request *request, vouch_err *err);
void fetch_answer_clear(struct fetch_answer *answer);

#endif
