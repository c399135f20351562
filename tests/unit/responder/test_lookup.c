/* SPDX-License-Identifier: Apache-2.0 */
/* Sources asked in order (design 5, rule 6): every pair, the triples that matter, times, a compromised CA (S-13), S-18. */
#include "sources.h"

#include <stdio.h>
#include <string.h>

#define HOUR 3600

/* g good, r revoked, h on hold, u unknown, n not found, t tryLater, e internalError */
static char
letter_of(const struct knowledge *k)
{
	switch (k->found) {
	case VOUCH_ENOTFOUND:
		return 'n';
	case VOUCH_EUNAVAILABLE:
		return 't';
	case VOUCH_EIO:
		return 'e';
	default:
		break;
	}
	assert_int_equal(k->found, VOUCH_OK);
	if (k->status.cert_status == VOUCH_REVOKED)
		return k->status.revocation_reason == VOUCH_REASON_CERTIFICATE_HOLD ? 'h' : 'r';
	return k->status.cert_status == VOUCH_GOOD ? 'g' : 'u';
}

static void
expect(const char *words, char expected)
{
	struct composed c;
	struct knowledge k;

	composed_make(&c, NULL, words);
	composed_ask(&c, &k, NOW);
	if (letter_of(&k) != expected)
		fail_msg("%s: %c instead of %c", words, letter_of(&k), expected);
	assert_int_equal(k.is_known, strchr("grh", expected) != NULL);
	knowledge_clear(&k);
	composed_free(&c);
}

#define RESULTS 8
static const char *const results[RESULTS] = { "GOOD", "REVOKED", "HOLD", "UNKNOWN", "NOT_FOUND", "AWAY",
	"STALE", "BROKEN" };

static void
every_pair_of_sources_gives_what_rule_6_says(void **state)
{
	/* A row for each result of the first source, a letter for each of the second, in the order above. */
	static const struct {
		bool first_optional, second_optional;
		const char *rows[RESULTS];
	} tables[] = {
		{ false, false,
		    { "gggggggg", "rrrrrrrr", "hhhhhhhh", "grhuutte", "grhuntte", "tttttttt", "tttttttt",
			"eeeeeeee" } },
		{ true, false,
		    { "gggggggg", "rrrrrrrr", "hhhhhhhh", "grhuutte", "grhuntte", "trhtttte", "trhtttte",
			"erheette" } },
		{ false, true,
		    { "gggggggg", "rrrrrrrr", "hhhhhhhh", "grhuutte", "grhuntte", "tttttttt", "tttttttt",
			"eeeeeeee" } },
		{ true, true,
		    { "gggggggg", "rrrrrrrr", "hhhhhhhh", "grhuutte", "grhuntte", "trhttttt", "trhttttt",
			"erheeeee" } },
	};
	char words[64];

	(void)state;
	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (size_t first = 0; first < RESULTS; first++)
			for (size_t second = 0; second < RESULTS; second++) {
				snprintf(words, sizeof(words), "%s%s %s%s", results[first],
				    tables[t].first_optional ? "?" : "", results[second],
				    tables[t].second_optional ? "?" : "");
				expect(words, tables[t].rows[first][second]);
			}
}

