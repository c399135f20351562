/* SPDX-License-Identifier: Apache-2.0 */
/* A row of the table of certificates: the rules that it keeps in every database. */
#ifndef REGISTER_ROW_H
#define REGISTER_ROW_H

#include <vouch.h>

/* What the columns hold: NULL is VOUCH_TIME_ABSENT in a number, and no data in octets (empty ones have some). */
struct register_row {
	int64_t cert_status, revocation_reason; /* revocation_reason: CRLReason */
	vouch_time revocation_time, invalidity_date, not_after;
	vouch_span certificate_sha256, single_extensions;
};

/* Into a status that is empty, its buffers aside.  False: it breaks a rule of its table, and is damaged. */
VOUCH_MUST bool register_row_read(const struct register_row *row, vouch_status *out);
/* Appends what the status owns: the extensions, and where it was found. */
VOUCH_MUST int register_row_append(const struct register_row *row, const char *scheme, const char *shown,
    vouch_status *out);

/* Refuses what no register may hold (RFC 5280 5.3.1); the error does not say which one it is. */
VOUCH_MUST int register_row_check(const vouch_status *status, vouch_err *err);
/* What is written of a status that was checked; it borrows from the status. */
struct register_row register_row_of(const vouch_status *status);

#endif
