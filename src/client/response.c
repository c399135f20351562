/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_response: an answer, read and verified against what was asked (RFC 6960 3.2), rule by rule. */
#include <stdlib.h>

#include "base/err.h"
#include "client/authority.h"
#include "client/request.h"
#include "crypto/verify.h"
#include "ocsp/extension.h"
#include "ocsp/response.h"

#define SINGLES_MAX 256 /* a presigning responder may add entries nobody asked for */
#define CERTS_MAX 16	/* the signer's chain; every one is parsed */

struct vouch_response {
	vouch_buf der; /* a copy: all spans point into it */
	struct ocsp_response parsed;
	struct ocsp_single_response *singles;
	size_t *answers; /* number of the single for each certificate asked */
	size_t answer_count;
	struct crypto_cert signer;
	bool has_nonce;
};

void
vouch_response_free(vouch_response *r)
{
	if (r == NULL)
		return;
	crypto_cert_clear(&r->signer);
	free(r->singles);
	free(r->answers);
	vouch_buf_free(&r->der);
	free(r);
}

static int
read_response(vouch_response *r, vouch_span octets, size_t asked, vouch_err *err)
{
	r->singles = calloc(SINGLES_MAX, sizeof(*r->singles));
	r->answers = calloc(asked + 1, sizeof(*r->answers));
	if (r->singles == NULL || r->answers == NULL || buf_append_span(&r->der, octets) != VOUCH_OK)
		return err_nomem(err);
	if (ocsp_response_parse(span_buf(&r->der), r->singles, SINGLES_MAX, &r->parsed, err) != VOUCH_OK)
		return err_prefix(err, "not an OCSPResponse, at octet %zu", err->offset);
	return VOUCH_OK;
}

static bool
certids_match(const struct ocsp_certid *a, const struct ocsp_certid *b)
{
	return a->hash == b->hash && a->hash != VOUCH_HASH_OTHER &&
	    span_equal(a->issuer_name_hash, b->issuer_name_hash) &&
	    span_equal(a->issuer_key_hash, b->issuer_key_hash) &&
	    span_equal(a->serial_number, b->serial_number);
}

/* RFC 6960 3.2 no. 1: the certificate in the answer is the one that was asked about. */
static int
find_answer(vouch_response *r, const struct client_asked *asked, vouch_err *err)
{
	struct ocsp_certid certid;
	struct der_reader reader = der_reader_init(span_buf(&asked->certid), err);

	ocsp_certid_read(&reader, &certid);
	if (err->code != VOUCH_OK)
		return err->code;
	for (size_t i = 0; i < r->parsed.data.response_count; i++) {
		if (!certids_match(&r->singles[i].certid, &certid))
			continue;
		r->answers[r->answer_count++] = i;
		return VOUCH_OK;
	}
	return err_set(err, VOUCH_EVERIFY,
	    "the answer is about another certificate than was asked (RFC 6960 3.2 no. 1)");
}

/* Two entries for one CertID that differ: whoever reads the first is deceived by the second. */
static int
refuse_contradiction(const vouch_response *r, size_t number, vouch_err *err)
{
	const struct ocsp_single_response *answer = &r->singles[number];

	for (size_t i = 0; i < r->parsed.data.response_count; i++)
		if (i != number && certids_match(&r->singles[i].certid, &answer->certid) &&
		    r->singles[i].cert_status != answer->cert_status)
			return err_set(err, VOUCH_EVERIFY,
			    "the answer contradicts itself about one certificate");
	return VOUCH_OK;
}

