/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes vouch_decode(): fields come in order, lie within each other, and say nothing that controls a terminal. */
#include <string.h>

#include "ocsp/request.h"
#include "target.h"

#define DEPTH_MAX 32

struct seen {
	size_t size, next;	/* of the input; where the next field begins at the earliest */
	size_t ends[DEPTH_MAX]; /* of the fields that are open */
	unsigned depth;
	size_t count;
};

static int
look(void *arg, const vouch_field *field)
{
	struct seen *seen = arg;
	size_t end = field->offset + field->header + field->length;

	FUZZ_CHECK(field->size == sizeof(*field) && field->name != NULL && field->name[0] != '\0');
	FUZZ_CHECK(field->header >= 2 && field->header <= 6 && end <= seen->size);
	FUZZ_CHECK(
	    field->offset >= seen->next && field->depth < DEPTH_MAX && field->depth <= seen->depth + 1);
	FUZZ_CHECK(field->depth == 0 || end <= seen->ends[field->depth - 1]);
	for (const char *p = field->text; *p != '\0'; p++)
		FUZZ_CHECK((uint8_t)*p >= 0x20 && *p != 0x7f);
	seen->ends[field->depth] = end;
	seen->depth = field->depth;
	seen->next = field->offset + field->header;
	seen->count++;
	return 0;
}

static int
stop_at_the_third(void *arg, const vouch_field *field)
{
	unsigned *count = arg;

	(void)field;
	return ++*count == 3 ? 7 : 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { .size = size };
	unsigned count = 0;
	vouch_err err;
	int code = vouch_decode(span_of(data, size), look, &seen, &err);

	FUZZ_CHECK(code == err.code && err.offset <= size);
	int stopped = vouch_decode(span_of(data, size), stop_at_the_third, &count, &err);
	FUZZ_CHECK((stopped == 7) == (seen.count >= 3));
	return 0;
}
