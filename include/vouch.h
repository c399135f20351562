/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vouch.h: the framework of vouch, an OCSP responder (RFC 6960, RFC 9919, RFC 9654).
 *
 * Bring your own status source, signer and HTTP server: the library does no network I/O, reads no clock,
 * writes no log, keeps no globals and starts no thread.  Times are seconds since 1970 UTC, sizes are
 * octets.
 *
 * Ownership: a vouch_span borrows, a vouch_buf owns.  An object returned through an `out` parameter belongs
 * to the caller, who frees it with the matching *_free (which accepts NULL).  `takes_x` moves x into the
 * callee on success only.
 *
 * Errors: functions return VOUCH_OK (0) or a negative VOUCH_E*; outputs are untouched on failure.  The last
 * parameter `err` receives the fact, may be NULL, and is never left over from an earlier call.
 *
 * Threads: distinct objects may be used from distinct threads.  A responder and its issuers, signers and
 * sources may be shared by any number of threads once the last vouch_responder_add() has returned.
 */
#ifndef VOUCH_H
#define VOUCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define VOUCH_API __attribute__((visibility("default")))
#define VOUCH_MUST __attribute__((warn_unused_result))
#define VOUCH_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define VOUCH_API
#define VOUCH_MUST
#define VOUCH_PRINTF(text, first)
#endif

/* The version of the library in use, as "0.1.0".  Static, never NULL. */
VOUCH_API const char *vouch_version(void);

/*
 * --- Octets
 * -------------------------------------------------------------------------------------------------------
 */

typedef struct { /* octets that belong to somebody else */
	const uint8_t *data;
	size_t len;
} vouch_span;

typedef struct { /* octets of one's own; all zero is empty; free with vouch_buf_free() */
	uint8_t *data;
	size_t len, cap;
} vouch_buf;

/* Appends len octets; on VOUCH_ENOMEM the buffer is unchanged.  data may be NULL when len is 0. */
VOUCH_API VOUCH_MUST int vouch_buf_append(vouch_buf *buf, const void *data, size_t len);
/* Frees the octets and leaves an empty buffer. */
VOUCH_API void vouch_buf_free(vouch_buf *buf);

/*
 * --- Errors
 * -------------------------------------------------------------------------------------------------------
 */

enum {
	VOUCH_OK = 0,
	VOUCH_EINVAL = -1, /* the caller's argument is not allowed here */
	VOUCH_ENOMEM = -2,
	VOUCH_EPARSE = -3,	 /* octets are not what they should be; see offset */
	VOUCH_ENOTFOUND = -4,	 /* an answer, not a failure: err is not written */
	VOUCH_EAGAIN = -5,	 /* not now, or not without waiting: err is not written */
	VOUCH_EUNAVAILABLE = -6, /* a source, signer or peer is away: clients are told tryLater */
	VOUCH_EREFUSED = -7,	 /* understood, and against a rule that the text names */
	VOUCH_EIO = -8,
	VOUCH_ECRYPTO = -9,  /* the cryptographic library failed or has no such algorithm */
	VOUCH_EVERIFY = -10, /* a signature or a signer's right does not hold */
	VOUCH_ELIMIT = -11   /* larger than a named limit */
};

typedef struct {
	int code;      /* VOUCH_OK or VOUCH_E* */
	size_t offset; /* into the DER, where that is meaningful */
	char msg[512]; /* the fact and, where there is one, the clause; no newline */
	/*
	 * The name of the rule that an answer broke, "signature", "nonce_missing" (see vouch_response_verify());
	 * static; NULL: none
	 */
	const char *rule;
} vouch_err;

/*
 * --- Times
 * --------------------------------------------------------------------------------------------------------
 */

typedef int64_t vouch_time; /* seconds since 1970-01-01T00:00:00Z; 0 is 1970 */
#define VOUCH_TIME_ABSENT INT64_MIN

/*
 * --- What is known of a certificate
 * --------------------------------------------------------------------------------
 */

enum vouch_cert_status { /* RFC 6960 4.2.1 CertStatus; zero is never good */
	VOUCH_STATUS_UNSET = 0,
	VOUCH_GOOD = 1,
	VOUCH_REVOKED = 2,
	VOUCH_UNKNOWN = 3
};

typedef struct {
	uint32_t size;			/* sizeof(vouch_status), set by vouch_status_init() */
	uint8_t cert_status;		/* enum vouch_cert_status */
	uint8_t revocation_reason;	/* CRLReason + 1 (RFC 5280 5.3.1), 0 absent */
	uint8_t has_certificate_sha256; /* 1: certificate_sha256 is known */
	vouch_time revocation_time;	/* VOUCH_TIME_ABSENT unless revoked */
	vouch_time invalidity_date;	/* RFC 5280 5.3.2, or VOUCH_TIME_ABSENT */
	/* What the source vouches for; VOUCH_TIME_ABSENT: the lookup is of this moment */
	vouch_time this_update;
	vouch_time next_update; /* the source's own limit; VOUCH_TIME_ABSENT: the issuer's policy decides */
	/* Concatenated DER Extensions to add (certHash, CrlID, SCT ...); none critical */
	vouch_buf single_extensions;
	vouch_buf detail;		/* for people: source, rule, CRL number; UTF-8 */
	vouch_time not_after;		/* of the certificate, or VOUCH_TIME_ABSENT */
	uint8_t certificate_sha256[32]; /* SHA-256 of the whole certificate */
} vouch_status;

