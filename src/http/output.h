/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writing half of a connection: answers are collected, written in one go, and nothing else happens until
 * they are out.
 */
#ifndef HTTP_OUTPUT_H
#define HTTP_OUTPUT_H

#include "http/connection.h"

/*
 * Writes what is collected.  Afterwards the connection may be closed, or writing: it goes on by itself then.
 */
void http_output_flush(struct http_connection *c);
/* The same, before the loop waits again: what other connections have to write goes out with it. */
void http_output_flush_soon(struct http_connection *c);
/* Writes what was to be written soon. */
void http_output_flush_all(struct http_thread *t);
/* It is not to be written any more. */
void http_output_forget(struct http_connection *c);
/* True when the client has read something since the last time it was asked. */
bool http_output_has_moved(struct http_connection *c);

#endif
