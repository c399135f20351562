/* SPDX-License-Identifier: Apache-2.0 */
/* Paths as Landlock's rules: with nothing in them that is denied. */
#ifndef DAEMON_SANDBOX_GRANTS_H
#define DAEMON_SANDBOX_GRANTS_H

#include "daemon/landlock.h"
#include "daemon/sandbox.h"

VOUCH_MUST int sandbox_grant(struct landlock *rules, const struct sandbox_paths *paths,
    char mixed[SANDBOX_TEXT], vouch_err *err);
/* Is the file granted alone, since something denied is in its folder? */
bool sandbox_is_mixed(const struct sandbox_paths *paths, const char *path);
/* Does a link lie on the way to it?  Where that leads next nobody can grant now. */
bool sandbox_is_linked(const char *path);
/* Could a process that was granted `held` open this file?  True in doubt. */
bool sandbox_may_see(const struct sandbox_paths *held, const char *path);

#endif
