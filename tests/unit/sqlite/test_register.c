/* SPDX-License-Identifier: Apache-2.0 */
/* What is put is found again: serial numbers of every length, every field, in order, by issuer. */
#include "fixture.h"
#include "modules/sqlite/connection.h"

#include <stdio.h>
#include <unistd.h>

static void
a_certificate_never_recorded_is_not_found(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");
	vouch_status s;

	assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW, &s), VOUCH_ENOTFOUND);
	assert_int_equal(look(db, &issuer_a, SERIAL(""), NOW, &s), VOUCH_ENOTFOUND);
	record(db, &issuer_a, SERIAL("\x01"), good());
	assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW, &s), VOUCH_OK);
	assert_int_equal(s.cert_status, VOUCH_GOOD);
	assert_int_equal(look(db, &issuer_a, SERIAL("\x02"), NOW, &s), VOUCH_ENOTFOUND);
	assert_int_equal(look(db, &issuer_b, SERIAL("\x01"), NOW, &s), VOUCH_ENOTFOUND);
	ops->close(db);
}

static void
serial_numbers_of_every_length_are_told_apart(void **state)
{
	const struct folder *f = *state;
	static const size_t lengths[] = { 1, 2, 19, 20, 21, 64, 255, 256, 1024 };
	static const uint8_t firsts[] = { 0x00, 0x01, 0x7f, 0x80, 0xff }; /* from 0x80 on: negative */
	uint8_t octets[1024];
	void *db = open_database(f->file, "?mode=rwc");
	vouch_status s;

	memset(octets, 0, sizeof(octets));
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (size_t k = 0; k < sizeof(firsts); k++) {
			octets[0] = firsts[k];
			vouch_time when = (vouch_time)(1000 * i + k);
			record(db, &issuer_a, (vouch_span){ octets, lengths[i] }, revoked(1, when));
		}
	}
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		for (size_t k = 0; k < sizeof(firsts); k++) {
			octets[0] = firsts[k];
			assert_int_equal(look(db, &issuer_a, (vouch_span){ octets, lengths[i] }, NOW, &s),
			    VOUCH_OK);
			assert_int_equal(s.revocation_time, 1000 * i + k);
		}
	}
	ops->close(db);
}

static void
every_field_comes_back_as_it_was_put(void **state)
{
	const struct folder *f = *state;
	static const uint8_t extension[] = { 0x30, 0x07, 0x06, 0x03, 0x55, 0x1d, 0x18, 0x04, 0x00 };
	void *db = open_database(f->file, "?mode=rwc");
	vouch_status put = revoked(4, NOW - 1000), got;
	vouch_err err = { 0 };

	put.invalidity_date = -5;
	put.not_after = 4102444800;
	put.has_certificate_sha256 = 1;
	memset(put.certificate_sha256, 0x5a, sizeof(put.certificate_sha256));
	assert_int_equal(vouch_buf_append(&put.single_extensions, extension, sizeof(extension)), VOUCH_OK);
	record(db, &issuer_a, SERIAL("\x09\x08"), put);
	vouch_status_init(&got);
	assert_int_equal(ops->lookup(db, &issuer_a, SERIAL("\x09\x08"), NOW, &got, &err), VOUCH_OK);
	assert_int_equal(got.cert_status, VOUCH_REVOKED);
	assert_int_equal(got.revocation_reason, 5);
	assert_int_equal(got.revocation_time, NOW - 1000);
	assert_int_equal(got.invalidity_date, -5);
	assert_int_equal(got.not_after, 4102444800);
	assert_int_equal(got.has_certificate_sha256, 1);
	assert_memory_equal(got.certificate_sha256, put.certificate_sha256, 32);
	assert_int_equal(got.single_extensions.len, sizeof(extension));
	assert_memory_equal(got.single_extensions.data, extension, sizeof(extension));
	assert_true(got.this_update == VOUCH_TIME_ABSENT && got.next_update == VOUCH_TIME_ABSENT);
	assert_int_equal(got.detail.len, strlen("sqlite:") + strlen(f->file));
	vouch_status_clear(&got);
	vouch_status_clear(&put);
	ops->close(db);
}

