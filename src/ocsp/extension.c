/* SPDX-License-Identifier: Apache-2.0 */
/* Extensions of OCSP (RFC 6960 4.4, RFC 9654): one whole element each. */
#include "ocsp/extension.h"

#include "ocsp/extension_list.h"
#include "ocsp/oids.h"

const vouch_span ocsp_oid_nonce = { (const uint8_t *)OCSP_OID_NONCE, sizeof(OCSP_OID_NONCE) - 1 };
const vouch_span ocsp_oid_archive_cutoff = { (const uint8_t *)OCSP_OID_ARCHIVE_CUTOFF,
	sizeof(OCSP_OID_ARCHIVE_CUTOFF) - 1 };
const vouch_span ocsp_oid_extended_revoke = { (const uint8_t *)OCSP_OID_EXTENDED_REVOKE,
	sizeof(OCSP_OID_EXTENDED_REVOKE) - 1 };
const vouch_span ocsp_oid_invalidity_date = { (const uint8_t *)OCSP_OID_INVALIDITY_DATE,
	sizeof(OCSP_OID_INVALIDITY_DATE) - 1 };

int
ocsp_extension_nonce(vouch_buf *out, vouch_span extn_value)
{
	vouch_err unread;
	struct der_writer w = der_writer_init(out);
	struct ocsp_extension_marks nonce = ocsp_extension_begin(&w, ocsp_oid_nonce);

	der_put_raw(&w, extn_value);
	ocsp_extension_end(&w, nonce);
	return der_writer_finish(&w, &unread);
}

int
ocsp_extension_extended_revoke(vouch_buf *out)
{
	vouch_err unread;
	struct der_writer w = der_writer_init(out);
	struct ocsp_extension_marks extended_revoke = ocsp_extension_begin(&w, ocsp_oid_extended_revoke);

	der_put_null(&w);
	ocsp_extension_end(&w, extended_revoke);
	return der_writer_finish(&w, &unread);
}

static int
append_time(vouch_buf *out, vouch_span oid, vouch_time time)
{
	vouch_err unread;
	struct der_writer w = der_writer_init(out);
	struct ocsp_extension_marks extension = ocsp_extension_begin(&w, oid);

	der_put_generalized_time(&w, time);
	ocsp_extension_end(&w, extension);
	return der_writer_finish(&w, &unread);
}

int
ocsp_extension_archive_cutoff(vouch_buf *out, vouch_time archive_cutoff)
{
	return append_time(out, ocsp_oid_archive_cutoff, archive_cutoff);
}

int
ocsp_extension_invalidity_date(vouch_buf *out, vouch_time invalidity_date)
{
	return append_time(out, ocsp_oid_invalidity_date, invalidity_date);
}

bool
ocsp_extension_find(vouch_span extensions, vouch_span oid, vouch_span *extn_value)
{
	vouch_err unread;
	struct ocsp_extension_list list = { .r = der_reader_init(extensions, err_or(NULL, &unread)) };
	struct ocsp_extension e;

	while (ocsp_extension_list_next(&list, &e)) {
		if (!span_equal(e.oid, oid))
			continue;
		*extn_value = e.value;
		return true;
	}
	return false;
}

vouch_time
ocsp_extension_time(vouch_span extn_value)
{
	vouch_err unread;
	struct der_reader r = der_reader_init(extn_value, err_or(NULL, &unread));
	vouch_time time = der_generalized_time(&r);

	return der_finish(&r) == VOUCH_OK ? time : VOUCH_TIME_ABSENT;
}
