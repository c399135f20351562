/* SPDX-License-Identifier: Apache-2.0 */
/* OCSP over HTTP: from method and raw path to a request, and from an outcome to an HTTP answer. */
#include "http/ocsp.h"

#include <stdlib.h>

#include "base/buf.h"
#include "base/err.h"
#include "http/conditional.h"
#include "http/counter.h"
#include "http/ocsp_thread.h"
#include "io/clock.h"

#define REQUEST_LIMIT 16384
#define JOBS 1024
#define JOB_TIME_MS 10000

/* --- Answers -------------------------------------------------------------------------------------------- */

static void
tell(struct http_ocsp_thread *t, struct http_exchange *exchange, const vouch_outcome *outcome,
    unsigned status)
{
	const struct http_ocsp_options *o = &t->ocsp->options;

	if (o->answered != NULL)
		o->answered(o->answered_arg, exchange, outcome, status);
}

/* It never was OCSP. */
static void
answer_status(struct http_ocsp_thread *t, struct http_exchange *exchange, unsigned status, const char *text)
{
	tell(t, exchange, NULL, status);
	http_exchange_respond_text(exchange, status, text);
}

void
http_ocsp_answer(struct http_ocsp_thread *t, struct http_exchange *exchange, vouch_span body,
    const vouch_outcome *outcome, vouch_time now)
{
	struct http_answer answer = { .status = 200, .body = body }; /* D-14 */

	http_ocsp_fields_make(&t->fields, outcome, now);
	if (t->fields.last_modified != VOUCH_TIME_ABSENT &&
	    http_is_not_modified(exchange, span_of(t->fields.etag, t->fields.etag_len),
		t->fields.last_modified, now)) {
		answer.status = 304;
		http_ocsp_fields_make_not_modified(&t->fields, outcome, now);
	}
	/* H-10: no answer was made for a HEAD with a nonce, so nobody knows how long it would be. */
	answer.no_length = exchange->method == HTTP_METHOD_HEAD && body.len == 0;
	answer.fields = span_of(t->fields.text, t->fields.len);
	tell(t, exchange, outcome, answer.status);
	http_exchange_respond(exchange, &answer);
}

void
http_ocsp_answer_try_later(struct http_ocsp_thread *t, struct http_exchange *exchange, const char *cause)
{
	static const uint8_t try_later[5] = { 0x30, 0x03, 0x0a, 0x01, 0x03 };
	vouch_outcome outcome = { .size = sizeof(outcome),
		.response_status = VOUCH_TRY_LATER,
		.cause = cause,
		.error = VOUCH_EUNAVAILABLE,
		.produced_at = VOUCH_TIME_ABSENT,
		.this_update = VOUCH_TIME_ABSENT,
		.next_update = VOUCH_TIME_ABSENT };

	http_ocsp_answer(t, exchange, SPAN_ARRAY(try_later), &outcome, io_wall_seconds());
}

/* --- Requests ------------------------------------------------------------------------------------------- */

/* The responder in use, without a lock unless it has been replaced. */
static void
adopt_responder(struct http_ocsp_thread *t)
{
	struct http_ocsp *ocsp = t->ocsp;

	if (t->generation == __atomic_load_n(&ocsp->generation, __ATOMIC_ACQUIRE))
		return;
	vouch_responder *old = t->responder;
	uv_mutex_lock(&ocsp->current_lock);
	t->responder = vouch_responder_ref(ocsp->current);
	t->generation = ocsp->generation;
	uv_mutex_unlock(&ocsp->current_lock);
	vouch_responder_free(old);
}

static vouch_span
path_of(vouch_span target)
{
	size_t len = 0;

	while (len < target.len && target.data[len] != '?' && target.data[len] != '#')
		len++;
	return span_of(target.data, len);
}

static bool
starts_with_ignoring_case(vouch_span s, const char *word, size_t len)
{
	if (s.len < len)
		return false;
	for (size_t i = 0; i < len; i++)
		if ((s.data[i] | (s.data[i] >= 'A' && s.data[i] <= 'Z' ? 0x20 : 0)) != (uint8_t)word[i])
			return false;
	return true;
}

/* H-08: the type without its parameters, case aside. */
static bool
type_is_accepted(vouch_span type)
{
	static const char wanted[] = "application/ocsp-request";
	size_t len = sizeof(wanted) - 1;

	if (type.data == NULL)
		return true;
	if (!starts_with_ignoring_case(type, wanted, len))
		return false;
	return type.len == len || type.data[len] == ';' || type.data[len] == ' ' || type.data[len] == '\t';
}

