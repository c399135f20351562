/* SPDX-License-Identifier: Apache-2.0 */
/* When signers expire: warned of at the start, and at 30, 7 and 1 days. */
#include "daemon/expiry.h"

#include <stdio.h>

#include "base/date.h"
#include "daemon/log.h"

#define DAY 86400

static const struct {
	int days;
	enum conf_log_level level;
	const char *event;
} lines[] = {
	/* from the most urgent */
	{ 0, CONF_LOG_ERROR, "signer_expired" },
	{ 1, CONF_LOG_ERROR, "signer_expires" },
	{ 7, CONF_LOG_WARNING, "signer_expires" },
	{ 30, CONF_LOG_WARNING, "signer_expires" },
};
#define LINES (sizeof(lines) / sizeof(lines[0]))

static vouch_time
not_after(const vouch_signer *signer)
{
	vouch_certificate_info info = { .size = sizeof(info) };

	if (vouch_certificate_inspect(vouch_signer_certificate(signer), &info, NULL) != VOUCH_OK)
		return VOUCH_TIME_ABSENT;
	return info.not_after;
}

double
expiry_days(const vouch_signer *signer, vouch_time now)
{
	vouch_time end = not_after(signer);

	return end == VOUCH_TIME_ABSENT ? 0 : (double)(end - now) / DAY;
}

/* The most urgent line that is crossed at this time; LINES: none. */
static size_t
line_at(vouch_time end, vouch_time time)
{
	for (size_t i = 0; i < LINES; i++)
		if (end - time <= (vouch_time)lines[i].days * DAY)
			return i;
	return LINES;
}

static void
warn(const vouch_issuer *issuer, size_t number, vouch_time end, size_t line)
{
	char date[DATE_RFC3339_LENGTH + 1], signer[24];

	date_format_rfc3339(end, date);
	snprintf(signer, sizeof(signer), "%zu", number);
	log_event(lines[line].level, lines[line].event, "issuer", vouch_issuer_name(issuer), "signer", signer,
	    "not_after", date, "advice", "make the next one: vouch init --renew", NULL);
}

void
expiry_warn(vouch_issuer *issuer, vouch_time before, vouch_time now)
{
	for (size_t s = 0; s < vouch_issuer_signers(issuer); s++) {
		vouch_time end = not_after(vouch_issuer_signer(issuer, s));
		if (end == VOUCH_TIME_ABSENT)
			continue;
		size_t line = line_at(end, now);
		if (line < LINES && (before == VOUCH_TIME_ABSENT || line_at(end, before) != line))
			warn(issuer, s, end, line);
	}
}
