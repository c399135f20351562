/* SPDX-License-Identifier: Apache-2.0 */
/* ResponseData for tests of the guard, right or wrong in one respect, and the issuers that they speak of. */
#include "guard_draft.h"

#include <assert.h>
#include <stdlib.h>

#include "authority.h"
#include "base/buf.h"
#include "ocsp/certid.h"

#define SIGNER GUARD_ISSUERS /* behind the issuers */

void
guard_certificates_make(vouch_buf out[GUARD_ISSUERS + 1], EVP_PKEY **signer_key)
{
	static const char *const subjects[] = { "CN=One", "CN=Two", "CN=Foreign" };
	EVP_PKEY *keys[GUARD_ISSUERS + 1];

	for (size_t i = 0; i <= GUARD_ISSUERS; i++)
		keys[i] = authority_key("p256");
	for (size_t i = 0; i < GUARD_ISSUERS; i++)
		out[i] = authority_certificate(&(struct recipe){ .subject = subjects[i],
		    .key = keys[i],
		    .extensions = { AUTHORITY_CA_EXTENSIONS } });
	out[SIGNER] = authority_certificate(&(struct recipe){ .subject = "CN=Responder",
	    .issuer = subjects[GUARD_ONE],
	    .key = keys[SIGNER],
	    .issuer_key = keys[GUARD_ONE],
	    .not_after = GUARD_END,
	    .extensions = { AUTHORITY_SIGNER_EXTENSIONS } });
	if (signer_key != NULL)
		*signer_key = keys[SIGNER];
	for (size_t i = 0; i < GUARD_ISSUERS + (signer_key == NULL); i++)
		EVP_PKEY_free(keys[i]);
}

void
guard_certificates_clear(vouch_buf out[GUARD_ISSUERS + 1])
{
	for (size_t i = 0; i <= GUARD_ISSUERS; i++)
		vouch_buf_free(&out[i]);
}

static int
make_issuers(struct guard_world *w, const struct guard_certificates *certificates, vouch_err *err)
{
	vouch_issuer_options second;
	int code = vouch_issuer_new(&w->issuers[GUARD_ONE], certificates->issuers[GUARD_ONE], NULL, err);

	vouch_issuer_options_init(&second);
	second.validity = 7200;
	second.certid_hashes = VOUCH_HASH_BIT(VOUCH_SHA256);
	second.not_issued = VOUCH_NOT_ISSUED_REVOKED;
	second.shape = VOUCH_SHAPE_PLAIN_TIMES | VOUCH_SHAPE_UNSPECIFIED;
	if (code == VOUCH_OK)
		code = vouch_issuer_new(&w->issuers[GUARD_TWO], certificates->issuers[GUARD_TWO], &second,
		    err);
	if (code == VOUCH_OK)
		code = vouch_issuer_new(&w->issuers[GUARD_FOREIGN], certificates->issuers[GUARD_FOREIGN],
		    NULL, err);
	return code;
}

static int
make_guard(struct guard_world *w, vouch_err *err)
{
	const vouch_guard_options options = { .size = sizeof(options), .certids = GUARD_DRAFT_ENTRIES };
	int code = vouch_issuer_add_signer(w->issuers[GUARD_ONE], w->signer, 0, err);

	if (code == VOUCH_OK)
		code = vouch_issuer_add_signer(w->issuers[GUARD_TWO], w->signer, VOUCH_SIGNER_LOCALLY_TRUSTED,
		    err);
	if (code == VOUCH_OK)
		code = vouch_guard_new(&w->guard, w->signer, &options, err);
	if (code == VOUCH_OK)
		code = vouch_guard_add(w->guard, w->issuers[GUARD_ONE], err);
	if (code == VOUCH_OK)
		code = vouch_guard_add(w->guard, w->issuers[GUARD_TWO], err);
	return code;
}

int
guard_world_make(struct guard_world *out, const struct guard_certificates *certificates, vouch_err *err)
{
	const vouch_signer_options options = { .size = sizeof(options),
		.certificate = certificates->signer,
		.flags = VOUCH_SIGNER_ELSEWHERE };

	*out = (struct guard_world){ 0 };
	int code = vouch_signer_open(&out->signer, &options, err);
	if (code == VOUCH_OK)
		code = make_issuers(out, certificates, err);
	return code == VOUCH_OK ? make_guard(out, err) : code;
}

void
guard_world_clear(struct guard_world *world)
{
	vouch_guard_free(world->guard);
	for (size_t i = 0; i < GUARD_ISSUERS; i++)
		vouch_issuer_free(world->issuers[i]);
	vouch_signer_free(world->signer);
}

static void
write_extensions(struct der_writer *w, const struct guard_draft_extension *extensions)
{
	if (extensions[0].oid.len == 0)
		return;
	size_t tagged = der_begin(w, DER_CONTEXT(1));
	size_t list = der_begin(w, DER_SEQUENCE);
	for (size_t i = 0; i < GUARD_DRAFT_EXTENSIONS && extensions[i].oid.len != 0; i++) {
		size_t extension = der_begin(w, DER_SEQUENCE);
		der_put_oid(w, extensions[i].oid);
		if (extensions[i].critical || extensions[i].says_not_critical)
			der_put_boolean(w, extensions[i].critical);
		der_put(w, DER_OCTET_STRING, extensions[i].value);
		der_end(w, extension);
	}
	der_end(w, list);
	der_end(w, tagged);
}

