/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the source of CRLs: a row of lists, each loaded as it is, in slices, and with a signature of our own, so that
 * what is behind the verification is reached as well; then everything is asked.
 */
#include "crl_key.h"
#include "der/reader.h"
#include "der/writer.h"
#include "target.h"

#define LISTS_MAX 8
#define ASKED_MAX 64

static struct world {
	EVP_PKEY *key;
	vouch_issuer *issuer, *other;
} world;

static void
make_world(void)
{
	if (world.key != NULL)
		return;
	world.key = crl_fuzz_key();
	world.issuer = crl_fuzz_issuer(world.key, "CN=CA");
	world.other = crl_fuzz_issuer(world.key, "CN=Other");
	FUZZ_CHECK(world.issuer != NULL && world.other != NULL);
}

static int
load(vouch_source *source, const char *name, vouch_span octets, size_t slice)
{
	vouch_crl_load *one = NULL;
	vouch_err err = { 0 };
	int code = VOUCH_OK;

	FUZZ_CHECK(vouch_crl_load_new(&one, source, name, &err) == VOUCH_OK);
	for (size_t at = 0; at < octets.len && code == VOUCH_OK; at += slice) {
		size_t left = octets.len - at;
		code = vouch_crl_load_feed(one, span_of(octets.data + at, left < slice ? left : slice), &err);
	}
	if (code == VOUCH_OK)
		code = vouch_crl_load_end(one, AUTHORITY_NOW, &err);
	FUZZ_CHECK(code == VOUCH_OK || (err.code == code && err.msg[0] != '\0'));
	vouch_crl_load_free(one);
	return code;
}

/* The same tbsCertList under a signature that holds, if its algorithm is ours. */
static vouch_buf
sign_again(vouch_span list)
{
	static const uint8_t ed25519[] = { 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70 };
	vouch_err err = { 0 };
	struct der_reader r = der_reader_init(list, &err), inside = der_enter(&r, DER_SEQUENCE);
	vouch_span tbs = der_element(&inside);
	uint8_t signature[64];
	size_t len = sizeof(signature);
	vouch_buf out = { 0 };
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (err.code == VOUCH_OK && EVP_DigestSignInit(context, NULL, NULL, NULL, world.key) == 1 &&
	    EVP_DigestSign(context, signature, &len, tbs.data, tbs.len) == 1) {
		struct der_writer w = der_writer_init(&out);
		size_t whole = der_begin(&w, DER_SEQUENCE);
		der_put_raw(&w, tbs);
		der_put_raw(&w, span_of(ed25519, sizeof(ed25519)));
		der_put_bit_string(&w, span_of(signature, len));
		der_end(&w, whole);
		FUZZ_CHECK(der_writer_finish(&w, &err) == VOUCH_OK);
	}
	EVP_MD_CTX_free(context);
	return out;
}

struct asked {
	vouch_source *source;
	const vouch_issuer *issuer;
	vouch_buf last;
	unsigned count;
};

static int
note(void *arg, vouch_span serial_number, const vouch_status *status)
{
	struct asked *asked = arg;
	vouch_status again;

	vouch_status_init(&again);
	FUZZ_CHECK(serial_number.len > 0);
	FUZZ_CHECK(asked->last.len < serial_number.len ||
	    (asked->last.len == serial_number.len &&
		memcmp(asked->last.data, serial_number.data, serial_number.len) < 0));
	asked->last.len = 0;
	FUZZ_CHECK(vouch_buf_append(&asked->last, serial_number.data, serial_number.len) == VOUCH_OK);
	FUZZ_CHECK(vouch_source_lookup(asked->source, asked->issuer, serial_number, AUTHORITY_NOW, &again,
		       NULL) == VOUCH_OK);
	FUZZ_CHECK(again.cert_status == status->cert_status && again.cert_status == VOUCH_REVOKED);
	vouch_status_clear(&again);
	return ++asked->count < ASKED_MAX ? 0 : 1;
}

static void
ask_everything(vouch_source *source)
{
	const vouch_issuer *issuers[] = { world.issuer, world.other };
	static const uint8_t serial[] = { 0x05 };

	for (size_t i = 0; i < 2; i++) {
		struct asked asked = { source, issuers[i], { 0 }, 0 };
		vouch_status status;
		vouch_status_init(&status);
		(void)!vouch_source_each(source, issuers[i], (vouch_span){ 0 }, AUTHORITY_NOW, note, &asked,
		    NULL);
		int code = vouch_source_lookup(source, issuers[i], span_of(serial, 1), AUTHORITY_NOW, &status,
		    NULL);
		/* Nobody said what was issued: nothing is good. */
		FUZZ_CHECK(code != VOUCH_OK || status.cert_status != VOUCH_GOOD);
		vouch_status_clear(&status);
		vouch_buf_free(&asked.last);
	}
}

static void
load_all(vouch_source *source, vouch_span lists)
{
	char name[2] = "a";
	vouch_err err = { 0 };
	struct der_reader r = der_reader_init(lists, &err);

	for (size_t i = 0; i < LISTS_MAX && der_more(&r); i++) {
		vouch_span list = der_element(&r);
		name[0] = (char)('a' + (i & 3));
		vouch_buf again = sign_again(list);
		int whole = load(source, name, authority_span(&again), again.len + 1);
		int cut = load(source, name, authority_span(&again), 3);
		FUZZ_CHECK(whole != VOUCH_OK || cut == VOUCH_OK);
		vouch_buf_free(&again);
		ask_everything(source);
	}
}

static vouch_source *
new_source(void)
{
	vouch_source *source = NULL;

	FUZZ_CHECK(vouch_crl_source_new(&source, "crl_id=yes", NULL) == VOUCH_OK);
	FUZZ_CHECK(vouch_source_attach(source, world.issuer, NULL) == VOUCH_OK);
	return source;
}

/* In one PEM file, of which those of the other issuer, and of nobody, are passed over. */
static int
load_text(vouch_span pem, size_t slice)
{
	vouch_source *source = new_source();
	int code = load(source, "together", pem, slice);

	FUZZ_CHECK(vouch_source_attach(source, world.other, NULL) == VOUCH_OK);
	ask_everything(source);
	vouch_source_free(source);
	return code;
}

static void
load_together(vouch_span lists)
{
	vouch_buf pem = { 0 };
	vouch_err err = { 0 };
	struct der_reader r = der_reader_init(lists, &err);

	for (size_t i = 0; i < LISTS_MAX && der_more(&r); i++) {
		vouch_buf again = sign_again(der_element(&r));
		if (again.len != 0)
			authority_pem(&pem, "X509 CRL", authority_span(&again));
		vouch_buf_free(&again);
	}
	FUZZ_CHECK(load_text(authority_span(&pem), pem.len + 1) == load_text(authority_span(&pem), 7));
	vouch_buf_free(&pem);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	make_world();
	vouch_source *source = new_source();
	FUZZ_CHECK(vouch_source_attach(source, world.other, NULL) == VOUCH_OK);
	(void)load(source, "raw", span_of(data, size), size + 1);
	load_all(source, span_of(data, size));
	vouch_source_free(source);
	load_together(span_of(data, size));
	return 0;
}
