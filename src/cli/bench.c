/* SPDX-License-Identifier: Apache-2.0 */
/* vouch bench: a load on a responder. */
#include "bench/bench.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/number.h"
#include "base/span.h"
#include "bench/report.h"
#include "cli/bench_meter.h"
#include "cli/bench_questions.h"
#include "cli/certificates.h"
#include "cli/command.h"
#include "conf/value.h"
#include "io/random.h"

#define USUAL_CONNECTIONS 16
#define USUAL_DURATION_MS 10000
#define USUAL_TIMEOUT_MS 10000
#define USUAL_SAMPLE 1000

static const struct cli_option options[] = {
	{ "url", "URL", "the responder, by http; default: the one that the first certificate names", false,
	    false },
	{ "issuer", "FILE", "certificate of the CA; default: the one behind the certificate in its file",
	    false, false },
	{ "serial", "HEX...", "serial numbers in hexadecimal, with or without 0x and colons", true, true },
	{ "serials", "FROM-TO",
	    "every serial number from one to another, or FROM+N: so many (in decimal); may be repeated", true,
	    false },
	{ "serial-file", "FILE", "one serial number a line; # begins a comment; may be repeated", true,
	    false },
	{ "order", "NAME", "random (the default; each pass asks about each once) or sequential", false,
	    false },
	{ "get", NULL, "ask by GET (the default)", false, false },
	{ "post", NULL, "ask by POST", false, false },
	{ "get-share", "PERCENT", "ask by GET that often, else by POST", false, false },
	{ "nonce", NULL, "send a new nonce each time", false, false },
	{ "hash", "NAME", "name the certificates by sha1, sha256 (the default), sha384 or sha512", false,
	    false },
	{ "connections", "N", "how many at a time; default: 16", false, false },
	{ "threads", "N", "how many threads make the load; default: 1", false, false },
	{ "pipeline", "N", "requests in flight on each connection; default: 1", false, false },
	{ "close", NULL, "make a connection for each request", false, false },
	{ "rate", "N",
	    "requests a second, sent when they are due; default: each when the one before is answered", false,
	    false },
	{ "duration", "DURATION", "how long; default: 10s, or without an end with --requests", false, false },
	{ "requests", "N", "how many requests", false, false },
	{ "timeout", "DURATION", "how long to wait for an answer; default: 10s", false, false },
	{ "verify", "N",
	    "how many answers to verify in full when the load is over, chosen by chance, or all, at once; default: 1000",
	    false, false },
	{ "trust", "FILE", "a responder certificate to trust although the CA did not authorise it", false,
	    false },
	{ "next-update-optional", NULL, "believe an answer without nextUpdate, too", false, false },
	{ "seed", "N", "decides what is random; default: another one each time", false, false },
	{ "json", NULL, "print the results as a JSON object", false, false },
	{ 0 },
};

struct bench_command {
	const struct cli_args *args;
	struct bench_options bench;
	struct bench_questions *questions;
	struct bench_meter meter;
	vouch_buf trusted;
	char *url;
};

/* --- Options -------------------------------------------------------------------------------------------- */

/* Leaves what is there when the option is not given. */
static int
read_number(const struct cli_args *args, const char *option, uint64_t min, uint64_t max, uint64_t *out)
{
	const char *text = cli_value(args, option);
	uint64_t value = 0;

	if (text == NULL)
		return CLI_OK;
	if (!number_parse(span_string(text), max, &value) || value < min)
		return cli_usage(args, "--%s %s is not a number from %llu to %llu", option, text,
		    (unsigned long long)min, (unsigned long long)max);
	*out = value;
	return CLI_OK;
}

static int
read_duration(const struct cli_args *args, const char *option, int64_t max_ms, uint64_t *out)
{
	const char *text = cli_value(args, option);
	int64_t ms = 0;
	vouch_err err = { 0 };

	if (text == NULL)
		return CLI_OK;
	if (conf_value_duration(&ms, text, &err) != VOUCH_OK)
		return cli_usage(args, "--%s: %s", option, err.msg);
	if (ms <= 0 || ms > max_ms)
		return cli_usage(args, "--%s %s is not a duration from 1ms to %llds", option, text,
		    (long long)(max_ms / 1000));
	*out = (uint64_t)ms;
	return CLI_OK;
}

