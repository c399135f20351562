/* SPDX-License-Identifier: Apache-2.0 */
/* Values: the texts of the configuration as numbers, and back. */
#include "conf/value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/date.h"
#include "base/err.h"

#define UNIX_PATH_MAX_LENGTH 107 /* sun_path has 108 octets on Linux, one of them the NUL */
#define CUTOFF_YEARS_MAX INT64_C(1000)
#define DAY_MS INT64_C(86400000)

struct unit {
	const char *name;
	int64_t factor;
};

/* Ascending: the last one that divides a value is how it is printed: "1KiB", "4d". */
static const struct unit sizes[] = { { "", 1 }, { "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 },
	{ NULL, 0 } };
static const struct unit durations[] = { { "", 1000 }, { "ms", 1 }, { "s", 1000 }, { "m", 60000 },
	{ "h", 3600000 }, { "d", DAY_MS }, { NULL, 0 } };

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alphanumeric(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/*
 * Decimal digits without a superfluous zero (YAML 1.1 reads 010 as eight); returns what follows them, NULL
 * if there are none.
 */
static const char *
read_digits(int64_t *out, const char *text)
{
	int64_t n = 0;
	const char *p = text;

	for (; is_digit(*p); p++) {
		if (n > (INT64_MAX - 9) / 10)
			return NULL;
		n = 10 * n + (*p - '0');
	}
	if (p == text || (*text == '0' && p > text + 1))
		return NULL;
	*out = n;
	return p;
}

static bool
read_with_unit(int64_t *out, const char *text, const struct unit *units)
{
	int64_t n;
	const char *rest = read_digits(&n, text);

	for (; rest != NULL && units->name != NULL; units++) {
		if (strcmp(rest, units->name) != 0)
			continue;
		if (n > INT64_MAX / units->factor)
			return false;
		*out = n * units->factor;
		return true;
	}
	return false;
}

int
conf_value_number(int64_t *out, const char *text, vouch_err *err)
{
	int64_t n;
	char shown[CONF_EXCERPT];
	const char *rest = read_digits(&n, text);

	if (rest == NULL || *rest != '\0')
		return err_set(err, VOUCH_EPARSE, "\"%s\" is not a number", conf_excerpt(shown, text));
	*out = n;
	return VOUCH_OK;
}

int
conf_value_size(int64_t *out, const char *text, vouch_err *err)
{
	char shown[CONF_EXCERPT];

	if (!read_with_unit(out, text, sizes))
		return err_set(err, VOUCH_EPARSE, "\"%s\" is not a size, as in 4096, 16KiB, 256MiB or 4GiB",
		    conf_excerpt(shown, text));
	return VOUCH_OK;
}

int
conf_value_duration(int64_t *out, const char *text, vouch_err *err)
{
	char shown[CONF_EXCERPT];

	if (!read_with_unit(out, text, durations))
		return err_set(err, VOUCH_EPARSE, "\"%s\" is not a duration, as in 90s, 15m, 24h or 4d",
		    conf_excerpt(shown, text));
	return VOUCH_OK;
}

int
conf_value_boolean(bool *out, const char *text, vouch_err *err)
{
	char shown[CONF_EXCERPT];
	bool is_true = strcmp(text, "true") == 0;

	if (!is_true && strcmp(text, "false") != 0)
		return err_set(err, VOUCH_EPARSE, "\"%s\" is neither true nor false",
		    conf_excerpt(shown, text));
	*out = is_true;
	return VOUCH_OK;
}

/* Zero is no time for a setting: it says that there is none. */
int
conf_value_time(vouch_time *out, const char *text, vouch_err *err)
{
	vouch_time time = date_parse_rfc3339(span_string(text));
	char shown[CONF_EXCERPT];

	if (time == VOUCH_TIME_ABSENT || time <= 0)
		return err_set(err, VOUCH_EPARSE,
		    "\"%s\" is not a time after 1970, as in 2026-11-22T10:00:00Z", conf_excerpt(shown, text));
	*out = time;
	return VOUCH_OK;
}

static int
set_cutoff(vouch_issuer_options *out, uint8_t archive, int64_t years, int64_t seconds)
{
	out->archive = archive;
	out->archive_years = (uint32_t)years;
	out->archive_seconds = seconds;
	return VOUCH_OK;
}

/*
 * RFC 6960 4.4.4: producedAt minus the retention; ETSI EN 319 411-2: the CA certificate's notBefore
 * (D-10).
 */
int
conf_value_cutoff(vouch_issuer_options *out, const char *text, vouch_err *err)
{
	int64_t n;
	char shown[CONF_EXCERPT];
	const char *rest = read_digits(&n, text);

	if (strcmp(text, "none") == 0)
		return set_cutoff(out, VOUCH_ARCHIVE_NONE, 0, 0);
	if (strcmp(text, "issuer") == 0)
		return set_cutoff(out, VOUCH_ARCHIVE_ISSUER, 0, 0);
	if (rest != NULL && strcmp(rest, "y") == 0 && n > 0 && n <= CUTOFF_YEARS_MAX)
		return set_cutoff(out, VOUCH_ARCHIVE_RETENTION, n, 0);
	if (read_with_unit(&n, text, durations) && n > 0 && n % 1000 == 0 &&
	    n <= CUTOFF_YEARS_MAX * 366 * DAY_MS)
		return set_cutoff(out, VOUCH_ARCHIVE_RETENTION, 0, n / 1000);
	return err_set(err, VOUCH_EPARSE,
	    "\"%s\" is not none, issuer, a number of years (7y) or of days (2555d)",
	    conf_excerpt(shown, text));
}

static bool
has_control(const char *text, const char *allowed)
{
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
		if ((*p < ' ' && strchr(allowed, *p) == NULL) || *p == 0x7f ||
		    (*p == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0))
			return true;
	}
	return false;
}

bool
conf_has_control(const char *text)
{
	return has_control(text, "");
}

bool
conf_has_control_in_lines(const char *text)
{
	return has_control(text, "\n\t");
}

void
conf_trim_utf8(char *text)
{
	size_t len = strlen(text), start = len;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start == 0 || ((unsigned char)text[start - 1] & 0xc0) != 0xc0)
		return;
	unsigned char first = (unsigned char)text[--start];
	size_t whole = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
	if (len - start < whole)
		text[start] = '\0';
}

