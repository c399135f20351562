/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_status: what is known of one certificate. */
#include "base/span.h"

void
vouch_status_init(vouch_status *status)
{
	*status = (vouch_status){
		.size = sizeof(*status),
		.cert_status = VOUCH_STATUS_UNSET,
		.revocation_time = VOUCH_TIME_ABSENT,
		.invalidity_date = VOUCH_TIME_ABSENT,
		.this_update = VOUCH_TIME_ABSENT,
		.next_update = VOUCH_TIME_ABSENT,
		.not_after = VOUCH_TIME_ABSENT,
	};
}

void
vouch_status_clear(vouch_status *status)
{
	vouch_buf_free(&status->single_extensions);
	vouch_buf_free(&status->detail);
	vouch_status_init(status);
}
