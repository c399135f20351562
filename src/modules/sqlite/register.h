/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: begin, put, commit and abort of the ops; the change feed; one member each. */
#ifndef SQLITE_REGISTER_H
#define SQLITE_REGISTER_H

#include "modules/sqlite/pool.h"

int sqlite_begin(void *ctx, vouch_err *err);
int sqlite_put(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, const vouch_status *status,
    vouch_time now, vouch_err *err);
int sqlite_commit(void *ctx, vouch_err *err);
void sqlite_abort(void *ctx);
/*
 * Moves the log into the file, so that a copy of the file alone is complete; gives up when somebody reads for
 * longer than two seconds.
 */
void sqlite_tidy(struct sqlite_source *source);

int sqlite_changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err);

#endif
