/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of ASN.1 types as text for people, for vouch_decode().  Nothing that comes out controls a
 * terminal.
 */
#include "base/date.h"
#include "base/hex.h"
#include "der/oid.h"
#include "ocsp/decode_field.h"

#define OCTETS_SHOWN 160 /* in full; a nonce of 128 is, a public key is not */
#define PREFIX_SHOWN 24

static int
append_octets(vouch_buf *out, vouch_span octets)
{
	if (octets.len <= OCTETS_SHOWN)
		return hex_encode(out, octets);
	if (buf_printf(out, "%zu octets: ", octets.len) != VOUCH_OK)
		return VOUCH_ENOMEM;
	if (hex_encode(out, span_of(octets.data, PREFIX_SHOWN)) != VOUCH_OK)
		return VOUCH_ENOMEM;
	return buf_append_string(out, "...");
}

int
decode_octets(vouch_buf *out, struct der_reader *r)
{
	return append_octets(out, der_content(der_element(r)));
}

/* Signatures and public keys: what they are made of matters less than how many octets there are. */
int
decode_bits(vouch_buf *out, struct der_reader *r)
{
	unsigned unused;
	vouch_span octets = der_bit_string(r, &unused);
	bool whole = octets.len <= PREFIX_SHOWN;

	if (buf_printf(out, "%zu octets: ", octets.len) != VOUCH_OK)
		return VOUCH_ENOMEM;
	if (hex_encode(out, whole ? octets : span_of(octets.data, PREFIX_SHOWN)) != VOUCH_OK)
		return VOUCH_ENOMEM;
	if (!whole && buf_append_string(out, "...") != VOUCH_OK)
		return VOUCH_ENOMEM;
	return unused == 0 ? VOUCH_OK : buf_printf(out, " (%u unused bits)", unused);
}

int
decode_boolean(vouch_buf *out, struct der_reader *r)
{
	return buf_append_string(out, der_boolean(r) ? "TRUE" : "FALSE");
}

static int
append_time(vouch_buf *out, vouch_time time)
{
	char text[DATE_RFC3339_LENGTH + 1];

	date_format_rfc3339(time, text);
	return buf_append_string(out, text);
}

int
decode_generalized_time(vouch_buf *out, struct der_reader *r)
{
	return append_time(out, der_generalized_time(r));
}

int
decode_time(vouch_buf *out, struct der_reader *r)
{
	return append_time(out, der_time(r));
}

int
decode_integer(vouch_buf *out, struct der_reader *r)
{
	vouch_span content = der_integer(r);

	if (der_failed(r))
		return VOUCH_OK;
	return content.len <= 1024 ? vouch_serial_format(out, content) : append_octets(out, content);
}

/* Version ::= INTEGER { v1(0) } */
int
decode_version(vouch_buf *out, struct der_reader *r)
{
	return buf_printf(out, "v%u", der_small(r, UINT16_MAX) + 1);
}

int
decode_name(vouch_buf *out, struct der_reader *r)
{
	const uint8_t *at = r->next;
	vouch_span name = der_element(r);

	if (der_failed(r))
		return VOUCH_OK;
	int code = vouch_name_format(out, name);
	if (code == VOUCH_ENOMEM)
		return code;
	if (code != VOUCH_OK)
		der_fail(r, VOUCH_EPARSE, at, "not a Name");
	return VOUCH_OK;
}

/* As in SingleResponse: the tag may be IMPLICIT. */
int
decode_null(vouch_buf *out, struct der_reader *r)
{
	const uint8_t *at = r->next;

	(void)out;
	if (der_content(der_element(r)).len != 0)
		der_fail(r, VOUCH_EPARSE, at, "NULL with content");
	return VOUCH_OK;
}

int
decode_oid(vouch_buf *out, struct der_reader *r)
{
	vouch_span oid = der_oid(r);
	const char *name = decode_oid_name(oid);

	if (der_failed(r))
		return VOUCH_OK;
	if (name == NULL)
		return der_oid_text(out, oid);
	if (buf_printf(out, "%s (", name) != VOUCH_OK || der_oid_text(out, oid) != VOUCH_OK)
		return VOUCH_ENOMEM;
	return buf_append_string(out, ")");
}

/* Parameters of an algorithm: a curve's name, NULL, or what it may be. */
int
decode_any(vouch_buf *out, struct der_reader *r)
{
	if (der_next_is(r, DER_OID))
		return decode_oid(out, r);
	if (!der_next_is(r, DER_NULL))
		return decode_octets(out, r);
	der_null(r);
	return buf_append_string(out, "NULL");
}

int
decode_response_status(vouch_buf *out, struct der_reader *r)
{
	uint32_t status = der_enumerated(r, UINT16_MAX);

	return buf_printf(out, "%s (%u)", vouch_response_status_name((int)status), status);
}

int
decode_reason(vouch_buf *out, struct der_reader *r)
{
	uint32_t reason = der_enumerated(r, UINT16_MAX);
	const char *name = reason < UINT8_MAX ? vouch_reason_name((uint8_t)(reason + 1)) : NULL;

	return buf_printf(out, "%s (%u)", name != NULL ? name : "reserved", reason);
}

/* IA5String, and IMPLICIT ones: what is not printable ASCII is shown as \xNN. */
int
decode_string(vouch_buf *out, struct der_reader *r)
{
	vouch_span text = der_content(der_element(r));

	for (size_t i = 0; i < text.len; i++) {
		bool plain = text.data[i] >= 0x20 && text.data[i] < 0x7f && text.data[i] != '\\';
		int code = plain ? vouch_buf_append(out, &text.data[i], 1) :
				   buf_printf(out, "\\x%02x", text.data[i]);
		if (code != VOUCH_OK)
			return code;
	}
	return VOUCH_OK;
}

/* RFC 5280 4.2.1.3 */
int
decode_key_usage(vouch_buf *out, struct der_reader *r)
{
	static const char *const usages[] = { "digitalSignature", "nonRepudiation", "keyEncipherment",
		"dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly",
		"decipherOnly" };
	unsigned unused;
	vouch_span bits = der_bit_string(r, &unused);
	const char *separator = "";

	for (size_t i = 0; i < sizeof(usages) / sizeof(usages[0]) && i / 8 < bits.len; i++) {
		if ((bits.data[i / 8] & 0x80 >> i % 8) == 0)
			continue;
		if (buf_printf(out, "%s%s", separator, usages[i]) != VOUCH_OK)
			return VOUCH_ENOMEM;
		separator = ", ";
	}
	return VOUCH_OK;
}
