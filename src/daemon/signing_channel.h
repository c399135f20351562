/* SPDX-License-Identifier: Apache-2.0 */
/* A channel of the signer process: what one loop thread of a server asks for, and gets. */
#ifndef DAEMON_SIGNING_CHANNEL_H
#define DAEMON_SIGNING_CHANNEL_H

#include <pthread.h>
#include <stdatomic.h>

#include "io/message.h"

struct signing_desks;
struct signing_queue;

struct signing_channel {
	int fd;
	const struct signing_desks *desks;
	_Atomic unsigned references; /* its thread's, and one for each signature that is still to be made */
	pthread_mutex_t writing;     /* messages are written whole */
	void (*closed)(void *arg);   /* when the server has gone */
	void *closed_arg;
};

/* Starts a thread that serves it until the server closes its end; the descriptor is the channel's on success. */
VOUCH_MUST int signing_channel_start(int takes_fd, const struct signing_desks *desks,
    void (*closed)(void *arg), void *closed_arg, vouch_err *err);
struct signing_channel *signing_channel_ref(struct signing_channel *channel);
void signing_channel_free(struct signing_channel *channel);
/* Any thread.  What cannot be written any more is dropped: the server has gone. */
void signing_channel_write(struct signing_channel *channel, vouch_span octets);

#endif
