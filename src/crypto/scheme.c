/* SPDX-License-Identifier: Apache-2.0 */
/* A signature scheme: what an AlgorithmIdentifier (RFC 5280 4.1.1.2) says, ready for libcrypto. */
#include "crypto/scheme.h"

#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <stdio.h>

#include "crypto/ossl.h"
#include "der/reader.h"

#define SALT_MAX 4096	  /* octets: as long as the largest RSA keys */
#define PROPERTY_QUERY 64 /* octets of "?provider=" and a name, which are short words */

/* Reads a HashAlgorithm, behind which there is nothing: its parameters are NULL or absent (RFC 4055 2.1). */
static int
read_digest(struct der_reader *r)
{
	struct der_reader algorithm = der_enter(r, DER_SEQUENCE);
	vouch_span oid = der_oid(&algorithm);

	if (der_more(&algorithm))
		der_null(&algorithm);
	return der_finish(&algorithm) == VOUCH_OK && der_finish(r) == VOUCH_OK ? crypto_nid(oid) : NID_undef;
}

static int
read_mgf1(struct der_reader *r)
{
	struct der_reader algorithm = der_enter(r, DER_SEQUENCE);
	const uint8_t *at = algorithm.next;

	if (crypto_nid(der_oid(&algorithm)) != NID_mgf1)
		der_fail(r, VOUCH_EPARSE, at, "RSASSA-PSS with a mask generation that is not MGF1");
	int digest_nid = read_digest(&algorithm);
	return der_finish(r) == VOUCH_OK ? digest_nid : NID_undef;
}

static struct der_reader
enter_field(struct der_reader *r, unsigned n, bool *is_there)
{
	*is_there = der_next_is(r, DER_CONTEXT(n));
	return *is_there ? der_enter(r, DER_CONTEXT(n)) :
			   (struct der_reader){ r->next, r->next, r->start, r->err };
}

int
crypto_pss_parse(vouch_span parameters, struct crypto_scheme *out, vouch_err *err)
{
	/* RFC 4055 3.1: what is left out is SHA-1, MGF1 with SHA-1, a salt of 20 octets, trailer 1. */
	struct crypto_scheme scheme = { NID_rsassaPss, NID_sha1, NID_sha1, true, 20, NULL, NULL };
	struct der_reader r = der_reader_init(parameters, err);
	bool is_there;

	struct der_reader field = enter_field(&r, 0, &is_there);
	if (is_there)
		scheme.digest_nid = read_digest(&field);
	field = enter_field(&r, 1, &is_there);
	if (is_there)
		scheme.mgf1_nid = read_mgf1(&field);
	field = enter_field(&r, 2, &is_there);
	if (is_there)
		scheme.salt_length = (int)der_small(&field, SALT_MAX);
	field = enter_field(&r, 3, &is_there);
	if (is_there && der_small(&field, 255) != 1)
		der_fail(&r, VOUCH_EPARSE, field.start,
		    "RSASSA-PSS with a trailer that is not 1 (RFC 4055 3.1)");
	int code = der_finish(&r);
	if (code == VOUCH_OK && (scheme.digest_nid == NID_undef || scheme.mgf1_nid == NID_undef))
		code = err_set(err, VOUCH_ECRYPTO, "RSASSA-PSS with a digest that is not known here");
	if (code == VOUCH_OK)
		*out = scheme;
	return code;
}

static int
parse_pss(struct der_reader *algorithm, struct crypto_scheme *out, vouch_err *err)
{
	/* In a signature the parameters are mandatory (RFC 4055 3.1). */
	vouch_span parameters = der_read(algorithm, DER_SEQUENCE);

	return der_finish(algorithm) == VOUCH_OK ? crypto_pss_parse(parameters, out, err) : err->code;
}

/* RFC 9881 2, RFC 9909 3: the parameters are absent, and NULL is not. */
static int
parse_postquantum(const struct crypto_postquantum *set, struct der_reader *algorithm,
    struct crypto_scheme *out, vouch_err *err)
{
	int code = der_finish(algorithm);

	if (code == VOUCH_OK)
		code = crypto_postquantum_check(set, err);
	if (code == VOUCH_OK)
		*out = (struct crypto_scheme){ .key_nid = NID_undef,
			.digest_nid = NID_undef,
			.postquantum = set };
	return code;
}

int
crypto_scheme_parse(vouch_span algorithm_identifier, struct crypto_scheme *out, vouch_err *err)
{
	struct crypto_scheme scheme = { 0 };
	struct der_reader r = der_reader_init(algorithm_identifier, err);
	struct der_reader algorithm = der_enter(&r, DER_SEQUENCE);
	vouch_span oid = der_oid(&algorithm);
	char name[80];

	if (der_finish(&r) != VOUCH_OK || oid.len == 0)
		return err->code;
	const struct crypto_postquantum *set = crypto_postquantum_by_oid(oid);
	if (set != NULL)
		return parse_postquantum(set, &algorithm, out, err);
	int nid = crypto_nid(oid);
	if (nid == NID_rsassaPss)
		return parse_pss(&algorithm, out, err);
	crypto_oid_text(oid, name, sizeof(name));
	if (nid == NID_undef || OBJ_find_sigid_algs(nid, &scheme.digest_nid, &scheme.key_nid) != 1)
		return err_set(err, VOUCH_ECRYPTO, "signature algorithm %s is not known here", name);
	/* ecdsa-with-Specified and the like: their parameters, or the key's length, would have to say. */
	if (scheme.digest_nid == NID_undef && scheme.key_nid == NID_X9_62_id_ecPublicKey)
		return err_set(err, VOUCH_ECRYPTO,
		    "signature algorithm %s does not tell its digest: RFC 5758 has those that do", name);
	if (der_more(&algorithm))
		der_null(&algorithm);
	if (der_finish(&algorithm) != VOUCH_OK)
		return err->code;
	*out = scheme;
	return VOUCH_OK;
}

