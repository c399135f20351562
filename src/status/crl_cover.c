/* SPDX-License-Identifier: Apache-2.0 */
/* Whether lists together speak of a certificate: of its kind, all reasons and its part (RFC 5280 6.3.3; C-11 to C-14). */
#include "status/crl_cover.h"

#include "base/date.h"
#include "der/reader.h"
#include "status/crl_uri.h"

#define SHOWN 120 /* octets of a URI in a message */

enum verdict { COVERED, STALE, MISSING, UNCOVERED };

struct search {
	const struct crl_view *view;
	unsigned certificates; /* kinds that must be covered */
	bool has_own;	       /* a list of the issuer itself */
	struct crl_cover *cover;
	const struct crl_slot *stale; /* one that would have helped */
};

/* --- Which slots speak of the issuer ------------------------------------------------------------------ */

static bool
is_own(const struct crl_view *view, const struct crl_slot *slot)
{
	return slot->full != NULL && !slot->is_retired && slot->full->signer == view->number;
}

static bool
has_own(const struct crl_view *view)
{
	for (size_t i = 0; i < view->snapshot->slot_count; i++)
		if (is_own(view, &view->snapshot->slots[i]))
			return true;
	return false;
}

/*
 * The lists of another CA that is served here may revoke, but say nothing of who is not on them as soon as the issuer has
 * a list of its own.
 */
static bool
speaks(const struct search *s, const struct crl_slot *slot)
{
	const struct crl_view *view = s->view;
	struct crl_whose whose;

	if (slot->full == NULL || slot->is_retired || !crl_view_whose(view, slot, &whose))
		return false;
	/* When it was read, nobody asked for this issuer's entries. */
	if (!whose.is_direct && view->issuer->attached > slot->full->issuers_known)
		return false;
	return is_own(view, slot) || view->authority->items[slot->full->signer]->is_crl_issuer || !s->has_own;
}

/* --- A part ------------------------------------------------------------------------------------------- */

/* The lists whose point has one of these names, and those that are no part. */
static bool
is_for(const struct crl_slot *slot, vouch_span names)
{
	const struct crl_scope *scope = &slot->full->scope;

	return !scope->has_point || (names.len != 0 && crl_names_meet(span_buf(&scope->names), names));
}

static unsigned
reasons_of(const struct search *s, vouch_span names, unsigned certificate, bool even_stale)
{
	unsigned reasons = 0;
	vouch_time unread[2];

	for (size_t i = 0; i < s->view->snapshot->slot_count; i++) {
		const struct crl_slot *slot = &s->view->snapshot->slots[i];
		if (speaks(s, slot) && is_for(slot, names) &&
		    (slot->full->scope.certificates & certificate) != 0 &&
		    (even_stale || crl_slot_times(slot, s->view->now, &unread[0], &unread[1])))
			reasons |= slot->full->scope.reasons;
	}
	return reasons;
}

static bool
covers(const struct search *s, vouch_span names, bool even_stale)
{
	for (unsigned bit = CRL_USER_CERTIFICATES; bit <= CRL_CA_CERTIFICATES; bit <<= 1)
		if ((s->certificates & bit) != 0 && reasons_of(s, names, bit, even_stale) != CRL_ALL_REASONS)
			return false;
	return true;
}

static void
note(struct search *s, const struct crl_slot *slot, vouch_time this_update, vouch_time next_update)
{
	struct crl_cover *c = s->cover;

	c->only = c->slots == 0 || c->only == slot ? slot : NULL;
	c->slots++;
	if (c->this_update == VOUCH_TIME_ABSENT || this_update < c->this_update)
		c->this_update = this_update;
	if (c->next_update == VOUCH_TIME_ABSENT ||
	    (next_update != VOUCH_TIME_ABSENT && next_update < c->next_update))
		c->next_update = next_update;
}

/* The times of all that were looked at, and the first that is stale. */
static void
note_all(struct search *s, vouch_span names)
{
	for (size_t i = 0; i < s->view->snapshot->slot_count; i++) {
		const struct crl_slot *slot = &s->view->snapshot->slots[i];
		vouch_time this_update, next_update;
		if (!speaks(s, slot) || !is_for(slot, names) ||
		    (slot->full->scope.certificates & s->certificates) == 0)
			continue;
		if (crl_slot_times(slot, s->view->now, &this_update, &next_update))
			note(s, slot, this_update, next_update);
		else if (s->stale == NULL)
			s->stale = slot;
	}
}

static bool
is_known(const struct search *s, vouch_span names)
{
	for (size_t i = 0; i < s->view->snapshot->slot_count; i++)
		if (speaks(s, &s->view->snapshot->slots[i]) && is_for(&s->view->snapshot->slots[i], names) &&
		    (s->view->snapshot->slots[i].full->scope.certificates & s->certificates) != 0)
			return true;
	return false;
}

static enum verdict
judge_part(struct search *s, vouch_span names)
{
	note_all(s, names);
	if (covers(s, names, false))
		return COVERED;
	if (covers(s, names, true))
		return STALE;
	return is_known(s, names) ? UNCOVERED : MISSING;
}

/* --- All parts ---------------------------------------------------------------------------------------- */

