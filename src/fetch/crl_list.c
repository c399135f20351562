/* SPDX-License-Identifier: Apache-2.0 */
/* One CRL in the web: its transfers, and what came of them. */
#include "fetch/crl_list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/err.h"
#include "fetch/crl_schedule.h"

#define REDIRECTS_MAX 5L
#define CONNECT_MS 10000L
/* A server that has stopped sending, and not only a slow one. */
#define STALL_OCTETS 16L
#define STALL_SECONDS 20L
#define ERROR_PAGE_MOST 65536 /* octets of a page that nobody reads, to keep the connection */
#define VALIDATOR_MOST 1024   /* octets; what is longer is not sent back */
#define BUFFER_OCTETS 262144L
/* CURLOPT_CA_CACHE_TIMEOUT, of the same: a CA that was withdrawn is believed for a day otherwise. */
#define CA_CACHE_TIMEOUT ((CURLoption)321)
#define QUICK_EXIT ((CURLoption)322) /* CURLOPT_QUICK_EXIT of libcurl 7.87 and later; older ones refuse it */

int
fetch_list_new(struct fetch_list **out, const char *url, bool is_delta, vouch_err *err)
{
	struct fetch_list *list = calloc(1, sizeof(*list));

	if (list == NULL)
		return err_nomem(err);
	list->url = strdup(url);
	list->name = fetch_url_name(url);
	if (list->url == NULL || list->name == NULL) {
		fetch_list_free(list);
		return err_nomem(err);
	}
	list->is_delta = is_delta;
	list->is_named = true;
	list->next_update = list->checked = VOUCH_TIME_ABSENT;
	*out = list;
	return VOUCH_OK;
}

void
fetch_list_free(struct fetch_list *list)
{
	if (list == NULL)
		return;
	vouch_buf_free(&list->etag);
	vouch_buf_free(&list->last_modified);
	vouch_buf_free(&list->freshest);
	free(list->url);
	free(list->name);
	free(list);
}

/* --- What comes --------------------------------------------------------------------------------------- */

static long
status_of(CURL *curl)
{
	long status = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

static int
refuse_size(struct fetch_list *list)
{
	return err_set(&list->err, VOUCH_ELIMIT, "larger than %llu octets (limit=)",
	    (unsigned long long)list->limit);
}

static int
load_octets(struct fetch_list *list, vouch_span octets)
{
	if (octets.len > list->limit - list->octets)
		return refuse_size(list);
	list->octets += octets.len;
	if (list->load == NULL &&
	    vouch_crl_load_new(&list->load, list->crls, list->name, &list->err) != VOUCH_OK)
		return list->err.code;
	return vouch_crl_load_feed(list->load, octets, &list->err);
}

/* The page of an error is of no use. */
static int
pass_over(struct fetch_list *list, size_t len)
{
	list->octets += len;
	return list->octets <= ERROR_PAGE_MOST ? VOUCH_OK : VOUCH_ELIMIT;
}

static size_t
receive(char *data, size_t size, size_t count, void *arg)
{
	struct fetch_list *list = arg;
	vouch_span octets = { (const uint8_t *)data, size * count };
	int code = status_of(list->curl) == 200 ? load_octets(list, octets) : pass_over(list, octets.len);

	return code == VOUCH_OK ? octets.len : 0;
}

/* --- The question ------------------------------------------------------------------------------------- */

static int
add_field(struct fetch_list *list, const char *name, vouch_span value)
{
	vouch_buf line = { 0 };
	struct curl_slist *fields = NULL;

	if (buf_printf(&line, "%s: %.*s", name, (int)value.len, (const char *)value.data) == VOUCH_OK &&
	    vouch_buf_append(&line, "", 1) == VOUCH_OK)
		fields = curl_slist_append(list->fields, (const char *)line.data);
	vouch_buf_free(&line);
	if (fields == NULL)
		return VOUCH_ENOMEM;
	list->fields = fields;
	return VOUCH_OK;
}

static bool
is_past(const struct fetch_list *list, vouch_time now)
{
	return list->next_update != VOUCH_TIME_ABSENT && list->next_update <= now;
}

/* RFC 9110 13.1: is there another list than the one that we have? */
static int
add_fields(struct fetch_list *list, vouch_time now)
{
	static const char no_cache[] = "no-cache";
	int code = VOUCH_OK;

	if (list->etag.len > 0)
		code = add_field(list, "If-None-Match", (vouch_span){ list->etag.data, list->etag.len });
	if (code == VOUCH_OK && list->last_modified.len > 0)
		code = add_field(list, "If-Modified-Since",
		    (vouch_span){ list->last_modified.data, list->last_modified.len });
	/* A cache in between may keep a list for longer than that stands. */
	if (code == VOUCH_OK && list->is_loaded && is_past(list, now))
		code = add_field(list, "Cache-Control",
		    (vouch_span){ (const uint8_t *)no_cache, sizeof(no_cache) - 1 });
	return code;
}

static void
set_up_times(CURL *curl, const struct fetch_options *options)
{
	long timeout = (long)options->timeout_ms, stall = timeout / 1000 < 1 ? 1 : timeout / 1000;

	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, timeout < CONNECT_MS ? timeout : CONNECT_MS);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, STALL_OCTETS);
	curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, stall < STALL_SECONDS ? stall : STALL_SECONDS);
	/* Whoever waits for the end of this thread does not wait for a name server as well. */
	curl_easy_setopt(curl, QUICK_EXIT, 1L);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
}

