/* SPDX-License-Identifier: Apache-2.0 */
/* The parameters of a CRL source's URI. */
#ifndef STATUS_CRL_PARAMETERS_H
#define STATUS_CRL_PARAMETERS_H

#include "status/crl_source.h"

/* Fills in paths, policy and the CRL issuers of a source that is zeroed. */
VOUCH_MUST int crl_parameters_read(struct crl_source *s, const char *uri, vouch_err *err);

#endif
