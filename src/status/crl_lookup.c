/* SPDX-License-Identifier: Apache-2.0 */
/* What the lists of one moment say of a certificate. */
#include "status/crl_lookup.h"

#include "der/oid.h"
#include "der/writer.h"
#include "status/crl_cover.h"

#define OID_EXTENSION_CRL SPAN_LITERAL(DER_OID_PKIX_OCSP "\x03")

bool
crl_view_whose(const struct crl_view *view, const struct crl_slot *slot, struct crl_whose *out)
{
	const struct crl_list *list = crl_slot_list(slot);
	vouch_span name = view->issuer->name;

	/* The serial numbers of attribute certificates are none of these (RFC 5280 5.2.5). */
	if (list->scope.certificates == 0)
		return false;
	bool is_direct = list->signer == view->number ||
	    (view->authority->items[list->signer]->is_crl_issuer &&
		span_equal(span_buf(&list->parts[0].name), name));
	*out = (struct crl_whose){ name, is_direct };
	return is_direct || list->scope.is_indirect;
}

/* --- Who says so -------------------------------------------------------------------------------------- */

static int
put_number(vouch_buf *out, const char *name, const vouch_buf *number)
{
	int code = buf_printf(out, ", %s ", name);

	return code == VOUCH_OK ? vouch_serial_format(out, span_buf(number)) : code;
}

static int
describe(const struct crl_slot *slot, vouch_buf *out)
{
	const struct crl_list *full = slot->full, *delta = slot->delta;
	int code = buf_printf(out, "crl %s", full->name);

	if (code == VOUCH_OK && full->number.len != 0)
		code = put_number(out, "CRL number", &full->number);
	if (code == VOUCH_OK && delta != NULL)
		code = buf_printf(out, ", delta %s", delta->name);
	if (code == VOUCH_OK && delta != NULL)
		code = put_number(out, "number", &delta->number);
	return code;
}

/* --- CrlID (RFC 6960 4.4.2) --------------------------------------------------------------------------- */

/* CrlID ::= SEQUENCE { crlUrl [0] IA5String, crlNum [1] INTEGER, crlTime [2] GeneralizedTime }, all explicit. */
static void
put_crl_id(struct der_writer *w, const struct crl_list *list)
{
	size_t id = der_begin(w, DER_SEQUENCE);
	bool is_url = strstr(list->name, "://") != NULL;

	if (is_url) {
		size_t url = der_begin(w, DER_CONTEXT(0));
		der_put(w, DER_IA5_STRING, span_string(list->name));
		der_end(w, url);
	}
	if (list->number.len != 0) {
		size_t number = der_begin(w, DER_CONTEXT(1));
		der_put_integer(w, span_buf(&list->number));
		der_end(w, number);
	}
	size_t time = der_begin(w, DER_CONTEXT(2));
	der_put_generalized_time(w, list->this_update);
	der_end(w, time);
	der_end(w, id);
}

static int
add_crl_id(const struct crl_view *view, const struct crl_list *list, vouch_status *out, vouch_err *err)
{
	if (!view->policy->crl_id || list == NULL)
		return VOUCH_OK;
	struct der_writer w = der_writer_init(&out->single_extensions);
	size_t extension = der_begin(&w, DER_SEQUENCE);
	der_put_oid(&w, OID_EXTENSION_CRL);
	size_t value = der_begin(&w, DER_OCTET_STRING);
	put_crl_id(&w, list);
	der_end(&w, value);
	der_end(&w, extension);
	return der_writer_finish(&w, err);
}

/* --- Answers ------------------------------------------------------------------------------------------ */

/* What was found of a certificate in the lists. */
struct found {
	struct crl_verdict verdict;
	const struct crl_slot *slot; /* NULL: nothing */
	vouch_time this_update, next_update;
	bool is_fresh;
};

/* Who is revoked for good is not on hold; then, who said so first. */
static bool
is_better(const struct found *a, const struct found *b)
{
	if (b->slot == NULL || a->is_fresh != b->is_fresh)
		return b->slot == NULL || a->is_fresh;
	bool permanent = crl_fact_is_permanent(&a->verdict.fact);
	if (permanent != crl_fact_is_permanent(&b->verdict.fact))
		return permanent;
	return a->verdict.fact.date < b->verdict.fact.date;
}

