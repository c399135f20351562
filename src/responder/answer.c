/* SPDX-License-Identifier: Apache-2.0 */
/* The answer: decided entry by entry, then encoded. */
#include "responder/answer.h"

#include <stdio.h>

#include "base/err.h"
#include "ocsp/extension.h"
#include "responder/responder.h"
#include "responder/single_extensions.h"
#include "responder/stored.h"
#include "responder/times.h"

/* Octets, enough for most: of a SingleResponse beside CertID and extensions, and of what is around all. */
#define SINGLE_ROOM 80
#define DATA_ROOM 64
#define RESPONSE_ROOM 96

static size_t
twin_of(const struct question *q, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (q->asked[j].issuer == q->asked[i].issuer && q->asked[i].issuer != NULL &&
		    span_equal(q->certids[j].serial_number, q->certids[i].serial_number))
			return j;
	return i;
}

void
answer_init(struct answer *a, const struct question *q, struct entry *entries,
    struct ocsp_single_response *singles)
{
	a->count = q->count;
	a->entries = entries;
	a->singles = singles;
	a->produced_at = a->this_update = a->next_update = VOUCH_TIME_ABSENT;
	a->cause = NULL;
	a->error = VOUCH_OK;
	a->detail[0] = '\0';
	for (size_t i = 0; i < a->count; i++) {
		knowledge_init(&entries[i].knowledge);
		entries[i].same_as = twin_of(q, i);
		entries[i].position = 0;
		entries[i].extensions = (vouch_buf){ 0 };
	}
}

void
answer_undecide(struct answer *a)
{
	for (size_t i = 0; i < a->count; i++)
		buf_clear(&a->entries[i].extensions);
	buf_clear(&a->response_extensions);
	buf_clear(&a->tbs);
}

void
answer_clear(struct answer *a)
{
	for (size_t i = 0; i < a->count; i++) {
		knowledge_clear(&a->entries[i].knowledge);
		vouch_buf_free(&a->entries[i].extensions);
	}
	a->count = 0;
	buf_clear(&a->response_extensions);
	buf_clear(&a->tbs);
}

void
answer_free(struct answer *a)
{
	answer_clear(a);
	vouch_buf_free(&a->response_extensions);
	vouch_buf_free(&a->tbs);
}

bool
answer_is_to_be_looked_up(const struct answer *a, const struct question *q, size_t i)
{
	return q->asked[i].issuer != NULL && a->entries[i].same_as == i &&
	    a->entries[i].knowledge.found != VOUCH_ELIMIT;
}

/* What is stored was known to a source, too, and survives a reload. */
static bool
is_refused(const struct strangers *strangers, const struct question *q, const vouch_responder *r,
    vouch_time now)
{
	return strangers_are_too_many(strangers, now) && !(question_is_storable(q) && stored_is_known(r, q));
}

void
answer_meet(struct answer *a, const struct question *q, const vouch_responder *r, vouch_time now)
{
	for (size_t i = 0; i < a->count; i++) {
		struct knowledge *k = &a->entries[i].knowledge;
		if (!answer_is_to_be_looked_up(a, q, i))
			continue;
		const struct strangers *strangers = r->served[q->asked[i].number].strangers;
		k->is_known = strangers_are_known(strangers, q->certids[i].serial_number);
		if (!k->is_known && is_refused(strangers, q, r, now))
			k->found = VOUCH_ELIMIT;
	}
}

void
answer_look_up(struct answer *a, const struct question *q, const vouch_responder *r, vouch_time now)
{
	/* Those that have waited for a thread meanwhile were not refused before. */
	answer_meet(a, q, r, now);
	for (size_t i = 0; i < a->count; i++) {
		struct knowledge *k = &a->entries[i].knowledge;
		if (!answer_is_to_be_looked_up(a, q, i))
			continue;
		struct strangers *strangers = r->served[q->asked[i].number].strangers;
		vouch_span serial_number = q->certids[i].serial_number;
		a->entries[i].position = changes_position(r->served[q->asked[i].number].changes);
		knowledge_look_up(k, q->asked[i].issuer, serial_number, now);
		if (k->is_known)
			strangers_remember(strangers, serial_number);
		else if (k->found == VOUCH_OK || k->found == VOUCH_ENOTFOUND)
			strangers_count(strangers, serial_number, now);
	}
}

/* Where nobody knows what was issued, what is not listed is everybody's certificate. */
static bool
counts_as_known(const struct knowledge *k, const vouch_issuer *issuer)
{
	return k->is_known ||
	    (k->found == VOUCH_ENOTFOUND && issuer->policy.not_issued == VOUCH_NOT_ISSUED_GOOD);
}

