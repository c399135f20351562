/* SPDX-License-Identifier: Apache-2.0 */
/* Signers for tests. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "issued_signer.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/span.h"

vouch_signer *
signer_from_pem(vouch_span certificate, vouch_span key_pem)
{
	char path[] = "/tmp/vouch-test-key-XXXXXX";
	vouch_signer *signer;
	vouch_err err = { 0 };
	int fd = mkstemp(path);

	assert_true(fd >= 0 && write(fd, key_pem.data, key_pem.len) == (ssize_t)key_pem.len);
	close(fd);
	vouch_signer_options options = { .size = sizeof(options), .certificate = certificate, .key = path };
	assert_int_equal(vouch_signer_open(&signer, &options, &err), VOUCH_OK);
	unlink(path);
	return signer;
}

vouch_signer *
issued_signer(const struct pki_ca *ca, const struct pki_template *t)
{
	struct evp_pkey_st *key;
	vouch_buf pem = { 0 }, key_pem = { 0 };
	vouch_err err = { 0 };

	assert_int_equal(pki_key_new(&key, "p-256", &err), VOUCH_OK);
	assert_int_equal(pki_issue(ca, t, key, &pem, &err), VOUCH_OK);
	assert_int_equal(pki_key_write(key, &key_pem, &err), VOUCH_OK);
	vouch_signer *signer = signer_from_pem(span_buf(&pem), span_buf(&key_pem));
	pki_key_free(key);
	vouch_buf_free(&pem);
	vouch_buf_free(&key_pem);
	return signer;
}
