/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate (RFC 5280 4.1), read with everything kept as it is encoded. */
#include "crypto/cert.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>

#include "base/date.h"
#include "crypto/cert_extension.h"
#include "crypto/name.h"
#include "crypto/verify.h"
#include "der/reader.h"

/* What is wrong sticks to the message, so that a field need not be asked. */
static void
finish(const struct der_reader *r)
{
	int code = der_finish(r);

	(void)code;
}

/* The next two digits of a text; -1, and nothing is taken, where there are none. */
static int
two_digits(vouch_span *text)
{
	unsigned tens = text->len < 2 ? 10 : text->data[0] - (unsigned)'0';
	unsigned ones = text->len < 2 ? 10 : text->data[1] - (unsigned)'0';

	if (tens > 9 || ones > 9)
		return -1;
	*text = span_of(text->data + 2, text->len - 2);
	return (int)(tens * 10 + ones);
}

/* A point and digits, as GeneralizedTime may have them behind its seconds; a lone point stays. */
static void
skip_fraction(vouch_span *text)
{
	size_t len = 1;

	if (text->len == 0 || text->data[0] != '.')
		return;
	while (len < text->len && text->data[len] >= '0' && text->data[len] <= '9')
		len++;
	if (len > 1)
		*text = span_of(text->data + len, text->len - len);
}

/* Z, +hhmm or -hhmm, and nothing else; in seconds east. */
static bool
read_offset(vouch_span text, int *east)
{
	*east = 0;
	if (text.len == 1)
		return text.data[0] == 'Z';
	if (text.len != 5 || (text.data[0] != '+' && text.data[0] != '-'))
		return false;
	vouch_span digits = span_of(text.data + 1, 4);
	int hours = two_digits(&digits), minutes = two_digits(&digits);
	*east = (hours * 60 + minutes) * (text.data[0] == '-' ? -60 : 60);
	return hours >= 0 && hours <= 23 && minutes >= 0 && minutes <= 59;
}

static int
read_year(vouch_span *text, bool is_utc)
{
	int century = is_utc ? 0 : two_digits(text), year = two_digits(text);

	if (century < 0 || year < 0)
		return -1;
	return is_utc ? year + (year < 50 ? 2000 : 1900) : century * 100 + year;
}

/*
 * No seconds, fractions of them, offsets: RFC 5280 4.1.2.5 forbids them, but old certificates have them.
 * libcrypto's own reader is no help: which of them it takes depends on its version.
 */
static vouch_time
odd_time(vouch_span element)
{
	vouch_err ignored = { 0 };
	struct der_reader r = der_reader_init(element, &ignored);
	bool is_utc = der_next_is(&r, DER_UTC_TIME);
	vouch_span text = der_read(&r, is_utc ? DER_UTC_TIME : DER_GENERALIZED_TIME);
	int east;

	if (der_failed(&r))
		return VOUCH_TIME_ABSENT;
	struct date date = { .year = read_year(&text, is_utc) };
	date.month = two_digits(&text);
	date.day = two_digits(&text);
	date.hour = two_digits(&text);
	date.minute = two_digits(&text);
	int second = two_digits(&text);
	if (second >= 0 && !is_utc)
		skip_fraction(&text);
	date.second = second < 0 ? 0 : second;
	vouch_time time = date_to_time(&date);
	return time != VOUCH_TIME_ABSENT && read_offset(text, &east) ? time - east : VOUCH_TIME_ABSENT;
}

static vouch_time
read_time(struct der_reader *r, const char *what)
{
	vouch_err strict = { 0 };
	vouch_span element = der_element(r);

	if (der_failed(r))
		return VOUCH_TIME_ABSENT;
	struct der_reader alone = der_reader_init(element, &strict);
	vouch_time time = der_time(&alone);
	if (strict.code != VOUCH_OK)
		time = odd_time(element);
	if (time == VOUCH_TIME_ABSENT)
		der_fail(r, VOUCH_EPARSE, element.data, "%s is not a time (RFC 5280 4.1.2.5)", what);
	return time;
}

static void
read_validity(struct der_reader *tbs, struct crypto_cert *out)
{
	struct der_reader validity = der_enter(tbs, DER_SEQUENCE);

	out->not_before = read_time(&validity, "notBefore");
	out->not_after = read_time(&validity, "notAfter");
	finish(&validity);
}

static void
read_subject_public_key_info(struct der_reader *tbs, struct crypto_cert *out)
{
	out->spki = der_element_of(tbs, DER_SEQUENCE);
	struct der_reader outer = der_inside(tbs, out->spki);
	struct der_reader spki = der_enter(&outer, DER_SEQUENCE);
	out->key_algorithm = der_element_of(&spki, DER_SEQUENCE);
	out->key_bits = der_bit_string(&spki, NULL);
	finish(&spki);
}

static void
read_version(struct der_reader *tbs, struct crypto_cert *out)
{
	out->version = 1;
	if (!der_next_is(tbs, DER_CONTEXT(0)))
		return;
	struct der_reader explicit = der_enter(tbs, DER_CONTEXT(0));
	out->version = 1 + der_small(&explicit, 2);
	finish(&explicit);
}

