/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions of a certificate (RFC 5280 4.2) that a responder heeds. */
#include "crypto/cert_extension.h"

#include <ctype.h>

#define OID_CE(last) SPAN_LITERAL("\x55\x1d" last)
#define OID_PE(last) SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x01" last)
#define OID_KP_OCSP_SIGNING SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x03\x09")
#define OID_ANY_EXTENDED_KEY_USAGE SPAN_LITERAL("\x55\x1d\x25\x00")
#define OID_OCSP_NOCHECK SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x30\x01\x05")
#define OID_AD_OCSP SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x30\x01")
#define OID_AD_CA_ISSUERS SPAN_LITERAL("\x2b\x06\x01\x05\x05\x07\x30\x02")
#define GENERAL_NAME_URI DER_CONTEXT_PRIMITIVE(6)

/* Bit 0 of the BIT STRING is the highest of its first octet. */
static void
read_key_usage(struct der_reader *value, struct crypto_cert *out)
{
	unsigned unused;
	vouch_span bits = der_bit_string(value, &unused);

	for (unsigned i = 0; i < 8 * bits.len && i < 16; i++)
		if ((bits.data[i / 8] & 0x80 >> i % 8) != 0)
			out->key_usage |= 1u << i;
}

static void
read_extended_key_usage(struct der_reader *value, struct crypto_cert *out)
{
	struct der_reader purposes = der_enter(value, DER_SEQUENCE);

	while (der_more(&purposes)) {
		vouch_span purpose = der_oid(&purposes);
		if (span_equal(purpose, OID_KP_OCSP_SIGNING))
			out->for_ocsp_signing = true;
		else if (span_equal(purpose, OID_ANY_EXTENDED_KEY_USAGE))
			out->for_any_purpose = true;
		else
			out->for_other_purposes = true;
	}
}

static void
read_basic_constraints(struct der_reader *value, struct crypto_cert *out)
{
	struct der_reader constraints = der_enter(value, DER_SEQUENCE);

	if (der_next_is(&constraints, DER_BOOLEAN))
		out->is_ca = der_boolean(&constraints);
	out->has_path_length = der_more(&constraints);
}

static void
read_nocheck(struct der_reader *value, struct crypto_cert *out)
{
	vouch_span all = span_of(value->next, (size_t)(value->end - value->next));

	out->nocheck = span_equal(all, SPAN_LITERAL("\x05\x00")) ? CRYPTO_NOCHECK_PRESENT :
								   CRYPTO_NOCHECK_MALFORMED;
	value->next = value->end;
}

/* For who looks a CA up by it: a damaged one is passed over. */
static void
read_subject_key_identifier(struct der_reader *value, struct crypto_cert *out)
{
	vouch_err damage = { 0 };
	struct der_reader lenient = *value;

	lenient.err = &damage;
	vouch_span identifier = der_read(&lenient, DER_OCTET_STRING);
	if (der_finish(&lenient) == VOUCH_OK)
		out->subject_key_identifier = identifier;
	value->next = value->end;
}

/* More than the prefix, which is lower case; a scheme has no case (RFC 3986 3.1). */
static bool
goes_on_from(vouch_span uri, vouch_span prefix)
{
	for (size_t i = 0; i < prefix.len; i++)
		if (i == uri.len || tolower(uri.data[i]) != prefix.data[i])
			return false;
	return uri.len > prefix.len;
}

static bool
is_http(vouch_span uri)
{
	return goes_on_from(uri, SPAN_LITERAL("http://")) || goes_on_from(uri, SPAN_LITERAL("https://"));
}

static void
note_access(bool *has, vouch_span *url, struct der_reader *description)
{
	*has = true;
	if (!der_next_is(description, GENERAL_NAME_URI))
		return;
	vouch_span uri = der_read(description, GENERAL_NAME_URI);
	if (url->len == 0 && is_http(uri))
		*url = uri;
}

/* What points elsewhere is only advice: a damaged one is passed over, and what came before it stands. */
static void
read_authority_info_access(struct der_reader *value, struct crypto_cert *out)
{
	vouch_err damage = { 0 };
	struct der_reader lenient = *value;

	lenient.err = &damage;
	struct der_reader descriptions = der_enter(&lenient, DER_SEQUENCE);
	while (der_more(&descriptions)) {
		struct der_reader description = der_enter(&descriptions, DER_SEQUENCE);
		vouch_span method = der_oid(&description);
		if (span_equal(method, OID_AD_OCSP))
			note_access(&out->has_ocsp_access, &out->ocsp_url, &description);
		else if (span_equal(method, OID_AD_CA_ISSUERS))
			note_access(&out->has_ca_issuers_access, &out->ca_issuers_url, &description);
	}
	value->next = value->end;
}