static int
read_shape(struct bench_command *c)
{
	uint64_t connections = USUAL_CONNECTIONS, threads = 1, pipeline = 1;
	int code = read_number(c->args, "connections", 1, BENCH_CONNECTIONS_MAX, &connections);

	if (code == CLI_OK)
		code = read_number(c->args, "threads", 1, BENCH_THREADS_MAX, &threads);
	if (code == CLI_OK)
		code = read_number(c->args, "pipeline", 1, BENCH_PIPELINE_MAX, &pipeline);
	if (code == CLI_OK)
		code = read_number(c->args, "rate", 1, BENCH_RATE_MAX, &c->bench.rate);
	if (code != CLI_OK)
		return code;
	c->bench.close = cli_flag(c->args, "close");
	if (pipeline > 1 && (c->bench.rate > 0 || c->bench.close))
		return cli_usage(c->args, "--pipeline has no meaning with --rate or --close");
	if (threads > connections)
		return cli_usage(c->args, "--threads %llu: each needs a connection",
		    (unsigned long long)threads);
	c->bench.connections = (unsigned)connections;
	c->bench.threads = (unsigned)threads;
	c->bench.pipeline = (unsigned)pipeline;
	return CLI_OK;
}

static int
read_extent(struct bench_command *c)
{
	uint64_t timeout = USUAL_TIMEOUT_MS;
	int code = read_number(c->args, "requests", 1, INT64_MAX, &c->bench.requests);

	if (code == CLI_OK)
		code = read_duration(c->args, "duration", INT64_C(366) * 86400000, &c->bench.duration_ms);
	if (code == CLI_OK)
		code = read_duration(c->args, "timeout", 3600000, &timeout);
	if (c->bench.duration_ms == 0 && c->bench.requests == 0)
		c->bench.duration_ms = USUAL_DURATION_MS;
	c->bench.timeout_ms = (unsigned)timeout;
	return code;
}

static int
read_method(struct bench_command *c)
{
	uint64_t share = cli_flag(c->args, "post") ? 0 : 100;

	if (cli_flag(c->args, "get") + cli_flag(c->args, "post") + (cli_value(c->args, "get-share") != NULL) >
	    1)
		return cli_usage(c->args, "--get, --post and --get-share exclude each other");
	int code = read_number(c->args, "get-share", 0, 100, &share);
	c->bench.get_share = (unsigned)share;
	return code;
}

static int
read_order(struct bench_command *c)
{
	const char *name = cli_value(c->args, "order");
	vouch_err err = { 0 };

	c->bench.random = name == NULL || strcmp(name, "random") == 0;
	if (!c->bench.random && strcmp(name, "sequential") != 0)
		return cli_usage(c->args, "--order %s is neither random nor sequential", name);
	if (io_random(&c->bench.seed, sizeof(c->bench.seed), &err) != VOUCH_OK)
		return cli_fail("bench", &err);
	return read_number(c->args, "seed", 0, INT64_MAX, &c->bench.seed);
}

static int
read_verify(struct bench_command *c)
{
	const char *text = cli_value(c->args, "verify");
	uint64_t sample = USUAL_SAMPLE;

	c->bench.belief.next_update_optional = cli_flag(c->args, "next-update-optional");
	c->bench.verify_all = text != NULL && strcmp(text, "all") == 0;
	if (c->bench.verify_all)
		return CLI_OK;
	int code = read_number(c->args, "verify", 0, BENCH_SAMPLE_MAX, &sample);
	c->bench.sample = (size_t)sample;
	return code;
}

static int
read_options(struct bench_command *c)
{
	static int (*const readers[])(
	    struct bench_command *) = { read_shape, read_extent, read_method, read_order, read_verify };
	int code = CLI_OK;

	for (size_t i = 0; code == CLI_OK && i < sizeof(readers) / sizeof(readers[0]); i++)
		code = readers[i](c);
	return code;
}

