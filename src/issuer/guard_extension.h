/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions that an answer may have when it is signed: a fixed list, each with what its value may be. */
#ifndef ISSUER_GUARD_EXTENSION_H
#define ISSUER_GUARD_EXTENSION_H

#include "der/reader.h"

#define GUARD_RULE_EXTENSION "extension"

enum guard_extensions {
	GUARD_RESPONSE,		/* responseExtensions: a nonce */
	GUARD_RESPONSE_REVOKED, /* the same, where what was never issued is revoked (RFC 6960 4.4.8) */
	GUARD_SINGLE		/* singleExtensions */
};

/*
 * Refuses, in the err of r, what is not on the list, is critical (E-03) or has another value than its ASN.1.
 * elements: concatenated Extensions of the message that r reads, checked already to be such, each OID once.
 */
VOUCH_MUST int guard_extensions_check(const struct der_reader *r, vouch_span elements,
    enum guard_extensions where);

#endif
