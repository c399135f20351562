/* SPDX-License-Identifier: Apache-2.0 */
/* Octets in, verified lists out: one of DER, any number of PEM. */
#ifndef STATUS_CRL_INTAKE_H
#define STATUS_CRL_INTAKE_H

#include "status/crl_pem.h"
#include "status/crl_reader.h"

#define CRL_LISTS_MAX 1024 /* in one file */

struct crl_intake {
	const struct crl_authority *authority;
	char *name;
	struct crl_pem pem;
	struct crl_reader *reader; /* of the list that is coming; NULL: none is */
	struct crl_list **lists;
	size_t count;
	size_t others;	  /* lists of CAs that nobody asks about here, in PEM beside ours: passed over */
	vouch_buf other;  /* the issuer of the first of them */
	vouch_err unused; /* why it was */
};

VOUCH_MUST int crl_intake_init(struct crl_intake *in, const struct crl_authority *authority, const char *name,
    vouch_err *err);
VOUCH_MUST int crl_intake_feed(struct crl_intake *in, vouch_span octets, vouch_err *err);
/* Nothing more comes: there are lists, and all of them are whole. */
VOUCH_MUST int crl_intake_end(struct crl_intake *in, vouch_err *err);
void crl_intake_clear(struct crl_intake *in);
/* The issuer of the list that failed, or was passed over; as far as it is known. */
vouch_span crl_intake_issuer(const struct crl_intake *in);

#endif
