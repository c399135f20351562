/* SPDX-License-Identifier: Apache-2.0 */
/* A world whose truth is known at every moment. */
#include "world.h"

#include "responder/times.h"

#include "../pki/issued_signer.h"

static const char *const kinds[WORLD_KINDS] = { "gone", "good", "revoked", "held", "due", "unknown" };

uint64_t
world_below(struct world *w, uint64_t below)
{
	uint64_t z = w->random += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31)) % below;
}

vouch_time
world_now(const struct world *w)
{
	return WORLD_NOW + (vouch_time)(w->ms / 1000) + w->skew;
}

/* --- What happens --------------------------------------------------------------------------------------- */

static const struct world_version *
latest(const struct world_truth *truth)
{
	return &truth->versions[(truth->count - 1) % WORLD_VERSIONS];
}

static void
add_version(struct world *w, struct world_truth *truth, struct world_version version)
{
	version.sequence = w->changed;
	version.since_ms = w->ms;
	truth->versions[truth->count++ % WORLD_VERSIONS] = version;
}

static struct world_version
invent(struct world *w)
{
	struct world_version v = { .kind = (enum world_kind)world_below(w, WORLD_KINDS),
		.this_update = VOUCH_TIME_ABSENT,
		.limit = VOUCH_TIME_ABSENT };
	vouch_time now = world_now(w), back = (vouch_time)world_below(w, 100);

	v.moment = v.kind == WORLD_DUE ? now + 1 + (vouch_time)world_below(w, 8) : now - back;
	if (world_below(w, 4) == 0)
		v.this_update = now - (vouch_time)world_below(w, 3);
	if (world_below(w, 4) == 0)
		v.limit = now + 1 + (vouch_time)world_below(w, 20);
	return v;
}

void
world_change(struct world *w)
{
	unsigned ca = (unsigned)world_below(w, WORLD_CAS), serial = (unsigned)world_below(w, WORLD_SERIALS);

	if (w->changed == WORLD_CHANGES)
		return;
	struct world_truth *truth = &w->truths[ca][serial];
	const struct world_version *before = latest(truth);
	struct world_version after = invent(w);
	/* The same as before, and yet the source may stand by it for less long. */
	if (world_below(w, 4) == 0) {
		after.kind = before->kind;
		after.moment = before->moment;
	}
	w->changes[w->changed++] = (uint8_t)(serial + 1);
	add_version(w, truth, after);
}

/* --- The source ----------------------------------------------------------------------------------------- */

static unsigned
ca_of(const struct world *w, const vouch_issuer *issuer)
{
	for (unsigned policy = 0; policy < WORLD_POLICIES; policy++)
		for (unsigned ca = 0; ca < WORLD_CAS; ca++)
			if (w->issuers[policy][ca] == issuer)
				return ca;
	fail_msg("an issuer from elsewhere");
	return 0;
}

static int
look_up(void *ctx, const vouch_issuer *issuer, vouch_span serial, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	struct world *w = ctx;

	(void)now;
	assert_true(serial.len == 1 && serial.data[0] >= 1 && serial.data[0] <= WORLD_SERIALS);
	if (w->away)
		return err_set(err, VOUCH_EUNAVAILABLE, "away");
	struct world_version v = *latest(&w->truths[ca_of(w, issuer)][serial.data[0] - 1]);
	if (w->meanwhile != NULL)
		w->meanwhile(w->arg);
	out->this_update = v.this_update;
	out->next_update = v.limit;
	switch (v.kind) {
	case WORLD_GONE:
	case WORLD_KINDS:
		return VOUCH_ENOTFOUND;
	case WORLD_GOOD:
		out->cert_status = VOUCH_GOOD;
		return VOUCH_OK;
	case WORLD_UNKNOWN:
		out->cert_status = VOUCH_UNKNOWN;
		return VOUCH_OK;
	case WORLD_HELD:
	case WORLD_REVOKED:
	case WORLD_DUE:
		break;
	}
	out->cert_status = VOUCH_REVOKED;
	out->revocation_time = v.moment;
	out->revocation_reason = v.kind == WORLD_HELD ? VOUCH_REASON_CERTIFICATE_HOLD :
							VOUCH_REASON_KEY_COMPROMISE;
	return VOUCH_OK;
}

static int
tell_changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	struct world *w = ctx;
	unsigned from = w->changed;

	if (w->away)
		return err_set(err, VOUCH_EUNAVAILABLE, "away");
	if (cursor->len == sizeof(from))
		memcpy(&from, cursor->data, sizeof(from));
	for (; from < w->changed; from++)
		cb(arg, span_of(&w->changes[from], 1));
	cursor->len = 0;
	return vouch_buf_append(cursor, &from, sizeof(from));
}

