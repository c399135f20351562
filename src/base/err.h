/* SPDX-License-Identifier: Apache-2.0 */
/* Errors: written once, where the failure is first known, and passed up as they are. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <vouch.h>

/* Writes and returns code.  The offset is 0, and no rule is named. */
int err_set(vouch_err *err, int code, const char *format, ...) VOUCH_PRINTF(3, 4);
/* The same with an offset into the DER. */
int err_at(vouch_err *err, int code, size_t offset, const char *format, ...) VOUCH_PRINTF(4, 5);
/* Puts "context: " before the text (a file's name, a setting); returns err->code. */
int err_prefix(vouch_err *err, const char *format, ...) VOUCH_PRINTF(2, 3);
/*
 * Names the rule that was broken (a literal), unless one is named already or there was no memory, which breaks none; returns
 * err->code.
 */
int err_rule(vouch_err *err, const char *rule);
int err_nomem(vouch_err *err);
/* Public functions accept NULL, internal ones never see it.  Also clears what was left over. */
vouch_err *err_or(vouch_err *err, vouch_err *unread);
/* "refused", "cannot verify" ...: for people, static. */
const char *err_name(int code);

#endif
