/* SPDX-License-Identifier: Apache-2.0 */
/* Answers for tests of the client. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "draft.h"

#include "crypto/cert.h"
#include "crypto/digest.h"
#include "ocsp/extension.h"
#include "ocsp/response.h"

#define DAY 86400
#define SIGNER_KU "keyUsage", "critical,digitalSignature"
#define SIGNER_EKU "extendedKeyUsage", "OCSPSigning"

const vouch_span draft_nonce = { (const uint8_t *)"0123456789abcdef0123456789abcdef", 32 };

static const struct {
	enum party issuer; /* NOBODY: itself */
	enum party twin;   /* who has the same key */
	const char *subject, *key;
	vouch_time not_before, not_after; /* from now; 0: as usual */
	const char *extensions[8];
} parties[PARTIES] = {
	[CA] = { .subject = "CN=Draft CA", .key = "p256", .extensions = { AUTHORITY_CA_EXTENSIONS } },
	[OTHER_CA] = { .subject = "CN=Draft CA", .key = "p256", .extensions = { AUTHORITY_CA_EXTENSIONS } },
	[RESPONDER] = { CA, .subject = "CN=Responder", .key = "p256",
	    .extensions = { SIGNER_KU, SIGNER_EKU } },
	[FOREIGN] = { OTHER_CA, .subject = "CN=Foreign", .key = "p256",
	    .extensions = { SIGNER_KU, SIGNER_EKU } },
	[SELF_MADE] = { .subject = "CN=Self-made", .key = "p256", .extensions = { SIGNER_KU, SIGNER_EKU } },
	[NO_EKU] = { CA, .subject = "CN=No EKU", .key = "p256", .extensions = { SIGNER_KU } },
	[ANY_EKU] = { CA, .subject = "CN=Any EKU", .key = "p256",
	    .extensions = { SIGNER_KU, "extendedKeyUsage", "anyExtendedKeyUsage,serverAuth" } },
	[NO_SIGNATURES] = { CA, .subject = "CN=No signatures", .key = "p256",
	    .extensions = { "keyUsage", "critical,keyAgreement", SIGNER_EKU } },
	[NON_REPUDIATION] = { CA, .subject = "CN=Non-repudiation", .key = "p256",
	    .extensions = { "keyUsage", "nonRepudiation", SIGNER_EKU } },
	[CRITICAL] = { CA, .subject = "CN=Critical", .key = "p256",
	    .extensions = { SIGNER_KU, SIGNER_EKU, "1.3.6.1.4.1.32473.9", "critical,DER:0500" } },
	[POLICY] = { CA, .subject = "CN=Policy", .key = "p256",
	    .extensions = { SIGNER_KU, SIGNER_EKU, "2.5.29.32",
		"critical,DER:300d300b06092b0601040181fd5908" } },
	[EXPIRED] = { CA, .subject = "CN=Expired", .key = "p256", .not_before = -DAY, .not_after = -3600,
	    .extensions = { SIGNER_KU, SIGNER_EKU } },
	[FUTURE] = { CA, .subject = "CN=Future", .key = "p256", .not_before = 3600, .not_after = DAY,
	    .extensions = { SIGNER_KU, SIGNER_EKU } },
	[EXPIRED_TWIN] = { CA, .twin = RESPONDER, .subject = "CN=Responder", .not_before = -DAY,
	    .not_after = -3600, .extensions = { SIGNER_KU, SIGNER_EKU } },
	[NAMESAKE] = { CA, .subject = "CN=Responder", .key = "p256",
	    .extensions = { SIGNER_KU, SIGNER_EKU } },
	[STRONG_RSA] = { CA, .subject = "CN=RSA", .key = "rsa2048", .extensions = { SIGNER_KU, SIGNER_EKU } },
	[WEAK_RSA] = { CA, .subject = "CN=Weak", .key = "rsa1024", .extensions = { SIGNER_KU, SIGNER_EKU } },
	[WEAK_DSA] = { CA, .subject = "CN=Weak DSA", .key = "dsa", .extensions = { SIGNER_KU, SIGNER_EKU } },
	[ED25519] = { CA, .subject = "CN=Edwards", .key = "ed25519",
	    .extensions = { SIGNER_KU, SIGNER_EKU } },
};

static struct {
	EVP_PKEY *keys[PARTIES];
	vouch_buf certificates[PARTIES];
	vouch_issuer *issuers[OTHER_CA + 1];
} world;

static void
make_party(enum party p)
{
	enum party issuer = parties[p].issuer != NOBODY ? parties[p].issuer : p;
	vouch_time begin = parties[p].not_before, end = parties[p].not_after;
	struct recipe recipe = { .subject = parties[p].subject,
		.issuer = parties[issuer].subject,
		.not_before = begin == 0 ? 0 : DRAFT_NOW + begin,
		.not_after = end == 0 ? 0 : DRAFT_NOW + end,
		.serial_number = 100 + (long)p };

	if (parties[p].twin == NOBODY)
		world.keys[p] = authority_key(parties[p].key);
	else if (EVP_PKEY_up_ref(world.keys[parties[p].twin]) == 1)
		world.keys[p] = world.keys[parties[p].twin];
	recipe.key = world.keys[p];
	recipe.issuer_key = world.keys[issuer];
	memcpy(recipe.extensions, parties[p].extensions, sizeof(parties[p].extensions));
	world.certificates[p] = authority_certificate(&recipe);
}

