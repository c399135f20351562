/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzzes the path of a GET: what strict reading accepts lenient reading reads alike, and a repair is bounded
 * and exact.
 */
#include "base/buf.h"
#include "http/get_path.h"
#include "target.h"

struct served {
	unsigned asked, modulus;
};

/* A responder that serves some of the candidates. */
static bool
is_served(void *arg, vouch_span der)
{
	struct served *s = arg;
	unsigned sum = 0;

	s->asked++;
	for (size_t i = 0; i < der.len; i++)
		sum = sum * 31 + der.data[i];
	return sum % s->modulus == 0;
}

static void
check_repair(struct http_get_path *path, unsigned modulus)
{
	struct served served = { .modulus = modulus };

	if (http_get_path_repair(path, is_served, &served)) {
		FUZZ_CHECK(path->der.len > 0 && path->der.data[0] == 0x30);
		FUZZ_CHECK(served.asked > 0 && !http_get_path_is_short(path, HTTP_GET_PATH_REQUEST));
	}
	FUZZ_CHECK(served.asked <= 70);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct http_get_path strict = { 0 }, lenient = { 0 };

	if (size == 0)
		return 0;
	vouch_span raw = span_of(data + 1, size - 1);
	enum http_get_path_result strictly = http_get_path_decode(&strict, raw, true);
	enum http_get_path_result leniently = http_get_path_decode(&lenient, raw, false);
	FUZZ_CHECK((strictly == HTTP_GET_PATH_OTHER) == (leniently == HTTP_GET_PATH_OTHER));
	if (strictly == HTTP_GET_PATH_REQUEST) {
		FUZZ_CHECK(leniently == HTTP_GET_PATH_REQUEST);
		FUZZ_CHECK(span_equal(span_of(strict.der.data, strict.der.len),
		    span_of(lenient.der.data, lenient.der.len)));
	}
	if (leniently == HTTP_GET_PATH_REQUEST)
		FUZZ_CHECK(lenient.der.len > 0 && lenient.der.len <= raw.len);
	if (http_get_path_is_short(&lenient, leniently))
		check_repair(&lenient, data[0] % 4u + 1);
	http_get_path_free(&strict);
	http_get_path_free(&lenient);
	return 0;
}
