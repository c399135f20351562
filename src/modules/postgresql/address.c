/* SPDX-License-Identifier: Apache-2.0 */
/* URIs of databases. */
#include "modules/postgresql/address.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/postgresql/report.h"

#define SCHEME "postgresql:"
#define CONNECTIONS 4
#define CONNECTIONS_MOST 100 /* what a server allows in all, if nobody changed it */
#define TIMEOUT_MS 2000
#define TIMEOUT_LEAST_MS 50
#define TIMEOUT_MOST_MS 60000
#define POLL_MS 200 /* a fifth of the second in which a change must show */
#define POLL_LEAST_MS 20
#define POLL_MOST_MS 60000
#define SHOWN_MOST 256

static int
no_memory(vouch_err *err)
{
	return postgresql_fail(err, VOUCH_ENOMEM, "postgresql", "out of memory");
}

static void
wipe(char *text)
{
	if (text != NULL)
		explicit_bzero(text, strlen(text));
	free(text);
}

/* --- Parameters of ours ------------------------------------------------------------------------------- */

static int
read_number(long *out, const char **text)
{
	long value = 0;
	const char *p = *text;

	for (; *p >= '0' && *p <= '9' && value < 1000000; p++)
		value = 10 * value + (*p - '0');
	*out = value;
	bool found = p != *text;
	*text = p;
	return found ? VOUCH_OK : VOUCH_EINVAL;
}

static int
set_connections(struct postgresql_address *out, const char *value, vouch_err *err)
{
	long number = 0;

	if (read_number(&number, &value) != VOUCH_OK || *value != '\0' || number < 1 ||
	    number > CONNECTIONS_MOST)
		return postgresql_fail(err, VOUCH_EINVAL, "postgresql",
		    "connections is a number from 1 to %d", CONNECTIONS_MOST);
	out->connections = (unsigned)number;
	return VOUCH_OK;
}

/* "2s", "200ms", or "2" for seconds. */
static int
read_duration(int *out_ms, const char *value, int least, int most)
{
	long number = 0;

	if (read_number(&number, &value) != VOUCH_OK)
		return VOUCH_EINVAL;
	if (*value == '\0' || strcmp(value, "s") == 0)
		number *= 1000;
	else if (strcmp(value, "ms") != 0)
		return VOUCH_EINVAL;
	*out_ms = (int)(number > most ? most : number);
	return number >= least && number <= most ? VOUCH_OK : VOUCH_EINVAL;
}

static int
set_timeout(struct postgresql_address *out, const char *value, vouch_err *err)
{
	if (read_duration(&out->timeout_ms, value, TIMEOUT_LEAST_MS, TIMEOUT_MOST_MS) == VOUCH_OK)
		return VOUCH_OK;
	return postgresql_fail(err, VOUCH_EINVAL, "postgresql", "timeout is a time from %dms to %ds",
	    TIMEOUT_LEAST_MS, TIMEOUT_MOST_MS / 1000);
}

static int
set_poll(struct postgresql_address *out, const char *value, vouch_err *err)
{
	if (read_duration(&out->poll_ms, value, POLL_LEAST_MS, POLL_MOST_MS) == VOUCH_OK)
		return VOUCH_OK;
	return postgresql_fail(err, VOUCH_EINVAL, "postgresql", "poll is a time from %dms to %ds",
	    POLL_LEAST_MS, POLL_MOST_MS / 1000);
}

static int
set_mode(struct postgresql_address *out, const char *value, vouch_err *err)
{
	static const char *const modes
	    [] = { [POSTGRESQL_MODE_RW] = "rw", [POSTGRESQL_MODE_RO] = "ro", [POSTGRESQL_MODE_RWC] = "rwc" };

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		if (strcmp(value, modes[i]) == 0) {
			out->mode = (enum postgresql_mode)i;
			return VOUCH_OK;
		}
	}
	return postgresql_fail(err, VOUCH_EINVAL, "postgresql", "mode is ro, rw or rwc");
}

static const struct parameter {
	const char *name;
	int (*set)(struct postgresql_address *out, const char *value,
	    vouch_err *err); /* NULL: of modules/query */
} parameters[] = {
	{ "connections", set_connections },
	{ "timeout", set_timeout },
	{ "poll", set_poll },
	{ "mode", set_mode },
	{ "query", NULL },
	{ "changes", NULL },
};
#define PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

