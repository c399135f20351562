/* SPDX-License-Identifier: Apache-2.0 */
/* The thread that follows CRLs in the web, and brings them into a source. */
#ifndef FETCH_CRL_FOLLOWER_H
#define FETCH_CRL_FOLLOWER_H

#include "fetch/crl_options.h"

struct fetch_follower;

/* No thread yet, and nothing asked.  options are to live as long; a reference to crls is taken. */
VOUCH_MUST int fetch_follower_new(struct fetch_follower **out, const struct fetch_options *options,
    vouch_source *crls, vouch_err *err);
/* Ends the thread, if there is one, without waiting for transfers. */
void fetch_follower_free(struct fetch_follower *follower);
/*
 * Any thread, as often as it likes: the first call starts the thread, and everyone waits, for a bounded time, until it
 * has tried each CRL once.
 */
VOUCH_MUST int fetch_follower_start(struct fetch_follower *follower, vouch_err *err);
/* All CRLs are looked at again, soon. */
void fetch_follower_look_again(struct fetch_follower *follower);
/* Readable since a CRL came, until it is cleared. */
int fetch_follower_descriptor(const struct fetch_follower *follower);
void fetch_follower_clear(const struct fetch_follower *follower);
void fetch_follower_health(struct fetch_follower *follower, vouch_source_health *out);
/* False before the first CRL has come. */
bool fetch_follower_has_any(const struct fetch_follower *follower);

#endif
