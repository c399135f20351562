/* SPDX-License-Identifier: Apache-2.0 */
/* Shared objects with a status source: the file is looked at, loaded, asked for its ops. */
#ifndef SOURCES_OBJECT_H
#define SOURCES_OBJECT_H

#include <vouch.h>

/*
 * Loads it for good.  Errors name the path.  VOUCH_ENOTFOUND, without a text, when there is no such file; a file that
 * is damaged or too short is refused before the loader, which believes what it reads, sees it.
 */
VOUCH_MUST int object_load(const vouch_source_ops **out, const char *path, vouch_err *err);

#endif
