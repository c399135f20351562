/* SPDX-License-Identifier: Apache-2.0 */
/* Words that a shell takes as they are. */
#include "cli/shell_word.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool
is_plain(const char *text)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:=@%+,";

	return *text != '\0' && text[strspn(text, plain)] == '\0';
}

void
shell_word_print(const char *text)
{
	if (is_plain(text)) {
		fputs(text, stdout);
		return;
	}
	putchar('\'');
	for (; *text != '\0'; text++) {
		/* Within single quotes nothing is special but the quote, which has to stand outside. */
		if (*text == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*text);
	}
	putchar('\'');
}
