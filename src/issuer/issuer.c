/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_issuer: a CA whose certificates we answer for: its certificate, policy, signers and sources. */
#include "issuer/issuer.h"

#include <stdlib.h>

#include "crypto/name.h"
#include "issuer/policy.h"
#include "issuer/signers.h"

/* RFC 5280 4.2.1.9 and 4.2.1.3.  Version 1 has no room for it: that one is a CA if the operator says so. */
static int
check_may_issue(const struct crypto_cert *cert, vouch_err *err)
{
	if (cert->version == 3 && !cert->is_ca)
		return err_set(err, VOUCH_EREFUSED,
		    "not a CA certificate: basicConstraints has no cA (RFC 5280 4.2.1.9)");
	if (cert->has_key_usage && (cert->key_usage & CRYPTO_KEY_CERT_SIGN) == 0)
		return err_set(err, VOUCH_EREFUSED,
		    "not a CA certificate: keyUsage has no keyCertSign (RFC 5280 4.2.1.3)");
	return VOUCH_OK;
}

static void
compute_hashes(vouch_issuer *issuer)
{
	for (unsigned hash = VOUCH_SHA1; hash < VOUCH_HASHES; hash++) {
		struct issuer_hashes *hashes = &issuer->hashes[hash];
		if (hash == VOUCH_MD5 && (issuer->policy.certid_hashes & VOUCH_HASH_BIT(hash)) == 0)
			continue;
		size_t len = crypto_digest((enum vouch_hash)hash, issuer->cert.subject, hashes->name);
		if (crypto_digest((enum vouch_hash)hash, issuer->cert.key_bits, hashes->key) == len)
			hashes->len = len;
	}
}

static int
compute_id(vouch_issuer *issuer, vouch_err *err)
{
	uint8_t digest[CRYPTO_DIGEST_MAX];
	vouch_buf named = { 0 };
	int code = buf_append_span(&named, issuer->cert.subject);

	if (code == VOUCH_OK)
		code = buf_append_span(&named, issuer->cert.key_bits);
	if (code != VOUCH_OK)
		code = err_nomem(err);
	else if (crypto_digest(VOUCH_SHA256, span_buf(&named), digest) != sizeof(issuer->id))
		code = err_set(err, VOUCH_ECRYPTO, "libcrypto has no SHA-256");
	else
		memcpy(issuer->id, digest, sizeof(issuer->id));
	vouch_buf_free(&named);
	return code;
}

static int
set_name(vouch_issuer *issuer, vouch_err *err)
{
	const char *given = issuer->policy.name;

	issuer->name = given != NULL ? strdup(given) : crypto_name_short(issuer->cert.subject);
	issuer->policy.name = issuer->name;
	return issuer->name != NULL ? VOUCH_OK : err_nomem(err);
}

static int
build(vouch_issuer *issuer, vouch_span certificate, const vouch_issuer_options *options, vouch_err *err)
{
	int code = policy_from_options(&issuer->policy, options, err);

	if (code == VOUCH_OK)
		code = crypto_cert_read_first(&issuer->cert, certificate, err);
	if (code == VOUCH_OK)
		code = check_may_issue(&issuer->cert, err);
	if (code == VOUCH_OK)
		code = set_name(issuer, err);
	if (code != VOUCH_OK)
		return code;
	compute_hashes(issuer);
	return compute_id(issuer, err);
}

int
vouch_issuer_new(vouch_issuer **out, vouch_span certificate, const vouch_issuer_options *options,
    vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	vouch_issuer *issuer = calloc(1, sizeof(*issuer));
	if (issuer == NULL)
		return err_nomem(err);
	issuer->references = 1;
	int code = build(issuer, certificate, options, err);
	if (code != VOUCH_OK) {
		vouch_issuer_free(issuer);
		return code;
	}
	*out = issuer;
	return VOUCH_OK;
}

vouch_issuer *
vouch_issuer_ref(vouch_issuer *issuer)
{
	issuer->references++;
	return issuer;
}

