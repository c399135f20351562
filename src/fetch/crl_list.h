/* SPDX-License-Identifier: Apache-2.0 */
/* One CRL in the web: its transfers, one after the other, and what came of them.  One thread's. */
#ifndef FETCH_CRL_LIST_H
#define FETCH_CRL_LIST_H

#include <curl/curl.h>

#include "fetch/crl_options.h"

struct fetch_list {
	char *url, *name;
	bool is_delta;
	bool is_named; /* a delta CRL that is in the URI, or that a list in use names; others rest */

	/* Of the transfer that is under way */
	CURL *curl; /* NULL: there is none */
	struct curl_slist *fields;
	vouch_crl_load *load;
	vouch_source *crls;
	uint64_t octets, limit;
	char detail[CURL_ERROR_SIZE];

	/* Of the list in use: what its server called it, to ask whether there is another */
	vouch_buf etag, last_modified;
	vouch_time next_update; /* or VOUCH_TIME_ABSENT */
	vouch_buf freshest;	/* the URL of its delta CRL; empty: none */
	bool is_loaded;

	/* Of the last attempt */
	vouch_err err; /* VOUCH_OK: the list in use is the newest there is */
	vouch_time checked;
	unsigned attempts, failures; /* failures: in a row */
	int64_t max_age;
	uint64_t retry_after;

	uint64_t due_ms; /* of the monotonic clock */
};

VOUCH_MUST int fetch_list_new(struct fetch_list **out, const char *url, bool is_delta, vouch_err *err);
/* No transfer is under way. */
void fetch_list_free(struct fetch_list *list);
/* Begins a transfer, which a multi handle is to carry out; octets are handed to `crls` as they come. */
VOUCH_MUST int fetch_list_begin(struct fetch_list *list, const struct fetch_options *options,
    vouch_source *crls, vouch_time now, vouch_err *err);
/*
 * The transfer has ended, like that, and is out of its multi handle: the list is verified and used, or confirmed, or
 * what there was stays and err says why.  True: there is another list now.
 */
bool fetch_list_end(struct fetch_list *list, CURLcode result, vouch_time now);
/* The transfer is given up: nothing of it counts. */
void fetch_list_abandon(struct fetch_list *list);

#endif
