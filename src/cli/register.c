/* SPDX-License-Identifier: Apache-2.0 */
/* What add, revoke, hold and release have in common: one transaction over all that the command line names. */
#include "cli/register.h"
#include "cli/database.h"
#include "cli/progress.h"
#include "cli/results.h"
#include "base/date.h"
#include "base/span.h"
#include "io/clock.h"
#include "sources/sources.h"

struct run {
	const struct cli_args *args;
	const struct cli_register_action *action;
	struct cli_change template;
	struct conf *conf;
	vouch_issuer *issuer;
	struct cli_certificates certificates;
	vouch_source *source;
	struct cli_results results;
};

bool
cli_change_was_revoked(const struct cli_change *change)
{
	return change->is_recorded && change->status.cert_status == VOUCH_REVOKED;
}

bool
cli_change_was_held(const struct cli_change *change)
{
	return cli_change_was_revoked(change) &&
	    change->status.revocation_reason == VOUCH_REASON_CERTIFICATE_HOLD;
}

/* What a certificate's file says beyond its serial number is kept, unless something is known already. */
static void
complete(vouch_status *status, const struct cli_certificate *certificate)
{
	if (!certificate->is_file)
		return;
	if (status->not_after == VOUCH_TIME_ABSENT)
		status->not_after = certificate->not_after;
	if (status->has_certificate_sha256 != 0)
		return;
	memcpy(status->certificate_sha256, certificate->sha256, sizeof(status->certificate_sha256));
	status->has_certificate_sha256 = 1;
}

/* Precertificates share the serial number of their certificate; so do the mistakes of a CA. */
static bool
is_another(const vouch_status *status, const struct cli_certificate *certificate)
{
	return certificate->is_file && status->has_certificate_sha256 != 0 &&
	    memcmp(status->certificate_sha256, certificate->sha256, sizeof(certificate->sha256)) != 0;
}

/* The moment after the last shows a record as it is, even if it is dated in the future. */
static int
look_up(struct run *r, struct cli_change *change, vouch_span serial_number, vouch_err *err)
{
	vouch_status_init(&change->status);
	int ret = vouch_source_lookup(r->source, r->issuer, serial_number, DATE_LAST, &change->status, err);

	change->is_recorded = ret == VOUCH_OK;
	if (ret == VOUCH_ENOTFOUND)
		vouch_status_init(&change->status);
	return ret == VOUCH_ENOTFOUND ? VOUCH_OK : ret;
}

static int
change_one(struct run *r, const struct cli_certificate *certificate, vouch_err *err)
{
	struct cli_change change = r->template;
	vouch_span serial_number = span_buf(&certificate->serial_number);
	int ret = look_up(r, &change, serial_number, err);

	if (ret != VOUCH_OK)
		return ret;
	vouch_buf_free(&change.status.detail);
	change.is_another = is_another(&change.status, certificate);
	complete(&change.status, certificate);
	ret = r->action->decide(&change, err);
	if (ret == VOUCH_OK)
		ret = vouch_source_put(r->source, r->issuer, serial_number, &change.status, change.now, err);
	if (ret == VOUCH_OK &&
	    cli_results_add(&r->results, certificate, change.text, change.result, &change.status) != VOUCH_OK)
		ret = err_set(err, VOUCH_ENOMEM, "out of memory");
	vouch_status_clear(&change.status);
	return ret;
}

static void
name_certificate(vouch_err *err, const struct run *r, const struct cli_certificate *certificate)
{
	vouch_buf serial = { 0 };

	if (r->certificates.count > 1 && strlen(err->msg) + 24 < sizeof(err->msg))
		memcpy(err->msg + strlen(err->msg), " (nothing was changed)",
		    sizeof(" (nothing was changed)"));
	if (certificate->is_file)
		err_prefix(err, "%s", certificate->name);
	else if (vouch_serial_format(&serial, span_buf(&certificate->serial_number)) == VOUCH_OK)
		err_prefix(err, "serial number %.*s", (int)serial.len, (const char *)serial.data);
	vouch_buf_free(&serial);
}

static int
change_all(struct run *r, vouch_err *err)
{
	struct cli_progress progress = { .what = r->action->name, .total = r->certificates.count };
	int ret = VOUCH_OK;

	for (size_t i = 0; i < r->certificates.count && ret == VOUCH_OK; i++) {
		ret = change_one(r, &r->certificates.items[i], err);
		if (ret != VOUCH_OK)
			name_certificate(err, r, &r->certificates.items[i]);
		cli_progress_step(&progress, i + 1);
	}
	cli_progress_end(&progress);
	return ret;
}

/* All or nothing; nothing is said to have happened before it is on the disk. */
static int
change_in_transaction(struct run *r)
{
	vouch_err err = { 0 };

	if (vouch_source_begin(r->source, &err) != VOUCH_OK)
		return cli_fail(r->action->name, &err);
	if (change_all(r, &err) != VOUCH_OK) {
		vouch_source_abort(r->source);
		return cli_fail(r->action->name, &err);
	}
	if (vouch_source_commit(r->source, &err) != VOUCH_OK)
		return cli_fail(r->action->name, &err);
	cli_results_print(&r->results);
	return CLI_OK;
}

static int
open_register(struct run *r)
{
	vouch_buf uri = { 0 };
	vouch_err err = { 0 };
	int code = cli_database_uri(&uri, r->args, r->conf, r->issuer, r->action->name);

	if (code == CLI_OK &&
	    sources_open_register(&r->source, (const char *)uri.data, r->action->create, r->template.now,
		&err) != VOUCH_OK)
		code = cli_fail(r->action->name, &err);
	vouch_buf_free(&uri);
	return code;
}

/* All that can be refused without the database is refused before it is touched or made. */
static int
steps(struct run *r)
{
	const char *name = r->action->name;
	int code = r->action->prepare != NULL ? r->action->prepare(&r->template, r->args) : CLI_OK;

	if (code == CLI_OK)
		code = cli_conf_load(&r->conf, r->args, name);
	if (code == CLI_OK)
		code = cli_issuer_load(&r->issuer, r->args, r->conf, name);
	if (code == CLI_OK)
		code = cli_certificates_read(&r->certificates, r->args, r->issuer, name);
	if (code == CLI_OK)
		code = open_register(r);
	return code == CLI_OK ? change_in_transaction(r) : code;
}

int
cli_register_run(const struct cli_args *args, const struct cli_register_action *action)
{
	struct run r = {
		.args = args,
		.action = action,
		.template = { .now = io_wall_seconds(),
		    .at = VOUCH_TIME_ABSENT,
		    .invalidity_date = VOUCH_TIME_ABSENT },
		.results = { .json = cli_flag(args, "json") },
	};
	int code = steps(&r);

	cli_results_clear(&r.results);
	vouch_source_free(r.source);
	cli_certificates_clear(&r.certificates);
	vouch_issuer_free(r.issuer);
	conf_free(r.conf);
	return code;
}
