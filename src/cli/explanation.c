/* SPDX-License-Identifier: Apache-2.0 */
/* Why a certificate has its status: what each source said, how old that is, and the rule that decided. */
#include "cli/explanation.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/span.h"
#include "base/uri_secret.h"
#include "cli/json_fields.h"
#include "cli/verdict.h"

#include <inttypes.h>
#include <stdio.h>

#define TEXT_MOST 700

/* --- What one source said ----------------------------------------------------------------------------- */

/* RFC 6960 4.2.2.1: what is past its nextUpdate supports no answer. */
static bool
is_stale(const struct cli_explanation *e, const struct cli_said *said)
{
	return (said->found == VOUCH_OK || said->found == VOUCH_ENOTFOUND) &&
	    said->status.next_update != VOUCH_TIME_ABSENT && said->status.next_update <= e->now;
}

static bool
cannot_tell(const struct cli_explanation *e, const struct cli_said *said)
{
	return (said->found != VOUCH_OK && said->found != VOUCH_ENOTFOUND) || is_stale(e, said);
}

/* "3h", "2d": the largest unit of which there are two. */
static void
format_age(char *out, size_t size, int64_t seconds)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = { { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 } };
	size_t i = 0;

	while (units[i].seconds > 1 && seconds < 2 * units[i].seconds)
		i++;
	snprintf(out, size, "%" PRId64 "%s", seconds / units[i].seconds, units[i].name);
}

static int
append_freshness(vouch_buf *out, const struct cli_explanation *e, const vouch_status *status)
{
	char from[DATE_RFC3339_LENGTH + 1], until[DATE_RFC3339_LENGTH + 1], age[32];
	int ret = VOUCH_OK;

	if (status->this_update == VOUCH_TIME_ABSENT) {
		ret = buf_append_string(out, ", as of now");
	} else {
		date_format_rfc3339(status->this_update, from);
		bool is_ahead = status->this_update > e->now; /* of a CA whose clock is, or ours is behind */
		format_age(age, sizeof(age),
		    is_ahead ? status->this_update - e->now : e->now - status->this_update);
		ret = buf_printf(out, ", as of %s (%s %s)", from, age, is_ahead ? "ahead" : "ago");
	}
	if (ret != VOUCH_OK || status->next_update == VOUCH_TIME_ABSENT)
		return ret;
	date_format_rfc3339(status->next_update, until);
	return buf_printf(out, ", until %s%s", until, status->next_update <= e->now ? ", which is over" : "");
}

static int
append_answer(vouch_buf *out, const struct cli_explanation *e, const struct cli_said *said)
{
	char is[100];
	int ret = VOUCH_OK;

	if (said->found != VOUCH_OK && said->found != VOUCH_ENOTFOUND)
		return buf_printf(out, "cannot tell: %s", said->err.msg);
	cli_verdict_text(is, sizeof(is), said->status.cert_status, said->status.revocation_reason,
	    said->status.revocation_time);
	ret = buf_append_string(out, said->found == VOUCH_OK ? is : "does not know it");
	if (ret == VOUCH_OK)
		ret = append_freshness(out, e, &said->status);
	if (ret == VOUCH_OK && said->status.detail.len > 0)
		ret = buf_printf(out, " [%.*s]", (int)said->status.detail.len,
		    (const char *)said->status.detail.data);
	return ret;
}

static int
append_said(vouch_buf *out, const struct cli_explanation *e, size_t number)
{
	const struct cli_said *said = &e->said[number];
	vouch_buf shown = { 0 };
	int ret = buf_printf(out, "  %zu. %s%s: ", number + 1, uri_shown(&shown, said->uri),
	    said->is_optional ? " (optional)" : "");

	vouch_buf_free(&shown);
	if (ret == VOUCH_OK)
		ret = append_answer(out, e, said);
	return ret == VOUCH_OK ? buf_append_string(out, "\n") : ret;
}

/* --- The rule ----------------------------------------------------------------------------------------- */

static const char *const never_issued[] = {
	[VOUCH_NOT_ISSUED_UNKNOWN] = "unknown",
	[VOUCH_NOT_ISSUED_UNAUTHORIZED] = "unauthorized",
	[VOUCH_NOT_ISSUED_REVOKED] = "revoked (RFC 6960 2.2)",
	[VOUCH_NOT_ISSUED_GOOD] = "good",
};

/* The search as the responder makes it: which source ends it (count: none), and which optional one was passed over. */
static size_t
find_end(const struct cli_explanation *e, size_t *passed_over)
{
	size_t i = 0;

	*passed_over = e->count;
	for (; i < e->count; i++) {
		const struct cli_said *said = &e->said[i];

		if (cannot_tell(e, said) && !said->is_optional)
			return i;
		if (cannot_tell(e, said) && *passed_over == e->count)
			*passed_over = i;
		if (!cannot_tell(e, said) && said->found == VOUCH_OK &&
		    said->status.cert_status != VOUCH_UNKNOWN)
			return i;
	}
	return i;
}