static void
three_sources_do_as_two(void **state)
{
	static const struct {
		const char *words;
		char expected;
	} rows[] = {
		{ "NOT_FOUND NOT_FOUND GOOD", 'g' },
		{ "UNKNOWN NOT_FOUND NOT_FOUND", 'u' },
		{ "NOT_FOUND UNKNOWN AWAY?", 't' },
		{ "AWAY? NOT_FOUND REVOKED", 'r' },
		{ "AWAY? NOT_FOUND HOLD", 'h' },
		{ "AWAY? NOT_FOUND GOOD", 't' },
		{ "AWAY? NOT_FOUND NOT_FOUND", 't' },
		{ "AWAY? AWAY REVOKED", 't' },
		{ "AWAY? STALE? REVOKED", 'r' },
		{ "BROKEN? AWAY? REVOKED", 'r' },
		{ "BROKEN? GOOD REVOKED", 'e' },
		{ "NOT_FOUND AWAY? REVOKED", 'r' },
		{ "NOT_FOUND STALE? HOLD", 'h' },
		{ "NOT_FOUND AWAY? NOT_FOUND", 't' },
		{ "NOT_FOUND AWAY REVOKED", 't' },
		{ "UNKNOWN AWAY? GOOD", 't' },
		{ "GOOD AWAY BROKEN", 'g' },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect(rows[i].words, rows[i].expected);
}

static void
what_ends_the_search_keeps_the_others_from_being_asked(void **state)
{
	static const char *const ends[] = { "GOOD NOT_FOUND", "REVOKED NOT_FOUND", "HOLD NOT_FOUND",
		"AWAY NOT_FOUND", "STALE NOT_FOUND", "BROKEN NOT_FOUND" };
	struct composed c;
	struct knowledge k;

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		composed_make(&c, NULL, ends[i]);
		composed_ask(&c, &k, NOW);
		assert_int_equal(c.said[0].lookups, 1);
		assert_int_equal(c.said[1].lookups, 0);
		knowledge_clear(&k);
		composed_free(&c);
	}
}

/* An old CRL does not list what the database, which is away, has revoked since. */
static void
a_database_that_is_away_and_a_crl_that_lists_nothing_is_never_good(void **state)
{
	static const char *const orders[] = { "AWAY NOT_FOUND", "NOT_FOUND AWAY", "AWAY? NOT_FOUND",
		"NOT_FOUND AWAY?", "AWAY GOOD", "AWAY? GOOD", "STALE NOT_FOUND", "STALE? GOOD" };

	(void)state;
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++)
		expect(orders[i], 't');
}

static void
the_reason_is_that_of_who_decided(void **state)
{
	struct composed c;
	struct knowledge k;

	(void)state;
	composed_make(&c, NULL, "BROKEN? AWAY");
	composed_ask(&c, &k, NOW);
	assert_int_equal(k.found, VOUCH_EUNAVAILABLE);
	assert_int_equal(k.err.code, VOUCH_EUNAVAILABLE);
	knowledge_clear(&k);
	composed_free(&c);
	composed_make(&c, NULL, "BROKEN? GOOD");
	composed_ask(&c, &k, NOW);
	assert_int_equal(k.err.code, VOUCH_EPARSE);
	assert_non_null(strstr(k.err.msg, "the test says so"));
	knowledge_clear(&k);
	composed_free(&c);
}

/* --- Times ---------------------------------------------------------------------------------------------- */

static void
the_times_are_the_earliest_of_the_sources_that_were_asked(void **state)
{
	static const struct {
		const char *words;
		vouch_time this_update[3], next_update[3]; /* of the sources; 0: absent */
		vouch_time earliest_this, earliest_next;
	} rows[] = {
		{ "NOT_FOUND GOOD", { NOW - 10, NOW - 5 }, { NOW + 20, NOW + 30 }, NOW - 10, NOW + 20 },
		{ "NOT_FOUND GOOD", { NOW - 10, NOW - 50 }, { NOW + 20, NOW + 10 }, NOW - 50, NOW + 10 },
		{ "NOT_FOUND GOOD", { NOW - 10, 0 }, { NOW + 20, 0 }, NOW - 10, NOW + 20 },
		{ "NOT_FOUND GOOD", { 0, NOW - 10 }, { 0, NOW + 20 }, NOW - 10, NOW + 20 },
		{ "NOT_FOUND NOT_FOUND", { NOW - 10, NOW - 5 }, { NOW + 30, NOW + 20 }, NOW - 10, NOW + 20 },
		{ "NOT_FOUND UNKNOWN", { NOW - 10, 0 }, { NOW + 30, 0 }, NOW - 10, NOW + 30 },
		{ "UNKNOWN NOT_FOUND REVOKED", { NOW - 1, NOW - 2, NOW - 3 }, { NOW + 3, NOW + 2, NOW + 1 },
		    NOW - 3, NOW + 1 },
		{ "GOOD NOT_FOUND", { NOW - 1, NOW - 9 }, { NOW + 9, NOW + 1 }, NOW - 1, NOW + 9 },
		{ "AWAY? REVOKED", { NOW - 9, NOW - 1 }, { NOW + 1, NOW + 9 }, NOW - 1, NOW + 9 },
	};
	struct composed c;
	struct knowledge k;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		composed_make(&c, NULL, rows[i].words);
		for (size_t s = 0; s < SAID_MOST; s++) {
			vouch_status *status = &c.said[s].status;
			status->this_update = rows[i].this_update[s] == 0 ? VOUCH_TIME_ABSENT :
									    rows[i].this_update[s];
			status->next_update = rows[i].next_update[s] == 0 ? VOUCH_TIME_ABSENT :
									    rows[i].next_update[s];
		}
		composed_ask(&c, &k, NOW);
		assert_int_equal(k.status.this_update, rows[i].earliest_this);
		assert_int_equal(k.status.next_update, rows[i].earliest_next);
		knowledge_clear(&k);
		composed_free(&c);
	}
}

