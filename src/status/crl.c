/* SPDX-License-Identifier: Apache-2.0 */
/* The ops of the source of CRLs. */
#include <stdlib.h>

#include "base/hash.h"
#include "status/crl_each.h"
#include "status/crl_follow.h"
#include "status/crl_parameters.h"
#include "status/crl_update.h"
#include "status/crl.h"

/* How often the files are looked at: a fifth of the second in which a change must show. */
#define POLL_MS 200

/* --- Snapshots ---------------------------------------------------------------------------------------- */

struct crl_snapshot *
crl_source_enter(struct crl_source *s)
{
	pthread_mutex_lock(&s->swapping);
	struct crl_snapshot *snapshot = s->current;
	snapshot->references++;
	pthread_mutex_unlock(&s->swapping);
	return snapshot;
}

void
crl_source_leave(struct crl_snapshot *snapshot)
{
	snapshot->references--;
}

/* What is not current any more gains no users: the last reference is the source's own. */
void
crl_source_reap(struct crl_source *s)
{
	struct crl_replaced *r = &s->replaced;

	for (size_t i = r->count; i-- > 0;) {
		if (r->items[i]->references != 1)
			continue;
		crl_snapshot_free(r->items[i]);
		r->items[i] = r->items[--r->count];
	}
}

void
crl_source_see(struct crl_source *s, vouch_time now)
{
	if (now > atomic_load_explicit(&s->now, memory_order_relaxed))
		atomic_store_explicit(&s->now, now, memory_order_relaxed);
}

/* --- Opening and closing ------------------------------------------------------------------------------ */

static void
close_crl(void *ctx)
{
	struct crl_source *s = ctx;

	if (s == NULL)
		return;
	for (size_t i = 0; i < s->replaced.count; i++)
		crl_snapshot_free(s->replaced.items[i]);
	free(s->replaced.items);
	crl_snapshot_free(s->current);
	crl_files_clear(&s->files);
	crl_authority_clear(&s->authority);
	change_log_free(&s->log);
	folder_watch_free(s->folder);
	vouch_buf_free(&s->policy.shards);
	pthread_mutex_destroy(&s->loading);
	pthread_mutex_destroy(&s->swapping);
	free(s->path);
	free(s->issued_path);
	free(s);
}

/* The folder, or that of the file. */
static int
watch_folder(struct crl_source *s, vouch_err *err)
{
	struct crl_file_identity unread;
	vouch_buf inside = { 0 };

	if (s->path == NULL)
		return VOUCH_OK;
	/* Only a folder has a "." in it. */
	int code = buf_printf(&inside, "%s/.", s->path);
	if (code == VOUCH_OK)
		code = vouch_buf_append(&inside, "", 1);
	bool is_folder = code == VOUCH_OK && crl_file_look((const char *)inside.data, &unread);
	vouch_buf_free(&inside);
	if (code != VOUCH_OK)
		return err_nomem(err);
	size_t len = is_folder ? strlen(s->path) : (size_t)(strrchr(s->path, '/') + 1 - s->path);
	char *folder = strndup(s->path, len);
	if (folder == NULL)
		return err_nomem(err);
	code = folder_watch_open(&s->folder, folder, err);
	free(folder);
	return code;
}

/* A cursor of another source is not one of this. */
static uint64_t
make_token(const struct crl_source *s, vouch_time now)
{
	static const uint8_t key[HASH_KEY_LENGTH] = "a source of CRLs";
	const uint64_t facts[2] = { (uint64_t)(uintptr_t)s, (uint64_t)now };

	return hash_64(key, span_of(facts, sizeof(facts)));
}

int
crl_open(struct crl_source **out, const char *uri, vouch_time now, vouch_err *err)
{
	struct crl_source *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_nomem(err);
	pthread_mutex_init(&s->loading, NULL);
	pthread_mutex_init(&s->swapping, NULL);
	atomic_init(&s->now, now);
	s->token = make_token(s, now);
	int code = crl_parameters_read(s, uri, err);
	/* Before the files are read: what happens to them meanwhile is news. */
	if (code == VOUCH_OK)
		code = watch_folder(s, err);
	if (code == VOUCH_OK)
		code = crl_follow(s, CRL_FOLLOW_ATTACH, err);
	if (code != VOUCH_OK) {
		close_crl(s);
		return code;
	}
	*out = s;
	return VOUCH_OK;
}

static int
open_crl(void **ctx, const char *uri, vouch_time now, vouch_err *err)
{
	struct crl_source *s = NULL;

	if (uri[0] == '\0' || uri[0] == '?')
		return err_set(err, VOUCH_EINVAL, "crl: neither a file nor a folder is named");
	int code = crl_open(&s, uri, now, err);
	if (code == VOUCH_OK)
		*ctx = s;
	return code;
}

static int
attach(void *ctx, const vouch_issuer *issuer, vouch_err *err)
{
	struct crl_source *s = ctx;

	/* Once more, by who has read his configuration again: nothing can be made sense of that could not before. */
	if (crl_authority_find(&s->authority, issuer) != s->authority.count)
		return VOUCH_OK;
	pthread_mutex_lock(&s->loading);
	int code = crl_authority_add_issuer(&s->authority, issuer, err);
	if (code == VOUCH_OK && s->authority.attached > 1 && crl_issued_is_of_one_issuer(s->current->issued))
		code = err_set(err, VOUCH_EREFUSED,
		    "%s: serial numbers do not tell of which issuer they are, and \"%s\" is the second that uses this source",
		    s->issued_path, vouch_issuer_name(issuer));
	if (code == VOUCH_OK)
		code = crl_follow(s, CRL_FOLLOW_ATTACH, err);
	pthread_mutex_unlock(&s->loading);
	return code;
}

