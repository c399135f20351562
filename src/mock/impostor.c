/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of signers that are not what they should be. */
#include "mock/impostor.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "base/span.h"
#include "crypto/ossl.h"
#include "pki/key.h"

#define HOUR INT64_C(3600)
#define DAY (24 * HOUR)
#define WEAK_BITS 1024 /* NIST SP 800-131A: disallowed since 2014 */
#define RSA_BITS 2048

enum issued { BY_CA, BY_ITSELF, BY_STRANGER, BY_FORGER /* in the CA's name */ };

struct impostor {
	const char *common_name;
	enum issued issued;
	unsigned rsa_bits;	       /* 0: a key like the CA's */
	int64_t not_before, not_after; /* beside now */
	const char *extended_key_usage, *key_usage;
};

#define SOUND_TIMES -HOUR, 30 * DAY
#define SIGNS "critical,digitalSignature"
static const struct impostor impostors[MOCK_ROLES] = {
	[MOCK_SELF_SIGNED] = { "self-signed", BY_ITSELF, 0, SOUND_TIMES, "OCSPSigning", SIGNS },
	[MOCK_OTHER_CA] = { "of another CA", BY_STRANGER, 0, SOUND_TIMES, "OCSPSigning", SIGNS },
	[MOCK_FORGED] = { "forged", BY_FORGER, 0, SOUND_TIMES, "OCSPSigning", SIGNS },
	[MOCK_WITHOUT_EKU] = { "without extended key usage", BY_CA, 0, SOUND_TIMES, NULL, SIGNS },
	[MOCK_OTHER_EKU] = { "for TLS servers", BY_CA, 0, SOUND_TIMES, "serverAuth", SIGNS },
	[MOCK_ANY_EKU] = { "for any purpose", BY_CA, 0, SOUND_TIMES, "anyExtendedKeyUsage", SIGNS },
	[MOCK_OTHER_KEY_USAGE] = { "for key encipherment", BY_CA, 0, SOUND_TIMES, "OCSPSigning",
	    "critical,keyEncipherment" },
	[MOCK_EXPIRED] = { "expired", BY_CA, 0, -30 * DAY, -DAY, "OCSPSigning", SIGNS },
	[MOCK_NOT_YET_VALID] = { "not yet valid", BY_CA, 0, DAY, 30 * DAY, "OCSPSigning", SIGNS },
	[MOCK_WEAK_KEY] = { "of a weak key", BY_CA, WEAK_BITS, SOUND_TIMES, "OCSPSigning", SIGNS },
	[MOCK_RSA] = { "of an RSA key", BY_CA, RSA_BITS, SOUND_TIMES, "OCSPSigning", SIGNS },
};

bool
mock_impostor_needs_ca_key(enum mock_role role)
{
	return role != MOCK_RESPONDER && impostors[role].issued == BY_CA;
}

static int
make_key(const struct impostor *impostor, const struct crypto_cert *ca, EVP_PKEY **out, vouch_err *err)
{
	const char *type;

	if (impostor->rsa_bits == 0)
		return pki_key_type_like(&type, span_buf(&ca->der), err) == VOUCH_OK ?
		    pki_key_new(out, type, err) :
		    err->code;
	*out = EVP_RSA_gen(impostor->rsa_bits);
	return *out != NULL ? VOUCH_OK : crypto_err(err, VOUCH_ECRYPTO, "cannot make an RSA key");
}

/* --- The certificate ------------------------------------------------------------------------------------ */

static X509_NAME *
make_name(const char *common_name)
{
	X509_NAME *name = X509_NAME_new();

	if (name != NULL &&
	    X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
		(const unsigned char *)common_name, -1, -1, 0) == 1)
		return name;
	X509_NAME_free(name);
	return NULL;
}

static bool
set_names(X509 *x, const struct impostor *impostor, X509 *ca)
{
	char text[64];
	bool under_ca = impostor->issued == BY_CA || impostor->issued == BY_FORGER;

	snprintf(text, sizeof(text), "Responder %s", impostor->common_name);
	X509_NAME *subject = make_name(text), *stranger = make_name("Another CA");
	const X509_NAME *issuer = under_ca  ? X509_get_subject_name(ca) :
	    impostor->issued == BY_STRANGER ? stranger :
					      subject;
	bool ok = subject != NULL && stranger != NULL && X509_set_subject_name(x, subject) == 1 &&
	    X509_set_issuer_name(x, issuer) == 1;
	X509_NAME_free(subject);
	X509_NAME_free(stranger);
	return ok;
}

