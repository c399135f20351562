/* SPDX-License-Identifier: Apache-2.0 */
/* The one table scheme → source ops, and the only way to a source. */
#ifndef SOURCES_SOURCES_H
#define SOURCES_SOURCES_H

#include <vouch.h>

/* Opens "scheme:rest"; errors name the URI, an unknown scheme lists those that this build knows. */
VOUCH_MUST int sources_open(vouch_source **out, const char *uri, vouch_time now, vouch_err *err);

#endif
