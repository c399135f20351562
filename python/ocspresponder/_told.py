# SPDX-License-Identifier: Apache-2.0
# What a program's functions say of one certificate: judged before anything is made of it.
import logging
from datetime import datetime
from typing import Any, Callable, NamedTuple, Optional, Tuple

from asn1crypto import x509

from . import _material
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
