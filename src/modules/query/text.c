/* SPDX-License-Identifier: Apache-2.0 */
/* The text of a query: where its parameters are, with regard to what the dialect calls a string or a comment. */
#include "modules/query/text.h"
#include "modules/query/report.h"

#include <string.h>

#define SQLITE (1u << QUERY_SQLITE)
#define POSTGRESQL (1u << QUERY_POSTGRESQL)
#define MYSQL (1u << QUERY_MYSQL)
#define EVERY (SQLITE | POSTGRESQL | MYSQL)

struct reading {
	const char *text, *which;
	size_t at, plain; /* here, and where what was not handed out yet begins */
	unsigned dialect; /* one of the bits */
	bool begun;	  /* the first word was seen */
	vouch_err *err;
};

/* Locale and sign of char aside, as all three databases see it. */
static bool
begins_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
continues_word(char c)
{
	return begins_word(c) || is_digit(c) || c == '$';
}

static int
refuse(const struct reading *r, const char *what)
{
	return query_fail(r->err, VOUCH_EINVAL, r->at, "%s: at character %zu: %s", r->which, r->at + 1, what);
}

/* What begins and ends with one character, and may have any in between. */
static const struct quotes {
	char open, close;
	unsigned dialects;
	bool doubled;	    /* the closing one twice stands for itself */
	unsigned backslash; /* where one takes away the meaning of what follows */
} quotes[] = {
	{ '\'', '\'', EVERY, true, MYSQL },
	{ '"', '"', EVERY, true, MYSQL },
	{ '`', '`', SQLITE | MYSQL, true, 0 },
	{ '[', ']', SQLITE, false, 0 },
};

/* From the opening one; moves behind the closing one. */
static int
skip_quoted(struct reading *r, const struct quotes *q, bool backslash)
{
	for (size_t i = r->at + 1; r->text[i] != '\0'; i++) {
		if (backslash && r->text[i] == '\\' && r->text[i + 1] != '\0') {
			i++;
			continue;
		}
		if (r->text[i] != q->close)
			continue;
		if (q->doubled && r->text[i + 1] == q->close) {
			i++;
			continue;
		}
		r->at = i + 1;
		return VOUCH_OK;
	}
	return refuse(r, "what is quoted here has no end");
}

static void
skip_line(struct reading *r)
{
	r->at += strcspn(r->text + r->at, "\n");
}

/* PostgreSQL's nest. */
static int
skip_comment(struct reading *r)
{
	size_t depth = 1, i = r->at + 2;

	if (r->dialect == MYSQL && (r->text[i] == '!' || (r->text[i] == 'M' && r->text[i + 1] == '!')))
		return refuse(r, "a comment that the server may execute");
	for (; r->text[i] != '\0'; i++) {
		if (r->text[i] == '*' && r->text[i + 1] == '/') {
			i++;
			if (--depth > 0)
				continue;
			r->at = i + 1;
			return VOUCH_OK;
		}
		if (r->dialect == POSTGRESQL && r->text[i] == '/' && r->text[i + 1] == '*') {
			i++;
			depth++;
		}
	}
	return refuse(r, "the comment that begins here has no end");
}

/* MySQL: two dashes are a comment before a blank, a control character or the end only. */
static bool
comments_line(const struct reading *r)
{
	const char *p = r->text + r->at;

	if (p[0] == '#')
		return r->dialect == MYSQL;
	return p[0] == '-' && p[1] == '-' && (r->dialect != MYSQL || (unsigned char)p[2] <= ' ');
}

/* $$ or $tag$, PostgreSQL's; the length of the delimiter, or 0. */
static size_t
dollar_delimiter(const struct reading *r)
{
	const char *p = r->text + r->at;
	size_t len = 1;

	if (r->dialect != POSTGRESQL || p[0] != '$')
		return 0;
	if (begins_word(p[1]))
		while (continues_word(p[len]) && p[len] != '$')
			len++;
	return p[len] == '$' ? len + 1 : 0;
}

static int
skip_dollar_quoted(struct reading *r, size_t delimiter)
{
	const char *open = r->text + r->at;

	for (const char *p = strchr(open + delimiter, '$'); p != NULL; p = strchr(p + 1, '$')) {
		if (strncmp(p, open, delimiter) == 0) {
			r->at = (size_t)(p - r->text) + delimiter;
			return VOUCH_OK;
		}
	}
	return refuse(r, "what is quoted here has no end");
}

/* What the database would take for a placeholder of its own: its values would be nobody's. */
static bool
is_foreign_placeholder(const struct reading *r)
{
	const char *p = r->text + r->at;

	switch (r->dialect) {
	case SQLITE:
		return p[0] == '?' || ((p[0] == '$' || p[0] == '@') && continues_word(p[1])) ||
		    (p[0] == ':' && (is_digit(p[1]) || p[1] == '$'));
	case POSTGRESQL:
		return p[0] == '$' && is_digit(p[1]);
	default:
		return p[0] == '?';
	}
}

