/* SPDX-License-Identifier: Apache-2.0 */
/* What an answer is worth at a glance: every one is looked at, none is verified. */
#ifndef BENCH_JUDGE_H
#define BENCH_JUDGE_H

#include <vouch.h>

/*
 * The responseStatus of an OCSPResponse; VOUCH_EPARSE for anything else.  Of a successful one the envelope is
 * read, and no further.
 */
VOUCH_MUST int bench_judge_status(vouch_span body, unsigned *response_status);
/* True when the serial number, as an INTEGER, is somewhere in the answer. */
bool bench_judge_mentions(vouch_span body, vouch_span serial_number);

#endif
