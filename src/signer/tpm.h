/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in a TPM 2.0: where a handle leads, and the provider that goes there. */
#ifndef SIGNER_TPM_H
#define SIGNER_TPM_H

#include "base/buf.h"
#include "base/err.h"

struct ossl_lib_ctx_st;

struct tpm {
	/* Has tpm2-openssl for this key alone, so with a connection of its own; NULL: openssl.cnf has set it up. */
	struct ossl_lib_ctx_st *context;
	vouch_buf location; /* for OSSL_STORE, with a NUL */
};

/* Does the URI name an object of a TPM ("handle:0x81000001")? */
bool tpm_has(const char *uri);
/* Connects to the TPM that TPM2OPENSSL_TCTI names, or the first that there is. */
VOUCH_MUST int tpm_open(struct tpm *out, const char *uri, bool has_passphrase, vouch_err *err);
/* Keys of the TPM must be freed before. */
void tpm_clear(struct tpm *tpm);

#endif
