/* SPDX-License-Identifier: Apache-2.0 */
/* The URL of a responder, taken apart. */
#include "bench/url.h"

#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "base/span.h"

#define SCHEME "http://"

/* RFC 3986 2: what goes into a request line and a Host field is printed ASCII, without a blank. */
static bool
is_clean(const char *text)
{
	for (; *text != '\0'; text++)
		if (*text <= ' ' || *text >= 0x7f)
			return false;
	return true;
}

/* The colon of the port, behind the bracket of an IPv6 address if there is one. */
static bool
has_port(const char *authority)
{
	const char *bracket = strrchr(authority, ']');

	return strchr(bracket != NULL ? bracket : authority, ':') != NULL;
}

int
bench_url_parse(struct bench_url *out, const char *text, vouch_err *err)
{
	if (strncasecmp(text, SCHEME, strlen(SCHEME)) != 0)
		return err_set(err, VOUCH_EINVAL, "%.60s: a URL that begins with %s is expected", text,
		    SCHEME);
	if (!is_clean(text) || strpbrk(text, "?#@") != NULL)
		return err_set(err, VOUCH_EINVAL,
		    "%.60s: the URL of a responder has no user, query, fragment or blank", text);
	const char *authority = text + strlen(SCHEME);
	size_t len = strcspn(authority, "/");
	if (len == 0 || len > BENCH_AUTHORITY_MAX - sizeof(":80"))
		return err_set(err, VOUCH_EINVAL, "%.60s: no host in it, or one of more than %zu octets",
		    text, BENCH_AUTHORITY_MAX - sizeof(":80"));
	snprintf(out->host, sizeof(out->host), "%.*s", (int)len, authority);
	snprintf(out->address, sizeof(out->address), "%.*s%s", (int)len, authority,
	    has_port(out->host) ? "" : ":80");
	out->path = span_string(authority + len);
	return VOUCH_OK;
}
