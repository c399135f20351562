# SPDX-License-Identifier: Apache-2.0
"""Responses, as a client reads and believes them."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any

from ._native import ffi, lib
from .certificate import Certificate
from .errors import RefusedError, check, new_error, text
from .octets import Material, Octets, Span, octets_of
from .policy import Hash, ResponseStatus
from .request import Request
from .status import CertStatus, Reason, reason_from_c
from .times import UTC, Duration, duration, from_seconds, present, to_seconds

SKEW = datetime.timedelta(minutes=5)    # how far the clocks of both may be apart


class ResponseStatusError(RefusedError):
    """The responder answered with an error, `response_status`, and with no status of any certificate."""

    def __init__(self, response_status: ResponseStatus) -> None:
        super().__init__(f"the responder says {text(lib.vouch_response_status_name(response_status))}")
        self.response_status = response_status

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.response_status,)


@dataclasses.dataclass(frozen=True)
class Single:
    """A SingleResponse.  Times are aware datetimes in UTC; None is absent.

    `hash` is that of the CertID; `single_extensions` are concatenated DER Extensions.
    """

    serial_number: int
    cert_status: CertStatus
    this_update: datetime.datetime
    next_update: datetime.datetime | None
    revocation_time: datetime.datetime | None
    revocation_reason: Reason | None
    invalidity_date: datetime.datetime | None
    archive_cutoff: datetime.datetime | None
    hash: Hash
    single_extensions: bytes

    @classmethod
    def read(cls, c: Any) -> Single:
        """Out of a vouch_single."""
        return cls(int.from_bytes(octets_of(c.serial_number), "big", signed=True), CertStatus(c.cert_status),
                   present(c.this_update), from_seconds(c.next_update), from_seconds(c.revocation_time),
                   reason_from_c(c.revocation_reason), from_seconds(c.invalidity_date),
                   from_seconds(c.archive_cutoff), Hash(c.hash), octets_of(c.single_extensions))


class Response:
    """An OCSPResponse; made by Response.verify() to be believed, by Response.parse() to be looked at."""

    def __init__(self, der: bytes, c: Any) -> None:
        """Takes a vouch_response."""
        self.der = der
        self._c = ffi.gc(c, lib.vouch_response_free)

    @classmethod
    def parse(cls, der: Octets) -> Response:
        """Parses strictly and verifies nothing: for looking at an answer, never for believing it."""
        octets = bytes(memoryview(der))
        err, out, span = new_error(), ffi.new("vouch_response **"), Span(octets)
        check(lib.vouch_response_parse(out, span.value, err), err)
        return cls(octets, out[0])

    @classmethod
    def verify(cls, der: Octets, request: Request, *, now: datetime.datetime | None = None,
               skew: Duration = SKEW,
               require_nonce: bool = True, require_next_update: bool = False, max_age: Duration = 0,
               trusted_signer: Material | None = None) -> Response:
        """Parses strictly and verifies by RFC 6960 3.2 and 4.2.2.2 that this answers the request.

        Raises VouchError, most often VerifyError or ParseError, whose `rule` names what failed: "signature",
        "certid", "nonce", "next_update" ...; vouch_response_verify() in vouch.h lists them.  An error
        response (tryLater ...) is returned: `status` tells, and there are no singles to be read from it.

        require_nonce: a nonce that was sent must come back; False: one that comes back must match.
        require_next_update: an answer without nextUpdate is refused (RFC 9919 5).
        max_age: how long ago thisUpdate may be; 0: as long as nextUpdate says.
        trusted_signer: a responder's certificate that is trusted although the CA did not authorise it.
        """
        octets = bytes(memoryview(der))
        trusted = Span(Certificate(trusted_signer).der if trusted_signer is not None else b"")
        options = ffi.new("vouch_verify_options *", {
            "size": ffi.sizeof("vouch_verify_options"), "now": to_seconds(now or datetime.datetime.now(UTC)),
            "skew": duration(skew), "require_nonce": require_nonce, "trusted_signer": trusted.value,
            "require_next_update": require_next_update, "max_age": duration(max_age)})
        err, out, span = new_error(), ffi.new("vouch_response **"), Span(octets)
        check(lib.vouch_response_verify(out, span.value, request._c, options, err), err)
        return cls(octets, out[0])

    @property
    def status(self) -> ResponseStatus:
        """The OCSPResponseStatus."""
        return ResponseStatus(lib.vouch_response_status(self._c))

    @property
    def singles(self) -> tuple[Single, ...]:
        """What is said of each certificate: verified, in the order of the request; parsed, in that of the
        response.

        Raises ResponseStatusError for an error response: no singles must not look like nothing to complain
        of.
        """
        if self.status != ResponseStatus.SUCCESSFUL:
            raise ResponseStatusError(self.status)
        c = ffi.new("vouch_single *", {"size": ffi.sizeof("vouch_single")})
        found = []
        for number in range(lib.vouch_response_singles(self._c)):
            check(lib.vouch_response_single(self._c, number, c))
            found.append(Single.read(c))
        return tuple(found)

    @property
    def produced_at(self) -> datetime.datetime | None:
        """producedAt; None in an error response."""
        return from_seconds(lib.vouch_response_produced_at(self._c))

    @property
    def has_nonce(self) -> bool:
        """True when there is a nonce in it."""
        return bool(lib.vouch_response_has_nonce(self._c))

    @property
    def signer(self) -> bytes | None:
        """The certificate, in DER, whose key signed; None where none is known to have."""
        return octets_of(lib.vouch_response_signer(self._c)) or None

    def __repr__(self) -> str:
        return f"<vouch.Response {self.status.name} of {len(self.der)} octets>"
