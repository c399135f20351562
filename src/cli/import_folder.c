/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates in a file or in a folder's files, as rows that say that they were issued. */
#include "cli/import_folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "io/file.h"

#define FILE_LIMIT ((size_t)64 << 20) /* a bundle of some ten thousand certificates */

/* Of another issuer: the next folder over has its own import. */
static int
add_certificate(struct import_batch *batch, const char *path, vouch_span der, vouch_err *err)
{
	vouch_certificate_info info = { .size = sizeof(info) };
	vouch_status status;

	vouch_status_init(&status);
	int ret = vouch_certificate_inspect(der, &info, err);
	if (ret == VOUCH_ENOMEM)
		return ret;
	if (ret != VOUCH_OK) {
		err_prefix(err, "%s", path);
		import_batch_refuse(batch, err->msg);
		return VOUCH_OK;
	}
	if (vouch_issuer_verify(batch->issuer, der, err) != VOUCH_OK) {
		import_batch_skip(batch);
		return VOUCH_OK;
	}
	status.cert_status = VOUCH_GOOD;
	status.not_after = info.not_after;
	memcpy(status.certificate_sha256, info.sha256, sizeof(status.certificate_sha256));
	status.has_certificate_sha256 = 1;
	return import_batch_add(batch, info.serial_number, &status, true, err);
}

/* "-----BEGIN CERTIFICATE-----", or X509 or TRUSTED before it; not a request, and no key. */
static bool
has_pem(vouch_span octets)
{
	static const char label[] = "CERTIFICATE-----";

	return memmem(octets.data, octets.len, label, strlen(label)) != NULL;
}

/* What begins like DER may as well be a key, a CRL or a request. */
static bool
is_der_of_something_else(vouch_span octets)
{
	vouch_certificate_info info = { .size = sizeof(info) };

	return octets.data[0] == 0x30 && vouch_certificate_inspect(octets, &info, NULL) != VOUCH_OK;
}

static bool
looks_like_certificates(vouch_span octets)
{
	return octets.len > 0 &&
	    (octets.data[0] == 0x30 ? !is_der_of_something_else(octets) : has_pem(octets));
}

static int
add_all(struct import_batch *batch, const char *path, vouch_span octets, vouch_err *err)
{
	vouch_buf der = { 0 };
	size_t count = 0;
	int ret = VOUCH_OK;

	while (ret == VOUCH_OK && looks_like_certificates(octets)) {
		buf_clear(&der);
		ret = vouch_certificate_read(&octets, &der, err);
		if (ret != VOUCH_OK)
			break;
		count++;
		ret = add_certificate(batch, path, span_buf(&der), err);
	}
	vouch_buf_free(&der);
	if (ret == VOUCH_EPARSE || ret == VOUCH_ELIMIT) {
		err_prefix(err, "%s", path);
		import_batch_refuse(batch, err->msg);
		return VOUCH_OK;
	}
	if (count == 0 && (ret == VOUCH_OK || ret == VOUCH_ENOTFOUND))
		import_batch_skip(batch);
	return ret == VOUCH_ENOTFOUND ? VOUCH_OK : ret;
}

int
import_certificates(struct import_batch *batch, const char *path, vouch_err *err)
{
	vouch_buf octets = { 0 };
	int ret = io_file_read(&octets, path, FILE_LIMIT, err);

	if (ret == VOUCH_OK)
		ret = add_all(batch, path, span_buf(&octets), err);
	vouch_buf_free(&octets);
	return ret;
}

/* Pipes and devices would be waited for. */
static int
add_entry(struct import_batch *batch, const char *folder, const char *name, vouch_err *err)
{
	vouch_buf path = { 0 };
	struct stat st;
	int ret = buf_printf(&path, "%s/%s", folder, name);

	if (ret == VOUCH_OK)
		ret = vouch_buf_append(&path, "", 1);
	if (ret != VOUCH_OK)
		err_nomem(err);
	else if (stat((const char *)path.data, &st) == 0 && S_ISREG(st.st_mode))
		ret = import_certificates(batch, (const char *)path.data, err);
	else
		import_batch_skip(batch);
	vouch_buf_free(&path);
	return ret;
}

static int
is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int
import_folder(struct import_batch *batch, const char *path, vouch_err *err)
{
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, is_visible, alphasort), ret = VOUCH_OK;

	if (count < 0)
		return err_set(err, VOUCH_EIO, "%s: %s", path, strerror(errno));
	batch->progress.total = (size_t)count;
	for (int i = 0; i < count; i++) {
		if (ret == VOUCH_OK)
			ret = add_entry(batch, path, entries[i]->d_name, err);
		free(entries[i]);
	}
	free(entries);
	return ret;
}
