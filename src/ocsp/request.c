/* SPDX-License-Identifier: Apache-2.0 */
/* OCSPRequest (RFC 6960 4.1.1), read without a copy. */
#include "ocsp/request.h"

#include "ocsp/extension_list.h"
#include "ocsp/oids.h"

/* What the readers of the parts share. */
struct parsing {
	struct ocsp_request *out;
	size_t certids_max;
	bool clean;
};

/*
 * E-08, E-09: an OCTET STRING in extnValue, or the octets themselves as RFC 2560 had it.  What parses as
 * wrapped is.
 */
static void
read_nonce(struct der_reader *r, const struct ocsp_extension *e, struct parsing *p)
{
	vouch_err unread;
	struct der_reader trial = der_reader_init(e->value, err_or(NULL, &unread));
	vouch_span nonce = der_read(&trial, DER_OCTET_STRING);
	bool wrapped = der_finish(&trial) == VOUCH_OK;

	if (!wrapped && p->clean)
		der_fail(r, VOUCH_EPARSE, e->value.data, "nonce is no OCTET STRING (RFC 9654 2.1)");
	p->out->has_nonce = true;
	p->out->nonce_critical = e->critical;
	p->out->nonce = e->value;
	p->out->nonce_length = wrapped ? nonce.len : e->value.len;
}

/* AcceptableResponses ::= SEQUENCE OF OBJECT IDENTIFIER (RFC 6960 4.4.3) */
static void
read_acceptable_responses(struct der_reader *r, const struct ocsp_extension *e, struct parsing *p)
{
	struct der_reader value = der_inside(r, e->value);
	struct der_reader list = der_enter(&value, DER_SEQUENCE);

	p->out->has_acceptable = true;
	while (der_more(&list))
		if (span_equal(der_oid(&list), SPAN_LITERAL(OCSP_OID_BASIC)))
			p->out->accepts_basic = true;
	der_leave(&value);
}

/* PreferredSignatureAlgorithms ::= SEQUENCE OF PreferredSignatureAlgorithm (RFC 6960 4.4.7.1) */
static void
read_preferred(struct der_reader *r, const struct ocsp_extension *e, struct parsing *p)
{
	struct der_reader value = der_inside(r, e->value);
	struct der_reader list = der_enter(&value, DER_SEQUENCE);

	p->out->preferred = span_of(list.next, (size_t)(list.end - list.next));
	while (der_more(&list)) {
		struct der_reader preferred = der_enter(&list, DER_SEQUENCE);
		(void)der_algorithm_identifier(&preferred);
		if (der_more(&preferred))
			(void)der_algorithm_identifier(&preferred);
		der_leave(&preferred);
	}
	der_leave(&value);
}

/* What a request as a whole may carry, and we understand. */
static const struct {
	vouch_span oid;
	void (*read)(struct der_reader *r, const struct ocsp_extension *e, struct parsing *p);
} recognised[] = {
	{ { (const uint8_t *)OCSP_OID_NONCE, sizeof(OCSP_OID_NONCE) - 1 }, read_nonce },
	{ { (const uint8_t *)OCSP_OID_RESPONSE, sizeof(OCSP_OID_RESPONSE) - 1 }, read_acceptable_responses },
	{ { (const uint8_t *)OCSP_OID_PREF_SIG_ALGS, sizeof(OCSP_OID_PREF_SIG_ALGS) - 1 }, read_preferred },
};

/*
 * RFC 6960 4.1.2: what is not recognised is ignored, unless it is critical.  For one certificate nothing is
 * recognised: a nonce belongs to the whole request, and routing by serviceLocator is not offered
 * (E-18).
 */
static void
read_unrecognised(struct der_reader *r, const struct ocsp_extension *e, struct parsing *p)
{
	(void)p;
	if (e->critical)
		der_fail(r, VOUCH_EREFUSED, e->oid.data,
		    "critical extension that is not understood (RFC 6960 4.1.2)");
}

