/* SPDX-License-Identifier: Apache-2.0 */
/* vouch serve: the responder, from a configuration file or from flags alone. */
#include "base/uri_secret.h"
#include "cli/command.h"
#include "conf/conf.h"
#include "daemon/supervisor.h"

static const struct cli_option options[] = {
	{ "config", "FILE", "the configuration (vouch.yaml(5)); the other options are then not allowed",
	    false, false },
	{ "listen", "ADDRESS",
	    "where to answer: 127.0.0.1:8080, [::]:8080, unix:/path, systemd; may be repeated", true, false },
	{ "issuer", "FILE", "certificate of the CA", false, false },
	{ "signer", "FILE",
	    "certificate of the responder, with its chain if it has one; the CA's own to sign as the CA",
	    false, false },
	{ "key", "URI", "key of the responder: a file, or anything an OpenSSL store loads", false, false },
	{ "passphrase-file", "FILE", "first line: the passphrase of an encrypted key, or a token's PIN",
	    false, false },
	{ "passphrase-env", "NAME", "the environment variable that holds it", false, false },
	{ "algorithm", "NAME", "signature algorithm, such as rsa-pss-sha256; default: what suits the key",
	    false, false },
	{ "source", "URI", "where the status comes from: sqlite:vouch.db; may be repeated, asked in order",
	    true, false },
	{ "not-issued", "STATUS",
	    "what is said of a serial number that no source knows: unknown (default), unauthorized, revoked, or good, for who has "
	    "only a CRL",
	    false, false },
	{ "admin", "ADDRESS", "where to serve /healthz and /metrics; off when absent", false, false },
	{ "threads", "N", "event loops; default: one per core", false, false },
	{ "user", "NAME", "started as root: whose rights signer and server take", false, false },
	{ "sandbox", "on|off", "whether each process gives up what it does not need; default: on", false,
	    false },
	{ "log-format", "FORMAT", "logfmt or json", false, false },
	{ 0 },
};

/* One row is one flag and the setting that it stands for. */
static const struct {
	const char *option, *setting;
} settings[] = {
	{ "listen", "listen" },
	{ "issuer", "issuers.certificate" },
	{ "signer", "issuers.signers.certificate" },
	{ "key", "issuers.signers.key" },
	{ "passphrase-file", "issuers.signers.passphrase_file" },
	{ "passphrase-env", "issuers.signers.passphrase_env" },
	{ "algorithm", "issuers.signers.algorithm" },
	{ "source", "issuers.sources" },
	{ "not-issued", "issuers.not_issued" },
	{ "admin", "admin" },
	{ "threads", "threads" },
	{ "user", "user" },
	{ "sandbox", "sandbox" },
	{ "log-format", "log.format" },
};
#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static int
fail_option(const char *option, const char *value, vouch_err *err)
{
	vouch_buf shown = { 0 };
	int code = err_prefix(err, "--%s %s", option, uri_shown(&shown, value));

	vouch_buf_free(&shown);
	return code;
}

static int
set_from_option(struct conf *conf, const struct cli_args *args, size_t row, vouch_err *err)
{
	size_t count;
	const char *const *values = cli_values(args, settings[row].option, &count);

	for (size_t i = 0; i < count; i++)
		if (conf_set(conf, settings[row].setting, values[i], err) != VOUCH_OK)
			return fail_option(settings[row].option, values[i], err);
	return VOUCH_OK;
}

static int
load_from_flags(struct conf **out, void *arg, vouch_err *err)
{
	const struct cli_args *args = arg;
	struct conf *conf;

	if (conf_new(&conf, err) != VOUCH_OK)
		return err->code;
	for (size_t i = 0; i < SETTINGS; i++) {
		if (set_from_option(conf, args, i, err) != VOUCH_OK) {
			conf_free(conf);
			return err->code;
		}
	}
	if (conf_check(conf, err) != VOUCH_OK) {
		conf_free(conf);
		return err->code;
	}
	*out = conf;
	return VOUCH_OK;
}

/* What must be there without a configuration file, and must not be with one. */
static int
check_flags(const struct cli_args *args)
{
	static const char *const needed[] = { "issuer", "signer", "key", "source" };
	bool from_file = cli_value(args, "config") != NULL;
	size_t count, operands;

	const char *const *operand = cli_operands(args, &operands);
	if (operands > 0)
		return cli_usage(args, "%s: no operands are expected; a configuration is given with --config",
		    operand[0]);
	for (size_t i = 0; i < SETTINGS; i++) {
		(void)cli_values(args, settings[i].option, &count);
		if (from_file && count > 0)
			return cli_usage(args,
			    "--%s and --config exclude each other: the configuration says it",
			    settings[i].option);
	}
	for (size_t i = 0; !from_file && i < sizeof(needed) / sizeof(needed[0]); i++) {
		(void)cli_values(args, needed[i], &count);
		if (count == 0)
			return cli_usage(args, "--%s is missing (or give --config)", needed[i]);
	}
	return CLI_OK;
}

static int
run(const struct cli_args *args)
{
	vouch_err err;
	int code = check_flags(args);

	if (code != CLI_OK)
		return code;
	err_or(&err, NULL);
	const struct plan_origin origin = { .file = cli_value(args, "config"),
		.from_flags = load_from_flags,
		.arg = (void *)(uintptr_t)args };
	if (supervisor_run(&origin, &err) != VOUCH_OK)
		return cli_fail("serve", &err);
	return CLI_OK;
}

const struct cli_command cli_serve = {
	.name = "serve",
	.synopsis =
	    "--config vouch.yaml | [--listen ADDRESS] --issuer ca.pem --signer ocsp.pem --key ocsp.key --source URI",
	.summary = "answer OCSP requests",
	.description =
	    "Runs the responder in the foreground and logs to stderr.\n\n"
	    "Everything that can be wrong with certificates, keys, configuration and database is found before anything listens. SIGTERM "
	    "and SIGINT answer what is in flight and end with exit code 0; a second one ends at once. SIGHUP reads configuration, certificates, "
	    "keys and sources anew; if that fails, the old ones stay and the log says why.\n\n"
	    "Three processes do the work. The supervisor, whose number is the program's, opens the listeners, starts the other two and "
	    "starts them again when they end. vouch-signer alone reads keys and passphrases; it signs nothing but answers in its own name. "
	    "vouch-server meets the clients and has no key. Both give up what they do not need: the rights of root (user), files that "
	    "the configuration does not name, system calls that they never make (sandbox). Signals are for the supervisor.",
	.example =
	    "vouch serve --listen 127.0.0.1:8080 --issuer ca.pem --signer ocsp.pem --key ocsp.key --source sqlite:vouch.db\n"
	    "vouch serve --config /etc/vouch/vouch.yaml",
	.options = options,
	.run = run,
};
