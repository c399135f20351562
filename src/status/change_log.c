/* SPDX-License-Identifier: Apache-2.0 */
/* Which serial numbers changed since when. */
#include "status/change_log.h"

#include "base/buf.h"

/* Before the octets of each. */
struct head {
	uint64_t generation;
	size_t len;
};

static struct head
head_at(const struct change_log *log, size_t at)
{
	struct head head;

	memcpy(&head, log->changes.data + at, sizeof(head));
	return head;
}

void
change_log_begin(struct change_log *log)
{
	log->generation++;
}

void
change_log_add_all(struct change_log *log)
{
	buf_clear(&log->changes);
	log->count = 0;
	log->complete_since = log->generation;
}

/*
 * Makes room by forgetting the oldest half, in whole generations, and the one that is being noted only if there is no
 * other.
 */
static void
forget(struct change_log *log)
{
	size_t at = 0, forgotten = 0;

	while (at < log->changes.len) {
		struct head head = head_at(log, at);
		bool begins = head.generation > log->complete_since;
		if (begins && forgotten > 0 &&
		    (forgotten >= CHANGE_LOG_TOLD / 2 || head.generation == log->generation))
			break;
		log->complete_since = head.generation;
		at += sizeof(head) + head.len;
		forgotten++;
	}
	log->changes.len -= at;
	memmove(log->changes.data, log->changes.data + at, log->changes.len);
	log->count -= forgotten;
}

void
change_log_add(struct change_log *log, vouch_span serial_number)
{
	struct head head = { log->generation, serial_number.len };

	if (log->complete_since == log->generation)
		return;
	if (log->count == CHANGE_LOG_TOLD)
		forget(log);
	if (log->complete_since == log->generation)
		return;
	if (buf_reserve(&log->changes, sizeof(head) + serial_number.len) != VOUCH_OK ||
	    vouch_buf_append(&log->changes, &head, sizeof(head)) != VOUCH_OK ||
	    buf_append_span(&log->changes, serial_number) != VOUCH_OK) {
		change_log_add_all(log);
		return;
	}
	log->count++;
}

void
change_log_tell(const struct change_log *log, uint64_t known, vouch_change_cb *cb, void *arg)
{
	if (known == log->generation)
		return;
	if (known < log->complete_since || known > log->generation) {
		cb(arg, (vouch_span){ NULL, 0 });
		return;
	}
	for (size_t at = 0; at < log->changes.len;) {
		struct head head = head_at(log, at);
		at += sizeof(head);
		if (head.generation > known)
			cb(arg, span_of(log->changes.data + at, head.len));
		at += head.len;
	}
}

/* A cursor: generation and token. */
enum { CURSOR_LENGTH = 16 };

static uint64_t
known_generation(const vouch_buf *cursor, uint64_t token)
{
	uint64_t parts[2];

	if (cursor->len != CURSOR_LENGTH)
		return 0;
	memcpy(parts, cursor->data, sizeof(parts));
	return parts[1] == token ? parts[0] : 0;
}

int
change_log_catch_up(const struct change_log *log, uint64_t token, vouch_buf *cursor, vouch_change_cb *cb,
    void *arg)
{
	const uint64_t parts[2] = { log->generation, token };

	change_log_tell(log, known_generation(cursor, token), cb, arg);
	buf_clear(cursor);
	return vouch_buf_append(cursor, parts, sizeof(parts));
}

void
change_log_free(struct change_log *log)
{
	vouch_buf_free(&log->changes);
}
