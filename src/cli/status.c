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

struct run {
	const struct cli_args *args;
	vouch_time now;
	struct conf *conf;
	vouch_issuer *issuer; /* with the sources that are asked */
	uint8_t not_issued;   /* enum vouch_not_issued */
	struct cli_certificates certificates;
	struct cli_said *said; /* one for each source */
	size_t source_count;
	bool is_compromised; /* the CA, by the configuration */
	bool is_explained;
	vouch_buf database; /* its URI, if it is that of --db */
	struct cli_results results;
	int worst; /* enum cli_exit */
};

/* --- Sources ------------------------------------------------------------------------------------------ */

/* uri is to live as long as the run. */
static int
add_source(struct run *r, const char *uri, bool is_optional)
{
	vouch_err err = { 0 };
	vouch_source *source = NULL;
	struct cli_said *said = reallocarray(r->said, r->source_count + 1, sizeof(*said));

	if (said == NULL)
		return cli_failf("status", "out of memory");
	r->said = said;
	if (sources_open(&source, uri, r->now, &err) != VOUCH_OK)
		return cli_fail("status", &err);
	int ret = vouch_issuer_add_source(r->issuer, source, is_optional ? VOUCH_SOURCE_OPTIONAL : 0, &err);
	vouch_source_free(source); /* the issuer has a reference */
	if (ret != VOUCH_OK)
		return cli_fail("status", &err);
	said[r->source_count++] = (struct cli_said){ .uri = uri, .is_optional = is_optional };
	return CLI_OK;
}

static int
add_database(struct run *r)
{
	int code = cli_database_uri(&r->database, r->args, NULL, r->issuer, "status");

	return code == CLI_OK ? add_source(r, (const char *)r->database.data, false) : code;
}

/* The issuer as the configuration has it, whose policy has a word in the verdict. */
static int
take_policy(struct run *r, const struct conf_issuer *conf)
{
	vouch_err err = { 0 };
	vouch_issuer *issuer = NULL;

	if (vouch_issuer_new(&issuer, vouch_issuer_certificate(r->issuer), &conf->options, &err) != VOUCH_OK)
		return cli_fail("status", &err);
	vouch_issuer_free(r->issuer);
	r->issuer = issuer;
	r->not_issued = conf->options.not_issued;
	r->is_compromised = conf->options.compromised != 0;
	return CLI_OK;
}

static int
add_configured(struct run *r)
{
	const struct conf_issuer *issuer = cli_conf_issuer(r->conf, r->issuer);

	if (issuer == NULL)
		return cli_failf("status", "%s: no issuer of it has this certificate", r->conf->file);
	int code = take_policy(r, issuer);
	for (size_t i = 0; i < issuer->source_count && code == CLI_OK; i++)
		code = add_source(r, issuer->sources[i].uri, issuer->sources[i].optional);
	return code;
}

static int
add_all(struct run *r)
{
	size_t count = 0;
	const char *const *uris = cli_values(r->args, "source", &count);
	int code = CLI_OK;

	if (count > 0 && cli_value(r->args, "db") != NULL)
		return cli_usage(r->args, "--db and --source exclude each other");
	if (count == 0 && cli_value(r->args, "db") == NULL && r->conf != NULL)
		return add_configured(r);
	if (count == 0)
		return add_database(r);
	for (size_t i = 0; i < count && code == CLI_OK; i++)
		code = add_source(r, uris[i], false);
	return code;
}

/* A database alone is as of now and has the only word: its answer says it all. */
static bool
needs_explanation(const struct run *r)
{
	return r->is_compromised || r->source_count != 1 ||
	    vouch_source_get_ops(vouch_issuer_source(r->issuer, 0, NULL))->begin == NULL;
}

/* --- Certificates ------------------------------------------------------------------------------------- */

