/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a process can still do: no_new_privs, then Landlock (files, TCP ports, signals), then a seccomp
 * filter.
 *
 *                        files             network            processes      what is forbidden ends in
 *  SUPERVISOR            as its user       all                fork, no exec  EPERM
 *  SIGNER                none opens        none of its own    threads only   EPERM; SIGSYS for the fatal ones
 *  SIGNER_TOKENS         as its user       all                fork, no exec  EPERM
 *  SERVER                those of `paths`  accepts            threads only   EPERM; SIGSYS for the fatal ones
 *  SERVER_CONNECTS       those of `paths`  connects, accepts  threads only   EPERM; SIGSYS for the fatal ones
 *
 * Fatal is what no code of ours does by mistake: exec, ptrace, another process's memory, mounts,
 * namespaces, kernel modules, BPF.  The kernel ends such a process with SIGSYS, which says to whoever
 * waits for it that it was taken over.
 */
#ifndef DAEMON_SANDBOX_H
#define DAEMON_SANDBOX_H

#include <vouch.h>

enum sandbox_role {
	SANDBOX_SUPERVISOR,
	SANDBOX_SIGNER,		/* keys from files, already read */
	SANDBOX_SIGNER_TOKENS,	/* code of a PKCS#11 module or provider, whose needs nobody knows */
	SANDBOX_SERVER,		/* all that it answers by is in files */
	SANDBOX_SERVER_CONNECTS /* databases and sites of others */
};

/*
 * Files and folders; what is not there is not granted.  A folder is granted with all below it.  A file
 * stands for the folder that it is in: it may be replaced by another, and SQLite makes -wal and -shm
 * beside it.
 *
 * Nothing of `denied` is granted by either.  A folder then becomes what is in it without that; a file is
 * granted alone, with those that are there and begin with its name and a dash.  What does not work then:
 * a file that is replaced by rename is not seen (EACCES: its source is unavailable) until the server is
 * started again, or an opener opens it (daemon/opener.h), and neither are -wal and -shm made anew.  So keys belong in
 * a folder of their own, which the operator is to be told (sandbox_report.mixed).
 */
struct sandbox_paths {
	const char *const *read, *const *write, *const *denied;
	const char *const *exact; /* to read, where a file is that file only: those of the system */
	size_t read_count, write_count, denied_count, exact_count;
	bool connects; /* sources are elsewhere: SANDBOX_SERVER_CONNECTS */
	/* Of `read`, those whose sources have somebody else open them, when another file took their place: the opener */
	const char *const *opened;
	size_t opened_count;
};

#define SANDBOX_TEXT 160

struct sandbox_report {
	bool without_landlock;	  /* the kernel has none, only modes keep files: tell the operator */
	int landlock_abi;	  /* 0: none, or none for this role */
	char mixed[SANDBOX_TEXT]; /* the first folder that holds something denied beside a granted file; "" */
};

/*
 * Enters the sandbox, for good.  The process has one thread (VOUCH_EREFUSED): Landlock would not hold
 * the others.  `paths` is read for the server's roles only.  To be called when secrets are read and, in the
 * server, sources are open, so that the files beside databases are there.  Capabilities are given up by
 * all but the supervisor, unless root runs it.
 *
 * An error is VOUCH_EIO or VOUCH_EUNAVAILABLE (a kernel or a build without seccomp) and says so: the
 * process is to end, or never to have called (sandbox: off).
 */
VOUCH_MUST int sandbox_enter(enum sandbox_role role, const struct sandbox_paths *paths,
    struct sandbox_report *report, vouch_err *err);

#endif
