/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys that are made here. */
#include "pki/key.h"

#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "crypto/cert.h"
#include "crypto/ossl.h"
#include "crypto/postquantum.h"
#include "signer/key.h"

static const struct {
	const char *name, *algorithm, *group;
	unsigned bits;
} types[] = {
	{ "rsa-2048", "RSA", NULL, 2048 },
	{ "rsa-3072", "RSA", NULL, 3072 },
	{ "rsa-4096", "RSA", NULL, 4096 },
	{ "p-256", "EC", "P-256", 0 },
	{ "p-384", "EC", "P-384", 0 },
	{ "p-521", "EC", "P-521", 0 },
	{ "ed25519", "ED25519", NULL, 0 },
	{ "ed448", "ED448", NULL, 0 },
	/* FIPS 204 and 205: OpenSSL 3.5 knows them. */
	{ "ml-dsa-44", "ML-DSA-44", NULL, 0 },
	{ "ml-dsa-65", "ML-DSA-65", NULL, 0 },
	{ "ml-dsa-87", "ML-DSA-87", NULL, 0 },
	{ "slh-dsa-sha2-128s", "SLH-DSA-SHA2-128s", NULL, 0 },
	{ "slh-dsa-sha2-128f", "SLH-DSA-SHA2-128f", NULL, 0 },
	{ "slh-dsa-sha2-192s", "SLH-DSA-SHA2-192s", NULL, 0 },
	{ "slh-dsa-sha2-192f", "SLH-DSA-SHA2-192f", NULL, 0 },
	{ "slh-dsa-sha2-256s", "SLH-DSA-SHA2-256s", NULL, 0 },
	{ "slh-dsa-sha2-256f", "SLH-DSA-SHA2-256f", NULL, 0 },
	{ "slh-dsa-shake-128s", "SLH-DSA-SHAKE-128s", NULL, 0 },
	{ "slh-dsa-shake-128f", "SLH-DSA-SHAKE-128f", NULL, 0 },
	{ "slh-dsa-shake-192s", "SLH-DSA-SHAKE-192s", NULL, 0 },
	{ "slh-dsa-shake-192f", "SLH-DSA-SHAKE-192f", NULL, 0 },
	{ "slh-dsa-shake-256s", "SLH-DSA-SHAKE-256s", NULL, 0 },
	{ "slh-dsa-shake-256f", "SLH-DSA-SHAKE-256f", NULL, 0 },
};
#define TYPES (sizeof(types) / sizeof(types[0]))

static EVP_PKEY *
generate(size_t type)
{
	EVP_PKEY *key = NULL;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, types[type].algorithm, NULL);
	bool ready = ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1;

	if (ready && types[type].bits != 0)
		ready = EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, (int)types[type].bits) == 1;
	if (ready && types[type].group != NULL)
		ready = EVP_PKEY_CTX_set_group_name(ctx, types[type].group) == 1;
	if (ready && EVP_PKEY_generate(ctx, &key) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	return key;
}

int
pki_key_new(struct evp_pkey_st **out, const char *type, vouch_err *err)
{
	for (size_t i = 0; i < TYPES; i++) {
		if (strcmp(types[i].name, type) != 0)
			continue;
		const struct crypto_postquantum *set = crypto_postquantum_by_name(types[i].algorithm);
		if (set != NULL && crypto_postquantum_check(set, err) != VOUCH_OK)
			return err->code;
		EVP_PKEY *key = generate(i);
		if (key == NULL)
			return crypto_err(err, VOUCH_ECRYPTO, "cannot make a key of type %s", type);
		*out = key;
		return VOUCH_OK;
	}
	return err_set(err, VOUCH_EINVAL,
	    "%s is none of rsa-2048 rsa-3072 rsa-4096 p-256 p-384 p-521 ed25519 ed448 ml-dsa-44 ml-dsa-65 "
	    "ml-dsa-87 slh-dsa-(sha2|shake)-(128|192|256)(s|f)",
	    type);
}

void
pki_key_free(struct evp_pkey_st *key)
{
	EVP_PKEY_free(key);
}

/* Any kind that is not made here falls to the one that every client must have (RFC 6960 4.3). */
static const char *
type_like(const EVP_PKEY *key)
{
	if (key == NULL || EVP_PKEY_is_a(key, "RSA"))
		return "rsa-2048";
	if (EVP_PKEY_is_a(key, "EC"))
		return "p-256";
	for (size_t i = 0; i < TYPES; i++)
		if (types[i].bits == 0 && types[i].group == NULL && EVP_PKEY_is_a(key, types[i].algorithm))
			return types[i].name;
	return "rsa-2048";
}

int
pki_key_type_like(const char **out, vouch_span ca, vouch_err *err)
{
	struct crypto_cert cert;

	if (crypto_cert_read_first(&cert, ca, err) != VOUCH_OK)
		return err->code;
	*out = type_like(cert.key);
	crypto_cert_clear(&cert);
	return VOUCH_OK;
}

int
pki_key_public(struct evp_pkey_st **out, vouch_span certificate, vouch_err *err)
{
	struct crypto_cert cert;

	if (crypto_cert_read_first(&cert, certificate, err) != VOUCH_OK)
		return err->code;
	int code = cert.key != NULL && EVP_PKEY_up_ref(cert.key) == 1 ?
	    VOUCH_OK :
	    err_set(err, VOUCH_ECRYPTO, "libcrypto knows no key of this kind");
	if (code == VOUCH_OK)
		*out = cert.key;
	crypto_cert_clear(&cert);
	return code;
}

int
pki_key_load(struct evp_pkey_st **out, const char *uri, vouch_span certificate, vouch_err *err)
{
	struct crypto_cert cert;

	if (crypto_cert_read_first(&cert, certificate, err) != VOUCH_OK)
		return err->code;
	int code = signer_key_load(out, uri, (vouch_span){ 0 }, &cert, err);
	crypto_cert_clear(&cert);
	return code;
}

int
pki_key_write(const struct evp_pkey_st *key, vouch_buf *pem, vouch_err *err)
{
	char *text;
	BIO *bio = BIO_new(BIO_s_secmem());

	if (bio == NULL || PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1) {
		BIO_free(bio);
		return crypto_err(err, VOUCH_ECRYPTO, "cannot write the key");
	}
	long len = BIO_get_mem_data(bio, &text);
	int code = vouch_buf_append(pem, text, (size_t)len);
	BIO_free(bio);
	return code == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

void
pki_key_wipe(vouch_buf *pem)
{
	OPENSSL_cleanse(pem->data, pem->cap);
	vouch_buf_free(pem);
}
