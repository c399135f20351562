/* SPDX-License-Identifier: Apache-2.0 */
/* Each kind of error in vouch.yaml, and where it is found. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/span.h"
#include "conf/conf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Two lines, four with the issuer's end. */
#define ISSUER "issuers:\n- certificate: ca.pem\n"
#define SIGNER "  signers: [{ certificate: ocsp.pem, key: ocsp.key }]\n"
#define SOURCE "  sources: ['sqlite:vouch.db']\n"
#define GOOD ISSUER SIGNER SOURCE

static bool
error_is(const char *what, vouch_span text, const char *message)
{
	struct conf *conf = NULL;
	vouch_err err = { .msg = "accepted" };
	int rc = conf_parse(&conf, "v.yaml", text, &err);
	bool as_expected = rc != VOUCH_OK && rc == err.code && conf == NULL && strcmp(err.msg, message) == 0;

	if (!as_expected)
		print_error("%s:\n\twas      %s\n\texpected %s\n", what, err.msg, message);
	conf_free(conf);
	return as_expected;
}

struct bad {
	const char *what, *text, *message;
};

static void
expect_errors(const struct bad *rows, size_t count)
{
	size_t failed = 0;

	for (size_t i = 0; i < count; i++)
		failed += !error_is(rows[i].what, span_string(rows[i].text), rows[i].message);
	assert_int_equal(failed, 0);
}

static void
what_is_not_yaml_is_refused_where_it_breaks(void **state)
{
	static const struct bad rows[] = {
		{ "an empty file", "", "v.yaml:1: the file is empty" },
		{ "a comment", "# nothing\n\n", "v.yaml:3: the file is empty" },
		{ "an empty document", "---\n", "v.yaml:2: the file is empty" },
		{ "a scalar", "listen\n", "v.yaml:1: settings are expected, as in \"listen: [...]\"" },
		{ "a list", "\n- listen\n", "v.yaml:2: settings are expected, as in \"listen: [...]\"" },
		{ "an alias", "listen: &a ['0.0.0.0:1']\nadmin: *a\n", "v.yaml:1: anchors are not allowed" },
		{ "an alias without anchor", "\nadmin: *a\n", "v.yaml:2: aliases are not allowed" },
		{ "an anchor on a mapping", "store: &s\n  memory: 1MiB\n",
		    "v.yaml:1: anchors are not allowed" },
		{ "a merge", "store: { <<: 1 }\n" GOOD, "v.yaml:1: <<: unknown setting" },
		{ "a tag", "threads: !!int 2\n", "v.yaml:1: tags are not allowed" },
		{ "a tag on a list", "threads: 1\nlisten: !a []\n", "v.yaml:2: tags are not allowed" },
		{ "a second document", GOOD "---\nlisten: []\n", "v.yaml:5: a second document begins here" },
		{ "an open bracket", "listen: ['a'\nthreads: 1\n",
		    "v.yaml:2: did not find expected ',' or ']', while parsing a flow sequence (begun in "
		    "line 1)" },
		{ "a tab", "store:\n\tmemory: 1MiB\n", "v.yaml:2: a tab: YAML is indented with spaces" },
		{ "a tab behind spaces", GOOD "  \tadmin: x\n",
		    "v.yaml:5: a tab: YAML is indented with spaces" },
		{ "a character that starts nothing", "admin: @x\n",
		    "v.yaml:1: found character that cannot start any token, while scanning for the next "
		    "token (begun in line 1)" },
		{ "UTF-16", "\xff\xfel", "v.yaml:1: text in UTF-16: it has to be UTF-8" },
		{ "UTF-16 of the other order", "\xfe\xff", "v.yaml:1: text in UTF-16: it has to be UTF-8" },
		{ "a byte order mark alone", "\xef\xbb\xbf", "v.yaml:1: the file is empty" },
		{ "a fault behind a byte order mark", "\xef\xbb\xbfthreads: 1\nadmin: \xff\n",
		    "v.yaml:2: invalid leading UTF-8 octet" },
		{ "bad indentation", "store:\n  memory: 1MiB\n bad: 1\n",
		    "v.yaml:3: did not find expected key, while parsing a block mapping (begun in line 1)" },
		{ "invalid UTF-8", "threads: 1\nadmin: \xff\n", "v.yaml:2: invalid leading UTF-8 octet" },
		{ "a control character", "threads: 1\n\nadmin: \x01\n",
		    "v.yaml:3: control characters are not allowed" },
		{ "deep nesting", "listen: [[[[[[[[[[[[1]]]]]]]]]]]]\n", "v.yaml:1: nested too deeply" },
		{ "another version of YAML", "%YAML 2.0\n---\nthreads: 1\n",
		    "v.yaml:1: found incompatible YAML document" },
	};

	(void)state;
	expect_errors(rows, COUNT(rows));
	assert_true(error_is("a NUL", SPAN_LITERAL("threads: 1\n\0admin: a\n"),
	    "v.yaml:2: control characters are not allowed"));
	assert_true(error_is("a NUL escaped", SPAN_LITERAL("admin: \"a\\0b\"\n"),
	    "v.yaml:1: admin: it has a NUL in it"));
	assert_true(error_is("a NUL in a key", SPAN_LITERAL("threads: 1\n\"admin\\0\": a\n"),
	    "v.yaml:2: it has a NUL in it"));
}

