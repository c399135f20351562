/* SPDX-License-Identifier: Apache-2.0 */
/* Issuance: what is said of what no source knows. */
#include "daemon/issuance.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"

#define CRL "crl:"
#define CRL_FETCHED "crl+" /* the parameters of ours are behind '#' of a URL */

static bool
begins_with(const char *text, const char *beginning)
{
	return strncmp(text, beginning, strlen(beginning)) == 0;
}

static bool
has_issued(const char *parameters)
{
	vouch_buf value = { 0 };
	vouch_err unread;
	int code = vouch_uri_parameter(&value, parameters, "issued", &unread);

	vouch_buf_free(&value);
	/* What is wrong with it, the source says. */
	return code != VOUCH_ENOTFOUND;
}

static bool
fetched_has_issued(const char *uri)
{
	const char *fragment = strchr(uri, '#');
	vouch_buf parameters = { 0 };

	if (fragment == NULL)
		return false;
	bool has = buf_printf(&parameters, "?%s", fragment + 1) == VOUCH_OK &&
	    vouch_buf_append(&parameters, "", 1) == VOUCH_OK && has_issued((const char *)parameters.data);
	vouch_buf_free(&parameters);
	return has;
}

/* All but a CRL alone, which lists what was revoked. */
static bool
knows_what_was_issued(const char *uri)
{
	if (begins_with(uri, CRL))
		return has_issued(uri);
	return begins_with(uri, CRL_FETCHED) ? fetched_has_issued(uri) : true;
}

static bool
has_crls_only(const struct conf_issuer *issuer)
{
	for (size_t i = 0; i < issuer->source_count; i++)
		if (knows_what_was_issued(issuer->sources[i].uri))
			return false;
	return issuer->source_count > 0;
}

/* How the public profiles call it, and whose rule it is. */
static const struct profile {
	const char *refused_by, *rule;
} profiles[] = {
	[VOUCH_PROFILE_RFC6960] = { NULL, "RFC 6960 2.2" },
	[VOUCH_PROFILE_WEBPKI] = { "webpki", "BR 4.9.9" },
	[VOUCH_PROFILE_ETSI] = { "etsi", "EN 319 411-1 OVR-6.6.3-02" },
	[VOUCH_PROFILE_ENTERPRISE] = { NULL, "RFC 6960 2.2" },
};

struct meaning {
	enum vouch_severity severity;
	const char *text;
};

/* By enum vouch_not_issued, where a source knows what was issued ... */
static const struct meaning of_strangers[] = {
	[VOUCH_NOT_ISSUED_UNKNOWN] = { VOUCH_NOTE,
	    "a serial number that no source knows is answered unknown" },
	[VOUCH_NOT_ISSUED_UNAUTHORIZED] = { VOUCH_NOTE,
	    "a serial number that no source knows is answered unauthorized" },
	[VOUCH_NOT_ISSUED_REVOKED] = { VOUCH_NOTE,
	    "a serial number that no source knows is answered revoked, on hold since 1970" },
	[VOUCH_NOT_ISSUED_GOOD] = { VOUCH_NOTE,
	    "a serial number that no source knows is answered good, also one that was never issued" },
};

/* ... and where there are CRLs only. */
static const struct meaning of_unlisted[] = {
	[VOUCH_NOT_ISSUED_UNKNOWN] = { VOUCH_WARNING,
	    "a CRL does not say what was issued: what is not listed is unknown" },
	[VOUCH_NOT_ISSUED_UNAUTHORIZED] = { VOUCH_WARNING,
	    "a CRL does not say what was issued: what is not listed is answered unauthorized" },
	[VOUCH_NOT_ISSUED_REVOKED] = { VOUCH_ERROR,
	    "a CRL does not say what was issued: what is not listed is answered revoked, also what is good" },
	[VOUCH_NOT_ISSUED_GOOD] = { VOUCH_NOTE, "what no CRL lists is good, also what was never issued" },
};

static const char *
advice(const struct profile *profile)
{
	return profile->refused_by == NULL ?
	    "set `issued`, add a source that knows the certificates, or not_issued: good" :
	    "set `issued` or add a source that knows the certificates";
}

void
issuance_judge(const struct conf_issuer *issuer, struct issuance *out)
{
	const struct profile *profile = &profiles[issuer->options.profile];
	const struct meaning *meanings = has_crls_only(issuer) ? of_unlisted : of_strangers;
	const struct meaning *m = &meanings[issuer->options.not_issued];

	out->severity = m->severity;
	out->rule = profile->rule;
	if (m->severity == VOUCH_NOTE)
		snprintf(out->text, sizeof(out->text), "%s", m->text);
	else if (profile->refused_by == NULL)
		snprintf(out->text, sizeof(out->text), "%s: %s", m->text, advice(profile));
	else
		snprintf(out->text, sizeof(out->text), "%s: %s (profile %s refuses not_issued: good)",
		    m->text, advice(profile), profile->refused_by);
}