static void
write_end(char *out, size_t size, const struct cli_explanation *e, size_t end)
{
	const struct cli_said *said = &e->said[end];
	char when[DATE_RFC3339_LENGTH + 1];

	if (cannot_tell(e, said)) {
		snprintf(out, size, "source %zu cannot tell%s: clients are told tryLater", end + 1,
		    is_stale(e, said) ? ", its data are past their nextUpdate" : "");
		return;
	}
	date_format_rfc3339(said->status.revocation_time, when);
	if (said->status.cert_status == VOUCH_REVOKED && e->status->cert_status == VOUCH_GOOD)
		snprintf(out, size, "source %zu says revoked from %s on: good until then", end + 1, when);
	else
		snprintf(out, size, "source %zu says %s, which ends the search", end + 1,
		    cli_verdict_name(said->status.cert_status));
}

static bool
is_condemned(const struct cli_explanation *e, size_t end)
{
	return e->verdict == VOUCH_OK && e->status->cert_status == VOUCH_REVOKED &&
	    e->status->revocation_reason == VOUCH_REASON_CA_COMPROMISE &&
	    (end == e->count || cannot_tell(e, &e->said[end]) ||
		e->said[end].status.revocation_time != e->status->revocation_time);
}

static void
write_rule(char *out, size_t size, const struct cli_explanation *e)
{
	size_t passed_over, end = find_end(e, &passed_over);

	if (is_condemned(e, end))
		snprintf(out, size, "the CA is compromised: all its certificates are revoked (RFC 6960 2.7)");
	else if (passed_over < e->count && e->verdict != VOUCH_OK)
		snprintf(out, size,
		    "source %zu, which is optional, cannot tell: nothing but revoked would stand, and clients are told tryLater",
		    passed_over + 1);
	else if (end < e->count)
		write_end(out, size, e, end);
	else if (e->verdict == VOUCH_OK)
		snprintf(out, size, "a source says unknown itself, and none knows better");
	else
		snprintf(out, size, "no source knows it: clients are told %s (not_issued)",
		    never_issued[e->not_issued]);
}

/* --- Both forms --------------------------------------------------------------------------------------- */

int
cli_explanation_text(vouch_buf *out, const struct cli_explanation *explanation)
{
	char rule[TEXT_MOST];
	int ret = VOUCH_OK;

	for (size_t i = 0; i < explanation->count && ret == VOUCH_OK; i++)
		ret = append_said(out, explanation, i);
	write_rule(rule, sizeof(rule), explanation);
	return ret == VOUCH_OK ? buf_printf(out, "  rule: %s\n", rule) : ret;
}

/* Text that is not JSON's is said to be so. */
static json_t *
make_said(const struct cli_explanation *e, const struct cli_said *said)
{
	json_t *o = json_object();
	vouch_buf shown = { 0 };
	bool failed = said->found != VOUCH_OK && said->found != VOUCH_ENOTFOUND;
	bool has_age = !failed && said->status.this_update != VOUCH_TIME_ABSENT;
	const char *is = failed	    ? "unavailable" :
	    said->found == VOUCH_OK ? cli_verdict_name(said->status.cert_status) :
				      "not found";
	bool made = o != NULL && json_fields_text(o, "source", uri_shown(&shown, said->uri)) == 0 &&
	    json_object_set_new(o, "optional", json_boolean(said->is_optional)) == 0 &&
	    json_fields_text(o, "status", is) == 0 &&
	    json_fields_text(o, "revocation_reason", vouch_reason_name(said->status.revocation_reason)) ==
		0 &&
	    json_fields_time(o, "revocation_time", said->status.revocation_time) == 0 &&
	    json_fields_time(o, "this_update", said->status.this_update) == 0 &&
	    json_fields_time(o, "next_update", said->status.next_update) == 0 &&
	    (!has_age ||
		json_object_set_new(o, "age", json_integer(e->now - said->status.this_update)) == 0) &&
	    json_fields_span(o, "detail", span_buf(&said->status.detail)) == 0 &&
	    json_fields_text(o, "error", failed ? said->err.msg : NULL) == 0;

	vouch_buf_free(&shown);
	if (made)
		return o;
	json_decref(o);
	return NULL;
}

int
cli_explanation_json(json_t *object, const struct cli_explanation *explanation)
{
	char rule[TEXT_MOST];
	json_t *sources = json_array();
	int ret = sources == NULL ? -1 : 0;

	for (size_t i = 0; i < explanation->count && ret == 0; i++)
		ret = json_array_append_new(sources, make_said(explanation, &explanation->said[i]));
	write_rule(rule, sizeof(rule), explanation);
	if (ret == 0)
		ret = json_fields_text(object, "rule", rule);
	if (ret == 0)
		return json_object_set_new(object, "sources", sources);
	json_decref(sources);
	return ret;
}
