/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: lookup and each of the ops. */
#ifndef MYSQL_LOOKUP_H
#define MYSQL_LOOKUP_H

#include <vouch.h>

VOUCH_MUST int mysql_lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,
    vouch_status *out, vouch_err *err);
VOUCH_MUST int mysql_each(void *ctx, const vouch_issuer *issuer, vouch_span after, vouch_time now,
    vouch_status_cb *cb, void *arg, vouch_err *err);

#endif
