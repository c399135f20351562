/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the store: what was put is what one gets, and memory has a bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/hash.h"
#include "sample.h"

#define KIB 1024u
#define MIB (1024u * KIB)

static const uint8_t store_key_octets[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };

static uint64_t
version_of(const vouch_store *store, uint64_t serial)
{
	vouch_buf out = { 0 };
	uint64_t version = sample_get(store, serial, &out);

	vouch_buf_free(&out);
	return version;
}

static uint64_t
entries_of(const vouch_store *store)
{
	uint64_t octets, entries, capacity;

	store_stats(store, &octets, &entries, &capacity);
	assert_true(octets <= capacity);
	return entries;
}

static void
an_answer_comes_back_as_it_was_put_behind_what_the_buffer_holds(void **state)
{
	vouch_store *store = sample_store(MIB);
	vouch_buf out = { 0 };
	uint8_t body[SAMPLE_BODY_MOST];
	struct store_meta meta;
	(void)state;

	for (size_t len = SAMPLE_BODY_LEAST; len < 1200; len++) {
		struct sample sample = { .serial = len,
			.version = len,
			.cert_status = VOUCH_REVOKED,
			.body_len = len };
		sample_make(&sample, body);
		store_put(store, &sample.key, &sample.meta, span_of(body, len), sample.certid_offset);
		out.len = 0;
		assert_int_equal(vouch_buf_append(&out, "HTTP", 4), VOUCH_OK);
		assert_int_equal(store_get(store, &sample.key, &meta, &out), VOUCH_OK);
		assert_int_equal(out.len, 4 + len);
		assert_memory_equal(out.data, "HTTP", 4);
		assert_memory_equal(out.data + 4, body, len);
		assert_true(sample_is_intact(len, &meta, span_of(out.data + 4, len)));
		assert_int_equal(meta.position, sample.meta.position);
		assert_int_equal(meta.cert_status, VOUCH_REVOKED);
	}
	vouch_buf_free(&out);
	vouch_store_free(store);
}

static void
times_and_numbers_of_any_size_come_back(void **state)
{
	static const vouch_time times[] = { 0, 1, -1, 1795341600, VOUCH_TIME_ABSENT, INT64_MAX, INT64_MIN + 1,
		253402300799 };
	static const uint64_t numbers[] = { 0, 1, 255, 256, UINT32_MAX, UINT64_MAX };
	vouch_store *store = sample_store(MIB);
	uint8_t body[100] = { 1, 2, 3 };
	vouch_buf out = { 0 };
	(void)state;

	for (size_t i = 0; i < 8 * 8 * 8 * 8; i++) {
		struct store_meta read,
		    meta = { .cert_status = VOUCH_GOOD,
			    .produced_at = times[i % 8],
			    .this_update = times[i / 8 % 8],
			    .next_update = times[i / 64 % 8],
			    .renew_at = times[i / 512],
			    .status_fingerprint = numbers[i % 6] };
		struct store_key key = { .epoch = numbers[i % 6],
			.issuer = (uint32_t)numbers[i / 6 % 6],
			.signer = (uint32_t)numbers[i / 36 % 6],
			.certid = span_of(body, i % 100) };
		store_put(store, &key, &meta, SPAN_ARRAY(body), 0);
		out.len = 0;
		assert_int_equal(store_get(store, &key, &read, &out), VOUCH_OK);
		assert_int_equal(read.produced_at, meta.produced_at);
		assert_int_equal(read.this_update, meta.this_update);
		assert_int_equal(read.next_update, meta.next_update);
		assert_int_equal(read.renew_at, meta.renew_at);
		assert_int_equal(read.status_fingerprint, meta.status_fingerprint);
	}
	vouch_buf_free(&out);
	vouch_store_free(store);
}

static void
a_later_answer_takes_the_place_of_the_older_one(void **state)
{
	vouch_store *store = sample_store(MIB);
	(void)state;

	for (uint64_t version = 1; version < 100; version++) {
		sample_put(store, 7, version, VOUCH_GOOD, 500 + version);
		assert_int_equal(version_of(store, 7), version);
		assert_int_equal(entries_of(store), 1);
	}
	vouch_store_free(store);
}

