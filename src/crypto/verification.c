/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying a signature over octets that come piece by piece. */
#include "crypto/verification.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <stdlib.h>

#include "crypto/ossl.h"
#include "crypto/scheme.h"
#include "crypto/verify.h"

struct crypto_verification {
	EVP_MD_CTX *context;
	bool keeps;
	vouch_buf kept;
};

static int
start(struct crypto_verification *v, const struct crypto_cert *signer, vouch_span algorithm_identifier,
    vouch_err *err)
{
	struct crypto_scheme scheme;

	if (crypto_verify_algorithm(signer, algorithm_identifier, 0, err) != VOUCH_OK ||
	    crypto_verify_key(signer, err) != VOUCH_OK ||
	    crypto_scheme_parse(algorithm_identifier, &scheme, err) != VOUCH_OK)
		return err->code;
	v->keeps = scheme.digest_nid == NID_undef;
	v->context = EVP_MD_CTX_new();
	if (v->context == NULL)
		return err_nomem(err);
	ERR_clear_error();
	return crypto_scheme_start(&scheme, v->context, signer->key, CRYPTO_VERIFY, err);
}

int
crypto_verification_new(struct crypto_verification **out, const struct crypto_cert *signer,
    vouch_span algorithm_identifier, vouch_err *err)
{
	struct crypto_verification *v = calloc(1, sizeof(*v));

	if (v == NULL)
		return err_nomem(err);
	int code = start(v, signer, algorithm_identifier, err);
	if (code != VOUCH_OK) {
		crypto_verification_free(v);
		return code;
	}
	*out = v;
	return VOUCH_OK;
}

static int
keep(struct crypto_verification *v, vouch_span octets, vouch_err *err)
{
	if (octets.len > CRYPTO_VERIFICATION_KEPT_MAX - v->kept.len)
		return err_set(err, VOUCH_ELIMIT,
		    "more than %zu octets under a signature that wants them all at once",
		    CRYPTO_VERIFICATION_KEPT_MAX);
	return buf_append_span(&v->kept, octets) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

int
crypto_verification_update(struct crypto_verification *v, vouch_span octets, vouch_err *err)
{
	if (v->keeps)
		return keep(v, octets, err);
	if (EVP_DigestVerifyUpdate(v->context, octets.data, octets.len) == 1)
		return VOUCH_OK;
	return crypto_err(err, VOUCH_ECRYPTO, "hashing failed");
}

int
crypto_verification_finish(struct crypto_verification *v, vouch_span signature, vouch_err *err)
{
	int holds = v->keeps ?
	    EVP_DigestVerify(v->context, signature.data, signature.len, v->kept.data, v->kept.len) :
	    EVP_DigestVerifyFinal(v->context, signature.data, signature.len);

	return holds == 1 ? VOUCH_OK : crypto_err(err, VOUCH_EVERIFY, "the signature does not hold");
}

void
crypto_verification_free(struct crypto_verification *v)
{
	if (v == NULL)
		return;
	EVP_MD_CTX_free(v->context);
	vouch_buf_free(&v->kept);
	free(v);
}
