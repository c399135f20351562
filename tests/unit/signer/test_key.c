/* SPDX-License-Identifier: Apache-2.0 */
/* Private keys out of files: every form that is in use, and what goes wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>
#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include "authority.h"
#include "signer/key.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct place {
	char before[512], directory[64];
	EVP_PKEY *key, *other;
	struct crypto_cert cert;
};

static int
make_place(void **state)
{
	static struct place place = { .directory = "/tmp/vouch-key-XXXXXX" };
	vouch_err err = { 0 };

	place.key = authority_key("p256");
	place.other = authority_key("p256");
	vouch_buf der = authority_certificate(&(struct recipe){ .key = place.key });
	assert_int_equal(crypto_cert_parse(&place.cert, span_buf(&der), &err), VOUCH_OK);
	vouch_buf_free(&der);
	assert_non_null(getcwd(place.before, sizeof(place.before)));
	assert_non_null(mkdtemp(place.directory));
	assert_int_equal(chdir(place.directory), 0);
	*state = &place;
	return 0;
}

static int
free_place(void **state)
{
	struct place *place = *state;
	char command[128];

	crypto_cert_clear(&place->cert);
	EVP_PKEY_free(place->key);
	EVP_PKEY_free(place->other);
	assert_int_equal(chdir(place->before), 0);
	snprintf(command, sizeof(command), "rm -r '%s'", place->directory);
	return system(command);
}

static FILE *
create(const char *path)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	return out;
}

static void
write_pkcs8(const char *path, EVP_PKEY *key, const char *passphrase)
{
	FILE *out = create(path);
	const EVP_CIPHER *cipher = passphrase != NULL ? EVP_aes_256_cbc() : NULL;

	assert_int_equal(PEM_write_PKCS8PrivateKey(out, key, cipher, passphrase,
			     passphrase != NULL ? (int)strlen(passphrase) : 0, NULL, NULL),
	    1);
	fclose(out);
}

static void
write_text(const char *path, const char *text)
{
	FILE *out = create(path);

	fputs(text, out);
	fclose(out);
}

static void
assert_loads(const struct place *place, const char *uri, const char *passphrase)
{
	EVP_PKEY *key = NULL;
	vouch_err err = { 0 };

	if (signer_key_load(&key, uri, span_string(passphrase), &place->cert, &err) != VOUCH_OK)
		fail_msg("%s: %s", uri, err.msg);
	assert_int_equal(EVP_PKEY_eq(key, place->key), 1);
	EVP_PKEY_free(key);
}

static void
assert_refused(const struct place *place, const char *uri, const char *passphrase, const char *message)
{
	EVP_PKEY *key = NULL;
	vouch_err err = { 0 };
	int code = signer_key_load(&key, uri, span_string(passphrase), &place->cert, &err);

	assert_null(key);
	assert_int_equal(code, err.code);
	if (code == VOUCH_OK || strstr(err.msg, message) == NULL || strstr(err.msg, uri) == NULL)
		fail_msg("%s: %d %s", uri, code, err.msg);
}

static void
a_plain_key_loads_from_any_spelling_of_its_path(void **state)
{
	struct place *place = *state;
	char absolute[256], uri[512];

	write_pkcs8("plain.key", place->key, NULL);
	write_pkcs8("a:b.key", place->key, NULL);
	write_pkcs8("pkcs11:odd", place->key, NULL);
	write_pkcs8("a name with blanks and \xc3\xa9.key", place->key, NULL);
	assert_int_equal(mkdir("http:", 0700), 0);
	write_pkcs8("http://key", place->key, NULL);
	assert_loads(place, "plain.key", "");
	assert_loads(place, "./plain.key", "");
	assert_loads(place, "file:plain.key", "");
	assert_loads(place, "a:b.key", "");
	assert_loads(place, "pkcs11:odd", "");
	assert_loads(place, "http://key", "");
	assert_loads(place, "a name with blanks and \xc3\xa9.key", "");
	snprintf(absolute, sizeof(absolute), "%s/plain.key", place->directory);
	assert_loads(place, absolute, "");
	snprintf(uri, sizeof(uri), "file:%s", absolute);
	assert_loads(place, uri, "");
	snprintf(uri, sizeof(uri), "file://%s", absolute);
	assert_loads(place, uri, "");
	snprintf(uri, sizeof(uri), "file://localhost%s", absolute);
	assert_loads(place, uri, "");
}

static void
every_form_of_file_loads(void **state)
{
	struct place *place = *state;
	FILE *out = create("pkcs8.der");

	assert_int_equal(i2d_PKCS8PrivateKeyInfo_fp(out, place->key), 1);
	fclose(out);
	out = create("traditional.pem");
	BIO *bio = BIO_new_fp(out, BIO_NOCLOSE);
	assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, place->key, NULL, NULL, 0, NULL, NULL), 1);
	BIO_free(bio);
	fclose(out);
	out = create("traditional.der");
	assert_int_equal(i2d_PrivateKey_fp(out, place->key), 1);
	fclose(out);
	assert_loads(place, "pkcs8.der", "");
	assert_loads(place, "traditional.pem", "");
	assert_loads(place, "traditional.der", "");
	assert_loads(place, "traditional.der", "an unneeded passphrase");
}

/* "openssl ecparam -genkey" puts the curve in front of the key, for which the store yields nothing once. */
static void
parameters_in_front_of_a_key_are_passed_over(void **state)
{
	struct place *place = *state;
	FILE *out = create("ecparam.pem");

	fputs("-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n", out);
	BIO *bio = BIO_new_fp(out, BIO_NOCLOSE);
	assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, place->key, NULL, NULL, 0, NULL, NULL), 1);
	BIO_free(bio);
	fclose(out);
	assert_loads(place, "ecparam.pem", "");
}

