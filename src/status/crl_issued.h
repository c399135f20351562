/* SPDX-License-Identifier: Apache-2.0 */
/* What was issued, out of a file with serial numbers or certificates: what a CRL alone does not tell (C-17). */
#ifndef STATUS_CRL_ISSUED_H
#define STATUS_CRL_ISSUED_H

#include "crypto/cert.h"
#include "status/crl_opener.h"
#include "status/crl_table.h"

/* Certificates of one issuer; without a name: serial numbers of the only one there is. */
struct crl_issued_group {
	vouch_buf name, key_identifier;
	struct crl_table
	    table; /* reason: CRL_USER_CERTIFICATES ... or 0; date: number of the point, from 1 */
};

struct crl_issued {
	_Atomic unsigned references;
	struct crl_issued_group *groups;
	size_t group_count;
	/* Names of cRLDistributionPoints, each once. */
	vouch_buf *points;
	size_t point_count;
	size_t *by_name; /* their numbers, sorted by name */
};

struct crl_issued_fact {
	unsigned certificates; /* CRL_USER_CERTIFICATES or CRL_CA_CERTIFICATES; 0: not known */
	vouch_span points;     /* names of its distribution points; empty: not known, or none */
};

/* VOUCH_EIO, VOUCH_EPARSE with path and line, VOUCH_ELIMIT. */
VOUCH_MUST int crl_issued_read(struct crl_issued **out, const char *path, const struct crl_opener *opener,
    vouch_err *err);
struct crl_issued *crl_issued_ref(struct crl_issued *issued);
void crl_issued_free(struct crl_issued *issued);
/* Serial numbers alone say nothing of whose they are. */
bool crl_issued_is_of_one_issuer(const struct crl_issued *issued);
bool crl_issued_find(const struct crl_issued *issued, const struct crypto_cert *issuer,
    vouch_span serial_number, struct crl_issued_fact *out);
/* Whether a group holds certificates of this issuer. */
bool crl_issued_is_of(const struct crl_issued_group *group, const struct crypto_cert *issuer);

#endif
