/* SPDX-License-Identifier: Apache-2.0 */
/* The signer process: from its secrets to its last channel. */
#include "daemon/signing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "daemon/assembly.h"
#include "daemon/control.h"
#include "daemon/identity.h"
#include "daemon/log.h"
#include "daemon/sandbox.h"
#include "daemon/secrecy.h"
#include "daemon/secret.h"
#include "daemon/signing_desk.h"
#include "io/channel.h"
#include "io/clock.h"

struct known_secret {
	const struct conf_signer *conf;
	struct secret secret;
};

struct signing {
	const struct plan *plan;
	pid_t parent;
	struct known_secret *secrets; /* until the signers are open */
	size_t secret_count;
	bool has_tokens;
	struct assembly *assembly;
	struct signing_desks desks;
	pthread_mutex_t channels_lock; /* guards the two */
	size_t channels;
	bool retired;
};

/* --- Secrets -------------------------------------------------------------------------------------------- */

static struct known_secret *
find_secret(const struct signing *s, const struct conf_signer *conf)
{
	for (size_t i = 0; i < s->secret_count; i++)
		if (assembly_is_same_signer(s->secrets[i].conf, conf))
			return &s->secrets[i];
	return NULL;
}

static int
read_secret(struct signing *s, const struct conf_signer *conf, vouch_err *err)
{
	if (find_secret(s, conf) != NULL)
		return VOUCH_OK;
	struct known_secret *grown = reallocarray(s->secrets, s->secret_count + 1, sizeof(*grown));
	if (grown == NULL)
		return err_nomem(err);
	s->secrets = grown;
	struct known_secret *k = &grown[s->secret_count++];
	*k = (struct known_secret){ .conf = conf };
	if (secret_read(&k->secret, conf, err) != VOUCH_OK)
		return conf_err_at(err, s->plan->conf, conf->line);
	s->has_tokens = s->has_tokens || k->secret.is_token;
	return VOUCH_OK;
}

static int
read_secrets(struct signing *s, vouch_err *err)
{
	const struct conf *conf = s->plan->conf;

	for (size_t i = 0; i < conf->issuer_count; i++)
		for (size_t n = 0; n < conf->issuers[i].signer_count; n++)
			if (read_secret(s, &conf->issuers[i].signers[n], err) != VOUCH_OK)
				return err->code;
	return VOUCH_OK;
}

static void
wipe_secrets(struct signing *s)
{
	for (size_t i = 0; i < s->secret_count; i++)
		secret_wipe(&s->secrets[i].secret);
	secrecy_forget_passphrases(s->plan->conf);
}

/* --- Rights --------------------------------------------------------------------------------------------- */

static int
guard_memory(vouch_err *err)
{
	bool swappable = false;

	if (secrecy_begin(&swappable, err) != VOUCH_OK)
		return err->code;
	if (swappable)
		log_event(CONF_LOG_INFO, "memory_not_locked", "process", "signer", "advice",
		    "raise RLIMIT_MEMLOCK (LimitMEMLOCK=infinity)", NULL);
	return VOUCH_OK;
}

static int
change_user(struct signing *s, vouch_err *err)
{
	if (identity_take(s->plan->conf->user, err) != VOUCH_OK)
		return err_prefix(err, "signer");
	secrecy_die_with_parent(s->parent);
	return VOUCH_OK;
}

static int
enter_sandbox(struct signing *s, vouch_err *err)
{
	struct sandbox_report report;
	enum sandbox_role role = s->has_tokens ? SANDBOX_SIGNER_TOKENS : SANDBOX_SIGNER;

	if (s->plan->conf->sandbox == CONF_SANDBOX_OFF)
		return VOUCH_OK;
	if (sandbox_enter(role, NULL, &report, err) != VOUCH_OK)
		return err_prefix(err, "signer");
	if (report.without_landlock)
		log_event(CONF_LOG_WARNING, "without_landlock", "process", "signer", NULL);
	return VOUCH_OK;
}

/* --- Signers -------------------------------------------------------------------------------------------- */

