/* SPDX-License-Identifier: Apache-2.0 */
/* Tests of channels between processes: records come whole with their descriptors, and nobody can leave any behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"
#include "io/channel.h"

#define FDS_SENT_MOST 8

static int ends[2], open_before;
static vouch_err err;

static int
count_open(void)
{
	DIR *folder = opendir("/proc/self/fd");
	int count = 0;

	assert_non_null(folder);
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return count;
}

static int
connect_ends(void **state)
{
	(void)state;
	open_before = count_open();
	return io_channel_records(ends, &err);
}

/* Every descriptor that was received has been closed, or was the test's to close. */
static int
disconnect(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	return count_open() == open_before ? 0 : -1;
}

/* What no function of ours would send. */
static void
send_raw(const void *octets, size_t len, size_t fd_count)
{
	union {
		struct cmsghdr head;
		uint8_t room[CMSG_SPACE(sizeof(int) * FDS_SENT_MOST)];
	} ancillary = { .room = { 0 } };
	struct iovec part = { (void *)(uintptr_t)octets, len };
	struct msghdr header = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd_count > 0) {
		header.msg_control = ancillary.room;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * fd_count);
		struct cmsghdr *c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * fd_count);
		for (size_t i = 0; i < fd_count; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &ends[0], sizeof(int));
	}
	assert_true(sendmsg(ends[0], &header, MSG_NOSIGNAL) == (ssize_t)len);
}

static void
a_record_comes_with_all_that_it_carries(void **state)
{
	struct io_message message = { .type = 3, .number = 5, .id = 7, .body = span_string("what for") };
	struct io_record got;
	int pair[2];

	(void)state;
	for (size_t count = 0; count <= IO_RECORD_FDS; count++) {
		assert_int_equal(pipe(pair), 0);
		const int fds[IO_RECORD_FDS] = { pair[1], pair[1], pair[1], pair[1] };
		assert_int_equal(io_record_send(ends[0], &message, fds, count, &err), VOUCH_OK);
		close(pair[1]);
		assert_int_equal(io_record_receive(ends[1], &got, &err), VOUCH_OK);
		assert_int_equal(got.fd_count, count);
		assert_int_equal(got.message.type, 3);
		assert_int_equal(got.message.number, 5);
		assert_int_equal(got.message.id, 7);
		assert_true(span_equal(got.message.body, message.body));
		for (size_t i = 0; i < count; i++) {
			char octet = 0;
			assert_int_equal(fcntl(got.fds[i], F_GETFD), FD_CLOEXEC);
			assert_int_equal(write(got.fds[i], "!", 1), 1);
			assert_int_equal(read(pair[0], &octet, 1), 1);
			assert_int_equal(octet, '!');
		}
		io_record_close_fds(&got);
		assert_int_equal(got.fd_count, 0);
		close(pair[0]);
	}
}

static void
records_keep_their_borders(void **state)
{
	uint8_t body[IO_RECORD_MOST];
	struct io_record got;

	(void)state;
	memset(body, 'b', sizeof(body));
	const size_t lengths[] = { 0, 1, IO_RECORD_MOST, 0 };
	for (size_t i = 0; i < 4; i++) {
		struct io_message message = { .id = i, .body = { body, lengths[i] } };
		assert_int_equal(io_record_send(ends[0], &message, NULL, 0, &err), VOUCH_OK);
	}
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(io_record_receive(ends[1], &got, &err), VOUCH_OK);
		assert_int_equal(got.message.id, i);
		assert_true(span_equal(got.message.body, span_of(body, lengths[i])));
	}
}

static void
more_than_a_record_carries_is_not_sent(void **state)
{
	static uint8_t body[IO_RECORD_MOST + 1];
	const int fds[IO_RECORD_FDS + 1] = { ends[0], ends[0], ends[0], ends[0], ends[0] };
	struct io_message large = { .body = SPAN_ARRAY(body) }, small = { 0 };
	struct io_record got;

	(void)state;
	assert_int_equal(io_record_send(ends[0], &large, NULL, 0, &err), VOUCH_ELIMIT);
	assert_int_equal(io_record_send(ends[0], &small, fds, IO_RECORD_FDS + 1, &err), VOUCH_ELIMIT);
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(io_record_receive(ends[1], &got, &err), VOUCH_EAGAIN);
}

