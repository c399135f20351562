/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an event loop. */
#include "io/loop.h"

#include <stddef.h>

static void
close_if_open(uv_handle_t *handle, void *unused)
{
	(void)unused;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void
io_loop_close_handles(uv_loop_t *loop)
{
	uv_walk(loop, close_if_open, NULL);
}

void
io_loop_end(uv_loop_t *loop)
{
	io_loop_close_handles(loop);
	uv_run(loop, UV_RUN_DEFAULT);
	uv_loop_close(loop);
}
