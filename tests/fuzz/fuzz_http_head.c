/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes heads: the short way and llhttp's may not differ. */
#include "../unit/http/twin.h"
#include "target.h"

static const struct http_limits limits[] = {
	{ .head = 2048, .body = 512 },
	{ .head = 2048, .body = 512, .any_method = true },
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		FUZZ_CHECK(twin_difference(&limits[i], span_of(data, size)) == NULL);
	return 0;
}
