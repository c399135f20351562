/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of certificates: the rules that it keeps in every database. */
#include "modules/register/row.h"

#include <string.h>

#include "modules/register/report.h"

#define REASON_UNUSED_7 8 /* CRLReason 7 does not exist */

/* As vouch_status has it. */
static bool
reason_is_recordable(int64_t reason)
{
	return reason > VOUCH_REASON_UNSPECIFIED && reason <= VOUCH_REASON_AA_COMPROMISE &&
	    reason != REASON_UNUSED_7 && reason != VOUCH_REASON_REMOVE_FROM_CRL;
}

static bool
read_reason(int64_t reason, uint8_t *out)
{
	if (reason == VOUCH_TIME_ABSENT)
		return true;
	if (reason < 0 || reason >= VOUCH_REASON_AA_COMPROMISE || !reason_is_recordable(reason + 1))
		return false;
	*out = (uint8_t)(reason + 1);
	return true;
}

static bool
read_hash(vouch_span hash, vouch_status *out)
{
	if (hash.data == NULL)
		return true;
	if (hash.len != sizeof(out->certificate_sha256))
		return false;
	memcpy(out->certificate_sha256, hash.data, hash.len);
	out->has_certificate_sha256 = 1;
	return true;
}

bool
register_row_read(const struct register_row *row, vouch_status *out)
{
	if ((row->cert_status != VOUCH_GOOD && row->cert_status != VOUCH_REVOKED) ||
	    !read_reason(row->revocation_reason, &out->revocation_reason) ||
	    !read_hash(row->certificate_sha256, out))
		return false;
	out->cert_status = (uint8_t)row->cert_status;
	out->revocation_time = row->revocation_time;
	out->invalidity_date = row->invalidity_date;
	out->not_after = row->not_after;
	return (out->cert_status == VOUCH_REVOKED) == (out->revocation_time != VOUCH_TIME_ABSENT);
}

int
register_row_append(const struct register_row *row, const char *scheme, const char *shown, vouch_status *out)
{
	vouch_span extensions = row->single_extensions;
	int code = vouch_buf_append(&out->single_extensions, extensions.data, extensions.len);

	if (code == VOUCH_OK)
		code = vouch_buf_append(&out->detail, scheme, strlen(scheme));
	return code == VOUCH_OK ? vouch_buf_append(&out->detail, shown, strlen(shown)) : code;
}

int
register_row_check(const vouch_status *status, vouch_err *err)
{
	if (status->cert_status != VOUCH_GOOD && status->cert_status != VOUCH_REVOKED)
		return register_fail(err, VOUCH_EINVAL, "only good and revoked can be recorded");
	if (status->cert_status == VOUCH_REVOKED && status->revocation_time == VOUCH_TIME_ABSENT)
		return register_fail(err, VOUCH_EINVAL, "a revocation needs its time (RFC 6960 4.2.1)");
	if (status->revocation_reason > VOUCH_REASON_UNSPECIFIED &&
	    !reason_is_recordable(status->revocation_reason))
		return register_fail(err, VOUCH_EREFUSED, "reason %d cannot be recorded (RFC 5280 5.3.1)",
		    status->revocation_reason - 1);
	return VOUCH_OK;
}

struct register_row
register_row_of(const vouch_status *status)
{
	bool revoked = status->cert_status == VOUCH_REVOKED;
	/* RFC 5280 5.3.1: unspecified is expressed by absence. */
	bool has_reason = revoked && status->revocation_reason > VOUCH_REASON_UNSPECIFIED;
	struct register_row row = {
		.cert_status = status->cert_status,
		.revocation_reason = has_reason ? status->revocation_reason - 1 : VOUCH_TIME_ABSENT,
		.revocation_time = revoked ? status->revocation_time : VOUCH_TIME_ABSENT,
		.invalidity_date = revoked ? status->invalidity_date : VOUCH_TIME_ABSENT,
		.not_after = status->not_after,
	};

	if (status->has_certificate_sha256 != 0)
		row.certificate_sha256 = (vouch_span){ status->certificate_sha256,
			sizeof(status->certificate_sha256) };
	if (status->single_extensions.len > 0)
		row.single_extensions = (vouch_span){ status->single_extensions.data,
			status->single_extensions.len };
	return row;
}
