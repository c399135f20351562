/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Building what a plan names: new beside old, swapped in one step, the old kept on failure.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"
#include "daemon/control.h"
#include "daemon/expiry.h"
#include "daemon/issuance.h"
#include "daemon/log.h"
#include "daemon/opener.h"
#include "daemon/sandbox_grants.h"
#include "daemon/sandbox_paths.h"
#include "daemon/service_state.h"
#include "io/channel.h"
#include "io/clock.h"
#include "io/random.h"

static int
ensure_store(struct service *service, const struct conf *conf, vouch_err *err)
{
	uint8_t key[16];

	if (service->store != NULL)
		return VOUCH_OK;
	if (io_random(key, sizeof(key), err) != VOUCH_OK)
		return err->code;
	return vouch_store_new(&service->store, conf->store_memory, key, err);
}

/*
 * Its issuers are heard before it answers; otherwise /healthz would take every reload for a sickness, and whoever asks
 * first would be told tryLater.  The watch reports.
 */
static void
hear_sources(vouch_responder *responder)
{
	vouch_err unread;

	(void)!vouch_responder_poll(responder, io_wall_seconds(), io_monotonic_ms(), &unread);
}

/* Everything that was built, and not swapped in yet. */
struct built {
	struct assembly *assembly;
	vouch_responder *responder;
};

static int
assemble(struct service *service, struct built *out, vouch_err *err)
{
	const struct conf *conf = service->next.plan->conf;
	struct assembly_options options = { .now = io_wall_seconds(),
		.files = &service->next.plan->files,
		.open_signer = generation_open_signer,
		.open_signer_arg = service->next.generation,
		.before = service->assembly };

	if (assembly_new(&out->assembly, conf, &options, err) != VOUCH_OK)
		return err->code;
	return generation_set_limits(service->next.generation, out->assembly, conf, err);
}

/* L-06: what the last responder signed was signed, whichever answers now. */
static vouch_time
last_produced_at(struct service *service)
{
	if (service->ocsp == NULL)
		return VOUCH_TIME_ABSENT;
	vouch_responder *responder = http_ocsp_responder(service->ocsp);
	vouch_time last = vouch_responder_last_produced_at(responder);
	vouch_responder_free(responder);
	return last;
}

static int
make_responder(struct service *service, struct built *out, vouch_err *err)
{
	const struct conf *conf = service->next.plan->conf;
	vouch_responder_options options = { .size = sizeof(options) };

	if (ensure_store(service, conf, err) != VOUCH_OK ||
	    io_random(options.key, sizeof(options.key), err) != VOUCH_OK)
		return err->code;
	options.store = service->store;
	options.epoch = ++service->epoch;
	options.last_produced_at = last_produced_at(service);
	return assembly_responder(&out->responder, out->assembly, conf, &options, err);
}

static void
log_finding(void *arg, const vouch_finding *finding)
{
	static const enum conf_log_level levels[] = { CONF_LOG_DEBUG, CONF_LOG_WARNING, CONF_LOG_ERROR };

	log_event(levels[finding->severity], "finding", "issuer", vouch_issuer_name(arg), "rule",
	    finding->rule, "what", finding->text, NULL);
}

/* C-17: who has a CRL alone must hear what clients hear. */
static void
report_issuance(const struct conf_issuer *conf, const vouch_issuer *issuer)
{
	struct issuance issuance;

	issuance_judge(conf, &issuance);
	log_event(issuance.severity == VOUCH_NOTE ? CONF_LOG_INFO : CONF_LOG_WARNING, "not_listed", "issuer",
	    vouch_issuer_name(issuer), "rule", issuance.rule, "what", issuance.text, NULL);
}

static void
report_findings(const struct assembly *assembly, const struct conf *conf, vouch_time now)
{
	for (size_t i = 0; i < assembly->count; i++) {
		vouch_issuer_check(assembly->issuers[i], now, log_finding, assembly->issuers[i]);
		report_issuance(&conf->issuers[i], assembly->issuers[i]);
	}
}

static bool
same_strings(const struct conf_strings *a, const struct conf_strings *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->items[i], b->items[i]) != 0)
			return false;
	return true;
}

