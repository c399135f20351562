/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of conditional requests: H-29 and H-30. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "base/span.h"
#include "http/conditional.h"

#define NOW INT64_C(1795000000)
#define MODIFIED INT64_C(1784111777) /* Wed, 15 Jul 2026 10:36:17 GMT */

static void
tags_are_compared_weakly_in_lists_of_any_shape(void **state)
{
	static const struct {
		const char *list;
		bool listed;
	} rows[] = {
		{ "\"t\"", true },
		{ "W/\"t\"", true },
		{ "\"a\", W/\"t\"", true },
		{ "\"a\",\"t\"", true },
		{ ",, \"a\" ,\t\"t\",", true },
		{ "*", true },
		{ " * ", false },
		{ "\"a\"", false },
		{ "\"T\"", false },
		{ "t", false },
		{ "", false },
		{ "\"t", false },
		{ "w/\"t\"", false },
		{ "\"a\", *", false },
		{ "\"a,\"t\"", false },
		{ "x, \"t\"", false },
		{ "\"\"", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (http_etag_is_listed(span_string(rows[i].list), SPAN_LITERAL("\"t\"")) != rows[i].listed)
			fail_msg("%s", rows[i].list);
	assert_false(http_etag_is_listed(SPAN_LITERAL("\"\""), (vouch_span){ 0 }));
}

static const struct {
	const char *what;
	enum http_method method;
	const char *tags, *more_tags, *since;
	bool not_modified;
} requests[] = {
	{ "nothing asked", HTTP_METHOD_GET, NULL, NULL, NULL, false },
	{ "the tag", HTTP_METHOD_GET, "\"t\"", NULL, NULL, true },
	{ "the tag by HEAD", HTTP_METHOD_HEAD, "\"t\"", NULL, NULL, true },
	{ "the tag by POST (H-31)", HTTP_METHOD_POST, "\"t\"", NULL, NULL, false },
	{ "the tag in a second field", HTTP_METHOD_GET, "\"a\"", "\"t\"", NULL, true },
	{ "another tag, and a later date (H-30)", HTTP_METHOD_GET, "\"a\"", NULL,
	    "Thu, 16 Jul 2026 10:36:17 GMT", false },
	{ "the date", HTTP_METHOD_GET, NULL, NULL, "Wed, 15 Jul 2026 10:36:17 GMT", true },
	{ "the date as RFC 850 wrote it", HTTP_METHOD_GET, NULL, NULL, "Wednesday, 15-Jul-26 10:36:17 GMT",
	    true },
	{ "the date as asctime writes it", HTTP_METHOD_GET, NULL, NULL, "Wed Jul 15 10:36:17 2026", true },
	{ "a second earlier", HTTP_METHOD_GET, NULL, NULL, "Wed, 15 Jul 2026 10:36:16 GMT", false },
	{ "garbage", HTTP_METHOD_GET, NULL, NULL, "yesterday", false },
	{ "the date by POST", HTTP_METHOD_POST, NULL, NULL, "Wed, 15 Jul 2026 10:36:17 GMT", false },
};

static void
add(struct http_exchange *e, enum http_field_name name, const char *value)
{
	if (value != NULL)
		e->fields[e->field_count++] = (struct http_field){ name, span_string(value) };
}

static void
only_what_the_client_has_is_not_modified(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct http_exchange e = { .method = requests[i].method };
		add(&e, HTTP_FIELD_IF_NONE_MATCH, requests[i].tags);
		add(&e, HTTP_FIELD_IF_NONE_MATCH, requests[i].more_tags);
		add(&e, HTTP_FIELD_IF_MODIFIED_SINCE, requests[i].since);
		if (http_is_not_modified(&e, SPAN_LITERAL("\"t\""), MODIFIED, NOW) !=
		    requests[i].not_modified)
			fail_msg("%s", requests[i].what);
	}
}

static void
two_dates_are_no_date(void **state)
{
	struct http_exchange e = { .method = HTTP_METHOD_GET };

	(void)state;
	add(&e, HTTP_FIELD_IF_MODIFIED_SINCE, "Wed, 15 Jul 2026 10:36:17 GMT");
	add(&e, HTTP_FIELD_IF_MODIFIED_SINCE, "Wed, 15 Jul 2026 10:36:17 GMT");
	assert_false(http_is_not_modified(&e, SPAN_LITERAL("\"t\""), MODIFIED, NOW));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_compared_weakly_in_lists_of_any_shape),
		cmocka_unit_test(only_what_the_client_has_is_not_modified),
		cmocka_unit_test(two_dates_are_no_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