/* issuerUniqueID and subjectUniqueID: read over. */
static void
skip_unique_ids(struct der_reader *tbs)
{
	for (unsigned n = 1; n <= 2; n++)
		if (der_next_is(tbs, DER_CONTEXT_PRIMITIVE(n)))
			der_skip(tbs);
}

static void
read_extensions(struct der_reader *tbs, struct crypto_cert *out)
{
	if (!der_next_is(tbs, DER_CONTEXT(3)))
		return;
	struct der_reader explicit = der_enter(tbs, DER_CONTEXT(3));
	struct der_reader extensions = der_enter(&explicit, DER_SEQUENCE);
	crypto_cert_read_extensions(&extensions, out);
	finish(&explicit);
}

static void
read_tbs_certificate(struct der_reader *tbs, struct crypto_cert *out)
{
	read_version(tbs, out);
	out->serial_number = der_integer(tbs);
	out->tbs_signature = der_element_of(tbs, DER_SEQUENCE);
	out->issuer = der_element_of(tbs, DER_SEQUENCE);
	read_validity(tbs, out);
	out->subject = der_element_of(tbs, DER_SEQUENCE);
	read_subject_public_key_info(tbs, out);
	skip_unique_ids(tbs);
	read_extensions(tbs, out);
	finish(tbs);
}

static int
read_certificate(struct crypto_cert *out, vouch_err *err)
{
	struct der_reader r = der_reader_init(span_buf(&out->der), err);
	struct der_reader certificate = der_enter(&r, DER_SEQUENCE);

	out->tbs = der_element_of(&certificate, DER_SEQUENCE);
	out->signature_algorithm = der_element_of(&certificate, DER_SEQUENCE);
	out->signature = der_bit_string(&certificate, NULL);
	if (der_finish(&certificate) != VOUCH_OK || der_finish(&r) != VOUCH_OK)
		return err->code;
	struct der_reader outer = der_inside(&r, out->tbs);
	struct der_reader tbs = der_enter(&outer, DER_SEQUENCE);
	read_tbs_certificate(&tbs, out);
	return der_finish(&tbs);
}

int
crypto_cert_parse(struct crypto_cert *out, vouch_span der, vouch_err *err)
{
	struct crypto_cert cert = { 0 };

	if (der.len > INT_MAX)
		return err_set(err, VOUCH_ELIMIT, "a certificate of %zu octets", der.len);
	if (buf_append_span(&cert.der, der) != VOUCH_OK)
		return err_nomem(err);
	int code = read_certificate(&cert, err);
	if (code != VOUCH_OK) {
		vouch_buf_free(&cert.der);
		return code;
	}
	const uint8_t *at = cert.spki.data;
	cert.key = d2i_PUBKEY(NULL, &at, (long)cert.spki.len);
	ERR_clear_error();
	*out = cert;
	return VOUCH_OK;
}

void
crypto_cert_clear(struct crypto_cert *cert)
{
	EVP_PKEY_free(cert->key);
	vouch_buf_free(&cert->der);
	*cert = (struct crypto_cert){ 0 };
}

size_t
crypto_cert_signature_max(const struct crypto_cert *cert)
{
	int size = cert->key != NULL ? EVP_PKEY_get_size(cert->key) : 0;

	return size > 0 ? (size_t)size : 0;
}

bool
crypto_cert_is_valid_at(const struct crypto_cert *cert, vouch_time now)
{
	/* RFC 5280 4.1.2.5: from notBefore through notAfter, inclusive. */
	return now >= cert->not_before && now <= cert->not_after;
}

bool
crypto_cert_is_same_entity(const struct crypto_cert *a, const struct crypto_cert *b)
{
	return span_equal(a->subject, b->subject) && span_equal(a->key_bits, b->key_bits);
}

/* Whoever reads this has confused two CAs: both are named, unless a Name is damaged. */
static int
names_another(const struct crypto_cert *cert, const struct crypto_cert *issuer, vouch_err *err)
{
	static const char fact[] = "the certificate names another issuer", clause[] = "(RFC 5280 6.1.3)";
	char *named = crypto_name_short(cert->issuer), *given = crypto_name_short(issuer->subject);

	if (named != NULL && given != NULL)
		err_set(err, VOUCH_EVERIFY, "%s, \"%.96s\" instead of \"%.96s\" %s", fact, named, given,
		    clause);
	else
		err_set(err, VOUCH_EVERIFY, "%s %s", fact, clause);
	free(named);
	free(given);
	return VOUCH_EVERIFY;
}

int
crypto_cert_issued_by(const struct crypto_cert *cert, const struct crypto_cert *issuer, vouch_err *err)
{
	if (!span_equal(cert->issuer, issuer->subject))
		return names_another(cert, issuer, err);
	if (!span_equal(cert->tbs_signature, cert->signature_algorithm))
		return err_set(err, VOUCH_EVERIFY,
		    "the certificate's two signature algorithms differ (RFC 5280 4.1.1.2)");
	if (crypto_verify(issuer, cert->signature_algorithm, cert->tbs, cert->signature, CRYPTO_ALLOW_SHA1,
		err) == VOUCH_OK)
		return VOUCH_OK;
	return err_prefix(err, "the certificate is not signed by the issuer's key");
}
