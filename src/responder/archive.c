/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Archive cutoff: counted back from producedAt in calendar years, as retention is written in law and
 * policy.
 */
#include "responder/archive.h"

#include "base/date.h"

static vouch_time
years_before(vouch_time time, uint32_t years)
{
	struct date date;

	if (!date_from_time(time, &date) || years >= (uint32_t)date.year)
		return DATE_FIRST;
	date.year -= (int)years;
	vouch_time before = date_to_time(&date);
	if (before != VOUCH_TIME_ABSENT)
		return before;
	/* 29 February, of a year that has none */
	date.day--;
	return date_to_time(&date);
}

vouch_time
archive_cutoff(const vouch_issuer *issuer, vouch_time produced_at)
{
	const vouch_issuer_options *policy = &issuer->policy;

	switch ((enum vouch_archive)policy->archive) {
	case VOUCH_ARCHIVE_ISSUER:
		return issuer->cert.not_before;
	case VOUCH_ARCHIVE_RETENTION:
		return years_before(produced_at, policy->archive_years) - policy->archive_seconds;
	case VOUCH_ARCHIVE_NONE:
		break;
	}
	return VOUCH_TIME_ABSENT;
}
