# SPDX-License-Identifier: Apache-2.0
# The drop-in ocspresponder: a responder out of two functions, for programs written for the package of this name.
"""An OCSP responder out of a function that knows the status of a certificate and one that has the certificate.

    from ocspresponder import OCSPResponder, CertificateStatus

    def validate(serial): return (CertificateStatus.good, None)
    def get_cert(serial): return open(f"certs/{serial}.pem").read()

    OCSPResponder("ca.pem", "ocsp.pem", "ocsp.key", validate, get_cert).serve(port=8080)

The names and the behaviour are those of Threema's ocspresponder 0.5.0; programs may subclass OCSPResponder and
replace its methods, its functions, its routes and ocspbuilder's OCSPResponseBuilder.build, at any time.  As long as
they do not, libvouch builds the answers.  Unlike the original, the server calls the two functions from several threads
at a time, so that a slow one keeps nobody waiting; where they use a connection of sqlite3 that was made before serve(),
they are called one at a time, by the thread that called it.
"""

import logging
import sys
from datetime import datetime, timedelta, timezone
from typing import Any, Callable, Dict, List, Optional, Tuple

import bottle
from asn1crypto.ocsp import OCSPRequest, OCSPResponse
from bottle import Bottle, HTTPResponse, request  # noqa: F401  programs look for Bottle here
from ocspbuilder import OCSPResponseBuilder
from ocspbuilder import OCSPResponseBuilder as _Builder
from ocspbuilder._response import Single as _Single

from . import _application, _base64, _material, _question, _server, _told
from ._fast import Fast as _Fast
from ._question import Refused as _Refused
from ._statuses import CertificateStatus, ResponseStatus
from ._surroundings import Surroundings as _Surroundings

__version__ = "0.5.0"
__all__ = ["OCSPResponder", "CertificateStatus", "ResponseStatus", "ValidateFunc", "CertRetrieveFunc", "logger"]

logger = logging.getLogger(__name__)

ValidateFunc = Callable[[int], Tuple[CertificateStatus, Optional[datetime]]]
"""A serial number → what is known of its certificate; the time of the revocation when it is revoked."""
CertRetrieveFunc = Callable[[int], str]
"""A serial number → the certificate, as PEM text."""

_CERTID_HASHES = ("sha1", "sha256")
_TYPE = "application/ocsp-response"


