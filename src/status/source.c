/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_source: a status source's operations and context, and what they say held to the rules. */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/span.h"
#include "base/versioned.h"
#include "status/source.h"
#include "status/transition.h"

/* What a lookup hands out must find its way back to vouch_status_clear(). */
#define LOOKUP_SIZE_LEAST (offsetof(vouch_status, detail) + sizeof(vouch_buf))

struct vouch_source {
	_Atomic unsigned references;
	const vouch_source_ops *ops;
	void *ctx;
	struct { /* by threads that have just asked the source, which costs more */
		_Atomic uint64_t lookups, not_found, unavailable, errors;
	} counts;
};

static int
check_ops(const vouch_source_ops *ops, vouch_err *err)
{
	if (ops == NULL)
		return err_set(err, VOUCH_EINVAL, "a status source without operations");
	if (ops->abi != VOUCH_ABI)
		return err_set(err, VOUCH_EINVAL, "a status source made for ABI %u, this library has %d",
		    (unsigned)ops->abi, VOUCH_ABI);
	if (ops->name == NULL || ops->lookup == NULL)
		return err_set(err, VOUCH_EINVAL, "status source %s lacks name or lookup",
		    ops->name != NULL ? ops->name : "(no name)");
	if (ops->begin != NULL && (ops->put == NULL || ops->commit == NULL || ops->abort == NULL))
		return err_set(err, VOUCH_EINVAL,
		    "status source %s has begin, but lacks put, commit or abort", ops->name);
	return VOUCH_OK;
}

/* A callback may return what it likes: a positive number or a failure without text becomes a proper error. */
static int
failed(const struct vouch_source *source, const char *what, int code, vouch_err *err)
{
	int sane = code < 0 ? code : VOUCH_EUNAVAILABLE;

	if (err->code == VOUCH_OK || err->msg[0] == '\0')
		return err_set(err, sane, "%s: %s failed: %s", source->ops->name, what, err_name(sane));
	err->code = sane;
	return sane;
}

static int
new_source(struct vouch_source **out, const vouch_source_ops *ops, void *ctx, vouch_err *err)
{
	struct vouch_source *source = calloc(1, sizeof(*source));

	if (source == NULL)
		return err_nomem(err);
	source->references = 1;
	source->ops = ops;
	source->ctx = ctx;
	*out = source;
	return VOUCH_OK;
}

int
vouch_source_new(vouch_source **out, const vouch_source_ops *ops, void *takes_ctx, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	int code = check_ops(ops, err);
	return code == VOUCH_OK ? new_source(out, ops, takes_ctx, err) : code;
}

int
vouch_source_open(vouch_source **out, const vouch_source_ops *ops, const char *uri, vouch_time now,
    vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	struct vouch_source *source = NULL;
	int code = check_ops(ops, err);
	if (code == VOUCH_OK && (ops->open == NULL || ops->close == NULL))
		code = err_set(err, VOUCH_EINVAL, "status source %s lacks open or close", ops->name);
	if (code == VOUCH_OK)
		code = new_source(&source, ops, NULL, err);
	if (code != VOUCH_OK)
		return code;
	code = ops->open(&source->ctx, uri != NULL ? uri : "", now, err);
	if (code != VOUCH_OK) {
		code = failed(source, "open", code, err);
		free(source); /* what did not open is not closed */
		return code;
	}
	*out = source;
	return VOUCH_OK;
}

vouch_source *
vouch_source_ref(vouch_source *source)
{
	source->references++;
	return source;
}

void
vouch_source_free(vouch_source *source)
{
	if (source == NULL || --source->references != 0)
		return;
	if (source->ops->close != NULL)
		source->ops->close(source->ctx);
	free(source);
}

const vouch_source_ops *
vouch_source_get_ops(const vouch_source *source)
{
	return source->ops;
}

void *
source_context(const vouch_source *source, const vouch_source_ops *ops)
{
	return source->ops == ops ? source->ctx : NULL;
}

/* Never issued, as far as the source knew at this_update: nothing else of the status counts. */
static void
keep_times_only(vouch_status *status)
{
	vouch_time this_update = status->this_update, next_update = status->next_update;

	vouch_status_clear(status);
	status->this_update = this_update;
	status->next_update = next_update;
}