/* C-02: also where it lists nothing, and where it lists what was revoked. */
static void
data_past_their_next_update_or_not_yet_of_their_this_update_say_nothing(void **state)
{
	static const char *const said[] = { "GOOD", "REVOKED", "UNKNOWN", "NOT_FOUND" };
	static const struct {
		vouch_time this_update, next_update;
		int found;
	} rows[] = {
		{ NOW - 10, NOW, VOUCH_EUNAVAILABLE },
		{ NOW - 10, NOW - 1, VOUCH_EUNAVAILABLE },
		{ NOW + 61, NOW + 100, VOUCH_EUNAVAILABLE },
		{ NOW - 10, NOW + 1, VOUCH_OK },
		{ NOW + 60, NOW + 100, VOUCH_OK },
	};
	struct composed c;
	struct knowledge k;

	(void)state;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
			composed_make(&c, NULL, said[i]);
			c.said[0].status.this_update = rows[r].this_update;
			c.said[0].status.next_update = rows[r].next_update;
			composed_ask(&c, &k, NOW);
			int expected = rows[r].found == VOUCH_OK ? c.said[0].code : rows[r].found;
			assert_int_equal(k.found, expected);
			knowledge_clear(&k);
			composed_free(&c);
		}
}

/* S-18 */
static void
a_revocation_in_the_future_is_good_until_then_and_says_how_long(void **state)
{
	static const uint8_t reasons[] = { VOUCH_REASON_KEY_COMPROMISE, VOUCH_REASON_CERTIFICATE_HOLD };
	static const struct {
		vouch_time in, own_end, next_update; /* own_end 0: absent */
	} rows[] = {
		{ HOUR, 0, NOW + HOUR - 1 },
		{ HOUR, NOW + 2 * HOUR, NOW + HOUR - 1 },
		{ HOUR, NOW + HOUR / 2, NOW + HOUR / 2 },
		{ 2, 0, NOW + 1 },
		{ 1, 0, NOW + 1 },
	};
	struct composed c;
	struct knowledge k;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		composed_make(&c, NULL, "REVOKED");
		vouch_status *status = &c.said[0].status;
		status->revocation_reason = reasons[i % 2];
		status->revocation_time = NOW + rows[i].in;
		status->invalidity_date = NOW - HOUR;
		status->next_update = rows[i].own_end == 0 ? VOUCH_TIME_ABSENT : rows[i].own_end;
		composed_ask(&c, &k, NOW);
		assert_int_equal(letter_of(&k), 'g');
		assert_int_equal(k.status.revocation_reason, VOUCH_REASON_ABSENT);
		assert_int_equal(k.status.revocation_time, VOUCH_TIME_ABSENT);
		assert_int_equal(k.status.invalidity_date, VOUCH_TIME_ABSENT);
		assert_int_equal(k.status.next_update, rows[i].next_update);
		knowledge_clear(&k);
		status->next_update = VOUCH_TIME_ABSENT;
		composed_ask(&c, &k, NOW + rows[i].in);
		assert_int_equal(k.status.cert_status, VOUCH_REVOKED);
		assert_int_equal(k.status.invalidity_date, NOW - HOUR);
		knowledge_clear(&k);
		composed_free(&c);
	}
}

