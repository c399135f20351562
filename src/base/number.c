/* SPDX-License-Identifier: Apache-2.0 */
/* Decimal numbers in text. */
#include "base/number.h"

#define DIGITS_MAX 20 /* of UINT64_MAX */

bool
number_parse(vouch_span text, uint64_t max, uint64_t *out)
{
	uint64_t value = 0;

	if (text.len == 0 || text.len > DIGITS_MAX)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		unsigned digit = text.data[i] - (unsigned)'0';
		if (digit > 9 || value > UINT64_MAX / 10 || value * 10 > UINT64_MAX - digit)
			return false;
		value = value * 10 + digit;
	}
	if (value > max)
		return false;
	*out = value;
	return true;
}
