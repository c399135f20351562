/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the JSON objects that commands print, one object a line.  What is absent is left out. */
#ifndef CLI_JSON_FIELDS_H
#define CLI_JSON_FIELDS_H

#include <jansson.h>

#include "base/buf.h"

/* All return 0, or -1 without memory, and take a NULL object for the failure that it was. */

/* value NULL: absent.  What is not UTF-8 (a file's name, say), which JSON is, is said to be so. */
int json_fields_text(json_t *object, const char *key, const char *value);
/* An empty one is absent. */
int json_fields_span(json_t *object, const char *key, vouch_span value);
int json_fields_time(json_t *object, const char *key, vouch_time time);
int json_fields_serial(json_t *object, const char *key, vouch_span serial_number);
/* Appends the object as a line, and drops it whatever happens. */
int json_fields_end(json_t *object, vouch_buf *out);

#endif
