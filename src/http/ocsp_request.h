/* SPDX-License-Identifier: Apache-2.0 */
/* The OCSPRequest in an HTTP request (RFC 6960 A.1): where it is, and what of the request concerns it. */
#ifndef HTTP_OCSP_REQUEST_H
#define HTTP_OCSP_REQUEST_H

#include "http/exchange.h"
#include "http/get_path.h"

#define HTTP_OCSP_REQUEST_LIMIT 16384 /* octets, where nobody sets another */

struct http_ocsp_rules {
	bool strict;	      /* to their strict outcome */
	size_t request_limit; /* octets of an OCSPRequest in a path */
};

struct http_ocsp_asked {
	vouch_call call;    /* now and monotonic_ms are the caller's, the rest is filled in */
	vouch_span request; /* in the exchange, or in the path's memory */
	bool repaired;	    /* its "//" had been merged */
};

/*
 * 0, or the HTTP status that says that it never was OCSP; what was meant as OCSP and cannot be read is an
 * empty request, which the library calls malformed (H-33).
 */
unsigned http_ocsp_request_read(struct http_ocsp_asked *asked, struct http_get_path *path,
    vouch_responder *responder, const struct http_ocsp_rules *rules, const struct http_exchange *exchange);
/* What people are told with that status; NULL: its own name will do. */
const char *http_ocsp_refusal(unsigned status);

#endif
