/* SPDX-License-Identifier: Apache-2.0 */
/* vouch query: asks responders and believes only what verifies. */
#include "cli/targets.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/number.h"
#include "base/span.h"
#include "cli/answers.h"
#include "fetch/http.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/random.h"

#define NONCE_OCTETS 32 /* RFC 9654 2.1: new clients send at least 32 */
#define SKEW_SECONDS 300
#define ANSWER_MAX (1 << 20) /* the largest real responses (SLH-DSA, with a chain) are about 110 kB */
#define TIMEOUT_SECONDS 10
#define REQUEST_CERTIFICATES 16 /* more than that, responders refuse: asked in turns */

static const struct cli_option options[] = {
	{ "issuer", "FILE", "certificate of the CA; default: the one behind the certificate in its file",
	    false, false },
	{ "url", "URL", "the responder; default: the one that the certificate names", false, false },
	{ "get", NULL, "ask by GET", false, false },
	{ "post", NULL, "ask by POST (the default)", false, false },
	{ "nonce", NULL, "send a nonce, and insist that it comes back", false, false },
	{ "hash", "NAME", "name the certificate by sha1, sha256 (the default), sha384 or sha512", false,
	    false },
	{ "trust", "FILE", "a responder certificate to trust although the CA did not authorise it", false,
	    false },
	{ "timeout", "SECONDS", "how long to wait for an answer; default: 10", false, false },
	{ "serial", "HEX...", "serial numbers in hexadecimal, with or without 0x and colons", true, true },
	{ "json", NULL, "one JSON object per certificate and line", false, false },
	{ 0 },
};

struct query {
	const struct cli_args *args;
	struct cli_targets targets;
	enum vouch_hash hash;
	unsigned timeout_ms;
	vouch_buf trusted;
	int worst; /* enum cli_exit */
};

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
fetch(struct query *q, const char *url, vouch_span request, struct fetch_answer *answer, vouch_err *err)
{
	struct fetch_request http = { .url = url,
		.content_type = "application/ocsp-request",
		.body = request,
		.limit = ANSWER_MAX,
		.timeout_ms = q->timeout_ms };
	vouch_buf path = { 0 };

	if (cli_flag(q->args, "get")) {
		if (get_url(&path, url, request) != VOUCH_OK) {
			vouch_buf_free(&path);
			return err_nomem(err);
		}
		http.url = (const char *)path.data;
		http.content_type = NULL;
	}
	int code = fetch_http(answer, &http, err);
	vouch_buf_free(&path);
	if (code == VOUCH_OK && answer->status != 200)
		code = err_set(err, VOUCH_EUNAVAILABLE, "%s: HTTP status %ld", url, answer->status);
	return code;
}

static int
build_request(const struct query *q, const struct cli_target *targets, size_t count, vouch_request *request,
    vouch_err *err)
{
	uint8_t nonce[NONCE_OCTETS];

	for (size_t i = 0; i < count; i++)
		if (vouch_request_add(request, targets[i].issuer, span_buf(&targets[i].serial_number),
			q->hash, err) != VOUCH_OK)
			return err->code;
	if (!cli_flag(q->args, "nonce"))
		return VOUCH_OK;
	if (io_random(nonce, sizeof(nonce), err) != VOUCH_OK)
		return err->code;
	return vouch_request_set_nonce(request, SPAN_ARRAY(nonce), err);
}

static int
exchange(struct query *q, const char *url, const vouch_request *request, vouch_response **response,
    vouch_err *err)
{
	vouch_buf octets = { 0 };
	struct fetch_answer answer = { 0 };
	vouch_verify_options verify = { .size = sizeof(verify),
		.skew = SKEW_SECONDS,
		.require_nonce = true,
		.trusted_signer = span_buf(&q->trusted) };

	int code = vouch_request_encode(request, &octets, err);
	if (code == VOUCH_OK)
		code = fetch(q, url, span_buf(&octets), &answer, err);
	verify.now = io_wall_seconds();
	if (code == VOUCH_OK &&
	    vouch_response_verify(response, span_buf(&answer.body), request, &verify, err) != VOUCH_OK)
		code = err_prefix(err, "%s", url);
	if (code == VOUCH_OK && vouch_response_status(*response) != VOUCH_SUCCESSFUL)
		code = err_set(err, VOUCH_EREFUSED, "%s: the responder says %s", url,
		    vouch_response_status_name(vouch_response_status(*response)));
	vouch_buf_free(&octets);
	fetch_answer_clear(&answer);
	return code;
}

static void
report(struct query *q, const struct cli_target *targets, size_t count, const vouch_response *response,
    const vouch_err *err)
{
	bool json = cli_flag(q->args, "json");

	for (size_t i = 0; i < count; i++) {
		int code = err->code == VOUCH_OK ? cli_answer_print(&targets[i], response, i, json) :
						   cli_answer_print_error(&targets[i], err, json);
		q->worst = cli_worse(q->worst, code);
	}
}

