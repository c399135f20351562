/* SPDX-License-Identifier: Apache-2.0 */
/* Every structure of vouch.h, as an older and a newer header has it: read and filled within its size. */
#include <stdlib.h>

#include "fixture.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define GUARD 16
#define GUARD_OCTET 0xa5
#define STATUS_LEAST (offsetof(vouch_status, detail) + sizeof(vouch_buf))

union any { /* as the program was compiled with it, from today's header */
	uint32_t size;
	vouch_signer_options signer_options;
	vouch_issuer_options issuer_options;
	vouch_responder_options responder_options;
	vouch_call call;
	vouch_outcome outcome;
	vouch_stats stats;
	vouch_certificate_info info;
	vouch_status status;
	vouch_verify_options verify_options;
	vouch_single single;
};

struct scene {
	struct fixture f;
	vouch_request *question;
	vouch_buf request, response;
	vouch_response *verified;
};

static int
sign_with(void *ctx, vouch_span tbs, vouch_buf *signature, vouch_err *err)
{
	/* sign_ctx is behind the end of a short structure */
	return ctx == NULL ? VOUCH_EUNAVAILABLE : vouch_signer_sign(ctx, tbs, signature, err);
}

static int
give_signer_options(struct scene *s, void *options)
{
	vouch_signer *signer = NULL;
	int code = vouch_signer_open(&signer, options, NULL);

	(void)s;
	vouch_signer_free(signer);
	return code;
}

static int
give_issuer_options(struct scene *s, void *options)
{
	vouch_issuer *issuer = NULL;
	int code = vouch_issuer_new(&issuer, vouch_issuer_certificate(s->f.issuer), options, NULL);

	vouch_issuer_free(issuer);
	return code;
}

static int
give_responder_options(struct scene *s, void *options)
{
	vouch_responder *responder = NULL;
	int code = vouch_responder_new(&responder, options, NULL);

	(void)s;
	vouch_responder_free(responder);
	return code;
}

static int
give_call(struct scene *s, void *call)
{
	vouch_buf out = { 0 };
	vouch_job *job = NULL;
	int code = vouch_handle(s->f.responder, call, span_buf(&s->request), &out, NULL);

	assert_int_equal(vouch_job_start(&job, s->f.responder, call, span_buf(&s->request)), code);
	vouch_job_free(job);
	vouch_buf_free(&out);
	return code;
}

static int
give_verify_options(struct scene *s, void *options)
{
	vouch_response *response = NULL;
	int code = vouch_response_verify(&response, span_buf(&s->response), s->question, options, NULL);

	vouch_response_free(response);
	return code;
}

static int
take_outcome(struct scene *s, void *outcome)
{
	vouch_call call = fixture_call(&s->f, NOW);
	vouch_buf out = { 0 };
	int handled = vouch_handle(s->f.responder, &call, span_buf(&s->request), &out, outcome);
	int cached = vouch_try_cached(s->f.responder, &call, span_buf(&s->request), &out, outcome);

	assert_int_equal(handled, cached);
	vouch_buf_free(&out);
	return handled;
}

static int
take_stats(struct scene *s, void *stats)
{
	uint32_t size;

	memcpy(&size, stats, sizeof(size));
	vouch_responder_stats(s->f.responder, stats);
	return size < sizeof(size) ? VOUCH_EINVAL : VOUCH_OK; /* it has no way to say so */
}

static int
take_info(struct scene *s, void *info)
{
	return vouch_certificate_inspect(vouch_issuer_certificate(s->f.issuer), info, NULL);
}

static int
take_status(struct scene *s, void *status)
{
	return vouch_source_lookup(s->f.source, s->f.issuer, SPAN_LITERAL("\x05"), NOW, status, NULL);
}

static int
take_single(struct scene *s, void *single)
{
	return vouch_response_single(s->verified, 0, single);
}

/* One row is one structure: its length, how short it may be, what is done with it. */
static const struct {
	const char *what;
	size_t len, least;
	bool given; /* by the caller, with the defaults that prepare() makes; else filled by the library */
	int (*use)(struct scene *s, void *structure);
} rows[] = {
	{ "vouch_signer_options", sizeof(vouch_signer_options), 4, true, give_signer_options },
	{ "vouch_issuer_options", sizeof(vouch_issuer_options), 4, true, give_issuer_options },
	{ "vouch_responder_options", sizeof(vouch_responder_options), 4, true, give_responder_options },
	{ "vouch_call", sizeof(vouch_call), 4, true, give_call },
	{ "vouch_verify_options", sizeof(vouch_verify_options), 4, true, give_verify_options },
	{ "vouch_outcome", sizeof(vouch_outcome), 4, false, take_outcome },
	{ "vouch_stats", sizeof(vouch_stats), 4, false, take_stats },
	{ "vouch_certificate_info", sizeof(vouch_certificate_info), 4, false, take_info },
	{ "vouch_status", sizeof(vouch_status), STATUS_LEAST, false, take_status },
	{ "vouch_single", sizeof(vouch_single), 4, false, take_single },
};

