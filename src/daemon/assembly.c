/* SPDX-License-Identifier: Apache-2.0 */
/* The assembly: what a configuration names, loaded: issuers with their signers and sources. */
#include "daemon/assembly.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "daemon/log.h"
#include "daemon/secret.h"
#include "io/passphrase.h"
#include "sources/sources.h"

/* What is being built; what several issuers name is opened once. */
struct builder {
	const struct conf *conf;
	const struct assembly_options *options;
	vouch_err *err;
	struct assembly *assembly;
	struct bundle own_files; /* of who brought none */
};

/* The octets of a certificate file. */
static int
find_file(struct builder *b, const char *path, vouch_span *out)
{
	const struct bundle *files = b->options->files != NULL ? b->options->files : &b->own_files;

	if (b->options->files == NULL && bundle_read(&b->own_files, path, b->err) != VOUCH_OK)
		return b->err->code;
	*out = bundle_find(files, path);
	return out->data != NULL ? VOUCH_OK : err_set(b->err, VOUCH_EIO, "%s: was not brought along", path);
}

/* --- Signers ------------------------------------------------------------------------------------------ */

static bool
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
assembly_is_same_signer(const struct conf_signer *a, const struct conf_signer *b)
{
	return same_text(a->certificate, b->certificate) && same_text(a->key, b->key) &&
	    same_text(a->algorithm, b->algorithm) && same_text(a->passphrase_file, b->passphrase_file) &&
	    same_text(a->passphrase_env, b->passphrase_env) && a->passphrase_prompt == b->passphrase_prompt;
}

bool
assembly_signer_is_slow(const struct conf_signer *conf, const vouch_signer *signer)
{
	return secret_is_elsewhere(conf) || strncmp(vouch_signer_algorithm(signer), "slh-dsa-", 8) == 0;
}

int
assembly_open_with_key(void *arg, vouch_signer **out, const struct conf_signer *conf, unsigned number,
    vouch_span certificate, vouch_err *err)
{
	vouch_signer_options options = { .size = sizeof(options),
		.key = conf->key,
		.algorithm = conf->algorithm,
		.certificate = certificate };
	vouch_buf passphrase = { 0 };

	(void)arg, (void)number;
	int rc = secret_passphrase(&passphrase, conf, err);
	if (rc == VOUCH_OK) {
		options.passphrase = span_buf(&passphrase);
		rc = vouch_signer_open(out, &options, err);
		/* The text says which of the two is wrong; the configuration says which files they are. */
		if (rc != VOUCH_OK)
			conf_err_file(err, conf->certificate, 0, 2);
	}
	io_passphrase_wipe(&passphrase);
	return rc;
}

static int
open_signer(struct builder *b, const struct conf_signer *conf, vouch_signer **out)
{
	const struct assembly_options *o = b->options;
	assembly_open_signer *open = o->open_signer != NULL ? o->open_signer : assembly_open_with_key;
	vouch_span certificate;
	int rc = find_file(b, conf->certificate, &certificate);

	return rc != VOUCH_OK ?
	    rc :
	    open(o->open_signer_arg, out, conf, (unsigned)b->assembly->signer_count, certificate, b->err);
}

static int
make_room(struct assembly *a, vouch_err *err)
{
	vouch_signer **signers = reallocarray(a->signers, a->signer_count + 1, sizeof(vouch_signer *));

	if (signers != NULL)
		a->signers = signers;
	const struct conf_signer **confs = reallocarray(a->signer_confs, a->signer_count + 1,
	    sizeof(const struct conf_signer *));
	if (confs != NULL)
		a->signer_confs = confs;
	return signers != NULL && confs != NULL ? VOUCH_OK : err_nomem(err);
}

/* The signer is borrowed from the assembly. */
static int
find_signer(struct builder *b, const struct conf_signer *conf, vouch_signer **out)
{
	struct assembly *a = b->assembly;

	for (size_t i = 0; i < a->signer_count; i++) {
		if (assembly_is_same_signer(a->signer_confs[i], conf)) {
			*out = a->signers[i];
			return VOUCH_OK;
		}
	}
	int rc = make_room(a, b->err);
	if (rc == VOUCH_OK)
		rc = open_signer(b, conf, out);
	if (rc != VOUCH_OK)
		return rc;
	a->signers[a->signer_count] = *out;
	a->signer_confs[a->signer_count++] = conf;
	return VOUCH_OK;
}

