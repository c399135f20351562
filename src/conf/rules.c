/* SPDX-License-Identifier: Apache-2.0 */
/* Rules: what each setting allows, and their combination does not. */
#include <string.h>

#include "base/err.h"
#include "conf/setting.h"

#define WEBPKI_VALIDITY_MIN INT64_C(28800)  /* CA/B 4.9.9; the issuer adds the second that D-16 asks for */
#define PUBLIC_VALIDITY_MAX INT64_C(604800) /* D-11: Microsoft 3.2.2; CA/B and Mozilla allow 10 days */

struct issuer_rule {
	const char *key;
	bool (*is_broken)(const struct conf_issuer *issuer);
	const char *text;
};

struct signer_rule {
	const char *key;
	bool (*is_broken)(const struct conf_issuer *issuer, const struct conf_signer *signer);
	const char *text;
};

struct pair_rule {
	const char *key;
	bool (*is_broken)(const struct conf_issuer *one, const struct conf_issuer *other);
	const char *text;
};

static bool
is_public(const struct conf_issuer *issuer)
{
	return issuer->options.profile == VOUCH_PROFILE_WEBPKI ||
	    issuer->options.profile == VOUCH_PROFILE_ETSI;
}

static bool
is_webpki(const struct conf_issuer *issuer)
{
	return issuer->options.profile == VOUCH_PROFILE_WEBPKI;
}

static bool
validity_is_too_long(const struct conf_issuer *issuer)
{
	return is_public(issuer) && issuer->options.validity > PUBLIC_VALIDITY_MAX;
}

static bool
validity_is_too_short(const struct conf_issuer *issuer)
{
	return is_webpki(issuer) && issuer->options.validity < WEBPKI_VALIDITY_MIN;
}

static bool
not_issued_is_good(const struct conf_issuer *issuer)
{
	return is_public(issuer) && issuer->options.not_issued == VOUCH_NOT_ISSUED_GOOD;
}

static bool
not_issued_is_suspended(const struct conf_issuer *issuer)
{
	return is_webpki(issuer) && issuer->options.not_issued == VOUCH_NOT_ISSUED_REVOKED;
}

static bool
lease_outlives_answers(const struct conf_issuer *issuer)
{
	return issuer->options.lease_ms / 1000 >= issuer->options.validity;
}

static bool
has_source_twice(const struct conf_issuer *issuer)
{
	for (size_t i = 0; i < issuer->source_count; i++) {
		for (size_t j = 0; j < i; j++) {
			if (strcmp(issuer->sources[i].uri, issuer->sources[j].uri) == 0)
				return true;
		}
	}
	return false;
}

static const struct issuer_rule issuer_rules[] = {
	{ "validity", validity_is_too_long,
	    "profiles webpki and etsi allow at most 7d (CA/B 4.9.9 and Microsoft 3.2.2)" },
	{ "validity", validity_is_too_short, "profile webpki wants at least 8h (CA/B 4.9.9)" },
	{ "not_issued", not_issued_is_good,
	    "profiles webpki and etsi forbid good for what was never issued (CA/B 4.9.9, EN 319 411-1 "
	    "OVR-6.6.3)" },
	{ "not_issued", not_issued_is_suspended,
	    "profile webpki forbids suspension, which the extended revoke states (CA/B 4.9.13)" },
	{ "lease", lease_outlives_answers, "a lease must be shorter than the validity of the answers" },
	{ "sources", has_source_twice, "a source is there twice" },
};

static bool
is_same_signer(const struct conf_signer *one, const struct conf_signer *other)
{
	const char *algorithm = one->algorithm == NULL ? "" : one->algorithm;

	return strcmp(one->certificate, other->certificate) == 0 && strcmp(one->key, other->key) == 0 &&
	    strcmp(algorithm, other->algorithm == NULL ? "" : other->algorithm) == 0;
}

static bool
is_there_before(const struct conf_issuer *issuer, const struct conf_signer *signer)
{
	for (const struct conf_signer *other = issuer->signers; other < signer; other++) {
		if (is_same_signer(other, signer))
			return true;
	}
	return false;
}

