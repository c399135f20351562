/* SPDX-License-Identifier: Apache-2.0 */
/* Fields of the JSON objects that commands print. */
#include "cli/json_fields.h"

#include <stdlib.h>
#include <string.h>

#include "base/date.h"

int
json_fields_span(json_t *object, const char *key, vouch_span value)
{
	if (value.len == 0)
		return 0;
	json_t *text = json_stringn((const char *)value.data, value.len);
	return json_object_set_new(object, key, text != NULL ? text : json_string("(not UTF-8)"));
}

int
json_fields_text(json_t *object, const char *key, const char *value)
{
	return value == NULL ? 0 : json_fields_span(object, key, span_string(value));
}

int
json_fields_time(json_t *object, const char *key, vouch_time time)
{
	char text[DATE_RFC3339_LENGTH + 1];

	if (time == VOUCH_TIME_ABSENT)
		return 0;
	date_format_rfc3339(time, text);
	return json_fields_text(object, key, text);
}

int
json_fields_serial(json_t *object, const char *key, vouch_span serial_number)
{
	vouch_buf text = { 0 };
	int code = vouch_serial_format(&text, serial_number) == VOUCH_OK ?
	    json_fields_span(object, key, span_buf(&text)) :
	    -1;

	vouch_buf_free(&text);
	return code;
}

int
json_fields_end(json_t *object, vouch_buf *out)
{
	char *text = object == NULL ? NULL : json_dumps(object, JSON_COMPACT);
	int code = text != NULL && buf_printf(out, "%s\n", text) == VOUCH_OK ? 0 : -1;

	free(text);
	json_decref(object);
	return code;
}