static int
add_signers(struct builder *b, const struct conf_issuer *conf, vouch_issuer *issuer)
{
	for (size_t i = 0; i < conf->signer_count; i++) {
		const struct conf_signer *signer_conf = &conf->signers[i];
		unsigned flags = signer_conf->locally_trusted ? VOUCH_SIGNER_LOCALLY_TRUSTED : 0;
		vouch_signer *signer = NULL;

		if (find_signer(b, signer_conf, &signer) != VOUCH_OK)
			return conf_err_at(b->err, b->conf, signer_conf->line);
		if (vouch_issuer_add_signer(issuer, signer, flags, b->err) != VOUCH_OK) {
			conf_err_file(b->err, signer_conf->certificate, 0, 2);
			return conf_err_at(b->err, b->conf, signer_conf->line);
		}
	}
	return VOUCH_OK;
}

/* --- Sources ------------------------------------------------------------------------------------------ */

static bool
names_source(const struct conf_issuer *conf, const char *uri)
{
	for (size_t i = 0; i < conf->source_count; i++)
		if (strcmp(conf->sources[i].uri, uri) == 0)
			return true;
	return false;
}

static bool
is_asked_about(const struct assembly *a, const char *uri, const vouch_issuer *issuer)
{
	for (size_t i = 0; i < a->count; i++)
		if (names_source(&a->conf->issuers[i], uri) &&
		    span_equal(vouch_issuer_id(a->issuers[i]), vouch_issuer_id(issuer)))
			return true;
	return false;
}

/* True when a source of that URI is asked about nobody by `a` about whom `b` does not ask it. */
static bool
asks_no_more(const struct assembly *a, const struct assembly *b, const char *uri)
{
	for (size_t i = 0; i < a->count; i++)
		if (names_source(&a->conf->issuers[i], uri) && !is_asked_about(b, uri, a->issuers[i]))
			return false;
	return true;
}

/* Whom a source was attached to, it stays attached to, and what it has was read for those: they are the same. */
static bool
may_go_on(const struct builder *b, const char *uri, const vouch_source *source)
{
	const struct assembly *before = b->options->before, *now = b->assembly;

	return (vouch_source_get_ops(source)->flags & VOUCH_SOURCE_REMEMBERS) != 0 &&
	    asks_no_more(before, now, uri) && asks_no_more(now, before, uri);
}

/* What it has stays in use when there is no newer: its health says so, too, but not to who asked for a reload. */
static void
read_again(struct builder *b, vouch_source *source)
{
	vouch_err why;

	err_or(&why, NULL);
	if (vouch_source_reload(source, b->options->now, &why) != VOUCH_OK)
		log_event(CONF_LOG_WARNING, "source_kept", "why", why.msg, NULL);
}

static int
open_source(struct builder *b, const char *uri, vouch_source **out)
{
	vouch_source *before = b->options->before == NULL ?
	    NULL :
	    source_set_find(&b->options->before->sources, uri);

	if (before == NULL || !may_go_on(b, uri, before))
		return sources_open(out, uri, b->options->now, b->err);
	read_again(b, before);
	*out = vouch_source_ref(before);
	return VOUCH_OK;
}

/* The source is borrowed from the assembly. */
static int
find_source(struct builder *b, const char *uri, vouch_source **out)
{
	*out = source_set_find(&b->assembly->sources, uri);
	if (*out != NULL)
		return VOUCH_OK;
	int rc = open_source(b, uri, out);
	return rc == VOUCH_OK ? source_set_add(&b->assembly->sources, uri, *out, b->err) : rc;
}

