/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of a link: an order is carried out once, whatever becomes of the signers, and no answer goes astray. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "daemon/control.h"
#include "daemon/link.h"
#include "io/channel.h"

#define ORDERS 200
#define SIGNER 3
#define DEADLINE_MS 5000

struct asked { /* one order, and what became of it */
	struct http_ocsp_order order;
	char tbs[32];
	unsigned times;
	char signature[32];
	const char *cause;
	struct asked *then; /* ordered when this one has ended */
};

static uv_loop_t loop;
static struct link *under_test;
static struct asked asked[ORDERS];
static int signer = -1; /* the other end of the channel */
static unsigned complaints;
static vouch_buf arrived;
static vouch_err err;

static void
order_now(struct asked *a)
{
	snprintf(a->tbs, sizeof(a->tbs), "ResponseData %zu", (size_t)(a - asked));
	a->order.tbs = span_string(a->tbs);
	assert_true(link_carry_out(under_test, &loop, &a->order, SIGNER));
}

/* The linker calls this instead of the handler's. */
void __wrap_http_ocsp_signed(struct http_ocsp_order *order, vouch_span signature, const char *cause);

void
__wrap_http_ocsp_signed(struct http_ocsp_order *order, vouch_span signature, const char *cause)
{
	struct asked *a = (struct asked *)((char *)order - offsetof(struct asked, order));

	a->times++;
	a->cause = cause;
	assert_true(signature.len < sizeof(a->signature));
	if (signature.len > 0)
		memcpy(a->signature, signature.data, signature.len);
	a->signature[signature.len] = '\0';
	if (a->then != NULL)
		order_now(a->then);
}

static void
on_lost(void *arg)
{
	(void)arg;
	complaints++;
}

static void
give_channel(void)
{
	int ends[2];

	assert_int_equal(io_channel_stream(ends, &err), VOUCH_OK);
	if (signer >= 0)
		close(signer);
	signer = ends[0];
	assert_int_equal(fcntl(signer, F_SETFL, O_NONBLOCK), 0);
	buf_clear(&arrived);
	link_give(under_test, ends[1]);
}

static void
kill_signer(void)
{
	close(signer);
	signer = -1;
}

static int
make_link(void **state)
{
	(void)state;
	memset(asked, 0, sizeof(asked));
	complaints = 0;
	return uv_loop_init(&loop) != 0 || link_new(&under_test, on_lost, NULL, &err) != VOUCH_OK;
}

static int
free_link(void **state)
{
	(void)state;
	link_close(under_test);
	while (uv_run(&loop, UV_RUN_NOWAIT) != 0)
		;
	bool closed = link_is_closed(under_test);
	link_free(under_test);
	vouch_buf_free(&arrived);
	if (signer >= 0)
		kill_signer();
	return closed ? uv_loop_close(&loop) : -1;
}

/* --- The signer's side ---------------------------------------------------------------------------------- */

static void
read_what_came(void)
{
	uint8_t octets[4096];
	ssize_t got;

	while (signer >= 0 && (got = recv(signer, octets, sizeof(octets), 0)) > 0)
		assert_int_equal(vouch_buf_append(&arrived, octets, (size_t)got), VOUCH_OK);
}

static size_t
count_arrived(void)
{
	vouch_span stream = span_buf(&arrived);
	struct io_message message;
	size_t count = 0;

	while (io_message_next(&stream, SIGNING_BODY_MOST, &message) == VOUCH_OK)
		count++;
	return count;
}

/* Turns the loop until so many requests are at the signer. */
static void
await_requests(size_t count)
{
	uint64_t until = uv_hrtime() / 1000000 + DEADLINE_MS;

	while (count_arrived() < count) {
		assert_true(uv_hrtime() / 1000000 < until);
		uv_run(&loop, UV_RUN_NOWAIT);
		read_what_came();
	}
}