static void
write_certid(struct der_writer *w, const struct guard_world *world, const struct guard_draft_single *single)
{
	enum vouch_hash hash = single->hash == VOUCH_HASH_OTHER ? VOUCH_SHA256 : single->hash;
	enum guard_issuer key_of = single->key_of == GUARD_ONE ? single->issuer : single->key_of;
	const struct issuer_hashes *names = &world->issuers[single->issuer]->hashes[hash];
	const struct issuer_hashes *keys = &world->issuers[key_of]->hashes[hash];
	size_t len = single->short_hashes ? names->len - 1 : names->len;

	if (single->odd_certid.len != 0)
		der_put_raw(w, single->odd_certid);
	else
		ocsp_certid_write(w, hash, span_of(names->name, len), span_of(keys->key, len),
		    SPAN_LITERAL("\x1a\xaf\x00\x0d"));
}

static void
write_revoked(struct der_writer *w, vouch_time produced_at, const struct guard_draft_single *single)
{
	size_t revoked = der_begin(w, DER_CONTEXT(1));

	der_put_generalized_time(w, produced_at + single->revocation_time);
	if (single->reason != VOUCH_REASON_ABSENT) {
		size_t tagged = der_begin(w, DER_CONTEXT(0));
		der_put_enumerated(w, single->reason - 1u);
		der_end(w, tagged);
	}
	der_end(w, revoked);
}

static void
write_single(struct der_writer *w, const struct guard_world *world, vouch_time produced_at,
    const struct guard_draft_single *single)
{
	const vouch_span nothing = { NULL, 0 };
	size_t response = der_begin(w, DER_SEQUENCE);

	write_certid(w, world, single);
	if (single->cert_status == VOUCH_REVOKED)
		write_revoked(w, produced_at, single);
	else
		der_put(w, DER_CONTEXT_PRIMITIVE(single->cert_status == VOUCH_UNKNOWN ? 2 : 0), nothing);
	der_put_generalized_time(w, produced_at + single->this_update);
	if (!single->no_next_update) {
		size_t tagged = der_begin(w, DER_CONTEXT(0));
		der_put_generalized_time(w,
		    produced_at + (single->next_update != 0 ? single->next_update : 3600));
		der_end(w, tagged);
	}
	write_extensions(w, single->extensions);
	der_end(w, response);
}

static void
write_responses(struct der_writer *w, const struct guard_world *world, const struct guard_draft *draft)
{
	size_t count = draft->no_responses ? 0 : draft->count != 0 ? draft->count : 1;
	size_t list = der_begin(w, DER_SEQUENCE);

	for (size_t i = 0; i < count; i++)
		write_single(w, world, GUARD_NOW + draft->produced_at,
		    &draft->singles[i < GUARD_DRAFT_ENTRIES ? i : 0]);
	der_end(w, list);
}

vouch_time
guard_draft_now(const struct guard_draft *draft)
{
	return draft->now != 0 ? draft->now : GUARD_NOW;
}

void
guard_draft_encode(const struct guard_world *world, const struct guard_draft *draft, vouch_buf *out)
{
	vouch_err err;
	struct der_writer w = der_writer_init(out);
	size_t response_data = der_begin(&w, DER_SEQUENCE);

	if (draft->says_v1)
		der_put_raw(&w, SPAN_LITERAL("\xa0\x03\x02\x01\x00"));
	der_put_raw(&w,
	    draft->responder_id.len != 0 ?
		draft->responder_id :
		signer_responder_id(world->signer, draft->by_name ? VOUCH_BY_NAME : VOUCH_BY_KEY));
	der_put_generalized_time(&w, GUARD_NOW + draft->produced_at);
	write_responses(&w, world, draft);
	write_extensions(&w, draft->extensions);
	der_put_raw(&w, draft->inside);
	der_end(&w, response_data);
	der_put_raw(&w, draft->behind);
	if (der_writer_finish(&w, &err) != VOUCH_OK)
		abort();
}

