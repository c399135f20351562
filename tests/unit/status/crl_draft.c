/* SPDX-License-Identifier: Apache-2.0 */
/* CRLs for tests, put together by hand, and signed by libcrypto. */
#include "crl_draft.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/span.h"
#include "der/writer.h"

#define OID_CE(last) SPAN_LITERAL("\x55\x1d" last)
#define ECDSA_SHA256 SPAN_LITERAL("\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02")
#define RSA_SHA256 SPAN_LITERAL("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b\x05\x00")
#define ED25519 SPAN_LITERAL("\x30\x05\x06\x03\x2b\x65\x70")

static vouch_span
algorithm_of(const struct crl_draft *d)
{
	if (d->algorithm.len != 0)
		return d->algorithm;
	if (EVP_PKEY_is_a(d->key, "ED25519"))
		return ED25519;
	return EVP_PKEY_is_a(d->key, "RSA") ? RSA_SHA256 : ECDSA_SHA256;
}

static size_t
begin_extension(struct der_writer *w, vouch_span oid, bool critical, size_t *value)
{
	size_t extension = der_begin(w, DER_SEQUENCE);

	der_put_oid(w, oid);
	if (critical)
		der_put_boolean(w, true);
	*value = der_begin(w, DER_OCTET_STRING);
	return extension;
}

static void
end_extension(struct der_writer *w, size_t extension, size_t value)
{
	der_end(w, value);
	der_end(w, extension);
}

static void
put_certificate_issuer(struct der_writer *w, vouch_span name)
{
	size_t value, extension = begin_extension(w, OID_CE("\x1d"), true, &value);
	size_t names = der_begin(w, DER_SEQUENCE), directory = der_begin(w, DER_CONTEXT(4));

	der_put_raw(w, name);
	der_end(w, directory);
	der_end(w, names);
	end_extension(w, extension, value);
}

static void
put_entry_extensions(struct der_writer *w, const struct draft_entry *e)
{
	size_t value, extension, extensions;

	if (e->reason == 0 && e->invalidity_date == 0 && e->issuer.len == 0 && e->extension.len == 0)
		return;
	extensions = der_begin(w, DER_SEQUENCE);
	if (e->reason != 0) {
		extension = begin_extension(w, OID_CE("\x15"), false, &value);
		der_put_enumerated(w, (uint32_t)e->reason);
		end_extension(w, extension, value);
	}
	if (e->invalidity_date != 0) {
		extension = begin_extension(w, OID_CE("\x18"), false, &value);
		der_put_generalized_time(w, e->invalidity_date);
		end_extension(w, extension, value);
	}
	if (e->issuer.len != 0)
		put_certificate_issuer(w, e->issuer);
	der_put_raw(w, e->extension);
	der_end(w, extensions);
}

static void
put_entry(struct der_writer *w, const struct draft_entry *e)
{
	vouch_buf serial = { 0 };
	size_t entry = der_begin(w, DER_SEQUENCE);

	assert_int_equal(vouch_serial_parse(&serial, e->serial_number, NULL), VOUCH_OK);
	der_put_integer(w, span_of(serial.data, serial.len));
	der_put_generalized_time(w, e->date != 0 ? e->date : DRAFT_NOW - 3600);
	put_entry_extensions(w, e);
	der_end(w, entry);
	vouch_buf_free(&serial);
}

static void
put_number(struct der_writer *w, vouch_span oid, bool critical, int number)
{
	size_t value, extension = begin_extension(w, oid, critical, &value);

	der_put_small(w, (uint32_t)number);
	end_extension(w, extension, value);
}

static void
put_extensions(struct der_writer *w, const struct crl_draft *d)
{
	size_t explicit = der_begin(w, DER_CONTEXT(0)), extensions = der_begin(w, DER_SEQUENCE), value,
	       extension;

	if (d->key_id.len != 0) {
		extension = begin_extension(w, OID_CE("\x23"), false, &value);
		size_t identifier = der_begin(w, DER_SEQUENCE);
		der_put(w, DER_CONTEXT_PRIMITIVE(0), d->key_id);
		der_end(w, identifier);
		end_extension(w, extension, value);
	}
	if (d->number > 0)
		put_number(w, OID_CE("\x14"), false, d->number);
	if (d->base > 0)
		put_number(w, OID_CE("\x1b"), true, d->base);
	if (d->has_idp) {
		extension = begin_extension(w, OID_CE("\x1c"), true, &value);
		der_put(w, DER_SEQUENCE, d->idp);
		end_extension(w, extension, value);
	}
	der_put_raw(w, d->extension);
	der_end(w, extensions);
	der_end(w, explicit);
}

static vouch_buf
make_tbs(const struct crl_draft *d)
{
	vouch_buf out = { 0 };
	struct der_writer w = der_writer_init(&out);
	size_t tbs = der_begin(&w, DER_SEQUENCE);
	vouch_time this_update = d->this_update != 0 ? d->this_update : DRAFT_NOW - 60;

	if (!d->is_version_1)
		der_put_small(&w, 1);
	der_put_raw(&w, algorithm_of(d));
	der_put_raw(&w, d->issuer);
	der_put_generalized_time(&w, this_update);
	if (d->next_update != VOUCH_TIME_ABSENT)
		der_put_generalized_time(&w, d->next_update != 0 ? d->next_update : this_update + 3600);
	if (d->entries != NULL) {
		size_t entries = der_begin(&w, DER_SEQUENCE);
		for (const struct draft_entry *e = d->entries; e->serial_number != NULL; e++)
			put_entry(&w, e);
		der_end(&w, entries);
	}
	if (d->number != DRAFT_NONE)
		put_extensions(&w, d);
	der_put_raw(&w, d->behind);
	der_end(&w, tbs);
	assert_int_equal(der_writer_finish(&w, &(vouch_err){ 0 }), VOUCH_OK);
	return out;
}

static vouch_buf
sign(const struct crl_draft *d, vouch_span tbs)
{
	vouch_buf signature = { 0 };
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool is_pure = EVP_PKEY_is_a(d->key, "ED25519");
	const char *digest = is_pure ? NULL : d->digest != NULL ? d->digest : "SHA256";
	uint8_t octets[1024];
	size_t len = sizeof(octets);

	assert_int_equal(EVP_DigestSignInit_ex(context, NULL, digest, NULL, NULL, d->key, NULL), 1);
	assert_int_equal(EVP_DigestSign(context, octets, &len, tbs.data, tbs.len), 1);
	EVP_MD_CTX_free(context);
	assert_int_equal(vouch_buf_append(&signature, octets, len), VOUCH_OK);
	return signature;
}

vouch_buf
crl_draft_make(const struct crl_draft *draft)
{
	vouch_buf out = { 0 }, tbs = make_tbs(draft), signature = sign(draft, span_of(tbs.data, tbs.len));
	struct der_writer w = der_writer_init(&out);
	size_t list = der_begin(&w, DER_SEQUENCE);

	der_put_raw(&w, span_of(tbs.data, tbs.len));
	der_put_raw(&w, draft->outer_algorithm.len != 0 ? draft->outer_algorithm : algorithm_of(draft));
	der_put_bit_string(&w, span_of(signature.data, signature.len));
	der_end(&w, list);
	assert_int_equal(der_writer_finish(&w, &(vouch_err){ 0 }), VOUCH_OK);
	vouch_buf_free(&tbs);
	vouch_buf_free(&signature);
	return out;
}

vouch_buf
crl_draft_pem(vouch_span der)
{
	vouch_buf out = { 0 };

	authority_pem(&out, "X509 CRL", der);
	return out;
}
