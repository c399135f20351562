/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of the guard once more, written apart from it: with a reader of DER and a calendar of its own,
 * and with nothing of ours but the hashes and policies of the issuers.  It allows more than the guard does.
 */
#ifndef TEST_GUARD_ORACLE_H
#define TEST_GUARD_ORACLE_H

#include "guard_draft.h"

bool guard_oracle_allows(const struct guard_world *world, vouch_span tbs, vouch_time now);

#endif
