/* SPDX-License-Identifier: Apache-2.0 */
/* Text for man(7): escaped, so that no word of ours is a request of roff. */
#include "cli/roff.h"

#include <stdbool.h>
#include <string.h>
#include <vouch.h>

#define MANUAL_DATE "2026-11-22"
#define COLUMNS 72

/* One row is one character that roff would read as something else. */
static const struct {
	char c;
	const char *text, *literal;
} escapes[] = {
	{ '\\', "\\e", "\\e" },
	{ '-', "-", "\\-" },
	{ '\'', "'", "\\(aq" },
	{ '`', "`", "\\(ga" },
	{ '^', "^", "\\(ha" },
	{ '~', "~", "\\(ti" },
};

static void
put(FILE *out, char c, bool literal)
{
	for (size_t i = 0; i < sizeof(escapes) / sizeof(escapes[0]); i++) {
		if (escapes[i].c == c) {
			fputs(literal ? escapes[i].literal : escapes[i].text, out);
			return;
		}
	}
	fputc(c, out);
}

static void
put_line(FILE *out, const char *line, size_t len, bool literal)
{
	if (len > 0 && (line[0] == '.' || line[0] == '\''))
		fputs("\\&", out);
	for (size_t i = 0; i < len; i++)
		put(out, line[i], literal);
	/* "CERT..." at the end of a line ends no sentence. */
	if (len > 3 && memcmp(line + len - 3, "...", 3) == 0)
		fputs("\\&", out);
}

/*
 * The end of the next line: of the sentence, or of the last word that has room.  A sentence to a line, as
 * roff likes it.
 */
static size_t
line_end(const char *text, size_t len)
{
	size_t end = 0;

	for (size_t i = 1; i <= len; i++) {
		if (i < len && text[i] != ' ')
			continue;
		if (end > 0 && i > COLUMNS)
			return end;
		end = i;
		if (text[i - 1] == '.' && (i < 2 || text[i - 2] != '.'))
			return end;
	}
	return len;
}

static void
put_sentences(FILE *out, const char *text, size_t len)
{
	while (len > 0) {
		size_t used = line_end(text, len);

		put_line(out, text, used, false);
		fputc('\n', out);
		used += used < len; /* the blank */
		text += used;
		len -= used;
	}
}

void
cli_roff_text(FILE *out, const char *text)
{
	bool parted = false;

	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		if (len > 0 && parted)
			fputs(".PP\n", out);
		put_sentences(out, text, len);
		parted = parted || len > 0;
		text += len + (text[len] == '\n');
	}
}

void
cli_roff_literal(FILE *out, const char *text)
{
	put_line(out, text, strlen(text), true);
}

/* A long line goes on after a backslash, which roff takes away. */
static void
put_typed_line(FILE *out, const char *text, size_t len)
{
	while (len > COLUMNS) {
		size_t used = COLUMNS;

		while (used > 1 && text[used - 1] != ' ')
			used--;
		put_line(out, text, used, true);
		fputs("\\\n", out);
		text += used;
		len -= used;
	}
	put_line(out, text, len, true);
	fputc('\n', out);
}

void
cli_roff_display(FILE *out, const char *text)
{
	fputs(".EX\n", out);
	while (*text != '\0') {
		size_t len = strcspn(text, "\n");

		put_typed_line(out, text, len);
		text += len + (text[len] == '\n');
	}
	fputs(".EE\n", out);
}

void
cli_roff_title(FILE *out, const char *name, const char *section)
{
	fprintf(out, ".TH %s %s %s \"vouch %s\"\n", name, section, MANUAL_DATE, vouch_version());
}
