/* SPDX-License-Identifier: Apache-2.0 */
/* Passphrases: out of files, out of the environment, from the terminal. */
#ifndef IO_PASSPHRASE_H
#define IO_PASSPHRASE_H

#include <vouch.h>

/*
 * Appends the first line of the file without its end: the others are for people, so that any editor can write
 * it.  An empty one is VOUCH_EINVAL.  Errors name the file.  Empty it with io_passphrase_wipe().
 */
VOUCH_MUST int io_passphrase_read(vouch_buf *out, const char *path, vouch_err *err);
/*
 * Appends the value of an environment variable, which stays where it is.  One that is not set, or empty, is
 * VOUCH_EINVAL.  Errors name the variable.
 */
VOUCH_MUST int io_passphrase_from_env(vouch_buf *out, const char *name, vouch_err *err);
/*
 * Overwrites every value that the variable has in the environment, also as /proc shows it, and unsets
 * it.  While no other thread looks at the environment.
 */
void io_passphrase_forget_env(const char *name);
/*
 * Asks for a line on the terminal of the process, whatever its standard streams are: prints `text`, does
 * not echo, and appends the line without its end.  An empty line is VOUCH_EINVAL; VOUCH_EIO without a
 * terminal, and when it is hung up.
 *
 * The terminal is as before when it returns, and also before a signal that ends or stops the process
 * takes effect; after a stop the question is asked again, after a signal that the process handles it is
 * VOUCH_EIO.  One thread asks at a time.
 */
VOUCH_MUST int io_passphrase_prompt(vouch_buf *out, const char *text, vouch_err *err);
/* Overwrites it, and frees it. */
void io_passphrase_wipe(vouch_buf *passphrase);

#endif
