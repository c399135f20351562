/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_source: whatever a source's operations do, callers see the rules kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NOW 1000000

/* A register of one certificate that does as it is told. */
struct act {
	int open_code, code; /* what operations return */
	const char *says;    /* the text of the error they write; NULL: none */
	vouch_status known;  /* cert_status unset: VOUCH_ENOTFOUND */
	bool is_unset_an_answer;
	unsigned opened, closed, begun, committed, aborted, reloaded;
};

static int
act_out(const struct act *act, vouch_err *err)
{
	if (act->code != VOUCH_OK && act->says != NULL)
		err_set(err, act->code, "%s", act->says);
	return act->code;
}

static struct act *stage; /* what open hands out as the context */

static int
act_open(void **ctx, const char *uri, vouch_time now, vouch_err *err)
{
	assert_string_equal(uri, "the uri");
	assert_int_equal(now, NOW);
	stage->opened++;
	if (stage->open_code != VOUCH_OK && stage->says != NULL)
		err_set(err, stage->open_code, "%s", stage->says);
	*ctx = stage;
	return stage->open_code;
}

static int
act_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	const struct act *act = ctx;

	(void)issuer, (void)now;
	assert_int_equal(serial_number.len, 1);
	assert_int_equal(out->size, sizeof(*out));
	assert_int_equal(out->cert_status, VOUCH_STATUS_UNSET);
	if (act->code != VOUCH_OK)
		return act_out(act, err);
	if (act->known.cert_status == VOUCH_STATUS_UNSET && !act->is_unset_an_answer)
		return VOUCH_ENOTFOUND;
	*out = act->known;
	assert_int_equal(buf_append_string(&out->detail, "from the act"), VOUCH_OK);
	return VOUCH_OK;
}

static int
act_each(void *ctx, const vouch_issuer *issuer, vouch_span after, vouch_time now, vouch_status_cb *cb,
    void *arg, vouch_err *err)
{
	const struct act *act = ctx;

	(void)issuer, (void)after, (void)now;
	return act->code != VOUCH_OK ? act_out(act, err) : cb(arg, SPAN_LITERAL("\x01"), &act->known);
}

static int
act_reload(void *ctx, vouch_time now, vouch_err *err)
{
	struct act *act = ctx;

	(void)now;
	act->reloaded++;
	return act_out(act, err);
}

static int
act_begin(void *ctx, vouch_err *err)
{
	struct act *act = ctx;

	act->begun++;
	return act_out(act, err);
}

static int
act_put(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, const vouch_status *status,
    vouch_time now, vouch_err *err)
{
	struct act *act = ctx;

	(void)issuer, (void)serial_number, (void)now, (void)err;
	act->known = *status;
	return VOUCH_OK;
}

static int
act_commit(void *ctx, vouch_err *err)
{
	struct act *act = ctx;

	act->committed++;
	return act_out(act, err);
}

static void
act_abort(void *ctx)
{
	struct act *act = ctx;

	act->aborted++;
}

static void
act_close(void *ctx)
{
	struct act *act = ctx;

	act->closed++;
}

static const vouch_source_ops reader_ops = { .abi = VOUCH_ABI,
	.name = "act",
	.open = act_open,
	.lookup = act_lookup,
	.close = act_close };
static const vouch_source_ops register_ops = { .abi = VOUCH_ABI,
	.name = "act",
	.open = act_open,
	.lookup = act_lookup,
	.close = act_close,
	.each = act_each,
	.reload = act_reload,
	.begin = act_begin,
	.put = act_put,
	.commit = act_commit,
	.abort = act_abort };

static vouch_source *
open_act(struct act *act, const vouch_source_ops *ops)
{
	vouch_source *source = NULL;
	vouch_err err;

	stage = act;
	vouch_status_init(&act->known);
	if (vouch_source_open(&source, ops, "the uri", NOW, &err) != VOUCH_OK)
		fail_msg("%s", err.msg);
	return source;
}

static vouch_status
status_of(uint8_t cert_status, uint8_t reason, vouch_time at)
{
	vouch_status status;

	vouch_status_init(&status);
	status.cert_status = cert_status;
	status.revocation_reason = reason;
	status.revocation_time = at;
	return status;
}

