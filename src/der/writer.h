/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DER out, in the order of the ASN.1.  Lengths are filled in when a constructed value ends.  The first failure sticks; der_writer_finish()
 * tells it and takes back what was written.
 */
#ifndef DER_WRITER_H
#define DER_WRITER_H

#include "base/err.h"
#include "base/span.h"
#include "der/tag.h"

struct der_writer {
	vouch_buf *out;
	size_t start; /* where out ended before */
	int code;
	const char *failure;
};

/* Appends to out, which holds nothing that the writer may not move. */
struct der_writer der_writer_init(vouch_buf *out);
/* VOUCH_OK, or the first failure: then out is what it was before. */
VOUCH_MUST int der_writer_finish(struct der_writer *w, vouch_err *err);
/* The promise that text is static. */
void der_writer_fail(struct der_writer *w, int code, const char *failure);

/* Opens a constructed value; give what it returns to der_end(). */
VOUCH_MUST size_t der_begin(struct der_writer *w, uint8_t tag);
void der_end(struct der_writer *w, size_t mark);

void der_put(struct der_writer *w, uint8_t tag, vouch_span content);
/* Elements that are DER already. */
void der_put_raw(struct der_writer *w, vouch_span elements);
/* content: two's complement, minimal, as der_integer() yields it. */
void der_put_integer(struct der_writer *w, vouch_span content);
void der_put_small(struct der_writer *w, uint32_t value);
void der_put_enumerated(struct der_writer *w, uint32_t value);
void der_put_boolean(struct der_writer *w, bool value);
void der_put_null(struct der_writer *w);
void der_put_oid(struct der_writer *w, vouch_span oid);
/* Whole octets. */
void der_put_bit_string(struct der_writer *w, vouch_span octets);
/* Years 1 to 9999; anything else, VOUCH_TIME_ABSENT included, fails. */
void der_put_generalized_time(struct der_writer *w, vouch_time time);

#endif
