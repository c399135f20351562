/* SPDX-License-Identifier: Apache-2.0 */
/* A source of CRLs, opened with its files or without. */
#ifndef STATUS_CRL_H
#define STATUS_CRL_H

#include "status/crl_source.h"

/* uri: as vouch_source_crl has it; without a path, a caller brings the octets. */
VOUCH_MUST int crl_open(struct crl_source **out, const char *uri, vouch_time now, vouch_err *err);

#endif
