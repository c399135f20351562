/* SPDX-License-Identifier: Apache-2.0 */
/* CRLs out of the web: a source of lists that a thread brings. */
#include "fetch/crl.h"

#include <stdlib.h>

#include "base/err.h"
#include "fetch/crl_follower.h"
#include "io/wakeup.h"

struct crl {
	struct fetch_options options;
	vouch_source *lists; /* says what they say */
	struct fetch_follower *follower;
	int descriptor; /* readable when the follower's or that of `lists` is */
};

static void
close_crl(void *ctx)
{
	struct crl *c = ctx;
	struct io_wakeup descriptor = { c->descriptor };

	fetch_follower_free(c->follower);
	vouch_source_free(c->lists);
	fetch_options_clear(&c->options);
	io_wakeup_close(&descriptor);
	free(c);
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

	(void)now;
	if (c == NULL)
		return err_nomem(err);
	c->descriptor = -1;
	if (build(c, uri, err) != VOUCH_OK) {
		close_crl(c);
		return err->code;
	}
	*ctx = c;
	return VOUCH_OK;
}

static int
attach(void *ctx, const vouch_issuer *issuer, vouch_err *err)
{
	struct crl *c = ctx;

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
	struct crl *c = ctx;

	return must_have_any(c, err) == VOUCH_OK ?
	    vouch_source_lookup(c->lists, issuer, serial_number, now, out, err) :
	    err->code;
}

static int
each(void *ctx, const vouch_issuer *issuer, vouch_span after, vouch_time now, vouch_status_cb *cb, void *arg,
    vouch_err *err)
{
	struct crl *c = ctx;

	return must_have_any(c, err) == VOUCH_OK ?
	    vouch_source_each(c->lists, issuer, after, now, cb, arg, err) :
	    err->code;
}

/* The descriptor first: what comes in between calls again. */
static int
changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err)
{
	struct crl *c = ctx;

	fetch_follower_clear(c->follower);
	return must_have_any(c, err) == VOUCH_OK ? vouch_source_changes(c->lists, cursor, cb, arg, err) :
						   err->code;
}

static int
watch(void *ctx, int *fd, int *poll_ms)
{
	struct crl *c = ctx;

	vouch_source_watch(c->lists, fd, poll_ms);
	*fd = c->descriptor;
	return VOUCH_OK;
}

static int
reload(void *ctx, vouch_time now, vouch_err *err)
{
	struct crl *c = ctx;

	fetch_follower_look_again(c->follower);
	return vouch_source_reload(c->lists, now, err);
}

static void
health(void *ctx, vouch_time now, vouch_source_health *out)
{
	struct crl *c = ctx;
	vouch_source_health of_lists = { .size = sizeof(of_lists) };

	fetch_follower_health(c->follower, out);
	vouch_source_get_health(c->lists, now, &of_lists);
	if (out->trouble.code == VOUCH_OK)
		out->trouble = of_lists.trouble;
}

static void
set_open(void *ctx, vouch_open_cb *open_cb, void *arg)
{
	struct crl *c = ctx;

	(void)vouch_source_set_open(c->lists, open_cb, arg);
}

static const vouch_source_ops ops = { .abi = VOUCH_ABI,
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
	.set_open = set_open };

const vouch_source_ops *
fetch_crl_ops(void)
{
	return &ops;
}
