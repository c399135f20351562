/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The poll: asks the sources what changed, and confirms the stored answers of the issuers whose sources
 * answered.
 */
#include <stdlib.h>

#include "base/err.h"
#include "base/versioned.h"
#include "responder/responder.h"
#include "responder/times.h"

#define POLLS_PER_LEASE \
	4 /* a poll may be late by a scheduling hiccup or two before stored answers stop standing */
#define POLL_LEAST_MS 10
#define POLL_MOST_MS 1000
#define MS 1000

struct report {
	vouch_responder *responder;
	const vouch_source *source;
};

static bool
issuer_uses(const vouch_issuer *issuer, const vouch_source *source)
{
	for (size_t i = 0; i < issuer->source_count; i++)
		if (issuer->sources[i].source == source)
			return true;
	return false;
}

/* It was just issued or revoked: somebody will ask for it. */
static void
report_one(struct served *served, vouch_span serial_number)
{
	changes_one(served->changes, serial_number);
	strangers_remember(served->strangers, serial_number);
}

static void
report_change(void *arg, vouch_span serial_number)
{
	const struct report *report = arg;
	vouch_responder *r = report->responder;

	for (unsigned i = 0; i < r->served_count; i++) {
		if (!issuer_uses(issuer_registry_get(r->registry, i), report->source))
			continue;
		if (serial_number.len == 0)
			changes_all(r->served[i].changes);
		else
			report_one(&r->served[i], serial_number);
	}
}

static uint32_t
shortest_lease(const vouch_responder *r, const vouch_source *source)
{
	uint32_t lease_ms = UINT32_MAX;

	for (unsigned i = 0; i < issuer_registry_count(r->registry); i++) {
		const vouch_issuer *issuer = issuer_registry_get(r->registry, i);
		if ((source == NULL || issuer_uses(issuer, source)) && issuer->policy.lease_ms < lease_ms)
			lease_ms = issuer->policy.lease_ms;
	}
	return lease_ms;
}

/*
 * A source that cannot tell what changed: its answers are looked up again twice in a lease, and so never
 * stand for longer than one.
 */
static void
presume_changed(struct feed *feed, struct report *report, uint64_t monotonic_ms)
{
	uint32_t lease_ms = shortest_lease(report->responder, feed->source);

	if (feed->presumed_ms != 0 && monotonic_ms < feed->presumed_ms + lease_ms / 2)
		return;
	report_change(report, (vouch_span){ 0 });
	feed->presumed_ms = monotonic_ms;
}

static int
poll_feed(vouch_responder *r, struct feed *feed, uint64_t monotonic_ms, vouch_err *err)
{
	struct report report = { r, feed->source };
	/* Between a lookup before the first poll and that poll a change may have gone by unseen. */
	bool first = feed->cursor.len == 0;

	if (vouch_source_get_ops(feed->source)->changes == NULL) {
		presume_changed(feed, &report, monotonic_ms);
		return VOUCH_OK;
	}
	int code = vouch_source_changes(feed->source, &feed->cursor, report_change, &report, err);
	if (code == VOUCH_OK && first)
		report_change(&report, (vouch_span){ 0 });
	return code;
}

/* As of when the source has said all that changed; 0: it was not heard. */
static uint64_t
heard_as_of(const struct feed *feed, int code, uint64_t monotonic_ms)
{
	if (code != VOUCH_OK)
		return 0;
	return vouch_source_get_ops(feed->source)->changes == NULL ? feed->presumed_ms : monotonic_ms;
}

static void
confirm_users(vouch_responder *r, const int *codes, vouch_time now, uint64_t monotonic_ms)
{
	for (unsigned i = 0; i < r->served_count; i++) {
		const vouch_issuer *issuer = issuer_registry_get(r->registry, i);
		uint64_t earliest = monotonic_ms;
		for (size_t f = 0; f < r->feed_count; f++) {
			uint64_t as_of = heard_as_of(&r->feeds[f], codes[f], monotonic_ms);
			if (as_of < earliest && issuer_uses(issuer, r->feeds[f].source))
				earliest = as_of;
		}
		if (earliest != 0)
			changes_confirm(r->served[i].changes,
			    now - (vouch_time)((monotonic_ms - earliest) / MS), earliest);
	}
}

int
vouch_responder_poll(vouch_responder *r, vouch_time now, uint64_t monotonic_ms, vouch_err *err)
{
	vouch_err unread, one;
	int worst = VOUCH_OK;

	err = err_or(err, &unread);
	int *codes = calloc(r->feed_count + 1, sizeof(*codes));
	if (codes == NULL)
		return err_nomem(err);
	atomic_store(&r->polled_ms, monotonic_ms);
	pthread_mutex_lock(&r->polling);
	for (size_t f = 0; f < r->feed_count; f++) {
		err_or(&one, NULL);
		codes[f] = poll_feed(r, &r->feeds[f], monotonic_ms, &one);
		if (codes[f] != VOUCH_OK && worst == VOUCH_OK) {
			worst = codes[f];
			*err = one;
		}
	}
	/*
	 * Confirmed as of before the sources were asked: what they did not know then may have happened
	 * since.
	 */
	confirm_users(r, codes, now, monotonic_ms);
	pthread_mutex_unlock(&r->polling);
	free(codes);
	return worst;
}

int
vouch_responder_poll_interval(const vouch_responder *r)
{
	int interval = POLL_MOST_MS;
	uint32_t lease_ms = shortest_lease(r, NULL);

	if (lease_ms / POLLS_PER_LEASE < (uint32_t)interval)
		interval = (int)(lease_ms / POLLS_PER_LEASE);
	for (size_t f = 0; f < r->feed_count; f++) {
		int fd, poll_ms;
		vouch_source_watch(r->feeds[f].source, &fd, &poll_ms);
		if (poll_ms > 0 && poll_ms < interval)
			interval = poll_ms;
	}
	return interval < POLL_LEAST_MS ? POLL_LEAST_MS : interval;
}

size_t
vouch_responder_watch(const vouch_responder *r, int *fds, size_t most)
{
	size_t count = 0;

	for (size_t f = 0; f < r->feed_count && count < most; f++) {
		int fd, poll_ms;
		vouch_source_watch(r->feeds[f].source, &fd, &poll_ms);
		if (fd >= 0)
			fds[count++] = fd;
	}
	return count;
}

void
vouch_responder_health(const vouch_responder *r, const vouch_issuer *issuer, vouch_time now,
    vouch_source_health *out)
{
	vouch_source_health all = { .checked = VOUCH_TIME_ABSENT, .next_update = VOUCH_TIME_ABSENT };

	if (!versioned_has_size(out))
		return;
	for (size_t f = 0; f < r->feed_count; f++) {
		vouch_source_health one = { .size = sizeof(one) };
		if (issuer != NULL && !issuer_uses(issuer, r->feeds[f].source))
			continue;
		vouch_source_get_health(r->feeds[f].source, now, &one);
		all.checked = times_earlier(all.checked, one.checked);
		all.next_update = times_earlier(all.next_update, one.next_update);
		if (all.trouble.code == VOUCH_OK)
			all.trouble = one.trouble;
	}
	versioned_write(out, &all, sizeof(all));
}
