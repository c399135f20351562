/* SPDX-License-Identifier: Apache-2.0 */
/* A connection of a load. */
#include "bench/connection.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "bench/answer.h"
#include "bench/socket.h"
#include "bench/thread.h"

#define BACK_OFF_NS 20000000 /* between two attempts to connect: a server that starts again is found soon */

int
bench_connection_init(struct bench_connection *c, struct bench_thread *t, vouch_err *err)
{
	*c = (struct bench_connection){ .thread = t, .fd = -1, .state = BENCH_DOWN };
	c->slots = calloc(t->plan->options->pipeline, sizeof(*c->slots));
	return c->slots != NULL ? VOUCH_OK : err_nomem(err);
}

void
bench_connection_clear(struct bench_connection *c)
{
	bench_reader_clear(&c->reader);
	vouch_buf_free(&c->out);
	free(c->slots);
}

/* --- Requests without their answers --------------------------------------------------------------------- */

static struct bench_slot *
slot_at(const struct bench_connection *c, unsigned place)
{
	return &c->slots[(c->first + place) % c->thread->plan->options->pipeline];
}

static void
drop_first(struct bench_connection *c)
{
	c->first = (c->first + 1) % c->thread->plan->options->pipeline;
	c->count--;
	bench_thread_done(c->thread);
}

static void
write_slot(struct bench_connection *c, const struct bench_slot *slot)
{
	struct bench_thread *t = c->thread;

	if (bench_wire_write(&t->wire, slot->number, slot->nonce, slot->get, &c->out) != VOUCH_OK)
		bench_thread_fail(t, VOUCH_ENOMEM);
	t->tally->sent++;
}

/* A connection that is to end with its request gets no other one. */
static void
fill(struct bench_connection *c, uint64_t now)
{
	const struct bench_options *options = c->thread->plan->options;
	unsigned room = options->close ? 1 : options->pipeline;

	while (c->count < room && bench_thread_next(c->thread, now, slot_at(c, c->count)))
		write_slot(c, slot_at(c, c->count++));
}

/* What was sent twice is lost; the rest is written anew for the next connection. */
static void
keep_for_retry(struct bench_connection *c)
{
	buf_clear(&c->out);
	c->sent = 0;
	for (unsigned left = c->count; left > 0; left--) {
		struct bench_slot slot = *slot_at(c, 0);
		if (slot.retried) {
			bench_thread_error(c->thread, BENCH_RESET, 1);
			drop_first(c);
			continue;
		}
		slot.retried = true;
		c->thread->tally->retried++;
		write_slot(c, &slot);
		*slot_at(c,
		    c->count) = slot; /* to the end of the ring: the order stays, and no room is needed */
		c->first = (c->first + 1) % c->thread->plan->options->pipeline;
	}
}

/* --- The socket ----------------------------------------------------------------------------------------- */

static void
on_closed(uv_handle_t *handle)
{
	struct bench_connection *c = handle->data;

	c->state = BENCH_DOWN;
	if (!c->thread->is_over && c->retry_ns == 0)
		bench_connection_serve(c, uv_hrtime());
}

static void
shut(struct bench_connection *c)
{
	uv_poll_stop(&c->poll);
	uv_close((uv_handle_t *)&c->poll, on_closed);
	close(c->fd);
	c->fd = -1;
	c->is_last = false;
	c->state = BENCH_CLOSING;
}

static void
lose(struct bench_connection *c)
{
	keep_for_retry(c);
	shut(c);
}

static void
fail_to_connect(struct bench_connection *c, uint64_t now)
{
	bench_thread_error(c->thread, BENCH_CONNECT, c->count > 0 ? c->count : 1);
	while (c->count > 0)
		drop_first(c);
	buf_clear(&c->out);
	c->sent = 0;
	c->retry_ns = now + BACK_OFF_NS;
	if (c->state == BENCH_CONNECTING)
		shut(c);
}

static void on_event(uv_poll_t *poll, int status, int events);

static void
watch(struct bench_connection *c, bool blocked)
{
	c->is_blocked = blocked;
	uv_poll_start(&c->poll, blocked ? UV_READABLE | UV_WRITABLE : UV_READABLE, on_event);
}

static void
flush(struct bench_connection *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			watch(c, true);
			return;
		}
		if (n < 0) /* the reason is read from the socket, behind what was answered before */
			break;
		c->sent += (size_t)n;
		c->thread->tally->octets_sent += (uint64_t)n;
	}
	buf_clear(&c->out);
	c->sent = 0;
	if (c->is_blocked)
		watch(c, false);
}

static int
open_socket(struct bench_thread *t)
{
	int fd = t->number == 0 ? t->plan->first_fd : -1;

	if (fd < 0)
		return bench_socket_open(&t->plan->address);
	t->plan->first_fd = -1;
	return fd;
}

static int on_answer(void *arg, const struct bench_answer *answer);

static void
open_connection(struct bench_connection *c, uint64_t now)
{
	struct bench_thread *t = c->thread;

	c->retry_ns = 0;
	c->since_ns = now;
	c->fd = open_socket(t);
	if (c->fd < 0 || uv_poll_init(&t->loop, &c->poll, c->fd) != 0) {
		if (c->fd >= 0)
			close(c->fd);
		fail_to_connect(c, now);
		return;
	}
	c->poll.data = c;
	c->state = BENCH_CONNECTING;
	c->is_blocked = false;
	bench_reader_begin(&c->reader, on_answer, c);
	uv_poll_start(&c->poll, UV_WRITABLE, on_event);
}

