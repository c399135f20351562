/* SPDX-License-Identifier: Apache-2.0 */
/* OCSPRequest (RFC 6960 4.1.1), read without a copy and written. */
#ifndef OCSP_REQUEST_H
#define OCSP_REQUEST_H

#include "ocsp/certid.h"

#define OCSP_CERTIDS_MAX \
	64 /* one answer of 64 entries is about 11 KiB; clients ask about a chain, four at most */
#define OCSP_NONCE_MAX 128 /* RFC 9654 2.1 */

#define OCSP_EXTENSIONS_MAX 32 /* in one list; four are defined, and each is compared with those before it */
#define OCSP_SERIAL_STRICT_MAX 64 /* octets, in strict mode; RFC 5280 4.1.2.2 allows 20 */

enum {			/* flags of ocsp_request_parse() */
	OCSP_EXACT = 1, /* refuse octets behind the request */
	OCSP_CLEAN =
	    2, /* refuse encoded defaults and above a cap, X-22, X-27, X-29 of the conformance list */
	OCSP_STRICT = 3 /* all of it */
};

struct ocsp_request {
	size_t certid_count;
	struct ocsp_certid certids[OCSP_CERTIDS_MAX]; /* only the first certid_count are written */
	vouch_span nonce;    /* octets of extnValue, to be echoed (E-04); meaningful if has_nonce */
	size_t nonce_length; /* of the nonce itself, wrapped or raw (E-09) */
	bool has_nonce, nonce_critical;
	bool has_acceptable, accepts_basic; /* AcceptableResponses (RFC 6960 4.4.3) */
	vouch_span
	    preferred; /* content of PreferredSignatureAlgorithms, checked; see ocsp_preferred_next() */
	bool has_requestor_name, is_signed;
	vouch_span tbs_request, signature_algorithm, signature; /* the latter two only if is_signed */
};

/*
 * Everything that is refused here is a malformedRequest (RFC 6960 2.3): not DER, another version, no CertID
 * or more than certids_max, an extension twice, an unknown critical extension.  The length of the nonce is
 * judged by the responder, whose policy may ignore nonces (D-03). With flags 0 the leniencies of the
 * conformance list hold (X-12, X-14 …).
 */
VOUCH_MUST int ocsp_request_parse(vouch_span der, size_t certids_max, unsigned flags,
    struct ocsp_request *out, vouch_err *err);

/*
 * One PreferredSignatureAlgorithm (RFC 6960 4.4.7.1); spans are whole AlgorithmIdentifier elements, pub_key
 * may be empty.
 */
struct ocsp_preferred {
	vouch_span sig_identifier, pub_key_identifier;
};
/* Takes the next one off *rest (start with request.preferred); false at the end. */
bool ocsp_preferred_next(vouch_span *rest, struct ocsp_preferred *out);

/* What a client writes; certids are whole CertID elements. */
struct ocsp_tbs_request {
	const vouch_span *certids;
	size_t certid_count;
	vouch_span nonce;	   /* the nonce itself, which is wrapped; empty: none */
	vouch_span requestor_name; /* a whole Name, which becomes a directoryName; empty: none */
};
VOUCH_MUST int ocsp_tbs_request_encode(const struct ocsp_tbs_request *tbs_request, vouch_buf *out,
    vouch_err *err);
/* An OCSPRequest of a TBSRequest element; the rest is as in ocsp_response_encode(), and all empty without a signature. */
VOUCH_MUST int ocsp_request_wrap(vouch_span tbs_request, vouch_span signature_algorithm, vouch_span signature,
    const vouch_span *certs, size_t cert_count, vouch_buf *out, vouch_err *err);
/* Both in one: an unsigned request without requestorName. */
VOUCH_MUST int ocsp_request_encode(const vouch_span *certids, size_t count, vouch_span nonce, vouch_buf *out,
    vouch_err *err);

#endif
