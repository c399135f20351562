/* SPDX-License-Identifier: Apache-2.0 */
/* Providers beside OpenSSL's own, which reach keys that are in no file. */
#include "signer/provider.h"

#include <limits.h>
#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/store.h>
#include <string.h>

#include "crypto/ossl.h"

bool
provider_is_there(const struct provider *provider, OSSL_LIB_CTX *context)
{
	OSSL_STORE_LOADER *loader = OSSL_STORE_LOADER_fetch(context, provider->scheme, NULL);

	OSSL_STORE_LOADER_free(loader);
	return loader != NULL;
}

/* Applied from memory: what is secret in it is in no file, and the process's own context stays as it is. */
static bool
configure(OSSL_LIB_CTX *context, vouch_span text)
{
	CONF *conf = NCONF_new_ex(context, NULL);
	BIO *input = text.len <= INT_MAX ? BIO_new_mem_buf(text.data, (int)text.len) : NULL;
	long line;

	OPENSSL_load_builtin_modules();
	bool done = conf != NULL && input != NULL && NCONF_load_bio(conf, input, &line) == 1 &&
	    CONF_modules_load(conf, NULL, 0) > 0;
	BIO_free(input);
	NCONF_free(conf);
	return done;
}

int
provider_context_new(OSSL_LIB_CTX **out, const struct provider *provider, vouch_span configuration,
    vouch_err *err)
{
	OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();

	if (context == NULL)
		return err_nomem(err);
	ERR_clear_error();
	if (!configure(context, configuration) || !provider_is_there(provider, context)) {
		/* What happened is told while whoever says it is there. */
		crypto_err(err, VOUCH_EIO, "OpenSSL's %s cannot be loaded", provider->what);
		OSSL_LIB_CTX_free(context);
		return err->code;
	}
	*out = context;
	return VOUCH_OK;
}

bool
provider_is_serial(const EVP_PKEY *key)
{
	const OSSL_PROVIDER *provider = EVP_PKEY_get0_provider(key);

	/* tpm2-openssl has one connection to the TPM for all threads, and nothing that guards it. */
	return provider != NULL && strcmp(OSSL_PROVIDER_get0_name(provider), "tpm2") == 0;
}