static void
prepare(const struct scene *s, size_t row, union any *out)
{
	memset(out, 0, sizeof(*out));
	if (rows[row].use == give_signer_options) {
		out->signer_options.certificate = vouch_signer_certificate(s->f.signer);
		out->signer_options.sign = sign_with;
		out->signer_options.sign_ctx = s->f.signer;
	}
	if (rows[row].use == give_call)
		out->call = fixture_call(&s->f, NOW);
	if (rows[row].use == give_verify_options)
		out->verify_options.now = NOW;
}

/* The structure alone in its memory, so that a sanitizer sees every octet read beyond it. */
static int
give(struct scene *s, size_t row, uint32_t size, uint8_t last)
{
	union any full;
	size_t len = size < sizeof(size) ? sizeof(size) : size;

	prepare(s, row, &full);
	uint8_t *theirs = calloc(1, len);
	assert_non_null(theirs);
	memcpy(theirs, &full, len < rows[row].len ? len : rows[row].len);
	memcpy(theirs, &size, sizeof(size));
	if (last != 0)
		theirs[len - 1] = last;
	int code = rows[row].use(s, theirs);
	free(theirs);
	return code;
}

/* What is behind the structure stays as it was. */
static int
take(struct scene *s, size_t row, uint32_t size)
{
	_Alignas(max_align_t) uint8_t theirs[sizeof(union any) + 64 + GUARD];
	vouch_status nothing;

	memset(theirs, GUARD_OCTET, sizeof(theirs));
	vouch_status_init(&nothing);
	if (rows[row].use == take_status)
		memcpy(theirs, &nothing, size < sizeof(nothing) ? size : sizeof(nothing));
	memcpy(theirs, &size, sizeof(size));
	int code = rows[row].use(s, theirs);
	for (size_t i = size < sizeof(size) ? sizeof(size) : size; i < sizeof(theirs); i++)
		if (theirs[i] != GUARD_OCTET)
			fail_msg("%s of %u octets: octet %zu was written", rows[row].what, (unsigned)size, i);
	assert_memory_equal(theirs, &size, sizeof(size));
	return code;
}

/* Half a pointer is a pointer to nowhere: what the library reads ends where a member could end. */
static uint32_t
next_size(size_t row, uint32_t size)
{
	return !rows[row].given || size < sizeof(uint32_t) ? size + 1 : (size + 8) / 8 * 8;
}

static void
structures_of_every_size_are_kept_to_it(void **state)
{
	struct scene *s = *state;

	for (size_t row = 0; row < COUNT(rows); row++) {
		for (uint32_t size = 0; size <= rows[row].len + 8; size = next_size(row, size)) {
			int code = rows[row].given ? give(s, row, size, 0) : take(s, row, size);
			if ((size < rows[row].least && code != VOUCH_EINVAL) ||
			    (size >= rows[row].len && code != VOUCH_OK))
				fail_msg("%s of %u octets: %d", rows[row].what, (unsigned)size, code);
			if (!rows[row].given && size >= rows[row].least && code != VOUCH_OK)
				fail_msg("%s of %u octets: %d", rows[row].what, (unsigned)size, code);
		}
	}
}

static void
a_wish_that_is_not_known_is_refused(void **state)
{
	struct scene *s = *state;

	for (size_t row = 0; row < COUNT(rows); row++)
		if (rows[row].given && give(s, row, (uint32_t)rows[row].len + 8, 1) != VOUCH_EINVAL)
			fail_msg("%s", rows[row].what);
}

/* A source that was made with a header whose vouch_status ended before not_after. */
struct old_source {
	uint32_t status_size; /* of what each reports */
	size_t put_size;
	vouch_time put_not_after;
};

static int
old_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	(void)ctx, (void)issuer, (void)serial_number, (void)now, (void)out, (void)err;
	return VOUCH_ENOTFOUND;
}

