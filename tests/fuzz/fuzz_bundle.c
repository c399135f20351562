/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes bundles of files: what is one has paths that are text, and goes to a third process as it came to the second. */
#include <string.h>

#include "base/buf.h"
#include "base/span.h"
#include "daemon/bundle.h"
#include "target.h"

static void
check_again(const struct bundle *first)
{
	struct bundle second = { 0 };
	vouch_buf octets = { 0 };
	vouch_err err;

	FUZZ_CHECK(bundle_encode(first, &octets, &err) == VOUCH_OK);
	FUZZ_CHECK(bundle_decode(&second, span_buf(&octets), &err) == VOUCH_OK);
	FUZZ_CHECK(second.count == first->count);
	for (size_t i = 0; i < first->count; i++) {
		const struct bundle_file *a = &first->files[i], *b = &second.files[i];
		FUZZ_CHECK(strcmp(a->path, b->path) == 0);
		FUZZ_CHECK(span_equal(span_buf(&a->octets), span_buf(&b->octets)));
		FUZZ_CHECK(bundle_find(first, a->path).data != NULL);
	}
	bundle_clear(&second);
	vouch_buf_free(&octets);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bundle bundle = { 0 };
	vouch_err err = { 0 };
	int code = bundle_decode(&bundle, span_of(data, size), &err);

	FUZZ_CHECK(code == VOUCH_OK || (code == VOUCH_EPARSE && err.code == code && err.msg[0] != '\0'));
	if (code == VOUCH_OK)
		check_again(&bundle);
	bundle_clear(&bundle);
	return 0;
}
