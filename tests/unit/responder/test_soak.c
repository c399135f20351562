/* SPDX-License-Identifier: Apache-2.0 */
/* Memory over many answers of a callback source: what one answer takes, it gives back. */
#include "fixture.h"

#include <malloc.h>
#include <stdlib.h>

#define ANSWERS_DEFAULT 600 /* VOUCH_SOAK asks for more */
#define WARM_UP 200
#define POLL_EVERY 100
#define GROWTH_MAX 65536 /* octets: what libcrypto keeps for later, not one octet for each of the answers */

static const vouch_span nonce_32 = { (const uint8_t *)"0123456789abcdef0123456789abcdef", 32 };

static size_t
answers_wanted(void)
{
	const char *wish = getenv("VOUCH_SOAK");

	return wish != NULL ? strtoul(wish, NULL, 10) : ANSWERS_DEFAULT;
}

/* What malloc has handed out; 0 under a sanitizer, whose own account at the end finds every leak. */
static size_t
handed_out(void)
{
	return mallinfo2().uordblks;
}

/* One of every kind in turn: stored, nonced, of several certificates, never issued, refused, failing. */
static void
ask_one(struct fixture *f, size_t i, vouch_buf *request, vouch_buf *out)
{
	const uint8_t serials[] = { (uint8_t)(5 + i % 3), 6, 77 };
	vouch_call call = fixture_call(f, NOW);
	vouch_outcome outcome = { .size = sizeof(outcome) };

	request->len = out->len = 0;
	fixture_request(f, request, i % 2 == 0 ? VOUCH_SHA256 : VOUCH_SHA1, serials, 1 + i % 3,
	    i % 4 == 0 ? nonce_32 : (vouch_span){ 0 });
	f->memory->failing = i % 50 == 0 ? VOUCH_EUNAVAILABLE : VOUCH_OK;
	vouch_span asked = { request->data, i % 10 == 0 ? request->len - 1 : request->len };
	assert_int_equal(vouch_handle(f->responder, &call, asked, out, &outcome), VOUCH_OK);
}

static void
memory_is_flat(const vouch_source_ops *ops)
{
	size_t answers = answers_wanted(), before = 0;
	vouch_buf request = { 0 }, out = { 0 };
	struct fixture f;

	fixture_make(&f, NULL, ops);
	fixture_set(&f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	fixture_set(&f, 6, VOUCH_REVOKED, NOW - 3600, 2);
	for (size_t i = 0; i < WARM_UP + answers; i++) {
		if (i == WARM_UP)
			before = handed_out();
		ask_one(&f, i, &request, &out);
		if (i % POLL_EVERY == 0 && f.memory->failing == VOUCH_OK)
			fixture_poll(&f);
	}
	size_t after = handed_out();
	if (after > before + GROWTH_MAX)
		fail_msg("%zu octets more after %zu answers", after - before, answers);
	vouch_buf_free(&request);
	vouch_buf_free(&out);
	fixture_free(&f);
}

static void
a_source_that_tells_changes_leaves_memory_as_it_was(void **state)
{
	(void)state;
	memory_is_flat(&memory_source_ops);
}

static void
a_source_without_changes_leaves_memory_as_it_was(void **state)
{
	(void)state;
	memory_is_flat(&silent_source_ops);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_that_tells_changes_leaves_memory_as_it_was),
		cmocka_unit_test(a_source_without_changes_leaves_memory_as_it_was),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
