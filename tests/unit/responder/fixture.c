/* SPDX-License-Identifier: Apache-2.0 */
/* A CA with a delegated responder and a source in memory. */
#include "fixture.h"

#include <stdlib.h>

#include "../pki/issued_signer.h"

static const uint8_t table_key[16] = { 1, 2, 3 };

static int
memory_open(void **ctx, const char *uri, vouch_time now, vouch_err *err)
{
	(void)uri;
	(void)now;
	(void)err;
	*ctx = calloc(1, sizeof(struct memory_source));
	return *ctx == NULL ? VOUCH_ENOMEM : VOUCH_OK;
}

static int
memory_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	struct memory_source *m = ctx;
	int found = VOUCH_ENOTFOUND;

	(void)issuer;
	(void)now;
	m->lookups++;
	if (m->failing != 0)
		return err_set(err, m->failing, "the test says so");
	for (size_t i = 0; i < m->count; i++) {
		if (serial.len != 1 || serial.data[0] != m->entries[i].serial)
			continue;
		*out = m->entries[i].status;
		out->single_extensions = (vouch_buf){ 0 }; /* a copy: who asked frees it */
		assert_int_equal(buf_append_span(&out->single_extensions,
				     span_buf(&m->entries[i].status.single_extensions)),
		    VOUCH_OK);
		found = VOUCH_OK;
	}
	if (m->pause != NULL)
		m->pause(m->pause_arg);
	return found;
}

static int
memory_changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	struct memory_source *m = ctx;

	if (m->failing != 0)
		return err_set(err, m->failing, "the test says so");
	for (size_t i = cursor->len == 0 ? m->changed_count : cursor->data[0]; i < m->changed_count; i++)
		cb(arg, (vouch_span){ &m->changed[i], m->changed[i] == 0 ? 0 : 1 });
	uint8_t next = (uint8_t)m->changed_count;
	cursor->len = 0;
	return vouch_buf_append(cursor, &next, 1);
}

static void
memory_close(void *ctx)
{
	free(ctx);
}

const vouch_source_ops memory_source_ops = { .abi = VOUCH_ABI,
	.flags = VOUCH_SOURCE_INLINE,
	.name = "memory",
	.open = memory_open,
	.lookup = memory_lookup,
	.changes = memory_changes,
	.close = memory_close };
const vouch_source_ops silent_source_ops = { .abi = VOUCH_ABI,
	.name = "silent",
	.open = memory_open,
	.lookup = memory_lookup,
	.close = memory_close };

/* The context that the source was opened with: it is the test's own. */
static struct memory_source *last_opened;
static int
catch_open(void **ctx, const char *uri, vouch_time now, vouch_err *err)
{
	int code = memory_open(ctx, uri, now, err);

	last_opened = *ctx;
	return code;
}

static int
sign_or_not(void *ctx, vouch_span tbs, vouch_buf *signature, vouch_err *err)
{
	struct faulty_signer *f = ctx;

	f->signatures++;
	if (f->fault == FAULT_REFUSES)
		return err_set(err, VOUCH_EUNAVAILABLE, "the token was pulled");
	int code = vouch_signer_sign(f->real, tbs, signature, err);
	if (f->fault == FAULT_WRONG_SIGNATURE)
		signature->data[signature->len - 1] ^= 1;
	return code;
}

/* A signer of one's own, which signs with the real one as long as the test lets it. */
static void
wrap_signer(struct fixture *f, vouch_span certificate)
{
	vouch_err err = { 0 };

	f->faulty = calloc(1, sizeof(*f->faulty));
	assert_non_null(f->faulty);
	f->faulty->real = f->signer;
	vouch_signer_options options = { .size = sizeof(options),
		.certificate = certificate,
		.algorithm = "ecdsa-sha256",
		.sign = sign_or_not,
		.sign_ctx = f->faulty };
	assert_int_equal(vouch_signer_open(&f->signer, &options, &err), VOUCH_OK);
	f->faulty->signatures = 0;
}

static void
make_signer(struct fixture *f, const struct pki_ca *ca)
{
	const struct pki_template t = { .purpose = PKI_RESPONDER,
		.common_name = "Responder",
		.not_before = NOW - 86400,
		.not_after = NOW + 30 * 86400 };

	f->signer = issued_signer(ca, &t);
	wrap_signer(f, vouch_signer_certificate(f->signer));
}

static void
make_issuer(struct fixture *f, const vouch_issuer_options *options)
{
	const struct pki_template t = { .purpose = PKI_CA,
		.common_name = "Test CA",
		.not_before = NOW - 86400,
		.not_after = NOW + 3650 * INT64_C(86400) };
	struct pki_ca *ca;
	vouch_issuer_options defaults;
	vouch_err err = { 0 };

	vouch_issuer_options_init(&defaults);
	assert_int_equal(pki_ca_new(&ca, &t, "p-256", &err), VOUCH_OK);
	assert_int_equal(vouch_issuer_new(&f->issuer, pki_ca_certificate(ca),
			     options == NULL ? &defaults : options, &err),
	    VOUCH_OK);
	make_signer(f, ca);
	assert_int_equal(vouch_issuer_add_signer(f->issuer, f->signer, 0, &err), VOUCH_OK);
	pki_ca_free(ca);
}

