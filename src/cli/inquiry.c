/* SPDX-License-Identifier: Apache-2.0 */
/* One question to one responder. */
#include "cli/inquiry.h"

#include "base/base64.h"
#include "base/span.h"
#include "fetch/http.h"
#include "io/clock.h"
#include "io/random.h"

#define NONCE_OCTETS 32	     /* RFC 9654 2.1: new clients send at least 32 */
#define SKEW_SECONDS 300     /* how far the clocks of both may be apart */
#define ANSWER_MAX (1 << 20) /* the largest real responses (SLH-DSA, with a chain) are about 110 kB */

/* Appends the URL of a GET (RFC 6960 A.1): what base64 has and a path gives meaning to is escaped. */
static int
get_url(vouch_buf *out, const char *url, vouch_span request)
{
	vouch_buf text = { 0 };
	size_t len = strlen(url);
	int code = base64_encode(&text, request);

	if (code == VOUCH_OK)
		code = buf_append_string(out, url);
	if (code == VOUCH_OK && (len == 0 || url[len - 1] != '/'))
		code = buf_append_string(out, "/");
	for (size_t i = 0; code == VOUCH_OK && i < text.len; i++) {
		bool escape = text.data[i] == '+' || text.data[i] == '/' || text.data[i] == '=';
		code = escape ? buf_printf(out, "%%%02X", text.data[i]) :
				vouch_buf_append(out, &text.data[i], 1);
	}
	vouch_buf_free(&text);
	return code == VOUCH_OK ? vouch_buf_append(out, "", 1) : code;
}

static int
submit(const struct inquiry *q, vouch_span request, struct fetch_answer *answer, vouch_err *err)
{
	const char *url = q->targets[0]->url;
	struct fetch_request http = { .url = url,
		.content_type = "application/ocsp-request",
		.body = request,
		.limit = ANSWER_MAX,
		.timeout_ms = q->timeout_ms };
	vouch_buf path = { 0 };

	if (q->get) {
		if (get_url(&path, url, request) != VOUCH_OK) {
			vouch_buf_free(&path);
			return err_nomem(err);
		}
		http.url = (const char *)path.data;
		http.content_type = NULL;
	}
	int code = fetch_http(answer, &http, err);
	vouch_buf_free(&path);
	return code;
}

static bool
is_ocsp_response(const char *content_type)
{
	static const char name[] = "application/ocsp-response";
	const char *end = content_type + sizeof(name) - 1;

	return strncasecmp(content_type, name, sizeof(name) - 1) == 0 &&
	    (*end == '\0' || strchr("; \t", *end) != NULL);
}

/* RFC 6960 A.2: what is no OCSP response by its own word (the page of a portal, say) is not looked into. */
static int
check_head(const char *url, const struct fetch_answer *answer, vouch_err *err)
{
	if (answer->status != 200) {
		err_set(err, VOUCH_EREFUSED, "%s: HTTP status %ld", url, answer->status);
		return err_rule(err, "http_status");
	}
	if (is_ocsp_response(answer->content_type))
		return VOUCH_OK;
	err_set(err, VOUCH_EREFUSED, "%s: the answer is no OCSP response (Content-Type: %s)", url,
	    answer->content_type[0] == '\0' ? "none" : answer->content_type);
	return err_rule(err, "content_type");
}

static int
build(const struct inquiry *q, vouch_request *request, vouch_buf *octets, vouch_err *err)
{
	uint8_t nonce[NONCE_OCTETS];

	for (size_t i = 0; i < q->count; i++)
		if (vouch_request_add(request, q->targets[i]->issuer, span_buf(&q->targets[i]->serial_number),
			q->hash, err) != VOUCH_OK)
			return err->code;
	if (q->nonce &&
	    (io_random(nonce, sizeof(nonce), err) != VOUCH_OK ||
		vouch_request_set_nonce(request, SPAN_ARRAY(nonce), err) != VOUCH_OK))
		return err->code;
	if (vouch_request_set_signer(request, q->signer, err) != VOUCH_OK)
		return err->code;
	return vouch_request_encode(request, octets, err);
}

/* No default: what a new status means is told before it compiles. */
static const char *
meaning_of(enum vouch_response_status status)
{
	switch (status) {
	case VOUCH_SUCCESSFUL:
		break;
	case VOUCH_MALFORMED_REQUEST:
		return "it takes the request for none";
	case VOUCH_INTERNAL_ERROR:
		return "something is wrong on its side";
	case VOUCH_TRY_LATER:
		return "it cannot tell at the moment";
	case VOUCH_SIG_REQUIRED:
		return "it wants signed requests (--signer, --key)";
	case VOUCH_UNAUTHORIZED:
		return "it does not answer for this CA, or not to you";
	}
	return "RFC 6960 knows no such status";
}

static int
verify(const struct inquiry *q, const vouch_request *request, const struct fetch_answer *answer,
    vouch_response **response, vouch_err *err)
{
	const char *url = q->targets[0]->url;
	vouch_verify_options options = { .size = sizeof(options),
		.now = io_wall_seconds(),
		.skew = SKEW_SECONDS,
		.require_nonce = true,
		.trusted_signer = q->trusted_signer,
		.require_next_update = !q->next_update_optional,
		.max_age = q->max_age };

	if (vouch_response_verify(response, span_buf(&answer->body), request, &options, err) != VOUCH_OK)
		return err_prefix(err, "%s", url);
	int status = vouch_response_status(*response);
	if (status == VOUCH_SUCCESSFUL)
		return VOUCH_OK;
	err_set(err, VOUCH_EREFUSED, "%s: the responder says %s: %s", url, vouch_response_status_name(status),
	    meaning_of((enum vouch_response_status)status));
	return err_rule(err, "response_status");
}

int
inquiry_make(const struct inquiry *q, vouch_response **response, vouch_err *err)
{
	vouch_request *request = NULL;
	vouch_response *verified = NULL;
	vouch_buf octets = { 0 };
	struct fetch_answer answer = { 0 };

	int code = vouch_request_new(&request, err);
	if (code == VOUCH_OK)
		code = build(q, request, &octets, err);
	if (code == VOUCH_OK)
		code = submit(q, span_buf(&octets), &answer, err);
	if (code == VOUCH_OK)
		code = check_head(q->targets[0]->url, &answer, err);
	if (code == VOUCH_OK)
		code = verify(q, request, &answer, &verified, err);
	vouch_request_free(request);
	vouch_buf_free(&octets);
	fetch_answer_clear(&answer);
	if (code == VOUCH_OK)
		*response = verified;
	else
		vouch_response_free(verified);
	return code;
}