/* S-12: who is away comes back; anything else needs somebody to look at it. */
static void
count_failure(vouch_source *source, int code)
{
	bool is_away = code == VOUCH_EUNAVAILABLE || code == VOUCH_EAGAIN || code == VOUCH_ENOMEM;

	atomic_fetch_add_explicit(is_away ? &source->counts.unavailable : &source->counts.errors, 1,
	    memory_order_relaxed);
}

static void
count_lookup(vouch_source *source, int code)
{
	atomic_fetch_add_explicit(&source->counts.lookups, 1, memory_order_relaxed);
	if (code == VOUCH_ENOTFOUND)
		atomic_fetch_add_explicit(&source->counts.not_found, 1, memory_order_relaxed);
	else if (code != VOUCH_OK)
		count_failure(source, code);
}

void
vouch_source_get_counts(const vouch_source *source, vouch_source_counts *out)
{
	vouch_source_counts counts = {
		.lookups = atomic_load_explicit(&source->counts.lookups, memory_order_relaxed),
		.not_found = atomic_load_explicit(&source->counts.not_found, memory_order_relaxed),
		.unavailable = atomic_load_explicit(&source->counts.unavailable, memory_order_relaxed),
		.errors = atomic_load_explicit(&source->counts.errors, memory_order_relaxed),
	};

	if (versioned_has_size(out))
		versioned_write(out, &counts, sizeof(counts));
}

static int
look_up(vouch_source *source, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
    vouch_status *found, vouch_err *err)
{
	int code = source->ops->lookup(source->ctx, issuer, serial_number, now, found, err);

	if (code == VOUCH_OK)
		return status_check(found, err) == VOUCH_OK ? VOUCH_OK :
							      err_prefix(err, "%s", source->ops->name);
	if (code != VOUCH_ENOTFOUND)
		return failed(source, "lookup", code, err);
	err_or(err, NULL); /* an answer, not a failure */
	return code;
}

int
vouch_source_lookup(vouch_source *source, const vouch_issuer *issuer, vouch_span serial_number,
    vouch_time now, vouch_status *out, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	if (!versioned_has_size(out) || out->size < LOOKUP_SIZE_LEAST)
		return err_set(err, VOUCH_EINVAL, "vouch_status has no size: vouch_status_init() sets it");
	vouch_status found;
	vouch_status_init(&found);
	int code = look_up(source, issuer, serial_number, now, &found, err);
	count_lookup(source, code);
	if (code == VOUCH_ENOTFOUND)
		keep_times_only(&found);
	else if (code != VOUCH_OK)
		vouch_status_clear(&found);
	versioned_write(out, &found, sizeof(found)); /* what found owns is the caller's now */
	return code;
}

int
vouch_source_changes(vouch_source *source, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	if (source->ops->changes == NULL)
		return err_set(err, VOUCH_EINVAL, "%s: this source cannot tell what changed",
		    source->ops->name);
	int code = source->ops->changes(source->ctx, cursor, cb, arg, err);
	if (code == VOUCH_OK)
		return VOUCH_OK;
	code = failed(source, "changes", code, err);
	count_failure(source, code);
	return code;
}

void
vouch_source_watch(vouch_source *source, int *fd, int *poll_ms)
{
	*fd = -1;
	*poll_ms = 0;
	if (source->ops->watch != NULL && source->ops->watch(source->ctx, fd, poll_ms) != VOUCH_OK) {
		*fd = -1;
		*poll_ms = 0;
	}
}

int
vouch_source_attach(vouch_source *source, const vouch_issuer *issuer, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	if (source->ops->attach == NULL)
		return VOUCH_OK;
	int code = source->ops->attach(source->ctx, issuer, err);
	return code == VOUCH_OK ? VOUCH_OK : failed(source, "attach", code, err);
}

void
vouch_source_get_health(vouch_source *source, vouch_time now, vouch_source_health *out)
{
	vouch_source_health health = { .size = sizeof(health),
		.checked = VOUCH_TIME_ABSENT,
		.next_update = VOUCH_TIME_ABSENT };

	if (!versioned_has_size(out))
		return;
	if (source->ops->health != NULL)
		source->ops->health(source->ctx, now, &health);
	versioned_write(out, &health, sizeof(health));
}

