/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the path of a GET as the Python drop-in reads it: what it accepts is what the library's own server
 * reads out of it, and nothing is written beyond its memory.
 */
#include "path.h"

#include <string.h>

#include "base/span.h"
#include "http/get_path.h"
#include "target.h"

static const char PREFIX[] = "/status/";
#define PREFIX_LENGTH (sizeof(PREFIX) - 1)

static void
check_alike(vouch_span text, vouch_span der)
{
	const uint8_t *query = memchr(text.data, '?', text.len);
	struct http_get_path lenient = { 0 };

	if (query != NULL)
		text.len = (size_t)(query - text.data);
	if (http_get_path_decode(&lenient, text, false) == HTTP_GET_PATH_REQUEST)
		FUZZ_CHECK(span_equal(span_of(lenient.der.data, lenient.der.len), der));
	http_get_path_free(&lenient);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	vouch_http_request request = { .size = sizeof(request), .method = "GET" };
	uint8_t memory[PATH_OCTETS_MAX];
	vouch_span der;
	uint8_t *target = malloc(PREFIX_LENGTH + size);

	if (target == NULL)
		return 0;
	memcpy(target, PREFIX, PREFIX_LENGTH);
	if (size > 0)
		memcpy(target + PREFIX_LENGTH, data, size);
	request.target = span_of(target, PREFIX_LENGTH + size);
	if (path_request(&request, memory, &der)) {
		FUZZ_CHECK(der.data == memory && der.len <= size && der.len <= sizeof(memory));
		check_alike(span_of(target + PREFIX_LENGTH, size), der);
	}
	/* Whatever it is as a path, a POST is its body or none of ours. */
	request.method = "POST";
	request.body = span_of(data, size);
	FUZZ_CHECK(path_request(&request, memory, &der) == (size == 0 || data[0] == '?'));
	free(target);
	return 0;
}
