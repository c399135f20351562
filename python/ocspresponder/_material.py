# SPDX-License-Identifier: Apache-2.0
# Certificates and private keys: from a path, PEM or DER octets, as objects of asn1crypto.
import os
from typing import Any, Optional, Tuple, Union

from asn1crypto import keys, pem, x509

Material = Union[str, bytes, "os.PathLike[str]"]
_BEGIN = b"-----BEGIN "
_SEQUENCE = 0x30
_SKIPPED_BLOCKS = ("EC PARAMETERS", "DSA PARAMETERS")


class Certificate(x509.Certificate):
    """A certificate that is also found as `.asn1`, as oscrypto's are."""

    @property
    def asn1(self) -> "Certificate":
        """The certificate itself."""
        return self


class PrivateKeyInfo(keys.PrivateKeyInfo):
    """A private key that is also found as `.asn1`, as oscrypto's are."""

    @property
    def asn1(self) -> "PrivateKeyInfo":
        """The key itself."""
        return self


def _octets(parameter: str, material: Any) -> bytes:
    """The contents: PEM and DER are told from a path by how they begin."""
    if isinstance(material, str):
        encoded = material.encode("utf-8")
        return encoded if _BEGIN in encoded else _contents(material)
    if isinstance(material, (bytes, bytearray, memoryview)):
        octets = bytes(material)
        return octets if _BEGIN in octets or octets[:1] == bytes([_SEQUENCE]) else _contents(os.fsdecode(octets))
    if isinstance(material, os.PathLike):
        return _contents(os.fspath(material))
    raise TypeError(f"{parameter} must be a path, or PEM or DER octets, not {type(material).__name__}")


def _contents(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read()


def _first_block(octets: bytes) -> Tuple[Optional[str], Any, bytes]:
    """(name of the PEM block, its headers, its octets); (None, {}, octets) of DER."""
    if _BEGIN not in octets:
        return None, {}, octets
    for name, headers, block in pem.unarmor(octets, multiple=True):
        if name not in _SKIPPED_BLOCKS:
            return name, headers, block
    raise ValueError("no PEM block")


def _forced(value: Any) -> Any:
    """asn1crypto parses when it is asked: ask for everything now, so that nothing is left to fail later."""
    value.native
    return value


def certificate(parameter: str, material: Any) -> Any:
    """The certificate; an object that is or holds one already is taken as it is."""
    if isinstance(material, x509.Certificate) or isinstance(getattr(material, "asn1", None), x509.Certificate):
        return material
    octets = _octets(parameter, material)
    try:
        _, _, der = _first_block(octets)
        return _forced(Certificate.load(der, strict=True))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{parameter} is not a certificate: {error}") from error


def _traditional(name: Optional[str], der: bytes) -> Optional[bytes]:
    """PKCS#8 of an RSA or EC key that is not; None when it is neither."""
    for block, kind, algorithm in (("RSA PRIVATE KEY", keys.RSAPrivateKey, "rsa"),
                                   ("EC PRIVATE KEY", keys.ECPrivateKey, "ec")):
        if name not in (None, block):
            continue
        try:
            return keys.PrivateKeyInfo.wrap(_forced(kind.load(der, strict=True)), algorithm).dump()
        except (ValueError, TypeError):
            continue
    return None


def _pkcs8(name: Optional[str], der: bytes) -> PrivateKeyInfo:
    if name in (None, "PRIVATE KEY"):
        try:
            return _forced(PrivateKeyInfo.load(der, strict=True))
        except (ValueError, TypeError):
            if name is not None:
                raise
    wrapped = _traditional(name, der)
    if wrapped is None:
        raise ValueError(f"{name or 'DER'} is none of PKCS#8, RSA PRIVATE KEY and EC PRIVATE KEY")
    return _forced(PrivateKeyInfo.load(wrapped, strict=True))


def private_key(parameter: str, material: Any) -> Any:
    """The key; an object that is or holds one already is taken as it is."""
    if isinstance(material, keys.PrivateKeyInfo) or isinstance(getattr(material, "asn1", None), keys.PrivateKeyInfo):
        return material
    octets = _octets(parameter, material)
    try:
        name, headers, der = _first_block(octets)
        if name == "ENCRYPTED PRIVATE KEY" or "Proc-Type" in headers:
            raise ValueError("it is encrypted, and there is no passphrase")
        return _pkcs8(name, der)
    except (ValueError, TypeError) as error:
        raise ValueError(f"{parameter} is not a private key: {error}") from error


def asn1_of(value: Any) -> Any:
    """What asn1crypto holds of a certificate or key."""
    return value if isinstance(value, (x509.Certificate, keys.PrivateKeyInfo)) else value.asn1
