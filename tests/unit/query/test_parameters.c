/* SPDX-License-Identifier: Apache-2.0 */
/* What the named parameters stand for. */
#include "fixture.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/hex.h"

/* The values of "SELECT PARAMETERS" for one serial number, as text (octets as "x'...'"), joined by blanks. */
static int
values_of(const char *parameters, const vouch_issuer *issuer, vouch_span serial_number, bool attach,
    vouch_buf *out)
{
	char query[400];
	struct query_binding binding = { 0 };
	vouch_err err = { 0 };

	snprintf(query, sizeof(query), "SELECT :serial_hex, %s", parameters);
	struct query *q = open_query(QUERY_SQLITE, query, NULL);
	int code = attach ? query_attach(q, issuer, &err) : VOUCH_OK;
	if (code == VOUCH_OK)
		code = query_bind_lookup(&binding, q, issuer, serial_number, &err);
	for (size_t i = 1; code == VOUCH_OK && i < query_parameters(q, QUERY_LOOKUP); i++) {
		const struct query_value *v = &binding.values[i];
		assert_int_equal(v->type, query_parameter_type(q, QUERY_LOOKUP, i));
		if (i > 1)
			assert_int_equal(buf_append_string(out, " "), VOUCH_OK);
		if (v->type == QUERY_INTEGER)
			assert_int_equal(buf_printf(out, "%lld", (long long)v->integer), VOUCH_OK);
		else if (v->type == QUERY_OCTETS)
			assert_int_equal(buf_append_string(out, "x'") | hex_encode(out, v->octets) |
				buf_append_string(out, "'"),
			    VOUCH_OK);
		else
			assert_int_equal(buf_append_span(out, v->octets), VOUCH_OK);
		if (v->type != QUERY_INTEGER)
			assert_int_equal(v->octets.data[v->octets.len], 0);
	}
	assert_int_equal(vouch_buf_append(out, "", 1), VOUCH_OK);
	query_binding_clear(&binding);
	query_close(q);
	return code;
}

static const struct {
	const char *parameter;
	vouch_span serial_number;
	const char *value; /* NULL: there is none, so no such certificate */
} serials[] = {
	{ ":serial_hex", SERIAL("\x01\xaa\xf0\x0d"), "1AAF00D" },
	{ ":serial_hex_lower", SERIAL("\x01\xaa\xf0\x0d"), "1aaf00d" },
	{ ":serial_hex_even", SERIAL("\x01\xaa\xf0\x0d"), "01AAF00D" },
	{ ":serial_hex_even_lower", SERIAL("\x01\xaa\xf0\x0d"), "01aaf00d" },
	{ ":serial_decimal", SERIAL("\x01\xaa\xf0\x0d"), "27979789" },
	{ ":serial_integer", SERIAL("\x01\xaa\xf0\x0d"), "27979789" },
	{ ":serial_bytes", SERIAL("\x01\xaa\xf0\x0d"), "x'01aaf00d'" },
	{ ":serial_bytes_unsigned", SERIAL("\x01\xaa\xf0\x0d"), "x'01aaf00d'" },
	{ ":serial_hex", SERIAL("\0\xff"), "FF" },
	{ ":serial_hex_even", SERIAL("\0\xff"), "FF" },
	{ ":serial_bytes", SERIAL("\0\xff"), "x'00ff'" },
	{ ":serial_bytes_unsigned", SERIAL("\0\xff"), "x'ff'" },
	{ ":serial_decimal", SERIAL("\0\xff"), "255" },
	{ ":serial_hex", SERIAL("\0"), "0" },
	{ ":serial_hex_even", SERIAL("\0"), "00" },
	{ ":serial_decimal", SERIAL("\0"), "0" },
	{ ":serial_bytes_unsigned", SERIAL("\0"), "x'00'" },
	{ ":serial_hex", SERIAL("\xff"), "-1" },
	{ ":serial_hex_lower", SERIAL("\x9a"), "-66" },
	{ ":serial_hex_even", SERIAL("\xff"), NULL },
	{ ":serial_hex_even_lower", SERIAL("\xff"), NULL },
	{ ":serial_bytes_unsigned", SERIAL("\xff"), NULL },
	{ ":serial_decimal", SERIAL("\xff"), "-1" },
	{ ":serial_decimal", SERIAL("\x80"), "-128" },
	{ ":serial_decimal", SERIAL("\xff\0"), "-256" },
	{ ":serial_integer", SERIAL("\xff\0"), "-256" },
	{ ":serial_integer", SERIAL("\x7f\xff\xff\xff\xff\xff\xff\xff"), "9223372036854775807" },
	{ ":serial_integer", SERIAL("\x80\0\0\0\0\0\0\0"), "-9223372036854775808" },
	{ ":serial_integer", SERIAL("\0\x80\0\0\0\0\0\0\0"), NULL },
	{ ":serial_decimal", SERIAL("\0\x80\0\0\0\0\0\0\0"), "9223372036854775808" },
	{ ":serial_decimal", SERIAL("\x3b\x9a\xca\0"), "1000000000" },
	{ ":serial_decimal", SERIAL("\x0d\xe0\xb6\xb3\xa7\x64\0\0"), "1000000000000000000" },
	/* RFC 5280 4.1.2.2: 20 octets. */
	{ ":serial_decimal",
	    SERIAL("\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
	    "730750818665451459101842416358141509827966271487" },
};

static void
serial_numbers_are_written_in_every_form(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(serials); i++) {
		vouch_buf out = { 0 };
		int code = values_of(serials[i].parameter, NULL, serials[i].serial_number, false, &out);
		assert_int_equal(code, serials[i].value != NULL ? VOUCH_OK : VOUCH_ENOTFOUND);
		assert_string_equal((char *)out.data, serials[i].value != NULL ? serials[i].value : "");
		vouch_buf_free(&out);
	}
}

