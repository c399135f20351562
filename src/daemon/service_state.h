/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the server process consists of; shared by the files of this folder that run it, build it anew and report on
 * it.
 */
#ifndef DAEMON_SERVICE_STATE_H
#define DAEMON_SERVICE_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "daemon/assembly.h"
#include "daemon/links.h"
#include "daemon/metrics.h"
#include "daemon/plan.h"
#include "daemon/service.h"
#include "daemon/watch.h"

struct sandbox_paths;

/* Sources that could not get newer data, as the log was told; the watch's own. */
struct ailings {
	struct ailing {
		const vouch_source *source; /* not to be looked into: it may be gone */
		int code;
	} *items;
	size_t count;
};

struct service {
	const struct plan_origin *origin;
	int control;
	pid_t parent;
	unsigned threads;
	struct links *links;
	struct { /* sent, and not built yet */
		uint64_t id;
		struct plan *plan;
		struct generation *generation;
	} next;
	/* Guards plan and assembly, which a reload replaces while the admin listener reads them */
	pthread_mutex_t current_lock;
	struct plan *plan; /* NULL: nothing was built yet */
	struct assembly *assembly;
	struct generation *generation;
	struct sandbox_paths *paths; /* what the sandbox lets through; NULL: everything */
	struct granted *granted;     /* files of it that were granted alone: another one in their place is not */
	size_t granted_count;
	struct opener *opener; /* of files that take the place of those; NULL: there is no need */
	vouch_store *store;
	uint64_t epoch;
	struct io_listeners listeners, admin_listeners;
	struct http_ocsp *ocsp;
	struct metrics *metrics;
	struct http_server *server, *admin;
	struct http_watch *watch;
	struct ailings ailings;
	uv_loop_t loop; /* of the main thread: the supervisor's wishes, timers, the end */
	uv_poll_t wishes;
	uv_timer_t expiry, cut_off;
	uv_async_t stopped;
	vouch_time expiry_checked;
	bool stopping;
	_Atomic bool access_log;
};

/*
 * Builds service->next and swaps it in, the first time into nothing.  On failure what there is stays, and next is
 * dropped.
 */
VOUCH_MUST int service_build(struct service *service, vouch_err *err);
void service_drop_next(struct service *service);
/* True when service->next cannot be built in this process: a sandbox never widens, a store never grows. */
bool service_needs_new_process(const struct service *service);
/* Before the first thread: what the plan does not need is out of reach for good. */
VOUCH_MUST int service_enter_sandbox(struct service *service, vouch_err *err);
/*
 * The first question to the sources of a new process: now they may start threads and ask the network, with no more
 * rights than they keep.
 */
void service_hear_sources(struct service *service);
/* Any thread, when a source failed: a file that took the place of a granted one needs a new server process. */
void service_look_for_replaced_files(struct service *service);
/* Counts and logs; for http_ocsp_options and http_server_options, arg is the service. */
void service_on_answered(void *arg, struct http_exchange *exchange, const vouch_outcome *outcome,
    unsigned status);
void service_on_refused(void *arg, struct http_exchange *exchange, unsigned status);

#endif