/* --- The command ---------------------------------------------------------------------------------------- */

static int
print_report(const struct bench_command *c, const struct bench_result *result)
{
	vouch_buf text = { 0 };
	vouch_err err = { 0 };
	int code = cli_flag(c->args, "json") ? bench_report_json(&text, result, &err) :
					       bench_report_text(&text, result, &err);

	if (code == VOUCH_OK)
		(void)fwrite(text.data, 1, text.len, stdout);
	fflush(stdout);
	vouch_buf_free(&text);
	if (code != VOUCH_OK || bench_report_fault(result, &err))
		return cli_fail("bench", &err);
	return CLI_OK;
}

static int
make_load(struct bench_command *c)
{
	struct bench_result result = { 0 };
	vouch_err err = { 0 };

	c->bench.questions = c->questions;
	c->bench.progress = bench_meter_show;
	c->bench.arg = &c->meter;
	c->meter.duration_ms = c->bench.duration_ms;
	if (bench_url_parse(&c->bench.url, c->url, &err) != VOUCH_OK)
		return cli_usage(c->args, "%s", err.msg);
	int code = bench_run(&result, &c->bench, &err);
	bench_meter_end(&c->meter);
	if (code != VOUCH_OK)
		return cli_fail("bench", &err);
	code = print_report(c, &result);
	bench_result_clear(&result);
	return code;
}

static int
run(const struct cli_args *args)
{
	struct bench_command c = { .args = args };
	int code = read_options(&c);

	if (code == CLI_OK)
		code = cli_bench_questions(&c.questions, &c.url, args);
	if (code == CLI_OK)
		code = cli_trusted_read(&c.trusted, args);
	c.bench.belief.trusted_signer = span_buf(&c.trusted);
	if (code == CLI_OK)
		code = make_load(&c);
	vouch_buf_free(&c.trusted);
	bench_questions_free(c.questions);
	free(c.url);
	return code;
}

const struct cli_command cli_bench = {
	.name = "bench",
	.synopsis =
	    "[--url URL] [--issuer ca.pem] [--get|--post|--get-share PERCENT] [--nonce] [--connections N] [--threads N] [--rate N] "
	    "[--duration D] [--requests N] [--verify N|all] [--json] CERT... | --serial HEX... | --serials FROM-TO | --serial-file FILE",
	.summary = "put load on any responder, and measure what it does",
	.description =
	    "Asks a responder as fast as it answers, or, with --rate, that often: each request is sent when it is due if a connection is free, "
	    "and its latency counts from the moment when it was due, so that a responder which stalls does not hide the requests that had to "
	    "wait. Without --rate latency counts from the moment of sending.\n\n"
	    "Every answer is looked at: its HTTP status, its responseStatus, and whether the serial number that was asked about is in it. Verified "
	    "in full, as vouch query does, is a sample, after the load, so that verifying costs the load nothing; --verify all verifies each answer "
	    "when it comes, which makes the load a light one.\n\n"
	    "Latencies are those of successful answers, of tryLater, and of everything else; each within a thousandth. Errors are: connect (refused, or "
	    "no connection in time), reset (it ended before the answer), timeout, http (what came is no HTTP response, or larger than 1 MiB), ocsp "
	    "(status 200 without an OCSP response), other_certificate. A request whose connection ends before any octet of the answer is sent once more, "
	    "as clients do, and counted as such. Redirects are not followed.\n\n"
	    "SIGINT and SIGTERM end the load early; the results so far are printed.\n\n"
	    "Exit codes: 0, or 1 when no OCSP response came, when one does not verify or is about another certificate.",
	.example =
	    "vouch bench --issuer ca.pem --url http://127.0.0.1:8080/ --serials 1-F4240 --connections 64 --duration 30s\n"
	    "vouch bench --issuer ca.pem --url http://127.0.0.1:8080/ --serial 1A --post --nonce --rate 500 --json",
	.options = options,
	.run = run,
};