class OCSPResponder:
    """A responder for the certificates of one issuer.

    issuer_cert, responder_cert, responder_key
        a path, or PEM or DER octets; the key as PKCS#8 or as RSA and EC keys were written before it
    validate_func
        serial number → (CertificateStatus, datetime of the revocation or None); a naive datetime is UTC
    cert_retrieve_func
        serial number → the certificate as PEM text
    next_update_days
        how long an answer holds

    The second style names ocsp_cert, ocsp_key, retrieve_certificate_status (as validate_func) and
    retrieve_issuer_certificate (serial number → PEM of the issuer's certificate, or None) instead.
    """

    def __init__(self, issuer_cert: Any, responder_cert: Any = None, responder_key: Any = None,
                 validate_func: Optional[ValidateFunc] = None,
                 cert_retrieve_func: Optional[CertRetrieveFunc] = None, next_update_days: int = 7, *,
                 ocsp_cert: Any = None, ocsp_key: Any = None,
                 retrieve_certificate_status: Optional[ValidateFunc] = None,
                 retrieve_issuer_certificate: Optional[Callable[[int], Optional[bytes]]] = None) -> None:
        first = {"responder_cert": responder_cert, "responder_key": responder_key,
                 "validate_func": validate_func, "cert_retrieve_func": cert_retrieve_func}
        second = {"ocsp_cert": ocsp_cert, "ocsp_key": ocsp_key,
                  "retrieve_certificate_status": retrieve_certificate_status,
                  "retrieve_issuer_certificate": retrieve_issuer_certificate}
        names, given = _one_style(first, second)
        self._issuer_cert = _material.certificate("issuer_cert", issuer_cert)
        self._responder_cert = _material.certificate(names[0], given[0])
        self._responder_key = _material.private_key(names[1], given[1])
        self._validate = given[2]
        self._cert_retrieve = cert_retrieve_func
        self._next_update_days = next_update_days
        _inside(self, retrieve_issuer_certificate)
        self._app = _application.application()
        self._route()

    def _route(self) -> None:
        self._app.get("/", callback=self._handle_root)
        self._app.get("/status/<request_data>", callback=self._handle_get)
        self._app.post("/status/", callback=self._handle_post)

    def _handle_root(self) -> str:
        return "ocsp-responder"

    def _handle_get(self, request_data: str) -> HTTPResponse:
        """A request in the path, in base64 (RFC 6960 A.1)."""
        return _handle(self, lambda: _base64.decode(request_data))

    def _handle_post(self) -> HTTPResponse:
        """A request in the body."""
        return _handle(self, lambda: request.body.read())

    def _fail(self, status: ResponseStatus) -> OCSPResponse:
        """A response that says why there is no answer."""
        return OCSPResponseBuilder(response_status=status.value).build()

    def _parse_ocsp_request(self, request_der: bytes) -> OCSPRequest:
        """ValueError for anything that is not a whole request."""
        return _question.parse(request_der)

    def _build_http_response(self, ocsp_request: OCSPRequest) -> HTTPResponse:
        return _http_response(self._build_ocsp_response(ocsp_request))

    def _build_ocsp_response(self, ocsp_request: OCSPRequest) -> OCSPResponse:
        """The response to what `_parse_ocsp_request` made of a request."""
        try:
            return _answer(self, ocsp_request)
        except _Refused as refusal:
            # What any client can bring about is no reason to fill a log.
            level = logging.WARNING if refusal.status is ResponseStatus.internal_error else logging.INFO
            logger.log(level, "Answered %s: %s", refusal.status.value, refusal)
            return self._fail(refusal.status)
        except Exception:
            logger.exception("Could not build a response")
            return self._fail(ResponseStatus.internal_error)

    def handle_ocsp_request(self, request_der: bytes) -> bytes:
        """A request in, a response out, both in DER: behind whatever server.  Never raises an Exception."""
        remembered = _inside(self).asking.remembered
        outer = remembered.told     # of a request whose function asks another one
        try:
            return _inside(self).answer(request_der) or _handle_octets(self, request_der)
        except Exception:
            logger.exception("Could not answer")
            return _Builder(ResponseStatus.internal_error.value).build().dump()
        finally:
            remembered.told = outer

    def serve(self, port: int = 8080, debug: bool = False) -> None:
        """Answers on 127.0.0.1 until it is interrupted; `debug` shows tracebacks in error pages."""
        logger.info("Launching %sserver on port %s", "debug " if debug else "", port)
        bottle.debug(debug)
        _server.run(self, _inside(self), f"127.0.0.1:{port}")


def _inside(responder: OCSPResponder, issuer_retrieve: Any = None) -> _Fast:
    """What is ours alone, under one name: subclasses choose theirs as they like, and may not call our constructor."""
    kept = vars(responder)
    if "_vouch" not in kept:
        asking = _told.Asking(responder, issuer_retrieve)
        kept["_vouch"] = _Fast(responder, asking, _Surroundings(responder, OCSPResponder, sys.modules[__name__]))
    return kept["_vouch"]


def _handle(responder: OCSPResponder, read: Callable[[], bytes]) -> HTTPResponse:
    try:
        ocsp_request = responder._parse_ocsp_request(read())
    except ValueError as error:
        logger.info("Received what is no OCSP request: %s", error)
        return _http_response(responder._fail(ResponseStatus.malformed_request))
    return responder._build_http_response(ocsp_request)


