# SPDX-License-Identifier: Apache-2.0
"""The choices that an issuer's policy consists of, under the names of vouch.h."""

from __future__ import annotations

import enum

from ._native import lib


class Hash(enum.IntEnum):
    """The hash of a CertID."""

    OTHER = lib.VOUCH_HASH_OTHER
    SHA1 = lib.VOUCH_SHA1
    SHA256 = lib.VOUCH_SHA256
    SHA384 = lib.VOUCH_SHA384
    SHA512 = lib.VOUCH_SHA512
    MD5 = lib.VOUCH_MD5


class Profile(enum.IntEnum):
    """Whose limits are enforced."""

    RFC6960 = lib.VOUCH_PROFILE_RFC6960
    WEBPKI = lib.VOUCH_PROFILE_WEBPKI
    ETSI = lib.VOUCH_PROFILE_ETSI
    ENTERPRISE = lib.VOUCH_PROFILE_ENTERPRISE


class NoncePolicy(enum.IntEnum):
    """What becomes of a nonce (RFC 9654)."""

    ECHO = lib.VOUCH_NONCE_ECHO
    IGNORE = lib.VOUCH_NONCE_IGNORE
    REQUIRE = lib.VOUCH_NONCE_REQUIRE


class NotIssued(enum.IntEnum):
    """What is said of a serial number that was never issued (RFC 6960 2.2)."""

    UNKNOWN = lib.VOUCH_NOT_ISSUED_UNKNOWN
    UNAUTHORIZED = lib.VOUCH_NOT_ISSUED_UNAUTHORIZED
    REVOKED = lib.VOUCH_NOT_ISSUED_REVOKED
    GOOD = lib.VOUCH_NOT_ISSUED_GOOD


class VerifyPolicy(enum.IntEnum):
    """Which of its own signatures the responder verifies before it sends them."""

    CACHEABLE = lib.VOUCH_VERIFY_CACHEABLE
    ALWAYS = lib.VOUCH_VERIFY_ALWAYS
    NEVER = lib.VOUCH_VERIFY_NEVER


class ResponderID(enum.IntEnum):
    """How an answer names its signer; RFC 9919 3.2.2 wants byKey."""

    BY_KEY = lib.VOUCH_BY_KEY
    BY_NAME = lib.VOUCH_BY_NAME


class MixedIssuers(enum.IntEnum):
    """What is answered to a request that names several issuers without a common signer."""

    ANSWER = lib.VOUCH_MIXED_ANSWER
    UNAUTHORIZED = lib.VOUCH_MIXED_UNAUTHORIZED


class Archive(enum.IntEnum):
    """Where archiveCutoff (RFC 6960 4.4.4) is set."""

    NONE = lib.VOUCH_ARCHIVE_NONE
    ISSUER = lib.VOUCH_ARCHIVE_ISSUER
    RETENTION = lib.VOUCH_ARCHIVE_RETENTION


class Shape(enum.IntFlag):
    """How answers are written, for who replaces another responder."""

    PLAIN_TIMES = lib.VOUCH_SHAPE_PLAIN_TIMES
    UNSPECIFIED = lib.VOUCH_SHAPE_UNSPECIFIED
    ALWAYS_CERTS = lib.VOUCH_SHAPE_ALWAYS_CERTS


class ResponseStatus(enum.IntEnum):
    """OCSPResponseStatus of RFC 6960 4.2.1."""

    SUCCESSFUL = lib.VOUCH_SUCCESSFUL
    MALFORMED_REQUEST = lib.VOUCH_MALFORMED_REQUEST
    INTERNAL_ERROR = lib.VOUCH_INTERNAL_ERROR
    TRY_LATER = lib.VOUCH_TRY_LATER
    SIG_REQUIRED = lib.VOUCH_SIG_REQUIRED
    UNAUTHORIZED = lib.VOUCH_UNAUTHORIZED


class ServedFrom(enum.IntEnum):
    """Where an answer came from."""

    ERROR = lib.VOUCH_SERVED_ERROR
    STORE = lib.VOUCH_SERVED_STORE
    SIGNED = lib.VOUCH_SERVED_SIGNED
    PEER = lib.VOUCH_SERVED_PEER


class Severity(enum.IntEnum):
    """How much a finding of Issuer.check() matters."""

    NOTE = lib.VOUCH_NOTE
    WARNING = lib.VOUCH_WARNING
    ERROR = lib.VOUCH_ERROR