static void
an_answer_of_an_earlier_lookup_does_not_replace_a_later_one(void **state)
{
	vouch_store *store = sample_store(MIB);
	(void)state;

	sample_put(store, 7, 9, VOUCH_REVOKED, 500);
	sample_put(store, 7, 8, VOUCH_GOOD, 500);
	assert_int_equal(version_of(store, 7), 9);
	sample_put(store, 7, 8, VOUCH_UNKNOWN, 500);
	assert_int_equal(version_of(store, 7), 9);
	vouch_store_free(store);
}

static void
another_epoch_issuer_signer_or_certid_is_another_key(void **state)
{
	uint8_t certid[] = "the octets of a CertID", other[] = "the octets of a CertIE",
		body[] = "....the octets of a CertID....";
	const struct store_key key = { 1, 2, 3, SPAN_ARRAY(certid) };
	const struct {
		const char *what;
		struct store_key key;
	} rows[] = {
		{ "epoch", { 2, 2, 3, SPAN_ARRAY(certid) } },
		{ "issuer", { 1, 3, 3, SPAN_ARRAY(certid) } },
		{ "signer", { 1, 2, 2, SPAN_ARRAY(certid) } },
		{ "CertID", { 1, 2, 3, SPAN_ARRAY(other) } },
		{ "shorter CertID", { 1, 2, 3, { certid, sizeof(certid) - 1 } } },
		{ "empty CertID", { 1, 2, 3, { certid, 0 } } },
		{ "issuer and signer swapped", { 1, 3, 2, SPAN_ARRAY(certid) } },
	};
	struct store_meta read, meta = { .cert_status = VOUCH_GOOD };
	vouch_store *store = sample_store(MIB);
	vouch_buf out = { 0 };
	(void)state;

	memcpy(body + 4, certid, sizeof(certid));
	store_put(store, &key, &meta, SPAN_ARRAY(body), 4);
	assert_int_equal(store_get(store, &key, &read, &out), VOUCH_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (store_get(store, &rows[i].key, &read, &out) != VOUCH_ENOTFOUND)
			fail_msg("%s makes no difference", rows[i].what);
	assert_int_equal(out.len, sizeof(body));
	vouch_buf_free(&out);
	vouch_store_free(store);
}

static void
what_was_never_put_is_not_found_and_leaves_the_outputs_alone(void **state)
{
	vouch_store *store = sample_store(MIB);
	struct store_key key = { 1, 2, 3, SPAN_LITERAL("nothing") };
	struct store_meta meta = { .position = 77 };
	vouch_buf out = { 0 };
	(void)state;

	assert_int_equal(store_get(store, &key, &meta, &out), VOUCH_ENOTFOUND);
	assert_int_equal(meta.position, 77);
	assert_int_equal(out.len, 0);
	assert_null(out.data);
	vouch_store_free(store);
}

static void
without_memory_for_the_copy_nothing_is_touched(void **state)
{
	vouch_store *store = sample_store(MIB);
	uint8_t body[SAMPLE_BODY_MOST];
	struct sample sample = { .serial = 1, .version = 1, .cert_status = VOUCH_GOOD, .body_len = 500 };
	struct store_meta meta = { .position = 77 };
	/* Never dereferenced: buf_reserve refuses to grow beyond half of the address space. */
	vouch_buf out = { NULL, SIZE_MAX / 2, SIZE_MAX / 2 };
	(void)state;

	sample_make(&sample, body);
	store_put(store, &sample.key, &sample.meta, span_of(body, 500), sample.certid_offset);
	assert_int_equal(store_get(store, &sample.key, &meta, &out), VOUCH_ENOMEM);
	assert_int_equal(meta.position, 77);
	assert_int_equal(out.len, SIZE_MAX / 2);
	vouch_store_free(store);
}

static void
a_store_that_cannot_be_mapped_is_an_error_that_says_so(void **state)
{
	vouch_store *store = NULL;
	vouch_err err;
	(void)state;

	/* Four tebibytes are mapped at most; a machine set to overcommit without limit grants even that. */
	int code = vouch_store_new(&store, SIZE_MAX, store_key_octets, &err);
	if (code == VOUCH_OK) {
		vouch_store_free(store);
		return;
	}
	assert_int_equal(code, VOUCH_ENOMEM);
	assert_int_equal(err.code, VOUCH_ENOMEM);
	assert_non_null(strstr(err.msg, "store"));
	assert_null(store);
	assert_int_equal(vouch_store_new(&store, SIZE_MAX, store_key_octets, NULL), VOUCH_ENOMEM);
}

static void
what_breaks_a_promise_or_does_not_fit_is_not_kept_and_hides_the_older_answer(void **state)
{
	static uint8_t body[600 * KIB];
	const vouch_span certid = { body + 10, 20 };
	const struct {
		const char *what;
		size_t len, certid_offset;
		uint8_t cert_status;
	} rows[] = {
		{ "no body", 0, 10, VOUCH_GOOD },
		{ "a CertID that stands elsewhere", 100, 11, VOUCH_GOOD },
		{ "a CertID that ends behind the body", 29, 10, VOUCH_GOOD },
		{ "a CertID that starts behind the body", 100, 101, VOUCH_GOOD },
		{ "an offset that wraps around", 100, SIZE_MAX - 5, VOUCH_GOOD },
		{ "a body shorter than the CertID", 19, 0, VOUCH_GOOD },
		{ "a status that was never set", 100, 10, VOUCH_STATUS_UNSET },
		{ "a status that there is not", 100, 10, VOUCH_UNKNOWN + 1 },
		{ "a body of more than a quarter of its part", 240 * KIB, 10, VOUCH_GOOD },
		{ "an unknown one of more than a quarter of its part", 16 * KIB, 10, VOUCH_UNKNOWN },
	};
	vouch_store *store = sample_store(MIB);
	struct store_key key = { 1, 2, 3, certid };
	vouch_buf out = { 0 };
	(void)state;

	for (size_t i = 0; i < sizeof(body); i++)
		body[i] = (uint8_t)(i * 7 + i / 251);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct store_meta read, good = { .cert_status = VOUCH_GOOD, .position = 2 * i };
		struct store_meta bad = { .cert_status = rows[i].cert_status, .position = 2 * i + 1 };
		store_put(store, &key, &good, span_of(body, 200 * KIB), 10);
		assert_int_equal(store_get(store, &key, &read, &out), VOUCH_OK);
		store_put(store, &key, &bad, span_of(body, rows[i].len), rows[i].certid_offset);
		if (store_get(store, &key, &read, &out) != VOUCH_ENOTFOUND)
			fail_msg("%s was kept, or the older answer stayed", rows[i].what);
		assert_int_equal(entries_of(store), 0);
	}
	vouch_buf_free(&out);
	vouch_store_free(store);
}