/* --- Events --------------------------------------------------------------------------------------------- */

static void
on_connected(struct bench_connection *c)
{
	uint64_t now = c->thread->now_ns = uv_hrtime();

	if (bench_socket_error(c->fd) != 0) {
		fail_to_connect(c, now);
		return;
	}
	c->thread->tally->connections++;
	c->state = BENCH_OPEN;
	watch(c, false);
	bench_connection_serve(c, now);
}

/*
 * An answer is whole when an orderly end of the connection is what ends it; else it is lost with its request.
 */
static void
on_end(struct bench_connection *c, bool orderly)
{
	bool is_whole = !bench_reader_has_begun(&c->reader) ||
	    (orderly && bench_reader_end(&c->reader) == VOUCH_OK);

	if (!is_whole && c->count > 0) {
		bench_thread_error(c->thread, BENCH_RESET, 1);
		drop_first(c);
	}
	lose(c);
}

static void
on_octets(struct bench_connection *c, size_t len)
{
	struct bench_thread *t = c->thread;

	t->tally->octets_received += len;
	int code = bench_reader_feed(&c->reader, t->input, len);
	if (code == VOUCH_ENOMEM)
		bench_thread_fail(t, code);
	if (code != VOUCH_OK) {
		bench_thread_error(t, BENCH_HTTP, 1);
		if (c->count > 0)
			drop_first(c);
	}
	if (code != VOUCH_OK || c->is_last)
		lose(c);
	else
		bench_connection_serve(c, t->now_ns);
}

static void
on_readable(struct bench_connection *c)
{
	ssize_t n = recv(c->fd, c->thread->input, BENCH_INPUT, 0);

	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
		return;
	c->thread->now_ns = uv_hrtime();
	if (n <= 0)
		on_end(c, n == 0);
	else
		on_octets(c, (size_t)n);
}

static void
on_event(uv_poll_t *poll, int status, int events)
{
	struct bench_connection *c = poll->data;
	struct bench_thread *t = c->thread;

	if (c->state == BENCH_CONNECTING)
		on_connected(c);
	else if (status < 0)
		on_end(c, false);
	else if ((events & UV_READABLE) != 0)
		on_readable(c);
	else if ((events & UV_WRITABLE) != 0)
		flush(c);
	bench_thread_end_if_done(t);
}

/*
 * One that has nothing to do any more is closed at once: there are servers that look at one connection at a
 * time.
 */
static void
rest(struct bench_connection *c, uint64_t now)
{
	bool has_more = bench_thread_has_more(c->thread);

	if (has_more)
		bench_thread_idle(c->thread, c);
	if (has_more && c->state == BENCH_DOWN && !c->thread->plan->options->close)
		open_connection(c, now);
	else if (!has_more && c->state == BENCH_OPEN)
		shut(c);
}

void
bench_connection_serve(struct bench_connection *c, uint64_t now)
{
	if (c->state == BENCH_CONNECTING || c->state == BENCH_CLOSING || c->retry_ns > now)
		return;
	fill(c, now);
	if (c->count == 0)
		rest(c, now);
	else if (c->state == BENCH_OPEN)
		flush(c);
	else
		open_connection(c, now);
}

static bool
is_late(const struct bench_connection *c, uint64_t since_ns, uint64_t now)
{
	return now > since_ns && now - since_ns > (uint64_t)c->thread->plan->options->timeout_ms * 1000000;
}

void
bench_connection_tick(struct bench_connection *c, uint64_t now)
{
	bool lost = false;

	if (c->state == BENCH_CONNECTING && is_late(c, c->since_ns, now)) {
		fail_to_connect(c, now);
		return;
	}
	bool has_socket = c->state == BENCH_OPEN || c->state == BENCH_CONNECTING;
	for (; has_socket && c->count > 0 && is_late(c, slot_at(c, 0)->intended_ns, now); lost = true) {
		bench_thread_error(c->thread, BENCH_TIMEOUT, 1);
		drop_first(c);
	}
	if (lost)
		lose(c);
	if (c->state == BENCH_DOWN && c->retry_ns != 0 && now >= c->retry_ns) {
		c->retry_ns = 0;
		bench_connection_serve(c, now);
	}
}

void
bench_connection_end(struct bench_connection *c)
{
	if (c->state == BENCH_OPEN || c->state == BENCH_CONNECTING)
		shut(c);
}

/* --- Answers -------------------------------------------------------------------------------------------- */

/*
 * An answer without a request is a farewell (408, RFC 9110 15.5.9), or else nothing on this connection can be
 * told apart any more.
 */
static int
on_answer(void *arg, const struct bench_answer *answer)
{
	struct bench_connection *c = arg;
	struct bench_thread *t = c->thread;

	if (c->count == 0) {
		c->is_last = answer->is_last;
		return answer->is_last ? VOUCH_OK : VOUCH_EPARSE;
	}
	int code = bench_answer_take(t, slot_at(c, 0), answer);
	drop_first(c);
	c->is_last = answer->is_last || t->plan->options->close;
	return code;
}