void
vouch_issuer_free(vouch_issuer *issuer)
{
	if (issuer == NULL || --issuer->references != 0)
		return;
	for (size_t i = 0; i < issuer->signer_count; i++)
		vouch_signer_free(issuer->signers[i].signer);
	for (size_t i = 0; i < issuer->source_count; i++)
		vouch_source_free(issuer->sources[i].source);
	free(issuer->signers);
	free(issuer->sources);
	free(issuer->name);
	crypto_cert_clear(&issuer->cert);
	free(issuer);
}

int
vouch_issuer_add_signer(vouch_issuer *issuer, vouch_signer *signer, unsigned flags, vouch_err *err)
{
	vouch_err unread;
	struct issuer_signer entry = { 0 };

	err = err_or(err, &unread);
	int code = issuer_judge_signer(issuer, signer, flags, &entry, err);
	if (code != VOUCH_OK)
		return code;
	struct issuer_signer *signers = reallocarray(issuer->signers, issuer->signer_count + 1,
	    sizeof(*signers));
	if (signers == NULL)
		return err_nomem(err);
	entry.signer = vouch_signer_ref(signer);
	issuer->signers = signers;
	signers[issuer->signer_count++] = entry;
	return VOUCH_OK;
}

int
vouch_issuer_add_source(vouch_issuer *issuer, vouch_source *source, unsigned flags, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	if ((flags & ~(unsigned)VOUCH_SOURCE_OPTIONAL) != 0)
		return err_set(err, VOUCH_EINVAL, "%s: no such flag of a source: %u", issuer->name, flags);
	struct issuer_source *sources = reallocarray(issuer->sources, issuer->source_count + 1,
	    sizeof(*sources));
	if (sources == NULL)
		return err_nomem(err);
	issuer->sources = sources;
	int code = vouch_source_attach(source, issuer, err);
	if (code != VOUCH_OK)
		return code;
	sources[issuer->source_count++] = (struct issuer_source){ .source = vouch_source_ref(source),
		.is_optional = (flags & VOUCH_SOURCE_OPTIONAL) != 0 };
	return VOUCH_OK;
}

int
vouch_issuer_verify(const vouch_issuer *issuer, vouch_span certificate, vouch_err *err)
{
	vouch_err unread;
	struct crypto_cert cert;

	err = err_or(err, &unread);
	int code = crypto_cert_parse(&cert, certificate, err);
	if (code != VOUCH_OK)
		return err_prefix(err, "not a certificate");
	code = crypto_cert_issued_by(&cert, &issuer->cert, err);
	crypto_cert_clear(&cert);
	return code;
}

const char *
vouch_issuer_name(const vouch_issuer *issuer)
{
	return issuer->name;
}

vouch_span
vouch_issuer_certificate(const vouch_issuer *issuer)
{
	return span_buf(&issuer->cert.der);
}

vouch_span
vouch_issuer_subject(const vouch_issuer *issuer)
{
	return issuer->cert.subject;
}

vouch_span
vouch_issuer_id(const vouch_issuer *issuer)
{
	return span_of(issuer->id, sizeof(issuer->id));
}

size_t
vouch_issuer_signers(const vouch_issuer *issuer)
{
	return issuer->signer_count;
}

vouch_signer *
vouch_issuer_signer(const vouch_issuer *issuer, size_t number)
{
	return number < issuer->signer_count ? issuer->signers[number].signer : NULL;
}

size_t
vouch_issuer_sources(const vouch_issuer *issuer)
{
	return issuer->source_count;
}

vouch_source *
vouch_issuer_source(const vouch_issuer *issuer, size_t number, unsigned *flags)
{
	if (number >= issuer->source_count)
		return NULL;
	if (flags != NULL)
		*flags = issuer->sources[number].is_optional ? VOUCH_SOURCE_OPTIONAL : 0;
	return issuer->sources[number].source;
}
