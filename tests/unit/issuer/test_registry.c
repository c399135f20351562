/* SPDX-License-Identifier: Apache-2.0 */
/* The registry: which scope a path is of, and which issuer a CertID names there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ca.h"
#include "crypto/digest.h"
#include "issuer/registry.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MANY 100

static const uint8_t hash_key[16] = "chosen by nobody";

struct issuers {
	EVP_PKEY *keys[2];
	vouch_issuer *one, *twin, *rfc9919; /* one and twin have the same name */
};

static int
make_issuers(void **state)
{
	static struct issuers issuers;
	EVP_PKEY *rfc9919 = authority_rfc9919_key("testECCP521.key");
	vouch_buf der = authority_certificate(&(struct recipe){ .subject = "C=XX/O=Certs 'r Us/CN=Issuing CA",
	    .key = rfc9919,
	    .extensions = { AUTHORITY_CA_EXTENSIONS } });

	issuers.keys[0] = authority_key("p256");
	issuers.keys[1] = authority_key("p256");
	issuers.one = ca_issuer(issuers.keys[0], NULL);
	issuers.twin = ca_issuer(issuers.keys[1], NULL);
	assert_int_equal(vouch_issuer_new(&issuers.rfc9919, span_buf(&der), NULL, NULL), VOUCH_OK);
	vouch_buf_free(&der);
	EVP_PKEY_free(rfc9919);
	*state = &issuers;
	return 0;
}

static int
free_issuers(void **state)
{
	struct issuers *issuers = *state;

	vouch_issuer_free(issuers->one);
	vouch_issuer_free(issuers->twin);
	vouch_issuer_free(issuers->rfc9919);
	EVP_PKEY_free(issuers->keys[0]);
	EVP_PKEY_free(issuers->keys[1]);
	return 0;
}

static struct issuer_registry *
new_registry(void)
{
	struct issuer_registry *registry;
	vouch_err err = { 0 };

	assert_int_equal(issuer_registry_new(&registry, hash_key, &err), VOUCH_OK);
	return registry;
}

static unsigned
add(struct issuer_registry *registry, vouch_issuer *issuer, const char *path)
{
	unsigned number = 0;
	vouch_err err = { 0 };

	if (issuer_registry_add(registry, issuer, path, &number, &err) != VOUCH_OK)
		fail_msg("%s: %s", path, err.msg);
	return number;
}

static vouch_issuer *
find_as(const struct issuer_registry *registry, const char *path, const vouch_issuer *issuer,
    enum vouch_hash hash)
{
	uint8_t name[CRYPTO_DIGEST_MAX], key[CRYPTO_DIGEST_MAX];
	size_t len = crypto_digest(hash, issuer->cert.subject, name), prefix;
	const vouch_scope *scope = path != NULL ?
	    issuer_registry_scope(registry, span_string(path), &prefix) :
	    NULL;
	unsigned number;

	if (path != NULL && scope == NULL)
		return NULL;
	assert_int_equal(crypto_digest(hash, issuer->cert.key_bits, key), len);
	return issuer_registry_find(registry, scope, hash, span_of(name, len), span_of(key, len), &number);
}

struct path_row {
	const char *path, *scope; /* NULL: none */
	size_t prefix;
};

static void
assert_paths(const struct issuer_registry *registry, const struct path_row *rows, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t prefix = 777, expected;
		const vouch_scope *found = issuer_registry_scope(registry, span_string(rows[i].path),
		    &prefix);
		const vouch_scope *wanted = rows[i].scope != NULL ?
		    issuer_registry_scope(registry, span_string(rows[i].scope), &expected) :
		    NULL;
		if (found != wanted || prefix != (found != NULL ? rows[i].prefix : 777))
			fail_msg("%s: prefix %zu", rows[i].path, prefix);
	}
}

/* H-03, X-09 */
static void
the_longest_prefix_that_ends_at_a_slash_wins(void **state)
{
	struct issuers *issuers = *state;
	struct issuer_registry *registry = new_registry();
	static const struct path_row rows[] = {
		{ "/", "/", 1 },
		{ "/MFYw/ME4w", "/", 1 },
		{ "/corp", "/corp/", 5 },
		{ "/corp/", "/corp/", 6 },
		{ "/corp/ME4w//x", "/corp/", 6 },
		{ "/corp//ME4w", "/corp/", 6 },
		{ "/corpME4w", "/", 1 },
		{ "/cor", "/", 1 },
		{ "/corp/a", "/corp/a/", 7 },
		{ "/corp/a/x", "/corp/a/", 8 },
		{ "/corp/ab", "/corp/", 6 },
		{ "/Corp/", "/", 1 },
		{ "/%63orp/", "/", 1 },
		{ "", NULL, 0 },
		{ "corp/", NULL, 0 },
		{ "*", NULL, 0 },
	};

	add(registry, issuers->one, NULL);
	add(registry, issuers->one, "/corp");
	add(registry, issuers->one, "/corp/a/");
	assert_paths(registry, rows, COUNT(rows));
	issuer_registry_free(registry);
}

