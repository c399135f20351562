/* SPDX-License-Identifier: Apache-2.0 */
/* Sample answers: each body tells which key and version it was made for, in every octet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "sample.h"

#define NOW INT64_C(1795341600)

static uint64_t
next(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static void
fill(uint8_t *octets, size_t len, uint64_t seed)
{
	for (size_t i = 0; i < len; i += sizeof(uint64_t)) {
		uint64_t word = next(&seed);
		memcpy(octets + i, &word, len - i < sizeof(word) ? len - i : sizeof(word));
	}
}

static void
make_meta(struct sample *sample)
{
	uint64_t seed = sample->serial * 31 + sample->version;
	struct store_meta *meta = &sample->meta;

	*meta = (struct store_meta){ .position = sample->version << 8,
		.status_fingerprint = sample->version,
		.cert_status = sample->cert_status };
	meta->produced_at = NOW + (vouch_time)(sample->version % 100000);
	meta->this_update = meta->produced_at - (vouch_time)(seed % 5000);
	meta->next_update = seed % 7 == 0 ? VOUCH_TIME_ABSENT : meta->produced_at + 86399;
	meta->renew_at = meta->produced_at + 40000 + (vouch_time)(seed % 3000);
	fill(meta->sha256, sizeof(meta->sha256), seed);
}

void
sample_make(struct sample *sample, uint8_t *body)
{
	assert_in_range(sample->body_len, SAMPLE_BODY_LEAST, SAMPLE_BODY_MOST);
	sample->body = body;
	fill(body, sample->body_len, sample->serial ^ sample->version << 20);
	sample->certid_offset = sample->version % (sample->body_len - SAMPLE_CERTID_LEN);
	fill(body + sample->certid_offset, SAMPLE_CERTID_LEN, ~sample->serial);
	sample->key = (struct store_key){ .epoch = 1,
		.issuer = 2,
		.signer = 3,
		.certid = span_of(body + sample->certid_offset, SAMPLE_CERTID_LEN) };
	make_meta(sample);
}

static void
put(vouch_store *store, struct sample *sample, bool never_issued)
{
	uint8_t body[SAMPLE_BODY_MOST];

	sample_make(sample, body);
	sample->meta.never_issued = never_issued;
	store_put(store, &sample->key, &sample->meta, span_of(body, sample->body_len), sample->certid_offset);
}

void
sample_put(vouch_store *store, uint64_t serial, uint64_t version, uint8_t cert_status, size_t body_len)
{
	struct sample sample = { .serial = serial,
		.version = version,
		.cert_status = cert_status,
		.body_len = body_len };

	put(store, &sample, false);
}

void
sample_put_never_issued(vouch_store *store, uint64_t serial, uint64_t version, uint8_t cert_status,
    size_t body_len)
{
	struct sample sample = { .serial = serial,
		.version = version,
		.cert_status = cert_status,
		.body_len = body_len };

	put(store, &sample, true);
}

bool
sample_is_intact(uint64_t serial, const struct store_meta *meta, vouch_span body)
{
	uint8_t expected[SAMPLE_BODY_MOST];
	struct sample sample = { .serial = serial,
		.version = meta->status_fingerprint,
		.cert_status = meta->cert_status,
		.body_len = body.len };

	if (body.len < SAMPLE_BODY_LEAST || body.len > SAMPLE_BODY_MOST)
		return false;
	sample_make(&sample, expected);
	return memcmp(expected, body.data, body.len) == 0 && meta->position >> 8 == sample.version &&
	    meta->produced_at == sample.meta.produced_at && meta->this_update == sample.meta.this_update &&
	    meta->next_update == sample.meta.next_update && meta->renew_at == sample.meta.renew_at &&
	    memcmp(meta->sha256, sample.meta.sha256, sizeof(meta->sha256)) == 0;
}

uint64_t
sample_get(const vouch_store *store, uint64_t serial, vouch_buf *out)
{
	uint8_t certid[SAMPLE_CERTID_LEN];
	struct store_key key = { .epoch = 1, .issuer = 2, .signer = 3, .certid = SPAN_ARRAY(certid) };
	struct store_meta meta;
	size_t before = out->len;

	fill(certid, sizeof(certid), ~serial);
	int code = store_get(store, &key, &meta, out);
	if (code == VOUCH_ENOTFOUND)
		return out->len == before ? 0 : UINT64_MAX;
	if (code != VOUCH_OK ||
	    !sample_is_intact(serial, &meta, span_of(out->data + before, out->len - before)))
		return UINT64_MAX;
	out->len = before;
	return meta.status_fingerprint;
}

vouch_store *
sample_store(size_t octets)
{
	static const uint8_t key[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
	vouch_store *store = NULL;

	assert_int_equal(vouch_store_new(&store, octets, key, NULL), VOUCH_OK);
	return store;
}
