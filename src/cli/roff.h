/* SPDX-License-Identifier: Apache-2.0 */
/* Text for man(7): escaped, so that no word of ours is a request of roff. */
#ifndef CLI_ROFF_H
#define CLI_ROFF_H

#include <stdio.h>

/* Running text, paragraphs parted by empty lines. */
void cli_roff_text(FILE *out, const char *text);
/* Words as they are typed: hyphens stay hyphens.  No newline. */
void cli_roff_literal(FILE *out, const char *text);
/* Lines as they are typed. */
void cli_roff_display(FILE *out, const char *text);
/* ".TH", with the date of the manual and the version of the program. */
void cli_roff_title(FILE *out, const char *name, const char *section);

#endif
