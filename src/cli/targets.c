/* SPDX-License-Identifier: Apache-2.0 */
/* What vouch query and vouch bench ask about. */
#include "cli/targets.h"

#include <stdlib.h>

#include "base/span.h"
#include "cli/certificates.h"
#include "cli/frame.h"

#define FILE_LIMIT (1 << 20) /* a certificate with its chain */

static struct cli_target *
add_target(struct cli_targets *targets, const char *name)
{
	struct cli_target *grown = realloc(targets->items, (targets->count + 1) * sizeof(*grown));

	if (grown == NULL)
		return NULL;
	targets->items = grown;
	grown[targets->count] = (struct cli_target){ .name = name };
	return &grown[targets->count++];
}

/* One of the certificates behind the first one issued it. */
static int
find_issuer(struct cli_target *t, vouch_span certificate, vouch_span rest, vouch_err *err)
{
	vouch_buf candidate = { 0 };
	int code;

	while ((code = vouch_certificate_read(&rest, &candidate, err)) == VOUCH_OK) {
		vouch_issuer *issuer = NULL;
		if (vouch_issuer_new(&issuer, span_buf(&candidate), NULL, NULL) == VOUCH_OK &&
		    vouch_issuer_verify(issuer, certificate, NULL) == VOUCH_OK) {
			t->issuer = issuer;
			break;
		}
		vouch_issuer_free(issuer);
		buf_clear(&candidate);
	}
	vouch_buf_free(&candidate);
	if (t->issuer != NULL)
		return VOUCH_OK;
	return code == VOUCH_ENOTFOUND ?
	    err_set(err, VOUCH_EINVAL,
		"give the CA's certificate with --issuer, or in the same file behind it") :
	    err->code;
}

static int
set_issuer(struct cli_target *t, vouch_issuer *issuer, vouch_span certificate, vouch_span rest,
    vouch_err *err)
{
	if (issuer == NULL)
		return find_issuer(t, certificate, rest, err);
	if (vouch_issuer_verify(issuer, certificate, err) != VOUCH_OK)
		return err->code;
	t->issuer = vouch_issuer_ref(issuer);
	return VOUCH_OK;
}

/* RFC 3986 2: what is in a certificate goes into a request and onto a terminal. */
static bool
is_url_text(vouch_span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] <= ' ' || text.data[i] >= 0x7f)
			return false;
	return text.len > 0;
}

static int
set_url(struct cli_target *t, const char *url, vouch_span from_certificate, vouch_err *err)
{
	if (url == NULL && from_certificate.len == 0)
		return err_set(err, VOUCH_EINVAL,
		    "the certificate names no responder (no OCSP URL in its AIA): give --url");
	if (url == NULL && !is_url_text(from_certificate))
		return err_set(err, VOUCH_EPARSE,
		    "the OCSP URL in its AIA has characters that no URL has: give --url");
	t->url = url != NULL ? strdup(url) :
			       strndup((const char *)from_certificate.data, from_certificate.len);
	return t->url != NULL ? VOUCH_OK : err_nomem(err);
}

static int
inspect(struct cli_target *t, vouch_issuer *issuer, const char *url, vouch_span certificate, vouch_span rest,
    vouch_err *err)
{
	vouch_certificate_info info = { .size = sizeof(info) };

	if (vouch_certificate_inspect(certificate, &info, err) != VOUCH_OK ||
	    set_url(t, url, info.ocsp_url, err) != VOUCH_OK)
		return err->code;
	if (buf_append_span(&t->serial_number, info.serial_number) != VOUCH_OK)
		return err_nomem(err);
	return set_issuer(t, issuer, certificate, rest, err);
}

static int
read_file(struct cli_target *t, vouch_issuer *issuer, const char *url, vouch_err *err)
{
	vouch_buf octets = { 0 }, certificate = { 0 };

	if (cli_certificate_file_read(&octets, t->name, FILE_LIMIT, err) != VOUCH_OK) {
		vouch_buf_free(&octets);
		return err->code;
	}
	vouch_span rest = span_buf(&octets);
	int code = vouch_certificate_read(&rest, &certificate, err);
	if (code == VOUCH_ENOTFOUND)
		code = err_set(err, VOUCH_EPARSE, "no certificate in it");
	if (code == VOUCH_OK)
		code = inspect(t, issuer, url, span_buf(&certificate), rest, err);
	vouch_buf_free(&octets);
	vouch_buf_free(&certificate);
	return code == VOUCH_OK ? VOUCH_OK : err_prefix(err, "%s", t->name);
}

static int
read_files(struct cli_targets *out, const struct cli_args *args, vouch_issuer *issuer)
{
	size_t count;
	const char *const *files = cli_operands(args, &count);

	for (size_t i = 0; i < count; i++) {
		vouch_err err = { 0 };
		struct cli_target *t = add_target(out, files[i]);
		if (t == NULL)
			return cli_failf(args->command->name, "out of memory");
		if (read_file(t, issuer, cli_value(args, "url"), &err) != VOUCH_OK)
			return cli_fail(args->command->name, &err);
	}
	return CLI_OK;
}

static int
read_serials(struct cli_targets *out, const struct cli_args *args, vouch_issuer *issuer)
{
	size_t count;
	const char *const *serials = cli_values(args, "serial", &count);
	const char *url = cli_value(args, "url");

	if (count > 0 && (issuer == NULL || url == NULL))
		return cli_usage(args, "--serial needs %s", issuer == NULL ? "--issuer" : "--url");
	for (size_t i = 0; i < count; i++) {
		vouch_err err = { 0 };
		struct cli_target *t = add_target(out, serials[i]);
		if (t == NULL)
			return cli_failf(args->command->name, "out of memory");
		t->issuer = vouch_issuer_ref(issuer);
		if (vouch_serial_parse(&t->serial_number, serials[i], &err) != VOUCH_OK)
			return cli_usage(args, "--serial %s: %s", serials[i], err.msg);
		if (set_url(t, url, (vouch_span){ 0 }, &err) != VOUCH_OK)
			return cli_fail(args->command->name, &err);
	}
	return CLI_OK;
}

int
cli_targets_read(struct cli_targets *out, const struct cli_args *args)
{
	const char *file = cli_value(args, "issuer");
	vouch_issuer *issuer = NULL;

	if (file != NULL && cli_issuer_read(&issuer, file, args->command->name) != CLI_OK)
		return CLI_FAILED;
	int code = read_files(out, args, issuer);
	if (code == CLI_OK)
		code = read_serials(out, args, issuer);
	vouch_issuer_free(issuer);
	if (code != CLI_OK)
		return code;
	return out->count > 0 ? CLI_OK : cli_usage(args, "a certificate or --serial is expected");
}

void
cli_targets_clear(struct cli_targets *targets)
{
	for (size_t i = 0; i < targets->count; i++) {
		vouch_issuer_free(targets->items[i].issuer);
		vouch_buf_free(&targets->items[i].serial_number);
		vouch_buf_free(&targets->items[i].answer);
		free(targets->items[i].url);
	}
	free(targets->items);
	*targets = (struct cli_targets){ 0 };
}