static bool
coding_is_accepted(vouch_span coding)
{
	return coding.len == 0 || (coding.len == 8 && starts_with_ignoring_case(coding, "identity", 8));
}

struct served {
	const struct http_ocsp_thread *thread;
	const vouch_scope *scope;
};

static bool
is_served(void *arg, vouch_span der)
{
	const struct served *s = arg;

	return vouch_is_served(s->thread->responder, s->scope, der);
}

/*
 * The request in a GET's path.  0, or the HTTP status that says that it never was one; what was meant as OCSP
 * and cannot be read is an empty request, which the library calls malformed (H-33).
 */
static unsigned
request_of_path(struct http_ocsp_thread *t, vouch_span raw, const vouch_scope *scope, vouch_span *request)
{
	const struct http_ocsp_options *o = &t->ocsp->options;
	struct served arg = { t, scope };
	enum http_get_path_result result = http_get_path_decode(&t->path, raw, o->strict);

	*request = (vouch_span){ 0 };
	if (result == HTTP_GET_PATH_OTHER)
		return 400;
	if (result == HTTP_GET_PATH_NO_MEMORY)
		return 503;
	if (result == HTTP_GET_PATH_REQUEST)
		*request = span_buf(&t->path.der);
	if (!o->strict && http_get_path_is_short(&t->path, result)) {
		bool repaired = http_get_path_repair(&t->path, is_served, &arg);
		*request = repaired ? span_buf(&t->path.der) : (vouch_span){ 0 };
		http_counter_add(&t->counters.repaired_paths, repaired ? 1 : 0);
	}
	if (request->len > o->request_limit)
		*request = (vouch_span){ 0 };
	return 0;
}

static unsigned
request_of_body(const struct http_exchange *exchange, vouch_span *request)
{
	if (!type_is_accepted(http_exchange_field(exchange, HTTP_FIELD_CONTENT_TYPE)) ||
	    !coding_is_accepted(http_exchange_field(exchange, HTTP_FIELD_CONTENT_ENCODING)))
		return 415;
	*request = exchange->body;
	return 0;
}

static unsigned
read_request(struct http_ocsp_thread *t, const struct http_exchange *exchange, vouch_call *call,
    vouch_span *request)
{
	vouch_span path = path_of(exchange->target);
	size_t prefix = 0;

	call->scope = vouch_responder_scope(t->responder, path, &prefix);
	if (call->scope == NULL)
		return 404;
	if (exchange->method == HTTP_METHOD_POST)
		return request_of_body(exchange, request);
	return request_of_path(t, span_of(path.data + prefix, path.len - prefix), call->scope, request);
}

void
http_ocsp_handle(void *arg, struct http_exchange *exchange)
{
	struct http_ocsp *ocsp = arg;
	struct http_ocsp_thread *t = ocsp->threads[exchange->thread];
	vouch_call call = { .size = sizeof(call),
		.now = io_wall_seconds(),
		.monotonic_ms = io_monotonic_ms() };
	vouch_outcome outcome = { .size = sizeof(outcome) };
	vouch_span request = { 0 };

	t->loop = exchange->loop;
	adopt_responder(t);
	call.flags = (ocsp->options.strict ? VOUCH_CALL_STRICT : 0u) |
	    (exchange->method == HTTP_METHOD_HEAD ? VOUCH_CALL_NO_NONCED : 0u);
	unsigned status = read_request(t, exchange, &call, &request);
	if (status != 0) {
		answer_status(t, exchange, status,
		    status == 400 ? "This is an OCSP responder; there is no OCSP request in this path.\n" :
				    NULL);
		return;
	}
	buf_clear(&t->body);
	int rc = vouch_try_cached(t->responder, &call, request, &t->body, &outcome);
	if (rc == VOUCH_OK)
		http_ocsp_answer(t, exchange, span_buf(&t->body), &outcome, call.now);
	else if (rc == VOUCH_EAGAIN)
		http_ocsp_job_begin(t, exchange, &call, request);
	else
		http_ocsp_answer_try_later(t, exchange, "out of memory");
}

