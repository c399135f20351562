/* SPDX-License-Identifier: Apache-2.0 */
/* A POST of an OCSP request with libcurl (RFC 6960 A.1), for the examples. */
#ifndef EXAMPLE_FETCH_H
#define EXAMPLE_FETCH_H

#include <stdio.h>
#include <strings.h>

#include <curl/curl.h>
#include <vouch.h>

enum { FETCH_LIMIT = 1 << 17, FETCH_SECONDS = 10 };

/* libcurl hands in what has come; taking less than all of it ends the transfer. */
static inline size_t
fetch_take(char *data, size_t size, size_t count, void *into)
{
	vouch_buf *body = into;
	size_t len = size * count;

	if (body->len + len > FETCH_LIMIT || vouch_buf_append(body, data, len) != 0)
		return 0;
	return len;
}

static inline int
fetch_check(CURL *curl, CURLcode done, const char *url, vouch_err *err)
{
	long status = 0;
	char *type = NULL;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
	if (done != CURLE_OK)
		snprintf(err->msg, sizeof(err->msg), "%.200s: %s", url, curl_easy_strerror(done));
	else if (status != 200)
		snprintf(err->msg, sizeof(err->msg), "%.200s: HTTP status %ld", url, status);
	else if (type == NULL || strcasecmp(type, "application/ocsp-response") != 0)
		snprintf(err->msg, sizeof(err->msg), "%.200s: not an OCSP response, but %s", url,
		    type != NULL ? type : "of no type");
	else
		return VOUCH_OK;
	return err->code = VOUCH_EUNAVAILABLE;
}

/*
 * Sends the request, appends the response.  Plain HTTP is right: the response is signed.  Redirects are not
 * followed, and no other protocol is spoken, wherever the URL comes from.
 */
static inline int
fetch(const char *url, vouch_span request, vouch_buf *response, vouch_err *err)
{
	CURL *curl = curl_easy_init();
	struct curl_slist *fields = curl_slist_append(NULL, "Content-Type: application/ocsp-request");
	int code = err->code = VOUCH_ENOMEM;

	if (curl != NULL && fields != NULL) {
		curl_easy_setopt(curl, CURLOPT_URL, url);
		curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
		curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)FETCH_SECONDS);
		curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.data);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request.len);
		curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, fetch_take);
		curl_easy_setopt(curl, CURLOPT_WRITEDATA, response);
		code = fetch_check(curl, curl_easy_perform(curl), url, err);
	}
	curl_slist_free_all(fields);
	curl_easy_cleanup(curl);
	return code;
}

#endif
