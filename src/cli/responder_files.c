/* SPDX-License-Identifier: Apache-2.0 */
/* The files of a responder in its folder. */
#include "cli/responder_files.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "cli/yaml_string.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/passphrase.h"
#include "pki/certificate.h"
#include "pki/key.h"
#include "sources/sources.h"

#define FILE_LIMIT (1 << 20)  /* a certificate with its chain, and what people write around it */
#define VALIDITY (90 * 86400) /* L-04: a certificate that nobody checks for revocation lives shortly */
#define BACKDATED 300	      /* clients' clocks differ */
#define PATH_ROOM 4096
#define NAME_MAX_OCTETS 64 /* of an issuer's name in the configuration */

static const char yaml[] =
    "# The configuration of an OCSP responder: see vouch.yaml(5); look it over with: vouch check --config FILE\n"
    "listen: [\"%s\"]\n"
    "admin: 127.0.0.1:8081          # /healthz and /metrics\n"
    "issuers:\n"
    "  - name: %.*s\n"
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

/* What was made so far, to be taken away again when the rest fails. */
struct making {
	const struct responder_files *files;
	const char *names[8];
	size_t count;
};

static void
note(struct making *m, const char *name)
{
	assert(m->count < sizeof(m->names) / sizeof(m->names[0]));
	m->names[m->count++] = name;
}

static void
undo(const struct making *m)
{
	char path[PATH_ROOM];
	vouch_err unread;

	for (size_t i = 0; i < m->count; i++)
		if (path_of(path, m->files, m->names[i], &unread) == VOUCH_OK)
			unlink(path);
}