bool
vouch_source_set_open(vouch_source *source, vouch_open_cb *open_cb, void *arg)
{
	if (source->ops->set_open == NULL)
		return false;
	source->ops->set_open(source->ctx, open_cb, arg);
	return true;
}

struct relay {
	vouch_status_cb *cb;
	void *arg;
	vouch_err *err;
	int code; /* why the source, not the caller, is stopped */
};

/* The caller gets a status of our size, whatever header the source was made with. */
static int
hand_on(void *arg, vouch_span serial_number, const vouch_status *status)
{
	struct relay *relay = arg;
	vouch_status ours;

	vouch_status_init(&ours);
	relay->code = versioned_read(&ours, sizeof(ours), status, "vouch_status", relay->err);
	return relay->code == VOUCH_OK ? relay->cb(relay->arg, serial_number, &ours) : 1;
}

int
vouch_source_each(vouch_source *source, const vouch_issuer *issuer, vouch_span after, vouch_time now,
    vouch_status_cb *cb, void *arg, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	if (source->ops->each == NULL)
		return err_set(err, VOUCH_EREFUSED, "%s: this source cannot list its certificates",
		    source->ops->name);
	struct relay relay = { cb, arg, err, VOUCH_OK };
	int code = source->ops->each(source->ctx, issuer, after, now, hand_on, &relay, err);
	if (relay.code != VOUCH_OK)
		return err_prefix(err, "%s", source->ops->name);
	return code >= 0 ? code : failed(source, "listing", code, err);
}

int
vouch_source_reload(vouch_source *source, vouch_time now, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	if (source->ops->reload == NULL)
		return VOUCH_OK; /* nothing is kept that could grow old */
	int code = source->ops->reload(source->ctx, now, err);
	return code == VOUCH_OK ? VOUCH_OK : failed(source, "reload", code, err);
}

static int
must_be_register(const struct vouch_source *source, vouch_err *err)
{
	if (source->ops->begin != NULL)
		return VOUCH_OK;
	return err_set(err, VOUCH_EREFUSED, "%s: this source cannot be written", source->ops->name);
}

int
vouch_source_begin(vouch_source *source, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	if (must_be_register(source, err) != VOUCH_OK)
		return err->code;
	int code = source->ops->begin(source->ctx, err);
	return code == VOUCH_OK ? VOUCH_OK : failed(source, "begin", code, err);
}

/* Inside the transaction, so that nobody changes the record between the look and the write. */
static int
check_put(struct vouch_source *source, const vouch_issuer *issuer, vouch_span serial_number,
    const vouch_status *status, vouch_time now, vouch_err *err)
{
	vouch_status before;

	vouch_status_init(&before);
	int found = vouch_source_lookup(source, issuer, serial_number, now, &before, err);

	if (found != VOUCH_OK && found != VOUCH_ENOTFOUND)
		return found;
	int code = status_check_transition(found == VOUCH_OK ? &before : NULL, status, now, err);
	vouch_status_clear(&before);
	return code;
}

int
vouch_source_put(vouch_source *source, const vouch_issuer *issuer, vouch_span serial_number,
    const vouch_status *status, vouch_time now, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	if (must_be_register(source, err) != VOUCH_OK)
		return err->code;
	vouch_status ours;
	vouch_status_init(&ours);
	int code = versioned_read(&ours, sizeof(ours), status, "vouch_status", err);
	if (code == VOUCH_OK)
		code = check_put(source, issuer, serial_number, &ours, now, err);
	if (code != VOUCH_OK)
		return code;
	code = source->ops->put(source->ctx, issuer, serial_number, &ours, now, err);
	return code == VOUCH_OK ? VOUCH_OK : failed(source, "put", code, err);
}

int
vouch_source_commit(vouch_source *source, vouch_err *err)
{
	vouch_err unread;

	err = err_or(err, &unread);
	if (must_be_register(source, err) != VOUCH_OK)
		return err->code;
	int code = source->ops->commit(source->ctx, err);
	return code == VOUCH_OK ? VOUCH_OK : failed(source, "commit", code, err);
}

void
vouch_source_abort(vouch_source *source)
{
	if (source->ops->begin != NULL)
		source->ops->abort(source->ctx);
}
