/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many connections each address has, over all threads: asked when one comes and goes, never per request.
 */
#ifndef HTTP_ADDRESSES_H
#define HTTP_ADDRESSES_H

#include <vouch.h>

struct http_addresses;

/* For at most so many connections at a time. */
VOUCH_MUST int http_addresses_new(struct http_addresses **out, unsigned connections, vouch_err *err);
void http_addresses_free(struct http_addresses *addresses);
/* One more, unless the address has limit of them already. */
bool http_addresses_enter(struct http_addresses *addresses, const uint8_t address[16], unsigned limit);
void http_addresses_leave(struct http_addresses *addresses, const uint8_t address[16]);

#endif
