/* SPDX-License-Identifier: Apache-2.0 */
/* The watch: a thread that asks the sources of the responder in use for changes when they call, and several times per lease. */
#ifndef HTTP_WATCH_H
#define HTTP_WATCH_H

#include <vouch.h>

struct http_watch;

struct http_watch_options {
	/* A reference to the responder in use, to be freed; NULL: there is none now */
	vouch_responder *(*current)(void *arg);
	/* Once for every round that failed, and once (err is NULL) for the first that succeeds again */
	void (*report)(void *arg, const vouch_err *err);
	void *arg;
	/* After each round, on the watch's thread; NULL: nobody wants to know */
	void (*polled)(void *arg);
};

VOUCH_MUST int http_watch_start(struct http_watch **out, const struct http_watch_options *options,
    vouch_err *err);
/* Another responder is in use: it is asked at once.  Any thread. */
void http_watch_again(struct http_watch *watch);
/* Ends the thread and waits for it.  NULL is fine. */
void http_watch_stop(struct http_watch *watch);

#endif
