/* SPDX-License-Identifier: Apache-2.0 */
/* The mock as a handler: from an exchange to a plan, and from a plan to an answer, now or later. */
#include "mock/server.h"

#include <stdlib.h>

#include "base/buf.h"
#include "http/get_path.h"
#include "io/clock.h"
#include "mock/control.h"
#include "mock/message.h"

#define PENDING_MAX 1000 /* answers that are delayed; beyond that they come at once */
#define FAULT_PREFIX "/fault/"

/* --- Answers -------------------------------------------------------------------------------------------- */

struct mock_pending {
	uv_timer_t timer;
	struct mock_server *server;
	struct http_exchange *exchange;
	struct mock_pending *next, **link;
	struct mock_plan plan;
	vouch_span rest; /* of the exchange's target */
};

/* Trouble of ours, or of who asked for a fault that cannot be had: no client of OCSP is fooled by it. */
static void
respond_trouble(struct mock_server *server, struct http_exchange *exchange, unsigned status,
    const vouch_err *trouble)
{
	char text[sizeof(trouble->msg) + 2];

	snprintf(text, sizeof(text), "%s\n", trouble->msg);
	mock_journal_write(server->journal, exchange, NULL, status);
	http_exchange_respond_text(exchange, status, text);
}

/* True when the HTTP server would not write such an answer. */
static bool
is_raw(const struct mock_plan *plan)
{
	for (size_t i = 0; i < plan->uses.count; i++) {
		const struct mock_fault *fault = plan->uses.items[i].fault;

		if (fault->stage == MOCK_HTTP || plan->socket.pace_ms != 0 ||
		    plan->socket.end != MOCK_END_KEPT)
			return true;
	}
	return false;
}

static int
write_wire(struct mock_server *server, struct http_exchange *exchange, const struct mock_plan *plan,
    const struct mock_target *target, vouch_err *err)
{
	int fd;
	vouch_buf octets = { 0 };
	uv_loop_t *loop = exchange->loop;

	if (mock_message_write(plan, target, exchange->method != HTTP_METHOD_HEAD, &octets, err) !=
	    VOUCH_OK) {
		vouch_buf_free(&octets);
		return err->code;
	}
	if (http_exchange_take(exchange, &fd)) {
		mock_wire_start(&server->wires, loop, fd, &octets, &plan->socket);
		return VOUCH_OK;
	}
	vouch_buf_free(&octets);
	return err_set(err, VOUCH_EUNAVAILABLE, "the connection is of no use");
}

static void
deliver(struct mock_server *server, struct http_exchange *exchange, const struct mock_plan *plan,
    vouch_span rest)
{
	vouch_err err;
	vouch_buf fields = { 0 };
	const struct mock_target target = { exchange->target, rest };

	err_or(&err, NULL);
	if (is_raw(plan)) {
		if (write_wire(server, exchange, plan, &target, &err) != VOUCH_OK)
			http_exchange_respond_text(exchange, 500, NULL);
		return;
	}
	if (mock_message_fields(plan, &target, &fields, &err) == VOUCH_OK) {
		const struct http_answer answer = { .status = 200,
			.fields = span_buf(&fields),
			.body = span_buf(&plan->body) };

		http_exchange_respond(exchange, &answer);
	} else {
		http_exchange_respond_text(exchange, 500, NULL);
	}
	vouch_buf_free(&fields);
}

/* --- Later ---------------------------------------------------------------------------------------------- */

static void
on_pending_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void
end_pending(struct mock_pending *p)
{
	*p->link = p->next;
	if (p->next != NULL)
		p->next->link = p->link;
	p->server->pending_count--;
	deliver(p->server, p->exchange, &p->plan, p->rest);
	mock_plan_clear(&p->plan);
	uv_close((uv_handle_t *)&p->timer, on_pending_closed);
}

static void
on_pending(uv_timer_t *timer)
{
	end_pending(timer->data);
}