static void
a_store_of_any_size_keeps_what_it_can_and_not_more(void **state)
{
	static const size_t sizes[] = { 0, 1, 63, 64, 500, 1000, 1500, 2000, 3000, 4095, 4096, 5000, 10000,
		20000, 65536, 70001, 300000 };
	(void)state;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		vouch_store *store = sample_store(sizes[i]);
		for (uint64_t serial = 1; serial < 2000; serial++) {
			size_t len = SAMPLE_BODY_LEAST + serial * 37 % 900;
			sample_put(store, serial, serial, serial % 5 == 0 ? VOUCH_UNKNOWN : VOUCH_GOOD, len);
			uint64_t version = version_of(store, serial);
			assert_true(version == serial || version == 0);
		}
		assert_true(entries_of(store) * SAMPLE_BODY_LEAST <= sizes[i]);
		assert_true(sizes[i] < 10000 || entries_of(store) > 0);
		vouch_store_free(store);
	}
}

static void
everything_is_kept_while_there_is_room(void **state)
{
	vouch_store *store = sample_store(32 * MIB);
	(void)state;

	for (uint64_t serial = 1; serial <= 30000; serial++)
		sample_put(store, serial, 1, VOUCH_GOOD, 900);
	assert_int_equal(entries_of(store), 30000);
	for (uint64_t serial = 1; serial <= 30000; serial++)
		assert_int_equal(version_of(store, serial), 1);
	vouch_store_free(store);
}