/* vouch_status_init() for a structure of that size: that of the header which the caller was compiled with. */
VOUCH_API void vouch_status_init_sized(vouch_status *status, size_t size);
/* Everything absent, cert_status unset, nothing owned. */
static inline void
vouch_status_init(vouch_status *status)
{
	vouch_status_init_sized(status, sizeof(*status));
}
/* Frees what the buffers own and initialises it again. */
VOUCH_API void vouch_status_clear(vouch_status *status);

/*
 * "keyCompromise" → CRLReason + 1 (RFC 5280 5.3.1 spelling, case as there); 0 when there is no such reason.
 */
VOUCH_API uint8_t vouch_reason_parse(const char *name);
/* The reverse; NULL for 0, for 7 + 1 and for anything beyond 10 + 1.  Static. */
VOUCH_API const char *vouch_reason_name(uint8_t revocation_reason);

/*
 * A serial number is the content of its DER INTEGER: big-endian, two's complement, minimal. Parse reads
 * hexadecimal, with or without "0x", colons and blanks between octets, a leading '-' for the negative ones
 * that exist; at most 1024 octets.  Appends to out.  Format appends upper-case hexadecimal without leading
 * zeros ("1AAF00D", "0", "-66").
 */
VOUCH_API VOUCH_MUST int vouch_serial_parse(vouch_buf *out, const char *text, vouch_err *err);
VOUCH_API VOUCH_MUST int vouch_serial_format(vouch_buf *out, vouch_span serial_number);

/*
 * --- Status sources
 * -----------------------------------------------------------------------------------------------
 */

typedef struct vouch_issuer vouch_issuer;
typedef struct vouch_signer vouch_signer;
typedef struct vouch_source vouch_source;
typedef struct vouch_responder vouch_responder;
typedef struct vouch_scope vouch_scope;
typedef struct vouch_store vouch_store;
typedef struct vouch_job vouch_job;
typedef struct vouch_request vouch_request;
typedef struct vouch_response vouch_response;

#define VOUCH_ABI 1

/*
 * One certificate of vouch_source_ops.each, in ascending order of (length, octets) of the serial number.
 * Non-zero stops.
 */
typedef int vouch_status_cb(void *arg, vouch_span serial_number, const vouch_status *status);
/* One change: the serial number that changed, or an empty span for "anything may have changed". */
typedef void vouch_change_cb(void *arg, vouch_span serial_number);

enum { /* vouch_source_ops.flags */
	/* Lookup never waits for another machine: it may be called on an event loop */
	VOUCH_SOURCE_INLINE = 1
};

/*
 * A status source.  All calls but open and close may come from several threads at a time, except
 * begin…commit/abort, which come from one thread at a time.  A NULL member means that the source cannot do
 * it; lookup, open and close are mandatory. now is the caller's clock.
 */
typedef struct {
	uint32_t abi; /* VOUCH_ABI */
	uint32_t flags;
	const char *name; /* the scheme, "sqlite" */
	/*
	 * Opened once per URI, for all issuers.  uri is what follows the scheme's colon.  Refuses damaged
	 * data with place and reason.
	 */
	int (*open)(void **ctx, const char *uri, vouch_time now, vouch_err *err);
	/* Reads everything anew; on failure the old data stay. */
	int (*reload)(void *ctx, vouch_time now, vouch_err *err);
	/*
	 * Fills out, which arrives initialised.  VOUCH_ENOTFOUND: this source knows nothing of the
	 * certificate (never issued, as far as it can tell); out->this_update and next_update may say when
	 * it knew that.  VOUCH_EUNAVAILABLE: it cannot tell now (clients get tryLater).  Any other error:
	 * what it holds cannot be right (internalError).
	 */
	int (*lookup)(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
	    vouch_status *out, vouch_err *err);
	/* Every certificate of the issuer after a serial number (empty: from the first). */
	int (*each)(void *ctx, const vouch_issuer *issuer, vouch_span after, vouch_time now,
	    vouch_status_cb *cb, void *arg, vouch_err *err);
	/*
	 * Reports what changed since the cursor, which is the caller's and opaque; an empty one reports
	 * nothing or all, and is set.
	 */
	int (*changes)(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err);
	/*
	 * A descriptor that is readable when changes may wait (-1: none), and how often to ask at least, in
	 * milliseconds.
	 */
	int (*watch)(void *ctx, int *fd, int *poll_ms);
	/*
	 * A register can be written: begin, any number of put, then commit (on disk when it returns 0) or
	 * abort.
	 */
	int (*begin)(void *ctx, vouch_err *err);
	/* Creates or replaces the record of one certificate, inside the transaction. */
	int (*put)(void *ctx, const vouch_issuer *issuer, vouch_span serial_number,
	    const vouch_status *status, vouch_time now, vouch_err *err);
	int (*commit)(void *ctx, vouch_err *err);
	void (*abort)(void *ctx);
	void (*close)(void *ctx);
} vouch_source_ops;