static enum verdict
worse(enum verdict a, enum verdict b)
{
	return a > b ? a : b;
}

/* Each name of a part that the operator told must be covered. */
static enum verdict
judge_named(struct search *s, vouch_span names)
{
	vouch_err damage = { 0 };
	struct der_reader r = der_reader_init(names, &damage);
	enum verdict verdict = COVERED;

	while (der_more(&r))
		verdict = worse(verdict, judge_part(s, der_element(&r)));
	return verdict;
}

static bool
is_met_before(const struct search *s, size_t i)
{
	const struct crl_slot *slots = s->view->snapshot->slots;

	for (size_t j = 0; j < i; j++)
		if (speaks(s, &slots[j]) && slots[j].full->scope.has_point &&
		    crl_names_meet(span_buf(&slots[j].full->scope.names),
			span_buf(&slots[i].full->scope.names)))
			return true;
	return false;
}

/* As many different parts as the operator told; all that are there must be covered. */
static enum verdict
judge_counted(struct search *s, size_t wanted)
{
	enum verdict verdict = COVERED;
	size_t parts = 0;

	for (size_t i = 0; i < s->view->snapshot->slot_count; i++) {
		const struct crl_slot *slot = &s->view->snapshot->slots[i];
		if (!speaks(s, slot) || !slot->full->scope.has_point || is_met_before(s, i))
			continue;
		verdict = worse(verdict, judge_part(s, span_buf(&slot->full->scope.names)));
		parts++;
	}
	return parts < wanted ? worse(verdict, MISSING) : verdict;
}

static enum verdict
judge(struct search *s, const struct crl_issued_fact *known)
{
	const struct crl_policy *policy = s->view->policy;
	enum verdict whole = judge_part(s, (vouch_span){ NULL, 0 });
	struct crl_cover lists_that_are_no_part = *s->cover;

	if (whole == COVERED)
		return whole;
	*s->cover = (struct crl_cover){ VOUCH_TIME_ABSENT, VOUCH_TIME_ABSENT, NULL, 0 };
	if (known->points.len != 0)
		return judge_part(s, known->points);
	if (policy->shards.len != 0)
		return judge_named(s, span_buf(&policy->shards));
	if (policy->shard_count != 0)
		return judge_counted(s, policy->shard_count);
	/* Nobody says which parts there are: at least those that there are must be fresh. */
	enum verdict known_parts = judge_counted(s, 0);
	*s->cover = lists_that_are_no_part;
	return known_parts == STALE ? STALE : whole == MISSING ? UNCOVERED : whole;
}

/* --- In words ----------------------------------------------------------------------------------------- */

static bool
anybody_speaks(const struct search *s)
{
	for (size_t i = 0; i < s->view->snapshot->slot_count; i++)
		if (speaks(s, &s->view->snapshot->slots[i]))
			return true;
	return false;
}

static int
explain_missing(vouch_span points, vouch_err *err)
{
	vouch_span uri = crl_first_http_uri(points);

	if (uri.len == 0)
		return err_set(err, VOUCH_EUNAVAILABLE,
		    "a part of this issuer's CRLs is missing (RFC 5280 5.2.5)");
	return err_set(err, VOUCH_EUNAVAILABLE,
	    "the CRL of a distribution point is missing: %.*s (RFC 5280 5.2.5)",
	    uri.len < SHOWN ? (int)uri.len : SHOWN, (const char *)uri.data);
}

static int
explain_stale(const struct crl_list *full, vouch_time now, vouch_err *err)
{
	bool is_over = full->next_update != VOUCH_TIME_ABSENT && full->next_update <= now;
	char time[DATE_RFC3339_LENGTH + 1];

	date_format_rfc3339(is_over ? full->next_update : full->this_update, time);
	return err_set(err, VOUCH_EUNAVAILABLE, "%s: the CRL is %s: %s (RFC 5280 6.3.3)", full->name,
	    is_over ? "past its nextUpdate" : "not yet of its thisUpdate", time);
}

static int
explain(const struct search *s, enum verdict verdict, const struct crl_issued_fact *known, vouch_err *err)
{
	switch (verdict) {
	case COVERED:
		return VOUCH_OK;
	case STALE:
		return explain_stale(s->stale->full, s->view->now, err);
	case MISSING:
		return explain_missing(known->points, err);
	case UNCOVERED:
		break;
	}
	(void)err_set(err, VOUCH_ENOTFOUND,
	    "the CRLs do not say that they speak of this certificate: of its kind, all reasons and its distribution point (RFC 5280 6.3.3)");
	return VOUCH_ENOTFOUND;
}

int
crl_cover(const struct crl_view *view, const struct crl_issued_fact *known, struct crl_cover *out,
    vouch_err *err)
{
	struct search s = { .view = view, .has_own = has_own(view), .cover = out };

	s.certificates = known->certificates != 0 ? known->certificates : view->policy->certificates;
	*out = (struct crl_cover){ VOUCH_TIME_ABSENT, VOUCH_TIME_ABSENT, NULL, 0 };
	if (!anybody_speaks(&s))
		return err_set(err, VOUCH_EUNAVAILABLE, "there is no CRL of this issuer");
	return explain(&s, judge(&s, known), known, err);
}
