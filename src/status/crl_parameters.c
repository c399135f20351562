/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of a CRL source's URI. */
#include "status/crl_parameters.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/number.h"
#include "status/crl_uri.h"

#define SHARDS_MAX 65536
#define FILE_MAX ((size_t)1 << 20) /* octets of the certificates of CRL issuers */

/* The process may be in another folder when the file is read again. */
static char *
make_absolute(const char *path)
{
	char *here = path[0] == '/' ? strdup("") : getcwd(NULL, 0);
	vouch_buf whole = { 0 };
	int code = here == NULL ? VOUCH_ENOMEM :
				  buf_printf(&whole, "%s%s%s", here, path[0] == '/' ? "" : "/", path);

	free(here);
	if (code == VOUCH_OK)
		code = vouch_buf_append(&whole, "", 1);
	if (code == VOUCH_OK)
		return (char *)whole.data;
	vouch_buf_free(&whole);
	return NULL;
}

/* --- One parameter each ------------------------------------------------------------------------------- */

static int
set_issued(struct crl_source *s, const char *value, vouch_err *err)
{
	s->issued_path = make_absolute(value);
	return s->issued_path != NULL ? VOUCH_OK : err_nomem(err);
}

static int
read_file(const char *path, vouch_buf *out, vouch_err *err)
{
	uint8_t octets[4096];
	size_t len;
	int code = VOUCH_OK;
	FILE *file = fopen(path, "re");

	if (file == NULL)
		return err_set(err, VOUCH_EIO, "%s", strerror(errno));
	while (code == VOUCH_OK && (len = fread(octets, 1, sizeof(octets), file)) > 0) {
		if (vouch_buf_append(out, octets, len) != VOUCH_OK)
			code = err_nomem(err);
		else if (out->len > FILE_MAX)
			code = err_set(err, VOUCH_ELIMIT, "more than %zu octets", FILE_MAX);
	}
	if (code == VOUCH_OK && ferror(file))
		code = err_set(err, VOUCH_EIO, "%s", strerror(errno));
	fclose(file);
	return code;
}

/* One certificate or several. */
static int
add_crl_issuers(struct crl_source *s, vouch_span input, vouch_err *err)
{
	vouch_buf der = { 0 };
	size_t count = 0;
	int code = VOUCH_OK;

	while (code == VOUCH_OK) {
		buf_clear(&der);
		code = vouch_certificate_read(&input, &der, err);
		if (code == VOUCH_OK)
			code = crl_authority_add_crl_issuer(&s->authority, span_buf(&der), err);
		count += code == VOUCH_OK;
	}
	vouch_buf_free(&der);
	if (code == VOUCH_ENOTFOUND)
		return count != 0 ? VOUCH_OK : err_set(err, VOUCH_EPARSE, "no certificate");
	return code;
}

static int
set_crl_issuer(struct crl_source *s, const char *value, vouch_err *err)
{
	vouch_buf octets = { 0 };
	int code = read_file(value, &octets, err);

	if (code == VOUCH_OK)
		code = add_crl_issuers(s, span_buf(&octets), err);
	vouch_buf_free(&octets);
	return code == VOUCH_OK ? VOUCH_OK : err_prefix(err, "%s", value);
}

static int
set_crl_id(struct crl_source *s, const char *value, vouch_err *err)
{
	s->policy.crl_id = strcmp(value, "yes") == 0;
	return s->policy.crl_id || strcmp(value, "no") == 0 ?
	    VOUCH_OK :
	    err_set(err, VOUCH_EINVAL, "neither yes nor no");
}

static int
set_certificates(struct crl_source *s, const char *value, vouch_err *err)
{
	static const struct {
		const char *name;
		unsigned certificates;
	} kinds[] = { { "all", CRL_ALL_CERTIFICATES }, { "user", CRL_USER_CERTIFICATES },
		{ "ca", CRL_CA_CERTIFICATES } };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].name, value) != 0)
			continue;
		s->policy.certificates = kinds[i].certificates;
		return VOUCH_OK;
	}
	return err_set(err, VOUCH_EINVAL, "none of all, user, ca");
}

/* How many there are, or their URIs with blanks between them. */
static int
set_shards(struct crl_source *s, const char *value, vouch_err *err)
{
	uint64_t count;

	if (number_parse(span_string(value), SHARDS_MAX, &count) && count != 0) {
		s->policy.shard_count = (size_t)count;
		return VOUCH_OK;
	}
	for (size_t len; *value != '\0'; value += len + (value[len] != '\0')) {
		len = strcspn(value, " ");
		if (len == 0)
			continue;
		if (memchr(value, ':', len) == NULL)
			return err_set(err, VOUCH_EINVAL,
			    "neither a number from 1 to %d nor URIs with blanks between them", SHARDS_MAX);
		if (crl_put_uri(&s->policy.shards, span_of(value, len), err) != VOUCH_OK)
			return err->code;
	}
	return s->policy.shards.len != 0 ? VOUCH_OK : err_set(err, VOUCH_EINVAL, "empty");
}

/* --- All of them -------------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	int (*set)(struct crl_source *s, const char *value, vouch_err *err);
} parameters[] = {
	{ "issued", set_issued },
	{ "crl_issuer", set_crl_issuer },
	{ "crl_id", set_crl_id },
	{ "certificates", set_certificates },
	{ "shards", set_shards },
};
#define PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

static int
read_parameters(struct crl_source *s, const char *uri, vouch_err *err)
{
	vouch_buf value = { 0 };
	int code = VOUCH_OK;

	for (size_t i = 0; i < PARAMETERS && code == VOUCH_OK; i++) {
		code = vouch_uri_parameter(&value, uri, parameters[i].name, err);
		if (code == VOUCH_ENOTFOUND) {
			code = VOUCH_OK;
			continue;
		}
		if (code == VOUCH_OK)
			code = parameters[i].set(s, (const char *)value.data, err);
		if (code != VOUCH_OK)
			(void)err_prefix(err, "crl: %s", parameters[i].name);
	}
	vouch_buf_free(&value);
	return code;
}

/* What is left when all known parameters are taken out. */
static int
set_path(struct crl_source *s, const char *uri, vouch_err *err)
{
	const char *names[PARAMETERS];
	vouch_buf rest = { 0 };

	for (size_t i = 0; i < PARAMETERS; i++)
		names[i] = parameters[i].name;
	if (vouch_uri_without(&rest, uri, names, PARAMETERS) != VOUCH_OK)
		return err_nomem(err);
	const char *path = (const char *)rest.data, *question = strrchr(path, '?');
	int code = VOUCH_OK;
	if (question != NULL && strchr(question, '=') != NULL)
		code = err_set(err, VOUCH_EINVAL,
		    "crl: no such parameter: %s; there are issued, crl_issuer, crl_id, certificates, shards",
		    question + 1);
	else if (path[0] != '\0' && (s->path = make_absolute(path)) == NULL)
		code = err_nomem(err);
	vouch_buf_free(&rest);
	return code;
}

int
crl_parameters_read(struct crl_source *s, const char *uri, vouch_err *err)
{
	s->policy.certificates = CRL_ALL_CERTIFICATES;
	int code = set_path(s, uri, err);

	return code == VOUCH_OK ? read_parameters(s, uri, err) : code;
}
