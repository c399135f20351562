/* SPDX-License-Identifier: Apache-2.0 */
/* A whole head: llhttp parses it, unless it is plain, and what llhttp leaves to us is checked here. */
#include "http/head.h"

#include "base/span.h"
#include "http/plain_head.h"

/* Octets of a line, from the left. */
struct cursor {
	const uint8_t *at, *end;
};

/* A set of characters, as bits. */
static inline bool
is_in(const uint32_t set[8], uint8_t c)
{
	return (set[c >> 5] >> (c & 31) & 1) != 0;
}

bool
http_is_token_character(uint8_t c)
{
	/* RFC 9110 5.6.2: ! # $ % & ' * + - . ^ _ ` | ~ DIGIT ALPHA */
	static const uint32_t token[8] = { 0, 0x03ff6cfa, 0xc7fffffe, 0x57ffffff, 0, 0, 0, 0 };

	return is_in(token, c);
}

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool
equal_ignoring_case(vouch_span a, const char *b, size_t b_len)
{
	if (a.len != b_len)
		return false;
	for (size_t i = 0; i < b_len; i++)
		if (lower(a.data[i]) != lower((uint8_t)b[i]))
			return false;
	return true;
}

bool
http_name_is(vouch_span s, const char *name)
{
	return equal_ignoring_case(s, name, strlen(name));
}

/* --- The request line ----------------------------------------------------------------------------------- */

struct method {
	const char *name;
	enum http_method method;
};

/*
 * Methods that people know (IANA's registry, what WebDAV brought); any other token is 501 instead of 405 (RFC
 * 9110 9.1).
 */
static const struct method methods[] = {
	{ "GET", HTTP_METHOD_GET },
	{ "POST", HTTP_METHOD_POST },
	{ "HEAD", HTTP_METHOD_HEAD },
	{ "OPTIONS", HTTP_METHOD_OPTIONS },
	{ "PUT", HTTP_METHOD_OTHER },
	{ "DELETE", HTTP_METHOD_OTHER },
	{ "TRACE", HTTP_METHOD_OTHER },
	{ "CONNECT", HTTP_METHOD_OTHER },
	{ "PATCH", HTTP_METHOD_OTHER },
	{ "PROPFIND", HTTP_METHOD_OTHER },
	{ "PROPPATCH", HTTP_METHOD_OTHER },
	{ "MKCOL", HTTP_METHOD_OTHER },
	{ "COPY", HTTP_METHOD_OTHER },
	{ "MOVE", HTTP_METHOD_OTHER },
	{ "LOCK", HTTP_METHOD_OTHER },
	{ "UNLOCK", HTTP_METHOD_OTHER },
	{ "SEARCH", HTTP_METHOD_OTHER },
	{ "REPORT", HTTP_METHOD_OTHER },
};

enum http_method
http_method_of(vouch_span name)
{
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (span_equal(name, span_string(methods[i].name)))
			return methods[i].method;
	return HTTP_METHOD_NONE;
}

bool
http_is_token(vouch_span s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!http_is_token_character(s.data[i]))
			return false;
	return s.len > 0;
}

static unsigned
read_method(struct http_message *m, struct cursor *c)
{
	const uint8_t *from = c->at;

	while (c->at < c->end && http_is_token_character(*c->at))
		c->at++;
	vouch_span name = span_of(from, (size_t)(c->at - from));
	if (name.len == 0 || c->at == c->end || *c->at++ != ' ')
		return 400;
	m->method = http_method_of(name);
	if (m->method != HTTP_METHOD_NONE)
		return 0;
	m->method = m->limits->any_method ? HTTP_METHOD_OTHER : HTTP_METHOD_NONE;
	return m->limits->any_method ? 0 : 501;
}

/* "HTTP/" DIGIT "." DIGIT to the end of the line. */
static unsigned
read_version(struct http_message *m, struct cursor *c)
{
	if (c->end - c->at != 8 || memcmp(c->at, "HTTP/", 5) != 0 || c->at[6] != '.')
		return 400;
	uint8_t major = c->at[5], minor = c->at[7];
	if (major < '0' || major > '9' || minor < '0' || minor > '9')
		return 400;
	if (major != '1' || minor > '1')
		return 505;
	m->minor = (unsigned)(minor - '0');
	return 0;
}

/*
 * Method and version decide between 400, 501 and 505 before llhttp, which has one error for all, sees the
 * head.
 */
