/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of the budget of signatures: limits, weights, and that no flood reaches beyond its class and its issuer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "http/ocsp_budget.h"

#define TICKETS 8192
#define PLENTY 1000

/* An issuer is an address here. */
static const char issuers[3];
#define ISSUER(n) ((const vouch_issuer *)(const void *)&issuers[n])

struct desk { /* the budget, and its signer */
	struct http_ocsp_budget budget;
	struct http_ocsp_ticket tickets[TICKETS], *signing;
	size_t used;
	unsigned signed_of[HTTP_OCSP_CLASSES];
};

static int
open_desk(void **state)
{
	*state = calloc(1, sizeof(struct desk));
	return *state == NULL ? -1 : 0;
}

static int
close_desk(void **state)
{
	struct desk *desk = *state;

	http_ocsp_budget_clear(&desk->budget);
	free(desk);
	return 0;
}

static enum http_ocsp_verdict
enter(struct desk *desk, int issuer, enum http_ocsp_class class, struct http_ocsp_limits limits)
{
	assert_true(desk->used < TICKETS);
	struct http_ocsp_ticket *ticket = &desk->tickets[desk->used++];
	bool full = http_ocsp_budget_is_full(&desk->budget, ISSUER(issuer), class);
	enum http_ocsp_verdict verdict = http_ocsp_budget_enter(&desk->budget, ticket, ISSUER(issuer), class,
	    &limits);

	assert_true((verdict == HTTP_OCSP_REFUSED) == (ticket->account == NULL));
	assert_true((verdict == HTTP_OCSP_REFUSED) == full);
	return verdict;
}

static void
flood(struct desk *desk, enum http_ocsp_class class, unsigned count)
{
	static const struct http_ocsp_limits one = { .in_flight = 1, .waiting = PLENTY };

	for (unsigned i = 0; i < count; i++) {
		enum http_ocsp_verdict verdict = enter(desk, 0, class, one);
		assert_true(verdict != HTTP_OCSP_REFUSED);
		if (verdict == HTTP_OCSP_GOES)
			desk->signing = &desk->tickets[desk->used - 1];
	}
}

/* The one that goes instead, or NULL. */
static struct http_ocsp_ticket *
leave(struct desk *desk, struct http_ocsp_ticket *ticket)
{
	const vouch_issuer *issuer = ticket->account->issuer;

	http_ocsp_budget_leave(&desk->budget, ticket);
	assert_null(ticket->account);
	struct http_ocsp_ticket *next = http_ocsp_budget_next(&desk->budget, issuer);
	assert_null(http_ocsp_budget_next(&desk->budget, issuer));
	return next;
}

/* Makes so many signatures, one at a time. */
static void
sign(struct desk *desk, unsigned count)
{
	for (unsigned i = 0; i < count && desk->signing != NULL; i++) {
		desk->signed_of[desk->signing->class]++;
		desk->signing = leave(desk, desk->signing);
	}
}

static void
of_sixteen_signatures_eight_are_first_answers_four_renewals_two_nonced_one_of_many_one_of_strangers(void **state)
{
	struct desk *desk = *state;

	flood(desk, HTTP_OCSP_STRANGER, PLENTY);
	flood(desk, HTTP_OCSP_NONCED, PLENTY);
	flood(desk, HTTP_OCSP_MANY, PLENTY);
	flood(desk, HTTP_OCSP_RENEWAL, PLENTY);
	flood(desk, HTTP_OCSP_FIRST, PLENTY);
	sign(desk, 1);
	memset(desk->signed_of, 0, sizeof(desk->signed_of));
	sign(desk, 1600);
	assert_in_range(desk->signed_of[HTTP_OCSP_FIRST], 799, 801);
	assert_in_range(desk->signed_of[HTTP_OCSP_RENEWAL], 399, 401);
	assert_in_range(desk->signed_of[HTTP_OCSP_NONCED], 199, 201);
	assert_in_range(desk->signed_of[HTTP_OCSP_MANY], 99, 101);
	assert_in_range(desk->signed_of[HTTP_OCSP_STRANGER], 99, 101);
}

