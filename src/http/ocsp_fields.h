/* SPDX-License-Identifier: Apache-2.0 */
/* The header fields of an OCSP answer (RFC 9919 6 and 7.2). */
#ifndef HTTP_OCSP_FIELDS_H
#define HTTP_OCSP_FIELDS_H

#include <vouch.h>

#define HTTP_OCSP_FIELDS_ROOM 512

struct http_ocsp_fields {
	char text[HTTP_OCSP_FIELDS_ROOM];
	size_t len;
	char etag[66];		  /* with its quotes */
	size_t etag_len;	  /* 0: none */
	vouch_time last_modified; /* VOUCH_TIME_ABSENT: none */
};

/*
 * Cacheable answers get validators and a public lifetime; other authoritative ones (with a nonce, of several
 * CertIDs) are fresh for nobody else; errors are not to be stored.
 */
void http_ocsp_fields_make(struct http_ocsp_fields *fields, const vouch_outcome *outcome, vouch_time now);
/* Those of the 304 in its place (RFC 9110 15.4.5). */
void http_ocsp_fields_make_not_modified(struct http_ocsp_fields *fields, const vouch_outcome *outcome,
    vouch_time now);

#endif
