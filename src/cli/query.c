/* SPDX-License-Identifier: Apache-2.0 */
/* vouch query: asks responders and believes only what verifies. */
#include "cli/targets.h"

#include <stdio.h>
#include <string.h>

#include "base/number.h"
#include "base/span.h"
#include "cli/answers.h"
#include "cli/certificates.h"
#include "cli/inquiry.h"
#include "cli/verdict.h"
#include "conf/value.h"
#include "io/file.h"
#include "io/passphrase.h"

#define TIMEOUT_SECONDS 10
#define CERTIFICATE_FILE_MAX (1 << 20) /* a chain, and what people write around it */

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
	{ "next-update-optional", NULL, "believe an answer without nextUpdate, too", false, false },
	{ "max-age", "DURATION", "how long ago its thisUpdate may be; default: as its nextUpdate says", false,
	    false },
	{ "signer", "FILE", "sign the requests: your certificate, and its chain", false, false },
	{ "key", "KEY", "the key of --signer: a file, or what an OpenSSL store loads", false, false },
	{ "passphrase-file", "FILE", "first line: the passphrase of an encrypted key", false, false },
	{ "timeout", "SECONDS", "how long to wait for an answer; default: 10", false, false },
	{ "serial", "HEX...", "serial numbers in hexadecimal, with or without 0x and colons", true, true },
	{ "json", NULL, "one JSON object per certificate and line", false, false },
	{ 0 },
};

struct query {
	const struct cli_args *args;
	struct cli_targets targets;
	struct inquiry inquiry;
	vouch_buf trusted;
	vouch_signer *signer;
	bool json;
	size_t told; /* of the targets, in their order */
	int worst;   /* enum cli_exit */
};

static void
answer_all(struct query *q, struct cli_target *const targets[], size_t count, const vouch_response *response,
    const vouch_err *err)
{
	for (size_t i = 0; i < count; i++) {
		if (response != NULL)
			cli_answer_set(targets[i], response, i, q->json);
		else
			cli_answer_set_error(targets[i], err, q->json);
	}
}

/* True when asking for each alone may say more: a responder has answered, but not for all of them. */
static bool
ask(struct query *q, struct cli_target *const targets[], size_t count)
{
	vouch_err err = { 0 };
	vouch_response *response = NULL;

	for (size_t i = 0; i < count; i++)
		q->inquiry.targets[i] = targets[i];
	q->inquiry.count = count;
	int code = inquiry_make(&q->inquiry, &response, &err);
	bool again = code != VOUCH_OK && code != VOUCH_EUNAVAILABLE && count > 1;
	if (!again)
		answer_all(q, targets, count, response, &err);
	vouch_response_free(response);
	return again;
}

/* The first that was not asked yet, and those behind it that name the same responder, are asked about in one request. */
static size_t
gather(const struct query *q, size_t first, struct cli_target *out[INQUIRY_TARGETS])
{
	size_t count = 0;

	for (size_t i = first; i < q->targets.count && count < INQUIRY_TARGETS; i++) {
		struct cli_target *t = &q->targets.items[i];
		if (!t->answered && strcmp(t->url, q->targets.items[first].url) == 0)
			out[count++] = t;
	}
	return count;
}

/* In the order in which they were named, each as soon as those before it are told. */
static void
tell(struct query *q)
{
	for (; q->told < q->targets.count && q->targets.items[q->told].answered; q->told++) {
		const struct cli_target *t = &q->targets.items[q->told];
		cli_answer_print(t, q->json);
		q->worst = cli_worse(q->worst, t->verdict);
	}
	fflush(stdout);
}

