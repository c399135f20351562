/* SPDX-License-Identifier: Apache-2.0 */
/* What a load has counted. */
#include "bench/tally.h"

static void
add_each(uint64_t *into, const uint64_t *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
		into[i] += from[i];
}

void
bench_tally_merge(struct bench_tally *into, const struct bench_tally *from)
{
	into->sent += from->sent;
	into->answered += from->answered;
	into->retried += from->retried;
	into->connections += from->connections;
	into->octets_sent += from->octets_sent;
	into->octets_received += from->octets_received;
	add_each(into->errors, from->errors, BENCH_ERRORS);
	add_each(into->http_status, from->http_status, BENCH_HTTP_STATUSES);
	add_each(into->response_status, from->response_status, BENCH_RESPONSE_STATUSES);
	for (size_t kind = 0; kind < BENCH_KINDS; kind++)
		bench_histogram_merge(&into->latency[kind], &from->latency[kind]);
}

uint64_t
bench_tally_errors(const struct bench_tally *tally)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < BENCH_ERRORS; i++)
		sum += tally->errors[i];
	return sum;
}

const char *
bench_error_name(enum bench_error error)
{
	static const char *const names[BENCH_ERRORS] = { "connect", "reset", "timeout", "http", "ocsp",
		"other_certificate" };

	return (unsigned)error < BENCH_ERRORS ? names[error] : "unknown";
}
