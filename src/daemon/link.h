/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A link: one loop thread's channel to the signer process of one generation.  It lives on its loop; only the descriptor
 * of a new channel comes from another thread.
 *
 *   order ──▶ slot ──▶ out ──(once in each turn of the loop)──▶ stream ══▶ signer
 *             slot ◀────────────────────────────────────────── stream ◀══ signature
 *
 * When the signer dies, the orders wait in their slots for a new channel, for a second; then they fail.
 */
#ifndef DAEMON_LINK_H
#define DAEMON_LINK_H

#include "http/ocsp_order.h"

struct link;

/*
 * Nobody brings a channel although the link has been without one for long: something must be done about it.  Called
 * again and again until somebody does.
 */
typedef void link_lost(void *arg);

VOUCH_MUST int link_new(struct link **out, link_lost *lost, void *lost_arg, vouch_err *err);
/* Any thread: a channel, instead of one that was not taken yet; the link's from now on. */
void link_give(struct link *link, int takes_fd);
/* On its loop.  False: there is no memory. */
VOUCH_MUST bool link_carry_out(struct link *link, uv_loop_t *loop, struct http_ocsp_order *order,
    unsigned number);
/* On its loop, or when that has ended: nobody has orders any more. */
void link_close(struct link *link);
/* Any thread: its handles are closed. */
bool link_is_closed(const struct link *link);
/* After that, or after the end of the loop. */
void link_free(struct link *link);

#endif
