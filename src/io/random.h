/* SPDX-License-Identifier: Apache-2.0 */
/* Random octets of the kernel, for keys of tables and for nonces. */
#ifndef IO_RANDOM_H
#define IO_RANDOM_H

#include <vouch.h>

VOUCH_MUST int io_random(void *out, size_t len, vouch_err *err);

#endif
