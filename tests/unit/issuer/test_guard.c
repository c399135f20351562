/* SPDX-License-Identifier: Apache-2.0 */
/* The guard: each of its rules, and that nothing but an answer passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "authority.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "der/writer.h"
#include "guard_draft.h"
#include "guard_oracle.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DAY INT64_C(86400)

struct scene {
	vouch_buf certificates[GUARD_ISSUERS + 1];
	struct guard_world world;
};

static int
make_scene(void **state)
{
	static struct scene scene;
	struct guard_certificates spans;
	vouch_err err;

	guard_certificates_make(scene.certificates, NULL);
	for (size_t i = 0; i < GUARD_ISSUERS; i++)
		spans.issuers[i] = span_buf(&scene.certificates[i]);
	spans.signer = span_buf(&scene.certificates[GUARD_ISSUERS]);
	if (guard_world_make(&scene.world, &spans, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	*state = &scene;
	return 0;
}

static int
free_scene(void **state)
{
	struct scene *scene = *state;

	guard_world_clear(&scene->world);
	guard_certificates_clear(scene->certificates);
	return 0;
}

static void
what_the_responder_may_write_passes(void **state)
{
	const struct scene *scene = *state;
	vouch_buf tbs = { 0 };
	vouch_err err;

	for (size_t i = 0; i < guard_good_count; i++) {
		vouch_time now = guard_draft_now(&guard_good[i].draft);
		buf_clear(&tbs);
		guard_draft_encode(&scene->world, &guard_good[i].draft, &tbs);
		if (vouch_guard_check(scene->world.guard, span_buf(&tbs), now, &err) != VOUCH_OK)
			fail_msg("%s: %s", guard_good[i].name, err.msg);
		assert_null(err.rule);
		if (!guard_oracle_allows(&scene->world, span_buf(&tbs), now))
			fail_msg("%s: the oracle does not know it", guard_good[i].name);
	}
	vouch_buf_free(&tbs);
}

/* In a copy without room behind it, so that a sanitizer sees one octet too many. */
static int
check(const struct scene *scene, vouch_span tbs, vouch_time now, vouch_err *err)
{
	uint8_t *copy = malloc(tbs.len + (tbs.len == 0));

	assert_non_null(copy);
	if (tbs.len > 0)
		memcpy(copy, tbs.data, tbs.len);
	int code = vouch_guard_check(scene->world.guard, span_of(copy, tbs.len), now, err);
	free(copy);
	return code;
}

static void
each_rule_refuses_by_its_name(void **state)
{
	const struct scene *scene = *state;
	vouch_buf tbs = { 0 };
	vouch_err err;

	for (size_t i = 0; i < guard_bad_count; i++) {
		buf_clear(&tbs);
		guard_draft_encode(&scene->world, &guard_bad[i].draft, &tbs);
		if (check(scene, span_buf(&tbs), guard_draft_now(&guard_bad[i].draft), &err) !=
		    VOUCH_EREFUSED)
			fail_msg("%s: passes", guard_bad[i].what);
		assert_int_equal(err.code, VOUCH_EREFUSED);
		if (err.rule == NULL || strcmp(err.rule, guard_bad[i].rule) != 0 || err.msg[0] == '\0')
			fail_msg("%s: refused by %s: %s", guard_bad[i].what, err.rule, err.msg);
	}
	vouch_buf_free(&tbs);
}

/* What a CA's key must never sign by way of its answers: each begins with another element. */
static void
what_is_no_answer_is_refused(void **state)
{
	static const struct {
		const char *what;
		vouch_span octets;
	} others[] = {
		{ "nothing", { NULL, 0 } },
		{ "a TBSCertList",
		    GUARD_OCTETS("\x30\x33\x02\x01\x01\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02"
				 "\x30\x0e\x31\x0c\x30\x0a\x06\x03\x55\x04\x03\x0c\x03One"
				 "\x17\x0d"
				 "260101000000Z") },
		{ "a TBSRequest", GUARD_OCTETS("\x30\x02\x30\x00") },
		{ "a CertificationRequestInfo",
		    GUARD_OCTETS("\x30\x09\x02\x01\x00\x30\x00\x30\x00\xa0\x00") },
		{ "the text of a proof", GUARD_OCTETS("The key and the certificate agree.") },
		{ "a DigestInfo", GUARD_OCTETS("\x30\x0d\x30\x07\x06\x05\x2b\x0e\x03\x02\x1a\x04\x02zz") },
		{ "SignedAttributes", GUARD_OCTETS("\x31\x02\x30\x00") },
	};
	const struct scene *scene = *state;
	vouch_err err;

	for (size_t i = 0; i < COUNT(others); i++) {
		if (vouch_guard_check(scene->world.guard, others[i].octets, GUARD_NOW, &err) !=
		    VOUCH_EREFUSED)
			fail_msg("%s passes", others[i].what);
		assert_string_equal(err.rule, "der");
	}
	const vouch_span tbs_certificate = scene->world.issuers[GUARD_ONE]->cert.tbs;
	assert_int_equal(vouch_guard_check(scene->world.guard, tbs_certificate, GUARD_NOW, &err),
	    VOUCH_EREFUSED);
	assert_string_equal(err.rule, "der");
	assert_int_equal(vouch_guard_check(scene->world.guard, tbs_certificate, GUARD_NOW, NULL),
	    VOUCH_EREFUSED);
}

