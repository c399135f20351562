/* SPDX-License-Identifier: Apache-2.0 */
/* A client's connection: reading, handing on, and its end. */
#include "http/connection.h"

#include <stdlib.h>

#include "base/buf.h"
#include "http/output.h"
#include "io/accept.h"

#define SPARE_KEPT 256
#define PASS_REQUESTS 16  /* pipelined requests answered before other connections have their turn */
#define PASS_OUTPUT 65536 /* octets collected before they are written */
#define LINGER_OCTETS \
	(16u << 20) /* what a client may go on sending after it was refused, so that it can read why */

struct http_connection *
http_connection_of(struct http_deadline *deadline)
{
	return (struct http_connection *)((char *)deadline - offsetof(struct http_connection, deadline));
}

static void
wait_for(struct http_connection *c, enum http_wait wait)
{
	c->wait = wait;
	http_deadline_begin(&c->thread->waits[wait], &c->deadline, uv_now(&c->thread->loop));
}

/* --- The end -------------------------------------------------------------------------------------------- */

static void
recycle(struct http_connection *c)
{
	struct http_thread *t = c->thread;

	http_buffers_put(&t->buffers, &c->message.in);
	http_buffers_put(&t->buffers, &c->out);
	http_buffers_put(&t->buffers, &c->leaving);
	if (t->spare_count < SPARE_KEPT) {
		c->next = t->spare;
		t->spare = c;
		t->spare_count++;
	} else {
		free(c);
	}
	http_thread_left(t);
}

static void
enlist(struct http_connection *c, struct http_connection **list)
{
	c->next = *list;
	c->link = list;
	if (c->next != NULL)
		c->next->link = &c->next;
	*list = c;
}

static void
strike(struct http_connection *c)
{
	*c->link = c->next;
	if (c->next != NULL)
		c->next->link = c->link;
}

void
http_connection_abandon(struct http_connection *c)
{
	struct http_thread *t = c->thread;
	const struct http_server_options *o = &t->server->options;

	if (o->abandoned == NULL)
		return;
	strike(c);
	o->abandoned(o->arg, &c->exchange);
	http_thread_left(t);
}

void
http_exchange_free(struct http_exchange *exchange)
{
	struct http_connection *c = (struct http_connection *)exchange;

	vouch_buf_free(&c->message.in);
	vouch_buf_free(&c->out);
	vouch_buf_free(&c->leaving);
	free(c);
}

void
http_connection_forget(struct http_connection *c)
{
	strike(c);
	recycle(c);
}

static void
on_closed(uv_handle_t *handle)
{
	struct http_connection *c = handle->data;
	struct http_thread *t = c->thread;

	strike(c);
	if (c->counted)
		http_addresses_leave(t->server->addresses, c->address);
	__atomic_sub_fetch(&t->server->connections, 1, __ATOMIC_RELAXED);
	http_counter_add(&t->counters.connections, (uint64_t)-1);
	c->gone = true;
	/* The handler's spans live until it has answered. */
	if (!c->unanswered) {
		recycle(c);
		return;
	}
	enlist(c, &t->gone);
	if (t->cut_off)
		http_connection_abandon(c);
}

void
http_connection_close(struct http_connection *c)
{
	if (c->closed)
		return;
	c->closed = true;
	http_deadline_end(&c->deadline);
	http_thread_not_again(c->thread, c);
	http_output_forget(c);
	uv_close(&c->uv.handle, on_closed);
}

static void
stop_reading(struct http_connection *c)
{
	if (c->reading)
		uv_read_stop(&c->uv.stream);
	c->reading = false;
}

/* --- Lingering ------------------------------------------------------------------------------------------ */

static void
on_scratch(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct http_connection *c = handle->data;

	(void)suggested;
	*buf = uv_buf_init((char *)c->thread->scratch, sizeof(c->thread->scratch));
}

static void
on_lingering(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
	struct http_connection *c = stream->data;

	(void)buf;
	if (len < 0 || (c->lingered += (size_t)len) > LINGER_OCTETS)
		http_connection_close(c);
}

static void
on_shutdown(uv_shutdown_t *request, int status)
{
	struct http_connection *c = request->data;

	if (c->closed)
		return;
	if (status != 0 || uv_read_start(&c->uv.stream, on_scratch, on_lingering) != 0)
		http_connection_close(c);
	else
		c->reading = true;
}

/*
 * RFC 9112 9.6: our half is closed, the client's is read for a while; closing both at once would reset the
 * connection, and a client that still sends would lose the answer.
 */
