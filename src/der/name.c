/* SPDX-License-Identifier: Apache-2.0 */
/* Name (RFC 5280 4.1.2.4) as text for people (RFC 4514). */
#include "base/buf.h"
#include "base/hex.h"
#include "der/oid.h"
#include "der/reader.h"

/* RFC 4514 3 (the names that must be known) and what else is seen in certificates (RFC 4519, PKCS #9, the CA/Browser Forum). */
static const struct {
	const char *name;
	vouch_span oid;
} types[] = {
	{ "CN", { (const uint8_t *)"\x55\x04\x03", 3 } },
	{ "L", { (const uint8_t *)"\x55\x04\x07", 3 } },
	{ "ST", { (const uint8_t *)"\x55\x04\x08", 3 } },
	{ "O", { (const uint8_t *)"\x55\x04\x0a", 3 } },
	{ "OU", { (const uint8_t *)"\x55\x04\x0b", 3 } },
	{ "C", { (const uint8_t *)"\x55\x04\x06", 3 } },
	{ "STREET", { (const uint8_t *)"\x55\x04\x09", 3 } },
	{ "DC", { (const uint8_t *)"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", 10 } },
	{ "UID", { (const uint8_t *)"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", 10 } },
	{ "sn", { (const uint8_t *)"\x55\x04\x04", 3 } },
	{ "serialNumber", { (const uint8_t *)"\x55\x04\x05", 3 } },
	{ "title", { (const uint8_t *)"\x55\x04\x0c", 3 } },
	{ "businessCategory", { (const uint8_t *)"\x55\x04\x0f", 3 } },
	{ "postalCode", { (const uint8_t *)"\x55\x04\x11", 3 } },
	{ "givenName", { (const uint8_t *)"\x55\x04\x2a", 3 } },
	{ "dnQualifier", { (const uint8_t *)"\x55\x04\x2e", 3 } },
	{ "pseudonym", { (const uint8_t *)"\x55\x04\x41", 3 } },
	{ "organizationIdentifier", { (const uint8_t *)"\x55\x04\x61", 3 } },
	{ "emailAddress", { (const uint8_t *)"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", 9 } },
	{ "jurisdictionCountryName",
	    { (const uint8_t *)"\x2b\x06\x01\x04\x01\x82\x37\x3c\x02\x01\x03", 11 } },
};

static int
append_type(vouch_buf *out, vouch_span oid)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (span_equal(types[i].oid, oid))
			return buf_append_string(out, types[i].name);
	return der_oid_text(out, oid);
}

static int
append_utf8(vouch_buf *out, uint32_t c)
{
	uint8_t octets[4] = { (uint8_t)c };
	size_t len = 1;

	if (c >= 0x80) {
		len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
		static const uint8_t lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
		octets[0] = (uint8_t)(lead[len] | c >> 6 * (len - 1));
		for (size_t i = 1; i < len; i++)
			octets[i] = (uint8_t)(0x80 | (c >> 6 * (len - 1 - i) & 0x3f));
	}
	return vouch_buf_append(out, octets, len);
}

/* RFC 4514 2.4: a backslash before what has a meaning, a backslash and two digits for what cannot be shown. */
static int
append_character(vouch_buf *out, uint32_t c, bool first, bool last)
{
	if (c < 0x20 || (c >= 0x7f && c < 0xa0))
		return c < 0x80 ? buf_printf(out, "\\%02X", (unsigned)c) :
				  buf_printf(out, "\\C2\\%02X", (unsigned)c);
	if (c < 0x80 &&
	    (strchr("\"+,;<>\\", (int)c) != NULL || (c == '#' && first) || (c == ' ' && (first || last))))
		return buf_printf(out, "\\%c", (int)c);
	return append_utf8(out, c);
}