static void
unknown_and_repeated_settings_are_refused(void **state)
{
	static const struct bad rows[] = {
		{ "unknown", "colour: red\n", "v.yaml:1: colour: unknown setting" },
		{ "misspelt", "threads: 1\nlisten_: []\n",
		    "v.yaml:2: listen_: unknown setting; did you mean listen?" },
		{ "misspelt in an issuer", GOOD "  validty: 1h\n",
		    "v.yaml:5: validty: unknown setting; did you mean validity?" },
		{ "misspelt in a signer", ISSUER "  signers:\n  - certificate: a\n    kee: b\n",
		    "v.yaml:5: kee: unknown setting; did you mean key?" },
		{ "misspelt in limits", "limits:\n  head: 1KiB\n  certid: 1\n",
		    "v.yaml:3: certid: unknown setting; did you mean certids?" },
		{ "of another mapping", "validity: 1h\n", "v.yaml:1: validity: unknown setting" },
		{ "twice", "threads: 1\n\nthreads: 2\n", "v.yaml:3: threads: the setting is there twice" },
		{ "twice in an issuer", GOOD "  nonce: echo\n  nonce: echo\n",
		    "v.yaml:6: nonce: the setting is there twice" },
		{ "profile twice", GOOD "  profile: etsi\n  profile: webpki\n",
		    "v.yaml:6: profile: the setting is there twice" },
		{ "a key that is a list", "[a]: 1\n", "v.yaml:1: a list stands where one value is expected" },
		{ "a key that is a mapping", "? { a: 1 }\n: 1\n",
		    "v.yaml:1: a mapping stands where one value is expected" },
		{ "a key with a line break", "\"a\\nb\": 1\n", "v.yaml:1: it has a control character" },
		{ "a key of 100 letters", "? éééééééééééééééééééééééééééééééééééééééééééééééééééééééé\n: 1\n",
		    "v.yaml:1: éééééééééééééééééééééééééééééé...: unknown setting" },
		{ "a key that is empty", "'': 1\n", "v.yaml:1: : unknown setting" },
	};

	(void)state;
	expect_errors(rows, COUNT(rows));
}