static unsigned
read_request_line(struct http_message *m)
{
	struct cursor c = { m->in.data + m->start, m->in.data + m->start + m->request_line - 1 };

	if (c.end > c.at && c.end[-1] == '\r')
		c.end--;
	unsigned method = read_method(m, &c);
	if (method == 400)
		return 400;
	const uint8_t *blank = memchr(c.at, ' ', (size_t)(c.end - c.at));
	if (blank == NULL || blank == c.at)
		return 400;
	m->target = (struct http_part){ (size_t)(c.at - m->in.data), (size_t)(blank - c.at) };
	c.at = blank + 1;
	unsigned version = read_version(m, &c);
	return version != 0 ? version : method;
}

/* --- What llhttp calls ---------------------------------------------------------------------------------- */

#define NAME(text) text, sizeof(text) - 1
static const struct {
	const char *name;
	size_t len;
	enum http_field_name field;
} field_names[] = {
	{ NAME("host"), HTTP_FIELD_HOST },
	{ NAME("connection"), HTTP_FIELD_CONNECTION },
	{ NAME("content-length"), HTTP_FIELD_CONTENT_LENGTH },
	{ NAME("transfer-encoding"), HTTP_FIELD_TRANSFER_ENCODING },
	{ NAME("expect"), HTTP_FIELD_EXPECT },
	{ NAME("content-type"), HTTP_FIELD_CONTENT_TYPE },
	{ NAME("content-encoding"), HTTP_FIELD_CONTENT_ENCODING },
	{ NAME("if-none-match"), HTTP_FIELD_IF_NONE_MATCH },
	{ NAME("if-modified-since"), HTTP_FIELD_IF_MODIFIED_SINCE },
	{ NAME("user-agent"), HTTP_FIELD_USER_AGENT },
	{ NAME("authorization"), HTTP_FIELD_AUTHORIZATION },
};

int
http_field_of(vouch_span name)
{
	for (size_t i = 0; i < sizeof(field_names) / sizeof(field_names[0]); i++)
		if (equal_ignoring_case(name, field_names[i].name, field_names[i].len))
			return (int)field_names[i].field;
	return -1;
}

static int
on_field(llhttp_t *parser, const char *at, size_t len)
{
	struct http_message *m = parser->data;

	if (m->state != HTTP_MESSAGE_HEAD) /* a trailer */
		return 0;
	m->name = (struct http_part){ (size_t)((const uint8_t *)at - m->in.data), len };
	return 0;
}

vouch_span
http_field_trimmed(vouch_span s)
{
	while (s.len > 0 && (s.data[s.len - 1] == ' ' || s.data[s.len - 1] == '\t'))
		s.len--;
	while (s.len > 0 && (*s.data == ' ' || *s.data == '\t')) {
		s.data++;
		s.len--;
	}
	return s;
}

void
http_head_keep_field(struct http_message *m, enum http_field_name name, vouch_span value)
{
	if (m->field_count == HTTP_FIELDS_MAX) {
		m->too_many_fields = true;
		return;
	}
	m->fields[m->field_count].name = name;
	m->fields[m->field_count].value = (struct http_part){ (size_t)(value.data - m->in.data), value.len };
	m->field_count++;
}

static int
on_value(llhttp_t *parser, const char *at, size_t len)
{
	struct http_message *m = parser->data;

	if (m->state != HTTP_MESSAGE_HEAD)
		return 0;
	vouch_span name = span_of(m->in.data + m->name.at, m->name.len);
	int known = http_field_of(name);
	if (known >= 0)
		http_head_keep_field(m, (enum http_field_name)known, http_field_trimmed(span_of(at, len)));
	return 0;
}

/* The head is whole; what it says of the body is judged before llhttp goes on. */
static int
on_head_complete(llhttp_t *parser)
{
	struct http_message *m = parser->data;

	/* Java and curl offer h2c: llhttp would stop parsing HTTP after it. */
	parser->upgrade = 0;
	m->keep_alive = llhttp_should_keep_alive(parser) != 0;
	m->chunked = (parser->flags & F_CHUNKED) != 0;
	m->content_length = parser->content_length > SIZE_MAX ? SIZE_MAX : (size_t)parser->content_length;
	return HPE_PAUSED;
}

/* What a chunk announces is judged before it is waited for. */
static int
on_chunk_header(llhttp_t *parser)
{
	struct http_message *m = parser->data;

	if (parser->content_length <= m->limits->body - m->body.len)
		return 0;
	m->status = 413;
	return HPE_USER;
}

static int
on_body(llhttp_t *parser, const char *at, size_t len)
{
	struct http_message *m = parser->data;

	if (len > m->limits->body - m->body.len) {
		m->status = 413;
		return HPE_USER;
	}
	memmove(m->in.data + m->body.at + m->body.len, at, len);
	m->body.len += len;
	return 0;
}

