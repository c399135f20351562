/* SPDX-License-Identifier: Apache-2.0 */
/* vouch.h: the framework of vouch, for responders and clients of OCSP. */

/**
 * @file vouch.h
 * The framework of vouch, for responders and clients of OCSP (RFC 6960, RFC 9919, RFC 9654).
 *
 * Bring your own status source, signer and HTTP server: the library does no network I/O, reads no clock,
 * writes no log, keeps no globals, starts no thread and never exits.  Whoever wants the HTTP server, too,
 * takes vouch_http.h.
 *
 * @par Units
 * A time is a `vouch_time`: seconds since 1970-01-01T00:00:00Z.  A size or length is in octets.  What is in
 * milliseconds has `_ms` at the end of its name.
 *
 * @par Ownership
 * A `vouch_span` borrows, a `vouch_buf` owns.  An object that comes out through a parameter `out` belongs
 * to the caller, who frees it with the function of the same name that ends in `_free`; that one accepts
 * NULL.  `takes_x` says that x belongs to the callee once the call has succeeded, and still to the caller
 * if it failed.  What a function returns otherwise is borrowed from the object that it was asked of, and
 * lives as long.  Issuers, signers, sources, stores and responders count their references: `_ref` adds one
 * and returns its argument, `_free` drops one, and who keeps an object takes a reference of its own.
 *
 * @par Errors
 * A function that can fail returns `VOUCH_OK` or a negative `VOUCH_E...`, and leaves its outputs as they
 * were when it fails, except where it says otherwise.  Every function that allocates can return
 * `VOUCH_ENOMEM`.  The last parameter, `err`, receives the fact and the clause; it may be NULL and is
 * written by each call anew.  `VOUCH_ENOTFOUND` and `VOUCH_EAGAIN` are answers, and leave no text.  Out of
 * memory is an error like any other.  Pointers that are not said to allow NULL must not be NULL.
 *
 * @par Threads
 * Distinct objects may be used by distinct threads at the same time.  Issuers may be filled by one thread
 * only; once the last vouch_responder_add() has returned, the responder, its issuers, signers, sources and
 * its store may be used by any number of threads.  Reference counts may be changed by any thread.  Jobs,
 * requests, responses and buffers are used by one thread at a time.
 *
 * @par Versions
 * Within the SONAME `libvouch.so.1` functions are added, never changed; each symbol has the version that
 * brought it.  A structure whose first member is `size` may grow at its end.  The caller sets `size` to the
 * structure's `sizeof` (or calls the `_init` function, where there is one) before the library reads or
 * fills it; what the caller's header lacks has its default, and the library writes nothing behind `size`.
 * A structure without a size is `VOUCH_EINVAL`; so is a longer one than the library knows, if something is
 * set in what it does not know.  Where the library hands a structure to a callback, `size` tells which
 * members are there: whoever was compiled with a newer header looks at it first.  `vouch_span`, `vouch_buf`
 * and `vouch_err` have no size and stay as they are.  Enumerations get new values; members for them have a
 * fixed width.
 *
 * @par Example
 * One answer, from a table of one's own, whose `lookup` says what it knows of a serial number:
 *
 * @code
 * static const vouch_source_ops ops = { .abi = VOUCH_ABI,
 *	.name = "table",
 *	.lookup = look_up };
 *
 * int
 * answer(vouch_span ca, vouch_span certificate, void *table,
 *     vouch_span request, vouch_time now, vouch_buf *response,
 *     vouch_err *err)
 * {
 *	vouch_signer_options signing = { .size = sizeof(signing),
 *		.certificate = certificate,
 *		.key = "ocsp.key" };
 *	vouch_responder_options serving = { .size = sizeof(serving) };
 *	vouch_call call = { .size = sizeof(call), .now = now };
 *	vouch_source *source = NULL;
 *	vouch_signer *signer = NULL;
 *	vouch_issuer *issuer = NULL;
 *	vouch_responder *responder = NULL;
 *	int code = vouch_source_new(&source, &ops, table, err);
 *
 *	if (code == VOUCH_OK)
 *		code = vouch_signer_open(&signer, &signing, err);
 *	if (code == VOUCH_OK)
 *		code = vouch_issuer_new(&issuer, ca, NULL, err);
 *	if (code == VOUCH_OK)
 *		code = vouch_issuer_add_signer(issuer, signer, 0, err);
 *	if (code == VOUCH_OK)
 *		code = vouch_issuer_add_source(issuer, source, 0, err);
 *	if (code == VOUCH_OK)
 *		code = vouch_responder_new(&responder, &serving, err);
 *	if (code == VOUCH_OK)
 *		code = vouch_responder_add(responder, issuer, "/", err);
 *	if (code == VOUCH_OK)
 *		code = vouch_handle(responder, &call, request, response, NULL);
 *	vouch_responder_free(responder);
 *	vouch_issuer_free(issuer);
 *	vouch_signer_free(signer);
 *	vouch_source_free(source);
 *	return code;
 * }
 * @endcode
 */
