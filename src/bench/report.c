/* SPDX-License-Identifier: Apache-2.0 */
/* What a load has found, for people. */
#include "bench/report.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

#define DURATION_TEXT 24

/* Three digits or more, in the unit that people would take. */
static const char *
duration_text(char out[DURATION_TEXT], uint64_t ns)
{
	static const struct {
		double unit;
		const char *name;
	} units[] = { { 1e9, "s" }, { 1e6, "ms" }, { 1e3, "us" } };
	size_t i = 0;

	while (i < 2 && (double)ns < units[i].unit)
		i++;
	double value = (double)ns / units[i].unit;
	snprintf(out, DURATION_TEXT, "%.*f %s", value < 10 ? 2 : value < 100 ? 1 : 0, value, units[i].name);
	return out;
}

static int
put_latency(vouch_buf *out, const char *of, const struct bench_histogram *h)
{
	static const struct {
		double share;
		const char *name;
	} columns[] = { { 0.5, "p50" }, { 0.9, "p90" }, { 0.99, "p99" }, { 0.999, "p99.9" } };
	char min[DURATION_TEXT], mean[DURATION_TEXT], text[DURATION_TEXT];

	if (h->count == 0)
		return VOUCH_OK;
	int code = buf_printf(out, "latency, %-10s  min %s, mean %s", of, duration_text(min, h->min),
	    duration_text(mean, bench_histogram_mean(h)));
	for (size_t i = 0; code == VOUCH_OK && i < sizeof(columns) / sizeof(columns[0]); i++)
		code = buf_printf(out, ", %s %s", columns[i].name,
		    duration_text(text, bench_histogram_quantile(h, columns[i].share)));
	return code == VOUCH_OK ? buf_printf(out, ", max %s\n", duration_text(text, h->max)) : code;
}

/* "NAME COUNT" after a comma, if there is any. */
static int
put_count(vouch_buf *out, bool *begun, const char *name, uint64_t count)
{
	if (count == 0)
		return VOUCH_OK;
	int code = buf_printf(out, "%s%s %llu", *begun ? ", " : "", name, (unsigned long long)count);
	*begun = true;
	return code;
}

static int
put_rates(vouch_buf *out, const struct bench_result *r)
{
	const struct bench_tally *t = r->tally;
	double seconds = (double)r->elapsed_ns / 1e9;

	return buf_printf(out,
	    "%llu answers in %.2f s: %.0f/s%s\n"
	    "requests            %llu sent, %llu of them a second time; %llu connections\n"
	    "octets              %llu sent, %llu received\n",
	    (unsigned long long)t->answered, seconds, seconds > 0 ? (double)t->answered / seconds : 0.0,
	    r->interrupted ? " (interrupted)" : "", (unsigned long long)t->sent,
	    (unsigned long long)t->retried, (unsigned long long)t->connections,
	    (unsigned long long)t->octets_sent, (unsigned long long)t->octets_received);
}

static int
put_http(vouch_buf *out, const struct bench_tally *t)
{
	bool begun = false;
	char name[12];
	int code = buf_append_string(out, "HTTP status         ");

	for (unsigned i = 0; code == VOUCH_OK && i < BENCH_HTTP_STATUSES; i++) {
		snprintf(name, sizeof(name), "%u:", i);
		code = put_count(out, &begun, name, t->http_status[i]);
	}
	return code == VOUCH_OK ? buf_append_string(out, begun ? "\n" : "none\n") : code;
}

static int
put_response_status(vouch_buf *out, const struct bench_tally *t)
{
	bool begun = false;
	int code = buf_append_string(out, "response status     ");

	for (int i = 0; code == VOUCH_OK && i < BENCH_RESPONSE_STATUSES; i++)
		code = put_count(out, &begun, vouch_response_status_name(i), t->response_status[i]);
	return code == VOUCH_OK ? buf_append_string(out, begun ? "\n" : "none\n") : code;
}

static int
put_errors(vouch_buf *out, const struct bench_tally *t)
{
	bool begun = false;
	int code = buf_append_string(out, "errors              ");

	for (unsigned i = 0; code == VOUCH_OK && i < BENCH_ERRORS; i++)
		code = put_count(out, &begun, bench_error_name((enum bench_error)i), t->errors[i]);
	return code == VOUCH_OK ? buf_append_string(out, begun ? "\n" : "none\n") : code;
}

static int
put_verdicts(vouch_buf *out, const struct bench_verdicts *v)
{
	static const char *const names[] = { "", "good", "revoked", "unknown" };
	bool begun = false;
	int code = buf_printf(out, "verified            %llu: ", (unsigned long long)v->verified);

	for (unsigned i = VOUCH_GOOD; code == VOUCH_OK && i <= VOUCH_UNKNOWN; i++)
		code = put_count(out, &begun, names[i], v->cert_status[i]);
	for (size_t i = 0; code == VOUCH_OK && i < BENCH_RULES && v->broken[i].rule != NULL; i++) {
		char name[48];
		snprintf(name, sizeof(name), "failed (%s)", v->broken[i].rule);
		code = put_count(out, &begun, name, v->broken[i].count);
	}
	return code == VOUCH_OK ? buf_append_string(out, "\n") : code;
}

int
bench_report_text(vouch_buf *out, const struct bench_result *result, vouch_err *err)
{
	const struct bench_tally *t = result->tally;
	int code = put_rates(out, result);

	if (code == VOUCH_OK)
		code = put_latency(out, "answers", &t->latency[BENCH_SUCCESSFUL]);
	if (code == VOUCH_OK)
		code = put_latency(out, "tryLater", &t->latency[BENCH_TRY_LATER]);
	if (code == VOUCH_OK)
		code = put_latency(out, "others", &t->latency[BENCH_OTHER]);
	if (code == VOUCH_OK)
		code = put_http(out, t);
	if (code == VOUCH_OK)
		code = put_response_status(out, t);
	if (code == VOUCH_OK)
		code = put_errors(out, t);
	if (code == VOUCH_OK && result->verdicts.verified > 0)
		code = put_verdicts(out, &result->verdicts);
	return code == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

bool
bench_report_fault(const struct bench_result *result, vouch_err *err)
{
	const struct bench_tally *t = result->tally;
	const struct bench_verdicts *v = &result->verdicts;
	uint64_t other = t->errors[BENCH_OTHER_CERTIFICATE];

	if (v->failed > 0)
		err_set(err, VOUCH_EVERIFY, "%llu of %llu answers do not verify; the first: %.90s",
		    (unsigned long long)v->failed, (unsigned long long)v->verified, v->first);
	else if (other > 0)
		err_set(err, VOUCH_EVERIFY, "%llu answers are about another certificate than was asked about",
		    (unsigned long long)other);
	else if (t->answered == 0)
		err_set(err, VOUCH_EUNAVAILABLE, "no OCSP response came");
	else
		return false;
	return true;
}
