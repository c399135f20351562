/* SPDX-License-Identifier: Apache-2.0 */
/* vouch.yaml as struct conf: what is read, and what is filled in. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/span.h"
#include "conf/conf.h"
#include "conf/setting.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Two lines, four with the issuer's end. */
#define ISSUER "issuers:\n- certificate: ca.pem\n"
#define SIGNER "  signers: [{ certificate: ocsp.pem, key: ocsp.key }]\n"
#define SOURCE "  sources: ['sqlite:vouch.db']\n"
#define GOOD ISSUER SIGNER SOURCE

static struct conf *
parse(const char *text)
{
	struct conf *conf = NULL;
	vouch_err err = { 0 };

	if (conf_parse(&conf, "/etc/vouch/vouch.yaml", span_string(text), &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	return conf;
}

/* --- What is read ------------------------------------------------------------------------------------- */

static void
the_example_of_the_design_is_read_as_written(void **state)
{
	struct conf *conf = parse(
	    "listen: [\"0.0.0.0:8080\", \"[::]:8080\", \"unix:http.sock\"]\n"
	    "admin: 127.0.0.1:8081\n"
	    "threads: auto\n"
	    "issuers:\n"
	    "  - name: corp-1\n"
	    "    certificate: ca.pem\n"
	    "    path: /corp\n"
	    "    signers:\n"
	    "      - { certificate: ocsp.pem, key: ocsp.key, passphrase_file: pass.txt }\n"
	    "      - { certificate: /abs/rsa.pem, key: \"pkcs11:token=ca\", algorithm: rsa-pss-sha256, "
	    "locally_trusted: true, passphrase_env: PIN_2, sessions: 8 }\n"
	    "    sources: [\"sqlite:vouch.db\", \"index:/ca/index.txt\", \"crl+http://ca/ca.crl\"]\n"
	    "    profile: rfc6960\n"
	    "    validity: 12h\n"
	    "    nonce: require\n"
	    "    not_issued: revoked\n"
	    "    verify_signatures: always\n"
	    "    responder_id: byName\n"
	    "    certid_hashes: [sha256, sha1]\n"
	    "    mixed_issuers: unauthorized\n"
	    "    archive_cutoff: 7y\n"
	    "    lease: 500ms\n"
	    "    max_age: 2h\n"
	    "    signing: { in_flight: 16, waiting: 100 }\n"
	    "lenient: false\n"
	    "user: vouch\n"
	    "sandbox: off\n"
	    "store: { memory: 64MiB }\n"
	    "limits: { request: 8KiB, head: 12KiB, certids: 4, connections: 20, per_address: 10, "
	    "header_time: 2s, idle_time: 90 }\n"
	    "log: { format: json, level: warning, access: true }\n");
	const struct conf_issuer *issuer = &conf->issuers[0];

	(void)state;
	assert_string_equal(conf->file, "/etc/vouch/vouch.yaml");
	assert_int_equal(conf->listen.count, 3);
	assert_string_equal(conf->listen.items[1], "[::]:8080");
	assert_string_equal(conf->listen.items[2], "unix:/etc/vouch/http.sock");
	assert_string_equal(conf->admin, "127.0.0.1:8081");
	assert_int_equal(conf->threads, 0);
	assert_int_equal(conf->issuer_count, 1);
	assert_string_equal(issuer->name, "corp-1");
	assert_ptr_equal(issuer->options.name, issuer->name);
	assert_int_equal(issuer->options.size, sizeof(vouch_issuer_options));
	assert_string_equal(issuer->certificate, "/etc/vouch/ca.pem");
	assert_string_equal(issuer->path, "/corp");
	assert_int_equal(issuer->line, 5);
	assert_int_equal(issuer->signer_count, 2);
	assert_string_equal(issuer->signers[0].certificate, "/etc/vouch/ocsp.pem");
	assert_string_equal(issuer->signers[0].key, "/etc/vouch/ocsp.key");
	assert_string_equal(issuer->signers[0].passphrase_file, "/etc/vouch/pass.txt");
	assert_null(issuer->signers[0].algorithm);
	assert_false(issuer->signers[0].locally_trusted);
	assert_int_equal(issuer->signers[0].line, 9);
	assert_string_equal(issuer->signers[1].certificate, "/abs/rsa.pem");
	assert_string_equal(issuer->signers[1].key, "pkcs11:token=ca");
	assert_string_equal(issuer->signers[1].algorithm, "rsa-pss-sha256");
	assert_true(issuer->signers[1].locally_trusted);
	assert_int_equal(issuer->signers[1].line, 10);
	assert_int_equal(issuer->source_count, 3);
	assert_string_equal(issuer->sources[0].uri, "sqlite:/etc/vouch/vouch.db");
	assert_string_equal(issuer->sources[1].uri, "index:/ca/index.txt");
	assert_string_equal(issuer->sources[2].uri, "crl+http://ca/ca.crl");
	assert_int_equal(issuer->options.validity, 43200);
	assert_int_equal(issuer->options.nonce, VOUCH_NONCE_REQUIRE);
	assert_int_equal(issuer->options.not_issued, VOUCH_NOT_ISSUED_REVOKED);
	assert_int_equal(issuer->options.verify_signatures, VOUCH_VERIFY_ALWAYS);
	assert_int_equal(issuer->options.responder_id, VOUCH_BY_NAME);
	assert_int_equal(issuer->options.certid_hashes,
	    VOUCH_HASH_BIT(VOUCH_SHA1) | VOUCH_HASH_BIT(VOUCH_SHA256));
	assert_int_equal(issuer->options.mixed_issuers, VOUCH_MIXED_UNAUTHORIZED);
	assert_int_equal(issuer->options.archive, 2);
	assert_int_equal(issuer->options.archive_years, 7);
	assert_int_equal(issuer->options.lease_ms, 500);
	assert_int_equal(issuer->options.max_age, 7200);
	assert_null(issuer->signers[0].passphrase_env);
	assert_int_equal(issuer->signers[0].sessions, 4);
	assert_string_equal(issuer->signers[1].passphrase_env, "PIN_2");
	assert_false(issuer->signers[1].passphrase_prompt);
	assert_int_equal(issuer->signers[1].sessions, 8);
	assert_int_equal(issuer->signing_in_flight, 16);
	assert_int_equal(issuer->signing_waiting, 100);
	assert_string_equal(conf->user, "vouch");
	assert_int_equal(conf->sandbox, CONF_SANDBOX_OFF);
	assert_false(conf->lenient);
	assert_int_equal(conf->store_memory, 64 << 20);
	assert_int_equal(conf->limits.request, 8192);
	assert_int_equal(conf->limits.head, 12288);
	assert_int_equal(conf->limits.certids, 4);
	assert_int_equal(conf->limits.connections, 20);
	assert_int_equal(conf->limits.per_address, 10);
	assert_int_equal(conf->limits.header_time_ms, 2000);
	assert_int_equal(conf->limits.idle_time_ms, 90000);
	assert_int_equal(conf->log.format, CONF_LOG_JSON);
	assert_int_equal(conf->log.level, CONF_LOG_WARNING);
	assert_true(conf->log.access);
	conf_free(conf);
}

static void
what_is_not_said_has_its_default(void **state)
{
	struct conf *conf = parse(GOOD);
	const struct conf_issuer *issuer = &conf->issuers[0];

	(void)state;
	assert_int_equal(conf->listen.count, 1);
	assert_string_equal(conf->listen.items[0], "0.0.0.0:8080");
	assert_null(conf->admin);
	assert_int_equal(conf->threads, 0);
	assert_true(conf->lenient);
	assert_int_equal(conf->store_memory, 256 << 20);
	assert_int_equal(conf->limits.request, 16384);
	assert_int_equal(conf->limits.head, 16384);
	assert_int_equal(conf->limits.certids, 16);
	assert_int_equal(conf->limits.connections, 10000);
	assert_int_equal(conf->limits.per_address, 1000);
	assert_int_equal(conf->limits.header_time_ms, 10000);
	assert_int_equal(conf->limits.idle_time_ms, 60000);
	assert_int_equal(conf->log.format, CONF_LOG_LOGFMT);
	assert_int_equal(conf->log.level, CONF_LOG_INFO);
	assert_false(conf->log.access);
	assert_null(issuer->name);
	assert_null(issuer->options.name);
	assert_string_equal(issuer->path, "/");
	assert_int_equal(issuer->options.profile, VOUCH_PROFILE_RFC6960);
	assert_int_equal(issuer->options.validity, 86400);
	assert_int_equal(issuer->options.nonce, VOUCH_NONCE_ECHO);
	assert_int_equal(issuer->options.not_issued, VOUCH_NOT_ISSUED_UNKNOWN);
	assert_int_equal(issuer->options.verify_signatures, VOUCH_VERIFY_CACHEABLE);
	assert_int_equal(issuer->options.responder_id, VOUCH_BY_KEY);
	assert_int_equal(issuer->options.certid_hashes,
	    VOUCH_HASH_BIT(VOUCH_SHA1) | VOUCH_HASH_BIT(VOUCH_SHA256) | VOUCH_HASH_BIT(VOUCH_SHA384) |
		VOUCH_HASH_BIT(VOUCH_SHA512));
	assert_int_equal(issuer->options.mixed_issuers, VOUCH_MIXED_ANSWER);
	assert_int_equal(issuer->options.archive, 0);
	assert_int_equal(issuer->options.lease_ms, 1000);
	assert_int_equal(issuer->options.max_age, 43200);
	assert_null(issuer->signers[0].passphrase_file);
	assert_null(issuer->signers[0].passphrase_env);
	assert_false(issuer->signers[0].passphrase_prompt);
	assert_int_equal(issuer->signers[0].sessions, 4);
	assert_int_equal(issuer->signing_in_flight, 0);
	assert_int_equal(issuer->signing_waiting, 1024);
	assert_null(conf->user);
	assert_int_equal(conf->sandbox, CONF_SANDBOX_ON);
	conf_free(conf);
}

static void
json_is_read_as_yaml(void **state)
{
	struct conf *conf = parse(
	    "{\n \"listen\": [\"127.0.0.1:0\"],\n \"threads\": 2, \"lenient\": true,\n \"issuers\": [ {\n"
	    "  \"certificate\": \"\\/pki\\/ca.pem\", \"validity\": 3600, \"signers\": [ { \"certificate\": "
	    "\"o.pem\", \"key\": \"o.key\" } ],\n"
	    "  \"sources\": [\"sqlite:\\u0076.db\"] } ]\n}\n");

	(void)state;
	assert_int_equal(conf->threads, 2);
	assert_string_equal(conf->issuers[0].certificate, "/pki/ca.pem");
	assert_int_equal(conf->issuers[0].options.validity, 3600);
	assert_string_equal(conf->issuers[0].sources[0].uri, "sqlite:/etc/vouch/v.db");
	conf_free(conf);
}

static void
profiles_preset_what_is_not_said_wherever_they_stand(void **state)
{
	static const struct {
		const char *settings;
		uint8_t profile;
		int64_t validity, max_age;
		uint8_t archive;
	} rows[] = {
		{ "  profile: webpki\n", VOUCH_PROFILE_WEBPKI, 345600, 43200, 0 },
		{ "  profile: webpki\n  validity: 8h\n", VOUCH_PROFILE_WEBPKI, 28800, 43200, 0 },
		{ "  validity: 7d\n  profile: webpki\n", VOUCH_PROFILE_WEBPKI, 604800, 43200, 0 },
		{ "  profile: etsi\n", VOUCH_PROFILE_ETSI, 345600, 43200, 1 },
		{ "  archive_cutoff: none\n  profile: etsi\n", VOUCH_PROFILE_ETSI, 345600, 43200, 0 },
		{ "  profile: etsi\n  archive_cutoff: 7y\n  validity: 1h\n", VOUCH_PROFILE_ETSI, 3600, 43200,
		    2 },
		{ "  profile: enterprise\n", VOUCH_PROFILE_ENTERPRISE, 86400, 3600, 0 },
		{ "  max_age: 5m\n  profile: enterprise\n", VOUCH_PROFILE_ENTERPRISE, 86400, 300, 0 },
		{ "  profile: rfc6960\n", VOUCH_PROFILE_RFC6960, 86400, 43200, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		char text[1024];

		snprintf(text, sizeof(text), GOOD "%s", rows[i].settings);
		struct conf *conf = parse(text);
		const vouch_issuer_options *options = &conf->issuers[0].options;
		assert_int_equal(options->profile, rows[i].profile);
		assert_int_equal(options->validity, rows[i].validity);
		assert_int_equal(options->max_age, rows[i].max_age);
		assert_int_equal(options->archive, rows[i].archive);
		assert_int_equal(options->not_issued, VOUCH_NOT_ISSUED_UNKNOWN);
		conf_free(conf);
	}
}

static void
issuers_may_share_what_they_need_not_own(void **state)
{
	struct conf *conf = parse(
	    "issuers:\n"
	    "- { certificate: a.pem, signers: [{ certificate: o.pem, key: o.key }], sources: "
	    "['sqlite:v.db'] }\n"
	    "- { certificate: b.pem, signers: [{ certificate: o.pem, key: o.key }], sources: "
	    "['sqlite:v.db'] }\n"
	    "- { certificate: a.pem, path: /a, signers: [{ certificate: o.pem, key: o.key }], sources: "
	    "['sqlite:v.db'] }\n"
	    "listen: ['127.0.0.1:0', '127.0.0.1:0']\nadmin: 127.0.0.1:0\n");

	(void)state;
	assert_int_equal(conf->issuer_count, 3);
	conf_free(conf);
}

static void
paths_begin_at_the_folder_of_the_file(void **state)
{
	static const struct {
		const char *file, *path;
	} rows[] = { { "vouch.yaml", "ca.pem" }, { "conf/vouch.yaml", "conf/ca.pem" },
		{ "/vouch.yaml", "/ca.pem" }, { "./v.yaml", "./ca.pem" } };

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct conf *conf = NULL;
		vouch_err err;

		assert_int_equal(conf_parse(&conf, rows[i].file, span_string(GOOD), &err), VOUCH_OK);
		assert_string_equal(conf->issuers[0].certificate, rows[i].path);
		conf_free(conf);
	}
}

/* --- Files -------------------------------------------------------------------------------------------- */

static void
files_that_cannot_be_read_say_why(void **state)
{
	struct conf *conf = NULL;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(conf_read(&conf, "/nonexistent/v.yaml", &err), VOUCH_EIO);
	assert_string_equal(err.msg, "/nonexistent/v.yaml: cannot be opened: No such file or directory");
	assert_int_equal(conf_read(&conf, "/", &err), VOUCH_EIO);
	assert_string_equal(err.msg, "/: cannot be read: Is a directory");
	assert_int_equal(conf_read(&conf, "/dev/zero", &err), VOUCH_ELIMIT);
	assert_string_equal(err.msg, "/dev/zero: larger than 1 MiB");
	assert_int_equal(conf_read(&conf, "/dev/null", &err), VOUCH_EPARSE);
	assert_string_equal(err.msg, "/dev/null:1: the file is empty");
	assert_null(conf);
}

static void
files_are_read(void **state)
{
	char path[] = "/tmp/vouch-conf-XXXXXX";
	int fd = mkstemp(path);
	struct conf *conf = NULL;
	vouch_err err = { 0 };

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, GOOD, sizeof(GOOD) - 1), sizeof(GOOD) - 1);
	close(fd);
	int rc = conf_read(&conf, path, &err);
	unlink(path);
	assert_int_equal(rc, VOUCH_OK);
	assert_string_equal(conf->file, path);
	assert_string_equal(conf->issuers[0].certificate, "/tmp/ca.pem");
	conf_free(conf);
}