static void
wrong_types_are_refused(void **state)
{
	static const struct bad rows[] = {
		{ "number: trailing junk", "threads: 12x\n", "v.yaml:1: threads: \"12x\" is not a number" },
		{ "number: in quotes", "threads: '2'\n",
		    "v.yaml:1: threads: a text in quotes, and not a number" },
		{ "number: negative", "threads: -1\n", "v.yaml:1: threads: \"-1\" is not a number" },
		{ "number: too small", "threads: 0\n",
		    "v.yaml:1: threads: out of range: it is a number from 1 to 1024, or auto" },
		{ "number: too large", "limits: { certids: 65 }\n",
		    "v.yaml:1: certids: out of range: it is a number from 1 to 64" },
		{ "number: huge", "limits:\n  connections: 99999999999999999999\n",
		    "v.yaml:2: connections: \"99999999999999999999\" is not a number" },
		{ "number: no value", "threads:\nadmin: a\n", "v.yaml:1: threads: it has no value" },
		{ "number: null", "threads: null\n", "v.yaml:1: threads: it has no value" },
		{ "number: a list", "threads: [1]\n",
		    "v.yaml:1: threads: a list stands where one value is expected" },
		{ "size: wrong unit", "store: { memory: 1MB }\n",
		    "v.yaml:1: memory: \"1MB\" is not a size, as in 4096, 16KiB, 256MiB or 4GiB" },
		{ "size: too small", "limits: { request: 63 }\n",
		    "v.yaml:1: request: out of range: it is a size from 64 to 1MiB" },
		{ "duration: junk", GOOD "  validity: soon\n",
		    "v.yaml:5: validity: \"soon\" is not a duration, as in 90s, 15m, 24h or 4d" },
		{ "duration: years", GOOD "  validity: 1y\n",
		    "v.yaml:5: validity: \"1y\" is not a duration, as in 90s, 15m, 24h or 4d" },
		{ "duration: zero", GOOD "  validity: 0\n",
		    "v.yaml:5: validity: out of range: it is a duration from 2s to 3653d" },
		{ "duration: parts of a second", GOOD "  validity: 2500ms\n",
		    "v.yaml:5: validity: \"2500ms\" is not a whole number of seconds" },
		{ "duration: header_time 0", "limits: { header_time: 0 }\n",
		    "v.yaml:1: header_time: out of range: it is a duration from 100ms to 1h" },
		{ "boolean: yes", "lenient: yes\n", "v.yaml:1: lenient: \"yes\" is neither true nor false" },
		{ "boolean: in quotes", "lenient: \"true\"\n",
		    "v.yaml:1: lenient: a text in quotes, and not a truth value" },
		{ "enumeration: unknown", GOOD "  nonce: maybe\n",
		    "v.yaml:5: nonce: \"maybe\" is not echo, ignore or require" },
		{ "enumeration: misspelt", GOOD "  profile: webpky\n",
		    "v.yaml:5: profile: unknown value \"webpky\"; did you mean webpki?" },
		{ "enumeration: misspelt algorithm",
		    ISSUER "  signers: [{ certificate: a, key: b, algorithm: rsa-pss-sha-256 }]\n",
		    "v.yaml:3: algorithm: unknown value \"rsa-pss-sha-256\"; did you mean rsa-pss-sha256?" },
		{ "enumeration: weak algorithm",
		    ISSUER "  signers: [{ certificate: a, key: b, algorithm: md5 }]\n",
		    "v.yaml:3: algorithm: \"md5\" is not rsa-sha256, rsa-sha384, rsa-sha512, "
		    "rsa-pss-sha256, rsa-pss-sha384, rsa-pss-sha512, "
		    "ecdsa-sha256, ecdsa-sha384, ecdsa-sha512, ed25519, ed448, "
		    "ml-dsa-44, ml-dsa-65, ml-dsa-87, "
		    "slh-dsa-sha2-128s, slh-dsa-sha2-128f, slh-dsa-sha2-192s, slh-dsa-sha2-192f, "
		    "slh-dsa-sha2-256s, slh-dsa-sha2-256f, "
		    "slh-dsa-shake-128s, slh-dsa-shake-128f, slh-dsa-shake-192s, slh-dsa-shake-192f, "
		    "slh-dsa-shake-256s or slh-dsa-shake-256f" },
		{ "set: unknown", GOOD "  certid_hashes: [sha1, md5]\n",
		    "v.yaml:5: certid_hashes: \"md5\" is not a list of sha1, sha256, sha384 or sha512" },
		{ "set: twice", GOOD "  certid_hashes: [sha1, sha1]\n",
		    "v.yaml:5: certid_hashes: \"sha1\" is there twice" },
		{ "set: empty", GOOD "  certid_hashes: []\n", "v.yaml:5: certid_hashes: the list is empty" },
		{ "set: one word", GOOD "  certid_hashes: sha1\n",
		    "v.yaml:5: certid_hashes: it is a list of sha1, sha256, sha384 or sha512, in brackets "
		    "or one a line after a dash" },
		{ "address: no port", "admin: localhost\n",
		    "v.yaml:1: admin: \"localhost\": not HOST:PORT, [IPV6]:PORT or unix:PATH" },
		{ "address: IPv6 bare", "admin: ::1:80\n",
		    "v.yaml:1: admin: \"::1:80\": an IPv6 address stands in brackets, as in [::]:8080" },
		{ "address: a number", "admin: 8080\n",
		    "v.yaml:1: admin: \"8080\": not HOST:PORT, [IPV6]:PORT or unix:PATH" },
		{ "list: one address", "listen: 0.0.0.0:8080\n",
		    "v.yaml:1: listen: it is a list of addresses, in brackets or one a line after a dash" },
		{ "list: a wrong element", "listen:\n- 0.0.0.0:8080\n- nowhere\n",
		    "v.yaml:3: listen: \"nowhere\": not HOST:PORT, [IPV6]:PORT or unix:PATH" },
		{ "list: a list in it", "listen: [[]]\n",
		    "v.yaml:1: listen: a list stands where one value is expected" },
		{ "list: empty", "listen: []\n", "v.yaml:1: listen: the list is empty" },
		{ "list: without value", "listen:\n",
		    "v.yaml:1: listen: it is a list of addresses, in brackets or one a line after a dash" },
		{ "path: empty", ISSUER "  certificate: ''\n",
		    "v.yaml:3: certificate: the setting is there twice" },
		{ "path: empty text", "issuers:\n- certificate: ''\n", "v.yaml:2: certificate: it is empty" },
		{ "path: a control character", "issuers:\n- certificate: \"a\\n\"\n",
		    "v.yaml:2: certificate: it has a control character" },
		{ "enumeration: a control character", GOOD "  nonce: \"a\\nb\"\n",
		    "v.yaml:5: nonce: it has a control character" },
		{ "enumeration: a C1 control character", GOOD "  nonce: \"a\\x9bb\"\n",
		    "v.yaml:5: nonce: it has a control character" },
		{ "path of URLs: relative", GOOD "  path: corp\n",
		    "v.yaml:5: path: \"corp\": it does not begin with '/'" },
		{ "source: no scheme", ISSUER "  sources: [vouch.db]\n",
		    "v.yaml:3: sources: \"vouch.db\" is not SCHEME:REST, as in sqlite:vouch.db" },
		{ "source: no path", ISSUER "  sources: ['sqlite:']\n",
		    "v.yaml:3: sources: the path is missing" },
		{ "cutoff",
		    GOOD "  archive_cutoff: 7\n"
			 "  lease: 9y\n",
		    "v.yaml:6: lease: \"9y\" is not a duration, as in 90s, 15m, 24h or 4d" },
		{ "cutoff: junk", GOOD "  archive_cutoff: ever\n",
		    "v.yaml:5: archive_cutoff: \"ever\" is not none, issuer, a number of years (7y) or of "
		    "days (2555d)" },
		{ "mapping: a number", "limits: 5\n", "v.yaml:1: limits: it is a mapping" },
		{ "mapping: without value", "store:\nthreads: 1\n", "v.yaml:1: store: it is a mapping" },
		{ "mappings: a number", "issuers: 5\n",
		    "v.yaml:1: issuers: it is a list of mappings, in brackets or one a line after a dash" },
		{ "mappings: one mapping", "issuers:\n  certificate: ca.pem\n",
		    "v.yaml:2: issuers: it is a list of mappings, in brackets or one a line after a dash" },
		{ "mappings: a text in it", "issuers:\n- ca.pem\n",
		    "v.yaml:2: issuers: each element is a mapping" },
		{ "mappings: an empty text in it", ISSUER "  signers:\n  - \n",
		    "v.yaml:4: signers: each element is a mapping" },
		{ "text: a mapping", "issuers:\n- name: { a: b }\n",
		    "v.yaml:2: name: a mapping stands where one value is expected" },
		{ "a variable's name with a dash",
		    ISSUER "  signers: [{ certificate: a, key: b, passphrase_env: s3cret-word }]\n",
		    "v.yaml:3: passphrase_env: not a name of letters, digits and '_'" },
		{ "a variable's name that begins with a digit",
		    ISSUER "  signers: [{ certificate: a, key: b, passphrase_env: 1PIN }]\n",
		    "v.yaml:3: passphrase_env: not a name of letters, digits and '_'" },
		{ "a variable's name that is empty",
		    ISSUER "  signers: [{ certificate: a, key: b, passphrase_env: '' }]\n",
		    "v.yaml:3: passphrase_env: not a name of letters, digits and '_'" },
		{ "no sessions", ISSUER "  signers: [{ certificate: a, key: b, sessions: 0 }]\n",
		    "v.yaml:3: sessions: out of range: it is a number from 1 to 64" },
		{ "too many sessions", ISSUER "  signers: [{ certificate: a, key: b, sessions: 65 }]\n",
		    "v.yaml:3: sessions: out of range: it is a number from 1 to 64" },
		{ "prompt: yes", ISSUER "  signers: [{ certificate: a, key: b, passphrase_prompt: yes }]\n",
		    "v.yaml:3: passphrase_prompt: \"yes\" is neither true nor false" },
		{ "signing: none in flight", GOOD "  signing: { in_flight: 0 }\n",
		    "v.yaml:5: in_flight: out of range: it is a number from 1 to 65536, or auto" },
		{ "signing: too many waiting", GOOD "  signing:\n    waiting: 1000001\n",
		    "v.yaml:6: waiting: out of range: it is a number from 0 to 1000000" },
		{ "signing: misspelt", GOOD "  signing: { inflight: 1 }\n",
		    "v.yaml:5: inflight: unknown setting; did you mean in_flight?" },
		{ "sandbox: true", "sandbox: true\n", "v.yaml:1: sandbox: \"true\" is not on or off" },
		{ "user: a list", "user: [a]\n",
		    "v.yaml:1: user: a list stands where one value is expected" },
		{ "user: too long", "user: abcdefghijklmnopqrstuvwxyz0123456\n",
		    "v.yaml:1: user: longer than 32 octets" },
		{ "user: empty", "user: ''\n", "v.yaml:1: user: it is empty" },
		{ "text: too long",
		    "issuers:\n- name: 01234567890123456789012345678901234567890123456789012345678901234\n",
		    "v.yaml:2: name: longer than 64 octets" },
	};

	(void)state;
	expect_errors(rows, COUNT(rows));
}

