/* SPDX-License-Identifier: Apache-2.0 */
/* The ops of the source of an index.txt. */
#include "status/index.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hash.h"

/* How often the file is looked at: a fifth of the second in which a change must show. */
#define POLL_MS 200

/* --- Opening and closing ------------------------------------------------------------------------------ */

static int
check_uri(const char *uri, vouch_err *err)
{
	const char *question = strrchr(uri, '?');

	if (question != NULL && strchr(question, '=') != NULL)
		return err_set(err, VOUCH_EINVAL, "index:%s: an index has no parameters", uri);
	return uri[0] != '\0' ? VOUCH_OK : err_set(err, VOUCH_EINVAL, "index: no file is named");
}

/* The process may be in another folder when the file is read again. */
static int
set_path(struct index_source *s, const char *uri, vouch_err *err)
{
	char *here = uri[0] == '/' ? strdup("") : getcwd(NULL, 0);
	vouch_buf path = { 0 };
	int code = here == NULL ? VOUCH_ENOMEM :
				  buf_printf(&path, "%s%s%s", here, uri[0] == '/' ? "" : "/", uri);

	free(here);
	if (code == VOUCH_OK)
		code = vouch_buf_append(&path, "", 1);
	s->path = (char *)path.data;
	if (code != VOUCH_OK)
		return err_nomem(err);
	s->name = strrchr(s->path, '/') + 1;
	return s->name[0] != '\0' ? VOUCH_OK :
				    err_set(err, VOUCH_EINVAL, "%s: a folder, not a file", s->path);
}

static int
watch_folder(struct index_source *s, vouch_err *err)
{
	char *folder = strndup(s->path, (size_t)(s->name - s->path));

	if (folder == NULL)
		return err_nomem(err);
	int code = folder_watch_open(&s->folder, folder, err);
	free(folder);
	return code;
}

/* A cursor of another source is not one of this. */
static void
set_token(struct index_source *s)
{
	static const uint8_t key[HASH_KEY_LENGTH] = "index.txt source";
	struct {
		uintptr_t place;
		struct index_identity identity;
	} facts;

	memset(&facts, 0, sizeof(facts));
	facts.place = (uintptr_t)s;
	facts.identity = s->data->identity;
	s->token = hash_64(key, span_of(&facts, sizeof(facts)));
}

static void
close_index(void *ctx)
{
	struct index_source *s = ctx;

	if (s == NULL)
		return;
	index_data_free(s->data);
	change_log_free(&s->log);
	folder_watch_free(s->folder);
	pthread_mutex_destroy(&s->following);
	pthread_mutex_destroy(&s->swapping);
	free(s->path);
	free(s);
}

static int
open_index(void **ctx, const char *uri, vouch_time now, vouch_err *err)
{
	struct index_source *s = calloc(1, sizeof(*s));

	if (s == NULL)
		return err_nomem(err);
	pthread_mutex_init(&s->following, NULL);
	pthread_mutex_init(&s->swapping, NULL);
	s->checked = now;
	atomic_init(&s->seen, now);
	int code = check_uri(uri, err);
	if (code == VOUCH_OK)
		code = set_path(s, uri, err);
	/* Before the file is read: what happens to it meanwhile is news. */
	if (code == VOUCH_OK)
		code = watch_folder(s, err);
	if (code == VOUCH_OK)
		code = index_read_anew(s, err);
	if (code != VOUCH_OK) {
		close_index(s);
		return code;
	}
	set_token(s);
	*ctx = s;
	return VOUCH_OK;
}

static int
attach(void *ctx, const vouch_issuer *issuer, vouch_err *err)
{
	struct index_source *s = ctx;
	vouch_span id = vouch_issuer_id(issuer);

	if (s->is_attached && !span_equal(id, SPAN_ARRAY(s->issuer)))
		return err_set(err, VOUCH_EREFUSED,
		    "%s: an index is of one CA, and %s is the second that uses it", s->path,
		    vouch_issuer_name(issuer));
	memcpy(s->issuer, id.data, sizeof(s->issuer));
	s->is_attached = true;
	return VOUCH_OK;
}

static void
set_open(void *ctx, vouch_open_cb *open_cb, void *arg)
{
	struct index_source *s = ctx;

	s->opener = (struct index_opener){ open_cb, arg };
}

/* --- Following ---------------------------------------------------------------------------------------- */

static int
reload(void *ctx, vouch_time now, vouch_err *err)
{
	struct index_source *s = ctx;

	pthread_mutex_lock(&s->following);
	int code = index_read_anew(s, err);
	pthread_mutex_unlock(&s->following);
	pthread_mutex_lock(&s->swapping);
	if (code == VOUCH_OK && now > s->checked)
		s->checked = now;
	pthread_mutex_unlock(&s->swapping);
	return code;
}

/*
 * Whoever is never asked for changes follows by himself, once in a second in which he is asked for anything.  Who
 * finds somebody at it does not wait.
 */
