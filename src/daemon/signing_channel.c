/* SPDX-License-Identifier: Apache-2.0 */
/* A channel of the signer process. */
#include "daemon/signing_channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "daemon/control.h"
#include "daemon/log.h"
#include "daemon/signing_desk.h"
#include "io/clock.h"

/* Each write wakes the server, which takes the core if there is no other: so not one for every few signatures. */
#define FLUSH_MS 4

struct signing_channel *
signing_channel_ref(struct signing_channel *channel)
{
	atomic_fetch_add(&channel->references, 1);
	return channel;
}

void
signing_channel_free(struct signing_channel *channel)
{
	if (atomic_fetch_sub(&channel->references, 1) != 1)
		return;
	close(channel->fd);
	pthread_mutex_destroy(&channel->writing);
	free(channel);
}

void
signing_channel_write(struct signing_channel *channel, vouch_span octets)
{
	pthread_mutex_lock(&channel->writing);
	while (octets.len > 0) {
		ssize_t done = send(channel->fd, octets.data, octets.len, MSG_NOSIGNAL);
		if (done < 0 && errno != EINTR)
			break;
		if (done > 0)
			octets = span_of(octets.data + done, octets.len - (size_t)done);
	}
	pthread_mutex_unlock(&channel->writing);
}

static void
flush(struct signing_channel *c, vouch_buf *out)
{
	if (out->len > 0)
		signing_channel_write(c, span_buf(out));
	buf_clear(out);
}

/*
 * Serves the whole messages of the stream.  Their answers go in one write, unless they take long: then what is
 * ready goes every few milliseconds.  False: the peer is none of ours.
 */
static bool
serve(struct signing_channel *c, vouch_span *stream, vouch_buf *out)
{
	struct io_message asked;
	uint64_t since = io_monotonic_ms();
	int code;

	while ((code = io_message_next(stream, SIGNING_BODY_MOST, &asked)) == VOUCH_OK) {
		if (!signing_desk_serve(c->desks, c, &asked, out))
			return false;
		uint64_t now = io_monotonic_ms();
		if (now < since + FLUSH_MS)
			continue;
		flush(c, out);
		since = now;
	}
	flush(c, out);
	return code == VOUCH_EAGAIN;
}

static void
work(struct signing_channel *c, uint8_t *room)
{
	vouch_buf out = { 0 };
	size_t have = 0;

	for (;;) {
		ssize_t got = recv(c->fd, room + have, SIGNING_ROOM - have, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		vouch_span stream = { room, have + (size_t)got };
		if (!serve(c, &stream, &out)) {
			log_event(CONF_LOG_ERROR, "channel_closed", "why",
			    "the server sent what is no message of ours", NULL);
			break;
		}
		have = stream.len;
		memmove(room, stream.data, have);
	}
	vouch_buf_free(&out);
}

static void *
run(void *arg)
{
	struct signing_channel *c = arg;
	void (*closed)(void *) = c->closed;
	void *closed_arg = c->closed_arg;
	uint8_t *room = malloc(SIGNING_ROOM);

	if (room != NULL)
		work(c, room);
	free(room);
	(void)shutdown(c->fd, SHUT_RDWR);
	signing_channel_free(c);
	closed(closed_arg);
	return NULL;
}

int
signing_channel_start(int takes_fd, const struct signing_desks *desks, void (*closed)(void *arg),
    void *closed_arg, vouch_err *err)
{
	struct signing_channel *c = calloc(1, sizeof(*c));
	pthread_t thread;

	if (c == NULL)
		return err_nomem(err);
	c->fd = takes_fd;
	c->desks = desks;
	c->references = 1;
	c->closed = closed;
	c->closed_arg = closed_arg;
	pthread_mutex_init(&c->writing, NULL);
	int rc = pthread_create(&thread, NULL, run, c);
	if (rc != 0) {
		pthread_mutex_destroy(&c->writing);
		free(c);
		return err_set(err, VOUCH_EUNAVAILABLE, "thread: %s", strerror(rc));
	}
	pthread_detach(thread);
	return VOUCH_OK;
}
