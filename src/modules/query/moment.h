/* SPDX-License-Identifier: Apache-2.0 */
/* Moments as databases write them. */
#ifndef QUERY_MOMENT_H
#define QUERY_MOMENT_H

#include "modules/query/query.h"

/*
 * Seconds since 1970 (milliseconds: of those), as a number or in digits; RFC 3339 and SQL's timestamps
 * ("2026-11-22T10:00:00Z", "2026-11-22 10:00:00.25+01", "2026-11-22"), UTC where they name no zone; GeneralizedTime
 * ("20261122100000Z").  From 1970 to 9999; fractions are dropped.  NULL is VOUCH_TIME_ABSENT.  False: it is none of
 * these.
 */
VOUCH_MUST bool query_moment_read(vouch_time *out, const struct query_value *value, bool milliseconds);

/* A whole number in digits, with a '-' or not; what is behind a decimal point is dropped if it is digits. */
VOUCH_MUST bool query_number_read(int64_t *out, vouch_span text);

/* Without the blanks at its end, which columns of a fixed length have. */
vouch_span query_trim(vouch_span text);

#endif
