/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and certificate requests that are made here. */
#include "pki/certificate.h"

#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/date.h"
#include "crypto/cert.h"
#include "crypto/ossl.h"
#include "pki/extensions.h"
#include "pki/key.h"
#include "signer/key.h"

#define SERIAL_OCTETS 16 /* CA/B BR 7.1: at least 64 bits of a random generator */

struct pki_ca {
	struct crypto_cert cert;
	X509 *x509;
	EVP_PKEY *key;
	OSSL_LIB_CTX *context; /* of a key in a token; NULL: the process's */
};

static X509 *
x509_of(vouch_span der)
{
	const unsigned char *p = der.data;

	return d2i_X509(NULL, &p, (long)der.len);
}

/*
 * A key may leave no choice: Ed25519 and Ed448 take no digest ("UNDEF"), a restricted RSASSA-PSS key only
 * its own.
 */
static const EVP_MD *
digest_for(EVP_PKEY *key)
{
	char name[64];

	if (EVP_PKEY_get_default_digest_name(key, name, sizeof(name)) == 2)
		return EVP_get_digestbyname(name);
	if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) > 256)
		return EVP_PKEY_get_bits(key) > 384 ? EVP_sha512() : EVP_sha384();
	return EVP_sha256();
}

/* CA/B BR 7.1.2.8: a responder is named like its CA, with another common name. */
static X509_NAME *
subject_of(const struct pki_template *t, const X509_NAME *issuer)
{
	X509_NAME *name = t->under_issuer_name && issuer != NULL ? X509_NAME_dup(issuer) : X509_NAME_new();
	int old;

	while (name != NULL && (old = X509_NAME_get_index_by_NID(name, NID_commonName, -1)) >= 0)
		X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, old));
	if (name != NULL &&
	    X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
		(const unsigned char *)t->common_name, -1, -1, 0) != 1) {
		X509_NAME_free(name);
		return NULL;
	}
	return name;
}

static bool
set_serial(X509 *x)
{
	unsigned char octets[SERIAL_OCTETS];

	if (RAND_bytes(octets, sizeof(octets)) != 1)
		return false;
	/* Positive, and never shorter: the first octet is between 0x40 and 0x7f. */
	octets[0] = (unsigned char)((octets[0] & 0x3f) | 0x40);
	BIGNUM *number = BN_bin2bn(octets, sizeof(octets), NULL);
	bool ok = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
	BN_free(number);
	return ok;
}

static bool
set_times(X509 *x, const struct pki_template *t, const X509 *issuer)
{
	if (ASN1_TIME_adj(X509_getm_notBefore(x), (time_t)t->not_before, 0, 0) == NULL ||
	    ASN1_TIME_adj(X509_getm_notAfter(x), (time_t)t->not_after, 0, 0) == NULL)
		return false;
	/* What outlives its CA is of no use, and linters object. */
	if (issuer == NULL || ASN1_TIME_compare(X509_get0_notAfter(x), X509_get0_notAfter(issuer)) <= 0)
		return true;
	return X509_set1_notAfter(x, X509_get0_notAfter(issuer)) == 1;
}

static bool
fill(X509 *x, const struct pki_template *t, const X509 *issuer, EVP_PKEY *key)
{
	X509_NAME *subject = subject_of(t, issuer == NULL ? NULL : X509_get_subject_name(issuer));
	bool ok = subject != NULL && X509_set_version(x, X509_VERSION_3) == 1 && set_serial(x) &&
	    set_times(x, t, issuer) && X509_set_subject_name(x, subject) == 1 &&
	    X509_set_issuer_name(x, issuer == NULL ? subject : X509_get_subject_name(issuer)) == 1 &&
	    X509_set_pubkey(x, key) == 1 && pki_extensions_add(x, t, issuer == NULL ? x : issuer);

	X509_NAME_free(subject);
	return ok;
}

/* issuer NULL: signed by itself. */
static X509 *
make(const struct pki_template *t, const X509 *issuer, EVP_PKEY *issuer_key, EVP_PKEY *key)
{
	X509 *x = X509_new();

	if (x != NULL && fill(x, t, issuer, key) && X509_sign(x, issuer_key, digest_for(issuer_key)) > 0)
		return x;
	X509_free(x);
	return NULL;
}