/* Opens a source; ops must outlive it.  Reference-counted: free drops one. */
VOUCH_API VOUCH_MUST int vouch_source_open(vouch_source **out, const vouch_source_ops *ops, const char *uri,
    vouch_time now, vouch_err *err);
/*
 * The same for a context that exists already: ops.open is not called (and may be NULL), ops.close (which may
 * be NULL, too) is called with it in the end.  Takes ctx.
 */
VOUCH_API VOUCH_MUST int vouch_source_new(vouch_source **out, const vouch_source_ops *ops, void *takes_ctx,
    vouch_err *err);
VOUCH_API vouch_source *vouch_source_ref(vouch_source *source);
VOUCH_API void vouch_source_free(vouch_source *source);
VOUCH_API const vouch_source_ops *vouch_source_get_ops(const vouch_source *source);
/*
 * As ops.lookup; status is initialised by the callee, and an answer that breaks a rule (status unset,
 * reason 7) is an error.
 */
VOUCH_API VOUCH_MUST int vouch_source_lookup(vouch_source *source, const vouch_issuer *issuer,
    vouch_span serial_number, vouch_time now, vouch_status *out, vouch_err *err);
VOUCH_API VOUCH_MUST int vouch_source_each(vouch_source *source, const vouch_issuer *issuer, vouch_span after,
    vouch_time now, vouch_status_cb *cb, void *arg, vouch_err *err);
/* As ops.changes; VOUCH_EINVAL when the source has none (vouch_source_get_ops() tells). */
VOUCH_API VOUCH_MUST int vouch_source_changes(vouch_source *source, vouch_buf *cursor, vouch_change_cb *cb,
    void *arg, vouch_err *err);
/* As ops.watch; *fd is -1 and *poll_ms 0 when the source has no wish. */
VOUCH_API void vouch_source_watch(vouch_source *source, int *fd, int *poll_ms);
VOUCH_API VOUCH_MUST int vouch_source_reload(vouch_source *source, vouch_time now, vouch_err *err);
/* A register: VOUCH_EREFUSED when the source cannot be written. */
VOUCH_API VOUCH_MUST int vouch_source_begin(vouch_source *source, vouch_err *err);
/*
 * Looks the certificate up inside the transaction and refuses (VOUCH_EREFUSED) what RFC 5280 5.3.1 forbids:
 * a permanent revocation never reverts, reason 7 does not exist and 8 (removeFromCRL) is for delta CRLs
 * only.
 */
VOUCH_API VOUCH_MUST int vouch_source_put(vouch_source *source, const vouch_issuer *issuer,
    vouch_span serial_number, const vouch_status *status, vouch_time now, vouch_err *err);
VOUCH_API VOUCH_MUST int vouch_source_commit(vouch_source *source, vouch_err *err);
VOUCH_API void vouch_source_abort(vouch_source *source);

/*
 * --- Certificates
 * -------------------------------------------------------------------------------------------------
 */

/*
 * Takes the next certificate out of *input, which is one DER certificate or PEM text with any number, and
 * advances *input. Appends its DER.  VOUCH_ENOTFOUND when there is none left.
 */
VOUCH_API VOUCH_MUST int vouch_certificate_read(vouch_span *input, vouch_buf *der, vouch_err *err);

typedef struct {
	uint32_t size;
	vouch_span serial_number;   /* all spans point into the certificate */
	vouch_span issuer, subject; /* DER Names */
	vouch_time not_before, not_after;
	uint8_t sha256[32]; /* of the whole certificate */
	/* The first id-ad-ocsp http(s) URI of the AIA, not NUL-terminated; empty: none */
	vouch_span ocsp_url;
	vouch_span ca_issuers_url; /* the same for id-ad-caIssuers */
} vouch_certificate_info;

VOUCH_API VOUCH_MUST int vouch_certificate_inspect(vouch_span certificate, vouch_certificate_info *out,
    vouch_err *err);
/* Appends a Name as text (RFC 4514 order, UTF-8), for people. */
VOUCH_API VOUCH_MUST int vouch_name_format(vouch_buf *out, vouch_span name);

/*
 * --- Signers
 * ------------------------------------------------------------------------------------------------------
 */

/*
 * Signs tbs and appends the signature value (the content of the BIT STRING).  May be called from several
 * threads at a time.
 */