static int
create(struct making *m, const char *name, unsigned mode, vouch_span content, vouch_err *err)
{
	char path[PATH_ROOM];

	if (path_of(path, m->files, name, err) != VOUCH_OK)
		return err->code;
	int code = io_file_create(path, mode, content, err);
	/* Refused: it is somebody else's.  After any other failure it may be there. */
	if (code != VOUCH_EREFUSED)
		note(m, name);
	return code;
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
issue(const struct responder_files *f, vouch_span ca, struct evp_pkey_st *key, vouch_buf *pem, vouch_err *err)
{
	struct pki_template t = template_of(io_wall_seconds());
	vouch_buf passphrase = { 0 };
	struct pki_ca *authority = NULL;
	int code = VOUCH_OK;

	if (f->ca_passphrase_file != NULL)
		code = io_passphrase_read(&passphrase, f->ca_passphrase_file, err);
	if (code == VOUCH_OK)
		code = pki_ca_open(&authority, ca, f->ca_key, span_buf(&passphrase), err);
	if (code == VOUCH_OK)
		code = pki_issue(authority, &t, key, pem, err);
	pki_ca_free(authority);
	io_passphrase_wipe(&passphrase);
	return code;
}

/* The certificate when the CA's key is at hand, else a request for one. */
static int
certify(const struct responder_files *f, vouch_span ca, struct evp_pkey_st *key, vouch_buf *pem,
    vouch_err *err)
{
	struct pki_template t = template_of(io_wall_seconds());

	return f->ca_key != NULL ? issue(f, ca, key, pem, err) : pki_csr(&t, ca, key, pem, err);
}

static int
write_yaml(vouch_buf *out, const struct responder_files *f, const vouch_issuer *issuer, vouch_err *err)
{
	vouch_buf name = { 0 };

	int code = yaml_string_append(&name, vouch_issuer_name(issuer), NAME_MAX_OCTETS);
	if (code == VOUCH_OK)
		code = buf_printf(out, yaml, f->listen, (int)name.len, (const char *)name.data);
	vouch_buf_free(&name);
	return code == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

static int
create_database(struct making *m, vouch_err *err)
{
	char uri[PATH_ROOM + 32];
	vouch_source *source;

	snprintf(uri, sizeof(uri), "sqlite:%s/vouch.db?mode=rwc", m->files->folder);
	note(m, "vouch.db");
	note(m, "vouch.db-wal");
	note(m, "vouch.db-shm");
	if (sources_open(&source, uri, io_wall_seconds(), err) != VOUCH_OK)
		return err->code;
	vouch_source_free(source);
	return VOUCH_OK;
}

/* The issuer whose certificate is the first in a file. */
static int
read_issuer(vouch_issuer **out, const char *path, vouch_err *err)
{
	vouch_buf octets = { 0 }, der = { 0 };

	if (io_file_read(&octets, path, FILE_LIMIT, err) != VOUCH_OK) {
		vouch_buf_free(&octets);
		return err->code;
	}
	vouch_span rest = span_buf(&octets);
	int code = vouch_certificate_read(&rest, &der, err);
	if (code == VOUCH_ENOTFOUND)
		code = err_set(err, VOUCH_EPARSE, "no certificate in it");
	if (code == VOUCH_OK)
		code = vouch_issuer_new(out, span_buf(&der), NULL, err);
	vouch_buf_free(&octets);
	vouch_buf_free(&der);
	return code == VOUCH_OK ? VOUCH_OK : err_prefix(err, "%s", path);
}

/* ca.pem may have been put there before, or be the very file that --ca names; what is there must be the same CA. */
static int
check_ca(const struct responder_files *f, const vouch_issuer *issuer, bool *is_there, vouch_err *err)
{
	char path[PATH_ROOM];
	vouch_issuer *other = NULL;

	if (path_of(path, f, "ca.pem", err) != VOUCH_OK)
		return err->code;
	*is_there = access(path, F_OK) == 0;
	if (!*is_there)
		return VOUCH_OK;
	if (read_issuer(&other, path, err) != VOUCH_OK)
		return err->code;
	int code = span_equal(vouch_issuer_id(issuer), vouch_issuer_id(other)) ?
	    VOUCH_OK :
	    err_set(err, VOUCH_EREFUSED, "%s: is there already, and is not the CA of %s", path, f->ca);
	vouch_issuer_free(other);
	return code;
}

/* What the files hold, all of it known before the first is made. */
struct contents {
	bool has_ca; /* ca.pem is there already */
	vouch_buf ca, key, certificate, yaml;
};

static int
prepare(struct contents *c, const struct responder_files *f, const vouch_issuer *issuer, vouch_err *err)
{
	vouch_span ca = vouch_issuer_certificate(issuer);
	const char *type = f->key_type;
	struct evp_pkey_st *key = NULL;

	int code = check_ca(f, issuer, &c->has_ca, err);
	if (code == VOUCH_OK && type == NULL)
		code = pki_key_type_like(&type, ca, err);
	if (code == VOUCH_OK)
		code = pki_key_new(&key, type, err);
	if (code == VOUCH_OK)
		code = certify(f, ca, key, &c->certificate, err);
	if (code == VOUCH_OK)
		code = pki_key_write(key, &c->key, err);
	/* Written anew: the file of --ca may hold the CA's key as well. */
	if (code == VOUCH_OK)
		code = pki_certificate_write(ca, &c->ca, err);
	if (code == VOUCH_OK)
		code = write_yaml(&c->yaml, f, issuer, err);
	pki_key_free(key);
	return code;
}

/* The configuration comes last: where it is, the rest is. */
static int
create_all(struct making *m, const struct contents *c, vouch_err *err)
{
	int code = create(m, "ocsp.key", 0600, span_buf(&c->key), err);

	if (code == VOUCH_OK)
		code = create(m, m->files->ca_key != NULL ? "ocsp.pem" : "ocsp.csr", 0644,
		    span_buf(&c->certificate), err);
	if (code == VOUCH_OK && !c->has_ca)
		code = create(m, "ca.pem", 0644, span_buf(&c->ca), err);
	if (code == VOUCH_OK)
		code = create_database(m, err);
	if (code == VOUCH_OK)
		code = create(m, "vouch.yaml", 0644, span_buf(&c->yaml), err);
	return code;
}

int
responder_files_make(const struct responder_files *f, vouch_err *err)
{
	struct making making = { .files = f };
	struct contents contents = { 0 };
	vouch_issuer *issuer = NULL;

	int code = refuse_existing(f, err);
	if (code == VOUCH_OK)
		code = read_issuer(&issuer, f->ca, err);
	if (code == VOUCH_OK)
		code = prepare(&contents, f, issuer, err);
	if (code == VOUCH_OK)
		code = create_all(&making, &contents, err);
	if (code != VOUCH_OK)
		undo(&making);
	vouch_issuer_free(issuer);
	pki_key_wipe(&contents.key);
	vouch_buf_free(&contents.ca);
	vouch_buf_free(&contents.certificate);
	vouch_buf_free(&contents.yaml);
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
	bool has_ca;
	vouch_buf pem = { 0 };
	struct evp_pkey_st *key = NULL;
	vouch_issuer *issuer = NULL;

	int code = path_of(path, f, f->ca_key != NULL ? "ocsp.pem" : "ocsp.csr", err);
	if (code == VOUCH_OK)
		code = load_key(f, &key, err);
	if (code == VOUCH_OK)
		code = read_issuer(&issuer, f->ca, err);
	if (code == VOUCH_OK)
		code = check_ca(f, issuer, &has_ca, err);
	if (code == VOUCH_OK)
		code = certify(f, vouch_issuer_certificate(issuer), key, &pem, err);
	if (code == VOUCH_OK)
		code = io_file_replace(path, 0644, span_buf(&pem), err);
	pki_key_free(key);
	vouch_issuer_free(issuer);
	vouch_buf_free(&pem);
	return code;
}
