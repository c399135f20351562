/* SPDX-License-Identifier: Apache-2.0 */
/* URIs of databases. */
#include "modules/mysql/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/mysql/report.h"
#include "modules/query/query.h"

#define CONNECTIONS 4
#define CONNECTIONS_MOST 64
#define TIMEOUT 2
#define TIMEOUT_MOST 3600
#define PORT 3306

const char *
mysql_text(const vouch_buf *text)
{
	return text->data != NULL ? (const char *)text->data : NULL;
}

static int
no_memory(vouch_err *err)
{
	return mysql_fail(err, VOUCH_ENOMEM, NULL, "out of memory");
}

static void
wipe(vouch_buf *secret)
{
	if (secret->data != NULL)
		explicit_bzero(secret->data, secret->cap);
	vouch_buf_free(secret);
}

/* Room for a secret, which growing would leave copies of. */
static int
reserve(vouch_buf *out, size_t len)
{
	static const uint8_t zeros[64];
	int code = VOUCH_OK;

	for (out->len = 0; code == VOUCH_OK && out->len < len;)
		code = vouch_buf_append(out, zeros, sizeof(zeros));
	out->len = 0;
	return code;
}

/* Percent-decoded: a part of a URI is read like the value of a parameter. */
static int
keep_part(vouch_buf *out, const char *part, size_t len, vouch_err *err)
{
	vouch_buf text = { 0 };
	int code = VOUCH_ENOMEM;

	if (memchr(part, '&', len) != NULL)
		return mysql_fail(err, VOUCH_EINVAL, NULL, "in names and passwords & is written %%26");
	if (reserve(&text, len + sizeof("?part=")) == VOUCH_OK && reserve(out, len + 1) == VOUCH_OK &&
	    vouch_buf_append(&text, "?part=", 6) == VOUCH_OK &&
	    vouch_buf_append(&text, part, len) == VOUCH_OK && vouch_buf_append(&text, "", 1) == VOUCH_OK)
		code = vouch_uri_parameter(out, (const char *)text.data, "part", NULL);
	wipe(&text);
	if (code == VOUCH_EINVAL)
		return mysql_fail(err, code, NULL, "%% is followed by two hexadecimal digits in a URI");
	return code == VOUCH_OK ? code : no_memory(err);
}

static int
read_number(unsigned *out, const char *text, size_t len, unsigned most)
{
	unsigned value = 0;

	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9' || value > most)
			return VOUCH_EINVAL;
		value = 10 * value + (unsigned)(text[i] - '0');
	}
	*out = value;
	return len > 0 && value > 0 && value <= most ? VOUCH_OK : VOUCH_EINVAL;
}

/* "host", "host:port", "[::1]:port", or nothing. */
static int
parse_host(struct mysql_address *out, const char *text, size_t len, vouch_err *err)
{
	const char *host = text, *end = memchr(text, ':', len);

	out->port = PORT;
	if (len > 0 && text[0] == '[') {
		host = text + 1;
		end = memchr(text, ']', len);
		if (end == NULL)
			return mysql_fail(err, VOUCH_EINVAL, NULL, "the address lacks its ]");
	}
	size_t host_len = end == NULL ? len : (size_t)(end - host);
	const char *colon = end == NULL ? NULL : *end == ']' ? end + 1 : end;
	size_t rest = colon == NULL ? 0 : len - (size_t)(colon - text);
	if (rest > 0 && (*colon != ':' || read_number(&out->port, colon + 1, rest - 1, 65535) != VOUCH_OK))
		return mysql_fail(err, VOUCH_EINVAL, NULL, "what follows the host is no port");
	return host_len == 0 ? VOUCH_OK : keep_part(&out->host, host, host_len, err);
}

static int
parse_user(struct mysql_address *out, const char *text, size_t len, vouch_err *err)
{
	const char *colon = memchr(text, ':', len);
	size_t user_len = colon == NULL ? len : (size_t)(colon - text);
	int code = keep_part(&out->user, text, user_len, err);

	if (code == VOUCH_OK && colon != NULL)
		code = keep_part(&out->password, colon + 1, len - user_len - 1, err);
	return code;
}

static int
parse_authority(struct mysql_address *out, const char *text, size_t len, vouch_err *err)
{
	/* The last one: a password may hold others. */
	const char *at = memrchr(text, '@', len);
	size_t user_len = at == NULL ? 0 : (size_t)(at - text);
	int code = at == NULL ? VOUCH_OK : parse_user(out, text, user_len, err);
	size_t skipped = at == NULL ? 0 : user_len + 1;

	return code == VOUCH_OK ? parse_host(out, text + skipped, len - skipped, err) : code;
}

