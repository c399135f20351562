/* SPDX-License-Identifier: Apache-2.0 */
/* The cast: the CA, its responder, and all who pretend to be one. */
#include "mock/cast.h"

#include <stdlib.h>

#include <openssl/evp.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "crypto/algorithm.h"
#include "crypto/ossl.h"
#include "crypto/scheme.h"
#include "io/file.h"
#include "mock/impostor.h"
#include "pki/key.h"

#define FILE_LIMIT (1u << 20) /* a bundle of some hundred certificates */

struct mock_cast {
	struct crypto_cert ca;
	struct evp_pkey_st *ca_key; /* NULL: not known */
	struct mock_hashes hashes[VOUCH_HASHES];
	struct mock_signer signers[MOCK_ROLES];
	bool is_made[MOCK_ROLES];
};

static int
read_certificate(struct crypto_cert *out, const char *path, vouch_buf *file, vouch_err *err)
{
	if (io_file_read(file, path, FILE_LIMIT, err) != VOUCH_OK)
		return err->code;
	return crypto_cert_read_first(out, span_buf(file), err) == VOUCH_OK ? VOUCH_OK :
									      err_prefix(err, "%s", path);
}

/* The algorithm that suits the key, however weak that is. */
static int
choose_algorithm(struct mock_signer *signer, vouch_err *err)
{
	buf_clear(&signer->algorithm);
	if (crypto_algorithm_choose(&signer->cert, NULL, CRYPTO_WEAK_TOO, &signer->algorithm, err) == NULL)
		return err->code;
	return VOUCH_OK;
}

static int
open_ca(struct mock_cast *cast, const struct mock_cast_files *files, vouch_err *err)
{
	vouch_buf file = { 0 };
	int code = read_certificate(&cast->ca, files->ca, &file, err);

	if (code == VOUCH_OK && files->ca_key != NULL)
		code = pki_key_load(&cast->ca_key, files->ca_key, span_buf(&cast->ca.der), err);
	vouch_buf_free(&file);
	return code;
}

static int
open_responder(struct mock_cast *cast, const struct mock_cast_files *files, vouch_err *err)
{
	vouch_buf file = { 0 };
	struct mock_signer *responder = &cast->signers[MOCK_RESPONDER];
	int code = read_certificate(&responder->cert, files->cert, &file, err);

	if (code == VOUCH_OK)
		code = pki_key_load(&responder->key, files->key, span_buf(&responder->cert.der), err);
	if (code == VOUCH_OK && choose_algorithm(responder, err) != VOUCH_OK)
		code = err_prefix(err, "%s", files->cert);
	cast->is_made[MOCK_RESPONDER] = code == VOUCH_OK;
	vouch_buf_free(&file);
	return code;
}

static void
hash_ca(struct mock_cast *cast)
{
	for (int hash = VOUCH_SHA1; hash < VOUCH_HASHES; hash++) {
		struct mock_hashes *h = &cast->hashes[hash];

		h->len = crypto_digest((enum vouch_hash)hash, cast->ca.subject, h->name);
		if (crypto_digest((enum vouch_hash)hash, cast->ca.key_bits, h->key) != h->len)
			h->len = 0;
	}
}

int
mock_cast_open(struct mock_cast **out, const struct mock_cast_files *files, vouch_err *err)
{
	struct mock_cast *cast = calloc(1, sizeof(*cast));

	if (cast == NULL)
		return err_nomem(err);
	if (open_ca(cast, files, err) != VOUCH_OK || open_responder(cast, files, err) != VOUCH_OK) {
		mock_cast_free(cast);
		return err->code;
	}
	hash_ca(cast);
	*out = cast;
	return VOUCH_OK;
}

static void
clear_signer(struct mock_signer *signer)
{
	crypto_cert_clear(&signer->cert);
	EVP_PKEY_free(signer->key);
	vouch_buf_free(&signer->algorithm);
	*signer = (struct mock_signer){ 0 };
}

void
mock_cast_free(struct mock_cast *cast)
{
	if (cast == NULL)
		return;
	for (size_t i = 0; i < MOCK_ROLES; i++)
		clear_signer(&cast->signers[i]);
	crypto_cert_clear(&cast->ca);
	EVP_PKEY_free(cast->ca_key);
	free(cast);
}

