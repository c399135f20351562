/* SPDX-License-Identifier: Apache-2.0 */
/* Counters of the service, and their page. */
#include "daemon/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "daemon/expiry.h"
#include "daemon/metrics_source.h"
#include "daemon/metrics_text.h"

#define STATUSES 7 /* OCSPResponseStatus 0 to 6 */
#define CERT_STATUSES 4

/* A thread's own cache lines: nobody else writes to them. */
struct counters {
	_Alignas(128) _Atomic uint64_t responses[STATUSES];
	_Atomic uint64_t singles[CERT_STATUSES];
	_Atomic uint64_t hashes[VOUCH_HASHES];
	_Atomic uint64_t hits, misses, shared;
};

struct metrics {
	unsigned threads;
	struct counters *counters;
};

int
metrics_new(struct metrics **out, unsigned threads, vouch_err *err)
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return err_nomem(err);
	m->threads = threads;
	m->counters = aligned_alloc(_Alignof(struct counters), threads * sizeof(*m->counters));
	if (m->counters == NULL) {
		free(m);
		return err_nomem(err);
	}
	memset((void *)m->counters, 0, threads * sizeof(*m->counters));
	*out = m;
	return VOUCH_OK;
}

void
metrics_free(struct metrics *m)
{
	if (m == NULL)
		return;
	free(m->counters);
	free(m);
}

/* One writer: no read-modify-write is needed for a reader to see whole numbers. */
static void
add(_Atomic uint64_t *counter, uint64_t n)
{
	if (n > 0)
		atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n,
		    memory_order_relaxed);
}

void
metrics_count(struct metrics *m, unsigned thread, const vouch_outcome *o)
{
	struct counters *c = &m->counters[thread];

	add(&c->responses[o->response_status], 1);
	for (size_t i = 0; i < CERT_STATUSES; i++)
		add(&c->singles[i], o->statuses[i]);
	for (size_t i = 0; i < VOUCH_HASHES; i++)
		add(&c->hashes[i], o->hashes[i]);
	add(&c->hits, o->served_from == VOUCH_SERVED_STORE);
	add(&c->misses, o->served_from == VOUCH_SERVED_SIGNED);
	add(&c->shared, o->served_from == VOUCH_SERVED_PEER);
}

static uint64_t
sum(const struct metrics *m, size_t offset)
{
	uint64_t total = 0;

	for (unsigned t = 0; t < m->threads; t++) {
		const uint8_t *counters = (const uint8_t *)&m->counters[t];
		total += atomic_load_explicit((const _Atomic uint64_t *)(const void *)(counters + offset),
		    memory_order_relaxed);
	}
	return total;
}

static int
family(const struct metrics *m, vouch_buf *out, const char *name, const char *label, const char *help,
    size_t offset, const char *const *values, size_t count)
{
	int code = metrics_head(out, name, "counter", help);

	for (size_t i = 0; code == VOUCH_OK && i < count; i++)
		if (values[i] != NULL)
			code = buf_printf(out, "%s{%s=\"%s\"} %" PRIu64 "\n", name, label, values[i],
			    sum(m, offset + i * sizeof(uint64_t)));
	return code;
}

static int
write_answers(const struct metrics *m, vouch_buf *out)
{
	static const char *const cert_statuses[CERT_STATUSES] = { NULL, "good", "revoked", "unknown" };
	static const char *const hashes[VOUCH_HASHES] = { "other", "sha1", "sha256", "sha384", "sha512",
		"md5" };
	const char *statuses[STATUSES];

	for (int i = 0; i < STATUSES; i++)
		statuses[i] = i == 4 ? NULL :
				       vouch_response_status_name(i); /* RFC 6960 4.2.1: 4 is not used */
	int code = family(m, out, "vouch_responses_total", "response_status", "OCSP responses.",
	    offsetof(struct counters, responses), statuses, STATUSES);
	if (code == VOUCH_OK)
		code = family(m, out, "vouch_single_responses_total", "cert_status", "SingleResponses.",
		    offsetof(struct counters, singles), cert_statuses, CERT_STATUSES);
	if (code == VOUCH_OK)
		code = family(m, out, "vouch_certids_total", "hash_algorithm", "CertIDs asked for.",
		    offsetof(struct counters, hashes), hashes, VOUCH_HASHES);
	if (code == VOUCH_OK)
		code = metrics_plain(out, "vouch_cache_hits_total", "counter", "Answers taken from the store.",
		    sum(m, offsetof(struct counters, hits)));
	if (code == VOUCH_OK)
		code = metrics_plain(out, "vouch_cache_misses_total", "counter", "Answers signed for the request.",
		    sum(m, offsetof(struct counters, misses)));
	if (code == VOUCH_OK)
		code = metrics_plain(out, "vouch_cache_shared_total", "counter",
		    "Answers that were signed for another request meanwhile.",
		    sum(m, offsetof(struct counters, shared)));
	return code;
}

