/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vouch_guard: what a key signs.  Whoever may choose the octets that a CA's key signs can have a certificate
 * of his own making; so nothing is signed but answers, in the signer's own name and of now.
 */
#include <stdlib.h>

#include "base/versioned.h"
#include "issuer/guard_extension.h"
#include "issuer/issuer.h"
#include "ocsp/response_data.h"
#include "ocsp/rule.h"

#define CERTIDS_DEFAULT 16 /* as of a responder */
#define SIZE_MAX_TBS 65536 /* 64 entries with SHA-512 CertIDs and four SCTs each are 50 KiB */
#define CLOCK_TOLERATED 60 /* the server's clock is this machine's: only its messages take time */
#define REASON_REMOVE_FROM_CRL (8 + 1)

#define RULE_CERT_STATUS "cert_status"

struct vouch_guard {
	vouch_signer *signer;
	size_t certids;
	vouch_issuer **issuers;
	size_t issuer_count;
};

/* What the issuers that a CertID names let an answer say. */
struct grant {
	bool is_named; /* there is one */
	bool may_say_unspecified, may_revoke_extended;
	vouch_time until; /* nextUpdate at the latest */
};

/* Octets that want to be signed. */
struct candidate {
	const vouch_guard *guard;
	vouch_time now;
	struct der_reader octets;
	struct ocsp_response_data data;
	struct ocsp_single_response
	    singles[OCSP_CERTIDS_MAX];	       /* only the first data.response_count are written */
	struct grant grants[OCSP_CERTIDS_MAX]; /* of the same */
	struct grant all;		       /* of all of them together */
};

int
vouch_guard_new(vouch_guard **out, vouch_signer *signer, const vouch_guard_options *options, vouch_err *err)
{
	vouch_err unread;
	vouch_guard_options ours = { 0 };

	err = err_or(err, &unread);
	if (options != NULL &&
	    versioned_read(&ours, sizeof(ours), options, "vouch_guard_options", err) != VOUCH_OK)
		return err->code;
	if (ours.certids > OCSP_CERTIDS_MAX)
		return err_set(err, VOUCH_EINVAL, "certids is %u, at most %d are possible",
		    (unsigned)ours.certids, OCSP_CERTIDS_MAX);
	vouch_guard *guard = calloc(1, sizeof(*guard));
	if (guard == NULL)
		return err_nomem(err);
	guard->signer = vouch_signer_ref(signer);
	guard->certids = ours.certids != 0 ? ours.certids : CERTIDS_DEFAULT;
	*out = guard;
	return VOUCH_OK;
}

void
vouch_guard_free(vouch_guard *guard)
{
	if (guard == NULL)
		return;
	for (size_t i = 0; i < guard->issuer_count; i++)
		vouch_issuer_free(guard->issuers[i]);
	free(guard->issuers);
	vouch_signer_free(guard->signer);
	free(guard);
}

static bool
is_signer_of(const vouch_signer *signer, const vouch_issuer *issuer)
{
	for (size_t i = 0; i < issuer->signer_count; i++)
		if (issuer->signers[i].signer == signer)
			return true;
	return false;
}

int
vouch_guard_add(vouch_guard *guard, vouch_issuer *issuer, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	/* whether it may sign for the issuer was judged when it was added there. */
	if (!is_signer_of(guard->signer, issuer))
		return err_set(err, VOUCH_EREFUSED, "the signer is none of those of the issuer %s",
		    issuer->name);
	vouch_issuer **issuers = reallocarray(guard->issuers, guard->issuer_count + 1,
	    sizeof(vouch_issuer *));
	if (issuers == NULL)
		return err_nomem(err);
	guard->issuers = issuers;
	issuers[guard->issuer_count++] = vouch_issuer_ref(issuer);
	return VOUCH_OK;
}

/* RFC 6960 4.1.2: name and key, by a hash that the issuer's policy serves. */
static bool
names_issuer(const struct ocsp_certid *certid, const vouch_issuer *issuer)
{
	const struct issuer_hashes *hashes = &issuer->hashes[certid->hash];

	return hashes->len != 0 && (issuer->policy.certid_hashes & VOUCH_HASH_BIT(certid->hash)) != 0 &&
	    span_equal(certid->issuer_key_hash, span_of(hashes->key, hashes->len)) &&
	    span_equal(certid->issuer_name_hash, span_of(hashes->name, hashes->len));
}

/* The validity of the issuer's policy, never longer than the signer's unless the policy says so (S-11). */
static struct grant
grant_of(const vouch_issuer *issuer, const vouch_signer *signer, vouch_time produced_at)
{
	const vouch_issuer_options *policy = &issuer->policy;
	vouch_time until = produced_at + policy->validity, not_after = signer_cert(signer)->not_after;

	if ((policy->shape & VOUCH_SHAPE_PLAIN_TIMES) == 0 && not_after < until)
		until = not_after;
	return (struct grant){ true, (policy->shape & VOUCH_SHAPE_UNSPECIFIED) != 0,
		policy->not_issued == VOUCH_NOT_ISSUED_REVOKED, until };
}

