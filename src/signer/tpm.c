/* SPDX-License-Identifier: Apache-2.0 */
/* Keys in a TPM 2.0: where a handle leads, and the provider that goes there. */
#include "signer/tpm.h"

#include <openssl/crypto.h>
#include <string.h>

#include "signer/provider.h"

#define SCHEME "handle"

static const struct provider tpm2 = { SCHEME, "provider for TPMs, tpm2 (package tpm2-openssl)" };

static const char configuration[] = "openssl_conf = start\n"
				    "[start]\nproviders = all\n"
				    "[all]\ndefault = plain\ntpm2 = tpm\n"
				    "[plain]\nactivate = 1\n"
				    "[tpm]\nactivate = 1\n";

bool
tpm_has(const char *uri)
{
	return strncmp(uri, SCHEME ":", sizeof(SCHEME)) == 0;
}

/* The provider asks for the key's authorisation only if the URI says that there is one. */
static int
write_location(vouch_buf *out, const char *uri, bool has_passphrase)
{
	int code = buf_append_string(out, uri);

	if (code == VOUCH_OK && has_passphrase && strchr(uri, '?') == NULL)
		code = buf_append_string(out, "?pass");
	return code == VOUCH_OK ? vouch_buf_append(out, "", 1) : code;
}

int
tpm_open(struct tpm *out, const char *uri, bool has_passphrase, vouch_err *err)
{
	struct tpm tpm = { 0 };
	int code = VOUCH_OK;

	/* Whoever has set up the provider in openssl.cnf has connected it already; some TPMs take one connection. */
	if (!provider_is_there(&tpm2, NULL))
		code = provider_context_new(&tpm.context, &tpm2, SPAN_LITERAL(configuration), err);
	if (code == VOUCH_OK && write_location(&tpm.location, uri, has_passphrase) != VOUCH_OK)
		code = err_nomem(err);
	if (code != VOUCH_OK)
		tpm_clear(&tpm);
	else
		*out = tpm;
	return code;
}

void
tpm_clear(struct tpm *tpm)
{
	OSSL_LIB_CTX_free(tpm->context);
	vouch_buf_free(&tpm->location);
	*tpm = (struct tpm){ 0 };
}