static void
a_new_record_replaces_and_what_it_does_not_know_stays(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");
	vouch_status first = good(), s;

	first.not_after = NOW + 5;
	record(db, &issuer_a, SERIAL("\x01"), first);
	record(db, &issuer_a, SERIAL("\x01"), revoked(6, NOW - 9));
	assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW, &s), VOUCH_OK);
	assert_int_equal(s.cert_status, VOUCH_REVOKED);
	assert_int_equal(s.not_after, NOW + 5);
	record(db, &issuer_a, SERIAL("\x01"), good());
	assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW, &s), VOUCH_OK);
	assert_int_equal(s.cert_status, VOUCH_GOOD);
	assert_int_equal(s.revocation_reason, 0);
	assert_true(s.revocation_time == VOUCH_TIME_ABSENT);
	ops->close(db);
}

/* S-14: unspecified is absence, 7 does not exist, 8 is for delta CRLs. */
static void
reasons_that_no_answer_may_carry_are_not_recorded(void **state)
{
	const struct folder *f = *state;
	static const struct {
		int reason, code;
	} cases[] = { { -1, 0 }, { 0, 0 }, { 1, 0 }, { 6, 0 }, { 7, VOUCH_EREFUSED }, { 8, VOUCH_EREFUSED },
		{ 9, 0 }, { 10, 0 }, { 11, VOUCH_EREFUSED }, { 200, VOUCH_EREFUSED } };
	void *db = open_database(f->file, "?mode=rwc");
	vouch_err err = { 0 };
	vouch_status got;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint8_t serial = (uint8_t)(i + 1);
		vouch_status s = revoked(cases[i].reason, NOW);
		assert_int_equal(ops->begin(db, &err), VOUCH_OK);
		assert_int_equal(ops->put(db, &issuer_a, (vouch_span){ &serial, 1 }, &s, NOW, &err),
		    cases[i].code);
		assert_int_equal(ops->commit(db, &err), VOUCH_OK);
		assert_int_equal(look(db, &issuer_a, (vouch_span){ &serial, 1 }, NOW, &got),
		    cases[i].code ? VOUCH_ENOTFOUND : 0);
		assert_int_equal(got.revocation_reason,
		    cases[i].code || cases[i].reason <= 0 ? 0 : cases[i].reason + 1);
	}
	ops->close(db);
}

static void
what_is_not_a_record_is_refused(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");
	vouch_status unset, unknown = good(), timeless = revoked(1, VOUCH_TIME_ABSENT), fine = good();
	vouch_err err = { 0 };

	vouch_status_init(&unset);
	unknown.cert_status = VOUCH_UNKNOWN;
	assert_int_equal(ops->put(db, &issuer_a, SERIAL("\x01"), &fine, NOW, &err),
	    VOUCH_EINVAL); /* outside of begin */
	assert_int_equal(ops->commit(db, &err), VOUCH_EINVAL);
	ops->abort(db);
	assert_int_equal(ops->begin(db, &err), VOUCH_OK);
	assert_int_equal(ops->begin(db, &err), VOUCH_EINVAL);
	assert_int_equal(ops->put(db, &issuer_a, SERIAL("\x01"), &unset, NOW, &err), VOUCH_EINVAL);
	assert_int_equal(ops->put(db, &issuer_a, SERIAL("\x01"), &unknown, NOW, &err), VOUCH_EINVAL);
	assert_int_equal(ops->put(db, &issuer_a, SERIAL("\x01"), &timeless, NOW, &err), VOUCH_EINVAL);
	assert_int_equal(ops->put(db, &issuer_a, SERIAL(""), &fine, NOW, &err), VOUCH_EINVAL);
	assert_int_equal(ops->commit(db, &err), VOUCH_OK);
	ops->close(db);
	assert_int_equal(sql_number(f->file, "SELECT count(*) FROM certificates"), 0);
}

