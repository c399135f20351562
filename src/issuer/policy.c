/* SPDX-License-Identifier: Apache-2.0 */
/* The policy of an issuer: defaults, limits, and what a profile forbids. */
#include "issuer/policy.h"

#include "base/versioned.h"
#include "crypto/algorithm.h"

#define HOUR INT64_C(3600)
#define DAY (24 * HOUR)
#define VALIDITY_DEFAULT DAY
#define VALIDITY_MIN 2 /* nextUpdate is validity - 1 s after thisUpdate: with 1 an answer is born expired */
#define VALIDITY_MAX (3660 * DAY)      /* ten years: beyond it somebody mistook the unit */
#define WEBPKI_VALIDITY_MIN (8 * HOUR) /* BR 4.9.9 */
#define WEBPKI_VALIDITY_MAX (7 * DAY)  /* Microsoft's; BR and Mozilla allow 10 days (D-11) */
#define MAX_AGE_DEFAULT (12 * HOUR)
#define LEASE_DEFAULT 1000
#define ARCHIVE_YEARS_MAX INT64_C(1000)
#define TIME_MAX INT64_C(253402300799) /* the last second of the year 9999: GeneralizedTime has no other */
#define HASHES_DEFAULT \
	(VOUCH_HASH_BIT(VOUCH_SHA1) | VOUCH_HASH_BIT(VOUCH_SHA256) | VOUCH_HASH_BIT(VOUCH_SHA384) | \
	    VOUCH_HASH_BIT(VOUCH_SHA512))
#define HASHES_ALL (HASHES_DEFAULT | VOUCH_HASH_BIT(VOUCH_MD5))
#define SHAPES_ALL (VOUCH_SHAPE_PLAIN_TIMES | VOUCH_SHAPE_UNSPECIFIED | VOUCH_SHAPE_ALWAYS_CERTS)

struct bound {
	const char *what;
	int64_t value, low, high;
};

static int
check_bounds(const struct bound *bounds, size_t count, vouch_err *err)
{
	for (size_t i = 0; i < count; i++)
		if (bounds[i].value < bounds[i].low || bounds[i].value > bounds[i].high)
			return err_set(err, VOUCH_EINVAL, "%s is %lld, allowed is %lld to %lld",
			    bounds[i].what, (long long)bounds[i].value, (long long)bounds[i].low,
			    (long long)bounds[i].high);
	return VOUCH_OK;
}

static int
check_values(const vouch_issuer_options *policy, vouch_err *err)
{
	const struct bound bounds[] = {
		{ "profile", policy->profile, 0, VOUCH_PROFILE_ENTERPRISE },
		{ "nonce", policy->nonce, 0, VOUCH_NONCE_REQUIRE },
		{ "not_issued", policy->not_issued, 0, VOUCH_NOT_ISSUED_GOOD },
		{ "verify_signatures", policy->verify_signatures, 0, VOUCH_VERIFY_NEVER },
		{ "responder_id", policy->responder_id, 0, VOUCH_BY_NAME },
		{ "mixed_issuers", policy->mixed_issuers, 0, VOUCH_MIXED_UNAUTHORIZED },
		{ "validity in seconds", policy->validity, VALIDITY_MIN, VALIDITY_MAX },
		{ "max_age in seconds", policy->max_age, 1, VALIDITY_MAX },
		{ "lease in milliseconds", policy->lease_ms, 1, VALIDITY_MAX * 1000 },
		{ "archive", policy->archive, VOUCH_ARCHIVE_NONE, VOUCH_ARCHIVE_RETENTION },
		{ "archive_years", policy->archive_years, 0, ARCHIVE_YEARS_MAX },
		{ "archive_seconds", policy->archive_seconds, 0, ARCHIVE_YEARS_MAX * 366 * DAY },
		{ "compromised", policy->compromised, 0, TIME_MAX },
	};

	if ((policy->certid_hashes & ~HASHES_ALL) != 0)
		return err_set(err, VOUCH_EINVAL, "certid_hashes names a hash that does not exist");
	if ((policy->shape & ~(uint32_t)SHAPES_ALL) != 0)
		return err_set(err, VOUCH_EINVAL, "shape has a flag that does not exist");
	if (policy->archive == VOUCH_ARCHIVE_RETENTION && policy->archive_years == 0 &&
	    policy->archive_seconds == 0)
		return err_set(err, VOUCH_EINVAL,
		    "archive cutoff by a retention that is not given (RFC 6960 4.4.4)");
	return check_bounds(bounds, sizeof(bounds) / sizeof(bounds[0]), err);
}

