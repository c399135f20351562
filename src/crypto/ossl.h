/* SPDX-License-Identifier: Apache-2.0 */
/* What libcrypto says, in our words: its error queue ends here. */
#ifndef CRYPTO_OSSL_H
#define CRYPTO_OSSL_H

#include "base/err.h"
#include "base/span.h"

#define CRYPTO_RULE_PIN "pin"

/*
 * As err_set(), with the oldest reason in libcrypto's error queue behind the text; empties the queue.  A
 * PIN that a token refused is VOUCH_EREFUSED and CRYPTO_RULE_PIN whatever code is.
 */
int crypto_err(vouch_err *err, int code, const char *format, ...) VOUCH_PRINTF(3, 4);
/* libcrypto's number for an OID (the content octets of its element); NID_undef (0) when it knows none. */
int crypto_nid(vouch_span oid);
/* The name of an OID for people, or its dotted form; text always ends in NUL. */
void crypto_oid_text(vouch_span oid, char *text, size_t size);

#endif
