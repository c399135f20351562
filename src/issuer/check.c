/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_issuer_check(): what a careful colleague would say about an issuer's certificates and policy. */
#include <stdarg.h>
#include <stdio.h>

#include "base/date.h"
#include "crypto/scheme.h"
#include "issuer/issuer.h"
#include "issuer/policy.h"

#define DAY INT64_C(86400)
#define ANSWER_ROOM 320	       /* octets of an answer beside signature and certificates, CertID by SHA-512 */
#define SMALL_CLIENT 65536     /* octets of an OCSPResponse that careful clients still read */
#define SHORT_LIFE (366 * DAY) /* of a signer that nobody can revoke */

struct check {
	const vouch_issuer *issuer;
	vouch_time now;
	vouch_finding_cb *cb;
	void *arg;
};

static void report(const struct check *check, enum vouch_severity severity, const char *rule,
    const char *format, ...) VOUCH_PRINTF(4, 5);

static void
report(const struct check *check, enum vouch_severity severity, const char *rule, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	check->cb(check->arg, &(vouch_finding){ sizeof(vouch_finding), (uint8_t)severity, rule, text });
}

static void
check_expiry(const struct check *check, const struct crypto_cert *cert, const char *whose,
    enum vouch_severity expired)
{
	static const int days[] = { 1, 7, 30 };
	char date[DATE_RFC3339_LENGTH + 1];

	date_format_rfc3339(cert->not_after, date);
	if (check->now > cert->not_after) {
		report(check, expired, "RFC 6960 3.2", "the certificate of %s expired at %s: renew it", whose,
		    date);
		return;
	}
	for (size_t i = 0; i < sizeof(days) / sizeof(days[0]); i++)
		if (cert->not_after - check->now <= days[i] * DAY) {
			report(check, VOUCH_WARNING, "RFC 6960 3.2",
			    "the certificate of %s expires within %d day%s, at %s: renew it", whose, days[i],
			    days[i] == 1 ? "" : "s", date);
			return;
		}
}

static void
check_period(const struct check *check, const struct crypto_cert *cert, const char *whose,
    enum vouch_severity outside)
{
	char date[DATE_RFC3339_LENGTH + 1];

	if (check->now < cert->not_before) {
		date_format_rfc3339(cert->not_before, date);
		report(check, outside, "RFC 5280 4.1.2.5",
		    "the certificate of %s is not valid before %s: is the clock right?", whose, date);
	}
	check_expiry(check, cert, whose, outside);
}

/* Which profiles a rule about a signer's certificate is for, and how much it matters there and elsewhere. */
struct rule {
	bool (*is_broken)(const struct crypto_cert *cert);
	uint8_t webpki, etsi, other; /* enum vouch_severity; SILENT: no finding */
	const char *clause, *text;
};
#define SILENT 255

static bool
lacks_nocheck(const struct crypto_cert *cert)
{
	return cert->nocheck == CRYPTO_NOCHECK_ABSENT;
}

static bool
has_critical_nocheck(const struct crypto_cert *cert)
{
	return cert->nocheck != CRYPTO_NOCHECK_ABSENT && cert->nocheck_is_critical;
}

static bool
has_malformed_nocheck(const struct crypto_cert *cert)
{
	return cert->nocheck == CRYPTO_NOCHECK_MALFORMED;
}

static bool
has_ocsp_access(const struct crypto_cert *cert)
{
	return cert->has_ocsp_access;
}

static bool
has_crl_distribution_points(const struct crypto_cert *cert)
{
	return cert->has_crl_distribution_points;
}

static bool
lives_long(const struct crypto_cert *cert)
{
	return cert->nocheck != CRYPTO_NOCHECK_ABSENT && cert->not_after - cert->not_before > SHORT_LIFE;
}

static bool
lacks_plain_key_usage(const struct crypto_cert *cert)
{
	return !cert->has_key_usage || !cert->key_usage_is_critical ||
	    cert->key_usage != CRYPTO_DIGITAL_SIGNATURE;
}

static bool
has_other_purposes(const struct crypto_cert *cert)
{
	return cert->for_any_purpose || cert->for_other_purposes;
}

static bool
lacks_authority_key_identifier(const struct crypto_cert *cert)
{
	return !cert->has_authority_key_identifier;
}

static bool
has_subject_alt_name(const struct crypto_cert *cert)
{
	return cert->has_subject_alt_name;
}

static bool
has_name_constraints(const struct crypto_cert *cert)
{
	return cert->has_name_constraints;
}

static bool
is_ca(const struct crypto_cert *cert)
{
	return cert->is_ca || cert->has_path_length;
}

static bool
has_ca_issuers_access(const struct crypto_cert *cert)
{
	return cert->has_ca_issuers_access;
}

static bool
is_signed_weakly(const struct crypto_cert *cert)
{
	struct crypto_scheme scheme;
	vouch_err unread = { 0 };

	return crypto_scheme_parse(cert->signature_algorithm, &scheme, &unread) == VOUCH_OK &&
	    crypto_scheme_is_weak(&scheme);
}