static void
read_request_extension(struct der_reader *r, const struct ocsp_extension *e, struct parsing *p)
{
	for (size_t i = 0; i < sizeof(recognised) / sizeof(recognised[0]); i++)
		if (span_equal(recognised[i].oid, e->oid)) {
			recognised[i].read(r, e, p);
			return;
		}
	read_unrecognised(r, e, p);
}

/* Reads Extensions inside [tag], each once, if they are there; each is handed on. */
static void
read_extensions(struct der_reader *r, uint8_t tag, struct parsing *p,
    void (*read)(struct der_reader *r, const struct ocsp_extension *e, struct parsing *p))
{
	struct ocsp_extension_list list;
	struct ocsp_extension e;

	if (!der_next_is(r, tag))
		return;
	struct der_reader tagged = der_enter(r, tag);
	ocsp_extension_list_enter(&list, &tagged, p->clean);
	while (ocsp_extension_list_next(&list, &e))
		read(&list.r, &e, p);
	der_leave(&tagged);
}

static void
check_certid(struct der_reader *r, const struct ocsp_certid *certid)
{
	if (certid->odd_parameters)
		der_fail(r, VOUCH_EPARSE, certid->der.data,
		    "hash algorithm with parameters that are not NULL");
	if (certid->serial_number.len > OCSP_SERIAL_STRICT_MAX)
		der_fail(r, VOUCH_ELIMIT, certid->serial_number.data, "serial number of more than %d octets",
		    OCSP_SERIAL_STRICT_MAX);
}

static void
read_request(struct der_reader *r, struct parsing *p)
{
	if (p->out->certid_count == p->certids_max) {
		der_fail(r, VOUCH_ELIMIT, r->next, "more than %zu certificates are asked about",
		    p->certids_max);
		return;
	}
	struct der_reader request = der_enter(r, DER_SEQUENCE);
	struct ocsp_certid *certid = &p->out->certids[p->out->certid_count++];
	ocsp_certid_read(&request, certid);
	if (p->clean && !der_failed(r))
		check_certid(r, certid);
	read_extensions(&request, DER_CONTEXT(0), p, read_unrecognised);
	der_leave(&request);
}

static void
read_request_list(struct der_reader *r, struct parsing *p)
{
	struct der_reader list = der_enter(r, DER_SEQUENCE);

	if (!der_failed(r) && !der_more(&list))
		der_fail(r, VOUCH_EPARSE, list.next, "requestList is empty");
	while (der_more(&list))
		read_request(&list, p);
}

/* P-07: only v1, which DER leaves out; X-14: some send it nevertheless. */
static void
read_version(struct der_reader *r, const struct parsing *p)
{
	const uint8_t *at = r->next;

	if (!der_next_is(r, DER_CONTEXT(0)))
		return;
	struct der_reader tagged = der_enter(r, DER_CONTEXT(0));
	vouch_span version = der_integer(&tagged);
	if (der_finish(&tagged) != VOUCH_OK)
		return;
	if (version.len != 1 || version.data[0] != 0)
		der_fail(r, VOUCH_EREFUSED, at, "version is not v1 (RFC 6960 4.1.1)");
	if (p->clean)
		der_fail(r, VOUCH_EPARSE, at, "version v1 is the default and not encoded in DER");
}

/* whichever form the GeneralName has, it is not looked at. */
static void
read_requestor_name(struct der_reader *r, struct parsing *p)
{
	if (!der_next_is(r, DER_CONTEXT(1)))
		return;
	struct der_reader tagged = der_enter(r, DER_CONTEXT(1));
	const uint8_t *at = tagged.next;
	vouch_span name = der_element(&tagged);
	if (der_finish(&tagged) == VOUCH_OK &&
	    ((name.data[0] & 0xc0) != 0x80 || (name.data[0] & DER_NUMBER_BITS) > 8))
		der_fail(r, VOUCH_EPARSE, at, "tag 0x%02x is no GeneralName", name.data[0]);
	p->out->has_requestor_name = true;
}

static void
read_tbs_request(struct der_reader *r, struct parsing *p)
{
	const uint8_t *start = r->next;
	struct der_reader tbs = der_enter(r, DER_SEQUENCE);

	read_version(&tbs, p);
	read_requestor_name(&tbs, p);
	read_request_list(&tbs, p);
	read_extensions(&tbs, DER_CONTEXT(2), p, read_request_extension);
	der_leave(&tbs);
	p->out->tbs_request = span_of(start, (size_t)(r->next - start));
}

