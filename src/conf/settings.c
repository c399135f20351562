/* SPDX-License-Identifier: Apache-2.0 */
/* The settings table: every key of vouch.yaml, and what each profile presets. */
#include "conf/setting.h"

#include <string.h>

#include "base/err.h"
#include "conf/source_uri.h"

#define AT(type, member) \
	.offset = offsetof(struct type, member), .size = sizeof(((struct type *)NULL)->member)
#define LIST_OF(type, kind, member) \
	.offset = offsetof(struct type, member##s), .count_offset = offsetof(struct type, member##_count), \
	.item_size = sizeof(struct kind)

/* In the units that rows keep. */
#define KIB INT64_C(1024)
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define HOUR INT64_C(3600)
#define DAY (24 * HOUR)
#define TEN_YEARS (3653 * DAY)
#define MS INT64_C(1000)

const struct conf_word conf_profiles[] = {
	{ "rfc6960", VOUCH_PROFILE_RFC6960 },
	{ "webpki", VOUCH_PROFILE_WEBPKI },
	{ "etsi", VOUCH_PROFILE_ETSI },
	{ "enterprise", VOUCH_PROFILE_ENTERPRISE },
	{ NULL, 0 },
};

/* What differs from the defaults below; the rest of a profile are the limits that it enforces. */
const struct conf_preset conf_presets[] = {
	{ VOUCH_PROFILE_WEBPKI, "validity", "4d" },	   /* D-11 */
	{ VOUCH_PROFILE_WEBPKI, "not_issued", "unknown" }, /* BR 4.9.9 */
	{ VOUCH_PROFILE_ETSI, "validity", "4d" },
	{ VOUCH_PROFILE_ETSI, "not_issued", "unknown" },    /* EN 319 411-1 OVR-6.6.3 */
	{ VOUCH_PROFILE_ETSI, "archive_cutoff", "issuer" }, /* EN 319 411-2 CSS-6.3.10-10 */
	{ VOUCH_PROFILE_ENTERPRISE, "nonce", "echo" },
	{ VOUCH_PROFILE_ENTERPRISE, "mixed_issuers", "answer" },
	{ VOUCH_PROFILE_ENTERPRISE, "max_age", "1h" }, /* proxies inside a company are rarely purged */
	{ 0, NULL, NULL },
};

static const struct conf_word nonces[] = {
	{ "echo", VOUCH_NONCE_ECHO },
	{ "ignore", VOUCH_NONCE_IGNORE },
	{ "require", VOUCH_NONCE_REQUIRE },
	{ NULL, 0 },
};

static const struct conf_word not_issued[] = {
	{ "unknown", VOUCH_NOT_ISSUED_UNKNOWN },
	{ "unauthorized", VOUCH_NOT_ISSUED_UNAUTHORIZED },
	{ "revoked", VOUCH_NOT_ISSUED_REVOKED },
	{ "good", VOUCH_NOT_ISSUED_GOOD },
	{ NULL, 0 },
};

static const struct conf_word verify_signatures[] = {
	{ "cacheable", VOUCH_VERIFY_CACHEABLE },
	{ "always", VOUCH_VERIFY_ALWAYS },
	{ "never", VOUCH_VERIFY_NEVER },
	{ NULL, 0 },
};

static const struct conf_word responder_ids[] = { { "byKey", VOUCH_BY_KEY }, { "byName", VOUCH_BY_NAME },
	{ NULL, 0 } };

static const struct conf_word mixed_issuers[] = {
	{ "answer", VOUCH_MIXED_ANSWER },
	{ "unauthorized", VOUCH_MIXED_UNAUTHORIZED },
	{ NULL, 0 },
};

/* MD5 is for callers of the library only (P-16). */
static const struct conf_word hashes[] = {
	{ "sha1", VOUCH_HASH_BIT(VOUCH_SHA1) },
	{ "sha256", VOUCH_HASH_BIT(VOUCH_SHA256) },
	{ "sha384", VOUCH_HASH_BIT(VOUCH_SHA384) },
	{ "sha512", VOUCH_HASH_BIT(VOUCH_SHA512) },
	{ NULL, 0 },
};

static const struct conf_word algorithms[] = {
	{ "rsa-sha256", 0 },
	{ "rsa-sha384", 0 },
	{ "rsa-sha512", 0 },
	{ "rsa-pss-sha256", 0 },
	{ "rsa-pss-sha384", 0 },
	{ "rsa-pss-sha512", 0 },
	{ "ecdsa-sha256", 0 },
	{ "ecdsa-sha384", 0 },
	{ "ecdsa-sha512", 0 },
	{ "ed25519", 0 },
	{ "ed448", 0 },
	{ "ml-dsa-44", 0 },
	{ "ml-dsa-65", 0 },
	{ "ml-dsa-87", 0 },
	{ "slh-dsa-sha2-128s", 0 },
	{ "slh-dsa-sha2-128f", 0 },
	{ "slh-dsa-sha2-192s", 0 },
	{ "slh-dsa-sha2-192f", 0 },
	{ "slh-dsa-sha2-256s", 0 },
	{ "slh-dsa-sha2-256f", 0 },
	{ "slh-dsa-shake-128s", 0 },
	{ "slh-dsa-shake-128f", 0 },
	{ "slh-dsa-shake-192s", 0 },
	{ "slh-dsa-shake-192f", 0 },
	{ "slh-dsa-shake-256s", 0 },
	{ "slh-dsa-shake-256f", 0 },
	{ NULL, 0 },
};

static const struct conf_word log_formats[] = { { "logfmt", CONF_LOG_LOGFMT }, { "json", CONF_LOG_JSON },
	{ NULL, 0 } };

static const struct conf_word log_levels[] = {
	{ "debug", CONF_LOG_DEBUG },
	{ "info", CONF_LOG_INFO },
	{ "warning", CONF_LOG_WARNING },
	{ "error", CONF_LOG_ERROR },
	{ NULL, 0 },
};

static const struct conf_word sandboxes[] = { { "on", CONF_SANDBOX_ON }, { "off", CONF_SANDBOX_OFF },
	{ NULL, 0 } };

static const struct conf_word automatic[] = { { "auto", 0 }, { NULL, 0 } };

/* What a shell can set: anything else is a passphrase in the place of a name, which no message repeats. */
static int
check_variable(const char *text, vouch_err *err)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";
	size_t len = strlen(text);

	if (len > 0 && strspn(text, allowed) == len && strchr("0123456789", text[0]) == NULL)
		return VOUCH_OK;
	return err_set(err, VOUCH_EINVAL, "not a name of letters, digits and '_'");
}

