/* SPDX-License-Identifier: Apache-2.0 */
/* What each role can still do: every row is tried in a process of its own, in each sandbox. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/ec.h>
#include <uv.h>

#include "daemon/sandbox.h"
#include "daemon/sandbox_watched.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ROLES 5
#define DEADLINE 20    /* seconds, for what should end at once */
#define NO_SANDBOX 250 /* exit status of a child that could not enter */
#define FATAL 1000     /* the kernel ended it with SIGSYS */
#define ANY (-1)       /* not the filter's business */
#define UNSAID (-2)    /* ended some other way */

static char folder[] = "/tmp/vouch-test-sandbox-XXXXXX";
static char inside[64], outside[64], inner[64];
static int listener = -1, landlock_abi;
static EVP_PKEY *key;

/* --- What is tried: 0, or errno ----------------------------------------------------------------------- */

static int
result(long rc)
{
	return rc < 0 ? errno : 0;
}

static int
execs(void)
{
	char *const arguments[] = { (char *)(uintptr_t) "true", NULL };

	return result(execve("/bin/true", arguments, NULL));
}

static int
traces(void)
{
	return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
reads_memory_of_its_parent(void)
{
	char octets[8];
	struct iovec local = { octets, sizeof(octets) }, remote = { octets, sizeof(octets) };

	return result(process_vm_readv(getppid(), &local, 1, &remote, 1, 0));
}

static int
writes_memory_of_its_parent(void)
{
	char octets[8] = { 0 };
	struct iovec local = { octets, sizeof(octets) }, remote = { octets, sizeof(octets) };

	return result(process_vm_writev(getppid(), &local, 1, &remote, 1, 0));
}

static int
makes_a_namespace(void)
{
	return result(unshare(CLONE_NEWNS));
}

static int
mounts(void)
{
	return result(mount("none", folder, "tmpfs", 0, NULL));
}

static int
loads_bpf(void)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	return result(syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr)));
}

static int
asks_for_a_key_of_the_kernel(void)
{
	return result(syscall(SYS_keyctl, 0, -2, 0));
}

static int
sets_up_io_uring(void)
{
	return result(syscall(SYS_io_uring_setup, 1, NULL));
}

static int
forks(void)
{
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	if (child < 0)
		return errno;
	(void)waitpid(child, NULL, 0);
	return 0;
}

static int
signals_its_parent(void)
{
	return result(kill(getppid(), 0));
}

static int
makes_itself_dumpable(void)
{
	return result(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int
maps_what_it_may_write_and_run(void)
{
	void *area = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return area == MAP_FAILED ? errno : 0;
}

static int
makes_memory_run(void)
{
	void *area = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return area == MAP_FAILED ? 99 : result(mprotect(area, 4096, PROT_READ | PROT_EXEC));
}

static int
opens(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return result(fd);
}

static int
reads_its_file(void)
{
	return opens(inside, O_RDONLY);
}

static int
writes_its_file(void)
{
	return opens(inside, O_WRONLY);
}

static int
truncates_its_file(void)
{
	return opens(inside, O_RDWR | O_TRUNC);
}

static int
makes_and_moves_files(void)
{
	char made[80], moved[80];

	snprintf(made, sizeof(made), "%s/made", inner);
	snprintf(moved, sizeof(moved), "%s/moved", inner);
	int rc = opens(made, O_RDWR | O_CREAT | O_EXCL);
	if (rc == 0)
		rc = result(rename(made, moved));
	return rc == 0 ? result(unlink(moved)) : rc;
}

static int
reads_others_file(void)
{
	return opens(outside, O_RDONLY);
}

static int
writes_others_file(void)
{
	return opens(outside, O_WRONLY);
}

static int
lists_others_folder(void)
{
	return opens(folder, O_RDONLY | O_DIRECTORY);
}

static int
opens_a_socket(void)
{
	return result(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int
opens_a_packet_socket(void)
{
	return result(socket(AF_PACKET, SOCK_RAW, 0));
}

static int
binds_a_port(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? errno : result(bind(fd, (struct sockaddr *)&any, sizeof(any)));
}

static int
listens(void)
{
	return result(listen(listener, 100));
}

static int
connects(void)
{
	struct sockaddr_in to;
	socklen_t len = sizeof(to);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || getsockname(listener, (struct sockaddr *)&to, &len) != 0)
		return errno;
	return result(connect(fd, (struct sockaddr *)&to, len));
}

/* Whoever may accept and finds nobody does not wait. */
static int
accepts(void)
{
	int rc = result(accept4(listener, NULL, NULL, SOCK_CLOEXEC));

	return rc == EAGAIN ? 0 : rc;
}

static void
note_signal(int number)
{
	(void)number;
}

static int
signals_itself(void)
{
	signal(SIGUSR1, note_signal);
	return raise(SIGUSR1) == 0 ? 0 : errno;
}

static void *
touch_memory(void *arg)
{
	char *area = malloc(1 << 20);

	if (area != NULL)
		memset(area, 1, 1 << 20);
	*(bool *)arg = area != NULL && area[1000] == 1;
	free(area);
	return NULL;
}

static int
starts_threads(void)
{
	pthread_t threads[4];
	bool done[4] = { false };

	for (size_t i = 0; i < COUNT(threads); i++) {
		int rc = pthread_create(&threads[i], NULL, touch_memory, &done[i]);
		if (rc != 0)
			return rc;
	}
	for (size_t i = 0; i < COUNT(threads); i++)
		pthread_join(threads[i], NULL);
	return done[0] && done[1] && done[2] && done[3] ? 0 : 99;
}

static int
waits(void)
{
	sigset_t set;
	struct epoll_event event = { .events = EPOLLIN };
	struct itimerspec soon = { .it_value = { .tv_nsec = 1000000 } };
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), epoll = epoll_create1(EPOLL_CLOEXEC);

	sigemptyset(&set);
	if (timer < 0 || epoll < 0 || eventfd(0, EFD_CLOEXEC) < 0 || signalfd(-1, &set, SFD_CLOEXEC) < 0)
		return errno;
	if (timerfd_settime(timer, 0, &soon, NULL) != 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event) != 0)
		return errno;
	return epoll_wait(epoll, &event, 1, 10000) == 1 ? 0 : 99;
}

static int
send_descriptor(int to, int fd)
{
	char octet = 0;
	struct iovec data = { &octet, 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct msghdr message = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.space) };

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	return result(sendmsg(to, &message, MSG_NOSIGNAL));
}

