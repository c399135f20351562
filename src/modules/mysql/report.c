/* SPDX-License-Identifier: Apache-2.0 */
/* What the database says. */
#include "modules/mysql/report.h"

#include "modules/register/report.h"

int
mysql_fail(vouch_err *err, int code, const vouch_buf *shown, const char *format, ...)
{
	bool is_known = shown != NULL && shown->data != NULL;
	va_list args;

	va_start(args, format);
	code = register_vfail(err, code, is_known ? (const char *)shown->data : "mysql", format, args);
	va_end(args);
	return code;
}
