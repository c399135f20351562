/* SPDX-License-Identifier: Apache-2.0 */
/* Every octet of a CRL that libcrypto wrote, flipped, or the last: it is refused and the old list stays, or nothing changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "authority.h"
#include "base/buf.h"
#include "base/err.h"

#define FULL "the-list.crl"
#define HOUR 3600
#define SERIALS 9 /* 1 to 9 are on one of the lists, or on none */

struct world {
	EVP_PKEY *key;
	vouch_buf ca;
	vouch_issuer *issuer;
	vouch_source *source;
	vouch_buf before, after; /* the list in use, and the one whose octets are flipped */
	const char *after_name;	 /* a delta CRL does not take the place of the full one */
};

/* --- Lists, by libcrypto -------------------------------------------------------------------------------- */

struct revoked {
	long serial;
	int reason; /* -1: none */
	bool is_dated;
};
struct list {
	long number;
	const char *idp; /* in the words of an OpenSSL configuration; NULL: none */
	long base;	 /* 0: no delta */
	struct revoked revoked[5];
};

static void
add_revoked(X509_CRL *crl, const struct revoked *r)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_TIME *date = ASN1_TIME_set(NULL, AUTHORITY_BEGIN + r->serial);
	ASN1_GENERALIZEDTIME *since = ASN1_GENERALIZEDTIME_set(NULL, AUTHORITY_BEGIN - r->serial);
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();

	ASN1_INTEGER_set(serial, r->serial);
	X509_REVOKED_set_serialNumber(entry, serial);
	X509_REVOKED_set_revocationDate(entry, date);
	if (r->reason >= 0) {
		ASN1_ENUMERATED_set(reason, r->reason);
		assert_int_equal(X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0), 1);
	}
	if (r->is_dated)
		assert_int_equal(X509_REVOKED_add1_ext_i2d(entry, NID_invalidity_date, since, 0, 0), 1);
	assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
	ASN1_INTEGER_free(serial);
	ASN1_TIME_free(date);
	ASN1_GENERALIZEDTIME_free(since);
	ASN1_ENUMERATED_free(reason);
}

static void
add_number(X509_CRL *crl, int nid, long value, int critical)
{
	ASN1_INTEGER *number = ASN1_INTEGER_new();

	ASN1_INTEGER_set(number, value);
	assert_int_equal(X509_CRL_add1_ext_i2d(crl, nid, number, critical, 0), 1);
	ASN1_INTEGER_free(number);
}