static void
impossible_combinations_are_refused(void **state)
{
	static const struct bad rows[] = {
		{ "no issuers", "threads: 1\n", "v.yaml:1: issuers: missing" },
		{ "an empty list of issuers", "threads: 1\nissuers: []\n",
		    "v.yaml:2: issuers: the list is empty" },
		{ "an issuer without certificate", "issuers:\n\n- name: a\n",
		    "v.yaml:3: certificate: missing" },
		{ "an issuer without signers", ISSUER SOURCE, "v.yaml:2: signers: missing" },
		{ "an issuer without sources", ISSUER SIGNER, "v.yaml:2: sources: missing" },
		{ "a signer without key", ISSUER SOURCE "  signers:\n  - certificate: a\n",
		    "v.yaml:5: key: missing" },
		{ "a signer without certificate", ISSUER SOURCE "  signers: [{ key: a }]\n",
		    "v.yaml:4: certificate: missing" },
		{ "an empty signer", ISSUER SOURCE "  signers: [{}]\n", "v.yaml:4: certificate: missing" },
		{ "two issuers with one name",
		    GOOD "  name: a\n- certificate: b.pem\n" SIGNER SOURCE "  name: a\n",
		    "v.yaml:9: name: another issuer has this name" },
		{ "one certificate twice", GOOD "- certificate: ca.pem\n" SIGNER SOURCE,
		    "v.yaml:5: certificate: another issuer of the same path has this certificate" },
		{ "one certificate twice below one path",
		    GOOD "  path: /a\n- certificate: ca.pem\n" SIGNER SOURCE "  path: /a/\n",
		    "v.yaml:6: certificate: another issuer of the same path has this certificate" },
		{ "one signer twice",
		    ISSUER SOURCE
		    "  signers:\n  - { certificate: a, key: b }\n  - { key: b, certificate: a }\n",
		    "v.yaml:6: certificate: the same signer is there twice" },
		{ "one source twice", ISSUER SIGNER "  sources: ['crl:a', 'crl:b',\n    'crl:a']\n",
		    "v.yaml:4: sources: a source is there twice" },
		{ "one address twice", GOOD "listen:\n- 0.0.0.0:80\n- 0.0.0.0:80\n",
		    "v.yaml:6: listen: 0.0.0.0:80 is there twice" },
		{ "admin on the public's address", "listen: ['127.0.0.1:80']\nadmin: 127.0.0.1:80\n" GOOD,
		    "v.yaml:2: admin: 127.0.0.1:80 serves the public" },
		{ "admin on systemd's sockets", "admin: systemd\n" GOOD,
		    "v.yaml:1: admin: the sockets that systemd passes serve the public" },
		/* F-05, D-11, D-16 */
		{ "webpki, 7h59m", GOOD "  profile: webpki\n  validity: 479m\n",
		    "v.yaml:6: validity: profile webpki wants at least 8h (CA/B 4.9.9)" },
		{ "webpki, 10d + 1s", GOOD "  profile: webpki\n  validity: 864001\n",
		    "v.yaml:6: validity: profiles webpki and etsi allow at most 7d (CA/B 4.9.9 and "
		    "Microsoft 3.2.2)" },
		{ "etsi, 7d + 1s", GOOD "  validity: 604801s\n  profile: etsi\n",
		    "v.yaml:5: validity: profiles webpki and etsi allow at most 7d (CA/B 4.9.9 and "
		    "Microsoft 3.2.2)" },
		/* F-04, F-24 */
		{ "webpki, good", GOOD "  profile: webpki\n  not_issued: good\n",
		    "v.yaml:6: not_issued: profiles webpki and etsi forbid good for what was never issued "
		    "(CA/B 4.9.9, EN 319 411-1 OVR-6.6.3)" },
		{ "etsi, good", GOOD "  profile: etsi\n  not_issued: good\n",
		    "v.yaml:6: not_issued: profiles webpki and etsi forbid good for what was never issued "
		    "(CA/B 4.9.9, EN 319 411-1 OVR-6.6.3)" },
		/* F-13 */
		{ "webpki, extended revoke", GOOD "  profile: webpki\n  not_issued: revoked\n",
		    "v.yaml:6: not_issued: profile webpki forbids suspension, which the extended revoke "
		    "states (CA/B 4.9.13)" },
		{ "webpki, Ed25519",
		    ISSUER SOURCE
		    "  signers: [{ certificate: a, key: b, algorithm: ed25519 }]\n  profile: webpki\n",
		    "v.yaml:4: algorithm: profile webpki allows RSA and ECDSA only (CA/B 7.1.3.2)" },
		{ "webpki, local trust",
		    ISSUER SOURCE
		    "  profile: webpki\n  signers:\n  - certificate: a\n    key: b\n    locally_trusted: "
		    "true\n",
		    "v.yaml:8: locally_trusted: profile webpki wants a signer that the CA issued (CA/B "
		    "7.1.2.8): no client trusts another" },
		{ "a passphrase in a file and a variable",
		    ISSUER SOURCE "  signers:\n  - { certificate: a, key: b, passphrase_file: p,\n"
				  "      passphrase_env: P }\n",
		    "v.yaml:6: passphrase_env: passphrase_file says where the passphrase is: one of them" },
		{ "a passphrase in a file and asked for",
		    ISSUER SOURCE "  signers:\n  - { certificate: a, key: b, passphrase_file: p,\n"
				  "      passphrase_prompt: true }\n",
		    "v.yaml:6: passphrase_prompt: passphrase_file or passphrase_env says where the "
		    "passphrase is: one of them" },
		{ "a passphrase in a variable and asked for",
		    ISSUER SOURCE "  signers:\n  - { certificate: a, key: b, passphrase_env: P,\n"
				  "      passphrase_prompt: true }\n",
		    "v.yaml:6: passphrase_prompt: passphrase_file or passphrase_env says where the "
		    "passphrase is: one of them" },
		{ "a lease as long as the answers", GOOD "  validity: 60s\n  lease: 1m\n",
		    "v.yaml:6: lease: a lease must be shorter than the validity of the answers" },
	};

	(void)state;
	expect_errors(rows, COUNT(rows));
}