static void
operations_that_lack_something_are_refused(void **state)
{
	static const struct {
		const char *what;
		vouch_source_ops ops;
		const char *message;
	} rows[] = {
		{ "another ABI",
		    { .abi = VOUCH_ABI + 1,
			.name = "x",
			.open = act_open,
			.lookup = act_lookup,
			.close = act_close },
		    "made for ABI" },
		{ "no name", { .abi = VOUCH_ABI, .open = act_open, .lookup = act_lookup, .close = act_close },
		    "(no name)" },
		{ "no open", { .abi = VOUCH_ABI, .name = "x", .lookup = act_lookup, .close = act_close },
		    "x lacks" },
		{ "no lookup", { .abi = VOUCH_ABI, .name = "x", .open = act_open, .close = act_close },
		    "x lacks" },
		{ "no close", { .abi = VOUCH_ABI, .name = "x", .open = act_open, .lookup = act_lookup },
		    "x lacks" },
		{ "half a register",
		    { .abi = VOUCH_ABI,
			.name = "x",
			.open = act_open,
			.lookup = act_lookup,
			.close = act_close,
			.begin = act_begin,
			.put = act_put,
			.commit = act_commit },
		    "lacks put, commit or abort" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_source *source = NULL;
		vouch_err err;
		if (vouch_source_open(&source, &rows[i].ops, "the uri", NOW, &err) != VOUCH_EINVAL ||
		    source != NULL || strstr(err.msg, rows[i].message) == NULL)
			fail_msg("%s: %s", rows[i].what, err.msg);
	}
	vouch_source *source;
	assert_int_equal(vouch_source_open(&source, NULL, "the uri", NOW, NULL), VOUCH_EINVAL);
}

static void
a_source_is_closed_once_by_the_last_who_frees_it(void **state)
{
	struct act act = { 0 };
	vouch_source *source = open_act(&act, &reader_ops);

	(void)state;
	assert_ptr_equal(vouch_source_get_ops(source), &reader_ops);
	assert_ptr_equal(vouch_source_ref(source), source);
	vouch_source_free(source);
	assert_int_equal(act.closed, 0);
	vouch_source_free(source);
	assert_int_equal(act.closed, 1);
	vouch_source_free(NULL);
}

static void
what_does_not_open_is_not_closed_and_says_why(void **state)
{
	static const struct {
		int code, expected;
		const char *says, *message;
	} rows[] = {
		{ VOUCH_EIO, VOUCH_EIO, "disk on fire", "disk on fire" },
		{ VOUCH_EIO, VOUCH_EIO, NULL, "act: open failed" },
		{ 5, VOUCH_EUNAVAILABLE, NULL, "act: open failed" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct act act = { .open_code = rows[i].code, .says = rows[i].says };
		vouch_source *source = NULL;
		vouch_err err;
		stage = &act;
		assert_int_equal(vouch_source_open(&source, &register_ops, "the uri", NOW, &err),
		    rows[i].expected);
		assert_int_equal(err.code, rows[i].expected);
		assert_non_null(strstr(err.msg, rows[i].message));
		assert_null(source);
		assert_int_equal(act.closed, 0);
	}
}

static void
an_answer_that_breaks_a_rule_is_an_error(void **state)
{
	const struct {
		const char *what;
		vouch_status known;
		int code;
	} rows[] = {
		{ "good", status_of(VOUCH_GOOD, 0, VOUCH_TIME_ABSENT), VOUCH_OK },
		{ "revoked", status_of(VOUCH_REVOKED, 2, NOW), VOUCH_OK },
		{ "unset", status_of(VOUCH_STATUS_UNSET, 0, VOUCH_TIME_ABSENT), VOUCH_EREFUSED },
		{ "no such status", status_of(9, 0, VOUCH_TIME_ABSENT), VOUCH_EREFUSED },
		{ "reason 7", status_of(VOUCH_REVOKED, 8, NOW), VOUCH_EREFUSED },
		{ "no time", status_of(VOUCH_REVOKED, 0, VOUCH_TIME_ABSENT), VOUCH_EREFUSED },
	};
	struct act act = { .is_unset_an_answer = true };
	vouch_source *source = open_act(&act, &reader_ops);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_status out;
		vouch_err err;
		vouch_status_init(&out);
		act.known = rows[i].known;
		int code = vouch_source_lookup(source, NULL, SPAN_LITERAL("\x05"), NOW, &out, &err);
		if (code != rows[i].code || err.code != code ||
		    (code != VOUCH_OK && strstr(err.msg, "act: ") == NULL))
			fail_msg("%s: %d %s", rows[i].what, code, err.msg);
		assert_int_equal(out.cert_status,
		    code == VOUCH_OK ? rows[i].known.cert_status : VOUCH_STATUS_UNSET);
		assert_int_equal(out.detail.len, code == VOUCH_OK ? 12 : 0);
		vouch_status_clear(&out);
	}
	vouch_source_free(source);
}

static void
a_lookup_that_fails_leaves_nothing_behind(void **state)
{
	static const struct {
		int code, expected;
		const char *says, *message;
	} rows[] = {
		{ VOUCH_ENOTFOUND, VOUCH_ENOTFOUND, NULL, "" },
		{ VOUCH_EUNAVAILABLE, VOUCH_EUNAVAILABLE, "the database is away", "the database is away" },
		{ VOUCH_EUNAVAILABLE, VOUCH_EUNAVAILABLE, NULL, "act: lookup failed" },
		{ 3, VOUCH_EUNAVAILABLE, NULL, "act: lookup failed" },
	};
	struct act act = { 0 };
	vouch_source *source = open_act(&act, &reader_ops);

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		vouch_status out;
		vouch_err err;
		vouch_status_init(&out);
		act.code = rows[i].code;
		act.says = rows[i].says;
		assert_int_equal(vouch_source_lookup(source, NULL, SPAN_LITERAL("\x05"), NOW, &out, &err),
		    rows[i].expected);
		assert_int_equal(err.code, rows[i].expected == VOUCH_ENOTFOUND ? VOUCH_OK : rows[i].expected);
		assert_non_null(strstr(err.msg, rows[i].message));
		assert_int_equal(out.cert_status, VOUCH_STATUS_UNSET);
		assert_int_equal(vouch_source_lookup(source, NULL, SPAN_LITERAL("\x05"), NOW, &out, NULL),
		    rows[i].expected);
	}
	vouch_source_free(source);
}

