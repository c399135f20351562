/* SPDX-License-Identifier: Apache-2.0 */
/* A build without libcurl has no CRLs out of the web; who is asked for one says which package brings it. */
#include "fetch/crl.h"

#include <stddef.h>

const vouch_source_ops *
fetch_crl_ops(void)
{
	return NULL;
}