static const struct rule rules[] = {
	{ lacks_nocheck, VOUCH_WARNING, VOUCH_WARNING, VOUCH_NOTE, "RFC 6960 4.2.2.2.1",
	    "no id-pkix-ocsp-nocheck: clients may ask for the signer's own status; have the CA add it" },
	{ has_malformed_nocheck, VOUCH_ERROR, VOUCH_ERROR, VOUCH_ERROR, "RFC 6960 4.2.2.2.1",
	    "the value of id-pkix-ocsp-nocheck is not NULL" },
	{ has_critical_nocheck, VOUCH_ERROR, VOUCH_WARNING, VOUCH_WARNING, "RFC 6960 4.2.2.2.1",
	    "id-pkix-ocsp-nocheck is critical, which clients that do not know it must refuse" },
	{ has_ocsp_access, VOUCH_WARNING, SILENT, VOUCH_NOTE, "RFC 9919 3.2.2",
	    "the signer's certificate points to an OCSP responder: who answers for the one that answers?" },
	{ has_ocsp_access, SILENT, VOUCH_ERROR, SILENT, "EN 319 411-1 CSS-6.6.3-01B",
	    "the signer's certificate points to an OCSP responder" },
	{ has_crl_distribution_points, SILENT, VOUCH_WARNING, VOUCH_NOTE, "RFC 9919 3.2.2",
	    "the signer's certificate has cRLDistributionPoints: clients may fetch the CRL for each answer" },
	{ has_crl_distribution_points, VOUCH_ERROR, SILENT, SILENT, "BR 7.1.2.8",
	    "the signer's certificate has cRLDistributionPoints" },
	{ lives_long, VOUCH_WARNING, VOUCH_WARNING, VOUCH_NOTE, "RFC 6960 4.2.2.2.1",
	    "nobody can revoke a signer with nocheck, and this one is valid for more than a year" },
	{ lacks_plain_key_usage, VOUCH_ERROR, SILENT, SILENT, "BR 7.1.2.8",
	    "keyUsage has to be critical and digitalSignature alone" },
	{ has_other_purposes, VOUCH_ERROR, VOUCH_NOTE, VOUCH_NOTE, "BR 7.1.2.8",
	    "extKeyUsage has more than id-kp-OCSPSigning" },
	{ lacks_authority_key_identifier, VOUCH_ERROR, SILENT, SILENT, "BR 7.1.2.8",
	    "no authorityKeyIdentifier" },
	{ has_subject_alt_name, VOUCH_ERROR, SILENT, SILENT, "BR 7.1.2.8",
	    "the signer's certificate has a subjectAltName" },
	{ has_name_constraints, VOUCH_ERROR, SILENT, SILENT, "BR 7.1.2.8",
	    "the signer's certificate has nameConstraints" },
	{ is_ca, VOUCH_ERROR, VOUCH_WARNING, VOUCH_WARNING, "BR 7.1.2.8",
	    "basicConstraints of the signer's certificate say more than that it is no CA" },
	{ has_ca_issuers_access, VOUCH_ERROR, SILENT, SILENT, "BR 7.1.2.8",
	    "the signer's certificate has id-ad-caIssuers in its authorityInfoAccess" },
	{ is_signed_weakly, VOUCH_ERROR, VOUCH_WARNING, VOUCH_WARNING, "RFC 6960 5.1.1",
	    "the signer's certificate is signed with a weak algorithm: clients may refuse it" },
};

static uint8_t
severity_of(const struct rule *rule, uint8_t profile)
{
	switch ((enum vouch_profile)profile) {
	case VOUCH_PROFILE_WEBPKI:
		return rule->webpki;
	case VOUCH_PROFILE_ETSI:
		return rule->etsi;
	case VOUCH_PROFILE_RFC6960:
	case VOUCH_PROFILE_ENTERPRISE:
		break;
	}
	return rule->other;
}

static void
check_rules(const struct check *check, const struct crypto_cert *cert, const char *whose)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		uint8_t severity = severity_of(&rules[i], check->issuer->policy.profile);
		if (severity != SILENT && rules[i].is_broken(cert))
			report(check, (enum vouch_severity)severity, rules[i].clause, "%s: %s", whose,
			    rules[i].text);
	}
}

static void
check_lifetime(const struct check *check, const struct crypto_cert *cert, const char *whose)
{
	if (check->now <= cert->not_after && cert->not_after - check->now < check->issuer->policy.validity)
		report(check, VOUCH_WARNING, "RFC 6960 4.2.2.1",
		    "answers are to hold longer than the certificate of %s: renew it earlier", whose);
	if (cert->not_after > check->issuer->cert.not_after)
		report(check, VOUCH_WARNING, "RFC 5280 6.1.3",
		    "the certificate of %s is to hold longer than the CA's", whose);
}

