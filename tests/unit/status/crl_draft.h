/* SPDX-License-Identifier: Apache-2.0 */
/* CRLs for tests, put together by hand so that any field may be wrong, and signed by libcrypto. */
#ifndef TEST_CRL_DRAFT_H
#define TEST_CRL_DRAFT_H

#include "authority.h"

#define DRAFT_NOW AUTHORITY_NOW
#define DRAFT_NONE (-1)
/* A string literal of DER. */
#define DRAFT_DER(s) ((vouch_span){ (const uint8_t *)(s), sizeof(s) - 1 })

struct draft_entry {
	const char *serial_number;  /* as people write it; NULL: the end of the list */
	vouch_time date;	    /* 0: an hour before DRAFT_NOW */
	int reason;		    /* CRLReason; 0: none */
	vouch_time invalidity_date; /* 0: none */
	vouch_span issuer;	    /* a Name for certificateIssuer; empty: none */
	vouch_span extension;	    /* one more, whole */
};

struct crl_draft {
	EVP_PKEY *key;
	vouch_span issuer;		     /* Name */
	vouch_time this_update, next_update; /* 0: DRAFT_NOW - 60, an hour later; VOUCH_TIME_ABSENT: none */
	int number, base;		     /* 0: none; DRAFT_NONE: no extensions at all */
	const struct draft_entry *entries;   /* NULL: revokedCertificates is absent */
	vouch_span idp;			     /* content of its SEQUENCE */
	bool has_idp;
	vouch_span extension; /* one more, whole */
	vouch_span behind;    /* elements behind the extensions, where nothing belongs */
	vouch_span key_id;    /* authorityKeyIdentifier */
	bool is_version_1;
	vouch_span algorithm, outer_algorithm; /* AlgorithmIdentifiers; empty: what the key signs with */
	const char *digest;		       /* NULL: SHA-256, or none for Ed25519 */
};

/* The whole CertificateList. */
vouch_buf crl_draft_make(const struct crl_draft *draft);
vouch_buf crl_draft_pem(vouch_span der);

/* Contents of an issuingDistributionPoint. */
#define IDP_USER DRAFT_DER("\x81\x01\xff")
#define IDP_CA DRAFT_DER("\x82\x01\xff")
#define IDP_ATTRIBUTE DRAFT_DER("\x85\x01\xff")
#define IDP_INDIRECT DRAFT_DER("\x84\x01\xff")
#define IDP_KEY_COMPROMISE DRAFT_DER("\x83\x02\x06\x40")
#define IDP_OTHER_REASONS DRAFT_DER("\x83\x03\x07\x3f\x80")
/* A point http://x/N, N being one character. */
#define IDP_POINT(n) DRAFT_DER("\xa0\x0e\xa0\x0c\x86\x0ahttp://x/" n)

#endif
