/* SPDX-License-Identifier: Apache-2.0 */
/* All certificates that the lists of one moment, and what was issued, tell of. */
#include "status/crl_each.h"

#include <stdlib.h>

/* All tables in step: the next serial number is the least that any of them has. */
struct walk {
	struct crl_cursor *cursors;
	size_t count;
};

static int
add(struct walk *w, const struct crl_table *table, vouch_span after, vouch_err *err)
{
	if (table == NULL)
		return VOUCH_OK;
	struct crl_cursor *cursors = reallocarray(w->cursors, w->count + 1, sizeof(*cursors));
	if (cursors == NULL)
		return err_nomem(err);
	w->cursors = cursors;
	cursors[w->count++] = crl_cursor_after(table, after);
	return VOUCH_OK;
}

static int
add_slot(struct walk *w, const struct crl_view *view, const struct crl_slot *slot, vouch_span after,
    vouch_err *err)
{
	const struct crl_list *lists[] = { slot->full, slot->delta, slot->dropped };
	struct crl_whose whose;
	int code = VOUCH_OK;

	if (!crl_view_whose(view, slot, &whose))
		return VOUCH_OK;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && code == VOUCH_OK; i++)
		if (lists[i] != NULL)
			code = add(w, crl_list_table(lists[i], whose.name), after, err);
	return code;
}

static int
add_all(struct walk *w, const struct crl_view *view, vouch_span after, vouch_err *err)
{
	const struct crl_snapshot *snapshot = view->snapshot;
	const struct crl_issued *issued = snapshot->issued;
	int code = VOUCH_OK;

	for (size_t i = 0; i < snapshot->slot_count && code == VOUCH_OK; i++)
		code = add_slot(w, view, &snapshot->slots[i], after, err);
	for (size_t i = 0; issued != NULL && i < issued->group_count && code == VOUCH_OK; i++)
		if (crl_issued_is_of(&issued->groups[i], &view->issuer->cert))
			code = add(w, &issued->groups[i].table, after, err);
	return code;
}

/* Steps over the least one; false at the end. */
static bool
next(struct walk *w, vouch_span *least)
{
	vouch_span serial_number;
	struct crl_fact unread;
	bool found = false;

	for (size_t i = 0; i < w->count; i++) {
		if (!crl_cursor_get(&w->cursors[i], &serial_number, &unread))
			continue;
		if (!found || crl_serial_compare(serial_number, *least) < 0)
			*least = serial_number;
		found = true;
	}
	for (size_t i = 0; found && i < w->count; i++)
		if (crl_cursor_get(&w->cursors[i], &serial_number, &unread) &&
		    crl_serial_compare(serial_number, *least) == 0)
			w->cursors[i].at++;
	return found;
}

static int
hand_out(const struct crl_view *view, vouch_span serial_number, vouch_status_cb *cb, void *arg,
    vouch_err *err)
{
	vouch_status status;

	vouch_status_init(&status);
	int code = crl_lookup(view, serial_number, &status, err);
	if (code == VOUCH_OK && status.cert_status != VOUCH_UNKNOWN)
		code = cb(arg, serial_number, &status);
	vouch_status_clear(&status);
	return code == VOUCH_ENOTFOUND ? VOUCH_OK : code;
}

int
crl_each(const struct crl_view *view, vouch_span after, vouch_status_cb *cb, void *arg, vouch_err *err)
{
	struct walk w = { NULL, 0 };
	vouch_span serial_number;
	int code = add_all(&w, view, after, err);

	while (code == VOUCH_OK && next(&w, &serial_number))
		code = hand_out(view, serial_number, cb, arg, err);
	free(w.cursors);
	return code;
}
