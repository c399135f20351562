/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords in URIs, which nobody is shown. */
#include "base/uri_secret.h"

#include <string.h>

#include "base/buf.h"
#include "base/hex.h"

#define HIDDEN "***"
#define LEAST 3 /* what is shorter would be found in every text, and is no secret */

/* Names of parameters that end like this. */
static const char *const names[] = { "password", "passwd", "passphrase", "pwd", "secret", "token" };

static size_t
find(vouch_span in, size_t from, const char *any)
{
	while (from < in.len && (in.data[from] == '\0' || strchr(any, in.data[from]) == NULL))
		from++;
	return from;
}

/* Behind "://"; the URI's end if there is none. */
static size_t
authority_of(vouch_span uri)
{
	for (size_t i = 0; i + 3 <= uri.len; i++)
		if (memcmp(uri.data + i, "://", 3) == 0)
			return i + 3;
	return uri.len;
}

static size_t
last_at(vouch_span uri, size_t from, size_t to)
{
	for (size_t i = to; i > from; i--)
		if (uri.data[i - 1] == '@')
			return i - 1;
	return to;
}

/*
 * Between the user's colon and the last '@' of the authority.  Someone who did not encode a '/' of his password is
 * protected as well: then there is no '@' before it.
 */
static vouch_span
userinfo_secret(vouch_span uri)
{
	size_t begin = authority_of(uri), end = find(uri, begin, "/");
	size_t at = last_at(uri, begin, end);

	if (at == end) {
		end = find(uri, begin, "?");
		at = last_at(uri, begin, end);
	}
	size_t colon = find(uri, begin, ":");
	if (at == end || colon >= at)
		return span_of(uri.data, 0);
	return span_of(uri.data + colon + 1, at - colon - 1);
}

static bool
names_a_secret(const uint8_t *name, size_t len)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t end = strlen(names[i]);
		if (len >= end && memcmp(name + len - end, names[i], end) == 0)
			return true;
	}
	return false;
}

/* A walk over the secrets of a URI: that of the user first, who stands before the parameters. */
struct walk {
	vouch_span uri;
	size_t at; /* behind the last one */
	bool is_behind_user;
};

static vouch_span
next_parameter_secret(struct walk *w)
{
	vouch_span uri = w->uri;

	while ((w->at = find(uri, w->at, "?&#")) < uri.len) {
		size_t name = ++w->at, equals = find(uri, name, "=?&#");
		if (equals == uri.len || uri.data[equals] != '=' ||
		    !names_a_secret(uri.data + name, equals - name))
			continue;
		w->at = find(uri, equals, "&#");
		if (w->at > equals + 1)
			return span_of(uri.data + equals + 1, w->at - equals - 1);
	}
	return span_of(uri.data, 0);
}

/* Empty: there is none left. */
static vouch_span
next_secret(struct walk *w)
{
	vouch_span user = w->is_behind_user ? span_of(w->uri.data, 0) : userinfo_secret(w->uri);

	w->is_behind_user = true;
	if (user.len == 0)
		return next_parameter_secret(w);
	w->at = (size_t)(user.data - w->uri.data) + user.len;
	return user;
}

int
uri_show(vouch_buf *out, vouch_span uri)
{
	struct walk walk = { .uri = uri };
	size_t shown = 0, before = out->len;
	int ret = VOUCH_OK;

	for (vouch_span secret; ret == VOUCH_OK && (secret = next_secret(&walk)).len > 0; shown = walk.at) {
		ret = buf_append_span(out,
		    span_of(uri.data + shown, (size_t)(secret.data - uri.data) - shown));
		if (ret == VOUCH_OK)
			ret = buf_append_string(out, HIDDEN);
	}
	if (ret == VOUCH_OK)
		ret = buf_append_span(out, span_of(uri.data + shown, uri.len - shown));
	if (ret != VOUCH_OK)
		out->len = before;
	return ret;
}

const char *
uri_shown(vouch_buf *out, const char *uri)
{
	buf_clear(out);
	if (uri_show(out, span_string(uri)) != VOUCH_OK || vouch_buf_append(out, "", 1) != VOUCH_OK)
		return "(a URI)";
	return (const char *)out->data;
}

bool
uri_has_secret(const char *uri)
{
	struct walk walk = { .uri = span_string(uri) };

	return next_secret(&walk).len > 0;
}

void
uri_mask(char *uri)
{
	struct walk walk = { .uri = span_string(uri) };

	for (vouch_span secret; (secret = next_secret(&walk)).len > 0;)
		memset(uri + (secret.data - walk.uri.data), '*', secret.len);
}

/* --- In texts of others ------------------------------------------------------------------------------- */

static void
hide(char *text, vouch_span secret)
{
	size_t len = strlen(text);

	if (secret.len < LEAST)
		return;
	for (size_t i = 0; i + secret.len <= len; i++) {
		if (memcmp(text + i, secret.data, secret.len) != 0)
			continue;
		memcpy(text + i, HIDDEN, strlen(HIDDEN));
		memmove(text + i + strlen(HIDDEN), text + i + secret.len, len - i - secret.len + 1);
		len -= secret.len - strlen(HIDDEN);
	}
}

static int
decode(vouch_buf *out, vouch_span text)
{
	int ret = VOUCH_OK;

	for (size_t i = 0; i < text.len && ret == VOUCH_OK; i++) {
		bool encoded = text.data[i] == '%' && text.len - i > 2 && hex_digit(text.data[i + 1]) >= 0 &&
		    hex_digit(text.data[i + 2]) >= 0;
		uint8_t octet = encoded ?
		    (uint8_t)(hex_digit(text.data[i + 1]) << 4 | hex_digit(text.data[i + 2])) :
		    text.data[i];
		ret = vouch_buf_append(out, &octet, 1);
		i += encoded ? 2 : 0;
	}
	return ret;
}

void
uri_hide(char *text, const char *uri)
{
	struct walk walk = { .uri = span_string(uri) };
	vouch_buf plain = { 0 };

	for (vouch_span secret; (secret = next_secret(&walk)).len > 0;) {
		hide(text, secret);
		buf_clear(&plain);
		if (decode(&plain, secret) == VOUCH_OK)
			hide(text, span_buf(&plain));
	}
	vouch_buf_free(&plain);
}