/* 2^2047 - 1 ends in ...847, and one octet more is nobody's. */
static void
very_long_serial_numbers_are_nobodys_or_written_in_full(void **state)
{
	uint8_t octets[257] = { 0x7f };
	vouch_buf out = { 0 };

	(void)state;
	memset(octets + 1, 0xff, sizeof(octets) - 1);
	assert_int_equal(values_of(":serial_decimal", NULL, (vouch_span){ octets, 256 }, false, &out),
	    VOUCH_OK);
	assert_int_equal(strlen((char *)out.data), 617);
	assert_memory_equal(out.data, "16158503035655503650357438344334975980222051334857742016065172713762",
	    68);
	out.len = 0;
	assert_int_equal(values_of(":serial_decimal", NULL, (vouch_span){ octets, 257 }, false, &out),
	    VOUCH_ENOTFOUND);
	assert_int_equal(values_of(":serial_bytes", NULL, (vouch_span){ octets, 257 }, false, &out),
	    VOUCH_ENOTFOUND);
	assert_int_equal(values_of(":serial_bytes", NULL, (vouch_span){ octets, 0 }, false, &out),
	    VOUCH_ENOTFOUND);
	vouch_buf_free(&out);
}

static const struct {
	const char *parameters, *values;
} issuers[] = {
	/* RFC 9919 B.1. */
	{ ":issuer_name_sha1, :issuer_key_sha1",
	    "x'39cc7b801e8123ace5655ae082e20030b3d6e335' x'8ec214096076ea9038e939ae1b6d52c4177d9fbe'" },
	{ ":issuer_name_sha1_hex_lower", "39cc7b801e8123ace5655ae082e20030b3d6e335" },
	{ ":issuer_key_sha1_hex", "8EC214096076EA9038E939AE1B6D52C4177D9FBE" },
	{ ":issuer_key_sha1_base64", "jsIUCWB26pA46TmuG21SxBd9n74=" },
	{ ":issuer_key_sha1_base64url", "jsIUCWB26pA46TmuG21SxBd9n74" },
	{ ":issuer_name_sha256_hex_lower",
	    "3a994677568073a707bfde50186345e4cd6134db085ebaa1d10425f03b6f08ea" },
	{ ":issuer_key_sha256_hex_lower",
	    "474a6ca301f23dc9f7f7078704e1c7f5fc96e71675f6ed882e7ab65c3f584543" },
	{ ":issuer_key_identifier", "x'0102fbff'" },
	{ ":issuer_key_identifier_base64, :issuer_key_identifier_base64url", "AQL7/w== AQL7_w" },
	{ ":issuer_label", "corp-1" },
	{ ":issuer_dn", "CN=Issuing CA,O=Certs 'r Us,C=XX" },
	{ ":issuer_id", "x'a1b2000000000000000000000000000000000000000000000000000000000000'" },
};

static void
an_issuer_is_told_by_hashes_names_and_identifiers(void **state)
{
	vouch_issuer issuer = make_issuer("subjectKeyIdentifier", "0102fbff");

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(issuers); i++) {
		vouch_buf out = { 0 };
		/* Attached before or not, as in a lookup by hand: the same comes out. */
		assert_int_equal(values_of(issuers[i / 2].parameters, &issuer, SERIAL("\x01"), i % 2 == 0,
				     &out),
		    VOUCH_OK);
		assert_string_equal((char *)out.data, issuers[i / 2].values);
		vouch_buf_free(&out);
	}
	free_issuer(&issuer);
}

static void
names_and_certificates_are_there_as_they_are(void **state)
{
	vouch_issuer issuer = make_issuer(NULL, NULL);
	vouch_certificate_info info = { .size = sizeof(info) };
	struct query *q = open_query(QUERY_SQLITE,
	    "SELECT :issuer_name_der, :issuer_certificate_der, :serial_hex", NULL);
	struct query_binding binding = { 0 };
	vouch_span whole = { issuer.certificate.data, issuer.certificate.len };
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(query_bind_lookup(&binding, q, &issuer, SERIAL("\x05"), &err), VOUCH_OK);
	assert_int_equal(vouch_certificate_inspect(whole, &info, &err), VOUCH_OK);
	assert_true(span_equal(binding.values[0].octets, info.subject));
	assert_true(span_equal(binding.values[1].octets, whole));
	query_binding_clear(&binding);
	query_close(q);
	free_issuer(&issuer);
}