static void
without_a_root_other_paths_are_of_no_scope(void **state)
{
	struct issuers *issuers = *state;
	struct issuer_registry *registry = new_registry();
	static const struct path_row rows[] = {
		{ "/", NULL, 0 },
		{ "/b", "/b/", 2 },
		{ "/b/x", "/b/", 3 },
		{ "/bb/x", NULL, 0 },
		{ "/a/x", NULL, 0 },
		{ "/c/d/e/f", "/c/d/e/", 7 },
		{ "/c/d/f", NULL, 0 },
	};

	add(registry, issuers->one, "/c/d/e");
	add(registry, issuers->one, "/b");
	assert_paths(registry, rows, COUNT(rows));
	issuer_registry_free(registry);
}

static void
paths_that_no_request_can_have_are_refused(void **state)
{
	struct issuers *issuers = *state;
	struct issuer_registry *registry = new_registry();
	char long_path[300] = "/";
	static const struct {
		const char *path;
		int code;
	} rows[] = {
		{ "", VOUCH_EINVAL },
		{ "corp", VOUCH_EINVAL },
		{ "/a b", VOUCH_EINVAL },
		{ "/a?b", VOUCH_EINVAL },
		{ "/a#b", VOUCH_EINVAL },
		{ "/\xc3\xa9", VOUCH_EINVAL },
		{ "/a\n", VOUCH_EINVAL },
	};
	unsigned number;
	vouch_err err = { 0 };

	for (size_t i = 0; i < COUNT(rows); i++)
		if (issuer_registry_add(registry, issuers->one, rows[i].path, &number, &err) != rows[i].code)
			fail_msg("%s: %d", rows[i].path, err.code);
	memset(long_path + 1, 'a', sizeof(long_path) - 2);
	assert_int_equal(issuer_registry_add(registry, issuers->one, long_path, &number, &err), VOUCH_ELIMIT);
	assert_int_equal(issuer_registry_count(registry), 0);
	long_path[254] = '\0';
	add(registry, issuers->one, long_path);
	assert_ptr_equal(find_as(registry, long_path, issuers->one, VOUCH_SHA1), issuers->one);
	issuer_registry_free(registry);
}

/* P-13, P-14, P-15, A-03: the values of RFC 9919 B.1 */
static void
an_issuer_is_found_by_every_hash_and_only_when_name_and_key_fit(void **state)
{
	struct issuers *issuers = *state;
	struct issuer_registry *registry = new_registry();
	unsigned number = 7;

	add(registry, issuers->one, "/");
	assert_int_equal(add(registry, issuers->rfc9919, "/"), 1);
	for (unsigned hash = VOUCH_SHA1; hash <= VOUCH_SHA512; hash++)
		assert_ptr_equal(find_as(registry, "/", issuers->rfc9919, (enum vouch_hash)hash),
		    issuers->rfc9919);
	assert_null(find_as(registry, "/", issuers->rfc9919, VOUCH_MD5));
	uint8_t name[20] = "\x39\xcc\x7b\x80\x1e\x81\x23\xac\xe5\x65\x5a\xe0\x82\xe2\x00\x30\xb3\xd6\xe3\x35";
	uint8_t key[20] = "\x8e\xc2\x14\x09\x60\x76\xea\x90\x38\xe9\x39\xae\x1b\x6d\x52\xc4\x17\x7d\x9f\xbe";
	assert_ptr_equal(issuer_registry_find(registry, NULL, VOUCH_SHA1, SPAN_ARRAY(name), SPAN_ARRAY(key),
			     &number),
	    issuers->rfc9919);
	assert_int_equal(number, 1);
	assert_null(
	    issuer_registry_find(registry, NULL, VOUCH_SHA256, SPAN_ARRAY(name), SPAN_ARRAY(key), &number));
	assert_null(issuer_registry_find(registry, NULL, VOUCH_HASH_OTHER, SPAN_ARRAY(name), SPAN_ARRAY(key),
	    &number));
	assert_null(
	    issuer_registry_find(registry, NULL, VOUCH_SHA1, SPAN_ARRAY(name), span_of(key, 19), &number));
	assert_null(
	    issuer_registry_find(registry, NULL, VOUCH_SHA1, span_of(NULL, 0), span_of(NULL, 0), &number));
	key[19] ^= 1;
	assert_null(
	    issuer_registry_find(registry, NULL, VOUCH_SHA1, SPAN_ARRAY(name), SPAN_ARRAY(key), &number));
	key[19] ^= 1;
	name[0] ^= 1;
	assert_null(
	    issuer_registry_find(registry, NULL, VOUCH_SHA1, SPAN_ARRAY(name), SPAN_ARRAY(key), &number));
	/* over the unused-bits octet as well, and over the whole SubjectPublicKeyInfo */
	name[0] ^= 1;
	uint8_t with_unused[20] =
	    "\x11\xf0\x34\xc1\xe8\xd6\x67\x5d\xa1\xf2\xe2\x10\x1c\x86\xab\xef\x42\x2c\xbd\xdf";
	uint8_t over_spki[20] =
	    "\x28\x1a\x3b\x26\x83\xb7\x51\xda\xa8\x5d\xf8\x8a\x9b\x02\x4d\x24\x66\x6b\x6b\x3e";
	assert_null(issuer_registry_find(registry, NULL, VOUCH_SHA1, SPAN_ARRAY(name),
	    SPAN_ARRAY(with_unused), &number));
	assert_null(issuer_registry_find(registry, NULL, VOUCH_SHA1, SPAN_ARRAY(name), SPAN_ARRAY(over_spki),
	    &number));
	issuer_registry_free(registry);
}

