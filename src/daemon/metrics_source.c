/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics of the sources, by issuer and the number of the source in its list; a URI may hold a password. */
#include "daemon/metrics_source.h"

#include <inttypes.h>

#include "base/buf.h"
#include "daemon/metrics_text.h"

struct facts { /* of one source */
	vouch_source_counts counts;
	vouch_source_health health;
	vouch_time now;
};

/* Appends a value; nothing when the source does not tell. */
typedef int write_value(const struct facts *facts, vouch_buf *out);

static int
write_lookups(const struct facts *f, vouch_buf *out)
{
	return buf_printf(out, "%" PRIu64, f->counts.lookups);
}

static int
write_not_found(const struct facts *f, vouch_buf *out)
{
	return buf_printf(out, "%" PRIu64, f->counts.not_found);
}

static int
write_unavailable(const struct facts *f, vouch_buf *out)
{
	return buf_printf(out, "%" PRIu64, f->counts.unavailable);
}

static int
write_errors(const struct facts *f, vouch_buf *out)
{
	return buf_printf(out, "%" PRIu64, f->counts.errors);
}

static int
write_trouble(const struct facts *f, vouch_buf *out)
{
	return buf_printf(out, "%d", f->health.trouble.code != VOUCH_OK);
}

static int
write_age(const struct facts *f, vouch_buf *out)
{
	if (f->health.checked == VOUCH_TIME_ABSENT)
		return VOUCH_OK;
	return buf_printf(out, "%" PRId64, f->now - f->health.checked);
}

static int
write_remaining(const struct facts *f, vouch_buf *out)
{
	if (f->health.next_update == VOUCH_TIME_ABSENT)
		return VOUCH_OK;
	return buf_printf(out, "%" PRId64, f->health.next_update - f->now);
}

static const struct metric {
	const char *name, *type, *help;
	write_value *value;
} metrics[] = {
	{ "vouch_source_lookups_total", "counter", "Lookups in a source.", write_lookups },
	{ "vouch_source_not_found_total", "counter", "Lookups of what the source does not know.",
	    write_not_found },
	{ "vouch_source_unavailable_total", "counter", "Questions that failed because the source was away.",
	    write_unavailable },
	{ "vouch_source_errors_total", "counter",
	    "Questions that failed because what the source holds cannot be right.", write_errors },
	{ "vouch_source_trouble", "gauge", "1 when the source could not get newer data the last time.",
	    write_trouble },
	{ "vouch_source_data_age_seconds", "gauge",
	    "Seconds since the data of the source were last found to be the newest.", write_age },
	{ "vouch_source_data_remaining_seconds", "gauge",
	    "Seconds until the first data of the source end; negative: they have ended.", write_remaining },
};

static void
get_facts(const struct metrics_page *page, vouch_source *source, struct facts *out)
{
	*out = (struct facts){ .counts.size = sizeof(out->counts),
		.health.size = sizeof(out->health),
		.now = page->now };
	vouch_source_get_counts(source, &out->counts);
	vouch_source_get_health(source, page->now, &out->health);
}

static int
write_sample(const struct metric *metric, const vouch_issuer *issuer, size_t number,
    const struct facts *facts, vouch_buf *out)
{
	size_t before = out->len;
	int code = metrics_issuer_row(out, metric->name, issuer);

	if (code == VOUCH_OK)
		code = buf_printf(out, ",source=\"%zu\"} ", number);
	size_t head = out->len;
	if (code == VOUCH_OK)
		code = metric->value(facts, out);
	if (code == VOUCH_OK && out->len > head)
		return buf_append_string(out, "\n");
	out->len = before;
	return code;
}

static int
write_metric(const struct metrics_page *page, const struct metric *metric, vouch_buf *out)
{
	int code = metrics_head(out, metric->name, metric->type, metric->help);

	for (size_t i = 0; code == VOUCH_OK && i < page->issuer_count; i++) {
		const vouch_issuer *issuer = page->issuers[i];
		for (size_t s = 0; code == VOUCH_OK && s < vouch_issuer_sources(issuer); s++) {
			struct facts facts;
			get_facts(page, vouch_issuer_source(issuer, s, NULL), &facts);
			code = write_sample(metric, issuer, s, &facts, out);
		}
	}
	return code;
}

int
metrics_write_sources(const struct metrics_page *page, vouch_buf *out)
{
	int code = VOUCH_OK;

	for (size_t i = 0; code == VOUCH_OK && i < sizeof(metrics) / sizeof(metrics[0]); i++)
		code = write_metric(page, &metrics[i], out);
	return code;
}
