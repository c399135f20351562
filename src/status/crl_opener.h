/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a file of a CRL source, where need be by somebody who may. */
#ifndef STATUS_CRL_OPENER_H
#define STATUS_CRL_OPENER_H

#include <vouch.h>

/* See vouch_source_set_open(); `open` NULL: nobody is asked. */
struct crl_opener {
	vouch_open_cb *open;
	void *arg;
};

/* To be read, by the caller, who closes it.  VOUCH_EIO with the path. */
VOUCH_MUST int crl_opener_open(const struct crl_opener *opener, const char *path, int *fd, vouch_err *err);

#endif