static struct io_message
request_at(size_t number)
{
	vouch_span stream = span_buf(&arrived);
	struct io_message message = { 0 };

	for (size_t i = 0; i <= number; i++)
		assert_int_equal(io_message_next(&stream, SIGNING_BODY_MOST, &message), VOUCH_OK);
	return message;
}

static void
say(const struct io_message *message)
{
	vouch_buf out = { 0 };

	assert_int_equal(io_message_append(&out, message), VOUCH_OK);
	assert_int_equal(send(signer, out.data, out.len, MSG_NOSIGNAL), out.len);
	vouch_buf_free(&out);
}

/* "signed: " and what was to be signed. */
static void
sign(const struct io_message *request)
{
	char text[64];
	struct io_message answer = { .type = SIGNING_SIGNED, .number = request->number, .id = request->id };

	snprintf(text, sizeof(text), "for %.*s", (int)request->body.len, request->body.data);
	answer.body = span_string(text);
	say(&answer);
}

static void
await_end(const struct asked *a)
{
	uint64_t until = uv_hrtime() / 1000000 + DEADLINE_MS;

	while (a->times == 0) {
		assert_true(uv_hrtime() / 1000000 < until);
		uv_run(&loop, UV_RUN_NOWAIT);
		read_what_came();
	}
}

static void
assert_signed(size_t number)
{
	char expected[64];

	snprintf(expected, sizeof(expected), "for ResponseData %zu", number);
	assert_int_equal(asked[number].times, 1);
	assert_null(asked[number].cause);
	assert_string_equal(asked[number].signature, expected);
}

/* --- Tests ---------------------------------------------------------------------------------------------- */

static void
each_order_gets_its_own_signature_in_whatever_order_they_come(void **state)
{
	(void)state;
	give_channel();
	for (size_t i = 0; i < ORDERS; i++)
		order_now(&asked[i]);
	await_requests(ORDERS);
	for (size_t i = ORDERS; i-- > 0;) {
		struct io_message request = request_at(i);
		assert_int_equal(request.type, SIGNING_SIGN);
		assert_int_equal(request.number, SIGNER);
		assert_true(span_equal(request.body, asked[i].order.tbs));
		sign(&request);
		await_end(&asked[i]);
	}
	for (size_t i = 0; i < ORDERS; i++)
		assert_signed(i);
}

static void
orders_before_the_first_channel_wait_for_it(void **state)
{
	(void)state;
	order_now(&asked[0]);
	uv_run(&loop, UV_RUN_NOWAIT);
	give_channel();
	await_requests(1);
	struct io_message request = request_at(0);
	sign(&request);
	await_end(&asked[0]);
	assert_signed(0);
	assert_int_equal(complaints, 0);
}

static void
what_a_dead_signer_took_with_it_is_asked_of_the_next_one(void **state)
{
	(void)state;
	give_channel();
	for (size_t i = 0; i < 3; i++)
		order_now(&asked[i]);
	await_requests(3);
	struct io_message request = request_at(1);
	sign(&request);
	await_end(&asked[1]);
	kill_signer();
	give_channel();
	await_requests(2);
	for (size_t i = 0; i < 2; i++) {
		request = request_at(i);
		sign(&request);
	}
	await_end(&asked[0]);
	await_end(&asked[2]);
	for (size_t i = 0; i < 3; i++)
		assert_signed(i);
}

static void
what_cannot_be_signed_is_told(void **state)
{
	(void)state;
	give_channel();
	order_now(&asked[0]);
	order_now(&asked[1]);
	await_requests(2);
	struct io_message refusal = request_at(0), nothing = request_at(1);
	refusal.type = SIGNING_FAILED;
	refusal.body = span_string("guard: responder_id");
	say(&refusal);
	nothing.type = SIGNING_SIGNED;
	nothing.body = span_of(NULL, 0);
	say(&nothing);
	await_end(&asked[1]);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(asked[i].times, 1);
		assert_non_null(asked[i].cause);
		assert_string_equal(asked[i].signature, "");
	}
}

static size_t
count_ended(void)
{
	size_t count = 0;

	for (size_t i = 0; i < ORDERS; i++)
		count += asked[i].times;
	return count;
}

