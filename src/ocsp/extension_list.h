/* SPDX-License-Identifier: Apache-2.0 */
/* Extensions (RFC 5280 4.1): read one by one, each OID once, and written. */
#ifndef OCSP_EXTENSION_LIST_H
#define OCSP_EXTENSION_LIST_H

#include "der/reader.h"
#include "der/writer.h"
#include "ocsp/request.h"

struct ocsp_extension {
	vouch_span oid, value; /* content octets; the octets in extnValue */
	bool critical;
};

struct ocsp_extension_list {
	struct der_reader r;
	bool clean;
	size_t count;
	vouch_span oids[OCSP_EXTENSIONS_MAX]; /* only the first count are written */
};

/* Enters the SEQUENCE that r holds.  clean: an empty list and an encoded FALSE are failures. */
void ocsp_extension_list_enter(struct ocsp_extension_list *list, struct der_reader *r, bool clean);
/* The next one; false at the end and on failure, which sticks. */
bool ocsp_extension_list_next(struct ocsp_extension_list *list, struct ocsp_extension *out);

/*
 * Opens and closes an Extension that is not critical (E-03); the content of its extnValue is written in
 * between.
 */
struct ocsp_extension_marks {
	size_t extension, extn_value;
};
struct ocsp_extension_marks ocsp_extension_begin(struct der_writer *w, vouch_span oid);
void ocsp_extension_end(struct der_writer *w, struct ocsp_extension_marks marks);

#endif