static void
a_revocation_in_the_future_is_no_answer_while_an_optional_source_is_away(void **state)
{
	struct composed c;
	struct knowledge k;

	(void)state;
	composed_make(&c, NULL, "AWAY? REVOKED");
	c.said[1].status.revocation_time = NOW + 1;
	composed_ask(&c, &k, NOW);
	assert_int_equal(letter_of(&k), 't');
	knowledge_clear(&k);
	composed_ask(&c, &k, NOW + 1);
	assert_int_equal(letter_of(&k), 'r');
	knowledge_clear(&k);
	composed_free(&c);
}

/* --- A compromised CA (RFC 6960 2.7, S-13) ---------------------------------------------------------------- */

static void
every_certificate_of_a_compromised_ca_is_revoked_whatever_the_sources_say(void **state)
{
	static const char *const said[] = { "GOOD", "HOLD", "UNKNOWN", "NOT_FOUND", "AWAY", "STALE", "BROKEN",
		"AWAY? GOOD", "" };
	vouch_issuer_options options;
	struct composed c;
	struct knowledge k;

	(void)state;
	vouch_issuer_options_init(&options);
	options.compromised = NOW - 100;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		composed_make(&c, &options, said[i]);
		composed_ask(&c, &k, NOW);
		assert_int_equal(k.found, VOUCH_OK);
		assert_int_equal(k.status.cert_status, VOUCH_REVOKED);
		assert_int_equal(k.status.revocation_reason, VOUCH_REASON_CA_COMPROMISE);
		assert_int_equal(k.status.revocation_time, NOW - 100);
		assert_int_equal(k.status.next_update, VOUCH_TIME_ABSENT);
		assert_int_equal(k.is_known, i < 2);
		knowledge_clear(&k);
		composed_free(&c);
	}
}

static void
who_was_revoked_before_his_ca_stays_revoked_as_he_was(void **state)
{
	vouch_issuer_options options;
	struct composed c;
	struct knowledge k;

	(void)state;
	vouch_issuer_options_init(&options);
	options.compromised = NOW - 100;
	composed_make(&c, &options, "REVOKED");
	composed_ask(&c, &k, NOW);
	assert_int_equal(k.status.revocation_time, NOW - 1000);
	assert_int_equal(k.status.revocation_reason, VOUCH_REASON_KEY_COMPROMISE);
	knowledge_clear(&k);
	c.said[0].status.revocation_time = NOW - 50;
	composed_ask(&c, &k, NOW);
	assert_int_equal(k.status.revocation_time, NOW - 100);
	assert_int_equal(k.status.revocation_reason, VOUCH_REASON_CA_COMPROMISE);
	knowledge_clear(&k);
	composed_free(&c);
}

static void
a_compromise_in_the_future_ends_answers_before_it(void **state)
{
	static const char *const said[] = { "GOOD", "NOT_FOUND" };
	vouch_issuer_options options;
	struct composed c;
	struct knowledge k;

	(void)state;
	vouch_issuer_options_init(&options);
	options.compromised = NOW + HOUR;
	for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
		composed_make(&c, &options, said[i]);
		composed_ask(&c, &k, NOW);
		assert_int_equal(k.found, c.said[0].code);
		assert_int_equal(k.status.next_update, NOW + HOUR - 1);
		knowledge_clear(&k);
		composed_ask(&c, &k, NOW + HOUR);
		assert_int_equal(k.status.revocation_reason, VOUCH_REASON_CA_COMPROMISE);
		knowledge_clear(&k);
		composed_free(&c);
	}
}

/* --- The public function ---------------------------------------------------------------------------------- */

