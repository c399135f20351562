/* SPDX-License-Identifier: Apache-2.0 */
/* What the URI of a CRL in the web asks for. */
#include "fetch/crl_options.h"

#include <stdlib.h>
#include <string.h>
#include <curl/curl.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/number.h"

#define EVERY_MS 3600000 /* a revocation in an emergency should not wait for half of a week */
#define EVERY_MOST_MS UINT64_C(604800000)
#define TIMEOUT_MS 300000
#define TIMEOUT_MOST_MS 86400000
#define WAIT_MS 5000
#define WAIT_MOST_MS 600000
#define LIMIT (UINT64_C(256) << 20) /* some seven million entries; who has more says so */
#define LIMIT_MOST (UINT64_C(1) << 40)

/* --- Numbers with a unit ------------------------------------------------------------------------------ */

struct unit {
	const char *name;
	uint64_t factor;
};
static const struct unit of_time[] = { { "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
	{ "h", 3600000 }, { "d", 86400000 }, { NULL, 0 } };
static const struct unit of_size[] = { { "", 1 }, { "KiB", 1 << 10 }, { "MiB", 1 << 20 },
	{ "GiB", UINT64_C(1) << 30 }, { NULL, 0 } };

/* One row is one parameter that is a number. */
static const struct number {
	const char *name;
	const struct unit *units;
	uint64_t least, most;
	size_t place; /* in struct fetch_options */
	const char *looks_like;
} numbers[] = {
	{ "every", of_time, 1000, EVERY_MOST_MS, offsetof(struct fetch_options, every_ms),
	    "1h: from 1s to 7d" },
	{ "timeout", of_time, 100, TIMEOUT_MOST_MS, offsetof(struct fetch_options, timeout_ms),
	    "5m: from 100ms to 1d" },
	{ "wait", of_time, 0, WAIT_MOST_MS, offsetof(struct fetch_options, wait_ms), "5s: at most 10m" },
	{ "limit", of_size, 1, LIMIT_MOST, offsetof(struct fetch_options, limit), "256MiB: at most 1024GiB" },
};
#define NUMBERS (sizeof(numbers) / sizeof(numbers[0]))

static bool
parse(const struct number *n, const char *text, uint64_t *out)
{
	size_t digits = strspn(text, "0123456789");
	uint64_t value;

	for (const struct unit *unit = n->units; unit->name != NULL; unit++) {
		if (strcmp(unit->name, text + digits) != 0)
			continue;
		if (!number_parse((vouch_span){ (const uint8_t *)text, digits }, n->most / unit->factor,
			&value) ||
		    value * unit->factor < n->least)
			return false;
		*out = value * unit->factor;
		return true;
	}
	return false;
}

static int
read_number(struct fetch_options *o, const char *query, const struct number *n, vouch_err *err)
{
	vouch_buf value = { 0 };
	int code = vouch_uri_parameter(&value, query, n->name, err);

	if (code == VOUCH_OK &&
	    !parse(n, (const char *)value.data, (uint64_t *)(void *)((char *)o + n->place)))
		code = err_set(err, VOUCH_EINVAL, "%s: not like %s", n->name, n->looks_like);
	vouch_buf_free(&value);
	return code == VOUCH_ENOTFOUND ? VOUCH_OK : code;
}

/* --- URLs --------------------------------------------------------------------------------------------- */

static size_t
behind_scheme(vouch_span url)
{
	static const char *const schemes[] = { "http://", "https://" };

	for (size_t i = 0; i < 2; i++) {
		size_t len = strlen(schemes[i]);
		if (url.len > len && curl_strnequal((const char *)url.data, schemes[i], len))
			return len;
	}
	return 0;
}

int
fetch_url_check(vouch_span url, vouch_err *err)
{
	size_t begin = behind_scheme(url);

	if (begin == 0 || strchr("/?#@", url.data[begin]) != NULL)
		return err_set(err, VOUCH_EINVAL, "not the URL of a CRL: http:// or https://, and a host");
	for (size_t i = 0; i < url.len; i++)
		if (url.data[i] <= ' ' || url.data[i] == 0x7f)
			return err_at(err, VOUCH_EINVAL, i, "a blank or control character in the URL");
	return VOUCH_OK;
}

char *
fetch_url_name(const char *url)
{
	size_t begin = behind_scheme((vouch_span){ (const uint8_t *)url, strlen(url) });
	size_t end = begin + strcspn(url + begin, "/?#"), host = begin;

	for (size_t i = begin; i < end; i++)
		if (url[i] == '@')
			host = i + 1;
	char *name = strdup(url);
	if (name != NULL)
		memmove(name + begin, url + host, strlen(url + host) + 1);
	return name;
}

static bool
is_there(const struct fetch_urls *urls, vouch_span url)
{
	for (size_t i = 0; i < urls->count; i++)
		if (strlen(urls->items[i]) == url.len && memcmp(urls->items[i], url.data, url.len) == 0)
			return true;
	return false;
}

static int
add_url(struct fetch_urls *urls, vouch_span url, vouch_err *err)
{
	if (fetch_url_check(url, err) != VOUCH_OK)
		return err->code;
	if (urls->count >= FETCH_URLS_MOST)
		return err_set(err, VOUCH_ELIMIT, "more than %d URLs", FETCH_URLS_MOST);
	if (is_there(urls, url))
		return err_set(err, VOUCH_EINVAL, "the same URL twice");
	char **items = reallocarray(urls->items, urls->count + 1, sizeof(char *));
	if (items == NULL)
		return err_nomem(err);
	urls->items = items;
	items[urls->count] = strndup((const char *)url.data, url.len);
	if (items[urls->count] == NULL)
		return err_nomem(err);
	urls->count++;
	return VOUCH_OK;
}

static int
add_urls(struct fetch_urls *urls, const char *list, vouch_err *err)
{
	for (list += strspn(list, " "); *list != '\0'; list += strspn(list, " ")) {
		size_t len = strcspn(list, " ");
		if (add_url(urls, (vouch_span){ (const uint8_t *)list, len }, err) != VOUCH_OK)
			return err->code;
		list += len;
	}
	return VOUCH_OK;
}

static void
clear_urls(struct fetch_urls *urls)
{
	for (size_t i = 0; i < urls->count; i++)
		free(urls->items[i]);
	free(urls->items);
}

/* --- Parameters --------------------------------------------------------------------------------------- */

static int
read_also(struct fetch_options *o, const char *query, vouch_err *err)
{
	vouch_buf value = { 0 };
	int code = vouch_uri_parameter(&value, query, "also", err);

	if (code == VOUCH_OK && add_urls(&o->urls, (const char *)value.data, err) != VOUCH_OK)
		code = err_prefix(err, "also");
	vouch_buf_free(&value);
	return code == VOUCH_ENOTFOUND ? VOUCH_OK : code;
}

static int
read_delta(struct fetch_options *o, const char *query, vouch_err *err)
{
	vouch_buf value = { 0 };
	int code = vouch_uri_parameter(&value, query, "delta", err);

	o->finds_deltas = code == VOUCH_ENOTFOUND;
	if (code == VOUCH_OK && strcmp((const char *)value.data, "none") != 0 &&
	    add_urls(&o->deltas, (const char *)value.data, err) != VOUCH_OK)
		code = err_prefix(err, "delta");
	vouch_buf_free(&value);
	return code == VOUCH_ENOTFOUND ? VOUCH_OK : code;
}

static int
read_cafile(struct fetch_options *o, const char *query, vouch_err *err)
{
	vouch_buf value = { 0 };
	int code = vouch_uri_parameter(&value, query, "cafile", err);

	if (code == VOUCH_OK) {
		o->cafile = strdup((const char *)value.data);
		code = o->cafile == NULL ? err_nomem(err) : VOUCH_OK;
	}
	vouch_buf_free(&value);
	return code == VOUCH_ENOTFOUND ? VOUCH_OK : code;
}

/* What is left is the source's of CRLs, which refuses what it does not know. */
static int
keep_others(struct fetch_options *o, const char *query, vouch_err *err)
{
	static const char *const ours[] = { "also", "delta", "every", "timeout", "wait", "limit", "cafile" };
	vouch_buf rest = { 0 };
	int code = vouch_uri_without(&rest, query, ours, sizeof(ours) / sizeof(ours[0]));

	if (code == VOUCH_OK) {
		o->parameters = strdup(rest.len > 0 ? (const char *)rest.data + 1 : "");
		code = o->parameters == NULL ? VOUCH_ENOMEM : VOUCH_OK;
	}
	vouch_buf_free(&rest);
	return code == VOUCH_OK ? VOUCH_OK : err_nomem(err);
}

static int
read_parameters(struct fetch_options *o, const char *query, vouch_err *err)
{
	int code = read_also(o, query, err);

	if (code == VOUCH_OK)
		code = read_delta(o, query, err);
	if (code == VOUCH_OK)
		code = read_cafile(o, query, err);
	for (size_t i = 0; i < NUMBERS && code == VOUCH_OK; i++)
		code = read_number(o, query, &numbers[i], err);
	return code == VOUCH_OK ? keep_others(o, query, err) : code;
}

/* vouch_uri_parameter() reads what is behind the last question mark. */
static int
read_fragment(struct fetch_options *o, const char *fragment, vouch_err *err)
{
	vouch_buf query = { 0 };
	int code;

	if (strchr(fragment, '?') != NULL)
		return err_set(err, VOUCH_EINVAL, "a question mark behind '#': to be written as %%3F");
	if (buf_printf(&query, "?%s", fragment) != VOUCH_OK || vouch_buf_append(&query, "", 1) != VOUCH_OK)
		code = err_nomem(err);
	else
		code = read_parameters(o, (const char *)query.data, err);
	vouch_buf_free(&query);
	return code;
}

int
fetch_options_read(struct fetch_options *out, const char *uri, vouch_err *err)
{
	struct fetch_options o = { .every_ms = EVERY_MS,
		.timeout_ms = TIMEOUT_MS,
		.wait_ms = WAIT_MS,
		.limit = LIMIT };
	size_t len = strcspn(uri, "#");
	int code = add_url(&o.urls, (vouch_span){ (const uint8_t *)uri, len }, err);

	if (code == VOUCH_OK)
		code = read_fragment(&o, uri[len] == '#' ? uri + len + 1 : "", err);
	if (code == VOUCH_OK)
		*out = o;
	else
		fetch_options_clear(&o);
	return code;
}

void
fetch_options_clear(struct fetch_options *options)
{
	clear_urls(&options->urls);
	clear_urls(&options->deltas);
	free(options->cafile);
	free(options->parameters);
	*options = (struct fetch_options){ 0 };
}
