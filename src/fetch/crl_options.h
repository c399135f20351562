/* SPDX-License-Identifier: Apache-2.0 */
/* What the URI of a CRL in the web asks for. */
#ifndef FETCH_CRL_OPTIONS_H
#define FETCH_CRL_OPTIONS_H

#include <vouch.h>

struct fetch_urls {
	char **items; /* as they are asked for: with user and password, without what is behind '#' */
	size_t count;
};

struct fetch_options {
	struct fetch_urls urls, deltas;
	bool finds_deltas; /* what freshestCRL names is fetched */
	uint64_t every_ms, timeout_ms, wait_ms, limit;
	char *cafile;	  /* NULL: what the system trusts */
	char *parameters; /* for vouch_crl_source_new() */
};

#define FETCH_URLS_MOST 1024 /* partitions of one CA; the largest have some hundred */

/* Errors name the parameter, and no password. */
VOUCH_MUST int fetch_options_read(struct fetch_options *out, const char *uri, vouch_err *err);
void fetch_options_clear(struct fetch_options *options);
/* http or https, with a host, and nothing that could end a line of a request. */
VOUCH_MUST int fetch_url_check(vouch_span url, vouch_err *err);
/* A copy without user and password: what a list is known by, and shown to people.  NULL: out of memory. */
char *fetch_url_name(const char *url);

#endif
