/* SPDX-License-Identifier: Apache-2.0 */
/* A key and a scheme, prepared once for all messages. */
#include "signer/prepared.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "crypto/ossl.h"

struct prepared_pair {
	EVP_MD_CTX *hashing;
	EVP_PKEY_CTX *signing;
};

/*
 * A context for one message; NULL on failure, which err tells.  It is not kept to be copied into again: that ends the
 * process with OpenSSL 3.5, unless it is reset before.
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
	*out = (struct prepared){ .scheme = *scheme,
		.direction = direction,
		.key = key,
		.initial = initial,
		.signature_max = size > 0 ? (size_t)size : 0 };
	int code = crypto_scheme_start(scheme, initial, key, direction, err);
	if (code == VOUCH_OK && !can_be_copied(initial)) {
		EVP_MD_CTX_free(initial);
		out->initial = NULL;
	}
	return code;
}

/* --- Pairs ---------------------------------------------------------------------------------------------- */

static void
free_pair(struct prepared_pair *pair)
{
	if (pair == NULL)
		return;
	EVP_MD_CTX_free(pair->hashing);
	EVP_PKEY_CTX_free(pair->signing);
	free(pair);
}

static struct prepared_pair *
new_pair(const struct prepared *prepared, vouch_err *err)
{
	struct prepared_pair *pair = calloc(1, sizeof(*pair));

	if (pair != NULL)
		pair->hashing = EVP_MD_CTX_new();
	if (pair == NULL || pair->hashing == NULL)
		err_nomem(err);
	else if (crypto_scheme_start_digests(&prepared->scheme, &pair->signing, prepared->key, err) ==
	    VOUCH_OK)
		return pair;
	free_pair(pair);
	return NULL;
}

static struct prepared_pair *
take_pair(struct prepared *prepared, vouch_err *err)
{
	for (size_t i = 0; i < PREPARED_PAIRS; i++) {
		struct prepared_pair *pair = atomic_exchange(&prepared->pairs[i], NULL);
		if (pair != NULL)
			return pair;
	}
	return new_pair(prepared, err);
}

static void
give_back(struct prepared *prepared, struct prepared_pair *takes_pair)
{
	for (size_t i = 0; i < PREPARED_PAIRS; i++) {
		struct prepared_pair *none = NULL;
		if (atomic_compare_exchange_strong(&prepared->pairs[i], &none, takes_pair))
			return;
	}
	free_pair(takes_pair);
}

static void
drop_pairs(struct prepared *prepared)
{
	for (size_t i = 0; i < PREPARED_PAIRS; i++)
		free_pair(atomic_exchange(&prepared->pairs[i], NULL));
	EVP_MD_free(prepared->digest);
	prepared->digest = NULL;
}

void
prepared_keep_pairs(struct prepared *prepared)
{
	vouch_err unread;
	struct prepared_pair *pair = NULL;

	if (!crypto_scheme_signs_digests(&prepared->scheme))
		return;
	prepared->digest = EVP_MD_fetch(prepared->scheme.context, OBJ_nid2sn(prepared->scheme.digest_nid),
	    NULL);
	if (prepared->digest != NULL)
		pair = new_pair(prepared, err_or(&unread, NULL));
	if (pair != NULL)
		give_back(prepared, pair);
	else
		drop_pairs(prepared);
	ERR_clear_error();
}

/* To empty the queue means to go over all its places, which takes half as long as hashing the message. */
static void
forget_errors(void)
{
	if (ERR_peek_error() != 0)
		ERR_clear_error();
}

static bool
sign_digest(const struct prepared_pair *pair, const EVP_MD *digest, vouch_span data, uint8_t *signature,
    size_t *len)
{
	uint8_t hash[EVP_MAX_MD_SIZE];
	unsigned hash_len = 0;

	return EVP_DigestInit_ex2(pair->hashing, digest, NULL) == 1 &&
	    EVP_DigestUpdate(pair->hashing, data.data, data.len) == 1 &&
	    EVP_DigestFinal_ex(pair->hashing, hash, &hash_len) == 1 &&
	    EVP_PKEY_sign(pair->signing, signature, len, hash, hash_len) == 1;
}

/* What failed is thrown away: nobody says what state it is in. */
static int
sign_with_pair(struct prepared *prepared, vouch_span data, uint8_t *signature, size_t *len, vouch_err *err)
{
	forget_errors();
	struct prepared_pair *pair = take_pair(prepared, err);
	if (pair == NULL)
		return err->code;
	if (sign_digest(pair, prepared->digest, data, signature, len)) {
		give_back(prepared, pair);
		return VOUCH_OK;
	}
	free_pair(pair);
	return crypto_err(err, VOUCH_ECRYPTO, "signing failed");
}

/* --- The whole ------------------------------------------------------------------------------------------ */

void
prepared_clear(struct prepared *prepared)
{
	drop_pairs(prepared);
	EVP_MD_CTX_free(prepared->initial);
	EVP_PKEY_free(prepared->key);
	*prepared = (struct prepared){ 0 };
}

void
prepared_begin_anew(struct prepared *prepared)
{
	drop_pairs(prepared);
	EVP_MD_CTX_free(prepared->initial);
	prepared->initial = NULL;
}

static int
sign_with_copy(const struct prepared *prepared, vouch_span data, uint8_t *signature, size_t *len,
    vouch_err *err)
{
	EVP_MD_CTX *context = begin(prepared, err);
	int code = VOUCH_OK;

	if (context == NULL)
		return err->code;
	if (EVP_DigestSign(context, signature, len, data.data, data.len) != 1)
		code = crypto_err(err, VOUCH_ECRYPTO, "signing failed");
	EVP_MD_CTX_free(context);
	return code;
}

int
prepared_sign(struct prepared *prepared, vouch_span data, vouch_buf *signature, vouch_err *err)
{
	size_t len = prepared->signature_max;

	if (buf_reserve(signature, len) != VOUCH_OK)
		return err_nomem(err);
	uint8_t *place = signature->data + signature->len;
	int code = prepared->digest != NULL ? sign_with_pair(prepared, data, place, &len, err) :
					      sign_with_copy(prepared, data, place, &len, err);
	if (code == VOUCH_OK)
		signature->len += len;
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
