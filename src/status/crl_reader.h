/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads one CRL in DER, cut anywhere, and verifies it in the same pass: what is parsed is what is hashed (RFC 5280 5.1,
 * 6.3.3).
 */
#ifndef STATUS_CRL_READER_H
#define STATUS_CRL_READER_H

#include "status/crl_authority.h"
#include "status/crl_list.h"

struct crl_reader;

/* authority must not lose anybody meanwhile; name is copied. */
VOUCH_MUST int crl_reader_new(struct crl_reader **out, const struct crl_authority *authority,
    const char *name, vouch_err *err);
/* Errors have the offset into the DER.  After a failure only crl_reader_free() may follow. */
VOUCH_MUST int crl_reader_feed(struct crl_reader *r, vouch_span der, vouch_err *err);
/* Nothing more comes: the list, if it is complete and its signature holds. */
VOUCH_MUST int crl_reader_end(struct crl_reader *r, struct crl_list **out, vouch_err *err);
void crl_reader_free(struct crl_reader *r);
/* What came begins as a CRL cannot, but as other DER does: certificates, PKCS #7, PKCS #12, OCSP. */
bool crl_reader_is_of_another_type(const struct crl_reader *r);
/* The CRL's issuer, borrowed; empty: not that far yet. */
vouch_span crl_reader_issuer(const struct crl_reader *r);

#endif
