/* SPDX-License-Identifier: Apache-2.0 */
/* Message digests. */
#include "crypto/digest.h"

#include <assert.h>

#include <openssl/err.h>
#include <openssl/evp.h>

/* MD5 may be switched off in libcrypto (FIPS): then it is not available, and a CertID by MD5 names nobody. */
static const char *const names[VOUCH_HASHES] = {
	[VOUCH_SHA1] = "SHA1",
	[VOUCH_SHA256] = "SHA256",
	[VOUCH_SHA384] = "SHA384",
	[VOUCH_SHA512] = "SHA512",
	[VOUCH_MD5] = "MD5",
};

size_t
crypto_digest(enum vouch_hash hash, vouch_span data, uint8_t out[CRYPTO_DIGEST_MAX])
{
	size_t len = 0;

	if ((unsigned)hash >= VOUCH_HASHES || names[hash] == NULL)
		return 0;
	if (EVP_Q_digest(NULL, names[hash], NULL, data.data != NULL ? data.data : (const uint8_t *)"",
		data.len, out, &len) == 1)
		return len;
	ERR_clear_error();
	return 0;
}

static_assert(VOUCH_DIGEST_MAX == CRYPTO_DIGEST_MAX, "what the public header promises");

size_t
vouch_digest(enum vouch_hash hash, vouch_span data, uint8_t out[VOUCH_DIGEST_MAX])
{
	return crypto_digest(hash, data, out);
}