typedef int vouch_sign_cb(void *ctx, vouch_span tbs, vouch_buf *signature, vouch_err *err);

enum { /* vouch_signer_options.flags */
	/*
	 * For doubles in tests only: RSA keys of 512 bits or more, and "rsa-sha1" and "ecdsa-sha1" by name,
	 * which RFC 6960 5.1.1 and RFC 9919 10 leave to nobody.
	 */
	VOUCH_SIGNER_WEAK = 1
};

typedef struct {
	uint32_t size;
	vouch_span certificate; /* PEM or DER; the first one signs, the others (its chain) are sent along */
	/* A path, or a URI that an OpenSSL store loads; NULL when sign or key_octets is given */
	const char *key;
	vouch_span passphrase; /* for an encrypted key; empty: none */
	const char *algorithm; /* "rsa-pss-sha256" ...; NULL: what suits the key */
	vouch_sign_cb *sign;   /* one's own signer instead of a key */
	void *sign_ctx;
	vouch_span key_octets; /* the key itself instead of its place: PEM or DER, PKCS#8 or traditional */
	uint32_t flags;
} vouch_signer_options;

/*
 * Loads the key, checks that it and the certificate agree and that the algorithm is not a weak one
 * (RFC 6960 5.1.1), and proves it by one signature that is verified.  Reference-counted.
 */
VOUCH_API VOUCH_MUST int vouch_signer_open(vouch_signer **out, const vouch_signer_options *options,
    vouch_err *err);
VOUCH_API vouch_signer *vouch_signer_ref(vouch_signer *signer);
VOUCH_API void vouch_signer_free(vouch_signer *signer);
VOUCH_API VOUCH_MUST int vouch_signer_sign(vouch_signer *signer, vouch_span tbs, vouch_buf *signature,
    vouch_err *err);
VOUCH_API vouch_span vouch_signer_certificate(const vouch_signer *signer); /* DER, borrowed */
VOUCH_API const char *vouch_signer_algorithm(const vouch_signer *signer);  /* "ecdsa-sha256", static */

/*
 * --- Issuers
 * ------------------------------------------------------------------------------------------------------
 */

enum vouch_hash { VOUCH_HASH_OTHER = 0, VOUCH_SHA1, VOUCH_SHA256, VOUCH_SHA384, VOUCH_SHA512, VOUCH_MD5 };
#define VOUCH_HASHES 6
#define VOUCH_HASH_BIT(hash) (1u << (hash))

enum vouch_profile {
	VOUCH_PROFILE_RFC6960 = 0,
	VOUCH_PROFILE_WEBPKI,
	VOUCH_PROFILE_ETSI,
	VOUCH_PROFILE_ENTERPRISE
};
enum vouch_nonce_policy { VOUCH_NONCE_ECHO = 0, VOUCH_NONCE_IGNORE, VOUCH_NONCE_REQUIRE };
enum vouch_not_issued {
	VOUCH_NOT_ISSUED_UNKNOWN = 0,
	VOUCH_NOT_ISSUED_UNAUTHORIZED,
	VOUCH_NOT_ISSUED_REVOKED,
	VOUCH_NOT_ISSUED_GOOD
};
enum vouch_verify_policy { VOUCH_VERIFY_CACHEABLE = 0, VOUCH_VERIFY_ALWAYS, VOUCH_VERIFY_NEVER };
enum vouch_responder_id { VOUCH_BY_KEY = 0, VOUCH_BY_NAME };
enum vouch_mixed { VOUCH_MIXED_ANSWER = 0, VOUCH_MIXED_UNAUTHORIZED };

enum { /* vouch_issuer_options.shape: how answers are written, for who replaces another responder */
	/*
	 * thisUpdate is the moment of the lookup, to the second, and nextUpdate is validity later, whatever
	 * the signer's notAfter is
	 */
	VOUCH_SHAPE_PLAIN_TIMES = 1,
	/* revocationReason unspecified is written out (RFC 5280 5.3.1 would leave it away) */
	VOUCH_SHAPE_UNSPECIFIED = 2,
	/* The signer's certificate is sent even when it is the CA's own */
	VOUCH_SHAPE_ALWAYS_CERTS = 4
};

