# SPDX-License-Identifier: Apache-2.0
# What a program's functions say of one certificate: judged before anything is made of it.
import functools
import logging
import threading
from datetime import datetime
from typing import Any, Callable, NamedTuple, Optional, Tuple

from asn1crypto import x509

from . import _material
from ._home import Home
from ._question import Refused
from ._retrieved import Retrieved, Shelf
from ._statuses import CertificateStatus, ResponseStatus

logger = logging.getLogger("ocspresponder")
_NOT_REVOKED = (CertificateStatus.good.value, CertificateStatus.unknown.value)
_STATUSES = frozenset(status.value for status in CertificateStatus)


class Told(NamedTuple):
    """The status, the time of a revocation, and the certificate when one was retrieved."""

    status: str
    revocation_date: Optional[datetime]
    certificate: Optional[Retrieved]


def _failed(what: str, serial: int) -> Refused:
    """For the handler of an exception: logged with its traceback, told to nobody outside."""
    logger.exception("%s, serial number %d", what, serial)
    return Refused(ResponseStatus.internal_error, what)


def status(validate: Callable[[int], Any], serial: int) -> Tuple[str, Optional[datetime]]:
    """(status, time of revocation) as the validate function says."""
    try:
        answer, date = validate(serial)
        value = answer.value
        if value not in _STATUSES:
            raise ValueError(f"not a CertificateStatus: {answer!r}")
        if value in _NOT_REVOKED:
            return value, None
        if not isinstance(date, datetime):
            raise TypeError(f"{answer} without the datetime of the revocation: {date!r}")
        return value, date
    except Exception as error:
        raise _failed("Could not determine the status of a certificate", serial) from error


def certificate(retrieve: Callable[[int], Any], serial: int, shelf: Shelf) -> Retrieved:
    """The certificate that the retrieve function hands out."""
    try:
        contents = retrieve(serial)
    except Exception as error:
        raise _failed("Could not retrieve a certificate", serial) from error
    try:
        return shelf.take(contents, serial)
    except Exception as error:
        raise _failed("The certificate retrieved is not one of the issuer", serial) from error


def check_issuer(retrieve: Callable[[int], Any], serial: int, ours: x509.Certificate) -> None:
    """The second calling style: a program names the issuer of a certificate; None: it does not know."""
    try:
        contents = retrieve(serial)
        if contents is None:
            return
        issuer = _material.asn1_of(_material.certificate("the issuer's certificate", contents))
        is_ours = issuer.subject == ours.subject and issuer.public_key.dump() == ours.public_key.dump()
    except Exception as error:
        raise _failed("Could not retrieve the issuer's certificate", serial) from error
    if not is_ours:
        raise Refused(ResponseStatus.unauthorized, f"serial number {serial} is of another issuer")


class _Remembered(threading.local):
    """What was told on the way that gave up, by serial number: a Told or what was Refused."""

    told: Any = None     # Optional[Dict[int, Union[Told, Refused]]]


class Asking:
    """Asks the functions of one responder, and nobody twice for one request."""

    def __init__(self, responder: Any, issuer_retrieve: Optional[Callable[[int], Any]]) -> None:
        self._responder = responder
        self._issuer_retrieve = issuer_retrieve
        self._shelf: Optional[Shelf] = None
        self.home: Optional[Home] = None        # while serve() runs
        self.remembered = _Remembered()

    def ask(self, serial: int) -> Told:
        """What the functions, as they are now, say of a certificate; Refused when they fail."""
        told = self.remembered.told
        if told is not None and serial in told:
            known = told.pop(serial)
            if isinstance(known, Refused):
                raise known
            return known
        responder = self._responder
        value, date = status(self._at_home(responder._validate), serial)
        if responder._cert_retrieve is not None:
            return Told(value, date, certificate(self._at_home(responder._cert_retrieve), serial, self._certificates()))
        if self._issuer_retrieve is not None:
            check_issuer(self._at_home(self._issuer_retrieve), serial, _material.asn1_of(responder._issuer_cert))
        return Told(value, date, None)

    def _at_home(self, function: Callable[[int], Any]) -> Callable[[int], Any]:
        home = self.home
        return function if home is None else functools.partial(home.call, function)

    def _certificates(self) -> Shelf:
        """Those retrieved lately, of the issuer that stands now."""
        issuer, shelf = self._responder._issuer_cert, self._shelf
        if shelf is None or shelf.issuer is not issuer:
            shelf = self._shelf = Shelf(issuer)
        return shelf
