/* SPDX-License-Identifier: Apache-2.0 */
/* What libcrypto says, in our words: its error queue ends here. */
#include "crypto/ossl.h"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <stdarg.h>
#include <stdio.h>

#define OID_MAX 128 /* octets: the longest in use have about 20 */

/*
 * pkcs11-provider raises what its token returned (PKCS#11 2.40, 11.1.6): CKR_PIN_INCORRECT to CKR_PIN_LOCKED.
 * Whoever tries such a PIN again may lock the token.
 */
static bool
is_refused_pin(unsigned long error)
{
	const char *library = ERR_lib_error_string(error);
	int reason = ERR_GET_REASON(error);

	return library != NULL && strcmp(library, "pkcs11") == 0 && reason >= 0xa0 && reason <= 0xa4;
}

/* Empties the queue; the error that it began with, 0 if there is none. */
static unsigned long
take_first(bool *saw_refused_pin)
{
	unsigned long first = ERR_get_error();

	for (unsigned long error = first; error != 0; error = ERR_get_error())
		*saw_refused_pin |= is_refused_pin(error);
	return first;
}

int
crypto_err(vouch_err *err, int code, const char *format, ...)
{
	char fact[sizeof(err->msg)];
	va_list args;

	va_start(args, format);
	vsnprintf(fact, sizeof(fact), format, args);
	va_end(args);
	/* The oldest error is where it began; what was raised on the way up only repeats it. */
	bool saw_refused_pin = false;
	unsigned long first = take_first(&saw_refused_pin);
	const char *reason = first != 0 ? ERR_reason_error_string(first) : NULL;
	if (saw_refused_pin) {
		err_set(err, VOUCH_EREFUSED, "%s (the token refuses the PIN)", fact);
		return err_rule(err, CRYPTO_RULE_PIN);
	}
	if (reason == NULL)
		return err_set(err, code, "%s", fact);
	return err_set(err, code, "%s (%s)", fact, reason);
}

static ASN1_OBJECT *
object_of(vouch_span oid)
{
	unsigned char
	    copy[OID_MAX]; /* libcrypto copies it once more, but does not promise to leave it as it is */

	if (oid.len == 0 || oid.len > sizeof(copy))
		return NULL;
	memcpy(copy, oid.data, oid.len);
	return ASN1_OBJECT_create(0, copy, (int)oid.len, NULL, NULL);
}

int
crypto_nid(vouch_span oid)
{
	ASN1_OBJECT *object = object_of(oid);
	int nid = object != NULL ? OBJ_obj2nid(object) : NID_undef;

	ASN1_OBJECT_free(object);
	ERR_clear_error();
	return nid;
}

void
crypto_oid_text(vouch_span oid, char *text, size_t size)
{
	ASN1_OBJECT *object = object_of(oid);

	text[0] = '\0';
	if (object == NULL || OBJ_obj2txt(text, (int)size, object, 0) <= 0)
		snprintf(text, size, "an object identifier that cannot be read");
	ASN1_OBJECT_free(object);
	ERR_clear_error();
}
