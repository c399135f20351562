/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OBJECT IDENTIFIERs of OCSP (RFC 6960 appendix B) and of the extensions that travel with it, as content
 * octets.
 */
#ifndef OCSP_OIDS_H
#define OCSP_OIDS_H

#include "der/oid.h"

#define OCSP_OID_BASIC DER_OID_PKIX_OCSP "\x01"
#define OCSP_OID_NONCE DER_OID_PKIX_OCSP "\x02"
#define OCSP_OID_CRL DER_OID_PKIX_OCSP "\x03"
#define OCSP_OID_RESPONSE DER_OID_PKIX_OCSP "\x04"
#define OCSP_OID_NOCHECK DER_OID_PKIX_OCSP "\x05"
#define OCSP_OID_ARCHIVE_CUTOFF DER_OID_PKIX_OCSP "\x06"
#define OCSP_OID_SERVICE_LOCATOR DER_OID_PKIX_OCSP "\x07"
#define OCSP_OID_PREF_SIG_ALGS DER_OID_PKIX_OCSP "\x08"
#define OCSP_OID_EXTENDED_REVOKE DER_OID_PKIX_OCSP "\x09"
#define OCSP_OID_INVALIDITY_DATE "\x55\x1d\x18"

#endif
