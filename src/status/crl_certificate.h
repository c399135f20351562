/* SPDX-License-Identifier: Apache-2.0 */
/* What the CRL source reads of a certificate that was issued. */
#ifndef STATUS_CRL_CERTIFICATE_H
#define STATUS_CRL_CERTIFICATE_H

#include "base/buf.h"
#include "base/err.h"

struct crl_certificate {
	vouch_span serial_number, issuer,
	    key_identifier; /* the last out of authorityKeyIdentifier; borrowed */
	bool is_ca;
	vouch_buf points; /* names of its distribution points */
};

/* `out` is zeroed or used before; its buffer is reused, and freed by the caller. */
VOUCH_MUST int crl_certificate_read(struct crl_certificate *out, vouch_span der, vouch_err *err);

#endif