static bool
set_serial(X509 *x)
{
	uint64_t number;

	if (RAND_bytes((unsigned char *)&number, sizeof(number)) != 1)
		return false;
	return ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), number >> 1 | 1) == 1;
}

static bool
set_times(X509 *x, const struct impostor *impostor, vouch_time now)
{
	return ASN1_TIME_adj(X509_getm_notBefore(x), (time_t)(now + impostor->not_before), 0, 0) != NULL &&
	    ASN1_TIME_adj(X509_getm_notAfter(x), (time_t)(now + impostor->not_after), 0, 0) != NULL;
}

static bool
add_extension(X509 *x, int nid, const char *value)
{
	if (value == NULL)
		return true;
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
	bool ok = extension != NULL && X509_add_ext(x, extension, -1) == 1;
	X509_EXTENSION_free(extension);
	return ok;
}

static bool
fill(X509 *x, const struct impostor *impostor, X509 *ca, EVP_PKEY *key, vouch_time now)
{
	return X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) && set_names(x, impostor, ca) &&
	    set_times(x, impostor, now) && X509_set_pubkey(x, key) == 1 &&
	    add_extension(x, NID_key_usage, impostor->key_usage) &&
	    add_extension(x, NID_ext_key_usage, impostor->extended_key_usage) &&
	    add_extension(x, NID_id_pkix_OCSP_noCheck, "ignored");
}

static bool
sign(X509 *x, EVP_PKEY *key)
{
	int nid = NID_undef;

	/* Ed25519 and Ed448 take no digest. */
	if (EVP_PKEY_get_default_digest_nid(key, &nid) <= 0)
		nid = NID_undef;
	return X509_sign(x, key, nid == NID_undef ? NULL : EVP_get_digestbynid(nid)) > 0;
}

static int
parse_made(X509 *x, struct crypto_cert *out, vouch_err *err)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);

	if (len < 0)
		return crypto_err(err, VOUCH_ECRYPTO, "cannot encode a certificate");
	int code = crypto_cert_parse(out, span_of(der, (size_t)len), err);
	OPENSSL_free(der);
	return code;
}

/* Whoever is not the CA signs with a key of its own that nobody keeps. */
static int
make_certificate(const struct impostor *impostor, const struct mock_impostor_ca *ca, EVP_PKEY *key,
    vouch_time now, struct crypto_cert *out, vouch_err *err)
{
	const unsigned char *der = ca->cert->der.data;
	X509 *x = X509_new(), *ca_x509 = d2i_X509(NULL, &der, (long)ca->cert->der.len);
	EVP_PKEY *strange = NULL, *issuer = impostor->issued == BY_CA ? ca->key : key;
	int code = VOUCH_OK;

	if (impostor->issued == BY_STRANGER || impostor->issued == BY_FORGER) {
		code = make_key(impostor, ca->cert, &strange, err);
		issuer = strange;
	}
	if (code == VOUCH_OK &&
	    (x == NULL || ca_x509 == NULL || !fill(x, impostor, ca_x509, key, now) || !sign(x, issuer)))
		code = crypto_err(err, VOUCH_ECRYPTO, "cannot make the certificate of a responder %s",
		    impostor->common_name);
	if (code == VOUCH_OK)
		code = parse_made(x, out, err);
	EVP_PKEY_free(strange);
	X509_free(ca_x509);
	X509_free(x);
	return code;
}

int
mock_impostor_make(enum mock_role role, const struct mock_impostor_ca *ca, vouch_time now,
    struct mock_signer *out, vouch_err *err)
{
	const struct impostor *impostor = &impostors[role];

	if (make_key(impostor, ca->cert, &out->key, err) != VOUCH_OK)
		return err->code;
	return make_certificate(impostor, ca, out->key, now, &out->cert, err);
}