static int
old_each(void *ctx, const vouch_issuer *issuer, vouch_span after, vouch_time now, vouch_status_cb *cb,
    void *arg, vouch_err *err)
{
	const struct old_source *source = ctx;
	vouch_status status;

	(void)issuer, (void)after, (void)now, (void)err;
	vouch_status_init(&status);
	status.size = source->status_size;
	status.cert_status = VOUCH_GOOD;
	status.not_after = 77; /* behind the end of the old structure: not the source's */
	return cb(arg, SPAN_LITERAL("\x05"), &status);
}

static int
old_begin(void *ctx, vouch_err *err)
{
	(void)ctx, (void)err;
	return VOUCH_OK;
}

static int
old_put(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, const vouch_status *status,
    vouch_time now, vouch_err *err)
{
	struct old_source *source = ctx;

	(void)issuer, (void)serial_number, (void)now, (void)err;
	source->put_size = status->size;
	source->put_not_after = status->not_after;
	return VOUCH_OK;
}

static void
old_abort(void *ctx)
{
	(void)ctx;
}

static const vouch_source_ops old_ops = { .abi = VOUCH_ABI,
	.name = "old",
	.lookup = old_lookup,
	.each = old_each,
	.begin = old_begin,
	.put = old_put,
	.commit = old_begin,
	.abort = old_abort };

static int
see(void *arg, vouch_span serial_number, const vouch_status *status)
{
	vouch_status *seen = arg;

	(void)serial_number;
	*seen = *status;
	return 0;
}

static void
a_status_from_an_older_header_is_completed_for_both_sides(void **state)
{
	struct scene *s = *state;
	struct old_source old = { .status_size = offsetof(vouch_status, not_after) };
	vouch_source *source = NULL;
	vouch_status seen, shorter;
	vouch_err err;

	assert_int_equal(vouch_source_new(&source, &old_ops, &old, &err), VOUCH_OK);
	assert_int_equal(vouch_source_each(source, s->f.issuer, (vouch_span){ 0 }, NOW, see, &seen, &err),
	    VOUCH_OK);
	assert_int_equal(seen.size, sizeof(seen));
	assert_int_equal(seen.cert_status, VOUCH_GOOD);
	assert_true(seen.not_after == VOUCH_TIME_ABSENT);

	vouch_status_init(&shorter);
	shorter.size = offsetof(vouch_status, not_after);
	shorter.cert_status = VOUCH_GOOD;
	shorter.not_after = 77;
	assert_int_equal(vouch_source_put(source, s->f.issuer, SPAN_LITERAL("\x05"), &shorter, NOW, &err),
	    VOUCH_OK);
	assert_int_equal(old.put_size, sizeof(vouch_status));
	assert_true(old.put_not_after == VOUCH_TIME_ABSENT);

	shorter.size = old.status_size = 0;
	assert_int_equal(vouch_source_put(source, s->f.issuer, SPAN_LITERAL("\x05"), &shorter, NOW, &err),
	    VOUCH_EINVAL);
	assert_int_equal(vouch_source_each(source, s->f.issuer, (vouch_span){ 0 }, NOW, see, &seen, &err),
	    VOUCH_EINVAL);
	assert_non_null(strstr(err.msg, "old: vouch_status"));
	vouch_source_free(source);
}

static int
set_scene(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	vouch_verify_options options = { .size = sizeof(options), .now = NOW };

	assert_non_null(s);
	fixture_make(&s->f, NULL, &memory_source_ops);
	fixture_set(&s->f, 5, VOUCH_GOOD, VOUCH_TIME_ABSENT, 0);
	fixture_poll(&s->f);
	assert_int_equal(vouch_request_new(&s->question, NULL), VOUCH_OK);
	assert_int_equal(vouch_request_add(s->question, s->f.issuer, SPAN_LITERAL("\x05"), VOUCH_SHA256,
			     NULL),
	    VOUCH_OK);
	assert_int_equal(vouch_request_encode(s->question, &s->request, NULL), VOUCH_OK);
	(void)fixture_ask(&s->f, 5, NOW, &s->response);
	assert_int_equal(vouch_response_verify(&s->verified, span_buf(&s->response), s->question, &options,
			     NULL),
	    VOUCH_OK);
	*state = s;
	return 0;
}

static int
clear_scene(void **state)
{
	struct scene *s = *state;

	vouch_response_free(s->verified);
	vouch_request_free(s->question);
	vouch_buf_free(&s->request);
	vouch_buf_free(&s->response);
	fixture_free(&s->f);
	free(s);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(structures_of_every_size_are_kept_to_it),
		cmocka_unit_test(a_wish_that_is_not_known_is_refused),
		cmocka_unit_test(a_status_from_an_older_header_is_completed_for_both_sides),
	};

	return cmocka_run_group_tests(tests, set_scene, clear_scene);
}
