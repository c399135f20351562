/* SPDX-License-Identifier: Apache-2.0 */
/* CRLs out of the web: a source of lists that a thread brings; sources of one URI and the same issuers share it. */
#include "fetch/crl.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "fetch/crl_follower.h"
#include "io/wakeup.h"

/*
 * What is followed.  When a configuration is read anew, the source of the new one goes on with what that of the old one
 * knows: a site that is away just then would leave it without a list, and one that is replayed would not be found older.
 */
struct crl {
	struct fetch_options options;
	vouch_source *lists; /* says what they say */
	struct fetch_follower *follower;
	int descriptor; /* readable when the follower's or that of `lists` is */
	char *uri;
	vouch_buf issuers; /* the ids of those who were attached, in that order */
	/* With followed_lock held */
	unsigned references;
	struct crl *next;
};

/* A source. */
struct view {
	struct crl *crl;
	_Atomic bool is_settled; /* crl does not change any more */
};

static pthread_mutex_t followed_lock = PTHREAD_MUTEX_INITIALIZER;
static struct crl *followed; /* all that were asked once */

static void
free_crl(struct crl *c)
{
	struct io_wakeup descriptor = { c->descriptor };

	fetch_follower_free(c->follower);
	vouch_source_free(c->lists);
	fetch_options_clear(&c->options);
	io_wakeup_close(&descriptor);
	vouch_buf_free(&c->issuers);
	free(c->uri);
	free(c);
}

static void
forget(const struct crl *c)
{
	for (struct crl **at = &followed; *at != NULL; at = &(*at)->next) {
		if (*at == c) {
			*at = c->next;
			return;
		}
	}
}

static void
release(struct crl *c)
{
	pthread_mutex_lock(&followed_lock);
	bool is_last = --c->references == 0;
	if (is_last)
		forget(c);
	pthread_mutex_unlock(&followed_lock);
	if (is_last)
		free_crl(c);
}

static bool
is_same(const struct crl *a, const struct crl *b)
{
	return strcmp(a->uri, b->uri) == 0 && a->issuers.len == b->issuers.len &&
	    (a->issuers.len == 0 || memcmp(a->issuers.data, b->issuers.data, a->issuers.len) == 0);
}

/* All issuers are attached.  Returns the one to go on with, which is looked at again, or `c` itself. */
static struct crl *
find_followed(struct crl *c)
{
	for (struct crl *other = followed; other != NULL; other = other->next) {
		if (is_same(other, c)) {
			other->references++;
			return other;
		}
	}
	c->next = followed;
	followed = c;
	return c;
}

/* Whatever is asked is asked of this. */
static struct crl *
crl_of(struct view *v)
{
	struct crl *own = NULL;

	if (v->is_settled)
		return v->crl;
	pthread_mutex_lock(&followed_lock);
	if (!v->is_settled) {
		struct crl *found = find_followed(v->crl);
		own = found != v->crl ? v->crl : NULL;
		v->crl = found;
		v->is_settled = true;
	}
	pthread_mutex_unlock(&followed_lock);
	if (own != NULL) {
		fetch_follower_look_again(v->crl->follower);
		release(own);
	}
	return v->crl;
}

static void
close_crl(void *ctx)
{
	struct view *v = ctx;

	release(v->crl);
	free(v);
}

static int
join_descriptors(struct crl *c, vouch_err *err)
{
	int fds[2] = { fetch_follower_descriptor(c->follower), -1 }, unused;

	vouch_source_watch(c->lists, &fds[1], &unused);
	return io_wakeup_any(&c->descriptor, fds, fds[1] < 0 ? 1 : 2, err);
}

static int
build(struct crl *c, const char *uri, vouch_err *err)
{
	c->uri = strdup(uri);
	if (c->uri == NULL)
		return err_nomem(err);
	if (fetch_options_read(&c->options, uri, err) != VOUCH_OK ||
	    vouch_crl_source_new(&c->lists, c->options.parameters, err) != VOUCH_OK ||
	    fetch_follower_new(&c->follower, &c->options, c->lists, err) != VOUCH_OK)
		return err->code;
	return join_descriptors(c, err);
}