/* head, then element count times, then tail */
static bool
repeated_error_is(const char *head, const char *element, int count, const char *tail, const char *message)
{
	vouch_buf text = { 0 };

	assert_int_equal(vouch_buf_append(&text, head, strlen(head)), VOUCH_OK);
	for (int i = 0; i < count; i++)
		assert_int_equal(vouch_buf_append(&text, element, strlen(element)), VOUCH_OK);
	assert_int_equal(vouch_buf_append(&text, tail, strlen(tail)), VOUCH_OK);
	bool as_expected = error_is(element, span_buf(&text), message);
	vouch_buf_free(&text);
	return as_expected;
}

static void
lists_are_bounded(void **state)
{
	(void)state;
	assert_true(
	    repeated_error_is("listen: [", "':0',", 65, "]\n", "v.yaml:1: listen: more than 64 of them"));
	assert_true(repeated_error_is(ISSUER "  sources:\n", "  - 'crl:a'\n", 17, "",
	    "v.yaml:20: sources: more than 16 of them"));
	assert_true(repeated_error_is(ISSUER "  signers:\n", "  - key: a\n", 17, "",
	    "v.yaml:20: signers: more than 16 of them"));
	assert_true(repeated_error_is("issuers:\n", "- path: /a\n", 4097, "",
	    "v.yaml:4098: issuers: more than 4096 of them"));
}

