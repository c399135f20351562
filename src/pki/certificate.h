/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates and certificate requests that are made here: for the responder, and for a throw-away CA. */
#ifndef PKI_CERTIFICATE_H
#define PKI_CERTIFICATE_H

#include "pki/key.h"

enum pki_purpose {
	PKI_CA,	       /* signs certificates and CRLs */
	PKI_RESPONDER, /* RFC 6960 4.2.2.2: id-kp-OCSPSigning, and nocheck */
	PKI_SERVER     /* an end entity of a throw-away CA */
};

struct pki_template {
	enum pki_purpose purpose;
	const char *common_name;
	bool under_issuer_name; /* the subject is the issuer's with this common name in place of its own */
	vouch_time not_before, not_after;
	const char *ocsp_url; /* into the AIA; NULL: none */
};

struct pki_ca; /* a CA's certificate and key */

/* key_uri: a file or a store's URI; passphrase may be empty. */
VOUCH_MUST int pki_ca_open(struct pki_ca **out, vouch_span certificate, const char *key_uri,
    vouch_span passphrase, vouch_err *err);
/* A new one, signed by itself. */
VOUCH_MUST int pki_ca_new(struct pki_ca **out, const struct pki_template *t, const char *key_type,
    vouch_err *err);
void pki_ca_free(struct pki_ca *ca);
vouch_span pki_ca_certificate(const struct pki_ca *ca); /* DER */
VOUCH_MUST int pki_ca_write(const struct pki_ca *ca, vouch_buf *certificate_pem, vouch_buf *key_pem,
    vouch_err *err);

/* Appends the first certificate (PEM or DER) as PEM, and nothing else of what stands around it. */
VOUCH_MUST int pki_certificate_write(vouch_span certificate, vouch_buf *pem, vouch_err *err);
/*
 * Issues a certificate for the public half of key, with a random serial number; never longer than the CA's
 * own.
 */
VOUCH_MUST int pki_issue(const struct pki_ca *ca, const struct pki_template *t, struct evp_pkey_st *key,
    vouch_buf *pem, vouch_err *err);
/*
 * A PKCS #10 request that asks for what the template says (times are the CA's to set).  issuer: its
 * certificate, PEM or DER.
 */
VOUCH_MUST int pki_csr(const struct pki_template *t, vouch_span issuer, struct evp_pkey_st *key,
    vouch_buf *pem, vouch_err *err);

#endif