/* A statement that only reads begins with one of these; the database is told as well to let nothing else pass. */
static bool
reads(const char *word, size_t len)
{
	static const char *const readers[] = { "select", "with", "values" };

	for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
		size_t n = 0;
		while (n < len && (word[n] | 0x20) == readers[i][n])
			n++;
		if (n == len && readers[i][n] == '\0')
			return true;
	}
	return false;
}

static int
skip_word(struct reading *r)
{
	const char *word = r->text + r->at;
	size_t len = 1;

	while (continues_word(word[len]))
		len++;
	if (!r->begun && !reads(word, len))
		return refuse(r, "only a SELECT is run (or WITH, or VALUES)");
	r->begun = true;
	r->at += len;
	/* E'...' */
	if (r->dialect == POSTGRESQL && len == 1 && (word[0] | 0x20) == 'e' && word[1] == '\'')
		return skip_quoted(r, &quotes[0], true);
	return VOUCH_OK;
}

static int
skip_number(struct reading *r)
{
	while (continues_word(r->text[r->at]) || r->text[r->at] == '.')
		r->at++;
	return VOUCH_OK;
}

static const struct quotes *
quotes_here(const struct reading *r)
{
	for (size_t i = 0; i < sizeof(quotes) / sizeof(quotes[0]); i++)
		if (quotes[i].open == r->text[r->at] && (quotes[i].dialects & r->dialect) != 0)
			return &quotes[i];
	return NULL;
}

/* Blanks and comments; false: neither is here. */
static bool
skip_blank(struct reading *r, int *code)
{
	const char *p = r->text + r->at;

	*code = VOUCH_OK;
	if (*p != '\0' && strchr(" \t\r\n\f\v", *p) != NULL)
		r->at++;
	else if (comments_line(r))
		skip_line(r);
	else if (p[0] == '/' && p[1] == '*')
		*code = skip_comment(r);
	else
		return false;
	return true;
}

/* One token that is no parameter. */
static int
skip_token(struct reading *r)
{
	const struct quotes *q = quotes_here(r);
	size_t dollars = dollar_delimiter(r);
	char c = r->text[r->at];

	if (q != NULL)
		return skip_quoted(r, q, (q->backslash & r->dialect) != 0);
	if (dollars > 0)
		return skip_dollar_quoted(r, dollars);
	if (is_foreign_placeholder(r))
		return refuse(r, "values have names here, such as :serial_hex");
	if (begins_word(c))
		return skip_word(r);
	if (is_digit(c))
		return skip_number(r);
	r->at += c == ':' && r->text[r->at + 1] == ':' ? 2 : 1;
	return VOUCH_OK;
}

/* The length of its name; 0: none is here. */
static size_t
parameter_here(const struct reading *r)
{
	const char *p = r->text + r->at;
	size_t len = 0;

	if (p[0] != ':' || !begins_word(p[1]))
		return 0;
	while (continues_word(p[1 + len]))
		len++;
	return len;
}

static int
hand_out(struct reading *r, const struct query_text_sink *sink)
{
	vouch_span sql = { (const uint8_t *)r->text + r->plain, r->at - r->plain };

	r->plain = r->at;
	return sink->plain(sink->arg, sql, r->err);
}

static int
hand_out_parameter(struct reading *r, size_t len, const struct query_text_sink *sink)
{
	vouch_span name = { (const uint8_t *)r->text + r->at + 1, len };
	int code = hand_out(r, sink);

	if (code == VOUCH_OK)
		code = sink->parameter(sink->arg, name, r->at, r->err);
	r->at += 1 + len;
	r->plain = r->at;
	return code;
}

/* Behind a semicolon. */
static int
expect_end(struct reading *r)
{
	int code = VOUCH_OK;

	r->at++;
	while (code == VOUCH_OK) {
		if (r->text[r->at] == ';')
			r->at++;
		else if (!skip_blank(r, &code))
			break;
	}
	if (code == VOUCH_OK && r->text[r->at] != '\0')
		return refuse(r, "a second statement");
	return code;
}

int
query_text_read(const char *text, const char *which, enum query_dialect dialect,
    const struct query_text_sink *sink, vouch_err *err)
{
	struct reading r = { .text = text, .which = which, .dialect = 1u << dialect, .err = err };
	int code = VOUCH_OK;

	if (strlen(text) > QUERY_TEXT_MAX)
		return query_fail(err, VOUCH_ELIMIT, 0, "%s: more than %d characters", which, QUERY_TEXT_MAX);
	while (code == VOUCH_OK && text[r.at] != '\0' && text[r.at] != ';') {
		size_t name = parameter_here(&r);
		if (name > 0)
			code = hand_out_parameter(&r, name, sink);
		else if (!skip_blank(&r, &code))
			code = skip_token(&r);
	}
	if (code == VOUCH_OK && !r.begun)
		code = refuse(&r, "there is no SELECT");
	if (code == VOUCH_OK)
		code = hand_out(&r, sink);
	return code == VOUCH_OK && text[r.at] == ';' ? expect_end(&r) : code;
}
