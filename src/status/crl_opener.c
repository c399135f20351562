/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a file of a CRL source, where need be by somebody who may. */
#include "status/crl_opener.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/err.h"

int
crl_opener_open(const struct crl_opener *opener, const char *path, int *fd, vouch_err *err)
{
	*fd = open(path,
	    O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK); /* no waiting for who writes into a pipe */
	if (*fd >= 0)
		return VOUCH_OK;
	if (errno != EACCES || opener->open == NULL)
		return err_set(err, VOUCH_EIO, "%s: %s", path, strerror(errno));
	int code = opener->open(opener->arg, path, fd, err);
	return code == VOUCH_ENOTFOUND ? err_set(err, VOUCH_EIO, "%s: %s", path, strerror(ENOENT)) : code;
}