static const struct conf_setting signers[] = {
	{ "certificate", CONF_PATH, .required = true, .max = CONF_PATH_MAX, AT(conf_signer, certificate),
	    .text = "The signer's certificate, PEM or DER: that of a responder which the CA delegated (RFC "
		    "6960 4.2.2.2), or the CA's own. "
		    "Further certificates in the file are sent along with answers." },
	{ "key", CONF_KEY_URI, .required = true, .max = CONF_PATH_MAX, AT(conf_signer, key),
	    .text = "Its private key: a file, or a URI that an OpenSSL store loads, such as "
		    "pkcs11:token=ca;object=ocsp or handle:0x81000000." },
	{ "passphrase_file", CONF_PATH, .max = CONF_PATH_MAX, AT(conf_signer, passphrase_file),
	    .text = "A file whose first line is the passphrase of an encrypted key, or the PIN of a token." },
	{ "passphrase_env", CONF_STRING, .max = 64, .check = check_variable, AT(conf_signer, passphrase_env),
	    .text =
		"The name of an environment variable that holds it instead. The process that has the keys "
		"takes it; from the one that meets the network it is wiped." },
	{ "passphrase_prompt", CONF_BOOLEAN, .initial = "false", AT(conf_signer, passphrase_prompt),
	    .text =
		"Ask for it on the terminal instead: whenever keys are read, at the start, at a reload and "
		"when the process that has them is started again." },
	{ "sessions", CONF_NUMBER, .min = 1, .max = 64, .initial = "4", AT(conf_signer, sessions),
	    .text =
		"How many signatures a token (any key that is not a file), or an SLH-DSA key, is asked for at once." },
	{ "algorithm", CONF_CHOICE, .words = algorithms, AT(conf_signer, algorithm),
	    .text =
		"The signature algorithm. Without it, what suits the key: RSA with SHA-256, ECDSA with the "
		"hash of the curve's size." },
	{ "locally_trusted", CONF_BOOLEAN, .initial = "false", AT(conf_signer, locally_trusted),
	    .text =
		"Clients trust this signer by their own configuration (RFC 6960 2.2): the CA need not have "
		"issued its certificate." },
	{ .name = NULL },
};

