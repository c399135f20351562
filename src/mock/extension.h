/* SPDX-License-Identifier: Apache-2.0 */
/* An extension that nobody knows. */
#ifndef MOCK_EXTENSION_H
#define MOCK_EXTENSION_H

#include "base/buf.h"
#include "base/err.h"

/* Appends one whose OID is an example's (RFC 5612), with so many octets in its OCTET STRING. */
VOUCH_MUST int mock_extension_write(vouch_buf *out, bool critical, size_t octets, vouch_err *err);

#endif
