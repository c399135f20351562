/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 (RFC 3629), strict: what files, peers and command lines call text need not be any. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stddef.h>

/* Octets of the character that text (ended by a NUL) begins with, 1 to 4; 0: it begins with none. */
size_t utf8_length(const char *text);

#endif
