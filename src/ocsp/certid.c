/* SPDX-License-Identifier: Apache-2.0 */
/* CertID (RFC 6960 4.1.1): which certificate is meant. */
#include "ocsp/certid.h"

#include "der/oid.h"

#define OID(literal) \
	{ \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}

/* By enum vouch_hash; the first row is VOUCH_HASH_OTHER. */
static const struct {
	vouch_span oid;
	size_t length;
} hashes[VOUCH_HASHES] = {
	[VOUCH_SHA1] = { OID(DER_OID_SHA1), 20 },
	[VOUCH_SHA256] = { OID(DER_OID_SHA256), 32 },
	[VOUCH_SHA384] = { OID(DER_OID_SHA384), 48 },
	[VOUCH_SHA512] = { OID(DER_OID_SHA512), 64 },
	[VOUCH_MD5] = { OID(DER_OID_MD5), 16 },
};

size_t
ocsp_hash_length(enum vouch_hash hash)
{
	return (size_t)hash < VOUCH_HASHES ? hashes[hash].length : 0;
}

static enum vouch_hash
find_hash(vouch_span oid)
{
	for (int i = VOUCH_HASH_OTHER + 1; i < VOUCH_HASHES; i++)
		if (span_equal(hashes[i].oid, oid))
			return (enum vouch_hash)i;
	return VOUCH_HASH_OTHER;
}

/* RFC 5754 2: NULL parameters and absent ones mean the same. */
static enum vouch_hash
read_hash_algorithm(struct der_reader *r, bool *odd_parameters)
{
	struct der_reader algorithm = der_enter(r, DER_SEQUENCE);
	enum vouch_hash hash = find_hash(der_oid(&algorithm));

	*odd_parameters = false;
	if (der_next_is(&algorithm, DER_NULL)) {
		der_null(&algorithm);
	} else if (der_more(&algorithm)) {
		der_skip(&algorithm);
		*odd_parameters = true;
	}
	return der_finish(&algorithm) == VOUCH_OK && !*odd_parameters ? hash : VOUCH_HASH_OTHER;
}

void
ocsp_certid_read(struct der_reader *r, struct ocsp_certid *out)
{
	const uint8_t *start = r->next;
	struct der_reader certid = der_enter(r, DER_SEQUENCE);

	out->hash = read_hash_algorithm(&certid, &out->odd_parameters);
	out->issuer_name_hash = der_read(&certid, DER_OCTET_STRING);
	out->issuer_key_hash = der_read(&certid, DER_OCTET_STRING);
	out->serial_number = der_integer(&certid);
	out->der = span_of(start, (size_t)(r->next - start));
	size_t length = hashes[out->hash].length;
	if (der_finish(&certid) != VOUCH_OK || out->issuer_name_hash.len != length ||
	    out->issuer_key_hash.len != length)
		out->hash = VOUCH_HASH_OTHER;
}

void
ocsp_certid_write(struct der_writer *w, enum vouch_hash hash, vouch_span issuer_name_hash,
    vouch_span issuer_key_hash, vouch_span serial_number)
{
	if (ocsp_hash_length(hash) == 0) {
		der_writer_fail(w, VOUCH_EINVAL, "no such hash algorithm for a CertID");
		return;
	}
	size_t certid = der_begin(w, DER_SEQUENCE);
	size_t algorithm = der_begin(w, DER_SEQUENCE);
	der_put_oid(w, hashes[hash].oid);
	der_put_null(w);
	der_end(w, algorithm);
	der_put(w, DER_OCTET_STRING, issuer_name_hash);
	der_put(w, DER_OCTET_STRING, issuer_key_hash);
	der_put_integer(w, serial_number);
	der_end(w, certid);
}
