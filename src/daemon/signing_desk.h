/* SPDX-License-Identifier: Apache-2.0 */
/* The desks of the signer process: one for each signer, with its guard and, for a token, its queue. */
#ifndef DAEMON_SIGNING_DESK_H
#define DAEMON_SIGNING_DESK_H

#include "daemon/signing_channel.h"

struct signing_desk {
	vouch_signer *signer;
	vouch_guard *guard;
	struct signing_queue *queue; /* NULL: signed on the channel's thread */
};

struct signing_desks {
	struct signing_desk *items;
	size_t count;
};

/* Appends the answer to a message, or lets it follow; false: that was no message of ours. */
VOUCH_MUST bool signing_desk_serve(const struct signing_desks *desks, struct signing_channel *channel,
    const struct io_message *asked, vouch_buf *out);

/* A queue for a signer that is slow: as many threads as it can make signatures at a time. */
VOUCH_MUST int signing_queue_new(struct signing_queue **out, vouch_signer *signer, unsigned threads,
    vouch_err *err);

#endif
