/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls of each role. */
#include "daemon/sandbox_filter.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "daemon/sandbox_watched.h"

#define ROLE(role) (1U << (role))
#define SIGNER ROLE(SANDBOX_SIGNER)
#define CONNECTS ROLE(SANDBOX_SERVER_CONNECTS)
#define SERVER (ROLE(SANDBOX_SERVER) | CONNECTS)
#define CONFINED \
	(SIGNER | SERVER) /* what is not allowed is forbidden; for the others it is the other way round */

#ifndef PR_SET_VMA /* Linux 5.17: malloc of newer C libraries names its memory */
#define PR_SET_VMA 0x53564d41
#endif

/* --- Tables ------------------------------------------------------------------------------------------- */

/* Threads, memory, time, waiting, and descriptors that are open already. */
static const char *const always[] = { "brk", "munmap", "mremap", "madvise", "membarrier", "mlock", "mlock2",
	"munlock", "msync", "futex", "futex_waitv", "set_robust_list", "get_robust_list", "rseq",
	"set_tid_address", "sched_yield", "sched_getaffinity", "sched_getparam", "sched_getscheduler",
	"getcpu", "gettid", "getpid", "getppid", "getpgrp", "getpgid", "getuid", "geteuid", "getgid",
	"getegid", "getresuid", "getresgid", "getgroups", "getpriority", "getrusage", "getrlimit", "uname",
	"sysinfo", "getrandom", "clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep",
	"gettimeofday", "time", "times", "restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn",
	"rt_sigpending", "rt_sigtimedwait", "rt_sigsuspend", "sigaltstack", "exit", "exit_group", "pause",
	"alarm", "setitimer", "getitimer", "timer_create", "timer_settime", "timer_gettime", "timer_delete",
	"timerfd_create", "timerfd_settime", "timerfd_gettime", "eventfd", "eventfd2", "signalfd",
	"signalfd4", "pipe", "pipe2", "poll", "ppoll", "select", "_newselect", "pselect6", "epoll_create",
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "read", "readv", "pread64",
	"preadv", "preadv2", "write", "writev", "close", "close_range", "lseek", "_llseek", "dup", "dup2",
	"dup3", "fcntl", "fcntl64", "fstat", "fstat64", "fstatfs", "fstatfs64", "stat", "stat64", "lstat",
	"lstat64", "newfstatat", "fstatat64", "statx", "access", "faccessat", "faccessat2", "readlink",
	"readlinkat", "getcwd", "recv", "recvfrom", "recvmsg", "recvmmsg", "send", "sendto", "sendmsg",
	"sendmmsg", "shutdown", "socketpair", "getsockname", "getpeername", "getsockopt", "setsockopt" };

/* Other machines, and their names. */
static const char *const of_connecting[] = { "connect", "bind" };

/* Clients, databases in files; Landlock says which. */
static const char *const of_server[] = { "open", "openat", "creat", "accept", "accept4", "pwrite64",
	"pwritev", "pwritev2", "fsync", "fdatasync", "sync_file_range", "ftruncate", "ftruncate64",
	"truncate", "truncate64", "fallocate", "fadvise64", "readahead", "flock", "unlink", "unlinkat",
	"rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "chmod", "fchmod", "fchmodat",
	"chown", "lchown", "fchown", "fchownat", "utimensat", "umask", "getdents", "getdents64", "statfs",
	"statfs64", "inotify_init", "inotify_init1", "inotify_add_watch", "inotify_rm_watch", "mincore",
	"mlockall", "munlockall" };

/* What libraries try first, and have another way for. */
static const char *const unknown[] = { "clone3", "openat2", "io_uring_setup", "io_uring_enter",
	"io_uring_register", "fchmodat2", "futex_wait", "futex_wake", "futex_requeue", "memfd_secret" };

/* What only somebody does who took the process over. */
static const char *const fatal[] = { "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev",
	"process_madvise", "pidfd_getfd", "kexec_load", "kexec_file_load", "init_module", "finit_module",
	"delete_module", "bpf", "userfaultfd", "mount", "umount", "umount2", "pivot_root", "chroot",
	"move_mount", "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr", "setns",
	"unshare", "open_by_handle_at", "reboot", "swapon", "swapoff" };

