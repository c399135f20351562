/* SPDX-License-Identifier: Apache-2.0 */
/* Random octets of the kernel. */
#include "io/random.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"

int
io_random(void *out, size_t len, vouch_err *err)
{
	uint8_t *to = out;

	while (len > 0) {
		ssize_t n = getrandom(to, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_set(err, VOUCH_EIO, "getrandom: %s", strerror(errno));
		to += n;
		len -= (size_t)n;
	}
	return VOUCH_OK;
}
