/* SPDX-License-Identifier: Apache-2.0 */
/* A CA for tests: keys and certificates of every kind that a test asks for, made by libcrypto. */
#ifndef TEST_AUTHORITY_H
#define TEST_AUTHORITY_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <vouch.h>

#define AUTHORITY_BEGIN INT64_C(1767225600) /* 2026-01-01T00:00:00Z */
#define AUTHORITY_NOW (AUTHORITY_BEGIN + 86400)
#define AUTHORITY_END INT64_C(1798761600) /* 2027-01-01T00:00:00Z */

/*
 * A new key: "rsa2048", "pss2048" (unrestricted), "pss2048-sha256-32" (restricted to a digest and a salt of
 * at least that length), "p256", "p384", "p521", "secp256k1", "ed25519", "ed448", "x25519", "dsa";
 * "ml-dsa-65", "slh-dsa-sha2-128s" and the like, where authority_knows() them.
 */
EVP_PKEY *authority_key(const char *kind);
/* Whether libcrypto makes such keys: ML-DSA and SLH-DSA came with OpenSSL 3.5. */
bool authority_knows(const char *kind);
/* A key of tests/data/rfc9919-ca. */
EVP_PKEY *authority_rfc9919_key(const char *file);

struct recipe {
	const char *subject;	       /* "C=XX/O=Org/CN=Name"; NULL: "CN=Test" */
	const char *issuer;	       /* NULL: the subject */
	EVP_PKEY *key, *issuer_key;    /* issuer_key NULL: self-signed */
	int64_t not_before, not_after; /* 0: AUTHORITY_BEGIN, AUTHORITY_END */
	const char *not_before_text;   /* text of notBefore, in the type of not_before */
	const char *extensions[24];    /* name, value, name, value … as in an OpenSSL configuration */
	const char *digest;	       /* NULL: SHA-256, or none where the key takes none */
	bool is_version_1;
	long serial_number;
};

/* DER of a certificate. */
vouch_buf authority_certificate(const struct recipe *recipe);
/* Appends the PEM of DER under a label. */
void authority_pem(vouch_buf *out, const char *label, vouch_span der);
vouch_span authority_span(const vouch_buf *buf);

/* Extensions of a CA, and of a delegated responder. */
#define AUTHORITY_CA_EXTENSIONS \
	"basicConstraints", "critical,CA:TRUE", "keyUsage", "critical,keyCertSign,cRLSign,digitalSignature"
#define AUTHORITY_SIGNER_EXTENSIONS \
	"keyUsage", "critical,digitalSignature", "extendedKeyUsage", "OCSPSigning", "noCheck", "ignored", \
	    "authorityKeyIdentifier", "DER:30168014000102030405060708090a0b0c0d0e0f10111213"

#endif