static void
find(const struct crl_view *view, vouch_span serial_number, struct found *best)
{
	for (size_t i = 0; i < view->snapshot->slot_count; i++) {
		struct found found = { .slot = &view->snapshot->slots[i] };
		struct crl_whose whose;
		if (found.slot->full == NULL || !crl_view_whose(view, found.slot, &whose) ||
		    !crl_slot_find(found.slot, &whose, serial_number, &found.verdict))
			continue;
		found.is_fresh = !found.slot->is_retired &&
		    crl_slot_times(found.slot, view->now, &found.this_update, &found.next_update);
		if (is_better(&found, best))
			*best = found;
	}
}

static int
say_revoked(const struct crl_view *view, const struct found *found, vouch_status *out, vouch_err *err)
{
	const struct crl_verdict *verdict = &found->verdict;

	out->cert_status = VOUCH_REVOKED;
	out->revocation_reason = verdict->fact.reason;
	out->revocation_time = verdict->fact.date;
	out->invalidity_date = verdict->fact.extra;
	out->this_update = found->this_update;
	out->next_update = found->next_update;
	int code = describe(found->slot, &out->detail);
	if (code == VOUCH_OK && verdict->list == NULL)
		code = buf_append_string(&out->detail, ", where it is not listed any more");
	if (code != VOUCH_OK)
		return err_nomem(err);
	return add_crl_id(view, verdict->list, out, err);
}

static int
say_unknown(vouch_status *out, vouch_err *err)
{
	out->cert_status = VOUCH_UNKNOWN;
	int code = buf_append_string(&out->detail, err->msg);
	err_or(err, NULL); /* an answer, not a failure */
	return code == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

static int
say_good(const struct crl_view *view, const struct crl_cover *cover, vouch_status *out, vouch_err *err)
{
	const struct crl_slot *slot = cover->only;
	int code;

	out->cert_status = VOUCH_GOOD;
	if (slot == NULL)
		code = buf_printf(&out->detail, "crl: %zu lists that do not list it; issued", cover->slots);
	else
		code = describe(slot, &out->detail);
	if (code == VOUCH_OK && slot != NULL)
		code = buf_append_string(&out->detail, "; issued");
	if (code != VOUCH_OK)
		return err_nomem(err);
	if (slot == NULL)
		return VOUCH_OK;
	bool is_updated = slot->delta != NULL && cover->this_update == slot->delta->this_update;
	return add_crl_id(view, is_updated ? slot->delta : slot->full, out, err);
}

/* A hold on a list that is over, or whose place has another one now: newer lists speak of the certificate, and not of it. */
static bool
is_lifted(const struct found *stale, const struct crl_cover *cover)
{
	const struct crl_list *list = stale->verdict.list;

	return list != NULL && !crl_fact_is_permanent(&stale->verdict.fact) &&
	    cover->this_update > list->this_update;
}

/* Nothing that is fresh lists it; what is stale, or whose file is gone, does perhaps. */
static int
say_not_listed(const struct crl_view *view, vouch_span serial_number, struct found *stale, vouch_status *out,
    vouch_err *err)
{
	struct crl_issued_fact known;
	struct crl_cover cover;
	bool is_issued = crl_issued_find(view->snapshot->issued, &view->issuer->cert, serial_number, &known);
	int code = crl_cover(view, &known, &cover, err);

	if (code != VOUCH_OK && code != VOUCH_ENOTFOUND)
		return code;
	out->this_update = cover.this_update;
	out->next_update = cover.next_update;
	if (stale->slot != NULL && code == VOUCH_OK && is_lifted(stale, &cover))
		stale->slot = NULL;
	if (stale->slot != NULL && code != VOUCH_OK)
		return err_set(err, VOUCH_EUNAVAILABLE,
		    "%s: it is revoked on this CRL, which is past its nextUpdate or gone",
		    stale->slot->full->name);
	if (stale->slot != NULL) {
		stale->this_update = cover.this_update;
		stale->next_update = cover.next_update;
		return say_revoked(view, stale, out, err);
	}
	if (code == VOUCH_ENOTFOUND)
		return say_unknown(out, err);
	return is_issued ? say_good(view, &cover, out, err) : VOUCH_ENOTFOUND;
}

int
crl_lookup(const struct crl_view *view, vouch_span serial_number, vouch_status *out, vouch_err *err)
{
	struct found best = { .slot = NULL };

	find(view, serial_number, &best);
	if (best.slot != NULL && best.is_fresh)
		return say_revoked(view, &best, out, err);
	return say_not_listed(view, serial_number, &best, out, err);
}
