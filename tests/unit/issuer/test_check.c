/* SPDX-License-Identifier: Apache-2.0 */
/* What vouch_issuer_check() finds, and what it keeps silent about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "ca.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DAY 86400

struct keys {
	EVP_PKEY *ca, *signer;
};

static int
make_keys(void **state)
{
	static struct keys keys;

	keys.ca = authority_key("p256");
	keys.signer = authority_key("p256");
	*state = &keys;
	return 0;
}

static int
free_keys(void **state)
{
	struct keys *keys = *state;

	EVP_PKEY_free(keys->ca);
	EVP_PKEY_free(keys->signer);
	return 0;
}

static int
know_nothing(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
    vouch_status *out, vouch_err *err)
{
	(void)ctx, (void)issuer, (void)serial_number, (void)now, (void)out, (void)err;
	return VOUCH_ENOTFOUND;
}

static int
open_nothing(void **ctx, const char *uri, vouch_time now, vouch_err *err)
{
	(void)uri, (void)now, (void)err;
	*ctx = NULL;
	return VOUCH_OK;
}

static void
close_nothing(void *ctx)
{
	(void)ctx;
}

static const vouch_source_ops nothing = { .abi = VOUCH_ABI,
	.name = "nothing",
	.open = open_nothing,
	.lookup = know_nothing,
	.close = close_nothing };

static vouch_issuer *
with_source(vouch_issuer *issuer)
{
	vouch_source *source;

	assert_int_equal(vouch_source_open(&source, &nothing, "", 0, NULL), VOUCH_OK);
	assert_int_equal(vouch_issuer_add_source(issuer, source, 0, NULL), VOUCH_OK);
	vouch_source_free(source);
	return issuer;
}

struct findings {
	char text[4096];
	size_t count;
	uint8_t worst;
};

static void
note(void *arg, const vouch_finding *finding)
{
	struct findings *findings = arg;
	size_t len = strlen(findings->text);

	assert_int_equal(finding->size, sizeof(*finding));
	assert_string_not_equal(finding->rule, "");
	snprintf(findings->text + len, sizeof(findings->text) - len, "%u %s %s\n", finding->severity,
	    finding->rule, finding->text);
	findings->count++;
	if (finding->severity > findings->worst)
		findings->worst = finding->severity;
}

static struct findings
check(const vouch_issuer *issuer, vouch_time now)
{
	struct findings findings = { 0 };

	vouch_issuer_check(issuer, now, note, &findings);
	return findings;
}

static struct findings
check_signer(const struct keys *keys, const vouch_issuer_options *options, const struct recipe *signer_recipe,
    unsigned flags, vouch_time now)
{
	vouch_issuer *issuer = with_source(ca_issuer(keys->ca, options));
	struct recipe recipe = *signer_recipe;
	vouch_err err;

	recipe.subject = "CN=OCSP";
	recipe.issuer = recipe.issuer != NULL ? recipe.issuer : "CN=CA";
	recipe.key = keys->signer;
	recipe.issuer_key = keys->ca;
	vouch_signer *signer = ca_signer(&recipe, NULL);
	if (vouch_issuer_add_signer(issuer, signer, flags, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	vouch_signer_free(signer);
	struct findings findings = check(issuer, now);
	vouch_issuer_free(issuer);
	return findings;
}

static void
assert_finds(const struct findings *findings, const char *what, const char *wanted)
{
	if (strstr(findings->text, wanted) == NULL)
		fail_msg("%s: no \"%s\" in\n%s", what, wanted, findings->text);
}

static void
a_signer_in_good_order_is_not_remarked_on(void **state)
{
	struct keys *keys = *state;
	const vouch_issuer_options webpki = { .size = sizeof(webpki),
		.profile = VOUCH_PROFILE_WEBPKI,
		.certid_hashes = VOUCH_HASH_BIT(VOUCH_SHA256) };
	const struct recipe recipe = { .extensions = { AUTHORITY_SIGNER_EXTENSIONS } };
	const vouch_issuer_options *const options[] = { NULL, &webpki };

	for (size_t i = 0; i < COUNT(options); i++) {
		struct findings findings = check_signer(keys, options[i], &recipe, 0, AUTHORITY_NOW);
		if (findings.count != 0)
			fail_msg("%s", findings.text);
	}
}

static void
an_issuer_without_signer_or_source_is_an_error(void **state)
{
	struct keys *keys = *state;
	vouch_issuer *issuer = ca_issuer(keys->ca, NULL);
	struct findings findings = check(issuer, AUTHORITY_NOW);

	assert_finds(&findings, "bare", "2 RFC 6960 2.2 there is no signer");
	assert_finds(&findings, "bare", "2 RFC 6960 2.2 there is no status source");
	vouch_issuer_free(issuer);
}

/* RFC 6960 2.7, S-13 */
static void
a_compromised_ca_is_told_of_in_clear_words(void **state)
{
	struct keys *keys = *state;
	static const struct {
		vouch_time now;
		const char *wanted;
	} rows[] = {
		{ AUTHORITY_NOW, "1 RFC 6960 2.7 the key of the CA is compromised, from 2026-01-01T00:00:00Z on: every "
				 "certificate of it is revoked (cACompromise)" },
		{ AUTHORITY_BEGIN - 1, "1 RFC 6960 2.7 the key of the CA will be compromised, from 2026-01-01T00:00:00Z on: "
				       "every certificate of it will be revoked" },
	};
	vouch_issuer_options options;

	vouch_issuer_options_init(&options);
	options.compromised = AUTHORITY_BEGIN;
	vouch_issuer *issuer = with_source(ca_issuer(keys->ca, &options));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct findings findings = check(issuer, rows[i].now);
		assert_finds(&findings, "compromised", rows[i].wanted);
	}
	vouch_issuer_free(issuer);
}