static void
what_is_offered_waits_for_nobody(void **state)
{
	struct io_message message = { .type = 1 };
	struct io_record got;
	size_t sent = 0;

	(void)state;
	while (sent < 100000 && io_record_offer(ends[0], &message, &err) == VOUCH_OK)
		sent++;
	assert_in_range(sent, 10, 99999);
	for (size_t i = 0; i < sent; i++)
		assert_int_equal(io_record_receive(ends[1], &got, &err), VOUCH_OK);
	assert_int_equal(io_record_offer(ends[0], &message, &err), VOUCH_OK);
}

static void
the_end_of_the_peer_is_told(void **state)
{
	struct io_message message = { .type = 1 };
	struct io_record got;

	(void)state;
	assert_int_equal(io_record_send(ends[0], &message, NULL, 0, &err), VOUCH_OK);
	close(ends[0]);
	ends[0] = -1;
	assert_int_equal(io_record_receive(ends[1], &got, &err), VOUCH_OK);
	assert_int_equal(io_record_receive(ends[1], &got, &err), VOUCH_ENOTFOUND);
	assert_int_equal(io_record_send(ends[1], &message, NULL, 0, &err), VOUCH_EIO);
}

static void
a_peer_that_ended_before_it_had_read_all_is_gone_too(void **state)
{
	struct io_message message = { .type = 1 };
	struct io_record got;

	(void)state;
	assert_int_equal(io_record_send(ends[1], &message, NULL, 0, &err), VOUCH_OK);
	close(ends[0]);
	ends[0] = -1;
	assert_int_equal(io_record_receive(ends[1], &got, &err), VOUCH_ENOTFOUND);
}

/* A record of five octets of body. */
static const uint8_t good[] = { 0, 0, 0, 5, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 'h', 'e', 'l', 'l', 'o' };

static void
what_is_no_record_is_refused_and_its_descriptors_closed(void **state)
{
	static uint8_t long_body[IO_MESSAGE_HEAD + IO_RECORD_MOST + 1] = { 0, 0, 0x10, 0x01 };
	static uint8_t longer[IO_MESSAGE_HEAD + IO_RECORD_MOST + 1] = { 0, 0, 0x10, 0x00 };
	static const uint8_t says_less[] = { 0, 0, 0, 4, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 'h', 'e', 'l',
		'l', 'o' };
	static const uint8_t says_all[] = { 255, 255, 255, 255, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 'h' };
	uint8_t two[2 * sizeof(good)];
	const struct {
		const char *what;
		vouch_span octets;
		size_t fds;
	} rows[] = {
		{ "says less", SPAN_ARRAY(says_less), 0 },
		{ "the same with a descriptor", SPAN_ARRAY(says_less), 1 },
		{ "says all ones", SPAN_ARRAY(says_all), 2 },
		{ "a body beyond the limit", SPAN_ARRAY(long_body), 1 },
		{ "an octet more than there is room for", SPAN_ARRAY(longer), 4 },
		{ "two in one", SPAN_ARRAY(two), 4 },
		{ "five descriptors", SPAN_ARRAY(good), 5 },
		{ "eight", SPAN_ARRAY(good), FDS_SENT_MOST },
		{ "noise", span_string("GET / HTTP/1.1\r\n\r\n"), 3 },
	};
	struct io_record got;

	(void)state;
	memcpy(two, good, sizeof(good));
	memcpy(two + sizeof(good), good, sizeof(good));
	int open = count_open();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		send_raw(rows[i].octets.data, rows[i].octets.len, rows[i].fds);
		if (io_record_receive(ends[1], &got, &err) != VOUCH_EPARSE)
			fail_msg("%s passes", rows[i].what);
		assert_int_equal(got.fd_count, 0);
		if (count_open() != open)
			fail_msg("%s: a descriptor stays open", rows[i].what);
	}
	send_raw(good, sizeof(good), 0);
	assert_int_equal(io_record_receive(ends[1], &got, &err), VOUCH_OK);
}

static void
every_beginning_of_a_record_is_refused(void **state)
{
	struct io_record got;

	(void)state;
	for (size_t len = 1; len < sizeof(good); len++) {
		send_raw(good, len, len % 3);
		assert_int_equal(io_record_receive(ends[1], &got, &err), VOUCH_EPARSE);
	}
	/* None at all looks like the end, and leaves nothing open. */
	int open = count_open();
	send_raw(good, 0, 2);
	assert_int_equal(io_record_receive(ends[1], &got, &err), VOUCH_ENOTFOUND);
	assert_int_equal(got.fd_count, 0);
	assert_int_equal(count_open(), open);
}

