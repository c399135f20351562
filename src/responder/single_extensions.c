/* SPDX-License-Identifier: Apache-2.0 */
/* singleExtensions of one certificate. */
#include "responder/single_extensions.h"

#include "base/err.h"
#include "der/reader.h"
#include "ocsp/extension.h"
#include "responder/archive.h"

static const vouch_span reason_code = { (const uint8_t *)"\x55\x1d\x15", 3 };

/* What of the source's own is left out. */
struct sieve {
	vouch_span oid;
	bool leaves_out;
};
#define SIEVES 3

static bool
is_left_out(const struct sieve sieves[SIEVES], vouch_span extension)
{
	vouch_err unread;
	struct der_reader r = der_reader_init(extension, err_or(NULL, &unread));
	struct der_reader inside = der_enter(&r, DER_SEQUENCE);
	vouch_span oid = der_oid(&inside);

	for (size_t i = 0; i < SIEVES; i++)
		if (sieves[i].leaves_out && span_equal(oid, sieves[i].oid))
			return true;
	return false;
}

static int
sift(vouch_buf *out, vouch_span extensions, const struct sieve sieves[SIEVES])
{
	vouch_err err;
	struct der_reader all = der_reader_init(extensions, err_or(NULL, &err));

	while (der_more(&all)) {
		vouch_span extension = der_element_of(&all, DER_SEQUENCE);
		if (der_failed(&all))
			return VOUCH_EPARSE;
		if (!is_left_out(sieves, extension) && buf_append_span(out, extension) != VOUCH_OK)
			return VOUCH_ENOMEM;
	}
	return VOUCH_OK;
}

int
single_extensions_add(vouch_buf *out, const vouch_issuer *issuer, const vouch_status *status,
    vouch_time produced_at)
{
	bool is_revoked = status->cert_status == VOUCH_REVOKED;
	bool has_invalidity_date = is_revoked && status->invalidity_date != VOUCH_TIME_ABSENT;
	/* RFC 6960 4.4.4: the cutoff tells of certificates that were known, unknown is what never was. */
	vouch_time cutoff = status->cert_status == VOUCH_UNKNOWN ? VOUCH_TIME_ABSENT :
								   archive_cutoff(issuer, produced_at);
	const struct sieve sieves[SIEVES] = {
		/* D-09: RevokedInfo has it, and BR 7.3.2 forbids it here. */
		{ reason_code, true },
		/* RFC 6960 4.4.5: of a CRL's entry, which is a revocation. */
		{ ocsp_oid_invalidity_date, !is_revoked || has_invalidity_date },
		{ ocsp_oid_archive_cutoff, cutoff != VOUCH_TIME_ABSENT },
	};
	int code = sift(out, span_buf(&status->single_extensions), sieves);

	if (code == VOUCH_OK && has_invalidity_date)
		code = ocsp_extension_invalidity_date(out, status->invalidity_date);
	if (code == VOUCH_OK && cutoff != VOUCH_TIME_ABSENT)
		code = ocsp_extension_archive_cutoff(out, cutoff);
	return code;
}
