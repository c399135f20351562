# SPDX-License-Identifier: Apache-2.0
"""Certificates, as far as OCSP looks at them."""

from __future__ import annotations

from ._native import ffi, lib
from .errors import NotFoundError, check, new_error
from .octets import Material, Span, new_buffer, octets_of, read, text_of
from .times import present


class Certificate:
    """One certificate: the first one in a path, PEM or DER octets.

    `serial_number` is an int, `issuer` and `subject` are Names in DER, `not_before` and `not_after` aware
    datetimes, `sha256` is the hash of the whole certificate, `ocsp_url` and `ca_issuers_url` are what its
    authorityInfoAccess names first (None: nothing), `der` is the certificate itself.
    """

    def __init__(self, material: Material) -> None:
        self.der = _first(read(material))
        info = ffi.new("vouch_certificate_info *", {"size": ffi.sizeof("vouch_certificate_info")})
        err, span = new_error(), Span(self.der)
        check(lib.vouch_certificate_inspect(span.value, info, err), err)
        self.serial_number = int.from_bytes(octets_of(info.serial_number), "big", signed=True)
        self.issuer, self.subject = octets_of(info.issuer), octets_of(info.subject)
        self.not_before, self.not_after = present(info.not_before), present(info.not_after)
        self.sha256 = bytes(info.sha256)
        self.ocsp_url = text_of(info.ocsp_url) or None
        self.ca_issuers_url = text_of(info.ca_issuers_url) or None

    @classmethod
    def all(cls, material: Material) -> list[Certificate]:
        """Every certificate in a path or PEM octets, in their order."""
        return [cls(der) for der in _each(read(material))]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Certificate) and self.der == other.der

    def __hash__(self) -> int:
        return hash(self.der)

    def __repr__(self) -> str:
        return f"<vouch.Certificate {self.serial_number:X} {name_text(self.subject)!r}>"


def name_text(name: bytes) -> str:
    """A Name in DER as text for people (the order of RFC 4514)."""
    out, span = new_buffer(), Span(name)
    check(lib.vouch_name_format(out, span.value))
    return text_of(out)


def _each(octets: bytes) -> list[bytes]:
    err, input = new_error(), ffi.new("vouch_span *")
    memory = Span(octets)
    input[0] = memory.value
    found: list[bytes] = []
    while True:
        der = new_buffer()
        code = lib.vouch_certificate_read(input, der, err)
        if code == lib.VOUCH_ENOTFOUND:
            return found
        check(code, err)
        found.append(octets_of(der))


def _first(octets: bytes) -> bytes:
    found = _each(octets)
    if not found:
        raise NotFoundError("no certificate in it")
    return found[0]