static void
the_key_that_fits_is_found_among_certificates_and_other_keys(void **state)
{
	struct place *place = *state;
	vouch_buf pem = { 0 };
	FILE *out = create("bundle.pem");

	authority_pem(&pem, "CERTIFICATE", span_buf(&place->cert.der));
	fwrite(pem.data, 1, pem.len, out);
	assert_int_equal(PEM_write_PrivateKey(out, place->other, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(PEM_write_PrivateKey(out, place->key, NULL, NULL, 0, NULL, NULL), 1);
	fwrite(pem.data, 1, pem.len, out);
	fclose(out);
	vouch_buf_free(&pem);
	assert_loads(place, "bundle.pem", "");
}

static void
an_encrypted_key_wants_its_passphrase_and_never_prompts(void **state)
{
	struct place *place = *state;

	write_pkcs8("encrypted.key", place->key, "open sesame");
	FILE *out = create("traditional-encrypted.key");
	BIO *bio = BIO_new_fp(out, BIO_NOCLOSE);
	assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, place->key, EVP_aes_128_cbc(),
			     (const unsigned char *)"open sesame", 11, NULL, NULL),
	    1);
	BIO_free(bio);
	fclose(out);
	static const char *const files[] = { "encrypted.key", "traditional-encrypted.key" };
	for (size_t i = 0; i < COUNT(files); i++) {
		assert_loads(place, files[i], "open sesame");
		assert_refused(place, files[i], "", "encrypted and there is no passphrase");
		assert_refused(place, files[i], "open barley", "the passphrase does not open the key");
	}
}

static void
a_pkcs_12_file_loads_with_its_passphrase(void **state)
{
	struct place *place = *state;
	const uint8_t *at = place->cert.der.data;
	X509 *cert = d2i_X509(NULL, &at, (long)place->cert.der.len);
	PKCS12 *p12 = PKCS12_create("open sesame", "signer", place->key, cert, NULL, 0, 0, 0, 0, 0);
	FILE *out = create("signer.p12");

	assert_int_equal(i2d_PKCS12_fp(out, p12), 1);
	fclose(out);
	PKCS12_free(p12);
	X509_free(cert);
	assert_loads(place, "signer.p12", "open sesame");
	assert_refused(place, "signer.p12", "", "passphrase");
	assert_refused(place, "signer.p12", "open barley", "the passphrase does not open the key");
}

static void
what_is_no_key_is_refused_with_its_path(void **state)
{
	struct place *place = *state;
	vouch_buf pem = { 0 };

	authority_pem(&pem, "CERTIFICATE", span_buf(&place->cert.der));
	assert_int_equal(vouch_buf_append(&pem, "", 1), VOUCH_OK);
	write_text("cert.pem", (const char *)pem.data);
	vouch_buf_free(&pem);
	write_text("empty", "");
	write_text("words", "certainly no key\n");
	write_text("cut", "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg\n");
	write_pkcs8("secret.key", place->key, NULL);
	assert_int_equal(mkdir("directory", 0700), 0);
	assert_refused(place, "missing.key", "", "No such file");
	assert_refused(place, "file:missing.key", "", "missing.key");
	assert_refused(place, "directory", "", "Is a directory");
	assert_refused(place, "cert.pem", "", "holds no private key");
	assert_refused(place, "empty", "", "holds no private key");
	assert_refused(place, "words", "", "holds no private key");
	assert_refused(place, "cut", "", "holds no private key");
	assert_refused(place, "nosuchscheme:object=x", "", "cannot be opened");
	assert_refused(place, "", "", "No such file");
	if (geteuid() != 0) {
		assert_int_equal(chmod("secret.key", 0), 0);
		assert_refused(place, "secret.key", "", "Permission denied");
	}
}

static void
a_key_of_another_certificate_is_refused(void **state)
{
	struct place *place = *state;
	EVP_PKEY *ed25519 = authority_key("ed25519");

	write_pkcs8("other.key", place->other, NULL);
	write_pkcs8("ed25519.key", ed25519, NULL);
	assert_refused(place, "other.key", "", "does not belong to the certificate");
	assert_refused(place, "ed25519.key", "", "does not belong to the certificate");
	EVP_PKEY_free(ed25519);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_key_loads_from_any_spelling_of_its_path),
		cmocka_unit_test(every_form_of_file_loads),
		cmocka_unit_test(parameters_in_front_of_a_key_are_passed_over),
		cmocka_unit_test(the_key_that_fits_is_found_among_certificates_and_other_keys),
		cmocka_unit_test(an_encrypted_key_wants_its_passphrase_and_never_prompts),
		cmocka_unit_test(a_pkcs_12_file_loads_with_its_passphrase),
		cmocka_unit_test(what_is_no_key_is_refused_with_its_path),
		cmocka_unit_test(a_key_of_another_certificate_is_refused),
	};
	return cmocka_run_group_tests(tests, make_place, free_place);
}
