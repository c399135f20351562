/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a responder in its folder. */
#include "cli/responder_files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "io/clock.h"
#include "io/file.h"
#include "pki/certificate.h"
#include "pki/key.h"
#include "sources/sources.h"

#define FILE_LIMIT (1 << 20)
#define VALIDITY (90 * 86400) /* L-04: a certificate that nobody checks for revocation lives shortly */
#define BACKDATED 300	      /* clients' clocks differ */
#define PATH_ROOM 4096

static const char yaml[] =
    "# The configuration of an OCSP responder: see vouch.yaml(5); look it over with: vouch check --config FILE\n"
    "listen: [\"%s\"]\n"
    "admin: 127.0.0.1:8081          # /healthz and /metrics\n"
    "issuers:\n"
    "  - name: %s\n"
    "    certificate: ca.pem\n"
    "    signers:\n"
    "      - { certificate: ocsp.pem, key: ocsp.key }\n"
    "    sources: [\"sqlite:vouch.db\"]\n"
    "    profile: rfc6960           # rfc6960, webpki, etsi or enterprise\n"
    "    validity: 24h\n";

static int
path_of(char path[PATH_ROOM], const struct responder_files *f, const char *name, vouch_err *err)
{
	int len = snprintf(path, PATH_ROOM, "%s/%s", f->folder, name);

	return len < PATH_ROOM ? VOUCH_OK : err_set(err, VOUCH_ELIMIT, "%s: the path is too long", f->folder);
}

static int
create(const struct responder_files *f, const char *name, unsigned mode, vouch_span content, vouch_err *err)
{
	char path[PATH_ROOM];

	if (path_of(path, f, name, err) != VOUCH_OK)
		return err->code;
	return io_file_create(path, mode, content, err);
}

static int
refuse_existing(const struct responder_files *f, vouch_err *err)
{
	static const char *const names[] = { "ocsp.key", "ocsp.pem", "ocsp.csr", "vouch.yaml", "vouch.db" };
	char path[PATH_ROOM];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (path_of(path, f, names[i], err) != VOUCH_OK)
			return err->code;
		if (access(path, F_OK) == 0)
			return err_set(err, VOUCH_EREFUSED,
			    "%s: is there already (--renew makes the next certificate)", path);
	}
	return VOUCH_OK;
}

static int
read_passphrase(vouch_buf *out, const char *file, vouch_err *err)
{
	if (file == NULL)
		return VOUCH_OK;
	if (io_file_read(out, file, FILE_LIMIT, err) != VOUCH_OK)
		return err->code;
	const uint8_t *end = out->len == 0 ? NULL : memchr(out->data, '\n', out->len);
	if (end != NULL)
		out->len = (size_t)(end - out->data);
	return VOUCH_OK;
}

static struct pki_template
template_of(const vouch_time now)
{
	return (struct pki_template){ .purpose = PKI_RESPONDER,
		.common_name = "OCSP Responder",
		.under_issuer_name = true,
		.not_before = now - BACKDATED,
		.not_after = now + VALIDITY };
}

static int
issue(const struct responder_files *f, vouch_span ca_pem, struct evp_pkey_st *key, vouch_buf *pem,
    vouch_err *err)
{
	struct pki_template t = template_of(io_wall_seconds());
	vouch_buf passphrase = { 0 };
	struct pki_ca *ca = NULL;

	int code = read_passphrase(&passphrase, f->ca_passphrase_file, err);
	if (code == VOUCH_OK)
		code = pki_ca_open(&ca, ca_pem, f->ca_key, span_buf(&passphrase), err);
	if (code == VOUCH_OK)
		code = pki_issue(ca, &t, key, pem, err);
	pki_ca_free(ca);
	vouch_buf_free(&passphrase);
	return code;
}

/* The certificate when the CA's key is at hand, else a request for one. */
static int
certify(const struct responder_files *f, vouch_span ca_pem, struct evp_pkey_st *key, vouch_buf *pem,
    vouch_err *err)
{
	struct pki_template t = template_of(io_wall_seconds());

	return f->ca_key != NULL ? issue(f, ca_pem, key, pem, err) : pki_csr(&t, ca_pem, key, pem, err);
}

/* A YAML scalar in double quotes. */
static int
quote(vouch_buf *out, const char *text)
{
	int code = buf_append_string(out, "\"");

	for (; code == VOUCH_OK && *text != '\0'; text++)
		code = *text == '"' || *text == '\\' ? buf_printf(out, "\\%c", *text) :
						       vouch_buf_append(out, text, 1);
	return code == VOUCH_OK ? vouch_buf_append(out, "\"", 2) : code;
}