/* Out of the URI: what a password looks like is nobody's business. */
static int
make_shown(struct mysql_address *out, vouch_err *err)
{
	char text[512];
	const char *user = mysql_text(&out->user), *host = mysql_text(&out->host),
		   *path = mysql_text(&out->socket);
	int len = snprintf(text, sizeof(text), "mysql://%s%s%s/%s", user != NULL ? user : "",
	    user != NULL ? "@" : "",
	    host != NULL     ? host :
		path != NULL ? path :
			       "",
	    mysql_text(&out->database) != NULL ? mysql_text(&out->database) : "");
	size_t kept = len < (int)sizeof(text) ? (size_t)len + 1 : sizeof(text);

	return vouch_buf_append(&out->shown, text, kept) == VOUCH_OK ? VOUCH_OK : no_memory(err);
}

/* --- Parameters ------------------------------------------------------------------------------------------ */

struct word {
	const char *text;
	unsigned value;
};

static int
parse_word(unsigned *out, const vouch_buf *value, const struct word *words, const char *says, vouch_err *err)
{
	for (; words->text != NULL; words++) {
		if (strcmp(words->text, (const char *)value->data) == 0) {
			*out = words->value;
			return VOUCH_OK;
		}
	}
	return mysql_fail(err, VOUCH_EINVAL, NULL, "%s", says);
}

static int
set_tls(struct mysql_address *out, const vouch_buf *value, vouch_err *err)
{
	static const struct word words[] = { { "disabled", MYSQL_TLS_DISABLED },
		{ "required", MYSQL_TLS_REQUIRED }, { "verify", MYSQL_TLS_VERIFY }, { NULL, 0 } };
	unsigned tls = 0;
	int code = parse_word(&tls, value, words, "tls is disabled, required or verify", err);

	out->tls = (enum mysql_tls)tls;
	return code;
}

static int
set_mode(struct mysql_address *out, const vouch_buf *value, vouch_err *err)
{
	static const struct word words[] = { { "rw", MYSQL_MODE_RW }, { "ro", MYSQL_MODE_RO },
		{ "rwc", MYSQL_MODE_RWC }, { NULL, 0 } };
	unsigned mode = 0;
	int code = parse_word(&mode, value, words, "mode is ro, rw or rwc", err);

	out->mode = (enum mysql_mode)mode;
	return code;
}

static int
set_connections(struct mysql_address *out, const vouch_buf *value, vouch_err *err)
{
	if (read_number(&out->connections, (const char *)value->data, value->len, CONNECTIONS_MOST) ==
	    VOUCH_OK)
		return VOUCH_OK;
	return mysql_fail(err, VOUCH_EINVAL, NULL, "connections is a number from 1 to %d", CONNECTIONS_MOST);
}

static int
set_timeout(struct mysql_address *out, const vouch_buf *value, vouch_err *err)
{
	const char *text = (const char *)value->data;
	size_t len = value->len > 0 && text[value->len - 1] == 's' ? value->len - 1 : value->len;

	if (read_number(&out->timeout, text, len, TIMEOUT_MOST) == VOUCH_OK)
		return VOUCH_OK;
	return mysql_fail(err, VOUCH_EINVAL, NULL, "timeout is a number of seconds, 1s to %ds", TIMEOUT_MOST);
}

/* The one before the @ if there is none here. */
static int
set_password(struct mysql_address *out, const vouch_buf *value, vouch_err *err)
{
	wipe(&out->password);
	/* With its end in one step: growing would leave a copy behind. */
	return vouch_buf_append(&out->password, value->data, value->len + 1) == VOUCH_OK ? VOUCH_OK :
											   no_memory(err);
}

static int
set_text(vouch_buf *out, const vouch_buf *value, vouch_err *err)
{
	return vouch_buf_append(out, value->data, value->len + 1) == VOUCH_OK ? VOUCH_OK : no_memory(err);
}

static int
set_socket(struct mysql_address *out, const vouch_buf *value, vouch_err *err)
{
	return set_text(&out->socket, value, err);
}

static int
set_tls_ca(struct mysql_address *out, const vouch_buf *value, vouch_err *err)
{
	return set_text(&out->tls_ca, value, err);
}

static int
set_tls_cert(struct mysql_address *out, const vouch_buf *value, vouch_err *err)
{
	return set_text(&out->tls_cert, value, err);
}

static int
set_tls_key(struct mysql_address *out, const vouch_buf *value, vouch_err *err)
{
	return set_text(&out->tls_key, value, err);
}