static void
ask_each(struct run *r, vouch_span serial_number)
{
	for (size_t i = 0; r->is_explained && i < r->source_count; i++) {
		struct cli_said *said = &r->said[i];

		vouch_status_init(&said->status);
		said->err = (vouch_err){ 0 };
		said->found = vouch_source_lookup(vouch_issuer_source(r->issuer, i, NULL), r->issuer,
		    serial_number, r->now, &said->status, &said->err);
	}
}

static void
forget_each(struct run *r)
{
	for (size_t i = 0; r->is_explained && i < r->source_count; i++)
		vouch_status_clear(&r->said[i].status);
}

static void
describe(char *out, size_t size, int verdict, const vouch_status *status)
{
	char is[100], until[DATE_RFC3339_LENGTH + 1];

	cli_verdict_text(is, sizeof(is), status->cert_status, status->revocation_reason,
	    status->revocation_time);
	if (verdict != VOUCH_OK && verdict != VOUCH_ENOTFOUND) {
		snprintf(out, size, "%s", verdict == VOUCH_EUNAVAILABLE ? "tryLater" : "internalError");
	} else if (verdict == VOUCH_ENOTFOUND) {
		snprintf(out, size, "unknown, never recorded");
	} else if (status->next_update != VOUCH_TIME_ABSENT) {
		date_format_rfc3339(status->next_update, until);
		snprintf(out, size, "%s, until %s", is, until);
	} else {
		snprintf(out, size, "%s", is);
	}
}

/* What is not known is shown only where it is explained. */
static int
show(struct run *r, const struct cli_certificate *certificate, int verdict, vouch_status *status)
{
	bool is_known = verdict == VOUCH_OK || verdict == VOUCH_ENOTFOUND;
	const struct cli_explanation explanation = { .now = r->now,
		.not_issued = r->not_issued,
		.said = r->said,
		.count = r->source_count,
		.verdict = verdict,
		.status = status };
	char text[160];

	if (!is_known && !r->is_explained)
		return VOUCH_OK;
	describe(text, sizeof(text), verdict, status);
	if (verdict == VOUCH_ENOTFOUND)
		status->cert_status = VOUCH_UNKNOWN;
	if (is_known)
		r->worst = cli_worse(r->worst, cli_verdict_exit(status->cert_status));
	r->results.explanation = r->is_explained ? &explanation : NULL;
	int ret = cli_results_add(&r->results, certificate, text, is_known ? NULL : text, status);
	r->results.explanation = NULL;
	return ret;
}

static int
ask_one(struct run *r, const struct cli_certificate *certificate, vouch_err *err)
{
	vouch_status status;
	vouch_span serial_number = span_buf(&certificate->serial_number);

	vouch_status_init(&status);
	ask_each(r, serial_number);
	int verdict = vouch_issuer_lookup(r->issuer, serial_number, r->now, &status, err);
	int ret = show(r, certificate, verdict, &status);
	forget_each(r);
	vouch_status_clear(&status);
	if (ret != VOUCH_OK)
		return err_set(err, VOUCH_ENOMEM, "out of memory");
	return verdict == VOUCH_ENOTFOUND ? VOUCH_OK : verdict;
}

/* What one certificate's source cannot tell does not keep the others from being told. */
static int
ask_all(struct run *r)
{
	r->is_explained = needs_explanation(r);
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
		code = add_all(r);
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
	cli_certificates_clear(&r.certificates);
	vouch_issuer_free(r.issuer);
	free(r.said);
	vouch_buf_free(&r.database);
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
	    "the source that knows it. Where several sources are asked, or one that is no database, lines below it "
	    "say what each of them knows, of which moment that is and until when it stands, and the rule that made the "
	    "answer of it; with --json, these are members of the object. Nothing is "
	    "asked over the network unless a source is there; vouch query asks a responder.\n\n"
	    "Exit codes are those of vouch query, the worst of all certificates: 0 good, 4 unknown (never "
	    "recorded), 3 revoked, 1 an error.",
	.example = "vouch status --issuer ca.pem --db vouch.db server.pem\n"
		   "vouch status --issuer ca.pem --source sqlite:vouch.db --serial 1AAF00D --json",
	.options = options,
	.run = run,
};
