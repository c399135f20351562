/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in PKCS#11 tokens: found by their URI alone, away when the token is, back when it is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include <pthread.h>

#include "authority.h"
#include "signer/signer.h"
#include "token_world.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define THREADS 4
#define DELAY_MS 300
#define TBS SPAN_LITERAL("\x30\x05\x04\x03TBS")

#define NEEDS_A_TOKEN() \
	do { \
		if (!world.is_there) \
			skip(); /* softhsm2 or pkcs11-provider is not installed */ \
	} while (0)

/* A key with its certificate, in the token as object NAME. */
struct material {
	EVP_PKEY *key;
	vouch_buf cert;
	char uri[512];
};

static struct material
make_material(const char *kind, const char *name, const char *id)
{
	struct material m = { .key = authority_key(kind) };

	m.cert = authority_certificate(&(struct recipe){ .subject = "C=XX/O=Certs 'r Us/CN=OCSP Responder",
	    .key = m.key,
	    .issuer = "CN=CA",
	    .extensions = { AUTHORITY_SIGNER_EXTENSIONS } });
	world_import(m.key, name, id);
	snprintf(m.uri, sizeof(m.uri), "pkcs11:token=ca;object=%s?module-path=%s", name, TEST_TOKEN_MODULE);
	return m;
}

static void
free_material(struct material *m)
{
	vouch_buf_free(&m->cert);
	EVP_PKEY_free(m->key);
}

static int
try_signer(vouch_signer **out, const struct material *m, const char *uri, const char *pin,
    const char *algorithm, vouch_err *err)
{
	vouch_signer_options options = { .size = sizeof(options),
		.certificate = span_buf(&m->cert),
		.key = uri,
		.passphrase = span_string(pin),
		.algorithm = algorithm };

	return vouch_signer_open(out, &options, err);
}

static vouch_signer *
open_signer(const struct material *m, const char *algorithm)
{
	vouch_signer *signer = NULL;
	vouch_err err;

	if (try_signer(&signer, m, m->uri, PIN, algorithm, &err) != VOUCH_OK)
		fail_msg("%s: %s", m->uri, err.msg);
	return signer;
}

static void
assert_signs(vouch_signer *signer, vouch_time now)
{
	vouch_buf signature = { 0 };
	vouch_err err = { 0 };

	if (vouch_signer_sign_at(signer, TBS, now, &signature, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	assert_int_equal(signer_verify(signer, TBS, span_buf(&signature), &err), VOUCH_OK);
	vouch_buf_free(&signature);
}

static void
assert_is_away(vouch_signer *signer, vouch_time now)
{
	vouch_buf signature = { 0 };
	vouch_err err = { 0 };

	assert_int_equal(vouch_signer_sign_at(signer, TBS, now, &signature, &err), VOUCH_EUNAVAILABLE);
	assert_int_equal(signature.len, 0);
	assert_int_equal(err.code, VOUCH_EUNAVAILABLE);
	assert_string_not_equal(err.msg, "");
	assert_null(strstr(err.msg, PIN));
	vouch_buf_free(&signature);
}

static void
every_kind_of_key_in_a_token_signs_what_its_certificate_verifies(void **state)
{
	static const struct {
		const char *kind, *algorithm, *name, *id;
	} rows[] = {
		{ "p256", NULL, "k-p256", "a0" },
		{ "p384", NULL, "k-p384", "a1" },
		{ "p521", NULL, "k-p521", "a2" },
		{ "rsa2048", NULL, "k-rsa", "a3" },
		{ "rsa2048", "rsa-pss-sha256", "k-rsa-pss", "a4" },
		{ "rsa2048", "rsa-pss-sha512", "k-rsa-pss512", "a5" },
		{ "ed25519", NULL, "k-ed25519", "a6" },
	};

	(void)state;
	NEEDS_A_TOKEN();
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct material m = make_material(rows[i].kind, rows[i].name, rows[i].id);
		vouch_signer *signer = open_signer(&m, rows[i].algorithm);
		assert_signs(signer, 0);
		assert_signs(signer, 0);
		vouch_signer_free(signer);
		free_material(&m);
	}
}

/* The public half is an object of its own, and often not there. */
static void
a_private_half_without_its_public_one_is_proved_by_its_signature(void **state)
{
	vouch_signer *signer = NULL;
	vouch_err err;

	(void)state;
	NEEDS_A_TOKEN();
	struct material m = make_material("p256", "alone", "b0");
	struct material other = make_material("p256", "stranger", "b1");
	if (world_run(
		"GNUTLS_PIN='%s' p11tool --provider %s --login --batch --delete 'pkcs11:token=ca;object=alone;type=public'",
		PIN, world_softhsm()) != 0) {
		free_material(&m);
		free_material(&other);
		skip(); /* no p11tool */
	}
	signer = open_signer(&m, NULL);
	assert_signs(signer, 0);
	vouch_signer_free(signer);
	assert_int_equal(try_signer(&signer, &other, m.uri, PIN, NULL, &err), VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, "does not belong to the certificate"));
	free_material(&m);
	free_material(&other);
}