#ifndef VOUCH_H
#define VOUCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * @defgroup vouch_library The library
 * Its version, and what its declarations are marked with.
 * @{
 */

#if defined(__GNUC__)
/** Exported by the shared library. */
#define VOUCH_API __attribute__((visibility("default")))
/** The compiler warns who ignores the result. */
#define VOUCH_MUST __attribute__((warn_unused_result))
/** The compiler compares the arguments from number `first` on with the format that is number `text`. */
#define VOUCH_PRINTF(text, first) __attribute__((format(printf, text, first)))
/** In the header itself; no warning if nobody calls it. */
#define VOUCH_INLINE static inline __attribute__((unused))
/** Defined by a plug-in, and seen by the program that loads it; declared here so that both mean the same. */
#define VOUCH_PLUGIN __attribute__((visibility("default")))
#else
#define VOUCH_PLUGIN
#define VOUCH_API
#define VOUCH_MUST
#define VOUCH_PRINTF(text, first)
#define VOUCH_INLINE static inline
#endif

/**
 * The version of the library in use, which may be newer than this header.
 *
 * @return "0.1.0"; static, never NULL
 */
VOUCH_API const char *vouch_version(void);

/** @} */

/**
 * @defgroup vouch_octets Octets
 * Borrowed and owned octets.
 * @{
 */

/** Octets that belong to somebody else, and live as long as he says. */
typedef struct {
	/** The first; may be NULL when there are none. */
	const uint8_t *data;
	/** How many. */
	size_t len;
} vouch_span;

/** Octets of one's own.  All zero is empty; vouch_buf_free() frees them. */
typedef struct {
	/** The first, from malloc(); NULL before the first append. */
	uint8_t *data;
	/** How many there are; may be set to less, to keep the room for later. */
	size_t len;
	/** How many there is room for. */
	size_t cap;
} vouch_buf;

/**
 * Appends octets, and makes room for them.
 *
 * Whatever crosses between the library and functions of the caller goes through it: so it is always the
 * library that allocates and frees.
 *
 * @param buf unchanged on failure
 * @param data copied; may be NULL when len is 0, and must not point into buf
 * @param len how many
 * @return VOUCH_OK or VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_buf_append(vouch_buf *buf, const void *data, size_t len);

/**
 * Frees the octets and leaves an empty buffer, which may be used again.
 *
 * @param buf may be empty already
 */
VOUCH_API void vouch_buf_free(vouch_buf *buf);

/** @} */

/**
 * @defgroup vouch_errors Errors
 * What functions return, and what they say about it.
 * @{
 */

/** What functions return.  A protocol's outcome, such as tryLater, is not an error. */
enum {
	/** It was done. */
	VOUCH_OK = 0,
	/** An argument that is not allowed here: a mistake in the calling program. */
	VOUCH_EINVAL = -1,
	/** No memory. */
	VOUCH_ENOMEM = -2,
	/** Octets are not what they should be; the error's offset says where. */
	VOUCH_EPARSE = -3,
	/** There is no such thing: an answer, not a failure; err is not written. */
	VOUCH_ENOTFOUND = -4,
	/** Not now, or not without waiting: an answer, not a failure; err is not written. */
	VOUCH_EAGAIN = -5,
	/** A source, signer or peer is away, and may be back later: clients are told tryLater. */
	VOUCH_EUNAVAILABLE = -6,
	/** Understood, and against a rule that the text names. */
	VOUCH_EREFUSED = -7,
	/** Reading or writing failed. */
	VOUCH_EIO = -8,
	/** The cryptographic library failed, or has no such algorithm. */
	VOUCH_ECRYPTO = -9,
	/** A signature, or a signer's right to sign, does not hold. */
	VOUCH_EVERIFY = -10,
	/** Larger than a limit that the text names. */
	VOUCH_ELIMIT = -11
};

/** Why a function failed.  On the caller's stack, written where the failure is first known. */
typedef struct {
	/** VOUCH_OK or a VOUCH_E...; the same that the function returned. */
	int code;
	/** Where in the octets (or the text) they stop making sense, with VOUCH_EPARSE; else 0. */
	size_t offset;
	/** The fact and, where there is one, the clause; UTF-8, one line, "" on success. */
	char msg[512];
	/**
	 * The name of the rule that an answer broke (vouch_response_verify()), "signature", or "pin" when a
	 * token refused its PIN, which is not to be tried again; static; NULL: none.
	 */
	const char *rule;
} vouch_err;

/** @} */

/**
 * @defgroup vouch_times Times
 * Moments, and how their absence is told.
 * @{
 */

/** Seconds since 1970-01-01T00:00:00Z, leap seconds not counted; negative before, 0 is 1970. */
typedef int64_t vouch_time;

/** No time at all: what an OPTIONAL GeneralizedTime has when it is absent. */
#define VOUCH_TIME_ABSENT INT64_MIN

/** @} */

/**
 * @defgroup vouch_status What is known of a certificate
 * The status of a certificate, its serial number and the reasons of a revocation.
 * @{
 */

/** CertStatus (RFC 6960 4.2.1).  Zero is never good. */
enum vouch_cert_status {
	/** Nobody has said anything: never an answer. */
	VOUCH_STATUS_UNSET = 0,
	/** Not revoked, as far as the source knows (RFC 6960 2.2). */
	VOUCH_GOOD = 1,
	/** Revoked for good or on hold. */
	VOUCH_REVOKED = 2,
	/** The source says itself that it cannot know; other sources are asked. */
	VOUCH_UNKNOWN = 3
};

/** CRLReason + 1 (RFC 5280 5.3.1), so that zero is none.  7 + 1 does not exist. */
enum vouch_reason {
	/** There is no reason. */
	VOUCH_REASON_ABSENT = 0,
	/** unspecified, which is better left absent. */
	VOUCH_REASON_UNSPECIFIED = 1,
	/** keyCompromise. */
	VOUCH_REASON_KEY_COMPROMISE = 2,
	/** cACompromise. */
	VOUCH_REASON_CA_COMPROMISE = 3,
	/** affiliationChanged. */
	VOUCH_REASON_AFFILIATION_CHANGED = 4,
	/** superseded. */
	VOUCH_REASON_SUPERSEDED = 5,
	/** cessationOfOperation. */
	VOUCH_REASON_CESSATION_OF_OPERATION = 6,
	/** certificateHold: the only one that may be lifted. */
	VOUCH_REASON_CERTIFICATE_HOLD = 7,
	/** removeFromCRL: for delta CRLs only. */
	VOUCH_REASON_REMOVE_FROM_CRL = 9,
	/** privilegeWithdrawn. */
	VOUCH_REASON_PRIVILEGE_WITHDRAWN = 10,
	/** aACompromise. */
	VOUCH_REASON_AA_COMPROMISE = 11
};

/**
 * What is known of one certificate.  vouch_status_init() makes it, vouch_status_clear() frees what it owns.
 */
typedef struct {
	/** `sizeof(vouch_status)`, set by vouch_status_init(). */
	uint32_t size;
	/** An enum vouch_cert_status. */
	uint8_t cert_status;
	/** An enum vouch_reason. */
	uint8_t revocation_reason;
	/** 1: certificate_sha256 is known. */
	uint8_t has_certificate_sha256;
	/** revocationTime; VOUCH_TIME_ABSENT unless revoked.  One in the future means good until then. */
	vouch_time revocation_time;
	/** When the key was, or may have been, compromised (RFC 5280 5.3.2), or VOUCH_TIME_ABSENT. */
	vouch_time invalidity_date;
	/**
	 * The moment that the source speaks of, such as a CRL's thisUpdate; VOUCH_TIME_ABSENT: that of the
	 * lookup.
	 */
	vouch_time this_update;
	/** Until when the source stands by it; VOUCH_TIME_ABSENT: the issuer's policy decides. */
	vouch_time next_update;
	/**
	 * Extensions for singleExtensions, as concatenated DER (certHash, CrlID, SCTs ...); none critical.
	 *
	 * Of those of a CRL's entry (RFC 6960 4.4.5) reasonCode is never written; certificateIssuer is, if it is here;
	 * invalidityDate beside revoked alone, from `invalidity_date` or, if that is absent, from here.
	 */
	vouch_buf single_extensions;
	/** For people: source, rule, CRL number; UTF-8. */
	vouch_buf detail;
	/** notAfter of the certificate, or VOUCH_TIME_ABSENT. */
	vouch_time not_after;
	/** SHA-256 of the whole certificate, if it is known. */
	uint8_t certificate_sha256[32];
} vouch_status;

/**
 * vouch_status_init() for a structure of that size: that of the header which the caller was compiled with.
 *
 * @param status what is in it is overwritten, not freed
 * @param size its sizeof
 */
VOUCH_API void vouch_status_init_sized(vouch_status *status, size_t size);

/**
 * Everything absent, cert_status unset, nothing owned.
 *
 * @param status what is in it is overwritten, not freed
 */
VOUCH_INLINE void
vouch_status_init(vouch_status *status)
{
	vouch_status_init_sized(status, sizeof(*status));
}

/**
 * Frees what its buffers own, and initialises it again.
 *
 * @param status one that was initialised
 */
VOUCH_API void vouch_status_clear(vouch_status *status);

/**
 * The number of a reason.
 *
 * @param name as RFC 5280 5.3.1 spells it, "keyCompromise"
 * @return an enum vouch_reason; VOUCH_REASON_ABSENT: there is no such reason
 */
VOUCH_API uint8_t vouch_reason_parse(const char *name);

/**
 * The name of a reason.
 *
 * @param revocation_reason an enum vouch_reason
 * @return static; NULL for VOUCH_REASON_ABSENT and for what does not exist
 */
VOUCH_API const char *vouch_reason_name(uint8_t revocation_reason);

/**
 * Reads a serial number as people write it.
 *
 * A serial number is the content of its DER INTEGER everywhere in this library: big-endian, two's
 * complement, minimal (ITU-T X.690 8.3).
 *
 * @param out the content is appended; unchanged on failure
 * @param text hexadecimal, with or without "0x", colons and blanks between octets, a leading '-' for the
 *   negative
 *   ones that exist; at most 1024 octets
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EPARSE: the offset tells which character; VOUCH_ELIMIT: too long; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_serial_parse(vouch_buf *out, const char *text, vouch_err *err);

/**
 * Writes a serial number as people read it: upper-case hexadecimal without leading zeros ("1AAF00D", "0",
 * "-66").
 *
 * @param out the text is appended, without a NUL; unchanged on failure
 * @param serial_number the content of a DER INTEGER
 * @return VOUCH_OK; VOUCH_EINVAL: it is empty; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_serial_format(vouch_buf *out, vouch_span serial_number);

/** @} */

/**
 * @defgroup vouch_sources Status sources
 * Where the status of certificates comes from.
 *
 * A source is a table of functions and a context.  The responder asks it with `lookup`; the other functions
 * let it keep its answers (`changes`), list what a source holds (`each`) or write to it (`begin`, `put`,
 * `commit`).
 * @{
 */

/** A CA whose certificates are answered for; see vouch_issuer_new(). */
typedef struct vouch_issuer vouch_issuer;
/** A certificate and its key; see vouch_signer_open(). */
typedef struct vouch_signer vouch_signer;
/** What a signer may be asked to sign; see vouch_guard_new(). */
typedef struct vouch_guard vouch_guard;
/** A status source; see vouch_source_open(). */
typedef struct vouch_source vouch_source;
/** Issuers under paths, which answer requests; see vouch_responder_new(). */
typedef struct vouch_responder vouch_responder;
/** The issuers that share one path of a responder; see vouch_responder_scope(). */
typedef struct vouch_scope vouch_scope;
/** Answers that were signed already; see vouch_store_new(). */
typedef struct vouch_store vouch_store;
/** One answer in the making; see vouch_job_start(). */
typedef struct vouch_job vouch_job;
/** A client's request; see vouch_request_new(). */
typedef struct vouch_request vouch_request;
/** A response that a client has read; see vouch_response_verify(). */
typedef struct vouch_response vouch_response;

/** What `abi` of vouch_source_ops is, in this header. */
#define VOUCH_ABI 2

/**
 * One certificate of `each`, in ascending order of (length, octets) of the serial number.
 *
 * @param arg the caller's
 * @param serial_number borrowed for the call
 * @param status borrowed for the call; of the library's size
 * @return 0 to go on; anything else ends the listing, which returns it
 */
typedef int vouch_status_cb(void *arg, vouch_span serial_number, const vouch_status *status);

/**
 * One change.
 *
 * @param arg the caller's
 * @param serial_number which one changed; empty: anything may have changed; borrowed for the call
 */
typedef void vouch_change_cb(void *arg, vouch_span serial_number);

/** How a source does that holds data which it has from elsewhere; see vouch_source_get_health(). */
typedef struct {
	/** Of the library's structure; set by the caller of vouch_source_get_health(). */
	uint32_t size;
	/** When its data were last found to be the newest there are; VOUCH_TIME_ABSENT: never, or it does not tell. */
	vouch_time checked;
	/** Until when all of its data stand; VOUCH_TIME_ABSENT: it has none, or there is no such moment. */
	vouch_time next_update;
	/** Why the last try to get newer ones failed; `code` VOUCH_OK: it did not.  What there is stays in use. */
	vouch_err trouble;
} vouch_source_health;

/**
 * Opens a file to be read; see vouch_source_set_open().
 *
 * @param arg the caller's
 * @param path absolute
 * @param[out] fd the source's, to be closed by it
 * @param err why it failed
 * @return VOUCH_OK; VOUCH_ENOTFOUND: there is no such file; VOUCH_EIO
 */
typedef int vouch_open_cb(void *arg, const char *path, int *fd, vouch_err *err);

/** `flags` of vouch_source_ops. */
enum {
	/** Lookup never waits for another machine: it may be called on an event loop. */
	VOUCH_SOURCE_INLINE = 1,
	/**
	 * It knows more than what it would read if it were opened now: which revocations its data once had, and how far
	 * they had come (RFC 5280 5.2.3).  Who reads his configuration again goes on with the same source, attaches it to
	 * the new issuers, and calls vouch_source_reload(), rather than open another one of the same URI.
	 */
	VOUCH_SOURCE_REMEMBERS = 2
};

/**
 * The functions of a status source.
 *
 * `open` and `close` are called once; all others may be called by several threads at a time, except those
 * from begin to commit or abort, which one thread calls at a time.  A NULL member means that the source
 * cannot do it; `name` and `lookup` are mandatory, `open` and `close` for vouch_source_open() only.  A
 * function returns VOUCH_OK or a VOUCH_E... and writes err, which is never NULL, when it fails; what it
 * returns is made good where it breaks this rule.  `now` is the caller's clock.
 */
typedef struct {
	/** VOUCH_ABI; another one is refused. */
	uint32_t abi;
	/** VOUCH_SOURCE_... */
	uint32_t flags;
	/** For messages; a scheme such as "sqlite". */
	const char *name;
	/**
	 * Opens the source, once for all issuers.
	 *
	 * A server opens its sources before it gives up its rights, with one thread and without having asked the network
	 * anything: a source that needs threads of its own starts them when it is first asked.
	 *
	 * `uri` is what follows the scheme's colon, never NULL.  `*ctx` is handed to the other functions.
	 * Damaged data is refused, with place and reason.
	 */
	int (*open)(void **ctx, const char *uri, vouch_time now, vouch_err *err);
	/** Reads everything anew; on failure the old data stay in use. */
	int (*reload)(void *ctx, vouch_time now, vouch_err *err);
	/**
	 * Says what is known of one certificate.
	 *
	 * `out` arrives initialised, of the library's size.  VOUCH_ENOTFOUND: this source knows nothing of
	 * the certificate (never issued, as far as it can tell); this_update and next_update of `out` may
	 * then say of which moment that is true.  VOUCH_EUNAVAILABLE: it cannot tell now, and clients get
	 * tryLater.  Any other error: what it holds cannot be right, and clients get internalError.
	 */
	int (*lookup)(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
	    vouch_status *out, vouch_err *err);
	/**
	 * Lists every certificate of the issuer after a serial number (empty: from the first), in ascending
	 * order.
	 *
	 * What `cb` returns, if not 0, ends it and is returned.
	 */
	int (*each)(void *ctx, const vouch_issuer *issuer, vouch_span after, vouch_time now,
	    vouch_status_cb *cb, void *arg, vouch_err *err);
	/**
	 * Reports what changed since the cursor, and moves it.
	 *
	 * The cursor is the caller's to keep and the source's to understand; an empty one is set, and
	 * nothing or all is reported.  Issuance is a change as well as revocation.
	 */
	int (*changes)(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err);
	/**
	 * How to learn that changes wait: `*fd` is readable then (-1: none), and `*poll_ms` is how often to
	 * ask at least, in milliseconds (0: no wish).
	 */
	int (*watch)(void *ctx, int *fd, int *poll_ms);
	/**
	 * Begins to write.  A source with `begin` is a register, and has `put`, `commit` and `abort` as
	 * well.
	 */
	int (*begin)(void *ctx, vouch_err *err);
	/** Creates or replaces the record of one certificate, inside the transaction. */
	int (*put)(void *ctx, const vouch_issuer *issuer, vouch_span serial_number,
	    const vouch_status *status, vouch_time now, vouch_err *err);
	/** Ends the transaction; what was put is on disk when it returns 0. */
	int (*commit)(void *ctx, vouch_err *err);
	/** Ends the transaction, and forgets what was put. */
	void (*abort)(void *ctx);
	/** Frees the context; the last call. */
	void (*close)(void *ctx);
	/**
	 * An issuer is going to use the source: called once for each, before its first lookup, by one thread, and
	 * never after another function but `open`.
	 *
	 * For who must know whose signatures to believe.  The issuer may be gone before the source is: what is needed
	 * of it is copied.
	 */
	int (*attach)(void *ctx, const vouch_issuer *issuer, vouch_err *err);
	/**
	 * Says how it does: for logs and alarms, where answers need not change.
	 *
	 * A source that cannot get newer data, but may still use what it has, goes on answering, and says so here; where
	 * it cannot say any more what changed, `changes` fails.  `out` arrives with its times absent and without trouble.
	 */
	void (*health)(void *ctx, vouch_time now, vouch_source_health *out);
	/** From now on files that the process may not open are opened by this; see vouch_source_set_open(). */
	void (*set_open)(void *ctx, vouch_open_cb *open_cb, void *arg);
} vouch_source_ops;

/**
 * What a shared object with a status source defines, and all that a program asks it for: a plug-in's `plugin:PATH.so`
 * as well as the modules that come with vouch.
 *
 * The object is loaded once, without its symbols being seen by others, and never unloaded: what is returned lives as
 * long as the program.  The program brings every function of this header along, so that an object needs to be linked
 * with no library for them, and may be linked with libvouch.  It may be loaded by a process that may start no program
 * and open few files: what it needs is opened by `open`.  For a plug-in `open` is given what follows PATH.so: "", or
 * parameters from the question mark on, of which vouch_uri_parameter() finds one.
 *
 * @param abi VOUCH_ABI of the program
 * @return the functions of the source, whose own `abi` is looked at before anything else in them; NULL: none for such
 *   a program
 */
VOUCH_PLUGIN const vouch_source_ops *vouch_plugin(uint32_t abi);

/**
 * Opens a source.
 *
 * @param[out] out the source, with one reference
 * @param ops must outlive the source
 * @param uri what `open` is given; NULL is ""
 * @param now the wall clock
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: `ops` lacks something; what `open` returned; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_source_open(vouch_source **out, const vouch_source_ops *ops, const char *uri,
    vouch_time now, vouch_err *err);

/**
 * A source of a context that exists already: `open` is not called and may be NULL; `close`, which may be
 * NULL, too, is called with it in the end.
 *
 * @param[out] out the source, with one reference
 * @param ops must outlive the source
 * @param takes_ctx the context; may be NULL
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: `ops` lacks something; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_source_new(vouch_source **out, const vouch_source_ops *ops, void *takes_ctx,
    vouch_err *err);

/**
 * One reference more.
 *
 * @param source not NULL
 * @return the same
 */
VOUCH_API vouch_source *vouch_source_ref(vouch_source *source);

/**
 * One reference less; the last one closes it.
 *
 * @param source may be NULL
 */
VOUCH_API void vouch_source_free(vouch_source *source);

/**
 * Its functions: which are NULL tells what it can do.
 *
 * @param source the source
 * @return what it was made with
 */
VOUCH_API const vouch_source_ops *vouch_source_get_ops(const vouch_source *source);

/**
 * Asks what is known of a certificate, and holds the answer to the rules: a status that is unset, a reason
 * that does not exist (RFC 5280 5.3.1) or a revocation without a time is an error.
 *
 * @param source the source
 * @param issuer the certificate's
 * @param serial_number the content of its DER INTEGER
 * @param now the wall clock
 * @param out initialised by vouch_status_init(), and not owning anything; filled on VOUCH_OK, initialised
 *   again
 *   otherwise, with the times alone on VOUCH_ENOTFOUND; freed by vouch_status_clear()
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_ENOTFOUND: the source does not know it; VOUCH_EUNAVAILABLE: it cannot tell now;
 *   VOUCH_EREFUSED: its answer breaks a rule; VOUCH_EINVAL: `out` has no size; what else `lookup` returned
 */
VOUCH_API VOUCH_MUST int vouch_source_lookup(vouch_source *source, const vouch_issuer *issuer,
    vouch_span serial_number, vouch_time now, vouch_status *out, vouch_err *err);

/**
 * Lists the certificates that a source knows.
 *
 * @param source the source
 * @param issuer whose certificates
 * @param after the serial number to begin behind; empty: from the first
 * @param now the wall clock
 * @param cb called for each
 * @param arg handed to it
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; what `cb` returned, if that is positive; VOUCH_EREFUSED: this source cannot list; what
 *   `each` returned, if that is an error
 */
VOUCH_API VOUCH_MUST int vouch_source_each(vouch_source *source, const vouch_issuer *issuer, vouch_span after,
    vouch_time now, vouch_status_cb *cb, void *arg, vouch_err *err);

/**
 * Asks what changed since the last call.
 *
 * @param source the source
 * @param cursor where the last call ended; empty at first; kept and freed by the caller
 * @param cb called for each change
 * @param arg handed to it
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: the source cannot tell (vouch_source_get_ops() says so before); what
 *   `changes` returned
 */
VOUCH_API VOUCH_MUST int vouch_source_changes(vouch_source *source, vouch_buf *cursor, vouch_change_cb *cb,
    void *arg, vouch_err *err);

/**
 * How to learn that changes wait.
 *
 * @param source the source
 * @param[out] fd readable when there may be some; -1: none; the source's, not to be closed or read
 * @param[out] poll_ms how often to ask at least, in milliseconds; 0: no wish
 */
VOUCH_API void vouch_source_watch(vouch_source *source, int *fd, int *poll_ms);

/**
 * Tells a source which issuer is going to use it: for who makes a source of another one.
 *
 * vouch_issuer_add_source() does it for all others.
 *
 * @param source the source
 * @param issuer the issuer
 * @param err why it failed; may be NULL
 * @return VOUCH_OK, also if the source has no `attach`; what that returned
 */
VOUCH_API VOUCH_MUST int vouch_source_attach(vouch_source *source, const vouch_issuer *issuer,
    vouch_err *err);

/**
 * Asks how a source does.
 *
 * @param source the source
 * @param now the wall clock
 * @param out its size set; times are absent and `trouble` is VOUCH_OK where the source does not tell; nothing is
 *   written without a size
 */
VOUCH_API void vouch_source_get_health(vouch_source *source, vouch_time now, vouch_source_health *out);

/**
 * For a process that gives up its rights after it has opened its sources: when a file of one is replaced by another,
 * and that may not be opened, somebody is asked who may.  To be called by the thread that opened it, before the source
 * is used by others.
 *
 * @param source the source; one that reads no files, or has no need, takes no notice
 * @param open_cb called by the thread that reads the file
 * @param arg handed to it; it has to live as long as the source
 * @return true if the source is going to ask
 */
VOUCH_API bool vouch_source_set_open(vouch_source *source, vouch_open_cb *open_cb, void *arg);

/** How often a source was asked, and in vain; see vouch_source_get_counts(). */
typedef struct {
	/** Set by the caller to `sizeof(vouch_source_counts)`. */
	uint32_t size;
	/** Lookups. */
	uint64_t lookups;
	/** Lookups of what the source does not know. */
	uint64_t not_found;
	/** Lookups, and questions for changes, that failed because it was away. */
	uint64_t unavailable;
	/** Those that failed because what it holds cannot be right. */
	uint64_t errors;
} vouch_source_counts;

/**
 * Tells how often a source was asked.  Any thread.
 *
 * @param source the source
 * @param out its size set; nothing is written without one
 */
VOUCH_API void vouch_source_get_counts(const vouch_source *source, vouch_source_counts *out);

/**
 * Has the source read everything anew; on failure the old data stay.
 *
 * @param source the source; one that keeps nothing has nothing to do
 * @param now the wall clock
 * @param err why it failed; may be NULL
 * @return VOUCH_OK or what `reload` returned
 */
VOUCH_API VOUCH_MUST int vouch_source_reload(vouch_source *source, vouch_time now, vouch_err *err);

/**
 * One parameter of a URI, for who makes a source: "PATH?name=value&other=value".
 *
 * @param value cleared; the value, percent-decoded, with a NUL behind it that its length does not count
 * @param uri the URI; its parameters are behind the last question mark
 * @param name which one
 * @param err why it failed; may be NULL; not written for VOUCH_ENOTFOUND
 * @return VOUCH_OK; VOUCH_ENOTFOUND: it is not there; VOUCH_EINVAL: it is there twice, or wrongly encoded;
 *   VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_uri_parameter(vouch_buf *value, const char *uri, const char *name,
    vouch_err *err);

/**
 * A URI without some of its parameters: what another library reads, or, if a question mark is left, parameters that
 * nobody knows.
 *
 * @param out the URI is appended, with a NUL behind it that the length does not count; unchanged on failure
 * @param uri the URI
 * @param names which parameters are left out
 * @param count how many those are
 * @return VOUCH_OK or VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_uri_without(vouch_buf *out, const char *uri, const char *const *names,
    size_t count);

/**
 * Begins to write.  One transaction at a time; it ends with vouch_source_commit() or vouch_source_abort().
 *
 * @param source a register
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EREFUSED: the source cannot be written; what `begin` returned
 */
VOUCH_API VOUCH_MUST int vouch_source_begin(vouch_source *source, vouch_err *err);

/**
 * Creates or replaces the record of one certificate.
 *
 * Looks it up first, inside the transaction, and refuses what RFC 5280 5.3.1 forbids: a permanent
 * revocation never reverts, reason 7 does not exist, and 8 (removeFromCRL) is for delta CRLs only.
 *
 * @param source a register in which a transaction is open
 * @param issuer the certificate's
 * @param serial_number the content of its DER INTEGER
 * @param status what to record; copied
 * @param now the wall clock
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EREFUSED: it cannot be written, or a rule forbids it; VOUCH_EINVAL: `status` has
 *   no size; what `lookup` or `put` returned
 */
VOUCH_API VOUCH_MUST int vouch_source_put(vouch_source *source, const vouch_issuer *issuer,
    vouch_span serial_number, const vouch_status *status, vouch_time now, vouch_err *err);

/**
 * Ends the transaction; what was put is on disk when it returns 0.
 *
 * @param source a register in which a transaction is open
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EREFUSED: the source cannot be written; what `commit` returned
 */
VOUCH_API VOUCH_MUST int vouch_source_commit(vouch_source *source, vouch_err *err);

/**
 * Ends the transaction, and forgets what was put.
 *
 * @param source a register in which a transaction is open
 */
VOUCH_API void vouch_source_abort(vouch_source *source);

/**
 * Certificate revocation lists out of a file, or out of all files of a folder, in DER or PEM (RFC 5280 5).  URI:
 * PATH?name=value&..., where each parameter may be left out:
 * - `issued`: a file with what was issued: serial numbers, in hexadecimal, one on a line, or certificates.  What is in
 *   it and on no list is good, and what is in neither was never issued.  Without it nothing is good: what is not
 *   listed is VOUCH_ENOTFOUND, and the issuer's `not_issued` decides.  Certificates tell more than serial numbers: of
 *   which issuer they are, of which kind, and on which distribution point's list they would be.
 * - `crl_issuer`: a file with the certificates of those who sign lists besides the issuers themselves (indirect CRLs);
 *   read once
 * - `certificates`: `user` or `ca`: the issuers issue no others, so that lists of these alone are enough
 * - `shards`: how many distribution points each issuer has, or their URIs, with blanks ("%20") between them
 * - `crl_id`: `yes`: answers say which list they come from (RFC 6960 4.4.2)
 *
 * Every list is verified before it is used (RFC 5280 6.3.3): by the issuer whose key signed it, of several of one name,
 * or by a `crl_issuer`.  An indirect list speaks of the certificates of all issuers that use the source; one that an
 * issuer signed only revokes those of an issuer which has lists of its own.
 *
 * A certificate is revoked if any list says so that is not past its nextUpdate.  It is not revoked if the lists that
 * are fresh speak, together, of its kind of certificate, of all reasons and of its distribution point.  Whose kind is
 * not known (only certificates in `issued` tell) needs the lists of both kinds, or `certificates`.  Whose distribution
 * point is not known needs all of them, by `shards`; if neither is there, lists for one distribution point are never
 * enough.  Where a list that would do is missing or past its nextUpdate, the lookup is VOUCH_EUNAVAILABLE; where the
 * lists do not speak of the certificate, it is VOUCH_UNKNOWN, and `detail` says so.
 *
 * What is revoked for good stays so while the source is open, though a newer list leaves it out, or a delta CRL removes
 * it (1,048,576 certificates for each issuer and scope; beyond those, the ones revoked first are let go).  What was on
 * hold is so until newer lists that speak of the certificate leave it out.
 *
 * In a folder, what is not called .crl and is no CRL is passed over, as are lists of CAs that do not use the source,
 * also those beside others in one PEM file.  A list whose thisUpdate is more than a minute ahead waits for its time.
 *
 * Lists of a lower cRLNumber, of another distribution point or of another issuer than the one before are refused, as
 * are damaged ones; what there was stays in use, and vouch_source_get_health() tells why.  Newer files are read by
 * `changes` and `reload`, `issued` as well.  Who opens the source anew has it forget numbers and who was left out, too.
 * The lists of a file that is gone stay in use until their nextUpdate; after a `reload` they
 * only revoke.
 */
VOUCH_API extern const vouch_source_ops vouch_source_crl;

/** A list on its way into a source; see vouch_crl_load_new(). */
typedef struct vouch_crl_load vouch_crl_load;

/**
 * A source of lists whose octets the caller brings, from wherever they are.
 *
 * @param[out] out the source, with one reference
 * @param parameters as behind the question mark of vouch_source_crl's URI; NULL: none
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: a parameter is wrong; VOUCH_EIO: a file that one names cannot be read; VOUCH_EPARSE:
 *   or is damaged; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_crl_source_new(vouch_source **out, const char *parameters, vouch_err *err);

/**
 * Begins to bring a list.  Any number of them at a time, each used by one thread.
 *
 * @param[out] out to be ended with vouch_crl_load_free()
 * @param crls made by vouch_crl_source_new(), and attached to all its issuers already; a reference is taken
 * @param name what the list is known by, for people too (its URL): what comes under one name replaces what came
 *   before.  A list for a distribution point that has URIs must have this one among them, if it is a URL, or one of
 *   those that `shards` names.  Copied
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: another kind of source; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_crl_load_new(vouch_crl_load **out, vouch_source *crls, const char *name,
    vouch_err *err);

/**
 * Brings the next octets, which are parsed and hashed at once.
 *
 * @param load the load
 * @param octets DER or PEM, cut anywhere
 * @param err why it failed, with the offset; may be NULL
 * @return VOUCH_OK; VOUCH_EPARSE, VOUCH_EREFUSED, VOUCH_ELIMIT: it is no list that can be used; VOUCH_ECRYPTO;
 *   VOUCH_ENOMEM.  After a failure only vouch_crl_load_free() may follow.
 */
VOUCH_API VOUCH_MUST int vouch_crl_load_feed(vouch_crl_load *load, vouch_span octets, vouch_err *err);

/**
 * All was brought: the list is verified, and used from now on if that holds; else what was there stays.
 *
 * @param load the load
 * @param now the wall clock
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EPARSE: it is cut off; VOUCH_EVERIFY: nobody signed it whom an issuer trusts for that;
 *   VOUCH_EREFUSED: it must not be used, and the text says by which clause; a delta CRL that is ahead of its complete
 *   list is refused as well, and used as soon as that comes; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_crl_load_end(vouch_crl_load *load, vouch_time now, vouch_err *err);

/**
 * Frees a load; one that has not ended leaves nothing behind.
 *
 * @param load may be NULL
 */
VOUCH_API void vouch_crl_load_free(vouch_crl_load *load);

/** One list in use. */
typedef struct {
	/** Of the library's structure. */
	uint32_t size;
	/** What it is known by: its file or URL; valid for the call, as all of it. */
	const char *name;
	/** Its issuer's Name, in DER. */
	vouch_span issuer;
	/** thisUpdate. */
	vouch_time this_update;
	/** nextUpdate, or VOUCH_TIME_ABSENT. */
	vouch_time next_update;
	/** The content of cRLNumber's INTEGER; empty: there is none. */
	vouch_span crl_number;
	/** The content of BaseCRLNumber's INTEGER; empty: this is no delta CRL. */
	vouch_span base_crl_number;
	/** The first http or https URI of freshestCRL (RFC 5280 5.2.6); empty: none. */
	vouch_span freshest_crl;
	/** How many certificates are on it. */
	uint64_t entries;
} vouch_crl_info;

/**
 * Called for one list.
 *
 * @param arg the caller's
 * @param info borrowed for the call
 */
typedef void vouch_crl_info_cb(void *arg, const vouch_crl_info *info);

/**
 * Tells which lists a source uses now.
 *
 * @param crls made by vouch_crl_source_new(), or opened with vouch_source_crl
 * @param cb called for each
 * @param arg handed to it
 * @return VOUCH_OK; VOUCH_EINVAL: another kind of source
 */
VOUCH_API VOUCH_MUST int vouch_crl_source_lists(vouch_source *crls, vouch_crl_info_cb *cb, void *arg);

/**
 * The table of a CA as `openssl ca` and easy-rsa write it: index.txt.  URI: PATH; there are no parameters.  It is of one
 * CA: a second issuer is refused.
 *
 * R is revoked, V and E (expired) are good, and what has no row was never issued.  All of the file is read at once, and
 * what was read stays in use until a newer file is found sound: one with a damaged line (named with its number), with
 * one serial number in two lines, that is cut off, or that lacks rows which have not expired, is not.  Meanwhile
 * answers bear the moment as their thisUpdate at which the file was last known, `changes` fails, and
 * vouch_source_get_health() says why.  Who has removed rows on purpose opens the source anew.
 *
 * The file is looked at by `changes`, and by `lookup` once in a second if nobody asks for changes.
 */
VOUCH_API extern const vouch_source_ops vouch_source_index;

/** @} */

/**
 * @defgroup vouch_certificates Certificates
 * Certificates out of files, and what may be known of them.
 * @{
 */

/**
 * Takes the next certificate out of octets.
 *
 * @param input one DER certificate, or PEM text with any number and anything between them; moved behind
 *   what was
 *   read
 * @param der the certificate's DER is appended; unchanged on failure
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_ENOTFOUND: there is none left; VOUCH_EPARSE: neither; VOUCH_ELIMIT: too large;
 *   VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_certificate_read(vouch_span *input, vouch_buf *der, vouch_err *err);

/** What vouch_certificate_inspect() tells.  All spans point into the certificate. */
typedef struct {
	/** Set by the caller to `sizeof(vouch_certificate_info)`. */
	uint32_t size;
	/** The content of its DER INTEGER. */
	vouch_span serial_number;
	/** The issuer's Name, in DER. */
	vouch_span issuer;
	/** The subject's Name, in DER. */
	vouch_span subject;
	/** notBefore. */
	vouch_time not_before;
	/** notAfter. */
	vouch_time not_after;
	/** SHA-256 of the whole certificate. */
	uint8_t sha256[32];
	/**
	 * The first http or https URI with id-ad-ocsp of the AIA (RFC 5280 4.2.2.1), without a NUL; empty:
	 * none.
	 */
	vouch_span ocsp_url;
	/** The same for id-ad-caIssuers. */
	vouch_span ca_issuers_url;
	/**
	 * The public key as a CertID hashes it (RFC 6960 4.1.1): the bits of subjectPublicKey, without tag, length
	 * and number of unused bits.
	 */
	vouch_span subject_public_key;
	/** What subjectKeyIdentifier holds (RFC 5280 4.2.1.2); empty: it is not there, or damaged. */
	vouch_span subject_key_identifier;
} vouch_certificate_info;

/**
 * Looks into a certificate.  Nothing in it is verified.
 *
 * @param certificate its DER, and nothing behind it
 * @param out its size set; filled on VOUCH_OK, and valid as long as the certificate's octets
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EPARSE: not a certificate; VOUCH_ELIMIT: too large; VOUCH_EINVAL: `out` has no
 *   size; VOUCH_ECRYPTO; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_certificate_inspect(vouch_span certificate, vouch_certificate_info *out,
    vouch_err *err);

/**
 * Writes a Name for people: in the order of RFC 4514, UTF-8.
 *
 * @param out the text is appended, without a NUL; unchanged on failure
 * @param name a Name, in DER
 * @return VOUCH_OK; VOUCH_EPARSE: it is none; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_name_format(vouch_buf *out, vouch_span name);

/** @} */

/**
 * @defgroup vouch_signers Signers
 * Who signs answers (and, for clients, requests).
 * @{
 */

/**
 * One's own signer: signs, and appends the value of the signature (the content of the BIT STRING).
 *
 * May be called by several threads at a time.
 *
 * @param ctx `sign_ctx` of vouch_signer_options
 * @param tbs the octets to sign, to be hashed by the signer
 * @param signature the signature is appended, with vouch_buf_append()
 * @param err never NULL
 * @return VOUCH_OK or a VOUCH_E...
 */
typedef int vouch_sign_cb(void *ctx, vouch_span tbs, vouch_buf *signature, vouch_err *err);

/** `flags` of vouch_signer_options. */
enum {
	/**
	 * For doubles in tests only: RSA keys of 512 bits or more, and "rsa-sha1" and "ecdsa-sha1" by name,
	 * which RFC 6960 5.1.1 and RFC 9919 10 leave to nobody.
	 */
	VOUCH_SIGNER_WEAK = 1,
	/**
	 * The key is in another process: vouch_signer_sign() fails, and whoever runs the jobs brings them
	 * their signatures (vouch_job_tbs(), vouch_job_signed()).
	 */
	VOUCH_SIGNER_ELSEWHERE = 2
};

/** What a signer is made of.  Exactly one of key, key_octets, sign and VOUCH_SIGNER_ELSEWHERE is given. */
typedef struct {
	/** Set by the caller to `sizeof(vouch_signer_options)`. */
	uint32_t size;
	/** PEM or DER; the first certificate signs, the others, its chain, are sent along.  Copied. */
	vouch_span certificate;
	/**
	 * A path, or a URI that an OpenSSL store loads.  For "pkcs11:token=...;object=...?module-path=..." (RFC 7512)
	 * pkcs11-provider is loaded into a library context of the signer's own, unless the process's has set it up; so
	 * is tpm2-openssl for "handle:0x81000001", an object in a TPM.
	 */
	const char *key;
	/**
	 * For an encrypted key, a token's PIN, the authorisation of a TPM's key; empty: none.  Kept, for the latter two,
	 * to log in again.
	 */
	vouch_span passphrase;
	/**
	 * "rsa-sha256", "rsa-pss-sha256", "ecdsa-sha256", "ed25519" and the like; with OpenSSL 3.5 or newer also
	 * "ml-dsa-65", "slh-dsa-sha2-128s" and the like (RFC 9881, RFC 9909), in pure mode.  NULL: what suits the key.
	 */
	const char *algorithm;
	/** One's own signer instead of a key. */
	vouch_sign_cb *sign;
	/** Handed to sign; what vouch_signer_context() returns. */
	void *sign_ctx;
	/** The key itself instead of its place: PEM or DER, PKCS#8 or traditional. */
	vouch_span key_octets;
	/** VOUCH_SIGNER_... */
	uint32_t flags;
	/**
	 * For VOUCH_SIGNER_ELSEWHERE: what vouch_signer_prove() made where the key is.  Verified with the
	 * certificate, so that a key and a certificate that do not belong together are found before the first
	 * answer; empty: not known yet.
	 */
	vouch_span proof;
	/**
	 * Called once with sign_ctx when the last reference to the signer has gone, on whichever thread that
	 * is; not called when vouch_signer_open() fails.  NULL: nobody wants to know.
	 */
	void (*release)(void *sign_ctx);
} vouch_signer_options;

/**
 * Makes a signer: loads the key, holds it against its certificate, and proves it by one signature that is
 * verified.
 *
 * Weak keys and algorithms are refused (RFC 6960 5.1.1).
 *
 * @param[out] out the signer, with one reference
 * @param options everything in it is copied, except that sign and sign_ctx are kept
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: the options contradict themselves; VOUCH_EPARSE: no certificate or no
 *   key; VOUCH_EIO: the key cannot be read; VOUCH_EREFUSED: the key is not that of the certificate, cannot
 *   be decrypted, or is weak, or the token refused the PIN; VOUCH_EUNAVAILABLE: no token at hand has it;
 *   VOUCH_ELIMIT: too many certificates; VOUCH_ECRYPTO; what sign returned; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_signer_open(vouch_signer **out, const vouch_signer_options *options,
    vouch_err *err);

/**
 * Signs a fixed text that is no ResponseData: shows who has the certificate that the key is there.
 *
 * Any thread may call it.
 *
 * @param signer one that has its key
 * @param[out] proof the signature is appended
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; what vouch_signer_sign() returns
 */
VOUCH_API VOUCH_MUST int vouch_signer_prove(vouch_signer *signer, vouch_buf *proof, vouch_err *err);

/**
 * What its maker gave as sign_ctx.
 *
 * @param signer not NULL
 * @return the pointer as it was given; NULL: none was
 */
VOUCH_API void *vouch_signer_context(const vouch_signer *signer);

/**
 * One reference more.
 *
 * @param signer not NULL
 * @return the same
 */
VOUCH_API vouch_signer *vouch_signer_ref(vouch_signer *signer);

/**
 * One reference less; the last one frees it, and its key.
 *
 * @param signer may be NULL
 */
VOUCH_API void vouch_signer_free(vouch_signer *signer);

/**
 * Signs.  Any number of threads at a time; blocks as long as the key does.
 *
 * @param signer the signer
 * @param tbs the octets to sign
 * @param signature the value of the signature is appended; unchanged on failure
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_ECRYPTO; what one's own signer returned, VOUCH_EUNAVAILABLE if it returned
 *   nothing; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_signer_sign(vouch_signer *signer, vouch_span tbs, vouch_buf *signature,
    vouch_err *err);

/**
 * As vouch_signer_sign(), for a key that may go away: one that an OpenSSL store loaded out of anything but a
 * file, such as a PKCS#11 token.  When it fails to sign it is opened and proved anew at once, and then at most
 * once in each value of `now`, by one caller while the others fail without waiting; a refused PIN is never tried
 * again, lest the token lock itself.  Blocks as long as the token does.  Any thread.
 *
 * @param signer the signer
 * @param tbs the octets to sign
 * @param now the time; VOUCH_TIME_ABSENT, which vouch_signer_sign() stands for: try each time
 * @param signature the value is appended
 * @param[out] err the reason; may be NULL
 * @return what vouch_signer_sign() returns; VOUCH_EUNAVAILABLE while such a key is away (tryLater, RFC 6960 2.3)
 */
VOUCH_API VOUCH_MUST int vouch_signer_sign_at(vouch_signer *signer, vouch_span tbs, vouch_time now,
    vouch_buf *signature, vouch_err *err);

/**
 * The certificate that signs.
 *
 * @param signer the signer
 * @return its DER, borrowed
 */
VOUCH_API vouch_span vouch_signer_certificate(const vouch_signer *signer);

/**
 * The algorithm that it signs with.
 *
 * @param signer the signer
 * @return "ecdsa-sha256", static
 */
VOUCH_API const char *vouch_signer_algorithm(const vouch_signer *signer);

/** @} */

/**
 * @defgroup vouch_issuers Issuers
 * The CAs whose certificates are answered for: certificate, policy, signers and sources.
 * @{
 */

/** The hash algorithm of a CertID (RFC 6960 4.1.1). */
enum vouch_hash {
	/** One that this library does not know. */
	VOUCH_HASH_OTHER = 0,
	/** SHA-1, which RFC 5019 clients use. */
	VOUCH_SHA1,
	/** SHA-256, which RFC 9919 3.1.1 wants. */
	VOUCH_SHA256,
	/** SHA-384. */
	VOUCH_SHA384,
	/** SHA-512. */
	VOUCH_SHA512,
	/** MD5, for what cannot be changed any more. */
	VOUCH_MD5
};

/** The most octets that vouch_digest() writes. */
#define VOUCH_DIGEST_MAX 64

/**
 * Hashes octets, such as an issuer's name or key for the database that a source asks.  Any thread.
 *
 * @param hash which algorithm
 * @param data what is hashed
 * @param[out] out the digest; not written when it is not available
 * @return how many octets it has; 0: the cryptographic library has no such algorithm
 */
VOUCH_API size_t vouch_digest(enum vouch_hash hash, vouch_span data, uint8_t out[VOUCH_DIGEST_MAX]);

/** How many hash algorithms this header knows, VOUCH_HASH_OTHER included. */
#define VOUCH_HASHES 6

/** The bit of one of them, for certid_hashes. */
#define VOUCH_HASH_BIT(hash) (1u << (hash))

/** Whose rules are enforced; everything else refuses nothing that RFC 6960 allows. */
enum vouch_profile {
	/** RFC 6960 alone. */
	VOUCH_PROFILE_RFC6960 = 0,
	/** The CA/Browser Forum's Baseline Requirements and the root programs'. */
	VOUCH_PROFILE_WEBPKI,
	/** EN 319 411-1 and -2. */
	VOUCH_PROFILE_ETSI,
	/** A company's own: nothing more is refused than with RFC 6960. */
	VOUCH_PROFILE_ENTERPRISE
};

/** What is done with a nonce (RFC 9654). */
enum vouch_nonce_policy {
	/** It is returned. */
	VOUCH_NONCE_ECHO = 0,
	/** It is passed over: every answer may come from the store. */
	VOUCH_NONCE_IGNORE,
	/** It is returned, and a request without one is answered unauthorized. */
	VOUCH_NONCE_REQUIRE
};

/** What is said of a certificate that no source knows (RFC 6960 2.2). */
enum vouch_not_issued {
	/** unknown. */
	VOUCH_NOT_ISSUED_UNKNOWN = 0,
	/**
	 * The request is answered unauthorized (RFC 9919 3.2.4); beside certificates that are known,
	 * unknown.
	 */
	VOUCH_NOT_ISSUED_UNAUTHORIZED,
	/** revoked, on hold since 1970, with the extension extended-revoke (RFC 6960 4.4.8). */
	VOUCH_NOT_ISSUED_REVOKED,
	/** good; refused by the profiles webpki and etsi. */
	VOUCH_NOT_ISSUED_GOOD
};

/** Which of one's own signatures are verified before anybody sees them. */
enum vouch_verify_policy {
	/** Those of answers that are stored, and one in 1024 of the others. */
	VOUCH_VERIFY_CACHEABLE = 0,
	/** All. */
	VOUCH_VERIFY_ALWAYS,
	/** None, after the one that every signer is proved by. */
	VOUCH_VERIFY_NEVER
};

/** How answers name their responder (RFC 6960 4.2.1 ResponderID). */
enum vouch_responder_id {
	/** byKey, which RFC 9919 3.2.2 wants. */
	VOUCH_BY_KEY = 0,
	/** byName. */
	VOUCH_BY_NAME
};

/** What is done with a request that names several issuers which have no signer in common. */
enum vouch_mixed {
	/**
	 * The signer that speaks for most of them answers, and the certificates of the others are unknown;
	 * if one of these is known to be revoked, the whole request is unauthorized.
	 */
	VOUCH_MIXED_ANSWER = 0,
	/** unauthorized. */
	VOUCH_MIXED_UNAUTHORIZED
};

/** What archiveCutoff says in answers (RFC 6960 4.4.4). */
enum vouch_archive {
	/** It is not there. */
	VOUCH_ARCHIVE_NONE = 0,
	/** The notBefore of the CA's certificate (EN 319 411-2 CSS-6.3.10-10). */
	VOUCH_ARCHIVE_ISSUER = 1,
	/** producedAt minus archive_years and archive_seconds. */
	VOUCH_ARCHIVE_RETENTION = 2
};

/** `shape` of vouch_issuer_options: how answers are written, for who replaces another responder. */
enum {
	/**
	 * thisUpdate is the moment of the lookup, to the second, and nextUpdate is validity later, whatever
	 * the signer's notAfter is.
	 */
	VOUCH_SHAPE_PLAIN_TIMES = 1,
	/** revocationReason unspecified is written out (RFC 5280 5.3.1 would leave it away). */
	VOUCH_SHAPE_UNSPECIFIED = 2,
	/** The signer's certificate is sent even when it is the CA's own. */
	VOUCH_SHAPE_ALWAYS_CERTS = 4
};

/** The policy of an issuer.  Zero is the default everywhere. */
typedef struct {
	/** `sizeof(vouch_issuer_options)`, set by vouch_issuer_options_init(). */
	uint32_t size;
	/** For messages and metrics; NULL: the subject's common name.  Copied. */
	const char *name;
	/** An enum vouch_profile: which limits are enforced. */
	uint8_t profile;
	/** An enum vouch_nonce_policy. */
	uint8_t nonce;
	/** An enum vouch_not_issued. */
	uint8_t not_issued;
	/** An enum vouch_verify_policy. */
	uint8_t verify_signatures;
	/** An enum vouch_responder_id. */
	uint8_t responder_id;
	/** An enum vouch_mixed. */
	uint8_t mixed_issuers;
	/** The VOUCH_HASH_BIT()s that are served; 0: SHA-1, -256, -384 and -512; MD5 only by choice. */
	uint32_t certid_hashes;
	/** Seconds: nextUpdate = thisUpdate + validity - 1; at least 2; 0: 86400. */
	int64_t validity;
	/** Seconds: the most that HTTP caches are told to keep an answer (RFC 9919 7.2); 0: 43200. */
	int64_t max_age;
	/** Milliseconds that stored answers stand without word from the sources; 0: 1000. */
	uint32_t lease_ms;
	/** An enum vouch_archive. */
	uint8_t archive;
	/** The retention: calendar years ... */
	uint32_t archive_years;
	/** ... and seconds. */
	int64_t archive_seconds;
	/** VOUCH_SHAPE_... */
	uint32_t shape;
	/**
	 * Since when the CA's key is known to be compromised (RFC 6960 2.7); 0: it is not.
	 *
	 * From then on every serial number is revoked with cACompromise at that time, whether a source knows it or not,
	 * and also while the sources are away; who was revoked before, and not only on hold, stays revoked as he was.  A
	 * time in the future shows when it comes.
	 */
	vouch_time compromised;
	/**
	 * In how many lookups a second, at most, the sources may be asked in vain; 0: 200 if a source is not
	 * VOUCH_SOURCE_INLINE and not_issued is not VOUCH_NOT_ISSUED_GOOD, else as many as come.
	 *
	 * Beyond it (and as many more as are asked at that moment) requests are told tryLater without a lookup, and
	 * `error` of their outcome is VOUCH_ELIMIT.  Certificates that a source knew when they were last asked for are
	 * looked up always: serial numbers that somebody invents keep nobody from those.
	 */
	uint32_t unknown_lookups;
} vouch_issuer_options;

/**
 * vouch_issuer_options_init() for a structure of that size: that of the header which the caller was
 * compiled with.
 *
 * @param options overwritten
 * @param size its sizeof
 */
VOUCH_API void vouch_issuer_options_init_sized(vouch_issuer_options *options, size_t size);

/**
 * Defaults everywhere.
 *
 * @param options overwritten
 */
VOUCH_INLINE void
vouch_issuer_options_init(vouch_issuer_options *options)
{
	vouch_issuer_options_init_sized(options, sizeof(*options));
}

/**
 * Makes an issuer.
 *
 * @param[out] out the issuer, with one reference
 * @param certificate the CA's, PEM or DER, copied; one that may not issue (RFC 5280 4.2.1.3, 4.2.1.9) is
 *   refused
 * @param options NULL: the defaults
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: an option is out of its range; VOUCH_EREFUSED: the profile forbids it, or
 *   the certificate is not a CA's; VOUCH_EPARSE: no certificate; VOUCH_ECRYPTO; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_issuer_new(vouch_issuer **out, vouch_span certificate,
    const vouch_issuer_options *options, vouch_err *err);

/**
 * One reference more.
 *
 * @param issuer not NULL
 * @return the same
 */
VOUCH_API vouch_issuer *vouch_issuer_ref(vouch_issuer *issuer);

/**
 * One reference less.
 *
 * @param issuer may be NULL
 */
VOUCH_API void vouch_issuer_free(vouch_issuer *issuer);

/** The flags of vouch_issuer_add_signer(). */
enum {
	/** Clients trust this signer by their own configuration (RFC 6960 2.2, 4.2.2.2 no. 1). */
	VOUCH_SIGNER_LOCALLY_TRUSTED = 1
};

/**
 * Adds a signer; the first is the default (RFC 6960 4.4.7.2).  Before the issuer is added to a responder.
 *
 * @param issuer the issuer
 * @param signer the CA itself, or issued directly by it with id-kp-OCSPSigning (RFC 6960 4.2.2.2); a
 *   reference is
 *   taken
 * @param flags VOUCH_SIGNER_LOCALLY_TRUSTED or 0
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EREFUSED: it may not answer for this issuer, and the text says by which clause;
 *   VOUCH_EINVAL: no such flag; VOUCH_ECRYPTO; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_issuer_add_signer(vouch_issuer *issuer, vouch_signer *signer, unsigned flags,
    vouch_err *err);

/** The flags of vouch_issuer_add_source(). */
enum {
	/** While it cannot tell, for whatever reason, the others are asked, and believed if they say revoked. */
	VOUCH_SOURCE_OPTIONAL = 1
};

/**
 * Adds a source; they are asked in the order they were added.  Before the issuer is added to a responder.
 *
 * Good, revoked or on hold ends the search; not found and unknown go on; unavailable, or data past their nextUpdate,
 * end it with tryLater, and what cannot be right with internalError, unless the source is optional and one of those
 * after it says revoked.  thisUpdate and nextUpdate of an answer are the earliest of the sources that were asked.
 *
 * @param issuer the issuer
 * @param source a reference is taken; its `attach` is called
 * @param flags VOUCH_SOURCE_OPTIONAL or 0
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: no such flag; what `attach` returned; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_issuer_add_source(vouch_issuer *issuer, vouch_source *source, unsigned flags,
    vouch_err *err);

/**
 * How many sources it has.
 *
 * @param issuer the issuer
 * @return the number
 */
VOUCH_API size_t vouch_issuer_sources(const vouch_issuer *issuer);

/**
 * One of its sources, in the order in which they are asked.
 *
 * @param issuer the issuer
 * @param number from 0
 * @param[out] flags VOUCH_SOURCE_OPTIONAL or 0; may be NULL
 * @return borrowed; NULL beyond the last
 */
VOUCH_API vouch_source *vouch_issuer_source(const vouch_issuer *issuer, size_t number, unsigned *flags);

/**
 * Asks all sources of an issuer, in order, what an answer would be made of: see vouch_issuer_add_source().  A
 * revocation in the future is good until then, with that moment as the end of next_update; a compromised CA's
 * certificates are revoked.
 *
 * Any thread; blocks as long as the sources do.
 *
 * @param issuer the issuer
 * @param serial_number the content of its DER INTEGER
 * @param now the wall clock
 * @param out initialised by vouch_status_init(), and not owning anything; filled on VOUCH_OK, with the times alone on
 *   VOUCH_ENOTFOUND; freed by vouch_status_clear()
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_ENOTFOUND: no source knows it, and `not_issued` of the issuer's options says what clients are
 *   told; VOUCH_EUNAVAILABLE: tryLater; VOUCH_EIO: what a source holds cannot be right (internalError); VOUCH_EINVAL:
 *   `out` has no size
 */
VOUCH_API VOUCH_MUST int vouch_issuer_lookup(const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
    vouch_status *out, vouch_err *err);

/**
 * Its name for people.
 *
 * @param issuer the issuer
 * @return never NULL
 */
VOUCH_API const char *vouch_issuer_name(const vouch_issuer *issuer);

/**
 * The CA's certificate.
 *
 * @param issuer the issuer
 * @return its DER
 */
VOUCH_API vouch_span vouch_issuer_certificate(const vouch_issuer *issuer);

/**
 * The CA's subject.
 *
 * @param issuer the issuer
 * @return the Name, in DER, as the certificate has it
 */
VOUCH_API vouch_span vouch_issuer_subject(const vouch_issuer *issuer);

/**
 * What names the issuer in registers: SHA-256 over the DER of the subject and the bits of the public key.
 * It is the same for all certificates of one CA.
 *
 * @param issuer the issuer
 * @return 32 octets
 */
VOUCH_API vouch_span vouch_issuer_id(const vouch_issuer *issuer);

/**
 * Tells whether a certificate was issued by this issuer: the names match and the signature holds.  Times
 * and extensions are not looked at.
 *
 * @param issuer the issuer
 * @param certificate DER
 * @param err why not; may be NULL
 * @return VOUCH_OK: it was; VOUCH_EVERIFY: it was not; VOUCH_EREFUSED: signed with a weak algorithm (RFC
 *   6960 5.1.1); VOUCH_EPARSE: not a certificate; VOUCH_ECRYPTO; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_issuer_verify(const vouch_issuer *issuer, vouch_span certificate,
    vouch_err *err);

/**
 * How many signers it has.
 *
 * @param issuer the issuer
 * @return the number
 */
VOUCH_API size_t vouch_issuer_signers(const vouch_issuer *issuer);

/**
 * One of its signers.
 *
 * @param issuer the issuer
 * @param number from 0
 * @return borrowed; NULL beyond the last
 */
VOUCH_API vouch_signer *vouch_issuer_signer(const vouch_issuer *issuer, size_t number);

/** How bad a finding is. */
enum vouch_severity {
	/** Worth knowing. */
	VOUCH_NOTE = 0,
	/** Works, and some client or auditor will object. */
	VOUCH_WARNING,
	/** Breaks a rule, or does not work. */
	VOUCH_ERROR
};

/** One finding of vouch_issuer_check(). */
typedef struct {
	/** Of the library's structure. */
	uint32_t size;
	/** An enum vouch_severity. */
	uint8_t severity;
	/** "RFC 6960 4.2.2.2.1"; valid for the call. */
	const char *rule;
	/** What was found, and what to do about it; valid for the call. */
	const char *text;
} vouch_finding;

/**
 * Called for one finding.
 *
 * @param arg the caller's
 * @param finding borrowed for the call
 */
typedef void vouch_finding_cb(void *arg, const vouch_finding *finding);

/**
 * Looks over the certificates of an issuer and its signers, and its policy: expiry (30, 7 and 1 days
 * ahead), nocheck, AIA and CRL distribution points in a signer, the profile's limits, and more.
 *
 * @param issuer the issuer
 * @param now the wall clock
 * @param cb called for each finding
 * @param arg handed to it
 */
VOUCH_API void vouch_issuer_check(const vouch_issuer *issuer, vouch_time now, vouch_finding_cb *cb,
    void *arg);

/** @} */

/**
 * @defgroup vouch_guards Guards
 * What is signed where the key is, for whoever keeps keys in a process of their own.
 *
 * Whoever can choose what a CA's key signs has a certificate of his own making.  A guard stands before
 * vouch_signer_sign() and lets nothing pass but answers: those that a vouch_responder makes of the same
 * issuers, in the signer's own name and of now.  It knows the limits from the issuers it was given, never
 * from the octets, and it neither allocates nor waits.
 * @{
 */

/** The limits of a guard that are not those of its issuers. */
typedef struct {
	/** Set by the caller to `sizeof(vouch_guard_options)`. */
	uint32_t size;
	/** The most entries in one answer, as in vouch_responder_options; 0: 16; at most 64. */
	uint32_t certids;
} vouch_guard_options;

/**
 * Makes the guard of a signer, which lets nothing pass before the first vouch_guard_add().
 *
 * @param[out] out the guard
 * @param signer a reference is taken; it need not have its key
 * @param options NULL: the defaults
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: certids is too large, or there is no size; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_guard_new(vouch_guard **out, vouch_signer *signer,
    const vouch_guard_options *options, vouch_err *err);

/**
 * Lets answers about certificates of an issuer pass.  One thread, before the guard is used.
 *
 * @param guard the guard
 * @param issuer one that the very signer was added to (vouch_issuer_add_signer() has judged it), with the
 *   options that the responder has; sources are not needed; a reference is taken
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EREFUSED: the signer is none of the issuer's; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_guard_add(vouch_guard *guard, vouch_issuer *issuer, vouch_err *err);

/**
 * Tells whether octets may be signed.  Any number of threads at a time.
 *
 * `rule` of err names the rule that they break:
 * - `size`: more than 65,536 octets
 * - `der`: not exactly one ResponseData v1 in DER (RFC 6960 4.2.1), or one without responses or with more
 *   than `certids`
 * - `responder_id`: neither form of ResponderID that the signer's certificate has (RFC 6960 4.2.2.3)
 * - `signer_validity`: the signer's certificate is not valid now
 * - `produced_at`: producedAt is more than 60 seconds from the clock
 * - `certid`: no CertID names an issuer that was added, or one that names none has another status than
 *   unknown; hashes that the issuer's certid_hashes leaves out name nobody
 * - `cert_status`: revoked later than producedAt, with a reason that answers do not have (RFC 5280 5.3.1),
 *   or with unspecified where VOUCH_SHAPE_UNSPECIFIED is not set
 * - `this_update`: after producedAt
 * - `next_update_absent`: nextUpdate is not there
 * - `next_update`: not after producedAt, or later than producedAt and the issuer's validity, or later than
 *   the signer's notAfter unless VOUCH_SHAPE_PLAIN_TIMES is set
 * - `critical_extension`: no extension of an answer is critical (RFC 6960 4.1.2)
 * - `extension`: one that is not on the list, or whose value is not of its type.  In responseExtensions:
 *   the nonce, and extended-revoke (RFC 6960 4.4.8) of an issuer with VOUCH_NOT_ISSUED_REVOKED.  In
 *   singleExtensions: archiveCutoff, CrlID, invalidityDate, certificateIssuer, the SCT list (RFC 6962 3.3),
 *   certHash and certInDirSince (Common PKI part 4)
 * - `nonce`: not 1 to 128 octets (RFC 9654 2.1)
 *
 * @param guard the guard
 * @param tbs what vouch_job_tbs() gave, or whatever came in its place
 * @param now the wall clock of whoever has the key
 * @param err the rule and the fact; its offset tells where octets are no ResponseData; may be NULL
 * @return VOUCH_OK: sign it; VOUCH_EREFUSED: do not
 */
VOUCH_API VOUCH_MUST int vouch_guard_check(const vouch_guard *guard, vouch_span tbs, vouch_time now,
    vouch_err *err);

/**
 * Frees a guard.
 *
 * @param guard may be NULL
 */
VOUCH_API void vouch_guard_free(vouch_guard *guard);

/** @} */

/**
 * @defgroup vouch_responders The responder
 * Answers to requests, in one call or step by step.
 *
 * vouch_handle() does it all, and blocks as long as the sources and the signer do.  Who must not block
 * calls vouch_try_cached() and, when it returns VOUCH_EAGAIN, makes a vouch_job of the request.
 * @{
 */

/** OCSPResponseStatus (RFC 6960 4.2.1). */
enum vouch_response_status {
	/** The response has an answer for each CertID. */
	VOUCH_SUCCESSFUL = 0,
	/** The request is not one. */
	VOUCH_MALFORMED_REQUEST = 1,
	/** The responder holds what cannot be right. */
	VOUCH_INTERNAL_ERROR = 2,
	/** A source or signer is away. */
	VOUCH_TRY_LATER = 3,
	/** Requests must be signed. */
	VOUCH_SIG_REQUIRED = 5,
	/** The responder does not answer for this, or not to this client. */
	VOUCH_UNAUTHORIZED = 6
};

/**
 * The name of an OCSPResponseStatus, as in the ASN.1.
 *
 * @param response_status an enum vouch_response_status
 * @return "malformedRequest"; static; "reserved" for a value that does not exist
 */
VOUCH_API const char *vouch_response_status_name(int response_status);

/**
 * Makes a store for answers that are signed already: bounded, and shared by the responders that are made
 * with it, one after another over reloads.
 *
 * Only answers about one certificate without a nonce are stored.
 *
 * @param[out] out the store, with one reference
 * @param octets the most memory it takes, all of it reserved at once
 * @param key 16 random octets of the caller's, since peers choose serial numbers; copied
 * @param err why it failed; may be NULL
 * @return VOUCH_OK or VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_store_new(vouch_store **out, size_t octets, const uint8_t key[16],
    vouch_err *err);

/**
 * One reference more.
 *
 * @param store not NULL
 * @return the same
 */
VOUCH_API vouch_store *vouch_store_ref(vouch_store *store);

/**
 * One reference less.
 *
 * @param store may be NULL
 */
VOUCH_API void vouch_store_free(vouch_store *store);

/** What a responder is made with. */
typedef struct {
	/** Set by the caller to `sizeof(vouch_responder_options)`. */
	uint32_t size;
	/** The most CertIDs in one request; 0: 16; at most 64. */
	uint32_t certids;
	/** NULL: nothing is stored.  A reference is taken. */
	vouch_store *store;
	/**
	 * Greater than that of every responder before this one that used the store, in its last 24 bits: a
	 * count.  The stored answers of an issuer whose certificate, policy and signer are what they were
	 * stay; each is looked up again before it is served, and signed anew only if its status is another.
	 */
	uint64_t epoch;
	/** 16 random octets of the caller's: key of the tables that peers can write to. */
	uint8_t key[16];
	/**
	 * What vouch_responder_last_produced_at() told of the responder before this one; 0 or
	 * VOUCH_TIME_ABSENT: nothing was signed yet.
	 */
	vouch_time last_produced_at;
} vouch_responder_options;

/**
 * Makes a responder without issuers.
 *
 * @param[out] out the responder, with one reference
 * @param options not NULL
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: certids is too large, or there is no size; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_responder_new(vouch_responder **out, const vouch_responder_options *options,
    vouch_err *err);

/**
 * One reference more.
 *
 * @param responder not NULL
 * @return the same
 */
VOUCH_API vouch_responder *vouch_responder_ref(vouch_responder *responder);

/**
 * One reference less.
 *
 * @param responder may be NULL
 */
VOUCH_API void vouch_responder_free(vouch_responder *responder);

/**
 * Serves an issuer under a path.  Several may share one; the same issuer may have several.
 *
 * One thread, before the responder is used.  The issuer has all its signers and sources by then.
 *
 * @param responder the responder
 * @param issuer a reference is taken
 * @param path "/", "/corp", "/corp/"; NULL is "/"; as it is written in a request's target
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: not a path; VOUCH_ELIMIT: too long a path; VOUCH_EREFUSED: another issuer
 *   of the path has the same name and key; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_responder_add(vouch_responder *responder, vouch_issuer *issuer,
    const char *path, vouch_err *err);

/**
 * The scope whose path is the longest prefix of the raw path of a request; a prefix ends at '/'.
 *
 * @param responder the responder
 * @param path as it came in, not decoded
 * @param[out] prefix how many octets of it the scope covers, its slash included
 * @return borrowed from the responder; NULL: no scope matches, and prefix is not written
 */
VOUCH_API const vouch_scope *vouch_responder_scope(const vouch_responder *responder, vouch_span path,
    size_t *prefix);

/** `flags` of vouch_call. */
enum {
	/** Refuse octets behind the request; otherwise a CR LF there is forgiven. */
	VOUCH_CALL_STRICT = 1,
	/** Make no signature for a request with a nonce: the answer has no body (HEAD). */
	VOUCH_CALL_NO_NONCED = 2,
	/**
	 * Wait for the answer that another job is making rather than make it twice: vouch_job_step() may
	 * return VOUCH_WANT_PEER.  Only an answer that could come from a store is shared, and only as long as
	 * nothing was heard of a change since the other began, within the issuer's lease.  For jobs only;
	 * vouch_handle() takes no notice of it.
	 */
	VOUCH_CALL_COALESCE = 4,
	/**
	 * Sign anew even where a stored answer stands, unless that was made in this second or later: renewal
	 * ahead of time, see `renew` of vouch_outcome.  Together with VOUCH_CALL_COALESCE the job ends at once
	 * when another is making this answer: with a tryLater that is nobody's, whose `error` is VOUCH_EAGAIN.
	 */
	VOUCH_CALL_RENEW = 8
};

/** The circumstances of one request. */
typedef struct {
	/** Set by the caller to `sizeof(vouch_call)`. */
	uint32_t size;
	/** VOUCH_CALL_... */
	unsigned flags;
	/** The wall clock. */
	vouch_time now;
	/**
	 * Milliseconds of a clock that never goes back, the same one for all calls and polls.  A stored answer stands only
	 * if by this clock and by `now` the last poll is no longer ago than a lease: the one stands still while a machine
	 * sleeps, the other may be set.
	 */
	uint64_t monotonic_ms;
	/** Which issuers may be asked for; NULL: every issuer of the responder. */
	const vouch_scope *scope;
} vouch_call;

/** Where an answer came from. */
enum vouch_served_from {
	/** It is an error, which needs no signature. */
	VOUCH_SERVED_ERROR = 0,
	/** It was signed before. */
	VOUCH_SERVED_STORE,
	/** It was signed for this request. */
	VOUCH_SERVED_SIGNED,
	/** It is the answer that another job was making meanwhile; see VOUCH_CALL_COALESCE. */
	VOUCH_SERVED_PEER
};

/** How a request was answered: for HTTP header fields, logs and metrics. */
typedef struct {
	/**
	 * Set by the caller to `sizeof(vouch_outcome)`; in what vouch_job_outcome() returns, by the
	 * library.
	 */
	uint32_t size;
	/** An enum vouch_response_status. */
	uint8_t response_status;
	/** An enum vouch_served_from. */
	uint8_t served_from;
	/** 1: one CertID, no nonce: HTTP caches may keep it until cache_until. */
	uint8_t cacheable;
	/** 1: the request had a nonce that the policy heeds. */
	uint8_t nonce;
	/** 1: sha256 is known. */
	uint8_t has_sha256;
	/** SHA-256 of the response, made when an answer is stored. */
	uint8_t sha256[32];
	/** How many CertIDs were asked for. */
	uint8_t certids;
	/** How many answers of each enum vouch_cert_status there are. */
	uint8_t statuses[4];
	/**
	 * How many CertIDs of each enum vouch_hash there are; VOUCH_HASHES of them count, the rest is zero.
	 */
	uint8_t hashes[16];
	/** producedAt; VOUCH_TIME_ABSENT: an error. */
	vouch_time produced_at;
	/** The earliest thisUpdate; VOUCH_TIME_ABSENT: an error. */
	vouch_time this_update;
	/** The earliest nextUpdate; VOUCH_TIME_ABSENT: an error. */
	vouch_time next_update;
	/** When the responder will make a new answer; VOUCH_TIME_ABSENT: an error. */
	vouch_time renew_at;
	/** min(renew_at, next_update - 1, now + max_age); VOUCH_TIME_ABSENT: an error. */
	vouch_time cache_until;
	/** Of the first CertID, or NULL; borrowed from the responder. */
	const vouch_issuer *issuer;
	/** Why it is an error, for a log; static; NULL: it is none. */
	const char *cause;
	/** The VOUCH_E... behind it, or VOUCH_OK. */
	int error;
	/** The text behind it, cut to fit; may be empty. */
	char detail[160];
	/** Zero; what older headers end with. */
	uint8_t reserved[4];
	/**
	 * 1: the stored answer that was served should be renewed now, ahead of renew_at: start a job for the
	 * same request with VOUCH_CALL_RENEW and VOUCH_CALL_COALESCE, whose answer is for nobody but the store.
	 */
	uint8_t renew;
} vouch_outcome;

/** What a job needs next. */
enum vouch_step {
	/** Nothing: vouch_job_response() and vouch_job_outcome() have the answer. */
	VOUCH_DONE = 0,
	/**
	 * Call vouch_job_lookup() on any thread, then step again.  May be asked once more after a signature, where something
	 * changed while that was waited for.
	 */
	VOUCH_WANT_STATUS,
	/** Sign what vouch_job_tbs() gives with its signer, call vouch_job_signed(), then step again. */
	VOUCH_WANT_SIGNATURE,
	/**
	 * Another job is making this very answer: call vouch_job_await(), and step again when told.  Only with
	 * VOUCH_CALL_COALESCE.
	 */
	VOUCH_WANT_PEER
};

/**
 * Begins an answer as a job that never waits by itself.
 *
 * The caller owns every deadline: it may free a job at any time.  Without memory there is no job; every
 * other trouble ends in VOUCH_DONE with an OCSP error response.
 *
 * @param[out] out the job, which has a reference to the responder
 * @param responder the responder
 * @param call copied
 * @param request an OCSPRequest, or whatever the client sent; copied
 * @return VOUCH_OK; VOUCH_EINVAL: `call` has no size; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_job_start(vouch_job **out, vouch_responder *responder, const vouch_call *call,
    vouch_span request);

/**
 * Takes the job as far as it goes without waiting.
 *
 * @param job the job
 * @param now the wall clock
 * @return an enum vouch_step: what the job needs next; the same again until it was given
 */
VOUCH_API VOUCH_MUST int vouch_job_step(vouch_job *job, vouch_time now);

/**
 * Tells whether vouch_job_lookup() may be called on an event loop: every source that will be asked is
 * VOUCH_SOURCE_INLINE.
 *
 * @param job the job
 * @return true: it does not wait for another machine
 */
VOUCH_API bool vouch_job_lookup_is_inline(const vouch_job *job);

/**
 * Tells whether a source knows the certificates that a job is about, as far as the job can tell: before the lookup,
 * whether one knew them lately; afterwards, whether one does.
 *
 * For who has more jobs than he can do: serial numbers that anybody may have invented can wait.  Where `not_issued` is
 * VOUCH_NOT_ISSUED_GOOD, what was looked up in vain counts as known.
 *
 * @param job the job
 * @return true: all of them
 */
VOUCH_API bool vouch_job_is_known(const vouch_job *job);

/**
 * Asks the sources; blocks as long as they do.  Does nothing unless the job is at VOUCH_WANT_STATUS.
 *
 * @param job the job
 * @param now the wall clock
 */
VOUCH_API void vouch_job_lookup(vouch_job *job, vouch_time now);

/**
 * What is to be signed: the DER of ResponseData.  At VOUCH_WANT_SIGNATURE only.
 *
 * @param job the job
 * @param[out] signer who has to sign it, borrowed from the job
 * @return the octets, borrowed from the job
 */
VOUCH_API vouch_span vouch_job_tbs(const vouch_job *job, vouch_signer **signer);

/**
 * Hands the signature in.  Does nothing unless the job is at VOUCH_WANT_SIGNATURE.
 *
 * @param job the job
 * @param signature copied; empty: signing failed, and the client is told tryLater (RFC 6960 2.3)
 */
VOUCH_API void vouch_job_signed(vouch_job *job, vouch_span signature);

/**
 * Tells a caller that a job at VOUCH_WANT_PEER can be stepped again.
 *
 * It may be called while the library holds a lock: it leaves word for the thread that runs the job, in a
 * queue or by an eventfd, and calls nothing of the library itself.  It takes no lock that somebody holds who
 * calls the library.
 *
 * @param arg the caller's
 */
typedef void vouch_peer_cb(void *arg);

/**
 * Asks to be told when a job at VOUCH_WANT_PEER can be stepped again.  Does nothing at another step.
 *
 * The next step gives the other job's answer, tryLater and internalError among them, or makes this job go on
 * in the place of one that was freed before it was done.
 *
 * @param job the job
 * @param ready called once, on any thread, maybe before this returns; never once vouch_job_free() or
 *   vouch_job_try_later() of this job has returned, or it was replaced by another call of this function
 * @param arg the first argument of ready
 */
VOUCH_API void vouch_job_await(vouch_job *job, vouch_peer_cb *ready, void *arg);

/**
 * Ends a job with tryLater, whatever it waits for; the jobs that wait for its answer get the same, or make
 * it themselves if it was a renewal, which is put off first.  Does nothing when it is done.
 *
 * @param job the job
 * @param cause why, for a log; static
 */
VOUCH_API void vouch_job_try_later(vouch_job *job, const char *cause);

/**
 * The OCSPResponse of a job that is done.
 *
 * @param job the job
 * @return its DER, borrowed
 */
VOUCH_API vouch_span vouch_job_response(const vouch_job *job);

/**
 * How the job was answered, when it is done.
 *
 * @param job the job
 * @return borrowed; of the library's size
 */
VOUCH_API const vouch_outcome *vouch_job_outcome(const vouch_job *job);

/**
 * Frees a job, done or not.  If others wait for its answer, one of them makes it instead.
 *
 * @param job may be NULL
 */
VOUCH_API void vouch_job_free(vouch_job *job);

/**
 * vouch_job_free() that keeps the memory, for vouch_search_job(); nothing of the responder is held any more.  Only
 * vouch_search_job() and vouch_job_free() may be given what is left.
 *
 * @param job done or not
 */
VOUCH_API void vouch_job_clear(vouch_job *job);

/**
 * Answers a request: an OCSPResponse for any input.  Blocks as long as the sources and the signer do.  Any
 * number of threads at a time.
 *
 * A protocol's outcome is no error: it is in the outcome.
 *
 * @param responder the responder
 * @param call the circumstances
 * @param request an OCSPRequest, or whatever the client sent
 * @param out the response is appended; nothing for a request with a nonce under VOUCH_CALL_NO_NONCED
 * @param outcome its size set by the caller; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: `call` or `outcome` has no size; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_handle(vouch_responder *responder, const vouch_call *call, vouch_span request,
    vouch_buf *out, vouch_outcome *outcome);

/**
 * vouch_handle() if it can be done without waiting, signing or allocating (beyond the growth of out): a
 * stored answer, or an error that the request itself earned.  Any number of threads at a time.
 *
 * @param responder the responder
 * @param call the circumstances
 * @param request an OCSPRequest, or whatever the client sent
 * @param out the response is appended; nothing for a request with a nonce under VOUCH_CALL_NO_NONCED
 * @param outcome its size set by the caller; may be NULL
 * @return VOUCH_OK; VOUCH_EAGAIN: make a job of it; VOUCH_EINVAL: `call` or `outcome` has no size;
 *   VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_try_cached(vouch_responder *responder, const vouch_call *call,
    vouch_span request, vouch_buf *out, vouch_outcome *outcome);

/**
 * vouch_try_cached() in three steps, for who has several requests at a time.  Memory answers late: each step
 * begins to fetch what the next one reads, so that taking each step for all requests waits once instead of
 * once for each.  A search is used by one thread at a time, for any number of requests one after another.
 */
typedef struct vouch_search vouch_search;

/**
 * Makes a search.
 *
 * @param out the search, to be freed with vouch_search_free()
 * @param err may be NULL
 * @return VOUCH_OK; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_search_new(vouch_search **out, vouch_err *err);

/**
 * The first step, for one request; a search that was begun and not ended begins anew.
 *
 * @param search the search
 * @param responder borrowed until the search has ended
 * @param call the circumstances; copied, its scope borrowed as the responder is
 * @param request an OCSPRequest, or whatever the client sent; borrowed as the responder is
 * @return VOUCH_OK; VOUCH_EINVAL: `call` has no size, and nothing has begun
 */
VOUCH_API VOUCH_MUST int vouch_search_begin(vouch_search *search, vouch_responder *responder,
    const vouch_call *call, vouch_span request);

/**
 * The second step, which may be left out.
 *
 * @param search the search
 */
VOUCH_API void vouch_search_go_on(vouch_search *search);

/**
 * The third step: what vouch_try_cached() does and returns.
 *
 * @param search the search, which has ended afterwards, unless its outcome has no size
 * @param out the response is appended; nothing for a request with a nonce under VOUCH_CALL_NO_NONCED
 * @param outcome its size set by the caller; may be NULL
 * @return VOUCH_OK; VOUCH_EAGAIN: make a job of it; VOUCH_EINVAL: nothing has begun, or `outcome` has no
 *   size; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_search_end(vouch_search *search, vouch_buf *out, vouch_outcome *outcome);

/**
 * vouch_job_start() for the request that a search has just looked for in vain, without reading it once more.
 *
 * @param[out] out the job, which has a reference to the responder
 * @param search whose vouch_search_end() returned VOUCH_EAGAIN; the responder, the scope and the request that it was
 *   begun with are borrowed until now, and its call, with VOUCH_CALL_COALESCE if that was set, is the job's; it has to
 *   be begun anew afterwards, also when this failed
 * @param takes_cleared a job that vouch_job_clear() has left, whose memory becomes the new one's; NULL: new memory
 * @return VOUCH_OK; VOUCH_EINVAL: the search did not end like that; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_search_job(vouch_job **out, vouch_search *search, vouch_job *takes_cleared);

/**
 * Frees a search.
 *
 * @param search may be NULL
 */
VOUCH_API void vouch_search_free(vouch_search *search);

/**
 * Tells whether octets are exactly one OCSPRequest that names an issuer of the scope.
 *
 * @param responder the responder
 * @param scope NULL: any issuer
 * @param request the octets
 * @return true: it would be answered with a status
 */
VOUCH_API bool vouch_is_served(const vouch_responder *responder, const vouch_scope *scope,
    vouch_span request);

/**
 * Asks the sources for changes, and confirms the stored answers for another lease.  Who never calls it gets
 * no stored answers.
 *
 * Any thread; two who poll wait for each other.  Blocks as long as the sources do; who answers goes on meanwhile.
 *
 * @param responder the responder
 * @param now the wall clock; see vouch_call
 * @param monotonic_ms see vouch_call
 * @param err why the first source that failed did; may be NULL
 * @return VOUCH_OK, or what the first source that failed returned: the issuers that use it are not
 *   confirmed, the others are; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_responder_poll(vouch_responder *responder, vouch_time now,
    uint64_t monotonic_ms, vouch_err *err);

/**
 * The latest producedAt that was signed, for the `last_produced_at` of the responder that comes after this
 * one.  Any thread.
 *
 * While the clock is before it by more than 300 seconds nothing is signed: a clock that went back would
 * bring back statuses of the past (RFC 9919 5).  Clients are told tryLater until it is right again.
 *
 * @param responder the responder
 * @return 0: nothing was signed yet
 */
VOUCH_API vouch_time vouch_responder_last_produced_at(const vouch_responder *responder);

/**
 * How often to call vouch_responder_poll(): what the shortest lease and the sources ask for.
 *
 * @param responder the responder
 * @return milliseconds
 */
VOUCH_API int vouch_responder_poll_interval(const vouch_responder *responder);

/**
 * The descriptors by which the sources tell that changes wait: whoever polls waits for one of them to be readable as
 * well as for the interval to pass.  Any thread.
 *
 * To be asked again after every poll, since a source may have another one then.  A descriptor is the source's: it is
 * neither read nor closed by the caller, may be closed while he waits, and may stay readable for ever.
 *
 * @param responder the responder; it has to live as long as its descriptors are waited for
 * @param[out] fds where they go
 * @param most how many there is room for; those for which there is none are polled by the interval alone
 * @return how many there are, at most `most`
 */
VOUCH_API size_t vouch_responder_watch(const vouch_responder *responder, int *fds, size_t most);

/**
 * How the sources of a responder do; any thread.
 *
 * @param responder the responder
 * @param issuer one of the responder's, whose sources are meant; NULL: all sources
 * @param now the wall clock
 * @param out its size set; the earliest times of those who tell, and the first trouble
 */
VOUCH_API void vouch_responder_health(const vouch_responder *responder, const vouch_issuer *issuer, vouch_time now,
    vouch_source_health *out);

/** What vouch_responder_stats() tells. */
typedef struct {
	/** Set by the caller to `sizeof(vouch_stats)`. */
	uint32_t size;
	/** How many octets the stored answers take. */
	uint64_t store_octets;
	/** How many answers are stored. */
	uint64_t store_entries;
	/** How many octets the store may take; 0: there is no store. */
	uint64_t store_capacity;
} vouch_stats;

/**
 * The figures of a responder.  Any thread.
 *
 * @param responder the responder
 * @param out its size set; nothing is written without one
 */
VOUCH_API void vouch_responder_stats(const vouch_responder *responder, vouch_stats *out);

/**
 * When the sources of an issuer were last confirmed.  Any thread.
 *
 * @param responder the responder
 * @param issuer one of the responder's
 * @return milliseconds of the clock that polls are given; 0: never
 */
VOUCH_API uint64_t vouch_responder_confirmed(const vouch_responder *responder, const vouch_issuer *issuer);

/** @} */

/**
 * @defgroup vouch_clients The client
 * Requests made, and responses read and verified.
 * @{
 */

/**
 * Begins a request.
 *
 * @param[out] out the request, which asks about nothing yet
 * @param err why it failed; may be NULL
 * @return VOUCH_OK or VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_request_new(vouch_request **out, vouch_err *err);

/**
 * Frees a request.
 *
 * @param request may be NULL
 */
VOUCH_API void vouch_request_free(vouch_request *request);

/**
 * Asks about one certificate.
 *
 * @param request the request
 * @param issuer the certificate's; a reference is taken; neither signers nor sources are needed
 * @param serial_number the content of its DER INTEGER
 * @param hash that of the CertID; RFC 9919 3.1.1 wants SHA-256, older responders know SHA-1 alone
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: no such hash, or not a serial number; VOUCH_ELIMIT: more than 64
 *   certificates; VOUCH_ECRYPTO: the cryptographic library has no such hash; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_request_add(vouch_request *request, vouch_issuer *issuer,
    vouch_span serial_number, enum vouch_hash hash, vouch_err *err);

/**
 * Sets the nonce (RFC 9654), which the caller draws from a good source of random octets.
 *
 * @param request the request
 * @param nonce 1 to 128 octets, of which new clients should send 32 (RFC 9654 2.1); copied
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: too short or too long; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_request_set_nonce(vouch_request *request, vouch_span nonce, vouch_err *err);

/**
 * Signs the request when it is encoded (RFC 6960 4.1.2): requestorName is the subject of the signer's
 * certificate, whose chain is sent along.
 *
 * @param request the request
 * @param signer a reference is taken; NULL: unsigned again
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: the signer's certificate has no subject
 */
VOUCH_API VOUCH_MUST int vouch_request_set_signer(vouch_request *request, vouch_signer *signer,
    vouch_err *err);

/**
 * Writes the OCSPRequest.
 *
 * @param request the request
 * @param out its DER is appended; unchanged on failure
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: it asks about nothing; what the signer returned; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_request_encode(const vouch_request *request, vouch_buf *out, vouch_err *err);

/** What a client insists on. */
typedef struct {
	/** Set by the caller to `sizeof(vouch_verify_options)`. */
	uint32_t size;
	/** The wall clock. */
	vouch_time now;
	/** Seconds of difference between the clocks to forgive; 300 is usual. */
	int64_t skew;
	/** A nonce was sent and must come back; false: one that comes back must still match. */
	bool require_nonce;
	/**
	 * The DER of a responder's certificate that is trusted by itself (RFC 6960 4.2.2.2 no. 1); empty:
	 * none.
	 */
	vouch_span trusted_signer;
	/** RFC 9919 5: an answer without nextUpdate is refused; RFC 6960 4.2.2.1 lets it pass. */
	bool require_next_update;
	/**
	 * How many seconds ago thisUpdate may be (RFC 6960 3.2 no. 5: sufficiently recent); 0: as long as
	 * nextUpdate says.  Without nextUpdate nothing but this and a nonce keeps an old answer from being
	 * believed.
	 */
	int64_t max_age;
} vouch_verify_options;

/**
 * Reads a response strictly and verifies it by RFC 6960 3.2 and 4.2.2.2: CertIDs, signature, the signer's
 * right, nonce, times, in this order.
 *
 * An error response (tryLater ...) is VOUCH_OK, and vouch_response_status() tells.  Entries that nobody
 * asked for are passed over.  Whether the signer's certificate was itself revoked is for the caller to find
 * out, unless it has id-pkix-ocsp-nocheck (RFC 6960 4.2.2.2.1).
 *
 * `rule` of err names the rule that the response broke:
 * - `size`: more than 1 MiB, 256 entries or 32 extensions in a list
 * - `der`: not an OCSPResponse in DER, or octets behind it (RFC 6960 4.2.1)
 * - `response_type`: responseType is not id-pkix-ocsp-basic (RFC 6960 4.2.1)
 * - `critical_extension`: a critical extension that is not understood (RFC 5280 4.2)
 * - `certid`: no entry has the CertID that was asked for: hash algorithm, both hashes, serial number (RFC
 *   6960 3.2 no. 1)
 * - `duplicate`: two entries for one certificate, by the same hash or another, contradict each other
 * - `responder_id`: no certificate, sent or at hand, is the one that responderID names (RFC 6960 4.2.2.3)
 * - `signature_algorithm`: weak (RFC 6960 5.1.1), unknown, or for another type of key
 * - `signature`: does not hold (RFC 6960 3.2 no. 2)
 * - `signer_issuer`: the signer is neither the CA nor issued directly by it (RFC 6960 4.2.2.2)
 * - `signer_eku`: its certificate is without id-kp-OCSPSigning (RFC 6960 4.2.2.2)
 * - `signer_key_usage`: its keyUsage has neither digitalSignature nor nonRepudiation (RFC 5280 4.2.1.12)
 * - `signer_critical_extension`: its certificate has a critical extension that is not understood (RFC 5280
 *   4.2)
 * - `signer_validity`: its certificate has expired or is not valid yet (RFC 6960 3.2 no. 4)
 * - `signer_weak_key`: RSA of less than 2048 bits, or less than 112 bits of security (RFC 6960 5.1.1)
 * - `nonce_missing`: sent, required, and not returned (RFC 9654 2.1)
 * - `nonce`: another one came back (RFC 9654 2.1)
 * - `this_update`: in the future, or longer ago than max_age (RFC 6960 3.2 no. 5)
 * - `next_update_absent`: nextUpdate is required, and not there (RFC 9919 5)
 * - `next_update`: has passed (RFC 6960 3.2 no. 6), or is before thisUpdate
 * - `produced_at`: in the future (RFC 6960 2.4)
 *
 * @param[out] out the response, for the certificates that were asked about, in that order
 * @param response an OCSPResponse; copied
 * @param request the one that was sent
 * @param options what to insist on
 * @param err the rule, the fact and the clause; may be NULL
 * @return VOUCH_OK; VOUCH_EINVAL: the options make no sense; VOUCH_EPARSE, VOUCH_EVERIFY, VOUCH_EREFUSED,
 *   VOUCH_ELIMIT, VOUCH_ECRYPTO: do not believe it; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_response_verify(vouch_response **out, vouch_span response,
    const vouch_request *request, const vouch_verify_options *options, vouch_err *err);

/**
 * Reads a response as strictly, and verifies nothing: for looking at an answer, never for believing it.
 *
 * @param[out] out the response, with all its entries in its own order
 * @param response an OCSPResponse; copied
 * @param err the rule, the fact and the clause; may be NULL
 * @return VOUCH_OK; VOUCH_EPARSE: not an OCSPResponse; VOUCH_EREFUSED: a critical extension that is not
 *   understood; VOUCH_ELIMIT: too large; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_response_parse(vouch_response **out, vouch_span response, vouch_err *err);

/**
 * Frees a response.
 *
 * @param response may be NULL
 */
VOUCH_API void vouch_response_free(vouch_response *response);

/** What a response says of one certificate.  Spans are borrowed from the response. */
typedef struct {
	/** Set by the caller to `sizeof(vouch_single)`. */
	uint32_t size;
	/** The content of its DER INTEGER. */
	vouch_span serial_number;
	/** An enum vouch_cert_status. */
	uint8_t cert_status;
	/** An enum vouch_reason. */
	uint8_t revocation_reason;
	/** The enum vouch_hash of the CertID. */
	uint8_t hash;
	/** revocationTime, or VOUCH_TIME_ABSENT. */
	vouch_time revocation_time;
	/** thisUpdate. */
	vouch_time this_update;
	/** nextUpdate; VOUCH_TIME_ABSENT: newer information is always available (RFC 6960 4.2.2.1). */
	vouch_time next_update;
	/** The single extension invalidityDate (RFC 5280 5.3.2), or VOUCH_TIME_ABSENT. */
	vouch_time invalidity_date;
	/** The single extension archiveCutoff (RFC 6960 4.4.4), or VOUCH_TIME_ABSENT. */
	vouch_time archive_cutoff;
	/** All single extensions, as concatenated DER. */
	vouch_span single_extensions;
} vouch_single;

/**
 * Its OCSPResponseStatus; everything else that is asked of a response exists with VOUCH_SUCCESSFUL only.
 *
 * @param response the response
 * @return an enum vouch_response_status
 */
VOUCH_API int vouch_response_status(const vouch_response *response);

/**
 * How many certificates it speaks of.
 *
 * @param response the response
 * @return after vouch_response_verify(), as many as were asked about; 0 for an error response
 */
VOUCH_API size_t vouch_response_singles(const vouch_response *response);

/**
 * What it says of one certificate.
 *
 * @param response the response
 * @param number from 0; after vouch_response_verify() in the order in which vouch_request_add() was called
 * @param out its size set; filled on VOUCH_OK
 * @return VOUCH_OK; VOUCH_EINVAL: no such number, or `out` has no size
 */
VOUCH_API VOUCH_MUST int vouch_response_single(const vouch_response *response, size_t number,
    vouch_single *out);

/**
 * producedAt.
 *
 * @param response the response
 * @return VOUCH_TIME_ABSENT for an error response
 */
VOUCH_API vouch_time vouch_response_produced_at(const vouch_response *response);

/**
 * Tells whether it has a nonce.
 *
 * @param response the response
 * @return true: there is one; after vouch_response_verify(), the one that was sent
 */
VOUCH_API bool vouch_response_has_nonce(const vouch_response *response);

/**
 * The certificate whose key signed it.
 *
 * @param response one that vouch_response_verify() made
 * @return its DER, borrowed; empty for an error response and for one that was not verified
 */
VOUCH_API vouch_span vouch_response_signer(const vouch_response *response);

/** @} */

/**
 * @defgroup vouch_decoding Looking at octets
 * Requests and responses taken apart for people.
 * @{
 */

/** One field of a message. */
typedef struct {
	/** Of the library's structure. */
	uint32_t size;
	/** How deep it is nested; 0: the whole message. */
	unsigned depth;
	/** Where its element begins. */
	size_t offset;
	/** Octets of its tag and length. */
	size_t header;
	/** Octets of its content. */
	size_t length;
	/** As in the ASN.1, "issuerNameHash"; valid for the call. */
	const char *name;
	/** Its value, for people; "" for a constructed one; valid for the call. */
	const char *text;
} vouch_field;

/**
 * Called for one field.
 *
 * @param arg the caller's
 * @param field borrowed for the call
 * @return 0 to go on; anything else ends the walk
 */
typedef int vouch_field_cb(void *arg, const vouch_field *field);

/**
 * Walks an OCSPRequest or OCSPResponse and reports every field in order.  Nothing is verified.
 *
 * @param der the message
 * @param cb called for each field
 * @param arg handed to it
 * @param err why it failed; may be NULL
 * @return VOUCH_OK; VOUCH_EPARSE: the offset tells where the octets stop making sense, and the fields
 *   before it were reported; VOUCH_ELIMIT: nested too deeply; what cb returned; VOUCH_ENOMEM
 */
VOUCH_API VOUCH_MUST int vouch_decode(vouch_span der, vouch_field_cb *cb, void *arg, vouch_err *err);

/** @} */

#ifdef __cplusplus
}
#endif

#endif