/* What nobody asks for is not kept free. */
static void
classes_that_do_not_wait_leave_their_share_to_the_others(void **state)
{
	struct desk *desk = *state;

	flood(desk, HTTP_OCSP_NONCED, PLENTY);
	flood(desk, HTTP_OCSP_MANY, PLENTY);
	sign(desk, 900);
	assert_in_range(desk->signed_of[HTTP_OCSP_NONCED], 599, 601);
	assert_in_range(desk->signed_of[HTTP_OCSP_MANY], 299, 301);
}

static void
a_first_answer_in_a_flood_of_nonces_is_signed_next(void **state)
{
	struct desk *desk = *state;

	flood(desk, HTTP_OCSP_NONCED, PLENTY);
	for (int i = 0; i < 50; i++) {
		sign(desk, 7);
		flood(desk, HTTP_OCSP_FIRST, 1);
		unsigned before = desk->signed_of[HTTP_OCSP_NONCED];
		/* The one in flight, and one whose turn was the same. */
		while (desk->signed_of[HTTP_OCSP_FIRST] == (unsigned)i)
			sign(desk, 1);
		assert_in_range(desk->signed_of[HTTP_OCSP_NONCED] - before, 0, 2);
	}
}

static void
a_class_that_was_quiet_has_saved_nothing_up(void **state)
{
	struct desk *desk = *state;

	flood(desk, HTTP_OCSP_NONCED, PLENTY);
	sign(desk, 500);
	memset(desk->signed_of, 0, sizeof(desk->signed_of));
	flood(desk, HTTP_OCSP_FIRST, PLENTY);
	sign(desk, 100);
	/* 8 : 2, from the first moment on. */
	assert_in_range(desk->signed_of[HTTP_OCSP_NONCED], 19, 21);
}

static void
who_came_first_of_a_class_goes_first(void **state)
{
	struct desk *desk = *state;
	const struct http_ocsp_ticket *last[HTTP_OCSP_CLASSES] = { NULL };

	for (int i = 0; i < 100; i++)
		for (int class = 0; class < HTTP_OCSP_CLASSES; class ++)
			flood(desk, (enum http_ocsp_class) class, 1);
	while (desk->signing != NULL) {
		assert_true(last[desk->signing->class] < desk->signing);
		last[desk->signing->class] = desk->signing;
		sign(desk, 1);
	}
	for (int class = 0; class < HTTP_OCSP_CLASSES; class ++)
		assert_int_equal(desk->signed_of[class], 100);
}

static void
so_many_are_in_flight_so_many_of_each_class_wait_and_more_is_refused(void **state)
{
	const struct http_ocsp_limits limits = { .in_flight = 3, .waiting = 5 };
	struct desk *desk = *state;

	for (int i = 0; i < 3; i++)
		assert_int_equal(enter(desk, 0, HTTP_OCSP_NONCED, limits), HTTP_OCSP_GOES);
	for (int class = 0; class < HTTP_OCSP_CLASSES; class ++) {
		for (int i = 0; i < 5; i++)
			assert_int_equal(enter(desk, 0, (enum http_ocsp_class) class, limits),
			    HTTP_OCSP_WAITS);
		for (int i = 0; i < 5; i++)
			assert_int_equal(enter(desk, 0, (enum http_ocsp_class) class, limits),
			    HTTP_OCSP_REFUSED);
	}
	assert_int_equal(desk->budget.busy->in_flight, 3);
	assert_int_equal(desk->budget.busy->waiting, 5 * HTTP_OCSP_CLASSES);
	/* One that comes back makes room for one, of the class that goes. */
	struct http_ocsp_ticket *next = leave(desk, &desk->tickets[0]);
	assert_non_null(next);
	assert_int_equal(desk->budget.busy->in_flight, 3);
	assert_int_equal(enter(desk, 0, next->class, limits), HTTP_OCSP_WAITS);
	assert_int_equal(enter(desk, 0, next->class, limits), HTTP_OCSP_REFUSED);
}

