/* SPDX-License-Identifier: Apache-2.0 */
/* Words that a shell takes as they are. */
#ifndef CLI_SHELL_WORD_H
#define CLI_SHELL_WORD_H

/* Prints text on stdout so that a shell, given it, takes it for one word: in quotes where they are needed. */
void shell_word_print(const char *text);

#endif
