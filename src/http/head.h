/* SPDX-License-Identifier: Apache-2.0 */
/* A whole head: llhttp parses it, and what llhttp leaves to us is checked here. */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "http/message.h"

/* Parses in[start, rest) and fills in the request; 0, or the status that refuses it. */
unsigned http_head_parse(struct http_message *m);
/* uri-host [":" port] of RFC 9110 7.2, not empty, without userinfo. */
bool http_authority_is_valid(vouch_span authority);
/* True for the characters of a token (RFC 9110 5.6.2). */
bool http_is_token_character(uint8_t c);

#endif
