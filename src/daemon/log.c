/* SPDX-License-Identifier: Apache-2.0 */
/* The log: one event, one line. */
#include "daemon/log.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "base/utf8.h"

#define LINE_OCTETS 2048 /* a longer line is cut: peers choose some of the values */
#define TAIL_OCTETS 4	 /* what ends a value and the line always has room: "}, newline, and one to spare */
#define PAIR_OCTETS 64	 /* with less room than a key and a little of its value, a pair is left out */

struct line {
	char text[LINE_OCTETS];
	size_t len;
};

/* The process has one stderr, and so one log. */
static _Atomic int log_format = CONF_LOG_LOGFMT;
static _Atomic int log_level = CONF_LOG_INFO;
static struct {
	_Atomic uint64_t last; /* seconds, monotonic; 0: never */
	_Atomic uint64_t left_out;
} limits[LOG_KINDS];

void
log_setup(enum conf_log_format format, enum conf_log_level level)
{
	atomic_store(&log_format, (int)format);
	atomic_store(&log_level, (int)level);
}

static size_t
room_in(const struct line *line)
{
	size_t end = sizeof(line->text) - TAIL_OCTETS;

	return line->len < end ? end - line->len : 0;
}

/* Whole or not at all: half an escape would make the line unreadable. */
static bool
put(struct line *line, const char *text, size_t len)
{
	if (len > room_in(line))
		return false;
	memcpy(line->text + line->len, text, len);
	line->len += len;
	return true;
}

static void
put_string(struct line *line, const char *text)
{
	(void)put(line, text, strlen(text));
}

/* What ends a value or the line: it takes the room that put() leaves. */
static void
put_end(struct line *line, const char *text)
{
	size_t len = strlen(text);

	memcpy(line->text + line->len, text, len);
	line->len += len;
}

/* What a peer sent must not end a line or a quotation, colour a terminal, or make JSON that nobody reads. */
static size_t
escape(const char *text, size_t len, char out[8])
{
	unsigned char c = (unsigned char)*text;

	if (len == 0)
		snprintf(out, 8, "\\ufffd"); /* not UTF-8 */
	else if (c == '"' || c == '\\')
		snprintf(out, 8, "\\%c", c);
	else if (c < 0x20 || c == 0x7f)
		snprintf(out, 8, "\\u%04x", c);
	else if (c == 0xc2 && (unsigned char)text[1] < 0xa0)
		snprintf(out, 8, "\\u00%02x",
		    (unsigned char)text[1]); /* the control characters beyond ASCII */
	else
		snprintf(out, 8, "%.*s", (int)len, text);
	return len == 0 ? 1 : len;
}

static void
put_escaped(struct line *line, const char *text)
{
	char escaped[8];

	while (*text != '\0') {
		text += escape(text, utf8_length(text), escaped);
		if (!put(line, escaped, strlen(escaped)))
			return;
	}
}

static bool
needs_quotes(const char *value)
{
	if (*value == '\0')
		return true;
	for (; *value != '\0'; value++)
		if ((unsigned char)*value <= ' ' || (unsigned char)*value >= 0x7f ||
		    strchr("\"=\\", *value) != NULL)
			return true;
	return false;
}

static void
put_logfmt(struct line *line, const char *key, const char *value)
{
	bool quoted = needs_quotes(value);

	put_string(line, line->len == 0 ? "" : " ");
	put_string(line, key);
	put_string(line, quoted ? "=\"" : "=");
	put_escaped(line, value);
	put_end(line, quoted ? "\"" : "");
}

static void
put_json(struct line *line, const char *key, const char *value)
{
	put_string(line, line->len == 0 ? "{\"" : ",\"");
	put_string(line, key);
	put_string(line, "\":\"");
	put_escaped(line, value);
	put_end(line, "\"");
}

static void
put_pair(struct line *line, const char *key, const char *value)
{
	if (room_in(line) < PAIR_OCTETS)
		return;
	if (atomic_load(&log_format) == CONF_LOG_JSON)
		put_json(line, key, value);
	else
		put_logfmt(line, key, value);
}

static void
put_time(struct line *line)
{
	struct timespec now;
	struct tm utc;
	char seconds[32], text[40];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text, sizeof(text), "%s.%03uZ", seconds, (unsigned)(now.tv_nsec / 1000000) % 1000);
	put_pair(line, "time", text);
}

static void
end_line(struct line *line)
{
	put_end(line, atomic_load(&log_format) == CONF_LOG_JSON ? "}\n" : "\n");
	/* A log that cannot be written must not stop the service. */
	ssize_t written = write(STDERR_FILENO, line->text, line->len);
	(void)written;
}

static void
write_event(enum conf_log_level level, const char *event, va_list pairs, uint64_t left_out)
{
	static const char *const levels[] = { "debug", "info", "warning", "error" };
	struct line line = { .len = 0 };
	const char *key;

	put_time(&line);
	put_pair(&line, "level", levels[level]);
	put_pair(&line, "event", event);
	while ((key = va_arg(pairs, const char *)) != NULL) {
		const char *value = va_arg(pairs, const char *);
		if (value != NULL)
			put_pair(&line, key, value);
	}
	if (left_out > 0) {
		char count[24];
		snprintf(count, sizeof(count), "%" PRIu64, left_out);
		put_pair(&line, "left_out", count);
	}
	end_line(&line);
}

void
log_event(enum conf_log_level level, const char *event, ...)
{
	va_list pairs;

	if ((int)level < atomic_load(&log_level))
		return;
	va_start(pairs, event);
	write_event(level, event, pairs, 0);
	va_end(pairs);
}

static bool
may_log(enum log_kind kind)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	uint64_t seconds = (uint64_t)now.tv_sec + 1, last = atomic_load(&limits[kind].last);
	if (last != 0 && seconds < last + LOG_LIMIT_SECONDS)
		return false;
	return atomic_compare_exchange_strong(&limits[kind].last, &last, seconds);
}

void
log_limited(enum log_kind kind, enum conf_log_level level, const char *event, ...)
{
	va_list pairs;

	if ((int)level < atomic_load(&log_level))
		return;
	if (!may_log(kind)) {
		atomic_fetch_add(&limits[kind].left_out, 1);
		return;
	}
	va_start(pairs, event);
	write_event(level, event, pairs, atomic_exchange(&limits[kind].left_out, 0));
	va_end(pairs);
}
