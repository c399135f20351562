/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict DER in.  A reader is a cursor over the elements of one constructed value.  All readers of a message share one vouch_err, in
 * which the first failure sticks with its offset from the start of the message; from then on every reader yields empty spans and zeros.
 * So a parser is a straight list of fields in the order of the ASN.1, checked once, with der_finish().
 */
#ifndef DER_READER_H
#define DER_READER_H

#include "base/err.h"
#include "base/span.h"
#include "der/tag.h"

struct der_reader {
	const uint8_t *next, *end;
	const uint8_t *start; /* of the message: offsets count from here */
	vouch_err *err;
};

/*
 * A reader of a message.  err is not cleared, so that a failure in an earlier reader of the same err still counts: whoever begins hands
 * in a clean one (err_or).
 */
struct der_reader der_reader_init(vouch_span der, vouch_err *err);
/* A reader of octets within the message that r reads (the content of an OCTET STRING); they share their fate. */
struct der_reader der_inside(const struct der_reader *r, vouch_span content);
/* Sets the error at a place in the message, unless there is one already.  Returns the code that stands. */
int der_fail(const struct der_reader *r, int code, const uint8_t *at, const char *format, ...)
    VOUCH_PRINTF(4, 5);
/* Nothing may be left.  The code of the whole message so far. */
VOUCH_MUST int der_finish(const struct der_reader *r);
/* The same for a part of the message, whose failure sticks. */
void der_leave(const struct der_reader *r);

static inline bool
der_failed(const struct der_reader *r)
{
	return r->err->code != VOUCH_OK;
}

/* True when there is another element, and no failure. */
static inline bool
der_more(const struct der_reader *r)
{
	return !der_failed(r) && r->next != r->end;
}

/* True when the next element is there and has this tag. */
static inline bool
der_next_is(const struct der_reader *r, uint8_t tag)
{
	return der_more(r) && *r->next == tag;
}

/* The whole next element, of any tag. */
vouch_span der_element(struct der_reader *r);
/* The whole next element, which must have this tag. */
vouch_span der_element_of(struct der_reader *r, uint8_t tag);
/* The content of the next element, which must have this tag. */
vouch_span der_read(struct der_reader *r, uint8_t tag);
/* A reader of the content of the next element, which must have this tag. */
struct der_reader der_enter(struct der_reader *r, uint8_t tag);
/* Passes over the next element, if there is no failure. */
void der_skip(struct der_reader *r);
/* The content octets of an element that a reader yielded whole. */
vouch_span der_content(vouch_span element);

/* The content of an INTEGER: two's complement, minimal (X.690 8.3.2). */
vouch_span der_integer(struct der_reader *r);
/* The same, not negative; a leading zero octet stays. */
vouch_span der_unsigned(struct der_reader *r);
/* The value of an INTEGER from 0 to max. */
uint32_t der_small(struct der_reader *r, uint32_t max);
uint32_t der_enumerated(struct der_reader *r, uint32_t max);
/* 0x00 or 0xff.  An encoded DEFAULT is no DER, but that is for the caller to refuse. */
bool der_boolean(struct der_reader *r);
void der_null(struct der_reader *r);
/* The content of an OBJECT IDENTIFIER. */
vouch_span der_oid(struct der_reader *r);
/* The octets of a BIT STRING.  Unused bits (NULL: there must be none) are zero (X.690 11.2.1). */
vouch_span der_bit_string(struct der_reader *r, unsigned *unused);
/* YYYYMMDDHHMMSSZ, the only form that RFC 5280 4.1.2.5.2 allows. */
vouch_time der_generalized_time(struct der_reader *r);
/* YYMMDDHHMMSSZ; years 50 to 99 are of the twentieth century (RFC 5280 4.1.2.5.1). */
vouch_time der_utc_time(struct der_reader *r);
/* Time ::= CHOICE { utcTime, generalTime } (RFC 5280 4.1). */
vouch_time der_time(struct der_reader *r);

/* AlgorithmIdentifier ::= SEQUENCE { OID, parameters ANY OPTIONAL } (RFC 5280 4.1.1.2), the whole element. */
vouch_span der_algorithm_identifier(struct der_reader *r);

#endif