static int
passes_descriptors(void)
{
	int pair[2], got;
	char octet;
	struct iovec data = { &octet, 1 };
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = { .msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control) };

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0 ||
	    send_descriptor(pair[0], pair[0]) != 0 || recvmsg(pair[1], &message, MSG_CMSG_CLOEXEC) != 1)
		return errno;
	memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(got));
	return write(got, "x", 1) == 1 && read(pair[1], &octet, 1) == 1 ? 0 : 99;
}

static void
count_work(uv_work_t *work)
{
	*(unsigned *)work->data = 1;
}

static void
stop_timer(uv_timer_t *timer)
{
	uv_close((uv_handle_t *)timer, NULL);
}

static int
runs_a_loop(void)
{
	uv_loop_t loop;
	uv_timer_t timer;
	uv_work_t work;
	unsigned done = 0;

	work.data = &done;
	if (uv_loop_init(&loop) != 0 || uv_timer_init(&loop, &timer) != 0 ||
	    uv_timer_start(&timer, stop_timer, 1, 0) != 0 ||
	    uv_queue_work(&loop, &work, count_work, NULL) != 0)
		return 98;
	uv_run(&loop, UV_RUN_DEFAULT);
	return uv_loop_close(&loop) == 0 && done == 1 ? 0 : 97;
}

static int
signs(void)
{
	uint8_t signature[128], text[] = "ResponseData";
	size_t len = sizeof(signature);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool done = ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	    EVP_DigestSign(ctx, signature, &len, text, sizeof(text)) == 1;

	EVP_MD_CTX_free(ctx);
	return done ? 0 : 99;
}

/* --- The table ---------------------------------------------------------------------------------------- */

enum needs {
	NOTHING,
	LANDLOCK = 1,
	PORTS = 4,
	SCOPES = 6,
	PLAIN = 100
}; /* an ABI of Landlock; no sanitizer */

