/* SPDX-License-Identifier: Apache-2.0 */
/* Prepared keys: contexts that stay sign what contexts of one message each sign, from any number of threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pemerr.h>
#include <pthread.h>
#include <stdatomic.h>

#include "authority.h"
#include "signer/prepared.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define THREADS (2 * PREPARED_PAIRS) /* more than there is room for */
#define SIGNATURES_PER_THREAD 40

static const vouch_span message = { (const uint8_t *)"ResponseData", 12 };

struct pair_of_keys {
	EVP_PKEY *key;
	struct prepared signing, verifying;
};

static const struct kind {
	const char *kind;
	struct crypto_scheme scheme;
	bool signs_digests, is_deterministic;
} kinds[] = {
	{ "rsa2048", { .key_nid = NID_rsaEncryption, .digest_nid = NID_sha256 }, true, true },
	{ "rsa2048", { .key_nid = NID_rsaEncryption, .digest_nid = NID_sha512 }, true, true },
	{ "rsa2048",
	    { .key_nid = NID_rsassaPss,
		.digest_nid = NID_sha256,
		.mgf1_nid = NID_sha256,
		.is_pss = true,
		.salt_length = 32 },
	    true, false },
	{ "pss2048-sha256-32",
	    { .key_nid = NID_rsassaPss,
		.digest_nid = NID_sha256,
		.mgf1_nid = NID_sha256,
		.is_pss = true,
		.salt_length = 32 },
	    true, false },
	/* The digest and that of the mask differ, and the salt has none. */
	{ "pss2048",
	    { .key_nid = NID_rsassaPss, .digest_nid = NID_sha384, .mgf1_nid = NID_sha256, .is_pss = true },
	    true, true },
	{ "p256", { .key_nid = NID_X9_62_id_ecPublicKey, .digest_nid = NID_sha256 }, true, false },
	/* The digest is longer than the order: its left part is signed. */
	{ "p256", { .key_nid = NID_X9_62_id_ecPublicKey, .digest_nid = NID_sha512 }, true, false },
	{ "p384", { .key_nid = NID_X9_62_id_ecPublicKey, .digest_nid = NID_sha384 }, true, false },
	{ "ed25519", { .key_nid = NID_ED25519 }, false, true },
	{ "ed448", { .key_nid = NID_ED448 }, false, true },
	{ "dsa", { .key_nid = NID_dsa, .digest_nid = NID_sha256 }, false, false },
};

static void
init(struct prepared *prepared, const struct kind *kind, EVP_PKEY *key, enum crypto_direction direction)
{
	vouch_err err;

	if (prepared_init(prepared, &kind->scheme, key, direction, &err) != VOUCH_OK)
		fail_msg("%s: %s", kind->kind, err.msg);
}

static struct pair_of_keys
make(const struct kind *kind)
{
	struct pair_of_keys keys = { .key = authority_key(kind->kind) };

	init(&keys.signing, kind, keys.key, CRYPTO_SIGN);
	init(&keys.verifying, kind, keys.key, CRYPTO_VERIFY);
	return keys;
}

static void
clear(struct pair_of_keys *keys)
{
	prepared_clear(&keys->signing);
	prepared_clear(&keys->verifying);
	EVP_PKEY_free(keys->key);
}

static const struct kind *
p256(void)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (kinds[i].scheme.key_nid == NID_X9_62_id_ecPublicKey)
			return &kinds[i];
	fail();
	return NULL;
}

static size_t
resting(struct prepared *prepared)
{
	size_t count = 0;

	for (size_t i = 0; i < PREPARED_PAIRS; i++)
		count += atomic_load(&prepared->pairs[i]) != NULL;
	return count;
}

/* Says whether a signature is made, and verifies. */
static bool
signs(struct pair_of_keys *keys, vouch_span data, vouch_buf *signature)
{
	vouch_err err;
	size_t before = signature->len;

	if (prepared_sign(&keys->signing, data, signature, &err) != VOUCH_OK)
		return false;
	vouch_span made = span_of(signature->data + before, signature->len - before);
	return prepared_verify(&keys->verifying, data, made, &err) == VOUCH_OK;
}

static void
contexts_that_stay_sign_what_those_of_one_message_sign(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(kinds); i++) {
		struct pair_of_keys keys = make(&kinds[i]);
		vouch_buf copied = { 0 }, kept = { 0 };

		assert_true(signs(&keys, message, &copied));
		prepared_keep_pairs(&keys.signing);
		assert_int_equal(keys.signing.digest != NULL, kinds[i].signs_digests);
		for (size_t len = message.len; len > 0; len--)
			assert_true(signs(&keys, span_of(message.data, len), &kept));
		assert_int_equal(resting(&keys.signing), kinds[i].signs_digests);
		if (kinds[i].is_deterministic)
			assert_memory_equal(kept.data, copied.data, copied.len);
		vouch_buf_free(&copied);
		vouch_buf_free(&kept);
		clear(&keys);
	}
}

