/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The OCSPRequest in the path of a GET (RFC 6960 A.1): percent-encoded base64, as clients and proxies deliver
 * it.
 */
#ifndef HTTP_GET_PATH_H
#define HTTP_GET_PATH_H

#include <vouch.h>

struct http_get_path {	/* kept for its memory */
	vouch_buf text; /* percent-decoded */
	vouch_buf der;
};

enum http_get_path_result {
	HTTP_GET_PATH_REQUEST = 0, /* der holds it, as far as base64 can tell */
	HTTP_GET_PATH_MALFORMED,   /* meant as OCSP (H-33: it begins with 'M'), but not base64 */
	HTTP_GET_PATH_OTHER,	   /* somebody else's path */
	HTTP_GET_PATH_NO_MEMORY
};

/* raw: what follows the scope's prefix in the raw path, without query and fragment. */
enum http_get_path_result http_get_path_decode(struct http_get_path *path, vouch_span raw, bool strict);

/* True when what was decoded cannot be a whole request: not base64, or shorter than its DER announces. */
bool http_get_path_is_short(const struct http_get_path *path, enum http_get_path_result result);

/* True when a candidate is exactly one OCSPRequest for an issuer that is served here. */
typedef bool http_get_path_served(void *arg, vouch_span der);
/*
 * a proxy merged "//" to "/".  When the text is too short for the length that its DER announces, tries
 * every way to double as many slashes as are missing, and takes the only one that is served.  False leaves
 * der of no meaning.  Bounded: 512 characters, 8 slashes, 70 candidates.
 */
bool http_get_path_repair(struct http_get_path *path, http_get_path_served *served, void *arg);
void http_get_path_free(struct http_get_path *path);

#endif
