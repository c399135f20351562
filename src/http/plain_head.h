/* SPDX-License-Identifier: Apache-2.0 */
/* A head as nearly every client writes it: read in one pass, without llhttp. */
#ifndef HTTP_PLAIN_HEAD_H
#define HTTP_PLAIN_HEAD_H

#include "http/message.h"

/*
 * The request line of in[start, rest) has been read.  True: the head is plain, and m is what llhttp would have
 * made of it.  False: there is something in it that is llhttp's to decide (another version or method, a fold,
 * a coding, an octet that is rare), m is as it was.
 */
bool http_plain_head_read(struct http_message *m);

#endif