static void
the_verdict_of_all_sources_is_public(void **state)
{
	static const struct {
		const char *words;
		int code;
		uint8_t cert_status;
	} rows[] = {
		{ "NOT_FOUND GOOD", VOUCH_OK, VOUCH_GOOD },
		{ "AWAY? HOLD", VOUCH_OK, VOUCH_REVOKED },
		{ "UNKNOWN NOT_FOUND", VOUCH_OK, VOUCH_UNKNOWN },
		{ "NOT_FOUND", VOUCH_ENOTFOUND, VOUCH_STATUS_UNSET },
		{ "AWAY? GOOD", VOUCH_EUNAVAILABLE, VOUCH_STATUS_UNSET },
		{ "BROKEN", VOUCH_EIO, VOUCH_STATUS_UNSET },
		{ "", VOUCH_EUNAVAILABLE, VOUCH_STATUS_UNSET },
	};
	const uint8_t serial = 1;
	vouch_status status;
	struct composed c;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		vouch_err err = { 0 };
		composed_make(&c, NULL, rows[i].words);
		vouch_status_init(&status);
		assert_int_equal(vouch_issuer_lookup(c.issuer, (vouch_span){ &serial, 1 }, NOW, &status,
				     &err),
		    rows[i].code);
		assert_int_equal(status.cert_status, rows[i].cert_status);
		assert_true(
		    rows[i].code == VOUCH_OK || rows[i].code == VOUCH_ENOTFOUND || err.msg[0] != '\0');
		vouch_status_clear(&status);
		composed_free(&c);
	}
	composed_make(&c, NULL, "GOOD");
	status.size = 0;
	assert_int_equal(vouch_issuer_lookup(c.issuer, (vouch_span){ &serial, 1 }, NOW, &status, NULL),
	    VOUCH_EINVAL);
	composed_free(&c);
}

static void
an_issuer_tells_its_sources_in_order_and_they_how_often_they_were_asked(void **state)
{
	vouch_source_counts counts = { .size = sizeof(counts) };
	struct composed c;
	struct knowledge k;
	unsigned flags = 77;

	(void)state;
	composed_make(&c, NULL, "AWAY? NOT_FOUND BROKEN");
	assert_int_equal(vouch_issuer_sources(c.issuer), 3);
	assert_null(vouch_issuer_source(c.issuer, 3, &flags));
	composed_ask(&c, &k, NOW);
	knowledge_clear(&k);
	const struct {
		unsigned flags;
		uint64_t not_found, unavailable, errors;
	} rows[] = { { VOUCH_SOURCE_OPTIONAL, 0, 1, 0 }, { 0, 1, 0, 0 }, { 0, 0, 0, 1 } };
	for (size_t i = 0; i < 3; i++) {
		vouch_source_get_counts(vouch_issuer_source(c.issuer, i, &flags), &counts);
		assert_int_equal(flags, rows[i].flags);
		assert_int_equal(counts.lookups, 1);
		assert_int_equal(counts.not_found, rows[i].not_found);
		assert_int_equal(counts.unavailable, rows[i].unavailable);
		assert_int_equal(counts.errors, rows[i].errors);
	}
	composed_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair_of_sources_gives_what_rule_6_says),
		cmocka_unit_test(three_sources_do_as_two),
		cmocka_unit_test(what_ends_the_search_keeps_the_others_from_being_asked),
		cmocka_unit_test(a_database_that_is_away_and_a_crl_that_lists_nothing_is_never_good),
		cmocka_unit_test(the_reason_is_that_of_who_decided),
		cmocka_unit_test(the_times_are_the_earliest_of_the_sources_that_were_asked),
		cmocka_unit_test(data_past_their_next_update_or_not_yet_of_their_this_update_say_nothing),
		cmocka_unit_test(a_revocation_in_the_future_is_good_until_then_and_says_how_long),
		cmocka_unit_test(a_revocation_in_the_future_is_no_answer_while_an_optional_source_is_away),
		cmocka_unit_test(every_certificate_of_a_compromised_ca_is_revoked_whatever_the_sources_say),
		cmocka_unit_test(who_was_revoked_before_his_ca_stays_revoked_as_he_was),
		cmocka_unit_test(a_compromise_in_the_future_ends_answers_before_it),
		cmocka_unit_test(the_verdict_of_all_sources_is_public),
		cmocka_unit_test(an_issuer_tells_its_sources_in_order_and_they_how_often_they_were_asked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