static bool
same_string(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* But for the number of CertIDs, which is the responder's. */
static bool
same_limits(const struct conf *a, const struct conf *b)
{
	struct conf c = *b;

	c.limits.certids = a->limits.certids;
	return memcmp(&a->limits, &c.limits, sizeof(a->limits)) == 0;
}

/* The supervisor opened the listeners, one for each thread: they stay as they are until the program ends. */
static void
report_what_needs_a_restart(const struct conf *old, const struct conf *new)
{
	const struct {
		const char *setting;
		bool same;
	} fixed[] = {
		{ "listen", same_strings(&old->listen, &new->listen) },
		{ "admin", same_string(old->admin, new->admin) },
		{ "threads", old->threads == new->threads },
	};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (!fixed[i].same)
			log_event(CONF_LOG_WARNING, "setting_needs_restart", "setting", fixed[i].setting,
			    NULL);
}

static bool
same_process(const struct conf *a, const struct conf *b)
{
	return a->store_memory == b->store_memory && a->lenient == b->lenient && same_limits(a, b) &&
	    same_string(a->user, b->user) && a->sandbox == b->sandbox;
}

struct granted {	  /* which file it was */
	const char *path; /* of service->paths */
	dev_t device;
	ino_t inode;
	bool opened; /* by the opener, if another one takes its place */
};

static struct granted
granted_now(const char *path)
{
	struct stat facts;

	return stat(path, &facts) == 0 ? (struct granted){ path, facts.st_dev, facts.st_ino, false } :
					 (struct granted){ .path = path };
}

static bool
is_replaced(const struct granted *then)
{
	struct granted now = granted_now(then->path);

	return now.inode != 0 && (now.inode != then->inode || now.device != then->device);
}

/* The opener opens for sources that are open already, and so not for those of a reload. */
static bool
may_open_all(const struct service *service)
{
	for (size_t i = 0; i < service->granted_count; i++)
		if (is_replaced(&service->granted[i]))
			return false;
	return true;
}

bool
service_needs_new_process(const struct service *service)
{
	const struct conf *next = service->next.plan->conf;
	struct sandbox_paths *wanted = NULL;
	vouch_err unread;

	err_or(&unread, NULL);
	if (!same_process(service->plan->conf, next))
		return true;
	if (service->paths == NULL)
		return false;
	if (!may_open_all(service))
		return true;
	bool covered = sandbox_paths_new(&wanted, next, &unread) == VOUCH_OK &&
	    sandbox_paths_cover(service->paths, wanted);
	sandbox_paths_free(wanted);
	return !covered;
}

static void
swap_in(struct service *service, struct built *built)
{
	struct plan *old_plan = service->plan;
	struct assembly *old_assembly = service->assembly;
	struct generation *old_generation = service->generation;
	const struct conf *conf = service->next.plan->conf;

	if (old_plan != NULL)
		report_what_needs_a_restart(old_plan->conf, conf);
	pthread_mutex_lock(&service->current_lock);
	if (old_plan != NULL)
		http_ocsp_set_responder(service->ocsp, built->responder);
	service->plan = service->next.plan;
	service->assembly = built->assembly;
	service->generation = service->next.generation;
	pthread_mutex_unlock(&service->current_lock);
	if (service->watch != NULL)
		http_watch_again(service->watch);
	service->next.plan = NULL;
	service->next.generation = NULL;
	log_setup(conf->log.format, conf->log.level);
	atomic_store(&service->access_log, conf->log.access);
	assembly_free(old_assembly);
	generation_release(old_generation);
	plan_free(old_plan);
}

static void
tick(void *arg, unsigned thread, bool last)
{
	struct service *service = arg;

	links_tick(service->links, thread, last);
}

static int
start_ocsp(struct service *service, vouch_responder *responder, vouch_err *err)
{
	const struct conf *conf = service->next.plan->conf;
	struct http_ocsp_options options = { .threads = service->threads,
		.strict = !conf->lenient,
		.request_limit = conf->limits.request,
		.jobs = conf->limits.connections * service->threads, /* each connection has one at a time */
		.carry_out = links_carry_out,
		.limits = links_limits_of,
		.carry_out_tick = tick,
		.carry_out_arg = service,
		.answered = service_on_answered,
		.answered_arg = service };

	if (metrics_new(&service->metrics, service->threads, err) != VOUCH_OK)
		return err->code;
	return http_ocsp_new(&service->ocsp, &options, responder, err);
}

static void
lend_opener(const struct service *service, const struct assembly *assembly)
{
	for (size_t i = 0; service->opener != NULL && i < assembly->count; i++)
		for (size_t s = 0; s < vouch_issuer_sources(assembly->issuers[i]); s++)
			(void)vouch_source_set_open(vouch_issuer_source(assembly->issuers[i], s, NULL),
			    opener_open, service->opener);
}

static int
build(struct service *service, struct built *built, vouch_err *err)
{
	if (assemble(service, built, err) != VOUCH_OK || make_responder(service, built, err) != VOUCH_OK)
		return err->code;
	if (service->ocsp == NULL)
		return start_ocsp(service, built->responder, err);
	lend_opener(service, built->assembly);
	hear_sources(built->responder);
	return VOUCH_OK;
}

int
service_build(struct service *service, vouch_err *err)
{
	struct built built = { 0 };
	int code = build(service, &built, err);

	if (code == VOUCH_OK) {
		swap_in(service, &built);
		service->expiry_checked = io_wall_seconds();
		report_findings(service->assembly, service->plan->conf, service->expiry_checked);
	} else {
		assembly_free(built.assembly);
		service_drop_next(service);
	}
	vouch_responder_free(built.responder);
	return code;
}

void
service_drop_next(struct service *service)
{
	plan_free(service->next.plan);
	generation_release(service->next.generation);
	service->next.plan = NULL;
	service->next.generation = NULL;
}

static bool
is_opened_by_opener(const struct service *service, const char *path)
{
	for (size_t i = 0; service->opener != NULL && i < service->paths->opened_count; i++)
		if (strcmp(service->paths->opened[i], path) == 0)
			return true;
	return false;
}

static void
remember_all(struct service *service, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct granted *granted = &service->granted[service->granted_count++];
		*granted = granted_now(paths[i]);
		granted->opened = is_opened_by_opener(service, paths[i]);
	}
}

