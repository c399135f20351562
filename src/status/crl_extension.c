/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions of a CRL and of its entries (RFC 5280 5.2, 5.3). */
#include "status/crl_extension.h"

#include "crypto/ossl.h"
#include "der/writer.h"
#include "status/crl_uri.h"

#define OID_CE(last) SPAN_LITERAL("\x55\x1d" last)
#define OID_PE(last) SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x01" last)
#define GENERAL_NAME_DIRECTORY DER_CONTEXT(4)
#define NUMBER_MAX 20 /* octets; RFC 5280 5.2.3 */
#define OID_TEXT 80

bool
crl_next_extension(struct der_reader *extensions, struct crl_extension *out)
{
	if (!der_more(extensions))
		return false;
	out->at = extensions->next;
	struct der_reader extension = der_enter(extensions, DER_SEQUENCE);
	out->oid = der_oid(&extension);
	/* FALSE is the DEFAULT and has no place in DER, but some spell it out. */
	out->is_critical = der_next_is(&extension, DER_BOOLEAN) && der_boolean(&extension);
	out->value = der_read(&extension, DER_OCTET_STRING);
	der_leave(&extension);
	return !der_failed(extensions);
}

/* One kind of extension that is heeded; read NULL: it says nothing that matters here. */
struct known {
	const char *name;
	vouch_span oid;
	void (*read)(struct der_reader *value, void *out);
};

static const struct known *
find_known(const struct known *rows, size_t count, vouch_span oid)
{
	for (size_t i = 0; i < count; i++)
		if (span_equal(rows[i].oid, oid))
			return &rows[i];
	return NULL;
}

static void
read_known(const struct known *row, const struct der_reader *extensions, const struct crl_extension *e,
    void *out)
{
	struct der_reader value = der_inside(extensions, e->value);

	if (e->value.len == 0)
		der_fail(extensions, VOUCH_EPARSE, e->at, "no value");
	else if (row->read != NULL)
		row->read(&value, out);
	if (row->read != NULL)
		der_leave(&value);
	if (der_failed(extensions))
		(void)err_prefix(extensions->err, "%s", row->name);
}

/* Each known one once; unknown ones are passed over unless they are critical. */
static void
read_all(struct der_reader *extensions, const struct known *rows, size_t count, const char *clause, void *out)
{
	struct crl_extension e;
	unsigned seen = 0;
	char text[OID_TEXT];

	while (crl_next_extension(extensions, &e)) {
		const struct known *row = find_known(rows, count, e.oid);
		if (row == NULL && e.is_critical) {
			crypto_oid_text(e.oid, text, sizeof(text));
			der_fail(extensions, VOUCH_EREFUSED, e.at,
			    "critical extension %s is not understood: the CRL must not be used (%s)", text,
			    clause);
		}
		if (row == NULL)
			continue;
		unsigned bit = 1u << (row - rows);
		if ((seen & bit) != 0)
			der_fail(extensions, VOUCH_EPARSE, e.at, "extension %s twice (RFC 5280 4.2)",
			    row->name);
		seen |= bit;
		if (!der_failed(extensions))
			read_known(row, extensions, &e, out);
	}
}

static void
fail_nomem(const struct der_reader *r)
{
	if (!der_failed(r))
		err_nomem(r->err);
}

static void
keep(const struct der_reader *r, vouch_buf *out, vouch_span octets)
{
	if (!der_failed(r) && buf_append_span(out, octets) != VOUCH_OK)
		fail_nomem(r);
}

/* --- Of the list -------------------------------------------------------------------------------------- */

static void
read_number(struct der_reader *value, vouch_buf *out)
{
	const uint8_t *at = value->next;
	vouch_span number = der_unsigned(value);

	if (number.len > NUMBER_MAX + 1 || (number.len == NUMBER_MAX + 1 && number.data[0] != 0))
		der_fail(value, VOUCH_EREFUSED, at, "a number of more than %d octets (RFC 5280 5.2.3)",
		    NUMBER_MAX);
	keep(value, out, number);
}

static void
read_crl_number(struct der_reader *value, void *out)
{
	read_number(value, &((struct crl_list *)out)->number);
}

static void
read_base_number(struct der_reader *value, void *out)
{
	read_number(value, &((struct crl_list *)out)->base);
}

static void
read_authority_key_identifier(struct der_reader *value, void *out)
{
	vouch_span all = der_element_of(value, DER_SEQUENCE);

	keep(value, &((struct crl_list *)out)->authority_key_identifier, all);
}

