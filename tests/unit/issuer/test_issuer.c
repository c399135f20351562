/* SPDX-License-Identifier: Apache-2.0 */
/* Issuers: what may be one, what its policy may say, and who may sign for it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "ca.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct keys {
	EVP_PKEY *ca, *signer, *root, *ed25519;
};

static int
make_keys(void **state)
{
	static struct keys keys;

	keys.ca = authority_key("p256");
	keys.signer = authority_key("p256");
	keys.root = authority_key("p256");
	keys.ed25519 = authority_key("ed25519");
	*state = &keys;
	return 0;
}

static int
free_keys(void **state)
{
	struct keys *keys = *state;

	EVP_PKEY_free(keys->ca);
	EVP_PKEY_free(keys->signer);
	EVP_PKEY_free(keys->root);
	EVP_PKEY_free(keys->ed25519);
	return 0;
}

static void
what_may_not_issue_is_no_issuer(void **state)
{
	static const struct {
		const char *what;
		const char *extensions[5];
		bool is_version_1, is_allowed;
		const char *message;
	} rows[] = {
		{ "a CA", { AUTHORITY_CA_EXTENSIONS }, false, true, NULL },
		{ "a CA without keyUsage", { "basicConstraints", "CA:TRUE" }, false, true, NULL },
		{ "a CA of version 1", { NULL }, true, true, NULL },
		{ "no basicConstraints", { "keyUsage", "keyCertSign" }, false, false, "RFC 5280 4.2.1.9" },
		{ "cA false", { "basicConstraints", "CA:FALSE" }, false, false, "RFC 5280 4.2.1.9" },
		{ "no keyCertSign", { "basicConstraints", "CA:TRUE", "keyUsage", "cRLSign" }, false, false,
		    "RFC 5280 4.2.1.3" },
	};
	struct keys *keys = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct recipe recipe = { .key = keys->ca, .is_version_1 = rows[i].is_version_1 };
		memcpy(recipe.extensions, rows[i].extensions, sizeof(rows[i].extensions));
		vouch_buf der = authority_certificate(&recipe);
		vouch_issuer *issuer = NULL;
		vouch_err err;
		int code = vouch_issuer_new(&issuer, span_buf(&der), NULL, &err);
		if (code != (rows[i].is_allowed ? VOUCH_OK : VOUCH_EREFUSED) ||
		    (code != VOUCH_OK && strstr(err.msg, rows[i].message) == NULL))
			fail_msg("%s: %d %s", rows[i].what, code, err.msg);
		vouch_issuer_free(issuer);
		vouch_buf_free(&der);
	}
}

static void
an_issuer_shows_its_name_and_identity(void **state)
{
	struct keys *keys = *state;
	vouch_buf der = authority_certificate(
	    &(struct recipe){ .subject = "C=XX/O=Some\nOrg/CN=First/CN=Second\tCA",
		.key = keys->ca,
		.extensions = { AUTHORITY_CA_EXTENSIONS } });
	vouch_buf nameless = authority_certificate(&(struct recipe){ .subject = "O=Only Org",
	    .key = keys->ca,
	    .extensions = { AUTHORITY_CA_EXTENSIONS } });
	vouch_issuer *issuer, *other, *again;
	vouch_issuer_options options;

	assert_int_equal(vouch_issuer_new(&issuer, span_buf(&der), NULL, NULL), VOUCH_OK);
	assert_string_equal(vouch_issuer_name(issuer), "Second?CA");
	assert_true(span_equal(vouch_issuer_certificate(issuer), span_buf(&der)));
	assert_true(span_equal(vouch_issuer_subject(issuer), issuer->cert.subject));
	assert_int_equal(vouch_issuer_id(issuer).len, 32);
	assert_int_equal(vouch_issuer_new(&other, span_buf(&nameless), NULL, NULL), VOUCH_OK);
	assert_string_equal(vouch_issuer_name(other), "O=Only Org");
	assert_false(span_equal(vouch_issuer_id(issuer), vouch_issuer_id(other)));
	vouch_issuer_options_init(&options);
	options.name = "corp-1";
	assert_int_equal(vouch_issuer_new(&again, span_buf(&der), &options, NULL), VOUCH_OK);
	assert_string_equal(vouch_issuer_name(again), "corp-1");
	assert_ptr_not_equal(vouch_issuer_name(again), options.name);
	assert_true(span_equal(vouch_issuer_id(issuer), vouch_issuer_id(again)));
	assert_int_equal(again->policy.validity, 86400);
	assert_int_equal(again->policy.max_age, 43200);
	assert_int_equal(again->policy.lease_ms, 1000);
	assert_int_equal(again->hashes[VOUCH_SHA512].len, 64);
	assert_int_equal(again->hashes[VOUCH_MD5].len, 0);
	vouch_issuer_free(vouch_issuer_ref(again));
	vouch_issuer_free(issuer);
	vouch_issuer_free(other);
	vouch_issuer_free(again);
	vouch_buf_free(&der);
	vouch_buf_free(&nameless);
}

struct policy_row {
	const char *what;
	vouch_issuer_options options;
	int code;
	const char *message;
};

static const struct policy_row policies[] = {
	{ "defaults", { 0 }, VOUCH_OK, NULL },
	{ "good by choice", { .not_issued = VOUCH_NOT_ISSUED_GOOD }, VOUCH_OK, NULL },
	{ "extended revoke", { .not_issued = VOUCH_NOT_ISSUED_REVOKED, .profile = VOUCH_PROFILE_ETSI },
	    VOUCH_OK, NULL },
	{ "F-04", { .not_issued = VOUCH_NOT_ISSUED_GOOD, .profile = VOUCH_PROFILE_WEBPKI }, VOUCH_EREFUSED,
	    "BR 4.9.9" },
	{ "F-24", { .not_issued = VOUCH_NOT_ISSUED_GOOD, .profile = VOUCH_PROFILE_ETSI }, VOUCH_EREFUSED,
	    "EN 319 411-1" },
	{ "F-13", { .not_issued = VOUCH_NOT_ISSUED_REVOKED, .profile = VOUCH_PROFILE_WEBPKI }, VOUCH_EREFUSED,
	    "BR 4.9.13" },
	{ "F-05, 7h59m", { .validity = 28740, .profile = VOUCH_PROFILE_WEBPKI }, VOUCH_EREFUSED, "BR 4.9.9" },
	{ "F-05, 8h", { .validity = 28800, .profile = VOUCH_PROFILE_WEBPKI }, VOUCH_OK, NULL },
	{ "D-11, 7d", { .validity = 604800, .profile = VOUCH_PROFILE_WEBPKI }, VOUCH_OK, NULL },
	{ "D-11, 7d1s", { .validity = 604801, .profile = VOUCH_PROFILE_WEBPKI }, VOUCH_EREFUSED, "7 days" },
	{ "F-05, 10d1s", { .validity = 864001, .profile = VOUCH_PROFILE_WEBPKI }, VOUCH_EREFUSED, "7 days" },
	{ "30 days elsewhere", { .validity = 2592000 }, VOUCH_OK, NULL },
	{ "two seconds", { .validity = 2 }, VOUCH_OK, NULL },
	{ "one second", { .validity = 1 }, VOUCH_EINVAL, "validity" },
	{ "negative", { .validity = -5 }, VOUCH_EINVAL, "validity" },
	{ "a hundred years", { .validity = INT64_C(3155760000) }, VOUCH_EINVAL, "validity" },
	{ "negative max_age", { .max_age = -1 }, VOUCH_EINVAL, "max_age" },
	{ "no such profile", { .profile = 4 }, VOUCH_EINVAL, "profile" },
	{ "no such nonce policy", { .nonce = 3 }, VOUCH_EINVAL, "nonce" },
	{ "no such not_issued", { .not_issued = 4 }, VOUCH_EINVAL, "not_issued" },
	{ "no such verify policy", { .verify_signatures = 3 }, VOUCH_EINVAL, "verify_signatures" },
	{ "no such responderID", { .responder_id = 2 }, VOUCH_EINVAL, "responder_id" },
	{ "no such mixed policy", { .mixed_issuers = 2 }, VOUCH_EINVAL, "mixed_issuers" },
	{ "no such hash", { .certid_hashes = 1u << VOUCH_HASHES }, VOUCH_EINVAL, "hash" },
	{ "the hash that is none", { .certid_hashes = 1 }, VOUCH_EINVAL, "hash" },
	{ "no such archive", { .archive = 3 }, VOUCH_EINVAL, "archive" },
	{ "a retention that is missing", { .archive = 2 }, VOUCH_EINVAL, "retention" },
	{ "a retention in years", { .archive = 2, .archive_years = 7 }, VOUCH_OK, NULL },
	{ "too many years", { .archive = 2, .archive_years = 4000000000u }, VOUCH_EINVAL, "archive_years" },
	{ "a negative retention", { .archive = 2, .archive_seconds = -1 }, VOUCH_EINVAL, "archive_seconds" },
};

static void
policies_that_a_profile_forbids_are_refused_with_the_clause(void **state)
{
	struct keys *keys = *state;
	vouch_buf der = authority_certificate(
	    &(struct recipe){ .key = keys->ca, .extensions = { AUTHORITY_CA_EXTENSIONS } });

	for (size_t i = 0; i < COUNT(policies); i++) {
		vouch_issuer_options options = policies[i].options;
		vouch_issuer *issuer = NULL;
		vouch_err err;
		options.size = sizeof(options);
		int code = vouch_issuer_new(&issuer, span_buf(&der), &options, &err);
		if (code != policies[i].code ||
		    (code != VOUCH_OK && strstr(err.msg, policies[i].message) == NULL))
			fail_msg("%s: %d %s", policies[i].what, code, err.msg);
		vouch_issuer_free(issuer);
	}
	vouch_buf_free(&der);
}

/* D-16: nextUpdate is validity - 1 s after thisUpdate, and 8 hours have to hold under either reading. */
static void
eight_hours_are_eight_hours_under_either_reading(void **state)
{
	struct keys *keys = *state;
	vouch_issuer_options options = { .size = sizeof(options),
		.profile = VOUCH_PROFILE_WEBPKI,
		.validity = 28800 };
	vouch_issuer *issuer = ca_issuer(keys->ca, &options);

	assert_int_equal(issuer->policy.validity - 1, 28800);
	vouch_issuer_free(issuer);
}

