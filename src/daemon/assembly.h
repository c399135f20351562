/* SPDX-License-Identifier: Apache-2.0 */
/* The assembly: what a configuration names, loaded: issuers with their signers and sources. */
#ifndef DAEMON_ASSEMBLY_H
#define DAEMON_ASSEMBLY_H

#include "conf/conf.h"

struct assembly {
	vouch_issuer **issuers; /* one for each conf->issuers, in that order */
	size_t count;
};

/*
 * Errors name the file and the line of the configuration.  Sources and signers that several issuers name
 * are opened once.
 */
VOUCH_MUST int assembly_new(struct assembly **out, const struct conf *conf, vouch_time now, vouch_err *err);
void assembly_free(struct assembly *assembly);
/* A responder that serves them under their paths; options.certids is taken from the configuration. */
VOUCH_MUST int assembly_responder(vouch_responder **out, const struct assembly *assembly,
    const struct conf *conf, const vouch_responder_options *options, vouch_err *err);

#endif
