/* SPDX-License-Identifier: Apache-2.0 */
/* The signature algorithms that we sign with, and the kinds of key that make them. */
#include "crypto/algorithm.h"

#include <openssl/evp.h>
#include <openssl/objects.h>

#include "crypto/ossl.h"
#include "crypto/postquantum.h"
#include "crypto/scheme.h"
#include "der/reader.h"

#define RSA_OID(last) "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01" last
#define SHA2_OID(last) "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02" last
#define NULL_PARAMETERS "\x05\x00"
#define PKCS1(last) SPAN_LITERAL("\x30\x0d" RSA_OID(last) NULL_PARAMETERS)
/* BR 7.1.3.2.1: hash and MGF1 hash explicit with NULL, salt as long as the digest, trailer left out. */
#define SHA2(last) "\x30\x0d" SHA2_OID(last) NULL_PARAMETERS
#define MGF1(hash) "\x30\x1a" RSA_OID("\x08") SHA2(hash)
#define PSS_PARAMETERS(hash, salt) "\xa0\x0f" SHA2(hash) "\xa1\x1c" MGF1(hash) "\xa2\x03\x02\x01" salt
#define PSS(hash, salt) SPAN_LITERAL("\x30\x41" RSA_OID("\x0a") "\x30\x34" PSS_PARAMETERS(hash, salt))
#define ECDSA(last) SPAN_LITERAL("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03" last)
#define EDDSA(last) SPAN_LITERAL("\x30\x05\x06\x03\x2b\x65" last)
#define POSTQUANTUM_OID(last) "\x60\x86\x48\x01\x65\x03\x04\x03" last
#define POSTQUANTUM(last) SPAN_LITERAL("\x30\x0b\x06\x09" POSTQUANTUM_OID(last))

static const struct crypto_algorithm algorithms[] = {
	{ "rsa-sha256", PKCS1("\x0b"), "SHA256", CRYPTO_RSA, 0 },
	{ "rsa-sha384", PKCS1("\x0c"), "SHA384", CRYPTO_RSA, 0 },
	{ "rsa-sha512", PKCS1("\x0d"), "SHA512", CRYPTO_RSA, 0 },
	{ "rsa-pss-sha256", PSS("\x01", "\x20"), "SHA256", CRYPTO_RSA_PSS, 32 },
	{ "rsa-pss-sha384", PSS("\x02", "\x30"), "SHA384", CRYPTO_RSA_PSS, 48 },
	{ "rsa-pss-sha512", PSS("\x03", "\x40"), "SHA512", CRYPTO_RSA_PSS, 64 },
	{ "ecdsa-sha256", ECDSA("\x02"), "SHA256", CRYPTO_ECDSA, 0 },
	{ "ecdsa-sha384", ECDSA("\x03"), "SHA384", CRYPTO_ECDSA, 0 },
	{ "ecdsa-sha512", ECDSA("\x04"), "SHA512", CRYPTO_ECDSA, 0 },
	{ "ed25519", EDDSA("\x70"), NULL, CRYPTO_ED25519, 0 },
	{ "ed448", EDDSA("\x71"), NULL, CRYPTO_ED448, 0 },
	{ "ml-dsa-44", POSTQUANTUM("\x11"), NULL, CRYPTO_ML_DSA, 0 },
	{ "ml-dsa-65", POSTQUANTUM("\x12"), NULL, CRYPTO_ML_DSA, 0 },
	{ "ml-dsa-87", POSTQUANTUM("\x13"), NULL, CRYPTO_ML_DSA, 0 },
	{ "slh-dsa-sha2-128s", POSTQUANTUM("\x14"), NULL, CRYPTO_SLH_DSA, 0 },
	{ "slh-dsa-sha2-128f", POSTQUANTUM("\x15"), NULL, CRYPTO_SLH_DSA, 0 },
	{ "slh-dsa-sha2-192s", POSTQUANTUM("\x16"), NULL, CRYPTO_SLH_DSA, 0 },
	{ "slh-dsa-sha2-192f", POSTQUANTUM("\x17"), NULL, CRYPTO_SLH_DSA, 0 },
	{ "slh-dsa-sha2-256s", POSTQUANTUM("\x18"), NULL, CRYPTO_SLH_DSA, 0 },
	{ "slh-dsa-sha2-256f", POSTQUANTUM("\x19"), NULL, CRYPTO_SLH_DSA, 0 },
	{ "slh-dsa-shake-128s", POSTQUANTUM("\x1a"), NULL, CRYPTO_SLH_DSA, 0 },
	{ "slh-dsa-shake-128f", POSTQUANTUM("\x1b"), NULL, CRYPTO_SLH_DSA, 0 },
	{ "slh-dsa-shake-192s", POSTQUANTUM("\x1c"), NULL, CRYPTO_SLH_DSA, 0 },
	{ "slh-dsa-shake-192f", POSTQUANTUM("\x1d"), NULL, CRYPTO_SLH_DSA, 0 },
	{ "slh-dsa-shake-256s", POSTQUANTUM("\x1e"), NULL, CRYPTO_SLH_DSA, 0 },
	{ "slh-dsa-shake-256f", POSTQUANTUM("\x1f"), NULL, CRYPTO_SLH_DSA, 0 },
};