static void
options_of_another_size_are_understood(void **state)
{
	struct keys *keys = *state;
	struct {
		vouch_issuer_options ours;
		uint8_t later[16];
	} longer = { .ours = { .size = sizeof(longer), .validity = 7200 } };
	vouch_issuer_options shorter = { .size = offsetof(vouch_issuer_options, validity),
		.nonce = VOUCH_NONCE_REQUIRE,
		.validity = -77 };
	vouch_issuer *issuer = ca_issuer(keys->ca, &longer.ours);
	vouch_err err;

	assert_int_equal(issuer->policy.validity, 7200);
	vouch_issuer_free(issuer);
	issuer = ca_issuer(keys->ca, &shorter);
	assert_int_equal(issuer->policy.nonce, VOUCH_NONCE_REQUIRE);
	assert_int_equal(issuer->policy.validity, 86400);
	vouch_span der = vouch_issuer_certificate(issuer);
	vouch_issuer *other = NULL;
	assert_int_equal(vouch_issuer_new(&other, der, &(vouch_issuer_options){ 0 }, &err), VOUCH_EINVAL);
	longer.later[3] = 1; /* a wish that this version cannot know */
	assert_int_equal(vouch_issuer_new(&other, der, &longer.ours, &err), VOUCH_EINVAL);
	vouch_issuer_free(issuer);
}

