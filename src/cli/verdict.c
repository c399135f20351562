/* SPDX-License-Identifier: Apache-2.0 */
/* What the status of a certificate is worth. */
#include "cli/verdict.h"

#include <stdio.h>

#include "base/date.h"

const char *
cli_verdict_name(uint8_t cert_status)
{
	switch ((enum vouch_cert_status)cert_status) {
	case VOUCH_GOOD:
		return "good";
	case VOUCH_REVOKED:
		return "revoked";
	case VOUCH_UNKNOWN:
		return "unknown";
	case VOUCH_STATUS_UNSET:
		break;
	}
	return "unset";
}

void
cli_verdict_text(char *out, size_t size, uint8_t cert_status, uint8_t revocation_reason,
    vouch_time revocation_time)
{
	char when[DATE_RFC3339_LENGTH + 1];
	const char *reason = vouch_reason_name(revocation_reason);

	if (cert_status != VOUCH_REVOKED) {
		snprintf(out, size, "%s", cli_verdict_name(cert_status));
		return;
	}
	date_format_rfc3339(revocation_time, when);
	snprintf(out, size, "revoked %s%s%s", reason != NULL ? reason : "", reason != NULL ? " " : "", when);
}

int
cli_verdict_exit(uint8_t cert_status)
{
	switch ((enum vouch_cert_status)cert_status) {
	case VOUCH_GOOD:
		return CLI_OK;
	case VOUCH_REVOKED:
		return CLI_REVOKED;
	case VOUCH_UNKNOWN:
		return CLI_UNKNOWN;
	case VOUCH_STATUS_UNSET:
		break;
	}
	return CLI_FAILED;
}

int
cli_worse(int a, int b)
{
	static const int rank
	    [] = { [CLI_OK] = 0, [CLI_FAILED] = 3, [CLI_USAGE] = 4, [CLI_REVOKED] = 2, [CLI_UNKNOWN] = 1 };

	return rank[a] > rank[b] ? a : b;
}
