/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PostgreSQL as a status source and register.  URI: libpq's own, with parameters of ours (see address.h).
 *
 *	lookup, each, put …  ──take──▶ idle connections ──give──▶ back         (the callers' threads; pool.h)
 *	                                   ▲ opened, one at a time, by
 *	                                the keeper, a thread: the only one that connects (keeper.h)
 *	                                   ▼
 *	changes              ────────▶ the feed, a connection that listens     (feed.h)
 */
#ifndef POSTGRESQL_POSTGRESQL_H
#define POSTGRESQL_POSTGRESQL_H

#include <vouch.h>

extern const vouch_source_ops vouch_source_postgresql;

#endif
