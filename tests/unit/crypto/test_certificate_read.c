/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates out of files of all kinds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "authority.h"
#include "crypto/cert.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

struct files {
	vouch_buf first, second; /* DER */
};

static int
make_files(void **state)
{
	static struct files files;
	EVP_PKEY *key = authority_key("p256");

	files.first = authority_certificate(&(struct recipe){ .key = key, .serial_number = 1 });
	files.second = authority_certificate(&(struct recipe){ .key = key, .serial_number = 2 });
	EVP_PKEY_free(key);
	*state = &files;
	return 0;
}

static int
free_files(void **state)
{
	struct files *files = *state;

	vouch_buf_free(&files->first);
	vouch_buf_free(&files->second);
	return 0;
}

static void
assert_next(vouch_span *input, const vouch_buf *expected)
{
	vouch_buf der = { 0 };
	vouch_err err;

	if (vouch_certificate_read(input, &der, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	assert_true(span_equal(span_buf(&der), span_buf(expected)));
	vouch_buf_free(&der);
}

static void
assert_end(vouch_span *input)
{
	vouch_buf der = { 0 };
	vouch_err err;

	assert_int_equal(vouch_certificate_read(input, &der, &err), VOUCH_ENOTFOUND);
	assert_int_equal(err.code, VOUCH_OK);
	assert_int_equal(der.len, 0);
}

static void
a_der_file_has_one_certificate(void **state)
{
	struct files *files = *state;
	vouch_span input = span_buf(&files->first);

	assert_next(&input, &files->first);
	assert_end(&input);
}

static void
a_line_end_behind_der_is_forgiven_but_nothing_else(void **state)
{
	struct files *files = *state;
	vouch_buf text = { 0 }, der = { 0 };
	vouch_err err;

	assert_int_equal(buf_append_span(&text, span_buf(&files->first)), VOUCH_OK);
	assert_int_equal(buf_append_string(&text, "\r\n"), VOUCH_OK);
	vouch_span input = span_buf(&text);
	assert_next(&input, &files->first);
	assert_end(&input);
	assert_int_equal(buf_append_string(&text, "x"), VOUCH_OK);
	input = span_buf(&text);
	assert_int_equal(vouch_certificate_read(&input, &der, &err), VOUCH_EPARSE);
	assert_int_equal(err.offset, files->first.len + 2);
	vouch_buf_free(&text);
}

static void
pem_text_has_any_number_of_certificates_among_anything(void **state)
{
	struct files *files = *state;
	vouch_buf text = { 0 };

	assert_int_equal(buf_append_string(&text, "\xef\xbb\xbfsubject=CN = Test\n\n"), VOUCH_OK);
	authority_pem(&text, "PRIVATE KEY", span_string("not looked at"));
	authority_pem(&text, "CERTIFICATE", span_buf(&files->first));
	assert_int_equal(buf_append_string(&text, "some words\n"), VOUCH_OK);
	authority_pem(&text, "X509 CERTIFICATE", span_buf(&files->second));
	authority_pem(&text, "TRUSTED CERTIFICATE", span_buf(&files->first));
	authority_pem(&text, "EC PRIVATE KEY", span_string("nor this"));
	vouch_span input = span_buf(&text);
	assert_next(&input, &files->first);
	assert_next(&input, &files->second);
	assert_next(&input, &files->first);
	assert_end(&input);
	vouch_buf_free(&text);
}

static void
trust_settings_behind_a_certificate_are_left_out(void **state)
{
	struct files *files = *state;
	vouch_buf trusted = { 0 }, text = { 0 };

	assert_int_equal(buf_append_span(&trusted, span_buf(&files->first)), VOUCH_OK);
	assert_int_equal(buf_append_span(&trusted,
			     SPAN_LITERAL("\x30\x0c\x30\x0a\x06\x08\x2b\x06\x01\x05\x05\x07\x03\x09")),
	    VOUCH_OK);
	authority_pem(&text, "TRUSTED CERTIFICATE", span_buf(&trusted));
	vouch_span input = span_buf(&text);
	assert_next(&input, &files->first);
	assert_end(&input);
	vouch_buf_free(&trusted);
	vouch_buf_free(&text);
}

static vouch_buf
with_line_ends(const vouch_buf *text, const char *line_end)
{
	vouch_buf out = { 0 };

	for (size_t i = 0; i < text->len; i++)
		if (text->data[i] == '\n')
			assert_int_equal(buf_append_string(&out, line_end), VOUCH_OK);
		else
			assert_int_equal(vouch_buf_append(&out, text->data + i, 1), VOUCH_OK);
	return out;
}

static void
line_ends_of_windows_and_a_missing_last_one_are_read(void **state)
{
	struct files *files = *state;
	vouch_buf text = { 0 };

	authority_pem(&text, "CERTIFICATE", span_buf(&files->first));
	authority_pem(&text, "CERTIFICATE", span_buf(&files->second));
	vouch_buf windows = with_line_ends(&text, "\r\n");
	vouch_span input = span_of(windows.data, windows.len - 2);
	assert_next(&input, &files->first);
	assert_next(&input, &files->second);
	assert_end(&input);
	vouch_buf_free(&windows);
	vouch_buf_free(&text);
}

static void
what_is_no_certificate_is_named(void **state)
{
	static const struct {
		const char *text, *message;
	} rows[] = {
		{ "", "empty" },
		{ "hello\n", "neither PEM nor DER" },
		{ "\xff\xfe-", "text in UTF-16" },
		{ "\xfe\xff", "text in UTF-16" },
		{ "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
		    "a private key, not a certificate" },
		{ "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
		    "a private key, not" },
		{ "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n",
		    "a private key, not" },
		{ "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "a public key, not" },
		{ "-----BEGIN NEW CERTIFICATE REQUEST-----\nAAAA\n-----END NEW CERTIFICATE REQUEST-----\n",
		    "a certificate request, not" },
		{ "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", "a CRL, not" },
		{ "-----BEGIN PKCS7-----\nAAAA\n-----END PKCS7-----\n", "a PKCS #7 bundle, not" },
		{ "-----BEGIN EC PARAMETERS-----\nAA==\n-----END EC PARAMETERS-----\n",
		    "parameters of a key, not" },
		{ "-----BEGIN EC PARAMETERS-----\nAA==\n-----END EC PARAMETERS-----\n"
		  "-----BEGIN EC PRIVATE KEY-----\nAA==\n-----END EC PRIVATE KEY-----\n",
		    "a private key, not" },
		{ "-----BEGIN SOMETHING-----\nAAAA\n-----END SOMETHING-----\n",
		    "PEM text without a certificate" },
		{ "-----BEGIN CERTIFICATE-----\nAAAA\n", "damaged PEM" },
		{ "-----BEGIN CERTIFICATE-----\nA*AA\n-----END CERTIFICATE-----\n", "damaged PEM" },
		{ "-----BEGIN CERTIFICATE-----\nAAAA\n-----END X509 CRL-----\n", "damaged PEM" },
		{ "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "tag 0x00" },
		{ "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "not a certificate: " },
		{ "-----BEGIN CERTIFICATE", "PEM text without a certificate" },
		{ "\x30\x03\x02\x01\x05", "not a certificate: " },
		{ "\x30\x06\x02\x01\x03\x30\x01", "neither PEM nor DER" },
		{ "\x30\x07\x02\x01\x03\x30\x02\x05\x01", "a PKCS #12 file, not a certificate" },
		{ "\x30\x06\x02\x01\x01\x04\x01\x01", "a private key, not a certificate" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct crypto_cert cert;
		vouch_err err = { 0 };
		if (crypto_cert_read_first(&cert, span_string(rows[i].text), &err) != VOUCH_EPARSE ||
		    strstr(err.msg, rows[i].message) == NULL)
			fail_msg("row %zu (%s): %s", i, rows[i].message, err.msg);
	}
}

static void
a_damaged_second_certificate_is_found_where_it_begins(void **state)
{
	struct files *files = *state;
	vouch_buf text = { 0 }, der = { 0 };
	vouch_err err;

	authority_pem(&text, "CERTIFICATE", span_buf(&files->first));
	assert_int_equal(buf_append_string(&text,
			     "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----\n"),
	    VOUCH_OK);
	vouch_span input = span_buf(&text);
	assert_next(&input, &files->first);
	size_t left = input.len;
	assert_int_equal(vouch_certificate_read(&input, &der, &err), VOUCH_EPARSE);
	assert_int_equal(err.offset, 0);
	assert_int_equal(input.len, left);
	vouch_buf_free(&text);
}

static void
every_truncation_of_pem_is_survived(void **state)
{
	struct files *files = *state;
	vouch_buf text = { 0 };

	authority_pem(&text, "CERTIFICATE", span_buf(&files->first));
	for (size_t len = 1; len + 2 < text.len; len++) {
		vouch_buf der = { 0 };
		vouch_err err;
		uint8_t *exact = test_malloc(len);
		memcpy(exact, text.data, len);
		vouch_span input = span_of(exact, len);
		assert_int_equal(vouch_certificate_read(&input, &der, &err), VOUCH_EPARSE);
		assert_int_equal(der.len, 0);
		test_free(exact);
	}
	vouch_buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_der_file_has_one_certificate),
		cmocka_unit_test(a_line_end_behind_der_is_forgiven_but_nothing_else),
		cmocka_unit_test(pem_text_has_any_number_of_certificates_among_anything),
		cmocka_unit_test(trust_settings_behind_a_certificate_are_left_out),
		cmocka_unit_test(line_ends_of_windows_and_a_missing_last_one_are_read),
		cmocka_unit_test(what_is_no_certificate_is_named),
		cmocka_unit_test(a_damaged_second_certificate_is_found_where_it_begins),
		cmocka_unit_test(every_truncation_of_pem_is_survived),
	};
	return cmocka_run_group_tests(tests, make_files, free_files);
}
