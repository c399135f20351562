/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_search: in steps, side by side, each search says what vouch_try_cached() says. */
#include "fixture.h"

#define NONCE SPAN_LITERAL("0123456789abcdef")

static const struct {
	const char *what;
	const char *serials;
	bool nonce;
	unsigned flags;
	int code;
	enum vouch_response_status response_status;
} rows[] = {
	{ "stored", "\x05", false, 0, VOUCH_OK, VOUCH_SUCCESSFUL },
	{ "stored, to be made anew", "\x05", false, VOUCH_CALL_RENEW, VOUCH_EAGAIN, VOUCH_SUCCESSFUL },
	{ "never asked for", "\x06", false, 0, VOUCH_EAGAIN, VOUCH_SUCCESSFUL },
	{ "a nonce", "\x05", true, 0, VOUCH_EAGAIN, VOUCH_SUCCESSFUL },
	{ "a nonce of which only the head is wanted", "\x05", true, VOUCH_CALL_NO_NONCED, VOUCH_OK,
	    VOUCH_SUCCESSFUL },
	{ "several", "\x05\x06", false, 0, VOUCH_EAGAIN, VOUCH_SUCCESSFUL },
	{ "nothing", NULL, false, 0, VOUCH_OK, VOUCH_MALFORMED_REQUEST },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* One request per row, and a search for each. */
struct searches {
	struct fixture f;
	vouch_buf requests[ROWS];
	vouch_search *searches[ROWS];
};

static vouch_call
call_of(const struct searches *s, size_t row)
{
	vouch_call call = fixture_call(&s->f, NOW + 1);

	call.flags |= rows[row].flags;
	return call;
}

static void
make(struct searches *s)
{
	*s = (struct searches){ 0 };
	fixture_make(&s->f, NULL, &memory_source_ops);
	fixture_set(&s->f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	fixture_poll(&s->f);
	(void)fixture_ask(&s->f, 5, NOW, NULL);
	for (size_t i = 0; i < ROWS; i++) {
		assert_int_equal(vouch_search_new(&s->searches[i], NULL), VOUCH_OK);
		if (rows[i].serials != NULL)
			fixture_request(&s->f, &s->requests[i], VOUCH_SHA256,
			    (const uint8_t *)rows[i].serials, strlen(rows[i].serials),
			    rows[i].nonce ? NONCE : (vouch_span){ 0 });
	}
}

static void
clear(struct searches *s)
{
	for (size_t i = 0; i < ROWS; i++) {
		vouch_search_free(s->searches[i]);
		vouch_buf_free(&s->requests[i]);
	}
	fixture_free(&s->f);
}

static void
begin(struct searches *s, size_t row)
{
	vouch_call call = call_of(s, row);

	assert_int_equal(vouch_search_begin(s->searches[row], s->f.responder, &call, span_buf(&s->requests[row])),
	    VOUCH_OK);
}

/* The search ends as the one call does, octet for octet. */
static void
end(struct searches *s, size_t row)
{
	vouch_call call = call_of(s, row);
	vouch_buf found = { 0 }, at_once = { 0 };
	vouch_outcome one = { .size = sizeof(one) }, other = { .size = sizeof(other) };
	int code = vouch_search_end(s->searches[row], &found, &one);

	if (code != rows[row].code)
		fail_msg("%s: %d instead of %d", rows[row].what, code, rows[row].code);
	assert_int_equal(code,
	    vouch_try_cached(s->f.responder, &call, span_buf(&s->requests[row]), &at_once, &other));
	assert_int_equal(one.response_status, rows[row].response_status);
	assert_int_equal(one.response_status, other.response_status);
	assert_int_equal(one.served_from, other.served_from);
	assert_int_equal(one.certids, other.certids);
	assert_int_equal(one.nonce, other.nonce);
	assert_int_equal(one.produced_at, other.produced_at);
	assert_int_equal(one.cache_until, other.cache_until);
	assert_memory_equal(one.sha256, other.sha256, sizeof(one.sha256));
	assert_ptr_equal(one.issuer, other.issuer);
	assert_ptr_equal(one.cause, other.cause);
	assert_true(span_equal(span_buf(&found), span_buf(&at_once)));
	vouch_buf_free(&found);
	vouch_buf_free(&at_once);
}

static void
searches_side_by_side_end_as_one_call_does(void **state)
{
	struct searches s;

	(void)state;
	make(&s);
	for (unsigned round = 0; round < 2; round++) { /* a search serves again and again */
		for (size_t i = 0; i < ROWS; i++)
			begin(&s, i);
		for (size_t i = 0; i < ROWS; i++)
			vouch_search_go_on(s.searches[i]);
		for (size_t i = ROWS; i-- > 0;)
			end(&s, i);
	}
	clear(&s);
}

static void
the_second_step_may_be_left_out(void **state)
{
	struct searches s;

	(void)state;
	make(&s);
	for (size_t i = 0; i < ROWS; i++) {
		begin(&s, i);
		end(&s, i);
	}
	clear(&s);
}

/* Design 5, rule 1: it is judged at the end. */
static void
what_changes_between_the_steps_is_not_found(void **state)
{
	struct searches s;
	vouch_buf found = { 0 };

	(void)state;
	make(&s);
	begin(&s, 0);
	vouch_search_go_on(s.searches[0]);
	fixture_set(&s.f, 5, VOUCH_REVOKED, NOW - 10, 0);
	fixture_poll(&s.f);
	assert_int_equal(vouch_search_end(s.searches[0], &found, NULL), VOUCH_EAGAIN);
	assert_int_equal(found.len, 0);
	vouch_buf_free(&found);
	clear(&s);
}

static void
what_has_not_begun_cannot_go_on_or_end(void **state)
{
	struct searches s;
	vouch_buf found = { 0 };
	vouch_call sizeless = { 0 };
	vouch_outcome outcome = { 0 };

	(void)state;
	make(&s);
	vouch_search_go_on(s.searches[0]);
	assert_int_equal(vouch_search_end(s.searches[0], &found, NULL), VOUCH_EINVAL);
	assert_int_equal(vouch_search_begin(s.searches[0], s.f.responder, &sizeless, span_buf(&s.requests[0])),
	    VOUCH_EINVAL);
	assert_int_equal(vouch_search_end(s.searches[0], &found, NULL), VOUCH_EINVAL);
	begin(&s, 0);
	assert_int_equal(vouch_search_end(s.searches[0], &found, &outcome), VOUCH_EINVAL);
	end(&s, 0);
	assert_int_equal(vouch_search_end(s.searches[0], &found, NULL), VOUCH_EINVAL);
	vouch_search_free(NULL);
	clear(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(searches_side_by_side_end_as_one_call_does),
		cmocka_unit_test(the_second_step_may_be_left_out),
		cmocka_unit_test(what_changes_between_the_steps_is_not_found),
		cmocka_unit_test(what_has_not_begun_cannot_go_on_or_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
