/* SPDX-License-Identifier: Apache-2.0 */
/* Channels between processes of ours. */
#include "io/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/err.h"

static int
fail(vouch_err *err, const char *what)
{
	char text[128];

	return err_set(err, VOUCH_EIO, "%s: %s", what, strerror_r(errno, text, sizeof(text)));
}

int
io_channel_stream(int fds[2], vouch_err *err)
{
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0 ? VOUCH_OK :
									      fail(err, "a pair of sockets");
}

int
io_channel_records(int fds[2], vouch_err *err)
{
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0 ?
	    VOUCH_OK :
	    fail(err, "a pair of sockets");
}

/* Room for the descriptors of one record, aligned as the kernel wants it. */
union ancillary {
	struct cmsghdr head;
	uint8_t room[CMSG_SPACE(sizeof(int) * IO_RECORD_FDS)];
};

static void
attach(struct msghdr *header, union ancillary *ancillary, const int *fds, size_t count)
{
	if (count == 0)
		return;
	memset(ancillary, 0, sizeof(*ancillary));
	header->msg_control = ancillary->room;
	header->msg_controllen = CMSG_SPACE(sizeof(int) * count);
	struct cmsghdr *c = CMSG_FIRSTHDR(header);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int) * count);
	memcpy(CMSG_DATA(c), fds, sizeof(int) * count);
}

static ssize_t
send_whole(int fd, const struct msghdr *header, int flags)
{
	ssize_t sent;

	do
		sent = sendmsg(fd, header, flags | MSG_NOSIGNAL);
	while (sent < 0 && errno == EINTR);
	return sent;
}

static int
send_record(int fd, const struct io_message *message, const int *fds, size_t fd_count, int flags,
    vouch_err *err)
{
	vouch_buf octets = { 0 };
	union ancillary ancillary;
	struct msghdr header = { .msg_iovlen = 1 };

	if (message->body.len > IO_RECORD_MOST || fd_count > IO_RECORD_FDS)
		return err_set(err, VOUCH_ELIMIT, "a record of %zu octets", message->body.len);
	if (io_message_append(&octets, message) != VOUCH_OK) {
		vouch_buf_free(&octets);
		return err_nomem(err);
	}
	struct iovec part = { octets.data, octets.len };
	header.msg_iov = &part;
	attach(&header, &ancillary, fds, fd_count);
	int code = send_whole(fd, &header, flags) >= 0 ? VOUCH_OK : fail(err, "a record cannot be sent");
	vouch_buf_free(&octets);
	return code;
}

int
io_record_send(int fd, const struct io_message *message, const int *fds, size_t fd_count, vouch_err *err)
{
	return send_record(fd, message, fds, fd_count, 0, err);
}

int
io_record_offer(int fd, const struct io_message *message, vouch_err *err)
{
	return send_record(fd, message, NULL, 0, MSG_DONTWAIT, err);
}

/* Of several lists, which no peer of ours sends, all are taken, as far as there is room, or closed. */
static void
detach(struct msghdr *header, struct io_record *out)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c != NULL; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; at + CMSG_LEN(0) + sizeof(int) <= c->cmsg_len; at += sizeof(int)) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + at, sizeof(fd));
			if (out->fd_count < IO_RECORD_FDS)
				out->fds[out->fd_count++] = fd;
			else
				close(fd);
		}
	}
}

void
io_record_close_fds(struct io_record *record)
{
	for (size_t i = 0; i < record->fd_count; i++)
		close(record->fds[i]);
	record->fd_count = 0;
}

int
io_record_receive(int fd, struct io_record *out, vouch_err *err)
{
	union ancillary ancillary;
	struct iovec part = { out->octets, sizeof(out->octets) };
	struct msghdr header = { .msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = ancillary.room,
		.msg_controllen = sizeof(ancillary.room) };
	ssize_t got;

	out->fd_count = 0;
	do
		got = recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
	while (got < 0 && errno == EINTR);
	if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return VOUCH_EAGAIN;
	if (got < 0 && errno != ECONNRESET)
		return fail(err, "a record cannot be received");
	if (got < 0)
		return VOUCH_ENOTFOUND;
	detach(&header, out);
	/* The end; a record without octets, which nobody of ours sends, looks the same. */
	if (got == 0) {
		io_record_close_fds(out);
		return VOUCH_ENOTFOUND;
	}
	vouch_span stream = { out->octets, (size_t)got };
	if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0 &&
	    io_message_next(&stream, IO_RECORD_MOST, &out->message) == VOUCH_OK && stream.len == 0)
		return VOUCH_OK;
	io_record_close_fds(out);
	return err_set(err, VOUCH_EPARSE, "a record that is none of ours");
}

static bool
write_whole(int fd, vouch_span octets)
{
	while (octets.len > 0) {
		ssize_t done = write(fd, octets.data, octets.len);
		if (done < 0 && errno != EINTR)
			return false;
		if (done > 0)
			octets = span_of(octets.data + done, octets.len - (size_t)done);
	}
	return true;
}

int
io_memory_file(int *fd, const char *name, vouch_span octets, vouch_err *err)
{
	int made = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (made < 0)
		return fail(err, name);
	if (!write_whole(made, octets) ||
	    fcntl(made, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
		(void)fail(err, name);
		close(made);
		return err->code;
	}
	*fd = made;
	return VOUCH_OK;
}

int
io_memory_file_read(vouch_buf *out, int fd, size_t limit, vouch_err *err)
{
	struct stat facts;

	if (fstat(fd, &facts) != 0)
		return fail(err, "memory that was passed");
	if (facts.st_size < 0 || (uint64_t)facts.st_size > limit)
		return err_set(err, VOUCH_ELIMIT, "%lld octets were passed, at most %zu are expected",
		    (long long)facts.st_size, limit);
	size_t len = (size_t)facts.st_size, done = 0;
	if (buf_reserve(out, len + 1) != VOUCH_OK)
		return err_nomem(err);
	while (done < len) {
		ssize_t got = pread(fd, out->data + out->len + done, len - done, (off_t)done);
		if (got == 0 || (got < 0 && errno != EINTR))
			return fail(err, "memory that was passed");
		done += got > 0 ? (size_t)got : 0;
	}
	out->len += len;
	return VOUCH_OK;
}
