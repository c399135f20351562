/* SPDX-License-Identifier: Apache-2.0 */
/* The files that a configuration makes the server need, and those that it must never see. */
#ifndef DAEMON_SANDBOX_PATHS_H
#define DAEMON_SANDBOX_PATHS_H

#include "conf/conf.h"
#include "daemon/sandbox.h"

/*
 * Databases to write; lists and CRLs, and what resolving names and verifying TLS read, to read; keys and
 * passphrase files denied.  With a source that is a plugin nobody knows what it needs: everything but
 * the keys.
 */
VOUCH_MUST int sandbox_paths_new(struct sandbox_paths **out, const struct conf *conf, vouch_err *err);
void sandbox_paths_free(struct sandbox_paths *paths);
/*
 * Does a process that entered its sandbox with `held` do for `wanted`?  If not, a reload needs a new server
 * process: a sandbox never widens.
 */
bool sandbox_paths_cover(const struct sandbox_paths *held, const struct sandbox_paths *wanted);

#endif
