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
/* True when the client has read something since the last time it was asked. */
bool http_output_has_moved(struct http_connection *c);

#endif
