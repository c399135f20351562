/* SPDX-License-Identifier: Apache-2.0 */
/* Which database a command works on. */
#include "cli/database.h"
#include "base/span.h"
#include "io/file.h"
#include "sources/sources.h"

#define CERTIFICATE_LIMIT ((size_t)1 << 20)

int
cli_conf_load(struct conf **out, const struct cli_args *args, const char *what)
{
	vouch_err err = { 0 };
	const char *file = cli_value(args, "config");

	if (file == NULL || conf_read(out, file, &err) == VOUCH_OK)
		return CLI_OK;
	return cli_fail(what, &err);
}

/*
 * A certificate that cannot be read is another one: whoever starts the responder with this configuration is
 * told about it.
 */
static bool
is_certificate_of(const char *file, const vouch_issuer *issuer)
{
	vouch_buf octets = { 0 };
	vouch_issuer *candidate = NULL;
	vouch_err unread = { 0 };
	bool same = io_file_read(&octets, file, CERTIFICATE_LIMIT, &unread) == VOUCH_OK &&
	    vouch_issuer_new(&candidate, span_buf(&octets), NULL, &unread) == VOUCH_OK &&
	    span_equal(vouch_issuer_id(candidate), vouch_issuer_id(issuer));

	vouch_issuer_free(candidate);
	vouch_buf_free(&octets);
	return same;
}

const struct conf_issuer *
cli_conf_issuer(const struct conf *conf, const vouch_issuer *issuer)
{
	for (size_t i = 0; i < conf->issuer_count; i++) {
		if (is_certificate_of(conf->issuers[i].certificate, issuer))
			return &conf->issuers[i];
	}
	return NULL;
}

static const char *
first_register(const struct conf_issuer *issuer)
{
	for (size_t i = 0; issuer != NULL && i < issuer->source_count; i++) {
		if (sources_is_register(issuer->sources[i].uri))
			return issuer->sources[i].uri;
	}
	return NULL;
}

static const char *
configured_register(const struct conf *conf, const vouch_issuer *issuer)
{
	const char *uri = first_register(cli_conf_issuer(conf, issuer));

	for (size_t i = 0; uri == NULL && i < conf->issuer_count; i++)
		uri = first_register(&conf->issuers[i]);
	return uri;
}

int
cli_database_uri(vouch_buf *out, const struct cli_args *args, const struct conf *conf,
    const vouch_issuer *issuer, const char *what)
{
	const char *db = cli_value(args, "db");
	const char *uri = db != NULL && sources_is_uri(db) ? db : NULL;

	if (db == NULL && conf != NULL) {
		uri = configured_register(conf, issuer);
		if (uri == NULL)
			return cli_failf(what,
			    "%s: none of its sources can be written: name a database with --db", conf->file);
	}
	int ret = uri != NULL ? buf_append_string(out, uri) :
				buf_printf(out, "sqlite:%s", db != NULL ? db : CLI_DATABASE_DEFAULT);
	if (ret == VOUCH_OK)
		ret = vouch_buf_append(out, "", 1);
	return ret == VOUCH_OK ? CLI_OK : cli_failf(what, "out of memory");
}
