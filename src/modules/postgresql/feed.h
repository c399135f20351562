/* SPDX-License-Identifier: Apache-2.0 */
/* The change feed: what was committed since somebody last asked; `changes` of the ops. */
#ifndef POSTGRESQL_FEED_H
#define POSTGRESQL_FEED_H

#include "modules/postgresql/pool.h"

int postgresql_changes(void *ctx, vouch_buf *cursor, vouch_change_cb *cb, void *arg, vouch_err *err);
/* With nobody in postgresql_changes(). */
void postgresql_feed_close(struct postgresql_source *source);

#endif