static void
a_token_that_was_pulled_is_away_until_it_is_back(void **state)
{
	(void)state;
	NEEDS_A_TOKEN();
	struct material m = make_material("p256", "pulled", "c0");
	vouch_signer *signer = open_signer(&m, NULL);
	for (vouch_time now = 100; now < 140; now += 10) {
		assert_signs(signer, now);
		world_write(world.pulled, "");
		assert_is_away(signer, now + 1);
		assert_is_away(signer, now + 1);
		assert_is_away(signer, now + 2);
		assert_is_away(signer, VOUCH_TIME_ABSENT);
		unlink(world.pulled);
		assert_signs(signer, now + 3);
		assert_signs(signer, now + 3);
	}
	vouch_signer_free(signer);
	free_material(&m);
}

/* A token that hangs is asked by one at a time, and not at each request. */
static void
a_key_is_opened_anew_once_in_each_value_of_now(void **state)
{
	(void)state;
	NEEDS_A_TOKEN();
	struct material m = make_material("p256", "once", "c1");
	vouch_signer *signer = open_signer(&m, NULL);
	world_write(world.pulled, "");
	assert_is_away(signer, 7);
	unlink(world.pulled);
	assert_is_away(signer, 7);
	assert_signs(signer, 8);
	vouch_signer_free(signer);
	free_material(&m);
}

/* Sessions run out, and logins with them: clients notice nothing. */
static void
a_session_that_was_closed_costs_no_request(void **state)
{
	(void)state;
	NEEDS_A_TOKEN();
	struct material m = make_material("p256", "sessions", "c2");
	vouch_signer *signer = open_signer(&m, NULL);
	vouch_signer *other = open_signer(&m, NULL);
	assert_signs(signer, 1);
	world_write(world.pulled, "");
	assert_is_away(other, 1);
	unlink(world.pulled);
	assert_signs(signer, 2);
	assert_signs(other, 3);
	vouch_signer_free(other);
	assert_signs(signer, 4);
	vouch_signer_free(signer);
	free_material(&m);
}

static void
a_key_that_came_back_as_another_is_not_used(void **state)
{
	(void)state;
	NEEDS_A_TOKEN();
	struct material m = make_material("p256", "swapped", "c3");
	vouch_signer *signer = open_signer(&m, NULL);
	EVP_PKEY *stranger = authority_key("p256");
	world_write(world.pulled, "");
	assert_is_away(signer, 1);
	bool could_swap =
	    world_run(
		"GNUTLS_PIN='%s' p11tool --provider %s --login --batch --delete 'pkcs11:token=ca;object=swapped'",
		PIN, world_softhsm()) == 0;
	if (could_swap)
		world_import(stranger, "swapped", "c4");
	unlink(world.pulled);
	if (could_swap) {
		assert_is_away(signer, 2);
		world_import(m.key, "swapped", "c5");
	}
	assert_signs(signer, 3);
	EVP_PKEY_free(stranger);
	vouch_signer_free(signer);
	free_material(&m);
}

/* A login is the whole process's: while one of its sessions lasts, nobody asks for a PIN. */
static void
log_out(const struct material *m)
{
	vouch_signer *signer = open_signer(m, NULL);

	world_write(world.pulled, "");
	assert_is_away(signer, 1);
	unlink(world.pulled);
	vouch_signer_free(signer);
}

static void
a_wrong_pin_is_tried_once(void **state)
{
	vouch_signer *signer = NULL;
	vouch_err err;

	(void)state;
	NEEDS_A_TOKEN();
	struct material m = make_material("p256", "wrong-pin", "d0");
	log_out(&m);
	size_t before = world_count('L');
	assert_int_equal(try_signer(&signer, &m, m.uri, "98765", NULL, &err), VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, "refuses the PIN"));
	assert_null(strstr(err.msg, "98765"));
	assert_int_equal(world_count('L') - before, 1);
	free_material(&m);
}

