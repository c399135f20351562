# SPDX-License-Identifier: Apache-2.0
"""Issuers: a CA's certificate, who signs in its name, who knows its certificates, and the policy."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any, Iterable, Union

from . import callback
from ._native import ffi, lib
from .certificate import Certificate
from .errors import check, new_error, text
from .octets import Material, Span, octets_of, read
from .policy import (Archive, Hash, MixedIssuers, NoncePolicy, NotIssued, Profile, ResponderID, Severity,
                     Shape, VerifyPolicy)
from .signer import Signer
from .source import Attached, LookupFunction, Source, open_source
from .times import UTC, Duration, duration, to_seconds

SourceLike = Union[Source, LookupFunction]


@dataclasses.dataclass(frozen=True)
class Finding:
    """Something that Issuer.check() found: how much it matters, the clause, and what to do about it."""

    severity: Severity
    rule: str
    text: str


class Issuer:
    """A CA whose certificates are answered for.

    certificate
        a path, PEM or DER octets
    name
        for messages; None: the subject's common name
    signers, sources
        as if added by add_signer() and add_source(), in this order
    profile, nonce, not_issued, verify_signatures, responder_id, mixed_issuers, shape
        see the enumerations
    certid_hashes
        the hashes that are served; None: SHA-1, SHA-256, SHA-384, SHA-512
    validity
        nextUpdate = thisUpdate + validity - 1 s; None: a day
    max_age
        bound of what HTTP caches are told; None: 12 hours
    lease
        how long stored answers stand without word from the sources; None: a second
    archive, archive_years, archive_retention
        archiveCutoff: none, the CA certificate's notBefore, or producedAt minus the retention
    compromised
        since when the CA's key is known to be compromised: all its certificates are revoked (RFC 6960 2.7)
    unknown_lookups
        in how many lookups a second the sources may be asked in vain; None: 200, as many as come if not_issued
        is GOOD.  Beyond that clients are told tryLater for what no source knew lately
    """

    def __init__(self, certificate: Material, name: str | None = None, *, signers: Iterable[Signer] = (),
                 sources: Iterable[SourceLike] = (), profile: Profile = Profile.RFC6960,
                 nonce: NoncePolicy = NoncePolicy.ECHO, not_issued: NotIssued = NotIssued.UNKNOWN,
                 verify_signatures: VerifyPolicy = VerifyPolicy.CACHEABLE,
                 responder_id: ResponderID = ResponderID.BY_KEY,
                 mixed_issuers: MixedIssuers = MixedIssuers.ANSWER,
                 certid_hashes: Iterable[Hash] | None = None, validity: Duration | None = None,
                 max_age: Duration | None = None, lease: datetime.timedelta | None = None,
                 archive: Archive = Archive.NONE, archive_years: int = 0, archive_retention: Duration = 0,
                 shape: Shape = Shape(0), compromised: datetime.datetime | None = None,
                 unknown_lookups: int | None = None) -> None:
        name_octets = ffi.NULL if name is None else ffi.new("char[]", name.encode())
        options = ffi.new("vouch_issuer_options *")
        lib.vouch_issuer_options_init(options)
        _assign(options, name=name_octets, profile=profile, nonce=nonce, not_issued=not_issued,
                verify_signatures=verify_signatures, responder_id=responder_id, mixed_issuers=mixed_issuers,
                certid_hashes=None if certid_hashes is None else _bits(certid_hashes),
                validity=None if validity is None else duration(validity),
                max_age=None if max_age is None else duration(max_age),
                lease_ms=None if lease is None else lease // datetime.timedelta(milliseconds=1),
                archive=archive, archive_years=archive_years, archive_seconds=duration(archive_retention),
                shape=shape, compromised=None if compromised is None else to_seconds(compromised),
                unknown_lookups=unknown_lookups)
        err, out, span = new_error(), ffi.new("vouch_issuer **"), Span(read(certificate))
        check(lib.vouch_issuer_new(out, span.value, options, err), err)
        self._c = ffi.gc(out[0], lib.vouch_issuer_free)
        self._signers: list[Signer] = []
        self._sources: list[tuple[Source, Any]] = []    # each with the handle by which the library asks it
        for signer in signers:
            self.add_signer(signer)
        for source in sources:
            self.add_source(source)

    def add_signer(self, signer: Signer, *, locally_trusted: bool = False) -> Issuer:
        """Adds a signer; the first is the default.

        Raises RefusedError, which names the clause, for one that may not answer for the issuer (RFC 6960
        4.2.2.2), unless it is `locally_trusted`: clients trust it by their own configuration (RFC 6960 2.2).
        """
        err = new_error()
        flags = lib.VOUCH_SIGNER_LOCALLY_TRUSTED if locally_trusted else 0
        check(lib.vouch_issuer_add_signer(self._c, signer._c, flags, err), err)
        self._signers.append(signer)
        return self

    def add_source(self, source: SourceLike, *, optional: bool = False) -> Issuer:
        """Adds a source, or the function that is one; sources are asked in the order they were added.

        While an `optional` one cannot tell, those after it are believed if they say revoked.
        """
        asked = source if isinstance(source, Source) else Source(source)
        handle = ffi.new_handle(Attached(asked, self))
        err, opened = new_error(), open_source(handle)
        try:
            flags = lib.VOUCH_SOURCE_OPTIONAL if optional else 0
            check(lib.vouch_issuer_add_source(self._c, opened, flags, err), err)
        finally:
            lib.vouch_source_free(opened)
        self._sources.append((asked, handle))
        return self

    @property
    def name(self) -> str:
        """For messages."""
        return text(lib.vouch_issuer_name(self._c))

    @property
    def certificate(self) -> bytes:
        """The certificate in DER."""
        return octets_of(lib.vouch_issuer_certificate(self._c))

    @property
    def subject(self) -> bytes:
        """The subject's Name in DER, as encoded."""
        return octets_of(lib.vouch_issuer_subject(self._c))

    @property
    def id(self) -> bytes:
        """SHA-256 over subject and public key: names the issuer in registers."""
        return octets_of(lib.vouch_issuer_id(self._c))

    @property
    def signers(self) -> tuple[Signer, ...]:
        """In the order they were added."""
        return tuple(self._signers)

    @property
    def sources(self) -> tuple[Source, ...]:
        """In the order they were added."""
        return tuple(source for source, _ in self._sources)

    def verify(self, certificate: Material) -> None:
        """Raises VouchError unless this issuer issued it: names match and the signature holds."""
        err, span = new_error(), Span(Certificate(certificate).der)
        check(lib.vouch_issuer_verify(self._c, span.value, err), err)

    def check(self, now: datetime.datetime | None = None) -> list[Finding]:
        """Looks certificates and policy over: expiry, nocheck, limits of the profile ..."""
        findings: list[Finding] = []
        handle = ffi.new_handle(findings)
        lib.call_issuer_check(self._c, to_seconds(now or datetime.datetime.now(UTC)), handle)
        return findings

    def __repr__(self) -> str:
        return f"<vouch.Issuer {self.name!r}>"


def _bits(hashes: Iterable[Hash]) -> int:
    return sum({1 << Hash(hash) for hash in hashes})


def _assign(options: Any, **values: Any) -> None:
    """None leaves the library's default."""
    for name, value in values.items():
        if value is not None:
            setattr(options, name, value)


@ffi.def_extern()
def py_issuer_finding(handle: Any, finding: Any) -> None:
    """One finding of Issuer.check()."""
    try:
        ffi.from_handle(handle).append(Finding(Severity(finding.severity), text(finding.rule),
                                               text(finding.text)))
    except BaseException as exception:     # none crosses C
        callback.report("Issuer.check()", exception)
