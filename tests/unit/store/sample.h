/* SPDX-License-Identifier: Apache-2.0 */
/* Sample answers: each body tells which key and version it was made for, in every octet. */
#ifndef SAMPLE_H
#define SAMPLE_H

#include "store/memory.h"

#define SAMPLE_CERTID_LEN 40
#define SAMPLE_BODY_LEAST 64
#define SAMPLE_BODY_MOST 70000

struct sample {
	uint64_t serial, version; /* the version is the fingerprint, and the position shifted by 8 */
	uint8_t cert_status;
	size_t body_len;
	struct store_key key; /* its CertID lies in the body */
	struct store_meta meta;
	size_t certid_offset;
	uint8_t *body; /* of the caller, room for SAMPLE_BODY_MOST */
};

/* Fills everything below body_len from what is above it. */
void sample_make(struct sample *sample, uint8_t *body);
void sample_put(vouch_store *store, uint64_t serial, uint64_t version, uint8_t cert_status, size_t body_len);
/* The same, of a serial number that was never issued. */
void sample_put_never_issued(vouch_store *store, uint64_t serial, uint64_t version, uint8_t cert_status,
    size_t body_len);
/* The version that the store has, 0 if it has none, UINT64_MAX if what it returns is not what was put. */
uint64_t sample_get(const vouch_store *store, uint64_t serial, vouch_buf *out);
/* Checks what was read, which is of some version of the serial number. */
bool sample_is_intact(uint64_t serial, const struct store_meta *meta, vouch_span body);
vouch_store *sample_store(size_t octets);

#endif
