/* SPDX-License-Identifier: Apache-2.0 */
/* The issuer that a command is about, and the certificates that it names by file or by serial number. */
#include "cli/certificates.h"
#include "cli/frame.h"
#include "cli/progress.h"
#include "base/span.h"
#include "io/file.h"

#include <stdlib.h>
#include <unistd.h>

/* A bundle of a few thousand certificates; what is larger is no file that somebody names here. */
#define FILE_LIMIT ((size_t)64 << 20)

int
cli_issuer_read(vouch_issuer **out, const char *file, const char *what)
{
	vouch_err err = { 0 };
	vouch_buf octets = { 0 };

	if (io_file_read(&octets, file, FILE_LIMIT, &err) != VOUCH_OK)
		return cli_fail(what, &err);
	int ret = vouch_issuer_new(out, span_buf(&octets), NULL, &err);
	vouch_buf_free(&octets);
	if (ret == VOUCH_OK)
		return CLI_OK;
	err_prefix(&err, "%s", file);
	return cli_fail(what, &err);
}

int
cli_issuer_load(vouch_issuer **out, const struct cli_args *args, const struct conf *conf, const char *what)
{
	const char *file = cli_value(args, "issuer");

	if (file == NULL && conf != NULL && conf->issuer_count == 1)
		file = conf->issuers[0].certificate;
	if (file != NULL)
		return cli_issuer_read(out, file, what);
	if (conf != NULL)
		return cli_usage(args, "--issuer is missing: the configuration has %zu issuers",
		    conf->issuer_count);
	return cli_usage(args, "--issuer is missing");
}

int
cli_trusted_read(vouch_buf *out, const struct cli_args *args)
{
	const char *file = cli_value(args, "trust"), *what = args->command->name;
	vouch_buf octets = { 0 };
	vouch_err err = { 0 };

	if (file == NULL)
		return CLI_OK;
	if (io_file_read(&octets, file, FILE_LIMIT, &err) != VOUCH_OK) {
		vouch_buf_free(&octets);
		return cli_fail(what, &err);
	}
	vouch_span rest = span_buf(&octets);
	int code = vouch_certificate_read(&rest, out, &err);
	vouch_buf_free(&octets);
	if (code == VOUCH_ENOTFOUND)
		return cli_failf(what, "%s: no certificate in it", file);
	return code == VOUCH_OK ? CLI_OK : cli_failf(what, "%s: %s", file, err.msg);
}

static struct cli_certificate *
add_one(struct cli_certificates *list, const char *name)
{
	if (list->count == list->room) {
		size_t room = list->room == 0 ? 16 : 2 * list->room;
		struct cli_certificate *items = realloc(list->items, room * sizeof(*items));
		if (items == NULL)
			return NULL;
		list->items = items;
		list->room = room;
	}
	struct cli_certificate *c = &list->items[list->count++];
	*c = (struct cli_certificate){ .name = name, .not_after = VOUCH_TIME_ABSENT };
	return c;
}

static int
add_certificate(struct cli_certificates *out, const vouch_issuer *issuer, const char *file, vouch_span der,
    vouch_err *err)
{
	vouch_certificate_info info = { .size = sizeof(info) };

	if (vouch_certificate_inspect(der, &info, err) != VOUCH_OK ||
	    vouch_issuer_verify(issuer, der, err) != VOUCH_OK)
		return err_prefix(err, "%s", file);
	struct cli_certificate *c = add_one(out, file);
	if (c == NULL || buf_append_span(&c->serial_number, info.serial_number) != VOUCH_OK)
		return err_nomem(err);
	c->is_file = true;
	c->not_after = info.not_after;
	memcpy(c->sha256, info.sha256, sizeof(c->sha256));
	return VOUCH_OK;
}

int
cli_certificate_file_read(vouch_buf *out, const char *file, size_t limit, vouch_err *err)
{
	vouch_buf serial_number = { 0 };
	vouch_err unread;

	int code = io_file_read(out, file, limit, err);
	if (code != VOUCH_OK && access(file, F_OK) != 0 &&
	    vouch_serial_parse(&serial_number, file, &unread) == VOUCH_OK)
		code = err_set(err, code, "%s: there is no such file; a serial number is given with --serial",
		    file);
	vouch_buf_free(&serial_number);
	return code;
}

/* One file is one certificate in DER, or any number of them in PEM. */
static int
add_file(struct cli_certificates *out, const vouch_issuer *issuer, const char *file, vouch_err *err)
{
	vouch_buf octets = { 0 }, der = { 0 };
	int ret = cli_certificate_file_read(&octets, file, FILE_LIMIT, err);
	vouch_span rest = span_buf(&octets);
	size_t before = out->count;

	while (ret == VOUCH_OK) {
		buf_clear(&der);
		ret = vouch_certificate_read(&rest, &der, err);
		if (ret != VOUCH_OK && ret != VOUCH_ENOTFOUND)
			err_prefix(err, "%s", file);
		if (ret == VOUCH_OK)
			ret = add_certificate(out, issuer, file, span_buf(&der), err);
	}
	vouch_buf_free(&der);
	vouch_buf_free(&octets);
	if (ret != VOUCH_ENOTFOUND)
		return ret;
	return out->count > before ? VOUCH_OK : err_set(err, VOUCH_EPARSE, "%s: no certificate in it", file);
}

static int
add_serial(struct cli_certificates *out, const struct cli_args *args, const char *text)
{
	vouch_err err = { 0 };
	struct cli_certificate *c = add_one(out, text);

	if (c == NULL)
		return cli_failf("serial number", "out of memory");
	if (vouch_serial_parse(&c->serial_number, text, &err) != VOUCH_OK)
		return cli_usage(args, "--serial %s: %s", text, err.msg);
	return CLI_OK;
}

int
cli_certificates_read(struct cli_certificates *out, const struct cli_args *args, const vouch_issuer *issuer,
    const char *what)
{
	size_t files = 0, serials = 0;
	const char *const *file = cli_operands(args, &files);
	const char *const *serial = cli_values(args, "serial", &serials);
	struct cli_progress progress = { .what = what, .total = files };
	vouch_err err = { 0 };

	if (files == 0 && serials == 0)
		return cli_usage(args, "name certificates by file, or by --serial");
	for (size_t i = 0; i < serials; i++) {
		int code = add_serial(out, args, serial[i]);
		if (code != CLI_OK)
			return code;
	}
	for (size_t i = 0; i < files; i++) {
		if (add_file(out, issuer, file[i], &err) != VOUCH_OK) {
			cli_progress_end(&progress);
			return cli_fail(what, &err);
		}
		cli_progress_step(&progress, i + 1);
	}
	cli_progress_end(&progress);
	return CLI_OK;
}

void
cli_certificates_clear(struct cli_certificates *certificates)
{
	for (size_t i = 0; i < certificates->count; i++)
		vouch_buf_free(&certificates->items[i].serial_number);
	free(certificates->items);
	*certificates = (struct cli_certificates){ 0 };
}
