/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords in URIs, which nobody is shown: "scheme://user:PASSWORD@host/...?password=PASSWORD". */
#ifndef BASE_URI_SECRET_H
#define BASE_URI_SECRET_H

#include "base/span.h"

/* Appends the URI with "***" for each password, without a NUL; in doubt too much of it is hidden. */
VOUCH_MUST int uri_show(vouch_buf *out, vouch_span uri);
/* The URI with a NUL behind it, or "(a URI)" when there is no memory: for messages.  Freed with the buffer. */
const char *uri_shown(vouch_buf *out, const char *uri);
/* Overwrites each octet of a password with '*'. */
void uri_mask(char *uri);
/* True when there is one. */
bool uri_has_secret(const char *uri);
/* Puts "***" for the URI's passwords where a text of somebody else's repeats them, as written or decoded. */
void uri_hide(char *text, const char *uri);

#endif