/*
 * The sandbox may be asked about a file without opening it.  Granted by themselves are files beside keys, and those by
 * which others are found and believed: /etc/resolv.conf is replaced whenever the machine moves.
 */
static int
remember_granted(struct service *service, bool is_mixed, vouch_err *err)
{
	const struct sandbox_paths *p = service->paths;

	service->granted = calloc(p->write_count + p->read_count + p->exact_count, sizeof(*service->granted));
	if (service->granted == NULL)
		return err_nomem(err);
	if (is_mixed) {
		remember_all(service, p->write, p->write_count);
		remember_all(service, p->read, p->read_count);
	}
	if (p->connects)
		remember_all(service, p->exact, p->exact_count);
	return VOUCH_OK;
}

void
service_look_for_replaced_files(struct service *service)
{
	struct io_message message = { .type = CONTROL_SHUT_OUT };
	vouch_err unread;

	for (size_t i = 0; i < service->granted_count; i++) {
		const struct granted *then = &service->granted[i];
		if (!is_replaced(then) || (then->opened && !opener_is_away(service->opener)))
			continue;
		log_event(CONF_LOG_INFO, "file_replaced", "file", then->path, "follows",
		    "a new server process, which may read it", NULL);
		(void)!io_record_send(service->control, &message, NULL, 0, &unread);
		return;
	}
}

void
service_hear_sources(struct service *service)
{
	vouch_responder *responder = http_ocsp_responder(service->ocsp);

	hear_sources(responder);
	vouch_responder_free(responder);
}

static int
start_opener(struct service *service, vouch_err *err)
{
	const struct sandbox_paths *p = service->paths;

	for (size_t i = 0; i < p->opened_count; i++) {
		if (!sandbox_is_mixed(p, p->opened[i]) && !sandbox_is_linked(p->opened[i]))
			continue;
		if (opener_start(&service->opener, service->origin, service->plan, err) != VOUCH_OK)
			return err->code;
		lend_opener(service, service->assembly);
		break;
	}
	return VOUCH_OK;
}

int
service_enter_sandbox(struct service *service, vouch_err *err)
{
	struct sandbox_report report;

	if (service->plan->conf->sandbox == CONF_SANDBOX_OFF)
		return VOUCH_OK;
	if (sandbox_paths_new(&service->paths, service->plan->conf, err) != VOUCH_OK)
		return err->code;
	if (start_opener(service, err) != VOUCH_OK)
		return err_prefix(err, "server");
	enum sandbox_role role = service->paths->connects ? SANDBOX_SERVER_CONNECTS : SANDBOX_SERVER;
	if (sandbox_enter(role, service->paths, &report, err) != VOUCH_OK)
		return err_prefix(err, "server");
	if (report.without_landlock)
		log_event(CONF_LOG_WARNING, "without_landlock", "process", "server", NULL);
	/* Mixed: keys lie beside databases, and of that folder only files were granted. */
	return remember_granted(service, report.mixed[0] != '\0', err);
}
