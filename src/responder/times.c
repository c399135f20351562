/* SPDX-License-Identifier: Apache-2.0 */
/* Times of an answer. */
#include "responder/times.h"

#define MINUTE 60
#define HOUR 3600
#define DAY 86400
/*
 * Clients whose clock is slow by some seconds refuse a thisUpdate in their future; older than known is
 * never a lie.
 */
#define ROUNDED_FROM (2 * HOUR)
#define PUBLIC_VALIDITY_MAX (10 * DAY - 1) /* CA/B BR 4.9.9, D-16: nextUpdate - thisUpdate */
#define PUBLIC_RENEW_MAX (4 * DAY)	   /* CA/B BR 4.9.9: renewed within four days of thisUpdate */
#define SPREAD_SHARE 8			   /* renewals are spread over this part of the time until renewal */
#define EARLY_SHARE 8			   /* what is asked for in this last part of it is renewed then */
#define UNKNOWN_KEPT 60 /* a certificate issued just now must not stay unknown in HTTP caches */

vouch_time
times_earlier(vouch_time a, vouch_time b)
{
	if (a == VOUCH_TIME_ABSENT)
		return b;
	if (b == VOUCH_TIME_ABSENT)
		return a;
	return a < b ? a : b;
}

vouch_time
times_this_update(const vouch_issuer *issuer, const vouch_status *status, vouch_time looked_up)
{
	if (status->this_update != VOUCH_TIME_ABSENT)
		return times_earlier(status->this_update, looked_up);
	if (issuer->policy.validity < ROUNDED_FROM || (issuer->policy.shape & VOUCH_SHAPE_PLAIN_TIMES) != 0)
		return looked_up;
	vouch_time rounded = looked_up - looked_up % MINUTE;
	/* It was not yet revoked before it was revoked. */
	if (status->cert_status == VOUCH_REVOKED && status->revocation_time > rounded &&
	    status->revocation_time <= looked_up)
		return status->revocation_time;
	return rounded;
}

vouch_time
times_next_update(const vouch_issuer *issuer, const vouch_signer *signer, const vouch_status *status,
    vouch_time this_update, vouch_time produced_at)
{
	/* What a source knew some hours ago is vouched for from now on, within the source's own limit. */
	vouch_time from = status->this_update == VOUCH_TIME_ABSENT ? this_update : produced_at;
	vouch_time next_update = from + issuer->policy.validity - 1;

	if ((issuer->policy.shape & VOUCH_SHAPE_PLAIN_TIMES) != 0)
		return times_earlier(next_update + 1, status->next_update);
	next_update = times_earlier(next_update, status->next_update);
	if (issuer->policy.profile == VOUCH_PROFILE_WEBPKI)
		next_update = times_earlier(next_update, this_update + PUBLIC_VALIDITY_MAX);
	return times_earlier(next_update, signer_cert(signer)->not_after);
}

vouch_time
times_renew_at(const vouch_issuer *issuer, vouch_time this_update, vouch_time produced_at,
    vouch_time next_update, uint64_t spread)
{
	vouch_time renew_at = produced_at + (next_update - produced_at) / 2;

	if (issuer->policy.profile == VOUCH_PROFILE_WEBPKI)
		renew_at = times_earlier(renew_at, this_update + PUBLIC_RENEW_MAX);
	if (renew_at <= produced_at)
		return produced_at + 1;
	uint64_t window = (uint64_t)(renew_at - produced_at - 1) / SPREAD_SHARE;
	return renew_at - (vouch_time)(spread % (window + 1));
}

bool
times_is_renewed_early(vouch_time produced_at, vouch_time renew_at, vouch_time now)
{
	return now >= renew_at - (renew_at - produced_at) / EARLY_SHARE && now < renew_at;
}

vouch_time
times_cache_until(const vouch_issuer *issuer, enum vouch_cert_status status, vouch_time now,
    vouch_time renew_at, vouch_time next_update)
{
	vouch_time until = times_earlier(times_earlier(renew_at, next_update - 1),
	    now + issuer->policy.max_age);

	return status == VOUCH_UNKNOWN ? times_earlier(until, now + UNKNOWN_KEPT) : until;
}
