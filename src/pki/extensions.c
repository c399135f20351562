/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions of the certificates that are made here: one row each. */
#include "pki/extensions.h"

#include <stdio.h>
#include <string.h>

#include <openssl/x509v3.h>

#define URL_MAX 512

enum when { ALWAYS = 1, IN_REQUESTS = 2 }; /* key identifiers are the issuing CA's business */

/* CA/B BR 7.1.2.8 for the responder: no basicConstraints beyond an end entity's, no AIA, no CRLDP, no SAN. */
static const struct {
	enum pki_purpose purpose;
	enum when when;
	int nid;
	const char *value;
} rows[] = {
	{ PKI_CA, ALWAYS, NID_basic_constraints, "critical,CA:TRUE" },
	{ PKI_CA, ALWAYS, NID_key_usage, "critical,keyCertSign,cRLSign,digitalSignature" },
	{ PKI_CA, ALWAYS, NID_subject_key_identifier, "hash" },
	{ PKI_RESPONDER, IN_REQUESTS, NID_key_usage, "critical,digitalSignature" },
	{ PKI_RESPONDER, IN_REQUESTS, NID_ext_key_usage, "OCSPSigning" },
	{ PKI_RESPONDER, IN_REQUESTS, NID_id_pkix_OCSP_noCheck, "ignored" },
	{ PKI_RESPONDER, ALWAYS, NID_subject_key_identifier, "hash" },
	{ PKI_SERVER, ALWAYS, NID_basic_constraints, "CA:FALSE" },
	{ PKI_SERVER, ALWAYS, NID_key_usage, "critical,digitalSignature" },
	{ PKI_SERVER, ALWAYS, NID_ext_key_usage, "serverAuth,clientAuth" },
	{ PKI_SERVER, ALWAYS, NID_subject_key_identifier, "hash" },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static X509_EXTENSION *
make(X509V3_CTX *ctx, int nid, const char *value)
{
	return X509V3_EXT_conf_nid(NULL, ctx, nid, value);
}

static bool
add(X509 *x, X509V3_CTX *ctx, int nid, const char *value)
{
	X509_EXTENSION *extension = make(ctx, nid, value);
	bool ok = extension != NULL && X509_add_ext(x, extension, -1) == 1;

	X509_EXTENSION_free(extension);
	return ok;
}

static bool
add_ocsp_url(X509 *x, X509V3_CTX *ctx, const char *url)
{
	char value[URL_MAX + 16];

	/* OpenSSL's little language for values ends one at a comma or a semicolon. */
	if (strlen(url) > URL_MAX || strpbrk(url, ",;\n") != NULL)
		return false;
	snprintf(value, sizeof(value), "OCSP;URI:%s", url);
	return add(x, ctx, NID_info_access, value);
}

/*
 * RFC 5280 4.2.1.1: what the issuer calls its key; one without a name for it has the usual one, 4.2.1.2
 * (1).
 */
static ASN1_OCTET_STRING *
key_identifier_of(const X509 *issuer)
{
	const ASN1_OCTET_STRING *own = X509_get0_subject_key_id((X509 *)(uintptr_t)issuer);
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned len;
	ASN1_OCTET_STRING *made = own != NULL ? ASN1_OCTET_STRING_dup(own) : ASN1_OCTET_STRING_new();

	if (own != NULL || made == NULL)
		return made;
	if (X509_pubkey_digest(issuer, EVP_sha1(), digest, &len) == 1 &&
	    ASN1_OCTET_STRING_set(made, digest, (int)len) == 1)
		return made;
	ASN1_OCTET_STRING_free(made);
	return NULL;
}

static bool
add_authority_key_identifier(X509 *x, const X509 *issuer)
{
	AUTHORITY_KEYID *identifier = AUTHORITY_KEYID_new();
	bool ok = identifier != NULL && (identifier->keyid = key_identifier_of(issuer)) != NULL &&
	    X509_add1_ext_i2d(x, NID_authority_key_identifier, identifier, 0, X509V3_ADD_DEFAULT) == 1;

	AUTHORITY_KEYID_free(identifier);
	return ok;
}

bool
pki_extensions_add(X509 *x, const struct pki_template *t, const X509 *issuer)
{
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, (X509 *)(uintptr_t)issuer, x, NULL, NULL, 0);
	for (size_t i = 0; i < ROWS; i++)
		if (rows[i].purpose == t->purpose && !add(x, &ctx, rows[i].nid, rows[i].value))
			return false;
	if (issuer != x && !add_authority_key_identifier(x, issuer))
		return false;
	return t->ocsp_url == NULL || add_ocsp_url(x, &ctx, t->ocsp_url);
}

bool
pki_extensions_request(X509_REQ *req, const struct pki_template *t)
{
	X509V3_CTX ctx;
	STACK_OF(X509_EXTENSION) *wishes = sk_X509_EXTENSION_new_null();
	bool ok = wishes != NULL;

	X509V3_set_ctx(&ctx, NULL, NULL, req, NULL, 0);
	for (size_t i = 0; ok && i < ROWS; i++) {
		if (rows[i].purpose != t->purpose || rows[i].when != IN_REQUESTS)
			continue;
		X509_EXTENSION *extension = make(&ctx, rows[i].nid, rows[i].value);
		ok = extension != NULL && sk_X509_EXTENSION_push(wishes, extension) > 0;
		if (!ok)
			X509_EXTENSION_free(extension);
	}
	ok = ok && X509_REQ_add_extensions(req, wishes) == 1;
	sk_X509_EXTENSION_pop_free(wishes, X509_EXTENSION_free);
	return ok;
}
