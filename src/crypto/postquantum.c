/* SPDX-License-Identifier: Apache-2.0 */
/* ML-DSA (RFC 9881) and SLH-DSA (RFC 9909): their OIDs, which libcrypto may be too old to know. */
#include "crypto/postquantum.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

/* Both families, and both forms of each, are in one arc: 2.16.840.1.101.3.4.3. */
#define OID(last) SPAN_LITERAL("\x60\x86\x48\x01\x65\x03\x04\x03" last)
/* Its keys are for protocols that cannot hand the whole message to the signer; OCSP can. */
#define HASH_ML_DSA "is not used in OCSP: RFC 9881 8.3 allows ML-DSA in its pure form only"
#define HASH_SLH_DSA "is a pre-hash form, which libcrypto does not make: use the pure one (RFC 9909 3)"

static const struct crypto_postquantum sets[] = {
	{ "ML-DSA-44", OID("\x11"), NULL },
	{ "ML-DSA-65", OID("\x12"), NULL },
	{ "ML-DSA-87", OID("\x13"), NULL },
	{ "SLH-DSA-SHA2-128s", OID("\x14"), NULL },
	{ "SLH-DSA-SHA2-128f", OID("\x15"), NULL },
	{ "SLH-DSA-SHA2-192s", OID("\x16"), NULL },
	{ "SLH-DSA-SHA2-192f", OID("\x17"), NULL },
	{ "SLH-DSA-SHA2-256s", OID("\x18"), NULL },
	{ "SLH-DSA-SHA2-256f", OID("\x19"), NULL },
	{ "SLH-DSA-SHAKE-128s", OID("\x1a"), NULL },
	{ "SLH-DSA-SHAKE-128f", OID("\x1b"), NULL },
	{ "SLH-DSA-SHAKE-192s", OID("\x1c"), NULL },
	{ "SLH-DSA-SHAKE-192f", OID("\x1d"), NULL },
	{ "SLH-DSA-SHAKE-256s", OID("\x1e"), NULL },
	{ "SLH-DSA-SHAKE-256f", OID("\x1f"), NULL },
	{ "HashML-DSA-44", OID("\x20"), HASH_ML_DSA },
	{ "HashML-DSA-65", OID("\x21"), HASH_ML_DSA },
	{ "HashML-DSA-87", OID("\x22"), HASH_ML_DSA },
	{ "HashSLH-DSA-SHA2-128s", OID("\x23"), HASH_SLH_DSA },
	{ "HashSLH-DSA-SHA2-128f", OID("\x24"), HASH_SLH_DSA },
	{ "HashSLH-DSA-SHA2-192s", OID("\x25"), HASH_SLH_DSA },
	{ "HashSLH-DSA-SHA2-192f", OID("\x26"), HASH_SLH_DSA },
	{ "HashSLH-DSA-SHA2-256s", OID("\x27"), HASH_SLH_DSA },
	{ "HashSLH-DSA-SHA2-256f", OID("\x28"), HASH_SLH_DSA },
	{ "HashSLH-DSA-SHAKE-128s", OID("\x29"), HASH_SLH_DSA },
	{ "HashSLH-DSA-SHAKE-128f", OID("\x2a"), HASH_SLH_DSA },
	{ "HashSLH-DSA-SHAKE-192s", OID("\x2b"), HASH_SLH_DSA },
	{ "HashSLH-DSA-SHAKE-192f", OID("\x2c"), HASH_SLH_DSA },
	{ "HashSLH-DSA-SHAKE-256s", OID("\x2d"), HASH_SLH_DSA },
	{ "HashSLH-DSA-SHAKE-256f", OID("\x2e"), HASH_SLH_DSA },
};

const struct crypto_postquantum *
crypto_postquantum_by_oid(vouch_span oid)
{
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (span_equal(sets[i].oid, oid))
			return &sets[i];
	return NULL;
}

const struct crypto_postquantum *
crypto_postquantum_by_name(const char *name)
{
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (strcmp(sets[i].name, name) == 0)
			return &sets[i];
	return NULL;
}

/* Asked of the providers, not of a version number: another provider may bring what libcrypto lacks. */
static bool
is_known(const char *name)
{
	EVP_SIGNATURE *algorithm = EVP_SIGNATURE_fetch(NULL, name, NULL);

	EVP_SIGNATURE_free(algorithm);
	ERR_clear_error();
	return algorithm != NULL;
}

int
crypto_postquantum_check(const struct crypto_postquantum *set, vouch_err *err)
{
	if (set->refusal != NULL)
		return err_set(err, VOUCH_EREFUSED, "%s %s", set->name, set->refusal);
	if (is_known(set->name))
		return VOUCH_OK;
	return err_set(err, VOUCH_ECRYPTO, "%s needs OpenSSL 3.5 or newer; this is %s", set->name,
	    OpenSSL_version(OPENSSL_VERSION));
}
