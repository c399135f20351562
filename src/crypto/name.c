/* SPDX-License-Identifier: Apache-2.0 */
/* Names (RFC 5280 4.1.2.4) in short. */
#include "crypto/name.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <string.h>

#include "base/buf.h"

/* Appends the last commonName as UTF-8, if there is one. */
static int
append_common_name(vouch_span der, vouch_buf *out)
{
	const uint8_t *at = der.data;
	X509_NAME *name = d2i_X509_NAME(NULL, &at, (long)der.len);
	unsigned char *text = NULL;
	int code = VOUCH_OK, found = -1, i;

	for (i = -1; name != NULL && (i = X509_NAME_get_index_by_NID(name, NID_commonName, i)) >= 0;)
		found = i;
	if (found >= 0) {
		int len = ASN1_STRING_to_UTF8(&text,
		    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, found)));
		if (len > 0)
			code = vouch_buf_append(out, text, (size_t)len);
	}
	OPENSSL_free(text);
	X509_NAME_free(name);
	ERR_clear_error();
	return code;
}

char *
crypto_name_short(vouch_span name)
{
	vouch_buf text = { 0 };
	int code = append_common_name(name, &text);

	if (code == VOUCH_OK && text.len == 0)
		code = vouch_name_format(&text, name);
	if (code == VOUCH_OK && text.len == 0)
		code = buf_append_string(&text, "CA without a name");
	if (code == VOUCH_OK)
		code = vouch_buf_append(&text, "", 1);
	if (code != VOUCH_OK) {
		vouch_buf_free(&text);
		return NULL;
	}
	for (size_t i = 0; i + 1 < text.len; i++)
		if (text.data[i] < ' ' || text.data[i] == 0x7f)
			text.data[i] = '?';
	return (char *)text.data;
}

static X509_NAME *
read_name(vouch_span der)
{
	const uint8_t *at = der.data;
	X509_NAME *name = der.len <= INT_MAX ? d2i_X509_NAME(NULL, &at, (long)der.len) : NULL;

	if (name != NULL && at == der.data + der.len)
		return name;
	X509_NAME_free(name);
	return NULL;
}

bool
crypto_name_equal(vouch_span a, vouch_span b)
{
	if (span_equal(a, b))
		return true;
	X509_NAME *first = read_name(a), *second = read_name(b);
	bool equal = first != NULL && second != NULL && X509_NAME_cmp(first, second) == 0;
	X509_NAME_free(first);
	X509_NAME_free(second);
	ERR_clear_error();
	return equal;
}