static const vouch_source_ops telling = { .abi = VOUCH_ABI,
	.flags = VOUCH_SOURCE_INLINE,
	.name = "telling",
	.lookup = look_up,
	.changes = tell_changes };
static const vouch_source_ops silent = { .abi = VOUCH_ABI,
	.flags = VOUCH_SOURCE_INLINE,
	.name = "silent",
	.lookup = look_up };

/* --- Making it ------------------------------------------------------------------------------------------ */

/* Keys take longer to make than all the rest. */
static struct pki_ca *authorities[WORLD_CAS];
static vouch_signer *signers[WORLD_CAS];

static void
make_keys(void)
{
	/* One name: the key alone tells them apart (P-15). */
	const struct pki_template ca = { .purpose = PKI_CA,
		.common_name = "Test CA",
		.not_before = WORLD_NOW - 86400,
		.not_after = WORLD_NOW + 3650 * INT64_C(86400) };
	const struct pki_template responder = { .purpose = PKI_RESPONDER,
		.common_name = "Responder",
		.not_before = WORLD_NOW - 86400,
		.not_after = WORLD_NOW + 365 * INT64_C(86400) };
	vouch_err err = { 0 };

	for (unsigned i = 0; i < WORLD_CAS && authorities[i] == NULL; i++) {
		assert_int_equal(pki_ca_new(&authorities[i], &ca, "p-256", &err), VOUCH_OK);
		signers[i] = issued_signer(authorities[i], &responder);
	}
}

static void
make_issuers(struct world *w)
{
	static const uint8_t not_issued[WORLD_POLICIES] = { VOUCH_NOT_ISSUED_UNKNOWN,
		VOUCH_NOT_ISSUED_REVOKED };
	vouch_issuer_options options;
	vouch_err err = { 0 };

	for (unsigned policy = 0; policy < WORLD_POLICIES; policy++)
		for (unsigned ca = 0; ca < WORLD_CAS; ca++) {
			vouch_issuer **issuer = &w->issuers[policy][ca];
			vouch_issuer_options_init(&options);
			options.not_issued = not_issued[policy];
			options.validity = 600;
			options.verify_signatures = VOUCH_VERIFY_NEVER;
			assert_int_equal(vouch_issuer_new(issuer, pki_ca_certificate(authorities[ca]),
					     &options, &err),
			    VOUCH_OK);
			assert_int_equal(vouch_issuer_add_signer(*issuer, signers[ca], 0, &err), VOUCH_OK);
			assert_int_equal(vouch_issuer_add_source(*issuer, w->source, 0, &err), VOUCH_OK);
		}
}

void
world_make(struct world *w, uint64_t seed)
{
	vouch_err err = { 0 };
	uint8_t key[16] = { 1, 2, 3 };

	make_keys();
	memset(w, 0, sizeof(*w));
	w->random = seed;
	w->ms = 1000000;
	w->tells = world_below(w, 4) != 0;
	assert_int_equal(vouch_source_new(&w->source, w->tells ? &telling : &silent, w, &err), VOUCH_OK);
	make_issuers(w);
	memcpy(w->signers, signers, sizeof(signers));
	for (unsigned ca = 0; ca < WORLD_CAS; ca++)
		for (unsigned i = 0; i < WORLD_SERIALS; i++)
			add_version(w, &w->truths[ca][i], invent(w));
	/* A small one is full at once. */
	assert_int_equal(vouch_store_new(&w->store, world_below(w, 2) ? 1 << 20 : 1 << 14, key, &err),
	    VOUCH_OK);
	world_reload(w);
}

void
world_free(struct world *w)
{
	vouch_responder_free(w->responder);
	vouch_store_free(w->store);
	for (unsigned policy = 0; policy < WORLD_POLICIES; policy++)
		for (unsigned ca = 0; ca < WORLD_CAS; ca++)
			vouch_issuer_free(w->issuers[policy][ca]);
	vouch_source_free(w->source);
}

void
world_poll(struct world *w)
{
	w->polled_ms = w->ms;
	if (vouch_responder_poll(w->responder, world_now(w), w->ms, NULL) == VOUCH_OK && w->tells)
		w->heard = w->changed;
}

