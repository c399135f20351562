/* SPDX-License-Identifier: Apache-2.0 */
/* ML-DSA (RFC 9881) and SLH-DSA (RFC 9909): their OIDs, which libcrypto may be too old to know. */
#ifndef CRYPTO_POSTQUANTUM_H
#define CRYPTO_POSTQUANTUM_H

#include "base/err.h"
#include "base/span.h"

/* A parameter set; key and signature have the same OID, and neither has parameters. */
struct crypto_postquantum {
	const char *name;    /* "ML-DSA-65": libcrypto's name of it, and FIPS 204's or 205's */
	vouch_span oid;	     /* content octets */
	const char *refusal; /* pre-hash forms: why we have nothing to do with them; NULL: pure */
};

/* The row of an OID's content octets; NULL when it is none of them.  Static. */
const struct crypto_postquantum *crypto_postquantum_by_oid(vouch_span oid);
/* The same by name. */
const struct crypto_postquantum *crypto_postquantum_by_name(const char *name);
/* Fails where the form is refused, or libcrypto at run time does not know it, with what would be needed. */
VOUCH_MUST int crypto_postquantum_check(const struct crypto_postquantum *set, vouch_err *err);

#endif