/* What points elsewhere is only advice: a damaged one is passed over. */
static void
read_freshest(struct der_reader *value, void *out)
{
	struct crl_list *list = out;
	vouch_err damage = { 0 };
	vouch_buf names = { 0 };
	struct der_reader lenient = *value;

	lenient.err = &damage;
	struct der_reader points = der_enter(&lenient, DER_SEQUENCE);
	while (der_more(&points)) {
		struct der_reader point = der_enter(&points, DER_SEQUENCE);
		if (!der_next_is(&point, DER_CONTEXT(0)))
			continue;
		struct der_reader name = der_enter(&point, DER_CONTEXT(0));
		if (crl_read_point(&name, span_buf(&list->issuer), &names, &damage) != VOUCH_OK)
			break;
	}
	keep(value, &list->freshest, crl_first_http_uri(span_buf(&names)));
	vouch_buf_free(&names);
	value->next = value->end;
}

/* --- issuingDistributionPoint ------------------------------------------------------------------------- */

/* directoryName of the issuer's RDNs and one more (RFC 5280 4.2.1.13). */
static int
put_relative_name(vouch_buf *out, vouch_span crl_issuer, vouch_span rdn, vouch_err *err)
{
	struct der_writer w = der_writer_init(out);
	size_t directory = der_begin(&w, GENERAL_NAME_DIRECTORY), name = der_begin(&w, DER_SEQUENCE);

	der_put_raw(&w, der_content(crl_issuer));
	der_put(&w, DER_SET, rdn);
	der_end(&w, name);
	der_end(&w, directory);
	return der_writer_finish(&w, err);
}

int
crl_read_point(struct der_reader *name, vouch_span crl_issuer, vouch_buf *out, vouch_err *err)
{
	if (der_next_is(name, DER_CONTEXT(1))) {
		vouch_span rdn = der_read(name, DER_CONTEXT(1));
		der_leave(name);
		return der_failed(name) ? name->err->code : put_relative_name(out, crl_issuer, rdn, err);
	}
	vouch_span names = der_read(name, DER_CONTEXT(0));
	der_leave(name);
	struct der_reader each = der_inside(name, names);
	while (der_more(&each))
		der_skip(&each);
	keep(name, out, names);
	return name->err->code;
}

/* IMPLICIT BOOLEAN. */
static bool
read_flag(struct der_reader *r, unsigned n)
{
	if (!der_next_is(r, DER_CONTEXT_PRIMITIVE(n)))
		return false;
	const uint8_t *at = r->next;
	vouch_span v = der_read(r, DER_CONTEXT_PRIMITIVE(n));
	if (v.len == 1 && (v.data[0] == 0 || v.data[0] == 0xff))
		return v.data[0] != 0;
	der_fail(r, VOUCH_EPARSE, at, "BOOLEAN is neither 00 nor ff");
	return false;
}

/* IMPLICIT BIT STRING; the first octet tells how many bits at the end are none. */
static unsigned
read_reasons(struct der_reader *r)
{
	const uint8_t *at = r->next;
	vouch_span v = der_read(r, DER_CONTEXT_PRIMITIVE(3));
	unsigned reasons = 0;

	if (der_failed(r))
		return 0;
	if (v.len == 0 || v.data[0] > 7 || (v.len == 1 && v.data[0] != 0))
		der_fail(r, VOUCH_EPARSE, at, "ReasonFlags are no BIT STRING");
	for (size_t i = 0; v.len > 0 && i < 8 * (v.len - 1) && i <= 8; i++)
		if ((v.data[1 + i / 8] & 0x80 >> i % 8) != 0)
			reasons |= 1u << i;
	return reasons & CRL_ALL_REASONS;
}

static void
read_certificates(struct der_reader *idp, bool user, bool ca, bool attribute, struct crl_scope *scope)
{
	if (user + ca + attribute > 1)
		der_fail(idp, VOUCH_EREFUSED, idp->start,
		    "of only user, only CA and only attribute certificates at most one may be true (RFC 5280 5.2.5)");
	scope->certificates = attribute ? 0 :
	    user			? CRL_USER_CERTIFICATES :
	    ca				? CRL_CA_CERTIFICATES :
					  CRL_ALL_CERTIFICATES;
}