typedef struct {
	uint32_t size;
	const char *name;	   /* for messages and metrics; NULL: the subject's common name */
	uint8_t profile;	   /* enum vouch_profile: which limits are enforced */
	uint8_t nonce;		   /* enum vouch_nonce_policy (RFC 9654) */
	uint8_t not_issued;	   /* enum vouch_not_issued (RFC 6960 2.2) */
	uint8_t verify_signatures; /* enum vouch_verify_policy */
	uint8_t responder_id;	   /* enum vouch_responder_id; RFC 9919 3.2.2 wants byKey */
	/* Enum vouch_mixed: requests that name several issuers without a common signer */
	uint8_t mixed_issuers;
	/* VOUCH_HASH_BIT()s that are served; 0: SHA-1, -256, -384, -512.  VOUCH_MD5 only by choice */
	uint32_t certid_hashes;
	int64_t validity;  /* seconds; nextUpdate = thisUpdate + validity - 1; 0: 86400 */
	int64_t max_age;   /* seconds: bound of what HTTP caches are told; 0: 43200 */
	uint32_t lease_ms; /* how long cached answers stand without word from the sources; 0: 1000 */
	/* 0 none, 1 the CA certificate's notBefore, 2 producedAt minus the retention below */
	uint8_t archive;
	uint32_t archive_years; /* calendar years */
	int64_t archive_seconds;
	uint32_t shape; /* VOUCH_SHAPE_* */
} vouch_issuer_options;

/* vouch_issuer_options_init() for a structure of that size: that of the header which the caller was compiled with. */
VOUCH_API void vouch_issuer_options_init_sized(vouch_issuer_options *options, size_t size);
/* Defaults everywhere. */
static inline void
vouch_issuer_options_init(vouch_issuer_options *options)
{
	vouch_issuer_options_init_sized(options, sizeof(*options));
}

/*
 * certificate: PEM or DER, copied.  Refuses what may not issue (RFC 5280 4.2.1.9) and settings that the
 * profile forbids.  Reference-counted.
 */
VOUCH_API VOUCH_MUST int vouch_issuer_new(vouch_issuer **out, vouch_span certificate,
    const vouch_issuer_options *options, vouch_err *err);
VOUCH_API vouch_issuer *vouch_issuer_ref(vouch_issuer *issuer);
VOUCH_API void vouch_issuer_free(vouch_issuer *issuer);

enum {
	VOUCH_SIGNER_LOCALLY_TRUSTED = 1
}; /* RFC 6960 2.2: clients trust this signer by their own configuration */
/*
 * Adds a signer; the first is the default (RFC 6960 4.4.7.2).  Refuses, with the clause, one that may not
 * answer for the issuer (RFC 6960 4.2.2.2: the CA itself, or issued directly by it with id-kp-OCSPSigning).
 * Takes a reference of its own.
 */
VOUCH_API VOUCH_MUST int vouch_issuer_add_signer(vouch_issuer *issuer, vouch_signer *signer, unsigned flags,
    vouch_err *err);
/* Adds a source; sources are asked in the order they were added.  Takes a reference of its own. */
VOUCH_API VOUCH_MUST int vouch_issuer_add_source(vouch_issuer *issuer, vouch_source *source, vouch_err *err);

VOUCH_API const char *vouch_issuer_name(const vouch_issuer *issuer);
VOUCH_API vouch_span vouch_issuer_certificate(const vouch_issuer *issuer); /* DER */
VOUCH_API vouch_span vouch_issuer_subject(const vouch_issuer *issuer);	   /* DER Name, as encoded */
/*
 * SHA-256 over the DER of the subject and the public key's bits: names the issuer in registers.  32 octets.
 */
VOUCH_API vouch_span vouch_issuer_id(const vouch_issuer *issuer);
/* VOUCH_OK when the certificate was issued by this issuer: names match and the signature holds. */
VOUCH_API VOUCH_MUST int vouch_issuer_verify(const vouch_issuer *issuer, vouch_span certificate,
    vouch_err *err);
VOUCH_API size_t vouch_issuer_signers(const vouch_issuer *issuer);
VOUCH_API vouch_signer *vouch_issuer_signer(const vouch_issuer *issuer, size_t number); /* borrowed */

enum vouch_severity { VOUCH_NOTE = 0, VOUCH_WARNING, VOUCH_ERROR };
typedef struct {
	uint32_t size;
	uint8_t severity; /* enum vouch_severity */
	const char *rule; /* "RFC 6960 4.2.2.2.1" */
	const char *text; /* what was found, and what to do about it */
} vouch_finding;
typedef void vouch_finding_cb(void *arg, const vouch_finding *finding);
/*
 * Looks the issuer's certificates and policy over: expiry (30, 7, 1 days), nocheck, AIA and CRLDP in a
 * signer, profile limits ...
 */
VOUCH_API void vouch_issuer_check(const vouch_issuer *issuer, vouch_time now, vouch_finding_cb *cb,
    void *arg);

/*
 * --- The responder
 * ------------------------------------------------------------------------------------------------
 */

enum vouch_response_status { /* RFC 6960 4.2.1 OCSPResponseStatus */
	VOUCH_SUCCESSFUL = 0,
	VOUCH_MALFORMED_REQUEST = 1,
	VOUCH_INTERNAL_ERROR = 2,
	VOUCH_TRY_LATER = 3,
	VOUCH_SIG_REQUIRED = 5,
	VOUCH_UNAUTHORIZED = 6
};
/* "malformedRequest", as in the ASN.1.  Static; "reserved" for a value that does not exist. */
VOUCH_API const char *vouch_response_status_name(int response_status);

