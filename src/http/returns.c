/* SPDX-License-Identifier: Apache-2.0 */
/* What comes back to a loop from other threads. */
#include "http/returns.h"

/* All that wait; when ending, whatever comes later is refused. */
static void
take_all(struct http_returns *r, bool ending)
{
	uv_mutex_lock(&r->waiting_lock);
	struct http_pool_item *item = r->waiting, *next;
	r->waiting = NULL;
	r->waiting_end = &r->waiting;
	r->open = r->open && !ending;
	uv_mutex_unlock(&r->waiting_lock);
	for (; item != NULL; item = next) {
		next = item->next;
		r->returned(r->arg, item);
	}
}

static void
on_wake(uv_async_t *wake)
{
	take_all(wake->data, false);
}

bool
http_returns_init(struct http_returns *r, http_returned *returned, void *arg)
{
	*r = (struct http_returns){ .returned = returned, .arg = arg };
	r->waiting_end = &r->waiting;
	return uv_mutex_init(&r->waiting_lock) == 0;
}

void
http_returns_destroy(struct http_returns *r)
{
	uv_mutex_destroy(&r->waiting_lock);
}

bool
http_returns_open(struct http_returns *r, uv_loop_t *loop)
{
	if (r->open) /* written on this thread alone */
		return true;
	r->wake.data = r;
	if (uv_async_init(loop, &r->wake, on_wake) != 0)
		return false;
	uv_mutex_lock(&r->waiting_lock);
	r->open = true;
	uv_mutex_unlock(&r->waiting_lock);
	return true;
}

void
http_returns_close(struct http_returns *r)
{
	take_all(r, true);
}

bool
http_returns_put(struct http_returns *r, struct http_pool_item *item)
{
	uv_mutex_lock(&r->waiting_lock);
	bool taken = r->open;
	if (taken) {
		item->next = NULL;
		*r->waiting_end = item;
		r->waiting_end = &item->next;
		/* Under the lock: the handle is there while open is set. */
		uv_async_send(&r->wake);
	}
	uv_mutex_unlock(&r->waiting_lock);
	return taken;
}
