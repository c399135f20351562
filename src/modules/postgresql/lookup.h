/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: lookup and each of the ops. */
#ifndef POSTGRESQL_LOOKUP_H
#define POSTGRESQL_LOOKUP_H

#include "modules/postgresql/pool.h"

int postgresql_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
    vouch_status *out, vouch_err *err);
int postgresql_each(void *ctx, const vouch_issuer *issuer, vouch_span after, vouch_time now,
    vouch_status_cb *cb, void *arg, vouch_err *err);

#endif