/* S-18 */
static void
a_revocation_of_tomorrow_shows_tomorrow_and_no_answer_outlives_today(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");
	vouch_status s = revoked(1, NOW + 3600);

	s.invalidity_date = NOW - 5;
	record(db, &issuer_a, SERIAL("\x01"), s);
	assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW + 3599, &s), VOUCH_OK);
	assert_int_equal(s.cert_status, VOUCH_GOOD);
	assert_int_equal(s.next_update, NOW + 3600);
	assert_int_equal(s.revocation_reason, 0);
	assert_true(s.revocation_time == VOUCH_TIME_ABSENT && s.invalidity_date == VOUCH_TIME_ABSENT);
	assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW + 3600, &s), VOUCH_OK);
	assert_int_equal(s.cert_status, VOUCH_REVOKED);
	assert_int_equal(s.revocation_time, NOW + 3600);
	assert_int_equal(s.invalidity_date, NOW - 5);
	assert_true(s.next_update == VOUCH_TIME_ABSENT);
	ops->close(db);
}

static void
nothing_shows_before_the_commit_except_to_the_writer(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc"), *other = open_database(f->file, "");
	vouch_status s = good();
	vouch_err err = { 0 };

	assert_int_equal(ops->begin(db, &err), VOUCH_OK);
	assert_int_equal(ops->put(db, &issuer_a, SERIAL("\x01"), &s, NOW, &err), VOUCH_OK);
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	assert_int_equal(look(other, &issuer_a, SERIAL("\x01"), NOW, &s), VOUCH_ENOTFOUND);
	ops->abort(db);
	assert_int_equal(look(db, &issuer_a, SERIAL("\x01"), NOW, &s), VOUCH_ENOTFOUND);
	record(db, &issuer_a, SERIAL("\x01"), good());
	assert_status(other, SERIAL("\x01"), VOUCH_GOOD);
	ops->close(other);
	ops->close(db);
}

struct listing {
	char text[400];
	int stop_at;
};

static int
list_one(void *arg, vouch_span serial_number, const vouch_status *status)
{
	struct listing *l = arg;
	size_t len = strlen(l->text);

	snprintf(l->text + len, sizeof(l->text) - len, "%zu:%02X%s ", serial_number.len,
	    serial_number.data[0], status->cert_status == VOUCH_REVOKED ? "r" : "");
	return --l->stop_at == 0 ? 7 : 0;
}

static void
certificates_are_listed_by_length_then_octets(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");
	struct listing all = { "", -1 }, rest = { "", -1 }, first = { "", 1 }, none = { "", -1 };
	vouch_err err = { 0 };

	record(db, &issuer_a, SERIAL("\x01\x00\x00"), good());
	record(db, &issuer_a, SERIAL("\xff"), revoked(1, NOW));
	record(db, &issuer_a, SERIAL("\x02"), good());
	record(db, &issuer_b, SERIAL("\x03"), good());
	record(db, &issuer_a, SERIAL("\x00\xff"), good());
	assert_int_equal(ops->each(db, &issuer_a, SERIAL(""), NOW, list_one, &all, &err), VOUCH_OK);
	assert_string_equal(all.text, "1:02 1:FFr 2:00 3:01 ");
	assert_int_equal(ops->each(db, &issuer_a, SERIAL("\x02"), NOW, list_one, &rest, &err), VOUCH_OK);
	assert_string_equal(rest.text, "1:FFr 2:00 3:01 ");
	assert_int_equal(ops->each(db, &issuer_a, SERIAL(""), NOW, list_one, &first, &err), 7);
	assert_string_equal(first.text, "1:02 ");
	assert_int_equal(ops->each(db, &issuer_a, SERIAL("\x01\x00\x00"), NOW, list_one, &none, &err),
	    VOUCH_OK);
	assert_string_equal(none.text, "");
	ops->close(db);
}

