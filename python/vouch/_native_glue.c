/* SPDX-License-Identifier: Apache-2.0 */
/* What stands between libvouch and Python: operations that ask Python, and calls that spare it work. */
#include <time.h>

#include <vouch.h>
#include <vouch_http.h>

/* What Python is asked; each is a function in a module of the package (extern "Python"). */
static int py_source_lookup(void *source, const vouch_issuer *issuer, const uint8_t *serial_number,
    size_t len, vouch_time now, vouch_status *out, vouch_err *err);
static int py_source_changes(void *source, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err);
static int py_signer_sign(void *signer, const uint8_t *tbs, size_t len, vouch_buf *signature, vouch_err *err);
static int py_decode_field(void *fields, const vouch_field *field);
static void py_issuer_finding(void *findings, const vouch_finding *finding);
static void py_server_handle(void *server, vouch_http_exchange *exchange);
static void py_server_answered(void *server, vouch_http_exchange *exchange, const vouch_outcome *outcome,
    unsigned status);
static void py_server_trouble(void *server, const vouch_err *err);

/* How often Python is asked what changed: its answer costs a lock and no more. */
#define CHANGES_POLL_MS 100

static int
source_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
    vouch_status *out, vouch_err *err)
{
	return py_source_lookup(ctx, issuer, serial_number.data, serial_number.len, now, out, err);
}

static int
source_changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	return py_source_changes(ctx, cursor, cb, arg, err);
}

static int
source_watch(void *ctx, int *fd, int *poll_ms)
{
	(void)ctx;
	*fd = -1;
	*poll_ms = CHANGES_POLL_MS;
	return VOUCH_OK;
}

static const vouch_source_ops source_ops = {
	.abi = VOUCH_ABI,
	.name = "python",
	.lookup = source_lookup,
};

static const vouch_source_ops source_ops_with_changes = {
	.abi = VOUCH_ABI,
	.name = "python",
	.lookup = source_lookup,
	.changes = source_changes,
	.watch = source_watch,
};

static int
call_source_new(vouch_source **out, void *source, bool tells_changes, vouch_err *err)
{
	return vouch_source_new(out, tells_changes ? &source_ops_with_changes : &source_ops, source, err);
}

static int
signer_sign(void *ctx, vouch_span tbs, vouch_buf *signature, vouch_err *err)
{
	return py_signer_sign(ctx, tbs.data, tbs.len, signature, err);
}

static void
call_use_python_signer(vouch_signer_options *options, void *signer)
{
	options->sign = signer_sign;
	options->sign_ctx = signer;
}

static uint64_t
call_monotonic_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* now may be VOUCH_TIME_ABSENT: the system's clock; path may be NULL: every issuer. */
static int
call_handle(vouch_responder *responder, const char *path, size_t path_len, vouch_time now,
    const uint8_t *request, size_t len, vouch_buf *out, vouch_outcome *outcome)
{
	vouch_call call = {
		.size = sizeof(call),
		.now = now != VOUCH_TIME_ABSENT ? now : (vouch_time)time(NULL),
		.monotonic_ms = call_monotonic_ms(),
	};
	size_t prefix;

	out->len = 0;
	outcome->size = sizeof(*outcome);
	if (path != NULL) {
		call.scope = vouch_responder_scope(responder,
		    (vouch_span){ (const uint8_t *)path, path_len }, &prefix);
		if (call.scope == NULL)
			return VOUCH_ENOTFOUND;
	}
	return vouch_handle(responder, &call, (vouch_span){ request, len }, out, outcome);
}

static int
call_poll(vouch_responder *responder, vouch_err *err)
{
	return vouch_responder_poll(responder, (vouch_time)time(NULL), call_monotonic_ms(), err);
}

static int
call_decode(const uint8_t *der, size_t len, void *fields, vouch_err *err)
{
	return vouch_decode((vouch_span){ der, len }, py_decode_field, fields, err);
}

static void
call_issuer_check(const vouch_issuer *issuer, vouch_time now, void *findings)
{
	vouch_issuer_check(issuer, now, py_issuer_finding, findings);
}

/* cb is the library's: Python calls it through here. */
static void
call_report_change(vouch_change_cb *cb, void *arg, const uint8_t *serial_number, size_t len)
{
	cb(arg, (vouch_span){ serial_number, len });
}

static void
call_use_python_handler(vouch_http_options *options, void *server)
{
	options->handler = py_server_handle;
	options->handler_arg = server;
	options->flags |= VOUCH_HTTP_HANDLER_BLOCKS;
}

static void
call_tell_python(vouch_http_options *options, void *server, bool answered)
{
	options->trouble = py_server_trouble;
	options->trouble_arg = server;
	options->answered = answered ? py_server_answered : NULL;
	options->answered_arg = server;
}

/* The clocks are read here. */
static int
call_answer(vouch_responder *responder, vouch_http_request *request, vouch_http_reply *reply, vouch_err *err)
{
	if (request->now == VOUCH_TIME_ABSENT)
		request->now = (vouch_time)time(NULL);
	request->monotonic_ms = call_monotonic_ms();
	return vouch_http_answer(responder, request, reply, err);
}

/* Answers an exchange as a server without a handler would. */
static int
call_exchange_answer(vouch_http_exchange *exchange, vouch_responder *responder, bool strict, vouch_err *err)
{
	vouch_http_request request = { .size = sizeof(request) };
	vouch_http_reply reply = { .size = sizeof(reply) };

	vouch_http_exchange_request(exchange, &request);
	if (strict)
		request.flags |= VOUCH_HTTP_STRICT;
	int code = vouch_http_answer(responder, &request, &reply, err);
	if (code == VOUCH_OK)
		vouch_http_respond_reply(exchange, &reply);
	vouch_http_reply_clear(&reply);
	return code;
}

static void
call_respond(vouch_http_exchange *exchange, unsigned status, const uint8_t *fields, size_t fields_len,
    const uint8_t *body, size_t body_len)
{
	vouch_http_respond(exchange, status, (vouch_span){ fields, fields_len },
	    (vouch_span){ body, body_len });
}