static void
without_a_queue_what_is_beyond_the_limit_is_refused(void **state)
{
	const struct http_ocsp_limits limits = { .in_flight = 1, .waiting = 0 };
	struct desk *desk = *state;

	assert_int_equal(enter(desk, 0, HTTP_OCSP_FIRST, limits), HTTP_OCSP_GOES);
	assert_int_equal(enter(desk, 0, HTTP_OCSP_FIRST, limits), HTTP_OCSP_REFUSED);
	assert_null(leave(desk, &desk->tickets[0]));
	assert_int_equal(enter(desk, 0, HTTP_OCSP_FIRST, limits), HTTP_OCSP_GOES);
}

static void
an_issuer_has_nothing_of_another_issuers_budget(void **state)
{
	const struct http_ocsp_limits limits = { .in_flight = 2, .waiting = 1 };
	struct desk *desk = *state;

	for (int issuer = 0; issuer < 3; issuer++) {
		assert_int_equal(enter(desk, issuer, HTTP_OCSP_NONCED, limits), HTTP_OCSP_GOES);
		assert_int_equal(enter(desk, issuer, HTTP_OCSP_NONCED, limits), HTTP_OCSP_GOES);
		assert_int_equal(enter(desk, issuer, HTTP_OCSP_NONCED, limits), HTTP_OCSP_WAITS);
		assert_int_equal(enter(desk, issuer, HTTP_OCSP_NONCED, limits), HTTP_OCSP_REFUSED);
	}
	/* What comes back of one lets one of the same go. */
	for (int issuer = 2; issuer >= 0; issuer--)
		assert_ptr_equal(leave(desk, &desk->tickets[issuer * 4]), &desk->tickets[issuer * 4 + 2]);
}

static size_t
count(const struct http_ocsp_account *list)
{
	size_t n = 0;

	for (; list != NULL; list = list->next)
		n++;
	return n;
}

static void
accounts_go_when_nothing_of_them_is_left_and_are_used_again(void **state)
{
	const struct http_ocsp_limits limits = { .in_flight = 1, .waiting = 1 };
	struct desk *desk = *state;

	for (int round = 0; round < 5; round++) {
		desk->used = 0;
		for (int issuer = 0; issuer < 3; issuer++)
			assert_int_equal(enter(desk, issuer, HTTP_OCSP_FIRST, limits), HTTP_OCSP_GOES);
		assert_int_equal(count(desk->budget.busy), 3);
		assert_int_equal(enter(desk, 1, HTTP_OCSP_FIRST, limits), HTTP_OCSP_WAITS);
		assert_null(leave(desk, &desk->tickets[2]));
		assert_ptr_equal(leave(desk, &desk->tickets[1]), &desk->tickets[3]);
		assert_int_equal(count(desk->budget.busy), 2);
		assert_null(leave(desk, &desk->tickets[3]));
		assert_null(leave(desk, &desk->tickets[0]));
		assert_int_equal(count(desk->budget.busy), 0);
		assert_int_equal(count(desk->budget.spare), 3);
	}
}

/* As a reload brings them: whoever is at work ends with what was. */
static void
other_limits_are_those_of_a_new_account(void **state)
{
	const struct http_ocsp_limits before = { .in_flight = 1, .waiting = 1 },
				      after = { .in_flight = 2, .waiting = 0 };
	struct desk *desk = *state;

	assert_int_equal(enter(desk, 0, HTTP_OCSP_FIRST, before), HTTP_OCSP_GOES);
	assert_int_equal(enter(desk, 0, HTTP_OCSP_FIRST, after), HTTP_OCSP_WAITS);
	assert_non_null(leave(desk, &desk->tickets[0]));
	assert_null(leave(desk, &desk->tickets[1]));
	assert_int_equal(enter(desk, 0, HTTP_OCSP_FIRST, after), HTTP_OCSP_GOES);
	assert_int_equal(enter(desk, 0, HTTP_OCSP_FIRST, after), HTTP_OCSP_GOES);
	assert_int_equal(enter(desk, 0, HTTP_OCSP_FIRST, after), HTTP_OCSP_REFUSED);
}