static void
every_beginning_of_a_good_file_is_read_or_refused_with_its_line(void **state)
{
	static const char text[] = "listen: [\"0.0.0.0:80\"] # é\nstore: { memory: 1MiB }\n" GOOD
				   "  validity: 24h\n  name: \"a\\x41\"\n";

	(void)state;
	for (size_t len = 0; len < sizeof(text); len++) {
		char *cut = malloc(len + 1);
		struct conf *conf = NULL;
		vouch_err err = { 0 };

		assert_non_null(cut);
		memcpy(cut, text, len);
		if (conf_parse(&conf, "v.yaml", span_of(cut, len), &err) == VOUCH_OK)
			conf_free(conf);
		else if (strncmp(err.msg, "v.yaml:", 7) != 0 || strchr("123456789", err.msg[7]) == NULL)
			fail_msg("%zu octets: %s", len, err.msg);
		free(cut);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_yaml_is_refused_where_it_breaks),
		cmocka_unit_test(unknown_and_repeated_settings_are_refused),
		cmocka_unit_test(wrong_types_are_refused),
		cmocka_unit_test(impossible_combinations_are_refused),
		cmocka_unit_test(lists_are_bounded),
		cmocka_unit_test(every_beginning_of_a_good_file_is_read_or_refused_with_its_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