/* Which profile, if not rfc6960; which key signs the certificate; what it says. */
struct signer_row {
	const char *what;
	const char *subject, *issuer; /* NULL: CN=OCSP, CN=CA */
	const char *extensions[9];
	int by; /* 0 the CA, 1 another key */
	const char *algorithm;
	uint8_t profile;
	unsigned flags;
	int code;
	const char *message;
};

#define EKU "extendedKeyUsage", "OCSPSigning"
static const struct signer_row signer_rows[] = {
	{ "a delegated signer", NULL, NULL, { AUTHORITY_SIGNER_EXTENSIONS }, 0, NULL, VOUCH_PROFILE_WEBPKI, 0,
	    VOUCH_OK, NULL },
	{ "R-01 an unrelated one", NULL, "CN=Other", { AUTHORITY_SIGNER_EXTENSIONS }, 1, NULL, 0, 0,
	    VOUCH_EREFUSED, "RFC 6960 4.2.2.2" },
	{ "R-01 the same, locally trusted", NULL, "CN=Other", { AUTHORITY_SIGNER_EXTENSIONS }, 1, NULL, 0,
	    VOUCH_SIGNER_LOCALLY_TRUSTED, VOUCH_OK, NULL },
	{ "R-01 locally trusted, whatever it says", NULL, "CN=Other", { "keyUsage", "keyEncipherment" }, 1,
	    NULL, 0, VOUCH_SIGNER_LOCALLY_TRUSTED, VOUCH_OK, NULL },
	{ "R-06 any purpose", NULL, NULL, { "extendedKeyUsage", "anyExtendedKeyUsage" }, 0, NULL, 0, 0,
	    VOUCH_EREFUSED, "anyExtendedKeyUsage, id-kp-OCSPSigning is needed (RFC 6960 4.2.2.2)" },
	{ "R-06 no purpose", NULL, NULL, { NULL }, 0, NULL, 0, 0, VOUCH_EREFUSED, "no extKeyUsage" },
	{ "R-06 another purpose", NULL, NULL, { "extendedKeyUsage", "serverAuth" }, 0, NULL, 0, 0,
	    VOUCH_EREFUSED, "another extKeyUsage" },
	{ "R-07 issued by the root", NULL, "CN=Root", { AUTHORITY_SIGNER_EXTENSIONS }, 1, NULL, 0, 0,
	    VOUCH_EREFUSED, "issued directly" },
	{ "R-08 the CA's name, another key", NULL, NULL, { AUTHORITY_SIGNER_EXTENSIONS }, 1, NULL, 0, 0,
	    VOUCH_EREFUSED, "nor issued directly by it (RFC 6960 4.2.2.2)" },
	{ "R-09 nocheck that is not NULL", NULL, NULL, { EKU, "1.3.6.1.5.5.7.48.1.5", "DER:0101FF" }, 0, NULL,
	    0, 0, VOUCH_EREFUSED, "RFC 6960 4.2.2.2.1" },
	{ "R-09 nocheck that is NULL twice", NULL, NULL, { EKU, "1.3.6.1.5.5.7.48.1.5", "DER:05000500" }, 0,
	    NULL, 0, 0, VOUCH_EREFUSED, "RFC 6960 4.2.2.2.1" },
	{ "R-09 no nocheck", NULL, NULL, { EKU }, 0, NULL, VOUCH_PROFILE_WEBPKI, 0, VOUCH_OK, NULL },
	{ "R-12 keyEncipherment", NULL, NULL, { EKU, "keyUsage", "keyEncipherment" }, 0, NULL, 0, 0,
	    VOUCH_EREFUSED, "RFC 5280 4.2.1.3" },
	{ "R-12 nonRepudiation", NULL, NULL, { EKU, "keyUsage", "nonRepudiation" }, 0, NULL, 0, 0, VOUCH_OK,
	    NULL },
	{ "R-12 nonRepudiation under BR", NULL, NULL, { EKU, "keyUsage", "nonRepudiation" }, 0, NULL,
	    VOUCH_PROFILE_WEBPKI, 0, VOUCH_EREFUSED, "BR 7.1.2.8.7" },
	{ "A-05 P-256 with SHA-512", NULL, NULL, { AUTHORITY_SIGNER_EXTENSIONS }, 0, "ecdsa-sha512", 0, 0,
	    VOUCH_OK, NULL },
	{ "A-05 P-256 with SHA-512 under BR", NULL, NULL, { AUTHORITY_SIGNER_EXTENSIONS }, 0, "ecdsa-sha512",
	    VOUCH_PROFILE_WEBPKI, 0, VOUCH_EREFUSED, "BR 7.1.3.2.2" },
	{ "unknown flags", NULL, NULL, { AUTHORITY_SIGNER_EXTENSIONS }, 0, NULL, 0, 2, VOUCH_EINVAL,
	    "flags" },
};

