/* SPDX-License-Identifier: Apache-2.0 */
/* An entry: how one answer lies in an arena. */
#include "store/entry.h"

#define STATUS_SHIFT 26
#define WIDTHS_SHIFT 28

enum field {
	FIELD_CERTID_OFFSET,
	FIELD_CERTID_LEN,
	FIELD_EPOCH,
	FIELD_ISSUER,
	FIELD_SIGNER,
	FIELD_PRODUCED_AT,
	FIELD_THIS_UPDATE,
	FIELD_NEXT_UPDATE,
	FIELD_RENEW_AT
};
_Static_assert(FIELD_RENEW_AT + 1 == ENTRY_FIELDS, "each field has a width in word 0");

/* The sign goes to the lowest bit, so that what is near zero stays short. */
static uint64_t
fold(uint64_t value)
{
	return (value << 1) ^ (0 - (value >> 63));
}

static uint64_t
unfold(uint64_t folded)
{
	return (folded >> 1) ^ (0 - (folded & 1));
}

/* The difference wraps around: every pair of times, VOUCH_TIME_ABSENT among them, comes back as it was. */
static uint64_t
distance(vouch_time time, vouch_time from)
{
	return fold((uint64_t)time - (uint64_t)from);
}

static vouch_time
time_at(uint64_t folded, vouch_time from)
{
	return (vouch_time)(unfold(folded) + (uint64_t)from);
}

static void
collect_fields(const struct entry *entry, uint64_t fields[ENTRY_FIELDS])
{
	const struct store_meta *meta = &entry->meta;

	fields[FIELD_CERTID_OFFSET] = entry->certid_offset;
	fields[FIELD_CERTID_LEN] = entry->key.certid.len;
	fields[FIELD_EPOCH] = entry->key.epoch;
	fields[FIELD_ISSUER] = entry->key.issuer;
	fields[FIELD_SIGNER] = entry->key.signer;
	fields[FIELD_PRODUCED_AT] = fold((uint64_t)meta->produced_at);
	fields[FIELD_THIS_UPDATE] = distance(meta->this_update, meta->produced_at);
	fields[FIELD_NEXT_UPDATE] = distance(meta->next_update, meta->produced_at);
	fields[FIELD_RENEW_AT] = distance(meta->renew_at, meta->produced_at);
}

static size_t
put_little_endian(uint8_t *out, uint64_t value)
{
	size_t width = 0;

	for (; value != 0; value >>= 8)
		out[width++] = (uint8_t)value;
	return width;
}

static bool
certid_is_in_body(const struct entry *entry)
{
	vouch_span body = entry->body, certid = entry->key.certid;

	return certid.len <= body.len && entry->certid_offset <= body.len - certid.len &&
	    span_equal(span_of(body.data + entry->certid_offset, certid.len), certid);
}

/*
 * Writes what does not fill a word of the body, then the fields; returns their octets and adds their widths
 * to word 0.
 */
static size_t
pack_tail(const struct entry *entry, size_t whole, uint8_t *tail, uint64_t *word0)
{
	uint64_t fields[ENTRY_FIELDS];
	size_t len = entry->body.len - whole;

	if (len > 0)
		memcpy(tail, entry->body.data + whole, len);
	collect_fields(entry, fields);
	for (unsigned i = 0; i < ENTRY_FIELDS; i++) {
		size_t width = put_little_endian(tail + len, fields[i]);
		*word0 |= (uint64_t)width << (WIDTHS_SHIFT + 4 * i);
		len += width;
	}
	return len;
}

