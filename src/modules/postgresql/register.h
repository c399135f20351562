/* SPDX-License-Identifier: Apache-2.0 */
/* Writing: begin, put, commit and abort of the ops. */
#ifndef POSTGRESQL_REGISTER_H
#define POSTGRESQL_REGISTER_H

#include "modules/postgresql/pool.h"

int postgresql_begin(void *ctx, vouch_err *err);
int postgresql_put(void *ctx, const vouch_issuer *issuer, vouch_span serial_number,
    const vouch_status *status, vouch_time now, vouch_err *err);
int postgresql_commit(void *ctx, vouch_err *err);
void postgresql_abort(void *ctx);

#endif