static void
a_source_that_cannot_be_written_says_so(void **state)
{
	struct act act = { 0 };
	vouch_source *source = open_act(&act, &reader_ops);
	vouch_status status = status_of(VOUCH_GOOD, 0, VOUCH_TIME_ABSENT);
	vouch_err err;

	(void)state;
	assert_int_equal(vouch_source_begin(source, &err), VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, "cannot be written"));
	assert_int_equal(vouch_source_put(source, NULL, SPAN_LITERAL("\x05"), &status, NOW, &err),
	    VOUCH_EREFUSED);
	assert_int_equal(vouch_source_commit(source, &err), VOUCH_EREFUSED);
	vouch_source_abort(source);
	assert_int_equal(vouch_source_each(source, NULL, SPAN_LITERAL(""), NOW, NULL, NULL, &err),
	    VOUCH_EREFUSED);
	assert_int_equal(vouch_source_reload(source, NOW, &err), VOUCH_OK);
	vouch_source_free(source);
}

static int
put(vouch_source *source, uint8_t cert_status, uint8_t reason, vouch_time at, vouch_err *err)
{
	vouch_status status = status_of(cert_status, reason, at);

	return vouch_source_put(source, NULL, SPAN_LITERAL("\x05"), &status, NOW, err);
}

/* S-14, S-15 */
static void
a_register_is_kept_from_forbidden_changes(void **state)
{
	struct act act = { 0 };
	vouch_source *source = open_act(&act, &register_ops);
	vouch_err err;

	(void)state;
	assert_int_equal(vouch_source_begin(source, &err), VOUCH_OK);
	assert_int_equal(put(source, VOUCH_REVOKED, 8, NOW, &err), VOUCH_EREFUSED);
	assert_int_equal(put(source, VOUCH_REVOKED, 9, NOW, &err), VOUCH_EREFUSED);
	assert_int_equal(put(source, VOUCH_STATUS_UNSET, 0, NOW, &err), VOUCH_EREFUSED);
	assert_int_equal(act.known.cert_status, VOUCH_STATUS_UNSET);
	assert_int_equal(put(source, VOUCH_GOOD, 0, VOUCH_TIME_ABSENT, &err), VOUCH_OK);
	assert_int_equal(put(source, VOUCH_REVOKED, 7, NOW, &err), VOUCH_OK);
	assert_int_equal(put(source, VOUCH_GOOD, 0, VOUCH_TIME_ABSENT, &err), VOUCH_OK);
	assert_int_equal(put(source, VOUCH_REVOKED, 2, NOW, &err), VOUCH_OK);
	assert_int_equal(put(source, VOUCH_GOOD, 0, VOUCH_TIME_ABSENT, &err), VOUCH_EREFUSED);
	assert_int_equal(act.known.cert_status, VOUCH_REVOKED);
	assert_int_equal(vouch_source_commit(source, &err), VOUCH_OK);
	vouch_source_abort(source);
	assert_int_equal(act.begun * 100 + act.committed * 10 + act.aborted, 111);
	act.code = VOUCH_EIO;
	assert_int_equal(put(source, VOUCH_GOOD, 0, VOUCH_TIME_ABSENT, &err), VOUCH_EIO);
	assert_int_equal(vouch_source_commit(source, &err), VOUCH_EIO);
	assert_non_null(strstr(err.msg, "act: commit failed"));
	assert_int_equal(vouch_source_reload(source, NOW, &err), VOUCH_EIO);
	assert_int_equal(act.reloaded, 1);
	vouch_source_free(source);
}

