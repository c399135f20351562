/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of one turn of the loop that are looked up together. */
#include "http/ocsp_batch.h"

int
http_ocsp_batch_init(struct http_ocsp_batch *batch)
{
	for (unsigned i = 0; i <= HTTP_OCSP_BATCH; i++)
		if (vouch_search_new(&batch->items[i].search, NULL) != VOUCH_OK)
			return VOUCH_ENOMEM;
	return VOUCH_OK;
}

void
http_ocsp_batch_clear(struct http_ocsp_batch *batch)
{
	for (unsigned i = 0; i <= HTTP_OCSP_BATCH; i++) {
		vouch_search_free(batch->items[i].search);
		http_get_path_free(&batch->items[i].path);
	}
}

struct http_ocsp_item *
http_ocsp_batch_next(struct http_ocsp_batch *batch)
{
	return &batch->items[batch->answering ? HTTP_OCSP_BATCH : batch->count];
}
