/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that follows CRLs in the web. */
#include "fetch/crl_follower.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "fetch/crl_list.h"
#include "fetch/crl_schedule.h"
#include "io/clock.h"
#include "io/random.h"
#include "io/wakeup.h"

#define TRANSFERS_MOST 8		 /* at a time, of as many partitions as there are */
#define LISTS_MOST (3 * FETCH_URLS_MOST) /* with a delta CRL each, and those they had before */
#define IDLE_MOST_MS 60000 /* the wall clock may have been set meanwhile, or the machine have slept */

struct fetch_follower {
	const struct fetch_options *options;
	vouch_source *crls;
	CURLM *multi;
	struct fetch_list **lists; /* the thread's */
	size_t count;
	unsigned transfers;
	struct io_wakeup came;	/* a CRL came */
	struct io_wakeup tried; /* each was tried once: never cleared */
	_Atomic bool is_tried, has_any, stop, again;
	pthread_t thread;
	pthread_mutex_t lock; /* guards is_started and health */
	bool is_started;
	vouch_source_health health;
};

/* --- Lists -------------------------------------------------------------------------------------------- */

static int
add_list(struct fetch_follower *f, const char *url, bool is_delta, vouch_err *err)
{
	struct fetch_list *list = NULL;

	if (f->count >= LISTS_MOST)
		return err_set(err, VOUCH_ELIMIT, "more than %d CRLs of one CA", LISTS_MOST);
	struct fetch_list **lists = reallocarray(f->lists, f->count + 1, sizeof(struct fetch_list *));
	if (lists == NULL)
		return err_nomem(err);
	f->lists = lists;
	if (fetch_list_new(&list, url, is_delta, err) != VOUCH_OK)
		return err->code;
	lists[f->count++] = list;
	return VOUCH_OK;
}

static int
add_lists(struct fetch_follower *f, const struct fetch_urls *urls, bool are_deltas, vouch_err *err)
{
	for (size_t i = 0; i < urls->count; i++)
		if (add_list(f, urls->items[i], are_deltas, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

static struct fetch_list *
find_list(const struct fetch_follower *f, const char *url)
{
	for (size_t i = 0; i < f->count; i++)
		if (strcmp(f->lists[i]->url, url) == 0)
			return f->lists[i];
	return NULL;
}

/* RFC 5280 5.2.6. */
static void
follow_freshest(struct fetch_follower *f, const struct fetch_list *base)
{
	vouch_err unread;
	vouch_span url = { base->freshest.data, base->freshest.len };

	err_or(&unread, NULL);
	char *text = url.len == 0 || fetch_url_check(url, &unread) != VOUCH_OK ?
	    NULL :
	    strndup((const char *)url.data, url.len);
	if (text == NULL)
		return;
	struct fetch_list *delta = find_list(f, text);
	if (delta == NULL && add_list(f, text, true, &unread) == VOUCH_OK)
		delta = f->lists[f->count - 1];
	if (delta != NULL && delta->is_delta)
		delta->is_named = true;
	free(text);
}

static void
find_deltas(struct fetch_follower *f)
{
	size_t count = f->count;

	for (size_t i = 0; i < count; i++)
		if (f->lists[i]->is_delta)
			f->lists[i]->is_named = false;
	for (size_t i = 0; i < count; i++)
		if (!f->lists[i]->is_delta)
			follow_freshest(f, f->lists[i]);
}

/* A base that is new is the reason for a new delta, and may be what an old one lacked. */
static void
follow_base(struct fetch_follower *f)
{
	if (f->options->finds_deltas)
		find_deltas(f);
	for (size_t i = 0; i < f->count; i++)
		if (f->lists[i]->is_delta)
			f->lists[i]->due_ms = 0;
}

/* --- What others see ---------------------------------------------------------------------------------- */

static void
add_to_health(vouch_source_health *health, const struct fetch_list *list, bool *all_checked)
{
	if (list->checked == VOUCH_TIME_ABSENT)
		*all_checked = false;
	else if (health->checked == VOUCH_TIME_ABSENT || list->checked < health->checked)
		health->checked = list->checked;
	if (list->next_update != VOUCH_TIME_ABSENT &&
	    (health->next_update == VOUCH_TIME_ABSENT || list->next_update < health->next_update))
		health->next_update = list->next_update;
	if (health->trouble.code == VOUCH_OK && list->failures > 0)
		health->trouble = list->err;
}

static void
publish_health(struct fetch_follower *f)
{
	vouch_source_health health = { .checked = VOUCH_TIME_ABSENT, .next_update = VOUCH_TIME_ABSENT };
	bool all_checked = true;

	for (size_t i = 0; i < f->count; i++)
		if (f->lists[i]->is_named)
			add_to_health(&health, f->lists[i], &all_checked);
	if (!all_checked)
		health.checked = VOUCH_TIME_ABSENT;
	pthread_mutex_lock(&f->lock);
	f->health = health;
	pthread_mutex_unlock(&f->lock);
}

static void
tell_when_all_are_tried(struct fetch_follower *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->lists[i]->is_named && f->lists[i]->attempts == 0)
			return;
	f->is_tried = true;
	io_wakeup_call(&f->tried);
}

/* --- Transfers ---------------------------------------------------------------------------------------- */

static void
plan_next(struct fetch_follower *f, struct fetch_list *list)
{
	uint32_t random = 0;
	vouch_err unread;
	struct fetch_facts facts = { .now = io_wall_seconds(),
		.next_update = list->next_update,
		.every_ms = f->options->every_ms,
		.max_age = list->max_age,
		.failures = list->failures,
		.retry_after = list->retry_after };

	(void)!io_random(&random, sizeof(random), err_or(&unread, NULL));
	list->due_ms = io_monotonic_ms() + fetch_schedule(&facts, random);
}

/* Before anybody is told, the source answers by the new list. */
static void
end_transfer(struct fetch_follower *f, struct fetch_list *list, CURLcode result)
{
	curl_multi_remove_handle(f->multi, list->curl);
	f->transfers--;
	bool is_new = fetch_list_end(list, result, io_wall_seconds());
	plan_next(f, list);
	if (is_new && !list->is_delta)
		follow_base(f);
	publish_health(f);
	if (is_new) {
		f->has_any = true;
		io_wakeup_call(&f->came);
	}
	tell_when_all_are_tried(f);
}

static void
end_transfers(struct fetch_follower *f)
{
	const CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(f->multi, &left)) != NULL) {
		char *list = NULL;
		CURLcode result = message->data.result;
		if (message->msg == CURLMSG_DONE &&
		    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &list) == CURLE_OK)
			end_transfer(f, (struct fetch_list *)(void *)list, result);
	}
}

