/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters of a URI: what is behind its last question mark. */
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/hex.h"
#include "base/uri_secret.h"

/* One of "name=value&other=value". */
struct parameter {
	vouch_span name, value, whole;
	const char *next; /* NULL: it is the last one */
};

static const char *
query_of(const char *uri)
{
	const char *question = strrchr(uri, '?');

	return question == NULL ? NULL : question + 1;
}

static struct parameter
first_of(const char *query)
{
	size_t len = strcspn(query, "&"), name = strcspn(query, "=&");
	size_t value = name < len ? name + 1 : len;
	const uint8_t *octets = (const uint8_t *)query;

	return (struct parameter){ .name = span_of(octets, name),
		.value = span_of(octets + value, len - value),
		.whole = span_of(octets, len),
		.next = query[len] == '&' ? query + len + 1 : NULL };
}

static bool
is_called(const struct parameter *p, const char *name)
{
	return span_equal(p->name, span_string(name));
}

/* '+' stands for itself: this is no form of a page.  A NUL would end the value for who reads it as text. */
static int
decode(vouch_buf *out, vouch_span value)
{
	for (size_t i = 0; i < value.len; i++) {
		uint8_t octet = value.data[i];
		if (octet == '%') {
			int high = value.len - i > 2 ? hex_digit(value.data[i + 1]) : -1;
			int low = high >= 0 ? hex_digit(value.data[i + 2]) : -1;
			if (low < 0 || (high | low) == 0)
				return VOUCH_EINVAL;
			octet = (uint8_t)(high << 4 | low);
			i += 2;
		}
		if (vouch_buf_append(out, &octet, 1) != VOUCH_OK)
			return VOUCH_ENOMEM;
	}
	return VOUCH_OK;
}

static int
decode_as_text(vouch_buf *out, vouch_span value)
{
	int code = decode(out, value);

	if (code == VOUCH_OK)
		code = vouch_buf_append(out, "", 1);
	if (code == VOUCH_OK)
		out->len--;
	return code;
}

static int
fail(vouch_err *err, const char *uri, const char *name, const char *what)
{
	vouch_buf shown = { 0 };
	int code = err_set(err, VOUCH_EINVAL, "%s: the parameter %s %s", uri_shown(&shown, uri), name, what);

	vouch_buf_free(&shown);
	return code;
}

int
vouch_uri_parameter(vouch_buf *value, const char *uri, const char *name, vouch_err *err)
{
	vouch_err unread;
	const char *query = query_of(uri);
	bool found = false;

	err = err_or(err, &unread);
	buf_clear(value);
	while (query != NULL) {
		struct parameter p = first_of(query);
		query = p.next;
		if (!is_called(&p, name))
			continue;
		if (found)
			return fail(err, uri, name, "is there twice");
		found = true;
		int code = decode_as_text(value, p.value);
		if (code == VOUCH_ENOMEM)
			return err_nomem(err);
		if (code != VOUCH_OK)
			return fail(err, uri, name, "is not percent-encoded as it should be");
	}
	return found ? VOUCH_OK : VOUCH_ENOTFOUND;
}

static bool
is_one_of(const struct parameter *p, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_called(p, names[i]))
			return true;
	return false;
}

int
vouch_uri_without(vouch_buf *out, const char *uri, const char *const *names, size_t count)
{
	const char *query = query_of(uri);
	size_t before = out->len;
	char separator = '?';
	int code = vouch_buf_append(out, uri, query == NULL ? strlen(uri) : (size_t)(query - 1 - uri));

	while (code == VOUCH_OK && query != NULL) {
		struct parameter p = first_of(query);
		query = p.next;
		if (is_one_of(&p, names, count))
			continue;
		code = vouch_buf_append(out, &separator, 1);
		if (code == VOUCH_OK)
			code = buf_append_span(out, p.whole);
		separator = '&';
	}
	if (code == VOUCH_OK)
		code = vouch_buf_append(out, "", 1);
	if (code != VOUCH_OK) {
		out->len = before;
		return VOUCH_ENOMEM;
	}
	out->len--;
	return VOUCH_OK;
}
