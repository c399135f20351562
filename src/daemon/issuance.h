/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Issuance: whether the sources of an issuer know what was issued, and what clients are told of everything else.  "Not
 * listed" is not "issued" (C-17).
 */
#ifndef DAEMON_ISSUANCE_H
#define DAEMON_ISSUANCE_H

#include "conf/conf.h"

#define ISSUANCE_TEXT 320

struct issuance {
	enum vouch_severity severity;
	const char *rule; /* static */
	char text[ISSUANCE_TEXT];
};

/* What a serial number that no source knows means with these sources and this policy. */
void issuance_judge(const struct conf_issuer *issuer, struct issuance *out);

#endif
