/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads of ours take no signals, which are the program's; a write to a peer that has gone says EPIPE then,
 * since SIGPIPE is sent to the thread that writes.
 */
#ifndef HTTP_SIGNALS_H
#define HTTP_SIGNALS_H

#include <signal.h>

struct http_signals {
	sigset_t mask;
};

/* Around the creation of a thread, which inherits the mask. */
static inline void
http_signals_block(struct http_signals *before)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before->mask);
}

static inline void
http_signals_restore(const struct http_signals *before)
{
	pthread_sigmask(SIG_SETMASK, &before->mask, NULL);
}

#endif
