/* SPDX-License-Identifier: Apache-2.0 */
/* New lists in place of the old: beside them, and swapped in one step. */
#include "status/crl_update.h"

#include <stdlib.h>

#include "status/crl_admit.h"

/* --- Snapshots ---------------------------------------------------------------------------------------- */

void
crl_snapshot_free(struct crl_snapshot *snapshot)
{
	if (snapshot == NULL)
		return;
	for (size_t i = 0; i < snapshot->slot_count; i++)
		crl_slot_clear(&snapshot->slots[i]);
	crl_issued_free(snapshot->issued);
	free(snapshot->slots);
	free(snapshot);
}

static struct crl_snapshot *
copy_snapshot(const struct crl_snapshot *from)
{
	struct crl_snapshot *to = calloc(1, sizeof(*to));

	if (to == NULL || from == NULL)
		return to;
	to->slots = calloc(from->slot_count + 1, sizeof(*to->slots));
	if (to->slots == NULL) {
		free(to);
		return NULL;
	}
	for (size_t i = 0; i < from->slot_count; i++)
		crl_slot_copy(&to->slots[i], &from->slots[i]);
	to->slot_count = from->slot_count;
	to->issued = crl_issued_ref(from->issued);
	return to;
}

int
crl_update_begin(struct crl_update *u, struct crl_source *s, vouch_err *err)
{
	u->source = s;
	u->next = copy_snapshot(s->current);
	if (u->next == NULL)
		return err_nomem(err);
	u->next->references = 1;
	return VOUCH_OK;
}

void
crl_update_drop(struct crl_update *u)
{
	crl_snapshot_free(u->next);
	u->next = NULL;
}

void
crl_update_put_issued(struct crl_update *u, struct crl_issued *takes_issued)
{
	crl_issued_free(u->next->issued);
	u->next->issued = takes_issued;
}

/* --- A list in its slot ------------------------------------------------------------------------------- */

static struct crl_slot *
find_slot(struct crl_snapshot *snapshot, const struct crl_list *list)
{
	for (size_t i = 0; i < snapshot->slot_count; i++)
		if (crl_slot_is_of(&snapshot->slots[i], list))
			return &snapshot->slots[i];
	return NULL;
}

static struct crl_slot *
add_slot(struct crl_snapshot *snapshot, vouch_err *err)
{
	struct crl_slot *slots = reallocarray(snapshot->slots, snapshot->slot_count + 1, sizeof(*slots));

	if (slots == NULL) {
		err_nomem(err);
		return NULL;
	}
	snapshot->slots = slots;
	slots[snapshot->slot_count] = (struct crl_slot){ 0 };
	return &slots[snapshot->slot_count];
}

static void
remove_delta(struct crl_slot *slot, size_t i)
{
	crl_list_free(slot->deltas[i]);
	slot->deltas[i] = slot->deltas[--slot->delta_count];
}

/* Those that the new complete list has overtaken. */
static void
remove_old_deltas(struct crl_slot *slot)
{
	for (size_t i = slot->delta_count; i-- > 0;)
		if (slot->full->number.len != 0 &&
		    crl_number_compare(&slot->deltas[i]->number, &slot->full->number) <= 0)
			remove_delta(slot, i);
}

/* VOUCH_ENOTFOUND: an old one, in a file of its own; nothing is wrong with that. */
static int
put_full(struct crl_slot *slot, struct crl_list *list, vouch_err *err)
{
	if (slot->full != NULL) {
		bool is_same_file = strcmp(slot->full->name, list->name) == 0;
		int order = crl_age_compare(list, slot->full);
		if (order < 0 && is_same_file)
			return crl_refuse_older(list, slot->full, err);
		if (order < 0 || (order == 0 && !is_same_file && !slot->is_retired))
			return VOUCH_ENOTFOUND;
	}
	crl_list_free(slot->full);
	slot->full = crl_list_ref(list);
	slot->is_elsewhere = slot->is_retired = false;
	remove_old_deltas(slot);
	return VOUCH_OK;
}

static size_t
place_for_delta(const struct crl_slot *slot, const struct crl_list *list)
{
	size_t oldest = 0;

	for (size_t i = 0; i < slot->delta_count; i++) {
		if (strcmp(slot->deltas[i]->name, list->name) == 0)
			return i;
		if (slot->deltas[i]->this_update < slot->deltas[oldest]->this_update)
			oldest = i;
	}
	return slot->delta_count < CRL_DELTAS_MAX ? slot->delta_count : oldest;
}