static void
expiry_is_foretold_at_30_7_and_1_days(void **state)
{
	struct keys *keys = *state;
	static const struct {
		vouch_time now;
		const char *wanted; /* NULL: not a word of it */
	} rows[] = {
		{ AUTHORITY_BEGIN - 1,
		    "2 RFC 5280 4.1.2.5 the certificate of signer 0 is not valid before 2026-01-01T00" },
		{ AUTHORITY_BEGIN, NULL },
		{ AUTHORITY_END - 30 * DAY - 1, NULL },
		{ AUTHORITY_END - 30 * DAY,
		    "1 RFC 6960 3.2 the certificate of signer 0 expires within 30 days" },
		{ AUTHORITY_END - 7 * DAY,
		    "1 RFC 6960 3.2 the certificate of signer 0 expires within 7 days" },
		{ AUTHORITY_END - DAY,
		    "1 RFC 6960 3.2 the certificate of signer 0 expires within 1 day, at 2027-01-01T" },
		{ AUTHORITY_END, "expires within 1 day," },
		{ AUTHORITY_END + 1,
		    "2 RFC 6960 3.2 the certificate of signer 0 expired at 2027-01-01T00:00:00Z" },
		{ AUTHORITY_END + 1, "1 RFC 6960 3.2 the certificate of the CA expired" },
	};
	const struct recipe recipe = { .extensions = { AUTHORITY_SIGNER_EXTENSIONS } };

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct findings findings = check_signer(keys, NULL, &recipe, 0, rows[i].now);
		if (rows[i].wanted != NULL)
			assert_finds(&findings, rows[i].wanted, rows[i].wanted);
		else if (findings.count != 0)
			fail_msg("row %zu: %s", i, findings.text);
	}
}

struct row {
	const char *what;
	uint8_t profile;
	struct recipe recipe;
	unsigned flags;
	const char *wanted;
};