static int
add_sources(struct builder *b, const struct conf_issuer *conf, vouch_issuer *issuer)
{
	for (size_t i = 0; i < conf->source_count; i++) {
		const struct conf_source *source_conf = &conf->sources[i];
		unsigned flags = source_conf->optional ? VOUCH_SOURCE_OPTIONAL : 0;
		vouch_source *source = NULL;

		if (find_source(b, source_conf->uri, &source) != VOUCH_OK ||
		    vouch_issuer_add_source(issuer, source, flags, b->err) != VOUCH_OK)
			return conf_err_at(b->err, b->conf, source_conf->line);
	}
	return VOUCH_OK;
}

/* --- Issuers ------------------------------------------------------------------------------------------ */

static int
open_issuer(struct builder *b, const struct conf_issuer *conf, vouch_issuer **out)
{
	vouch_span certificate;
	int rc = find_file(b, conf->certificate, &certificate);

	if (rc != VOUCH_OK)
		return rc;
	rc = vouch_issuer_new(out, certificate, &conf->options, b->err);
	return rc == VOUCH_OK ? VOUCH_OK : conf_err_file(b->err, conf->certificate, 0, 2);
}

static int
add_issuer(struct builder *b, const struct conf_issuer *conf)
{
	vouch_issuer *issuer = NULL;

	if (open_issuer(b, conf, &issuer) != VOUCH_OK)
		return conf_err_at(b->err, b->conf, conf->line);
	b->assembly->issuers[b->assembly->count++] = issuer;
	return add_signers(b, conf, issuer);
}

/* Sources come when all issuers are there: which of them ask a source decides whether it goes on. */
static int
add_all(struct builder *b)
{
	struct assembly *a = b->assembly;
	int rc = VOUCH_OK;

	for (size_t i = 0; i < b->conf->issuer_count && rc == VOUCH_OK; i++)
		rc = add_issuer(b, &b->conf->issuers[i]);
	for (size_t i = 0; i < a->count && rc == VOUCH_OK && !b->options->without_sources; i++)
		rc = add_sources(b, &b->conf->issuers[i], a->issuers[i]);
	return rc;
}

static int
build(struct builder *b)
{
	b->assembly->issuers = calloc(b->conf->issuer_count, sizeof(vouch_issuer *));
	if (b->assembly->issuers == NULL)
		return err_nomem(b->err);
	int rc = add_all(b);
	bundle_clear(&b->own_files);
	return rc;
}

int
assembly_new(struct assembly **out, const struct conf *conf, const struct assembly_options *options,
    vouch_err *err)
{
	struct assembly *assembly = calloc(1, sizeof(*assembly));

	if (assembly == NULL)
		return err_nomem(err);
	assembly->conf = conf;
	struct builder b = { .conf = conf, .options = options, .err = err, .assembly = assembly };
	int rc = build(&b);
	if (rc != VOUCH_OK) {
		assembly_free(assembly);
		return rc;
	}
	*out = assembly;
	return VOUCH_OK;
}

void
assembly_free(struct assembly *assembly)
{
	if (assembly == NULL)
		return;
	for (size_t i = 0; i < assembly->count; i++)
		vouch_issuer_free(assembly->issuers[i]);
	for (size_t i = 0; i < assembly->signer_count; i++)
		vouch_signer_free(assembly->signers[i]);
	source_set_clear(&assembly->sources);
	free(assembly->issuers);
	free(assembly->signers);
	free(assembly->signer_confs);
	free(assembly);
}

int
assembly_responder(vouch_responder **out, const struct assembly *assembly, const struct conf *conf,
    const vouch_responder_options *options, vouch_err *err)
{
	vouch_responder_options own = *options;
	vouch_responder *responder = NULL;

	own.certids = conf->limits.certids;
	if (vouch_responder_new(&responder, &own, err) != VOUCH_OK)
		return err->code;
	for (size_t i = 0; i < assembly->count; i++) {
		if (vouch_responder_add(responder, assembly->issuers[i], conf->issuers[i].path, err) ==
		    VOUCH_OK)
			continue;
		vouch_responder_free(responder);
		return conf_err_at(err, conf, conf->issuers[i].line);
	}
	*out = responder;
	return VOUCH_OK;
}