static void
a_stream_carries_octets_both_ways(void **state)
{
	char got[8];
	int pair[2];

	(void)state;
	assert_int_equal(io_channel_stream(pair, &err), VOUCH_OK);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(fcntl(pair[i], F_GETFD), FD_CLOEXEC);
		assert_int_equal(write(pair[i], "ab", 2), 2);
		assert_int_equal(write(pair[i], "cd", 2), 2);
		assert_int_equal(read(pair[1 - i], got, sizeof(got)), 4);
	}
	close(pair[0]);
	close(pair[1]);
}

static void
octets_in_memory_reach_whoever_has_the_descriptor(void **state)
{
	static uint8_t large[300000];
	vouch_buf got = { 0 };
	int fd = -1;

	(void)state;
	memset(large, 'l', sizeof(large));
	assert_int_equal(io_memory_file(&fd, "large", SPAN_ARRAY(large), &err), VOUCH_OK);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(vouch_buf_append(&got, "<", 1), VOUCH_OK);
	/* Twice: it is not used up. */
	for (size_t i = 1; i <= 2; i++) {
		assert_int_equal(io_memory_file_read(&got, fd, sizeof(large), &err), VOUCH_OK);
		assert_int_equal(got.len, 1 + i * sizeof(large));
		assert_memory_equal(got.data + 1 + (i - 1) * sizeof(large), large, sizeof(large));
	}
	assert_int_equal(io_memory_file_read(&got, fd, sizeof(large) - 1, &err), VOUCH_ELIMIT);
	assert_int_equal(got.len, 1 + 2 * sizeof(large));
	vouch_buf_free(&got);
	close(fd);
}

static void
nobody_changes_them_afterwards(void **state)
{
	vouch_buf got = { 0 };
	int fd = -1;

	(void)state;
	assert_int_equal(io_memory_file(&fd, "sealed", span_string("as it was"), &err), VOUCH_OK);
	assert_int_equal(pwrite(fd, "is", 2, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 2), -1);
	assert_int_equal(ftruncate(fd, 200), -1);
	assert_ptr_equal(mmap(NULL, 9, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	assert_int_equal(fcntl(fd, F_ADD_SEALS, 0), -1);
	assert_int_equal(io_memory_file_read(&got, fd, 9, &err), VOUCH_OK);
	assert_true(span_equal(span_buf(&got), span_string("as it was")));
	vouch_buf_free(&got);
	close(fd);
}

static void
nothing_is_a_file_too_and_what_is_none_reads_as_nothing(void **state)
{
	vouch_buf got = { 0 };
	int fd = -1;

	(void)state;
	assert_int_equal(io_memory_file(&fd, "empty", span_of(NULL, 0), &err), VOUCH_OK);
	assert_int_equal(io_memory_file_read(&got, fd, 0, &err), VOUCH_OK);
	close(fd);
	assert_int_equal(io_memory_file_read(&got, ends[0], 100, &err), VOUCH_OK);
	assert_int_equal(got.len, 0);
	assert_int_equal(io_memory_file_read(&got, -1, 100, &err), VOUCH_EIO);
	vouch_buf_free(&got);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_record_comes_with_all_that_it_carries, connect_ends,
		    disconnect),
		cmocka_unit_test_setup_teardown(records_keep_their_borders, connect_ends, disconnect),
		cmocka_unit_test_setup_teardown(more_than_a_record_carries_is_not_sent, connect_ends,
		    disconnect),
		cmocka_unit_test_setup_teardown(what_is_offered_waits_for_nobody, connect_ends, disconnect),
		cmocka_unit_test_setup_teardown(the_end_of_the_peer_is_told, connect_ends, disconnect),
		cmocka_unit_test_setup_teardown(a_peer_that_ended_before_it_had_read_all_is_gone_too,
		    connect_ends, disconnect),
		cmocka_unit_test_setup_teardown(what_is_no_record_is_refused_and_its_descriptors_closed,
		    connect_ends, disconnect),
		cmocka_unit_test_setup_teardown(every_beginning_of_a_record_is_refused, connect_ends,
		    disconnect),
		cmocka_unit_test(a_stream_carries_octets_both_ways),
		cmocka_unit_test_setup_teardown(octets_in_memory_reach_whoever_has_the_descriptor,
		    connect_ends, disconnect),
		cmocka_unit_test(nobody_changes_them_afterwards),
		cmocka_unit_test_setup_teardown(nothing_is_a_file_too_and_what_is_none_reads_as_nothing,
		    connect_ends, disconnect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
