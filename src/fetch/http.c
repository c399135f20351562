/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP from the client's side, by libcurl. */
#include "fetch/http.h"

#include <stdio.h>
#include <curl/curl.h>

#include "base/buf.h"
#include "base/err.h"

#define CODE_TOO_LARGE 100 /* CURLE_TOO_LARGE of libcurl 8.6 and later */
#define REDIRECTS_MAX 3L   /* http to https, and to a name with www; more is a loop */

struct receiver {
	vouch_buf *body;
	size_t limit;
	int failure; /* VOUCH_ELIMIT, VOUCH_ENOMEM */
};

static size_t
receive(char *data, size_t size, size_t count, void *arg)
{
	struct receiver *r = arg;
	size_t len = size * count;

	if (len > r->limit - r->body->len)
		r->failure = VOUCH_ELIMIT;
	else if (vouch_buf_append(r->body, data, len) != VOUCH_OK)
		r->failure = VOUCH_ENOMEM;
	return r->failure == VOUCH_OK ? len : 0;
}

static void
set_up(CURL *curl, const struct fetch_request *request, struct receiver *receiver)
{
	curl_easy_setopt(curl, CURLOPT_URL, request->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)request->timeout_ms);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, receiver);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "vouch/" VOUCH_VERSION);
}

/* The header fields of a POST, to be freed after it; NULL: out of memory. */
static struct curl_slist *
set_up_post(CURL *curl, const struct fetch_request *request)
{
	char content_type[96];

	snprintf(content_type, sizeof(content_type), "Content-Type: %s", request->content_type);
	struct curl_slist *fields = curl_slist_append(NULL, content_type);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, fields);
	/* Without data libcurl would read standard input. */
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS,
	    request->body.len == 0 ? "" : (const char *)request->body.data);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)request->body.len);
	/* A redirected POST stays one: the question is in its body. */
	curl_easy_setopt(curl, CURLOPT_POSTREDIR, (long)CURL_REDIR_POST_ALL);
	return fields;
}

static void
read_head(CURL *curl, struct fetch_answer *out)
{
	char *content_type = NULL;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &out->status);
	curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &content_type);
	snprintf(out->content_type, sizeof(out->content_type), "%s",
	    content_type == NULL ? "" : content_type);
	/* It is shown to people. */
	for (char *c = out->content_type; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

/* What the other side did not do: send all of an answer, in time, from where it was asked or sent us to. */
static const char *
broken_rule(CURLcode code, long status)
{
	if (code == CURLE_OPERATION_TIMEDOUT)
		return "timeout";
	return code == CURLE_TOO_MANY_REDIRECTS || (status >= 300 && status < 400) ? "redirect" :
										     "connection";
}

/* A line of the head that is longer than libcurl takes is out of memory to older ones. */
static bool
head_is_too_large(CURL *curl, CURLcode code)
{
	curl_off_t first_octet = 0;

	curl_easy_getinfo(curl, CURLINFO_STARTTRANSFER_TIME_T, &first_octet);
	return (int)code == CODE_TOO_LARGE || (code == CURLE_OUT_OF_MEMORY && first_octet > 0);
}

static int
refuse_size(const struct fetch_request *request, bool is_body, vouch_err *err)
{
	if (is_body)
		err_set(err, VOUCH_ELIMIT, "%s: the answer is larger than %zu octets", request->url,
		    request->limit);
	else
		err_set(err, VOUCH_ELIMIT, "%s: the head of the answer is too large", request->url);
	return err_rule(err, "size");
}

static int
perform(CURL *curl, struct fetch_answer *out, const struct fetch_request *request, vouch_err *err)
{
	char detail[CURL_ERROR_SIZE] = "";
	struct receiver receiver = { &out->body, request->limit, VOUCH_OK };
	struct curl_slist *fields = NULL;

	set_up(curl, request, &receiver);
	if (request->content_type != NULL && (fields = set_up_post(curl, request)) == NULL)
		return err_nomem(err);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail);
	CURLcode code = curl_easy_perform(curl);
	read_head(curl, out);
	curl_slist_free_all(fields);
	if (code == CURLE_OK)
		return VOUCH_OK;
	if (receiver.failure == VOUCH_ELIMIT || head_is_too_large(curl, code))
		return refuse_size(request, receiver.failure == VOUCH_ELIMIT, err);
	if (receiver.failure == VOUCH_ENOMEM || code == CURLE_OUT_OF_MEMORY)
		return err_nomem(err);
	err_set(err, VOUCH_EUNAVAILABLE, "%s: %s", request->url,
	    detail[0] != '\0' ? detail : curl_easy_strerror(code));
	return err_rule(err, broken_rule(code, out->status));
}

int
fetch_http(struct fetch_answer *out, const struct fetch_request *request, vouch_err *err)
{
	struct fetch_answer answer = { 0 };
	CURL *curl = curl_easy_init();

	if (curl == NULL)
		return err_nomem(err);
	int code = perform(curl, &answer, request, err);
	curl_easy_cleanup(curl);
	if (code == VOUCH_OK)
		*out = answer;
	else
		fetch_answer_clear(&answer);
	return code;
}