#define MEMBER(name) offsetof(struct crypto_cert, name)
#define NONE 0 /* of der, which no extension is told by */

static const struct known {
	const char *name;
	vouch_span oid;
	size_t presence, critical; /* the bool that tells of it */
	void (*read)(struct der_reader *value,
	    struct crypto_cert *out); /* NULL: that it is there is all we need */
} known[] = {
	{ "subjectKeyIdentifier", OID_CE("\x0e"), NONE, NONE, read_subject_key_identifier },
	{ "keyUsage", OID_CE("\x0f"), MEMBER(has_key_usage), MEMBER(key_usage_is_critical), read_key_usage },
	{ "subjectAltName", OID_CE("\x11"), MEMBER(has_subject_alt_name), NONE, NULL },
	{ "basicConstraints", OID_CE("\x13"), MEMBER(has_basic_constraints), NONE, read_basic_constraints },
	{ "nameConstraints", OID_CE("\x1e"), MEMBER(has_name_constraints), NONE, NULL },
	{ "cRLDistributionPoints", OID_CE("\x1f"), MEMBER(has_crl_distribution_points), NONE, NULL },
	{ "authorityKeyIdentifier", OID_CE("\x23"), MEMBER(has_authority_key_identifier), NONE, NULL },
	{ "extKeyUsage", OID_CE("\x25"), MEMBER(has_extended_key_usage), NONE, read_extended_key_usage },
	{ "authorityInfoAccess", OID_PE("\x01"), NONE, NONE, read_authority_info_access },
	{ "id-pkix-ocsp-nocheck", OID_OCSP_NOCHECK, NONE, MEMBER(nocheck_is_critical), read_nocheck },
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

static size_t
find_known(vouch_span oid)
{
	size_t i = 0;

	while (i < KNOWN && !span_equal(known[i].oid, oid))
		i++;
	return i;
}

static void
set_member(struct crypto_cert *out, size_t member, bool value)
{
	if (member != NONE)
		*(bool *)((char *)out + member) = value;
}

static void
read_value(const struct known *row, const struct der_reader *extensions, vouch_span octets,
    struct crypto_cert *out)
{
	struct der_reader value = der_inside(extensions, octets);

	if (row->read == NULL)
		return;
	row->read(&value, out);
	if (der_finish(&value) != VOUCH_OK)
		(void)err_prefix(value.err, "%s", row->name);
}

/* What may be critical and constrains only paths, policies or the holder: nothing that a signer's signature needs. */
static bool
is_harmless(vouch_span oid)
{
	static const vouch_span harmless[] = {
		OID_CE("\x10"), /* privateKeyUsagePeriod */
		OID_CE("\x20"), /* certificatePolicies */
		OID_CE("\x21"), /* policyMappings */
		OID_CE("\x24"), /* policyConstraints */
		OID_CE("\x36"), /* inhibitAnyPolicy */
	};

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (span_equal(harmless[i], oid))
			return true;
	return false;
}

static void
read_extension(struct der_reader *extensions, struct crypto_cert *out, unsigned *seen)
{
	struct der_reader extension = der_enter(extensions, DER_SEQUENCE);
	const uint8_t *at = extension.next;
	vouch_span oid = der_oid(&extension);
	size_t i = find_known(oid);
	/* FALSE is the DEFAULT and has no place in DER, but many certificates spell it out. */
	bool critical = der_next_is(&extension, DER_BOOLEAN) && der_boolean(&extension);
	vouch_span octets = der_read(&extension, DER_OCTET_STRING);

	if (der_finish(&extension) != VOUCH_OK)
		return;
	if (i == KNOWN) {
		out->has_unknown_critical = out->has_unknown_critical || (critical && !is_harmless(oid));
		return;
	}
	if ((*seen & 1u << i) != 0) {
		der_fail(extensions, VOUCH_EPARSE, at, "extension %s twice (RFC 5280 4.2)", known[i].name);
		return;
	}
	*seen |= 1u << i;
	set_member(out, known[i].presence, true);
	set_member(out, known[i].critical, critical);
	read_value(&known[i], extensions, octets, out);
}

void
crypto_cert_read_extensions(struct der_reader *extensions, struct crypto_cert *out)
{
	unsigned seen = 0;

	while (der_more(extensions))
		read_extension(extensions, out, &seen);
}
