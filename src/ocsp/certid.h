/* SPDX-License-Identifier: Apache-2.0 */
/* CertID (RFC 6960 4.1.1): which certificate is meant. */
#ifndef OCSP_CERTID_H
#define OCSP_CERTID_H

#include "base/span.h"
#include "der/reader.h"
#include "der/writer.h"

struct ocsp_certid {
	vouch_span der; /* the whole element, to be echoed octet for octet */
	vouch_span issuer_name_hash, issuer_key_hash;
	vouch_span serial_number; /* content of the INTEGER, minimal, any length and sign */
	bool odd_parameters;	  /* of the hash algorithm: neither NULL nor absent */
	enum vouch_hash
	    hash; /* VOUCH_HASH_OTHER: unknown OID, parameters that are not NULL or absent, or hashes of another length */
};

/* Reads the next element of r; the error sticks to r. */
void ocsp_certid_read(struct der_reader *r, struct ocsp_certid *out);
/* Writes one, with NULL parameters for SHA-1 and SHA-2 (RFC 9919 appendix B.4). */
void ocsp_certid_write(struct der_writer *w, enum vouch_hash hash, vouch_span issuer_name_hash,
    vouch_span issuer_key_hash, vouch_span serial_number);
/* Octets of the digest; 0 for VOUCH_HASH_OTHER. */
size_t ocsp_hash_length(enum vouch_hash hash);

#endif