static vouch_signer *
make_signer(const struct keys *keys, const struct signer_row *row)
{
	struct recipe recipe = { .subject = row->subject != NULL ? row->subject : "CN=OCSP",
		.key = keys->signer,
		.issuer = row->issuer != NULL ? row->issuer : "CN=CA",
		.issuer_key = row->by == 0 ? keys->ca : keys->root };

	memcpy(recipe.extensions, row->extensions, sizeof(row->extensions));
	return ca_signer(&recipe, row->algorithm);
}

static void
who_may_not_sign_is_refused_with_the_clause(void **state)
{
	struct keys *keys = *state;

	for (size_t i = 0; i < COUNT(signer_rows); i++) {
		const struct signer_row *row = &signer_rows[i];
		vouch_issuer_options options = { .size = sizeof(options), .profile = row->profile };
		vouch_issuer *issuer = ca_issuer(keys->ca, &options);
		vouch_signer *signer = make_signer(keys, row);
		vouch_err err;
		int code = vouch_issuer_add_signer(issuer, signer, row->flags, &err);
		if (code != row->code || err.code != code ||
		    (code != VOUCH_OK && strstr(err.msg, row->message) == NULL))
			fail_msg("%s: %d %s", row->what, code, err.msg);
		assert_int_equal(vouch_issuer_signers(issuer), code == VOUCH_OK ? 1 : 0);
		assert_ptr_equal(vouch_issuer_signer(issuer, 0), code == VOUCH_OK ? signer : NULL);
		if (code == VOUCH_OK) {
			assert_false(issuer->signers[0].is_issuer);
			assert_int_equal(issuer->signers[0].locally_trusted, row->flags != 0);
		}
		vouch_signer_free(signer);
		vouch_issuer_free(issuer);
	}
}

