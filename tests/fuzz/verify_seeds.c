/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes the world of fuzz_verify: verify_seeds CORPUS verify_world.h.  Keys are new each time, and all but one are
 * thrown away: corpus and header change together.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "../unit/client/draft.h"
#include "crypto/digest.h"
#include "ocsp/extension.h"
#include "ocsp/response.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Those whose signature is that of somebody who may sign: nothing else is ever to be believed. */
static const struct seed {
	const char *name;
	struct draft draft;
} honest[] = {
	{ "delegated_p256", { 0 } },
	{ "delegated_rsa", { .signer = STRONG_RSA } },
	{ "delegated_ed25519", { .signer = ED25519 } },
	{ "ca", { .signer = CA } },
	{ "ca_without_certs", { .signer = CA, .no_certs = true } },
	{ "by_name", { .by_name = true } },
	{ "ca_by_name", { .signer = CA, .no_certs = true, .by_name = true } },
	{ "chain", { .sent = { RESPONDER, CA } } },
	{ "namesake", { .by_name = true, .sent = { NAMESAKE, RESPONDER } } },
	{ "expired_twin", { .sent = { EXPIRED_TWIN, RESPONDER } } },
	{ "without_nonce", { .no_nonce = true } },
	{ "without_nonce_rsa", { .signer = STRONG_RSA, .no_nonce = true } },
	{ "bare_nonce", { .bare_nonce = true } },
	{ "other_nonce", { .nonce = { (const uint8_t *)"0123456789abcdef", 16 } } },
	{ "two", { .extra_first = true } },
	{ "two_ed25519", { .extra_first = true, .signer = ED25519, .no_nonce = true } },
	{ "two_ca", { .extra_first = true, .signer = CA, .no_certs = true } },
	{ "two_hashes", { .twice = true, .other_hash = VOUCH_SHA1 } },
	{ "twice", { .twice = true } },
	{ "contradiction", { .contradict = true } },
	{ "contradiction_by_hash", { .contradict = true, .other_hash = VOUCH_SHA1 } },
	{ "revoked", { .cert_status = VOUCH_REVOKED } },
	{ "unknown", { .cert_status = VOUCH_UNKNOWN } },
	{ "no_parameters", { .no_parameters = true } },
	{ "another_serial", { .serial = 7 } },
	{ "another_hash", { .hash = VOUCH_SHA512 } },
	{ "another_key", { .key_hashed = OTHER_CA } },
	{ "no_next_update", { .no_next_update = true } },
	{ "next_update_gone", { .this_update = -3600, .next_update = -1800 } },
	{ "to_come", { .this_update = 3600, .next_update = 7200, .produced_at = 3600 } },
	{ "no_certs", { .no_certs = true } },
	{ "no_certs_for_rsa", { .signer = STRONG_RSA, .sent = { RESPONDER } } },
	{ "non_repudiation", { .signer = NON_REPUDIATION } },
};

static const struct seed dishonest[] = {
	{ "flipped", { .flip_signature = true } },
	{ "flipped_rsa", { .signer = STRONG_RSA, .flip_signature = true } },
	{ "foreign", { .signer = FOREIGN } },
	{ "foreign_key", { .signer = FOREIGN, .named = RESPONDER, .sent = { RESPONDER } } },
	{ "other_ca", { .signer = OTHER_CA } },
	{ "self_made", { .signer = SELF_MADE } },
	{ "no_eku", { .signer = NO_EKU } },
	{ "no_signatures", { .signer = NO_SIGNATURES } },
	{ "critical_signer", { .signer = CRITICAL } },
	{ "expired", { .signer = EXPIRED } },
	{ "future", { .signer = FUTURE } },
	{ "weak", { .signer = WEAK_RSA } },
	{ "sha1",
	    { .algorithm = { (const uint8_t *)"\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01", 11 },
		.digest = "SHA1" } },
};

static void
write_seed(const char *folder, const struct seed *seed, vouch_buf *octets)
{
	char path[4096];

	buf_clear(octets);
	draft_encode(&seed->draft, octets);
	snprintf(path, sizeof(path), "%s/%s", folder, seed->name);
	FILE *file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(octets->data, 1, octets->len, file), octets->len);
	assert_int_equal(fclose(file), 0);
}

static void
print_octets(FILE *out, vouch_span octets, const char *end)
{
	for (size_t i = 0; i < octets.len; i++)
		fprintf(out, "%s0x%02x,", i % 16 == 0 ? "\n\t" : " ", octets.data[i]);
	fprintf(out, "\n%s", end);
}

static void
print_array(FILE *out, const char *name, vouch_span octets)
{
	fprintf(out, "static const uint8_t %s[] = {", name);
	print_octets(out, octets, "};\n");
}

/* What the signature covers and the signature: together they are what may be believed. */
static void
print_digest(FILE *out, vouch_span octets)
{
	struct ocsp_single_response singles[2];
	struct ocsp_response r;
	uint8_t digest[CRYPTO_DIGEST_MAX];
	vouch_buf both = { 0 };
	vouch_err err;

	assert_int_equal(ocsp_response_parse(octets, singles, 2, &r, &err), VOUCH_OK);
	assert_int_equal(buf_append_span(&both, r.tbs), VOUCH_OK);
	assert_int_equal(buf_append_span(&both, r.signature), VOUCH_OK);
	size_t len = crypto_digest(VOUCH_SHA256, span_buf(&both), digest);
	fprintf(out, "\t{");
	print_octets(out, span_of(digest, len), "\t},\n");
	vouch_buf_free(&both);
}

static void
print_world(FILE *out)
{
	uint8_t key[32];
	size_t key_len = sizeof(key);

	assert_int_equal(EVP_PKEY_get_raw_private_key(draft_key(ED25519), key, &key_len), 1);
	fprintf(out,
	    "/* SPDX-License-Identifier: Apache-2.0 */\n/* The world of fuzz_verify, as verify_seeds made it. */\n"
	    "#ifndef FUZZ_VERIFY_WORLD_H\n#define FUZZ_VERIFY_WORLD_H\n\n#include <stdint.h>\n\n");
	fprintf(out, "#define WORLD_NOW INT64_C(%lld)\n\n/* clang-format off */\n", (long long)DRAFT_NOW);
	print_array(out, "world_ca", draft_certificate(CA));
	print_array(out, "world_signer", draft_certificate(ED25519));
	print_array(out, "world_signer_key", span_of(key, key_len));
}

static void
make_seeds(void **state)
{
	char *const *arguments = *state;
	FILE *out = fopen(arguments[1], "w");
	vouch_buf octets = { 0 };

	assert_non_null(out);
	(void)draft_world_make(NULL);
	print_world(out);
	fprintf(out, "static const uint8_t world_honest[][32] = {\n");
	for (size_t i = 0; i < COUNT(honest); i++) {
		write_seed(arguments[0], &honest[i], &octets);
		print_digest(out, span_buf(&octets));
	}
	fprintf(out, "};\n/* clang-format on */\n\n#endif\n");
	assert_int_equal(fclose(out), 0);
	for (size_t i = 0; i < COUNT(dishonest); i++)
		write_seed(arguments[0], &dishonest[i], &octets);
	vouch_buf_free(&octets);
	(void)draft_world_clear(NULL);
}

int
main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: %s CORPUS HEADER\n", argv[0]);
		return 2;
	}
	const struct CMUnitTest tests[] = { cmocka_unit_test_prestate(make_seeds, &argv[1]) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