static void
widen(struct grant *grant, const struct grant *by)
{
	if (!by->is_named)
		return;
	if (!grant->is_named || by->until > grant->until)
		grant->until = by->until;
	grant->is_named = true;
	grant->may_say_unspecified |= by->may_say_unspecified;
	grant->may_revoke_extended |= by->may_revoke_extended;
}

/* One CA may be served by several policies, on paths of their own: here it is not known which was asked. */
static void
find_grants(struct candidate *c)
{
	const vouch_guard *guard = c->guard;

	c->all = (struct grant){ 0 };
	for (size_t i = 0; i < c->data.response_count; i++) {
		struct grant *grant = &c->grants[i];
		*grant = (struct grant){ 0 };
		for (size_t k = 0; k < guard->issuer_count; k++) {
			if (!names_issuer(&c->singles[i].certid, guard->issuers[k]))
				continue;
			struct grant one = grant_of(guard->issuers[k], guard->signer, c->data.produced_at);
			widen(grant, &one);
		}
		widen(&c->all, grant);
	}
}

/* */
static int
check_responder_id(const struct candidate *c, vouch_err *err)
{
	const vouch_signer *signer = c->guard->signer;

	if (span_equal(c->data.responder_id, signer_responder_id(signer, VOUCH_BY_KEY)) ||
	    span_equal(c->data.responder_id, signer_responder_id(signer, VOUCH_BY_NAME)))
		return VOUCH_OK;
	return err_set(err, VOUCH_EREFUSED, "responderID does not name this signer (RFC 6960 4.2.2.3)");
}

/* */
static int
check_signer_validity(const struct candidate *c, vouch_err *err)
{
	if (signer_is_valid(c->guard->signer, c->now))
		return VOUCH_OK;
	return err_set(err, VOUCH_EREFUSED, "the signer's certificate is not valid now (RFC 6960 3.2)");
}

/* RFC 6960 2.4: the time at which it is signed.  Neither answers for later nor answers of the past. */
static int
check_produced_at(const struct candidate *c, vouch_err *err)
{
	vouch_time ahead = c->data.produced_at - c->now;
	if (ahead >= -CLOCK_TOLERATED && ahead <= CLOCK_TOLERATED)
		return VOUCH_OK;
	return err_set(err, VOUCH_EREFUSED, "producedAt is %lld s %s the clock, %d are allowed",
	    (long long)(ahead < 0 ? -ahead : ahead), ahead < 0 ? "behind" : "ahead of", CLOCK_TOLERATED);
}

/* D-07: who asks for nothing that is served is not answered with a signature. */
static int
check_issuers(const struct candidate *c, vouch_err *err)
{
	if (c->all.is_named)
		return VOUCH_OK;
	return err_set(err, VOUCH_EREFUSED, "no CertID names an issuer that this signer serves");
}

static int
check_response_extensions(const struct candidate *c, vouch_err *err)
{
	(void)err; /* that of c->octets */
	return guard_extensions_check(&c->octets, c->data.response_extensions,
	    c->all.may_revoke_extended ? GUARD_RESPONSE_REVOKED : GUARD_RESPONSE);
}

/* D-07, D-08: of a certificate whose issuer the signer does not serve nothing is known. */
static int
check_certid(const struct candidate *c, size_t i, vouch_err *err)
{
	if (c->grants[i].is_named || c->singles[i].cert_status == VOUCH_UNKNOWN)
		return VOUCH_OK;
	return err_set(err, VOUCH_EREFUSED,
	    "entry %zu has a status, and its CertID names no issuer that this signer serves", i + 1);
}

/* S-14, S-18, and what our encoder does not write. */
static int
check_cert_status(const struct candidate *c, size_t i, vouch_err *err)
{
	const struct ocsp_single_response *single = &c->singles[i];

	if (single->cert_status != VOUCH_REVOKED)
		return VOUCH_OK;
	if (single->revocation_time > c->data.produced_at)
		return err_set(err, VOUCH_EREFUSED, "entry %zu is revoked later than producedAt", i + 1);
	if (single->revocation_reason == REASON_REMOVE_FROM_CRL)
		return err_set(err, VOUCH_EREFUSED,
		    "entry %zu: removeFromCRL is for delta CRLs only (RFC 5280 5.3.1)", i + 1);
	if (single->revocation_reason == VOUCH_REASON_UNSPECIFIED && !c->grants[i].may_say_unspecified)
		return err_set(err, VOUCH_EREFUSED,
		    "entry %zu: unspecified is said by absence (RFC 5280 5.3.1)", i + 1);
	return VOUCH_OK;
}