static void
a_long_path_leaves_the_reason_its_room(void **state)
{
	char path[1001];
	struct conf *conf = NULL;
	vouch_err err = { 0 };

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(conf_parse(&conf, path, span_string("threads: 12x\n"), &err), VOUCH_EPARSE);
	assert_non_null(strstr(err.msg, "ppp:1: threads: \"12x\" is not a number"));
	assert_int_equal(conf_read(&conf, path, &err), VOUCH_EIO);
	assert_non_null(strstr(err.msg, "ppp: cannot be opened: File name too long"));
}

static void
two_long_paths_share_the_room(void **state)
{
	char path[301], reason[121];
	vouch_err err = { .code = VOUCH_EREFUSED };

	(void)state;
	memset(path, 'p', sizeof(path) - 1);
	memcpy(path + 288, "/v\xc3\xa9uch.yaml", 13);
	memset(reason, 'r', sizeof(reason) - 1);
	reason[sizeof(reason) - 1] = '\0';
	snprintf(err.msg, sizeof(err.msg), "%s", reason);
	assert_int_equal(conf_err_file(&err, path, 0, 2), VOUCH_EREFUSED);
	assert_int_equal(conf_err_file(&err, path, 77, 1), VOUCH_EREFUSED);
	assert_int_equal(strncmp(err.msg, "...p", 4), 0);
	assert_non_null(strstr(err.msg, "p/v\xc3\xa9uch.yaml:77: ...p"));
	assert_non_null(strstr(err.msg, "p/v\xc3\xa9uch.yaml: rrr"));
	assert_string_equal(err.msg + strlen(err.msg) - 120, reason);
}