/* Of an answer to one CertID. */
static size_t
answer_size(const vouch_issuer *issuer, const struct issuer_signer *entry)
{
	size_t size = ANSWER_ROOM + crypto_cert_signature_max(signer_cert(entry->signer)), count = 0;
	const vouch_span *certs = signer_certs(entry->signer, &count);

	if (entry->is_issuer && (issuer->policy.shape & VOUCH_SHAPE_ALWAYS_CERTS) == 0)
		count = 0;
	for (size_t i = 0; i < count; i++)
		size += certs[i].len;
	return size;
}

/* signatures of SLH-DSA have up to 49,856 octets, and a delegate's certificate brings another. */
static void
check_size(const struct check *check, const struct issuer_signer *entry, const char *whose)
{
	size_t size = answer_size(check->issuer, entry);

	if (size > SMALL_CLIENT)
		report(check, VOUCH_WARNING, "RFC 9909 4",
		    "answers of %s have some %zu octets: clients that read at most 64 KiB, as GnuPG's dirmngr, "
		    "will refuse them",
		    whose, size);
}

static void
check_signer(const struct check *check, size_t number)
{
	const struct issuer_signer *entry = &check->issuer->signers[number];
	const struct crypto_cert *cert = signer_cert(entry->signer);
	char whose[32];

	if (entry->is_issuer) {
		if ((cert->key_usage & CRYPTO_DIGITAL_SIGNATURE) == 0 && cert->has_key_usage)
			report(check, VOUCH_WARNING, "RFC 5280 4.2.1.3",
			    "the CA signs its answers itself, but its keyUsage has no digitalSignature");
		check_lifetime(check, cert, "the CA");
		check_size(check, entry, "the CA");
		return;
	}
	snprintf(whose, sizeof(whose), "signer %zu", number);
	check_period(check, cert, whose, VOUCH_ERROR);
	check_lifetime(check, cert, whose);
	check_rules(check, cert, whose);
	check_size(check, entry, whose);
	if (entry->locally_trusted)
		report(check, VOUCH_NOTE, "RFC 6960 2.2",
		    "%s is locally trusted: only clients that are told so will believe it", whose);
}

static void
check_ca(const struct check *check)
{
	const struct crypto_cert *ca = &check->issuer->cert;

	check_period(check, ca, "the CA", VOUCH_WARNING);
	if (ca->version < 3)
		report(check, VOUCH_NOTE, "RFC 5280 4.2.1.9",
		    "the CA certificate is of version %u and cannot say that it is a CA", ca->version);
}

/* S-13: nobody is to overlook it, nor to wonder why. */
static void
check_compromise(const struct check *check)
{
	vouch_time since = check->issuer->policy.compromised;
	char date[DATE_RFC3339_LENGTH + 1];

	if (since == 0)
		return;
	date_format_rfc3339(since, date);
	report(check, VOUCH_WARNING, "RFC 6960 2.7",
	    "the key of the CA %s compromised, from %s on: every certificate of it %s revoked (cACompromise), also one "
	    "that no source knows",
	    since <= check->now ? "is" : "will be", date, since <= check->now ? "is" : "will be");
}

static void
check_policy(const struct check *check)
{
	const vouch_issuer_options *policy = &check->issuer->policy;

	if (check->issuer->signer_count == 0)
		report(check, VOUCH_ERROR, "RFC 6960 2.2",
		    "there is no signer: every answer will be tryLater");
	if (check->issuer->source_count == 0)
		report(check, VOUCH_ERROR, "RFC 6960 2.2",
		    "there is no status source: every answer will be tryLater");
	if (policy->responder_id == VOUCH_BY_NAME)
		report(check, VOUCH_NOTE, "RFC 9919 3.2.2",
		    "responder_id is byName; new responders use byKey");
	if ((policy->certid_hashes & VOUCH_HASH_BIT(VOUCH_MD5)) != 0)
		report(check, VOUCH_WARNING, "RFC 6960 4.1.1", "CertIDs by MD5 are served");
	if (policy_is_public(policy) && (policy->certid_hashes & VOUCH_HASH_BIT(VOUCH_SHA1)) != 0)
		report(check, VOUCH_NOTE, "RFC 9919 3.2.1",
		    "CertIDs by SHA-1 are served: switch them off when no client needs them");
	if (policy->not_issued == VOUCH_NOT_ISSUED_GOOD)
		report(check, VOUCH_WARNING, "RFC 6960 2.2", "certificates that were never issued are good");
	if (policy->verify_signatures == VOUCH_VERIFY_NEVER)
		report(check, VOUCH_NOTE, "RFC 6960 2.2",
		    "signatures are not verified before they are sent: a fault of the signer goes unseen");
}

void
vouch_issuer_check(const vouch_issuer *issuer, vouch_time now, vouch_finding_cb *cb, void *arg)
{
	const struct check check = { issuer, now, cb, arg };

	check_ca(&check);
	for (size_t i = 0; i < issuer->signer_count; i++)
		check_signer(&check, i);
	check_compromise(&check);
	check_policy(&check);
}