static void
linger(struct http_connection *c)
{
	c->lingering = true;
	stop_reading(c);
	wait_for(c, HTTP_WAIT_LINGER);
	c->shutdown.data = c;
	if (uv_shutdown(&c->shutdown, &c->uv.stream, on_shutdown) != 0)
		http_connection_close(c);
}

/* --- Reading -------------------------------------------------------------------------------------------- */

/* What was read before waits still, or the handler looks at it. */
static bool
has_enough(const struct http_connection *c)
{
	return c->unanswered || c->ready_link != NULL;
}

static void
on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct http_connection *c = handle->data;
	size_t len = 0;

	(void)suggested;
	if (has_enough(c)) {
		*buf = uv_buf_init(NULL, 0);
		return;
	}
	if (c->message.in.cap == 0)
		c->message.in = http_buffers_get(&c->thread->buffers);
	/* No room is UV_ENOBUFS in on_read, and the end of the connection. */
	uint8_t *room = http_message_room(&c->message, &len);
	*buf = uv_buf_init((char *)room, (unsigned)len);
}

static void
on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
	struct http_connection *c = stream->data;

	(void)buf;
	if (len == UV_ENOBUFS && has_enough(c)) {
		stop_reading(c);
		return;
	}
	if (len < 0) {
		http_connection_close(c);
		return;
	}
	if (len > 0) {
		http_message_received(&c->message, (size_t)len);
		if (c->goes_last) {
			http_thread_again(c->thread, c);
			return;
		}
		c->exchange.waited_ms = 0;
		http_connection_advance(c);
	} else if (http_message_is_idle(&c->message)) {
		http_buffers_put(&c->thread->buffers, &c->message.in);
	}
}

static void
start_reading(struct http_connection *c)
{
	if (c->reading)
		return;
	c->reading = true;
	if (uv_read_start(&c->uv.stream, on_room, on_read) != 0)
		http_connection_close(c);
}

/* --- One request after another -------------------------------------------------------------------------- */

/* What no handler is asked. */
static void
answer_method(struct http_connection *c, const struct http_server_options *o)
{
	struct http_answer answer;

	http_answer_method(&answer, c->exchange.method);
	if (o->refused != NULL)
		o->refused(o->refused_arg, &c->exchange, answer.status);
	http_exchange_respond(&c->exchange, &answer);
}

static void
hand_on(struct http_connection *c)
{
	const struct http_server_options *o = &c->thread->server->options;

	http_message_show(&c->message, &c->exchange);
	http_deadline_end(&c->deadline);
	c->served = true;
	c->goes_last = false;
	c->unanswered = true;
	c->handling = true;
	if (!o->any_method &&
	    (c->exchange.method == HTTP_METHOD_OPTIONS || c->exchange.method == HTTP_METHOD_OTHER))
		answer_method(c, o);
	else
		o->handler(o->arg, &c->exchange);
	c->handling = false;
}

static void
refuse(struct http_connection *c, unsigned status)
{
	struct http_thread *t = c->thread;

	http_message_show(&c->message, &c->exchange);
	c->message.keep_alive = false;
	c->unanswered = true;
	c->handling = true;
	if (t->server->options.refused != NULL)
		t->server->options.refused(t->server->options.refused_arg, &c->exchange, status);
	http_exchange_respond_text(&c->exchange, status, NULL);
	c->handling = false;
}

static void
send_continue(struct http_connection *c)
{
	/*
	 * Without memory it is left out: the client sends its body after a while in any case (RFC 9110
	 * 10.1.1).
	 */
	if (buf_append_span(&c->out, SPAN_LITERAL("HTTP/1.1 100 Continue\r\n\r\n")) == VOUCH_OK)
		http_output_flush(c);
}

/* Octets are missing: wait for them, each kind with its deadline. */
static void
wait_for_more(struct http_connection *c)
{
	struct http_thread *t = c->thread;
	bool idle = http_message_is_idle(&c->message);

	if (idle)
		http_buffers_put(&t->buffers, &c->message.in);
	if (idle && t->draining && c->served) {
		linger(c);
		return;
	}
	enum http_wait wait = idle		  ? HTTP_WAIT_REQUEST :
	    c->message.state == HTTP_MESSAGE_HEAD ? HTTP_WAIT_HEAD :
						    HTTP_WAIT_BODY;
	/* Dripping octets does not lengthen head or body; each request begins to wait anew. */
	if (wait != c->wait || wait == HTTP_WAIT_REQUEST || c->deadline.next == NULL)
		wait_for(c, wait);
	start_reading(c);
}

/* Others first: the rest is for the next turn of the loop. */
static void
let_others_go_first(struct http_connection *c)
{
	http_deadline_end(&c->deadline);
	http_thread_again(c->thread, c);
}