static void
a_short_path_stays_whole(void **state)
{
	vouch_err err = { .code = VOUCH_EREFUSED, .msg = "why" };

	(void)state;
	conf_err_file(&err, "ca.pem", 0, 2);
	conf_err_file(&err, "/etc/vouch.yaml", 3, 1);
	assert_string_equal(err.msg, "/etc/vouch.yaml:3: ca.pem: why");
}

static void
a_thousand_issuers_are_not_too_many(void **state)
{
	enum { issuers = 1000, length = 160 };
	char *text = malloc(issuers * length + 16);
	size_t used = 9;

	(void)state;
	assert_non_null(text);
	memcpy(text, "issuers:\n", used);
	for (int i = 0; i < issuers; i++)
		used += (size_t)snprintf(text + used, length,
		    "- { certificate: %d.pem, name: ca-%d, signers: [{ certificate: o.pem, key: o.key }], "
		    "sources: ['crl:%d.crl'] }\n",
		    i, i, i);
	struct conf *conf = parse(text);
	assert_int_equal(conf->issuer_count, issuers);
	assert_int_equal(conf->issuers[999].line, 1001);
	conf_free(conf);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_of_the_design_is_read_as_written),
		cmocka_unit_test(what_is_not_said_has_its_default),
		cmocka_unit_test(json_is_read_as_yaml),
		cmocka_unit_test(profiles_preset_what_is_not_said_wherever_they_stand),
		cmocka_unit_test(issuers_may_share_what_they_need_not_own),
		cmocka_unit_test(paths_begin_at_the_folder_of_the_file),
		cmocka_unit_test(files_that_cannot_be_read_say_why),
		cmocka_unit_test(files_are_read),
		cmocka_unit_test(a_long_path_leaves_the_reason_its_room),
		cmocka_unit_test(two_long_paths_share_the_room),
		cmocka_unit_test(a_short_path_stays_whole),
		cmocka_unit_test(a_thousand_issuers_are_not_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
