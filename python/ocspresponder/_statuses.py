# SPDX-License-Identifier: Apache-2.0
# The two enumerations: what is said of a certificate, and of a response.
from enum import Enum


class CertificateStatus(Enum):
    """What a validate function says of a certificate."""

    good = "good"
    revoked = "revoked"
    key_compromise = "key_compromise"
    ca_compromise = "ca_compromise"
    affiliation_changed = "affiliation_changed"
    superseded = "superseded"
    cessation_of_operation = "cessation_of_operation"
    certificate_hold = "certificate_hold"
    remove_from_crl = "remove_from_crl"
    privilege_withdrawn = "privilege_withdrawn"
    unknown = "unknown"


class ResponseStatus(Enum):
    """What a response says of the request."""

    successful = "successful"
    malformed_request = "malformed_request"
    internal_error = "internal_error"
    try_later = "try_later"
    sign_required = "sign_required"
    unauthorized = "unauthorized"