static int
put_delta(struct crl_slot *slot, struct crl_list *list, vouch_err *err)
{
	size_t place = place_for_delta(slot, list);
	int code = crl_slot_check_delta(slot, list, err);

	if (code == VOUCH_ENOTFOUND && slot->full != NULL)
		return code;
	if (place < slot->delta_count) {
		if (strcmp(slot->deltas[place]->name, list->name) == 0 &&
		    crl_age_compare(list, slot->deltas[place]) < 0)
			return crl_refuse_older(list, slot->deltas[place], err);
		crl_list_free(slot->deltas[place]);
	} else {
		slot->delta_count++;
	}
	slot->deltas[place] = crl_list_ref(list);
	return code == VOUCH_ENOTFOUND ? VOUCH_OK : code;
}

/* What the name stood for before: the same issuer's list for another scope has had its day. */
static void
leave_other_slots(struct crl_snapshot *snapshot, const struct crl_slot *own, const struct crl_list *list)
{
	for (size_t i = 0; i < snapshot->slot_count; i++) {
		struct crl_slot *slot = &snapshot->slots[i];
		if (slot == own || !crl_is_same_file(slot->full, list))
			continue;
		slot->is_elsewhere = true;
		slot->is_retired = slot->is_retired || slot->full->signer == list->signer;
	}
}

static int
put_into(struct crl_snapshot *snapshot, struct crl_slot *slot, struct crl_list *list, vouch_err *err)
{
	struct crl_slot before;

	crl_slot_copy(&before, slot);
	int code = crl_list_is_delta(list) ? put_delta(slot, list, err) : put_full(slot, list, err);
	if (code == VOUCH_OK || code == VOUCH_EREFUSED) {
		crl_slot_choose_delta(slot);
		int kept = crl_slot_keep_dropped(slot, &before, err);
		code = kept == VOUCH_OK ? code : kept;
	}
	if (code == VOUCH_OK && !crl_list_is_delta(list))
		leave_other_slots(snapshot, slot, list);
	crl_slot_clear(&before);
	return code;
}

int
crl_update_put(struct crl_update *u, struct crl_list *list, vouch_time now, vouch_err *err)
{
	struct crl_slot *slot;
	int code = crl_admit(u->next, &u->source->policy, list, now, err);

	if (code != VOUCH_OK)
		return code;
	slot = find_slot(u->next, list);
	bool is_new = slot == NULL;
	if (is_new)
		slot = add_slot(u->next, err);
	if (slot == NULL)
		return err->code;
	code = put_into(u->next, slot, list, err);
	if (is_new && crl_slot_list(slot) != NULL)
		u->next->slot_count++;
	return code == VOUCH_ENOTFOUND ? VOUCH_OK : code;
}

void
crl_update_retire(struct crl_update *u, bool (*is_there)(const void *arg, const char *name), const void *arg)
{
	for (size_t i = 0; i < u->next->slot_count; i++) {
		struct crl_slot *slot = &u->next->slots[i];
		if (slot->full != NULL && (slot->is_elsewhere || !is_there(arg, slot->full->name)))
			slot->is_retired = true;
	}
}

/* --- What changed ------------------------------------------------------------------------------------- */

static bool
is_same_fact(const struct crl_fact *a, const struct crl_fact *b)
{
	return a->reason == b->reason && a->date == b->date && a->extra == b->extra;
}

static void
compare_tables(struct change_log *log, const struct crl_table *before, const struct crl_table *after)
{
	struct crl_cursor a = crl_cursor_after(before, (vouch_span){ NULL, 0 });
	struct crl_cursor b = crl_cursor_after(after, (vouch_span){ NULL, 0 });
	struct crl_fact fact_a, fact_b;
	vouch_span serial_a, serial_b;

	for (;;) {
		bool in_a = crl_cursor_get(&a, &serial_a, &fact_a),
		     in_b = crl_cursor_get(&b, &serial_b, &fact_b);
		if (!in_a && !in_b)
			return;
		int order = !in_a ? 1 : !in_b ? -1 : crl_serial_compare(serial_a, serial_b);
		if (order != 0 || !is_same_fact(&fact_a, &fact_b))
			change_log_add(log, order <= 0 ? serial_a : serial_b);
		a.at += order <= 0;
		b.at += order >= 0;
	}
}

