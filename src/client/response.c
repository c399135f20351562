/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_response: an answer, read and looked at. */
#include "client/response.h"

#include <stdlib.h>

#include "base/versioned.h"
#include "ocsp/extension.h"

#define OCTETS_MAX (1 << 20) /* the largest real responses (SLH-DSA, with a chain) are about 110 kB */
#define SINGLES_MAX 256	     /* a presigning responder may add entries nobody asked for */

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

/* What the reader refused without naming a rule is no DER of an OCSPResponse, or too much of it. */
static int
parse(vouch_response *r, vouch_err *err)
{
	if (ocsp_response_parse(span_buf(&r->der), r->singles, SINGLES_MAX, &r->parsed, err) == VOUCH_OK)
		return VOUCH_OK;
	(void)err_rule(err, err->code == VOUCH_ELIMIT ? OCSP_RULE_SIZE : OCSP_RULE_DER);
	return err_prefix(err, "not an OCSPResponse to be believed, at octet %zu", err->offset);
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
fill(vouch_response *r, vouch_span octets, vouch_err *err)
{
	if (octets.len > OCTETS_MAX) {
		err_set(err, VOUCH_ELIMIT, "a response of %zu octets, %d are the limit", octets.len,
		    OCTETS_MAX);
		return err_rule(err, OCSP_RULE_SIZE);
	}
	r->singles = calloc(SINGLES_MAX, sizeof(*r->singles));
	if (r->singles == NULL || buf_append_span(&r->der, octets) != VOUCH_OK)
		return err_nomem(err);
	if (parse(r, err) != VOUCH_OK)
		return err->code;
	r->has_nonce = ocsp_extension_find(r->parsed.data.response_extensions, ocsp_oid_nonce, &r->nonce);
	if (r->has_nonce)
		r->nonce = unwrap(r->nonce);
	return VOUCH_OK;
}

vouch_response *
response_read(vouch_span octets, vouch_err *err)
{
	vouch_response *r = calloc(1, sizeof(*r));

	if (r == NULL)
		(void)err_nomem(err);
	else if (fill(r, octets, err) == VOUCH_OK)
		return r;
	vouch_response_free(r);
	return NULL;
}

/* Every entry counts, as it comes. */
static int
take_all(vouch_response *r, vouch_err *err)
{
	size_t count = r->parsed.data.response_count;

	r->answers = calloc(count + 1, sizeof(*r->answers));
	if (r->answers == NULL)
		return err_nomem(err);
	while (r->answer_count < count) {
		r->answers[r->answer_count] = r->answer_count;
		r->answer_count++;
	}
	return VOUCH_OK;
}

int
vouch_response_parse(vouch_response **out, vouch_span response, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	vouch_response *r = response_read(response, err);
	if (r == NULL)
		return err->code;
	if (take_all(r, err) != VOUCH_OK) {
		vouch_response_free(r);
		return err->code;
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
	if (number >= r->answer_count || !versioned_has_size(out))
		return VOUCH_EINVAL;
	const struct ocsp_single_response *single = &r->singles[r->answers[number]];
	const vouch_single ours = {
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
	versioned_write(out, &ours, sizeof(ours));
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
