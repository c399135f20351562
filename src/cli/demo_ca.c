/* SPDX-License-Identifier: Apache-2.0 */
/* The throw-away CA of vouch demo. */
#include "cli/demo_ca.h"

#include <stdio.h>

#include "base/err.h"
#include "base/span.h"
#include "cli/responder_files.h"
#include "io/clock.h"
#include "io/file.h"
#include "pki/certificate.h"

#define DAY 86400
#define BACKDATED 300
#define FILE_LIMIT (1 << 20)
#define PATH_ROOM 4200

static int
write_ca(const char *folder, const struct pki_ca *ca, vouch_err *err)
{
	char path[PATH_ROOM];
	vouch_buf certificate = { 0 }, key = { 0 };

	int code = pki_ca_write(ca, &certificate, &key, err);
	snprintf(path, sizeof(path), "%s/ca.pem", folder);
	if (code == VOUCH_OK)
		code = io_file_create(path, 0644, span_of(certificate.data, certificate.len), err);
	snprintf(path, sizeof(path), "%s/ca.key", folder);
	if (code == VOUCH_OK)
		code = io_file_create(path, 0600, span_of(key.data, key.len), err);
	vouch_buf_free(&certificate);
	pki_key_wipe(&key);
	return code;
}

int
demo_ca_make(const char *folder, vouch_err *err)
{
	char certificate[PATH_ROOM], key[PATH_ROOM];
	vouch_time now = io_wall_seconds();
	const struct pki_template t = { .purpose = PKI_CA,
		.common_name = "vouch demo CA",
		.not_before = now - BACKDATED,
		.not_after = now + 365 * DAY };
	struct pki_ca *ca;

	if (pki_ca_new(&ca, &t, "p-256", err) != VOUCH_OK)
		return err->code;
	int code = write_ca(folder, ca, err);
	pki_ca_free(ca);
	if (code != VOUCH_OK)
		return code;
	snprintf(certificate, sizeof(certificate), "%s/ca.pem", folder);
	snprintf(key, sizeof(key), "%s/ca.key", folder);
	struct responder_files files = { .folder = folder,
		.ca = certificate,
		.ca_key = key,
		.listen = "127.0.0.1:8080" };
	return responder_files_make(&files, err);
}

static int
open_ca(struct pki_ca **out, const char *folder, vouch_err *err)
{
	char certificate[PATH_ROOM], key[PATH_ROOM];
	vouch_buf pem = { 0 };

	snprintf(certificate, sizeof(certificate), "%s/ca.pem", folder);
	snprintf(key, sizeof(key), "%s/ca.key", folder);
	int code = io_file_read(&pem, certificate, FILE_LIMIT, err);
	if (code == VOUCH_OK)
		code = pki_ca_open(out, span_of(pem.data, pem.len), key, (vouch_span){ 0 }, err);
	vouch_buf_free(&pem);
	return code;
}

int
demo_ca_issue(const char *folder, const char *name, const char *url, vouch_err *err)
{
	char path[PATH_ROOM];
	vouch_time now = io_wall_seconds();
	const struct pki_template t = { .purpose = PKI_SERVER,
		.common_name = name,
		.not_before = now - BACKDATED,
		.not_after = now + 30 * DAY,
		.ocsp_url = url };
	struct pki_ca *ca = NULL;
	struct evp_pkey_st *key = NULL;
	vouch_buf pem = { 0 };

	int code = open_ca(&ca, folder, err);
	if (code == VOUCH_OK)
		code = pki_key_new(&key, "p-256", err);
	if (code == VOUCH_OK)
		code = pki_issue(ca, &t, key, &pem, err);
	snprintf(path, sizeof(path), "%s/%s.pem", folder, name);
	if (code == VOUCH_OK)
		code = io_file_create(path, 0644, span_of(pem.data, pem.len), err);
	pki_ca_free(ca);
	pki_key_free(key);
	vouch_buf_free(&pem);
	return code;
}
