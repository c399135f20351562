/* SPDX-License-Identifier: Apache-2.0 */
/* The issuer of fuzz_crl: its key is no secret, so that what is mutated can be signed again. */
#ifndef FUZZ_CRL_KEY_H
#define FUZZ_CRL_KEY_H

#include "../unit/crypto/authority.h"

static inline EVP_PKEY *
crl_fuzz_key(void)
{
	static const uint8_t octets[32] = "the key that signs fuzzed CRLs.";

	return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, octets, sizeof(octets));
}

/* CN=CA, or another one of that key. */
static inline vouch_issuer *
crl_fuzz_issuer(EVP_PKEY *key, const char *subject)
{
	struct recipe recipe = { .subject = subject, .key = key, .extensions = { AUTHORITY_CA_EXTENSIONS } };
	vouch_buf certificate = authority_certificate(&recipe);
	vouch_issuer *issuer = NULL;

	if (vouch_issuer_new(&issuer, authority_span(&certificate), NULL, NULL) != VOUCH_OK)
		issuer = NULL;
	vouch_buf_free(&certificate);
	return issuer;
}

#endif
