/* SPDX-License-Identifier: Apache-2.0 */
/* Questions as HTTP requests. */
#include "bench/wire.h"

#include "base/base64.h"
#include "base/buf.h"
#include "base/err.h"

#define CLOSE "Connection: close\r\n"

static bool
ends_with_slash(vouch_span path)
{
	return path.len > 0 && path.data[path.len - 1] == '/';
}

static int
print_heads(struct bench_wire *w, const struct bench_url *url, const char *close)
{
	const char *path = (const char *)url->path.data;
	int len = (int)url->path.len;
	int code = buf_printf(&w->get_begin, "GET %.*s%s", len, path, ends_with_slash(url->path) ? "" : "/");

	if (code == VOUCH_OK)
		code = buf_printf(&w->get_end, " HTTP/1.1\r\nHost: %s\r\n%s\r\n", url->host, close);
	if (code == VOUCH_OK)
		code = buf_printf(&w->post_begin,
		    "POST %.*s HTTP/1.1\r\nHost: %s\r\n%sContent-Type: application/ocsp-request\r\nContent-Length: ",
		    len > 0 ? len : 1, len > 0 ? path : "/", url->host, close);
	return code == VOUCH_OK ? buf_append_string(&w->post_end, "\r\n\r\n") : code;
}

int
bench_wire_init(struct bench_wire *out, const struct bench_questions *questions, const struct bench_url *url,
    bool close, vouch_err *err)
{
	struct bench_wire w = { .questions = questions };

	if (print_heads(&w, url, close ? CLOSE : "") != VOUCH_OK) {
		bench_wire_clear(&w);
		return err_nomem(err);
	}
	*out = w;
	return VOUCH_OK;
}

void
bench_wire_clear(struct bench_wire *wire)
{
	vouch_buf_free(&wire->get_begin);
	vouch_buf_free(&wire->get_end);
	vouch_buf_free(&wire->post_begin);
	vouch_buf_free(&wire->post_end);
	vouch_buf_free(&wire->der);
	vouch_buf_free(&wire->base64);
	*wire = (struct bench_wire){ 0 };
}

/* What base64 has and a path gives meaning to is escaped, as RFC 6960 A.1 asks. */
static int
append_escaped(vouch_buf *out, vouch_span base64)
{
	static const char hexadecimal[] = "0123456789ABCDEF";

	if (buf_reserve(out, 3 * base64.len) != VOUCH_OK)
		return VOUCH_ENOMEM;
	uint8_t *to = out->data + out->len;
	for (size_t i = 0; i < base64.len; i++) {
		uint8_t c = base64.data[i];
		if (c != '+' && c != '/' && c != '=') {
			*to++ = c;
			continue;
		}
		*to++ = '%';
		*to++ = (uint8_t)hexadecimal[c >> 4];
		*to++ = (uint8_t)hexadecimal[c & 15];
	}
	out->len = (size_t)(to - out->data);
	return VOUCH_OK;
}

static int
write_get(struct bench_wire *w, vouch_buf *out)
{
	buf_clear(&w->base64);
	if (base64_encode(&w->base64, span_buf(&w->der)) != VOUCH_OK ||
	    buf_append_span(out, span_buf(&w->get_begin)) != VOUCH_OK ||
	    append_escaped(out, span_buf(&w->base64)) != VOUCH_OK)
		return VOUCH_ENOMEM;
	return buf_append_span(out, span_buf(&w->get_end));
}

static int
append_number(vouch_buf *out, size_t number)
{
	uint8_t digits[20];
	size_t at = sizeof(digits);

	do
		digits[--at] = (uint8_t)('0' + number % 10);
	while ((number /= 10) > 0);
	return vouch_buf_append(out, digits + at, sizeof(digits) - at);
}

static int
write_post(const struct bench_wire *w, vouch_buf *out)
{
	if (buf_append_span(out, span_buf(&w->post_begin)) != VOUCH_OK ||
	    append_number(out, w->der.len) != VOUCH_OK ||
	    buf_append_span(out, span_buf(&w->post_end)) != VOUCH_OK)
		return VOUCH_ENOMEM;
	return buf_append_span(out, span_buf(&w->der));
}

int
bench_wire_write(struct bench_wire *wire, uint64_t number, const uint8_t nonce[BENCH_NONCE], bool get,
    vouch_buf *out)
{
	buf_clear(&wire->der);
	if (bench_questions_write(wire->questions, number, nonce, &wire->der) != VOUCH_OK)
		return VOUCH_ENOMEM;
	return get ? write_get(wire, out) : write_post(wire, out);
}
