/* SPDX-License-Identifier: Apache-2.0 */
/* Lengths that are BER and not DER (X.690 8.1.3, 10.1), of the outermost element. */
#ifndef MOCK_LENGTH_H
#define MOCK_LENGTH_H

#include "base/err.h"

/* One length octet more than are needed. */
VOUCH_MUST int mock_length_pad(vouch_buf *der, vouch_err *err);
/* Indefinite: 80, and 00 00 behind the content. */
VOUCH_MUST int mock_length_indefinite(vouch_buf *der, vouch_err *err);

#endif