static int
check_webpki(const vouch_issuer_options *policy, vouch_err *err)
{
	if (policy->validity < WEBPKI_VALIDITY_MIN || policy->validity > WEBPKI_VALIDITY_MAX)
		return err_set(err, VOUCH_EREFUSED,
		    "profile webpki: validity of %lld s, allowed is 8 hours to 7 days (BR 4.9.9, MS 3.2.2)",
		    (long long)policy->validity);
	if (policy->not_issued == VOUCH_NOT_ISSUED_REVOKED)
		return err_set(err, VOUCH_EREFUSED,
		    "profile webpki: extended revoke uses certificateHold, which BR 4.9.13 bars");
	return VOUCH_OK;
}

static int
check_profile(const vouch_issuer_options *policy, vouch_err *err)
{
	if (policy_is_public(policy) && policy->not_issued == VOUCH_NOT_ISSUED_GOOD)
		return err_set(err, VOUCH_EREFUSED,
		    "profile %s: a certificate that was not issued is never good (%s)",
		    policy_is_webpki(policy) ? "webpki" : "etsi",
		    policy_is_webpki(policy) ? "BR 4.9.9" : "EN 319 411-1 OVR-6.6.3-02");
	return policy_is_webpki(policy) ? check_webpki(policy, err) : VOUCH_OK;
}

/* Zero means the default. */
static void
fill_in(vouch_issuer_options *policy)
{
	policy->size = sizeof(*policy);
	if (policy->certid_hashes == 0)
		policy->certid_hashes = HASHES_DEFAULT;
	if (policy->validity == 0)
		policy->validity = VALIDITY_DEFAULT;
	if (policy->max_age == 0)
		policy->max_age = MAX_AGE_DEFAULT;
	if (policy->lease_ms == 0)
		policy->lease_ms = LEASE_DEFAULT;
	/* BR 4.9.9 does not say whether both end seconds count: 8 hours hold under either reading (D-16). */
	if (policy_is_webpki(policy) && policy->validity == WEBPKI_VALIDITY_MIN)
		policy->validity++;
}

int
policy_from_options(vouch_issuer_options *out, const vouch_issuer_options *options, vouch_err *err)
{
	vouch_issuer_options policy = { 0 };

	int code = VOUCH_OK;
	if (options != NULL)
		code = versioned_read(&policy, sizeof(policy), options, "vouch_issuer_options", err);
	fill_in(&policy);
	if (code == VOUCH_OK)
		code = check_values(&policy, err);
	if (code == VOUCH_OK)
		code = check_profile(&policy, err);
	if (code == VOUCH_OK)
		*out = policy;
	return code;
}

void
vouch_issuer_options_init_sized(vouch_issuer_options *options, size_t size)
{
	vouch_issuer_options defaults = { 0 };

	fill_in(&defaults);
	versioned_init(options, size, &defaults, sizeof(defaults));
}

bool
policy_is_webpki(const vouch_issuer_options *policy)
{
	return policy->profile == VOUCH_PROFILE_WEBPKI;
}

bool
policy_is_public(const vouch_issuer_options *policy)
{
	return policy->profile == VOUCH_PROFILE_WEBPKI || policy->profile == VOUCH_PROFILE_ETSI;
}

int
policy_check_algorithm(const vouch_issuer_options *policy, const vouch_signer *signer, vouch_err *err)
{
	const struct crypto_algorithm *algorithm = crypto_algorithm_by_name(vouch_signer_algorithm(signer));

	if (!policy_is_webpki(policy))
		return VOUCH_OK;
	const struct crypto_key_kind *kind = crypto_key_kind_of(signer_cert(signer), CRYPTO_WEAK_TOO, err);
	if (kind == NULL)
		return err->code;
	if (algorithm->family != CRYPTO_RSA && algorithm->family != CRYPTO_RSA_PSS &&
	    algorithm->family != CRYPTO_ECDSA)
		return err_set(err, VOUCH_EREFUSED,
		    "profile webpki: %s is not among the signature algorithms of BR 7.1.3.2",
		    algorithm->name);
	if (algorithm->family == CRYPTO_ECDSA && strcmp(algorithm->name, kind->default_algorithm) != 0)
		return err_set(err, VOUCH_EREFUSED,
		    "profile webpki: a %s key signs with %s, not %s (BR 7.1.3.2.2)", kind->name,
		    kind->default_algorithm, algorithm->name);
	if (!span_equal(signer_signature_algorithm(signer), algorithm->identifier))
		return err_set(err, VOUCH_EREFUSED,
		    "profile webpki: the key wants a salt that BR 7.1.3.2.1 does not know");
	return VOUCH_OK;
}