bool
entry_pack(const struct entry *entry, struct entry_image *out)
{
	const struct store_meta *meta = &entry->meta;

	if (meta->cert_status < VOUCH_GOOD || meta->cert_status > VOUCH_UNKNOWN || entry->body.len == 0 ||
	    !certid_is_in_body(entry) ||
	    entry->body.len > ENTRY_OCTETS_MOST - ENTRY_FIXED_OCTETS - ENTRY_FIELDS * ENTRY_FIELD_MOST)
		return false;
	size_t whole = entry->body.len / sizeof(uint64_t) * sizeof(uint64_t);
	uint8_t tail[sizeof(out->tail)] = { 0 };
	uint64_t word0 = (uint64_t)meta->cert_status << STATUS_SHIFT;
	size_t tail_len = pack_tail(entry, whole, tail, &word0);
	out->fixed[0] = word0 | (ENTRY_FIXED_OCTETS + whole + tail_len);
	out->fixed[ENTRY_POSITION_WORD] = meta->position;
	out->fixed[2] = meta->status_fingerprint;
	memcpy(&out->fixed[3], meta->sha256, sizeof(meta->sha256));
	memcpy(out->tail, tail, sizeof(tail));
	out->body = span_of(entry->body.data, whole);
	out->words = entry_words(out->fixed[0]);
	out->tail_words = out->words - ENTRY_FIXED_WORDS - whole / sizeof(uint64_t);
	return true;
}

static size_t
fields_octets(uint64_t word0)
{
	size_t len = 0;

	for (unsigned i = 0; i < ENTRY_FIELDS; i++)
		len += (word0 >> (WIDTHS_SHIFT + 4 * i)) & 15;
	return len;
}

static uint64_t
get_little_endian(const uint8_t octets[ENTRY_FIELD_MOST], size_t width)
{
	uint64_t value = 0;

	/* Always eight octets and a mask: no branch depends on the width. */
	for (unsigned i = 0; i < ENTRY_FIELD_MOST; i++)
		value |= (uint64_t)octets[i] << (8 * i);
	return width == 0 ? 0 : value & (UINT64_MAX >> (64 - 8 * width));
}

static void
spread_fields(const uint64_t fields[ENTRY_FIELDS], struct entry *out)
{
	struct store_meta *meta = &out->meta;

	out->certid_offset = fields[FIELD_CERTID_OFFSET];
	out->key.certid = span_of(out->body.data + fields[FIELD_CERTID_OFFSET], fields[FIELD_CERTID_LEN]);
	out->key.epoch = fields[FIELD_EPOCH];
	out->key.issuer = (uint32_t)fields[FIELD_ISSUER];
	out->key.signer = (uint32_t)fields[FIELD_SIGNER];
	meta->produced_at = time_at(fields[FIELD_PRODUCED_AT], 0);
	meta->this_update = time_at(fields[FIELD_THIS_UPDATE], meta->produced_at);
	meta->next_update = time_at(fields[FIELD_NEXT_UPDATE], meta->produced_at);
	meta->renew_at = time_at(fields[FIELD_RENEW_AT], meta->produced_at);
}

void
entry_unpack(const uint64_t fixed[ENTRY_FIXED_WORDS], const uint8_t *octets, struct entry *out)
{
	uint64_t fields[ENTRY_FIELDS];

	out->body = span_of(octets, entry_octets(fixed[0]) - ENTRY_FIXED_OCTETS - fields_octets(fixed[0]));
	const uint8_t *at = octets + out->body.len;
	for (unsigned i = 0; i < ENTRY_FIELDS; i++) {
		size_t width = (fixed[0] >> (WIDTHS_SHIFT + 4 * i)) & 15;
		fields[i] = get_little_endian(at, width);
		at += width;
	}
	spread_fields(fields, out);
	out->meta.cert_status = (uint8_t)((fixed[0] >> STATUS_SHIFT) & 3);
	out->meta.never_issued = false;
	out->meta.position = fixed[ENTRY_POSITION_WORD];
	out->meta.status_fingerprint = fixed[2];
	memcpy(out->meta.sha256, &fixed[3], sizeof(out->meta.sha256));
}

bool
entry_has_key(const struct entry *entry, const struct store_key *key)
{
	return entry->key.epoch == key->epoch && entry->key.issuer == key->issuer &&
	    entry->key.signer == key->signer && span_equal(entry->key.certid, key->certid);
}
