/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The keeper: the thread that makes all connections, one at a time, so that a database that is away is asked
 * by nobody else, and by this one twice a second at most; and that keeps the log of changes short.
 */
#ifndef POSTGRESQL_KEEPER_H
#define POSTGRESQL_KEEPER_H

#include "modules/postgresql/pool.h"

/*
 * With the lock held; does nothing if it runs.  Not when the source is opened: processes fork, or give up
 * rights.
 */
VOUCH_MUST int postgresql_keeper_start(struct postgresql_source *source, vouch_err *err);
/*
 * True when it has ended.  False: it is waiting for a server that does not answer, and calls postgresql_source_free()
 * when it no longer does; the source is not to be touched any more.
 */
VOUCH_MUST bool postgresql_keeper_stop(struct postgresql_source *source);

#endif
