/* SPDX-License-Identifier: Apache-2.0 */
/* A link: one loop thread's channel to the signer process. */
#include "daemon/link.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "daemon/control.h"
#include "daemon/log.h"
#include "io/message.h"

#define FLUSH_OCTETS \
	4096 /* some twenty orders: a turn of the loop can be long, when thousands of clients are ready */
#define TURN_ANSWERS 16 /* taken in one turn of the loop: each is a response to be made, and clients wait */
#define LOOK_MS 5	/* how often a link without a channel looks for one */
#define AWAY_MS 1000	/* a signer starts again in less; who waits longer is told */
#define TRIES 3		/* an order that was there whenever the signer died is not tried for ever */
#define NO_SLOT UINT32_MAX

struct slot {
	struct http_ocsp_order *order; /* NULL: free */
	uint32_t use;		       /* how often it was taken: the upper half of an order's id */
	uint32_t next_free;
	uint16_t number; /* of the signer */
	uint8_t tries;
};

/* In memory of its own: it may be closing while the next one is open already. */
struct channel {
	uv_pipe_t pipe;
	struct link *link;   /* NULL: the link has done with it */
	struct link *closes; /* the link that waits for its end */
};

enum link_state {
	LINK_NEW = 0, /* no handle was made yet */
	LINK_DOWN,    /* there is no channel */
	LINK_UP,
	LINK_CLOSED
};

struct link {
	link_lost *lost;
	void *lost_arg;
	_Atomic int given; /* a channel that was not taken yet; -1: none */
	_Atomic bool closed;
	unsigned closing; /* handles that are not closed yet */
	enum link_state state;
	uv_loop_t *loop;
	struct channel *channel;
	/* Runs while there is something to write: in the next turn of the loop, which does not wait before that. */
	uv_idle_t flush;
	uv_idle_t more; /* runs while room has answers that were not taken in this turn */
	uv_timer_t look;
	uint64_t down_since, complain_at;
	vouch_buf out;
	uv_write_t writing;
	vouch_buf written; /* what libuv still has to write */
	bool is_writing;
	uint8_t *room;
	size_t have;
	struct slot *slots;
	uint32_t slot_count, free_slot;
};

static void on_flush(uv_idle_t *handle);
static void on_more(uv_idle_t *handle);
static void on_look(uv_timer_t *timer);
static void go_down(struct link *l);

/* --- Slots ---------------------------------------------------------------------------------------------- */

static uint32_t
take_slot(struct link *l)
{
	uint32_t index = l->free_slot;

	if (index != NO_SLOT) {
		l->free_slot = l->slots[index].next_free;
		return index;
	}
	struct slot *grown = reallocarray(l->slots, l->slot_count + 1, sizeof(*grown));
	if (grown == NULL)
		return NO_SLOT;
	l->slots = grown;
	grown[l->slot_count] = (struct slot){ 0 };
	return l->slot_count++;
}

static struct http_ocsp_order *
leave_slot(struct link *l, uint32_t index)
{
	struct slot *s = &l->slots[index];
	struct http_ocsp_order *order = s->order;

	s->order = NULL;
	s->next_free = l->free_slot;
	l->free_slot = index;
	return order;
}

/* The slot that an answer belongs to; NULL: it is none of ours. */
static struct slot *
find_slot(struct link *l, const struct io_message *answer)
{
	uint32_t index = (uint32_t)answer->id;

	if (index >= l->slot_count)
		return NULL;
	struct slot *s = &l->slots[index];
	return s->order != NULL && s->order->id == answer->id && s->number == answer->number ? s : NULL;
}

static void
fail_slot(struct link *l, uint32_t index)
{
	http_ocsp_signed(leave_slot(l, index), (vouch_span){ 0 }, "the signer process is away");
}

static uv_stream_t *
stream_of(struct link *l)
{
	return (uv_stream_t *)&l->channel->pipe;
}

/* --- Writing -------------------------------------------------------------------------------------------- */

static bool
append(struct link *l, uint32_t index)
{
	struct slot *s = &l->slots[index];
	struct io_message message = { .type = SIGNING_SIGN,
		.number = s->number,
		.id = s->order->id,
		.body = s->order->tbs };

	s->tries++;
	(void)uv_idle_start(&l->flush, on_flush);
	return io_message_append(&l->out, &message) == VOUCH_OK;
}

static void
on_written(uv_write_t *request, int status)
{
	struct link *l = request->data;

	l->is_writing = false;
	buf_clear(&l->written);
	/* Of a channel that has gone, too: the next one may have come already. */
	(void)status;
	on_flush(&l->flush);
}

/* What the socket does not take at once, libuv writes when it does. */
static void
write_rest(struct link *l, size_t done)
{
	vouch_buf rest = l->out;

	l->out = l->written;
	l->written = rest;
	uv_buf_t part = uv_buf_init((char *)rest.data + done, (unsigned)(rest.len - done));
	l->writing.data = l;
	l->is_writing = uv_write(&l->writing, stream_of(l), &part, 1, on_written) == 0;
	if (!l->is_writing) {
		buf_clear(&l->written);
		go_down(l);
	}
}

