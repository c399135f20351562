/* SPDX-License-Identifier: Apache-2.0 */
/* The assembly: what a configuration names, loaded: issuers with their signers and sources. */
#ifndef DAEMON_ASSEMBLY_H
#define DAEMON_ASSEMBLY_H

#include "conf/conf.h"
#include "daemon/bundle.h"
#include "daemon/source_set.h"

/*
 * Opens the signer of that number: several issuers may name the same one, which is opened once, and signers are
 * numbered in the order in which the configuration first names them, by whomever it is assembled.
 */
typedef int assembly_open_signer(void *arg, vouch_signer **out, const struct conf_signer *conf,
    unsigned number, vouch_span certificate, vouch_err *err);

struct assembly;

struct assembly_options {
	vouch_time now;
	const struct bundle *files; /* where the certificates are; NULL: they are read */
	/* NULL: with the key, in this process. */
	assembly_open_signer *open_signer;
	void *open_signer_arg;
	bool without_sources; /* for who answers nobody */
	/* NULL, or whose sources go on in this one, if they remember more than they would read now. */
	const struct assembly *before;
};

struct assembly {
	const struct conf *conf;
	vouch_issuer **issuers; /* one for each conf->issuers, in that order */
	size_t count;
	vouch_signer **signers; /* by number */
	const struct conf_signer **signer_confs;
	size_t signer_count;
	struct source_set sources;
};

/* True when two entries of a configuration name the same signer. */
bool assembly_is_same_signer(const struct conf_signer *a, const struct conf_signer *b);
/*
 * True when a signature may take as long as thousands of others: a token's, and those of SLH-DSA.  It has threads of
 * its own then, and few are asked for at a time.
 */
bool assembly_signer_is_slow(const struct conf_signer *conf, const vouch_signer *signer);
/* Errors name the file and the line of the configuration.  conf is to live as long as the assembly. */
VOUCH_MUST int assembly_new(struct assembly **out, const struct conf *conf,
    const struct assembly_options *options, vouch_err *err);
/* The opener for a key that is in this process; the passphrase is asked for where the configuration says. */
VOUCH_MUST int assembly_open_with_key(void *arg, vouch_signer **out, const struct conf_signer *conf,
    unsigned number, vouch_span certificate, vouch_err *err);
void assembly_free(struct assembly *assembly);
/* A responder that serves them under their paths; options.certids is taken from the configuration. */
VOUCH_MUST int assembly_responder(vouch_responder **out, const struct assembly *assembly,
    const struct conf *conf, const vouch_responder_options *options, vouch_err *err);

#endif
