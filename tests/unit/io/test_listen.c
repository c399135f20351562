/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of listening sockets: taken ports, stale sockets, systemd's descriptors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "io/accept.h"
#include "io/listen.h"
#include "localhost.h"

static char folder[] = "/tmp/vouch-test-listen-XXXXXX";

static int
make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL;
}

static int
remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static int
open_these(struct io_listeners *set, const char *one, const char *two, unsigned threads, vouch_err *err)
{
	const char *const addresses[] = { one, two };

	return io_listeners_open(set, addresses, two == NULL ? 1 : 2, threads, 0660, err);
}

static int
connect_to(const char *name)
{
	struct io_address a[IO_ADDRESSES];
	size_t count;
	vouch_err err;

	assert_int_equal(io_address_parse(a, &count, name, &err), VOUCH_OK);
	int fd = socket(a[0].storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a[0].storage, a[0].len), 0);
	return fd;
}

static void
each_thread_has_a_socket_of_one_port(void **state)
{
	struct io_listeners set;
	vouch_err err;

	(void)state;
	assert_int_equal(open_these(&set, "127.0.0.1:0", NULL, 3, &err), VOUCH_OK);
	assert_int_equal(set.count, 1);
	assert_int_equal(set.items[0].count, 3);
	assert_null(strstr(set.items[0].name, ":0"));
	assert_int_not_equal(io_listener_fd(&set.items[0], 0), io_listener_fd(&set.items[0], 1));
	int client = connect_to(set.items[0].name), taken = -1;
	for (unsigned i = 0; i < 3 && taken < 0; i++) {
		struct io_address peer;
		taken = io_accept(io_listener_fd(&set.items[0], i), &peer);
	}
	assert_true(taken >= 0);
	close(taken);
	close(client);
	io_listeners_close(&set);
	assert_int_equal(set.count, 0);
}

/* With SO_REUSEPORT alone the second would share the port silently. */
static void
a_taken_port_is_refused_and_named(void **state)
{
	struct io_listeners set, second;
	vouch_err err;

	(void)state;
	assert_int_equal(open_these(&set, "127.0.0.1:0", NULL, 2, &err), VOUCH_OK);
	const char *name = set.items[0].name;
	assert_int_equal(open_these(&second, name, NULL, 2, &err), VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, name));
	assert_int_equal(open_these(&second, "127.0.0.1:0", name, 2, &err), VOUCH_EREFUSED);
	char every[IO_ADDRESS_TEXT];
	snprintf(every, sizeof(every), "*%s", strchr(name, ':'));
	assert_int_equal(open_these(&second, every, NULL, 1, &err), VOUCH_EREFUSED);
	char port[IO_ADDRESS_TEXT];
	snprintf(port, sizeof(port), "%s", name);
	io_listeners_close(&set);
	assert_int_equal(open_these(&second, port, NULL, 2, &err), VOUCH_OK);
	io_listeners_close(&second);
}

static void
every_ipv6_address_is_every_ipv4_address_unless_that_is_listed(void **state)
{
	struct io_listeners set;
	vouch_err err;
	char four[IO_ADDRESS_TEXT], six[IO_ADDRESS_TEXT], local[IO_ADDRESS_TEXT];

	(void)state;
	int code = open_these(&set, "[::]:0", NULL, 1, &err);
	if (code == VOUCH_EUNAVAILABLE)
		skip(); /* no IPv6 here */
	assert_int_equal(code, VOUCH_OK);
	const char *port = strrchr(set.items[0].name, ':');
	snprintf(four, sizeof(four), "0.0.0.0%s", port);
	snprintf(six, sizeof(six), "[::]%s", port);
	snprintf(local, sizeof(local), "127.0.0.1%s", port);
	close(connect_to(local));
	io_listeners_close(&set);
	assert_int_equal(open_these(&set, six, four, 2, &err), VOUCH_OK);
	assert_int_equal(set.count, 2);
	io_listeners_close(&set);
	assert_int_equal(open_these(&set, four, six, 2, &err), VOUCH_OK);
	io_listeners_close(&set);
}

static void
a_name_with_port_0_gets_one_port_for_all_its_addresses(void **state)
{
	struct io_listeners set;
	vouch_err err;

	(void)state;
	skip_without_localhost();
	assert_int_equal(open_these(&set, "localhost:0", NULL, 2, &err), VOUCH_OK);
	for (size_t i = 1; i < set.count; i++)
		assert_string_equal(strrchr(set.items[i].name, ':'), strrchr(set.items[0].name, ':'));
	io_listeners_close(&set);
}

