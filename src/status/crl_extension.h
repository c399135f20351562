/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions of a CRL and of its entries (RFC 5280 5.2, 5.3). */
#ifndef STATUS_CRL_EXTENSION_H
#define STATUS_CRL_EXTENSION_H

#include "der/reader.h"
#include "status/crl_list.h"

struct crl_entry_extensions {
	uint8_t reason; /* enum vouch_reason; unspecified is none */
	vouch_time invalidity_date;
	vouch_span certificate_issuer; /* a Name; empty: there is none */
};

/* crlExtensions, with its [0], into a list whose issuer is known. */
VOUCH_MUST int crl_read_extensions(vouch_span element, struct crl_list *list, vouch_err *err);
/* crlEntryExtensions; what is wrong sticks to the reader. */
void crl_read_entry_extensions(struct der_reader *entry, struct crl_entry_extensions *out);

/* The names of a DistributionPointName, of which the reader reads the content; relative ones are made whole. */
VOUCH_MUST int crl_read_point(struct der_reader *name, vouch_span crl_issuer, vouch_buf *out, vouch_err *err);

/* One Extension. */
struct crl_extension {
	vouch_span oid, value;
	bool is_critical;
	const uint8_t *at;
};

/* False at the end, and when it is damaged, which sticks. */
bool crl_next_extension(struct der_reader *extensions, struct crl_extension *out);

#endif
