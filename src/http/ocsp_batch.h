/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of one turn of the loop that are looked up together: while the memory of one stored answer is on its
 * way, the next request is read.
 *
 *	http_ocsp_handle ─ read, begun ─→ items ─ full, or the loop is going to wait ─→ answered, in order
 */
#ifndef HTTP_OCSP_BATCH_H
#define HTTP_OCSP_BATCH_H

#include "http/ocsp_request.h"

#define HTTP_OCSP_BATCH 8 /* more would push each other out of the core's nearest memory */

struct http_ocsp_item {
	struct http_exchange *exchange;
	struct http_ocsp_asked asked;
	struct http_get_path path;
	vouch_search *search;
};

struct http_ocsp_batch {
	/* One more, for what connections go on with while the others are being answered. */
	struct http_ocsp_item items[HTTP_OCSP_BATCH + 1];
	unsigned count;
	bool answering;
};

VOUCH_MUST int http_ocsp_batch_init(struct http_ocsp_batch *batch);
void http_ocsp_batch_clear(struct http_ocsp_batch *batch);
/* Where the next request goes. */
struct http_ocsp_item *http_ocsp_batch_next(struct http_ocsp_batch *batch);

#endif