void
fixture_make(struct fixture *f, const vouch_issuer_options *options, const vouch_source_ops *ops)
{
	static vouch_source_ops caught;
	vouch_responder_options responder_options = { .size = sizeof(responder_options), .epoch = 1 };
	vouch_err err = { 0 };

	*f = (struct fixture){ .monotonic_ms = 1000000 };
	caught = *ops;
	caught.open = catch_open;
	make_issuer(f, options);
	assert_int_equal(vouch_source_open(&f->source, &caught, "", NOW, &err), VOUCH_OK);
	f->memory = last_opened;
	assert_int_equal(vouch_issuer_add_source(f->issuer, f->source, 0, &err), VOUCH_OK);
	assert_int_equal(vouch_store_new(&f->store, 1 << 20, table_key, &err), VOUCH_OK);
	responder_options.store = f->store;
	memcpy(responder_options.key, table_key, sizeof(table_key));
	assert_int_equal(vouch_responder_new(&f->responder, &responder_options, &err), VOUCH_OK);
	assert_int_equal(vouch_responder_add(f->responder, f->issuer, "/", &err), VOUCH_OK);
	fixture_poll(f);
}

void
fixture_free(struct fixture *f)
{
	vouch_responder_free(f->responder);
	vouch_store_free(f->store);
	vouch_issuer_free(f->issuer);
	vouch_signer_free(f->signer);
	vouch_signer_free(f->faulty->real);
	free(f->faulty);
	vouch_source_free(f->source);
}

void
fixture_set(struct fixture *f, uint8_t serial, enum vouch_cert_status cert_status, vouch_time revoked_at,
    uint8_t reason)
{
	struct memory_source *m = f->memory;
	size_t i = 0;

	while (i < m->count && m->entries[i].serial != serial)
		i++;
	assert_true(i < SOURCE_ENTRIES);
	m->count = i == m->count ? i + 1 : m->count;
	m->entries[i].serial = serial;
	vouch_status_init(&m->entries[i].status);
	m->entries[i].status.cert_status = (uint8_t)cert_status;
	m->entries[i].status.revocation_time = revoked_at;
	m->entries[i].status.revocation_reason = reason;
	m->changed[m->changed_count++] = serial;
}

void
fixture_poll(struct fixture *f)
{
	vouch_err err = { 0 };

	assert_int_equal(vouch_responder_poll(f->responder, NOW, f->monotonic_ms, &err), VOUCH_OK);
}

vouch_call
fixture_call(const struct fixture *f, vouch_time now)
{
	return (vouch_call){ .size = sizeof(vouch_call), .now = now, .monotonic_ms = f->monotonic_ms };
}

void
fixture_request(const struct fixture *f, vouch_buf *out, enum vouch_hash hash, const uint8_t *serials,
    size_t count, vouch_span nonce)
{
	vouch_request *request;
	vouch_err err = { 0 };

	assert_int_equal(vouch_request_new(&request, &err), VOUCH_OK);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(vouch_request_add(request, f->issuer, (vouch_span){ &serials[i], 1 }, hash,
				     &err),
		    VOUCH_OK);
	if (nonce.len > 0)
		assert_int_equal(vouch_request_set_nonce(request, nonce, &err), VOUCH_OK);
	assert_int_equal(vouch_request_encode(request, out, &err), VOUCH_OK);
	vouch_request_free(request);
}

vouch_outcome
fixture_ask(struct fixture *f, uint8_t serial, vouch_time now, vouch_buf *out)
{
	vouch_buf request = { 0 }, unread = { 0 };
	vouch_call call = fixture_call(f, now);
	vouch_outcome outcome = { .size = sizeof(outcome) };

	fixture_request(f, &request, VOUCH_SHA256, &serial, 1, (vouch_span){ 0 });
	assert_int_equal(vouch_handle(f->responder, &call, span_buf(&request), out == NULL ? &unread : out,
			     &outcome),
	    VOUCH_OK);
	vouch_buf_free(&request);
	vouch_buf_free(&unread);
	return outcome;
}

vouch_job *
fixture_start(const struct fixture *f, uint8_t serial, vouch_time now, unsigned flags)
{
	vouch_buf request = { 0 };
	vouch_call call = fixture_call(f, now);
	vouch_job *job;

	call.flags = flags;
	fixture_request(f, &request, VOUCH_SHA256, &serial, 1, (vouch_span){ 0 });
	assert_int_equal(vouch_job_start(&job, f->responder, &call, span_buf(&request)), VOUCH_OK);
	vouch_buf_free(&request);
	return job;
}

static void
sign(vouch_job *job)
{
	vouch_buf signature = { 0 };
	vouch_signer *signer;
	vouch_span tbs = vouch_job_tbs(job, &signer);

	if (vouch_signer_sign(signer, tbs, &signature, NULL) != VOUCH_OK)
		buf_clear(&signature);
	vouch_job_signed(job, span_buf(&signature));
	vouch_buf_free(&signature);
}

void
fixture_finish(vouch_job *job, vouch_time now)
{
	int step;

	while ((step = vouch_job_step(job, now)) != VOUCH_DONE) {
		assert_int_not_equal(step, VOUCH_WANT_PEER);
		if (step == VOUCH_WANT_STATUS)
			vouch_job_lookup(job, now);
		else
			sign(job);
	}
}

enum vouch_cert_status
fixture_status(vouch_span response)
{
	struct ocsp_single_response singles[OCSP_CERTIDS_MAX];
	struct ocsp_response parsed;
	vouch_err err = { 0 };

	assert_int_equal(ocsp_response_parse(response, singles, OCSP_CERTIDS_MAX, &parsed, &err), VOUCH_OK);
	assert_int_equal(parsed.response_status, VOUCH_SUCCESSFUL);
	return singles[0].cert_status;
}
