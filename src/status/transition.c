/* SPDX-License-Identifier: Apache-2.0 */
/* Which change of a certificate's status is allowed (RFC 5280 5.3.1; S-14, S-15). */
#include "status/transition.h"

#include "der/reader.h"

#define REASON(code) ((code) + 1) /* as vouch_status.revocation_reason spells it */
#define REASON_LAST REASON(10)

static int
check_reason(uint8_t revocation_reason, vouch_err *err)
{
	if (revocation_reason == REASON(7))
		return err_set(err, VOUCH_EREFUSED, "revocationReason 7 does not exist (RFC 5280 5.3.1)");
	if (revocation_reason == REASON(8))
		return err_set(err, VOUCH_EREFUSED, "removeFromCRL is for delta CRLs only (RFC 5280 5.3.1)");
	if (revocation_reason > REASON_LAST)
		return err_set(err, VOUCH_EREFUSED, "revocationReason %d does not exist (RFC 5280 5.3.1)",
		    revocation_reason - 1);
	return VOUCH_OK;
}

static int
check_revoked(const vouch_status *status, vouch_err *err)
{
	if (status->revocation_time == VOUCH_TIME_ABSENT)
		return err_set(err, VOUCH_EREFUSED, "revoked without a revocationTime (RFC 6960 4.2.1)");
	return check_reason(status->revocation_reason, err);
}

static int
check_not_revoked(const vouch_status *status, vouch_err *err)
{
	if (status->revocation_reason != 0)
		return err_set(err, VOUCH_EREFUSED,
		    "a revocationReason for a certificate that is not revoked");
	return VOUCH_OK;
}

/* RFC 5280 4.1: what goes into an answer as it is must be what a client can read there. */
static int
check_single_extensions(vouch_span extensions, vouch_err *err)
{
	vouch_err broken = { 0 };
	struct der_reader all = der_reader_init(extensions, &broken);

	while (der_more(&all)) {
		struct der_reader extension = der_enter(&all, DER_SEQUENCE);
		der_oid(&extension);
		if (der_next_is(&extension, DER_BOOLEAN))
			return err_set(err, VOUCH_EREFUSED,
			    "single_extensions has one with a critical flag, which none may have");
		der_read(&extension, DER_OCTET_STRING);
		der_leave(&extension);
	}
	if (broken.code == VOUCH_OK)
		return VOUCH_OK;
	return err_set(err, VOUCH_EREFUSED, "single_extensions are no Extensions, at octet %zu: %s",
	    broken.offset, broken.msg);
}

static int
check_cert_status(const vouch_status *status, vouch_err *err)
{
	switch ((enum vouch_cert_status)status->cert_status) {
	case VOUCH_GOOD:
	case VOUCH_UNKNOWN:
		return check_not_revoked(status, err);
	case VOUCH_REVOKED:
		return check_revoked(status, err);
	case VOUCH_STATUS_UNSET:
		break;
	}
	return err_set(err, VOUCH_EREFUSED, "certStatus %d is none (RFC 6960 4.2.1)", status->cert_status);
}

int
status_check(const vouch_status *status, vouch_err *err)
{
	int code = check_cert_status(status, err);

	return code == VOUCH_OK ? check_single_extensions(span_buf(&status->single_extensions), err) : code;
}

/* A revocation dated in the future is not yet one (S-18): it may be called off. */
static bool
is_permanent(const vouch_status *status, vouch_time now)
{
	return status->cert_status == VOUCH_REVOKED && status->revocation_reason != REASON(6) &&
	    status->revocation_time <= now;
}

int
status_check_transition(const vouch_status *before, const vouch_status *after, vouch_time now, vouch_err *err)
{
	int code = status_check(after, err);

	if (code != VOUCH_OK || before == NULL || !is_permanent(before, now) || is_permanent(after, now))
		return code;
	const char *reason = vouch_reason_name(before->revocation_reason);
	return err_set(err, VOUCH_EREFUSED,
	    "permanently revoked (%s): only certificateHold can be lifted (RFC 5280 5.3.1)",
	    reason != NULL ? reason : "unspecified");
}