static int
write_http(const struct http_counters *c, vouch_buf *out)
{
	const unsigned *statuses = http_statuses();
	int code = metrics_head(out, "vouch_http_requests_total", "counter", "HTTP requests.");

	for (int m = 0; m < HTTP_METHODS; m++) {
		for (int s = 0; code == VOUCH_OK && s < HTTP_STATUSES; s++) {
			if (c->requests[m][s] == 0)
				continue;
			const char *method = http_method_name((enum http_method)m);
			code = statuses[s] == 0 ?
			    buf_printf(out,
				"vouch_http_requests_total{method=\"%s\",code=\"other\"} %" PRIu64 "\n",
				method, c->requests[m][s]) :
			    buf_printf(out,
				"vouch_http_requests_total{method=\"%s\",code=\"%u\"} %" PRIu64 "\n", method,
				statuses[s], c->requests[m][s]);
		}
	}
	if (code == VOUCH_OK)
		code = metrics_plain(out, "vouch_connections", "gauge", "Connections open now.", c->connections);
	if (code == VOUCH_OK)
		code = metrics_plain(out, "vouch_connections_total", "counter", "Connections accepted.", c->accepted);
	if (code == VOUCH_OK)
		code = metrics_plain(out, "vouch_connections_refused_total", "counter", "Connections over a limit.",
		    c->refused);
	return code;
}

static int
write_work(const struct metrics_page *page, vouch_buf *out)
{
	struct http_ocsp_counters ocsp;
	vouch_stats stats = { .size = sizeof(stats) };

	http_ocsp_count(page->ocsp, &ocsp);
	vouch_responder_stats(page->responder, &stats);
	const struct {
		const char *name, *type, *help;
		uint64_t value;
	} rows[] = {
		{ "vouch_signatures_total", "counter", "Signatures made.", ocsp.signatures },
		{ "vouch_signature_errors_total", "counter", "Signatures that failed.",
		    ocsp.signature_errors },
		{ "vouch_signatures_refused_total", "counter",
		    "Requests told tryLater because too many signatures were waited for.",
		    ocsp.refused_signatures },
		{ "vouch_lookups_refused_total", "counter",
		    "Requests told tryLater because too many asked for what no source knows.",
		    ocsp.refused_lookups },
		{ "vouch_renewals_total", "counter", "Stored answers made anew ahead of time.",
		    ocsp.renewals },
		{ "vouch_jobs", "gauge", "Answers in the making.", ocsp.jobs },
		{ "vouch_jobs_refused_total", "counter", "Requests told tryLater for want of room or time.",
		    ocsp.refused_jobs },
		{ "vouch_repaired_paths_total", "counter", "GET paths whose slashes a proxy had merged.",
		    ocsp.repaired_paths },
		{ "vouch_cache_octets", "gauge", "Octets of stored answers.", stats.store_octets },
		{ "vouch_cache_capacity_octets", "gauge", "Octets that stored answers may take.",
		    stats.store_capacity },
		{ "vouch_cache_entries", "gauge", "Answers stored, about.", stats.store_entries },
	};
	int code = VOUCH_OK;
	for (size_t i = 0; code == VOUCH_OK && i < sizeof(rows) / sizeof(rows[0]); i++)
		code = metrics_plain(out, rows[i].name, rows[i].type, rows[i].help, rows[i].value);
	return code;
}

static int
write_expiry(const struct metrics_page *page, vouch_buf *out)
{
	int code = metrics_head(out, "vouch_signer_expiry_days", "gauge",
	    "Days until the signer's certificate expires.");

	for (size_t i = 0; code == VOUCH_OK && i < page->issuer_count; i++) {
		const vouch_issuer *issuer = page->issuers[i];
		for (size_t s = 0; code == VOUCH_OK && s < vouch_issuer_signers(issuer); s++) {
			double days = expiry_days(vouch_issuer_signer(issuer, s), page->now);
			code = metrics_issuer_row(out, "vouch_signer_expiry_days", issuer);
			if (code == VOUCH_OK)
				code = buf_printf(out, ",signer=\"%zu\"} %.2f\n", s, days);
		}
	}
	return code;
}

static int
write_source_age(const struct metrics_page *page, vouch_buf *out)
{
	int code = metrics_head(out, "vouch_source_age_seconds", "gauge",
	    "Seconds since the issuer's sources were last heard.");

	for (size_t i = 0; code == VOUCH_OK && i < page->issuer_count; i++) {
		uint64_t confirmed = vouch_responder_confirmed(page->responder, page->issuers[i]);
		if (confirmed == 0)
			continue;
		uint64_t age_ms = page->monotonic_ms > confirmed ? page->monotonic_ms - confirmed : 0;
		code = metrics_issuer_row(out, "vouch_source_age_seconds", page->issuers[i]);
		if (code == VOUCH_OK)
			code = buf_printf(out, "} %.3f\n", (double)age_ms / 1000);
	}
	return code;
}

int
metrics_write(const struct metrics_page *page, vouch_buf *out)
{
	struct http_counters http;
	int code = buf_printf(out,
	    "# HELP vouch_build_info The running version.\n# TYPE vouch_build_info gauge\n"
	    "vouch_build_info{version=\"%s\"} 1\n",
	    vouch_version());

	http_server_count(page->server, &http);
	if (code == VOUCH_OK)
		code = write_http(&http, out);
	if (code == VOUCH_OK)
		code = write_answers(page->metrics, out);
	if (code == VOUCH_OK)
		code = write_work(page, out);
	if (code == VOUCH_OK)
		code = write_expiry(page, out);
	if (code == VOUCH_OK)
		code = write_source_age(page, out);
	if (code == VOUCH_OK)
		code = metrics_write_sources(page, out);
	return code;
}