const struct crypto_cert *
mock_cast_ca(const struct mock_cast *cast)
{
	return &cast->ca;
}

const struct mock_hashes *
mock_cast_hashes(const struct mock_cast *cast, enum vouch_hash hash)
{
	return &cast->hashes[hash];
}

int
mock_cast_check(const struct mock_cast *cast, enum mock_need need, vouch_err *err)
{
	const struct evp_pkey_st *key = cast->signers[MOCK_RESPONDER].key;
	bool is_rsa = EVP_PKEY_is_a(key, "RSA"), is_ec = EVP_PKEY_is_a(key, "EC");

	if (cast->ca_key != NULL)
		return VOUCH_OK;
	switch (need) {
	case MOCK_NEEDS_NOTHING:
		return VOUCH_OK;
	case MOCK_NEEDS_CA_KEY:
		return err_set(err, VOUCH_EREFUSED,
		    "the CA has to sign a certificate for it: --ca-key is missing");
	case MOCK_NEEDS_RSA:
		return is_rsa ? VOUCH_OK :
				err_set(err, VOUCH_EREFUSED,
				    "the responder's key is not RSA, and without --ca-key there is no other");
	case MOCK_NEEDS_RSA_OR_EC:
		return is_rsa || is_ec ?
		    VOUCH_OK :
		    err_set(err, VOUCH_EREFUSED,
			"the responder's key knows no SHA-1, and without --ca-key there is no other");
	}
	return err_set(err, VOUCH_EINVAL, "no such need");
}

static int
make_ca_itself(struct mock_cast *cast, struct mock_signer *out, vouch_err *err)
{
	if (EVP_PKEY_up_ref(cast->ca_key) != 1)
		return crypto_err(err, VOUCH_ECRYPTO, "the CA's key cannot be used");
	out->key = cast->ca_key;
	return crypto_cert_parse(&out->cert, span_buf(&cast->ca.der), err);
}

static int
make(struct mock_cast *cast, enum mock_role role, vouch_time now, vouch_err *err)
{
	const struct mock_impostor_ca ca = { &cast->ca, cast->ca_key };
	struct mock_signer *signer = &cast->signers[role];

	if (mock_impostor_needs_ca_key(role) && mock_cast_check(cast, MOCK_NEEDS_CA_KEY, err) != VOUCH_OK)
		return err->code;
	int code = role == MOCK_CA_ITSELF ? make_ca_itself(cast, signer, err) :
					    mock_impostor_make(role, &ca, now, signer, err);
	if (code == VOUCH_OK)
		code = choose_algorithm(signer, err);
	if (code != VOUCH_OK)
		clear_signer(signer);
	cast->is_made[role] = code == VOUCH_OK;
	return code;
}

int
mock_cast_get(struct mock_cast *cast, enum mock_role role, vouch_time now, const struct mock_signer **out,
    vouch_err *err)
{
	if (!cast->is_made[role] && make(cast, role, now, err) != VOUCH_OK)
		return err->code;
	*out = &cast->signers[role];
	return VOUCH_OK;
}

int
mock_signer_sign(const struct mock_signer *signer, vouch_span algorithm, vouch_span tbs, vouch_buf *signature,
    vouch_err *err)
{
	struct crypto_scheme scheme;
	size_t len = (size_t)EVP_PKEY_get_size(signer->key);
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (context == NULL || buf_reserve(signature, len) != VOUCH_OK) {
		EVP_MD_CTX_free(context);
		return err_nomem(err);
	}
	int code = crypto_scheme_parse(algorithm, &scheme, err);
	if (code == VOUCH_OK)
		code = crypto_scheme_start(&scheme, context, signer->key, CRYPTO_SIGN, err);
	if (code == VOUCH_OK &&
	    EVP_DigestSign(context, signature->data + signature->len, &len, tbs.data, tbs.len) != 1)
		code = crypto_err(err, VOUCH_ECRYPTO, "cannot sign");
	if (code == VOUCH_OK)
		signature->len += len;
	EVP_MD_CTX_free(context);
	return code;
}
