/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of one CRL issuer for one scope. */
#include "status/crl_slot.h"

const struct crl_list *
crl_slot_list(const struct crl_slot *slot)
{
	return slot->full != NULL ? slot->full : slot->deltas[0];
}

bool
crl_slot_is_of(const struct crl_slot *slot, const struct crl_list *list)
{
	const struct crl_list *own = crl_slot_list(slot);

	return own->signer == list->signer &&
	    span_equal(span_buf(&own->scope.octets), span_buf(&list->scope.octets));
}

void
crl_slot_copy(struct crl_slot *to, const struct crl_slot *from)
{
	*to = *from;
	crl_list_ref(to->full);
	crl_list_ref(to->dropped);
	for (size_t i = 0; i < to->delta_count; i++)
		crl_list_ref(to->deltas[i]);
}

void
crl_slot_clear(struct crl_slot *slot)
{
	crl_list_free(slot->full);
	crl_list_free(slot->dropped);
	for (size_t i = 0; i < slot->delta_count; i++)
		crl_list_free(slot->deltas[i]);
	*slot = (struct crl_slot){ 0 };
}

/* --- Deltas ------------------------------------------------------------------------------------------- */

int
crl_slot_check_delta(const struct crl_slot *slot, const struct crl_list *delta, vouch_err *err)
{
	const struct crl_list *full = slot->full;

	if (full == NULL)
		return VOUCH_ENOTFOUND;
	if (full->number.len == 0)
		return err_set(err, VOUCH_EREFUSED,
		    "a delta CRL, and the complete one has no cRLNumber (RFC 5280 5.2.4)");
	if (!span_equal(span_buf(&full->authority_key_identifier),
		span_buf(&delta->authority_key_identifier)))
		return err_set(err, VOUCH_EREFUSED,
		    "a delta CRL with another authorityKeyIdentifier than the complete one (RFC 5280 5.2.4 (c))");
	if (crl_number_compare(&delta->base, &full->number) > 0)
		return err_set(err, VOUCH_EREFUSED,
		    "a delta CRL whose base is newer than the complete one (RFC 5280 5.2.4)");
	return crl_number_compare(&full->number, &delta->number) < 0 ? VOUCH_OK : VOUCH_ENOTFOUND;
}

/* RFC 5280 5.2.4: of several, the one with the latest thisUpdate. */
static bool
is_later(const struct crl_list *a, const struct crl_list *b)
{
	return b == NULL || a->this_update > b->this_update ||
	    (a->this_update == b->this_update && crl_number_compare(&a->number, &b->number) > 0);
}

void
crl_slot_choose_delta(struct crl_slot *slot)
{
	vouch_err unread;

	slot->delta = NULL;
	for (size_t i = 0; i < slot->delta_count; i++) {
		struct crl_list *delta = slot->deltas[i];
		if (crl_slot_check_delta(slot, delta, &unread) == VOUCH_OK && is_later(delta, slot->delta))
			slot->delta = delta;
	}
}

/* --- Verdicts ----------------------------------------------------------------------------------------- */

static bool
find_in(const struct crl_list *list, const struct crl_whose *whose, vouch_span serial_number,
    struct crl_fact *out)
{
	if (list == NULL)
		return false;
	const struct crl_table *table = whose->is_direct ? &list->parts[0].table :
							   crl_list_table(list, whose->name);
	return table != NULL && crl_table_find(table, serial_number, out);
}

/* RFC 5280 5.2.4: what the delta says goes, but who was revoked for good does not come back (S-15). */
static bool
update(bool listed, struct crl_verdict *verdict, const struct crl_list *delta, const struct crl_fact *fact)
{
	bool stays = listed && crl_fact_is_permanent(&verdict->fact);

	if (fact->reason == VOUCH_REASON_REMOVE_FROM_CRL)
		return stays;
	if (stays && !crl_fact_is_permanent(fact))
		return true;
	*verdict = (struct crl_verdict){ *fact, delta };
	return true;
}

bool
crl_slot_find(const struct crl_slot *slot, const struct crl_whose *whose, vouch_span serial_number,
    struct crl_verdict *out)
{
	struct crl_fact fact;
	bool listed = find_in(slot->full, whose, serial_number, &out->fact);

	out->list = slot->full;
	if (find_in(slot->delta, whose, serial_number, &fact))
		listed = update(listed, out, slot->delta, &fact);
	if (listed && crl_fact_is_permanent(&out->fact))
		return true;
	const struct crl_whose dropped = { whose->name, false };
	if (!find_in(slot->dropped, &dropped, serial_number, &fact))
		return listed;
	*out = (struct crl_verdict){ fact, NULL };
	return true;
}

static bool
is_current(const struct crl_list *list, vouch_time now)
{
	return list->this_update <= now + CRL_FUTURE_TOLERATED &&
	    (list->next_update == VOUCH_TIME_ABSENT || list->next_update > now);
}

static vouch_time
earlier(vouch_time a, vouch_time b)
{
	if (a == VOUCH_TIME_ABSENT || b == VOUCH_TIME_ABSENT)
		return a == VOUCH_TIME_ABSENT ? b : a;
	return a < b ? a : b;
}

bool
crl_slot_times(const struct crl_slot *slot, vouch_time now, vouch_time *this_update, vouch_time *next_update)
{
	const struct crl_list *full = slot->full, *delta = slot->delta;

	if (full == NULL)
		return false;
	bool full_is_current = is_current(full, now);
	*this_update = full->this_update;
	*next_update = full->next_update;
	/* RFC 5280 6.3.3 (a): a current delta makes a complete list out of an old one. */
	if (delta == NULL || !is_current(delta, now))
		return full_is_current;
	*this_update = delta->this_update;
	*next_update = full_is_current ? earlier(full->next_update, delta->next_update) : delta->next_update;
	return true;
}
