/* SPDX-License-Identifier: Apache-2.0 */
/* Taking connections: the caps are kept here, before anything is spent on a connection. */
#ifndef HTTP_ACCEPTOR_H
#define HTTP_ACCEPTOR_H

#include "http/thread.h"

VOUCH_MUST int http_acceptor_init(struct http_acceptor *acceptor, struct http_thread *thread, int fd);
int http_acceptor_start(struct http_acceptor *acceptor);
/* Takes what waits already. */
void http_acceptor_take(struct http_acceptor *acceptor);

#endif
