/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A responder whose key is somewhere else: own_signer ca.pem ocsp.pem ocsp.key ADDRESS SERIAL...
 *
 * The library asks sign() for each signature.  Here it calls OpenSSL; yours calls the HSM, the cloud's key
 * service or the machine that has the key.  The certificates named on the command line are good.
 */
#include <sys/random.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <vouch_http.h>

#include "arguments.h"
#include "file.h"

/*
 * Signs the DER of a ResponseData and appends the value of the signature.  Several threads call it at a time,
 * so each call has a context of its own.  A failure makes the answer tryLater; its text is for your log.
 */
static int
sign(void *ctx, vouch_span tbs, vouch_buf *signature, vouch_err *err)
{
	EVP_PKEY *key = ctx;
	uint8_t value[1024]; /* RSA with 8192 bits */
	size_t len = sizeof(value);
	int code = VOUCH_ECRYPTO;

	EVP_MD_CTX *md = EVP_MD_CTX_new();
	if (md != NULL && EVP_DigestSignInit(md, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(md, value, &len, tbs.data, tbs.len) == 1)
		code = vouch_buf_append(signature, value, len);
	else
		snprintf(err->msg, sizeof(err->msg), "the key did not sign");
	EVP_MD_CTX_free(md);
	return code;
}

/* The name that the answers give the algorithm of sign(). */
static const char *
algorithm(const EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "RSA") ? "rsa-sha256" : "ecdsa-sha256";
}

static EVP_PKEY *
read_key(const char *path, vouch_err *err)
{
	EVP_PKEY *key = NULL;

	FILE *file = fopen(path, "rb");
	if (file != NULL) {
		key = PEM_read_PrivateKey(file, NULL, NULL, NULL);
		fclose(file);
	}
	if (key == NULL)
		snprintf(err->msg, sizeof(err->msg), "%s: no private key", path);
	return key;
}

static void
started(void *arg, vouch_http *http)
{
	(void)arg;
	printf("listening on %s\n", vouch_http_address(http, 0));
	fflush(stdout);
}

/* Makes a signer of sign(), an issuer with it and our source, a responder of the issuer, and serves. */
static int
serve(char **argv, EVP_PKEY *private_key, vouch_span ca, vouch_span ocsp, vouch_err *err)
{
	vouch_signer *signer = NULL;
	vouch_issuer *issuer = NULL;
	vouch_source *source = NULL;
	vouch_responder_options options = { .size = sizeof(options) };
	vouch_signer_options key = {
		.size = sizeof(key),
		.certificate = ocsp,
		.algorithm = algorithm(private_key),
		.sign = sign,
		.sign_ctx = private_key,
	};
	vouch_http_options http = { .size = sizeof(http), .address_count = 1 };

	http.addresses = (const char *const *)&argv[4];
	int result = getentropy(options.key, sizeof(options.key)) != 0 ||
	    vouch_signer_open(&signer, &key, err) != 0 || vouch_issuer_new(&issuer, ca, NULL, err) != 0 ||
	    vouch_issuer_add_signer(issuer, signer, 0, err) != 0 ||
	    vouch_source_new(&source, &arguments_source, &argv[5], err) != 0 ||
	    vouch_issuer_add_source(issuer, source, 0, err) != 0 ||
	    vouch_responder_new(&http.responder, &options, err) != 0 ||
	    vouch_responder_add(http.responder, issuer, "/", err) != 0 ||
	    vouch_http_serve(&http, started, NULL, err) != 0;
	/* Each has taken a reference of its own to what it was given: here we drop ours. */
	vouch_responder_free(http.responder);
	vouch_issuer_free(issuer);
	vouch_source_free(source);
	vouch_signer_free(signer);
	return result;
}

int
main(int argc, char **argv)
{
	vouch_err err = { 0 };
	vouch_buf ca = { 0 }, ocsp = { 0 };
	int result = 1;

	if (argc < 5) {
		fprintf(stderr, "usage: own_signer ca.pem ocsp.pem ocsp.key ADDRESS SERIAL...\n");
		return 2;
	}
	EVP_PKEY *private_key = read_key(argv[3], &err);
	if (private_key != NULL && file_read(argv[1], &ca, &err) == 0 && file_read(argv[2], &ocsp, &err) == 0)
		result = serve(argv, private_key, span(&ca), span(&ocsp), &err);
	if (result != 0)
		failed(&err);
	vouch_buf_free(&ca);
	vouch_buf_free(&ocsp);
	EVP_PKEY_free(private_key);
	return result;
}
