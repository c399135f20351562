/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8. */
#include "base/utf8.h"

/* RFC 3629 4: which second octets may follow a first one; no overlong forms, no surrogates, nothing past U+10FFFF. */
static const struct {
	unsigned char first, last; /* first octet */
	unsigned char from, to;	   /* second octet */
	size_t length;
} forms[] = {
	{ 0xc2, 0xdf, 0x80, 0xbf, 2 },
	{ 0xe0, 0xe0, 0xa0, 0xbf, 3 },
	{ 0xe1, 0xec, 0x80, 0xbf, 3 },
	{ 0xed, 0xed, 0x80, 0x9f, 3 },
	{ 0xee, 0xef, 0x80, 0xbf, 3 },
	{ 0xf0, 0xf0, 0x90, 0xbf, 4 },
	{ 0xf1, 0xf3, 0x80, 0xbf, 4 },
	{ 0xf4, 0xf4, 0x80, 0x8f, 4 },
};
#define FORMS (sizeof(forms) / sizeof(forms[0]))

size_t
utf8_length(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	size_t form = 0, len = 2;

	if (c[0] != 0 && c[0] < 0x80)
		return 1;
	while (form < FORMS && (c[0] < forms[form].first || c[0] > forms[form].last))
		form++;
	if (form == FORMS || c[1] < forms[form].from || c[1] > forms[form].to)
		return 0;
	while (len < forms[form].length && (c[len] & 0xc0) == 0x80)
		len++;
	return len == forms[form].length ? len : 0;
}