static int
open_crl(void **ctx, const char *uri, vouch_time now, vouch_err *err)
{
	struct crl *c = calloc(1, sizeof(*c));
	struct view *v = calloc(1, sizeof(*v));

	(void)now;
	if (c == NULL || v == NULL) {
		free(c);
		free(v);
		return err_nomem(err);
	}
	c->descriptor = -1;
	c->references = 1;
	if (build(c, uri, err) != VOUCH_OK) {
		free_crl(c);
		free(v);
		return err->code;
	}
	v->crl = c;
	*ctx = v;
	return VOUCH_OK;
}

/* To its own one: whether there is another to go on with is known when all issuers are there. */
static int
attach(void *ctx, const vouch_issuer *issuer, vouch_err *err)
{
	struct crl *c = ((struct view *)ctx)->crl;

	if (buf_append_span(&c->issuers, vouch_issuer_id(issuer)) != VOUCH_OK)
		return err_nomem(err);
	return vouch_source_attach(c->lists, issuer, err);
}

/* Nothing has come yet: not even the lists' own reason would say why. */
static int
must_have_any(struct crl *c, vouch_err *err)
{
	vouch_source_health health = { .size = sizeof(health) };

	if (fetch_follower_start(c->follower, err) != VOUCH_OK)
		return err->code;
	if (fetch_follower_has_any(c->follower))
		return VOUCH_OK;
	fetch_follower_health(c->follower, &health);
	if (health.trouble.code == VOUCH_OK)
		return err_set(err, VOUCH_EUNAVAILABLE, "%s: not there yet", c->options.urls.items[0]);
	*err = health.trouble;
	err->code = VOUCH_EUNAVAILABLE;
	return err->code;
}

static int
lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now, vouch_status *out,
    vouch_err *err)
{
	struct crl *c = crl_of(ctx);

	return must_have_any(c, err) == VOUCH_OK ?
	    vouch_source_lookup(c->lists, issuer, serial_number, now, out, err) :
	    err->code;
}

static int
each(void *ctx, const vouch_issuer *issuer, vouch_span after, vouch_time now, vouch_status_cb *cb, void *arg,
    vouch_err *err)
{
	struct crl *c = crl_of(ctx);

	return must_have_any(c, err) == VOUCH_OK ?
	    vouch_source_each(c->lists, issuer, after, now, cb, arg, err) :
	    err->code;
}

/* The descriptor first: what comes in between calls again. */
static int
changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	struct crl *c = crl_of(ctx);

	fetch_follower_clear(c->follower);
	return must_have_any(c, err) == VOUCH_OK ? vouch_source_changes(c->lists, cursor, cb, arg, err) :
						   err->code;
}

static int
watch(void *ctx, int *fd, int *poll_ms)
{
	struct crl *c = crl_of(ctx);

	vouch_source_watch(c->lists, fd, poll_ms);
	*fd = c->descriptor;
	return VOUCH_OK;
}

static int
reload(void *ctx, vouch_time now, vouch_err *err)
{
	struct crl *c = crl_of(ctx);

	fetch_follower_look_again(c->follower);
	return vouch_source_reload(c->lists, now, err);
}

static void
health(void *ctx, vouch_time now, vouch_source_health *out)
{
	struct crl *c = crl_of(ctx);
	vouch_source_health of_lists = { .size = sizeof(of_lists) };

	fetch_follower_health(c->follower, out);
	vouch_source_get_health(c->lists, now, &of_lists);
	if (out->trouble.code == VOUCH_OK)
		out->trouble = of_lists.trouble;
}

static void
set_open(void *ctx, vouch_open_cb *open_cb, void *arg)
{
	struct crl *c = ((struct view *)ctx)->crl;

	(void)vouch_source_set_open(c->lists, open_cb, arg);
}

static const vouch_source_ops ops = { .abi = VOUCH_ABI,
	.flags = VOUCH_SOURCE_INLINE,
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
	.set_open = set_open };

const vouch_source_ops *
fetch_crl_ops(void)
{
	return &ops;
}
