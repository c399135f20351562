/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a list that was verified may be used beside, or instead of, those that are there. */
#include "status/crl_admit.h"

#include "base/date.h"
#include "crypto/name.h"
#include "status/crl_uri.h"

#define SHOWN 100

/* --- Age (RFC 5280 5.2.3; C-16) ----------------------------------------------------------------------- */

int
crl_age_compare(const struct crl_list *a, const struct crl_list *b)
{
	int order = 0;

	if (a->number.len != 0 && b->number.len != 0)
		order = crl_number_compare(&a->number, &b->number);
	else if (a->number.len != b->number.len)
		order = a->number.len == 0 ? -1 : 1; /* who has begun to number does not stop */
	if (order != 0)
		return order;
	return (a->this_update > b->this_update) - (a->this_update < b->this_update);
}

static void
name_number(const struct crl_list *list, char out[48])
{
	vouch_buf text = { 0 };
	size_t len = 0;

	if (list->number.len != 0 && vouch_serial_format(&text, span_buf(&list->number)) == VOUCH_OK)
		len = text.len < 47 ? text.len : 47;
	memcpy(out, len != 0 ? (const char *)text.data : "", len);
	out[len] = '\0';
	vouch_buf_free(&text);
}

int
crl_refuse_older(const struct crl_list *list, const struct crl_list *there, vouch_err *err)
{
	char number[48], number_there[48], time[DATE_RFC3339_LENGTH + 1], time_there[DATE_RFC3339_LENGTH + 1];

	name_number(list, number);
	name_number(there, number_there);
	date_format_rfc3339(list->this_update, time);
	date_format_rfc3339(there->this_update, time_there);
	bool is_newer = list->this_update > there->this_update;
	return err_set(err, VOUCH_EREFUSED,
	    "older than the CRL that is in use: number %s of %s after %s of %s; numbers never go down (RFC 5280 5.2.3)%s",
	    number[0] != '\0' ? number : "(none)", time, number_there[0] != '\0' ? number_there : "(none)",
	    time_there, is_newer ? ": if the CA counts from the beginning again, restart vouch" : "");
}

/* --- Place (C-14) ------------------------------------------------------------------------------------- */

bool
crl_is_same_file(const struct crl_list *a, const struct crl_list *b)
{
	return a != NULL && b != NULL && a->name != NULL && b->name != NULL && a->is_alone && b->is_alone &&
	    strcmp(a->name, b->name) == 0;
}

/* Another list in the place of this one: of the same CRL issuer and point, and no older. */
static int
check_successor(const struct crl_list *list, const struct crl_list *before, vouch_err *err)
{
	const struct crl_scope *now = &list->scope, *then = &before->scope;

	if (!crypto_name_equal(span_buf(&list->issuer), span_buf(&before->issuer)))
		return err_set(err, VOUCH_EREFUSED, "another issuer's CRL than before");
	if (crl_list_is_delta(list) != crl_list_is_delta(before))
		return err_set(err, VOUCH_EREFUSED, "%s (RFC 5280 5.2.4)",
		    crl_list_is_delta(list) ? "a delta CRL where a complete one was" :
					      "a complete CRL where a delta was");
	if (now->has_point && then->has_point &&
	    !crl_names_meet(span_buf(&now->names), span_buf(&then->names)))
		return err_set(err, VOUCH_EREFUSED,
		    "the CRL of another distribution point than before (RFC 5280 6.3.3 (b))");
	return list->signer == before->signer && crl_age_compare(list, before) < 0 ?
	    crl_refuse_older(list, before, err) :
	    VOUCH_OK;
}

static int
check_predecessors(const struct crl_snapshot *snapshot, const struct crl_list *list, vouch_err *err)
{
	int code = VOUCH_OK;

	for (size_t i = 0; i < snapshot->slot_count && code == VOUCH_OK; i++) {
		const struct crl_slot *slot = &snapshot->slots[i];
		if (crl_is_same_file(slot->full, list) && !slot->is_elsewhere)
			code = check_successor(list, slot->full, err);
		for (size_t d = 0; d < slot->delta_count && code == VOUCH_OK; d++)
			if (crl_is_same_file(slot->deltas[d], list))
				code = check_successor(list, slot->deltas[d], err);
	}
	return code;
}

/* RFC 5280 6.3.3 (b) (2) (i): the place where it was found is the place it is for, octet for octet. */
static int
check_point(const struct crl_policy *policy, const struct crl_list *list, vouch_err *err)
{
	vouch_span names = span_buf(&list->scope.names);
	bool found;

	if (!list->scope.has_point)
		return VOUCH_OK;
	/* Windows CAs put ldap: in front, or have nothing else. */
	vouch_span uri = crl_first_http_uri(names);
	if (uri.len == 0)
		uri = crl_first_uri(names);
	int shown = uri.len < SHOWN ? (int)uri.len : SHOWN;
	const char *text = uri.len != 0 ? (const char *)uri.data : "";
	if (policy->shards.len != 0)
		return crl_names_meet(names, span_buf(&policy->shards)) ?
		    VOUCH_OK :
		    err_set(err, VOUCH_EREFUSED,
			"the CRL of a distribution point that \"shards\" does not name: %.*s (RFC 5280 6.3.3 (b))",
			shown, text);
	if (strstr(list->name, "://") == NULL)
		return VOUCH_OK;
	if (crl_count_uris(names, span_string(list->name), &found) == 0 || found)
		return VOUCH_OK;
	return err_set(err, VOUCH_EREFUSED,
	    "the CRL of another distribution point: %.*s, which \"shards\" would have to name (RFC 5280 6.3.3 (b))",
	    shown, text);
}

int
crl_admit(const struct crl_snapshot *snapshot, const struct crl_policy *policy, const struct crl_list *list,
    vouch_time now, vouch_err *err)
{
	char time[DATE_RFC3339_LENGTH + 1];

	int code = check_point(policy, list, err);
	if (code == VOUCH_OK)
		code = check_predecessors(snapshot, list, err);
	/* What cannot be used yet takes no place of what can. */
	if (code != VOUCH_OK || now == VOUCH_TIME_ABSENT || list->this_update <= now + CRL_FUTURE_TOLERATED)
		return code;
	date_format_rfc3339(list->this_update, time);
	(void)err_set(err, VOUCH_EREFUSED, "its thisUpdate is in the future: %s", time);
	return VOUCH_EAGAIN;
}
