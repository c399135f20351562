/* SPDX-License-Identifier: Apache-2.0 */
/* A raw HTTP client for tests: sends what it is told, reads with a deadline. */
#ifndef TEST_HTTP_CLIENT_H
#define TEST_HTTP_CLIENT_H

#include "io/listen.h"

/* A connection to the first listener; fails the test when there is none. */
int client_connect(const struct io_listeners *listeners);
/* False when the server has had enough. */
bool client_send(int fd, const char *text);
/*
 * Appends until there are so many answers ("HTTP/1.1 " that begin one), or the end, or 5 seconds have passed.
 */
void client_read(int fd, vouch_buf *out, size_t answers);
/* Reads to the end; false when it does not come within 5 seconds. */
bool client_read_to_end(int fd, vouch_buf *out);
/* True when the text occurs in what was read. */
bool client_has(const vouch_buf *read, const char *text);
size_t client_count(const vouch_buf *read, const char *text);
/* Sends, reads to the end or the first answer, closes; the status, or 0. */
unsigned client_ask(const struct io_listeners *listeners, const char *text, vouch_buf *out);

#endif
