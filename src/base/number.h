/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers in text. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/span.h"

/* True when the text is one to twenty digits, nothing else, and at most max; *out is written only then. */
VOUCH_MUST bool number_parse(vouch_span text, uint64_t max, uint64_t *out);

#endif