/* A CertID of an algorithm that nobody knows, with a serial number of that many octets. */
static void
put_long_certid(vouch_buf *out, size_t len)
{
	vouch_err err;
	struct der_writer w = der_writer_init(out);
	size_t certid = der_begin(&w, DER_SEQUENCE);
	uint8_t *serial = malloc(len);

	assert_non_null(serial);
	memset(serial, 1, len);
	der_put_raw(&w, SPAN_LITERAL("\x30\x05\x06\x03\x2a\x03\x04\x04\x00\x04\x00"));
	der_put_integer(&w, span_of(serial, len));
	der_end(&w, certid);
	free(serial);
	assert_int_equal(der_writer_finish(&w, &err), VOUCH_OK);
}

static void
more_than_64_kib_are_not_read(void **state)
{
	static const size_t lengths[] = { 60000, 65200, 65536, 70000 };
	const struct scene *scene = *state;
	struct guard_draft draft = { .count = 2, .singles = { { 0 }, { .cert_status = VOUCH_UNKNOWN } } };
	vouch_err err;

	for (size_t i = 0; i < COUNT(lengths); i++) {
		vouch_buf certid = { 0 }, tbs = { 0 };
		put_long_certid(&certid, lengths[i]);
		draft.singles[1].odd_certid = span_buf(&certid);
		guard_draft_encode(&scene->world, &draft, &tbs);
		int code = vouch_guard_check(scene->world.guard, span_buf(&tbs), GUARD_NOW, &err);
		assert_int_equal(code, tbs.len <= 65536 ? VOUCH_OK : VOUCH_EREFUSED);
		assert_true(code == VOUCH_OK || strcmp(err.rule, "size") == 0);
		vouch_buf_free(&certid);
		vouch_buf_free(&tbs);
	}
}

static void
every_truncation_is_refused(void **state)
{
	const struct scene *scene = *state;
	vouch_err err;

	for (size_t i = 0; i < guard_good_count; i++) {
		vouch_buf tbs = { 0 };
		guard_draft_encode(&scene->world, &guard_good[i].draft, &tbs);
		for (size_t len = 0; len < tbs.len; len++) {
			assert_int_equal(check(scene, span_of(tbs.data, len), GUARD_NOW, &err),
			    VOUCH_EREFUSED);
			assert_string_equal(err.rule, "der");
			assert_true(err.offset <= len);
		}
		vouch_buf_free(&tbs);
	}
}

/* Whatever an octet becomes: what passes is still an answer that keeps the rules. */
static void
no_single_octet_opens_the_guard(void **state)
{
	const struct scene *scene = *state;
	size_t passed = 0, refused = 0;

	for (size_t i = 0; i < guard_good_count; i++) {
		vouch_buf tbs = { 0 };
		guard_draft_encode(&scene->world, &guard_good[i].draft, &tbs);
		vouch_time now = guard_draft_now(&guard_good[i].draft);
		for (size_t change = 0; change < tbs.len * 256; change++) {
			uint8_t before = tbs.data[change / 256];
			tbs.data[change / 256] = (uint8_t)change;
			bool passes = vouch_guard_check(scene->world.guard, span_buf(&tbs), now, NULL) ==
			    VOUCH_OK;
			if (passes && !guard_oracle_allows(&scene->world, span_buf(&tbs), now))
				fail_msg("%s: octet %zu as %02zx", guard_good[i].name, change / 256,
				    change % 256);
			passed += passes;
			refused += !passes;
			tbs.data[change / 256] = before;
		}
		vouch_buf_free(&tbs);
	}
	/* Serial numbers, nonces and earlier times may be others; hashes, names and structure may not. */
	assert_true(passed > 10000 && refused > 10 * passed);
}

static void
a_guard_without_issuers_lets_nothing_pass(void **state)
{
	const struct scene *scene = *state;
	vouch_guard *guard = NULL;
	vouch_buf tbs = { 0 };
	vouch_err err;

	assert_int_equal(vouch_guard_new(&guard, scene->world.signer, NULL, &err), VOUCH_OK);
	for (size_t i = 0; i < guard_good_count; i++) {
		buf_clear(&tbs);
		guard_draft_encode(&scene->world, &guard_good[i].draft, &tbs);
		assert_int_equal(vouch_guard_check(guard, span_buf(&tbs), GUARD_NOW, &err), VOUCH_EREFUSED);
	}
	vouch_guard_free(guard);
	vouch_guard_free(NULL);
	vouch_buf_free(&tbs);
}

