# SPDX-License-Identifier: Apache-2.0
# Certificates that a program hands out: read, checked against the issuer, and remembered by their octets.
import logging
from collections import OrderedDict
from typing import Any, NamedTuple, Tuple, Union

from asn1crypto import pem, x509

from ._material import asn1_of

logger = logging.getLogger("ocspresponder")
_KEPT = 4096            # certificates, of 1 to 2 KiB each with their text


class Retrieved(NamedTuple):
    """What was read of a certificate; the whole of it only when somebody looks at it."""

    der: bytes
    serial: int

    def certificate(self) -> x509.Certificate:
        """As an object of asn1crypto, a new one each time: programs may change it."""
        return x509.Certificate.load(self.der)


def _der(contents: Union[str, bytes]) -> bytes:
    octets = contents.encode("utf-8") if isinstance(contents, str) else bytes(contents)
    return pem.unarmor(octets)[2] if pem.detect(octets) else octets


def _read(contents: Any) -> Tuple[x509.Certificate, bytes]:
    """Any form in which a program may have a certificate; ValueError when there is something wrong with it."""
    held = contents if isinstance(contents, x509.Certificate) else getattr(contents, "asn1", None)
    der = held.dump() if isinstance(held, x509.Certificate) else _der(contents)
    certificate = x509.Certificate.load(der, strict=True)
    certificate.native      # parsed now, not when a part of it is needed
    return certificate, der


class Shelf:
    """The certificates of one issuer that were looked at lately."""

    def __init__(self, issuer: Any) -> None:
        self.issuer = issuer
        self._subject = asn1_of(issuer).subject
        self._seen: "OrderedDict[Any, Retrieved]" = OrderedDict()
        self._misled = False

    def take(self, contents: Any, serial: int) -> Retrieved:
        """What was retrieved for the serial number; ValueError when it is no certificate, or of another issuer."""
        try:
            found = self._seen[contents]
        except (KeyError, TypeError):       # not yet, or nothing that can be looked up
            found = self._look_at(contents)
        if found.serial != serial and not self._misled:
            self._misled = True
            logger.warning("The certificate retrieved for serial number %d has %d; answers go by what was asked",
                           serial, found.serial)
        return found

    def _look_at(self, contents: Any) -> Retrieved:
        certificate, der = _read(contents)
        if certificate.issuer != self._subject:
            raise ValueError("its issuer is not the subject of issuer_cert")
        found = Retrieved(der, certificate.serial_number)
        if isinstance(contents, (str, bytes)):
            self._keep(contents, found)
        return found

    def _keep(self, contents: Union[str, bytes], found: Retrieved) -> None:
        self._seen[contents] = found
        while len(self._seen) > _KEPT:
            try:
                self._seen.popitem(last=False)
            except KeyError:        # another thread was faster
                return
