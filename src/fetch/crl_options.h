/* SPDX-License-Identifier: Apache-2.0 */
/* What the URI of a CRL in the web asks for. */
#ifndef FETCH_CRL_OPTIONS_H
#define FETCH_CRL_OPTIONS_H

#include <vouch.h>

struct crl_urls {
	char **items; /* as they are asked for: with user and password, without what is behind '#' */
	size_t count;
};

struct crl_options {
	struct crl_urls urls, deltas;
	bool finds_deltas; /* what freshestCRL names is fetched */
	uint64_t every_ms, timeout_ms, wait_ms, limit;
	char *cafile;	  /* NULL: what the system trusts */
	char *parameters; /* for vouch_crl_source_new() */
};

#define CRL_URLS_MOST 1024 /* partitions of one CA; the largest have some hundred */

/* Errors name the parameter, and no password. */
VOUCH_MUST int crl_options_read(struct crl_options *out, const char *uri, vouch_err *err);
void crl_options_clear(struct crl_options *options);
/* http or https, with a host, and nothing that could end a line of a request. */
VOUCH_MUST int crl_url_check(vouch_span url, vouch_err *err);
/* A copy without user and password: what a list is known by, and shown to people.  NULL: out of memory. */
char *crl_url_name(const char *url);

#endif
