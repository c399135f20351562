/* SPDX-License-Identifier: Apache-2.0 */
/* A request that waits for its answer: what handlers ask of it.  The answer itself is in output.c. */
#include "http/exchange.h"

#include <fcntl.h>

#include "http/connection.h"
#include "http/output.h"

const char *
http_method_name(enum http_method method)
{
	static const char *const names[HTTP_METHODS] = { "none", "GET", "HEAD", "POST", "OPTIONS", "other" };

	return names[method];
}

vouch_span
http_exchange_field(const struct http_exchange *exchange, enum http_field_name name)
{
	for (size_t i = 0; i < exchange->field_count; i++)
		if (exchange->fields[i].name == name)
			return exchange->fields[i].value;
	return (vouch_span){ 0 };
}

const char *
http_exchange_peer(struct http_exchange *exchange)
{
	struct http_connection *c = (struct http_connection *)exchange;

	if (c->peer_text[0] == '\0')
		io_address_format(c->peer_text, (const struct sockaddr *)&c->peer.storage, c->peer.len);
	return c->peer_text;
}

void
http_exchange_respond_text(struct http_exchange *exchange, unsigned status, const char *text)
{
	char room[HTTP_TEXT_ROOM];
	struct http_answer answer;

	http_answer_text(&answer, room, status, text);
	http_exchange_respond(exchange, &answer);
}

bool
http_exchange_take(struct http_exchange *exchange, int *fd)
{
	struct http_connection *c = (struct http_connection *)exchange;
	uv_os_fd_t own;

	http_output_flush(c);
	if (c->closed || c->writing || uv_fileno(&c->uv.handle, &own) != 0)
		return false;
	/* A second descriptor: libuv forgets its own only by closing it, which ends no connection then. */
	int taken = fcntl(own, F_DUPFD_CLOEXEC, 0);
	if (taken < 0)
		return false;
	c->unanswered = false;
	http_connection_close(c);
	*fd = taken;
	return true;
}

void
http_exchange_before_waiting(struct http_exchange *exchange, void (*call)(void *arg), void *arg)
{
	struct http_connection *c = (struct http_connection *)exchange;

	http_thread_before_waiting(c->thread, call, arg);
}

void
http_exchange_go_last(struct http_exchange *exchange)
{
	struct http_connection *c = (struct http_connection *)exchange;

	c->goes_last = true;
}

struct http_thread *
http_exchange_hold(struct http_exchange *exchange)
{
	struct http_connection *c = (struct http_connection *)exchange;

	c->thread->open++;
	return c->thread;
}