/* RFC 9919 10: nobody signs with these any more, but a double of an old responder. */
static const struct crypto_algorithm weak_algorithms[] = {
	{ "rsa-sha1", PKCS1("\x05"), "SHA1", CRYPTO_RSA, 0 },
	{ "ecdsa-sha1", SPAN_LITERAL("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01"), "SHA1", CRYPTO_ECDSA,
	    0 },
};

#define FAMILY(f) (1u << (f))
#define OID_RSA SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")
#define OID_RSA_PSS SPAN_LITERAL("\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a")
#define OID_EC SPAN_LITERAL("\x2a\x86\x48\xce\x3d\x02\x01")
#define NO_CURVE SPAN_LITERAL("")
#define ML_DSA(set, last) \
	{ \
		"ML-DSA-" set, SPAN_LITERAL(POSTQUANTUM_OID(last)), NO_CURVE, FAMILY(CRYPTO_ML_DSA), \
		    "ml-dsa-" set \
	}
#define SLH_DSA(name, set, last) \
	{ \
		"SLH-DSA-" name, SPAN_LITERAL(POSTQUANTUM_OID(last)), NO_CURVE, FAMILY(CRYPTO_SLH_DSA), \
		    "slh-dsa-" set \
	}

static const struct crypto_key_kind kinds[] = {
	{ "RSA", OID_RSA, NO_CURVE, FAMILY(CRYPTO_RSA) | FAMILY(CRYPTO_RSA_PSS), "rsa-sha256" },
	{ "RSASSA-PSS", OID_RSA_PSS, NO_CURVE, FAMILY(CRYPTO_RSA_PSS), "rsa-pss-sha256" },
	{ "P-256", OID_EC, SPAN_LITERAL("\x2a\x86\x48\xce\x3d\x03\x01\x07"), FAMILY(CRYPTO_ECDSA),
	    "ecdsa-sha256" },
	{ "P-384", OID_EC, SPAN_LITERAL("\x2b\x81\x04\x00\x22"), FAMILY(CRYPTO_ECDSA), "ecdsa-sha384" },
	{ "P-521", OID_EC, SPAN_LITERAL("\x2b\x81\x04\x00\x23"), FAMILY(CRYPTO_ECDSA), "ecdsa-sha512" },
	{ "Ed25519", SPAN_LITERAL("\x2b\x65\x70"), NO_CURVE, FAMILY(CRYPTO_ED25519), "ed25519" },
	{ "Ed448", SPAN_LITERAL("\x2b\x65\x71"), NO_CURVE, FAMILY(CRYPTO_ED448), "ed448" },
	ML_DSA("44", "\x11"),
	ML_DSA("65", "\x12"),
	ML_DSA("87", "\x13"),
	SLH_DSA("SHA2-128s", "sha2-128s", "\x14"),
	SLH_DSA("SHA2-128f", "sha2-128f", "\x15"),
	SLH_DSA("SHA2-192s", "sha2-192s", "\x16"),
	SLH_DSA("SHA2-192f", "sha2-192f", "\x17"),
	SLH_DSA("SHA2-256s", "sha2-256s", "\x18"),
	SLH_DSA("SHA2-256f", "sha2-256f", "\x19"),
	SLH_DSA("SHAKE-128s", "shake-128s", "\x1a"),
	SLH_DSA("SHAKE-128f", "shake-128f", "\x1b"),
	SLH_DSA("SHAKE-192s", "shake-192s", "\x1c"),
	SLH_DSA("SHAKE-192f", "shake-192f", "\x1d"),
	SLH_DSA("SHAKE-256s", "shake-256s", "\x1e"),
	SLH_DSA("SHAKE-256f", "shake-256f", "\x1f"),
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct crypto_algorithm *
find(const struct crypto_algorithm *rows, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

const struct crypto_algorithm *
crypto_algorithm_by_name(const char *name)
{
	return find(algorithms, COUNT(algorithms), name);
}

/* The OID and, for EC, the curve's; any other parameters are passed over. */
static int
read_key_algorithm(const struct crypto_cert *cert, vouch_span *oid, vouch_span *curve, vouch_err *err)
{
	struct der_reader r = der_reader_init(cert->key_algorithm, err);
	struct der_reader algorithm = der_enter(&r, DER_SEQUENCE);

	*oid = der_oid(&algorithm);
	*curve = der_next_is(&algorithm, DER_OID) ? der_oid(&algorithm) : span_of(NULL, 0);
	return der_finish(&r);
}

static const struct crypto_key_kind *
find_kind(vouch_span oid, vouch_span curve)
{
	for (size_t i = 0; i < COUNT(kinds); i++)
		if (span_equal(kinds[i].oid, oid) && span_equal(kinds[i].curve, curve))
			return &kinds[i];
	return NULL;
}

static void
unknown_kind(vouch_span oid, vouch_span curve, vouch_err *err)
{
	const struct crypto_postquantum *set = crypto_postquantum_by_oid(oid);
	char type[80], name[80] = "explicit parameters";

	if (set != NULL && crypto_postquantum_check(set, err) != VOUCH_OK)
		return;
	crypto_oid_text(oid, type, sizeof(type));
	if (!span_equal(oid, OID_EC)) {
		err_set(err, VOUCH_EREFUSED, "keys of type %s cannot sign answers here", type);
		return;
	}
	if (curve.len != 0)
		crypto_oid_text(curve, name, sizeof(name));
	err_set(err, VOUCH_EREFUSED,
	    "EC keys with %s cannot sign answers: P-256, P-384 and P-521 can (RFC 5480)", name);
}

const struct crypto_key_kind *
crypto_key_kind_of(const struct crypto_cert *cert, enum crypto_strength strength, vouch_err *err)
{
	vouch_span oid, curve;

	if (read_key_algorithm(cert, &oid, &curve, err) != VOUCH_OK)
		return NULL;
	const struct crypto_key_kind *kind = find_kind(oid, curve);
	if (kind == NULL) {
		unknown_kind(oid, curve, err);
		return NULL;
	}
	if (cert->key == NULL) {
		const struct crypto_postquantum *set = crypto_postquantum_by_oid(oid);
		if (set == NULL || crypto_postquantum_check(set, err) == VOUCH_OK)
			err_set(err, VOUCH_ECRYPTO, "the %s key of the certificate is damaged", kind->name);
		return NULL;
	}
	int bits = EVP_PKEY_get_bits(cert->key);
	int bits_min = strength == CRYPTO_WEAK_TOO ? CRYPTO_RSA_BITS_WEAK : CRYPTO_RSA_BITS_MIN;
	if ((kind->families & FAMILY(CRYPTO_RSA_PSS)) != 0 && bits < bits_min) {
		err_set(err, VOUCH_EREFUSED, "RSA key of %d bits, at least %d are needed (RFC 6960 5.1.1)",
		    bits, bits_min);
		return NULL;
	}
	return kind;
}

static bool
ends_with(const char *text, const char *end)
{
	size_t len = strlen(text), end_len = strlen(end);

	return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

/* In pure mode the key's own OID is the signature's: Ed25519 is not Ed448, nor ML-DSA-44 ML-DSA-65. */
static bool
can_sign_with(const struct crypto_key_kind *kind, const struct crypto_algorithm *algorithm)
{
	return (kind->families & FAMILY(algorithm->family)) != 0 &&
	    (algorithm->digest != NULL || strcmp(algorithm->name, kind->default_algorithm) == 0);
}

static const struct crypto_algorithm *
find_named(const char *name, const struct crypto_key_kind *kind, enum crypto_strength strength,
    vouch_err *err)
{
	const struct crypto_algorithm *algorithm = crypto_algorithm_by_name(name);

	if (algorithm == NULL && strength == CRYPTO_WEAK_TOO)
		algorithm = find(weak_algorithms, COUNT(weak_algorithms), name);
	if (algorithm != NULL && can_sign_with(kind, algorithm))
		return algorithm;
	if (algorithm != NULL)
		err_set(err, VOUCH_EREFUSED, "the certificate's key is %s, which cannot sign with %s",
		    kind->name, name);
	else if (ends_with(name, "sha1") || ends_with(name, "md5"))
		err_set(err, VOUCH_EREFUSED, "algorithm %s is weak and never used (RFC 6960 5.1.1)", name);
	else
		err_set(err, VOUCH_EINVAL, "there is no algorithm %s", name);
	return NULL;
}

/* What an id-RSASSA-PSS key allows: its AlgorithmIdentifier may have parameters (RFC 4055 3.1). */
static int
read_restrictions(const struct crypto_cert *cert, struct crypto_scheme *out, bool *are_there, vouch_err *err)
{
	struct der_reader r = der_reader_init(cert->key_algorithm, err);
	struct der_reader algorithm = der_enter(&r, DER_SEQUENCE);
	vouch_span oid = der_oid(&algorithm);

	*are_there = span_equal(oid, OID_RSA_PSS) && der_next_is(&algorithm, DER_SEQUENCE);
	if (!*are_there)
		return der_finish(&r);
	vouch_span parameters = der_read(&algorithm, DER_SEQUENCE);
	return der_finish(&algorithm) == VOUCH_OK ? crypto_pss_parse(parameters, out, err) : err->code;
}

/* The one PSS algorithm that the restrictions leave. */
static const struct crypto_algorithm *
find_allowed(const struct crypto_scheme *allowed)
{
	for (size_t i = 0; i < COUNT(algorithms); i++)
		if (algorithms[i].family == CRYPTO_RSA_PSS && allowed->mgf1_nid == allowed->digest_nid &&
		    OBJ_sn2nid(algorithms[i].digest) == allowed->digest_nid)
			return &algorithms[i];
	return NULL;
}

/* What the key allows, if it is what the operator named; without a name, whatever it allows. */
static const struct crypto_algorithm *
restrict_to(const struct crypto_scheme *allowed, const char *name, vouch_err *err)
{
	const struct crypto_algorithm *algorithm = find_allowed(allowed);

	if (algorithm != NULL && (name == NULL || strcmp(name, algorithm->name) == 0))
		return algorithm;
	if (algorithm != NULL)
		err_set(err, VOUCH_EREFUSED, "the RSASSA-PSS key is restricted to %s (RFC 4055 3.1)",
		    algorithm->name);
	else
		err_set(err, VOUCH_EREFUSED, "the RSASSA-PSS key is restricted to a %s (RFC 4055 3.1)",
		    crypto_scheme_is_weak(allowed) ? "weak digest" : "digest that we do not sign with");
	return NULL;
}

/* The salt is as long as the digest, or longer if the key wants it so; its length is the last octet. */
static int
write_identifier(const struct crypto_algorithm *algorithm, int salt_length_min, vouch_buf *identifier,
    vouch_err *err)
{
	if (salt_length_min > INT8_MAX)
		return err_set(err, VOUCH_EREFUSED,
		    "the RSASSA-PSS key wants a salt of %d octets, 127 are the limit", salt_length_min);
	if (buf_append_span(identifier, algorithm->identifier) != VOUCH_OK)
		return err_nomem(err);
	if (salt_length_min > algorithm->salt_length)
		identifier->data[identifier->len - 1] = (uint8_t)salt_length_min;
	return VOUCH_OK;
}

const struct crypto_algorithm *
crypto_algorithm_choose(const struct crypto_cert *cert, const char *name, enum crypto_strength strength,
    vouch_buf *identifier, vouch_err *err)
{
	const struct crypto_key_kind *kind = crypto_key_kind_of(cert, strength, err);
	struct crypto_scheme restrictions = { 0 };
	bool is_restricted;

	if (kind == NULL)
		return NULL;
	const struct crypto_algorithm *algorithm = find_named(name != NULL ? name : kind->default_algorithm,
	    kind, strength, err);
	if (algorithm == NULL || read_restrictions(cert, &restrictions, &is_restricted, err) != VOUCH_OK)
		return NULL;
	if (is_restricted)
		algorithm = restrict_to(&restrictions, name, err);
	if (algorithm == NULL ||
	    write_identifier(algorithm, restrictions.salt_length, identifier, err) != VOUCH_OK)
		return NULL;
	return algorithm;
}
