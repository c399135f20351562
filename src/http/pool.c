/* SPDX-License-Identifier: Apache-2.0 */
/* Threads for what blocks. */
#include "http/pool.h"

#include <stdlib.h>
#include <uv.h>

#include "base/err.h"
#include "http/signals.h"

struct lane { /* items in the order they came */
	struct http_pool_item *first, **end;
};

struct http_pool {
	http_pool_run *run;
	void *arg;
	uv_mutex_t waiting_lock; /* guards the rest */
	uv_cond_t waiting_changed;
	struct lane lanes[2]; /* [0] goes before [1] */
	unsigned waiting_count, idle; /* idle threads; those woken for an item that waits are among them */
	uv_thread_t *threads;
	unsigned count, most;
	bool waking; /* a thread was woken that has not come yet */
	bool ending;
};

static struct http_pool_item *
take(struct http_pool *p)
{
	struct lane *lane = p->lanes[0].first != NULL ? &p->lanes[0] : &p->lanes[1];
	struct http_pool_item *item = lane->first;

	if (item == NULL)
		return NULL;
	lane->first = item->next;
	if (lane->first == NULL)
		lane->end = &lane->first;
	p->waiting_count--;
	return item;
}

static void
append(struct lane *lane, struct http_pool_item *item)
{
	item->next = NULL;
	*lane->end = item;
	lane->end = &item->next;
}

/*
 * One at a time; who comes wakes the next while items wait.  A thread that is done in no time takes them all,
 * and nobody is switched to for nothing: a callback that does not wait costs a third less.
 */
static void
wake_one(struct http_pool *p)
{
	if (p->waiting_count == 0 || p->waking || p->idle == 0)
		return;
	p->waking = true;
	uv_cond_signal(&p->waiting_changed);
}

static void
work(void *arg)
{
	struct http_pool *p = arg;
	struct http_pool_item *item;

	uv_mutex_lock(&p->waiting_lock);
	for (;;) {
		item = take(p);
		if (item == NULL && p->ending)
			break;
		if (item == NULL) {
			p->idle++;
			uv_cond_wait(&p->waiting_changed, &p->waiting_lock);
			p->idle--;
			p->waking = false;
			continue;
		}
		wake_one(p);
		uv_mutex_unlock(&p->waiting_lock);
		p->run(p->arg, item);
		uv_mutex_lock(&p->waiting_lock);
	}
	uv_mutex_unlock(&p->waiting_lock);
}

/* The lock is held, so that a thread begins after its place is known. */
static void
start_thread(struct http_pool *p)
{
	struct http_signals before;

	http_signals_block(&before);
	if (uv_thread_create(&p->threads[p->count], work, p) == 0)
		p->count++;
	http_signals_restore(&before);
}

bool
http_pool_put(struct http_pool *pool, struct http_pool_item *item, bool goes_first)
{
	uv_mutex_lock(&pool->waiting_lock);
	if (pool->waiting_count >= pool->idle && pool->count < pool->most)
		start_thread(pool);
	bool ok = pool->count > 0;
	if (ok) {
		append(&pool->lanes[goes_first ? 0 : 1], item);
		pool->waiting_count++;
		wake_one(pool);
	}
	uv_mutex_unlock(&pool->waiting_lock);
	return ok;
}

int
http_pool_new(struct http_pool **out, unsigned threads, http_pool_run *run, void *arg, vouch_err *err)
{
	struct http_pool *p = calloc(1, sizeof(*p));

	if (p != NULL)
		p->threads = calloc(threads, sizeof(*p->threads));
	if (p == NULL || p->threads == NULL || uv_mutex_init(&p->waiting_lock) != 0)
		goto fail;
	if (uv_cond_init(&p->waiting_changed) != 0) {
		uv_mutex_destroy(&p->waiting_lock);
		goto fail;
	}
	p->run = run;
	p->arg = arg;
	p->most = threads;
	for (size_t i = 0; i < sizeof(p->lanes) / sizeof(p->lanes[0]); i++)
		p->lanes[i].end = &p->lanes[i].first;
	*out = p;
	return VOUCH_OK;
fail:
	if (p != NULL)
		free(p->threads);
	free(p);
	return err_nomem(err);
}

void
http_pool_free(struct http_pool *pool)
{
	if (pool == NULL)
		return;
	uv_mutex_lock(&pool->waiting_lock);
	pool->ending = true;
	uv_cond_broadcast(&pool->waiting_changed);
	uv_mutex_unlock(&pool->waiting_lock);
	for (unsigned i = 0; i < pool->count; i++)
		uv_thread_join(&pool->threads[i]);
	uv_cond_destroy(&pool->waiting_changed);
	uv_mutex_destroy(&pool->waiting_lock);
	free(pool->threads);
	free(pool);
}