const char *
conf_excerpt(char out[CONF_EXCERPT], const char *text)
{
	size_t len = strlen(text);
	bool is_long = len >= CONF_EXCERPT;

	snprintf(out, CONF_EXCERPT, "%.*s", (int)(is_long ? CONF_EXCERPT - 4 : len), text);
	conf_trim_utf8(out);
	if (is_long)
		memcpy(out + strlen(out), "...", 4);
	return out;
}

bool
conf_has_scheme(const char *text)
{
	const char *p = text;

	while (is_alphanumeric(*p) || *p == '+' || *p == '-' || *p == '.')
		p++;
	return *p == ':' && p > text && !is_digit(*text);
}

/* Four numbers, ended by the colon before the port. */
static bool
is_ipv4(const char *text)
{
	for (int i = 0; i < 4; i++) {
		int64_t octet;

		text = read_digits(&octet, text);
		if (text == NULL || octet > 255 || *text++ != (i < 3 ? '.' : ':'))
			return false;
	}
	return true;
}

static const char *
host_fault(const char *text, size_t len)
{
	bool numeric = len > 0 && is_digit(text[len - 1]);

	if (len == 0 || (len == 1 && text[0] == '*'))
		return NULL; /* every address */
	for (size_t i = 0; i < len; i++) {
		if (text[i] == ':')
			return "an IPv6 address stands in brackets, as in [::]:8080";
		if (!is_alphanumeric(text[i]) && text[i] != '-' && text[i] != '.')
			return "the host is neither an address nor a name";
		numeric = numeric && (is_digit(text[i]) || text[i] == '.');
	}
	return numeric && !is_ipv4(text) ? "the host is not an IPv4 address" : NULL;
}

/* The octets between the brackets; the kernel has the last word on the rest. */
static const char *
ipv6_fault(const char *text, size_t len)
{
	bool zone = false, colon = false;

	for (size_t i = 0; i < len; i++) {
		bool hexadecimal = is_digit(text[i]) || (text[i] >= 'a' && text[i] <= 'f') ||
		    (text[i] >= 'A' && text[i] <= 'F');

		zone = zone || text[i] == '%';
		colon = colon || text[i] == ':';
		if (!zone && !hexadecimal && text[i] != ':' && text[i] != '.')
			return "what stands in the brackets is not an IPv6 address";
	}
	return colon ? NULL : "what stands in the brackets is not an IPv6 address";
}

const char *
conf_address_fault(const char *text)
{
	int64_t port;
	const char *colon = strrchr(text, ':');

	if (strcmp(text, "systemd") == 0)
		return NULL;
	if (strncmp(text, "unix:", 5) == 0)
		return text[5] == '\0' || strlen(text + 5) > UNIX_PATH_MAX_LENGTH ?
		    "a Unix socket's path has 1 to 107 octets" :
		    NULL;
	if (colon == NULL)
		return "not HOST:PORT, [IPV6]:PORT or unix:PATH";
	const char *rest = read_digits(&port, colon + 1);
	if (rest == NULL || *rest != '\0' || port > 65535)
		return "the port is not a number from 0 to 65535";
	if (text[0] == '[' && colon > text + 1 && colon[-1] == ']')
		return ipv6_fault(text + 1, (size_t)(colon - text) - 2);
	return host_fault(text, (size_t)(colon - text));
}

const char *
conf_url_path_fault(const char *text)
{
	if (text[0] != '/')
		return "it does not begin with '/'";
	for (const char *p = text; *p != '\0'; p++) {
		if (*p <= ' ' || *p > '~' || strchr("?#\"<>\\^`{|}", *p) != NULL)
			return "it has a character that the path of a URL cannot have";
		if (p[0] == '/' && p[1] == '/')
			return "'//' in it would never be asked for";
	}
	return NULL;
}

static void
format_with_unit(char out[CONF_VALUE_TEXT], int64_t value, const struct unit *units)
{
	const struct unit *best = units;

	for (; units->name != NULL; units++) {
		if (value != 0 && value % units->factor == 0)
			best = units;
	}
	snprintf(out, CONF_VALUE_TEXT, "%" PRId64 "%s", value / best->factor, best->name);
}

void
conf_format_size(char out[CONF_VALUE_TEXT], int64_t octets)
{
	format_with_unit(out, octets, sizes);
}

/* Seconds with their unit: the first row, which has none, is for reading only. */
void
conf_format_duration(char out[CONF_VALUE_TEXT], int64_t milliseconds)
{
	format_with_unit(out, milliseconds, durations + 1);
}
