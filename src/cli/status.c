/* SPDX-License-Identifier: Apache-2.0 */
/* vouch status: what a source says of certificates. */
#include "cli/certificates.h"
#include "cli/database.h"
#include "cli/results.h"
#include "cli/verdict.h"
#include "base/date.h"
#include "base/span.h"
#include "io/clock.h"
#include "sources/sources.h"

#include <stdio.h>
#include <stdlib.h>

static const struct cli_option options[] = {
	{ "issuer", "FILE", "certificate of the CA; with a configuration of one issuer it may be left out",
	    false, false },
	{ "db", "FILE", "the database to ask; default: the sources of --config, else ./vouch.db", false,
	    false },
	{ "source", "URI", "any source to ask, such as sqlite:vouch.db; may be repeated, asked in order",
	    true, false },
	{ "config", "FILE", "the configuration whose sources are asked (vouch.yaml(5))", false, false },
	{ "serial", "HEX...", "serial numbers in hexadecimal, with or without 0x and colons", true, true },
	{ "json", NULL, "one JSON object per certificate and line", false, false },
	{ 0 },
};

struct asked {
	vouch_source **items;
	size_t count;
};

struct run {
	const struct cli_args *args;
	vouch_time now;
	struct conf *conf;
	vouch_issuer *issuer;
	struct cli_certificates certificates;
	struct asked sources;
	struct cli_results results;
	int worst; /* enum cli_exit */
};

static int
open_sources(struct asked *out, const char *const *uris, size_t count, vouch_time now)
{
	vouch_err err = { 0 };

	out->items = calloc(count, sizeof(vouch_source *));
	if (out->items == NULL)
		return cli_failf("status", "out of memory");
	for (size_t i = 0; i < count; i++, out->count++) {
		if (sources_open(&out->items[i], uris[i], now, &err) != VOUCH_OK)
			return cli_fail("status", &err);
	}
	return CLI_OK;
}

static int
open_database(struct run *r)
{
	vouch_buf uri = { 0 };
	int code = cli_database_uri(&uri, r->args, NULL, r->issuer, "status");
	const char *const uris[] = { (const char *)uri.data };

	if (code == CLI_OK)
		code = open_sources(&r->sources, uris, 1, r->now);
	vouch_buf_free(&uri);
	return code;
}

static int
open_configured(struct run *r)
{
	const struct conf_issuer *issuer = cli_conf_issuer(r->conf, r->issuer);

	if (issuer == NULL)
		return cli_failf("status", "%s: no issuer of it has this certificate", r->conf->file);
	if (issuer->sources.count == 0)
		return cli_failf("status", "%s: the issuer has no source", r->conf->file);
	return open_sources(&r->sources, (const char *const *)issuer->sources.items, issuer->sources.count,
	    r->now);
}

static int
open_asked(struct run *r)
{
	size_t count = 0;
	const char *const *uris = cli_values(r->args, "source", &count);

	if (count > 0 && cli_value(r->args, "db") != NULL)
		return cli_usage(r->args, "--db and --source exclude each other");
	if (count > 0)
		return open_sources(&r->sources, uris, count, r->now);
	return cli_value(r->args, "db") == NULL && r->conf != NULL ? open_configured(r) : open_database(r);
}

/*
 * In order, as the responder does: the first that knows the certificate has the word; one that cannot tell
 * ends it.
 */
static int
ask(const struct run *r, vouch_span serial_number, vouch_status *out, vouch_err *err)
{
	int ret = VOUCH_ENOTFOUND;

	vouch_status_init(out);
	for (size_t i = 0; i < r->sources.count && ret == VOUCH_ENOTFOUND; i++)
		ret = vouch_source_lookup(r->sources.items[i], r->issuer, serial_number, r->now, out, err);
	if (ret != VOUCH_ENOTFOUND)
		return ret;
	vouch_status_init(out);
	out->cert_status = VOUCH_UNKNOWN;
	return VOUCH_OK;
}

static void
describe(char *out, size_t size, const vouch_status *status)
{
	char is[100], until[DATE_RFC3339_LENGTH + 1];

	cli_verdict_text(is, sizeof(is), status->cert_status, status->revocation_reason,
	    status->revocation_time);
	if (status->cert_status == VOUCH_UNKNOWN) {
		snprintf(out, size, "%s, never recorded", is);
	} else if (status->next_update != VOUCH_TIME_ABSENT) {
		date_format_rfc3339(status->next_update, until);
		snprintf(out, size, "%s, until %s", is, until);
	} else {
		snprintf(out, size, "%s", is);
	}
}

static int
ask_one(struct run *r, const struct cli_certificate *certificate, vouch_err *err)
{
	vouch_status status;
	char text[160];
	int ret = ask(r, span_buf(&certificate->serial_number), &status, err);

	if (ret != VOUCH_OK)
		return ret;
	describe(text, sizeof(text), &status);
	r->worst = cli_worse(r->worst, cli_verdict_exit(status.cert_status));
	ret = cli_results_add(&r->results, certificate, text, NULL, &status);
	vouch_status_clear(&status);
	return ret == VOUCH_OK ? VOUCH_OK : err_set(err, VOUCH_ENOMEM, "out of memory");
}

/* What one certificate's source cannot tell does not keep the others from being told. */
static int
ask_all(struct run *r)
{
	for (size_t i = 0; i < r->certificates.count; i++) {
		vouch_err err = { 0 };
		if (ask_one(r, &r->certificates.items[i], &err) != VOUCH_OK)
			r->worst = cli_worse(r->worst, cli_fail("status", &err));
	}
	cli_results_print(&r->results);
	return r->worst;
}

static int
steps(struct run *r)
{
	int code = cli_conf_load(&r->conf, r->args, "status");

	if (code == CLI_OK)
		code = cli_issuer_load(&r->issuer, r->args, r->conf, "status");
	if (code == CLI_OK)
		code = cli_certificates_read(&r->certificates, r->args, r->issuer, "status");
	if (code == CLI_OK)
		code = open_asked(r);
	return code == CLI_OK ? ask_all(r) : code;
}

static int
run(const struct cli_args *args)
{
	struct run r = { .args = args,
		.now = io_wall_seconds(),
		.results = { .json = cli_flag(args, "json") } };
	int code = steps(&r);

	cli_results_clear(&r.results);
	for (size_t i = 0; i < r.sources.count; i++)
		vouch_source_free(r.sources.items[i]);
	free(r.sources.items);
	cli_certificates_clear(&r.certificates);
	vouch_issuer_free(r.issuer);
	conf_free(r.conf);
	return code;
}

const struct cli_command cli_status = {
	.name = "status",
	.synopsis =
	    "--issuer ca.pem [--db FILE | --source URI | --config FILE] [--json] CERT... | --serial HEX...",
	.summary = "show what a source says of certificates",
	.description =
	    "Prints one line per certificate: serial number, status, reason and time of a revocation, and "
	    "the source that knows it. Nothing is "
	    "asked over the network unless a source is there; vouch query asks a responder.\n\n"
	    "Exit codes are those of vouch query, the worst of all certificates: 0 good, 4 unknown (never "
	    "recorded), 3 revoked, 1 an error.",
	.example = "vouch status --issuer ca.pem --db vouch.db server.pem\n"
		   "vouch status --issuer ca.pem --source sqlite:vouch.db --serial 1AAF00D --json",
	.options = options,
	.run = run,
};