static int
on_complete(llhttp_t *parser)
{
	(void)parser;
	return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
	.on_header_field = on_field,
	.on_header_value = on_value,
	.on_headers_complete = on_head_complete,
	.on_chunk_header = on_chunk_header,
	.on_body = on_body,
	.on_message_complete = on_complete,
};

/*
 * Gives llhttp the head with a method that it knows: it has one error for all that it does not know, and has
 * nothing to say of methods that we have not said already.
 */
static llhttp_errno_t
execute_head(struct http_message *m, const char *end)
{
	static const char known[] = "PUT ";
	const char *head = (const char *)m->in.data + m->start;
	const char *target = (const char *)m->in.data + m->target.at;
	bool unknown = http_method_of(span_of(head, (size_t)(target - head) - 1)) == HTTP_METHOD_NONE;

	if (!unknown)
		return llhttp_execute(&m->parser, head, (size_t)(end - head));
	llhttp_errno_t rc = llhttp_execute(&m->parser, known, sizeof(known) - 1);
	return rc != HPE_OK ? rc : llhttp_execute(&m->parser, target, (size_t)(end - target));
}

/*
 * llhttp and we must agree on where the head ends: two opinions are how requests are smuggled.  It pauses at
 * the end that it sees, which is the LF or the octet after it.
 */
static unsigned
run_llhttp(struct http_message *m)
{
	const char *end = (const char *)m->in.data + m->rest;

	llhttp_init(&m->parser, HTTP_REQUEST, &settings);
	m->parser.data = m;
	if (execute_head(m, end) != HPE_PAUSED)
		return 400;
	const char *paused = llhttp_get_error_pos(&m->parser);
	if (paused != end && paused != end - 1)
		return 400;
	if (m->chunked) {
		llhttp_resume(&m->parser);
		if (paused != end && llhttp_execute(&m->parser, paused, 1) != HPE_OK)
			return 400;
	}
	return 0;
}

/* --- Fields --------------------------------------------------------------------------------------------- */

/* How many there are; *value is the first. */
static size_t
count_field(const struct http_message *m, enum http_field_name name, vouch_span *value)
{
	size_t count = 0;

	for (size_t i = 0; i < m->field_count; i++) {
		if (m->fields[i].name != name)
			continue;
		if (count++ == 0)
			*value = span_of(m->in.data + m->fields[i].value.at, m->fields[i].value.len);
	}
	return count;
}

static bool
is_host_character(uint8_t c)
{
	/* RFC 3986 3.2.2 reg-name: unreserved, pct-encoded, sub-delims: ! $ % & ' ( ) * + , - . ; = _ ~ DIGIT ALPHA */
	static const uint32_t host[8] = { 0, 0x2bff7ff2, 0x87fffffe, 0x47fffffe, 0, 0, 0, 0 };

	return is_in(host, c);
}

static bool
is_ipv6_character(uint8_t c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'f') || c == ':' || c == '.';
}

static bool
port_is_valid(struct cursor c)
{
	unsigned port = 0;

	if (c.end - c.at > 5)
		return false;
	for (; c.at < c.end; c.at++) {
		if (*c.at < '0' || *c.at > '9')
			return false;
		port = port * 10 + (unsigned)(*c.at - '0');
	}
	return port <= 65535;
}

bool
http_authority_is_valid(vouch_span authority)
{
	struct cursor c = { authority.data, authority.data + authority.len };
	bool literal = authority.len > 0 && *c.at == '[';
	const uint8_t *from = literal ? ++c.at : c.at;

	while (c.at < c.end && (literal ? is_ipv6_character(*c.at) : is_host_character(*c.at)))
		c.at++;
	if (c.at == from)
		return false;
	if (literal && (c.at == c.end || *c.at++ != ']'))
		return false;
	if (c.at == c.end)
		return true;
	if (*c.at++ != ':')
		return false;
	return port_is_valid(c);
}

/* RFC 9112 3.2: exactly one in HTTP/1.1, at most one in HTTP/1.0, valid in both. */
static unsigned
check_host(const struct http_message *m)
{
	vouch_span host = { 0 };
	size_t count = count_field(m, HTTP_FIELD_HOST, &host);

	if (count > 1 || (count == 0 && m->minor == 1))
		return 400;
	bool old_and_empty = m->minor == 0 && host.len == 0;
	return old_and_empty || http_authority_is_valid(host) ? 0 : 400;
}

