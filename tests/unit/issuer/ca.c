/* SPDX-License-Identifier: Apache-2.0 */
/* Issuers, signers and sources for tests of the issuer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "ca.h"

#include <openssl/pem.h>
#include <stdlib.h>

vouch_issuer *
ca_issuer(EVP_PKEY *key, const vouch_issuer_options *options)
{
	vouch_buf der = authority_certificate(
	    &(struct recipe){ .subject = "CN=CA", .key = key, .extensions = { AUTHORITY_CA_EXTENSIONS } });
	vouch_issuer *issuer = NULL;
	vouch_err err;

	if (vouch_issuer_new(&issuer, span_buf(&der), options, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	vouch_buf_free(&der);
	return issuer;
}

vouch_signer *
ca_signer(const struct recipe *recipe, const char *algorithm)
{
	char path[] = "/tmp/vouch-issuer-XXXXXX";
	vouch_buf der = authority_certificate(recipe);
	vouch_signer *signer = NULL;
	vouch_err err;

	int fd = mkstemp(path);
	assert_true(fd >= 0);
	FILE *out = fdopen(fd, "wb");
	assert_int_equal(PEM_write_PrivateKey(out, recipe->key, NULL, NULL, 0, NULL, NULL), 1);
	fclose(out);
	vouch_signer_options options = { .size = sizeof(options),
		.certificate = span_buf(&der),
		.key = path,
		.algorithm = algorithm };
	if (vouch_signer_open(&signer, &options, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	unlink(path);
	vouch_buf_free(&der);
	return signer;
}
