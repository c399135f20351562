/* SPDX-License-Identifier: Apache-2.0 */
/* OBJECT IDENTIFIERs: content octets, and their dotted text. */
#ifndef DER_OID_H
#define DER_OID_H

#include "base/span.h"

/* Content octets as string literals, for SPAN_LITERAL(). */
#define DER_OID_MD5 "\x2a\x86\x48\x86\xf7\x0d\x02\x05"
#define DER_OID_SHA1 "\x2b\x0e\x03\x02\x1a"
#define DER_OID_SHA256 "\x60\x86\x48\x01\x65\x03\x04\x02\x01"
#define DER_OID_SHA384 "\x60\x86\x48\x01\x65\x03\x04\x02\x02"
#define DER_OID_SHA512 "\x60\x86\x48\x01\x65\x03\x04\x02\x03"
#define DER_OID_PKIX_OCSP \
	"\x2b\x06\x01\x05\x05\x07\x30\x01" /* id-pkix-ocsp; its own children append one octet */

/* Appends "1.3.6.1.5.5.7.48.1.2"; "#" and hexadecimal if an arc has more than 64 bits.  VOUCH_EPARSE when it is none. */
VOUCH_MUST int der_oid_text(vouch_buf *out, vouch_span oid);

#endif
