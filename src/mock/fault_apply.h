/* SPDX-License-Identifier: Apache-2.0 */
/* What faults do to a plan; several rows share one of these, with a parameter. */
#ifndef MOCK_FAULT_APPLY_H
#define MOCK_FAULT_APPLY_H

#include "mock/plan.h"

/* fault_status.c */
mock_apply mock_nothing, mock_cert_status, mock_revoked, mock_undefined_reason, mock_error,
    mock_undefined_error;
/* fault_single.c */
mock_apply mock_wrong_serial, mock_wrong_hash_of_name, mock_wrong_hash_of_key, mock_other_hash,
    mock_extra_single, mock_repeated_single, mock_contradictory_single, mock_this_update, mock_next_update,
    mock_no_next_update, mock_next_update_before_this_update, mock_single_extension;
/* fault_signer.c */
mock_apply mock_signer_role, mock_signature_of_role, mock_without_certs, mock_weak_algorithm,
    mock_other_algorithm, mock_unknown_algorithm, mock_spoiled_signature, mock_empty_signature;
/* fault_data.c */
mock_apply mock_produced_at, mock_responder_id_by_name, mock_wrong_responder_key, mock_wrong_responder_name,
    mock_nonce_missing, mock_nonce_changed, mock_nonce_short, mock_nonce_long, mock_nonce_unasked,
    mock_response_extension, mock_repeated_extension, mock_huge;
/* fault_octets.c */
mock_apply mock_missing_single, mock_time_form, mock_version, mock_long_length_signed;
/* Writes the odd reasons into the entries that have one. */
VOUCH_MUST int mock_octets_reasons(struct mock_plan *plan, vouch_err *err);
/* fault_envelope.c */
mock_apply mock_response_type, mock_response_bytes, mock_error_with_bytes, mock_trailing,
    mock_trailing_inside, mock_long_length, mock_indefinite_length, mock_truncated, mock_empty_body,
    mock_page;
/* fault_transport.c */
mock_apply mock_http_status, mock_redirect, mock_content_type, mock_fields, mock_http_10, mock_length,
    mock_chunked, mock_continues, mock_padding, mock_no_head, mock_delay, mock_pace, mock_cut, mock_end;

#endif
