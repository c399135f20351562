# SPDX-License-Identifier: Apache-2.0
"""What is known of a certificate."""

from __future__ import annotations

import dataclasses
import datetime
import enum
from typing import Any

from ._native import ffi, lib
from .errors import check
from .octets import octets_of, text_of
from .times import from_seconds, to_seconds


class CertStatus(enum.IntEnum):
    """CertStatus of RFC 6960 4.2.1."""

    GOOD = lib.VOUCH_GOOD
    REVOKED = lib.VOUCH_REVOKED
    UNKNOWN = lib.VOUCH_UNKNOWN


class Reason(enum.IntEnum):
    """CRLReason of RFC 5280 5.3.1, with its numbers."""

    UNSPECIFIED = lib.VOUCH_REASON_UNSPECIFIED - 1
    KEY_COMPROMISE = lib.VOUCH_REASON_KEY_COMPROMISE - 1
    CA_COMPROMISE = lib.VOUCH_REASON_CA_COMPROMISE - 1
    AFFILIATION_CHANGED = lib.VOUCH_REASON_AFFILIATION_CHANGED - 1
    SUPERSEDED = lib.VOUCH_REASON_SUPERSEDED - 1
    CESSATION_OF_OPERATION = lib.VOUCH_REASON_CESSATION_OF_OPERATION - 1
    CERTIFICATE_HOLD = lib.VOUCH_REASON_CERTIFICATE_HOLD - 1
    REMOVE_FROM_CRL = lib.VOUCH_REASON_REMOVE_FROM_CRL - 1
    PRIVILEGE_WITHDRAWN = lib.VOUCH_REASON_PRIVILEGE_WITHDRAWN - 1
    AA_COMPROMISE = lib.VOUCH_REASON_AA_COMPROMISE - 1


def reason_to_c(reason: Reason | None) -> int:
    """The library counts from 1, so that zero can be absent."""
    return int(lib.VOUCH_REASON_ABSENT) if reason is None else reason + 1


def reason_from_c(number: int) -> Reason | None:
    """The reverse of reason_to_c()."""
    return Reason(number - 1) if number else None


@dataclasses.dataclass(frozen=True)
class Status:
    """What a source knows of one certificate.  Times are aware datetimes; None is absent.

    A `revocation_time` to come is not yet a revocation: until then the certificate is good.

    `this_update` and `next_update` are what the source vouches for: absent, the lookup is of this moment and
    the issuer's policy decides how long the answer stands.  `single_extensions` are concatenated DER
    Extensions to send along, none of them critical.  `certificate_sha256` and `not_after` of the certificate,
    where the source has them, let the responder add certHash and leave out what outlives it.  `detail` is for
    people.
    """

    cert_status: CertStatus
    revocation_time: datetime.datetime | None = None
    revocation_reason: Reason | None = None
    invalidity_date: datetime.datetime | None = None
    this_update: datetime.datetime | None = None
    next_update: datetime.datetime | None = None
    not_after: datetime.datetime | None = None
    certificate_sha256: bytes | None = None
    single_extensions: bytes = b""
    detail: str = ""

    def __post_init__(self) -> None:
        if (self.cert_status == CertStatus.REVOKED) != (self.revocation_time is not None):
            raise ValueError("revocation_time belongs to a certificate that is revoked, and to no other")
        if self.revocation_reason is not None and self.revocation_time is None:
            raise ValueError("revocation_reason belongs to a certificate that is revoked, and to no other")
        if self.certificate_sha256 is not None and len(self.certificate_sha256) != 32:
            raise ValueError("certificate_sha256 has 32 octets")

    @classmethod
    def good(cls, **others: Any) -> Status:
        """Issued, and not revoked."""
        return cls(CertStatus.GOOD, **others)

    @classmethod
    def revoked(cls, time: datetime.datetime, reason: Reason | None = None, **others: Any) -> Status:
        """Revoked at a time, which may be one to come."""
        return cls(CertStatus.REVOKED, time, reason, **others)

    @classmethod
    def unknown(cls, **others: Any) -> Status:
        """The responder shall say that it does not know the certificate."""
        return cls(CertStatus.UNKNOWN, **others)

    def write(self, out: Any) -> None:
        """Into a vouch_status that was initialised."""
        out.cert_status = self.cert_status
        if self.revocation_time is not None:
            out.revocation_time = to_seconds(self.revocation_time)
            out.revocation_reason = reason_to_c(self.revocation_reason)
        if self.this_update is not None:
            out.this_update = to_seconds(self.this_update)
        if self.next_update is not None:
            out.next_update = to_seconds(self.next_update)
        if self.invalidity_date is not None:
            out.invalidity_date = to_seconds(self.invalidity_date)
        if self.not_after is not None:
            out.not_after = to_seconds(self.not_after)
        if self.certificate_sha256 is not None:
            ffi.memmove(out.certificate_sha256, self.certificate_sha256, 32)
            out.has_certificate_sha256 = 1
        self._write_buffers(out)

    def _write_buffers(self, out: Any) -> None:
        if self.single_extensions:
            extensions = ffi.addressof(out, "single_extensions")
            check(lib.vouch_buf_append(extensions, self.single_extensions, len(self.single_extensions)))
        if self.detail:
            detail = self.detail.encode()
            check(lib.vouch_buf_append(ffi.addressof(out, "detail"), detail, len(detail)))

    @classmethod
    def read(cls, status: Any) -> Status:
        """Out of a vouch_status."""
        return cls(CertStatus(status.cert_status), from_seconds(status.revocation_time),
                   reason_from_c(status.revocation_reason), from_seconds(status.invalidity_date),
                   from_seconds(status.this_update), from_seconds(status.next_update),
                   from_seconds(status.not_after),
                   bytes(status.certificate_sha256) if status.has_certificate_sha256 else None,
                   octets_of(status.single_extensions), text_of(status.detail))
