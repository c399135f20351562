/* SPDX-License-Identifier: Apache-2.0 */
/* What vouch bench shows while it works. */
#include "cli/bench_meter.h"

#include <stdio.h>
#include <unistd.h>

#define LIVE_MS 500
#define LINE_MS 10000

static void
print(const struct bench_meter *m, const struct bench_progress *p)
{
	double seconds = (double)(p->elapsed_ms - m->before.elapsed_ms) / 1000;
	char of[32] = "";

	if (m->duration_ms > 0)
		snprintf(of, sizeof(of), " of %.0f s", (double)m->duration_ms / 1000);
	fprintf(stderr, "%s%.0f s%s: %llu answers, %.0f/s, %llu errors%s",
	    m->is_terminal ? "\r\033[Kbench: " : "vouch: bench: ", (double)p->elapsed_ms / 1000, of,
	    (unsigned long long)p->answered, (double)(p->answered - m->before.answered) / seconds,
	    (unsigned long long)p->errors, m->is_terminal ? "" : "\n");
	fflush(stderr);
}

void
bench_meter_show(void *arg, const struct bench_progress *progress)
{
	struct bench_meter *m = arg;

	if (!m->is_begun) {
		m->is_terminal = isatty(STDERR_FILENO) == 1;
		m->is_begun = true;
	}
	if (progress->elapsed_ms < m->before.elapsed_ms + (m->is_terminal ? LIVE_MS : LINE_MS))
		return;
	print(m, progress);
	m->before = *progress;
	m->is_drawn = m->is_terminal;
}

void
bench_meter_end(struct bench_meter *meter)
{
	if (meter->is_drawn)
		fprintf(stderr, "\r\033[K");
	meter->is_drawn = false;
}