/* Results by role: SUPERVISOR, SIGNER, SIGNER_TOKENS, SERVER, SERVER_CONNECTS. */
static const struct row {
	const char *what;
	int (*attempt)(void);
	enum needs needs;
	int expected[ROLES];
} rows[] = {
	{ "exec", execs, NOTHING, { EPERM, FATAL, EPERM, FATAL, FATAL } },
	{ "ptrace", traces, PLAIN, { EPERM, FATAL, EPERM, FATAL, FATAL } },
	{ "read its parent's memory", reads_memory_of_its_parent, PLAIN,
	    { EPERM, FATAL, EPERM, FATAL, FATAL } },
	{ "write its parent's memory", writes_memory_of_its_parent, NOTHING,
	    { EPERM, FATAL, EPERM, FATAL, FATAL } },
	{ "a namespace", makes_a_namespace, NOTHING, { EPERM, FATAL, EPERM, FATAL, FATAL } },
	{ "mount", mounts, NOTHING, { EPERM, FATAL, EPERM, FATAL, FATAL } },
	{ "bpf", loads_bpf, NOTHING, { EPERM, FATAL, EPERM, FATAL, FATAL } },
	{ "keyctl", asks_for_a_key_of_the_kernel, NOTHING, { EPERM, EPERM, EPERM, EPERM, EPERM } },
	{ "io_uring", sets_up_io_uring, NOTHING, { EPERM, ENOSYS, EPERM, ENOSYS, ENOSYS } },
	{ "fork", forks, PLAIN, { 0, EPERM, 0, EPERM, EPERM } },
	{ "signal its parent", signals_its_parent, PLAIN, { 0, EPERM, 0, EPERM, EPERM } },
	{ "become dumpable", makes_itself_dumpable, PLAIN, { 0, EPERM, 0, EPERM, EPERM } },
	{ "map what it may write and run", maps_what_it_may_write_and_run, NOTHING,
	    { 0, EPERM, 0, EPERM, EPERM } },
	{ "make memory run", makes_memory_run, NOTHING, { 0, EPERM, 0, EPERM, EPERM } },
	{ "read its file", reads_its_file, LANDLOCK, { 0, EACCES, 0, 0, 0 } },
	{ "write its file", writes_its_file, NOTHING, { 0, EPERM, 0, 0, 0 } },
	{ "truncate its file", truncates_its_file, NOTHING, { 0, EPERM, 0, 0, 0 } },
	{ "make and move files", makes_and_moves_files, NOTHING, { 0, EPERM, 0, 0, 0 } },
	{ "read another's file", reads_others_file, LANDLOCK, { 0, EACCES, 0, EACCES, EACCES } },
	{ "write another's file", writes_others_file, LANDLOCK, { 0, EPERM, 0, EACCES, EACCES } },
	{ "list another's folder", lists_others_folder, LANDLOCK, { 0, EACCES, 0, EACCES, EACCES } },
	{ "a socket", opens_a_socket, NOTHING, { 0, EPERM, 0, EPERM, 0 } },
	{ "a packet socket", opens_a_packet_socket, NOTHING, { ANY, EPERM, ANY, EPERM, EPERM } },
	{ "bind a port", binds_a_port, PORTS, { 0, EPERM, 0, EPERM, EACCES } },
	{ "listen", listens, NOTHING, { 0, EPERM, 0, EPERM, EPERM } },
	{ "connect", connects, NOTHING, { 0, EPERM, 0, EPERM, 0 } },
	{ "accept", accepts, NOTHING, { 0, EPERM, 0, 0, 0 } },
	{ "signal itself", signals_itself, NOTHING, { 0, 0, 0, 0, 0 } },
	{ "threads", starts_threads, NOTHING, { 0, 0, 0, 0, 0 } },
	{ "timers, epoll, signalfd", waits, NOTHING, { 0, 0, 0, 0, 0 } },
	{ "pass descriptors", passes_descriptors, NOTHING, { 0, 0, 0, 0, 0 } },
	{ "an event loop and its pool", runs_a_loop, NOTHING, { 0, 0, 0, 0, 0 } },
	{ "sign", signs, NOTHING, { 0, 0, 0, 0, 0 } },
};

static void
enter_or_exit(enum sandbox_role role)
{
	const char *const mine[] = { inside };
	const struct sandbox_paths paths = { .write = mine, .write_count = 1 };
	struct sandbox_report report;
	vouch_err err = { 0 };

	if (sandbox_enter(role, &paths, &report, &err) == VOUCH_OK)
		return;
	print_error("%s\n", err.msg);
	_exit(NO_SANDBOX);
}

static int
outcome_of(pid_t child)
{
	int status = 0;

	if (waitpid(child, &status, 0) != child)
		return UNSAID;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		return FATAL;
	return WIFEXITED(status) ? WEXITSTATUS(status) : UNSAID;
}

static int
try_in(enum sandbox_role role, int (*attempt)(void))
{
	pid_t child = fork();

	if (child == 0) {
		alarm(DEADLINE);
		enter_or_exit(role);
		_exit(attempt());
	}
	return outcome_of(child);
}

/* Why a row says nothing here; NULL: it does. */
static const char *
reason_to_skip(enum needs needs)
{
	if (needs == PLAIN)
		return sandbox_is_watched ? "the sanitizer's runtime needs it" : NULL;
	return (int)needs > landlock_abi ? "this kernel's Landlock is too old, or there is none" : NULL;
}