def _handle_octets(responder: OCSPResponder, request_der: bytes) -> bytes:
    try:
        ocsp_request = responder._parse_ocsp_request(request_der)
    except Exception as error:
        logger.info("Received what is no OCSP request: %s", error)
        return responder._fail(ResponseStatus.malformed_request).dump()
    return responder._build_ocsp_response(ocsp_request).dump()


def _answer(responder: OCSPResponder, ocsp_request: OCSPRequest) -> OCSPResponse:
    asked = _question.entries(ocsp_request, _material.asn1_of(responder._issuer_cert))
    told: Dict[int, _told.Told] = {}
    for entry in asked:
        if entry.is_ours and entry.serial not in told:
            told[entry.serial] = _inside(responder).asking.ask(entry.serial)
    nonce = _question.nonce(ocsp_request)
    builder = _builder(responder, asked, told)
    if nonce is not None:
        builder.nonce = nonce
    response = builder.build(responder._responder_key, responder._responder_cert)
    if len(asked) > 1:
        _check_complete(response, len(asked))
    return response


def _builder(responder: OCSPResponder, asked: List[_question.Entry], told: Dict[int, _told.Told]) -> Any:
    own = next(entry for entry in asked if entry.is_ours)
    known = told[own.serial]
    builder = OCSPResponseBuilder(
        response_status=ResponseStatus.successful.value,
        certificate=None if known.certificate is None else known.certificate.certificate(),
        certificate_status=known.status, revocation_date=known.revocation_date)
    now = datetime.now(timezone.utc).replace(microsecond=0)
    builder.certificate_issuer = responder._issuer_cert
    builder.this_update = now
    builder.next_update = now + timedelta(days=responder._next_update_days)
    hash_algo = own.cert_id["hash_algorithm"]["algorithm"].native
    if hash_algo in _CERTID_HASHES:     # for a build method of the program's: ours copies what was asked
        builder.key_hash_algo = hash_algo
    if isinstance(builder, _Builder):
        issuer = _material.asn1_of(responder._issuer_cert)
        builder._cert_id = own.cert_id
        builder._produced_at = now
        builder._arrangement = [None if entry is own else _single(entry, told, issuer) for entry in asked]
    return builder


def _single(entry: _question.Entry, told: Dict[int, _told.Told], issuer: Any) -> _Single:
    """One of several; what is not ours stays unknown beside what is."""
    if not entry.is_ours:
        return _Single(entry.cert_id, CertificateStatus.unknown.value, None, None)
    known = told[entry.serial]
    return _Single(entry.cert_id, known.status, known.revocation_date, issuer)


def _one_style(first: Dict[str, Any], second: Dict[str, Any]) -> Tuple[List[str], List[Any]]:
    """The names and values of the one style that a caller uses; TypeError for a mixture, or what is missing."""
    used = second if any(value is not None for value in second.values()) else first
    unused = first if used is second else second
    optional = ("cert_retrieve_func", "retrieve_issuer_certificate")
    mixed = [name for name, value in unused.items() if value is not None]
    missing = [name for name, value in used.items() if value is None and (name not in optional or used is first)]
    if mixed:
        raise TypeError(f"{mixed[0]} does not go with {next(n for n, v in used.items() if v is not None)}")
    if missing:
        raise TypeError(f"missing argument: {missing[0]}")
    return list(used), list(used.values())


def _http_response(response: OCSPResponse) -> HTTPResponse:
    return HTTPResponse(status=200, body=response.dump(), content_type=_TYPE)


def _check_complete(response: OCSPResponse, asked: int) -> None:
    """Of a build method that a program put in place of ours: it may know of one certificate only."""
    if response["response_status"].native != "successful":
        return
    basic = response["response_bytes"]["response"].parsed
    answered = len(basic["tbs_response_data"]["responses"])
    if answered != asked:
        raise _Refused(ResponseStatus.internal_error,
                       f"{asked} certificates asked, and OCSPResponseBuilder.build answers {answered}")
