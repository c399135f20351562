/* SPDX-License-Identifier: Apache-2.0 */
/* What vouch bench asks about. */
#include "cli/bench_questions.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/number.h"
#include "bench/serial.h"
#include "cli/certificates.h"
#include "cli/targets.h"
#include "io/file.h"

#define FILE_LIMIT ((size_t)4 << 30) /* a hundred million serial numbers of twenty octets */

struct asking {
	const struct cli_args *args;
	struct bench_questions *questions;
	vouch_issuer *issuer; /* of the serial numbers; NULL: not given */
	char *url;
};

static int
add_targets(struct asking *a, const struct cli_targets *targets)
{
	vouch_err err = { 0 };

	for (size_t i = 0; i < targets->count; i++) {
		const struct cli_target *t = &targets->items[i];
		if (strcmp(t->url, targets->items[0].url) != 0)
			return cli_usage(a->args, "%s names another responder than %s: give --url", t->name,
			    targets->items[0].name);
		if (bench_questions_add(a->questions, t->issuer, span_buf(&t->serial_number), &err) !=
		    VOUCH_OK)
			return cli_fail("bench", &err);
	}
	a->url = strdup(targets->items[0].url);
	return a->url != NULL ? CLI_OK : cli_failf("bench", "out of memory");
}

/* CERT... and --serial, which vouch query knows as well. */
static int
read_targets(struct asking *a)
{
	struct cli_targets targets = { 0 };
	size_t operands, serials;

	(void)cli_operands(a->args, &operands);
	(void)cli_values(a->args, "serial", &serials);
	if (operands + serials == 0)
		return CLI_OK;
	int code = cli_targets_read(&targets, a->args);
	if (code == CLI_OK)
		code = add_targets(a, &targets);
	cli_targets_clear(&targets);
	return code;
}

/* The last serial number of "1A-2F", or of "1A+1000", which says how many. */
static int
read_last(vouch_buf *out, vouch_span first, const char *rest, vouch_err *err)
{
	uint8_t octets[BENCH_SERIAL_MAX];
	uint64_t count = 0;

	if (*rest == '-')
		return vouch_serial_parse(out, rest + 1, err);
	if (!number_parse(span_string(rest + 1), BENCH_QUESTIONS_MAX, &count) || count == 0)
		return err_set(err, VOUCH_EINVAL, "a number from 1 to 2^40 is expected behind the +");
	return buf_append_span(out, bench_serial_at(first, count - 1, octets)) == VOUCH_OK ? VOUCH_OK :
											     err_nomem(err);
}

/* A serial number may be written with a sign, but ranges are of positive ones. */
static int
read_range(struct asking *a, const char *text, vouch_err *err)
{
	size_t len = strcspn(text, "-+");
	vouch_buf first = { 0 }, last = { 0 };
	char *from = text[len] != '\0' ? strndup(text, len) : NULL;

	if (from == NULL)
		return cli_usage(a->args, "--serials %s is neither FROM-TO nor FROM+N", text);
	int code = vouch_serial_parse(&first, from, err);
	if (code == VOUCH_OK)
		code = read_last(&last, span_buf(&first), text + len, err);
	if (code == VOUCH_OK)
		code = bench_questions_add_range(a->questions, a->issuer, span_buf(&first), span_buf(&last),
		    err);
	free(from);
	vouch_buf_free(&first);
	vouch_buf_free(&last);
	return code == VOUCH_OK ? CLI_OK : cli_usage(a->args, "--serials %s: %s", text, err->msg);
}

static int
read_file(struct asking *a, const char *path, vouch_err *err)
{
	vouch_buf text = { 0 };

	if (io_file_read(&text, path, FILE_LIMIT, err) != VOUCH_OK) {
		vouch_buf_free(&text);
		return cli_fail("bench", err);
	}
	int code = bench_questions_add_lines(a->questions, a->issuer, span_buf(&text), err);
	vouch_buf_free(&text);
	return code == VOUCH_OK ? CLI_OK : cli_failf("bench", "%s: %s", path, err->msg);
}

static int
read_each(struct asking *a, const char *option, int (*read)(struct asking *, const char *, vouch_err *))
{
	size_t count;
	const char *const *values = cli_values(a->args, option, &count);
	int code = CLI_OK;

	if (count > 0 && a->issuer == NULL)
		return cli_usage(a->args, "--%s needs --issuer", option);
	for (size_t i = 0; code == CLI_OK && i < count; i++) {
		vouch_err err = { 0 };
		code = read(a, values[i], &err);
	}
	return code;
}

static int
read_hash(struct asking *a, enum vouch_hash *out)
{
	static const char *const names[VOUCH_HASHES] = { [VOUCH_SHA1] = "sha1",
		[VOUCH_SHA256] = "sha256",
		[VOUCH_SHA384] = "sha384",
		[VOUCH_SHA512] = "sha512" };
	const char *name = cli_value(a->args, "hash");

	*out = VOUCH_SHA256;
	for (int i = 0; name != NULL && i < VOUCH_HASHES; i++) {
		if (names[i] == NULL || strcmp(name, names[i]) != 0)
			continue;
		*out = (enum vouch_hash)i;
		return CLI_OK;
	}
	return name == NULL ? CLI_OK :
			      cli_usage(a->args, "--hash %s is none of sha1 sha256 sha384 sha512", name);
}

static int
read_all(struct asking *a)
{
	const char *issuer = cli_value(a->args, "issuer"), *url = cli_value(a->args, "url");

	if (issuer != NULL && cli_issuer_read(&a->issuer, issuer, "bench") != CLI_OK)
		return CLI_FAILED;
	int code = read_targets(a);
	if (code == CLI_OK)
		code = read_each(a, "serials", read_range);
	if (code == CLI_OK)
		code = read_each(a, "serial-file", read_file);
	if (code != CLI_OK)
		return code;
	if (bench_questions_count(a->questions) == 0)
		return cli_usage(a->args, "a certificate, --serial, --serials or --serial-file is expected");
	if (a->url == NULL && url == NULL)
		return cli_usage(a->args, "--url is missing");
	if (a->url == NULL)
		a->url = strdup(url);
	return a->url != NULL ? CLI_OK : cli_failf("bench", "out of memory");
}

int
cli_bench_questions(struct bench_questions **out, char **url, const struct cli_args *args)
{
	struct asking a = { .args = args };
	enum vouch_hash hash;
	vouch_err err = { 0 };
	int code = read_hash(&a, &hash);

	if (code == CLI_OK &&
	    bench_questions_new(&a.questions, hash, cli_flag(args, "nonce"), &err) != VOUCH_OK)
		code = cli_fail("bench", &err);
	if (code == CLI_OK)
		code = read_all(&a);
	vouch_issuer_free(a.issuer);
	if (code != CLI_OK) {
		bench_questions_free(a.questions);
		free(a.url);
		return code;
	}
	*out = a.questions;
	*url = a.url;
	return CLI_OK;
}
