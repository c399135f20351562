/* SPDX-License-Identifier: Apache-2.0 */
/* The desks of the signer process. */
#include "daemon/signing_desk.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "daemon/control.h"
#include "daemon/log.h"
#include "io/clock.h"

#define QUEUE_MOST 4096 /* the server keeps to its budget, which is less: more is not our server */

struct queued {
	struct queued *next;
	struct signing_channel *channel;
	uint64_t id;
	uint16_t number;
	size_t len;
	uint8_t tbs[];
};

struct signing_queue {
	vouch_signer *signer;
	pthread_mutex_t waiting_lock;
	pthread_cond_t waiting_changed;
	struct queued *first, **end;
	unsigned count;
};

/* --- One signature -------------------------------------------------------------------------------------- */

static bool
append_failure(uint16_t number, uint64_t id, const char *why, vouch_buf *out)
{
	struct io_message answer = { .type = SIGNING_FAILED,
		.number = number,
		.id = id,
		.body = span_string(why) };

	return io_message_append(out, &answer) == VOUCH_OK;
}

static bool
append_signature(vouch_signer *signer, const struct io_message *asked, vouch_time now, vouch_buf *out)
{
	struct io_message head = { .type = SIGNING_SIGNED, .number = asked->number, .id = asked->id };
	size_t place;
	vouch_err err;

	err_or(&err, NULL);
	if (io_message_begin(out, &head, &place) != VOUCH_OK)
		return false;
	if (vouch_signer_sign_at(signer, asked->body, now, out, &err) == VOUCH_OK)
		return io_message_end(out, place) == VOUCH_OK;
	out->len = place;
	log_limited(LOG_KIND_SIGNER, CONF_LOG_ERROR, "signing_failed", "why", err.msg, NULL);
	return append_failure(asked->number, asked->id, err.msg, out);
}

/* --- Queues --------------------------------------------------------------------------------------------- */

static struct queued *
take(struct signing_queue *q)
{
	pthread_mutex_lock(&q->waiting_lock);
	while (q->first == NULL)
		pthread_cond_wait(&q->waiting_changed, &q->waiting_lock);
	struct queued *item = q->first;
	q->first = item->next;
	if (q->first == NULL)
		q->end = &q->first;
	q->count--;
	pthread_mutex_unlock(&q->waiting_lock);
	return item;
}

/* Until the process ends. */
static void *
work(void *arg)
{
	struct signing_queue *q = arg;
	vouch_buf out = { 0 };

	for (;;) {
		struct queued *item = take(q);
		struct io_message asked = { .number = item->number,
			.id = item->id,
			.body = span_of(item->tbs, item->len) };
		if (append_signature(q->signer, &asked, io_wall_seconds(), &out))
			signing_channel_write(item->channel, span_buf(&out));
		buf_clear(&out);
		signing_channel_free(item->channel);
		free(item);
	}
	return NULL;
}

static bool
put(struct signing_queue *q, struct queued *item)
{
	pthread_mutex_lock(&q->waiting_lock);
	bool ok = q->count < QUEUE_MOST;
	if (ok) {
		*q->end = item;
		q->end = &item->next;
		q->count++;
		pthread_cond_signal(&q->waiting_changed);
	}
	pthread_mutex_unlock(&q->waiting_lock);
	return ok;
}

static bool
let_follow(struct signing_queue *q, struct signing_channel *channel, const struct io_message *asked)
{
	struct queued *item = malloc(sizeof(*item) + asked->body.len);

	if (item == NULL)
		return false;
	*item = (struct queued){ .channel = signing_channel_ref(channel),
		.id = asked->id,
		.number = asked->number,
		.len = asked->body.len };
	memcpy(item->tbs, asked->body.data, item->len);
	if (put(q, item))
		return true;
	signing_channel_free(channel);
	free(item);
	return false;
}

int
signing_queue_new(struct signing_queue **out, vouch_signer *signer, unsigned threads, vouch_err *err)
{
	struct signing_queue *q = calloc(1, sizeof(*q));
	pthread_t thread;

	if (q == NULL)
		return err_nomem(err);
	q->signer = signer;
	q->end = &q->first;
	pthread_mutex_init(&q->waiting_lock, NULL);
	pthread_cond_init(&q->waiting_changed, NULL);
	for (unsigned i = 0; i < threads; i++) {
		int rc = pthread_create(&thread, NULL, work, q);
		/* Those that run have it: the process fails to start, and ends. */
		if (rc != 0)
			return err_set(err, VOUCH_EUNAVAILABLE, "thread: %s", strerror(rc));
		pthread_detach(thread);
	}
	*out = q;
	return VOUCH_OK;
}

/* --- The desk ------------------------------------------------------------------------------------------- */

bool
signing_desk_serve(const struct signing_desks *desks, struct signing_channel *channel,
    const struct io_message *asked, vouch_buf *out)
{
	vouch_err err;

	if (asked->type != SIGNING_SIGN || asked->number >= desks->count)
		return false;
	const struct signing_desk *desk = &desks->items[asked->number];
	vouch_time now = io_wall_seconds();
	err_or(&err, NULL);
	if (vouch_guard_check(desk->guard, asked->body, now, &err) != VOUCH_OK) {
		log_limited(LOG_KIND_GUARD, CONF_LOG_ERROR, "guard_refused", "why", err.msg, NULL);
		return append_failure(asked->number, asked->id, err.msg, out);
	}
	if (desk->queue == NULL)
		return append_signature(desk->signer, asked, now, out);
	return let_follow(desk->queue, channel, asked) ||
	    append_failure(asked->number, asked->id, "too many signatures wait for the token", out);
}
