/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying a signature with the key of a certificate. */
#include "crypto/verify.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>

#include "crypto/ossl.h"
#include "crypto/scheme.h"
#include "der/reader.h"

static int
key_nid_of(const struct crypto_cert *cert)
{
	vouch_err unread = { 0 };
	struct der_reader r = der_reader_init(cert->key_algorithm, &unread);
	struct der_reader algorithm = der_enter(&r, DER_SEQUENCE);

	return crypto_nid(der_oid(&algorithm));
}

static int
check_scheme(const struct crypto_cert *signer, const struct crypto_scheme *scheme, unsigned flags,
    vouch_err *err)
{
	bool is_allowed = scheme->digest_nid == NID_sha1 && (flags & CRYPTO_ALLOW_SHA1) != 0;

	if (crypto_scheme_is_weak(scheme) && !is_allowed)
		return err_set(err, VOUCH_EREFUSED, "signed with %s, which is weak (RFC 6960 5.1.1)",
		    OBJ_nid2sn(scheme->digest_nid));
	if (!crypto_scheme_fits(scheme, key_nid_of(signer)))
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

int
crypto_verify(const struct crypto_cert *signer, vouch_span algorithm_identifier, vouch_span data,
    vouch_span signature, unsigned flags, vouch_err *err)
{
	struct crypto_scheme scheme;
	int code = crypto_scheme_parse(algorithm_identifier, &scheme, err);

	if (code == VOUCH_OK)
		code = check_scheme(signer, &scheme, flags, err);
	if (code != VOUCH_OK)
		return code;
	ERR_clear_error();
	if (signer->key == NULL)
		return err_set(err, VOUCH_ECRYPTO, "the signer's key is of a type that is not known here");
	return verify(&scheme, signer->key, data, signature, err);
}
