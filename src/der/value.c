/* SPDX-License-Identifier: Apache-2.0 */
/* Strict DER in: values of the primitive types. */
#include "base/date.h"
#include "der/reader.h"

static vouch_span
fail_value(const struct der_reader *r, const uint8_t *at, const char *what)
{
	der_fail(r, VOUCH_EPARSE, at, "%s", what);
	return (vouch_span){ NULL, 0 };
}

static vouch_span
integer_of(struct der_reader *r, uint8_t tag)
{
	const uint8_t *at = r->next;
	vouch_span v = der_read(r, tag);

	if (der_failed(r))
		return v;
	if (v.len == 0)
		return fail_value(r, at, "INTEGER without content");
	/* X.690 8.3.2: the first nine bits are not all alike. */
	if (v.len > 1 && ((v.data[0] == 0 && v.data[1] < 0x80) || (v.data[0] == 0xff && v.data[1] >= 0x80)))
		return fail_value(r, at, "INTEGER is not encoded in the fewest octets");
	return v;
}

vouch_span
der_integer(struct der_reader *r)
{
	return integer_of(r, DER_INTEGER);
}

vouch_span
der_unsigned(struct der_reader *r)
{
	const uint8_t *at = r->next;
	vouch_span v = integer_of(r, DER_INTEGER);

	if (v.len > 0 && v.data[0] >= 0x80)
		return fail_value(r, at, "INTEGER is negative");
	return v;
}

static uint32_t
small_of(struct der_reader *r, uint8_t tag, uint32_t max)
{
	const uint8_t *at = r->next;
	vouch_span v = integer_of(r, tag);
	uint64_t value = 0;

	if (der_failed(r) || v.len == 0)
		return 0;
	for (size_t i = 0; i < v.len && i < 6; i++)
		value = value << 8 | v.data[i];
	if (v.data[0] < 0x80 && v.len <= 5 && value <= max)
		return (uint32_t)value;
	der_fail(r, VOUCH_EPARSE, at, "number is not from 0 to %u", (unsigned)max);
	return 0;
}

uint32_t
der_small(struct der_reader *r, uint32_t max)
{
	return small_of(r, DER_INTEGER, max);
}

uint32_t
der_enumerated(struct der_reader *r, uint32_t max)
{
	return small_of(r, DER_ENUMERATED, max);
}

bool
der_boolean(struct der_reader *r)
{
	const uint8_t *at = r->next;
	vouch_span v = der_read(r, DER_BOOLEAN);

	if (der_failed(r))
		return false;
	if (v.len == 1 && (v.data[0] == 0 || v.data[0] == 0xff))
		return v.data[0] != 0;
	fail_value(r, at, "BOOLEAN is neither 00 nor ff");
	return false;
}

void
der_null(struct der_reader *r)
{
	const uint8_t *at = r->next;

	if (der_read(r, DER_NULL).len != 0)
		fail_value(r, at, "NULL with content");
}

vouch_span
der_oid(struct der_reader *r)
{
	const uint8_t *at = r->next;
	vouch_span v = der_read(r, DER_OID);

	if (der_failed(r))
		return v;
	if (v.len == 0 || v.data[v.len - 1] >= 0x80)
		return fail_value(r, at, "OBJECT IDENTIFIER ends within an arc");
	/* X.690 8.19.2: an arc does not begin with seven zero bits. */
	for (size_t i = 0; i < v.len; i++)
		if (v.data[i] == 0x80 && (i == 0 || v.data[i - 1] < 0x80))
			return fail_value(r, at,
			    "arc of an OBJECT IDENTIFIER is not encoded in the fewest octets");
	return v;
}

vouch_span
der_bit_string(struct der_reader *r, unsigned *unused)
{
	const uint8_t *at = r->next;
	vouch_span v = der_read(r, DER_BIT_STRING);

	if (unused != NULL)
		*unused = 0;
	if (der_failed(r))
		return v;
	if (v.len == 0)
		return fail_value(r, at, "BIT STRING without content");
	unsigned count = v.data[0];
	if (count > 7 || (count != 0 && (v.len == 1 || (v.data[v.len - 1] & ((1u << count) - 1)) != 0)))
		return fail_value(r, at, "BIT STRING with unused bits that are not zero");
	if (count != 0 && unused == NULL)
		return fail_value(r, at, "BIT STRING does not end with an octet");
	if (unused != NULL)
		*unused = count;
	return span_of(v.data + 1, v.len - 1);
}

/* Two digits of text already known to be there; -1 if they are none. */
static int
two_digits(const uint8_t *p)
{
	unsigned a = p[0] - (unsigned)'0', b = p[1] - (unsigned)'0';

	return a > 9 || b > 9 ? -1 : (int)(a * 10 + b);
}

/* MMDDHHMMSSZ */
static vouch_time
time_of(const struct der_reader *r, const uint8_t *at, int year, const uint8_t *p)
{
	struct date d = { year, two_digits(p), two_digits(p + 2), two_digits(p + 4), two_digits(p + 6),
		two_digits(p + 8) };
	vouch_time time = p[10] == 'Z' ? date_to_time(&d) : VOUCH_TIME_ABSENT;

	if (time == VOUCH_TIME_ABSENT)
		der_fail(r, VOUCH_EPARSE, at, "not a date and time that ends in seconds and Z");
	return time;
}

vouch_time
der_generalized_time(struct der_reader *r)
{
	const uint8_t *at = r->next;
	vouch_span v = der_read(r, DER_GENERALIZED_TIME);

	if (der_failed(r))
		return VOUCH_TIME_ABSENT;
	if (v.len != 15) {
		der_fail(r, VOUCH_EPARSE, at, "GeneralizedTime is not YYYYMMDDHHMMSSZ");
		return VOUCH_TIME_ABSENT;
	}
	int century = two_digits(v.data), year = two_digits(v.data + 2);
	return time_of(r, at, century < 0 || year < 0 ? -1 : century * 100 + year, v.data + 4);
}

vouch_time
der_utc_time(struct der_reader *r)
{
	const uint8_t *at = r->next;
	vouch_span v = der_read(r, DER_UTC_TIME);

	if (der_failed(r))
		return VOUCH_TIME_ABSENT;
	if (v.len != 13) {
		der_fail(r, VOUCH_EPARSE, at, "UTCTime is not YYMMDDHHMMSSZ");
		return VOUCH_TIME_ABSENT;
	}
	int year = two_digits(v.data);
	return time_of(r, at, year < 0 ? -1 : year + (year < 50 ? 2000 : 1900), v.data + 2);
}

vouch_time
der_time(struct der_reader *r)
{
	return der_next_is(r, DER_UTC_TIME) ? der_utc_time(r) : der_generalized_time(r);
}

vouch_span
der_algorithm_identifier(struct der_reader *r)
{
	const uint8_t *start = r->next;
	struct der_reader algorithm = der_enter(r, DER_SEQUENCE);

	(void)der_oid(&algorithm);
	if (der_more(&algorithm))
		der_skip(&algorithm);
	der_leave(&algorithm);
	return span_of(start, (size_t)(r->next - start));
}
