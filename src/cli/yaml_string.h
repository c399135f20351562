/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a string of YAML. */
#ifndef CLI_YAML_STRING_H
#define CLI_YAML_STRING_H

#include "base/buf.h"

/*
 * Appends text in double quotes (YAML 1.1 5.3, 9.3.1), cut after a whole character so that the string it stands
 * for has at most limit octets.  What is not UTF-8, and control characters, which no setting takes, become '?'.
 */
VOUCH_MUST int yaml_string_append(vouch_buf *out, const char *text, size_t limit);

#endif