/* What the library says of a key in octets, which are those of a file here; what it says of the certificate stays. */
static void
name_key_file(vouch_err *err, const char *path)
{
	static const char anonymous[] = "key_octets: ";
	const size_t len = sizeof(anonymous) - 1;

	if (strncmp(err->msg, anonymous, len) != 0)
		return;
	memmove(err->msg, err->msg + len, strlen(err->msg + len) + 1);
	(void)conf_err_file(err, path, 0, 2);
}

/* The assembly_open_signer of a process that has read the keys already. */
static int
open_signer(void *arg, vouch_signer **out, const struct conf_signer *conf, unsigned number,
    vouch_span certificate, vouch_err *err)
{
	const struct known_secret *k = find_secret(arg, conf);
	vouch_signer_options options = { .size = sizeof(options),
		.algorithm = conf->algorithm,
		.certificate = certificate,
		.passphrase = span_buf(&k->secret.passphrase) };

	(void)number;
	if (k->secret.key.len > 0)
		options.key_octets = span_buf(&k->secret.key);
	else
		options.key = conf->key;
	if (vouch_signer_open(out, &options, err) == VOUCH_OK)
		return VOUCH_OK;
	if (k->secret.key.len > 0)
		name_key_file(err, conf->key);
	return conf_err_file(err, conf->certificate, 0, 2);
}

static int
add_issuers(const struct assembly *a, vouch_guard *guard, const vouch_signer *signer, vouch_err *err)
{
	for (size_t i = 0; i < a->count; i++)
		for (size_t n = 0; n < vouch_issuer_signers(a->issuers[i]); n++)
			if (vouch_issuer_signer(a->issuers[i], n) == signer &&
			    vouch_guard_add(guard, a->issuers[i], err) != VOUCH_OK)
				return err->code;
	return VOUCH_OK;
}

static int
make_desk(struct signing *s, struct signing_desk *desk, unsigned number, vouch_err *err)
{
	vouch_guard_options options = { .size = sizeof(options), .certids = s->plan->conf->limits.certids };

	desk->signer = s->assembly->signers[number];
	if (vouch_guard_new(&desk->guard, desk->signer, &options, err) != VOUCH_OK)
		return err->code;
	return add_issuers(s->assembly, desk->guard, desk->signer, err);
}

static int
make_desks(struct signing *s, vouch_err *err)
{
	const struct assembly_options options = { .now = io_wall_seconds(),
		.files = &s->plan->files,
		.open_signer = open_signer,
		.open_signer_arg = s,
		.without_sources = true };

	if (assembly_new(&s->assembly, s->plan->conf, &options, err) != VOUCH_OK)
		return err->code;
	s->desks.items = calloc(s->assembly->signer_count, sizeof(*s->desks.items));
	if (s->desks.items == NULL)
		return err_nomem(err);
	s->desks.count = s->assembly->signer_count;
	for (unsigned i = 0; i < s->desks.count; i++)
		if (make_desk(s, &s->desks.items[i], i, err) != VOUCH_OK)
			return err->code;
	return VOUCH_OK;
}

/* Threads begin in the sandbox. */
static int
open_queues(struct signing *s, vouch_err *err)
{
	for (size_t i = 0; i < s->desks.count; i++) {
		const struct conf_signer *conf = s->assembly->signer_confs[i];
		if (assembly_signer_is_slow(conf, s->desks.items[i].signer) &&
		    signing_queue_new(&s->desks.items[i].queue, s->desks.items[i].signer, conf->sessions,
			err) != VOUCH_OK)
			return err->code;
	}
	return VOUCH_OK;
}

/* what the server holds against the certificates that it sends. */
static int
write_proofs(const struct signing *s, int *fd, vouch_err *err)
{
	vouch_buf proofs = { 0 };
	int code = VOUCH_OK;

	for (uint16_t i = 0; code == VOUCH_OK && i < s->desks.count; i++) {
		struct io_message head = { .type = SIGNING_SIGNED, .number = i };
		size_t place;
		if (io_message_begin(&proofs, &head, &place) != VOUCH_OK)
			code = err_nomem(err);
		else if ((code = vouch_signer_prove(s->desks.items[i].signer, &proofs, err)) == VOUCH_OK)
			code = io_message_end(&proofs, place);
	}
	if (code == VOUCH_OK)
		code = io_memory_file(fd, "proofs", span_buf(&proofs), err);
	vouch_buf_free(&proofs);
	return code;
}

