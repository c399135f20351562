/* SPDX-License-Identifier: Apache-2.0 */
/* PKCS#11 tokens: where a URI of RFC 7512 leads, and the provider that goes there. */
#include "signer/token.h"

#include <openssl/bio.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/store.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/hex.h"
#include "signer/provider.h"

#define SCHEME "pkcs11:"
#define VALUE_MAX 1024 /* octets of a query attribute: paths and PINs are shorter */

static const struct provider pkcs11 = { "pkcs11", "provider for tokens, pkcs11 (package pkcs11-provider)" };

/* What the provider is told; a URI's query (RFC 7512 2.4) and the signer's passphrase say it. */
struct settings {
	char module_path[VALUE_MAX + 1];
	char pin[VALUE_MAX + 1]; /* or "file:PATH", which the provider reads */
};

bool
token_has(const char *uri)
{
	return strncmp(uri, SCHEME, sizeof(SCHEME) - 1) == 0;
}

/* Percent-decodes; the result is text for a line of configuration, so that it has no control characters. */
static bool
decode(vouch_span in, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < in.len; i++) {
		uint8_t octet = in.data[i];
		if (octet == '%') {
			if (in.len - i < 3 || hex_digit(in.data[i + 1]) < 0 || hex_digit(in.data[i + 2]) < 0)
				return false;
			octet = (uint8_t)(hex_digit(in.data[i + 1]) << 4 | hex_digit(in.data[i + 2]));
			i += 2;
		}
		if (octet < ' ' || octet == 0x7f || len == VALUE_MAX)
			return false;
		out[len++] = (char)octet;
	}
	out[len] = '\0';
	return true;
}

/* "file:///PATH" and "/PATH" as the provider knows them. */
static bool
decode_pin_source(vouch_span in, char *out)
{
	char path[VALUE_MAX + 1];

	if (!decode(in, path))
		return false;
	const char *bare = strncmp(path, "file:", 5) == 0 ? path + 5 : path;
	if (strncmp(bare, "///", 3) == 0)
		bare += 2;
	int len = snprintf(out, VALUE_MAX + 1, "file:%s", bare);
	return bare[0] != '|' && len > 0 && len <= VALUE_MAX;
}

/* One "name=value" of the query; those that are not known here are for others (RFC 7512 2.4). */
static int
read_attribute(struct settings *settings, vouch_span attribute, vouch_err *err)
{
	static const struct {
		const char *name;
		size_t offset;
		bool (*decode)(vouch_span in, char *out);
	} known[] = {
		{ "module-path", offsetof(struct settings, module_path), decode },
		{ "pin-value", offsetof(struct settings, pin), decode },
		{ "pin-source", offsetof(struct settings, pin), decode_pin_source },
	};
	const uint8_t *equals = memchr(attribute.data, '=', attribute.len);
	size_t name_len = equals != NULL ? (size_t)(equals - attribute.data) : attribute.len;

	for (size_t i = 0; equals != NULL && i < sizeof(known) / sizeof(known[0]); i++) {
		if (!span_equal(span_of(attribute.data, name_len), span_string(known[i].name)))
			continue;
		vouch_span value = span_of(equals + 1, attribute.len - name_len - 1);
		if (!known[i].decode(value, (char *)settings + known[i].offset))
			return err_set(err, VOUCH_EPARSE,
			    "%s= has a value that cannot be read (RFC 7512 2.4)", known[i].name);
	}
	return VOUCH_OK;
}

static int
read_query(struct settings *settings, const char *query, vouch_err *err)
{
	int code = VOUCH_OK;

	while (code == VOUCH_OK && *query != '\0') {
		size_t len = strcspn(query, "&");
		code = read_attribute(settings, span_of(query, len), err);
		query += query[len] == '&' ? len + 1 : len;
	}
	return code;
}

/* A passphrase becomes the PIN as it is. */
static int
take_pin(struct settings *settings, vouch_span pin, vouch_err *err)
{
	if (pin.len == 0)
		return VOUCH_OK;
	for (size_t i = 0; i < pin.len; i++)
		if (pin.data[i] < ' ' || pin.data[i] == 0x7f)
			return err_set(err, VOUCH_EINVAL, "a PIN has no control characters");
	if (pin.len > VALUE_MAX || (pin.len >= 5 && memcmp(pin.data, "file:", 5) == 0))
		return err_set(err, VOUCH_EINVAL, "the passphrase is no PIN");
	memcpy(settings->pin, pin.data, pin.len);
	settings->pin[pin.len] = '\0';
	return VOUCH_OK;
}

