/* SPDX-License-Identifier: Apache-2.0 */
/* Sources in vouch.yaml: texts and mappings, paths resolved, settings made into parameters. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "conf/source_uri.h"

static int
parse(struct conf **out, const char *path, const char *sources, vouch_err *err)
{
	char text[4096];

	snprintf(text, sizeof(text),
	    "issuers:\n"
	    "  - certificate: ca.pem\n"
	    "    signers: [{ certificate: o.pem, key: o.key }]\n"
	    "    sources:\n%s",
	    sources);
	return conf_parse(out, path, (vouch_span){ (const uint8_t *)text, strlen(text) }, err);
}

static void
a_text_and_a_mapping_are_sources(void **state)
{
	struct conf *conf = NULL;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(
	    parse(&conf, "/etc/vouch/vouch.yaml",
		"      - sqlite:vouch.db\n"
		"      - uri: crl:ca.crl\n"
		"        issued: serials\n"
		"        optional: true\n"
		"      - { uri: \"postgresql://u@db/v?timeout=2s\", query: \"select 'a&b' as status\" }\n",
		&err),
	    VOUCH_OK);
	const struct conf_issuer *issuer = &conf->issuers[0];
	assert_int_equal(issuer->source_count, 3);
	assert_string_equal(issuer->sources[0].uri, "sqlite:/etc/vouch/vouch.db");
	assert_false(issuer->sources[0].optional);
	assert_int_equal(issuer->sources[0].line, 5);
	assert_string_equal(issuer->sources[1].uri, "crl:/etc/vouch/ca.crl?issued=/etc/vouch/serials");
	assert_true(issuer->sources[1].optional);
	assert_int_equal(issuer->sources[1].line, 6);
	assert_string_equal(issuer->sources[2].uri,
	    "postgresql://u@db/v?timeout=2s&query=select%20%27a%26b%27%20as%20status");
	conf_free(conf);
}

static void
a_query_has_as_many_lines_as_it_needs(void **state)
{
	struct conf *conf = NULL;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(parse(&conf, "v.yaml",
			     "      - uri: sqlite:own?x.db\n"
			     "        query: |\n"
			     "          select status\n"
			     "          from t\n"
			     "        changes: select 1\n",
			     &err),
	    VOUCH_OK);
	assert_string_equal(conf->issuers[0].sources[0].query, "select status\nfrom t\n");
	assert_string_equal(conf->issuers[0].sources[0].uri,
	    "sqlite:own?x.db?query=select%20status%0Afrom%20t%0A&changes=select%201");
	conf_free(conf);
}

static void
relative_paths_of_a_uri_begin_at_the_files_folder(void **state)
{
	static const struct {
		const char *uri, *resolved;
	} cases[] = {
		{ "sqlite:v.db", "sqlite:/c d/v.db" },
		{ "sqlite:/v.db?mode=ro", "sqlite:/v.db?mode=ro" },
		{ "sqlite:v.db?query=select%201", "sqlite:/c d/v.db?query=select%201" },
		{ "index:i.txt", "index:/c d/i.txt" },
		{ "crl:a.crl?issued=x%20y&crl_issuer=/abs/z.pem&crl_id=yes",
		    "crl:/c d/a.crl?issued=/c%20d/x%20y&crl_issuer=/abs/z.pem&crl_id=yes" },
		{ "crl:/a.crl?issued=%2Fabs&crl_id=yes", "crl:/a.crl?issued=%2Fabs&crl_id=yes" },
		{ "plugin:p.so?issued=x&y", "plugin:/c d/p.so?issued=x&y" },
		{ "crl+https://h/a.crl?issued=x#issued=x&also=http://h/b.crl&cafile=ca.pem",
		    "crl+https://h/a.crl?issued=x#issued=/c%20d/x&also=http://h/b.crl&cafile=/c%20d/ca.pem" },
		{ "crl+http://h/a.crl", "crl+http://h/a.crl" },
		{ "postgresql://h/d?sslrootcert=root.pem&sslmode=verify-full",
		    "postgresql://h/d?sslrootcert=/c%20d/root.pem&sslmode=verify-full" },
		{ "postgresql://h/d?sslrootcert=system&passfile=p",
		    "postgresql://h/d?sslrootcert=system&passfile=/c%20d/p" },
		{ "mysql://h/d?tls-ca=ca.pem&issued=", "mysql://h/d?tls-ca=/c%20d/ca.pem&issued=" },
		{ "nothing:x", "nothing:x" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		vouch_buf out = { 0 };
		vouch_err err = { 0 };
		assert_int_equal(conf_source_uri_resolve(&out, cases[i].uri, "/c d", &err), VOUCH_OK);
		assert_string_equal((const char *)out.data, cases[i].resolved);
		out.len = 0;
		assert_int_equal(conf_source_uri_resolve(&out, cases[i].uri, NULL, &err), VOUCH_OK);
		assert_string_equal((const char *)out.data, cases[i].uri);
		vouch_buf_free(&out);
	}
}

static int
note_path(void *arg, const char *path)
{
	char *all = arg;
	size_t len = strlen(all);

	snprintf(all + len, 512 - len, "%s|", path);
	return 0;
}

static void
the_files_of_a_uri_are_told(void **state)
{
	static const struct {
		const char *uri, *paths;
	} cases[] = {
		{ "sqlite:/a?b.db", "/a?b.db|" },
		{ "sqlite:/a.db?mode=ro", "/a.db|" },
		{ "crl:/dir?issued=/x%20y&crl_id=yes&crl_issuer=/z", "/dir|/x y|/z|" },
		{ "crl+http://h/x?y=z#issued=/i&every=1h", "/i|" },
		{ "mysql://h/d?socket=/run/s&password-file=/p", "/run/s|/p|" },
		{ "crl:/a?issued=%zz", "/a|" },
		{ "plugin:/p.so?issued=/x", "/p.so|" },
		{ "nothing:/x", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char paths[512] = "";
		assert_int_equal(conf_source_uri_each_path(cases[i].uri, note_path, paths), 0);
		assert_string_equal(paths, cases[i].paths);
	}
}

static void
what_is_wrong_with_a_source_names_its_line_and_field(void **state)
{
	static const struct {
		const char *sources, *message;
	} cases[] = {
		{ "      - { query: x }\n", "v.yaml:5: uri: missing" },
		{ "      - uri: sqlite:v.db\n        colour: red\n", "v.yaml:6: colour: unknown setting" },
		{ "      - uri: sqlite:v.db\n        querry: x\n",
		    "v.yaml:6: querry: unknown setting; did you mean query?" },
		{ "      - uri: sqlite:v.db\n        optional: maybe\n",
		    "v.yaml:6: optional: \"maybe\" is neither true" },
		{ "      - uri: sqlite:v.db?query=x\n        query: y\n",
		    "v.yaml:5: sources: query: it is a parameter of the URI, too" },
		{ "      - uri: nothing:x\n        query: y\n",
		    "v.yaml:5: sources: query: such a source has no parameters" },
		{ "      - vouch.db\n", "v.yaml:5: sources: \"vouch.db\" is not SCHEME:REST" },
		{ "      - uri: vouch.db\n", "v.yaml:5: uri: \"vouch.db\" is not SCHEME:REST" },
		{ "      - index:\n", "v.yaml:5: index: unknown setting" },
		{ "      - \"index:\"\n", "v.yaml:5: sources: the path is missing" },
		{ "      - \"crl:?issued=x\"\n", "v.yaml:5: sources: the path is missing" },
		{ "      - [sqlite:v.db]\n", "v.yaml:5: sources: each element is a text or a mapping" },
		{ "      - sqlite:v.db\n      - { uri: sqlite:v.db, optional: true }\n",
		    "v.yaml:5: sources: a source is there twice" },
		{ "      - uri: sqlite:v.db\n        query: \"a\\x01b\"\n",
		    "v.yaml:6: query: it has a control character" },
		{ "      []\n", "v.yaml:5: sources: the list is empty" },
		{ "      sqlite:v.db\n", "v.yaml:5: sources: it is a list of sources or mappings" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct conf *conf = NULL;
		vouch_err err = { 0 };
		if (parse(&conf, "v.yaml", cases[i].sources, &err) == VOUCH_OK)
			fail_msg("%s was accepted", cases[i].sources);
		if (strncmp(err.msg, cases[i].message, strlen(cases[i].message)) != 0)
			fail_msg("\"%s\" is not \"%s\"", err.msg, cases[i].message);
	}
}

static void
flags_add_sources_one_by_one(void **state)
{
	struct conf *conf = NULL;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(conf_new(&conf, &err), VOUCH_OK);
	assert_int_equal(conf_set(conf, "issuers.sources", "crl:a.crl?issued=b", &err), VOUCH_OK);
	assert_int_equal(conf_set(conf, "issuers.sources", "sqlite:b.db", &err), VOUCH_OK);
	assert_int_equal(conf_set(conf, "issuers.sources.optional", "true", &err), VOUCH_OK);
	assert_int_equal(conf->issuers[0].source_count, 2);
	assert_string_equal(conf->issuers[0].sources[0].uri, "crl:a.crl?issued=b");
	assert_false(conf->issuers[0].sources[0].optional);
	assert_true(conf->issuers[0].sources[1].optional);
	conf_clear(conf, "issuers.sources");
	assert_int_equal(conf->issuers[0].source_count, 0);
	conf_free(conf);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_text_and_a_mapping_are_sources),
		cmocka_unit_test(a_query_has_as_many_lines_as_it_needs),
		cmocka_unit_test(relative_paths_of_a_uri_begin_at_the_files_folder),
		cmocka_unit_test(the_files_of_a_uri_are_told),
		cmocka_unit_test(what_is_wrong_with_a_source_names_its_line_and_field),
		cmocka_unit_test(flags_add_sources_one_by_one),
	};

	return cmocka_run_group_tests_name("conf_sources", tests, NULL, NULL);
}