int
draft_world_make(void **state)
{
	vouch_err err;

	(void)state;
	for (enum party p = CA; p < PARTIES; p++)
		make_party(p);
	for (enum party p = CA; p <= OTHER_CA; p++)
		assert_int_equal(vouch_issuer_new(&world.issuers[p], draft_certificate(p), NULL, &err),
		    VOUCH_OK);
	return 0;
}

int
draft_world_clear(void **state)
{
	(void)state;
	for (enum party p = CA; p < PARTIES; p++) {
		EVP_PKEY_free(world.keys[p]);
		vouch_buf_free(&world.certificates[p]);
	}
	for (enum party p = CA; p <= OTHER_CA; p++)
		vouch_issuer_free(world.issuers[p]);
	return 0;
}

EVP_PKEY *
draft_key(enum party party)
{
	return world.keys[party];
}

vouch_span
draft_certificate(enum party party)
{
	return span_buf(&world.certificates[party]);
}

vouch_issuer *
draft_issuer(enum party party)
{
	return world.issuers[party];
}

static struct crypto_cert
read_certificate(enum party party)
{
	struct crypto_cert cert;
	vouch_err err = { 0 };

	assert_int_equal(crypto_cert_parse(&cert, draft_certificate(party), &err), VOUCH_OK);
	return cert;
}

static void
write_responder_id(enum party named, bool by_name, vouch_buf *out)
{
	struct crypto_cert cert = read_certificate(named);
	uint8_t sha1[CRYPTO_DIGEST_MAX];
	size_t len = crypto_digest(VOUCH_SHA1, cert.key_bits, sha1);
	struct der_writer w = der_writer_init(out);
	size_t tagged = der_begin(&w, by_name ? DER_CONTEXT(1) : DER_CONTEXT(2));
	vouch_err err;

	if (by_name)
		der_put_raw(&w, cert.subject);
	else
		der_put(&w, DER_OCTET_STRING, span_of(sha1, len));
	der_end(&w, tagged);
	assert_int_equal(der_writer_finish(&w, &err), VOUCH_OK);
	crypto_cert_clear(&cert);
}

/* The reference: the NULL of the hash algorithm can be left out. */
static void
write_certid(const struct draft *d, uint8_t serial, enum vouch_hash hash, enum party key_hashed,
    vouch_buf *out)
{
	struct crypto_cert name = read_certificate(CA);
	struct crypto_cert key = read_certificate(key_hashed != NOBODY ? key_hashed : CA);
	uint8_t name_hash[CRYPTO_DIGEST_MAX], key_hash[CRYPTO_DIGEST_MAX];
	size_t len = crypto_digest(hash, name.subject, name_hash);
	struct der_writer w = der_writer_init(out);
	vouch_err err;

	assert_int_equal(crypto_digest(hash, key.key_bits, key_hash), len);
	if (d->flip_name_hash)
		name_hash[0] ^= 1;
	ocsp_certid_write(&w, hash, span_of(name_hash, len), span_of(key_hash, len), span_of(&serial, 1));
	assert_int_equal(der_writer_finish(&w, &err), VOUCH_OK);
	if (d->no_parameters) {
		/* 30 LL 30 0d 06 09 OID 05 00: both lengths are two less without the last two. */
		assert_memory_equal(out->data + 15, "\x05\x00", 2);
		memmove(out->data + 15, out->data + 17, out->len - 17);
		out->len -= 2;
		out->data[1] = (uint8_t)(out->data[1] - 2);
		out->data[3] = (uint8_t)(out->data[3] - 2);
	}
	crypto_cert_clear(&name);
	crypto_cert_clear(&key);
}

static void
write_extensions(const struct draft *d, vouch_buf *out)
{
	vouch_span nonce = d->nonce.data != NULL ? d->nonce : draft_nonce;
	uint8_t header[] = { 0x04, (uint8_t)nonce.len };
	vouch_buf value = { 0 };

	if (!d->no_nonce) {
		if (!d->bare_nonce)
			assert_int_equal(vouch_buf_append(&value, header, 2), VOUCH_OK);
		assert_int_equal(buf_append_span(&value, nonce), VOUCH_OK);
		assert_int_equal(ocsp_extension_nonce(out, span_buf(&value)), VOUCH_OK);
	}
	assert_int_equal(buf_append_span(out, d->extension), VOUCH_OK);
	vouch_buf_free(&value);
}

static int64_t
from_now(int64_t given, int64_t usual)
{
	return DRAFT_NOW + (given != 0 ? given : usual);
}