bool
answer_is_known(const struct answer *a, const struct question *q)
{
	for (size_t i = 0; i < a->count; i++)
		if (q->asked[i].issuer != NULL &&
		    !counts_as_known(&a->entries[a->entries[i].same_as].knowledge, q->asked[i].issuer))
			return false;
	return true;
}

static enum vouch_response_status
refuse(struct answer *a, enum vouch_response_status status, const char *cause, const vouch_err *err)
{
	a->cause = cause;
	a->error = err == NULL ? VOUCH_OK : err->code;
	if (err != NULL)
		snprintf(a->detail, sizeof(a->detail), "%.*s", (int)sizeof(a->detail) - 1, err->msg);
	return status;
}

/* RFC 6960 4.4.8: how a responder says revoked of what was never issued. */
static int
never_issued_revoked(struct answer *a, struct ocsp_single_response *single)
{
	single->cert_status = VOUCH_REVOKED;
	single->revocation_reason = VOUCH_REASON_CERTIFICATE_HOLD;
	single->revocation_time = 0;
	if (a->response_extensions.len > 0)
		return VOUCH_OK;
	return ocsp_extension_extended_revoke(&a->response_extensions);
}

static int
never_issued(struct answer *a, const vouch_issuer *issuer, struct ocsp_single_response *single)
{
	switch ((enum vouch_not_issued)issuer->policy.not_issued) {
	case VOUCH_NOT_ISSUED_REVOKED:
		return never_issued_revoked(a, single);
	case VOUCH_NOT_ISSUED_GOOD:
		single->cert_status = VOUCH_GOOD;
		return VOUCH_OK;
	case VOUCH_NOT_ISSUED_UNKNOWN:
	case VOUCH_NOT_ISSUED_UNAUTHORIZED: /* of one among several; alone it was refused before */
		break;
	}
	single->cert_status = VOUCH_UNKNOWN;
	return VOUCH_OK;
}

static int
known(struct answer *a, size_t i, const vouch_issuer *issuer, const vouch_status *status)
{
	struct ocsp_single_response *single = &a->singles[i];

	single->cert_status = (enum vouch_cert_status)status->cert_status;
	if (single->cert_status == VOUCH_REVOKED) {
		single->revocation_reason = status->revocation_reason;
		single->writes_unspecified = (issuer->policy.shape & VOUCH_SHAPE_UNSPECIFIED) != 0;
		single->revocation_time = status->revocation_time;
	}
	return single_extensions_add(&a->entries[i].extensions, issuer, status, a->produced_at);
}

/* An entry that we do not answer for: unknown, as of now, as long as the rest holds (D-07, D-08). */
static void
leave_out(struct answer *a, size_t i, const struct question *q)
{
	const struct knowledge nothing = { .status = { .this_update = VOUCH_TIME_ABSENT,
					       .next_update = VOUCH_TIME_ABSENT } };
	struct ocsp_single_response *single = &a->singles[i];

	single->cert_status = VOUCH_UNKNOWN;
	single->this_update = times_this_update(question_issuer(q), &nothing.status, a->produced_at);
	single->next_update = times_next_update(question_issuer(q), q->signer->signer, &nothing.status,
	    single->this_update, a->produced_at);
}

static int
decide_entry(struct answer *a, size_t i, const struct question *q)
{
	const struct asked *asked = &q->asked[i];
	const struct knowledge *k = &a->entries[a->entries[i].same_as].knowledge;
	struct ocsp_single_response *single = &a->singles[i];

	*single = (struct ocsp_single_response){ .certid = q->certids[i] };
	if (!asked->answered) {
		leave_out(a, i, q);
		return VOUCH_OK;
	}
	single->this_update = times_this_update(asked->issuer, &k->status, k->looked_up);
	single->next_update = times_next_update(asked->issuer, q->signer->signer, &k->status,
	    single->this_update, a->produced_at);
	int code = k->found == VOUCH_ENOTFOUND ? never_issued(a, asked->issuer, single) :
						 known(a, i, asked->issuer, &k->status);
	single->single_extensions = span_buf(&a->entries[i].extensions);
	return code;
}

