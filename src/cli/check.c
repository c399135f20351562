/* SPDX-License-Identifier: Apache-2.0 */
/* vouch check: what serve would stumble over, and what an auditor would say, before either does. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/command.h"
#include "conf/conf.h"
#include "daemon/assembly.h"
#include "daemon/issuance.h"
#include "io/address.h"
#include "io/clock.h"

struct check {
	const char *file;
	const struct conf *conf;
	json_t *findings;		/* NULL: lines for people */
	const char *issuer;		/* whose findings these are; NULL: nobody's */
	size_t counts[VOUCH_ERROR + 1]; /* by enum vouch_severity */
};

static const char *const severities[] = { "note", "warning", "error" };

/* What is not UTF-8 (an octet of a path) is not worth failing for. */
static json_t *
json_text(const char *text)
{
	json_t *json = text == NULL ? json_null() : json_string(text);

	return json == NULL ? json_string("(not UTF-8)") : json;
}

static void
print_finding(const struct check *check, const vouch_finding *finding)
{
	printf("%s: %s%s%s", severities[finding->severity], check->issuer == NULL ? "" : check->issuer,
	    check->issuer == NULL ? "" : ": ", finding->text);
	if (finding->rule != NULL && finding->rule[0] != '\0')
		printf(" (%s)", finding->rule);
	putchar('\n');
}

/* A vouch_finding_cb. */
static void
take_finding(void *arg, const vouch_finding *finding)
{
	struct check *check = arg;

	check->counts[finding->severity]++;
	if (check->findings == NULL)
		print_finding(check, finding);
	else
		json_array_append_new(check->findings,
		    json_pack("{s:s, s:o, s:o, s:o}", "severity", severities[finding->severity], "issuer",
			json_text(check->issuer), "rule", json_text(finding->rule), "text",
			json_text(finding->text)));
}

static void
find_own(struct check *check, uint8_t severity, const char *rule, const char *text)
{
	const vouch_finding finding = { .size = sizeof(finding),
		.severity = severity,
		.rule = rule,
		.text = text };

	take_finding(check, &finding);
}

/* What stops serve: on stderr as every error, and among the findings for programs. */
static void
take_error(struct check *check, const vouch_err *err)
{
	cli_fail("check", err);
	if (check->findings != NULL)
		find_own(check, VOUCH_ERROR, NULL, err->msg);
	else
		check->counts[VOUCH_ERROR]++;
}

/* --- What the library does not see -------------------------------------------------------------------- */

static void
check_secret(struct check *check, const char *path)
{
	struct stat st;
	char text[512];

	if (path == NULL || stat(path, &st) != 0 || !S_ISREG(st.st_mode) ||
	    (st.st_mode & (S_IRWXO | S_IWGRP)) == 0)
		return;
	snprintf(text, sizeof(text), "%s: other users than its owner and group may %s it: chmod 640, or 600",
	    path, (st.st_mode & (S_IWGRP | S_IWOTH)) != 0 ? "change" : "read");
	find_own(check, VOUCH_WARNING, "secrets", text);
}

static void
check_secrets(struct check *check, const struct conf_issuer *issuer)
{
	for (size_t i = 0; i < issuer->signer_count; i++) {
		check_secret(check, issuer->signers[i].key);
		check_secret(check, issuer->signers[i].passphrase_file);
	}
}

/* Whoever reaches it reads how many certificates are revoked, and when signers expire. */
static void
check_admin(struct check *check)
{
	struct io_address addresses[IO_ADDRESSES];
	size_t count = 0;
	vouch_err err;

	if (check->conf->admin == NULL || strncmp(check->conf->admin, "unix:", 5) == 0)
		return;
	if (io_address_parse(addresses, &count, check->conf->admin, &err) != VOUCH_OK)
		return take_error(check, &err);
	for (size_t i = 0; i < count; i++) {
		if (io_address_is_loopback((const struct sockaddr *)&addresses[i].storage))
			continue;
		return find_own(check, VOUCH_WARNING, "admin",
		    "the admin listener answers other machines than this one, without "
		    "authentication: let it listen on 127.0.0.1, [::1] or a Unix socket, or see that a "
		    "firewall keeps others out");
	}
}

static void
check_listen(struct check *check)
{
	struct io_address addresses[IO_ADDRESSES];
	size_t count = 0;
	vouch_err err;

	for (size_t i = 0; i < check->conf->listen.count; i++) {
		const char *address = check->conf->listen.items[i];

		if (strcmp(address, "systemd") != 0 &&
		    io_address_parse(addresses, &count, address, &err) != VOUCH_OK)
			take_error(check, &err);
	}
}

static void
check_issuance(struct check *check, const struct conf_issuer *issuer)
{
	struct issuance issuance;

	issuance_judge(issuer, &issuance);
	find_own(check, (uint8_t)issuance.severity, issuance.rule, issuance.text);
}

/* --- Sources ------------------------------------------------------------------------------------------ */

/* Opening does not always ask: who is away may come back, and serve starts without him (S-12). */
static void
check_source(struct check *check, const vouch_issuer *issuer, vouch_source *source, vouch_time now)
{
	static const uint8_t one[] = { 1 };
	vouch_status unread;
	vouch_err err = { 0 };
	char text[sizeof(err.msg) + 64];

	vouch_status_init(&unread);
	int code = vouch_source_lookup(source, issuer, (vouch_span){ one, sizeof(one) }, now, &unread, &err);
	vouch_status_clear(&unread);
	if (code == VOUCH_OK || code == VOUCH_ENOTFOUND)
		return;
	snprintf(text, sizeof(text), "a source does not answer now: %s", err.msg);
	find_own(check, code == VOUCH_EUNAVAILABLE || code == VOUCH_EAGAIN ? VOUCH_WARNING : VOUCH_ERROR,
	    err.rule != NULL ? err.rule : "sources", text);
}

