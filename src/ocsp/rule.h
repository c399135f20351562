/* SPDX-License-Identifier: Apache-2.0 */
/* The rules that an answer can break, by the names that vouch_err.rule has (vouch.h lists them, at vouch_response_verify()). */
#ifndef OCSP_RULE_H
#define OCSP_RULE_H

#define OCSP_RULE_SIZE "size"
#define OCSP_RULE_DER "der"
#define OCSP_RULE_RESPONSE_TYPE "response_type"
#define OCSP_RULE_CRITICAL_EXTENSION "critical_extension"
#define OCSP_RULE_CERTID "certid"
#define OCSP_RULE_DUPLICATE "duplicate"
#define OCSP_RULE_RESPONDER_ID "responder_id"
#define OCSP_RULE_SIGNATURE_ALGORITHM "signature_algorithm"
#define OCSP_RULE_SIGNATURE "signature"
#define OCSP_RULE_SIGNER_WEAK_KEY "signer_weak_key"
#define OCSP_RULE_SIGNER_ISSUER "signer_issuer"
#define OCSP_RULE_SIGNER_EKU "signer_eku"
#define OCSP_RULE_SIGNER_KEY_USAGE "signer_key_usage"
#define OCSP_RULE_SIGNER_CRITICAL_EXTENSION "signer_critical_extension"
#define OCSP_RULE_SIGNER_VALIDITY "signer_validity"
#define OCSP_RULE_NONCE_MISSING "nonce_missing"
#define OCSP_RULE_NONCE "nonce"
#define OCSP_RULE_THIS_UPDATE "this_update"
#define OCSP_RULE_NEXT_UPDATE "next_update"
#define OCSP_RULE_NEXT_UPDATE_ABSENT "next_update_absent"
#define OCSP_RULE_PRODUCED_AT "produced_at"

#endif
