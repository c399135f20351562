/* SPDX-License-Identifier: Apache-2.0 */
/* Identifier octets of DER (X.690 8.1.2), low tag numbers only: all that X.509 and OCSP use. */
#ifndef DER_TAG_H
#define DER_TAG_H

enum {
	DER_BOOLEAN = 0x01,
	DER_INTEGER = 0x02,
	DER_BIT_STRING = 0x03,
	DER_OCTET_STRING = 0x04,
	DER_NULL = 0x05,
	DER_OID = 0x06,
	DER_ENUMERATED = 0x0a,
	DER_UTF8_STRING = 0x0c,
	DER_PRINTABLE_STRING = 0x13,
	DER_TELETEX_STRING = 0x14,
	DER_IA5_STRING = 0x16,
	DER_UTC_TIME = 0x17,
	DER_GENERALIZED_TIME = 0x18,
	DER_VISIBLE_STRING = 0x1a,
	DER_UNIVERSAL_STRING = 0x1c,
	DER_BMP_STRING = 0x1e,
	DER_SEQUENCE = 0x30,
	DER_SET = 0x31
};

#define DER_CONSTRUCTED 0x20
#define DER_NUMBER_BITS 0x1f
/* [n] EXPLICIT, or IMPLICIT of a constructed type; and IMPLICIT of a primitive one. */
#define DER_CONTEXT(n) ((uint8_t)(0xa0 | (n)))
#define DER_CONTEXT_PRIMITIVE(n) ((uint8_t)(0x80 | (n)))

#endif
