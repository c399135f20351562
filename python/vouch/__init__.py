# SPDX-License-Identifier: Apache-2.0
"""vouch: an OCSP responder (RFC 6960, RFC 9919, RFC 9654) as a framework, on libvouch.

    import vouch

    def lookup(issuer, serial_number, now):
        return vouch.Status.good() if serial_number in table else None

    issuer = vouch.Issuer("ca.pem", signers=[vouch.Signer("ocsp.pem", "ocsp.key")], sources=[lookup])
    responder = vouch.Responder(issuer)
    response = responder.handle(request)            # octets in, octets out, behind any server

Times are aware datetimes; certificates and keys are paths, PEM or DER octets.  Failures are VouchError and
its subclasses; what a program's own functions raise is logged under the name "vouch" and never becomes a
status.

A process may fork after the import, as servers with several workers do: fork before the first Server is
started, and while no other thread is inside a call, as with every library that has locks.
"""

from ._native import ffi as _ffi
from ._native import lib as _lib
from .answer import Answer
from .certificate import Certificate, name_text
from .decode import DecodeError, Field, decode
from .errors import (ArgumentError, CryptoError, InputOutputError, LimitError, NotFoundError,
                     OutOfMemoryError, ParseError, RefusedError, Unavailable, UnavailableError,
                     VerifyError, VouchError)
from .exchange import Exchange
from .issuer import Finding, Issuer
from .outcome import Outcome
from .policy import (Archive, Hash, MixedIssuers, NoncePolicy, NotIssued, Profile, ResponderID,
                     ResponseStatus, ServedFrom, Severity, Shape, VerifyPolicy)
from .query import query
from .request import Request
from .responder import Responder
from .response import Response, ResponseStatusError, Single
from .server import Server
from .signer import Signer
from .source import Source
from .status import CertStatus, Reason, Status

__version__ = _ffi.string(_lib.vouch_version()).decode()
__all__ = [
    "Answer", "Archive", "ArgumentError", "CertStatus", "Certificate", "CryptoError", "DecodeError",
    "Exchange", "Field", "Finding", "Hash",
    "InputOutputError", "Issuer", "LimitError", "MixedIssuers", "NoncePolicy", "NotFoundError", "NotIssued",
    "OutOfMemoryError", "Outcome", "ParseError", "Profile", "Reason", "RefusedError", "Request",
    "Responder", "ResponderID", "Response", "ResponseStatus", "ResponseStatusError", "ServedFrom",
    "Server", "Severity", "Shape", "Signer", "Single", "Source", "Status", "Unavailable", "UnavailableError",
    "VerifyError", "VerifyPolicy", "VouchError", "decode", "name_text", "query",
]