static void
set_open(void *ctx, vouch_open_cb *open_cb, void *arg)
{
	struct crl_source *s = ctx;

	pthread_mutex_lock(&s->loading);
	s->opener = (struct crl_opener){ open_cb, arg };
	pthread_mutex_unlock(&s->loading);
}

/* --- Following ---------------------------------------------------------------------------------------- */

static int
reload(void *ctx, vouch_time now, vouch_err *err)
{
	struct crl_source *s = ctx;

	crl_source_see(s, now);
	pthread_mutex_lock(&s->loading);
	int code = crl_follow(s, CRL_FOLLOW_ALL, err);
	pthread_mutex_unlock(&s->loading);
	return code;
}

static int
changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	struct crl_source *s = ctx;

	pthread_mutex_lock(&s->loading);
	if (s->folder != NULL)
		(void)folder_watch_take(s->folder, NULL);
	int code = crl_follow(s, CRL_FOLLOW_CHANGES, err);
	if (change_log_catch_up(&s->log, s->token, cursor, cb, arg) != VOUCH_OK)
		code = err_nomem(err);
	pthread_mutex_unlock(&s->loading);
	return code;
}

static int
watch(void *ctx, int *fd, int *poll_ms)
{
	const struct crl_source *s = ctx;

	*fd = s->folder != NULL ? folder_watch_fd(s->folder) : -1;
	*poll_ms = s->path != NULL || s->issued_path != NULL ? POLL_MS : 0;
	return VOUCH_OK;
}

static void
health(void *ctx, vouch_time now, vouch_source_health *out)
{
	struct crl_source *s = ctx;
	struct crl_snapshot *snapshot = crl_source_enter(s);
	vouch_time times[2];

	crl_source_see(s, now);
	for (size_t i = 0; i < snapshot->slot_count; i++) {
		const struct crl_slot *slot = &snapshot->slots[i];
		if (slot->full == NULL || slot->is_retired)
			continue;
		(void)crl_slot_times(slot, now, &times[0], &times[1]);
		if (times[1] != VOUCH_TIME_ABSENT &&
		    (out->next_update == VOUCH_TIME_ABSENT || times[1] < out->next_update))
			out->next_update = times[1];
	}
	crl_source_leave(snapshot);
	pthread_mutex_lock(&s->swapping);
	out->trouble = s->trouble;
	pthread_mutex_unlock(&s->swapping);
}

/* --- Answering ---------------------------------------------------------------------------------------- */

static int
begin_view(struct crl_source *s, const vouch_issuer *issuer, vouch_time now, struct crl_view *out,
    vouch_err *err)
{
	size_t number = crl_authority_find(&s->authority, issuer);

	if (number == s->authority.count)
		return err_set(err, VOUCH_EUNAVAILABLE, "crl: \"%s\" was not attached to this source",
		    vouch_issuer_name(issuer));
	crl_source_see(s, now);
	*out = (struct crl_view){ .snapshot = crl_source_enter(s),
		.policy = &s->policy,
		.issuer = s->authority.items[number],
		.number = number,
		.authority = &s->authority,
		.now = now };
	return VOUCH_OK;
}

/* Why there is no newer list is worth more than that there is none. */
static void
add_trouble(struct crl_source *s, vouch_err *err)
{
	pthread_mutex_lock(&s->swapping);
	if (s->trouble.code != VOUCH_OK)
		(void)err_prefix(err, "%s; so", s->trouble.msg);
	pthread_mutex_unlock(&s->swapping);
}

static int
lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	struct crl_source *s = ctx;
	struct crl_view view;

	if (serial_number.len == 0)
		return err_set(err, VOUCH_EINVAL, "crl: an empty serial number");
	int code = begin_view(s, issuer, now, &view, err);
	if (code != VOUCH_OK)
		return code;
	code = crl_lookup(&view, serial_number, out, err);
	crl_source_leave((struct crl_snapshot *)view.snapshot);
	if (code == VOUCH_EUNAVAILABLE)
		add_trouble(s, err);
	return code;
}

static int
each(void *ctx, const vouch_issuer *issuer, vouch_span after, vouch_time now, vouch_status_cb *cb, void *arg,
    vouch_err *err)
{
	struct crl_view view;
	int code = begin_view(ctx, issuer, now, &view, err);

	if (code != VOUCH_OK)
		return code;
	code = crl_each(&view, after, cb, arg, err);
	crl_source_leave((struct crl_snapshot *)view.snapshot);
	return code;
}

const vouch_source_ops vouch_source_crl = {
	.abi = VOUCH_ABI,
	.flags = VOUCH_SOURCE_INLINE | VOUCH_SOURCE_REMEMBERS,
	.name = "crl",
	.open = open_crl,
	.reload = reload,
	.lookup = lookup,
	.each = each,
	.changes = changes,
	.watch = watch,
	.close = close_crl,
	.attach = attach,
	.health = health,
	.set_open = set_open,
};
