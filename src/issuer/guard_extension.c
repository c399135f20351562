/* SPDX-License-Identifier: Apache-2.0 */
/* The extensions that an answer may have when it is signed: a fixed list, each with what its value may be. */
#include "issuer/guard_extension.h"

#include "ocsp/oids.h"
#include "ocsp/request.h"
#include "ocsp/rule.h"

#define OID_CERTIFICATE_ISSUER "\x55\x1d\x1d"			/* RFC 5280 5.3.3 */
#define OID_SCT_LIST "\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x05" /* RFC 6962 3.3 */
#define OID_CERT_HASH "\x2b\x24\x08\x03\x0d"			/* Common PKI part 4 (F-29) */
#define OID_CERT_IN_DIR_SINCE "\x2b\x24\x08\x03\x0c"		/* the same */
#define OID(literal) \
	{ \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CLASS_BITS 0xc0
#define CLASS_CONTEXT 0x80

/* RFC 9654 2.1; E-09: one that is not wrapped goes back as it came, and its octets are the nonce. */
static void
read_nonce(struct der_reader *value)
{
	vouch_err unread;
	vouch_span raw = span_of(value->next, (size_t)(value->end - value->next));
	struct der_reader trial = der_reader_init(raw, err_or(NULL, &unread));
	vouch_span nonce = der_read(&trial, DER_OCTET_STRING);
	size_t len = der_finish(&trial) == VOUCH_OK ? nonce.len : raw.len;

	if (len == 0 || len > OCSP_NONCE_MAX) {
		der_fail(value, VOUCH_EREFUSED, value->next,
		    "nonce of %zu octets, 1 to %d are allowed (RFC 9654 2.1)", len, OCSP_NONCE_MAX);
		(void)err_rule(value->err, OCSP_RULE_NONCE);
	}
	value->next = value->end;
}

static void
read_time(struct der_reader *value)
{
	(void)der_generalized_time(value);
}

/*
 * CrlID ::= SEQUENCE { crlUrl [0] IA5String, crlNum [1] INTEGER, crlTime [2] GeneralizedTime }, each EXPLICIT
 * and OPTIONAL (RFC 6960 4.4.2)
 */
static void
read_crl_id(struct der_reader *value)
{
	static const uint8_t types[] = { DER_IA5_STRING, DER_INTEGER, DER_GENERALIZED_TIME };
	struct der_reader crl_id = der_enter(value, DER_SEQUENCE);

	for (uint8_t i = 0; i < COUNT(types); i++) {
		if (!der_next_is(&crl_id, DER_CONTEXT(i)))
			continue;
		struct der_reader tagged = der_enter(&crl_id, DER_CONTEXT(i));
		if (types[i] == DER_GENERALIZED_TIME)
			read_time(&tagged);
		else if (types[i] == DER_INTEGER)
			(void)der_unsigned(&tagged);
		else
			(void)der_read(&tagged, types[i]);
		der_leave(&tagged);
	}
	der_leave(&crl_id);
}

/* GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName, a CHOICE of tagged types (RFC 5280 4.2.1.6) */
static void
read_general_names(struct der_reader *value)
{
	struct der_reader names = der_enter(value, DER_SEQUENCE);

	do {
		if (der_more(&names) && (*names.next & CLASS_BITS) != CLASS_CONTEXT)
			der_fail(&names, VOUCH_EREFUSED, names.next, "not a GeneralName");
		der_skip(&names);
	} while (der_more(&names));
}

/* CertHash ::= SEQUENCE { hashAlgorithm AlgorithmIdentifier, certificateHash OCTET STRING } */
static void
read_cert_hash(struct der_reader *value)
{
	struct der_reader cert_hash = der_enter(value, DER_SEQUENCE);

	(void)der_algorithm_identifier(&cert_hash);
	(void)der_read(&cert_hash, DER_OCTET_STRING);
	der_leave(&cert_hash);
}

/* Two octets that say how many follow, in an OCTET STRING (RFC 6962 3.3). */
static void
read_sct_list(struct der_reader *value)
{
	const uint8_t *at = value->next;
	vouch_span list = der_read(value, DER_OCTET_STRING);

	if (!der_failed(value) &&
	    (list.len < 2 || ((size_t)list.data[0] << 8 | list.data[1]) != list.len - 2))
		der_fail(value, VOUCH_EREFUSED, at, "not a SignedCertificateTimestampList (RFC 6962 3.3)");
}

struct allowed {
	vouch_span oid;
	void (*read)(struct der_reader *value);
};

static const struct allowed in_response[] = {
	{ OID(OCSP_OID_NONCE), read_nonce },
	{ OID(OCSP_OID_EXTENDED_REVOKE), der_null },
};

/* What the responder writes, and what a source may give it to pass on (vouch_status.single_extensions). */
static const struct allowed in_single[] = {
	{ OID(OCSP_OID_ARCHIVE_CUTOFF), read_time },
	{ OID(OCSP_OID_INVALIDITY_DATE), read_time },
	{ OID(OCSP_OID_CRL), read_crl_id },
	{ OID(OID_CERTIFICATE_ISSUER), read_general_names },
	{ OID(OID_SCT_LIST), read_sct_list },
	{ OID(OID_CERT_HASH), read_cert_hash },
	{ OID(OID_CERT_IN_DIR_SINCE), read_time },
};

/* By enum guard_extensions. */
static const struct {
	const struct allowed *rows;
	size_t count;
} lists[] = {
	[GUARD_RESPONSE] = { in_response, 1 },
	[GUARD_RESPONSE_REVOKED] = { in_response, COUNT(in_response) },
	[GUARD_SINGLE] = { in_single, COUNT(in_single) },
};

static void
check_value(struct der_reader *extension, vouch_span oid, enum guard_extensions where)
{
	for (size_t i = 0; i < lists[where].count; i++) {
		if (!span_equal(lists[where].rows[i].oid, oid))
			continue;
		struct der_reader value = der_enter(extension, DER_OCTET_STRING);
		lists[where].rows[i].read(&value);
		der_leave(&value);
		return;
	}
	der_fail(extension, VOUCH_EREFUSED, oid.data, "extension that answers are not signed with");
}

int
guard_extensions_check(const struct der_reader *r, vouch_span elements, enum guard_extensions where)
{
	struct der_reader list = der_inside(r, elements);

	while (der_more(&list)) {
		struct der_reader extension = der_enter(&list, DER_SEQUENCE);
		vouch_span oid = der_oid(&extension);
		if (der_next_is(&extension, DER_BOOLEAN)) {
			der_fail(&extension, VOUCH_EREFUSED, extension.next,
			    "critical extension, which no answer has (RFC 6960 4.1.2)");
			return err_rule(r->err, OCSP_RULE_CRITICAL_EXTENSION);
		}
		check_value(&extension, oid, where);
	}
	return err_rule(r->err, GUARD_RULE_EXTENSION);
}
