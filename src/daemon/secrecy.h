/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets stay in the memory of the process that needs them. */
#ifndef DAEMON_SECRECY_H
#define DAEMON_SECRECY_H

#include <sys/types.h>

#include "conf/conf.h"

/*
 * No core file, no debugger, no swap: to be called before the first secret is read, and best while still
 * root, which may lock memory without limit.  Where not all memory can be locked, the parts of keys that
 * OpenSSL keeps in its secure heap still are, and *swappable is true: the operator is to be told
 * (RLIMIT_MEMLOCK, LimitMEMLOCK=infinity). An error is VOUCH_EIO.  Children inherit all but the lock.
 */
VOUCH_MUST int secrecy_begin(bool *swappable, vouch_err *err);
/*
 * The process is killed when the thread that forked it ends, at once if `parent` has ended already.  After
 * identity_take(), at which the kernel forgets it.
 */
void secrecy_die_with_parent(pid_t parent);
/*
 * For the supervisor, whose environment is where the next signer finds them: if passphrase_env names any, other
 * processes of its user can no more read its memory, nor /proc/PID/environ.
 */
VOUCH_MUST int secrecy_keep_passphrases(const struct conf *conf, vouch_err *err);
/*
 * Wipes the environment variables that passphrase_env names.  In the server first thing after the fork;
 * in the signer when its keys are open, since several may share a variable; never in the supervisor,
 * from which the next signer inherits them.
 */
void secrecy_forget_passphrases(const struct conf *conf);

#endif