/* Takes the plan; false: it must be delivered at once. */
static bool
wait_with(struct mock_server *server, struct http_exchange *exchange, struct mock_plan *takes_plan,
    vouch_span rest)
{
	struct mock_pending *p = takes_plan->socket.delay_ms != 0 && server->pending_count < PENDING_MAX ?
	    calloc(1, sizeof(*p)) :
	    NULL;

	if (p == NULL)
		return false;
	*p = (struct mock_pending){ .server = server,
		.exchange = exchange,
		.plan = *takes_plan,
		.rest = rest };
	p->next = server->pending;
	p->link = &server->pending;
	if (p->next != NULL)
		p->next->link = &p->next;
	server->pending = p;
	server->pending_count++;
	p->timer.data = p;
	/* Timers of libuv are always made, and start unless they are closing. */
	uv_timer_init(exchange->loop, &p->timer);
	p->timer.data = p;
	uv_timer_start(&p->timer, on_pending, takes_plan->socket.delay_ms, 0);
	return true;
}

void
mock_server_tick(void *arg, unsigned thread, uv_loop_t *loop, bool last)
{
	struct mock_server *server = arg;

	(void)thread, (void)loop;
	if (!last && !__atomic_load_n(&server->stopping, __ATOMIC_ACQUIRE))
		return;
	while (server->pending != NULL)
		end_pending(server->pending);
	mock_wires_end(&server->wires);
}

/* --- Requests ------------------------------------------------------------------------------------------- */

static vouch_span
without_query(vouch_span target)
{
	size_t len = 0;

	while (len < target.len && target.data[len] != '?' && target.data[len] != '#')
		len++;
	return span_of(target.data, len);
}

static bool
starts_with(vouch_span text, const char *prefix)
{
	return text.len >= strlen(prefix) && memcmp(text.data, prefix, strlen(prefix)) == 0;
}

/* "/fault/NAME=VALUE/fault/NAME/REST": takes the faults off; what is left begins with a slash or is empty. */
static int
read_path_faults(vouch_span *path, struct mock_uses *uses, vouch_err *err)
{
	while (starts_with(*path, FAULT_PREFIX)) {
		struct mock_use use;
		size_t start = sizeof(FAULT_PREFIX) - 1, end = start;

		while (end < path->len && path->data[end] != '/')
			end++;
		if (mock_use_parse(&use, span_of(path->data + start, end - start), err) != VOUCH_OK ||
		    mock_uses_add(uses, &use, err) != VOUCH_OK)
			return err->code;
		*path = span_of(path->data + end, path->len - end);
	}
	return VOUCH_OK;
}