bool
crypto_scheme_is_weak(const struct crypto_scheme *scheme)
{
	static const int weak[] = { NID_md2, NID_md4, NID_md5, NID_mdc2, NID_ripemd160, NID_md5_sha1, NID_sha,
		NID_sha1 };

	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++)
		if (scheme->digest_nid == weak[i] || (scheme->is_pss && scheme->mgf1_nid == weak[i]))
			return true;
	return false;
}

bool
crypto_scheme_fits(const struct crypto_scheme *scheme, vouch_span key_oid)
{
	if (scheme->postquantum != NULL)
		return span_equal(scheme->postquantum->oid, key_oid);
	int key_nid = crypto_nid(key_oid);
	/* An unrestricted RSA key makes PSS signatures, too (RFC 4055 1.2). */
	return scheme->key_nid == key_nid || (scheme->is_pss && key_nid == NID_rsaEncryption);
}

static int
set_pss(const struct crypto_scheme *scheme, EVP_PKEY_CTX *context, vouch_err *err)
{
	/* The salt's length is ours to say: libcrypto's own default is the longest that fits. */
	if (EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) > 0 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, OBJ_nid2sn(scheme->mgf1_nid), NULL) > 0 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(context, scheme->salt_length) > 0)
		return VOUCH_OK;
	return crypto_err(err, VOUCH_ECRYPTO, "RSASSA-PSS with %s and a salt of %d octets is not possible",
	    OBJ_nid2sn(scheme->digest_nid), scheme->salt_length);
}

/*
 * Asks for the provider that has the key. Without being asked, libcrypto takes the first that knows the algorithm and
 * hands it what a TPM's key lets out: the public half, with which the signature fails.
 */
static const char *
where_the_key_is(const EVP_PKEY *key, char query[PROPERTY_QUERY])
{
	const OSSL_PROVIDER *provider = EVP_PKEY_get0_provider(key);
	int len = provider != NULL ?
	    snprintf(query, PROPERTY_QUERY, "?provider=%s", OSSL_PROVIDER_get0_name(provider)) :
	    -1;

	return len > 0 && len < PROPERTY_QUERY ? query : NULL;
}

int
crypto_scheme_start(const struct crypto_scheme *scheme, EVP_MD_CTX *context, EVP_PKEY *key,
    enum crypto_direction direction, vouch_err *err)
{
	const char *digest = scheme->digest_nid != NID_undef ? OBJ_nid2sn(scheme->digest_nid) : NULL;
	EVP_PKEY_CTX *parameters = NULL;
	char query[PROPERTY_QUERY];
	int done = direction == CRYPTO_SIGN ?
	    EVP_DigestSignInit_ex(context, &parameters, digest, scheme->context, where_the_key_is(key, query),
		key, NULL) :
	    EVP_DigestVerifyInit_ex(context, &parameters, digest, NULL, NULL, key, NULL);

	if (done != 1)
		return crypto_err(err, VOUCH_ECRYPTO, "the key cannot be used with %s",
		    digest != NULL ? digest : "no digest");
	return scheme->is_pss ? set_pss(scheme, parameters, err) : VOUCH_OK;
}

bool
crypto_scheme_signs_digests(const struct crypto_scheme *scheme)
{
	return scheme->digest_nid != NID_undef &&
	    (scheme->is_pss || scheme->key_nid == NID_rsaEncryption ||
		scheme->key_nid == NID_X9_62_id_ecPublicKey);
}

int
crypto_scheme_start_digests(const struct crypto_scheme *scheme, EVP_PKEY_CTX **out, EVP_PKEY *key,
    vouch_err *err)
{
	char query[PROPERTY_QUERY];
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(scheme->context, key,
	    where_the_key_is(key, query));
	const EVP_MD *digest = EVP_get_digestbynid(scheme->digest_nid);
	int code = VOUCH_OK;

	if (context == NULL || digest == NULL || EVP_PKEY_sign_init(context) <= 0 ||
	    EVP_PKEY_CTX_set_signature_md(context, digest) <= 0)
		code = crypto_err(err, VOUCH_ECRYPTO, "the key cannot be used with digests of %s",
		    OBJ_nid2sn(scheme->digest_nid));
	if (code == VOUCH_OK && scheme->is_pss)
		code = set_pss(scheme, context, err);
	if (code != VOUCH_OK) {
		EVP_PKEY_CTX_free(context);
		return code;
	}
	*out = context;
	return VOUCH_OK;
}
