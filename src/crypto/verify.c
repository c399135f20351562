/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying a signature with the key of a certificate. */
#include "crypto/verify.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include "crypto/algorithm.h"
#include "crypto/ossl.h"
#include "crypto/postquantum.h"
#include "crypto/scheme.h"
#include "der/reader.h"

#define SECURITY_BITS_MIN 112 /* NIST SP 800-131A: RSA of 2048 bits, P-224 */

static vouch_span
key_oid_of(const struct crypto_cert *cert)
{
	vouch_err unread = { 0 };
	struct der_reader r = der_reader_init(cert->key_algorithm, &unread);
	struct der_reader algorithm = der_enter(&r, DER_SEQUENCE);

	return der_oid(&algorithm);
}

static int
unknown_key(const struct crypto_cert *cert, vouch_err *err)
{
	const struct crypto_postquantum *set = crypto_postquantum_by_oid(key_oid_of(cert));

	if (set != NULL && crypto_postquantum_check(set, err) != VOUCH_OK)
		return err_prefix(err, "the signer's key");
	return err_set(err, VOUCH_ECRYPTO, "the signer's key is of a type that is not known here");
}

static int
check_scheme(const struct crypto_cert *signer, const struct crypto_scheme *scheme, unsigned flags,
    vouch_err *err)
{
	bool is_allowed = scheme->digest_nid == NID_sha1 && (flags & CRYPTO_ALLOW_SHA1) != 0;

	if (crypto_scheme_is_weak(scheme) && !is_allowed)
		return err_set(err, VOUCH_EREFUSED, "signed with %s%s%s, which is weak (RFC 6960 5.1.1)",
		    OBJ_nid2sn(scheme->digest_nid), scheme->is_pss ? " and MGF1 with " : "",
		    scheme->is_pss ? OBJ_nid2sn(scheme->mgf1_nid) : "");
	if (!crypto_scheme_fits(scheme, key_oid_of(signer)))
		return err_set(err, VOUCH_EVERIFY, "the signature algorithm is for another type of key");
	return VOUCH_OK;
}

static int
verify(const struct crypto_scheme *scheme, EVP_PKEY *key, vouch_span data, vouch_span signature,
    vouch_err *err)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (context == NULL)
		return err_nomem(err);
	int code = crypto_scheme_start(scheme, context, key, CRYPTO_VERIFY, err);
	if (code == VOUCH_OK &&
	    EVP_DigestVerify(context, signature.data, signature.len, data.data, data.len) != 1)
		code = crypto_err(err, VOUCH_EVERIFY, "the signature does not hold");
	EVP_MD_CTX_free(context);
	return code;
}

static int
read_scheme(const struct crypto_cert *signer, vouch_span algorithm_identifier, unsigned flags,
    struct crypto_scheme *out, vouch_err *err)
{
	int code = crypto_scheme_parse(algorithm_identifier, out, err);

	return code == VOUCH_OK ? check_scheme(signer, out, flags, err) : code;
}

int
crypto_verify_algorithm(const struct crypto_cert *signer, vouch_span algorithm_identifier, unsigned flags,
    vouch_err *err)
{
	struct crypto_scheme unread;

	return read_scheme(signer, algorithm_identifier, flags, &unread, err);
}

int
crypto_verify_key(const struct crypto_cert *signer, vouch_err *err)
{
	if (signer->key == NULL)
		return unknown_key(signer, err);
	int bits = EVP_PKEY_get_bits(signer->key);
	bool is_rsa = EVP_PKEY_is_a(signer->key, "RSA") || EVP_PKEY_is_a(signer->key, "RSA-PSS");
	if (EVP_PKEY_get_security_bits(signer->key) < SECURITY_BITS_MIN ||
	    (is_rsa && bits < CRYPTO_RSA_BITS_MIN))
		return err_set(err, VOUCH_EREFUSED, "the signer's key of %d bits is weak (RFC 6960 5.1.1)",
		    bits);
	return VOUCH_OK;
}

int
crypto_verify(const struct crypto_cert *signer, vouch_span algorithm_identifier, vouch_span data,
    vouch_span signature, unsigned flags, vouch_err *err)
{
	struct crypto_scheme scheme;
	int code = read_scheme(signer, algorithm_identifier, flags, &scheme, err);

	if (code != VOUCH_OK)
		return code;
	ERR_clear_error();
	if (signer->key == NULL)
		return unknown_key(signer, err);
	return verify(&scheme, signer->key, data, signature, err);
}