#define EKU "extendedKeyUsage", "OCSPSigning"
#define OLD_NOCHECK EKU, "noCheck", "x"
static const struct row rows[] = {
	{ "no nocheck", VOUCH_PROFILE_RFC6960, { .extensions = { EKU } }, 0,
	    "0 RFC 6960 4.2.2.2.1 signer 0: no id-pkix-ocsp-nocheck" },
	{ "R-09, public", VOUCH_PROFILE_WEBPKI, { .extensions = { EKU } }, 0,
	    "1 RFC 6960 4.2.2.2.1 signer 0: no id-pkix-ocsp-nocheck" },
	{ "R-09, public", VOUCH_PROFILE_ETSI, { .extensions = { EKU } }, 0,
	    "1 RFC 6960 4.2.2.2.1 signer 0: no id-pkix-ocsp-nocheck" },
	{ "critical nocheck", VOUCH_PROFILE_RFC6960, { .extensions = { EKU, "noCheck", "critical,x" } }, 0,
	    "1 RFC 6960 4.2.2.2.1 signer 0: id-pkix-ocsp-nocheck is critical" },
	{ "L-04 AIA", VOUCH_PROFILE_RFC6960,
	    { .extensions = { OLD_NOCHECK, "authorityInfoAccess", "OCSP;URI:http://o/" } }, 0,
	    "0 RFC 9919 3.2.2 signer 0: the signer's certificate points to an OCSP responder" },
	{ "F-24 AIA", VOUCH_PROFILE_ETSI,
	    { .extensions = { OLD_NOCHECK, "authorityInfoAccess", "OCSP;URI:http://o/" } }, 0,
	    "2 EN 319 411-1 CSS-6.6.3-01B signer 0: the signer's certificate points" },
	{ "L-04 CRLDP", VOUCH_PROFILE_RFC6960,
	    { .extensions = { OLD_NOCHECK, "crlDistributionPoints", "URI:http://c/" } }, 0,
	    "0 RFC 9919 3.2.2 signer 0: the signer's certificate has cRLDistributionPoints" },
	{ "L-04 long life", VOUCH_PROFILE_RFC6960,
	    { .extensions = { OLD_NOCHECK }, .not_after = AUTHORITY_BEGIN + 400 * DAY }, 0,
	    "valid for more than a year" },
	{ "outlives the CA", VOUCH_PROFILE_RFC6960,
	    { .extensions = { OLD_NOCHECK }, .not_after = AUTHORITY_END + 1 }, 0,
	    "1 RFC 5280 6.1.3 the certificate of signer 0 is to hold longer than the CA's" },
	{ "F-21", VOUCH_PROFILE_RFC6960,
	    { .extensions = { OLD_NOCHECK }, .not_after = AUTHORITY_NOW + DAY - 1 }, 0,
	    "answers are to hold longer than the certificate of signer 0" },
	{ "F-08 keyUsage not critical", VOUCH_PROFILE_WEBPKI,
	    { .extensions = { OLD_NOCHECK, "keyUsage", "digitalSignature" } }, 0,
	    "2 BR 7.1.2.8 signer 0: keyUsage has to be critical" },
	{ "F-08 more keyUsage", VOUCH_PROFILE_WEBPKI,
	    { .extensions = { OLD_NOCHECK, "keyUsage", "critical,digitalSignature,nonRepudiation" } }, 0,
	    "2 BR 7.1.2.8 signer 0: keyUsage has to be critical" },
	{ "F-08 another purpose", VOUCH_PROFILE_WEBPKI,
	    { .extensions = { "extendedKeyUsage", "OCSPSigning,serverAuth" } }, 0,
	    "2 BR 7.1.2.8 signer 0: extKeyUsage has more" },
	{ "F-08 AKI", VOUCH_PROFILE_WEBPKI, { .extensions = { OLD_NOCHECK } }, 0,
	    "2 BR 7.1.2.8 signer 0: no authorityKeyIdentifier" },
	{ "F-09 SAN", VOUCH_PROFILE_WEBPKI, { .extensions = { OLD_NOCHECK, "subjectAltName", "DNS:a" } }, 0,
	    "2 BR 7.1.2.8 signer 0: the signer's certificate has a subjectAltName" },
	{ "F-09 nameConstraints", VOUCH_PROFILE_WEBPKI,
	    { .extensions = { OLD_NOCHECK, "nameConstraints", "permitted;DNS:a" } }, 0,
	    "2 BR 7.1.2.8 signer 0: the signer's certificate has nameConstraints" },
	{ "F-09 CRLDP", VOUCH_PROFILE_WEBPKI,
	    { .extensions = { OLD_NOCHECK, "crlDistributionPoints", "URI:http://c/" } }, 0,
	    "2 BR 7.1.2.8 signer 0: the signer's certificate has cRLDistributionPoints" },
	{ "F-09 basicConstraints", VOUCH_PROFILE_WEBPKI,
	    { .extensions = { OLD_NOCHECK, "basicConstraints", "CA:TRUE" } }, 0,
	    "2 BR 7.1.2.8 signer 0: basicConstraints" },
	{ "F-09 caIssuers", VOUCH_PROFILE_WEBPKI,
	    { .extensions = { OLD_NOCHECK, "authorityInfoAccess", "caIssuers;URI:http://c/" } }, 0,
	    "2 BR 7.1.2.8 signer 0: the signer's certificate has id-ad-caIssuers" },
	{ "F-22 SHA-1", VOUCH_PROFILE_WEBPKI, { .extensions = { OLD_NOCHECK }, .digest = "SHA1" }, 0,
	    "2 RFC 6960 5.1.1 signer 0: the signer's certificate is signed with a weak algorithm" },
	{ "locally trusted", VOUCH_PROFILE_RFC6960,
	    { .issuer = "CN=Elsewhere", .extensions = { OLD_NOCHECK } }, VOUCH_SIGNER_LOCALLY_TRUSTED,
	    "0 RFC 6960 2.2 signer 0 is locally trusted" },
	{ "SHA-1 CertIDs", VOUCH_PROFILE_WEBPKI, { .extensions = { OLD_NOCHECK } }, 0,
	    "0 RFC 9919 3.2.1 CertIDs by SHA-1" },
};

