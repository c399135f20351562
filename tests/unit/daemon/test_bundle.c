/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of bundles: what one process has read, another has to the octet, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "daemon/bundle.h"
#include "io/message.h"

#define PATH 1
#define OCTETS 2

static char folder[] = "/tmp/vouch-test-XXXXXX";

static const char *
path_of(const char *name)
{
	static char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void
write_file(const char *name, vouch_span octets)
{
	FILE *file = fopen(path_of(name), "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(octets.data, 1, octets.len, file), octets.len);
	assert_int_equal(fclose(file), 0);
}

static int
make_folder(void **state)
{
	static uint8_t large[70000];

	(void)state;
	if (mkdtemp(folder) == NULL)
		return -1;
	memset(large, 0xa5, sizeof(large));
	write_file("certificate", span_string("-----BEGIN CERTIFICATE-----\n"));
	write_file("empty", span_of(large, 0));
	write_file("large", SPAN_ARRAY(large));
	return 0;
}

static int
drop_folder(void **state)
{
	static const char *const names[] = { "certificate", "empty", "large" };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		unlink(path_of(names[i]));
	return rmdir(folder);
}

static struct bundle
read_all(void)
{
	struct bundle bundle = { 0 };
	vouch_err err;

	assert_int_equal(bundle_read(&bundle, path_of("certificate"), &err), VOUCH_OK);
	assert_int_equal(bundle_read(&bundle, path_of("empty"), &err), VOUCH_OK);
	assert_int_equal(bundle_read(&bundle, path_of("large"), &err), VOUCH_OK);
	return bundle;
}

static void
assert_same(const struct bundle *a, const struct bundle *b)
{
	assert_int_equal(a->count, b->count);
	for (size_t i = 0; i < a->count; i++) {
		assert_string_equal(a->files[i].path, b->files[i].path);
		assert_true(span_equal(span_buf(&a->files[i].octets), span_buf(&b->files[i].octets)));
	}
}

static void
a_file_is_read_once_whoever_names_it_again(void **state)
{
	struct bundle bundle = read_all();
	vouch_err err;

	(void)state;
	write_file("certificate", span_string("another one by now"));
	assert_int_equal(bundle_read(&bundle, path_of("certificate"), &err), VOUCH_OK);
	assert_int_equal(bundle_read(&bundle, path_of("empty"), &err), VOUCH_OK);
	assert_int_equal(bundle.count, 3);
	assert_true(span_equal(bundle_find(&bundle, path_of("certificate")),
	    span_string("-----BEGIN CERTIFICATE-----\n")));
	bundle_clear(&bundle);
	write_file("certificate", span_string("-----BEGIN CERTIFICATE-----\n"));
}

static void
an_empty_file_is_there_and_a_strange_one_is_not(void **state)
{
	struct bundle bundle = read_all();

	(void)state;
	assert_non_null(bundle_find(&bundle, path_of("empty")).data);
	assert_int_equal(bundle_find(&bundle, path_of("empty")).len, 0);
	assert_int_equal(bundle_find(&bundle, path_of("large")).len, 70000);
	assert_null(bundle_find(&bundle, "large").data);
	assert_null(bundle_find(&bundle, "").data);
	bundle_clear(&bundle);
	assert_null(bundle_find(&bundle, path_of("empty")).data);
}

static void
what_cannot_be_read_is_named_and_leaves_the_rest(void **state)
{
	struct bundle bundle = read_all();
	vouch_err err;

	(void)state;
	assert_int_not_equal(bundle_read(&bundle, path_of("nowhere"), &err), VOUCH_OK);
	assert_non_null(strstr(err.msg, "nowhere"));
	assert_int_equal(bundle.count, 3);
	bundle_clear(&bundle);
}

static void
a_bundle_goes_there_and_is_the_same(void **state)
{
	struct bundle sent = read_all(), got = { 0 };
	vouch_buf octets = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(bundle_encode(&sent, &octets, &err), VOUCH_OK);
	assert_int_equal(bundle_decode(&got, span_buf(&octets), &err), VOUCH_OK);
	assert_same(&got, &sent);
	vouch_buf_free(&octets);
	bundle_clear(&got);
	/* Without a file, too. */
	assert_int_equal(bundle_decode(&got, span_of(NULL, 0), &err), VOUCH_OK);
	assert_int_equal(got.count, 0);
	bundle_clear(&sent);
}

/* One file of five octets, then an empty one. */
static void
write_two(vouch_buf *out)
{
	const struct io_message parts[] = { { .type = PATH, .body = span_string("/a") },
		{ .type = OCTETS, .body = span_string("octet") }, { .type = PATH, .body = span_string("/b") },
		{ .type = OCTETS } };

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(io_message_append(out, &parts[i]), VOUCH_OK);
}

static void
every_beginning_of_a_bundle_is_refused_but_whole_files(void **state)
{
	vouch_buf octets = { 0 };
	vouch_err err;

	(void)state;
	write_two(&octets);
	size_t first = 2 * IO_MESSAGE_HEAD + 2 + 5;
	for (size_t len = 0; len <= octets.len; len++) {
		struct bundle got = { 0 };
		uint8_t *exact = malloc(len > 0 ? len : 1);
		assert_non_null(exact);
		memcpy(exact, octets.data, len);
		bool whole = len == 0 || len == first || len == octets.len;
		int code = bundle_decode(&got, span_of(exact, len), &err);
		if (code != (whole ? VOUCH_OK : VOUCH_EPARSE))
			fail_msg("%zu octets: %d", len, code);
		free(exact);
		bundle_clear(&got);
	}
	vouch_buf_free(&octets);
}

static void
what_is_no_bundle_is_refused(void **state)
{
	static uint8_t too_much[BUNDLE_FILE_MOST + 1];
	static const struct {
		const char *what;
		struct io_message parts[3];
	} rows[] = {
		{ "octets without a path", { { .type = OCTETS }, { .type = OCTETS } } },
		{ "two paths", { { .type = PATH, .body = { (const uint8_t *)"/a", 2 } }, { .type = PATH } } },
		{ "no type", { { .type = 0 }, { .type = OCTETS } } },
		{ "another type", { { .type = PATH, .body = { (const uint8_t *)"/a", 2 } }, { .type = 3 } } },
		{ "a path with a NUL",
		    { { .type = PATH, .body = { (const uint8_t *)"/a\0b", 4 } }, { .type = OCTETS } } },
		{ "a file that is too long",
		    { { .type = PATH, .body = { (const uint8_t *)"/a", 2 } },
			{ .type = OCTETS, .body = { too_much, sizeof(too_much) } } } },
	};
	vouch_err err;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct bundle got = { 0 };
		vouch_buf octets = { 0 };
		for (size_t n = 0; n < 2; n++)
			assert_int_equal(io_message_append(&octets, &rows[i].parts[n]), VOUCH_OK);
		if (bundle_decode(&got, span_buf(&octets), &err) != VOUCH_EPARSE)
			fail_msg("%s passes", rows[i].what);
		vouch_buf_free(&octets);
		bundle_clear(&got);
	}
}

static void
more_files_than_a_bundle_has_are_refused(void **state)
{
	const struct io_message path = { .type = PATH, .body = span_string("/a") },
				octets = { .type = OCTETS };
	struct bundle got = { 0 };
	vouch_buf many = { 0 };
	vouch_err err;

	(void)state;
	for (size_t i = 0; i <= BUNDLE_FILES_MOST; i++) {
		assert_int_equal(io_message_append(&many, &path), VOUCH_OK);
		assert_int_equal(io_message_append(&many, &octets), VOUCH_OK);
	}
	assert_int_equal(bundle_decode(&got, span_buf(&many), &err), VOUCH_ELIMIT);
	assert_int_equal(got.count, BUNDLE_FILES_MOST);
	bundle_clear(&got);
	vouch_buf_free(&many);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_once_whoever_names_it_again),
		cmocka_unit_test(an_empty_file_is_there_and_a_strange_one_is_not),
		cmocka_unit_test(what_cannot_be_read_is_named_and_leaves_the_rest),
		cmocka_unit_test(a_bundle_goes_there_and_is_the_same),
		cmocka_unit_test(every_beginning_of_a_bundle_is_refused_but_whole_files),
		cmocka_unit_test(what_is_no_bundle_is_refused),
		cmocka_unit_test(more_files_than_a_bundle_has_are_refused),
	};

	return cmocka_run_group_tests(tests, make_folder, drop_folder);
}
