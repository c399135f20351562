/* SPDX-License-Identifier: Apache-2.0 */
/* The writing half of a connection. */
#include "http/output.h"

#include <errno.h>

#include "base/buf.h"
#include "http/status.h"
#include "io/clock.h"

static void
on_written(uv_write_t *request, int status)
{
	struct http_connection *c = request->data;

	c->writing = false;
	http_buffers_put(&c->thread->buffers, &c->leaving);
	if (c->closed)
		return;
	http_deadline_end(&c->deadline);
	if (status != 0)
		http_connection_close(c);
	else
		http_connection_advance(c);
}

/* The client does not read as fast as we write: the rest waits for it, and we for the rest. */
static void
write_rest(struct http_connection *c, size_t written)
{
	/* Answers that come meanwhile are collected in a buffer of their own. */
	c->leaving = c->out;
	c->out = (vouch_buf){ 0 };
	uv_buf_t rest = uv_buf_init((char *)c->leaving.data + written, (unsigned)(c->leaving.len - written));

	if (c->reading)
		uv_read_stop(&c->uv.stream);
	c->reading = false;
	c->write.data = c;
	if (uv_write(&c->write, &c->uv.stream, &rest, 1, on_written) != 0) {
		http_connection_close(c);
		return;
	}
	c->writing = true;
	c->unwritten = rest.len;
	c->wait = HTTP_WAIT_WRITE;
	http_deadline_begin(&c->thread->waits[HTTP_WAIT_WRITE], &c->deadline, uv_now(&c->thread->loop));
}

void
http_output_flush(struct http_connection *c)
{
	if (c->out.len == 0 || c->writing || c->closed)
		return;
	/* Not uv_try_write(): write(2) goes through the layer of files, for which a socket pays. */
	ssize_t n = send(c->fd, c->out.data, c->out.len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == (ssize_t)c->out.len)
		http_buffers_put(&c->thread->buffers, &c->out);
	else if (n >= 0 || errno == EAGAIN || errno == EINTR)
		write_rest(c, n < 0 ? 0 : (size_t)n);
	else
		http_connection_close(c);
}

void
http_output_flush_soon(struct http_connection *c)
{
	struct http_thread *t = c->thread;

	if (c->out.len == 0 || c->is_outgoing || c->closed)
		return;
	if (t->outgoing_count == HTTP_OUTGOING)
		http_output_flush_all(t);
	t->outgoing[t->outgoing_count++] = c;
	c->is_outgoing = true;
}

void
http_output_flush_all(struct http_thread *t)
{
	/* Writing closes connections, perhaps, but begins no answer: nothing is added meanwhile. */
	for (size_t i = 0; i < t->outgoing_count; i++) {
		t->outgoing[i]->is_outgoing = false;
		http_output_flush(t->outgoing[i]);
	}
	t->outgoing_count = 0;
}

void
http_output_forget(struct http_connection *c)
{
	struct http_thread *t = c->thread;
	size_t at = 0;

	if (!c->is_outgoing)
		return;
	while (t->outgoing[at] != c)
		at++;
	t->outgoing[at] = t->outgoing[--t->outgoing_count];
	c->is_outgoing = false;
}

bool
http_output_has_moved(struct http_connection *c)
{
	size_t left = uv_stream_get_write_queue_size(&c->uv.stream);
	bool moved = left < c->unwritten;

	c->unwritten = left;
	return moved;
}

/* --- Answers -------------------------------------------------------------------------------------------- */

static void
count(struct http_connection *c, unsigned status)
{
	http_counter_add(&c->thread->counters.requests[c->exchange.method][http_status_row(status)], 1);
}

static void
collect(struct http_connection *c, const struct http_answer *answer)
{
	struct http_thread *t = c->thread;

	/* The thread may not have woken yet to a stop that the caller knows of. */
	if (__atomic_load_n(&t->server->stops, __ATOMIC_ACQUIRE) != 0)
		c->message.keep_alive = false;
	struct http_framing framing = {
		.head = c->exchange.method == HTTP_METHOD_HEAD,
		.keep_alive = c->message.keep_alive,
		.minor = c->exchange.minor,
	};
	http_date_update(&t->date, io_wall_seconds());
	if (c->out.cap == 0)
		c->out = http_buffers_get(&t->buffers);
	if (http_answer_write(&c->out, answer, &t->date, &framing) != VOUCH_OK)
		http_connection_close(c);
}

void
http_exchange_respond(struct http_exchange *exchange, const struct http_answer *answer)
{
	struct http_connection *c = (struct http_connection *)exchange;

	c->unanswered = false;
	count(c, answer->status);
	if (!c->closed)
		collect(c, answer);
	c->last = !c->message.keep_alive;
	c->exchange.user = NULL;
	c->peer_text[0] = '\0';
	http_message_drop(&c->message);
	if (c->handling) /* http_connection_advance() is on the stack and goes on */
		return;
	if (c->gone)
		http_connection_forget(c);
	else if (!c->closed)
		http_connection_advance(c);
}
