/* SPDX-License-Identifier: Apache-2.0 */
/* What a load has found, for programs. */
#include "bench/report.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"

static int
set_count(json_t *object, const char *key, uint64_t count)
{
	return json_object_set_new(object, key, json_integer((json_int_t)count));
}

/* What did not happen is left out of a table. */
static int
set_if_any(json_t *object, const char *key, uint64_t count)
{
	return count > 0 ? set_count(object, key, count) : 0;
}

static int
set_seconds(json_t *object, const char *key, uint64_t ns)
{
	return json_object_set_new(object, key, json_real((double)ns / 1e9));
}

static json_t *
made(json_t *object, bool whole)
{
	if (whole)
		return object;
	json_decref(object);
	return NULL;
}

static json_t *
latency(const struct bench_histogram *h)
{
	json_t *o = json_object();

	return made(o,
	    set_count(o, "count", h->count) == 0 && set_seconds(o, "min", h->min) == 0 &&
		set_seconds(o, "mean", bench_histogram_mean(h)) == 0 &&
		set_seconds(o, "p50", bench_histogram_quantile(h, 0.5)) == 0 &&
		set_seconds(o, "p90", bench_histogram_quantile(h, 0.9)) == 0 &&
		set_seconds(o, "p99", bench_histogram_quantile(h, 0.99)) == 0 &&
		set_seconds(o, "p99.9", bench_histogram_quantile(h, 0.999)) == 0 &&
		set_seconds(o, "max", h->max) == 0);
}

static json_t *
http_statuses(const struct bench_tally *t)
{
	json_t *o = json_object();
	bool whole = true;
	char name[12];

	for (unsigned i = 0; i < BENCH_HTTP_STATUSES; i++) {
		snprintf(name, sizeof(name), "%u", i);
		whole = whole && set_if_any(o, name, t->http_status[i]) == 0;
	}
	return made(o, whole);
}

static json_t *
response_statuses(const struct bench_tally *t)
{
	json_t *o = json_object();
	bool whole = true;

	for (int i = 0; i < BENCH_RESPONSE_STATUSES; i++)
		whole = whole && set_if_any(o, vouch_response_status_name(i), t->response_status[i]) == 0;
	return made(o, whole);
}

static json_t *
errors(const struct bench_tally *t)
{
	json_t *o = json_object();
	bool whole = true;

	for (unsigned i = 0; i < BENCH_ERRORS; i++)
		whole = whole && set_count(o, bench_error_name((enum bench_error)i), t->errors[i]) == 0;
	return made(o, whole);
}

static json_t *
broken(const struct bench_verdicts *v)
{
	json_t *o = json_object();
	bool whole = true;

	for (size_t i = 0; i < BENCH_RULES && v->broken[i].rule != NULL; i++)
		whole = whole && set_count(o, v->broken[i].rule, v->broken[i].count) == 0;
	return made(o, whole);
}

static json_t *
verdicts(const struct bench_verdicts *v)
{
	json_t *o = json_object();

	return made(o,
	    set_count(o, "verified", v->verified) == 0 &&
		set_count(o, "good", v->cert_status[VOUCH_GOOD]) == 0 &&
		set_count(o, "revoked", v->cert_status[VOUCH_REVOKED]) == 0 &&
		set_count(o, "unknown", v->cert_status[VOUCH_UNKNOWN]) == 0 &&
		set_count(o, "failed", v->failed) == 0 && json_object_set_new(o, "broken", broken(v)) == 0);
}

static json_t *
object_of(const struct bench_result *r)
{
	const struct bench_tally *t = r->tally;
	json_t *o = json_object();
	double seconds = (double)r->elapsed_ns / 1e9;

	return made(o,
	    set_seconds(o, "seconds", r->elapsed_ns) == 0 &&
		json_object_set_new(o, "interrupted", json_boolean(r->interrupted)) == 0 &&
		set_count(o, "sent", t->sent) == 0 && set_count(o, "retried", t->retried) == 0 &&
		set_count(o, "answered", t->answered) == 0 &&
		json_object_set_new(o, "answers_per_second",
		    json_real(seconds > 0 ? (double)t->answered / seconds : 0.0)) == 0 &&
		set_count(o, "connections", t->connections) == 0 &&
		set_count(o, "octets_sent", t->octets_sent) == 0 &&
		set_count(o, "octets_received", t->octets_received) == 0 &&
		json_object_set_new(o, "latency", latency(&t->latency[BENCH_SUCCESSFUL])) == 0 &&
		json_object_set_new(o, "latency_try_later", latency(&t->latency[BENCH_TRY_LATER])) == 0 &&
		json_object_set_new(o, "latency_others", latency(&t->latency[BENCH_OTHER])) == 0 &&
		json_object_set_new(o, "http_status", http_statuses(t)) == 0 &&
		json_object_set_new(o, "response_status", response_statuses(t)) == 0 &&
		json_object_set_new(o, "errors", errors(t)) == 0 &&
		json_object_set_new(o, "sample", verdicts(&r->verdicts)) == 0);
}

int
bench_report_json(vouch_buf *out, const struct bench_result *result, vouch_err *err)
{
	json_t *object = object_of(result);
	char *text = object != NULL ? json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(9)) : NULL;
	int code = text != NULL ? buf_printf(out, "%s\n", text) : VOUCH_ENOMEM;

	free(text);
	json_decref(object);
	return code == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}
