/* SPDX-License-Identifier: Apache-2.0 */
/* The request vectors of tests/data/vectors.txt. */
#ifndef VECTORS_H
#define VECTORS_H

#include "base/span.h"

/* Appends the DER of "V01" ...; the test fails when there is no such line. */
void vector_load(const char *name, vouch_buf *out);

#endif