static void
compare_lists(struct change_log *log, const struct crl_list *before, const struct crl_list *after)
{
	if (before == after)
		return;
	for (size_t i = 0; before != NULL && i < before->part_count; i++) {
		const struct crl_part *part = &before->parts[i];
		const struct crl_table *other = after == NULL ? NULL :
								crl_list_table(after, span_buf(&part->name));
		compare_tables(log, &part->table, other);
	}
	for (size_t i = 0; after != NULL && i < after->part_count; i++) {
		const struct crl_part *part = &after->parts[i];
		if (before == NULL || crl_list_table(before, span_buf(&part->name)) == NULL)
			compare_tables(log, NULL, &part->table);
	}
}

/* Who was told until when a list stands was told too much (RFC 6960 2.4: nextUpdate is not later than the list's). */
static bool
ends_earlier(const struct crl_slot *before, const struct crl_slot *after, vouch_time now)
{
	vouch_time this_update, then = VOUCH_TIME_ABSENT, ends = VOUCH_TIME_ABSENT;

	(void)crl_slot_times(before, now, &this_update, &then);
	(void)crl_slot_times(after, now, &this_update, &ends);
	return ends != VOUCH_TIME_ABSENT && (then == VOUCH_TIME_ABSENT || ends < then);
}

/* Nobody was on no list before, or is now: that is a change of all. */
static void
compare_slots(struct change_log *log, const struct crl_slot *before, const struct crl_slot *after,
    vouch_time now)
{
	bool was_there = before != NULL && before->full != NULL && !before->is_retired;
	bool is_there = after->full != NULL && !after->is_retired;

	if (was_there != is_there || (is_there && ends_earlier(before, after, now))) {
		change_log_add_all(log);
		return;
	}
	compare_lists(log, before != NULL ? before->full : NULL, after->full);
	compare_lists(log, before != NULL ? before->delta : NULL, after->delta);
}

static void
compare_issued(struct change_log *log, const struct crl_issued *before, const struct crl_issued *after)
{
	if (before == after)
		return;
	if (before == NULL || after == NULL || before->group_count != after->group_count) {
		change_log_add_all(log);
		return;
	}
	for (size_t i = 0; i < after->group_count; i++) {
		const struct crl_issued_group *a = &before->groups[i], *b = &after->groups[i];
		if (span_equal(span_buf(&a->name), span_buf(&b->name)) &&
		    span_equal(span_buf(&a->key_identifier), span_buf(&b->key_identifier)))
			compare_tables(log, &a->table, &b->table);
		else
			change_log_add_all(log);
	}
}

static void
note_changes(struct change_log *log, const struct crl_snapshot *before, const struct crl_snapshot *after,
    vouch_time now)
{
	change_log_begin(log);
	if (before == NULL) {
		change_log_add_all(log);
		return;
	}
	/* Slots are added, and stay where they are. */
	for (size_t i = 0; i < after->slot_count; i++)
		compare_slots(log, i < before->slot_count ? &before->slots[i] : NULL, &after->slots[i], now);
	compare_issued(log, before->issued, after->issued);
}

/* --- The swap ----------------------------------------------------------------------------------------- */

/* Who is told of a change looks it up after that: so it is noted when the new lists are there. */
int
crl_update_commit(struct crl_update *u, vouch_err *err)
{
	struct crl_source *s = u->source;
	struct crl_replaced *r = &s->replaced;
	struct crl_snapshot **items = reallocarray(r->items, r->count + 1, sizeof(struct crl_snapshot *));

	if (items == NULL) {
		crl_update_drop(u);
		return err_nomem(err);
	}
	r->items = items;
	pthread_mutex_lock(&s->swapping);
	struct crl_snapshot *before = s->current;
	s->current = u->next;
	pthread_mutex_unlock(&s->swapping);
	note_changes(&s->log, before, u->next, s->now);
	if (before != NULL)
		items[r->count++] = before;
	u->next = NULL;
	crl_source_reap(s);
	return VOUCH_OK;
}