static void
add_text(X509_CRL *crl, X509 *ca, int nid, const char *text)
{
	X509V3_CTX context;

	X509V3_set_ctx(&context, ca, NULL, NULL, crl, 0);
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, text);
	assert_non_null(extension);
	assert_int_equal(X509_CRL_add_ext(crl, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

static void
fill(X509_CRL *crl, X509 *ca, const struct list *list)
{
	ASN1_TIME *this_update = ASN1_TIME_set(NULL, AUTHORITY_NOW - HOUR + list->number);
	ASN1_TIME *next_update = ASN1_TIME_set(NULL, AUTHORITY_NOW + HOUR + list->number);

	assert_int_equal(X509_CRL_set_version(crl, X509_CRL_VERSION_2), 1);
	assert_int_equal(X509_CRL_set_issuer_name(crl, X509_get_subject_name(ca)), 1);
	X509_CRL_set1_lastUpdate(crl, this_update);
	X509_CRL_set1_nextUpdate(crl, next_update);
	for (size_t i = 0; list->revoked[i].serial != 0; i++)
		add_revoked(crl, &list->revoked[i]);
	add_text(crl, ca, NID_authority_key_identifier, "keyid:always");
	add_number(crl, NID_crl_number, list->number, 0);
	if (list->base != 0)
		add_number(crl, NID_delta_crl, list->base, 1);
	if (list->idp != NULL)
		add_text(crl, ca, NID_issuing_distribution_point, list->idp);
	ASN1_TIME_free(this_update);
	ASN1_TIME_free(next_update);
}

static vouch_buf
encode(const struct world *w, const struct list *list)
{
	const unsigned char *at = w->ca.data;
	X509 *ca = d2i_X509(NULL, &at, (long)w->ca.len);
	X509_CRL *crl = X509_CRL_new();
	bool is_pure = EVP_PKEY_get_base_id(w->key) == EVP_PKEY_ED25519;
	unsigned char *octets = NULL;
	vouch_buf der = { 0 };

	fill(crl, ca, list);
	assert_true(X509_CRL_sign(crl, w->key, is_pure ? NULL : EVP_sha256()) > 0);
	int len = i2d_X509_CRL(crl, &octets);
	assert_true(len > 0);
	assert_int_equal(vouch_buf_append(&der, octets, (size_t)len), VOUCH_OK);
	OPENSSL_free(octets);
	X509_CRL_free(crl);
	X509_free(ca);
	return der;
}

/* --- What the source says ------------------------------------------------------------------------------- */

/* Everything that a client may be told. */
struct said {
	int code, cert_status, reason;
	vouch_time revocation_time, invalidity_date, this_update, next_update;
};

static void
ask(const struct world *w, struct said said[SERIALS])
{
	memset(said, 0, SERIALS * sizeof(*said));
	for (uint8_t i = 0; i < SERIALS; i++) {
		const uint8_t serial = (uint8_t)(i + 1);
		vouch_status status;
		vouch_err err;
		vouch_status_init(&status);
		said[i].code = vouch_source_lookup(w->source, w->issuer, (vouch_span){ &serial, 1 },
		    AUTHORITY_NOW, &status, &err);
		said[i].cert_status = status.cert_status;
		said[i].reason = status.revocation_reason;
		said[i].revocation_time = status.revocation_time;
		said[i].invalidity_date = status.invalidity_date;
		said[i].this_update = status.this_update;
		said[i].next_update = status.next_update;
		vouch_status_clear(&status);
	}
}

static int
load(const struct world *w, const char *name, vouch_span octets, size_t cut, vouch_err *err)
{
	vouch_crl_load *load = NULL;

	assert_int_equal(vouch_crl_load_new(&load, w->source, name, err), VOUCH_OK);
	int code = vouch_crl_load_feed(load, (vouch_span){ octets.data, cut }, err);
	if (code == VOUCH_OK)
		code = vouch_crl_load_feed(load, (vouch_span){ octets.data + cut, octets.len - cut }, err);
	if (code == VOUCH_OK)
		code = vouch_crl_load_end(load, AUTHORITY_NOW, err);
	vouch_crl_load_free(load);
	return code;
}

static void
open_source(struct world *w)
{
	const vouch_issuer_options options = { .size = sizeof(options) };
	vouch_err err;

	assert_int_equal(vouch_crl_source_new(&w->source, NULL, &err), VOUCH_OK);
	assert_int_equal(vouch_issuer_new(&w->issuer, authority_span(&w->ca), &options, &err), VOUCH_OK);
	assert_int_equal(vouch_issuer_add_source(w->issuer, w->source, 0, &err), VOUCH_OK);
	assert_int_equal(load(w, FULL, authority_span(&w->before), 0, &err), VOUCH_OK);
}

static void
close_source(struct world *w)
{
	vouch_issuer_free(w->issuer);
	vouch_source_free(w->source);
	w->issuer = NULL;
	w->source = NULL;
}

static struct world
world_of(const char *kind, const char *idp, long base)
{
	const struct list before = { 7, idp, 0, { { 1, -1, false }, { 2, 6, false }, { 3, 1, true } } };
	const struct list after = { 8, idp, base, { { 1, -1, false }, { 4, 5, true }, { 5, 4, false } } };
	struct world w = { .key = authority_key(kind), .after_name = base == 0 ? FULL : "the-delta.crl" };
	const struct recipe recipe = { .subject = "C=XX/O=Vouch/CN=CA",
		.key = w.key,
		.extensions = { AUTHORITY_CA_EXTENSIONS, "subjectKeyIdentifier", "hash" } };

	w.ca = authority_certificate(&recipe);
	w.before = encode(&w, &before);
	w.after = encode(&w, &after);
	return w;
}

static void
world_free(struct world *w)
{
	vouch_buf_free(&w->before);
	vouch_buf_free(&w->after);
	vouch_buf_free(&w->ca);
	EVP_PKEY_free(w->key);
}

/* --- The octets ----------------------------------------------------------------------------------------- */

static bool
is_refusal(int code)
{
	return code == VOUCH_EPARSE || code == VOUCH_EVERIFY || code == VOUCH_EREFUSED ||
	    code == VOUCH_ELIMIT || code == VOUCH_ECRYPTO;
}

struct expected {
	struct said before[SERIALS], after[SERIALS];
};

static void
learn(struct world *w, struct expected *out)
{
	vouch_err err;

	open_source(w);
	ask(w, out->before);
	assert_int_equal(load(w, w->after_name, authority_span(&w->after), 0, &err), VOUCH_OK);
	ask(w, out->after);
	assert_memory_not_equal(out->before, out->after, sizeof(out->before));
	close_source(w);
}

/* Returns whether they were accepted. */
static bool
judge(struct world *w, const struct expected *expected, vouch_span octets, size_t cut)
{
	struct said said[SERIALS];
	vouch_err err;
	int code = load(w, w->after_name, octets, cut, &err);

	ask(w, said);
	if (code == VOUCH_OK) {
		assert_memory_equal(said, expected->after, sizeof(said));
		close_source(w);
		open_source(w);
		return true;
	}
	assert_memory_equal(said, expected->before, sizeof(said));
	assert_true(is_refusal(code));
	assert_int_equal(err.code, code);
	assert_string_not_equal(err.msg, ""); /* whose list it is the caller knows */
	assert_true(err.offset <= octets.len);
	return false;
}

/* Returns how many were accepted. */
static size_t
flip_all(struct world *w, vouch_span sound)
{
	struct expected expected;
	size_t accepted = 0;
	vouch_buf octets = { 0 };

	learn(w, &expected);
	open_source(w);
	assert_int_equal(buf_append_span(&octets, sound), VOUCH_OK);
	for (size_t i = 0; i < sound.len; i++) {
		for (unsigned bits = 1; bits < 0x200; bits <<= 1) {
			octets.data[i] = sound.data[i] ^ (uint8_t)(bits == 0x100 ? 0xff : bits);
			accepted += judge(w, &expected, span_buf(&octets), i);
		}
		octets.data[i] = sound.data[i];
	}
	close_source(w);
	vouch_buf_free(&octets);
	return accepted;
}

static void
cut_all(struct world *w, vouch_span sound, size_t least)
{
	struct expected expected;

	learn(w, &expected);
	open_source(w);
	for (size_t len = 0; len < sound.len; len++)
		if (judge(w, &expected, (vouch_span){ sound.data, len }, len / 2))
			assert_true(len >= least);
	close_source(w);
}

static const struct {
	const char *kind, *idp;
	long base;
} rows[] = {
	{ "p256", NULL, 0 },
	{ "rsa2048", NULL, 0 },
	{ "ed25519", NULL, 0 },
	{ "p384", "critical,onlyuser:TRUE", 0 },
	{ "p256", "critical,fullname:URI:http://crl.example/1.crl,onlysomereasons:keyCompromise", 0 },
	{ "p256", "critical,indirectCRL:TRUE", 0 },
	{ "p256", NULL, 7 },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void
no_flipped_octet_is_taken_for_a_sound_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct world w = world_of(rows[i].kind, rows[i].idp, rows[i].base);
		assert_int_equal(flip_all(&w, authority_span(&w.after)), 0);
		world_free(&w);
	}
}

static void
no_beginning_is_taken_for_a_list(void **state)
{
	(void)state;
	for (size_t i = 0; i < ROWS; i++) {
		struct world w = world_of(rows[i].kind, rows[i].idp, rows[i].base);
		cut_all(&w, authority_span(&w.after), w.after.len);
		world_free(&w);
	}
}

/* In PEM an octet beside the base64 may be another one: then nothing changes. */
static void
pem_is_the_same_list_or_none(void **state)
{
	struct world w = world_of("p256", NULL, 0);
	vouch_buf pem = { 0 };

	(void)state;
	authority_pem(&pem, "X509 CRL", authority_span(&w.after));
	assert_true(flip_all(&w, authority_span(&pem)) < 200);
	cut_all(&w, authority_span(&pem), pem.len - strlen("\n"));
	vouch_buf_free(&pem);
	world_free(&w);
}

static void
a_list_may_be_cut_anywhere_on_its_way(void **state)
{
	struct world w = world_of("p256", NULL, 0);
	struct expected expected;

	(void)state;
	learn(&w, &expected);
	open_source(&w);
	for (size_t cut = 0; cut <= w.after.len; cut++)
		assert_true(judge(&w, &expected, authority_span(&w.after), cut));
	close_source(&w);
	world_free(&w);
}

static void
octets_one_by_one_are_the_same_list(void **state)
{
	struct world w = world_of("rsa2048", "critical,onlyuser:TRUE", 0);
	struct expected expected;
	struct said said[SERIALS];
	vouch_crl_load *load = NULL;
	vouch_err err;

	(void)state;
	learn(&w, &expected);
	open_source(&w);
	assert_int_equal(vouch_crl_load_new(&load, w.source, w.after_name, &err), VOUCH_OK);
	for (size_t i = 0; i < w.after.len; i++)
		assert_int_equal(vouch_crl_load_feed(load, (vouch_span){ w.after.data + i, 1 }, &err),
		    VOUCH_OK);
	ask(&w, said);
	assert_memory_equal(said, expected.before, sizeof(said));
	assert_int_equal(vouch_crl_load_end(load, AUTHORITY_NOW, &err), VOUCH_OK);
	ask(&w, said);
	assert_memory_equal(said, expected.after, sizeof(said));
	vouch_crl_load_free(load);
	close_source(&w);
	world_free(&w);
}

static void
a_load_that_is_given_up_leaves_nothing_behind(void **state)
{
	struct world w = world_of("p256", NULL, 0);
	struct expected expected;
	struct said said[SERIALS];
	vouch_crl_load *load = NULL;
	vouch_err err;

	(void)state;
	learn(&w, &expected);
	open_source(&w);
	assert_int_equal(vouch_crl_load_new(&load, w.source, w.after_name, &err), VOUCH_OK);
	assert_int_equal(vouch_crl_load_feed(load, authority_span(&w.after), &err), VOUCH_OK);
	vouch_crl_load_free(load);
	ask(&w, said);
	assert_memory_equal(said, expected.before, sizeof(said));
	close_source(&w);
	world_free(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_flipped_octet_is_taken_for_a_sound_one),
		cmocka_unit_test(no_beginning_is_taken_for_a_list),
		cmocka_unit_test(pem_is_the_same_list_or_none),
		cmocka_unit_test(a_list_may_be_cut_anywhere_on_its_way),
		cmocka_unit_test(octets_one_by_one_are_the_same_list),
		cmocka_unit_test(a_load_that_is_given_up_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