static void
every_rule_finds_what_breaks_it(void **state)
{
	struct keys *keys = *state;

	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_issuer_options options = { .size = sizeof(options), .profile = rows[i].profile };
		struct findings findings = check_signer(keys, &options, &rows[i].recipe, rows[i].flags,
		    AUTHORITY_NOW);
		assert_finds(&findings, rows[i].what, rows[i].wanted);
	}
}

/* a certificate padded to 64 KiB, by an extension that nobody knows. */
static void
answers_that_some_clients_will_not_read_are_warned_of(void **state)
{
	static const size_t paddings[] = { 60000, 65000 };
	struct keys *keys = *state;

	for (size_t i = 0; i < COUNT(paddings); i++) {
		const vouch_issuer_options options = { .size = sizeof(options) };
		char *padding = test_calloc(1, 2 * paddings[i] + 5);
		memcpy(padding, "DER:", 4);
		memset(padding + 4, '0', 2 * paddings[i]);
		const struct recipe recipe = { .extensions = { OLD_NOCHECK, "1.3.6.1.4.1.32473.2",
						   padding } };
		struct findings findings = check_signer(keys, &options, &recipe, 0, AUTHORITY_NOW);
		bool is_warned = strstr(findings.text, "1 RFC 9909 4 answers of signer 0 have some 65") !=
		    NULL;
		assert_int_equal(is_warned, i == 1);
		test_free(padding);
	}
}

static void
a_policy_that_clients_may_dislike_is_remarked_on(void **state)
{
	struct keys *keys = *state;
	const vouch_issuer_options options = { .size = sizeof(options),
		.responder_id = VOUCH_BY_NAME,
		.not_issued = VOUCH_NOT_ISSUED_GOOD,
		.verify_signatures = VOUCH_VERIFY_NEVER,
		.certid_hashes = VOUCH_HASH_BIT(VOUCH_MD5) };
	vouch_issuer *issuer = ca_issuer(keys->ca, &options);
	struct findings findings = check(issuer, AUTHORITY_NOW);

	assert_finds(&findings, "policy", "0 RFC 9919 3.2.2 responder_id is byName");
	assert_finds(&findings, "policy", "1 RFC 6960 2.2 certificates that were never issued are good");
	assert_finds(&findings, "policy", "1 RFC 6960 4.1.1 CertIDs by MD5");
	assert_finds(&findings, "policy", "0 RFC 6960 2.2 signatures are not verified");
	vouch_issuer_free(issuer);
}

static void
a_ca_that_signs_itself_is_checked_as_one(void **state)
{
	struct keys *keys = *state;
	struct recipe recipe = { .subject = "CN=CA",
		.key = keys->ca,
		.extensions = { "basicConstraints", "CA:TRUE", "keyUsage", "keyCertSign" } };
	vouch_buf der = authority_certificate(&recipe);
	vouch_issuer *issuer;
	vouch_signer *signer = ca_signer(&recipe, NULL);

	assert_int_equal(vouch_issuer_new(&issuer, span_buf(&der), NULL, NULL), VOUCH_OK);
	assert_int_equal(vouch_issuer_add_signer(issuer, signer, 0, NULL), VOUCH_OK);
	struct findings findings = check(with_source(issuer), AUTHORITY_NOW);
	assert_int_equal(findings.count, 1);
	assert_finds(&findings, "CA", "1 RFC 5280 4.2.1.3 the CA signs its answers itself");
	vouch_signer_free(signer);
	vouch_issuer_free(issuer);
	vouch_buf_free(&der);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signer_in_good_order_is_not_remarked_on),
		cmocka_unit_test(an_issuer_without_signer_or_source_is_an_error),
		cmocka_unit_test(a_compromised_ca_is_told_of_in_clear_words),
		cmocka_unit_test(expiry_is_foretold_at_30_7_and_1_days),
		cmocka_unit_test(every_rule_finds_what_breaks_it),
		cmocka_unit_test(answers_that_some_clients_will_not_read_are_warned_of),
		cmocka_unit_test(a_policy_that_clients_may_dislike_is_remarked_on),
		cmocka_unit_test(a_ca_that_signs_itself_is_checked_as_one),
	};
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