/* */
static void
an_issuer_of_another_signer_is_not_added(void **state)
{
	const struct scene *scene = *state;
	vouch_err err;

	assert_int_equal(vouch_guard_add(scene->world.guard, scene->world.issuers[GUARD_FOREIGN], &err),
	    VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, "Foreign"));
	assert_int_equal(vouch_guard_add(scene->world.guard, scene->world.issuers[GUARD_FOREIGN], NULL),
	    VOUCH_EREFUSED);
}

/* One CA under two paths, with policies of their own: an answer of either passes. */
static void
the_same_ca_by_two_policies_may_say_what_either_may(void **state)
{
	const struct scene *scene = *state;
	const struct guard_draft longer = { .singles = { { .next_update = 5 * DAY } } };
	const struct guard_draft sha1 = { .singles = { { .hash = VOUCH_SHA1, .next_update = 5 * DAY } } };
	vouch_issuer_options options;
	vouch_issuer *again;
	vouch_guard *guard;
	vouch_buf tbs = { 0 }, other = { 0 };
	vouch_err err;

	vouch_issuer_options_init(&options);
	options.validity = 5 * DAY;
	options.certid_hashes = VOUCH_HASH_BIT(VOUCH_SHA256);
	assert_int_equal(vouch_issuer_new(&again, span_buf(&scene->certificates[GUARD_ONE]), &options, &err),
	    VOUCH_OK);
	assert_int_equal(vouch_issuer_add_signer(again, scene->world.signer, 0, &err), VOUCH_OK);
	assert_int_equal(vouch_guard_new(&guard, scene->world.signer, NULL, &err), VOUCH_OK);
	assert_int_equal(vouch_guard_add(guard, again, &err), VOUCH_OK);
	assert_int_equal(vouch_guard_add(guard, scene->world.issuers[GUARD_ONE], &err), VOUCH_OK);
	guard_draft_encode(&scene->world, &longer, &tbs);
	guard_draft_encode(&scene->world, &sha1, &other);
	assert_int_equal(vouch_guard_check(guard, span_buf(&tbs), GUARD_NOW, &err), VOUCH_OK);
	assert_int_equal(vouch_guard_check(guard, span_buf(&other), GUARD_NOW, &err), VOUCH_EREFUSED);
	assert_string_equal(err.rule, "next_update");
	vouch_guard_free(guard);
	vouch_issuer_free(again);
	vouch_buf_free(&tbs);
	vouch_buf_free(&other);
}

static void
the_number_of_entries_is_an_option_with_limits(void **state)
{
	static const struct {
		uint32_t size, certids;
		int code;
		size_t most;
	} options[] = { { 0, 0, VOUCH_EINVAL, 0 }, { 8, 0, VOUCH_OK, 16 }, { 8, 1, VOUCH_OK, 1 },
		{ 8, 64, VOUCH_OK, 64 }, { 8, 65, VOUCH_EINVAL, 0 }, { 4, 0, VOUCH_OK, 16 } };
	const struct scene *scene = *state;

	for (size_t i = 0; i < COUNT(options); i++) {
		const vouch_guard_options given = { options[i].size, options[i].certids };
		vouch_guard *guard = NULL;
		vouch_err err;
		assert_int_equal(vouch_guard_new(&guard, scene->world.signer, &given, &err), options[i].code);
		if (guard == NULL)
			continue;
		assert_int_equal(vouch_guard_add(guard, scene->world.issuers[GUARD_ONE], &err), VOUCH_OK);
		for (size_t more = 0; more < 2; more++) {
			const struct guard_draft draft = { .count = options[i].most + more };
			vouch_buf tbs = { 0 };
			guard_draft_encode(&scene->world, &draft, &tbs);
			assert_int_equal(vouch_guard_check(guard, span_buf(&tbs), GUARD_NOW, &err),
			    more ? VOUCH_EREFUSED : VOUCH_OK);
			vouch_buf_free(&tbs);
		}
		vouch_guard_free(guard);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_the_responder_may_write_passes),
		cmocka_unit_test(each_rule_refuses_by_its_name),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(more_than_64_kib_are_not_read),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(no_single_octet_opens_the_guard),
		cmocka_unit_test(a_guard_without_issuers_lets_nothing_pass),
		cmocka_unit_test(an_issuer_of_another_signer_is_not_added),
		cmocka_unit_test(the_same_ca_by_two_policies_may_say_what_either_may),
		cmocka_unit_test(the_number_of_entries_is_an_option_with_limits),
	};

	return cmocka_run_group_tests(tests, make_scene, free_scene);
}