/* Certificates that name the same responder are asked about in one request. */
static void
ask(struct query *q, const struct cli_target *targets, size_t count)
{
	vouch_err err = { 0 };
	vouch_request *request = NULL;
	vouch_response *response = NULL;
	int code = vouch_request_new(&request, &err);

	if (code == VOUCH_OK)
		code = build_request(q, targets, count, request, &err);
	if (code == VOUCH_OK)
		(void)!exchange(q, targets[0].url, request, &response, &err);
	report(q, targets, count, response, &err);
	vouch_response_free(response);
	vouch_request_free(request);
}

static int
by_url(const void *a, const void *b)
{
	const struct cli_target *x = a, *y = b;
	int order = strcmp(x->url, y->url);

	/* qsort is not stable: what was named first is told first */
	return order != 0 ? order : (x->name > y->name) - (x->name < y->name);
}

static void
ask_all(struct query *q)
{
	struct cli_target *targets = q->targets.items;
	size_t count = q->targets.count, end;

	if (cli_value(q->args, "url") == NULL)
		qsort(targets, count, sizeof(*targets), by_url);
	for (size_t i = 0; i < count; i = end) {
		end = i + 1;
		while (end < count && end - i < REQUEST_CERTIFICATES &&
		    strcmp(targets[end].url, targets[i].url) == 0)
			end++;
		ask(q, &targets[i], end - i);
	}
}

static int
read_hash(struct query *q)
{
	static const struct {
		const char *name;
		enum vouch_hash hash;
	} hashes[] = { { "sha1", VOUCH_SHA1 }, { "sha256", VOUCH_SHA256 }, { "sha384", VOUCH_SHA384 },
		{ "sha512", VOUCH_SHA512 } };
	const char *name = cli_value(q->args, "hash");

	q->hash = VOUCH_SHA256;
	for (size_t i = 0; name != NULL && i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (strcmp(name, hashes[i].name) != 0)
			continue;
		q->hash = hashes[i].hash;
		return CLI_OK;
	}
	return name == NULL ? CLI_OK :
			      cli_usage(q->args, "--hash %s is none of sha1 sha256 sha384 sha512", name);
}

static int
read_timeout(struct query *q)
{
	const char *text = cli_value(q->args, "timeout");
	uint64_t seconds = TIMEOUT_SECONDS;

	if (text != NULL && (!number_parse(span_string(text), 3600, &seconds) || seconds == 0))
		return cli_usage(q->args, "--timeout %s is not a number of seconds from 1 to 3600", text);
	q->timeout_ms = (unsigned)seconds * 1000;
	return CLI_OK;
}

static int
read_trusted(struct query *q)
{
	const char *file = cli_value(q->args, "trust");
	vouch_buf octets = { 0 };
	vouch_err err = { 0 };

	if (file == NULL)
		return CLI_OK;
	int code = io_file_read(&octets, file, 1 << 20, &err);
	vouch_span rest = span_buf(&octets);
	if (code == VOUCH_OK)
		code = vouch_certificate_read(&rest, &q->trusted, &err);
	vouch_buf_free(&octets);
	if (code == VOUCH_ENOTFOUND)
		return cli_failf("query", "%s: no certificate in it", file);
	return code == VOUCH_OK ? CLI_OK : cli_fail("query", &err);
}

static int
read_options(struct query *q)
{
	if (cli_flag(q->args, "get") && cli_flag(q->args, "post"))
		return cli_usage(q->args, "--get and --post exclude each other");
	int code = read_hash(q);
	if (code == CLI_OK)
		code = read_timeout(q);
	return code == CLI_OK ? read_trusted(q) : code;
}

static int
run(const struct cli_args *args)
{
	struct query q = { .args = args };
	int code = read_options(&q);

	if (code == CLI_OK)
		code = cli_targets_read(&q.targets, args);
	if (code == CLI_OK)
		ask_all(&q);
	cli_targets_clear(&q.targets);
	vouch_buf_free(&q.trusted);
	return code == CLI_OK ? q.worst : code;
}

const struct cli_command cli_query = {
	.name = "query",
	.synopsis =
	    "[--issuer ca.pem] [--url URL] [--get|--post] [--nonce] [--hash sha256] [--json] CERT... | --serial HEX...",
	.summary = "ask a responder, and verify its answer in full",
	.description =
	    "Prints one line per certificate. An answer counts only if it is about the certificate that was asked, if its signature holds, if the CA "
	    "authorised the signer, if its times fit and if the nonce that was sent came back (RFC 6960 3.2 and 4.2.2.2).\n\n"
	    "Exit codes, the worst of all certificates: 0 good, 4 unknown, 3 revoked, 1 an error.",
	.example = "vouch query --issuer ca.pem --url http://127.0.0.1:8080/ server.pem\n"
		   "vouch query --nonce --json fullchain.pem",
	.options = options,
	.run = run,
};