static void
signatures_go_behind_what_is_there(void **state)
{
	struct pair_of_keys keys = make(p256());
	vouch_buf out = { 0 };

	(void)state;
	prepared_keep_pairs(&keys.signing);
	assert_int_equal(vouch_buf_append(&out, "head", 4), VOUCH_OK);
	assert_true(signs(&keys, message, &out));
	assert_memory_equal(out.data, "head", 4);
	vouch_buf_free(&out);
	clear(&keys);
}

static void
a_context_that_failed_is_thrown_away_and_the_next_message_is_signed(void **state)
{
	struct pair_of_keys keys = make(p256());
	size_t fits = keys.signing.signature_max;
	vouch_buf out = { 0 };
	vouch_err err;

	(void)state;
	prepared_keep_pairs(&keys.signing);
	keys.signing.signature_max = 1;
	assert_int_equal(prepared_sign(&keys.signing, message, &out, &err), VOUCH_ECRYPTO);
	assert_int_equal(err.code, VOUCH_ECRYPTO);
	assert_int_equal(out.len, 0);
	assert_int_equal(resting(&keys.signing), 0);
	keys.signing.signature_max = fits;
	assert_true(signs(&keys, message, &out));
	assert_int_equal(resting(&keys.signing), 1);
	vouch_buf_free(&out);
	clear(&keys);
}

static void
an_error_that_somebody_left_behind_is_not_ours(void **state)
{
	struct pair_of_keys keys = make(p256());
	vouch_buf out = { 0 };
	vouch_err ours, err;

	(void)state;
	prepared_keep_pairs(&keys.signing);
	keys.signing.signature_max = 1;
	assert_int_equal(prepared_sign(&keys.signing, message, &out, &ours), VOUCH_ECRYPTO);
	ERR_raise(ERR_LIB_PEM, PEM_R_NO_START_LINE);
	assert_int_equal(prepared_sign(&keys.signing, message, &out, &err), VOUCH_ECRYPTO);
	assert_string_equal(err.msg, ours.msg);
	vouch_buf_free(&out);
	clear(&keys);
}

static void
who_begins_anew_keeps_nothing(void **state)
{
	struct pair_of_keys keys = make(p256());
	vouch_buf out = { 0 };

	(void)state;
	prepared_keep_pairs(&keys.signing);
	prepared_begin_anew(&keys.signing);
	assert_null(keys.signing.digest);
	assert_null(keys.signing.initial);
	assert_true(signs(&keys, message, &out));
	assert_int_equal(resting(&keys.signing), 0);
	vouch_buf_free(&out);
	clear(&keys);
}

struct work {
	struct pair_of_keys *keys;
	pthread_barrier_t *begin;
	uint8_t number;
	unsigned failures;
};

static void *
sign_often(void *arg)
{
	struct work *work = arg;
	vouch_buf out = { 0 };

	(void)pthread_barrier_wait(work->begin);
	for (uint8_t i = 0; i < SIGNATURES_PER_THREAD; i++) {
		uint8_t data[] = { work->number, i };
		out.len = 0;
		work->failures += !signs(work->keys, span_of(data, sizeof(data)), &out);
	}
	vouch_buf_free(&out);
	return NULL;
}

static void
more_threads_than_contexts_are_kept_sign_at_a_time(void **state)
{
	struct pair_of_keys keys = make(p256());
	struct work work[THREADS];
	pthread_t threads[THREADS];
	pthread_barrier_t begin;

	(void)state;
	prepared_keep_pairs(&keys.signing);
	assert_int_equal(pthread_barrier_init(&begin, NULL, THREADS), 0);
	for (uint8_t i = 0; i < THREADS; i++) {
		work[i] = (struct work){ &keys, &begin, i, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, sign_often, &work[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(work[i].failures, 0);
	}
	assert_in_range(resting(&keys.signing), 1, PREPARED_PAIRS);
	(void)pthread_barrier_destroy(&begin);
	clear(&keys);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(contexts_that_stay_sign_what_those_of_one_message_sign),
		cmocka_unit_test(signatures_go_behind_what_is_there),
		cmocka_unit_test(a_context_that_failed_is_thrown_away_and_the_next_message_is_signed),
		cmocka_unit_test(an_error_that_somebody_left_behind_is_not_ours),
		cmocka_unit_test(who_begins_anew_keeps_nothing),
		cmocka_unit_test(more_threads_than_contexts_are_kept_sign_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