static void
begin_transfer(struct fetch_follower *f, struct fetch_list *list)
{
	vouch_err err;

	err_or(&err, NULL);
	if (fetch_list_begin(list, f->options, f->crls, io_wall_seconds(), &err) == VOUCH_OK) {
		if (curl_multi_add_handle(f->multi, list->curl) == CURLM_OK) {
			f->transfers++;
			return;
		}
		fetch_list_abandon(list);
		err_nomem(&err);
	}
	list->err = err;
	list->failures++;
	list->attempts++;
	plan_next(f, list);
	publish_health(f);
	tell_when_all_are_tried(f);
}

/* By the wall clock its time is over, whatever was planned: there is a newer one for certain. */
static bool
is_overtaken(const struct fetch_list *list)
{
	return list->failures == 0 && list->next_update != VOUCH_TIME_ABSENT &&
	    list->next_update <= io_wall_seconds();
}

static void
plan_all_for_now(struct fetch_follower *f)
{
	for (size_t i = 0; i < f->count; i++)
		f->lists[i]->due_ms = 0;
}

/* How many milliseconds there are until the next one.  Those that find no room are due when one has ended. */
static uint64_t
begin_transfers(struct fetch_follower *f)
{
	uint64_t now = io_monotonic_ms(), wait = IDLE_MOST_MS;

	if (atomic_exchange(&f->again, false))
		plan_all_for_now(f);
	for (size_t i = 0; i < f->count && f->transfers < TRANSFERS_MOST; i++) {
		struct fetch_list *list = f->lists[i];
		if (list->curl != NULL || !list->is_named)
			continue;
		if (list->due_ms <= now || is_overtaken(list))
			begin_transfer(f, list);
		else if (list->due_ms - now < wait)
			wait = list->due_ms - now;
	}
	return wait;
}

