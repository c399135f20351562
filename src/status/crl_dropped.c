/* SPDX-License-Identifier: Apache-2.0 */
/* Who was revoked for good, and is left out of newer lists: after his certificate has expired, mostly (C-18). */
#include <stdlib.h>

#include "status/crl_slot.h"

struct keeping {
	const struct crl_slot *after;
	struct crl_list *kept; /* NULL: nobody yet */
	size_t count;	       /* of those in it */
	vouch_err *err;
};

/* --- Not too many ------------------------------------------------------------------------------------- */

static int
compare_times(const void *a, const void *b)
{
	vouch_time first = *(const vouch_time *)a, second = *(const vouch_time *)b;

	return (first > second) - (first < second);
}

/* The revocation date of the first that may stay. */
static int
find_earliest(const struct crl_list *kept, size_t count, vouch_time *out, vouch_err *err)
{
	vouch_time *dates = reallocarray(NULL, count, sizeof(*dates));
	struct crl_fact fact;
	vouch_span unread;
	size_t n = 0;

	if (dates == NULL)
		return err_nomem(err);
	for (size_t i = 0; i < kept->part_count; i++) {
		struct crl_cursor c = crl_cursor_after(&kept->parts[i].table, (vouch_span){ NULL, 0 });
		for (; crl_cursor_get(&c, &unread, &fact); c.at++)
			dates[n++] = fact.date;
	}
	qsort(dates, n, sizeof(*dates), compare_times);
	*out = dates[n - CRL_DROPPED_MAX];
	free(dates);
	return VOUCH_OK;
}

static int
let_go(struct keeping *k)
{
	size_t most = CRL_DROPPED_MAX;
	vouch_time earliest = VOUCH_TIME_ABSENT;

	if (k->count <= CRL_DROPPED_MAX)
		return VOUCH_OK;
	if (find_earliest(k->kept, (size_t)crl_list_entries(k->kept), &earliest, k->err) != VOUCH_OK)
		return k->err->code;
	for (size_t i = 0; i < k->kept->part_count; i++)
		crl_table_keep_later(&k->kept->parts[i].table, earliest, &most);
	k->count = (size_t)crl_list_entries(k->kept);
	return VOUCH_OK;
}

static int
keep(struct keeping *k, vouch_span issuer_name, vouch_span serial_number, const struct crl_fact *fact)
{
	if (k->kept == NULL && crl_list_new(&k->kept, k->err) != VOUCH_OK)
		return k->err->code;
	/* While they come, too: there is no room for a whole list of them. */
	if (k->count >= CRL_DROPPED_MAX + CRL_DROPPED_MAX / 4 && let_go(k) != VOUCH_OK)
		return k->err->code;
	k->count++;
	struct crl_table *table = crl_list_add_part(k->kept, issuer_name, k->err);
	return table != NULL ? crl_table_add(table, serial_number, fact, k->err) : k->err->code;
}

/* --- Who is left out ---------------------------------------------------------------------------------- */

/* In step with the same part of the new complete list, which has nearly all of them. */
static bool
is_still_there(struct crl_cursor *in_new, vouch_span serial_number)
{
	vouch_span found;
	struct crl_fact fact;

	while (crl_cursor_get(in_new, &found, &fact)) {
		int order = crl_serial_compare(found, serial_number);
		if (order == 0)
			return crl_fact_is_permanent(&fact);
		if (order > 0)
			return false;
		in_new->at++;
	}
	return false;
}

static int
compare_part(struct keeping *k, const struct crl_part *part, bool is_own)
{
	const struct crl_whose whose = { span_buf(&part->name), is_own };
	const struct crl_list *full = k->after->full;
	const struct crl_table *table = full != NULL ? crl_list_table(full, whose.name) : NULL;
	struct crl_cursor old = crl_cursor_after(&part->table, (vouch_span){ NULL, 0 });
	struct crl_cursor in_new = crl_cursor_after(table, (vouch_span){ NULL, 0 });
	struct crl_fact fact;
	struct crl_verdict now;
	vouch_span serial_number;
	int code = VOUCH_OK;

	for (; code == VOUCH_OK && crl_cursor_get(&old, &serial_number, &fact); old.at++) {
		if (!crl_fact_is_permanent(&fact) || is_still_there(&in_new, serial_number))
			continue;
		if (crl_slot_find(k->after, &whose, serial_number, &now) && crl_fact_is_permanent(&now.fact))
			continue;
		code = keep(k, whose.name, serial_number, &fact);
	}
	return code;
}

static int
compare_list(struct keeping *k, const struct crl_list *before, bool is_replaced)
{
	int code = VOUCH_OK;

	for (size_t i = 0; is_replaced && before != NULL && i < before->part_count && code == VOUCH_OK; i++)
		code = compare_part(k, &before->parts[i], i == 0);
	return code;
}

static int
copy_kept(struct keeping *k, const struct crl_list *dropped)
{
	struct crl_fact fact;
	vouch_span serial_number;
	int code = VOUCH_OK;

	for (size_t i = 0; dropped != NULL && i < dropped->part_count && code == VOUCH_OK; i++) {
		struct crl_cursor c = crl_cursor_after(&dropped->parts[i].table, (vouch_span){ NULL, 0 });
		for (; code == VOUCH_OK && crl_cursor_get(&c, &serial_number, &fact); c.at++)
			code = keep(k, span_buf(&dropped->parts[i].name), serial_number, &fact);
	}
	return code;
}

/* Of the same certificate: what was said first. */
static void
merge(struct crl_fact *kept, const struct crl_fact *other)
{
	if (other->date < kept->date)
		*kept = *other;
}

static void
finish(struct crl_list *kept)
{
	for (size_t i = 0; kept != NULL && i < kept->part_count; i++)
		crl_table_finish(&kept->parts[i].table, merge);
}

int
crl_slot_keep_dropped(struct crl_slot *after, const struct crl_slot *before, vouch_err *err)
{
	struct keeping k = { after, NULL, 0, err };
	int code = compare_list(&k, before->full, before->full != after->full);

	if (code == VOUCH_OK)
		code = compare_list(&k, before->delta, before->delta != after->delta);
	/* Nobody new: those who were dropped before are in `after` already. */
	if (code == VOUCH_OK && k.kept != NULL)
		code = copy_kept(&k, before->dropped);
	if (code == VOUCH_OK)
		code = let_go(&k);
	if (code != VOUCH_OK || k.kept == NULL) {
		crl_list_free(k.kept);
		return code;
	}
	finish(k.kept);
	crl_list_free(after->dropped);
	after->dropped = k.kept;
	return VOUCH_OK;
}
