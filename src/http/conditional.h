/* SPDX-License-Identifier: Apache-2.0 */
/* Conditional requests (RFC 9110 13): is what the client has still what we have? */
#ifndef HTTP_CONDITIONAL_H
#define HTTP_CONDITIONAL_H

#include "http/exchange.h"

/* True when the list names the tag (both with their quotes), by weak comparison, or is "*". */
bool http_etag_is_listed(vouch_span list, vouch_span etag);
/*
 * True for GET and HEAD when 304 is the answer: If-None-Match decides alone where it is present (13.2.2),
 * else If-Modified-Since. etag may be empty: none.
 */
bool http_is_not_modified(const struct http_exchange *exchange, vouch_span etag, vouch_time last_modified,
    vouch_time now);

#endif
