/* SPDX-License-Identifier: Apache-2.0 */
/* What was fetched. */
#include "base/buf.h"
#include "fetch/http.h"

void
fetch_answer_clear(struct fetch_answer *answer)
{
	vouch_buf_free(&answer->body);
	*answer = (struct fetch_answer){ 0 };
}