/* A line of OpenSSL's configuration, the value in quotes. */
static int
append_setting(vouch_buf *text, const char *name, const char *value)
{
	int code = buf_printf(text, "%s = \"", name);

	for (; code == VOUCH_OK && *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			code = vouch_buf_append(text, "\\", 1);
		if (code == VOUCH_OK)
			code = vouch_buf_append(text, value, 1);
	}
	return code == VOUCH_OK ? buf_append_string(text, "\"\n") : code;
}

/*
 * "no-deinit": C_Finalize() is for the whole process, and would take the module from other signers that
 * use it and from the key's successor.  "cache-keys": a copy of the key in the session would be one more
 * thing to log in for, even to remove it.
 */
static int
write_configuration(vouch_buf *text, const struct settings *settings)
{
	int code = buf_append_string(text,
	    "openssl_conf = start\n"
	    "[start]\nproviders = all\n"
	    "[all]\ndefault = plain\npkcs11 = token\n"
	    "[plain]\nactivate = 1\n"
	    "[token]\nactivate = 1\n"
	    "pkcs11-module-quirks = no-deinit\n"
	    "pkcs11-module-cache-keys = false\n"
	    "pkcs11-module-cache-sessions = 64\n");

	if (code == VOUCH_OK && settings->module_path[0] != '\0')
		code = append_setting(text, "pkcs11-module-path", settings->module_path);
	if (code == VOUCH_OK && settings->pin[0] != '\0')
		code = append_setting(text, "pkcs11-module-token-pin", settings->pin);
	return code;
}

static int
open_context(OSSL_LIB_CTX **out, const struct settings *settings, vouch_err *err)
{
	vouch_buf text = { 0 };
	int code = write_configuration(&text, settings) == VOUCH_OK ?
	    provider_context_new(out, &pkcs11, span_buf(&text), err) :
	    err_nomem(err);

	OPENSSL_cleanse(text.data, text.len);
	vouch_buf_free(&text);
	return code;
}

/* The token says of each key pair both halves; only the private one is wanted. */
static int
write_location(vouch_buf *out, const char *uri, size_t path_len)
{
	static const char type[] = "type=";
	bool has_type = false;

	for (size_t i = sizeof(SCHEME) - 1; i + sizeof(type) - 1 <= path_len; i++)
		has_type |= (uri[i - 1] == ':' || uri[i - 1] == ';') &&
		    memcmp(uri + i, type, sizeof(type) - 1) == 0;
	int code = buf_append_span(out, span_of(uri, path_len));
	if (code == VOUCH_OK && !has_type)
		code = buf_append_string(out,
		    path_len > sizeof(SCHEME) - 1 ? ";type=private" : "type=private");
	return code;
}

static int
open_own(struct token *token, const char *uri, vouch_span pin, vouch_err *err)
{
	struct settings settings = { 0 };
	const char *query = strchr(uri, '?');
	int code = query != NULL ? read_query(&settings, query + 1, err) : VOUCH_OK;

	if (code == VOUCH_OK)
		code = take_pin(&settings, pin, err);
	if (code == VOUCH_OK && settings.module_path[0] != '\0' && access(settings.module_path, R_OK) != 0)
		code = err_set(err, VOUCH_EIO, "the module %s cannot be read", settings.module_path);
	if (code == VOUCH_OK)
		code = open_context(&token->context, &settings, err);
	token->has_pin = settings.pin[0] != '\0';
	OPENSSL_cleanse(&settings, sizeof(settings));
	return code;
}

int
token_open(struct token *out, const char *uri, vouch_span pin, vouch_err *err)
{
	size_t path_len = strcspn(uri, "?");
	struct token token = { 0 };
	int code = VOUCH_OK;

	/* Whoever has set up the provider in openssl.cnf knows what the token needs. */
	bool is_ours = strstr(uri + path_len, "module-path=") != NULL || !provider_is_there(&pkcs11, NULL);
	ERR_clear_error();
	if (is_ours)
		code = open_own(&token, uri, pin, err);
	if (code == VOUCH_OK &&
	    (write_location(&token.location, uri, path_len) != VOUCH_OK ||
		(!is_ours && buf_append_string(&token.location, uri + path_len) != VOUCH_OK) ||
		vouch_buf_append(&token.location, "", 1) != VOUCH_OK))
		code = err_nomem(err);
	if (code != VOUCH_OK)
		token_clear(&token);
	else
		*out = token;
	return code;
}

void
token_clear(struct token *token)
{
	OSSL_LIB_CTX_free(token->context);
	if (token->location.data != NULL)
		OPENSSL_cleanse(token->location.data, token->location.len);
	vouch_buf_free(&token->location);
	*token = (struct token){ 0 };
}