static void
read_issuing_distribution_point(struct der_reader *value, void *out)
{
	struct crl_list *list = out;
	struct crl_scope *scope = &list->scope;

	keep(value, &scope->octets, span_of(value->next, (size_t)(value->end - value->next)));
	struct der_reader idp = der_enter(value, DER_SEQUENCE);
	scope->has_point = der_next_is(&idp, DER_CONTEXT(0));
	if (scope->has_point) {
		struct der_reader name = der_enter(&idp, DER_CONTEXT(0));
		if (crl_read_point(&name, span_buf(&list->issuer), &scope->names, value->err) != VOUCH_OK)
			return;
	}
	bool user = read_flag(&idp, 1), ca = read_flag(&idp, 2);
	if (der_next_is(&idp, DER_CONTEXT_PRIMITIVE(3)))
		scope->reasons = read_reasons(&idp);
	scope->is_indirect = read_flag(&idp, 4);
	read_certificates(&idp, user, ca, read_flag(&idp, 5), scope);
	der_leave(&idp);
}

static const struct known of_list[] = {
	{ "issuerAltName", OID_CE("\x12"), NULL },
	{ "cRLNumber", OID_CE("\x14"), read_crl_number },
	{ "deltaCRLIndicator", OID_CE("\x1b"), read_base_number },
	{ "issuingDistributionPoint", OID_CE("\x1c"), read_issuing_distribution_point },
	{ "authorityKeyIdentifier", OID_CE("\x23"), read_authority_key_identifier },
	{ "freshestCRL", OID_CE("\x2e"), read_freshest },
	{ "authorityInfoAccess", OID_PE("\x01"), NULL },
};

int
crl_read_extensions(vouch_span element, struct crl_list *list, vouch_err *err)
{
	struct der_reader r = der_reader_init(element, err);
	struct der_reader explicit = der_enter(&r, DER_CONTEXT(0));
	struct der_reader extensions = der_enter(&explicit, DER_SEQUENCE);

	read_all(&extensions, of_list, sizeof(of_list) / sizeof(of_list[0]), "RFC 5280 5.2", list);
	der_leave(&explicit);
	if (!der_failed(&r) && crl_list_is_delta(list) && list->number.len == 0)
		der_fail(&r, VOUCH_EREFUSED, r.start, "a delta CRL without cRLNumber (RFC 5280 5.2.4)");
	return der_finish(&r);
}

/* --- Of an entry -------------------------------------------------------------------------------------- */

static void
read_reason_code(struct der_reader *value, void *out)
{
	const uint8_t *at = value->next;
	uint32_t code = der_enumerated(value, 255);

	if (!der_failed(value) && (code == 7 || code > 10))
		der_fail(value, VOUCH_EREFUSED, at, "CRLReason %u does not exist (RFC 5280 5.3.1)",
		    (unsigned)code);
	/* RFC 5280 5.3.1: unspecified is better expressed by absence. */
	((struct crl_entry_extensions *)out)->reason = code == 0 ? 0 : (uint8_t)(code + 1);
}

static void
read_invalidity_date(struct der_reader *value, void *out)
{
	((struct crl_entry_extensions *)out)->invalidity_date = der_generalized_time(value);
}

static void
read_certificate_issuer(struct der_reader *value, void *out)
{
	struct crl_entry_extensions *entry = out;
	const uint8_t *at = value->next;
	struct der_reader names = der_enter(value, DER_SEQUENCE);

	while (der_more(&names)) {
		if (!der_next_is(&names, GENERAL_NAME_DIRECTORY) || entry->certificate_issuer.len != 0) {
			der_skip(&names);
			continue;
		}
		struct der_reader name = der_enter(&names, GENERAL_NAME_DIRECTORY);
		entry->certificate_issuer = der_element_of(&name, DER_SEQUENCE);
		der_leave(&name);
	}
	if (entry->certificate_issuer.len == 0)
		der_fail(value, VOUCH_EREFUSED, at, "names nobody by a directoryName (RFC 5280 5.3.3)");
}

static const struct known of_entry[] = {
	{ "reasonCode", OID_CE("\x15"), read_reason_code },
	{ "holdInstructionCode", OID_CE("\x17"), NULL },
	{ "invalidityDate", OID_CE("\x18"), read_invalidity_date },
	{ "certificateIssuer", OID_CE("\x1d"), read_certificate_issuer },
};

void
crl_read_entry_extensions(struct der_reader *entry, struct crl_entry_extensions *out)
{
	struct der_reader extensions = der_enter(entry, DER_SEQUENCE);

	read_all(&extensions, of_entry, sizeof(of_entry) / sizeof(of_entry[0]), "RFC 5280 5.3", out);
	der_leave(&extensions);
}
