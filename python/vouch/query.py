# SPDX-License-Identifier: Apache-2.0
"""Asking a responder, and believing only what verifies."""

from __future__ import annotations

import datetime
from typing import Any, Iterable, Union, cast

from .certificate import Certificate
from .errors import ArgumentError, ParseError
from .fetch import RESPONSE_TYPE, fetch
from .issuer import Issuer
from .octets import Material, Octets
from .policy import Hash, ResponseStatus
from .request import Request
from .response import SKEW, Response, ResponseStatusError
from .signer import Signer
from .times import Duration

Target = Union[Certificate, Material, int]
"""A certificate, or the serial number of one."""


def query(url: str | None, certificates: Union[Target, Iterable[Target]], issuer: Union[Issuer, Material], *,
          hash: Hash = Hash.SHA256, nonce: Union[bool, Octets, None] = None, signer: Signer | None = None,
          get: bool = False, timeout: float = 10.0, now: datetime.datetime | None = None,
          skew: Duration = SKEW,
          require_next_update: bool = False, max_age: Duration = 0,
          trusted_signer: Material | None = None) -> Response:
    """Asks about one or several certificates of an issuer, and returns an answer that was verified in full.

    url
        of the responder; None: the one that the first certificate names
    certificates
        one or several: a Certificate, a path, PEM or DER octets, or a serial number
    hash, nonce, signer
        see Request; a nonce that was sent must come back
    get
        ask by GET, so that caches can answer; otherwise by POST
    timeout
        seconds for all of it
    now, skew, require_next_update, max_age, trusted_signer
        see Response.verify()

    Raises UnavailableError when nobody answers (in time), RefusedError for an HTTP status other than 200,
    ResponseStatusError when the responder says tryLater or the like, LimitError for more than 1 MiB, and what
    Response.verify() raises.  Proxies and trusted CAs are those of the environment.
    """
    targets = [_target(target) for target in _listed(certificates)]
    if not targets:
        raise ArgumentError("no certificate to ask about")
    place = url or next((target.ocsp_url for target in targets[:1] if isinstance(target, Certificate)), None)
    if place is None:
        raise ArgumentError("the certificate names no responder, and no url was given")
    known = issuer if isinstance(issuer, Issuer) else Issuer(issuer)
    request = Request([(known, _serial_number(target)) for target in targets], hash, nonce, signer)
    content_type, body = fetch(place, request.encode(), get=get, timeout=timeout)
    return _verified(body, content_type, request, now=now, skew=skew, require_next_update=require_next_update,
                     max_age=max_age, trusted_signer=trusted_signer)


def _verified(body: bytes, content_type: str, request: Request, **options: Any) -> Response:
    try:
        response = Response.verify(body, request, **options)
    except ParseError as error:
        # A page of a portal, say.  What does parse is believed by its signature, whatever it is called.
        if content_type.partition(";")[0].strip().lower() == RESPONSE_TYPE:
            raise
        raise ParseError(f"the answer is no OCSP response (Content-Type: {content_type})", error.rule,
                         error.offset) from error
    if response.status != ResponseStatus.SUCCESSFUL:
        raise ResponseStatusError(response.status)
    return response


def _listed(certificates: Union[Target, Iterable[Target]]) -> list[Target]:
    is_one = (isinstance(certificates, (str, bytes, bytearray, memoryview, int))
              or hasattr(certificates, "__fspath__") or hasattr(certificates, "der"))
    return [cast(Target, certificates)] if is_one else list(cast(Iterable[Target], certificates))


def _target(target: Target) -> Union[Certificate, int]:
    return target if isinstance(target, (Certificate, int)) else Certificate(target)


def _serial_number(target: Union[Certificate, int]) -> int:
    return target if isinstance(target, int) else target.serial_number
