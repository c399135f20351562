/* SPDX-License-Identifier: Apache-2.0 */
/* What a load has counted. */
#ifndef BENCH_TALLY_H
#define BENCH_TALLY_H

#include "bench/histogram.h"

#define BENCH_HTTP_STATUSES 1000
#define BENCH_RESPONSE_STATUSES 7 /* RFC 6960 4.2.1: 0 to 6, of which 4 is not used */

enum bench_error {
	BENCH_CONNECT,		 /* a connection was refused, or not there in time */
	BENCH_RESET,		 /* it ended before the answer, also the second time */
	BENCH_TIMEOUT,		 /* no answer in time */
	BENCH_HTTP,		 /* what came is no HTTP, or too large */
	BENCH_OCSP,		 /* status 200, but no OCSP response */
	BENCH_OTHER_CERTIFICATE, /* an answer without the serial number that was asked about */
	BENCH_ERRORS
};

enum bench_kind { BENCH_SUCCESSFUL, BENCH_TRY_LATER, BENCH_OTHER, BENCH_KINDS };

struct bench_tally {		 /* large; starts as zero */
	uint64_t sent, answered; /* answered: with an OCSP response of any status */
	uint64_t retried;	 /* sent once more, on another connection */
	uint64_t connections;	 /* made */
	uint64_t octets_sent, octets_received;
	uint64_t errors[BENCH_ERRORS];
	uint64_t http_status[BENCH_HTTP_STATUSES];
	uint64_t response_status[BENCH_RESPONSE_STATUSES];
	struct bench_histogram latency[BENCH_KINDS];
};

void bench_tally_merge(struct bench_tally *into, const struct bench_tally *from);
uint64_t bench_tally_errors(const struct bench_tally *tally);
/* "connect", "reset" ...; static. */
const char *bench_error_name(enum bench_error error);

#endif
