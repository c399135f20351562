/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plan: a configuration and the certificate files that it names, as they were at one moment.  The supervisor
 * makes it; the signer and the server build from it, and so cannot disagree.  No key is in it.
 */
#ifndef DAEMON_PLAN_H
#define DAEMON_PLAN_H

#include "conf/conf.h"
#include "daemon/bundle.h"

/* Where configurations come from. */
struct plan_origin {
	const char *file; /* NULL: flags, which from_flags reads */
	int (*from_flags)(struct conf **out, void *arg, vouch_err *err);
	void *arg;
};

struct plan {
	vouch_buf text; /* of the file; empty with flags */
	struct conf *conf;
	struct bundle files;
};

/* Reads everything.  Errors name the file and the line of the configuration. */
VOUCH_MUST int plan_make(struct plan **out, const struct plan_origin *origin, vouch_err *err);
/* To another process, and there. */
VOUCH_MUST int plan_encode(const struct plan *plan, vouch_buf *out, vouch_err *err);
VOUCH_MUST int plan_decode(struct plan **out, const struct plan_origin *origin, vouch_span octets,
    vouch_err *err);
void plan_free(struct plan *plan);

#endif
