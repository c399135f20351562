/* SPDX-License-Identifier: Apache-2.0 */
/* The pressure on a loop thread. */
#include "http/ocsp_pressure.h"

#include "io/clock.h"

#define LOOK_MS 5	  /* how often the thread's busy time is looked at */
#define OVER_MS 200	  /* without a refusal there is no pressure any more */
#define BUSY_PERMILLE 800 /* of a thread: more is too much */
#define WINDOW_FIRST 64
#define WINDOW_LEAST 2

static void
begin(struct http_ocsp_pressure *p, uint64_t now_ms)
{
	p->window = WINDOW_FIRST;
	p->since_ms = now_ms;
	p->busy_ns = io_thread_ns();
}

/* Less at once, more little by little. */
static void
adjust(struct http_ocsp_pressure *p, uint64_t now_ms)
{
	uint64_t busy_ns = io_thread_ns();
	bool is_busy = (busy_ns - p->busy_ns) / 1000 > (now_ms - p->since_ms) * BUSY_PERMILLE;

	if (is_busy)
		p->window = p->window / 2 < WINDOW_LEAST ? WINDOW_LEAST : p->window / 2;
	else if (p->window < WINDOW_FIRST)
		p->window++;
	p->since_ms = now_ms;
	p->busy_ns = busy_ns;
}

void
http_ocsp_pressure_refused(struct http_ocsp_pressure *p, uint64_t now_ms)
{
	if (p->window == 0)
		begin(p, now_ms);
	else if (now_ms >= p->since_ms + LOOK_MS)
		adjust(p, now_ms);
	p->refused_ms = now_ms;
}

unsigned
http_ocsp_pressure_window(struct http_ocsp_pressure *p, uint64_t now_ms)
{
	if (now_ms >= p->refused_ms + OVER_MS)
		p->window = 0;
	return p->window;
}
