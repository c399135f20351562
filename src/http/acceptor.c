/* SPDX-License-Identifier: Apache-2.0 */
/* Taking connections: the caps are kept here, before anything is spent on a connection. */
#include "http/acceptor.h"

#include "http/connection.h"
#include "io/accept.h"

#define BURST 64 /* then the connections that are open have their turn */

static void
pause_accepting(struct http_thread *t)
{
	for (size_t i = 0; i < t->acceptor_count; i++)
		uv_poll_stop(&t->acceptors[i].poll);
	t->paused = true;
}

static void
turn_away(struct http_thread *t, int fd)
{
	static const char farewell[] =
	    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nCache-Control: no-store\r\n"
	    "Content-Length: 0\r\nConnection: close\r\n\r\n";

	http_counter_add(&t->counters.refused, 1);
	io_refuse(fd, SPAN_LITERAL(farewell));
}

static void
welcome(struct http_thread *t, int fd, const struct io_address *peer)
{
	struct http_server *s = t->server;
	const struct sockaddr *sa = (const struct sockaddr *)&peer->storage;
	uint8_t address[16];
	bool counted = io_address_peer_key(address, sa) &&
	    (s->options.per_address < HTTP_PER_ADDRESS || !io_address_is_loopback(sa));

	if (__atomic_add_fetch(&s->connections, 1, __ATOMIC_RELAXED) <= s->options.connections) {
		if (!counted || http_addresses_enter(s->addresses, address, s->options.per_address)) {
			http_counter_add(&t->counters.accepted, 1);
			http_connection_open(t, fd, peer, address, counted);
			return;
		}
	}
	__atomic_sub_fetch(&s->connections, 1, __ATOMIC_RELAXED);
	turn_away(t, fd);
}

void
http_acceptor_take(struct http_acceptor *acceptor)
{
	struct http_thread *t = acceptor->thread;
	struct io_address peer;

	for (unsigned i = 0; i < BURST; i++) {
		int fd = io_accept(acceptor->fd, &peer);
		if (fd >= 0) {
			welcome(t, fd, &peer);
			continue;
		}
		if (fd == VOUCH_ELIMIT) {
			/*
			 * No descriptor left: the queue would wake us for ever.  Some have been closed by the
			 * next tick.
			 */
			http_counter_add(&t->counters.refused, 1);
			pause_accepting(t);
		} else if (fd != VOUCH_EAGAIN) {
			uv_poll_stop(&acceptor->poll);
		}
		return;
	}
}

static void
on_acceptable(uv_poll_t *poll, int status, int events)
{
	struct http_acceptor *acceptor = poll->data;

	(void)status;
	(void)events;
	http_acceptor_take(acceptor);
}

int
http_acceptor_init(struct http_acceptor *acceptor, struct http_thread *thread, int fd)
{
	acceptor->thread = thread;
	acceptor->fd = fd;
	acceptor->poll.data = acceptor;
	int rc = uv_poll_init(&thread->loop, &acceptor->poll, fd);
	acceptor->poll.data = acceptor;
	return rc;
}

int
http_acceptor_start(struct http_acceptor *acceptor)
{
	return uv_poll_start(&acceptor->poll, UV_READABLE, on_acceptable);
}