/* What keeps the whole answer from being given. */
static enum vouch_response_status
judge_entries(struct answer *a, const struct question *q)
{
	size_t never_issued_count = 0, answered = 0;

	for (size_t i = 0; i < a->count; i++) {
		const struct asked *asked = &q->asked[i];
		const struct knowledge *k = &a->entries[a->entries[i].same_as].knowledge;
		if (asked->issuer == NULL)
			continue;
		if (k->found == VOUCH_ELIMIT)
			return refuse(a, VOUCH_TRY_LATER, "too many ask for what no source knows",
			    &(vouch_err){ .code = VOUCH_ELIMIT });
		if (k->found == VOUCH_EIO)
			return refuse(a, VOUCH_INTERNAL_ERROR, "a source's data cannot be right", &k->err);
		if (k->found != VOUCH_OK && k->found != VOUCH_ENOTFOUND)
			return refuse(a, VOUCH_TRY_LATER, "a source is unavailable", &k->err);
		/*
		 * D-08: who fails softly must not read unknown for a certificate that we know to be revoked
		 */
		if (!asked->answered && k->found == VOUCH_OK && k->status.cert_status == VOUCH_REVOKED)
			return refuse(a, VOUCH_UNAUTHORIZED,
			    "several issuers in one request, and one left out is revoked", NULL);
		answered += asked->answered;
		never_issued_count += asked->answered && k->found == VOUCH_ENOTFOUND &&
		    asked->issuer->policy.not_issued == VOUCH_NOT_ISSUED_UNAUTHORIZED;
	}
	if (never_issued_count > 0 && never_issued_count == answered)
		return refuse(a, VOUCH_UNAUTHORIZED, "never issued, as far as the sources know", NULL);
	return VOUCH_SUCCESSFUL;
}

/* S-10: this_update <= produced_at < next_update, or there is nothing to vouch for. */
static enum vouch_response_status
judge_times(struct answer *a)
{
	a->this_update = a->singles[0].this_update;
	a->next_update = a->singles[0].next_update;
	for (size_t i = 0; i < a->count; i++) {
		const struct ocsp_single_response *single = &a->singles[i];
		if (single->next_update <= a->produced_at || single->this_update > a->produced_at)
			return refuse(a, VOUCH_TRY_LATER, "source or signer ends before an answer could",
			    NULL);
		if (single->this_update < a->this_update)
			a->this_update = single->this_update;
		if (single->next_update < a->next_update)
			a->next_update = single->next_update;
	}
	return VOUCH_SUCCESSFUL;
}

static size_t
response_data_room(const struct answer *a, const struct ocsp_response_data *data)
{
	size_t room = DATA_ROOM + data->responder_id.len + data->response_extensions.len;

	for (size_t i = 0; i < a->count; i++)
		room += SINGLE_ROOM + a->singles[i].certid.der.len + a->singles[i].single_extensions.len;
	return room;
}

static int
encode(struct answer *a, const struct question *q, vouch_err *err)
{
	enum vouch_responder_id form = (enum vouch_responder_id)question_issuer(q)->policy.responder_id;

	if (q->echo_nonce && ocsp_extension_nonce(&a->response_extensions, q->nonce) != VOUCH_OK)
		return err_nomem(err);
	struct ocsp_response_data data = {
		.responder_id = signer_responder_id(q->signer->signer, form),
		.produced_at = a->produced_at,
		.response_count = a->count,
		.responses = a->singles,
		.response_extensions = span_buf(&a->response_extensions),
	};
	if (buf_reserve(&a->tbs, response_data_room(a, &data)) != VOUCH_OK)
		return err_nomem(err);
	return ocsp_response_data_encode(&data, &a->tbs, err);
}

enum vouch_response_status
answer_decide(struct answer *a, const struct question *q, vouch_time now)
{
	vouch_err err;
	enum vouch_response_status status = judge_entries(a, q);

	if (status != VOUCH_SUCCESSFUL)
		return status;
	a->produced_at = now;
	for (size_t i = 0; i < a->count; i++)
		if (decide_entry(a, i, q) != VOUCH_OK)
			return refuse(a, VOUCH_INTERNAL_ERROR, "out of memory", NULL);
	status = judge_times(a);
	if (status != VOUCH_SUCCESSFUL)
		return status;
	err_or(&err, NULL);
	if (encode(a, q, &err) != VOUCH_OK)
		return refuse(a, VOUCH_INTERNAL_ERROR, "the answer could not be encoded", &err);
	return VOUCH_SUCCESSFUL;
}

int
answer_assemble(const struct answer *a, const struct question *q, vouch_span signature, vouch_buf *out,
    vouch_err *err)
{
	const vouch_signer *signer = q->signer->signer;
	size_t cert_count;
	const vouch_span *certs = signer_certs(signer, &cert_count);
	bool always = (question_issuer(q)->policy.shape & VOUCH_SHAPE_ALWAYS_CERTS) != 0;

	vouch_span algorithm = signer_signature_algorithm(signer);
	size_t room = RESPONSE_ROOM + a->tbs.len + algorithm.len + signature.len;

	/* RFC 6960 4.2.1: no certs when the CA signs itself, whose certificate the client has */
	if (q->signer->is_issuer && !always)
		cert_count = 0;
	for (size_t i = 0; i < cert_count; i++)
		room += certs[i].len;
	if (buf_reserve(out, room) != VOUCH_OK)
		return err_nomem(err);
	return ocsp_response_encode(span_buf(&a->tbs), algorithm, signature, certs, cert_count, out, err);
}
