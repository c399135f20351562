/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes the DER reader with a walk over whatever is there; what it reads, the writer writes again. */
#include "base/buf.h"
#include "base/date.h"
#include "der/reader.h"
#include "der/writer.h"
#include "target.h"

#define DEPTH_MAX 32

static void
copy_time(struct der_reader *r, struct der_writer *w)
{
	vouch_time time = der_generalized_time(r);

	if (!der_failed(r))
		der_put_generalized_time(w, time);
}

static void
copy_bits(struct der_reader *r, struct der_writer *w)
{
	unsigned unused;
	struct der_reader whole = *r;
	vouch_span element = der_element(&whole), bits = der_bit_string(r, &unused);

	if (der_failed(r))
		return;
	if (unused == 0)
		der_put_bit_string(w, bits);
	else
		der_put_raw(w, element);
}

static void
copy_integer(struct der_reader *r, struct der_writer *w)
{
	struct der_reader before = *r;
	vouch_span content = der_integer(r);

	if (der_failed(r))
		return;
	if (content.len > 4 || content.data[0] >= 0x80)
		der_put_integer(w, content);
	else
		der_put_small(w, der_small(&before, UINT32_MAX));
}

static void
copy_primitive(struct der_reader *r, struct der_writer *w)
{
	vouch_span oid;
	uint8_t tag = *r->next;

	switch (tag) {
	case DER_BOOLEAN:
		der_put_boolean(w, der_boolean(r));
		return;
	case DER_INTEGER:
		copy_integer(r, w);
		return;
	case DER_ENUMERATED:
		der_put_enumerated(w, der_enumerated(r, UINT32_MAX));
		return;
	case DER_BIT_STRING:
		copy_bits(r, w);
		return;
	case DER_NULL:
		der_null(r);
		der_put_null(w);
		return;
	case DER_OID:
		oid = der_oid(r);
		der_put_oid(w, oid);
		return;
	case DER_GENERALIZED_TIME:
		copy_time(r, w);
		return;
	case DER_UTC_TIME: {
		struct der_reader same = *r;
		vouch_time time = der_utc_time(r);
		FUZZ_CHECK(der_failed(r) || (time >= -631152000 && time < 2524608000));
		if (!der_failed(r))
			der_put_raw(w, der_element(&same));
		return;
	}
	default:
		der_put(w, tag, der_read(r, tag));
	}
}

/* One open constructed value, read and written. */
struct level {
	struct der_reader r;
	size_t mark;
};

static void
walk(struct der_reader *message, struct der_writer *w)
{
	struct level levels[DEPTH_MAX];
	size_t depth = 0;

	levels[0].r = *message;
	for (;;) {
		struct der_reader *r = &levels[depth].r;
		if (der_failed(r))
			return;
		if (!der_more(r)) {
			if (depth == 0)
				break;
			der_end(w, levels[depth--].mark);
			continue;
		}
		uint8_t tag = *r->next;
		if ((tag & DER_CONSTRUCTED) == 0 || depth + 1 == DEPTH_MAX) {
			copy_primitive(r, w);
			continue;
		}
		struct der_reader inner = der_enter(r, tag);
		depth++;
		levels[depth] = (struct level){ inner, der_begin(w, tag) };
	}
	*message = levels[0].r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	vouch_err err = { 0 }, write_err;
	vouch_buf out = { 0 };
	struct der_reader r = der_reader_init(span_of(data, size), &err);
	struct der_writer w = der_writer_init(&out);

	walk(&r, &w);
	int code = der_finish(&r);
	FUZZ_CHECK(err.offset <= size);
	int written = der_writer_finish(&w, &write_err);
	if (code == VOUCH_OK) {
		FUZZ_CHECK(written == VOUCH_OK);
		FUZZ_CHECK(span_equal(span_of(out.data, out.len), span_of(data, size)));
	}
	vouch_buf_free(&out);
	return 0;
}