static bool
algorithm_is_not_public(const struct conf_issuer *issuer, const struct conf_signer *signer)
{
	static const char *const others[] = { "ed", "ml-dsa-", "slh-dsa-" };

	if (!is_webpki(issuer) || signer->algorithm == NULL)
		return false;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (strncmp(signer->algorithm, others[i], strlen(others[i])) == 0)
			return true;
	return false;
}

static bool
trust_is_not_public(const struct conf_issuer *issuer, const struct conf_signer *signer)
{
	return is_webpki(issuer) && signer->locally_trusted;
}

static bool
passphrase_is_in_file_and_env(const struct conf_issuer *issuer, const struct conf_signer *signer)
{
	(void)issuer;
	return signer->passphrase_file != NULL && signer->passphrase_env != NULL;
}

static bool
passphrase_is_known_without_prompt(const struct conf_issuer *issuer, const struct conf_signer *signer)
{
	(void)issuer;
	return signer->passphrase_prompt &&
	    (signer->passphrase_file != NULL || signer->passphrase_env != NULL);
}

static const struct signer_rule signer_rules[] = {
	{ "certificate", is_there_before, "the same signer is there twice" },
	{ "passphrase_env", passphrase_is_in_file_and_env,
	    "passphrase_file says where the passphrase is: one of them" },
	{ "passphrase_prompt", passphrase_is_known_without_prompt,
	    "passphrase_file or passphrase_env says where the passphrase is: one of them" },
	{ "algorithm", algorithm_is_not_public, "profile webpki allows RSA and ECDSA only (CA/B 7.1.3.2)" },
	{ "locally_trusted", trust_is_not_public,
	    "profile webpki wants a signer that the CA issued (CA/B 7.1.2.8): no client trusts another" },
};

static bool
has_name_of(const struct conf_issuer *one, const struct conf_issuer *other)
{
	return one->name != NULL && other->name != NULL && strcmp(one->name, other->name) == 0;
}

/* "/corp" and "/corp/" are one scope. */
static bool
has_path_of(const struct conf_issuer *one, const struct conf_issuer *other)
{
	size_t a = strlen(one->path), b = strlen(other->path);

	a -= one->path[a - 1] == '/';
	b -= other->path[b - 1] == '/';
	return a == b && memcmp(one->path, other->path, a) == 0;
}

static bool
is_there_under_path(const struct conf_issuer *one, const struct conf_issuer *other)
{
	return strcmp(one->certificate, other->certificate) == 0 && has_path_of(one, other);
}

