/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions of the certificates that are made here. */
#ifndef PKI_EXTENSIONS_H
#define PKI_EXTENSIONS_H

#include <openssl/x509.h>

#include "pki/certificate.h"

/* issuer: x itself for a CA that signs itself.  x has its key and names. */
bool pki_extensions_add(X509 *x, const struct pki_template *t, const X509 *issuer);
/* The same as a wish, in a certificate request. */
bool pki_extensions_request(X509_REQ *req, const struct pki_template *t);

#endif
