/* SPDX-License-Identifier: Apache-2.0 */
/* What Python is asked: functions in native.py, which take the interpreter's lock. */
#ifndef OCSPRESPONDER_PYTHON_H
#define OCSPRESPONDER_PYTHON_H

#include "interface.h"

/* LOOKUP_*: the status of a certificate, or a word that the plan does not do. */
int python_lookup(void *python, lookup *asked);
/* Answers the exchange; asked: Python was asked for statuses on the way that gave up. */
void python_exchange(void *python, vouch_http_exchange *exchange, bool asked);

#endif