static void
set_up(struct fetch_list *list, const struct fetch_options *options)
{
	CURL *curl = list->curl;
	/* Who asked for https does not want less in the end. */
	bool is_secret = (list->url[4] | 0x20) == 's';

	curl_easy_setopt(curl, CURLOPT_URL, list->url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, is_secret ? "https" : "http,https");
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(curl, CURLOPT_MAXREDIRS, REDIRECTS_MAX);
	curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)options->limit);
	curl_easy_setopt(curl, CURLOPT_BUFFERSIZE, BUFFER_OCTETS);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, list);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, list->detail);
	curl_easy_setopt(curl, CURLOPT_PRIVATE, list);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list->fields);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "vouch/" VOUCH_VERSION);
	curl_easy_setopt(curl, CA_CACHE_TIMEOUT, 0L);
	if (options->cafile != NULL) {
		curl_easy_setopt(curl, CURLOPT_CAINFO, options->cafile);
		curl_easy_setopt(curl, CURLOPT_CAPATH, NULL);
	}
	set_up_times(curl, options);
}

int
fetch_list_begin(struct fetch_list *list, const struct fetch_options *options, vouch_source *crls,
    vouch_time now, vouch_err *err)
{
	list->curl = curl_easy_init();
	if (list->curl == NULL || add_fields(list, now) != VOUCH_OK) {
		fetch_list_abandon(list);
		return err_nomem(err);
	}
	list->crls = crls;
	list->octets = 0;
	list->limit = options->limit;
	list->detail[0] = '\0';
	list->err = (vouch_err){ 0 };
	set_up(list, options);
	return VOUCH_OK;
}

void
fetch_list_abandon(struct fetch_list *list)
{
	vouch_crl_load_free(list->load);
	list->load = NULL;
	if (list->curl != NULL)
		curl_easy_cleanup(list->curl);
	list->curl = NULL;
	curl_slist_free_all(list->fields);
	list->fields = NULL;
}

/* --- What came of it ---------------------------------------------------------------------------------- */

static const char *
field(CURL *curl, const char *name)
{
	struct curl_header *found;

	return curl_easy_header(curl, name, 0, CURLH_HEADER, -1, &found) == CURLHE_OK ? found->value : "";
}

