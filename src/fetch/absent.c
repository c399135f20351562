/* SPDX-License-Identifier: Apache-2.0 */
/* A build without libcurl says so. */
#include "base/err.h"
#include "fetch/http.h"

int
fetch_http(struct fetch_answer *out, const struct fetch_request *request, vouch_err *err)
{
	(void)out;
	return err_set(err, VOUCH_EUNAVAILABLE,
	    "%s: this build has no HTTP client (libcurl: package libcurl4-openssl-dev)", request->url);
}