/* What is no base64 is no request, and answered as one that is malformed. */
static int
read_request(struct mock_plan *plan, const struct http_exchange *exchange, vouch_span rest, vouch_err *err)
{
	struct http_get_path path = { 0 };
	int code = VOUCH_OK;

	if (exchange->method == HTTP_METHOD_POST)
		return buf_append_span(&plan->request, exchange->body) == VOUCH_OK ? VOUCH_OK :
										     err_nomem(err);
	if (rest.len > 1 &&
	    http_get_path_decode(&path, span_of(rest.data + 1, rest.len - 1), false) == HTTP_GET_PATH_REQUEST)
		code = buf_append_span(&plan->request, span_buf(&path.der));
	http_get_path_free(&path);
	return code == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

/* The fault `random` gives way to one that can be had. */
static void
choose(struct mock_server *server, struct mock_use *use)
{
	size_t count = 0;
	vouch_err unread;

	while (mock_faults[count].name != NULL)
		count++;
	while (use->fault->apply == NULL ||
	    mock_cast_check(server->cast, use->fault->need, err_or(NULL, &unread)) != VOUCH_OK) {
		use->fault = &mock_faults[mock_random_below(&server->choices, count)];
		use->value = use->fault->initial;
	}
}

/* The nearest wins: path, serial number, run time, command line; some are there in any case. */
static int
choose_faults(struct mock_server *server, struct mock_plan *plan, const struct mock_uses *path,
    const struct mock_uses *serial, vouch_err *err)
{
	const struct mock_uses *chosen = path->count > 0 ? path :
	    serial->count > 0				 ? serial :
	    server->has_control				 ? &server->control :
							   &server->script.otherwise.faults;

	plan->uses = *chosen;
	for (size_t i = 0; i < server->always.count; i++)
		if (mock_uses_add(&plan->uses, &server->always.items[i], err) != VOUCH_OK)
			return err->code;
	for (size_t i = 0; i < plan->uses.count; i++)
		if (plan->uses.items[i].fault->apply == NULL)
			choose(server, &plan->uses.items[i]);
	return mock_uses_check(&plan->uses, server->cast, err);
}

static int
make_plan(struct mock_server *server, struct mock_plan *plan, const struct http_exchange *exchange,
    const struct mock_uses *path, vouch_span rest, vouch_err *err)
{
	struct mock_uses serial = { .count = 0 };

	plan->cast = server->cast;
	plan->now = io_wall_seconds();
	if (read_request(plan, exchange, rest, err) != VOUCH_OK)
		return err->code;
	plan->random = mock_random_begin(server->script.seed, span_buf(&plan->request));
	if (mock_question_read(plan, &server->script, &server->defaults, &serial, err) != VOUCH_OK ||
	    choose_faults(server, plan, path, &serial, err) != VOUCH_OK)
		return err->code;
	return mock_plan_make(plan, err);
}

static void
answer(struct mock_server *server, struct http_exchange *exchange, const struct mock_uses *path,
    vouch_span rest)
{
	vouch_err err;
	struct mock_plan plan;

	err_or(&err, NULL);
	mock_plan_init(&plan);
	server->requests++;
	if (make_plan(server, &plan, exchange, path, rest, &err) != VOUCH_OK) {
		respond_trouble(server, exchange, err.code == VOUCH_EREFUSED ? 400 : 500, &err);
		mock_plan_clear(&plan);
		return;
	}
	mock_journal_write(server->journal, exchange, &plan, plan.http.status);
	if (wait_with(server, exchange, &plan, rest))
		return;
	deliver(server, exchange, &plan, rest);
	mock_plan_clear(&plan);
}

/* What a person's browser shows. */
static void
respond_nothing_asked(struct mock_server *server, struct http_exchange *exchange)
{
	static const char text[] =
	    "This is an OCSP responder that misbehaves on demand: vouch mock. There is no OCSP request in "
	    "this path.\n";

	mock_journal_write(server->journal, exchange, NULL, 400);
	http_exchange_respond_text(exchange, 400, text);
}

void
mock_server_handle(void *arg, struct http_exchange *exchange)
{
	struct mock_server *server = arg;
	struct mock_uses faults = { .count = 0 };
	vouch_span rest = without_query(exchange->target);
	vouch_err err;

	err_or(&err, NULL);
	if (span_equal(rest, SPAN_LITERAL("/control"))) {
		mock_control_handle(server, exchange);
		return;
	}
	if (read_path_faults(&rest, &faults, &err) != VOUCH_OK) {
		respond_trouble(server, exchange, 404, &err);
		return;
	}
	if (faults.count == 0 && rest.len <= 1 && exchange->method != HTTP_METHOD_POST)
		respond_nothing_asked(server, exchange);
	else
		answer(server, exchange, &faults, rest);
}

int
mock_server_check(const struct mock_server *server, vouch_err *err)
{
	return mock_script_check(&server->script, server->cast, err);
}

void
mock_server_clear(struct mock_server *server)
{
	mock_script_clear(&server->script);
	mock_script_clear(&server->initial);
	mock_journal_close(server->journal);
	mock_cast_free(server->cast);
	*server = (struct mock_server){ 0 };
}