static void
keep_up(struct index_source *s, vouch_time now)
{
	vouch_err unread;

	if (atomic_load_explicit(&s->seen, memory_order_relaxed) == now ||
	    pthread_mutex_trylock(&s->following) != 0)
		return;
	if (s->polls == s->polls_seen)
		(void)!index_follow(s, err_or(NULL, &unread));
	s->polls_seen = s->polls;
	atomic_store_explicit(&s->seen, now, memory_order_relaxed);
	pthread_mutex_unlock(&s->following);
}

static int
changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	struct index_source *s = ctx;

	pthread_mutex_lock(&s->following);
	s->polls++;
	int code = index_follow(s, err);
	if (change_log_catch_up(&s->log, s->token, cursor, cb, arg) != VOUCH_OK)
		code = err_nomem(err);
	pthread_mutex_unlock(&s->following);
	return code;
}

static int
watch(void *ctx, int *fd, int *poll_ms)
{
	struct index_source *s = ctx;

	*fd = folder_watch_fd(s->folder);
	*poll_ms = POLL_MS;
	return VOUCH_OK;
}

static void
health(void *ctx, vouch_time now, vouch_source_health *out)
{
	struct index_source *s = ctx;

	keep_up(s, now);
	pthread_mutex_lock(&s->swapping);
	out->trouble = s->trouble;
	out->checked = s->trouble.code == VOUCH_OK && now > s->checked ? now : s->checked;
	pthread_mutex_unlock(&s->swapping);
}

/* --- Answering ---------------------------------------------------------------------------------------- */

/* The data of this moment, and since when nobody knows whether they still hold. */
struct view {
	struct index_data *data; /* a reference */
	vouch_time this_update;
};

static int
take_view(struct index_source *s, const vouch_issuer *issuer, vouch_time now, struct view *out,
    vouch_err *err)
{
	if (s->is_attached && issuer != NULL && !span_equal(vouch_issuer_id(issuer), SPAN_ARRAY(s->issuer)))
		return err_set(err, VOUCH_EREFUSED, "%s: it is of another CA than %s", s->path,
		    vouch_issuer_name(issuer));
	keep_up(s, now);
	pthread_mutex_lock(&s->swapping);
	bool holds = s->trouble.code == VOUCH_OK;
	if (holds && now > s->checked)
		s->checked = now;
	out->this_update = holds ? VOUCH_TIME_ABSENT : s->checked;
	out->data = s->data;
	out->data->references++;
	pthread_mutex_unlock(&s->swapping);
	return VOUCH_OK;
}

static int
describe(const struct index_source *s, const struct index_record *record, const struct view *view,
    vouch_time now, vouch_status *out, vouch_err *err)
{
	bool revoked = record->type == INDEX_REVOKED;
	bool expired = record->type == INDEX_EXPIRED || record->not_after < now;

	out->cert_status = revoked ? VOUCH_REVOKED : VOUCH_GOOD;
	out->revocation_reason = record->revocation_reason;
	out->revocation_time = record->revocation_time;
	out->invalidity_date = record->invalidity_date;
	out->this_update = view->this_update;
	if (buf_printf(&out->detail, "index:%s:%u%s", s->path, (unsigned)record->line,
		expired ? ", expired" : "") != VOUCH_OK)
		return err_nomem(err);
	return VOUCH_OK;
}

static int
lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	struct index_source *s = ctx;
	struct index_record record;
	struct view view = { 0 };
	int code = take_view(s, issuer, now, &view, err);

	if (code != VOUCH_OK)
		return code;
	if (index_table_find(view.data->table, serial_number, &record)) {
		code = describe(s, &record, &view, now, out, err);
	} else {
		out->this_update = view.this_update;
		code = VOUCH_ENOTFOUND;
	}
	index_data_free(view.data);
	return code;
}

static int
hand_out(const struct index_source *s, const struct index_record *record, const struct view *view,
    vouch_time now, vouch_status_cb *cb, void *arg, vouch_err *err)
{
	vouch_status status;

	vouch_status_init(&status);
	int code = describe(s, record, view, now, &status, err);
	if (code == VOUCH_OK)
		code = cb(arg, record->serial_number, &status);
	vouch_status_clear(&status);
	return code;
}

static int
each(void *ctx, const vouch_issuer *issuer, vouch_span after, vouch_time now, vouch_status_cb *cb, void *arg,
    vouch_err *err)
{
	struct index_source *s = ctx;
	struct view view = { 0 };
	int code = take_view(s, issuer, now, &view, err);

	if (code != VOUCH_OK)
		return code;
	size_t count = index_table_count(view.data->table);
	for (size_t i = index_table_after(view.data->table, after); i < count && code == VOUCH_OK; i++) {
		struct index_record record = index_table_get(view.data->table, i);
		code = hand_out(s, &record, &view, now, cb, arg, err);
	}
	index_data_free(view.data);
	return code;
}

const vouch_source_ops vouch_source_index = {
	.abi = VOUCH_ABI,
	.flags = VOUCH_SOURCE_INLINE,
	.name = "index",
	.open = open_index,
	.reload = reload,
	.lookup = lookup,
	.each = each,
	.changes = changes,
	.watch = watch,
	.close = close_index,
	.attach = attach,
	.health = health,
	.set_open = set_open,
};
