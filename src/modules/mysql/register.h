/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: begin, put, commit and abort of the ops. */
#ifndef MYSQL_REGISTER_H
#define MYSQL_REGISTER_H

#include <vouch.h>

VOUCH_MUST int mysql_begin(void *ctx, vouch_err *err);
VOUCH_MUST int mysql_put(void *ctx, const vouch_issuer *issuer, vouch_span serial_number,
    const vouch_status *status, vouch_time now, vouch_err *err);
VOUCH_MUST int mysql_write_commit(void *ctx, vouch_err *err);
void mysql_write_abort(void *ctx);

#endif