static void
two_copies_of_one_source_do_not_wait_for_each_other(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc"), *other = open_database(f->file, "");
	vouch_err err = { 0 };
	vouch_status s = good();

	record(db, &issuer_a, SERIAL("\x01"), good());
	assert_int_equal(ops->begin(db, &err), VOUCH_OK);
	assert_int_equal(ops->put(db, &issuer_a, SERIAL("\x02"), &s, NOW, &err), VOUCH_OK);
	assert_status(other, SERIAL("\x01"), VOUCH_GOOD);
	assert_int_equal(ops->commit(db, &err), VOUCH_OK);
	assert_status(other, SERIAL("\x02"), VOUCH_GOOD);
	ops->close(db);
	ops->close(other);
	assert_false(file_exists(f->file, "-wal")); /* the last one out tidies up */
}

static void
a_commit_is_synchronous_and_the_journal_is_a_log(void **state)
{
	const struct folder *f = *state;
	void *db = open_database(f->file, "?mode=rwc");
	const struct sqlite_location here = { .path = (char *)(uintptr_t)f->file,
		.mode = SQLITE_MODE_RWC,
		.patience_ms = SQLITE_OPEN_PATIENCE_MS };
	struct sqlite_connection *c = NULL;
	vouch_err err = { 0 };
	int64_t synchronous = 0;

	assert_int_equal(sqlite_connection_open(&c, &here, &err), VOUCH_OK);
	assert_int_equal(sqlite_number(c->db, "PRAGMA synchronous", &synchronous), SQLITE_OK);
	assert_int_equal(synchronous, 2); /* FULL: what is committed survives a power cut */
	sqlite_connection_close(c);
	record(db, &issuer_a, SERIAL("\x01"), good());
	assert_true(file_exists(f->file, "-wal"));
	ops->close(db);
	assert_int_equal(sql_number(f->file,
			     "SELECT count(*) FROM pragma_journal_mode WHERE journal_mode = 'wal'"),
	    1);
}

static void
a_reader_beside_the_writer_leaves_a_file_that_is_whole_by_itself(void **state)
{
	const struct folder *f = *state;
	void *writer = open_database(f->file, "?mode=rwc"), *reader = open_database(f->file, "");
	char copy[128];

	record(writer, &issuer_a, SERIAL("\x01"), good());
	assert_status(reader, SERIAL("\x01"), VOUCH_GOOD);
	ops->close(writer);
	vouch_buf octets = read_file(f->file);
	snprintf(copy, sizeof(copy), "%s/copy.db", f->path);
	write_file(copy, octets.data, octets.len);
	vouch_buf_free(&octets);
	ops->close(reader);
	void *db = open_database(copy, "");
	assert_status(db, SERIAL("\x01"), VOUCH_GOOD);
	ops->close(db);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, folder_setup, folder_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_certificate_never_recorded_is_not_found),
		TEST(serial_numbers_of_every_length_are_told_apart),
		TEST(every_field_comes_back_as_it_was_put),
		TEST(a_new_record_replaces_and_what_it_does_not_know_stays),
		TEST(reasons_that_no_answer_may_carry_are_not_recorded),
		TEST(what_is_not_a_record_is_refused),
		TEST(a_revocation_of_tomorrow_shows_tomorrow_and_no_answer_outlives_today),
		TEST(nothing_shows_before_the_commit_except_to_the_writer),
		TEST(certificates_are_listed_by_length_then_octets),
		TEST(two_copies_of_one_source_do_not_wait_for_each_other),
		TEST(a_commit_is_synchronous_and_the_journal_is_a_log),
		TEST(a_reader_beside_the_writer_leaves_a_file_that_is_whole_by_itself),
	};

	return cmocka_run_group_tests_name("sqlite_register", tests, NULL, NULL);
}
