/* SPDX-License-Identifier: Apache-2.0 */
/* Counting with serial numbers. */
#include "bench/serial.h"

#include "base/err.h"
#include "base/span.h"

static bool
is_countable(vouch_span serial)
{
	return serial.len > 0 && serial.len <= BENCH_SERIAL_MAX && serial.data[0] < 0x80;
}

/* The octet of this place from the right; zeros stand before a number. */
static unsigned
octet_at(vouch_span serial, size_t place)
{
	return place < serial.len ? serial.data[serial.len - 1 - place] : 0;
}

int
bench_serial_count(vouch_span first, vouch_span last, uint64_t *out, vouch_err *err)
{
	uint64_t difference = 0;
	unsigned borrow = 0;
	bool is_large = false;

	if (!is_countable(first) || !is_countable(last))
		return err_set(err, VOUCH_EINVAL, "serial numbers of a range are not negative");
	for (size_t place = 0; place < first.len || place < last.len; place++) {
		unsigned octet = 256 + octet_at(last, place) - octet_at(first, place) - borrow;
		borrow = octet < 256;
		if (place < sizeof(difference))
			difference |= (uint64_t)(octet & 255) << (8 * place);
		else
			is_large = is_large || (octet & 255) != 0;
	}
	if (borrow != 0)
		return err_set(err, VOUCH_EINVAL, "the last serial number of a range is below the first");
	if (is_large || difference >= BENCH_QUESTIONS_MAX)
		return err_set(err, VOUCH_EINVAL, "a range of more than 2^40 serial numbers");
	*out = difference + 1;
	return VOUCH_OK;
}

/* X.690 8.3.2: without the zeros that are not needed, with the one that is. */
vouch_span
bench_serial_at(vouch_span first, uint64_t number, uint8_t out[BENCH_SERIAL_MAX])
{
	size_t at = BENCH_SERIAL_MAX, place = 0;

	for (uint64_t carry = number; place < first.len || carry > 0; place++) {
		carry += octet_at(first, place);
		out[--at] = (uint8_t)carry;
		carry >>= 8;
	}
	if (out[at] >= 0x80)
		out[--at] = 0;
	return span_of(out + at, BENCH_SERIAL_MAX - at);
}