/* Besides that, what is allowed to nobody, and tried by innocent code. */
static const char *const refused[] = { "add_key", "keyctl", "request_key", "perf_event_open", "acct",
	"settimeofday", "clock_settime", "clock_settime64", "clock_adjtime", "clock_adjtime64", "adjtimex",
	"sethostname", "setdomainname", "iopl", "ioperm", "modify_ldt", "quotactl", "quotactl_fd", "kcmp",
	"name_to_handle_at", "vhangup", "syslog", "lookup_dcookie", "nfsservctl", "uselib", "vm86", "vm86old",
	"_sysctl", "io_uring_setup", "io_uring_enter", "io_uring_register", "personality" };

/* Allowed where an argument is so.  A mask of 0 is all of it. */
#define WHOLE UINT64_C(0)
#define OPEN_WRITES ((uint64_t)(O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND))
static const struct condition {
	const char *name;
	unsigned roles, argument;
	uint64_t mask, value;
} conditions[] = {
	{ "open", SIGNER, 1, OPEN_WRITES, O_RDONLY },
	{ "openat", SIGNER, 2, OPEN_WRITES, O_RDONLY },
	{ "clone", CONFINED, 0, CLONE_THREAD, CLONE_THREAD },
	/* Code is not written: libraries are loaded by the server (names), and nothing by the signer. */
	{ "mmap", SIGNER, 2, PROT_EXEC, 0 },
	{ "mmap2", SIGNER, 2, PROT_EXEC, 0 },
	{ "mmap", SERVER, 2, PROT_EXEC, 0 },
	{ "mmap2", SERVER, 2, PROT_EXEC, 0 },
	{ "mmap", SERVER, 2, PROT_WRITE, 0 },
	{ "mmap2", SERVER, 2, PROT_WRITE, 0 },
	{ "mprotect", CONFINED, 2, PROT_EXEC, 0 },
	{ "pkey_mprotect", CONFINED, 2, PROT_EXEC, 0 },
	{ "socket", CONNECTS, 0, WHOLE, AF_INET },
	{ "socket", CONNECTS, 0, WHOLE, AF_INET6 },
	{ "socket", CONNECTS, 0, WHOLE, AF_UNIX },
	{ "socket", CONNECTS, 0, WHOLE, AF_NETLINK }, /* getaddrinfo() asks for the machine's addresses */
	{ "ioctl", CONFINED, 1, WHOLE, FIONBIO },
	{ "ioctl", CONFINED, 1, WHOLE, FIONREAD },
	{ "ioctl", CONFINED, 1, WHOLE, FIOCLEX },
	{ "ioctl", CONFINED, 1, WHOLE, FIONCLEX },
	{ "ioctl", CONFINED, 1, WHOLE, TCGETS }, /* isatty() */
	{ "ioctl", CONFINED, 1, WHOLE, TIOCGWINSZ },
	{ "prctl", CONFINED, 0, WHOLE, PR_SET_NAME },
	{ "prctl", CONFINED, 0, WHOLE, PR_GET_NAME },
	{ "prctl", CONFINED, 0, WHOLE, PR_GET_DUMPABLE },
	{ "prctl", CONFINED, 0, WHOLE, PR_SET_VMA },
	{ "prlimit64", CONFINED, 0, WHOLE, 0 }, /* one's own */
	{ "sched_setaffinity", CONFINED, 0, WHOLE, 0 },
};