/* modules/query reads them. */
static int
leave(struct mysql_address *out, const vouch_buf *value, vouch_err *err)
{
	(void)out;
	(void)value;
	(void)err;
	return VOUCH_OK;
}

static const struct parameter {
	const char *name;
	int (*set)(struct mysql_address *out, const vouch_buf *value, vouch_err *err);
} parameters[] = {
	{ "socket", set_socket },
	{ "password", set_password },
	{ "tls", set_tls },
	{ "tls-ca", set_tls_ca },
	{ "tls-cert", set_tls_cert },
	{ "tls-key", set_tls_key },
	{ "connections", set_connections },
	{ "timeout", set_timeout },
	{ "mode", set_mode },
	{ "query", leave },
	{ "changes", leave },
};
#define PARAMETERS (sizeof(parameters) / sizeof(parameters[0]))

static int
parse_parameter(struct mysql_address *out, const char *uri, const struct parameter *p, vouch_err *err)
{
	vouch_buf value = { 0 };
	int code = reserve(&value, strlen(uri) + 1);

	if (code == VOUCH_OK)
		code = vouch_uri_parameter(&value, uri, p->name, NULL);
	if (code == VOUCH_OK)
		code = p->set(out, &value, err);
	else if (code == VOUCH_EINVAL)
		code = mysql_fail(err, code, NULL, "the parameter %s is there twice, or wrongly encoded",
		    p->name);
	else if (code == VOUCH_ENOMEM)
		code = no_memory(err);
	wipe(&value);
	return code == VOUCH_ENOTFOUND ? VOUCH_OK : code;
}

static int
check_unknown(const char *uri, vouch_err *err)
{
	const char *names[PARAMETERS];
	vouch_buf left = { 0 };

	for (size_t i = 0; i < PARAMETERS; i++)
		names[i] = parameters[i].name;
	int code = reserve(&left, strlen(uri) + 1);
	if (code == VOUCH_OK)
		code = vouch_uri_without(&left, uri, names, PARAMETERS);
	const char *question = code == VOUCH_OK ? strrchr((const char *)left.data, '?') : NULL;
	if (code != VOUCH_OK)
		code = no_memory(err);
	else if (question != NULL)
		code = mysql_fail(err, VOUCH_EINVAL, NULL, "no such parameter: %.*s",
		    (int)strcspn(question + 1, "=&"), question + 1);
	wipe(&left);
	return code;
}

static int
parse_parameters(struct mysql_address *out, const char *uri, vouch_err *err)
{
	int code = check_unknown(uri, err);

	for (size_t i = 0; i < PARAMETERS && code == VOUCH_OK; i++)
		code = parse_parameter(out, uri, &parameters[i], err);
	return code;
}

static int
parse_query(struct mysql_address *out, const char *uri, vouch_err *err)
{
	int code = query_open(&out->query, QUERY_MYSQL, uri, err);

	if (code == VOUCH_ENOTFOUND)
		return VOUCH_OK;
	if (code == VOUCH_OK)
		out->mode = MYSQL_MODE_RO;
	return code;
}

int
mysql_address_parse(struct mysql_address *out, const char *uri, vouch_err *err)
{
	*out = (struct mysql_address){ .connections = CONNECTIONS, .timeout = TIMEOUT };
	if (strncmp(uri, "//", 2) != 0)
		return mysql_fail(err, VOUCH_EINVAL, NULL, "a database is mysql://user@host/database");
	const char *authority = uri + 2;
	size_t len = strcspn(authority, "/?");
	int code = parse_authority(out, authority, len, err);
	const char *path = authority + len;
	size_t path_len = strcspn(path, "?");
	if (code == VOUCH_OK && path_len < 2)
		code = mysql_fail(err, VOUCH_EINVAL, NULL,
		    "no database is named: mysql://user@host/database");
	if (code == VOUCH_OK)
		code = keep_part(&out->database, path + 1, path_len - 1, err);
	if (code == VOUCH_OK)
		code = parse_parameters(out, uri, err);
	if (code == VOUCH_OK)
		code = parse_query(out, uri, err);
	return code == VOUCH_OK ? make_shown(out, err) : code;
}

void
mysql_address_clear(struct mysql_address *address)
{
	wipe(&address->password);
	query_close(address->query);
	vouch_buf_free(&address->user);
	vouch_buf_free(&address->host);
	vouch_buf_free(&address->database);
	vouch_buf_free(&address->socket);
	vouch_buf_free(&address->tls_ca);
	vouch_buf_free(&address->tls_cert);
	vouch_buf_free(&address->tls_key);
	vouch_buf_free(&address->shown);
}
