/* SPDX-License-Identifier: Apache-2.0 */
/* Errors that say of which database they speak. */
#ifndef REGISTER_REPORT_H
#define REGISTER_REPORT_H

#include <stdarg.h>
#include <vouch.h>

/* The text alone, for who puts in front which database that is; returns code. */
int register_fail(vouch_err *err, int code, const char *format, ...) VOUCH_PRINTF(3, 4);
/* "SHOWN: text", in one line; returns code. */
int register_vfail(vouch_err *err, int code, const char *shown, const char *format, va_list args)
    VOUCH_PRINTF(4, 0);

#endif