/* Ed25519 anywhere but under the CA/B Forum's rules. */
static void
eddsa_is_refused_under_br_only(void **state)
{
	struct keys *keys = *state;
	vouch_issuer_options options = { .size = sizeof(options), .profile = VOUCH_PROFILE_WEBPKI };
	vouch_issuer *strict = ca_issuer(keys->ca, &options), *relaxed = ca_issuer(keys->ca, NULL);
	vouch_signer *signer = ca_signer(&(struct recipe){ .issuer = "CN=CA",
					     .key = keys->ed25519,
					     .issuer_key = keys->ca,
					     .extensions = { AUTHORITY_SIGNER_EXTENSIONS } },
	    NULL);
	vouch_err err;

	assert_int_equal(vouch_issuer_add_signer(relaxed, signer, 0, &err), VOUCH_OK);
	assert_int_equal(vouch_issuer_add_signer(strict, signer, 0, &err), VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, "BR 7.1.3.2"));
	vouch_signer_free(signer);
	vouch_issuer_free(strict);
	vouch_issuer_free(relaxed);
}

/* F-10 */
static void
a_ca_signs_for_itself_with_whichever_certificate_it_has(void **state)
{
	static const struct {
		const char *key_usage;
		uint8_t profile;
		int code;
	} rows[] = {
		{ "keyCertSign,cRLSign,digitalSignature", VOUCH_PROFILE_WEBPKI, VOUCH_OK },
		{ "keyCertSign,cRLSign", VOUCH_PROFILE_WEBPKI, VOUCH_EREFUSED },
		{ "keyCertSign,cRLSign", VOUCH_PROFILE_RFC6960, VOUCH_OK },
	};
	struct keys *keys = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_issuer_options options = { .size = sizeof(options), .profile = rows[i].profile };
		struct recipe recipe = { .subject = "CN=CA",
			.key = keys->ca,
			.extensions = { "basicConstraints", "CA:TRUE", "keyUsage", rows[i].key_usage } };
		vouch_buf der = authority_certificate(&recipe);
		vouch_issuer *issuer;
		vouch_err err;
		assert_int_equal(vouch_issuer_new(&issuer, span_buf(&der), &options, &err), VOUCH_OK);
		recipe.serial_number = 99; /* another certificate of the same CA */
		vouch_signer *signer = ca_signer(&recipe, NULL);
		assert_int_equal(vouch_issuer_add_signer(issuer, signer, 0, &err), rows[i].code);
		if (rows[i].code == VOUCH_OK)
			assert_true(issuer->signers[0].is_issuer && !issuer->signers[0].locally_trusted);
		else
			assert_non_null(strstr(err.msg, "BR 7.1.2.10.7"));
		vouch_signer_free(signer);
		vouch_issuer_free(issuer);
		vouch_buf_free(&der);
	}
}

