/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions of a certificate (RFC 5280 4.2) that a responder heeds. */
#ifndef CRYPTO_CERT_EXTENSION_H
#define CRYPTO_CERT_EXTENSION_H

#include "crypto/cert.h"
#include "der/reader.h"

/* Reads the content of Extensions to its end; the error sticks to the reader. */
void crypto_cert_read_extensions(struct der_reader *extensions, struct crypto_cert *out);

#endif
