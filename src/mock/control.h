/* SPDX-License-Identifier: Apache-2.0 */
/* /control: the script shown, and changed at run time, for peers on this machine. */
#ifndef MOCK_CONTROL_H
#define MOCK_CONTROL_H

#include "mock/server.h"

/* Answers the exchange; GET shows, POST changes. */
void mock_control_handle(struct mock_server *server, struct http_exchange *exchange);
/* The text of http_exchange_peer(): an address in numbers, or "unix:". */
bool mock_control_peer_is_local(const char *peer);
/* True for "localhost", "127.0.0.1" and "[::1]", with or without a port: no web page of others has it. */
bool mock_control_host_is_local(vouch_span host);

#endif