static void *
follow(void *arg)
{
	struct fetch_follower *f = arg;
	int running;

	while (!f->stop) {
		(void)curl_multi_perform(f->multi, &running);
		end_transfers(f);
		/* Those that begin make it a short wait. */
		(void)curl_multi_poll(f->multi, NULL, 0, (int)begin_transfers(f), NULL);
	}
	return NULL;
}

/* --- Life --------------------------------------------------------------------------------------------- */

static int
build(struct fetch_follower *f, vouch_err *err)
{
	/* Before there are threads, and before the process gives up its rights. */
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || (f->multi = curl_multi_init()) == NULL)
		return err_nomem(err);
	if (io_wakeup_open(&f->came, err) != VOUCH_OK || io_wakeup_open(&f->tried, err) != VOUCH_OK)
		return err->code;
	int code = add_lists(f, &f->options->urls, false, err);
	return code == VOUCH_OK ? add_lists(f, &f->options->deltas, true, err) : code;
}

int
fetch_follower_new(struct fetch_follower **out, const struct fetch_options *options, vouch_source *crls,
    vouch_err *err)
{
	struct fetch_follower *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return err_nomem(err);
	pthread_mutex_init(&f->lock, NULL); /* which cannot fail without attributes */
	f->came.fd = f->tried.fd = -1;
	f->options = options;
	f->crls = vouch_source_ref(crls);
	f->health.checked = f->health.next_update = VOUCH_TIME_ABSENT;
	if (build(f, err) != VOUCH_OK) {
		fetch_follower_free(f);
		return err->code;
	}
	*out = f;
	return VOUCH_OK;
}

static void
stop_thread(struct fetch_follower *f)
{
	if (!f->is_started)
		return;
	f->stop = true;
	curl_multi_wakeup(f->multi);
	pthread_join(f->thread, NULL);
	for (size_t i = 0; i < f->count; i++) {
		if (f->lists[i]->curl == NULL)
			continue;
		curl_multi_remove_handle(f->multi, f->lists[i]->curl);
		fetch_list_abandon(f->lists[i]);
	}
}

void
fetch_follower_free(struct fetch_follower *f)
{
	if (f == NULL)
		return;
	stop_thread(f);
	for (size_t i = 0; i < f->count; i++)
		fetch_list_free(f->lists[i]);
	free(f->lists);
	if (f->multi != NULL)
		curl_multi_cleanup(f->multi);
	io_wakeup_close(&f->came);
	io_wakeup_close(&f->tried);
	vouch_source_free(f->crls);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

/* Signals are the program's. */
static int
start_thread(struct fetch_follower *f, vouch_err *err)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&f->thread, NULL, follow, f);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (rc != 0)
		return err_set(err, VOUCH_EUNAVAILABLE, "thread: %s", strerror(rc));
	f->is_started = true;
	return VOUCH_OK;
}

static void
wait_for_the_first(struct fetch_follower *f)
{
	uint64_t begin = io_monotonic_ms(), passed = 0, most = f->options->wait_ms;
	struct io_awaited tried = { .fd = f->tried.fd };

	while (!tried.ready && passed < most) {
		io_wait(&tried, 1, (int)(most - passed));
		passed = io_monotonic_ms() - begin;
	}
	/* Waiting longer is for nobody: what comes later comes later. */
	f->is_tried = true;
}

int
fetch_follower_start(struct fetch_follower *f, vouch_err *err)
{
	int code = VOUCH_OK;

	if (f->is_tried)
		return VOUCH_OK;
	pthread_mutex_lock(&f->lock);
	if (!f->is_started)
		code = start_thread(f, err);
	pthread_mutex_unlock(&f->lock);
	if (code == VOUCH_OK)
		wait_for_the_first(f);
	return code;
}

void
fetch_follower_look_again(struct fetch_follower *f)
{
	f->again = true;
	curl_multi_wakeup(f->multi);
}

int
fetch_follower_descriptor(const struct fetch_follower *f)
{
	return f->came.fd;
}

void
fetch_follower_clear(const struct fetch_follower *f)
{
	io_wakeup_clear(&f->came);
}

void
fetch_follower_health(struct fetch_follower *f, vouch_source_health *out)
{
	uint32_t size = out->size;

	pthread_mutex_lock(&f->lock);
	*out = f->health;
	pthread_mutex_unlock(&f->lock);
	out->size = size;
}

bool
fetch_follower_has_any(const struct fetch_follower *f)
{
	return f->has_any;
}