/* S-10 */
static int
check_this_update(const struct candidate *c, size_t i, vouch_err *err)
{
	if (c->singles[i].this_update <= c->data.produced_at)
		return VOUCH_OK;
	return err_set(err, VOUCH_EREFUSED, "entry %zu: thisUpdate is after producedAt", i + 1);
}

/* D-05, S-10, S-11.  An entry that is left out ends with the others, whoever its issuer is (D-08). */
static int
check_next_update(const struct candidate *c, size_t i, vouch_err *err)
{
	const struct ocsp_single_response *single = &c->singles[i];
	vouch_time until = single->cert_status == VOUCH_UNKNOWN ? c->all.until : c->grants[i].until;

	if (single->next_update == VOUCH_TIME_ABSENT) {
		err_set(err, VOUCH_EREFUSED, "entry %zu has no nextUpdate", i + 1);
		return err_rule(err, OCSP_RULE_NEXT_UPDATE_ABSENT);
	}
	if (single->next_update <= c->data.produced_at)
		return err_set(err, VOUCH_EREFUSED, "entry %zu: nextUpdate is not after producedAt", i + 1);
	if (single->next_update > until)
		return err_set(err, VOUCH_EREFUSED,
		    "entry %zu: nextUpdate is %lld s later than the policy and the signer's notAfter allow",
		    i + 1, (long long)(single->next_update - until));
	return VOUCH_OK;
}

static int
check_single_extensions(const struct candidate *c, size_t i, vouch_err *err)
{
	(void)err; /* that of c->octets */
	return guard_extensions_check(&c->octets, c->singles[i].single_extensions, GUARD_SINGLE);
}

/* In this order: a clock that is within the signer's validity shows a date, and can be counted with. */
static const struct {
	const char *rule;
	int (*check)(const struct candidate *c, vouch_err *err);
} rules_of_all[] = {
	{ OCSP_RULE_RESPONDER_ID, check_responder_id },
	{ OCSP_RULE_SIGNER_VALIDITY, check_signer_validity },
	{ OCSP_RULE_PRODUCED_AT, check_produced_at },
	{ OCSP_RULE_CERTID, check_issuers },
	{ GUARD_RULE_EXTENSION, check_response_extensions },
};

static const struct {
	const char *rule;
	int (*check)(const struct candidate *c, size_t i, vouch_err *err);
} rules_of_each[] = {
	{ OCSP_RULE_CERTID, check_certid },
	{ RULE_CERT_STATUS, check_cert_status },
	{ OCSP_RULE_THIS_UPDATE, check_this_update },
	{ OCSP_RULE_NEXT_UPDATE, check_next_update },
	{ GUARD_RULE_EXTENSION, check_single_extensions },
};

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static int
check_rules(const struct candidate *c, vouch_err *err)
{
	for (size_t i = 0; i < COUNT(rules_of_all); i++)
		if (rules_of_all[i].check(c, err) != VOUCH_OK)
			return err_rule(err, rules_of_all[i].rule);
	for (size_t i = 0; i < c->data.response_count; i++)
		for (size_t k = 0; k < COUNT(rules_of_each); k++)
			if (rules_of_each[k].check(c, i, err) != VOUCH_OK)
				return err_rule(err, rules_of_each[k].rule);
	return VOUCH_OK;
}

/*
 * Nothing but ResponseData begins with a responderID and a time: no TBSCertificate, TBSCertList or
 * TBSRequest does.
 */
static int
read_octets(struct candidate *c, vouch_span tbs, vouch_err *err)
{
	if (tbs.len > SIZE_MAX_TBS) {
		err_set(err, VOUCH_EREFUSED, "%zu octets, %d are the limit", tbs.len, SIZE_MAX_TBS);
		return err_rule(err, OCSP_RULE_SIZE);
	}
	c->octets = der_reader_init(tbs, err);
	c->data.responses = c->singles;
	if (ocsp_response_data_parse(tbs, c->guard->certids, &c->data, err) != VOUCH_OK) {
		err_prefix(err, "not a ResponseData, at octet %zu", err->offset);
		return err_rule(err, OCSP_RULE_DER);
	}
	if (c->data.response_count != 0)
		return VOUCH_OK;
	err_set(err, VOUCH_EREFUSED, "a ResponseData without responses");
	return err_rule(err, OCSP_RULE_DER);
}

int
vouch_guard_check(const vouch_guard *guard, vouch_span tbs, vouch_time now, vouch_err *err)
{
	vouch_err unread;
	struct candidate c; /* large, and not zeroed: this is beside every signature */

	err = err_or(err, &unread);
	c.guard = guard;
	c.now = now;
	int code = read_octets(&c, tbs, err);
	if (code == VOUCH_OK) {
		find_grants(&c);
		code = check_rules(&c, err);
	}
	if (code == VOUCH_OK)
		return VOUCH_OK;
	err->code = VOUCH_EREFUSED;
	return VOUCH_EREFUSED;
}
