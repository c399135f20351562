/* SPDX-License-Identifier: Apache-2.0 */
/* URIs of sources: which are opened, which can be written, and what is said of the others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "sources/sources.h"

#define NOW 1790000000

static char folder[64], uri[128];

static int
make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/vouch-sources-XXXXXX");
	if (mkdtemp(folder) == NULL || setenv("VOUCH_MODULES", folder, 1) != 0)
		return -1;
	snprintf(uri, sizeof(uri), "sqlite:%s/vouch.db", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	(void)unlink(uri + strlen("sqlite:"));
	return rmdir(folder);
}

static void
what_cannot_be_opened_says_why(void **state)
{
	static const struct {
		const char *uri;
		int code;
		const char *text;
	} cases[] = {
		{ "", VOUCH_EINVAL, "it begins with one of sqlite:" },
		{ "vouch.db", VOUCH_EINVAL, "vouch.db: not the URI of a source" },
		{ "sqlite", VOUCH_EINVAL, "not the URI of a source" },
		{ ":memory:", VOUCH_EINVAL, "not the URI of a source" },
		{ "SQLITE:vouch.db", VOUCH_EINVAL, "not the URI of a source" },
		{ "sqlite3:vouch.db", VOUCH_EINVAL, "not the URI of a source" },
		{ "http://localhost/", VOUCH_EINVAL, "not the URI of a source" },
		{ "sqlite:", VOUCH_EINVAL, "no file is named" },
		{ "sqlite:/nowhere/vouch.db", VOUCH_EUNAVAILABLE,
		    "/nowhere/vouch.db: No such file or directory" },
		{ "crl+http://localhost/ca.crl", VOUCH_EUNAVAILABLE,
		    "crl+http://localhost/ca.crl: crl+http: sources are not in this build, which was made without libcurl "
		    "(package libcurl4-openssl-dev)" },
		{ "crl+https://localhost/ca.crl", VOUCH_EUNAVAILABLE,
		    "crl+https: sources are not in this build" },
		{ "postgresql://localhost/vouch", VOUCH_EUNAVAILABLE,
		    "postgresql://localhost/vouch: postgresql: sources are not in this build or installation: "
		    "vouch-source-postgresql.so, which belongs into /" },
		{ "postgresql://localhost/vouch", VOUCH_EUNAVAILABLE,
		    "is made where libpq is (package libpq-dev)" },
		{ "mysql://localhost/vouch", VOUCH_EUNAVAILABLE,
		    "is made where libmariadb is (package libmariadb-dev)" },
		{ "mysql://vouch:Tr0ub4dor@localhost/vouch", VOUCH_EUNAVAILABLE,
		    "mysql://vouch:***@localhost/vouch: mysql: sources are not in this build" },
		{ "mysql2://vouch:Tr0ub4dor@localhost/vouch", VOUCH_EINVAL,
		    "mysql2://vouch:***@localhost/vouch: not the URI of a source" },
		{ "plugin:", VOUCH_EINVAL, "plugin:: no shared object is named" },
		{ "plugin:?x=y", VOUCH_EINVAL, "no shared object is named" },
		{ "plugin:/nowhere/source.so?x", VOUCH_EUNAVAILABLE,
		    "plugin:/nowhere/source.so?x: /nowhere/source.so: there is no such file" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		vouch_source *source = NULL;
		vouch_err err = { 0 };
		assert_int_equal(sources_open(&source, cases[i].uri, NOW, &err), cases[i].code);
		if (strstr(err.msg, cases[i].text) == NULL)
			fail_msg("\"%s\" does not say \"%s\"", err.msg, cases[i].text);
		assert_null(source);
		assert_int_equal(sources_open(&source, cases[i].uri, NOW, NULL), cases[i].code);
	}
}

static void
a_register_is_made_only_for_who_says_so(void **state)
{
	vouch_source *source = NULL;
	vouch_err err = { 0 };

	(void)state;
	assert_int_equal(sources_open(&source, uri, NOW, &err), VOUCH_EUNAVAILABLE);
	assert_int_equal(sources_open_register(&source, uri, false, NOW, &err), VOUCH_EUNAVAILABLE);
	assert_int_equal(access(uri + strlen("sqlite:"), F_OK), -1);
	assert_int_equal(sources_open_register(&source, uri, true, NOW, &err), VOUCH_OK);
	vouch_source_free(source);
	assert_int_equal(sources_open(&source, uri, NOW, &err), VOUCH_OK);
	vouch_source_free(source);
}

static void
a_uri_says_whether_it_can_be_written(void **state)
{
	vouch_source *source = NULL;
	vouch_err err = { 0 };

	(void)state;
	assert_true(sources_is_register("sqlite:vouch.db"));
	assert_true(sources_is_register("sqlite:vouch.db?mode=rw"));
	assert_false(sources_is_register("sqlite:vouch.db?mode=ro"));
	assert_false(sources_is_register("sqlite:vouch.db?query=select%201"));
	assert_false(sources_is_register("postgresql://localhost/vouch"));
	assert_false(sources_is_register("plugin:/nowhere/source.so"));
	assert_false(sources_is_register("index:index.txt"));
	assert_false(sources_is_register("vouch.db"));
	assert_int_equal(sources_open_register(&source, "sqlite:vouch.db?mode=ro", true, NOW, &err),
	    VOUCH_EREFUSED);
	assert_int_equal(sources_open_register(&source, "mysql://x/y", true, NOW, &err), VOUCH_EUNAVAILABLE);
}

static void
a_path_is_no_uri(void **state)
{
	(void)state;
	assert_true(sources_is_uri("sqlite:vouch.db"));
	assert_true(sources_is_uri("postgresql://localhost/vouch"));
	assert_false(sources_is_uri("vouch.db"));
	assert_false(sources_is_uri("./sqlite:vouch.db"));
	assert_false(sources_is_uri("C:vouch.db"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_cannot_be_opened_says_why, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_register_is_made_only_for_who_says_so, make_folder,
		    remove_folder),
		cmocka_unit_test_setup_teardown(a_uri_says_whether_it_can_be_written, make_folder,
		    remove_folder),
		cmocka_unit_test(a_path_is_no_uri),
	};

	return cmocka_run_group_tests_name("sources", tests, NULL, NULL);
}