static void
millions_of_octets_leave_a_small_store_small_with_the_newest_in_it(void **state)
{
	vouch_store *store = sample_store(128 * KIB);
	(void)state;

	for (uint64_t serial = 1; serial <= 20000; serial++) {
		sample_put(store, serial, 1, VOUCH_GOOD, 300 + serial * 13 % 1200);
		assert_int_equal(version_of(store, serial), 1);
	}
	/*
	 * 15/16 of 128 KiB hold some 120 answers of 970 octets; what is kept is kept from the newest on,
	 * without a hole.
	 */
	uint64_t entries = entries_of(store);
	assert_in_range(entries, 100, 135);
	for (uint64_t serial = 1; serial <= 20000; serial++)
		assert_int_equal(version_of(store, serial), serial > 20000 - entries ? 1 : 0);
	vouch_store_free(store);
}

static void
tiny_answers_meet_the_limit_of_the_index_and_the_newest_stay(void **state)
{
	vouch_store *store = sample_store(4 * MIB);
	(void)state;

	for (uint64_t serial = 1; serial <= 60000; serial++) {
		sample_put(store, serial, 1, VOUCH_GOOD, SAMPLE_BODY_LEAST);
		assert_int_equal(version_of(store, serial), 1);
	}
	assert_true(entries_of(store) > 12000);
	vouch_store_free(store);
}

static void
invented_serial_numbers_do_not_push_out_known_ones(void **state)
{
	static const size_t lengths[] = { SAMPLE_BODY_LEAST, 900 };
	(void)state;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		vouch_store *store = sample_store(MIB);
		for (uint64_t serial = 1; serial <= 900; serial++)
			sample_put(store, serial, 1, serial % 2 == 0 ? VOUCH_GOOD : VOUCH_REVOKED, 900);
		for (uint64_t serial = 10001; serial <= 50000; serial++)
			sample_put(store, serial, 1, VOUCH_UNKNOWN, lengths[i]);
		for (uint64_t serial = 1; serial <= 900; serial++)
			assert_int_equal(version_of(store, serial), 1);
		assert_int_equal(version_of(store, 50000), 1);
		assert_int_equal(version_of(store, 10001), 0);
		assert_in_range(entries_of(store), 940, 1400);
		vouch_store_free(store);
	}
}

/* A policy that calls them good or revoked must not give them the room of those that were issued. */
static void
what_was_never_issued_has_its_own_part_whatever_its_status(void **state)
{
	vouch_store *store = sample_store(MIB);
	(void)state;

	for (uint64_t serial = 1; serial <= 900; serial++)
		sample_put(store, serial, 1, VOUCH_GOOD, 900);
	for (uint64_t serial = 10001; serial <= 30000; serial++)
		sample_put_never_issued(store, serial, 1, serial % 2 == 0 ? VOUCH_GOOD : VOUCH_REVOKED, 900);
	for (uint64_t serial = 1; serial <= 900; serial++)
		assert_int_equal(version_of(store, serial), 1);
	assert_int_equal(version_of(store, 30000), 1);
	assert_int_equal(version_of(store, 10001), 0);
	vouch_store_free(store);
}

/* Answers so small that the index is full before the memory is. */
static void
an_index_full_of_known_answers_does_not_give_way_to_unknown_ones(void **state)
{
	vouch_store *store = sample_store(MIB);
	uint64_t known = 0, left = 0;
	(void)state;

	for (uint64_t serial = 1; serial <= 6000; serial++)
		sample_put(store, serial, 1, VOUCH_GOOD, SAMPLE_BODY_LEAST);
	for (uint64_t serial = 1; serial <= 6000; serial++)
		known += version_of(store, serial) == 1;
	for (uint64_t serial = 10001; serial <= 30000; serial++)
		sample_put(store, serial, 1, VOUCH_UNKNOWN, SAMPLE_BODY_LEAST);
	for (uint64_t serial = 1; serial <= 6000; serial++)
		left += version_of(store, serial) == 1;
	assert_true(known > 3000);
	assert_int_equal(left, known);
	vouch_store_free(store);
}