/* P-15 */
static void
cas_of_equal_name_are_told_apart_by_their_key(void **state)
{
	struct issuers *issuers = *state;
	struct issuer_registry *registry = new_registry();

	add(registry, issuers->one, "/");
	add(registry, issuers->twin, "/");
	assert_ptr_equal(find_as(registry, "/", issuers->one, VOUCH_SHA1), issuers->one);
	assert_ptr_equal(find_as(registry, "/", issuers->twin, VOUCH_SHA1), issuers->twin);
	issuer_registry_free(registry);
}

static void
a_scope_knows_its_own_issuers_only(void **state)
{
	struct issuers *issuers = *state;
	struct issuer_registry *registry = new_registry();

	add(registry, issuers->one, "/one");
	add(registry, issuers->twin, "/twin");
	assert_null(find_as(registry, "/one/", issuers->twin, VOUCH_SHA256));
	assert_ptr_equal(find_as(registry, "/twin", issuers->twin, VOUCH_SHA256), issuers->twin);
	assert_ptr_equal(find_as(registry, NULL, issuers->one, VOUCH_SHA256), issuers->one);
	assert_ptr_equal(find_as(registry, NULL, issuers->twin, VOUCH_SHA256), issuers->twin);
	issuer_registry_free(registry);
}

static void
an_issuer_keeps_its_number_under_every_path(void **state)
{
	struct issuers *issuers = *state;
	struct issuer_registry *registry = new_registry();
	unsigned number = 77;
	vouch_err err = { 0 };

	assert_int_equal(add(registry, issuers->one, "/a"), 0);
	assert_int_equal(add(registry, issuers->twin, "/a"), 1);
	assert_int_equal(add(registry, issuers->one, "/b"), 0);
	assert_int_equal(issuer_registry_count(registry), 2);
	assert_ptr_equal(issuer_registry_get(registry, 1), issuers->twin);
	assert_null(issuer_registry_get(registry, 2));
	assert_int_equal(issuer_registry_add(registry, issuers->one, "/a/", &number, &err), VOUCH_EREFUSED);
	assert_int_equal(number, 77);
	issuer_registry_free(registry);
}

/* The same CA twice, with one policy here and another there. */
static void
one_ca_may_have_a_policy_for_each_path(void **state)
{
	struct issuers *issuers = *state;
	struct issuer_registry *registry = new_registry();
	vouch_issuer *strict = ca_issuer(issuers->keys[0],
	    &(vouch_issuer_options){ .size = sizeof(vouch_issuer_options), .nonce = VOUCH_NONCE_REQUIRE });
	unsigned number;
	vouch_err err = { 0 };

	add(registry, issuers->one, "/");
	assert_int_equal(issuer_registry_add(registry, strict, "/", &number, &err), VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, "RFC 6960 4.1.2"));
	add(registry, strict, "/strict");
	assert_ptr_equal(find_as(registry, "/", issuers->one, VOUCH_SHA1), issuers->one);
	assert_ptr_equal(find_as(registry, "/strict", issuers->one, VOUCH_SHA1), strict);
	assert_ptr_equal(find_as(registry, NULL, issuers->one, VOUCH_SHA1), issuers->one);
	issuer_registry_free(registry);
	vouch_issuer_free(strict);
}

