/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which serial numbers changed since when, for sources that hold their data themselves and replace them whole: each
 * time is a generation, numbered from 1.
 */
#ifndef STATUS_CHANGE_LOG_H
#define STATUS_CHANGE_LOG_H

#include "base/span.h"

/* As many as a responder remembers; "all" costs less than telling more. */
#define CHANGE_LOG_TOLD 65536

struct change_log {
	uint64_t generation;
	uint64_t complete_since; /* who knows this generation, or a later one, can be told all that changed */
	size_t count;
	vouch_buf changes; /* generation, length, octets; in order */
};

/* A generation begins. */
void change_log_begin(struct change_log *log);
/* One of its changes; it is not lost where there is no memory, or are too many: then all changed. */
void change_log_add(struct change_log *log, vouch_span serial_number);
/* Anything may have changed. */
void change_log_add_all(struct change_log *log);
/* What changed after the generation that the caller knows. */
void change_log_tell(const struct change_log *log, uint64_t known, vouch_change_cb *cb, void *arg);
/*
 * The same for the cursor of `changes` of the ops, which is moved to this generation.  The token is the source's: a
 * cursor of another one knows nothing.
 */
VOUCH_MUST int change_log_catch_up(const struct change_log *log, uint64_t token, vouch_buf *cursor,
    vouch_change_cb *cb, void *arg);
void change_log_free(struct change_log *log);

#endif