static const struct conf_setting sources[] = {
	{ "uri", CONF_SOURCE_URI, .required = true, .max = CONF_PATH_MAX, AT(conf_source, uri),
	    .text =
		"What a text in the place of the mapping says: sqlite:PATH, index:PATH, crl:PATH, crl+https://HOST/FILE, "
		"postgresql://HOST/DATABASE, mysql://HOST/DATABASE or plugin:PATH.so, with parameters behind a question "
		"mark (crl+http, crl+https: behind #). The settings below, but optional, become parameters of it." },
	{ "optional", CONF_BOOLEAN, .initial = "false", AT(conf_source, optional),
	    .text =
		"Answer revoked from the other sources while this one cannot be asked. Any other answer still "
		"waits for it." },
	{ "query", CONF_STRING, .max = 16384, .lines = true, .parameter = "query", AT(conf_source, query),
	    .text =
		"For tables of your own, in sqlite, postgresql and mysql: the SELECT that finds a certificate by "
		"named parameters such as :serial_hex, and names its columns status, revoked_at, reason and the like." },
	{ "changes", CONF_STRING, .max = 16384, .lines = true, .parameter = "changes",
	    AT(conf_source, changes),
	    .text =
		"With query: the SELECT that finds what has changed since a position, so that cached answers stay "
		"valid for longer than a lease." },
	{ "issued", CONF_PATH, .max = CONF_PATH_MAX, .parameter = "issued", AT(conf_source, issued),
	    .text =
		"With a CRL: a file of what was issued, serial numbers in hexadecimal or certificates in PEM. What "
		"is in it and not on the CRL is good." },
	{ "crl_issuer", CONF_PATH, .max = CONF_PATH_MAX, .parameter = "crl_issuer",
	    AT(conf_source, crl_issuer), .text = "With an indirect CRL: the certificate of who signs it." },
	{ "cafile", CONF_PATH, .max = CONF_PATH_MAX, .parameter = "cafile", AT(conf_source, cafile),
	    .text =
		"With crl+https: the certificates, in PEM, by which the server is believed; without it, those of the "
		"system." },
	{ "password_file", CONF_PATH, .max = CONF_PATH_MAX, .parameter = "password-file",
	    AT(conf_source, password_file),
	    .text = "With postgresql and mysql: a file whose first line is the password." },
	{ .name = NULL },
};

static const struct conf_setting signing[] = {
	{ "in_flight", CONF_NUMBER, .min = 1, .max = 65536, .words = automatic, .initial = "auto",
	    AT(conf_issuer, signing_in_flight),
	    .text = "How many answers are being signed at once; auto is what keeps the signer busy." },
	{ "waiting", CONF_NUMBER, .max = INT64_C(1000000), .initial = "1024",
	    AT(conf_issuer, signing_waiting),
	    .text = "How many more may wait for it. Beyond that the answer is tryLater at once; 0 lets none "
		    "wait." },
	{ .name = NULL },
};