static struct ocsp_single_response
draft_single(const struct draft *d, const vouch_buf *certid)
{
	return (struct ocsp_single_response){ .certid = { .der = span_buf(certid) },
		.cert_status = d->cert_status != VOUCH_STATUS_UNSET ? d->cert_status : VOUCH_GOOD,
		.revocation_time = DRAFT_NOW - DAY,
		.this_update = from_now(d->this_update, -60),
		.next_update = d->no_next_update ? VOUCH_TIME_ABSENT : from_now(d->next_update, 3600),
		.single_extensions = d->single_extension };
}

static size_t
draft_singles(const struct draft *d, const vouch_buf *certid, const vouch_buf *other_certid,
    struct ocsp_single_response out[2])
{
	out[0] = out[1] = draft_single(d, certid);
	if (d->other_hash != VOUCH_HASH_OTHER || d->other_key_hashed != NOBODY)
		out[1].certid.der = span_buf(other_certid);
	if (d->contradict)
		out[1].cert_status = VOUCH_UNKNOWN;
	if (d->extra_first) {
		out[0].certid.der = span_buf(other_certid);
		out[0].cert_status = VOUCH_REVOKED;
	}
	return d->twice || d->contradict || d->extra_first ? 2 : 1;
}

static void
write_tbs(const struct draft *d, enum party signer, vouch_buf *out)
{
	vouch_buf certid = { 0 }, other_certid = { 0 }, extensions = { 0 }, responder_id = { 0 };
	struct ocsp_single_response singles[2];
	vouch_err err;

	enum vouch_hash hash = d->hash != VOUCH_HASH_OTHER ? d->hash : VOUCH_SHA256;

	write_certid(d, d->serial != 0 ? d->serial : 5, hash, d->key_hashed, &certid);
	write_certid(d, d->extra_first ? 6 : 5, d->other_hash != VOUCH_HASH_OTHER ? d->other_hash : hash,
	    d->other_key_hashed, &other_certid);
	write_extensions(d, &extensions);
	write_responder_id(d->named != NOBODY ? d->named : signer, d->by_name, &responder_id);
	struct ocsp_response_data data = { .responder_id = span_buf(&responder_id),
		.produced_at = from_now(d->produced_at, -60),
		.response_count = draft_singles(d, &certid, &other_certid, singles),
		.responses = singles,
		.response_extensions = span_buf(&extensions) };
	assert_int_equal(ocsp_response_data_encode(&data, out, &err), VOUCH_OK);
	vouch_buf_free(&certid);
	vouch_buf_free(&other_certid);
	vouch_buf_free(&extensions);
	vouch_buf_free(&responder_id);
}

static vouch_span
algorithm_of(const EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "RSA"))
		return SPAN_LITERAL("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00");
	if (EVP_PKEY_is_a(key, "DSA"))
		return SPAN_LITERAL("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03\x02");
	if (EVP_PKEY_is_a(key, "ED25519"))
		return SPAN_LITERAL("\x30\x05\x06\x03\x2b\x65\x70");
	return SPAN_LITERAL("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02");
}

static void
sign(EVP_PKEY *key, const char *digest, vouch_span tbs, vouch_buf *out)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	const char *name = EVP_PKEY_is_a(key, "ED25519") ? NULL : digest != NULL ? digest : "SHA256";
	uint8_t signature[512];
	size_t len = sizeof(signature);

	assert_int_equal(EVP_DigestSignInit_ex(context, NULL, name, NULL, NULL, key, NULL), 1);
	assert_int_equal(EVP_DigestSign(context, signature, &len, tbs.data, tbs.len), 1);
	assert_int_equal(vouch_buf_append(out, signature, len), VOUCH_OK);
	EVP_MD_CTX_free(context);
}

static size_t
draft_certs(const struct draft *d, enum party signer, vouch_span out[4])
{
	size_t count = 0;

	if (d->no_certs)
		return 0;
	while (count < 4 && d->sent[count] != NOBODY) {
		out[count] = draft_certificate(d->sent[count]);
		count++;
	}
	if (count == 0)
		out[count++] = draft_certificate(signer);
	return count;
}

void
draft_encode(const struct draft *d, vouch_buf *out)
{
	enum party signer = d->signer != NOBODY ? d->signer : RESPONDER;
	vouch_buf tbs = { 0 }, signature = { 0 };
	vouch_span certs[4];
	size_t cert_count = draft_certs(d, signer, certs);
	vouch_err err;

	write_tbs(d, signer, &tbs);
	sign(world.keys[signer], d->digest, span_buf(&tbs), &signature);
	if (d->flip_signature)
		signature.data[signature.len - 1] ^= 1;
	assert_int_equal(ocsp_response_encode(span_buf(&tbs),
			     d->algorithm.len > 0 ? d->algorithm : algorithm_of(world.keys[signer]),
			     span_buf(&signature), certs, cert_count, out, &err),
	    VOUCH_OK);
	vouch_buf_free(&tbs);
	vouch_buf_free(&signature);
}