/* certs [0] EXPLICIT SEQUENCE OF Certificate; they are not looked into. */
static void
read_certs(struct der_reader *r, const struct parsing *p)
{
	if (!der_next_is(r, DER_CONTEXT(0)))
		return;
	struct der_reader tagged = der_enter(r, DER_CONTEXT(0));
	struct der_reader list = der_enter(&tagged, DER_SEQUENCE);
	if (p->clean && !der_failed(r) && !der_more(&list))
		der_fail(r, VOUCH_EPARSE, list.next, "certs is there and empty");
	while (der_more(&list))
		(void)der_element_of(&list, DER_SEQUENCE);
	der_leave(&tagged);
}

static void
read_optional_signature(struct der_reader *r, struct parsing *p)
{
	unsigned unused;
	const uint8_t *at = r->next;

	if (!der_next_is(r, DER_CONTEXT(0)))
		return;
	struct der_reader tagged = der_enter(r, DER_CONTEXT(0));
	struct der_reader signature = der_enter(&tagged, DER_SEQUENCE);
	p->out->signature_algorithm = der_algorithm_identifier(&signature);
	p->out->signature = der_bit_string(&signature, &unused);
	read_certs(&signature, p);
	der_leave(&signature);
	der_leave(&tagged);
	p->out->is_signed = true;
	/* X-29, RFC 6960 4.1.2: who signs says who he is. */
	if (p->clean && !p->out->has_requestor_name)
		der_fail(r, VOUCH_EPARSE, at, "signature without requestorName (RFC 6960 4.1.2)");
}

/* some clients send CR LF behind what they POST. */
static void
skip_line_end(struct der_reader *r)
{
	if (der_failed(r) || r->end - r->next > 2)
		return;
	while (r->next != r->end && (*r->next == '\r' || *r->next == '\n'))
		r->next++;
}

/* Not the array, which is large and of which only certid_count entries count. */
static void
clear_request(struct ocsp_request *out)
{
	out->certid_count = 0;
	out->nonce = out->preferred = (vouch_span){ NULL, 0 };
	out->tbs_request = out->signature_algorithm = out->signature = (vouch_span){ NULL, 0 };
	out->nonce_length = 0;
	out->has_nonce = out->nonce_critical = false;
	out->has_acceptable = out->accepts_basic = false;
	out->has_requestor_name = out->is_signed = false;
}

int
ocsp_request_parse(vouch_span der, size_t certids_max, unsigned flags, struct ocsp_request *out,
    vouch_err *err)
{
	struct der_reader r = der_reader_init(der, err_or(err, err));
	struct parsing p = { out, certids_max < OCSP_CERTIDS_MAX ? certids_max : OCSP_CERTIDS_MAX,
		(flags & OCSP_CLEAN) != 0 };

	clear_request(out);
	struct der_reader request = der_enter(&r, DER_SEQUENCE);
	read_tbs_request(&request, &p);
	read_optional_signature(&request, &p);
	der_leave(&request);
	if ((flags & OCSP_EXACT) == 0)
		skip_line_end(&r);
	return der_finish(&r);
}

bool
ocsp_preferred_next(vouch_span *rest, struct ocsp_preferred *out)
{
	vouch_err unread;
	struct der_reader r = der_reader_init(*rest, err_or(NULL, &unread));

	if (!der_more(&r))
		return false;
	struct der_reader preferred = der_enter(&r, DER_SEQUENCE);
	vouch_span sig_identifier = der_element_of(&preferred, DER_SEQUENCE),
		   pub_key_identifier = { NULL, 0 };
	if (der_more(&preferred))
		pub_key_identifier = der_element_of(&preferred, DER_SEQUENCE);
	if (der_finish(&preferred) != VOUCH_OK)
		return false;
	*out = (struct ocsp_preferred){ sig_identifier, pub_key_identifier };
	*rest = span_of(r.next, (size_t)(r.end - r.next));
	return true;
}
