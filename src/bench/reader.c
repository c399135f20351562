/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP responses out of a stream of octets. */
#include "bench/reader.h"

#include <string.h>

#include "base/buf.h"

static struct bench_reader *
reader_of(llhttp_t *http)
{
	return http->data;
}

static int
stop(struct bench_reader *r, int code)
{
	r->code = code;
	return HPE_USER;
}

static int
on_message_begin(llhttp_t *http)
{
	struct bench_reader *r = reader_of(http);

	r->is_begun = true;
	r->is_ocsp = r->is_type = false;
	r->name_len = r->value_len = 0;
	buf_clear(&r->body);
	return 0;
}

/* Keeps as much as fits: what is longer is not the text that is looked for. */
static void
keep(char *text, size_t room, uint8_t *len, const char *at, size_t more)
{
	size_t free_room = room - *len;

	if (more > free_room)
		more = free_room;
	memcpy(text + *len, at, more);
	*len = (uint8_t)(*len + more);
}

static int
on_header_field(llhttp_t *http, const char *at, size_t len)
{
	struct bench_reader *r = reader_of(http);

	keep(r->name, sizeof(r->name), &r->name_len, at, len);
	return 0;
}

static int
on_header_field_complete(llhttp_t *http)
{
	static const char name[] = "content-type";
	struct bench_reader *r = reader_of(http);

	r->is_type = r->name_len == sizeof(name) - 1 && strncasecmp(r->name, name, sizeof(name) - 1) == 0;
	r->name_len = r->value_len = 0;
	return 0;
}

static int
on_header_value(llhttp_t *http, const char *at, size_t len)
{
	struct bench_reader *r = reader_of(http);

	if (r->is_type)
		keep(r->value, sizeof(r->value), &r->value_len, at, len);
	return 0;
}

/* RFC 9110 8.3.1: a media type ends where its parameters or blanks begin; case does not count. */
static int
on_header_value_complete(llhttp_t *http)
{
	static const char type[] = "application/ocsp-response";
	const size_t len = sizeof(type) - 1;
	struct bench_reader *r = reader_of(http);

	if (r->is_type)
		r->is_ocsp = r->value_len >= len && strncasecmp(r->value, type, len) == 0 &&
		    (r->value_len == len || strchr("; \t", r->value[len]) != NULL);
	return 0;
}

static int
on_body(llhttp_t *http, const char *at, size_t len)
{
	struct bench_reader *r = reader_of(http);

	if (len > BENCH_ANSWER_MAX - r->body.len)
		return stop(r, VOUCH_ELIMIT);
	return vouch_buf_append(&r->body, at, len) == VOUCH_OK ? 0 : stop(r, VOUCH_ENOMEM);
}

static int
on_message_complete(llhttp_t *http)
{
	struct bench_reader *r = reader_of(http);
	struct bench_answer answer = { .status = (unsigned)llhttp_get_status_code(http),
		.is_ocsp = r->is_ocsp,
		.is_last = llhttp_should_keep_alive(http) == 0,
		.body = { r->body.data, r->body.len } };

	r->is_begun = false;
	/* What llhttp lets pass: RFC 9112 2.3 and RFC 9110 15. */
	if (llhttp_get_http_major(http) != 1 || answer.status < 100 || answer.status > 599)
		return stop(r, VOUCH_EPARSE);
	if (answer.status / 100 == 1) /* RFC 9110 15.2: the answer is still to come */
		return 0;
	int code = r->cb(r->arg, &answer);
	return code == VOUCH_OK ? 0 : stop(r, code);
}

static const llhttp_settings_t settings = {
	.on_message_begin = on_message_begin,
	.on_header_field = on_header_field,
	.on_header_field_complete = on_header_field_complete,
	.on_header_value = on_header_value,
	.on_header_value_complete = on_header_value_complete,
	.on_body = on_body,
	.on_message_complete = on_message_complete,
};

void
bench_reader_begin(struct bench_reader *r, bench_answer_cb *cb, void *arg)
{
	llhttp_init(&r->http, HTTP_RESPONSE, &settings);
	r->http.data = r;
	r->cb = cb;
	r->arg = arg;
	r->is_begun = false;
	r->code = VOUCH_OK;
	buf_clear(&r->body);
}

static int
result(const struct bench_reader *r, llhttp_errno_t code)
{
	if (code == HPE_OK)
		return VOUCH_OK;
	return r->code != VOUCH_OK ? r->code : VOUCH_EPARSE;
}

int
bench_reader_feed(struct bench_reader *r, const uint8_t *data, size_t len)
{
	return result(r, llhttp_execute(&r->http, (const char *)data, len));
}

int
bench_reader_end(struct bench_reader *r)
{
	return result(r, llhttp_finish(&r->http));
}

bool
bench_reader_has_begun(const struct bench_reader *r)
{
	return r->is_begun;
}

void
bench_reader_clear(struct bench_reader *r)
{
	vouch_buf_free(&r->body);
}
