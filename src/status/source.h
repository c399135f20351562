/* SPDX-License-Identifier: Apache-2.0 */
/* What issuers ask of a source beyond the public functions. */
#ifndef STATUS_SOURCE_H
#define STATUS_SOURCE_H

#include <vouch.h>

/* The issuer is going to use the source. */
VOUCH_MUST int source_attach(vouch_source *source, const vouch_issuer *issuer, vouch_err *err);

#endif