static void
an_answer_that_changes_between_unknown_and_known_has_one_entry(void **state)
{
	vouch_store *store = sample_store(256 * KIB);
	(void)state;

	for (uint64_t version = 1; version < 2000; version++) {
		sample_put(store, 7, version, version % 3 == 0 ? VOUCH_GOOD : VOUCH_UNKNOWN, 600);
		assert_int_equal(version_of(store, 7), version);
		assert_int_equal(entries_of(store), 1);
	}
	/* What is left of the older ones is overwritten, and does not take the newest along. */
	sample_put(store, 7, 2001, VOUCH_GOOD, 600);
	for (uint64_t serial = 100; serial < 300; serial++)
		sample_put(store, serial, 1, VOUCH_UNKNOWN, 600);
	assert_int_equal(version_of(store, 7), 2001);
	vouch_store_free(store);
}

static void
a_restamp_moves_the_position_of_the_same_answer_forward_only(void **state)
{
	vouch_store *store = sample_store(MIB);
	uint8_t body[SAMPLE_BODY_MOST];
	struct sample sample = { .serial = 1, .version = 5, .cert_status = VOUCH_GOOD, .body_len = 500 };
	struct store_meta meta;
	uint8_t other[32];
	vouch_buf out = { 0 };
	(void)state;

	sample_make(&sample, body);
	memcpy(other, sample.meta.sha256, sizeof(other));
	other[31] ^= 1;
	store_put(store, &sample.key, &sample.meta, span_of(body, 500), sample.certid_offset);
	const struct {
		const uint8_t *sha256;
		uint64_t position, expected;
	} rows[] = {
		{ other, sample.meta.position + 1, sample.meta.position },
		{ sample.meta.sha256, sample.meta.position + 2, sample.meta.position + 2 },
		{ sample.meta.sha256, sample.meta.position + 1, sample.meta.position + 2 },
		{ sample.meta.sha256, UINT64_MAX, UINT64_MAX },
	};
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		store_restamp(store, &sample.key, rows[i].sha256, rows[i].position);
		assert_int_equal(store_get(store, &sample.key, &meta, &out), VOUCH_OK);
		assert_int_equal(meta.position, rows[i].expected);
		meta.position = sample.meta.position;
		assert_true(sample_is_intact(1, &meta, span_of(out.data + out.len - 500, 500)));
	}
	sample.key.epoch++;
	store_restamp(store, &sample.key, sample.meta.sha256, 1);
	assert_int_equal(entries_of(store), 1);
	vouch_buf_free(&out);
	vouch_store_free(store);
}

/*
 * An answer's octets and 96 more, index and all; also when the epochs are random and the lengths as bad as
 * can be.
 */
static void
an_answer_costs_at_most_96_octets_beside_its_own(void **state)
{
	static const size_t lengths[] = { 300, 896, 897, 900, 903, 1500, 4003 };
	static uint8_t body[4096];
	(void)state;

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		vouch_store *store = sample_store(64 * MIB);
		struct store_meta meta = { .cert_status = VOUCH_GOOD,
			.produced_at = 1795341600,
			.this_update = 1795341600,
			.next_update = 1795341600 + 86399,
			.renew_at = 1795341600 + 43000 };
		uint64_t octets, entries, capacity;
		for (uint32_t serial = 0; serial < 10000; serial++) {
			memcpy(body + 300 - 16, &serial, sizeof(serial));
			struct store_key key = { UINT64_C(0xf123456789abcdef), 0, 0,
				span_of(body + 200, 100) };
			store_put(store, &key, &meta, span_of(body, lengths[i]), 200);
		}
		store_stats(store, &octets, &entries, &capacity);
		assert_int_equal(entries, 10000);
		assert_true(octets <= entries * (lengths[i] + 96));
		vouch_store_free(store);
	}
}

struct half {
	uint32_t half, serial;
};

static int
by_half(const void *a, const void *b)
{
	const struct half *x = a, *y = b;

	return (x->half > y->half) - (x->half < y->half);
}

#define HALVES (UINT32_C(1) << 18)

/*
 * Two CertIDs whose hashes agree in all 32 bits that an index slot knows of: they are told apart by their
 * octets.
 */
