/* SPDX-License-Identifier: Apache-2.0 */
/* Whose rights a process has. */
#ifndef DAEMON_IDENTITY_H
#define DAEMON_IDENTITY_H

#include <vouch.h>

/*
 * Can the rights of `user` be taken?  VOUCH_EINVAL: there is no such user; VOUCH_EREFUSED: it is root, or the
 * process is neither root nor that user.  NULL is VOUCH_OK: nothing is taken.
 */
VOUCH_MUST int identity_check(const char *user, vouch_err *err);
/*
 * Takes them for good: the user's groups, then group, then user, each real, effective and saved, and no
 * capability stays; afterwards it is tried whether there is a way back.  In a process that is that user
 * already, and for NULL, nothing changes.  After an error the process is to end: it may have taken a
 * part.
 *
 * Keys are read before, databases opened after.  Whether the process may be dumped stays as it was,
 * although the kernel forgets; it also forgets the signal for a parent's death, so
 * secrecy_die_with_parent() comes after.
 */
VOUCH_MUST int identity_take(const char *user, vouch_err *err);
/*
 * Gives the user a file of ours, such as a Unix socket, so that those with his rights may remove or
 * replace it; a symbolic link is not followed.  Does nothing for NULL, and unless the process is root.
 */
VOUCH_MUST int identity_give(const char *user, const char *path, vouch_err *err);
/* Gives up every capability: root, too, is then nobody but the owner of its files. */
VOUCH_MUST int identity_drop_capabilities(vouch_err *err);

#endif
