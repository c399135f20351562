/* SPDX-License-Identifier: Apache-2.0 */
/* Values: the texts of the configuration as numbers, and back; errors say what would be right. */
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include <vouch.h>

VOUCH_MUST int conf_value_number(int64_t *out, const char *text, vouch_err *err);
/* Octets: "4096", "16KiB", "256MiB", "4GiB". */
VOUCH_MUST int conf_value_size(int64_t *out, const char *text, vouch_err *err);
/* Milliseconds: "90" (seconds), "500ms", "90s", "15m", "24h", "4d". */
VOUCH_MUST int conf_value_duration(int64_t *out, const char *text, vouch_err *err);
VOUCH_MUST int conf_value_boolean(bool *out, const char *text, vouch_err *err);
/* RFC 3339: "2026-11-22T10:00:00Z". */
VOUCH_MUST int conf_value_time(vouch_time *out, const char *text, vouch_err *err);
/* "none", "issuer", "7y", or a duration in whole seconds. */
VOUCH_MUST int conf_value_cutoff(vouch_issuer_options *out, const char *text, vouch_err *err);
/* What is wrong with an address, a path of URLs, a source; NULL: nothing. */
const char *conf_address_fault(const char *text);
const char *conf_url_path_fault(const char *text);
/* True for "pkcs11:…": letters, digits, '+', '-' and '.' up to a colon. */
bool conf_has_scheme(const char *text);

/* True for what would break a line of a message or a terminal: C0 and C1 control characters. */
bool conf_has_control(const char *text);
/* The same, where a text may have several lines, and tabs in them. */
bool conf_has_control_in_lines(const char *text);
/* The beginning of a text, for messages: whole characters only.  Returns out. */
#define CONF_EXCERPT 64
const char *conf_excerpt(char out[CONF_EXCERPT], const char *text);
/* Cuts off an incomplete UTF-8 character at the end. */
void conf_trim_utf8(char *text);

#define CONF_VALUE_TEXT 32
void conf_format_size(char out[CONF_VALUE_TEXT], int64_t octets);
void conf_format_duration(char out[CONF_VALUE_TEXT], int64_t milliseconds);

#endif
