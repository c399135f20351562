/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an event loop. */
#ifndef IO_LOOP_H
#define IO_LOOP_H

#include <uv.h>

/* Closes every handle that is not being closed yet; the loop has to run for it. */
void io_loop_close_handles(uv_loop_t *loop);
/* Closes every handle, runs until all are gone, and closes the loop. */
void io_loop_end(uv_loop_t *loop);

#endif