static const struct conf_setting issuers[] = {
	{ "name", CONF_STRING, .max = 64, AT(conf_issuer, name),
	    .text =
		"A name for messages and metrics, unique among the issuers. Without it, the common name of "
		"the certificate's subject." },
	{ "certificate", CONF_PATH, .required = true, .max = CONF_PATH_MAX, AT(conf_issuer, certificate),
	    .text = "The certificate of the CA, PEM or DER." },
	{ "path", CONF_URL_PATH, .max = 256, .initial = "/", AT(conf_issuer, path),
	    .text = "Where in the URLs of the responder this issuer is served. The longest path that begins "
		    "the URL's wins, and ends at a '/'. "
		    "Several issuers may share one path." },
	{ "signers", CONF_MAPPINGS, .required = true, .min = 1, .max = 16, .rows = signers,
	    LIST_OF(conf_issuer, conf_signer, signer),
	    .text = "Who signs the answers. The first one is the default; the others sign when a client "
		    "prefers their algorithm "
		    "(RFC 6960 4.4.7)." },
	{ "sources", CONF_MAPPINGS, .required = true, .min = 1, .max = 16, .rows = sources,
	    LIST_OF(conf_issuer, conf_source, source), .one = "uri", .finish = conf_source_uri_finish,
	    .text = "Where the status of certificates comes from, such as sqlite:PATH, asked in order. "
		    "Good and revoked end the search; an unreachable source ends it with tryLater." },
	{ "profile", CONF_ENUMERATION, .words = conf_profiles, .initial = "rfc6960",
	    AT(conf_issuer, options.profile),
	    .text = "Presets for the settings below, each of which can still be set, and the limits that are "
		    "enforced: rfc6960 for any CA, "
		    "webpki for the CA/Browser Forum's requirements, etsi for EN 319 411, enterprise for a "
		    "company's own PKI." },
	{ "validity", CONF_DURATION, .min = 2, .max = TEN_YEARS, .initial = "24h",
	    AT(conf_issuer, options.validity),
	    .text =
		"How long an answer may be believed: nextUpdate is thisUpdate + validity - 1 second, never "
		"later than the end of the "
		"signer's certificate. webpki and etsi allow no more than 7 days, webpki no less than 8 "
		"hours." },
	{ "nonce", CONF_ENUMERATION, .words = nonces, .initial = "echo", AT(conf_issuer, options.nonce),
	    .text = "What a nonce in a request does (RFC 9654): echo signs an answer with it; ignore answers "
		    "as if it were absent; require "
		    "answers unauthorized to a request that has none." },
	{ "not_issued", CONF_ENUMERATION, .words = not_issued, .initial = "unknown",
	    AT(conf_issuer, options.not_issued),
	    .text = "The answer for a serial number that no source knows. revoked is the extended revoke of "
		    "RFC 6960 2.2; good is for sources "
		    "that know revoked certificates only, and refused by webpki and etsi." },
	{ "unknown_lookups", CONF_NUMBER, .min = 1, .max = INT64_C(1000000), .words = automatic,
	    .initial = "auto", AT(conf_issuer, options.unknown_lookups),
	    .text =
		"In how many lookups a second the sources may be asked in vain. Beyond that, who asks for a "
		"certificate that no source knew lately is told tryLater without a lookup: serial numbers that "
		"somebody invents keep nobody from the database. auto is 200 where a source is on another machine or a "
		"plug-in and not_issued is not good, else unlimited." },
	{ "compromised", CONF_TIME, AT(conf_issuer, options.compromised),
	    .text =
		"Since when the key of the CA is known to be compromised (RFC 6960 2.7). Every certificate of it, also "
		"one that no source knows, is revoked with cACompromise at that time; who was revoked before stays "
		"so. Takes effect by a reload." },
	{ "verify_signatures", CONF_ENUMERATION, .words = verify_signatures, .initial = "cacheable",
	    AT(conf_issuer, options.verify_signatures),
	    .text =
		"Which signatures are verified before they are sent: those that are cached and one in 1024 "
		"of the others; all; or none." },
	{ "responder_id", CONF_ENUMERATION, .words = responder_ids, .initial = "byKey",
	    AT(conf_issuer, options.responder_id),
	    .text = "How answers name the responder. RFC 9919 3.2.2 wants byKey; byName is for clients that "
		    "know no other form." },
	{ "certid_hashes", CONF_SET, .min = 1, .max = 4, .words = hashes,
	    .initial = "sha1 sha256 sha384 sha512", AT(conf_issuer, options.certid_hashes),
	    .text =
		"The hash algorithms of CertIDs that are answered; others are treated as an issuer that is "
		"not served." },
	{ "mixed_issuers", CONF_ENUMERATION, .words = mixed_issuers, .initial = "answer",
	    AT(conf_issuer, options.mixed_issuers),
	    .text = "A request that names issuers without a common signer: answer for the first one and "
		    "unknown for the others, or "
		    "unauthorized for all." },
	{ "archive_cutoff", CONF_CUTOFF, .initial = "none", AT(conf_issuer, options),
	    .text = "The archive cutoff in answers (RFC 6960 4.4.4): none; issuer, the beginning of the CA "
		    "certificate's validity (EN 319 411-2); "
		    "or how long the status of expired certificates is kept, in calendar years (7y) or as a "
		    "duration (2555d)." },
	{ "lease", CONF_DURATION, .milliseconds = true, .min = 10, .max = HOUR * MS, .initial = "1s",
	    AT(conf_issuer, options.lease_ms),
	    .text =
		"How long a cached answer stands without word from the sources that nothing has changed. A "
		"revocation shows within this time." },
	{ "max_age", CONF_DURATION, .min = 1, .max = TEN_YEARS, .initial = "12h",
	    AT(conf_issuer, options.max_age),
	    .text = "The bound of Cache-Control: what HTTP caches and CDNs may keep at most." },
	{ "signing", CONF_MAPPING, .rows = signing,
	    .text = "How many answers of this issuer may be in the making. Requests for one certificate that "
		    "wait for the same answer count once." },
	{ .name = NULL },
};

static const struct conf_setting store[] = {
	{ "memory", CONF_SIZE, .max = 1024 * GIB, .initial = "256MiB", AT(conf, store_memory),
	    .text = "Octets of memory for signed answers; 0 keeps none." },
	{ .name = NULL },
};