/*
 * RFC 9112 6.1, 6.3: nothing but one "chunked" can be read; without it as the last coding nobody knows where
 * the body ends.
 */
static unsigned
check_transfer_encoding(const struct http_message *m)
{
	vouch_span te = { 0 }, unused;
	size_t count = count_field(m, HTTP_FIELD_TRANSFER_ENCODING, &te);

	if (count == 0)
		return 0;
	if (m->minor == 0 || count > 1 || count_field(m, HTTP_FIELD_CONTENT_LENGTH, &unused) > 0)
		return 400;
	if (equal_ignoring_case(te, "chunked", 7))
		return m->chunked ? 0 : 400;
	size_t last = te.len;
	while (last > 0 && te.data[last - 1] != ',')
		last--;
	vouch_span coding = http_field_trimmed(span_of(te.data + last, te.len - last));
	bool again = te.len > 7 && equal_ignoring_case(span_of(te.data, 7), "chunked", 7);
	return last > 0 && !again && equal_ignoring_case(coding, "chunked", 7) ? 501 : 400;
}

/* RFC 9110 8.6: digits; llhttp has refused overflow and repetition, and passes an empty value. */
static unsigned
check_content_length(const struct http_message *m)
{
	vouch_span length = { 0 };
	size_t count = count_field(m, HTTP_FIELD_CONTENT_LENGTH, &length);

	if (count == 0)
		return m->method == HTTP_METHOD_POST && !m->chunked ? 411 : 0;
	if (count > 1 || length.len == 0)
		return 400;
	for (size_t i = 0; i < length.len; i++)
		if (length.data[i] < '0' || length.data[i] > '9')
			return 400;
	return m->content_length > m->limits->body ? 413 : 0;
}

/* RFC 9110 10.1.1: an expectation of HTTP/1.0 is ignored. */
static unsigned
check_expect(struct http_message *m)
{
	vouch_span expect = { 0 };

	if (m->minor == 0 || count_field(m, HTTP_FIELD_EXPECT, &expect) == 0)
		return 0;
	m->expect_continue = equal_ignoring_case(expect, "100-continue", 12);
	return m->expect_continue ? 0 : 417;
}

/* --- The target ----------------------------------------------------------------------------------------- */

static size_t
scheme_of(vouch_span target)
{
	if (target.len >= 7 && equal_ignoring_case(span_of(target.data, 7), "http://", 7))
		return 7;
	return target.len >= 8 && equal_ignoring_case(span_of(target.data, 8), "https://", 8) ? 8 : 0;
}

unsigned
http_target_strip(vouch_span *target)
{
	size_t scheme = scheme_of(*target), end = scheme;

	if (scheme == 0)
		return 0;
	while (end < target->len && target->data[end] != '/' && target->data[end] != '?' &&
	    target->data[end] != '#')
		end++;
	if (!http_authority_is_valid(span_of(target->data + scheme, end - scheme)))
		return 400;
	*target = span_of(target->data + end, target->len - end);
	return 0;
}

static unsigned
check_target(struct http_message *m)
{
	vouch_span target = span_of(m->in.data + m->target.at, m->target.len), path = target;
	unsigned status = http_target_strip(&path);

	if (status != 0 || target.data[0] == '/')
		return status;
	if (path.data != target.data) {
		m->target.at += target.len - path.len;
		m->target.len = path.len;
		if (path.len > 0 && *path.data == '/')
			return 0;
		/* An empty path is "/", for which the authority's end makes room. */
		m->in.data[--m->target.at] = '/';
		m->target.len++;
		return 0;
	}
	bool asterisk = target.len == 1 && target.data[0] == '*' && m->method == HTTP_METHOD_OPTIONS;
	/* authority-form belongs to CONNECT, which gets its 405 */
	return asterisk || m->method == HTTP_METHOD_OTHER ? 0 : 400;
}

static unsigned
parse(struct http_message *m, bool with_llhttp)
{
	if (m->odd_line)
		return 400;
	unsigned status = read_request_line(m);
	if (status != 0)
		return status;
	status = !with_llhttp && http_plain_head_read(m) ? 0 : run_llhttp(m);
	if (status == 0)
		status = m->too_many_fields ? 431 : check_host(m);
	if (status == 0)
		status = check_transfer_encoding(m);
	if (status == 0)
		status = check_target(m);
	if (status == 0)
		status = check_expect(m);
	return status != 0 ? status : check_content_length(m);
}

unsigned
http_head_parse(struct http_message *m)
{
	return parse(m, false);
}

unsigned
http_head_parse_with_llhttp(struct http_message *m)
{
	return parse(m, true);
}