/*
 * The passphrases have been asked for.  Others' code, that of a token's provider, would ask again, of a terminal that
 * belongs to whoever started the service.
 */
static int
leave_terminal(struct signing *s, vouch_err *err)
{
	int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)s;
	if (nothing < 0 || dup2(nothing, STDIN_FILENO) < 0)
		return err_set(err, VOUCH_EIO, "/dev/null: %s", strerror(errno));
	close(nothing);
	/* Which fails only for who leads a group of his own already, and a fresh child does not. */
	(void)setsid();
	return VOUCH_OK;
}

/* --- Life ----------------------------------------------------------------------------------------------- */

static int
start(struct signing *s, int *proofs, vouch_err *err)
{
	int (*const steps[])(struct signing *, vouch_err *) = { read_secrets, leave_terminal, change_user,
		make_desks };

	if (guard_memory(err) != VOUCH_OK)
		return err->code;
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
		if (steps[i](s, err) != VOUCH_OK)
			return err->code;
	wipe_secrets(s);
	if (write_proofs(s, proofs, err) != VOUCH_OK || enter_sandbox(s, err) != VOUCH_OK)
		return err->code;
	return open_queues(s, err);
}

static void
end_if_done(struct signing *s)
{
	pthread_mutex_lock(&s->channels_lock);
	bool done = s->retired && s->channels == 0;
	pthread_mutex_unlock(&s->channels_lock);
	if (done)
		_exit(0);
}

/* Called on the channel's thread. */
static void
on_closed(void *arg)
{
	struct signing *s = arg;

	pthread_mutex_lock(&s->channels_lock);
	s->channels--;
	pthread_mutex_unlock(&s->channels_lock);
	end_if_done(s);
}

static void
take_channel(struct signing *s, struct io_record *record)
{
	vouch_err err;

	err_or(&err, NULL);
	if (record->fd_count != 1)
		return;
	pthread_mutex_lock(&s->channels_lock);
	s->channels++;
	pthread_mutex_unlock(&s->channels_lock);
	if (signing_channel_start(record->fds[0], &s->desks, on_closed, s, &err) == VOUCH_OK) {
		record->fd_count = 0;
		return;
	}
	log_event(CONF_LOG_ERROR, "channel_failed", "why", err.msg, NULL);
	on_closed(s);
}

/* Until the supervisor has gone, or the last channel after it said so. */
static void
obey(struct signing *s, int control)
{
	struct io_record record;
	vouch_err err;

	err_or(&err, NULL);
	while (io_record_receive(control, &record, &err) == VOUCH_OK) {
		if (record.message.type == CONTROL_CHANNEL) {
			take_channel(s, &record);
		} else if (record.message.type == CONTROL_RETIRE) {
			pthread_mutex_lock(&s->channels_lock);
			s->retired = true;
			pthread_mutex_unlock(&s->channels_lock);
			end_if_done(s);
		}
		io_record_close_fds(&record);
	}
}

int
signing_main(int control, const struct plan_origin *origin, const struct plan *plan)
{
	struct signing s = { .plan = plan, .parent = getppid() };
	struct io_message ready = { .type = CONTROL_READY }, failed = { .type = CONTROL_FAILED };
	int proofs = -1;
	vouch_err err, unread;

	(void)origin;
	err_or(&err, NULL);
	pthread_mutex_init(&s.channels_lock, NULL);
	if (start(&s, &proofs, &err) != VOUCH_OK) {
		wipe_secrets(&s);
		failed.body = span_string(err.msg);
		failed.number = err.rule != NULL && strcmp(err.rule, "pin") == 0 ? CONTROL_PIN_REFUSED :
										   CONTROL_OTHER;
		(void)!io_record_send(control, &failed, NULL, 0, &unread);
		return 1;
	}
	if (io_record_send(control, &ready, &proofs, 1, &unread) != VOUCH_OK)
		return 1;
	close(proofs);
	obey(&s, control);
	/* Threads of channels and queues are still at work with what is here: nothing is taken from under them. */
	_exit(0);
}
