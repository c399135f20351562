# SPDX-License-Identifier: Apache-2.0
"""Requests, as a client makes them."""

from __future__ import annotations

import secrets
from typing import Iterable, Union

from ._native import ffi, lib
from .errors import check, new_error
from .issuer import Issuer
from .octets import Material, Octets, Span, new_buffer, octets_of, serial_octets
from .policy import Hash
from .signer import Signer

NONCE_OCTETS = 32       # RFC 9654 2.1: new clients send at least 32


class Request:
    """Asks about certificates.

    certificates
        pairs of an issuer (an Issuer, or its certificate as a path, PEM or DER octets) and a serial number
        (an int)
    hash
        of the CertIDs; RFC 9919 3.1.1 wants SHA-256 of new clients
    nonce
        True: 32 random octets; octets: these (1 to 128, RFC 9654 2.1); None: none, so that answers may be
        cached
    signer
        signs the request (RFC 6960 4.1.2)
    """

    def __init__(self, certificates: Iterable[tuple[Union[Issuer, Material], int]], hash: Hash = Hash.SHA256,
                 nonce: Union[bool, Octets, None] = None, signer: Signer | None = None) -> None:
        err, out = new_error(), ffi.new("vouch_request **")
        check(lib.vouch_request_new(out, err), err)
        self._c = ffi.gc(out[0], lib.vouch_request_free)
        self._signer = signer       # a signing function is asked through it
        self.certificates: tuple[tuple[Issuer, int], ...] = ()
        for issuer, serial_number in certificates:
            self._add(issuer if isinstance(issuer, Issuer) else Issuer(issuer), serial_number, hash)
        self.nonce = self._set_nonce(nonce)
        if signer is not None:
            check(lib.vouch_request_set_signer(self._c, signer._c, err), err)

    def _add(self, issuer: Issuer, serial_number: int, hash: Hash) -> None:
        err, span = new_error(), Span(serial_octets(serial_number))
        check(lib.vouch_request_add(self._c, issuer._c, span.value, hash, err), err)
        self.certificates += ((issuer, serial_number),)

    def _set_nonce(self, nonce: Union[bool, Octets, None]) -> bytes | None:
        if nonce is None or nonce is False:
            return None
        octets = secrets.token_bytes(NONCE_OCTETS) if nonce is True else bytes(memoryview(nonce))
        err, span = new_error(), Span(octets)
        check(lib.vouch_request_set_nonce(self._c, span.value, err), err)
        return octets

    def encode(self) -> bytes:
        """The OCSPRequest in DER."""
        err, out = new_error(), new_buffer()
        check(lib.vouch_request_encode(self._c, out, err), err)
        return octets_of(out)
