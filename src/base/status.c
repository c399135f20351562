/* SPDX-License-Identifier: Apache-2.0 */
/* vouch_status: what is known of one certificate. */
#include "base/span.h"
#include "base/versioned.h"

/* No header ever had less. */
#define LEAST_SIZE (offsetof(vouch_status, certificate_sha256) + 32)

void
vouch_status_init_sized(vouch_status *status, size_t size)
{
	const vouch_status nothing = {
		.cert_status = VOUCH_STATUS_UNSET,
		.revocation_time = VOUCH_TIME_ABSENT,
		.invalidity_date = VOUCH_TIME_ABSENT,
		.this_update = VOUCH_TIME_ABSENT,
		.next_update = VOUCH_TIME_ABSENT,
		.not_after = VOUCH_TIME_ABSENT,
	};

	versioned_init(status, size, &nothing, sizeof(nothing));
}

void
vouch_status_clear(vouch_status *status)
{
	vouch_buf_free(&status->single_extensions);
	vouch_buf_free(&status->detail);
	vouch_status_init_sized(status, status->size < LEAST_SIZE ? LEAST_SIZE : status->size);
}