static int
find_answers(vouch_response *r, const vouch_request *request, vouch_err *err)
{
	for (size_t i = 0; i < request->asked_count; i++)
		if (find_answer(r, &request->asked[i], err) != VOUCH_OK ||
		    refuse_contradiction(r, r->answers[i], err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

/* Takes the certificate if the responderID names it. */
static bool
take_if_named(vouch_response *r, vouch_span certificate)
{
	vouch_err err = { 0 };

	if (certificate.len == 0 || crypto_cert_parse(&r->signer, certificate, &err) != VOUCH_OK)
		return false;
	if (authority_is_named(r->parsed.data.responder_id, &r->signer))
		return true;
	crypto_cert_clear(&r->signer);
	return false;
}

/*
 * RFC 6960 4.2.2.3: the responderID tells which certificate it is: one that was sent, the CA's, or one that
 * is trusted locally.
 */
static int
find_signer(vouch_response *r, const vouch_request *request, const vouch_verify_options *options,
    vouch_err *err)
{
	vouch_err unread = { 0 };
	struct der_reader certs = der_reader_init(r->parsed.certs, &unread);

	for (size_t i = 0; i < CERTS_MAX && der_more(&certs); i++)
		if (take_if_named(r, der_element(&certs)))
			return VOUCH_OK;
	for (size_t i = 0; i < request->asked_count; i++)
		if (take_if_named(r, vouch_issuer_certificate(request->asked[i].issuer)))
			return VOUCH_OK;
	if (take_if_named(r, options->trusted_signer))
		return VOUCH_OK;
	return err_set(err, VOUCH_EVERIFY, "no certificate fits the responderID (RFC 6960 4.2.2.3)");
}

static int
check_authority(const vouch_response *r, const vouch_request *request, const vouch_verify_options *options,
    vouch_err *err)
{
	bool trusted = options->trusted_signer.len > 0 &&
	    span_equal(options->trusted_signer, span_buf(&r->signer.der));

	for (size_t i = 0; i < request->asked_count; i++) {
		struct crypto_cert issuer;
		if (crypto_cert_parse(&issuer, vouch_issuer_certificate(request->asked[i].issuer), err) !=
		    VOUCH_OK)
			return err->code;
		int code = authority_check(&r->signer, &issuer, trusted, options->now, options->skew, err);
		crypto_cert_clear(&issuer);
		if (code != VOUCH_OK)
			return code;
	}
	return VOUCH_OK;
}

/* RFC 6960 3.2 no. 5 and 6, for what was asked about. */
static int
check_times(const vouch_response *r, const vouch_verify_options *options, vouch_err *err)
{
	vouch_time latest = options->now + options->skew, earliest = options->now - options->skew;

	if (r->parsed.data.produced_at > latest)
		return err_set(err, VOUCH_EVERIFY, "producedAt is in the future (RFC 6960 2.4)");
	for (size_t i = 0; i < r->answer_count; i++) {
		const struct ocsp_single_response *single = &r->singles[r->answers[i]];
		if (single->this_update > latest)
			return err_set(err, VOUCH_EVERIFY,
			    "thisUpdate is in the future (RFC 6960 3.2 no. 5)");
		if (single->next_update == VOUCH_TIME_ABSENT)
			continue;
		if (single->next_update < earliest)
			return err_set(err, VOUCH_EVERIFY, "nextUpdate has passed (RFC 6960 3.2 no. 6)");
		if (single->next_update < single->this_update)
			return err_set(err, VOUCH_EVERIFY, "nextUpdate is before thisUpdate (RFC 6960 2.4)");
	}
	return VOUCH_OK;
}

/* The nonce inside its extnValue, or the value itself when it is not wrapped (RFC 9654 2.1). */
static vouch_span
unwrap(vouch_span extn_value)
{
	vouch_err err = { 0 };
	struct der_reader r = der_reader_init(extn_value, &err);
	vouch_span nonce = der_read(&r, DER_OCTET_STRING);

	return der_finish(&r) == VOUCH_OK ? nonce : extn_value;
}

static int
check_nonce(vouch_response *r, const vouch_request *request, const vouch_verify_options *options,
    vouch_err *err)
{
	vouch_span extn_value;

	r->has_nonce = ocsp_extension_find(r->parsed.data.response_extensions, ocsp_oid_nonce, &extn_value);
	if (request->nonce.len == 0)
		return VOUCH_OK;
	if (!r->has_nonce)
		return options->require_nonce ?
		    err_set(err, VOUCH_EVERIFY, "the nonce did not come back (RFC 9654 2.1)") :
		    VOUCH_OK;
	if (!span_equal(unwrap(extn_value), span_buf(&request->nonce)))
		return err_set(err, VOUCH_EVERIFY, "another nonce came back (RFC 9654 2.1)");
	return VOUCH_OK;
}

static bool
is_understood(vouch_span oid)
{
	const vouch_span *const known[] = { &ocsp_oid_nonce, &ocsp_oid_archive_cutoff,
		&ocsp_oid_extended_revoke, &ocsp_oid_invalidity_date };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (span_equal(oid, *known[i]))
			return true;
	return false;
}

/* RFC 6960 4.4, RFC 5280 4.2: a critical extension that is not understood forbids to believe the rest. */
static int
check_extensions(vouch_span extensions, vouch_err *err)
{
	struct der_reader all = der_reader_init(extensions, err);

	while (der_more(&all)) {
		struct der_reader extension = der_enter(&all, DER_SEQUENCE);
		vouch_span oid = der_read(&extension, DER_OID);
		bool critical = der_next_is(&extension, DER_BOOLEAN);
		if (err->code == VOUCH_OK && critical && !is_understood(oid))
			return err_set(err, VOUCH_EVERIFY,
			    "the answer has a critical extension that is not known (RFC 5280 4.2)");
	}
	return err->code;
}

static int
check_all_extensions(const vouch_response *r, vouch_err *err)
{
	if (check_extensions(r->parsed.data.response_extensions, err) != VOUCH_OK)
		return err->code;
	for (size_t i = 0; i < r->answer_count; i++)
		if (check_extensions(r->singles[r->answers[i]].single_extensions, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

static int
check_signature(const vouch_response *r, vouch_err *err)
{
	if (crypto_verify(&r->signer, r->parsed.signature_algorithm, r->parsed.tbs, r->parsed.signature, 0,
		err) == VOUCH_OK)
		return VOUCH_OK;
	return err_prefix(err, "the signature does not hold (RFC 6960 3.2 no. 2)");
}

static int
verify(vouch_response *r, const vouch_request *request, const vouch_verify_options *options, vouch_err *err)
{
	if (find_answers(r, request, err) != VOUCH_OK || find_signer(r, request, options, err) != VOUCH_OK)
		return err->code;
	if (check_signature(r, err) != VOUCH_OK || check_authority(r, request, options, err) != VOUCH_OK)
		return err->code;
	if (check_all_extensions(r, err) != VOUCH_OK || check_nonce(r, request, options, err) != VOUCH_OK)
		return err->code;
	return check_times(r, options, err);
}

int
vouch_response_verify(vouch_response **out, vouch_span response, const vouch_request *request,
    const vouch_verify_options *options, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	vouch_response *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return err_nomem(err);
	int code = read_response(r, response, request->asked_count, err);
	if (code == VOUCH_OK && r->parsed.response_status == VOUCH_SUCCESSFUL)
		code = verify(r, request, options, err);
	if (code != VOUCH_OK) {
		vouch_response_free(r);
		return code;
	}
	*out = r;
	return VOUCH_OK;
}

int
vouch_response_status(const vouch_response *r)
{
	return (int)r->parsed.response_status;
}

size_t
vouch_response_singles(const vouch_response *r)
{
	return r->answer_count;
}

static vouch_time
time_in(vouch_span extensions, vouch_span oid)
{
	vouch_span value;

	return ocsp_extension_find(extensions, oid, &value) ? ocsp_extension_time(value) : VOUCH_TIME_ABSENT;
}

int
vouch_response_single(const vouch_response *r, size_t number, vouch_single *out)
{
	if (number >= r->answer_count)
		return VOUCH_EINVAL;
	const struct ocsp_single_response *single = &r->singles[r->answers[number]];
	*out = (vouch_single){
		.size = sizeof(*out),
		.serial_number = single->certid.serial_number,
		.cert_status = (uint8_t)single->cert_status,
		.revocation_reason = single->revocation_reason,
		.hash = (uint8_t)single->certid.hash,
		.revocation_time = single->cert_status == VOUCH_REVOKED ? single->revocation_time :
									  VOUCH_TIME_ABSENT,
		.this_update = single->this_update,
		.next_update = single->next_update,
		.invalidity_date = time_in(single->single_extensions, ocsp_oid_invalidity_date),
		.archive_cutoff = time_in(single->single_extensions, ocsp_oid_archive_cutoff),
		.single_extensions = single->single_extensions,
	};
	return VOUCH_OK;
}

vouch_time
vouch_response_produced_at(const vouch_response *r)
{
	return r->parsed.response_status == VOUCH_SUCCESSFUL ? r->parsed.data.produced_at : VOUCH_TIME_ABSENT;
}

bool
vouch_response_has_nonce(const vouch_response *r)
{
	return r->has_nonce;
}

vouch_span
vouch_response_signer(const vouch_response *r)
{
	return span_buf(&r->signer.der);
}