static void
each_role_can_do_what_it_needs_and_nothing_else(void **state)
{
	size_t failed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *reason = reason_to_skip(rows[i].needs);

		if (reason != NULL)
			print_message("# %s: skipped: %s\n", rows[i].what, reason);
		for (int role = 0; role < ROLES && reason == NULL; role++) {
			int expected = rows[i].expected[role],
			    was = try_in((enum sandbox_role)role, rows[i].attempt);

			if (was == expected || (expected == ANY && was != NO_SANDBOX))
				continue;
			print_error("%s: role %d: was %d, expected %d\n", rows[i].what, role, was, expected);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

/* Each attempt succeeds or fails for reasons of its own outside: otherwise the table shows nothing. */
static void
outside_the_sandbox_the_kernel_does_what_is_asked(void **state)
{
	static int (*const innocent[])(void) = { reads_its_file, writes_its_file, truncates_its_file,
		makes_and_moves_files, reads_others_file, writes_others_file, lists_others_folder,
		opens_a_socket, binds_a_port, listens, connects, accepts, forks, signals_its_parent,
		makes_itself_dumpable, maps_what_it_may_write_and_run, makes_memory_run, execs };

	(void)state;
	for (size_t i = 0; i < COUNT(innocent); i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(innocent[i]());
		assert_int_equal(outcome_of(child), 0);
	}
}

/* --- Threads, and twice ------------------------------------------------------------------------------- */

static void *
sleep_long(void *arg)
{
	(void)arg;
	pause();
	return NULL;
}

static void
a_process_with_threads_is_refused(void **state)
{
	(void)state;
	if (sandbox_is_watched)
		skip();
	pid_t child = fork();
	if (child == 0) {
		pthread_t thread;
		struct sandbox_report report;
		vouch_err err = { 0 };

		if (pthread_create(&thread, NULL, sleep_long, NULL) != 0)
			_exit(99);
		_exit(sandbox_enter(SANDBOX_SIGNER, NULL, &report, &err) == VOUCH_EREFUSED &&
			    strcmp(err.msg, "sandbox: the process has threads already") == 0 ?
			0 :
			1);
	}
	assert_int_equal(outcome_of(child), 0);
}

/* As it is: the supervisor's holds for the children that it forks. */
static void
the_supervisors_sandbox_lets_children_enter_theirs(void **state)
{
	(void)state;
	pid_t child = fork();
	if (child == 0) {
		enter_or_exit(SANDBOX_SUPERVISOR);
		int signer = try_in(SANDBOX_SIGNER, opens_a_socket),
		    server = try_in(SANDBOX_SERVER_CONNECTS, connects);
		_exit(signer == EPERM && server == 0 ? 0 : 1);
	}
	assert_int_equal(outcome_of(child), 0);
}

/* A sanitizer looks for leaks when a program ends, which takes more than the program does. */
static void
a_process_in_a_sandbox_ends_as_others_do(void **state)
{
	(void)state;
	for (int role = 0; role < ROLES; role++) {
		pid_t child = fork();

		if (child == 0) {
			alarm(DEADLINE);
			enter_or_exit((enum sandbox_role)role);
			exit(0);
		}
		assert_int_equal(outcome_of(child), 0);
	}
}

static void
the_report_says_what_the_kernel_has(void **state)
{
	struct sandbox_report report = { 0 };
	vouch_err err = { 0 };

	(void)state;
	pid_t child = fork();
	if (child == 0) {
		int rc = sandbox_enter(SANDBOX_SIGNER, NULL, &report, &err);
		_exit(rc == VOUCH_OK && report.without_landlock == (landlock_abi == 0) &&
			    report.landlock_abi == landlock_abi && report.mixed[0] == '\0' ?
			0 :
			1);
	}
	assert_int_equal(outcome_of(child), 0);
}

static int
make_world(void **state)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	(void)state;
	key = EVP_EC_gen("P-256");
	landlock_abi = (int)syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, 1U);
	if (landlock_abi < 0)
		landlock_abi = 0;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (mkdtemp(folder) == NULL || key == NULL ||
	    bind(listener, (struct sockaddr *)&any, sizeof(any)) != 0 || listen(listener, 100) != 0)
		return 1;
	snprintf(inner, sizeof(inner), "%s/mine", folder);
	snprintf(inside, sizeof(inside), "%s/mine/file", folder);
	snprintf(outside, sizeof(outside), "%s/file", folder);
	return mkdir(inner, 0700) != 0 || opens(inside, O_WRONLY | O_CREAT) != 0 ||
	    opens(outside, O_WRONLY | O_CREAT) != 0;
}

static int
remove_world(void **state)
{
	(void)state;
	EVP_PKEY_free(key);
	close(listener);
	unlink(inside);
	unlink(outside);
	rmdir(inner);
	return rmdir(folder);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(outside_the_sandbox_the_kernel_does_what_is_asked),
		cmocka_unit_test(each_role_can_do_what_it_needs_and_nothing_else),
		cmocka_unit_test(a_process_with_threads_is_refused),
		cmocka_unit_test(the_supervisors_sandbox_lets_children_enter_theirs),
		cmocka_unit_test(a_process_in_a_sandbox_ends_as_others_do),
		cmocka_unit_test(the_report_says_what_the_kernel_has),
	};

	return cmocka_run_group_tests(tests, make_world, remove_world);
}
