/* SPDX-License-Identifier: Apache-2.0 */
/* PreferredSignatureAlgorithms (RFC 6960 4.4.7.1): is what we have what the client prefers? */
#include "signer/match.h"

#include "crypto/scheme.h"
#include "der/reader.h"

struct identifier {
	vouch_span oid;
	vouch_span parameters; /* the whole element; empty when absent or NULL, which mean the same */
};

static bool
read_identifier(vouch_span element, struct identifier *out)
{
	vouch_err unread = { 0 };
	struct der_reader r = der_reader_init(element, &unread);
	struct der_reader algorithm = der_enter(&r, DER_SEQUENCE);

	out->oid = der_oid(&algorithm);
	out->parameters = span_of(NULL, 0);
	if (der_next_is(&algorithm, DER_NULL))
		der_null(&algorithm);
	else if (der_more(&algorithm))
		out->parameters = der_element(&algorithm);
	return der_finish(&algorithm) == VOUCH_OK && der_finish(&r) == VOUCH_OK;
}

static bool
same_pss(vouch_span ours, vouch_span preferred)
{
	struct crypto_scheme a, b;
	vouch_err unread = { 0 };

	return crypto_pss_parse(der_content(ours), &a, &unread) == VOUCH_OK &&
	    crypto_pss_parse(der_content(preferred), &b, &unread) == VOUCH_OK &&
	    a.digest_nid == b.digest_nid && a.mgf1_nid == b.mgf1_nid && a.salt_length == b.salt_length;
}

bool
match_signature_algorithm(vouch_span ours, vouch_span preferred)
{
	struct identifier a, b;

	if (!read_identifier(ours, &a) || !read_identifier(preferred, &b) || !span_equal(a.oid, b.oid))
		return false;
	if (span_equal(a.parameters, b.parameters))
		return true;
	/* Only RSASSA-PSS has parameters of ours; a client that names none takes any. */
	return a.parameters.len != 0 && (b.parameters.len == 0 || same_pss(a.parameters, b.parameters));
}

bool
match_public_key(vouch_span ours, vouch_span preferred)
{
	struct identifier a, b;

	if (!read_identifier(ours, &a) || !read_identifier(preferred, &b) || !span_equal(a.oid, b.oid))
		return false;
	return b.parameters.len == 0 || span_equal(a.parameters, b.parameters);
}