static void
check_sources(struct check *check, const vouch_issuer *issuer, vouch_time now)
{
	for (size_t i = 0; i < vouch_issuer_sources(issuer); i++)
		check_source(check, issuer, vouch_issuer_source(issuer, i, NULL), now);
}

/* --- Issuers ------------------------------------------------------------------------------------------ */

/* Each by itself, so that the trouble of one does not hide that of the next. */
static void
check_issuer(struct check *check, struct conf_issuer *issuer, vouch_time now)
{
	const struct assembly_options options = { .now = now };
	struct assembly *assembly = NULL;
	struct conf one = *check->conf;
	vouch_err err;

	one.issuers = issuer;
	one.issuer_count = 1;
	check->issuer = issuer->name;
	check_secrets(check, issuer);
	if (assembly_new(&assembly, &one, &options, &err) != VOUCH_OK) {
		take_error(check, &err);
	} else {
		check->issuer = vouch_issuer_name(assembly->issuers[0]);
		vouch_issuer_check(assembly->issuers[0], now, take_finding, check);
		check_issuance(check, issuer);
		check_sources(check, assembly->issuers[0], now);
	}
	assembly_free(assembly);
	check->issuer = NULL;
}

/* What shows only when all are together: the same CA twice under one path. */
static void
check_together(struct check *check, vouch_time now)
{
	const struct assembly_options how = { .now = now };
	struct assembly *assembly = NULL;
	vouch_responder *responder = NULL;
	const vouch_responder_options options = { .size = sizeof(options) };
	vouch_err err;

	if (assembly_new(&assembly, check->conf, &how, &err) != VOUCH_OK ||
	    assembly_responder(&responder, assembly, check->conf, &options, &err) != VOUCH_OK)
		take_error(check, &err);
	vouch_responder_free(responder);
	assembly_free(assembly);
}

static void
check_all(struct check *check)
{
	vouch_time now = io_wall_seconds();

	check_listen(check);
	check_admin(check);
	for (size_t i = 0; i < check->conf->issuer_count; i++)
		check_issuer(check, &check->conf->issuers[i], now);
	if (check->counts[VOUCH_ERROR] == 0)
		check_together(check, now);
}

/* --- The command -------------------------------------------------------------------------------------- */

static void
print_json(const struct check *check)
{
	json_t *root = json_pack("{s:o, s:I, s:I, s:I, s:O}", "configuration", json_text(check->file),
	    "errors", (json_int_t)check->counts[VOUCH_ERROR], "warnings",
	    (json_int_t)check->counts[VOUCH_WARNING], "notes", (json_int_t)check->counts[VOUCH_NOTE],
	    "findings", check->findings);

	json_dumpf(root, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(root);
}

static void
print_summary(const struct check *check)
{
	size_t errors = check->counts[VOUCH_ERROR], warnings = check->counts[VOUCH_WARNING],
	       notes = check->counts[VOUCH_NOTE];

	printf("%s: %zu error%s, %zu warning%s, %zu note%s\n", check->file, errors, errors == 1 ? "" : "s",
	    warnings, warnings == 1 ? "" : "s", notes, notes == 1 ? "" : "s");
}

static int
run(const struct cli_args *args)
{
	struct check check = { .file = cli_value(args, "config"),
		.findings = cli_flag(args, "json") ? json_array() : NULL };
	struct conf *conf = NULL;
	vouch_err err;
	size_t operands;

	const char *const *operand = cli_operands(args, &operands);
	if (check.file == NULL || operands > 0) {
		json_decref(check.findings);
		return operands > 0 ?
		    cli_usage(args, "%s: the configuration is given with --config", operand[0]) :
		    cli_usage(args, "--config is missing");
	}
	if (conf_read(&conf, check.file, &err) != VOUCH_OK) {
		take_error(&check, &err);
	} else {
		check.conf = conf;
		check_all(&check);
	}
	if (check.findings != NULL)
		print_json(&check);
	else
		print_summary(&check);
	json_decref(check.findings);
	conf_free(conf);
	return check.counts[VOUCH_ERROR] > 0 ? CLI_FAILED : CLI_OK;
}

static const struct cli_option options[] = {
	{ "config", "FILE", "the configuration to look over (vouch.yaml(5))", false, false },
	{ "json", NULL, "print the findings as JSON", false, false },
	{ 0 },
};

const struct cli_command cli_check = {
	.name = "check",
	.synopsis = "--config vouch.yaml [--json]",
	.summary = "look over a configuration, its certificates and its policy",
	.description =
	    "Reads the configuration and everything that it names as vouch serve would, without serving, "
	    "and explains what is wrong: "
	    "settings, certificates, keys, sources, and what the policy of each issuer lacks by the "
	    "standards. Each source is asked for a certificate once.\n\n"
	    "What would stop vouch serve is an error on stderr; the findings on stdout are errors, "
	    "warnings and notes, each with its rule "
	    "and what to do. The exit code is 1 when there is an error, else 0.\n\n"
	    "vouch help settings lists every setting.",
	.example = "vouch check --config /etc/vouch/vouch.yaml",
	.options = options,
	.run = run,
};
