/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords in URIs: hidden wherever they are, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/uri_secret.h"

static const struct {
	const char *uri, *shown, *masked;
} cases[] = {
	{ "", "", "" },
	{ "sqlite:/var/lib/vouch.db", "sqlite:/var/lib/vouch.db", "sqlite:/var/lib/vouch.db" },
	{ "postgresql://u@h/d", "postgresql://u@h/d", "postgresql://u@h/d" },
	{ "postgresql://u:secret@h:5432/d", "postgresql://u:***@h:5432/d", "postgresql://u:******@h:5432/d" },
	{ "postgresql://h:5432/d?user=a@b", "postgresql://h:5432/d?user=a@b",
	    "postgresql://h:5432/d?user=a@b" },
	{ "mysql://u:a@b:c@h/d", "mysql://u:***@h/d", "mysql://u:*****@h/d" },
	{ "mysql://u:a/b@h/d", "mysql://u:***@h/d", "mysql://u:***@h/d" },
	{ "mysql://u:a?b@h/d", "mysql://u:***@h/d", "mysql://u:***@h/d" },
	{ "mysql://u:@h/d", "mysql://u:@h/d", "mysql://u:@h/d" },
	{ "x://:p@h", "x://:***@h", "x://:*@h" },
	{ "postgresql:///d?password=p%20w&sslmode=require", "postgresql:///d?password=***&sslmode=require",
	    "postgresql:///d?password=*****&sslmode=require" },
	{ "postgresql://u:one@h/d?password=two&sslpassword=three",
	    "postgresql://u:***@h/d?password=***&sslpassword=***",
	    "postgresql://u:***@h/d?password=***&sslpassword=*****" },
	{ "mysql://u@h/d?password-file=/etc/p&password=", "mysql://u@h/d?password-file=/etc/p&password=",
	    "mysql://u@h/d?password-file=/etc/p&password=" },
	{ "crl+https://u:pw@h/a.crl?x=y#issued=f&token=t", "crl+https://u:***@h/a.crl?x=y#issued=f&token=***",
	    "crl+https://u:**@h/a.crl?x=y#issued=f&token=*" },
	{ "plugin:/x.so?api_token=abc&client_secret=d", "plugin:/x.so?api_token=***&client_secret=***",
	    "plugin:/x.so?api_token=***&client_secret=*" },
	{ "--source=mysql://u:pw@h/d", "--source=mysql://u:***@h/d", "--source=mysql://u:**@h/d" },
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static void
a_uri_is_shown_without_its_passwords(void **state)
{
	vouch_buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		assert_string_equal(uri_shown(&out, cases[i].uri), cases[i].shown);
		assert_int_equal(uri_has_secret(cases[i].uri), strcmp(cases[i].uri, cases[i].shown) != 0);
	}
	vouch_buf_free(&out);
}

static void
a_uri_is_masked_octet_by_octet(void **state)
{
	char text[128];

	(void)state;
	for (size_t i = 0; i < CASES; i++) {
		snprintf(text, sizeof(text), "%s", cases[i].uri);
		uri_mask(text);
		assert_string_equal(text, cases[i].masked);
	}
}

static void
a_text_of_somebody_else_is_hidden_as_well(void **state)
{
	static const struct {
		const char *uri, *text, *hidden;
	} texts[] = {
		{ "x://u:secret@h", "cannot parse u:secret@h, secret", "cannot parse u:***@h, ***" },
		{ "x://u:p%40ss@h", "user u, password p@ss (p%40ss)", "user u, password *** (***)" },
		{ "x://u:ab@h", "about ab", "about ab" }, /* too short to be told from words */
		{ "x://u:***@h", "*** and ***", "*** and ***" },
		{ "x://u:secretsecret@h", "secretsecretsecret", "***secret" },
		{ "x://h", "secret", "secret" },
		{ "x://u:p%4@h", "p%4", "***" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		char text[128];
		snprintf(text, sizeof(text), "%s", texts[i].text);
		uri_hide(text, texts[i].uri);
		assert_string_equal(text, texts[i].hidden);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_uri_is_shown_without_its_passwords),
		cmocka_unit_test(a_uri_is_masked_octet_by_octet),
		cmocka_unit_test(a_text_of_somebody_else_is_hidden_as_well),
	};

	return cmocka_run_group_tests_name("base_uri_secret", tests, NULL, NULL);
}
