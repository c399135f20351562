/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes a client's preferred signature algorithm: the first octet tells where its second element begins. */
#include "crypto/algorithm.h"
#include "crypto/scheme.h"
#include "signer/match.h"
#include "target.h"

static const char *const names[] = { "rsa-sha256", "rsa-pss-sha256", "rsa-pss-sha384", "ecdsa-sha256",
	"ed25519", "ml-dsa-65" };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	size_t first = data[0] < size ? data[0] : size - 1;
	vouch_span preferred = span_of(data + 1, first), key = span_of(data + 1 + first, size - 1 - first);
	struct crypto_scheme scheme;
	vouch_err err = { 0 };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		vouch_span ours = crypto_algorithm_by_name(names[i])->identifier;
		if (match_signature_algorithm(ours, preferred))
			FUZZ_CHECK(match_public_key(preferred, preferred)); /* it could be read, then */
	}
	FUZZ_CHECK(!match_public_key(preferred, key) || match_public_key(key, key));
	bool is_read = crypto_scheme_parse(preferred, &scheme, &err) == VOUCH_OK;
	FUZZ_CHECK(is_read == (err.code == VOUCH_OK));
	FUZZ_CHECK(!is_read || (scheme.salt_length >= 0 && scheme.salt_length <= 4096));
	return 0;
}
