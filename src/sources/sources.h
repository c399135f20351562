/* SPDX-License-Identifier: Apache-2.0 */
/* The one table scheme → source ops, and the only way to a source. */
#ifndef SOURCES_SOURCES_H
#define SOURCES_SOURCES_H

#include <vouch.h>

/*
 * Opens "scheme:rest"; an unknown scheme lists those that there are, one whose module or library is missing says
 * which package brings it.  No error repeats a password of the URI.
 */
VOUCH_MUST int sources_open(vouch_source **out, const char *uri, vouch_time now, vouch_err *err);

/* The text begins with a scheme that exists, in this build or not: it is a URI and no path. */
bool sources_is_uri(const char *text);
/* The URI is that of a register: a source that can be written.  Loads the module that it takes. */
bool sources_is_register(const char *uri);
/* As sources_open, for writing; create: what is not there yet is made. */
VOUCH_MUST int sources_open_register(vouch_source **out, const char *uri, bool create, vouch_time now,
    vouch_err *err);

/*
 * The ops of a scheme that a layer above brings along ("crl+http"), before the first source is opened and by the only
 * thread; ops: NULL where this build has none.
 */
void sources_provide(const char *scheme, const vouch_source_ops *ops);

#endif
