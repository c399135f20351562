/* SPDX-License-Identifier: Apache-2.0 */
/* vouch init: key and certificate (or CSR) of a responder, its database and its configuration, in a folder. */
#include "cli/command.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/span.h"
#include "cli/responder_files.h"
#include "cli/shell_word.h"

#define PATH_ROOM 4200

static const struct cli_option options[] = {
	{ "ca", "FILE", "certificate of the CA", false, false },
	{ "ca-key", "URI",
	    "key of the CA, which signs the responder's certificate: a file, or what an OpenSSL store loads",
	    false, false },
	{ "ca-passphrase-file", "FILE", "first line: the passphrase of the CA's key", false, false },
	{ "csr", NULL, "make a certificate request (ocsp.csr) for the CA to sign, instead of the certificate",
	    false, false },
	{ "renew", NULL, "make the next certificate (or request) for the key that is there", false, false },
	{ "key-type", "TYPE",
	    "rsa-2048, rsa-3072, rsa-4096, p-256, p-384, p-521, ed25519, ed448, with OpenSSL 3.5 ml-dsa-65 and the "
	    "like; default: as the CA's",
	    false, false },
	{ 0 },
};

static int
check_usage(const struct cli_args *args)
{
	size_t count;

	(void)cli_operands(args, &count);
	if (count != 1)
		return cli_usage(args, "one folder is expected");
	if (cli_value(args, "ca") == NULL)
		return cli_usage(args, "--ca is missing");
	if (cli_flag(args, "csr") == (cli_value(args, "ca-key") != NULL))
		return cli_usage(args, "either --ca-key (to sign the certificate) or --csr is needed");
	if (cli_value(args, "ca-passphrase-file") != NULL && cli_value(args, "ca-key") == NULL)
		return cli_usage(args, "--ca-passphrase-file has no meaning without --ca-key");
	if (cli_flag(args, "renew") && cli_value(args, "key-type") != NULL)
		return cli_usage(args, "--renew keeps the key: --key-type has no meaning with it");
	return CLI_OK;
}

/* Between the words of a command, a file of the folder. */
struct step {
	const char *what, *words[3], *files[2];
};

static void
print_file(const char *folder, const char *name)
{
	char path[PATH_ROOM];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	shell_word_print(path);
}

static void
print_step(const char *folder, const struct step *step)
{
	printf("%-25s%s", step->what, step->words[0]);
	for (size_t i = 0; i < 2 && step->files[i] != NULL; i++) {
		print_file(folder, step->files[i]);
		fputs(step->words[i + 1], stdout);
	}
	putchar('\n');
}

static void
print_next_steps(const struct responder_files *f, bool renew)
{
	static const struct step steps[] = {
		{ "record what was issued:", { "vouch add --issuer ", " --db ", " CERT..." },
		    { "ca.pem", "vouch.db" } },
		{ "look it over:", { "vouch check --config ", "" }, { "vouch.yaml" } },
		{ "answer:", { "vouch serve --config ", "" }, { "vouch.yaml" } },
	};

	if (f->ca_key == NULL) {
		print_file(f->folder, "ocsp.csr");
		printf(" is to be signed by the CA (extendedKeyUsage OCSPSigning, id-pkix-ocsp-nocheck);\n"
		       "put the certificate into ");
		print_file(f->folder, "ocsp.pem");
		printf(", then:\n");
	}
	if (renew)
		printf(
		    "a running responder takes it at a reload: kill -HUP PID, or systemctl reload vouch\n");
	for (size_t i = 0; !renew && i < sizeof(steps) / sizeof(steps[0]); i++)
		print_step(f->folder, &steps[i]);
}

static int
make(const struct responder_files *f, bool renew, vouch_err *err)
{
	if (renew)
		return responder_files_renew(f, err);
	bool made = mkdir(f->folder, 0755) == 0;
	struct stat there;
	if (!made && errno == EEXIST && stat(f->folder, &there) == 0 && !S_ISDIR(there.st_mode))
		return err_set(err, VOUCH_EIO, "%s: a file is there, a folder is expected", f->folder);
	if (!made && errno != EEXIST)
		return err_set(err, VOUCH_EIO, "%s: %s", f->folder, strerror(errno));
	if (responder_files_make(f, err) == VOUCH_OK)
		return VOUCH_OK;
	if (made)
		rmdir(f->folder);
	return err->code;
}

static int
run(const struct cli_args *args)
{
	size_t count;
	vouch_err err = { 0 };
	int code = check_usage(args);

	if (code != CLI_OK)
		return code;
	struct responder_files f = {
		.folder = cli_operands(args, &count)[0],
		.ca = cli_value(args, "ca"),
		.ca_key = cli_value(args, "ca-key"),
		.ca_passphrase_file = cli_value(args, "ca-passphrase-file"),
		.key_type = cli_value(args, "key-type"),
		.listen = "0.0.0.0:8080",
	};
	bool renew = cli_flag(args, "renew");
	if (make(&f, renew, &err) != VOUCH_OK)
		return cli_fail("init", &err);
	print_next_steps(&f, renew);
	return CLI_OK;
}

const struct cli_command cli_init = {
	.name = "init",
	.synopsis = "DIR --ca ca.pem [--ca-key ca.key | --csr] [--renew]",
	.summary = "make key, certificate, database and configuration of a responder",
	.description =
	    "Makes in DIR: ca.pem (the CA's certificate), ocsp.key (readable by its owner only), ocsp.pem (valid for 90 days, with OCSPSigning and nocheck) or "
	    "ocsp.csr, vouch.db and vouch.yaml. Files that are there are never overwritten, and when one cannot be made the others are taken away again.\n\n"
	    "--renew makes the next certificate or request for the key that is there; the certificate is replaced in one step.",
	.example = "vouch init /etc/vouch --ca ca.pem --ca-key ca.key\n"
		   "vouch init /etc/vouch --ca ca.pem --ca-key ca.key --renew",
	.options = options,
	.run = run,
};
