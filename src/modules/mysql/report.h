/* SPDX-License-Identifier: Apache-2.0 */
/* What the database says, as a vouch_err that names it, and never its password. */
#ifndef MYSQL_REPORT_H
#define MYSQL_REPORT_H

#include <vouch.h>

/* "SHOWN: text", or "mysql: text" without an address; returns code. */
int mysql_fail(vouch_err *err, int code, const vouch_buf *shown, const char *format, ...) VOUCH_PRINTF(4, 5);

#endif
