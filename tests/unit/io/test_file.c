/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of whole files, and of what the service manager is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/err.h"
#include "base/span.h"
#include "io/clock.h"
#include "io/file.h"
#include "io/notify.h"
#include "io/random.h"

static char folder[] = "/tmp/vouch-test-file-XXXXXX";
static char path[64];

static int
make_folder(void **state)
{
	(void)state;
	if (mkdtemp(folder) == NULL)
		return 1;
	snprintf(path, sizeof(path), "%s/f", folder);
	return 0;
}

static int
remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder); /* nothing was left beside it */
}

static void
assert_content(const char *text)
{
	vouch_buf content = { 0 };
	vouch_err err;

	assert_int_equal(io_file_read(&content, path, 1000, &err), VOUCH_OK);
	assert_true(span_equal(span_buf(&content), span_string(text)));
	vouch_buf_free(&content);
}

static void
a_file_is_replaced_with_its_mode(void **state)
{
	struct stat st;
	vouch_err err;

	(void)state;
	umask(077);
	assert_int_equal(io_file_replace(path, 0644, SPAN_LITERAL("one"), &err), VOUCH_OK);
	assert_content("one");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(io_file_replace(path, 0600, SPAN_LITERAL("two"), &err), VOUCH_OK);
	assert_content("two");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	unlink(path);
}

static void
a_file_that_exists_is_not_created_again(void **state)
{
	vouch_err err;

	(void)state;
	assert_int_equal(io_file_create(path, 0600, SPAN_LITERAL("key"), &err), VOUCH_OK);
	assert_int_equal(io_file_create(path, 0600, SPAN_LITERAL("other"), &err), VOUCH_EREFUSED);
	assert_non_null(strstr(err.msg, path));
	assert_content("key");
	unlink(path);
}

static void
a_file_is_read_up_to_a_limit(void **state)
{
	vouch_buf content = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(io_file_replace(path, 0600, SPAN_LITERAL("0123456789"), &err), VOUCH_OK);
	assert_int_equal(io_file_read(&content, path, 10, &err), VOUCH_OK);
	assert_int_equal(content.len, 10);
	assert_int_equal(io_file_read(&content, path, 9, &err), VOUCH_ELIMIT);
	assert_non_null(strstr(err.msg, path));
	assert_int_equal(content.len, 10);
	vouch_buf_free(&content);
	unlink(path);
}

static void
what_cannot_be_read_or_written_is_named(void **state)
{
	vouch_buf content = { 0 };
	char below[96];
	vouch_err err;

	(void)state;
	snprintf(below, sizeof(below), "%s/none/f", folder);
	assert_int_equal(io_file_read(&content, below, 10, &err), VOUCH_EIO);
	assert_non_null(strstr(err.msg, below));
	assert_int_equal(io_file_replace(below, 0600, SPAN_LITERAL("x"), &err), VOUCH_EIO);
	assert_non_null(strstr(err.msg, below));
	assert_int_equal(io_file_read(&content, folder, 10, &err), VOUCH_EIO);
	assert_non_null(strstr(err.msg, "folder"));
	assert_int_equal(io_file_replace(folder, 0600, SPAN_LITERAL("x"), &err), VOUCH_EIO);
	vouch_buf_free(&content);
}

static void
a_fifo_does_not_hang_the_reader(void **state)
{
	vouch_buf content = { 0 };
	vouch_err err;

	(void)state;
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(io_file_read(&content, path, 10, &err), VOUCH_OK);
	assert_int_equal(content.len, 0);
	vouch_buf_free(&content);
	unlink(path);
}

/* A socket of the service manager, by path or by abstract name. */
static int
manager(const char *name, bool abstract)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	memcpy(un.sun_path, name, len);
	if (abstract)
		un.sun_path[0] = '\0';
	assert_int_equal(bind(fd, (struct sockaddr *)&un,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
	    0);
	setenv("NOTIFY_SOCKET", name, 1);
	return fd;
}

static void
the_service_manager_is_told(void **state)
{
	char name[64], text[100] = "";
	vouch_err err;

	(void)state;
	for (int abstract = 0; abstract < 2; abstract++) {
		if (abstract)
			snprintf(name, sizeof(name), "@vouch-test-%ld", (long)getpid());
		else
			snprintf(name, sizeof(name), "%s/n", folder);
		int fd = manager(name, abstract != 0);
		assert_int_equal(io_notify("READY=1", &err), VOUCH_OK);
		assert_int_equal(recv(fd, text, sizeof(text), 0), 7);
		assert_memory_equal(text, "READY=1", 7);
		assert_int_equal(io_notify_reloading(&err), VOUCH_OK);
		assert_true(recv(fd, text, sizeof(text), 0) > 27);
		assert_memory_equal(text, "RELOADING=1\nMONOTONIC_USEC=", 27);
		close(fd);
		unlink(name);
	}
	setenv("NOTIFY_SOCKET", "nowhere", 1);
	assert_int_equal(io_notify("READY=1", &err), VOUCH_EINVAL);
	unsetenv("NOTIFY_SOCKET");
	assert_int_equal(io_notify("READY=1", &err), VOUCH_OK);
}

static void
clocks_and_random_octets_are_what_they_say(void **state)
{
	uint8_t one[16] = { 0 }, two[16] = { 0 };
	vouch_err err;

	(void)state;
	uint64_t before = io_monotonic_ms();
	assert_true(io_wall_seconds() > INT64_C(1700000000));
	assert_true(llabs(io_wall_ms() / 1000 - io_wall_seconds()) <= 1);
	assert_true(io_monotonic_ms() >= before);
	assert_int_equal(io_random(one, sizeof(one), &err), VOUCH_OK);
	assert_int_equal(io_random(two, sizeof(two), &err), VOUCH_OK);
	assert_memory_not_equal(one, two, sizeof(one));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_replaced_with_its_mode),
		cmocka_unit_test(a_file_that_exists_is_not_created_again),
		cmocka_unit_test(a_file_is_read_up_to_a_limit),
		cmocka_unit_test(what_cannot_be_read_or_written_is_named),
		cmocka_unit_test(a_fifo_does_not_hang_the_reader),
		cmocka_unit_test(the_service_manager_is_told),
		cmocka_unit_test(clocks_and_random_octets_are_what_they_say),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
