/* SPDX-License-Identifier: Apache-2.0 */
/* CRLs in DER or PEM (RFC 7468 6), cut anywhere, as DER. */
#ifndef STATUS_CRL_PEM_H
#define STATUS_CRL_PEM_H

#include "base/err.h"
#include "base/span.h"

#define CRL_PEM_LINE 80 /* longer than any line that means something to us */
#define CRL_PEM_BLOCK 3072

/* Where the DER goes.  DER is one list; PEM text may hold several. */
struct crl_pem_sink {
	int (*begin)(void *arg, vouch_err *err);
	int (*octets)(void *arg, vouch_span der, vouch_err *err);
	int (*end)(void *arg, vouch_err *err);
};

struct crl_pem { /* zeroed at first */
	enum { CRL_PEM_UNKNOWN, CRL_PEM_DER, CRL_PEM_OUTSIDE, CRL_PEM_INSIDE, CRL_PEM_ENDING } state;
	uint64_t at;		  /* octets that came */
	char line[CRL_PEM_LINE];  /* outside and ending: what came of the line */
	size_t line_len;	  /* counts on beyond the room */
	uint32_t bits;		  /* inside: of the group of four characters */
	unsigned digits, padding; /* of the group */
	uint8_t block[CRL_PEM_BLOCK];
	size_t block_len;
	size_t lists;
};

VOUCH_MUST int crl_pem_feed(struct crl_pem *p, vouch_span octets, const struct crl_pem_sink *sink, void *arg,
    vouch_err *err);
/* Nothing more comes. */
VOUCH_MUST int crl_pem_end(struct crl_pem *p, const struct crl_pem_sink *sink, void *arg, vouch_err *err);

#endif
