/* SPDX-License-Identifier: Apache-2.0 */
/* What check and the log say of serial numbers that no source knows (C-17). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/issuance.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define SOURCES 3

static struct issuance
judge(const char *const *uris, uint8_t not_issued, uint8_t profile)
{
	struct conf_source sources[SOURCES] = { { 0 } };
	struct conf_issuer issuer = { .sources = sources,
		.options = { .not_issued = not_issued, .profile = profile } };
	struct issuance out;

	for (; issuer.source_count < SOURCES && uris[issuer.source_count] != NULL; issuer.source_count++)
		sources[issuer.source_count].uri = (char *)(uintptr_t)uris[issuer.source_count];
	issuance_judge(&issuer, &out);
	return out;
}

static void
only_crls_without_a_list_of_what_was_issued_know_nothing_of_it(void **state)
{
	static const struct {
		const char *uris[SOURCES + 1];
		bool knows;
	} rows[] = {
		{ { "sqlite:vouch.db" }, true },
		{ { "index:pki/index.txt" }, true },
		{ { "postgresql://db/vouch" }, true },
		{ { "plugin:mine.so" }, true },
		{ { "crl:ca.crl" }, false },
		{ { "crl:ca.crl?issued=serials.txt" }, true },
		{ { "crl:ca.crl?crl_id=yes&issued=serials.txt" }, true },
		{ { "crl:ca.crl?crl_id=yes" }, false },
		{ { "crl+http://pki.example/ca.crl" }, false },
		{ { "crl+https://pki.example/ca.crl?issued=2026" }, false }, /* the server's own */
		{ { "crl+https://pki.example/ca.crl?a=b#issued=serials.txt" }, true },
		{ { "crl+http://pki.example/ca.crl#every=1m&issued=a" }, true },
		{ { "crl:a.crl", "crl+http://pki.example/b.crl" }, false },
		{ { "crl:a.crl", "sqlite:vouch.db" }, true },
		{ { "crl:a.crl", "crl:b.crl?issued=c" }, true },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct issuance found = judge(rows[i].uris, VOUCH_NOT_ISSUED_UNKNOWN, VOUCH_PROFILE_RFC6960);
		if ((found.severity == VOUCH_NOTE) != rows[i].knows)
			fail_msg("%s: %s", rows[i].uris[0], found.text);
	}
}

static void
each_policy_is_explained_and_the_way_out_is_one_that_the_profile_allows(void **state)
{
	static const char *const crl[] = { "crl:ca.crl", NULL },
				 *const register_too[] = { "crl:ca.crl", "sqlite:v.db", NULL };
	static const struct {
		const char *const *uris;
		uint8_t not_issued, profile;
		enum vouch_severity severity;
		const char *text, *rule;
	} rows[] = {
		{ crl, VOUCH_NOT_ISSUED_UNKNOWN, VOUCH_PROFILE_RFC6960, VOUCH_WARNING,
		    "a CRL does not say what was issued: what is not listed is unknown: set `issued`, add a source that "
		    "knows the certificates, or not_issued: good",
		    "RFC 6960 2.2" },
		{ crl, VOUCH_NOT_ISSUED_UNKNOWN, VOUCH_PROFILE_WEBPKI, VOUCH_WARNING,
		    "a CRL does not say what was issued: what is not listed is unknown: set `issued` or add a source that "
		    "knows the certificates (profile webpki refuses not_issued: good)",
		    "BR 4.9.9" },
		{ crl, VOUCH_NOT_ISSUED_UNAUTHORIZED, VOUCH_PROFILE_ETSI, VOUCH_WARNING,
		    "a CRL does not say what was issued: what is not listed is answered unauthorized: set `issued` or add a "
		    "source that knows the certificates (profile etsi refuses not_issued: good)",
		    "EN 319 411-1 OVR-6.6.3-02" },
		{ crl, VOUCH_NOT_ISSUED_REVOKED, VOUCH_PROFILE_ENTERPRISE, VOUCH_ERROR,
		    "a CRL does not say what was issued: what is not listed is answered revoked, also what is good: set "
		    "`issued`, add a source that knows the certificates, or not_issued: good",
		    "RFC 6960 2.2" },
		{ crl, VOUCH_NOT_ISSUED_GOOD, VOUCH_PROFILE_RFC6960, VOUCH_NOTE,
		    "what no CRL lists is good, also what was never issued", "RFC 6960 2.2" },
		{ register_too, VOUCH_NOT_ISSUED_UNKNOWN, VOUCH_PROFILE_WEBPKI, VOUCH_NOTE,
		    "a serial number that no source knows is answered unknown", "BR 4.9.9" },
		{ register_too, VOUCH_NOT_ISSUED_UNAUTHORIZED, VOUCH_PROFILE_RFC6960, VOUCH_NOTE,
		    "a serial number that no source knows is answered unauthorized", "RFC 6960 2.2" },
		{ register_too, VOUCH_NOT_ISSUED_REVOKED, VOUCH_PROFILE_RFC6960, VOUCH_NOTE,
		    "a serial number that no source knows is answered revoked, on hold since 1970",
		    "RFC 6960 2.2" },
		{ register_too, VOUCH_NOT_ISSUED_GOOD, VOUCH_PROFILE_RFC6960, VOUCH_NOTE,
		    "a serial number that no source knows is answered good, also one that was never issued",
		    "RFC 6960 2.2" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct issuance found = judge(rows[i].uris, rows[i].not_issued, rows[i].profile);
		assert_string_equal(found.text, rows[i].text);
		assert_string_equal(found.rule, rows[i].rule);
		assert_int_equal(found.severity, rows[i].severity);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_crls_without_a_list_of_what_was_issued_know_nothing_of_it),
		cmocka_unit_test(each_policy_is_explained_and_the_way_out_is_one_that_the_profile_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