static int
create_yaml(const struct responder_files *f, vouch_span ca_pem, vouch_err *err)
{
	vouch_issuer *issuer;
	vouch_buf name = { 0 }, text = { 0 };

	if (vouch_issuer_new(&issuer, ca_pem, NULL, err) != VOUCH_OK)
		return err_prefix(err, "%s", f->ca);
	int code = quote(&name, vouch_issuer_name(issuer));
	if (code == VOUCH_OK)
		code = buf_printf(&text, yaml, f->listen, (const char *)name.data);
	code = code == VOUCH_OK ? create(f, "vouch.yaml", 0644, span_buf(&text), err) : err_nomem(err);
	vouch_issuer_free(issuer);
	vouch_buf_free(&name);
	vouch_buf_free(&text);
	return code;
}

static int
create_database(const struct responder_files *f, vouch_err *err)
{
	char uri[PATH_ROOM + 32];
	vouch_source *source;

	snprintf(uri, sizeof(uri), "sqlite:%s/vouch.db?mode=rwc", f->folder);
	if (sources_open(&source, uri, io_wall_seconds(), err) != VOUCH_OK)
		return err->code;
	vouch_source_free(source);
	return VOUCH_OK;
}

/* ca.pem may be the very file that --ca names, or one that was put there before. */
static int
create_ca(const struct responder_files *f, vouch_span ca_pem, vouch_err *err)
{
	char path[PATH_ROOM];

	if (path_of(path, f, "ca.pem", err) != VOUCH_OK)
		return err->code;
	return access(path, F_OK) == 0 ? VOUCH_OK : io_file_create(path, 0644, ca_pem, err);
}

static int
create_all(const struct responder_files *f, vouch_span ca_pem, vouch_span key_pem, vouch_span certificate,
    vouch_err *err)
{
	int code = create(f, "ocsp.key", 0600, key_pem, err);

	if (code == VOUCH_OK)
		code = create(f, f->ca_key != NULL ? "ocsp.pem" : "ocsp.csr", 0644, certificate, err);
	if (code == VOUCH_OK)
		code = create_ca(f, ca_pem, err);
	if (code == VOUCH_OK)
		code = create_database(f, err);
	if (code == VOUCH_OK)
		code = create_yaml(f, ca_pem, err);
	return code;
}

static int
make_from(const struct responder_files *f, vouch_span ca_pem, vouch_err *err)
{
	const char *type = f->key_type;
	struct evp_pkey_st *key = NULL;
	vouch_buf key_pem = { 0 }, pem = { 0 };

	int code = type != NULL ? VOUCH_OK : pki_key_type_like(&type, ca_pem, err);
	if (code == VOUCH_OK)
		code = pki_key_new(&key, type, err);
	if (code == VOUCH_OK)
		code = certify(f, ca_pem, key, &pem, err);
	if (code == VOUCH_OK)
		code = pki_key_write(key, &key_pem, err);
	if (code == VOUCH_OK)
		code = create_all(f, ca_pem, span_buf(&key_pem), span_buf(&pem), err);
	pki_key_free(key);
	pki_key_wipe(&key_pem);
	vouch_buf_free(&pem);
	return code;
}

int
responder_files_make(const struct responder_files *f, vouch_err *err)
{
	vouch_buf ca_pem = { 0 };

	int code = refuse_existing(f, err);
	if (code == VOUCH_OK)
		code = io_file_read(&ca_pem, f->ca, FILE_LIMIT, err);
	if (code == VOUCH_OK)
		code = make_from(f, span_buf(&ca_pem), err);
	vouch_buf_free(&ca_pem);
	return code;
}

/* The certificate that is there says which key; the key itself is needed only to sign a request. */
static int
load_key(const struct responder_files *f, struct evp_pkey_st **key, vouch_err *err)
{
	char certificate[PATH_ROOM], key_path[PATH_ROOM];
	vouch_buf pem = { 0 };

	if (path_of(certificate, f, "ocsp.pem", err) != VOUCH_OK ||
	    path_of(key_path, f, "ocsp.key", err) != VOUCH_OK)
		return err->code;
	int code = io_file_read(&pem, certificate, FILE_LIMIT, err);
	if (code == VOUCH_OK)
		code = f->ca_key != NULL ? pki_key_public(key, span_buf(&pem), err) :
					   pki_key_load(key, key_path, span_buf(&pem), err);
	vouch_buf_free(&pem);
	return code;
}

int
responder_files_renew(const struct responder_files *f, vouch_err *err)
{
	char path[PATH_ROOM];
	vouch_buf ca_pem = { 0 }, pem = { 0 };
	struct evp_pkey_st *key = NULL;

	int code = path_of(path, f, f->ca_key != NULL ? "ocsp.pem" : "ocsp.csr", err);
	if (code == VOUCH_OK)
		code = load_key(f, &key, err);
	if (code == VOUCH_OK)
		code = io_file_read(&ca_pem, f->ca, FILE_LIMIT, err);
	if (code == VOUCH_OK)
		code = certify(f, span_buf(&ca_pem), key, &pem, err);
	if (code == VOUCH_OK)
		code = io_file_replace(path, 0644, span_buf(&pem), err);
	pki_key_free(key);
	vouch_buf_free(&ca_pem);
	vouch_buf_free(&pem);
	return code;
}
