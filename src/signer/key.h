/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys, out of files and out of whatever else an OpenSSL store loads. */
#ifndef SIGNER_KEY_H
#define SIGNER_KEY_H

#include "crypto/cert.h"

/*
 * The private key at uri (a path or a store's URI) that belongs to the certificate.  Never prompts; an
 * error names the path.  passphrase may be empty.
 */
VOUCH_MUST int signer_key_load(struct evp_pkey_st **out, const char *uri, vouch_span passphrase,
    const struct crypto_cert *cert, vouch_err *err);
/* The same out of PEM or DER octets; an error calls them "key_octets". */
VOUCH_MUST int signer_key_decode(struct evp_pkey_st **out, vouch_span octets, vouch_span passphrase,
    const struct crypto_cert *cert, vouch_err *err);

#endif