static const struct pair_rule pair_rules[] = {
	{ "name", has_name_of, "another issuer has this name" },
	{ "certificate", is_there_under_path, "another issuer of the same path has this certificate" },
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int
find_in_signers(const struct conf_issuer *issuer, struct conf_fault *fault, vouch_err *err)
{
	for (size_t i = 0; i < issuer->signer_count; i++) {
		for (size_t r = 0; r < COUNT(signer_rules); r++) {
			if (!signer_rules[r].is_broken(issuer, &issuer->signers[i]))
				continue;
			fault->signer = (int)i;
			fault->key = signer_rules[r].key;
			return err_set(err, VOUCH_EREFUSED, "%s", signer_rules[r].text);
		}
	}
	return VOUCH_OK;
}

static int
find_in_issuer(const struct conf_issuer *issuer, struct conf_fault *fault, vouch_err *err)
{
	for (size_t r = 0; r < COUNT(issuer_rules); r++) {
		if (!issuer_rules[r].is_broken(issuer))
			continue;
		fault->key = issuer_rules[r].key;
		return err_set(err, VOUCH_EREFUSED, "%s", issuer_rules[r].text);
	}
	return find_in_signers(issuer, fault, err);
}

static int
find_in_pairs(const struct conf *conf, size_t number, struct conf_fault *fault, vouch_err *err)
{
	for (size_t other = 0; other < number; other++) {
		for (size_t r = 0; r < COUNT(pair_rules); r++) {
			if (!pair_rules[r].is_broken(&conf->issuers[number], &conf->issuers[other]))
				continue;
			fault->key = pair_rules[r].key;
			return err_set(err, VOUCH_EREFUSED, "%s", pair_rules[r].text);
		}
	}
	return VOUCH_OK;
}

/* Port 0 is another port each time. */
static bool
is_same_address(const char *one, const char *other)
{
	size_t len = strlen(one);

	return strcmp(one, other) == 0 && !(len > 2 && strcmp(one + len - 2, ":0") == 0);
}

static int
find_in_addresses(const struct conf *conf, struct conf_fault *fault, vouch_err *err)
{
	if (conf->admin != NULL && strcmp(conf->admin, "systemd") == 0) {
		fault->key = "admin";
		return err_set(err, VOUCH_EREFUSED, "the sockets that systemd passes serve the public");
	}
	for (size_t i = 0; i < conf->listen.count; i++) {
		const char *address = conf->listen.items[i];

		if (conf->admin != NULL && is_same_address(address, conf->admin)) {
			fault->key = "admin";
			return err_set(err, VOUCH_EREFUSED, "%s serves the public", address);
		}
		for (size_t j = 0; j < i; j++) {
			fault->key = "listen";
			if (is_same_address(address, conf->listen.items[j]))
				return err_set(err, VOUCH_EREFUSED, "%s is there twice", address);
		}
	}
	return VOUCH_OK;
}

/* --- What must be there ------------------------------------------------------------------------------- */

static bool
is_missing(const struct conf_setting *setting, const void *base)
{
	const char *text;
	struct conf_strings list;
	const void *member = (const char *)base + setting->offset;

	if (setting->type == CONF_MAPPINGS)
		return conf_mappings_count(setting, base) == 0;
	if (setting->type == CONF_LIST) {
		memcpy(&list, member, sizeof(list));
		return list.count == 0;
	}
	memcpy(&text, member, sizeof(text));
	return text == NULL;
}

static int
find_missing(const struct conf_setting *rows, const void *base, struct conf_fault *fault, vouch_err *err)
{
	for (; rows->name != NULL; rows++) {
		if (!rows->required || !is_missing(rows, base))
			continue;
		fault->key = rows->name;
		return err_set(err, VOUCH_EINVAL, "missing");
	}
	return VOUCH_OK;
}

static int
find_missing_in_issuer(const struct conf_setting *setting, const struct conf_issuer *issuer,
    struct conf_fault *fault, vouch_err *err)
{
	const struct conf_setting *signers = conf_setting_find(setting->rows, "signers");
	const struct conf_setting *sources = conf_setting_find(setting->rows, "sources");
	int rc = find_missing(setting->rows, issuer, fault, err);

	for (size_t i = 0; i < issuer->signer_count && rc == VOUCH_OK; i++) {
		fault->signer = (int)i;
		rc = find_missing(signers->rows, &issuer->signers[i], fault, err);
	}
	for (size_t i = 0; i < issuer->source_count && rc == VOUCH_OK; i++) {
		fault->signer = -1;
		fault->source = (int)i;
		rc = find_missing(sources->rows, &issuer->sources[i], fault, err);
	}
	return rc;
}

int
conf_find_fault(const struct conf *conf, struct conf_fault *fault, vouch_err *err)
{
	const struct conf_setting *issuers = conf_setting_find(conf_settings, "issuers");

	*fault = (struct conf_fault){ .issuer = -1, .signer = -1, .source = -1 };
	if (find_missing(conf_settings, conf, fault, err) != VOUCH_OK ||
	    find_in_addresses(conf, fault, err) != VOUCH_OK)
		return err->code;
	for (size_t i = 0; i < conf->issuer_count; i++) {
		*fault = (struct conf_fault){ .issuer = (int)i, .signer = -1, .source = -1 };
		int rc = find_missing_in_issuer(issuers, &conf->issuers[i], fault, err);
		if (rc != VOUCH_OK)
			return rc;
		fault->signer = fault->source = -1;
		rc = find_in_issuer(&conf->issuers[i], fault, err);
		if (rc == VOUCH_OK)
			rc = find_in_pairs(conf, i, fault, err);
		if (rc != VOUCH_OK)
			return rc;
	}
	return VOUCH_OK;
}
