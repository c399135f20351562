/* SPDX-License-Identifier: Apache-2.0 */
/* ResponseData for tests of the guard, right or wrong in one respect, and the issuers that they speak of. */
#ifndef TEST_GUARD_DRAFT_H
#define TEST_GUARD_DRAFT_H

#include "issuer/issuer.h"

#define GUARD_NOW INT64_C(1782864000) /* 2026-07-01T00:00:00Z */
#define GUARD_END INT64_C(1798761600) /* notAfter of the signer: 2027-01-01T00:00:00Z */
#define GUARD_DRAFT_ENTRIES 3
#define GUARD_DRAFT_EXTENSIONS 2

enum guard_issuer {
	GUARD_ONE,     /* the defaults */
	GUARD_TWO,     /* two hours, SHA-256, plain times, unspecified, revoked of what was never issued */
	GUARD_FOREIGN, /* not the guard's */
	GUARD_ISSUERS
};

struct guard_world {
	vouch_issuer *issuers[GUARD_ISSUERS];
	vouch_signer *signer; /* without its key */
	vouch_guard *guard;   /* of two issuers, and of GUARD_DRAFT_ENTRIES entries at most */
};

/* Certificates in DER; the signer's is issued by the first, and trusted locally for the second. */
struct guard_certificates {
	vouch_span issuers[GUARD_ISSUERS], signer;
};

/* Certificates with new keys; freed by guard_certificates_clear().  The signer's key is the caller's, if wanted. */
struct evp_pkey_st;
void guard_certificates_make(vouch_buf out[GUARD_ISSUERS + 1], struct evp_pkey_st **signer_key);
void guard_certificates_clear(vouch_buf out[GUARD_ISSUERS + 1]);
/* VOUCH_OK, or what went wrong first. */
VOUCH_MUST int guard_world_make(struct guard_world *out, const struct guard_certificates *certificates,
    vouch_err *err);
void guard_world_clear(struct guard_world *world);

struct guard_draft_extension {
	vouch_span oid, value; /* no oid: not there */
	bool critical, says_not_critical;
};

/* Zero is what is right; times count from producedAt. */
struct guard_draft_single {
	enum guard_issuer issuer, key_of; /* key_of: GUARD_ONE is the issuer's own */
	enum vouch_hash hash;		  /* VOUCH_HASH_OTHER: SHA-256 */
	vouch_span odd_certid;		  /* the whole CertID instead */
	bool short_hashes;
	enum vouch_cert_status cert_status; /* UNSET: good */
	uint8_t reason;			    /* CRLReason + 1 */
	int64_t revocation_time, this_update;
	int64_t next_update; /* 0: an hour */
	bool no_next_update;
	struct guard_draft_extension extensions[GUARD_DRAFT_EXTENSIONS];
};

struct guard_draft {
	vouch_time now;	     /* of the check; 0: GUARD_NOW */
	int64_t produced_at; /* from GUARD_NOW */
	bool by_name, says_v1;
	vouch_span responder_id; /* instead */
	size_t count;		 /* 0: one; beyond GUARD_DRAFT_ENTRIES the first is repeated */
	bool no_responses;
	struct guard_draft_single singles[GUARD_DRAFT_ENTRIES];
	struct guard_draft_extension extensions[GUARD_DRAFT_EXTENSIONS];
	vouch_span inside, behind; /* octets at the end of the SEQUENCE, and after it */
};

vouch_time guard_draft_now(const struct guard_draft *draft);
void guard_draft_encode(const struct guard_world *world, const struct guard_draft *draft, vouch_buf *out);

/* Drafts that pass, one of each kind, with their names. */
extern const struct guard_good {
	const char *name;
	struct guard_draft draft;
} guard_good[];
extern const size_t guard_good_count;

/* Drafts that do not, and the rule that refuses each (guard_bad.c). */
extern const struct guard_bad {
	const char *what, *rule;
	struct guard_draft draft;
} guard_bad[];
extern const size_t guard_bad_count;

#define GUARD_OCTETS(literal) \
	{ \
		(const uint8_t *)(literal), sizeof(literal) - 1 \
	}
#define GUARD_EXTENSION(oid, value) \
	{ \
		GUARD_OCTETS(oid), GUARD_OCTETS(value), false, false \
	}
#define GUARD_NONCE(value) GUARD_EXTENSION("\x2b\x06\x01\x05\x05\x07\x30\x01\x02", value)
#define GUARD_CRL_ID(value) GUARD_EXTENSION("\x2b\x06\x01\x05\x05\x07\x30\x01\x03", value)
#define GUARD_ARCHIVE_CUTOFF(value) GUARD_EXTENSION("\x2b\x06\x01\x05\x05\x07\x30\x01\x06", value)
#define GUARD_EXTENDED_REVOKE(value) GUARD_EXTENSION("\x2b\x06\x01\x05\x05\x07\x30\x01\x09", value)
#define GUARD_INVALIDITY_DATE(value) GUARD_EXTENSION("\x55\x1d\x18", value)
#define GUARD_CERTIFICATE_ISSUER(value) GUARD_EXTENSION("\x55\x1d\x1d", value)
#define GUARD_SCTS(value) GUARD_EXTENSION("\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x05", value)
#define GUARD_CERT_HASH(value) GUARD_EXTENSION("\x2b\x24\x08\x03\x0d", value)
#define GUARD_CERT_IN_DIR_SINCE(value) GUARD_EXTENSION("\x2b\x24\x08\x03\x0c", value)

#endif
