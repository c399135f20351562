/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes conditional requests: each line is a field, the first octet of it says which; a tag is found only
 * where its octets are.
 */
#include <string.h>

#include "base/span.h"
#include "http/conditional.h"
#include "target.h"

#define ETAG "\"0123abcd\""

static bool
occurs(vouch_span value, const char *text)
{
	return memmem(value.data, value.len, text, strlen(text)) != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_exchange e = { .method = HTTP_METHOD_GET };
	vouch_span etag = SPAN_LITERAL(ETAG);
	bool has_tags = false, possible = false;

	while (size > 0 && e.field_count < HTTP_FIELDS_MAX) {
		const uint8_t *end = memchr(data, '\n', size);
		size_t len = end == NULL ? size : (size_t)(end - data);
		if (len > 0) {
			bool tags = data[0] == 't';
			vouch_span value = span_of(data + 1, len - 1);
			e.fields[e.field_count++] = (struct http_field){ tags ? HTTP_FIELD_IF_NONE_MATCH :
										HTTP_FIELD_IF_MODIFIED_SINCE,
				value };
			has_tags = has_tags || tags;
			possible = possible || (tags && (occurs(value, ETAG) || occurs(value, "*")));
			FUZZ_CHECK(
			    !http_etag_is_listed(value, etag) || occurs(value, ETAG) || occurs(value, "*"));
		}
		len += end == NULL ? 0 : 1;
		data += len;
		size -= len;
	}
	bool not_modified = http_is_not_modified(&e, etag, 1784111777, 1795000000);
	FUZZ_CHECK(!has_tags || !not_modified || possible);
	e.method = HTTP_METHOD_POST;
	FUZZ_CHECK(!http_is_not_modified(&e, etag, 1784111777, 1795000000));
	return 0;
}
