/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords that stand in a file of their own, for client libraries that know no such file. */
#ifndef SOURCES_PASSWORD_H
#define SOURCES_PASSWORD_H

#include <vouch.h>

#define PASSWORD_FILE "password-file"

/*
 * Appends the URI with the first line of its password-file as the parameter `name` in its place, and with a NUL; a URI
 * without one as it is.  To be wiped by who is done with it.
 */
VOUCH_MUST int password_insert(vouch_buf *out, const char *uri, const char *name, vouch_err *err);
/* Frees what had a password in it. */
void password_wipe(vouch_buf *buf);

#endif