static void
on_flush(uv_idle_t *handle)
{
	struct link *l = handle->data;

	uv_idle_stop(handle);
	if (l->state != LINK_UP || l->is_writing || l->out.len == 0)
		return;
	uv_buf_t part = uv_buf_init((char *)l->out.data, (unsigned)l->out.len);
	int done = uv_try_write(stream_of(l), &part, 1);
	if (done == (int)l->out.len)
		buf_clear(&l->out);
	else if (done >= 0 || done == UV_EAGAIN)
		write_rest(l, done < 0 ? 0 : (size_t)done);
	else
		go_down(l);
}

/* --- Reading -------------------------------------------------------------------------------------------- */

/* False: that is no signer of ours. */
static bool
take_answer(struct link *l, const struct io_message *answer)
{
	const struct slot *s = find_slot(l, answer);

	if (s == NULL || (answer->type != SIGNING_SIGNED && answer->type != SIGNING_FAILED))
		return false;
	struct http_ocsp_order *order = leave_slot(l, (uint32_t)(s - l->slots));
	if (answer->type == SIGNING_SIGNED && answer->body.len > 0)
		http_ocsp_signed(order, answer->body, NULL);
	else
		http_ocsp_signed(order, (vouch_span){ 0 }, "signing failed");
	return true;
}

static void
take_answers(struct link *l)
{
	vouch_span stream = { l->room, l->have };
	struct io_message answer;
	int code = VOUCH_OK;

	for (unsigned taken = 0; taken < TURN_ANSWERS && code == VOUCH_OK; taken++) {
		code = io_message_next(&stream, SIGNING_BODY_MOST, &answer);
		if (code == VOUCH_OK && !take_answer(l, &answer))
			code = VOUCH_EPARSE;
	}
	/* An order that followed from an answer may have found no memory, and have taken the channel down. */
	if (l->state != LINK_UP)
		return;
	l->have = stream.len;
	memmove(l->room, stream.data, stream.len);
	if (code == VOUCH_OK)
		(void)uv_idle_start(&l->more, on_more);
	else
		(void)uv_idle_stop(&l->more);
	if (code == VOUCH_OK || code == VOUCH_EAGAIN)
		return;
	log_event(CONF_LOG_ERROR, "channel_closed", "why", "the signer sent what is no message of ours",
	    NULL);
	go_down(l);
}

static void
on_more(uv_idle_t *handle)
{
	struct link *l = handle->data;

	take_answers(l);
}

/* Of a signer that has gone: what it had said by then. */
static void
take_rest(struct link *l)
{
	while (uv_is_active((uv_handle_t *)&l->more))
		take_answers(l);
}

/* Nothing is read before what was read is taken. */
static void
on_room(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
	const struct channel *channel = (struct channel *)handle;
	struct link *l = channel->link;

	(void)suggested;
	*buf = l == NULL || uv_is_active((uv_handle_t *)&l->more) ?
	    uv_buf_init(NULL, 0) :
	    uv_buf_init((char *)l->room + l->have, (unsigned)(SIGNING_ROOM - l->have));
}

static void
on_read(uv_stream_t *stream, ssize_t got, const uv_buf_t *buf)
{
	const struct channel *channel = (struct channel *)stream;
	struct link *l = channel->link;

	(void)buf;
	if (l == NULL || got == 0 || (got == UV_ENOBUFS && uv_is_active((uv_handle_t *)&l->more)))
		return;
	if (got < 0) {
		take_rest(l);
		go_down(l);
		return;
	}
	l->have += (size_t)got;
	take_answers(l);
}

/* --- Up and down ---------------------------------------------------------------------------------------- */

static void
count_closed(struct link *l)
{
	if (--l->closing == 0)
		atomic_store(&l->closed, true);
}

static void
on_channel_closed(uv_handle_t *handle)
{
	struct channel *channel = (struct channel *)handle;

	if (channel->closes != NULL)
		count_closed(channel->closes);
	free(channel);
}

static void
drop_channel(struct link *l)
{
	struct channel *channel = l->channel;

	if (channel == NULL)
		return;
	l->channel = NULL;
	channel->link = NULL;
	uv_close((uv_handle_t *)&channel->pipe, on_channel_closed);
}

static void
go_down(struct link *l)
{
	if (l->state != LINK_UP)
		return;
	drop_channel(l);
	l->state = LINK_DOWN;
	l->have = 0;
	(void)uv_idle_stop(&l->more);
	buf_clear(&l->out);
	l->down_since = uv_now(l->loop);
	l->complain_at = l->down_since + AWAY_MS;
	(void)uv_timer_start(&l->look, on_look, 0, LOOK_MS);
}

/* While the link is down still: who is told may order anew, and such an order is to be sent once. */
static void
fail_worn_out(struct link *l)
{
	uint32_t count = l->slot_count;

	for (uint32_t i = 0; i < count; i++)
		if (l->slots[i].order != NULL && l->slots[i].tries >= TRIES)
			fail_slot(l, i);
}