/*
 * Answers already signed, bounded in octets; shared by the responders that are made with it (one after
 * another, over reloads). key: 16 random octets of the caller's, since serial numbers are chosen by peers.
 * Reference-counted.
 */
VOUCH_API VOUCH_MUST int vouch_store_new(vouch_store **out, size_t octets, const uint8_t key[16],
    vouch_err *err);
VOUCH_API vouch_store *vouch_store_ref(vouch_store *store);
VOUCH_API void vouch_store_free(vouch_store *store);

typedef struct {
	uint32_t size;
	uint32_t certids;   /* the most CertIDs in one request; 0: 16; at most 64 */
	vouch_store *store; /* may be NULL: nothing is cached; the responder takes a reference of its own */
	uint64_t epoch;	    /* differs from that of every other responder that uses the store */
	uint8_t key[16];    /* random, the caller's: keys the tables that peers can write to */
} vouch_responder_options;

VOUCH_API VOUCH_MUST int vouch_responder_new(vouch_responder **out, const vouch_responder_options *options,
    vouch_err *err);
VOUCH_API vouch_responder *vouch_responder_ref(vouch_responder *responder);
VOUCH_API void vouch_responder_free(vouch_responder *responder);
/*
 * Serves an issuer under a path ("/", "/corp", "/corp/"; NULL is "/").  Several may share one; the same
 * issuer may have several. Not thread-safe; takes a reference of its own.
 */
VOUCH_API VOUCH_MUST int vouch_responder_add(vouch_responder *responder, vouch_issuer *issuer,
    const char *path, vouch_err *err);

/*
 * The scope whose path is the longest prefix of the raw path; a prefix ends at '/'.  *prefix is the number
 * of octets it covers, its slash included.  NULL when no scope matches.
 */
VOUCH_API const vouch_scope *vouch_responder_scope(const vouch_responder *responder, vouch_span path,
    size_t *prefix);

enum {			       /* vouch_call.flags */
	VOUCH_CALL_STRICT = 1, /* refuse octets behind the request; otherwise a CR LF there is forgiven */
	/* Make no signature for a request with a nonce: the answer has no body (HEAD) */
	VOUCH_CALL_NO_NONCED = 2
};

typedef struct {
	uint32_t size;
	unsigned flags;
	vouch_time now;		  /* the wall clock */
	uint64_t monotonic_ms;	  /* milliseconds of a clock that never goes back, the same for all calls */
	const vouch_scope *scope; /* NULL: every issuer of the responder */
} vouch_call;

enum vouch_served_from { VOUCH_SERVED_ERROR = 0, VOUCH_SERVED_STORE, VOUCH_SERVED_SIGNED };

typedef struct {
	uint32_t size;
	uint8_t response_status; /* enum vouch_response_status */
	uint8_t served_from;	 /* enum vouch_served_from */
	uint8_t cacheable;	 /* 1: one CertID, no nonce: HTTP caches may keep it until cache_until */
	uint8_t nonce;		 /* 1: the request carried a nonce that policy heeds */
	uint8_t has_sha256;	 /* 1: sha256 is that of the body (made when an answer is stored) */
	uint8_t sha256[32];
	uint8_t certids;	      /* how many were asked */
	uint8_t statuses[4];	      /* how many answers of each enum vouch_cert_status */
	uint8_t hashes[VOUCH_HASHES]; /* how many CertIDs of each enum vouch_hash */
	vouch_time produced_at, this_update,
	    next_update;	    /* the earliest of the answers; VOUCH_TIME_ABSENT: none */
	vouch_time renew_at;	    /* when the responder will make a new one */
	vouch_time cache_until;	    /* min(renew_at, next_update - 1, now + max_age) */
	const vouch_issuer *issuer; /* of the first CertID, or NULL; borrowed from the responder */
	const char *cause;	    /* why it is an error, for a log; static; NULL: none */
	int error;		    /* the VOUCH_E* behind it */
	char detail[160];	    /* the text behind it, cut; may be empty */
} vouch_outcome;

/*
 * The answer as a job that never waits.  The caller owns every deadline: it may drop a job at any time.  A
 * job is used by one thread at a time.  The request is copied.  Without memory there is no job; every other
 * trouble ends in VOUCH_DONE with an OCSP error response.
 */
enum vouch_step {
	VOUCH_DONE = 0,	   /* vouch_job_response() and vouch_job_outcome() */
	VOUCH_WANT_STATUS, /* call vouch_job_lookup() on any thread, then step again */
	VOUCH_WANT_SIGNATURE /* sign vouch_job_tbs() with vouch_job_signer(), call vouch_job_signed(), then step again */
};
VOUCH_API VOUCH_MUST int vouch_job_start(vouch_job **out, vouch_responder *responder, const vouch_call *call,
    vouch_span request);
