/* SPDX-License-Identifier: Apache-2.0 */
/* Wires: connections that were taken from the HTTP server. */
#include "mock/wire.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

#define WIRES_MAX 1000		 /* more than tests open, fewer than there are descriptors */
#define LIFE_MS UINT64_C(600000) /* nobody waits longer for an answer of OCSP */
#define LINGER_MS 3000		 /* for the client to read what was sent and close */

struct mock_wire {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} uv;
	uv_timer_t life, pace;
	uv_write_t write;
	uv_shutdown_t shutdown;
	struct mock_wires *wires;
	struct mock_wire *next, **link;
	vouch_buf octets;
	size_t written;
	struct mock_socket socket;
	unsigned handles; /* not closed yet */
	bool is_tcp, has_stream, ended;
	uint8_t unread[1024]; /* what the client still says */
};

static void
on_closed(uv_handle_t *handle)
{
	struct mock_wire *w = handle->data;

	if (--w->handles > 0)
		return;
	vouch_buf_free(&w->octets);
	free(w);
}

/* A reset is sent when the descriptor is closed with SO_LINGER 0, which libuv does for TCP. */
static void
end(struct mock_wire *w, bool with_reset)
{
	if (w->ended)
		return;
	w->ended = true;
	*w->link = w->next;
	if (w->next != NULL)
		w->next->link = w->link;
	w->wires->count--;
	uv_close((uv_handle_t *)&w->life, on_closed);
	uv_close((uv_handle_t *)&w->pace, on_closed);
	if (!w->has_stream)
		return;
	if (!with_reset || !w->is_tcp || uv_tcp_close_reset(&w->uv.tcp, on_closed) != 0)
		uv_close(&w->uv.handle, on_closed);
}

static void
on_life_over(uv_timer_t *timer)
{
	end(timer->data, false);
}

static void
on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	struct mock_wire *w = handle->data;

	(void)suggested;
	*buf = uv_buf_init((char *)w->unread, sizeof(w->unread));
}

static void
on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
	(void)buf;
	if (len < 0)
		end(stream->data, false);
}

static void
on_shutdown(uv_shutdown_t *request, int status)
{
	struct mock_wire *w = request->data;

	if (status != 0)
		end(w, false);
}

/* Our half first: closing both while the client still sends would be a reset. */
static void
close_politely(struct mock_wire *w)
{
	w->shutdown.data = w;
	if (uv_shutdown(&w->shutdown, &w->uv.stream, on_shutdown) != 0 ||
	    uv_timer_start(&w->life, on_life_over, LINGER_MS, 0) != 0)
		end(w, false);
}

/* All is written. */
static void
finish(struct mock_wire *w)
{
	switch (w->socket.end) {
	case MOCK_END_RESET:
		end(w, true);
		return;
	case MOCK_END_HELD: /* the client or the end of its life ends it */
		return;
	case MOCK_END_KEPT:
	case MOCK_END_CLOSED:
		close_politely(w);
	}
}

static void write_more(struct mock_wire *w);

static void
on_pace(uv_timer_t *timer)
{
	write_more(timer->data);
}

static void
on_written(uv_write_t *request, int status)
{
	struct mock_wire *w = request->data;

	if (w->ended)
		return;
	if (status == 0 && w->written == w->octets.len)
		finish(w);
	else if (status != 0 || uv_timer_start(&w->pace, on_pace, w->socket.pace_ms, 0) != 0)
		end(w, false);
}

static void
write_more(struct mock_wire *w)
{
	size_t len = w->socket.pace_ms != 0 ? 1 : w->octets.len - w->written;
	uv_buf_t part = uv_buf_init((char *)w->octets.data + w->written, (unsigned)len);

	w->written += len;
	w->write.data = w;
	if (uv_write(&w->write, &w->uv.stream, &part, 1, on_written) != 0)
		end(w, false);
}

/* --- The beginning -------------------------------------------------------------------------------------- */

/* The stream of a descriptor, which is its own from then on. */
static int
open_stream(struct mock_wire *w, uv_loop_t *loop, int fd)
{
	w->is_tcp = uv_guess_handle(fd) == UV_TCP;
	int code = w->is_tcp ? uv_tcp_init(loop, &w->uv.tcp) : uv_pipe_init(loop, &w->uv.pipe, 0);
	if (code != 0)
		return code;
	w->uv.handle.data = w;
	w->has_stream = true;
	w->handles++;
	return w->is_tcp ? uv_tcp_open(&w->uv.tcp, fd) : uv_pipe_open(&w->uv.pipe, fd);
}

static void
enlist(struct mock_wire *w, struct mock_wires *wires)
{
	w->wires = wires;
	w->next = wires->first;
	w->link = &wires->first;
	if (w->next != NULL)
		w->next->link = &w->next;
	wires->first = w;
	wires->count++;
}

static bool
start(struct mock_wire *w)
{
	return uv_timer_start(&w->life, on_life_over, LIFE_MS, 0) == 0 &&
	    uv_read_start(&w->uv.stream, on_room, on_read) == 0 &&
	    (w->socket.pace_ms == 0 || uv_timer_start(&w->pace, on_pace, w->socket.pace_ms, 0) == 0);
}

static void
run(struct mock_wire *w)
{
	if (w->octets.len == 0)
		w->socket.pace_ms = 0;
	if (!start(w))
		end(w, false);
	else if (w->octets.len == 0)
		finish(w);
	else if (w->socket.pace_ms == 0)
		write_more(w);
}

void
mock_wire_start(struct mock_wires *wires, uv_loop_t *loop, int takes_fd, vouch_buf *takes_octets,
    const struct mock_socket *socket)
{
	struct mock_wire *w = wires->count < WIRES_MAX ? calloc(1, sizeof(*w)) : NULL;

	if (w == NULL) {
		vouch_buf_free(takes_octets);
		close(takes_fd);
		return;
	}
	w->socket = *socket;
	w->octets = *takes_octets;
	*takes_octets = (vouch_buf){ 0 };
	/* Timers of libuv are always made. */
	uv_timer_init(loop, &w->life);
	uv_timer_init(loop, &w->pace);
	w->life.data = w->pace.data = w;
	w->handles = 2;
	enlist(w, wires);
	int code = open_stream(w, loop, takes_fd);
	if (code == 0) {
		run(w);
		return;
	}
	close(takes_fd);
	end(w, false);
}

void
mock_wires_end(struct mock_wires *wires)
{
	while (wires->first != NULL)
		end(wires->first, false);
}