/* True when there is a next request to look at. */
static bool
take_step(struct http_connection *c)
{
	switch (http_message_next(&c->message)) {
	case HTTP_EVENT_MORE:
		return false;
	case HTTP_EVENT_CONTINUE:
		send_continue(c);
		return true;
	case HTTP_EVENT_REFUSED:
		refuse(c, c->message.status);
		return true;
	case HTTP_EVENT_WHOLE:
		hand_on(c);
		return true;
	}
	return false;
}

static bool
may_go_on(const struct http_connection *c)
{
	return !c->closed && !c->unanswered && !c->writing && !c->last && !c->lingering;
}

void
http_connection_advance(struct http_connection *c)
{
	bool more = true;

	for (unsigned steps = 0; more && may_go_on(c) && steps < PASS_REQUESTS; steps++) {
		more = take_step(c);
		if (c->out.len > PASS_OUTPUT)
			http_output_flush(c);
	}
	if (more || c->unanswered || c->last || c->thread->draining)
		http_output_flush(c);
	else
		http_output_flush_soon(c);
	if (c->closed || c->writing)
		return;
	if (c->last && !c->unanswered) {
		if (!c->lingering)
			linger(c);
		return;
	}
	if (c->unanswered) {
		/*
		 * The job has its own deadline.  Reading stops when there is something to read: to stop and start
		 * it each time costs two system calls, and hardly a client sends before it was answered.
		 */
		http_deadline_end(&c->deadline);
		return;
	}
	if (more)
		let_others_go_first(c);
	else
		wait_for_more(c);
}

/* --- Deadlines and the server's end --------------------------------------------------------------------- */

void
http_connection_expire(struct http_connection *c)
{
	switch (c->wait) {
	case HTTP_WAIT_HEAD:
	case HTTP_WAIT_BODY:
		refuse(c, 408);
		http_connection_advance(c);
		return;
	case HTTP_WAIT_WRITE:
		if (http_output_has_moved(c)) {
			wait_for(c, HTTP_WAIT_WRITE);
			return;
		}
		break;
	case HTTP_WAIT_REQUEST:
	case HTTP_WAIT_LINGER:
	case HTTP_WAIT_FAREWELL:
		break;
	}
	http_connection_close(c);
}

void
http_connection_drain(struct http_connection *c)
{
	/* Not at once: a request may be on its way, or here and not read yet. */
	if (!c->closed && c->deadline.next != NULL && c->wait == HTTP_WAIT_REQUEST)
		wait_for(c, HTTP_WAIT_FAREWELL);
}

/* --- The beginning -------------------------------------------------------------------------------------- */

static struct http_connection *
take_spare(struct http_thread *t)
{
	struct http_connection *c = t->spare;

	if (c == NULL)
		return malloc(sizeof(*c));
	t->spare = c->next;
	t->spare_count--;
	return c;
}

static int
open_handle(struct http_connection *c, int fd)
{
	int rc;

	c->fd = fd;
	if (c->peer.storage.ss_family == AF_UNIX) {
		rc = uv_pipe_init(&c->thread->loop, &c->uv.pipe, 0);
		return rc != 0 ? rc : uv_pipe_open(&c->uv.pipe, fd);
	}
	rc = uv_tcp_init(&c->thread->loop, &c->uv.tcp);
	return rc != 0 ? rc : uv_tcp_open(&c->uv.tcp, fd);
}

void
http_connection_open(struct http_thread *thread, int fd, const struct io_address *peer,
    const uint8_t address[16], bool counted)
{
	struct http_connection *c = take_spare(thread);

	if (c == NULL) { /* the caller has counted it already: the same way back as on_closed() */
		if (counted)
			http_addresses_leave(thread->server->addresses, address);
		__atomic_sub_fetch(&thread->server->connections, 1, __ATOMIC_RELAXED);
		io_close(fd);
		return;
	}
	*c = (struct http_connection){ .thread = thread, .peer = *peer, .counted = counted };
	memcpy(c->address, address, sizeof(c->address));
	http_message_init(&c->message, &thread->server->limits);
	c->exchange.thread = thread->number;
	c->exchange.loop = &thread->loop;
	enlist(c, &thread->connections);
	thread->open++;
	http_counter_add(&thread->counters.connections, 1);
	int rc = open_handle(c, fd);
	c->uv.handle.data = c;
	if (rc != 0) {
		io_close(fd);
		http_connection_close(c);
		return;
	}
	wait_for(c, HTTP_WAIT_REQUEST);
	start_reading(c);
}