/* Takes the next character; false when the octets are none of this encoding.  width 1 is Latin-1, 2 and 4 are UCS, 0 is UTF-8. */
static bool
next_character(vouch_span *text, unsigned width, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t len = width;
	uint8_t lead = text->data[0];
	uint32_t c = 0;

	if (width == 0) {
		len = lead < 0x80 ? 1 :
		    lead < 0xc0	  ? 0 :
		    lead < 0xe0	  ? 2 :
		    lead < 0xf0	  ? 3 :
		    lead < 0xf8	  ? 4 :
				    0;
		c = len <= 1 ? lead : lead & (0x7fu >> len);
	}
	if (len == 0 || len > text->len)
		return false;
	for (size_t i = width == 0 ? 1 : 0; i < len; i++) {
		if (width == 0 && (text->data[i] & 0xc0) != 0x80)
			return false;
		c = width == 0 ? c << 6 | (text->data[i] & 0x3f) : c << 8 | text->data[i];
	}
	if (c > 0x10ffff || (c >= 0xd800 && c < 0xe000) || (width == 0 && c < least[len]))
		return false;
	*text = span_of(text->data + len, text->len - len);
	*out = c;
	return true;
}

static int
append_string(vouch_buf *out, vouch_span text, unsigned width)
{
	for (bool first = true; text.len > 0; first = false) {
		uint32_t c;
		if (!next_character(&text, width, &c))
			return VOUCH_EPARSE;
		if (append_character(out, c, first, text.len == 0) != VOUCH_OK)
			return VOUCH_ENOMEM;
	}
	return VOUCH_OK;
}

/* A value that is no text, or not in its own encoding, is shown as "#" and its octets (RFC 4514 2.4). */
static int
append_value(vouch_buf *out, vouch_span element)
{
	static const struct {
		uint8_t tag, width;
	} strings[] = { { DER_UTF8_STRING, 0 }, { DER_PRINTABLE_STRING, 1 }, { DER_IA5_STRING, 1 },
		{ DER_TELETEX_STRING, 1 }, { DER_VISIBLE_STRING, 1 }, { DER_BMP_STRING, 2 },
		{ DER_UNIVERSAL_STRING, 4 } };
	size_t start = out->len;

	for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		if (element.data[0] != strings[i].tag)
			continue;
		int code = append_string(out, der_content(element), strings[i].width);
		if (code != VOUCH_EPARSE)
			return code;
		out->len = start;
	}
	return buf_append_string(out, "#") == VOUCH_OK ? hex_encode(out, element) : VOUCH_ENOMEM;
}

/* One RelativeDistinguishedName: "CN=a+UID=b". */
static int
append_rdn(vouch_buf *out, struct der_reader *rdn)
{
	int code = VOUCH_OK;

	for (bool first = true; der_more(rdn) && code == VOUCH_OK; first = false) {
		struct der_reader pair = der_enter(rdn, DER_SEQUENCE);
		vouch_span type = der_oid(&pair), value = der_element(&pair);
		if (der_finish(&pair) != VOUCH_OK)
			return VOUCH_EPARSE;
		code = first ? VOUCH_OK : buf_append_string(out, "+");
		if (code == VOUCH_OK)
			code = append_type(out, type);
		if (code == VOUCH_OK)
			code = buf_append_string(out, "=");
		if (code == VOUCH_OK)
			code = append_value(out, value);
	}
	return code;
}

#define RDNS_MAX 64 /* a Name of more is nobody's; it bounds the array that turns their order round */

/* RFC 4514 2.1: the last RelativeDistinguishedName comes first. */
static int
append_name(vouch_buf *out, vouch_span name)
{
	vouch_err err;
	struct der_reader r = der_reader_init(name, err_or(NULL, &err));
	struct der_reader rdns[RDNS_MAX], list = der_enter(&r, DER_SEQUENCE);
	size_t count = 0;

	while (der_more(&list) && count < RDNS_MAX)
		rdns[count++] = der_enter(&list, DER_SET);
	if (der_finish(&list) != VOUCH_OK || der_finish(&r) != VOUCH_OK)
		return VOUCH_EPARSE;
	for (size_t i = count; i-- > 0;) {
		int code = append_rdn(out, &rdns[i]);
		if (code == VOUCH_OK && i > 0)
			code = buf_append_string(out, ",");
		if (code != VOUCH_OK)
			return code;
	}
	return err.code;
}

int
vouch_name_format(vouch_buf *out, vouch_span name)
{
	size_t start = out->len;
	int code = append_name(out, name);

	if (code != VOUCH_OK)
		out->len = start;
	return code;
}
