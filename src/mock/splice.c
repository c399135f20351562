/* SPDX-License-Identifier: Apache-2.0 */
/* One element of a message in DER replaced by other octets. */
#include "mock/splice.h"

#include "base/span.h"
#include "der/reader.h"
#include "der/writer.h"

/* The element on each level of the path; levels[0] is the outermost one. */
struct descent {
	vouch_span levels[MOCK_PATH_MAX + 1];
	size_t count;
};

static int
descend(vouch_span der, const struct mock_path *path, struct descent *out)
{
	vouch_err unread;
	struct der_reader r = der_reader_init(der, err_or(NULL, &unread));

	out->levels[0] = der_element(&r);
	out->count = 1;
	for (size_t i = 0; i < path->count; i++) {
		r = der_inside(&r, der_content(out->levels[i]));
		for (size_t before = path->steps[i]; before > 0; before--)
			der_skip(&r);
		out->levels[out->count++] = der_element(&r);
	}
	return der_failed(&r) ? VOUCH_ENOTFOUND : VOUCH_OK;
}

int
mock_splice_find(vouch_span der, const struct mock_path *path, vouch_span *element)
{
	struct descent descent;

	if (descend(der, path, &descent) != VOUCH_OK)
		return VOUCH_ENOTFOUND;
	*element = descent.levels[descent.count - 1];
	return VOUCH_OK;
}

static int
put_part(vouch_buf *out, const uint8_t *from, const uint8_t *to)
{
	return vouch_buf_append(out, from, (size_t)(to - from));
}

/* The element around old, with octets in its place. */
static int
rebuild(vouch_span around, vouch_span old, vouch_span octets, vouch_buf *out, vouch_err *err)
{
	vouch_span content = der_content(around);
	const uint8_t *end = content.data + content.len;
	struct der_writer w = der_writer_init(out);
	size_t mark = der_begin(&w, around.data[0]);

	if (put_part(out, content.data, old.data) != VOUCH_OK || buf_append_span(out, octets) != VOUCH_OK ||
	    put_part(out, old.data + old.len, end) != VOUCH_OK)
		der_writer_fail(&w, VOUCH_ENOMEM, "out of memory");
	der_end(&w, mark);
	return der_writer_finish(&w, err);
}

int
mock_splice(vouch_buf *der, const struct mock_path *path, vouch_span octets, vouch_err *err)
{
	struct descent descent;
	vouch_buf inner = { 0 };

	if (descend(span_buf(der), path, &descent) != VOUCH_OK)
		return err_set(err, VOUCH_ENOTFOUND, "the answer has no such element");
	int code = buf_append_span(&inner, octets) == VOUCH_OK ? VOUCH_OK : err_nomem(err);
	for (size_t i = path->count; i > 0 && code == VOUCH_OK; i--) {
		vouch_buf outer = { 0 };

		code = rebuild(descent.levels[i - 1], descent.levels[i], span_buf(&inner), &outer, err);
		vouch_buf_free(&inner);
		inner = outer;
	}
	if (code != VOUCH_OK) {
		vouch_buf_free(&inner);
		return code;
	}
	vouch_buf_free(der);
	*der = inner;
	return VOUCH_OK;
}
