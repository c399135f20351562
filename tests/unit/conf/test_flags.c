/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration made from flags, and the settings table itself. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "conf/conf.h"
#include "conf/setting.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void
set(struct conf *conf, const char *key, const char *value)
{
	vouch_err err = { 0 };

	if (conf_set(conf, key, value, &err) != VOUCH_OK)
		fail_msg("%s: %s", key, err.msg);
}

static struct conf *
new_conf(void)
{
	struct conf *conf = NULL;
	vouch_err err;

	assert_int_equal(conf_new(&conf, &err), VOUCH_OK);
	return conf;
}

static void
flags_make_a_configuration(void **state)
{
	struct conf *conf = new_conf();
	vouch_err err;

	(void)state;
	assert_null(conf->file);
	assert_int_equal(conf->issuer_count, 1);
	assert_int_equal(conf->issuers[0].signer_count, 0);
	set(conf, "listen", "127.0.0.1:0");
	set(conf, "listen", "unix:http.sock");
	set(conf, "admin", "127.0.0.1:0");
	set(conf, "threads", "2");
	set(conf, "log.format", "json");
	set(conf, "issuers.certificate", "ca.pem");
	set(conf, "issuers.certificate", "ca2.pem");
	set(conf, "issuers.signers.certificate", "ocsp.pem");
	set(conf, "issuers.signers.key", "pkcs11:ocsp");
	set(conf, "issuers.signers.algorithm", "ecdsa-sha384");
	set(conf, "issuers.signers.passphrase_prompt", "true");
	set(conf, "issuers.signing.waiting", "0");
	set(conf, "user", "vouch");
	set(conf, "sandbox", "off");
	set(conf, "issuers.sources", "sqlite:vouch.db");
	set(conf, "issuers.sources", "index:index.txt");
	assert_int_equal(conf_check(conf, &err), VOUCH_OK);
	assert_int_equal(conf->listen.count, 2);
	assert_string_equal(conf->listen.items[1], "unix:http.sock");
	assert_int_equal(conf->threads, 2);
	assert_int_equal(conf->log.format, CONF_LOG_JSON);
	assert_string_equal(conf->issuers[0].certificate, "ca2.pem");
	assert_int_equal(conf->issuers[0].signer_count, 1);
	assert_string_equal(conf->issuers[0].signers[0].certificate, "ocsp.pem");
	assert_string_equal(conf->issuers[0].signers[0].key, "pkcs11:ocsp");
	assert_string_equal(conf->issuers[0].signers[0].algorithm, "ecdsa-sha384");
	assert_true(conf->issuers[0].signers[0].passphrase_prompt);
	assert_int_equal(conf->issuers[0].signing_waiting, 0);
	assert_string_equal(conf->user, "vouch");
	assert_int_equal(conf->sandbox, CONF_SANDBOX_OFF);
	assert_int_equal(conf->issuers[0].source_count, 2);
	assert_string_equal(conf->issuers[0].sources[0].uri, "sqlite:vouch.db");
	assert_int_equal(conf->issuers[0].options.size, sizeof(vouch_issuer_options));
	assert_int_equal(conf->issuers[0].options.validity, 86400);
	conf_free(conf);
}

static void
what_flags_do_not_say_is_filled_in_or_missed(void **state)
{
	struct conf *conf = new_conf();
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(conf_check(conf, &err), VOUCH_EINVAL);
	assert_string_equal(err.msg, "certificate: missing");
	assert_int_equal(conf->listen.count, 1);
	assert_string_equal(conf->listen.items[0], "0.0.0.0:8080");
	set(conf, "issuers.certificate", "ca.pem");
	assert_int_equal(conf_check(conf, &err), VOUCH_EINVAL);
	assert_string_equal(err.msg, "signers: missing");
	conf_free(conf);
}

static void
flags_replace_a_list_that_was_cleared(void **state)
{
	struct conf *conf = new_conf();

	(void)state;
	set(conf, "listen", "127.0.0.1:1");
	conf_clear(conf, "listen");
	assert_int_equal(conf->listen.count, 0);
	set(conf, "listen", "127.0.0.1:2");
	assert_int_equal(conf->listen.count, 1);
	conf_clear(conf, "issuers.sources");
	conf_clear(conf, "threads");
	conf_clear(conf, "nothing");
	conf_free(conf);
}

static void
bad_flags_are_refused_with_the_reason(void **state)
{
	static const struct {
		const char *key, *value, *message;
	} rows[] = {
		{ "listen", "8080", "\"8080\": not HOST:PORT, [IPV6]:PORT or unix:PATH" },
		{ "threads", "many", "\"many\" is not a number" },
		{ "log.format", "xml", "\"xml\" is not logfmt or json" },
		{ "issuers.sources", "vouch.db", "\"vouch.db\" is not SCHEME:REST, as in sqlite:vouch.db" },
		{ "issuers.signers.algorithm", "rsa-sha1",
		    "unknown value \"rsa-sha1\"; did you mean rsa-sha512?" },
		{ "issuers.certificate", "", "it is empty" },
		{ "issuers.certificate", "a\nb", "it has a control character" },
		{ "issuers", "a", "it is a mapping" },
		{ "log", "a", "it is a mapping" },
		{ "nothing", "a", "there is no such setting" },
		{ "threads.more", "a", "there is no such setting" },
		{ "issuers.", "a", "there is no such setting" },
		{ "a-name-that-is-longer-than-any-name-of-a-setting-could-ever-reasonably-be", "a",
		    "there is no such setting" },
	};
	struct conf *conf = new_conf();

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_err err = { 0 };

		if (conf_set(conf, rows[i].key, rows[i].value, &err) == VOUCH_OK ||
		    strcmp(err.msg, rows[i].message) != 0)
			fail_msg("%s: %s", rows[i].key, err.msg);
	}
	conf_free(conf);
}

static void
check_rows(const struct conf_setting *rows)
{
	size_t count = 0;

	for (const struct conf_setting *s = rows; s->name != NULL; s++, count++) {
		char text[CONF_DESCRIPTION];

		if (s->text == NULL || s->text[strlen(s->text) - 1] != '.')
			fail_msg("%s has no text for people", s->name);
		conf_setting_describe(s, text, sizeof(text));
		if (text[0] == '\0' || strlen(text) + 1 >= sizeof(text))
			fail_msg("%s: described as \"%s\"", s->name, text);
		if (s->rows != NULL)
			check_rows(s->rows);
	}
	assert_in_range(count, 1, 31); /* the reader notes in 32 bits which it has seen */
}

static void
every_row_of_the_table_is_complete(void **state)
{
	(void)state;
	check_rows(conf_settings);
	for (const struct conf_preset *p = conf_presets; p->name != NULL; p++)
		assert_non_null(
		    conf_setting_find(conf_setting_find(conf_settings, "issuers")->rows, p->name));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_make_a_configuration),
		cmocka_unit_test(what_flags_do_not_say_is_filled_in_or_missed),
		cmocka_unit_test(flags_replace_a_list_that_was_cleared),
		cmocka_unit_test(bad_flags_are_refused_with_the_reason),
		cmocka_unit_test(every_row_of_the_table_is_complete),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