static int
parse_parameter(struct postgresql_address *out, const char *uri, const struct parameter *p, vouch_err *err)
{
	vouch_buf value = { 0 };
	int code = vouch_uri_parameter(&value, uri, p->name, NULL);

	if (code == VOUCH_OK)
		code = p->set(out, (const char *)value.data, err);
	else if (code == VOUCH_EINVAL)
		code = postgresql_fail(err, code, "postgresql",
		    "the parameter %s is there twice, or wrongly encoded", p->name);
	else if (code == VOUCH_ENOMEM)
		code = no_memory(err);
	vouch_buf_free(&value);
	return code == VOUCH_ENOTFOUND ? VOUCH_OK : code;
}

static int
parse_parameters(struct postgresql_address *out, const char *uri, vouch_err *err)
{
	int code = VOUCH_OK;

	for (size_t i = 0; i < PARAMETERS && code == VOUCH_OK; i++)
		code = parameters[i].set != NULL ? parse_parameter(out, uri, &parameters[i], err) : VOUCH_OK;
	return code;
}

/* --- libpq's -------------------------------------------------------------------------------------------- */

const char *
postgresql_address_value(const struct postgresql_address *address, const char *keyword)
{
	for (size_t i = 0; i < address->count; i++) {
		if (strcmp(address->keywords[i], keyword) == 0)
			return address->values[i];
	}
	return NULL;
}

static int
add(struct postgresql_address *out, const char *keyword, const char *value, vouch_err *err)
{
	if (postgresql_address_value(out, keyword) != NULL)
		return VOUCH_OK;
	if (out->count + 1 >= out->room)
		return postgresql_fail(err, VOUCH_ELIMIT, "postgresql", "too many parameters");
	char *name = strdup(keyword), *text = strdup(value);
	if (name == NULL || text == NULL) {
		free(name);
		wipe(text);
		return no_memory(err);
	}
	out->keywords[out->count] = name;
	out->values[out->count++] = text;
	return VOUCH_OK;
}

/*
 * A connection whose other end is gone must not look alive: TCP itself would try for a quarter of an hour.
 * libpq takes a connect_timeout of 1 for 2.
 */
static int
add_ours(struct postgresql_address *out, vouch_err *err)
{
	char seconds[24], milliseconds[24];

	snprintf(seconds, sizeof(seconds), "%d",
	    out->timeout_ms <= 2000 ? 2 : (out->timeout_ms + 999) / 1000);
	snprintf(milliseconds, sizeof(milliseconds), "%d", out->timeout_ms);
	const struct {
		const char *keyword, *value;
	} ours[] = { { "connect_timeout", seconds }, { "tcp_user_timeout", milliseconds },
		{ "keepalives", "1" }, { "keepalives_idle", "5" }, { "keepalives_interval", "2" },
		{ "keepalives_count", "3" }, { "fallback_application_name", "vouch" },
		{ "client_encoding", "UTF8" } };
	int code = VOUCH_OK;
	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]) && code == VOUCH_OK; i++)
		code = add(out, ours[i].keyword, ours[i].value, err);
	return code;
}

/*
 * libpq repeats what it could not read, which may be a piece of a password that somebody forgot to encode: of
 * its text the fact is kept, and what it is about only where no password can be.
 */
static int
report_parse(const char *uri, const char *text, vouch_err *err)
{
	const char *quoted = text != NULL ? strstr(text, ": \"") : NULL;
	int len = quoted == NULL || strchr(uri, '@') == NULL ? -1 : (int)(quoted - text);

	if (text == NULL)
		return no_memory(err);
	return postgresql_fail(err, VOUCH_EINVAL, "postgresql", "%.*s", len, text);
}

static int
keep_options(struct postgresql_address *out, const PQconninfoOption *options, vouch_err *err)
{
	size_t room = 16; /* ours, those that a connection is pinned with, and the end */
	int code = VOUCH_OK;

	for (const PQconninfoOption *o = options; o->keyword != NULL; o++)
		room++;
	out->keywords = calloc(room, sizeof(*out->keywords));
	out->values = calloc(room, sizeof(*out->values));
	out->room = room;
	if (out->keywords == NULL || out->values == NULL)
		return no_memory(err);
	for (const PQconninfoOption *o = options; o->keyword != NULL && code == VOUCH_OK; o++)
		code = o->val != NULL ? add(out, o->keyword, o->val, err) : VOUCH_OK;
	return code;
}