/* What the job needs next: an enum vouch_step. */
VOUCH_API VOUCH_MUST int vouch_job_step(vouch_job *job, vouch_time now);
/* True when every source that will be asked may be asked on an event loop. */
VOUCH_API bool vouch_job_lookup_is_inline(const vouch_job *job);
/* Asks the sources; may block as long as they do. */
VOUCH_API void vouch_job_lookup(vouch_job *job, vouch_time now);
VOUCH_API vouch_span vouch_job_tbs(const vouch_job *job,
    vouch_signer **signer); /* both borrowed from the job */
/* Hands the signature in; an empty one says that signing failed (tryLater, RFC 6960 2.3). */
VOUCH_API void vouch_job_signed(vouch_job *job, vouch_span signature);
VOUCH_API vouch_span vouch_job_response(const vouch_job *job);
VOUCH_API const vouch_outcome *vouch_job_outcome(const vouch_job *job);
VOUCH_API void vouch_job_free(vouch_job *job);

/*
 * Answers a request: appends an OCSPResponse to out for any input.  Only lack of memory makes it fail.
 * Blocks as long as the sources and the signer do.  outcome may be NULL.
 */
VOUCH_API VOUCH_MUST int vouch_handle(vouch_responder *responder, const vouch_call *call, vouch_span request,
    vouch_buf *out, vouch_outcome *outcome);
/*
 * The same, only if it can be done without waiting, signing or allocating (beyond the growth of out): a
 * stored answer, or an error that the request itself earned.  VOUCH_EAGAIN: make a job of it.
 */
VOUCH_API VOUCH_MUST int vouch_try_cached(vouch_responder *responder, const vouch_call *call,
    vouch_span request, vouch_buf *out, vouch_outcome *outcome);
/* True when the octets are exactly one OCSPRequest that names an issuer of the scope (NULL: any). */
VOUCH_API bool vouch_is_served(const vouch_responder *responder, const vouch_scope *scope,
    vouch_span request);

/*
 * Asks the sources for changes and confirms the stored answers for another lease.  Who never calls it gets
 * no stored answers.  One thread at a time; may block.  The worst error is returned; issuers whose sources
 * did not answer are not confirmed.
 */
VOUCH_API VOUCH_MUST int vouch_responder_poll(vouch_responder *responder, vouch_time now,
    uint64_t monotonic_ms, vouch_err *err);
/* How often to poll, in milliseconds: what the shortest lease and the sources ask for. */
VOUCH_API int vouch_responder_poll_interval(const vouch_responder *responder);

typedef struct {
	uint32_t size;
	uint64_t store_octets, store_entries, store_capacity;
} vouch_stats;
VOUCH_API void vouch_responder_stats(const vouch_responder *responder, vouch_stats *out);
/*
 * Milliseconds (of the clock that polls are given) at which the issuer's sources were last confirmed; 0:
 * never.
 */
VOUCH_API uint64_t vouch_responder_confirmed(const vouch_responder *responder, const vouch_issuer *issuer);

/*
 * --- The client
 * ---------------------------------------------------------------------------------------------------
 */

/* A request under construction. */
VOUCH_API VOUCH_MUST int vouch_request_new(vouch_request **out, vouch_err *err);
VOUCH_API void vouch_request_free(vouch_request *request);
/*
 * Asks about one certificate of the issuer (a reference is taken) by the named hash (RFC 9919 3.1.1:
 * SHA-256 for new clients).
 */
VOUCH_API VOUCH_MUST int vouch_request_add(vouch_request *request, vouch_issuer *issuer,
    vouch_span serial_number, enum vouch_hash hash, vouch_err *err);
/* 1 to 128 octets (RFC 9654 2.1); new clients should send 32. */
VOUCH_API VOUCH_MUST int vouch_request_set_nonce(vouch_request *request, vouch_span nonce, vouch_err *err);
/*
 * Signs the request when it is encoded (RFC 6960 4.1.2): requestorName is the subject of the signer's
 * certificate, whose chain is sent along.  A reference is taken; NULL: unsigned again.
 */
VOUCH_API VOUCH_MUST int vouch_request_set_signer(vouch_request *request, vouch_signer *signer,
    vouch_err *err);
VOUCH_API VOUCH_MUST int vouch_request_encode(const vouch_request *request, vouch_buf *out, vouch_err *err);

typedef struct {
	uint32_t size;
	vouch_time now;
	int64_t skew;	    /* seconds of clock difference to forgive; 300 is usual */
	bool require_nonce; /* a nonce was sent and must come back; false: one that comes back must match */
	/* A locally trusted responder certificate (RFC 6960 4.2.2.2 no. 1), or empty */
	vouch_span trusted_signer;
	/* RFC 9919 4: an answer without nextUpdate is refused; RFC 6960 4.2.2.1 lets it pass */
	bool require_next_update;
} vouch_verify_options;