/* What the last signer took with it is asked of this one. */
static void
send_again(struct link *l)
{
	for (uint32_t i = 0; i < l->slot_count; i++) {
		if (l->slots[i].order == NULL || append(l, i))
			continue;
		go_down(l);
		return;
	}
}

static bool
go_up(struct link *l)
{
	int fd = atomic_exchange(&l->given, -1);

	if (fd < 0)
		return false;
	struct channel *channel = calloc(1, sizeof(*channel));
	if (channel == NULL || uv_pipe_init(l->loop, &channel->pipe, 0) != 0) {
		free(channel);
		close(fd);
		return false;
	}
	l->channel = channel;
	channel->link = l;
	if (uv_pipe_open(&channel->pipe, fd) != 0 || uv_read_start(stream_of(l), on_room, on_read) != 0) {
		drop_channel(l);
		return false;
	}
	fail_worn_out(l);
	l->state = LINK_UP;
	(void)uv_timer_stop(&l->look);
	send_again(l);
	return true;
}

static void
fail_all(struct link *l)
{
	/* Who is told may order anew: those wait for the next turn. */
	uint32_t count = l->slot_count;

	for (uint32_t i = 0; i < count; i++)
		if (l->slots[i].order != NULL)
			fail_slot(l, i);
}

static void
on_look(uv_timer_t *timer)
{
	struct link *l = timer->data;

	if (go_up(l) || uv_now(l->loop) < l->down_since + AWAY_MS)
		return;
	if (uv_now(l->loop) >= l->complain_at) {
		l->lost(l->lost_arg);
		l->complain_at = uv_now(l->loop) + AWAY_MS;
	}
	fail_all(l);
}

/* --- Birth and death ------------------------------------------------------------------------------------ */

int
link_new(struct link **out, link_lost *lost, void *lost_arg, vouch_err *err)
{
	struct link *l = calloc(1, sizeof(*l));

	if (l != NULL)
		l->room = malloc(SIGNING_ROOM);
	if (l == NULL || l->room == NULL) {
		free(l);
		return err_nomem(err);
	}
	l->lost = lost;
	l->lost_arg = lost_arg;
	l->given = -1;
	l->free_slot = NO_SLOT;
	*out = l;
	return VOUCH_OK;
}

void
link_give(struct link *link, int takes_fd)
{
	int before = atomic_exchange(&link->given, takes_fd);

	if (before >= 0)
		close(before);
}

static void
make_handles(struct link *l, uv_loop_t *loop)
{
	l->loop = loop;
	l->state = LINK_DOWN;
	l->down_since = uv_now(loop);
	l->complain_at = l->down_since + AWAY_MS;
	/* Which cannot fail. */
	(void)uv_idle_init(loop, &l->flush);
	(void)uv_idle_init(loop, &l->more);
	(void)uv_timer_init(loop, &l->look);
	l->flush.data = l->more.data = l->look.data = l;
	if (!go_up(l))
		(void)uv_timer_start(&l->look, on_look, LOOK_MS, LOOK_MS);
}

bool
link_carry_out(struct link *link, uv_loop_t *loop, struct http_ocsp_order *order, unsigned number)
{
	if (link->state == LINK_NEW)
		make_handles(link, loop);
	uint32_t index = take_slot(link);
	if (index == NO_SLOT)
		return false;
	struct slot *s = &link->slots[index];
	s->use++;
	s->order = order;
	s->number = (uint16_t)number;
	s->tries = 0;
	order->id = (uint64_t)s->use << 32 | index;
	/* Out of memory: all of them go once more, over the next channel. */
	if (link->state == LINK_UP && !append(link, index))
		go_down(link);
	else if (link->out.len >= FLUSH_OCTETS)
		on_flush(&link->flush);
	return true;
}

static void
on_handle_closed(uv_handle_t *handle)
{
	count_closed(handle->data);
}

void
link_close(struct link *link)
{
	enum link_state before = link->state;

	if (before == LINK_CLOSED)
		return;
	link->state = LINK_CLOSED;
	if (before == LINK_NEW) {
		atomic_store(&link->closed, true);
		return;
	}
	link->closing = 3;
	if (link->channel != NULL) {
		link->closing++;
		link->channel->closes = link;
		drop_channel(link);
	}
	uv_close((uv_handle_t *)&link->flush, on_handle_closed);
	uv_close((uv_handle_t *)&link->more, on_handle_closed);
	uv_close((uv_handle_t *)&link->look, on_handle_closed);
}

bool
link_is_closed(const struct link *link)
{
	return atomic_load(&link->closed);
}

void
link_free(struct link *link)
{
	if (link == NULL)
		return;
	int fd = atomic_exchange(&link->given, -1);
	if (fd >= 0)
		close(fd);
	vouch_buf_free(&link->out);
	vouch_buf_free(&link->written);
	free(link->slots);
	free(link->room);
	free(link);
}
