/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the guard.  As the octets come, and once more in the signer's own name, of now and about a
 * certificate that is served, so that what stands behind these is reached, too: what passes is what our
 * encoder would have written, and keeps the rules by a second opinion.
 */
#include "../unit/issuer/guard_draft.h"
#include "../unit/issuer/guard_oracle.h"
#include "base/buf.h"
#include "guard_world.h"
#include "ocsp/response_data.h"
#include "target.h"

static struct guard_world world;
static vouch_buf own_certid;

static void
make_world(void)
{
	const struct guard_certificates certificates = {
		{ SPAN_ARRAY(guard_world_one), SPAN_ARRAY(guard_world_two), SPAN_ARRAY(guard_world_foreign) },
		SPAN_ARRAY(guard_world_signer),
	};
	const struct issuer_hashes *hashes;
	struct der_writer w = der_writer_init(&own_certid);
	vouch_err err;

	FUZZ_CHECK(guard_world_make(&world, &certificates, &err) == VOUCH_OK);
	hashes = &world.issuers[GUARD_TWO]->hashes[VOUCH_SHA256];
	ocsp_certid_write(&w, VOUCH_SHA256, span_of(hashes->name, hashes->len),
	    span_of(hashes->key, hashes->len), SPAN_LITERAL("\x05"));
	FUZZ_CHECK(der_writer_finish(&w, &err) == VOUCH_OK);
}

static void
write_again(struct ocsp_response_data *data, vouch_buf *out)
{
	vouch_err err;

	for (size_t i = 0; i < data->response_count; i++)
		data->responses[i].writes_unspecified = true;
	FUZZ_CHECK(ocsp_response_data_encode(data, out, &err) == VOUCH_OK);
}

static bool
passes(vouch_span octets)
{
	struct ocsp_single_response singles[GUARD_DRAFT_ENTRIES];
	struct ocsp_response_data data = { .responses = singles };
	vouch_buf again = { 0 };
	vouch_err err;
	int code = vouch_guard_check(world.guard, octets, GUARD_NOW, &err);

	FUZZ_CHECK(code == err.code && (code == VOUCH_OK) == (err.rule == NULL));
	FUZZ_CHECK(code == VOUCH_OK || (code == VOUCH_EREFUSED && err.msg[0] != '\0'));
	FUZZ_CHECK(err.offset <= octets.len);
	if (code != VOUCH_OK)
		return false;
	FUZZ_CHECK(guard_oracle_allows(&world, octets, GUARD_NOW));
	FUZZ_CHECK(ocsp_response_data_parse(octets, GUARD_DRAFT_ENTRIES, &data, &err) == VOUCH_OK);
	write_again(&data, &again);
	FUZZ_CHECK(span_equal(span_buf(&again), octets));
	vouch_buf_free(&again);
	return true;
}

/* The same in the signer's own name, of now, and with its first entry about a certificate that is served. */
static void
adopt(vouch_span octets, vouch_buf *out)
{
	struct ocsp_single_response singles[GUARD_DRAFT_ENTRIES];
	struct ocsp_response_data data = { .responses = singles };
	vouch_err err;

	if (ocsp_response_data_parse(octets, GUARD_DRAFT_ENTRIES, &data, &err) != VOUCH_OK ||
	    data.response_count == 0)
		return;
	for (size_t i = 0; i < data.response_count; i++)
		if (singles[i].revocation_reason == 8 + 1) /* which our encoder does not write */
			return;
	data.responder_id = signer_responder_id(world.signer, VOUCH_BY_KEY);
	data.produced_at = GUARD_NOW;
	singles[0].certid.der = span_buf(&own_certid);
	write_again(&data, out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	vouch_buf adopted = { 0 };

	if (world.guard == NULL)
		make_world();
	(void)passes(span_of(data, size));
	adopt(span_of(data, size), &adopted);
	if (adopted.len > 0)
		(void)passes(span_buf(&adopted));
	vouch_buf_free(&adopted);
	return 0;
}