/* Octets that nobody has would be equal to the empty column of a row whose issuer is unknown. */
static void
an_identifier_that_the_ca_does_not_have_is_an_error(void **state)
{
	vouch_issuer issuer = make_issuer(NULL, NULL);
	vouch_buf out = { 0 };

	(void)state;
	assert_int_equal(values_of(":issuer_key_identifier", &issuer, SERIAL("\x01"), true, &out),
	    VOUCH_EINVAL);
	assert_int_equal(values_of(":issuer_key_identifier_hex", &issuer, SERIAL("\x01"), false, &out),
	    VOUCH_EINVAL);
	vouch_buf_free(&out);
	free_issuer(&issuer);
}

/* A table with such a column would else be said not to have what is in it. */
static void
mysql_has_integers_without_a_sign(void **state)
{
	vouch_issuer issuer = make_issuer(NULL, NULL);
	struct query *q = open_query(QUERY_MYSQL, "SELECT :serial_integer", NULL);
	struct query_binding binding = { 0 };
	vouch_err err = { 0 };
	static const struct {
		vouch_span serial_number;
		bool is_unsigned;
		int64_t integer;
	} rows[] = {
		{ SERIAL("\0\x80\0\0\0\0\0\0\0"), true, INT64_MIN },
		{ SERIAL("\0\xff\xff\xff\xff\xff\xff\xff\xff"), true, -1 },
		{ SERIAL("\xff"), false, -1 },
		{ SERIAL("\x7f\xff\xff\xff\xff\xff\xff\xff"), false, INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(query_bind_lookup(&binding, q, &issuer, rows[i].serial_number, &err),
		    VOUCH_OK);
		assert_int_equal(binding.values[0].is_unsigned, rows[i].is_unsigned);
		assert_true(binding.values[0].integer == rows[i].integer);
	}
	assert_int_equal(query_bind_lookup(&binding, q, &issuer, SERIAL("\x01\0\0\0\0\0\0\0\0"), &err),
	    VOUCH_ENOTFOUND);
	query_binding_clear(&binding);
	query_close(q);
	free_issuer(&issuer);
}

static void
issuers_that_are_attached_keep_apart(void **state)
{
	vouch_issuer a = make_issuer(NULL, NULL), b = make_issuer(NULL, NULL);
	struct query *q = open_query(QUERY_MYSQL, "SELECT :issuer_label, :serial_integer", NULL);
	struct query_binding binding = { 0 };
	vouch_err err = { 0 };

	(void)state;
	b.id[31] = 1; /* in the same bucket */
	b.name = "corp-2";
	assert_int_equal(query_attach(q, &a, &err), VOUCH_OK);
	assert_int_equal(query_attach(q, &b, &err), VOUCH_OK);
	assert_int_equal(query_attach(q, &b, &err), VOUCH_OK);
	const vouch_issuer *const all[] = { &a, &b, &a };
	for (size_t i = 0; i < COUNT(all); i++) {
		assert_int_equal(query_bind_lookup(&binding, q, all[i], SERIAL("\x05"), &err), VOUCH_OK);
		assert_string_equal((const char *)binding.values[0].octets.data, all[i]->name);
		assert_int_equal(binding.values[1].integer, 5);
	}
	query_binding_clear(&binding);
	query_close(q);
	free_issuer(&a);
	free_issuer(&b);
}

static void
a_trial_has_a_value_for_each_parameter(void **state)
{
	struct query *q = open_query(QUERY_POSTGRESQL,
	    "SELECT :serial_hex, :serial_integer, :serial_bytes_unsigned, :issuer_key_sha1, :issuer_dn,"
	    " :issuer_key_identifier, :issuer_label, :issuer_certificate_der",
	    "SELECT :position");
	struct query_binding binding = { 0 };
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(query_bind_trial(&binding, q, QUERY_LOOKUP, &err), VOUCH_OK);
	assert_string_equal((const char *)binding.values[0].octets.data, "0");
	assert_int_equal(binding.values[1].integer, 0);
	assert_int_equal(binding.values[3].octets.len, 20);
	assert_int_equal(query_bind_trial(&binding, q, QUERY_HEAD, &err), VOUCH_OK);
	assert_true(
	    binding.values[0].type == QUERY_INTEGER && binding.values[0].integer > INT64_C(250000000000));
	query_binding_clear(&binding);
	query_close(q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(serial_numbers_are_written_in_every_form),
		cmocka_unit_test(very_long_serial_numbers_are_nobodys_or_written_in_full),
		cmocka_unit_test(an_issuer_is_told_by_hashes_names_and_identifiers),
		cmocka_unit_test(names_and_certificates_are_there_as_they_are),
		cmocka_unit_test(an_identifier_that_the_ca_does_not_have_is_an_error),
		cmocka_unit_test(mysql_has_integers_without_a_sign),
		cmocka_unit_test(issuers_that_are_attached_keep_apart),
		cmocka_unit_test(a_trial_has_a_value_for_each_parameter),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
