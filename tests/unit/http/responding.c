/* SPDX-License-Identifier: Apache-2.0 */
/* A CA that answers for itself under "/" by the real clock, with a source whose lookups can be held up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "io/clock.h"
#include "io/file.h"
#include "pki/certificate.h"
#include "pki/key.h"
#include "responding.h"

static struct {
	uv_mutex_t lock;
	uv_cond_t changed;
	unsigned waiting, permits;
} gate;

static int
gate_open(void **ctx, const char *uri, vouch_time now, vouch_err *err)
{
	(void)uri;
	(void)now;
	(void)err;
	*ctx = &gate;
	return VOUCH_OK;
}

static void
gate_close(void *ctx)
{
	(void)ctx;
}

static void
wait_at_gate(void)
{
	uv_mutex_lock(&gate.lock);
	gate.waiting++;
	while (gate.permits == 0)
		uv_cond_wait(&gate.changed, &gate.lock);
	gate.permits--;
	gate.waiting--;
	uv_mutex_unlock(&gate.lock);
}

static int
gate_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	(void)ctx;
	(void)issuer;
	(void)now;
	(void)err;
	if (serial.len != 1 ||
	    (*serial.data != SERIAL_GOOD && *serial.data != SERIAL_REVOKED && *serial.data != SERIAL_HELD_UP))
		return VOUCH_ENOTFOUND;
	if (*serial.data == SERIAL_HELD_UP)
		wait_at_gate();
	out->cert_status = *serial.data == SERIAL_REVOKED ? VOUCH_REVOKED : VOUCH_GOOD;
	if (*serial.data == SERIAL_REVOKED)
		out->revocation_time = 1600000000;
	return VOUCH_OK;
}

static int
gate_changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	(void)ctx;
	(void)cb;
	(void)arg;
	(void)err;
	return cursor->len > 0 ? VOUCH_OK : vouch_buf_append(cursor, "1", 1);
}

static const vouch_source_ops waiting_ops = { .abi = VOUCH_ABI,
	.name = "gate",
	.open = gate_open,
	.lookup = gate_lookup,
	.changes = gate_changes,
	.close = gate_close };
static const vouch_source_ops inline_ops = { .abi = VOUCH_ABI,
	.flags = VOUCH_SOURCE_INLINE,
	.name = "gate",
	.open = gate_open,
	.lookup = gate_lookup,
	.changes = gate_changes,
	.close = gate_close };

unsigned
responding_held_up(void)
{
	uv_mutex_lock(&gate.lock);
	unsigned waiting = gate.waiting;
	uv_mutex_unlock(&gate.lock);
	return waiting;
}

void
responding_let_go(void)
{
	uv_mutex_lock(&gate.lock);
	gate.permits++;
	uv_cond_broadcast(&gate.changed);
	uv_mutex_unlock(&gate.lock);
}

/* The CA signs its answers itself. */
static void
make_issuer(struct responding *r)
{
	vouch_time now = io_wall_seconds();
	const struct pki_template t = { .purpose = PKI_CA,
		.common_name = "Test CA",
		.not_before = now - 86400,
		.not_after = now + 3650 * INT64_C(86400) };
	char path[] = "/tmp/vouch-test-key-XXXXXX";
	struct pki_ca *ca;
	vouch_buf certificate = { 0 }, key = { 0 };
	vouch_issuer_options options;
	vouch_err err = { 0 };

	assert_int_equal(pki_ca_new(&ca, &t, "p-256", &err), VOUCH_OK);
	assert_int_equal(pki_ca_write(ca, &certificate, &key, &err), VOUCH_OK);
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(io_file_replace(path, 0600, (vouch_span){ key.data, key.len }, &err), VOUCH_OK);
	vouch_signer_options signer = { .size = sizeof(signer),
		.certificate = { certificate.data, certificate.len },
		.key = path };
	if (vouch_signer_open(&r->signer, &signer, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	unlink(path);
	vouch_issuer_options_init(&options);
	options.lease_ms = 60000;
	assert_int_equal(vouch_issuer_new(&r->issuer, pki_ca_certificate(ca), &options, &err), VOUCH_OK);
	if (vouch_issuer_add_signer(r->issuer, r->signer, 0, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	pki_key_wipe(&key);
	vouch_buf_free(&certificate);
	pki_ca_free(ca);
}

void
responding_make(struct responding *r, const char *path, bool inline_lookups)
{
	static const uint8_t table_key[16] = { 1, 2, 3 };
	vouch_responder_options options = { .size = sizeof(options), .epoch = 1 };
	vouch_err err = { 0 };

	gate.waiting = gate.permits = 0;
	assert_int_equal(uv_mutex_init(&gate.lock), 0);
	assert_int_equal(uv_cond_init(&gate.changed), 0);
	*r = (struct responding){ 0 };
	make_issuer(r);
	assert_int_equal(vouch_source_open(&r->source, inline_lookups ? &inline_ops : &waiting_ops, "",
			     io_wall_seconds(), &err),
	    0);
	assert_int_equal(vouch_issuer_add_source(r->issuer, r->source, 0, &err), VOUCH_OK);
	assert_int_equal(vouch_store_new(&r->store, 1 << 20, table_key, &err), VOUCH_OK);
	options.store = r->store;
	memcpy(options.key, table_key, sizeof(table_key));
	assert_int_equal(vouch_responder_new(&r->responder, &options, &err), VOUCH_OK);
	assert_int_equal(vouch_responder_add(r->responder, r->issuer, path, &err), VOUCH_OK);
	responding_poll(r);
}

void
responding_free(struct responding *r)
{
	vouch_responder_free(r->responder);
	vouch_store_free(r->store);
	vouch_issuer_free(r->issuer);
	vouch_signer_free(r->signer);
	vouch_source_free(r->source);
	uv_cond_destroy(&gate.changed);
	uv_mutex_destroy(&gate.lock);
}

void
responding_poll(struct responding *r)
{
	vouch_err err = { 0 };

	assert_int_equal(vouch_responder_poll(r->responder, io_wall_seconds(), io_monotonic_ms(), &err),
	    VOUCH_OK);
}

void
responding_request(const struct responding *r, vouch_buf *out, const char *serials, vouch_span nonce)
{
	vouch_request *request;
	vouch_err err = { 0 };

	assert_int_equal(vouch_request_new(&request, &err), VOUCH_OK);
	for (; *serials != '\0'; serials++)
		assert_int_equal(vouch_request_add(request, r->issuer,
				     (vouch_span){ (const uint8_t *)serials, 1 }, VOUCH_SHA256, &err),
		    VOUCH_OK);
	if (nonce.len > 0)
		assert_int_equal(vouch_request_set_nonce(request, nonce, &err), VOUCH_OK);
	assert_int_equal(vouch_request_encode(request, out, &err), VOUCH_OK);
	vouch_request_free(request);
}