/* All of them are ordered, and all signatures are in the channel when the link looks next. */
static void
order_and_sign_all(void)
{
	give_channel();
	for (size_t i = 0; i < ORDERS; i++)
		order_now(&asked[i]);
	await_requests(ORDERS);
	for (size_t i = 0; i < ORDERS; i++) {
		struct io_message request = request_at(i);
		sign(&request);
	}
}

/* Those who have nothing to do with signatures have their turn in between. */
static void
many_answers_at_once_are_taken_in_several_turns(void **state)
{
	(void)state;
	order_and_sign_all();
	unsigned turns = 0;
	for (size_t before = 0; before < ORDERS; turns++) {
		uv_run(&loop, UV_RUN_NOWAIT);
		assert_in_range(count_ended() - before, 1, 32);
		before = count_ended();
	}
	assert_true(turns >= ORDERS / 32);
	for (size_t i = 0; i < ORDERS; i++)
		assert_signed(i);
}

static void
what_a_signer_had_said_before_it_died_is_taken(void **state)
{
	(void)state;
	order_and_sign_all();
	kill_signer();
	for (size_t i = 0; i < ORDERS; i++) {
		await_end(&asked[i]);
		assert_signed(i);
	}
}

enum lie { ANOTHER_NUMBER, ANOTHER_ID, AN_OLD_ID, ANOTHER_TYPE, TWICE, TOO_LONG, NOISE, LIES };

static void
tell(enum lie lie, const struct io_message *request)
{
	struct io_message answer = { .type = SIGNING_SIGNED,
		.number = request->number,
		.id = request->id,
		.body = span_string("a lie") };
	static const uint8_t too_long[IO_MESSAGE_HEAD] = { 0, 1, 0, 1 };

	switch (lie) {
	case ANOTHER_NUMBER:
		answer.number++;
		break;
	case ANOTHER_ID:
		answer.id += 77;
		break;
	case AN_OLD_ID:
		answer.id -= UINT64_C(1) << 32;
		break;
	case ANOTHER_TYPE:
		answer.type = SIGNING_SIGN;
		break;
	case TWICE:
		sign(request);
		break;
	case TOO_LONG:
		assert_int_equal(send(signer, too_long, sizeof(too_long), 0), sizeof(too_long));
		return;
	case NOISE:
		assert_int_equal(send(signer, "HTTP/1.1 200 OK\r\n\r\n", 19, 0), 19);
		return;
	case LIES:
		break;
	}
	say(&answer);
}

/* A mismatch ends the channel; the next one carries what is still to be done. */
static void
who_answers_what_was_not_asked_loses_the_channel(void **state)
{
	(void)state;
	for (enum lie lie = 0; lie < LIES; lie++) {
		size_t number = 2 * (size_t)lie;
		char octet;
		give_channel();
		order_now(&asked[number]);
		order_now(&asked[number + 1]);
		await_requests(2);
		struct io_message request = request_at(0);
		tell(lie, &request);
		uint64_t until = uv_hrtime() / 1000000 + DEADLINE_MS;
		while (recv(signer, &octet, 1, MSG_PEEK) != 0) {
			assert_true(uv_hrtime() / 1000000 < until);
			uv_run(&loop, UV_RUN_NOWAIT);
		}
		size_t left = lie == TWICE ? 1 : 2;
		give_channel();
		await_requests(left);
		for (size_t i = 0; i < left; i++) {
			request = request_at(i);
			sign(&request);
		}
		await_end(&asked[number]);
		await_end(&asked[number + 1]);
		assert_signed(number);
		assert_signed(number + 1);
		assert_int_equal(count_arrived(), left);
	}
}