/*
 * Parses strictly and verifies by RFC 6960 3.2 and 4.2.2.2: CertIDs, signature, the signer's right, nonce, times,
 * in this order.  An error response (tryLater ...) is VOUCH_OK with vouch_response_status() telling so.  Entries
 * that nobody asked for are passed over.  Whether the signer's certificate was itself revoked is for the caller to
 * find out, unless it has id-pkix-ocsp-nocheck (RFC 6960 4.2.2.2.1).
 *
 * err.rule names the rule that failed:
 *   size                       more than 1 MiB, 256 entries or 32 extensions in a list
 *   der                        not an OCSPResponse in DER, or octets behind it (RFC 6960 4.2.1)
 *   response_type              responseType is not id-pkix-ocsp-basic (RFC 6960 4.2.1)
 *   critical_extension         a critical extension that is not understood (RFC 5280 4.2)
 *   certid                     no entry has the CertID that was asked: hash algorithm, both hashes, serial number
 *                              (RFC 6960 3.2 no. 1)
 *   duplicate                  two entries for one CertID that contradict each other
 *   responder_id               no certificate, sent or at hand, is the one that responderID names (RFC 6960 4.2.2.3)
 *   signature_algorithm        weak (RFC 6960 5.1.1), unknown, or for another type of key
 *   signature                  does not hold (RFC 6960 3.2 no. 2)
 *   signer_issuer              neither the CA nor issued directly by it (RFC 6960 4.2.2.2)
 *   signer_eku                 without id-kp-OCSPSigning (RFC 6960 4.2.2.2)
 *   signer_key_usage           keyUsage without digitalSignature and nonRepudiation (RFC 5280 4.2.1.12)
 *   signer_critical_extension  its certificate has a critical extension that is not understood (RFC 5280 4.2)
 *   signer_validity            its certificate has expired or is not valid yet (RFC 6960 3.2 no. 4)
 *   signer_weak_key            less than RSA with 2048 bits or 112 bits of security (RFC 6960 5.1.1)
 *   nonce_missing              sent, required, and not returned (RFC 9654 2.1)
 *   nonce                      another one came back (RFC 9654 2.1)
 *   this_update                in the future (RFC 6960 3.2 no. 5)
 *   next_update_absent         nextUpdate is required, and not there (RFC 9919 4)
 *   next_update                has passed (RFC 6960 3.2 no. 6), or is before thisUpdate
 *   produced_at                in the future (RFC 6960 2.4)
 */
VOUCH_API VOUCH_MUST int vouch_response_verify(vouch_response **out, vouch_span response,
    const vouch_request *request, const vouch_verify_options *options, vouch_err *err);
/*
 * Parses as strictly and verifies nothing: for looking at an answer, never for believing it.  The singles are
 * in the order of the response.
 */
VOUCH_API VOUCH_MUST int vouch_response_parse(vouch_response **out, vouch_span response, vouch_err *err);
VOUCH_API void vouch_response_free(vouch_response *response);

typedef struct {
	uint32_t size;
	vouch_span serial_number;  /* spans are borrowed from the response */
	uint8_t cert_status;	   /* enum vouch_cert_status */
	uint8_t revocation_reason; /* CRLReason + 1, 0 absent */
	uint8_t hash;		   /* enum vouch_hash of the CertID */
	vouch_time revocation_time, this_update, next_update, invalidity_date, archive_cutoff;
	vouch_span single_extensions; /* concatenated DER Extensions */
} vouch_single;

VOUCH_API int vouch_response_status(const vouch_response *response);	 /* enum vouch_response_status */
VOUCH_API size_t vouch_response_singles(const vouch_response *response); /* in the order they were asked */
VOUCH_API VOUCH_MUST int vouch_response_single(const vouch_response *response, size_t number,
    vouch_single *out);
VOUCH_API vouch_time vouch_response_produced_at(const vouch_response *response);
VOUCH_API bool vouch_response_has_nonce(const vouch_response *response);
VOUCH_API vouch_span vouch_response_signer(
    const vouch_response *response); /* the certificate whose key signed, DER */

/*
 * --- Looking at octets
 * --------------------------------------------------------------------------------------------
 */

typedef struct {
	uint32_t size;
	unsigned depth;
	size_t offset, header,
	    length;	  /* of the element: where it begins, its tag and length octets, its content octets */
	const char *name; /* the ASN.1's: "issuerNameHash" */
	const char *text; /* the value, for people; "" for a constructed one */
} vouch_field;
typedef int vouch_field_cb(void *arg, const vouch_field *field); /* non-zero stops */
/*
 * Walks an OCSPRequest or OCSPResponse and reports every field in order.  VOUCH_EPARSE names the offset
 * where the octets stop making sense, after the fields before it were reported.
 */
VOUCH_API VOUCH_MUST int vouch_decode(vouch_span der, vouch_field_cb *cb, void *arg, vouch_err *err);

#ifdef __cplusplus
}
#endif

#endif
