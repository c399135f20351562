/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Extensions of OCSP (RFC 6960 4.4, RFC 9654): the elements that responders and clients write, and how they
 * are found.
 */
#ifndef OCSP_EXTENSION_H
#define OCSP_EXTENSION_H

#include "base/buf.h"

/* Appenders of one whole Extension element each, never critical (E-03). */
VOUCH_MUST int ocsp_extension_nonce(vouch_buf *out,
    vouch_span extn_value);				       /* the octets of extnValue, as received */
VOUCH_MUST int ocsp_extension_extended_revoke(vouch_buf *out); /* RFC 6960 4.4.8 */
VOUCH_MUST int ocsp_extension_archive_cutoff(vouch_buf *out, vouch_time archive_cutoff); /* RFC 6960 4.4.4 */
VOUCH_MUST int ocsp_extension_invalidity_date(vouch_buf *out,
    vouch_time invalidity_date); /* RFC 5280 5.3.2 */

/*
 * The extnValue octets of the extension with this OID (content octets) among concatenated elements; false
 * when it is not there.
 */
bool ocsp_extension_find(vouch_span extensions, vouch_span oid, vouch_span *extn_value);
/* The GeneralizedTime in an extnValue; VOUCH_TIME_ABSENT if it is not one. */
vouch_time ocsp_extension_time(vouch_span extn_value);

extern const vouch_span ocsp_oid_nonce, ocsp_oid_archive_cutoff, ocsp_oid_extended_revoke,
    ocsp_oid_invalidity_date;

#endif
