/* SPDX-License-Identifier: Apache-2.0 */
/* What the CRL source reads of a certificate that was issued: no key, of which there may be 10^6. */
#include "status/crl_certificate.h"

#include "status/crl_extension.h"

#define OID_CE(last) SPAN_LITERAL("\x55\x1d" last)

static void
read_basic_constraints(struct der_reader *value, struct crl_certificate *out)
{
	struct der_reader constraints = der_enter(value, DER_SEQUENCE);

	if (der_next_is(&constraints, DER_BOOLEAN))
		out->is_ca = der_boolean(&constraints);
}

static void
read_authority_key_identifier(struct der_reader *value, struct crl_certificate *out)
{
	struct der_reader identifier = der_enter(value, DER_SEQUENCE);

	if (der_next_is(&identifier, DER_CONTEXT_PRIMITIVE(0)))
		out->key_identifier = der_read(&identifier, DER_CONTEXT_PRIMITIVE(0));
}

/* RFC 5280 4.2.1.13: any of the names of any of the points. */
static void
read_points(struct der_reader *value, struct crl_certificate *out)
{
	struct der_reader points = der_enter(value, DER_SEQUENCE);

	while (der_more(&points)) {
		struct der_reader point = der_enter(&points, DER_SEQUENCE);
		if (!der_next_is(&point, DER_CONTEXT(0)))
			continue;
		struct der_reader name = der_enter(&point, DER_CONTEXT(0));
		if (crl_read_point(&name, out->issuer, &out->points, value->err) != VOUCH_OK)
			return;
	}
}

static const struct {
	vouch_span oid;
	void (*read)(struct der_reader *value, struct crl_certificate *out);
} known[] = {
	{ OID_CE("\x13"), read_basic_constraints },
	{ OID_CE("\x1f"), read_points },
	{ OID_CE("\x23"), read_authority_key_identifier },
};

static void
read_extensions(struct der_reader *tbs, struct crl_certificate *out)
{
	struct der_reader explicit = der_enter(tbs, DER_CONTEXT(3));
	struct der_reader extensions = der_enter(&explicit, DER_SEQUENCE);
	struct crl_extension e;

	while (crl_next_extension(&extensions, &e)) {
		struct der_reader value = der_inside(&extensions, e.value);
		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (span_equal(known[i].oid, e.oid))
				known[i].read(&value, out);
	}
	der_leave(&explicit);
}

int
crl_certificate_read(struct crl_certificate *out, vouch_span der, vouch_err *err)
{
	struct der_reader r = der_reader_init(der, err);
	struct der_reader certificate = der_enter(&r, DER_SEQUENCE);
	struct der_reader tbs = der_enter(&certificate, DER_SEQUENCE);

	buf_clear(&out->points);
	*out = (struct crl_certificate){ .points = out->points };
	if (der_next_is(&tbs, DER_CONTEXT(0)))
		der_skip(&tbs);
	out->serial_number = der_integer(&tbs);
	der_skip(&tbs);
	out->issuer = der_element_of(&tbs, DER_SEQUENCE);
	for (int i = 0; i < 3; i++) /* validity, subject, subjectPublicKeyInfo */
		(void)der_read(&tbs, DER_SEQUENCE);
	while (der_more(&tbs) && !der_next_is(&tbs, DER_CONTEXT(3))) /* unique identifiers */
		der_skip(&tbs);
	if (der_more(&tbs))
		read_extensions(&tbs, out);
	der_leave(&tbs);
	der_skip(&certificate);
	der_skip(&certificate);
	der_leave(&certificate);
	return der_finish(&r);
}
