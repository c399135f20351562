/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates of signers that are not what they should be, one row each. */
#ifndef MOCK_IMPOSTOR_H
#define MOCK_IMPOSTOR_H

#include "mock/cast.h"

struct mock_impostor_ca { /* who issues them */
	const struct crypto_cert *cert;
	struct evp_pkey_st *key; /* NULL: not known */
};

/* True when the role's certificate bears the CA's own signature. */
bool mock_impostor_needs_ca_key(enum mock_role role);
/* Makes a key and a certificate for a role beyond MOCK_CA_ITSELF. */
VOUCH_MUST int mock_impostor_make(enum mock_role role, const struct mock_impostor_ca *ca, vouch_time now,
    struct mock_signer *out, vouch_err *err);

#endif