/* P-15: one certificate would be good by one hash and revoked by the other. */
static void
one_ca_is_not_served_twice_by_different_hashes(void **state)
{
	struct issuers *issuers = *state;
	struct issuer_registry *registry = new_registry();
	vouch_issuer *old = ca_issuer(issuers->keys[0],
	    &(vouch_issuer_options){ .size = sizeof(vouch_issuer_options),
		.certid_hashes = VOUCH_HASH_BIT(VOUCH_SHA1) });
	vouch_issuer *modern = ca_issuer(issuers->keys[0],
	    &(vouch_issuer_options){ .size = sizeof(vouch_issuer_options),
		.certid_hashes = VOUCH_HASH_BIT(VOUCH_SHA256) });
	unsigned number;
	vouch_err err = { 0 };

	add(registry, old, "/");
	assert_int_equal(issuer_registry_add(registry, modern, "/", &number, &err), VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, "RFC 6960 4.1.2"));
	add(registry, modern, "/modern");
	assert_ptr_equal(find_as(registry, "/", old, VOUCH_SHA1), old);
	assert_null(find_as(registry, "/", old, VOUCH_SHA256));
	assert_ptr_equal(find_as(registry, "/modern", old, VOUCH_SHA256), modern);
	issuer_registry_free(registry);
	vouch_issuer_free(old);
	vouch_issuer_free(modern);
}

/* L-02; P-16 for MD5 */
static void
a_hash_that_policy_does_not_serve_finds_nobody(void **state)
{
	struct issuers *issuers = *state;
	struct issuer_registry *registry = new_registry();
	vouch_issuer *modern = ca_issuer(issuers->keys[0],
	    &(vouch_issuer_options){ .size = sizeof(vouch_issuer_options),
		.certid_hashes = VOUCH_HASH_BIT(VOUCH_SHA256) });
	vouch_issuer *ancient = ca_issuer(issuers->keys[1],
	    &(vouch_issuer_options){ .size = sizeof(vouch_issuer_options),
		.certid_hashes = VOUCH_HASH_BIT(VOUCH_MD5) });

	add(registry, modern, "/");
	add(registry, ancient, "/");
	assert_ptr_equal(find_as(registry, "/", modern, VOUCH_SHA256), modern);
	assert_null(find_as(registry, "/", modern, VOUCH_SHA1));
	assert_null(find_as(registry, NULL, modern, VOUCH_SHA1));
	assert_ptr_equal(find_as(registry, "/", ancient, VOUCH_MD5), ancient);
	assert_null(find_as(registry, "/", ancient, VOUCH_SHA256));
	issuer_registry_free(registry);
	vouch_issuer_free(modern);
	vouch_issuer_free(ancient);
}

static void
many_issuers_and_paths_are_all_found(void **state)
{
	struct issuer_registry *registry = new_registry();
	EVP_PKEY *key = authority_key("p256");
	vouch_issuer *issuers[MANY];
	char text[64];

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "CN=CA %u", i);
		vouch_buf der = authority_certificate(&(
		    struct recipe){ .subject = text, .key = key, .extensions = { AUTHORITY_CA_EXTENSIONS } });
		assert_int_equal(vouch_issuer_new(&issuers[i], span_buf(&der), NULL, NULL), VOUCH_OK);
		vouch_buf_free(&der);
		snprintf(text, sizeof(text), "/ca/%u", i * 37 % MANY);
		assert_int_equal(add(registry, issuers[i], text), i);
		add(registry, issuers[i], "/all");
	}
	for (unsigned i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "/ca/%u/ME4w", i * 37 % MANY);
		assert_ptr_equal(find_as(registry, text, issuers[i], VOUCH_SHA256), issuers[i]);
		assert_null(find_as(registry, text, issuers[(i + 1) % MANY], VOUCH_SHA256));
		assert_ptr_equal(find_as(registry, "/all/", issuers[i], VOUCH_SHA1), issuers[i]);
		vouch_issuer_free(issuers[i]);
	}
	issuer_registry_free(registry);
	EVP_PKEY_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_longest_prefix_that_ends_at_a_slash_wins),
		cmocka_unit_test(without_a_root_other_paths_are_of_no_scope),
		cmocka_unit_test(paths_that_no_request_can_have_are_refused),
		cmocka_unit_test(an_issuer_is_found_by_every_hash_and_only_when_name_and_key_fit),
		cmocka_unit_test(cas_of_equal_name_are_told_apart_by_their_key),
		cmocka_unit_test(a_scope_knows_its_own_issuers_only),
		cmocka_unit_test(an_issuer_keeps_its_number_under_every_path),
		cmocka_unit_test(one_ca_may_have_a_policy_for_each_path),
		cmocka_unit_test(one_ca_is_not_served_twice_by_different_hashes),
		cmocka_unit_test(a_hash_that_policy_does_not_serve_finds_nobody),
		cmocka_unit_test(many_issuers_and_paths_are_all_found),
	};
	return cmocka_run_group_tests(tests, make_issuers, free_issuers);
}
