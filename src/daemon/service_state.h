/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the running service consists of; shared by the files of this folder that run it, reload it and
 * report on it.
 */
#ifndef DAEMON_SERVICE_STATE_H
#define DAEMON_SERVICE_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <uv.h>

#include "daemon/assembly.h"
#include "daemon/metrics.h"
#include "daemon/service.h"
#include "daemon/watch.h"

struct service {
	service_load *load;
	void *load_arg;
	unsigned threads;
	/* Guards conf and assembly, which a reload replaces while the admin listener reads them */
	pthread_mutex_t current_lock;
	struct conf *conf;
	struct assembly *assembly;
	vouch_store *store;
	uint64_t epoch;
	struct io_listeners listeners, admin_listeners;
	struct http_ocsp *ocsp;
	struct metrics *metrics;
	struct http_server *server, *admin;
	struct http_watch *watch;
	uv_loop_t loop; /* of the main thread: signals, timers, the end */
	uv_signal_t terminate, interrupt, hangup;
	uv_timer_t expiry, cut_off;
	uv_async_t stopped;
	vouch_time expiry_checked;
	bool stopping;
	_Atomic bool access_log;
};

/* Loads the configuration anew and swaps it in; on failure the old stays, and the log says why. */
void service_reload(struct service *service);
/* Builds what a configuration names; the service's own state is untouched. */
VOUCH_MUST int service_build(struct service *service, const struct conf *conf, struct assembly **assembly,
    vouch_responder **responder, vouch_err *err);
/* Logs what vouch_issuer_check() finds, and the signers that expire. */
void service_report_findings(const struct assembly *assembly, vouch_time now);

#endif
