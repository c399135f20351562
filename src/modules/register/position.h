/* SPDX-License-Identifier: Apache-2.0 */
/* Positions in a log of changes, as cursors hold them. */
#ifndef REGISTER_POSITION_H
#define REGISTER_POSITION_H

#include <vouch.h>

#define REGISTER_POSITION 8 /* octets, big-endian, so that octets in order are positions in order */

void register_position_write(uint8_t out[REGISTER_POSITION], int64_t position);
int64_t register_position_read(const uint8_t in[REGISTER_POSITION]);

#endif