static void
a_pin_that_was_changed_meanwhile_is_tried_once_and_never_again(void **state)
{
	(void)state;
	NEEDS_A_TOKEN();
	struct material m = make_material("p256", "changed-pin", "d1");
	vouch_signer *signer = open_signer(&m, NULL);
	assert_signs(signer, 1);
	world_write(world.pin_changed, "");
	world_write(world.pulled, "");
	assert_is_away(signer, 2);
	unlink(world.pulled);
	size_t before = world_count('L');
	for (vouch_time now = 3; now < 13; now++)
		assert_is_away(signer, now);
	assert_int_equal(world_count('L') - before, 1);
	unlink(world.pin_changed);
	assert_is_away(signer, 20);
	vouch_signer_free(signer);
	free_material(&m);
}

/* The session ran out, and its successor has to log in. */
static void
a_pin_that_was_changed_is_found_out_by_one_login(void **state)
{
	(void)state;
	NEEDS_A_TOKEN();
	struct material m = make_material("p256", "renewed-pin", "d3");
	vouch_signer *signer = open_signer(&m, NULL);
	assert_signs(signer, 1);
	log_out(&m);
	world_write(world.pin_changed, "");
	size_t before = world_count('L');
	for (vouch_time now = 3; now < 13; now++)
		assert_is_away(signer, now);
	assert_int_equal(world_count('L') - before, 1);
	vouch_signer_free(signer);
	free_material(&m);
}

static void
a_pin_comes_from_the_passphrase_or_the_uri(void **state)
{
	static const char encoded[] = "p%23in%20%224%5c2%24x";
	char uri[2048], ways[5][256];
	vouch_err err;

	(void)state;
	NEEDS_A_TOKEN();
	struct material m = make_material("p256", "pins", "d2");
	world_write(world_path("pin.txt"), PIN "\n");
	snprintf(ways[0], sizeof(ways[0]), "pin-value=%s", encoded);
	snprintf(ways[1], sizeof(ways[1]), "x-unknown=1&pin-value=%s&max=2", encoded);
	snprintf(ways[2], sizeof(ways[2]), "pin-source=file:%s", world_path("pin.txt"));
	snprintf(ways[3], sizeof(ways[3]), "pin-source=file://%s", world_path("pin.txt"));
	snprintf(ways[4], sizeof(ways[4]), "pin-source=%s", world_path("pin.txt"));
	for (size_t i = 0; i < COUNT(ways); i++) {
		vouch_signer *signer = NULL;
		log_out(&m);
		snprintf(uri, sizeof(uri), "%s&%s", m.uri, ways[i]);
		if (try_signer(&signer, &m, uri, "", NULL, &err) != VOUCH_OK)
			fail_msg("%s: %s", uri, err.msg);
		assert_signs(signer, 1);
		vouch_signer_free(signer);
	}
	free_material(&m);
}

static void
what_is_wrong_with_a_uri_is_said_without_its_pin(void **state)
{
	static const struct {
		const char *uri;
		const char *pin;
		int code;
		const char *text;
	} rows[] = {
		{ "pkcs11:token=ca;object=none?module-path=" TEST_TOKEN_MODULE, PIN, VOUCH_EUNAVAILABLE,
		    "no token at hand" },
		{ "pkcs11:token=none;object=errors?module-path=" TEST_TOKEN_MODULE, PIN, VOUCH_EUNAVAILABLE,
		    "no token at hand" },
		{ "pkcs11:token=ca;object=errors?module-path=" TEST_TOKEN_MODULE, "", VOUCH_EUNAVAILABLE,
		    "wants its PIN" },
		{ "pkcs11:token=ca;object=errors?module-path=/no/such/module.so", PIN, VOUCH_EIO,
		    "/no/such/module.so" },
		{ "pkcs11:token=ca;object=errors?module-path=" TEST_TOKEN_MODULE "&pin-value=SECRET%4", "",
		    VOUCH_EPARSE, "pin-value" },
		{ "pkcs11:token=ca;object=errors?module-path=" TEST_TOKEN_MODULE "&pin-value=SECRET%0a", "",
		    VOUCH_EPARSE, "pin-value" },
		{ "pkcs11:token=ca;object=errors?module-path=" TEST_TOKEN_MODULE "&pin-source=%7cSECRET", "",
		    VOUCH_EPARSE, "pin-source" },
		{ "pkcs11:token=ca;object=errors?module-path=" TEST_TOKEN_MODULE, "SECRET\n", VOUCH_EINVAL,
		    "control characters" },
		{ "pkcs11:token=ca;object=errors?module-path=" TEST_TOKEN_MODULE, "file:SECRET", VOUCH_EINVAL,
		    "no PIN" },
		{ "pkcs11:token=ca;pin-value=SECRET;object=no?module-path=" TEST_TOKEN_MODULE, "",
		    VOUCH_EUNAVAILABLE, "token" },
		{ "pkcs11:", PIN, VOUCH_EIO, "module-path=" },
	};

	(void)state;
	NEEDS_A_TOKEN();
	struct material m = make_material("p256", "errors", "e0");
	for (size_t i = 0; i < COUNT(rows); i++) {
		log_out(&m);
		vouch_signer *signer = NULL;
		vouch_err err = { 0 };
		int code = try_signer(&signer, &m, rows[i].uri, rows[i].pin, NULL, &err);
		if (code != rows[i].code || strstr(err.msg, rows[i].text) == NULL)
			fail_msg("%s: %d %s", rows[i].uri, code, err.msg);
		assert_null(strstr(err.msg, "SECRET"));
	}
	free_material(&m);
}

