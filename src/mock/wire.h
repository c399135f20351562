/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wires: connections that were taken from the HTTP server, because what is written to them is not HTTP, or
 * comes to an end that no server would make.
 *
 *	octets, at once or paced ─→ closed | reset | held, until the client goes or the time is over
 */
#ifndef MOCK_WIRE_H
#define MOCK_WIRE_H

#include <uv.h>

#include "mock/plan.h"

struct mock_wire;

struct mock_wires { /* of one loop; all zero is empty */
	struct mock_wire *first;
	size_t count;
};

/* Takes the descriptor and the octets; both are gone when it returns, whatever happens. */
void mock_wire_start(struct mock_wires *wires, uv_loop_t *loop, int takes_fd, vouch_buf *takes_octets,
    const struct mock_socket *socket);
/* Ends all of them in the next turns of the loop. */
void mock_wires_end(struct mock_wires *wires);

#endif