void
http_ocsp_tick(void *arg, unsigned thread, uv_loop_t *loop, bool last)
{
	struct http_ocsp *ocsp = arg;
	struct http_ocsp_thread *t = ocsp->threads[thread];

	(void)last;
	t->loop = loop;
	adopt_responder(t);
	http_ocsp_jobs_expire(t, uv_now(loop));
}

/* --- The handler as a whole ----------------------------------------------------------------------------- */

void
http_ocsp_set_responder(struct http_ocsp *ocsp, vouch_responder *responder)
{
	uv_mutex_lock(&ocsp->current_lock);
	vouch_responder *old = ocsp->current;
	ocsp->current = vouch_responder_ref(responder);
	__atomic_add_fetch(&ocsp->generation, 1, __ATOMIC_RELEASE);
	uv_mutex_unlock(&ocsp->current_lock);
	vouch_responder_free(old);
}

vouch_responder *
http_ocsp_responder(struct http_ocsp *ocsp)
{
	uv_mutex_lock(&ocsp->current_lock);
	vouch_responder *r = vouch_responder_ref(ocsp->current);
	uv_mutex_unlock(&ocsp->current_lock);
	return r;
}

static void
thread_free(struct http_ocsp_thread *t)
{
	if (t == NULL)
		return;
	http_ocsp_jobs_free(t);
	http_get_path_free(&t->path);
	vouch_buf_free(&t->body);
	vouch_responder_free(t->responder);
	free(t);
}

static int
make_threads(struct http_ocsp *ocsp)
{
	const struct http_ocsp_options *o = &ocsp->options;

	ocsp->threads = calloc(o->threads, sizeof(struct http_ocsp_thread *));
	for (unsigned i = 0; ocsp->threads != NULL && i < o->threads; i++) {
		struct http_ocsp_thread *t = calloc(1, sizeof(*t));
		if (t == NULL)
			return VOUCH_ENOMEM;
		t->ocsp = ocsp;
		http_deadlines_init(&t->waiting, o->job_time_ms);
		ocsp->threads[i] = t;
	}
	return ocsp->threads != NULL ? VOUCH_OK : VOUCH_ENOMEM;
}

int
http_ocsp_new(struct http_ocsp **out, const struct http_ocsp_options *options, vouch_responder *responder,
    vouch_err *err)
{
	if (options->threads == 0)
		return err_set(err, VOUCH_EINVAL, "http_ocsp_new: the number of threads is missing");
	struct http_ocsp *ocsp = calloc(1, sizeof(*ocsp));
	if (ocsp == NULL || uv_mutex_init(&ocsp->current_lock) != 0) {
		free(ocsp);
		return err_nomem(err);
	}
	ocsp->options = *options;
	struct http_ocsp_options *o = &ocsp->options;
	o->request_limit = o->request_limit != 0 ? o->request_limit : REQUEST_LIMIT;
	o->jobs = o->jobs != 0 ? o->jobs : JOBS;
	o->job_time_ms = o->job_time_ms != 0 ? o->job_time_ms : JOB_TIME_MS;
	ocsp->jobs_per_thread = o->jobs / o->threads > 0 ? o->jobs / o->threads : 1;
	ocsp->current = vouch_responder_ref(responder);
	ocsp->generation = 1;
	if (make_threads(ocsp) != VOUCH_OK) {
		http_ocsp_free(ocsp);
		return err_nomem(err);
	}
	*out = ocsp;
	return VOUCH_OK;
}

void
http_ocsp_free(struct http_ocsp *ocsp)
{
	if (ocsp == NULL)
		return;
	for (unsigned i = 0; ocsp->threads != NULL && i < ocsp->options.threads; i++)
		thread_free(ocsp->threads[i]);
	free(ocsp->threads);
	vouch_responder_free(ocsp->current);
	uv_mutex_destroy(&ocsp->current_lock);
	free(ocsp);
}

void
http_ocsp_count(const struct http_ocsp *ocsp, struct http_ocsp_counters *out)
{
	*out = (struct http_ocsp_counters){ 0 };
	for (unsigned i = 0; i < ocsp->options.threads; i++) {
		const struct http_ocsp_counters *c = &ocsp->threads[i]->counters;
		out->repaired_paths += http_counter_read(&c->repaired_paths);
		out->jobs += http_counter_read(&c->jobs);
		out->signatures += http_counter_read(&c->signatures);
		out->signature_errors += http_counter_read(&c->signature_errors);
		out->refused_jobs += http_counter_read(&c->refused_jobs);
	}
}