static const struct conf_setting limits[] = {
	{ "request", CONF_SIZE, .min = 64, .max = MIB, .initial = "16KiB", AT(conf, limits.request),
	    .text = "The largest OCSP request, as DER." },
	{ "head", CONF_SIZE, .min = KIB, .max = MIB, .initial = "16KiB", AT(conf, limits.head),
	    .text = "The largest head of an HTTP request: its first line, in which GET carries the OCSP "
		    "request, and its fields." },
	{ "certids", CONF_NUMBER, .min = 1, .max = 64, .initial = "16", AT(conf, limits.certids),
	    .text = "The most CertIDs in one request." },
	{ "connections", CONF_NUMBER, .min = 1, .max = 1000000, .initial = "10000",
	    AT(conf, limits.connections), .text = "The most connections at a time." },
	{ "per_address", CONF_NUMBER, .min = 1, .max = 1000000, .initial = "1000",
	    AT(conf, limits.per_address),
	    .text = "The most connections at a time from one address (IPv6: one /64). Peers on this machine, "
		    "which may be a proxy for many, are held to it only when it is below 1000." },
	{ "header_time", CONF_DURATION, .milliseconds = true, .min = 100, .max = HOUR * MS, .initial = "10s",
	    AT(conf, limits.header_time_ms), .text = "How long a client may take to send its request." },
	{ "idle_time", CONF_DURATION, .milliseconds = true, .min = 100, .max = DAY * MS, .initial = "60s",
	    AT(conf, limits.idle_time_ms), .text = "How long a connection may stay open between requests." },
	{ .name = NULL },
};

static const struct conf_setting logging[] = {
	{ "format", CONF_ENUMERATION, .words = log_formats, .initial = "logfmt", AT(conf, log.format),
	    .text = "One event is one line on standard error, as logfmt or as JSON." },
	{ "level", CONF_ENUMERATION, .words = log_levels, .initial = "info", AT(conf, log.level),
	    .text = "The least important events that are written." },
	{ "access", CONF_BOOLEAN, .initial = "false", AT(conf, log.access),
	    .text = "A line for every request." },
	{ .name = NULL },
};

const struct conf_setting conf_settings[] = {
	{ "listen", CONF_LIST, CONF_ADDRESS, .min = 1, .max = 64, .initial = "0.0.0.0:8080", AT(conf, listen),
	    .text = "Where OCSP is served: 0.0.0.0:8080, [::]:8080, :8080 for every address, "
		    "unix:/run/vouch/http.sock, or systemd for "
		    "the sockets that systemd passes." },
	{ "admin", CONF_ADDRESS, .max = CONF_PATH_MAX, AT(conf, admin),
	    .text = "Where health and metrics are served, apart from the public; without it, nowhere." },
	{ "threads", CONF_NUMBER, .min = 1, .max = 1024, .words = automatic, .initial = "auto",
	    AT(conf, threads), .text = "How many threads serve; auto is one for each core." },
	{ "lenient", CONF_BOOLEAN, .initial = "true", AT(conf, lenient),
	    .text =
		"Read requests that deployed clients and proxies send although the standards do not allow "
		"them: base64 without padding, with "
		"line breaks or in the alphabet for URLs, slashes that were collapsed, a line break after "
		"the DER." },
	{ "issuers", CONF_MAPPINGS, .required = true, .min = 1, .max = 4096, .rows = issuers,
	    LIST_OF(conf, conf_issuer, issuer), .text = "The CAs whose certificates are answered for." },
	{ "store", CONF_MAPPING, .rows = store, .text = "Where signed answers are kept." },
	{ "limits", CONF_MAPPING, .rows = limits,
	    .text = "What one client, and all of them together, may take." },
	{ "user", CONF_STRING, .max = 32, AT(conf, user),
	    .text =
		"Whose rights, with those of the user's groups, the processes that have the keys and meet "
		"the network take when vouch is started as root. Keys and passphrases are read, and "
		"addresses opened, before; databases and other sources, and the user's tokens, after. "
		"Started as somebody else, it must be that one. Without it, whoever starts vouch runs "
		"it." },
	{ "sandbox", CONF_ENUMERATION, .words = sandboxes, .initial = "on", AT(conf, sandbox),
	    .text =
		"Each process gives up what it has no need of (no_new_privs, seccomp, Landlock): a step that "
		"fails ends the start, a kernel without Landlock is warned of. off is for kernels and "
		"containers that refuse, and for finding faults." },
	{ "log", CONF_MAPPING, .rows = logging, .text = "What is written to standard error." },
	{ .name = NULL },
};
