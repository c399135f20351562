/* SPDX-License-Identifier: Apache-2.0 */
/* Positions in a log of changes, as cursors hold them. */
#include "modules/register/position.h"

void
register_position_write(uint8_t out[REGISTER_POSITION], int64_t position)
{
	for (int i = 0; i < REGISTER_POSITION; i++)
		out[i] = (uint8_t)((uint64_t)position >> (56 - 8 * i));
}

int64_t
register_position_read(const uint8_t in[REGISTER_POSITION])
{
	uint64_t position = 0;

	for (int i = 0; i < REGISTER_POSITION; i++)
		position = position << 8 | in[i];
	return (int64_t)position;
}
