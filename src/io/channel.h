/* SPDX-License-Identifier: Apache-2.0 */
/* Channels between processes of ours: pairs of Unix sockets, along which descriptors can be passed. */
#ifndef IO_CHANNEL_H
#define IO_CHANNEL_H

#include "io/message.h"

#define IO_RECORD_MOST 4096 /* octets of a record's body: a few words and an error's text */
#define IO_RECORD_FDS 4	    /* descriptors that a record can carry */

/* All descriptors of this file are close-on-exec. */

/* A pair that carries octets, for messages in bulk. */
VOUCH_MUST int io_channel_stream(int fds[2], vouch_err *err);
/* A pair that carries records: a message comes whole, with its descriptors, or not at all. */
VOUCH_MUST int io_channel_records(int fds[2], vouch_err *err);

struct io_record {
	struct io_message message;
	int fds[IO_RECORD_FDS];
	size_t fd_count;
	uint8_t octets[IO_MESSAGE_HEAD + IO_RECORD_MOST]; /* where the body lies, of one that was received */
};

/* Sends a record and copies of its descriptors; waits while the peer does not read. */
VOUCH_MUST int io_record_send(int fd, const struct io_message *message, const int *fds, size_t fd_count,
    vouch_err *err);
/* The same without descriptors, and without waiting: VOUCH_EIO while the peer has too much unread. */
VOUCH_MUST int io_record_offer(int fd, const struct io_message *message, vouch_err *err);
/*
 * VOUCH_OK: the descriptors are the caller's.  VOUCH_EAGAIN: there is none now (of a non-blocking
 * descriptor); VOUCH_ENOTFOUND: the peer has gone; VOUCH_EPARSE: that was no record of ours.
 */
VOUCH_MUST int io_record_receive(int fd, struct io_record *out, vouch_err *err);
void io_record_close_fds(struct io_record *record);

/*
 * Octets in memory that other processes can map or read, by descriptor; sealed, so that nobody changes them
 * afterwards.
 */
VOUCH_MUST int io_memory_file(int *fd, const char *name, vouch_span octets, vouch_err *err);
/* Appends what such a descriptor holds: VOUCH_ELIMIT when that is more than limit. */
VOUCH_MUST int io_memory_file_read(vouch_buf *out, int fd, size_t limit, vouch_err *err);

#endif