static int
write_pem(BIO *bio, bool written, vouch_buf *pem, vouch_err *err)
{
	char *text;

	if (bio == NULL || !written)
		return crypto_err(err, VOUCH_ECRYPTO, "cannot write PEM");
	long len = BIO_get_mem_data(bio, &text);
	return vouch_buf_append(pem, text, (size_t)len) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

static int
write_certificate(X509 *x, vouch_buf *pem, vouch_err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int code = write_pem(bio, bio != NULL && PEM_write_bio_X509(bio, x) == 1, pem, err);

	BIO_free(bio);
	return code;
}

static int
keep_certificate(struct pki_ca *ca, vouch_err *err)
{
	unsigned char *der = NULL;
	int len = i2d_X509(ca->x509, &der);

	if (len < 0)
		return crypto_err(err, VOUCH_ECRYPTO, "cannot encode the certificate");
	int code = crypto_cert_parse(&ca->cert, (vouch_span){ der, (size_t)len }, err);
	OPENSSL_free(der);
	return code;
}

int
pki_ca_open(struct pki_ca **out, vouch_span certificate, const char *key_uri, vouch_span passphrase,
    vouch_err *err)
{
	struct pki_ca *ca = calloc(1, sizeof(*ca));
	struct signer_key key = { 0 };

	if (ca == NULL)
		return err_nomem(err);
	if (crypto_cert_read_first(&ca->cert, certificate, err) != VOUCH_OK ||
	    signer_key_open(&key, key_uri, passphrase, &ca->cert, err) != VOUCH_OK) {
		pki_ca_free(ca);
		return err->code;
	}
	ca->key = key.key;
	ca->context = key.context;
	ca->x509 = x509_of((vouch_span){ ca->cert.der.data, ca->cert.der.len });
	if (ca->x509 == NULL) {
		pki_ca_free(ca);
		return crypto_err(err, VOUCH_ECRYPTO, "libcrypto cannot read the CA's certificate");
	}
	*out = ca;
	return VOUCH_OK;
}

int
pki_ca_new(struct pki_ca **out, const struct pki_template *t, const char *key_type, vouch_err *err)
{
	struct pki_ca *ca = calloc(1, sizeof(*ca));

	if (ca == NULL)
		return err_nomem(err);
	if (pki_key_new(&ca->key, key_type, err) != VOUCH_OK) {
		pki_ca_free(ca);
		return err->code;
	}
	ca->x509 = make(t, NULL, ca->key, ca->key);
	int code = ca->x509 == NULL ? crypto_err(err, VOUCH_ECRYPTO, "cannot make the CA's certificate") :
				      keep_certificate(ca, err);
	if (code != VOUCH_OK) {
		pki_ca_free(ca);
		return code;
	}
	*out = ca;
	return VOUCH_OK;
}

void
pki_ca_free(struct pki_ca *ca)
{
	if (ca == NULL)
		return;
	X509_free(ca->x509);
	EVP_PKEY_free(ca->key);
	OSSL_LIB_CTX_free(ca->context);
	crypto_cert_clear(&ca->cert);
	free(ca);
}

vouch_span
pki_ca_certificate(const struct pki_ca *ca)
{
	return (vouch_span){ ca->cert.der.data, ca->cert.der.len };
}

int
pki_ca_write(const struct pki_ca *ca, vouch_buf *certificate_pem, vouch_buf *key_pem, vouch_err *err)
{
	int code = write_certificate(ca->x509, certificate_pem, err);

	return code != VOUCH_OK ? code : pki_key_write(ca->key, key_pem, err);
}

int
pki_certificate_write(vouch_span certificate, vouch_buf *pem, vouch_err *err)
{
	struct crypto_cert cert;

	if (crypto_cert_read_first(&cert, certificate, err) != VOUCH_OK)
		return err->code;
	X509 *x = x509_of((vouch_span){ cert.der.data, cert.der.len });
	int code = x != NULL ? write_certificate(x, pem, err) :
			       crypto_err(err, VOUCH_ECRYPTO, "libcrypto cannot read the certificate");
	X509_free(x);
	crypto_cert_clear(&cert);
	return code;
}

/* A certificate under a CA that has expired would end before it began. */
static int
check_outlives(const struct pki_ca *ca, const struct pki_template *t, vouch_err *err)
{
	char date[DATE_RFC3339_LENGTH + 1];

	if (ca->cert.not_after > t->not_before)
		return VOUCH_OK;
	date_format_rfc3339(ca->cert.not_after, date);
	return err_set(err, VOUCH_EREFUSED, "the CA's certificate expired at %s", date);
}

int
pki_issue(const struct pki_ca *ca, const struct pki_template *t, struct evp_pkey_st *key, vouch_buf *pem,
    vouch_err *err)
{
	if (check_outlives(ca, t, err) != VOUCH_OK)
		return err->code;
	X509 *x = make(t, ca->x509, ca->key, key);
	if (x == NULL)
		return crypto_err(err, VOUCH_ECRYPTO, "cannot make the certificate");
	int code = write_certificate(x, pem, err);
	X509_free(x);
	return code;
}

static bool
fill_request(X509_REQ *req, const struct pki_template *t, const X509 *issuer, EVP_PKEY *key)
{
	X509_NAME *subject = subject_of(t, issuer == NULL ? NULL : X509_get_subject_name(issuer));
	bool ok = subject != NULL && X509_REQ_set_version(req, X509_REQ_VERSION_1) == 1 &&
	    X509_REQ_set_subject_name(req, subject) == 1 && X509_REQ_set_pubkey(req, key) == 1 &&
	    pki_extensions_request(req, t) && X509_REQ_sign(req, key, digest_for(key)) > 0;

	X509_NAME_free(subject);
	return ok;
}

static int
write_request(X509_REQ *req, vouch_buf *pem, vouch_err *err)
{
	BIO *bio = BIO_new(BIO_s_mem());
	int code = write_pem(bio, bio != NULL && PEM_write_bio_X509_REQ(bio, req) == 1, pem, err);

	BIO_free(bio);
	return code;
}

int
pki_csr(const struct pki_template *t, vouch_span issuer, struct evp_pkey_st *key, vouch_buf *pem,
    vouch_err *err)
{
	struct crypto_cert cert;

	if (crypto_cert_read_first(&cert, issuer, err) != VOUCH_OK)
		return err->code;
	X509 *x509 = x509_of((vouch_span){ cert.der.data, cert.der.len });
	X509_REQ *req = X509_REQ_new();
	int code = req != NULL && x509 != NULL && fill_request(req, t, x509, key) ?
	    write_request(req, pem, err) :
	    crypto_err(err, VOUCH_ECRYPTO, "cannot make the request");
	X509_REQ_free(req);
	X509_free(x509);
	crypto_cert_clear(&cert);
	return code;
}