static void
a_loose_uri_finds_the_key_of_the_certificate(void **state)
{
	vouch_signer *signer = NULL;
	vouch_err err;

	(void)state;
	NEEDS_A_TOKEN();
	struct material m = make_material("p384", "loose", "f0");
	if (try_signer(&signer, &m, "pkcs11:token=ca?module-path=" TEST_TOKEN_MODULE, PIN, NULL, &err) !=
	    VOUCH_OK)
		fail_msg("%s", err.msg);
	assert_signs(signer, 0);
	vouch_signer_free(signer);
	EVP_PKEY_free(m.key);
	vouch_buf_free(&m.cert);
}

struct parallel {
	vouch_signer *signer;
	bool failed;
};

static void *
sign_once(void *arg)
{
	struct parallel *p = arg;
	vouch_buf signature = { 0 };
	vouch_err err = { 0 };

	p->failed = vouch_signer_sign_at(p->signer, TBS, 5, &signature, &err) != VOUCH_OK ||
	    signer_verify(p->signer, TBS, span_buf(&signature), &err) != VOUCH_OK;
	vouch_buf_free(&signature);
	return NULL;
}

static void
threads_sign_in_sessions_of_their_own(void **state)
{
	pthread_t threads[THREADS];
	struct parallel work[THREADS];
	struct timespec start, end;
	char delay[16];

	(void)state;
	NEEDS_A_TOKEN();
	struct material m = make_material("p256", "parallel", "f1");
	vouch_signer *signer = open_signer(&m, NULL);
	snprintf(delay, sizeof(delay), "%d", DELAY_MS);
	setenv("VOUCH_TEST_TOKEN_DELAY", delay, 1);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (size_t i = 0; i < THREADS; i++) {
		work[i] = (struct parallel){ signer, false };
		assert_int_equal(pthread_create(&threads[i], NULL, sign_once, &work[i]), 0);
	}
	for (size_t i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_false(work[i].failed);
	}
	clock_gettime(CLOCK_MONOTONIC, &end);
	/* One after the other they take THREADS times as long. */
	long ms = (end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000;
	assert_true(ms >= DELAY_MS && ms < DELAY_MS * (THREADS - 1));
	vouch_signer_free(signer);
	free_material(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_kind_of_key_in_a_token_signs_what_its_certificate_verifies,
		    world_plug_in),
		cmocka_unit_test_setup(a_private_half_without_its_public_one_is_proved_by_its_signature,
		    world_plug_in),
		cmocka_unit_test_setup(a_token_that_was_pulled_is_away_until_it_is_back, world_plug_in),
		cmocka_unit_test_setup(a_key_is_opened_anew_once_in_each_value_of_now, world_plug_in),
		cmocka_unit_test_setup(a_session_that_was_closed_costs_no_request, world_plug_in),
		cmocka_unit_test_setup(a_key_that_came_back_as_another_is_not_used, world_plug_in),
		cmocka_unit_test_setup(a_wrong_pin_is_tried_once, world_plug_in),
		cmocka_unit_test_setup(a_pin_that_was_changed_meanwhile_is_tried_once_and_never_again,
		    world_plug_in),
		cmocka_unit_test_setup(a_pin_that_was_changed_is_found_out_by_one_login, world_plug_in),
		cmocka_unit_test_setup(a_pin_comes_from_the_passphrase_or_the_uri, world_plug_in),
		cmocka_unit_test_setup(what_is_wrong_with_a_uri_is_said_without_its_pin, world_plug_in),
		cmocka_unit_test_setup(a_loose_uri_finds_the_key_of_the_certificate, world_plug_in),
		cmocka_unit_test_setup(threads_sign_in_sessions_of_their_own, world_plug_in),
	};

	return cmocka_run_group_tests(tests, world_make, world_remove);
}