static void
ask_all(struct query *q)
{
	struct cli_target *together[INQUIRY_TARGETS];

	while (q->told < q->targets.count) {
		size_t count = gather(q, q->told, together);
		/* Many responders answer for one certificate at a time only, or for none if they do not know one of them. */
		if (ask(q, together, count))
			for (size_t i = 0; i < count; i++)
				(void)ask(q, &together[i], 1);
		tell(q);
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

	q->inquiry.hash = VOUCH_SHA256;
	for (size_t i = 0; name != NULL && i < sizeof(hashes) / sizeof(hashes[0]); i++) {
		if (strcmp(name, hashes[i].name) != 0)
			continue;
		q->inquiry.hash = hashes[i].hash;
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
	q->inquiry.timeout_ms = (unsigned)seconds * 1000;
	return CLI_OK;
}

static int
read_max_age(struct query *q)
{
	const char *text = cli_value(q->args, "max-age");
	int64_t milliseconds = 0;
	vouch_err err = { 0 };

	if (text != NULL && conf_value_duration(&milliseconds, text, &err) != VOUCH_OK)
		return cli_usage(q->args, "--max-age: %s", err.msg);
	q->inquiry.max_age = milliseconds / 1000;
	if (text != NULL && q->inquiry.max_age == 0)
		return cli_usage(q->args, "--max-age %s is less than a second", text);
	return CLI_OK;
}

static int
open_signer(struct query *q, const char *file, vouch_err *err)
{
	const char *passphrase_file = cli_value(q->args, "passphrase-file");
	vouch_buf certificates = { 0 }, passphrase = { 0 };
	int code = io_file_read(&certificates, file, CERTIFICATE_FILE_MAX, err);

	if (code == VOUCH_OK && passphrase_file != NULL)
		code = io_passphrase_read(&passphrase, passphrase_file, err);
	if (code == VOUCH_OK) {
		const vouch_signer_options signer = { .size = sizeof(signer),
			.certificate = span_buf(&certificates),
			.key = cli_value(q->args, "key"),
			.passphrase = span_buf(&passphrase) };
		code = vouch_signer_open(&q->signer, &signer, err);
		if (code != VOUCH_OK)
			(void)err_prefix(err, "%s", file);
	}
	vouch_buf_free(&certificates);
	io_passphrase_wipe(&passphrase);
	return code;
}

static int
read_signer(struct query *q)
{
	const char *file = cli_value(q->args, "signer");
	vouch_err err = { 0 };

	if ((file == NULL) != (cli_value(q->args, "key") == NULL))
		return cli_usage(q->args, "--signer and --key go together");
	if (file == NULL && cli_value(q->args, "passphrase-file") != NULL)
		return cli_usage(q->args, "--passphrase-file has no meaning without --key");
	if (file == NULL || open_signer(q, file, &err) == VOUCH_OK)
		return CLI_OK;
	return cli_fail("query", &err);
}

static int
read_options(struct query *q)
{
	if (cli_flag(q->args, "get") && cli_flag(q->args, "post"))
		return cli_usage(q->args, "--get and --post exclude each other");
	q->json = cli_flag(q->args, "json");
	q->inquiry.get = cli_flag(q->args, "get");
	q->inquiry.nonce = cli_flag(q->args, "nonce");
	q->inquiry.next_update_optional = cli_flag(q->args, "next-update-optional");
	int code = read_hash(q);
	if (code == CLI_OK)
		code = read_timeout(q);
	if (code == CLI_OK)
		code = read_max_age(q);
	if (code == CLI_OK)
		code = cli_trusted_read(&q->trusted, q->args);
	if (code == CLI_OK)
		code = read_signer(q);
	q->inquiry.trusted_signer = span_buf(&q->trusted);
	q->inquiry.signer = q->signer;
	return code;
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
	vouch_signer_free(q.signer);
	return code == CLI_OK ? q.worst : code;
}

const struct cli_command cli_query = {
	.name = "query",
	.synopsis =
	    "[--issuer ca.pem] [--url URL] [--get|--post] [--nonce] [--hash sha256] [--signer FILE --key KEY] [--json] CERT... | --serial HEX...",
	.summary = "ask a responder, and verify its answer in full",
	.description =
	    "Prints one line per certificate. An answer counts only if it is about the certificate that was asked, if its signature holds, if the CA "
	    "authorised the signer, if the nonce that was sent came back, and if its times fit, within five minutes (RFC 6960 3.2 and 4.2.2.2). "
	    "Whether the signer's own certificate was revoked is not asked.\n\n"
	    "An answer that does not count is an error, told with the name of the rule that it breaks: connection, timeout, redirect (three are followed), "
	    "http_status, content_type, size (1 MiB), response_status (the responder says why it does not answer), der, response_type, "
	    "critical_extension, certid, duplicate, responder_id, signature_algorithm, signature, signer_issuer, signer_eku, signer_key_usage, "
	    "signer_critical_extension, signer_validity, signer_weak_key, nonce_missing, nonce, this_update, next_update_absent, next_update, "
	    "produced_at. vouch(3) says more of each.\n\n"
	    "Certificates that name the same responder are asked about in one request, and each alone where that is refused; the lines are in the order "
	    "of the certificates.\n\n"
	    "Exit codes, the worst of all certificates: 0 good, 4 unknown, 3 revoked, 1 an error.",
	.example = "vouch query --issuer ca.pem --url http://127.0.0.1:8080/ server.pem\n"
		   "vouch query --nonce --json fullchain.pem",
	.options = options,
	.run = run,
};
