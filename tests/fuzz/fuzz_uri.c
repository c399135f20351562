/* SPDX-License-Identifier: Apache-2.0 */
/* Fuzzes what reads URIs of sources: their parameters, which scheme they have, and that no password of one is shown. */
#include <string.h>

#include "base/buf.h"
#include "base/uri_secret.h"
#include "sources/sources.h"
#include "target.h"

/* A second opinion on the parameters: "name" of a segment, and whether one of that name is there. */
static const char *
segments(const char *uri)
{
	const char *last = NULL;

	for (; *uri != '\0'; uri++)
		if (*uri == '?')
			last = uri + 1;
	return last;
}

static const char *
end_of(const char *segment)
{
	while (*segment != '\0' && *segment != '&')
		segment++;
	return segment;
}

static bool
is_called(const char *segment, const char *name)
{
	size_t len = strlen(name);

	return strncmp(segment, name, len) == 0 && (segment[len] == '=' || segment[len] == '&' || segment[len] == '\0');
}

static unsigned
count_of(const char *uri, const char *name)
{
	unsigned count = 0;

	for (const char *s = segments(uri); s != NULL; s = *end_of(s) == '&' ? end_of(s) + 1 : NULL)
		count += is_called(s, name);
	return count;
}

static void
parameter(const char *uri, const char *name)
{
	vouch_buf value = { 0 };
	vouch_err err;
	int code = vouch_uri_parameter(&value, uri, name, &err);
	unsigned count = count_of(uri, name);

	FUZZ_CHECK(count > 0 || code == VOUCH_ENOTFOUND);
	FUZZ_CHECK(count < 2 || code == VOUCH_EINVAL);
	FUZZ_CHECK(count != 1 || code == VOUCH_OK || code == VOUCH_EINVAL);
	if (code == VOUCH_OK) {
		FUZZ_CHECK(value.data[value.len] == '\0' && strlen((const char *)value.data) == value.len);
		FUZZ_CHECK(value.len <= strlen(uri));
	}
	if (code == VOUCH_EINVAL)
		FUZZ_CHECK(err.code == code && err.msg[0] != '\0');
	vouch_buf_free(&value);
}

/* What is left out is gone, and every other parameter is what it was. */
static void
without(const char *uri, const char *name, const char *other)
{
	const char *const names[] = { name };
	vouch_buf left = { 0 }, before = { 0 }, after = { 0 };
	vouch_err err;

	FUZZ_CHECK(vouch_uri_without(&left, uri, names, 1) == VOUCH_OK);
	const char *rest = (const char *)left.data;
	FUZZ_CHECK(strlen(rest) == left.len && left.len <= strlen(uri));
	if (count_of(uri, name) == 0)
		FUZZ_CHECK(strcmp(rest, uri) == 0);
	bool some_left = strchr(uri, '?') == NULL || strlen(rest) >= (size_t)(segments(uri) - uri);
	if (some_left && !is_called(name, other)) {
		FUZZ_CHECK(count_of(rest, name) == 0);
		int was = vouch_uri_parameter(&before, uri, other, &err);
		FUZZ_CHECK(vouch_uri_parameter(&after, rest, other, &err) == was);
		if (was == VOUCH_OK)
			FUZZ_CHECK(span_equal(span_buf(&before), span_buf(&after)));
	}
	vouch_buf_free(&left);
	vouch_buf_free(&before);
	vouch_buf_free(&after);
}

/* It is what is before the colon that makes a text a URI, and nothing else. */
static void
scheme(const char *text)
{
	char bare[64];
	size_t len = strcspn(text, ":");
	bool is_uri = sources_is_uri(text);

	FUZZ_CHECK(!is_uri || text[len] == ':');
	FUZZ_CHECK(!is_uri || (len > 0 && strspn(text, "abcdefghijklmnopqrstuvwxyz+") == len));
	if (len + 2 > sizeof(bare))
		return;
	memcpy(bare, text, len);
	memcpy(bare + len, ":", 2);
	FUZZ_CHECK(text[len] != ':' || sources_is_uri(bare) == is_uri);
}

/* A password that is planted does not come back, whatever else is in the URI. */
static void
secret(const char *text)
{
	static const char planted[] = "S3CR3T";
	const char *const forms[][4] = { { "x://u:", planted, "@", text }, { "x://h/", text, "?password=", planted },
		{ "x://h?a=", text, "&password=", planted } };
	vouch_buf shown = { 0 }, uri = { 0 };

	if (strstr(text, planted) != NULL)
		return;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		char said[] = "the server said: S3CR3T is not S3CR3T";
		buf_clear(&uri);
		for (size_t part = 0; part < 4; part++)
			FUZZ_CHECK(buf_append_string(&uri, forms[i][part]) == VOUCH_OK);
		FUZZ_CHECK(vouch_buf_append(&uri, "", 1) == VOUCH_OK);
		FUZZ_CHECK(uri_has_secret((const char *)uri.data));
		FUZZ_CHECK(strstr(uri_shown(&shown, (const char *)uri.data), planted) == NULL);
		/* With marks of its own the text may become a part of the password. */
		uri_hide(said, (const char *)uri.data);
		FUZZ_CHECK(strpbrk(text, "=&@#?:/") != NULL || strstr(said, planted) == NULL);
	}
	buf_clear(&shown);
	FUZZ_CHECK(uri_show(&shown, span_string(text)) == VOUCH_OK);
	FUZZ_CHECK(uri_has_secret(text) || span_equal(span_buf(&shown), span_string(text)));
	vouch_buf_free(&shown);
	vouch_buf_free(&uri);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "query", "mode", "a", "b", "" };
	char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		parameter(text, names[i]);
		without(text, names[i], names[(i + 1) % 5]);
	}
	scheme(text);
	secret(text);
	free(text);
	return 0;
}