void
world_reload(struct world *w)
{
	vouch_responder_options options = { .size = sizeof(options), .store = w->store, .epoch = ++w->epoch };
	unsigned first = (unsigned)world_below(w, WORLD_CAS);
	vouch_err err = { 0 };

	for (size_t i = 0; i < sizeof(options.key); i++)
		options.key[i] = (uint8_t)world_below(w, 256);
	if (w->responder != NULL)
		options.last_produced_at = vouch_responder_last_produced_at(w->responder);
	vouch_responder_free(w->responder);
	w->policy = (unsigned)world_below(w, WORLD_POLICIES);
	w->heard = 0;
	w->polled_ms = 0;
	assert_int_equal(vouch_responder_new(&w->responder, &options, &err), VOUCH_OK);
	for (unsigned i = 0; i < WORLD_CAS; i++)
		assert_int_equal(vouch_responder_add(w->responder,
				     w->issuers[w->policy][(first + i) % WORLD_CAS], "/", &err),
		    VOUCH_OK);
	if (world_below(w, 2) != 0)
		world_poll(w);
}

/* --- Judging -------------------------------------------------------------------------------------------- */

static bool
is_revocation(const struct ocsp_single_response *s, vouch_time moment, uint8_t reason)
{
	return s->cert_status == VOUCH_REVOKED && s->revocation_time == moment &&
	    s->revocation_reason == reason;
}

static bool
is_never_issued(const struct ocsp_single_response *s, unsigned policy)
{
	return policy == 0 ? s->cert_status == VOUCH_UNKNOWN :
			     is_revocation(s, 0, VOUCH_REASON_CERTIFICATE_HOLD);
}

/* A revocation to come, or one of before a clock was put back, is good until then, and the answer does not outlive that. */
static bool
is_revoked(const struct ocsp_single_response *s, const struct world_version *v, vouch_time now, bool calm)
{
	uint8_t reason = v->kind == WORLD_HELD ? VOUCH_REASON_CERTIFICATE_HOLD : VOUCH_REASON_KEY_COMPROMISE;

	if (s->cert_status == VOUCH_GOOD)
		return s->next_update <= v->moment;
	return is_revocation(s, v->moment, reason) && (v->moment <= now + TIMES_PRODUCED_AHEAD || !calm);
}

static bool
says(const struct ocsp_single_response *s, const struct world_version *v, unsigned policy, vouch_time now,
    bool calm)
{
	if (v->limit != VOUCH_TIME_ABSENT && s->next_update > v->limit)
		return false;
	switch (v->kind) {
	case WORLD_GONE:
	case WORLD_KINDS:
		return is_never_issued(s, policy);
	case WORLD_GOOD:
		return s->cert_status == VOUCH_GOOD;
	case WORLD_UNKNOWN:
		return s->cert_status == VOUCH_UNKNOWN;
	case WORLD_REVOKED:
	case WORLD_HELD:
	case WORLD_DUE:
		return is_revoked(s, v, now, calm);
	}
	return false;
}

static void
tell(const struct world *w, const struct world_truth *truth, const struct ocsp_single_response *s)
{
	vouch_time now = world_now(w);

	print_message(
	    "said at %lld ms: status %d, time %lld, reason %d, thisUpdate %+lld, nextUpdate %+lld\n",
	    (long long)w->ms, (int)s->cert_status, (long long)(s->revocation_time - now),
	    s->revocation_reason, (long long)(s->this_update - now), (long long)(s->next_update - now));
	for (unsigned i = truth->count < 6 ? 0 : truth->count - 6; i < truth->count; i++) {
		const struct world_version *v = &truth->versions[i % WORLD_VERSIONS];
		print_message("  change %u at %lld ms: %s, %+lld, thisUpdate %+lld, limit %+lld\n",
		    v->sequence, (long long)v->since_ms, kinds[v->kind], (long long)(v->moment - now),
		    v->this_update == VOUCH_TIME_ABSENT ? 0LL : (long long)(v->this_update - now),
		    v->limit == VOUCH_TIME_ABSENT ? 0LL : (long long)(v->limit - now));
	}
}

void
world_judge(const struct world *w, unsigned ca, unsigned policy, const struct ocsp_single_response *single,
    uint64_t window_ms, unsigned heard)
{
	const struct world_truth *truth = &w->truths[ca][single->certid.serial_number.data[0] - 1];
	uint64_t from = w->ms > window_ms ? w->ms - window_ms : 0;
	bool calm = w->calm_ms + window_ms < w->ms;

	for (unsigned i = truth->count; i-- > 0 && truth->count - i <= WORLD_VERSIONS;) {
		const struct world_version *v = &truth->versions[i % WORLD_VERSIONS];
		if (says(single, v, policy, world_now(w), calm))
			return;
		/* What was before this one is too old, or was heard to be over. */
		if (v->since_ms <= from || (v->sequence != 0 && v->sequence <= heard))
			break;
	}
	tell(w, truth, single);
	fail_msg("CA %u, serial number %u, policy %u: that was not true within %u ms, %u of %u changes heard",
	    ca, single->certid.serial_number.data[0], policy, (unsigned)window_ms, heard, w->changed);
}