/* Signals to oneself, abort() among them. */
static const char *const own[] = { "kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* --- Rules -------------------------------------------------------------------------------------------- */

struct filter {
	scmp_filter_ctx ctx;
	enum sandbox_role role;
	vouch_err *err;
};

static int
fail(struct filter *f, const char *what, int rc)
{
	if (rc == -ENOMEM)
		return err_nomem(f->err);
	return err_set(f->err, VOUCH_EIO, "seccomp: %s: %s", what, strerror(-rc));
}

static bool
is_watched(const char *name)
{
	for (const char *const *call = sandbox_watched_calls; *call != NULL; call++) {
		if (strcmp(*call, name) == 0)
			return true;
	}
	return false;
}

/* A call that this library has no number for does not exist for our kernel, or is forbidden with the rest. */
static int
add(struct filter *f, uint32_t action, const char *name, unsigned count, const struct scmp_arg_cmp *argument)
{
	int number = seccomp_syscall_resolve_name(name);

	if (number == __NR_SCMP_ERROR)
		return VOUCH_OK;
	int rc = seccomp_rule_add_array(f->ctx, action, number, count, argument);
	return rc == 0 ? VOUCH_OK : fail(f, name, rc);
}

/* What a sanitizer needs has a rule already. */
static int
add_list(struct filter *f, uint32_t action, const char *const *names, size_t count)
{
	int rc = VOUCH_OK;

	for (size_t i = 0; i < count && rc == VOUCH_OK; i++)
		rc = is_watched(names[i]) ? VOUCH_OK : add(f, action, names[i], 0, NULL);
	return rc;
}

static int
add_watched(struct filter *f)
{
	int rc = VOUCH_OK;

	for (const char *const *call = sandbox_watched_calls; *call != NULL && rc == VOUCH_OK; call++)
		rc = add(f, SCMP_ACT_ALLOW, *call, 0, NULL);
	return rc;
}

static int
add_condition(struct filter *f, const struct condition *c)
{
	struct scmp_arg_cmp argument = { c->argument, c->mask == WHOLE ? SCMP_CMP_EQ : SCMP_CMP_MASKED_EQ,
		c->mask == WHOLE ? c->value : c->mask, c->value };

	return add(f, SCMP_ACT_ALLOW, c->name, 1, &argument);
}

static int
add_conditions(struct filter *f)
{
	int rc = VOUCH_OK;
	struct condition self = { .value = (uint64_t)getpid() };

	for (size_t i = 0; i < COUNT(conditions) && rc == VOUCH_OK; i++) {
		if ((conditions[i].roles & ROLE(f->role)) != 0 && !is_watched(conditions[i].name))
			rc = add_condition(f, &conditions[i]);
	}
	for (size_t i = 0; i < COUNT(own) && rc == VOUCH_OK; i++) {
		self.name = own[i];
		if (!is_watched(own[i]))
			rc = add_condition(f, &self);
	}
	return rc;
}

static int
add_allowed(struct filter *f)
{
	int rc = add_watched(f);

	if (rc == VOUCH_OK)
		rc = add_list(f, SCMP_ACT_ALLOW, always, COUNT(always));
	if (rc == VOUCH_OK && (ROLE(f->role) & SERVER) != 0)
		rc = add_list(f, SCMP_ACT_ALLOW, of_server, COUNT(of_server));
	if (rc == VOUCH_OK && (ROLE(f->role) & CONNECTS) != 0)
		rc = add_list(f, SCMP_ACT_ALLOW, of_connecting, COUNT(of_connecting));
	if (rc == VOUCH_OK)
		rc = add_conditions(f);
	if (rc == VOUCH_OK)
		rc = add_list(f, SCMP_ACT_ERRNO(ENOSYS), unknown, COUNT(unknown));
	return rc == VOUCH_OK ? add_list(f, SCMP_ACT_KILL_PROCESS, fatal, COUNT(fatal)) : rc;
}

static int
add_forbidden(struct filter *f)
{
	int rc = add_list(f, SCMP_ACT_ERRNO(EPERM), fatal, COUNT(fatal));

	return rc == VOUCH_OK ? add_list(f, SCMP_ACT_ERRNO(EPERM), refused, COUNT(refused)) : rc;
}

/* --- The filter --------------------------------------------------------------------------------------- */

/*
 * SSB: older kernels answer a filter by switching off speculative stores for the process, which is meant
 * for those that run others' code, and costs.  OPTIMIZE: a tree instead of a list, for calls whose
 * arguments are looked at.
 */
static int
load(struct filter *f)
{
	int rc = seccomp_attr_set(f->ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (rc == 0)
		rc = seccomp_attr_set(f->ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	(void)seccomp_attr_set(f->ctx, SCMP_FLTATR_CTL_SSB, 1);
	(void)seccomp_attr_set(f->ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc == 0)
		rc = seccomp_load(f->ctx);
	if (rc == 0)
		return VOUCH_OK;
	return rc == -ENOMEM ?
	    err_nomem(f->err) :
	    err_set(f->err, VOUCH_EUNAVAILABLE,
		"the kernel, or a container's filter, allows no seccomp filter of ours (%s); "
		"sandbox: off does without",
		strerror(-rc));
}

int
sandbox_filter_load(enum sandbox_role role, vouch_err *err)
{
	bool is_confined = (ROLE(role) & CONFINED) != 0;
	struct filter f = { .role = role, .err = err };

	f.ctx = seccomp_init(is_confined ? SCMP_ACT_ERRNO(EPERM) : SCMP_ACT_ALLOW);
	if (f.ctx == NULL)
		return err_nomem(err);
	int rc = is_confined ? add_allowed(&f) : add_forbidden(&f);
	if (rc == VOUCH_OK)
		rc = load(&f);
	seccomp_release(f.ctx);
	return rc;
}