static void
signers_are_kept_in_their_order_and_shared(void **state)
{
	struct keys *keys = *state;
	vouch_issuer *one = ca_issuer(keys->ca, NULL), *two = ca_issuer(keys->ca, NULL);
	struct recipe recipe = { .issuer = "CN=CA",
		.key = keys->signer,
		.issuer_key = keys->ca,
		.extensions = { AUTHORITY_SIGNER_EXTENSIONS } };
	vouch_signer *first = ca_signer(&recipe, NULL), *second = ca_signer(&recipe, "ecdsa-sha384");

	assert_int_equal(vouch_issuer_add_signer(one, first, 0, NULL), VOUCH_OK);
	assert_int_equal(vouch_issuer_add_signer(one, second, 0, NULL), VOUCH_OK);
	assert_int_equal(vouch_issuer_add_signer(two, first, 0, NULL), VOUCH_OK);
	vouch_signer_free(first);
	vouch_signer_free(second);
	assert_int_equal(vouch_issuer_signers(one), 2);
	assert_ptr_equal(vouch_issuer_signer(one, 1), second);
	assert_null(vouch_issuer_signer(one, 2));
	vouch_issuer_free(one);
	assert_string_equal(vouch_signer_algorithm(vouch_issuer_signer(two, 0)), "ecdsa-sha256");
	vouch_issuer_free(two);
}

static void
an_issuer_knows_the_certificates_it_issued(void **state)
{
	struct keys *keys = *state;
	vouch_issuer *issuer = ca_issuer(keys->ca, NULL);
	vouch_buf own = authority_certificate(
	    &(struct recipe){ .issuer = "CN=CA", .key = keys->signer, .issuer_key = keys->ca });
	vouch_buf forged = authority_certificate(
	    &(struct recipe){ .issuer = "CN=CA", .key = keys->signer, .issuer_key = keys->root });
	vouch_buf foreign = authority_certificate(
	    &(struct recipe){ .issuer = "CN=Root", .key = keys->signer, .issuer_key = keys->ca });
	vouch_err err;

	assert_int_equal(vouch_issuer_verify(issuer, span_buf(&own), &err), VOUCH_OK);
	assert_int_equal(vouch_issuer_verify(issuer, span_buf(&forged), &err), VOUCH_EVERIFY);
	assert_int_equal(vouch_issuer_verify(issuer, span_buf(&foreign), &err), VOUCH_EVERIFY);
	assert_int_equal(vouch_issuer_verify(issuer, span_string("junk"), &err), VOUCH_EPARSE);
	vouch_buf_free(&own);
	vouch_buf_free(&forged);
	vouch_buf_free(&foreign);
	vouch_issuer_free(issuer);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_may_not_issue_is_no_issuer),
		cmocka_unit_test(an_issuer_shows_its_name_and_identity),
		cmocka_unit_test(policies_that_a_profile_forbids_are_refused_with_the_clause),
		cmocka_unit_test(eight_hours_are_eight_hours_under_either_reading),
		cmocka_unit_test(options_of_another_size_are_understood),
		cmocka_unit_test(who_may_not_sign_is_refused_with_the_clause),
		cmocka_unit_test(eddsa_is_refused_under_br_only),
		cmocka_unit_test(a_ca_signs_for_itself_with_whichever_certificate_it_has),
		cmocka_unit_test(signers_are_kept_in_their_order_and_shared),
		cmocka_unit_test(an_issuer_knows_the_certificates_it_issued),
	};
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