static int
stop(void *arg, vouch_span serial_number, const vouch_status *status)
{
	(void)serial_number, (void)status;
	return *(int *)arg;
}

static void
listing_returns_what_the_callback_returned(void **state)
{
	struct act act = { 0 };
	vouch_source *source = open_act(&act, &register_ops);
	int answer = 42;
	vouch_err err;

	(void)state;
	assert_int_equal(vouch_source_each(source, NULL, SPAN_LITERAL(""), NOW, stop, &answer, &err), 42);
	answer = VOUCH_OK;
	assert_int_equal(vouch_source_each(source, NULL, SPAN_LITERAL(""), NOW, stop, &answer, &err),
	    VOUCH_OK);
	act.code = VOUCH_EIO;
	assert_int_equal(vouch_source_each(source, NULL, SPAN_LITERAL(""), NOW, stop, &answer, &err),
	    VOUCH_EIO);
	assert_non_null(strstr(err.msg, "act: listing failed"));
	vouch_source_free(source);
}

static void
a_source_of_a_context_needs_no_open_and_no_close(void **state)
{
	static const vouch_source_ops lookup_ops = { .abi = VOUCH_ABI, .name = "act", .lookup = act_lookup };
	struct act act = { .known = { .cert_status = VOUCH_STATUS_UNSET } };
	vouch_source *bare = NULL, *closing = NULL;
	vouch_status status;

	(void)state;
	vouch_status_init(&status);
	assert_int_equal(vouch_source_new(&bare, &lookup_ops, &act, NULL), VOUCH_OK);
	assert_int_equal(vouch_source_new(&closing, &reader_ops, &act, NULL), VOUCH_OK);
	assert_int_equal(vouch_source_lookup(bare, NULL, SPAN_LITERAL("\x01"), NOW, &status, NULL),
	    VOUCH_ENOTFOUND);
	vouch_source_free(bare);
	assert_int_equal(act.closed, 0);
	vouch_source_free(closing);
	assert_int_equal(act.closed, 1);
	assert_int_equal(act.opened, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_of_a_context_needs_no_open_and_no_close),
		cmocka_unit_test(operations_that_lack_something_are_refused),
		cmocka_unit_test(a_source_is_closed_once_by_the_last_who_frees_it),
		cmocka_unit_test(what_does_not_open_is_not_closed_and_says_why),
		cmocka_unit_test(an_answer_that_breaks_a_rule_is_an_error),
		cmocka_unit_test(a_lookup_that_fails_leaves_nothing_behind),
		cmocka_unit_test(a_source_that_cannot_be_written_says_so),
		cmocka_unit_test(a_register_is_kept_from_forbidden_changes),
		cmocka_unit_test(listing_returns_what_the_callback_returned),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
