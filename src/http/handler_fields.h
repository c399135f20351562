/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Header fields that a public handler gives: nothing that it copied from a peer may end a line or frame a
 * body.
 */
#ifndef HTTP_HANDLER_FIELDS_H
#define HTTP_HANDLER_FIELDS_H

#include <vouch.h>

/*
 * Appends whole lines, without those that the server gives (Connection, Content-Length, Date,
 * Transfer-Encoding).  VOUCH_EREFUSED: what is there are no whole field lines (RFC 9112 5); VOUCH_ENOMEM.
 */
VOUCH_MUST int http_handler_fields_append(vouch_buf *out, vouch_span fields);

#endif
