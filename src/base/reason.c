/* SPDX-License-Identifier: Apache-2.0 */
/* CRLReason (RFC 5280 5.3.1) and its names. */
#include "base/span.h"

/* Numbers 7 and 11 up do not exist. */
static const char *const names[] = { "unspecified", "keyCompromise", "cACompromise", "affiliationChanged",
	"superseded", "cessationOfOperation", "certificateHold", NULL, "removeFromCRL", "privilegeWithdrawn",
	"aACompromise" };
#define REASONS (sizeof(names) / sizeof(names[0]))

uint8_t
vouch_reason_parse(const char *name)
{
	for (size_t i = 0; i < REASONS; i++)
		if (names[i] != NULL && strcmp(names[i], name) == 0)
			return (uint8_t)(i + 1);
	return 0;
}

const char *
vouch_reason_name(uint8_t revocation_reason)
{
	if (revocation_reason == 0 || revocation_reason > REASONS)
		return NULL;
	return names[revocation_reason - 1];
}
