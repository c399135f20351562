/* SPDX-License-Identifier: Apache-2.0 */
/* An entry: how one answer lies in an arena. */
#ifndef STORE_ENTRY_H
#define STORE_ENTRY_H

#include "store/memory.h"

/*
 * An entry is a row of 64-bit words, so that it can be copied word by word while a writer is at work
 * elsewhere:
 *
 *   word 0           1          2             3 … 6     7 …
 *  ┌────────────────┬──────────┬─────────────┬─────────┬──────────────────────────┬──────────────┬─────────┐
 *  │ octets  status │ position │ fingerprint │ sha256  │ body (an OCSPResponse)   │ packed       │ zeros   │
 *  │ widths         │          │ of status   │         │      └ CertID            │ fields       │ to 8    │
 *  └────────────────┴──────────┴─────────────┴─────────┴──────────────────────────┴──────────────┴─────────┘
 *
 * The CertID is not stored twice: the fields say where it stands in the body.  A field takes as many octets
 * as its value needs (0 to 8, its width is in word 0), and times are kept as distances from producedAt: most
 * entries need 69 octets beside the body, and every value of every field fits.
 *
 * word 0:  bits 0-25 octets of the entry · 26-27 cert_status · 28-63 nine widths of four bits
 */
#define ENTRY_FIXED_WORDS 7
#define ENTRY_FIXED_OCTETS (ENTRY_FIXED_WORDS * sizeof(uint64_t))
#define ENTRY_POSITION_WORD 1
#define ENTRY_FIELDS 9
#define ENTRY_FIELD_MOST 8		   /* octets of one field */
#define ENTRY_OCTETS_MOST ((1u << 26) - 1) /* 64 MiB: far beyond any answer, and what word 0 has bits for */

struct entry {
	struct store_key key;
	struct store_meta meta;
	vouch_span body;
	size_t certid_offset;
};

/* An entry ready to be written: words, then whole words of the body, then the tail. */
struct entry_image {
	size_t words; /* of all */
	uint64_t fixed[ENTRY_FIXED_WORDS];
	vouch_span body; /* as many octets of it as fill words */
	size_t tail_words;
	uint64_t tail[1 + ENTRY_FIELDS]; /* the body's last octets and the packed fields */
};

/*
 * False: the entry breaks a promise of store_put (the CertID does not stand there, no status) or is too large
 * for any arena.
 */
bool entry_pack(const struct entry *entry, struct entry_image *out);

static inline size_t
entry_octets(uint64_t word0)
{
	return word0 & ENTRY_OCTETS_MOST;
}

static inline size_t
entry_words(uint64_t word0)
{
	return (entry_octets(word0) + sizeof(uint64_t) - 1) / sizeof(uint64_t);
}

/*
 * Reads an entry from its fixed words and the octets after them, behind which ENTRY_FIELD_MOST octets more
 * must be readable. The spans of out lie in octets.  Only for what entry_pack made: nothing is checked.
 */
void entry_unpack(const uint64_t fixed[ENTRY_FIXED_WORDS], const uint8_t *octets, struct entry *out);
bool entry_has_key(const struct entry *entry, const struct store_key *key);

#endif
