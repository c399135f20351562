/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pressure on a loop thread while clients are refused signatures: how many signatures it asks for at a time,
 * so that time is left for everybody else.  A refusal costs a third of what a signature does; who floods gets
 * refusals then.
 */
#ifndef HTTP_OCSP_PRESSURE_H
#define HTTP_OCSP_PRESSURE_H

#include <stdbool.h>
#include <stdint.h>

struct http_ocsp_pressure {
	unsigned window;     /* signatures at a time; 0: there is no pressure */
	uint64_t refused_ms; /* when somebody was refused last; the loop's time */
	uint64_t since_ms;   /* when busy time was looked at last */
	uint64_t busy_ns;    /* what the thread had used by then */
};

/* Somebody was refused a signature. */
void http_ocsp_pressure_refused(struct http_ocsp_pressure *pressure, uint64_t now_ms);
/* How many signatures are to be asked for at a time; 0: there is no pressure. */
unsigned http_ocsp_pressure_window(struct http_ocsp_pressure *pressure, uint64_t now_ms);

#endif