static void
a_unix_socket_has_its_mode_and_goes_at_the_end(void **state)
{
	struct io_listeners set;
	struct stat st;
	vouch_err err;
	char name[IO_ADDRESS_TEXT];

	(void)state;
	snprintf(name, sizeof(name), "unix:%s/a", folder);
	assert_int_equal(open_these(&set, name, NULL, 4, &err), VOUCH_OK);
	assert_string_equal(set.items[0].name, name);
	assert_int_equal(set.items[0].count, 1);
	assert_int_equal(lstat(name + 5, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	close(connect_to(name));
	io_listeners_close(&set);
	assert_int_not_equal(lstat(name + 5, &st), 0);
}

static void
a_live_unix_socket_is_refused_and_a_stale_one_replaced(void **state)
{
	struct io_listeners set, second;
	struct stat st;
	vouch_err err;
	char name[IO_ADDRESS_TEXT];

	(void)state;
	snprintf(name, sizeof(name), "unix:%s/b", folder);
	assert_int_equal(open_these(&set, name, NULL, 1, &err), VOUCH_OK);
	assert_int_equal(open_these(&second, name, NULL, 1, &err), VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, name));
	/* As after a crash: nobody listens, the file stays. */
	assert_int_equal(shutdown(set.items[0].fds[0], SHUT_RDWR), 0);
	assert_int_equal(open_these(&second, name, NULL, 1, &err), VOUCH_OK);
	/* The first one's end does not take away what the second made. */
	io_listeners_close(&set);
	assert_int_equal(lstat(name + 5, &st), 0);
	io_listeners_close(&second);
	assert_int_not_equal(lstat(name + 5, &st), 0);
}

static void
a_file_in_the_place_of_a_socket_is_not_touched(void **state)
{
	struct io_listeners set;
	vouch_err err;
	char name[IO_ADDRESS_TEXT];

	(void)state;
	snprintf(name, sizeof(name), "unix:%s/c", folder);
	fclose(fopen(name + 5, "w"));
	assert_int_equal(open_these(&set, name, NULL, 1, &err), VOUCH_EREFUSED);
	assert_int_equal(unlink(name + 5), 0);
}

/* In a child: its descriptor 3 becomes the socket that systemd would pass. */
static int
be_activated(const char *pid, const char *fds, int wanted)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct io_listeners made, set;
		vouch_err err;
		char self[24];
		if (open_these(&made, "127.0.0.1:0", NULL, 1, &err) != VOUCH_OK ||
		    dup2(made.items[0].fds[0], 3) != 3)
			_exit(2);
		snprintf(self, sizeof(self), "%ld", (long)getpid());
		setenv("LISTEN_PID", pid == NULL ? self : pid, 1);
		setenv("LISTEN_FDS", fds, 1);
		int rc = open_these(&set, "systemd", NULL, 4, &err);
		bool ok = rc == wanted &&
		    (rc != VOUCH_OK || strcmp(set.items[0].name, made.items[0].name) == 0);
		_exit(ok ? 0 : 1);
	}
	int status;
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
sockets_of_systemd_are_taken_only_if_they_are_for_us(void **state)
{
	(void)state;
	assert_int_equal(be_activated(NULL, "1", VOUCH_OK), 0);
	assert_int_equal(be_activated("1", "1", VOUCH_EREFUSED), 0);
	assert_int_equal(be_activated(NULL, "0", VOUCH_EREFUSED), 0);
	assert_int_equal(be_activated(NULL, "x", VOUCH_EREFUSED), 0);
	assert_int_equal(be_activated(NULL, "5000", VOUCH_ELIMIT), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_thread_has_a_socket_of_one_port),
		cmocka_unit_test(a_taken_port_is_refused_and_named),
		cmocka_unit_test(every_ipv6_address_is_every_ipv4_address_unless_that_is_listed),
		cmocka_unit_test(a_name_with_port_0_gets_one_port_for_all_its_addresses),
		cmocka_unit_test(a_unix_socket_has_its_mode_and_goes_at_the_end),
		cmocka_unit_test(a_live_unix_socket_is_refused_and_a_stale_one_replaced),
		cmocka_unit_test(a_file_in_the_place_of_a_socket_is_not_touched),
		cmocka_unit_test(sockets_of_systemd_are_taken_only_if_they_are_for_us),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
