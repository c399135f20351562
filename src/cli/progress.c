/* SPDX-License-Identifier: Apache-2.0 */
/* Long work shows how far it is. */
#include "cli/progress.h"
#include "io/clock.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define QUIET_MS 1000 /* what ends before shows nothing on a terminal */
#define REDRAW_MS 100
#define LINE_MS 10000
#define BAR_WIDTH 40

static void
draw_bar(const struct cli_progress *p, size_t done)
{
	static const char full[] = "########################################";
	size_t filled = p->total > 0 ? (size_t)((double)done / (double)p->total * BAR_WIDTH) : 0;

	if (p->total == 0)
		fprintf(stderr, "\r\033[K%s: %zu", p->what, done);
	else
		fprintf(stderr, "\r\033[K%s: [%-*.*s] %zu of %zu", p->what, BAR_WIDTH,
		    (int)(filled < BAR_WIDTH ? filled : BAR_WIDTH), full, done, p->total);
	fflush(stderr);
}

static void
write_line(const struct cli_progress *p, size_t done)
{
	if (p->total == 0)
		fprintf(stderr, "vouch: %s: %zu so far\n", p->what, done);
	else
		fprintf(stderr, "vouch: %s: %zu of %zu\n", p->what, done, p->total);
}

static void
start(struct cli_progress *p, uint64_t now)
{
	p->started_ms = now;
	p->is_terminal = isatty(STDERR_FILENO) == 1;
	p->shown_ms = p->is_terminal ? now + QUIET_MS - REDRAW_MS : now;
}

void
cli_progress_step(struct cli_progress *progress, size_t done)
{
	uint64_t now = io_monotonic_ms();

	if (progress->started_ms == 0)
		start(progress, now);
	if (now < progress->shown_ms + (progress->is_terminal ? REDRAW_MS : LINE_MS))
		return;
	progress->shown_ms = now;
	if (!progress->is_terminal) {
		write_line(progress, done);
		return;
	}
	draw_bar(progress, done);
	progress->is_drawn = true;
}

void
cli_progress_end(struct cli_progress *progress)
{
	if (progress->is_drawn)
		fprintf(stderr, "\r\033[K");
	progress->is_drawn = false;
}
