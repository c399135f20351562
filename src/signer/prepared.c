/* SPDX-License-Identifier: Apache-2.0 */
/* A key and a scheme, prepared once and copied for every message. */
#include "signer/prepared.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/ossl.h"

/*
 * A context for one message; NULL on failure, which err tells.  To keep one and copy into it again would save 2 % of
 * a P-256 signature, and ends the process with OpenSSL 3.5, unless it is reset before.
 */
static EVP_MD_CTX *
begin(const struct prepared *prepared, vouch_err *err)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	int code = VOUCH_OK;

	if (context == NULL) {
		err_nomem(err);
		return NULL;
	}
	ERR_clear_error();
	if (prepared->initial == NULL)
		code = crypto_scheme_start(&prepared->scheme, context, prepared->key, prepared->direction,
		    err);
	else if (EVP_MD_CTX_copy_ex(context, prepared->initial) != 1)
		code = crypto_err(err, VOUCH_ECRYPTO, "a prepared context cannot be copied");
	if (code == VOUCH_OK)
		return context;
	EVP_MD_CTX_free(context);
	return NULL;
}

static bool
can_be_copied(const EVP_MD_CTX *context)
{
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	bool can = copy != NULL && EVP_MD_CTX_copy_ex(copy, context) == 1;

	EVP_MD_CTX_free(copy);
	ERR_clear_error();
	return can;
}

int
prepared_init(struct prepared *out, const struct crypto_scheme *scheme, EVP_PKEY *key,
    enum crypto_direction direction, vouch_err *err)
{
	int size = EVP_PKEY_get_size(key);
	EVP_MD_CTX *initial = EVP_MD_CTX_new();

	if (initial == NULL)
		return err_nomem(err);
	if (EVP_PKEY_up_ref(key) != 1) {
		EVP_MD_CTX_free(initial);
		return crypto_err(err, VOUCH_ECRYPTO, "the key cannot be shared");
	}
	*out = (struct prepared){ *scheme, direction, key, initial, size > 0 ? (size_t)size : 0 };
	int code = crypto_scheme_start(scheme, initial, key, direction, err);
	if (code == VOUCH_OK && !can_be_copied(initial)) {
		EVP_MD_CTX_free(initial);
		out->initial = NULL;
	}
	return code;
}

void
prepared_clear(struct prepared *prepared)
{
	EVP_MD_CTX_free(prepared->initial);
	EVP_PKEY_free(prepared->key);
	*prepared = (struct prepared){ 0 };
}

void
prepared_begin_anew(struct prepared *prepared)
{
	EVP_MD_CTX_free(prepared->initial);
	prepared->initial = NULL;
}

int
prepared_sign(const struct prepared *prepared, vouch_span data, vouch_buf *signature, vouch_err *err)
{
	size_t len = prepared->signature_max;
	int code = VOUCH_OK;

	if (buf_reserve(signature, len) != VOUCH_OK)
		return err_nomem(err);
	EVP_MD_CTX *context = begin(prepared, err);
	if (context == NULL)
		return err->code;
	if (EVP_DigestSign(context, signature->data + signature->len, &len, data.data, data.len) == 1)
		signature->len += len;
	else
		code = crypto_err(err, VOUCH_ECRYPTO, "signing failed");
	EVP_MD_CTX_free(context);
	return code;
}

int
prepared_verify(const struct prepared *prepared, vouch_span data, vouch_span signature, vouch_err *err)
{
	EVP_MD_CTX *context = begin(prepared, err);
	int code = VOUCH_OK;

	if (context == NULL)
		return err->code;
	if (EVP_DigestVerify(context, signature.data, signature.len, data.data, data.len) != 1)
		code = crypto_err(err, VOUCH_EVERIFY, "the signature does not hold");
	EVP_MD_CTX_free(context);
	return code;
}