static void
certids_of_the_same_bucket_and_tag_are_told_apart(void **state)
{
	struct half *halves = malloc(HALVES * sizeof(*halves));
	unsigned pairs = 0;
	(void)state;

	assert_non_null(halves);
	for (uint32_t i = 0; i < HALVES; i++)
		halves[i] = (struct half){ (uint32_t)hash_64(store_key_octets, span_of(&i, sizeof(i))), i };
	qsort(halves, HALVES, sizeof(*halves), by_half);
	for (size_t i = 1; i < HALVES; i++) {
		if (halves[i].half != halves[i - 1].half)
			continue;
		vouch_store *store = sample_store(MIB);
		struct store_meta read, meta = { .cert_status = VOUCH_GOOD };
		/* epoch, issuer and signer 0: the hash of the key is that of the CertID */
		struct store_key first = { .certid = span_of(&halves[i - 1].serial, sizeof(uint32_t)) };
		struct store_key second = { .certid = span_of(&halves[i].serial, sizeof(uint32_t)) };
		vouch_buf out = { 0 };
		store_put(store, &first, &meta, first.certid, 0);
		assert_int_equal(store_get(store, &second, &read, &out), VOUCH_ENOTFOUND);
		store_put(store, &second, &meta, second.certid, 0);
		assert_int_equal(entries_of(store), 2);
		assert_int_equal(store_get(store, &first, &read, &out), VOUCH_OK);
		assert_memory_equal(out.data, &halves[i - 1].serial, sizeof(uint32_t));
		out.len = 0;
		assert_int_equal(store_get(store, &second, &read, &out), VOUCH_OK);
		assert_memory_equal(out.data, &halves[i].serial, sizeof(uint32_t));
		pairs++;
		vouch_buf_free(&out);
		vouch_store_free(store);
	}
	assert_true(pairs > 0);
	free(halves);
}

static void
the_last_reference_frees(void **state)
{
	vouch_store *store = sample_store(MIB);
	(void)state;

	assert_ptr_equal(vouch_store_ref(store), store);
	vouch_store_free(store);
	sample_put(store, 1, 1, VOUCH_GOOD, 100);
	assert_int_equal(version_of(store, 1), 1);
	vouch_store_free(store);
	vouch_store_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_comes_back_as_it_was_put_behind_what_the_buffer_holds),
		cmocka_unit_test(times_and_numbers_of_any_size_come_back),
		cmocka_unit_test(a_later_answer_takes_the_place_of_the_older_one),
		cmocka_unit_test(an_answer_of_an_earlier_lookup_does_not_replace_a_later_one),
		cmocka_unit_test(another_epoch_issuer_signer_or_certid_is_another_key),
		cmocka_unit_test(what_was_never_put_is_not_found_and_leaves_the_outputs_alone),
		cmocka_unit_test(without_memory_for_the_copy_nothing_is_touched),
		cmocka_unit_test(a_store_that_cannot_be_mapped_is_an_error_that_says_so),
		cmocka_unit_test(
		    what_breaks_a_promise_or_does_not_fit_is_not_kept_and_hides_the_older_answer),
		cmocka_unit_test(a_store_of_any_size_keeps_what_it_can_and_not_more),
		cmocka_unit_test(everything_is_kept_while_there_is_room),
		cmocka_unit_test(millions_of_octets_leave_a_small_store_small_with_the_newest_in_it),
		cmocka_unit_test(tiny_answers_meet_the_limit_of_the_index_and_the_newest_stay),
		cmocka_unit_test(invented_serial_numbers_do_not_push_out_known_ones),
		cmocka_unit_test(what_was_never_issued_has_its_own_part_whatever_its_status),
		cmocka_unit_test(an_index_full_of_known_answers_does_not_give_way_to_unknown_ones),
		cmocka_unit_test(an_answer_that_changes_between_unknown_and_known_has_one_entry),
		cmocka_unit_test(a_restamp_moves_the_position_of_the_same_answer_forward_only),
		cmocka_unit_test(an_answer_costs_at_most_96_octets_beside_its_own),
		cmocka_unit_test(certids_of_the_same_bucket_and_tag_are_told_apart),
		cmocka_unit_test(the_last_reference_frees),
	};

	return cmocka_run_group_tests_name("store_memory", tests, NULL, NULL);
}
