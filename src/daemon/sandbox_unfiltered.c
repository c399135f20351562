/* SPDX-License-Identifier: Apache-2.0 */
/* A build without libseccomp. */
#include "daemon/sandbox_filter.h"

#include "base/err.h"

int
sandbox_filter_load(enum sandbox_role role, vouch_err *err)
{
	(void)role;
	return err_set(err, VOUCH_EUNAVAILABLE,
	    "this build has no libseccomp: build with it, or set sandbox: off");
}
