/* SPDX-License-Identifier: Apache-2.0 */
/* A whole head: llhttp parses it, and what llhttp leaves to us is checked here. */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "http/message.h"

/* Parses in[start, rest) and fills in the request; 0, or the status that refuses it. */
unsigned http_head_parse(struct http_message *m);
/* The same the long way, which a plain head is spared: what tests compare with. */
unsigned http_head_parse_with_llhttp(struct http_message *m);
/* uri-host [":" port] of RFC 9110 7.2, not empty, without userinfo. */
bool http_authority_is_valid(vouch_span authority);
/* "GET": its method; HTTP_METHOD_NONE for a token that nobody knows, and for what is none. */
enum http_method http_method_of(vouch_span name);
bool http_is_token(vouch_span s);
/* Case aside (RFC 9110 5.1); name is in lower case. */
bool http_name_is(vouch_span s, const char *name);
/*
 * RFC 9112 3.2.2: takes scheme and authority of an absolute-form away, and leaves what is behind them, which
 * may begin with '?' or be empty; any other target stays as it is.  0, or 400 for a bad authority.
 */
unsigned http_target_strip(vouch_span *target);
/* An enum http_field_name, or -1 for what nobody looks at; case aside. */
int http_field_of(vouch_span name);
/* Without blanks around it. */
vouch_span http_field_trimmed(vouch_span value);
/* value is in m->in; too many are counted as that. */
void http_head_keep_field(struct http_message *m, enum http_field_name name, vouch_span value);
/* True for the characters of a token (RFC 9110 5.6.2). */
bool http_is_token_character(uint8_t c);

#endif