static int
parse_options(struct postgresql_address *out, const char *uri, vouch_err *err)
{
	const char *names[PARAMETERS];
	vouch_buf theirs = { 0 };
	char *text = NULL;

	for (size_t i = 0; i < PARAMETERS; i++)
		names[i] = parameters[i].name;
	if (vouch_buf_append(&theirs, SCHEME, sizeof(SCHEME) - 1) != VOUCH_OK ||
	    vouch_uri_without(&theirs, uri, names, PARAMETERS) != VOUCH_OK) {
		vouch_buf_free(&theirs);
		return no_memory(err);
	}
	PQconninfoOption *options = PQconninfoParse((const char *)theirs.data, &text);
	int code = options == NULL ? report_parse(uri, text, err) : keep_options(out, options, err);
	PQconninfoFree(options);
	PQfreemem(text);
	explicit_bzero(theirs.data, theirs.len);
	vouch_buf_free(&theirs);
	return code;
}

/* --- The whole ------------------------------------------------------------------------------------------ */

/*
 * Then libpq takes a piece of the password for a host, a port or a database, and says so in its errors: an @
 * behind the first one, or behind a user's name without one.
 */
static bool
has_a_bare_password(const char *uri)
{
	const char *authority = uri + 2;
	size_t len = strcspn(authority, "/?#"), path = len + strcspn(authority + len, "?");
	const char *at = memchr(authority, '@', len);
	size_t behind = at == NULL ? len : (size_t)(at - authority) + 1;

	/* For libpq a user ends at the @, whatever else is in between. */
	if (at == NULL && memchr(authority, '@', strcspn(authority, "/")) != NULL)
		return true;
	return memchr(authority + behind, '@', path - behind) != NULL ||
	    (at == NULL && memchr(authority, ':', len) != NULL && strchr(authority + path, '@') != NULL);
}

static int
make_shown(struct postgresql_address *out, vouch_err *err)
{
	char text[SHOWN_MOST];
	const char *user = postgresql_address_value(out, "user"),
		   *host = postgresql_address_value(out, "host"),
		   *port = postgresql_address_value(out, "port"),
		   *name = postgresql_address_value(out, "dbname");

	if (host == NULL)
		host = postgresql_address_value(out, "hostaddr");
	snprintf(text, sizeof(text), "postgresql://%s%s%s%s%s/%s", user != NULL ? user : "",
	    user != NULL ? "@" : "", host != NULL ? host : "", port != NULL ? ":" : "",
	    port != NULL ? port : "", name != NULL ? name : "");
	out->shown = strdup(text);
	return out->shown != NULL ? VOUCH_OK : no_memory(err);
}

int
postgresql_address_parse(struct postgresql_address *out, const char *uri, vouch_err *err)
{
	*out = (struct postgresql_address){ .connections = CONNECTIONS,
		.timeout_ms = TIMEOUT_MS,
		.poll_ms = POLL_MS };
	if (strncmp(uri, "//", 2) != 0)
		return postgresql_fail(err, VOUCH_EINVAL, "postgresql",
		    "a database is postgresql://user@host/database");
	if (has_a_bare_password(uri))
		return postgresql_fail(err, VOUCH_EINVAL, "postgresql",
		    "a /, ?, # or @ in a name or password is written %%2F, %%3F, %%23 or %%40");
	int code = parse_parameters(out, uri, err);
	if (code == VOUCH_OK)
		code = parse_options(out, uri, err);
	if (code == VOUCH_OK)
		code = add_ours(out, err);
	return code == VOUCH_OK ? make_shown(out, err) : code;
}

void
postgresql_address_clear(struct postgresql_address *address)
{
	for (size_t i = 0; i < address->count; i++) {
		free(address->keywords[i]);
		wipe(address->values[i]);
	}
	free(address->keywords);
	free(address->values);
	free(address->shown);
	*address = (struct postgresql_address){ 0 };
}