const struct guard_good guard_good[] = {
	{ "good", { 0 } },
	{ "by_name", { .by_name = true } },
	{ "sha1", { .singles = { { .hash = VOUCH_SHA1 } } } },
	{ "sha384", { .singles = { { .hash = VOUCH_SHA384 } } } },
	{ "sha512", { .singles = { { .hash = VOUCH_SHA512 } } } },
	{ "a minute behind", { .produced_at = -60 } },
	{ "a minute ahead", { .produced_at = 60 } },
	{ "old knowledge", { .singles = { { .this_update = -86400 * 300 } } } },
	{ "the longest validity", { .singles = { { .next_update = 86400 } } } },
	{ "the shortest", { .singles = { { .next_update = 1 } } } },
	{ "to the end of the signer",
	    { .now = GUARD_END - 3600, .produced_at = GUARD_END - GUARD_NOW - 3600 } },
	{ "plain times beyond it",
	    { .now = GUARD_END - 3600,
		.produced_at = GUARD_END - GUARD_NOW - 3600,
		.singles = { { .issuer = GUARD_TWO, .next_update = 7200 } } } },
	{ "revoked", { .singles = { { .cert_status = VOUCH_REVOKED, .revocation_time = -1 } } } },
	{ "revoked now",
	    { .singles = { { .cert_status = VOUCH_REVOKED, .reason = VOUCH_REASON_KEY_COMPROMISE } } } },
	{ "on hold",
	    { .singles = { { .cert_status = VOUCH_REVOKED,
		  .reason = VOUCH_REASON_CERTIFICATE_HOLD,
		  .extensions = { GUARD_INVALIDITY_DATE("\x18\x0f"
							"20260101000000Z") } } } } },
	{ "the last reason",
	    { .singles = { { .cert_status = VOUCH_REVOKED, .reason = VOUCH_REASON_AA_COMPROMISE } } } },
	{ "unspecified",
	    { .singles = { { .issuer = GUARD_TWO,
		  .cert_status = VOUCH_REVOKED,
		  .reason = VOUCH_REASON_UNSPECIFIED } } } },
	{ "unknown", { .singles = { { .cert_status = VOUCH_UNKNOWN } } } },
	{ "never issued",
	    { .singles = { { .issuer = GUARD_TWO,
		  .cert_status = VOUCH_REVOKED,
		  .reason = VOUCH_REASON_CERTIFICATE_HOLD,
		  .revocation_time = -GUARD_NOW } },
		.extensions = { GUARD_EXTENDED_REVOKE("\x05\x00"), GUARD_NONCE("\x04\x01N") } } },
	{ "several",
	    { .count = 3,
		.singles = { { .next_update = 86400 }, { .issuer = GUARD_TWO, .next_update = 7200 },
		    { .cert_status = VOUCH_REVOKED, .hash = VOUCH_SHA1 } } } },
	{ "a foreign one, unknown",
	    { .count = 2,
		.singles = { { .issuer = GUARD_FOREIGN, .cert_status = VOUCH_UNKNOWN, .next_update = 86400 },
		    { .next_update = 86400 } } } },
	{ "a foreign one behind a long one behind a short one",
	    { .count = 3,
		.singles = { { .issuer = GUARD_TWO }, { .next_update = 86400 },
		    { .issuer = GUARD_FOREIGN, .cert_status = VOUCH_UNKNOWN, .next_update = 86400 } } } },
	{ "a foreign one by a hash that is not served",
	    { .count = 2,
		.singles = { { .cert_status = VOUCH_GOOD },
		    { .issuer = GUARD_TWO, .hash = VOUCH_SHA1, .cert_status = VOUCH_UNKNOWN } } } },
	{ "a foreign one by an odd hash",
	    { .count = 2,
		.singles = { { .cert_status = VOUCH_GOOD },
		    { .odd_certid = GUARD_OCTETS("\x30\x13\x30\x07\x06\x03\x2a\x03\x04\x30\x00\x04\x01"
						 "a\x04\x00\x02\x03\xff\x00\x01"),
			.cert_status = VOUCH_UNKNOWN } } } },
	{ "nonce of 1", { .extensions = { GUARD_NONCE("\x04\x01n") } } },
	{ "nonce of 32",
	    { .extensions = { GUARD_NONCE("\x04\x20"
					  "0123456789abcdef0123456789abcdef") } } },
	{ "nonce of 128",
	    { .extensions = { GUARD_NONCE(
		  "\x04\x81\x80"
		  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
		  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef") } } },
	{ "bare nonce", { .extensions = { GUARD_NONCE("\xa5\xa5\xa5\xa5") } } },
	{ "archive cutoff and SCTs",
	    { .singles = { { .extensions = { GUARD_ARCHIVE_CUTOFF("\x18\x0f"
								  "20190701120000Z"),
				 GUARD_SCTS("\x04\x04\x00\x02\x00\x00") } } } } },
	{ "CRL and certificate issuer",
	    { .singles = { { .extensions = { GUARD_CRL_ID("\x30\x1f\xa0\x05\x16\x03"
							  "uri\xa1\x03\x02\x01\x07\xa2\x11\x18\x0f"
							  "20260101000000Z"),
				 GUARD_CERTIFICATE_ISSUER("\x30\x06\xa4\x04\x30\x02\x31\x00") } } } } },
	{ "an empty CrlID", { .singles = { { .extensions = { GUARD_CRL_ID("\x30\x00") } } } } },
	{ "Common PKI",
	    { .singles = { { .extensions = { GUARD_CERT_HASH(
						 "\x30\x0d\x30\x07\x06\x05\x2b\x0e\x03\x02\x1a\x04\x02"
						 "ab"),
				 GUARD_CERT_IN_DIR_SINCE("\x18\x0f"
							 "20250101000000Z") } } } } },
};
const size_t guard_good_count = sizeof(guard_good) / sizeof(guard_good[0]);