/* Without memory nothing is kept, and the whole list comes next time. */
static void
keep(vouch_buf *out, const char *value)
{
	size_t len = strlen(value);

	buf_clear(out);
	if (len > 0 && len <= VALIDATOR_MOST)
		(void)!vouch_buf_append(out, value, len);
}

static void
note_list(void *arg, const vouch_crl_info *info)
{
	struct fetch_list *list = arg;

	if (strcmp(info->name, list->name) != 0)
		return;
	/* Several lists of one name stand until the first does not. */
	if (list->next_update == VOUCH_TIME_ABSENT ||
	    (info->next_update != VOUCH_TIME_ABSENT && info->next_update < list->next_update))
		list->next_update = info->next_update;
	if (list->freshest.len == 0)
		(void)!buf_append_span(&list->freshest, info->freshest_crl);
}

static int
use_new(struct fetch_list *list, vouch_time now)
{
	if (list->load == NULL &&
	    vouch_crl_load_new(&list->load, list->crls, list->name, &list->err) != VOUCH_OK)
		return list->err.code;
	if (vouch_crl_load_end(list->load, now, &list->err) != VOUCH_OK)
		return list->err.code;
	keep(&list->etag, field(list->curl, "ETag"));
	keep(&list->last_modified, field(list->curl, "Last-Modified"));
	list->is_loaded = true;
	list->next_update = VOUCH_TIME_ABSENT;
	buf_clear(&list->freshest);
	(void)!vouch_crl_source_lists(list->crls, note_list, list);
	return VOUCH_OK;
}

static int
name_failure(struct fetch_list *list, CURLcode result)
{
	if (list->err.code != VOUCH_OK)
		return list->err.code;
	if (result == CURLE_FILESIZE_EXCEEDED)
		return refuse_size(list);
	return err_set(&list->err, VOUCH_EUNAVAILABLE, "%s",
	    list->detail[0] != '\0' ? list->detail : curl_easy_strerror(result));
}

static int
judge(struct fetch_list *list, CURLcode result, vouch_time now)
{
	long status = status_of(list->curl);

	if (status != 0 && status != 200 && status != 304 && list->err.code == VOUCH_OK &&
	    (result == CURLE_OK || result == CURLE_WRITE_ERROR))
		return err_set(&list->err, VOUCH_EUNAVAILABLE, "HTTP status %ld", status);
	if (result != CURLE_OK)
		return name_failure(list, result);
	if (status == 200)
		return use_new(list, now);
	/* Nobody asked whether it is another one: there is none here yet. */
	return list->is_loaded ? VOUCH_OK :
				 err_set(&list->err, VOUCH_EUNAVAILABLE, "HTTP status %ld", status);
}

/* RFC 5280 6.3.3: it is the newest there is, and too old. */
static int
judge_age(struct fetch_list *list, vouch_time now)
{
	return is_past(list, now) ? err_set(&list->err, VOUCH_EUNAVAILABLE,
					"the CRL is past its nextUpdate, and there is no newer one") :
				    VOUCH_OK;
}

static void
note_wishes(struct fetch_list *list)
{
	curl_off_t retry_after = 0;

	curl_easy_getinfo(list->curl, CURLINFO_RETRY_AFTER, &retry_after);
	list->retry_after = retry_after > 0 ? (uint64_t)retry_after : 0;
	list->max_age = fetch_max_age(field(list->curl, "Cache-Control"));
}

bool
fetch_list_end(struct fetch_list *list, CURLcode result, vouch_time now)
{
	int code = judge(list, result, now);
	bool is_new = code == VOUCH_OK && status_of(list->curl) == 200;

	note_wishes(list);
	fetch_list_abandon(list);
	if (code == VOUCH_OK)
		code = judge_age(list, now);
	if (code == VOUCH_OK)
		list->checked = now;
	else if (strstr(list->err.msg, list->name) == NULL)
		err_prefix(&list->err, "%s", list->name);
	list->failures = code == VOUCH_OK ? 0 : list->failures + 1;
	list->attempts++;
	return is_new;
}
