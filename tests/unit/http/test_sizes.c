/* SPDX-License-Identifier: Apache-2.0 */
/* Every structure of vouch_http.h, as an older and a newer header has it: read and filled within its size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <vouch_http.h>

#include "base/span.h"
#include "io/clock.h"
#include "responding.h"

#define GUARD_OCTET 0xa5
#define REPLY_LEAST (offsetof(vouch_http_reply, body) + sizeof(vouch_buf))

static struct responding responding;

static int
make(void **state)
{
	(void)state;
	responding_make(&responding, "/", true);
	return 0;
}

static int
clear(void **state)
{
	(void)state;
	responding_free(&responding);
	return 0;
}

static int
start_with(const void *options)
{
	vouch_http *http = NULL;
	int code = vouch_http_start(&http, options, NULL);

	vouch_http_free(http);
	return code;
}

static int
ask_with(const void *request)
{
	vouch_http_reply reply = { .size = sizeof(reply) };
	int code = vouch_http_answer(responding.responder, request, &reply, NULL);

	vouch_http_reply_clear(&reply);
	return code;
}

static const char *const addresses[] = { "127.0.0.1:0" };

static void
structures_that_are_given_are_read_within_their_size(void **state)
{
	const vouch_http_options options = { .addresses = addresses,
		.address_count = 1,
		.responder = responding.responder,
		.threads = 1 };
	const vouch_http_request request = { .method = "GET",
		.target = SPAN_LITERAL("/"),
		.now = io_wall_seconds(),
		.monotonic_ms = io_monotonic_ms() };
	const struct {
		const char *what;
		const void *full;
		size_t len;
		int (*use)(const void *structure);
	} rows[] = {
		{ "vouch_http_options", &options, sizeof(options), start_with },
		{ "vouch_http_request", &request, sizeof(request), ask_with },
	};

	(void)state;
	/* Half a pointer is a pointer to nowhere: what the library reads ends where a member could end. */
	for (size_t row = 0; row < sizeof(rows) / sizeof(rows[0]); row++) {
		for (size_t size = 0; size <= rows[row].len + 8; size += size == 0 ? 4 : 8 - size % 8) {
			/* Alone in its memory, so that a sanitizer sees every octet read beyond it. */
			uint8_t *theirs = calloc(1, size < 4 ? 4 : size);
			uint32_t member = (uint32_t)size;
			assert_non_null(theirs);
			memcpy(theirs, rows[row].full, size < rows[row].len ? size : rows[row].len);
			memcpy(theirs, &member, sizeof(member));
			int code = rows[row].use(theirs);
			if ((size == 0 && code != VOUCH_EINVAL) ||
			    (size >= rows[row].len && code != VOUCH_OK))
				fail_msg("%s of %zu octets: %d", rows[row].what, size, code);
			if (size > rows[row].len) {
				theirs[size - 1] = 1; /* a wish that is not known */
				assert_int_equal(rows[row].use(theirs), VOUCH_EINVAL);
			}
			free(theirs);
		}
	}
}

static void
a_reply_is_filled_within_its_size(void **state)
{
	const vouch_http_request request = { .size = sizeof(request),
		.method = "POST",
		.target = SPAN_LITERAL("/"),
		.content_type = SPAN_LITERAL("application/ocsp-request"),
		.body = SPAN_LITERAL("rubbish"),
		.now = io_wall_seconds(),
		.monotonic_ms = io_monotonic_ms() };

	(void)state;
	for (uint32_t size = 0; size <= sizeof(vouch_http_reply); size++) {
		_Alignas(max_align_t) uint8_t theirs[sizeof(vouch_http_reply) + 64];
		memset(theirs, 0, sizeof(theirs));
		memset(theirs + (size < 4 ? 4 : size), GUARD_OCTET, sizeof(theirs) - (size < 4 ? 4 : size));
		memcpy(theirs, &size, sizeof(size));
		vouch_http_reply *reply = (vouch_http_reply *)(void *)theirs;
		int code = vouch_http_answer(responding.responder, &request, reply, NULL);
		assert_int_equal(code, size < REPLY_LEAST ? VOUCH_EINVAL : VOUCH_OK);
		for (size_t i = size < 4 ? 4 : size; i < sizeof(theirs); i++)
			if (theirs[i] != GUARD_OCTET)
				fail_msg("a reply of %u octets: octet %zu was written", (unsigned)size, i);
		if (code == VOUCH_OK) {
			assert_int_equal(reply->status, 200);
			vouch_http_reply_clear(reply);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structures_that_are_given_are_read_within_their_size),
		cmocka_unit_test(a_reply_is_filled_within_its_size),
	};

	return cmocka_run_group_tests(tests, make, clear);
}
