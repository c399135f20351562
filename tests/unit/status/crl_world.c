/* SPDX-License-Identifier: Apache-2.0 */
/* A source of CRLs for tests: its issuers, what is loaded into it, and what it says. */
#include "crl_world.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/span.h"

static char folder[64];

vouch_issuer *
crl_world_issuer(const char *subject, EVP_PKEY *key)
{
	struct recipe recipe = { .subject = subject, .key = key, .extensions = { AUTHORITY_CA_EXTENSIONS } };
	vouch_buf certificate = authority_certificate(&recipe);
	vouch_issuer *issuer = NULL;
	vouch_err err;

	if (vouch_issuer_new(&issuer, authority_span(&certificate), NULL, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	vouch_buf_free(&certificate);
	return issuer;
}

void
crl_world_open(struct crl_world *w, const char *parameters, unsigned issuers)
{
	*w = (struct crl_world){ .key = authority_key("p256"), .other_key = authority_key("p256") };
	w->issuer = crl_world_issuer("CN=CA", w->key);
	w->other = crl_world_issuer("CN=Other", w->other_key);
	if (vouch_crl_source_new(&w->source, parameters, &w->err) != VOUCH_OK)
		fail_msg("%s", w->err.msg);
	assert_int_equal(vouch_source_attach(w->source, w->issuer, NULL), VOUCH_OK);
	if (issuers > 1 && vouch_source_attach(w->source, w->other, &w->err) != VOUCH_OK)
		fail_msg("%s", w->err.msg);
}

void
crl_world_close(struct crl_world *w)
{
	vouch_source_free(w->source);
	vouch_issuer_free(w->issuer);
	vouch_issuer_free(w->other);
	EVP_PKEY_free(w->key);
	EVP_PKEY_free(w->other_key);
}

static int
feed(vouch_crl_load *load, vouch_span octets, size_t slice, vouch_err *err)
{
	int code = VOUCH_OK;

	if (slice == 0)
		slice = octets.len;
	for (size_t at = 0; at < octets.len && code == VOUCH_OK; at += slice) {
		size_t left = octets.len - at;
		/* A copy of its own: whoever reads beyond it is found out. */
		size_t len = left < slice ? left : slice;
		uint8_t *copy = malloc(len);
		memcpy(copy, octets.data + at, len);
		code = vouch_crl_load_feed(load, span_of(copy, len), err);
		free(copy);
	}
	return code;
}

int
crl_world_load_octets(struct crl_world *w, const char *name, vouch_span octets, size_t slice)
{
	vouch_crl_load *load = NULL;

	assert_int_equal(vouch_crl_load_new(&load, w->source, name, &w->err), VOUCH_OK);
	int code = feed(load, octets, slice, &w->err);
	if (code == VOUCH_OK)
		code = vouch_crl_load_end(load, DRAFT_NOW, &w->err);
	vouch_crl_load_free(load);
	return code;
}

vouch_buf
crl_world_make(const struct crl_world *w, const struct crl_draft *draft)
{
	struct crl_draft whole = *draft;

	if (whole.key == NULL)
		whole.key = w->key;
	if (whole.issuer.len == 0)
		whole.issuer = vouch_issuer_subject(w->issuer);
	return crl_draft_make(&whole);
}

int
crl_world_load(struct crl_world *w, const char *name, const struct crl_draft *draft)
{
	vouch_buf crl = crl_world_make(w, draft);
	int code = crl_world_load_octets(w, name, authority_span(&crl), 0);

	vouch_buf_free(&crl);
	return code;
}

struct crl_answer
crl_world_ask(struct crl_world *w, const vouch_issuer *issuer, const char *serial_number, vouch_time now)
{
	struct crl_answer out = { 0 };
	vouch_status status;
	vouch_buf serial = { 0 };

	vouch_status_init(&status);
	assert_int_equal(vouch_serial_parse(&serial, serial_number, NULL), VOUCH_OK);
	out.code = vouch_source_lookup(w->source, issuer, authority_span(&serial), now, &status, &out.err);
	out.status = status.cert_status;
	out.reason = status.revocation_reason;
	out.time = status.revocation_time;
	out.invalidity_date = status.invalidity_date;
	out.this_update = status.this_update;
	out.next_update = status.next_update;
	if (status.detail.len != 0)
		snprintf(out.detail, sizeof(out.detail), "%.*s", (int)status.detail.len,
		    (const char *)status.detail.data);
	out.extensions_len = status.single_extensions.len;
	if (out.extensions_len != 0)
		memcpy(out.extensions, status.single_extensions.data, out.extensions_len);
	vouch_status_clear(&status);
	vouch_buf_free(&serial);
	return out;
}

/* --- Files -------------------------------------------------------------------------------------------- */

const char *
crl_world_folder(void)
{
	if (folder[0] == '\0') {
		snprintf(folder, sizeof(folder), "/tmp/test_crl.XXXXXX");
		assert_non_null(mkdtemp(folder));
	}
	return folder;
}

const char *
crl_world_file(const char *name, vouch_span octets)
{
	static char path[128];
	char fresh[128];

	snprintf(path, sizeof(path), "%s/%s", crl_world_folder(), name);
	snprintf(fresh, sizeof(fresh), "%s/.fresh", crl_world_folder());
	FILE *file = fopen(fresh, "wb");
	assert_non_null(file);
	if (octets.len != 0)
		assert_int_equal(fwrite(octets.data, 1, octets.len, file), octets.len);
	fclose(file);
	assert_int_equal(rename(fresh, path), 0);
	return path;
}

void
crl_world_remove_files(void)
{
	char path[512];
	const struct dirent *entry;
	DIR *dir = folder[0] != '\0' ? opendir(folder) : NULL;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_name[0] != '.' || strcmp(entry->d_name, ".fresh") == 0)
			unlink(path);
	}
	if (dir != NULL)
		closedir(dir);
	if (folder[0] != '\0')
		rmdir(folder);
	folder[0] = '\0';
}