/* What follows from the failure is sent once: a second answer to it would end the channel. */
static void
an_order_that_is_there_whenever_signers_die_is_given_up(void **state)
{
	(void)state;
	asked[0].then = &asked[1];
	order_now(&asked[0]);
	for (int i = 0; i < 3; i++) {
		give_channel();
		await_requests(1);
		assert_int_equal(asked[0].times, 0);
		kill_signer();
	}
	give_channel();
	await_requests(1);
	assert_int_equal(asked[0].times, 1);
	assert_non_null(asked[0].cause);
	for (int i = 0; i < 20; i++)
		uv_run(&loop, UV_RUN_NOWAIT);
	read_what_came();
	assert_int_equal(count_arrived(), 1);
	struct io_message request = request_at(0);
	sign(&request);
	await_end(&asked[1]);
	assert_signed(1);
}

static void
after_a_second_without_a_signer_orders_fail_and_somebody_is_told_again_and_again(void **state)
{
	(void)state;
	give_channel();
	order_now(&asked[0]);
	await_requests(1);
	kill_signer();
	uint64_t begun = uv_hrtime() / 1000000;
	await_end(&asked[0]);
	assert_in_range(uv_hrtime() / 1000000 - begun, 900, 3000);
	assert_non_null(asked[0].cause);
	assert_int_equal(complaints, 1);
	/* Others do not wait as long again. */
	begun = uv_hrtime() / 1000000;
	order_now(&asked[1]);
	await_end(&asked[1]);
	assert_true(uv_hrtime() / 1000000 - begun < 500);
	while (complaints < 2) {
		assert_true(uv_hrtime() / 1000000 - begun < DEADLINE_MS);
		uv_run(&loop, UV_RUN_ONCE);
	}
	give_channel();
	order_now(&asked[2]);
	await_requests(1);
	struct io_message request = request_at(0);
	sign(&request);
	await_end(&asked[2]);
	assert_signed(2);
}

/* More than the socket takes at once. */
static void
a_signer_that_does_not_read_holds_up_nobody_and_gets_all_of_it_later(void **state)
{
	static char large[ORDERS][4096];

	(void)state;
	give_channel();
	for (size_t i = 0; i < ORDERS; i++) {
		memset(large[i], 'a' + (int)(i % 26), sizeof(large[i]));
		asked[i].order.tbs = span_of((const uint8_t *)large[i], sizeof(large[i]));
		assert_true(link_carry_out(under_test, &loop, &asked[i].order, SIGNER));
		if (i % 50 == 49)
			uv_run(&loop, UV_RUN_NOWAIT);
	}
	await_requests(ORDERS);
	for (size_t i = 0; i < ORDERS; i++)
		assert_true(span_equal(request_at(i).body, asked[i].order.tbs));
}

static void
a_channel_that_was_not_taken_yet_gives_way_to_a_newer_one(void **state)
{
	(void)state;
	give_channel();
	int first = dup(signer);
	give_channel();
	order_now(&asked[0]);
	await_requests(1);
	char octet;
	assert_int_equal(recv(first, &octet, 1, 0), 0);
	close(first);
	struct io_message request = request_at(0);
	sign(&request);
	await_end(&asked[0]);
	assert_signed(0);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_link, free_link)
	const struct CMUnitTest tests[] = {
		TEST(each_order_gets_its_own_signature_in_whatever_order_they_come),
		TEST(orders_before_the_first_channel_wait_for_it),
		TEST(what_a_dead_signer_took_with_it_is_asked_of_the_next_one),
		TEST(what_cannot_be_signed_is_told),
		TEST(many_answers_at_once_are_taken_in_several_turns),
		TEST(what_a_signer_had_said_before_it_died_is_taken),
		TEST(who_answers_what_was_not_asked_loses_the_channel),
		TEST(an_order_that_is_there_whenever_signers_die_is_given_up),
		TEST(after_a_second_without_a_signer_orders_fail_and_somebody_is_told_again_and_again),
		TEST(a_signer_that_does_not_read_holds_up_nobody_and_gets_all_of_it_later),
		TEST(a_channel_that_was_not_taken_yet_gives_way_to_a_newer_one),
	};

	signal(SIGPIPE, SIG_IGN); /* as every process of ours does */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