static void
a_window_makes_room_little_by_little_and_leaves_the_weights(void **state)
{
	const struct http_ocsp_limits limits = { .in_flight = 8, .waiting = 20 };
	struct desk *desk = *state;

	for (int i = 0; i < 8; i++)
		assert_int_equal(enter(desk, 0, HTTP_OCSP_NONCED, limits), HTTP_OCSP_GOES);
	for (int i = 0; i < 20; i++)
		assert_int_equal(enter(desk, 0, HTTP_OCSP_NONCED, limits), HTTP_OCSP_WAITS);
	/* Seven come back before the next one goes. */
	desk->budget.window = 2;
	for (int i = 0; i < 6; i++)
		assert_null(leave(desk, &desk->tickets[i]));
	assert_int_equal(enter(desk, 0, HTTP_OCSP_FIRST, limits), HTTP_OCSP_WAITS);
	struct http_ocsp_ticket *first = leave(desk, &desk->tickets[6]);
	assert_int_equal(first->class, HTTP_OCSP_FIRST);
	/* A wider one lets several go. */
	desk->budget.window = 4;
	assert_non_null(http_ocsp_budget_next(&desk->budget, ISSUER(0)));
	assert_non_null(http_ocsp_budget_next(&desk->budget, ISSUER(0)));
	assert_null(http_ocsp_budget_next(&desk->budget, ISSUER(0)));
	assert_int_equal(desk->budget.busy->in_flight, 4);
	/* It is never wider than the limit. */
	desk->budget.window = 100;
	while (http_ocsp_budget_next(&desk->budget, ISSUER(0)) != NULL)
		;
	assert_int_equal(desk->budget.busy->in_flight, 8);
}

/* All may have come back before one of them goes. */
static void
under_a_window_nobody_who_waits_is_forgotten(void **state)
{
	const struct http_ocsp_limits limits = { .in_flight = 4, .waiting = 4 };
	struct desk *desk = *state;
	unsigned done = 0;

	for (int i = 0; i < 8; i++)
		(void)enter(desk, 0, HTTP_OCSP_MANY, limits);
	desk->budget.window = 1;
	for (int i = 0; i < 4; i++)
		desk->signing = leave(desk, &desk->tickets[i]);
	for (; desk->signing != NULL; done++)
		desk->signing = leave(desk, desk->signing);
	assert_int_equal(done, 4);
	assert_null(desk->budget.busy);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_desk, close_desk)
	const struct CMUnitTest tests[] = {
		TEST(of_sixteen_signatures_eight_are_first_answers_four_renewals_two_nonced_one_of_many_one_of_strangers),
		TEST(classes_that_do_not_wait_leave_their_share_to_the_others),
		TEST(a_first_answer_in_a_flood_of_nonces_is_signed_next),
		TEST(a_class_that_was_quiet_has_saved_nothing_up),
		TEST(who_came_first_of_a_class_goes_first),
		TEST(so_many_are_in_flight_so_many_of_each_class_wait_and_more_is_refused),
		TEST(without_a_queue_what_is_beyond_the_limit_is_refused),
		TEST(an_issuer_has_nothing_of_another_issuers_budget),
		TEST(accounts_go_when_nothing_of_them_is_left_and_are_used_again),
		TEST(other_limits_are_those_of_a_new_account),
		TEST(a_window_makes_room_little_by_little_and_leaves_the_weights),
		TEST(under_a_window_nobody_who_waits_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
