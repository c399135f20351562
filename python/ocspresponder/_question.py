# SPDX-License-Identifier: Apache-2.0
# What a request asks: its octets parsed in full, the certificates it names, its nonce.
import hashlib
import logging
from typing import Any, List, NamedTuple, Optional

from asn1crypto import algos, core, ocsp, x509

from ocspbuilder._response import UnwrappedNonce

from ._native import ffi, lib
from ._statuses import ResponseStatus

logger = logging.getLogger("ocspresponder")
ENTRIES_MAX = 64        # as libvouch's own limit: an answer costs work for each
_NONCE_MAX = 128        # RFC 9654 2.1
_FORGIVEN = (b"", b"\r\n", b"\n", b"\r")    # behind a request: what old clients' scripts send


class Refused(Exception):
    """The request gets no answer but this status."""

    def __init__(self, status: ResponseStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Entry(NamedTuple):
    """One certificate that is asked for."""

    cert_id: ocsp.CertId
    serial: int
    is_ours: bool


def parse(der: bytes) -> ocsp.OCSPRequest:
    """The request, parsed in full; ValueError for anything that is none."""
    if not der:
        raise ValueError("the OCSP request is empty")
    try:
        request = ocsp.OCSPRequest.load(der)
        octets = request.dump()
        if der[len(octets):] not in _FORGIVEN:
            raise ValueError("octets behind the request")
        _check_der(octets)
        return _forced(request)
    except ValueError:
        raise
    except Exception as error:  # asn1crypto is not told to expect octets of an adversary
        raise ValueError(f"not an OCSP request: {error}") from error


def _check_der(octets: bytes) -> None:
    """asn1crypto takes BER for DER, and parses what it is asked for; the library is strict, and reads everything."""
    message = ffi.new("char[]", lib.MESSAGE_SIZE)
    if lib.check_message(octets, len(octets), message) != 0:
        raise ValueError(ffi.string(message).decode("utf-8", "replace"))


def _forced(request: ocsp.OCSPRequest) -> ocsp.OCSPRequest:
    """Everything that an answer depends on, asked for now: asn1crypto parses when it is asked."""
    tbs_request = request["tbs_request"]
    if tbs_request["version"].native != "v1":
        raise ValueError("a version that is not v1 (RFC 6960 4.1.1)")
    if len(tbs_request["request_list"]) == 0:
        raise ValueError("no certificate is asked for (RFC 6960 4.1.1)")
    for entry in tbs_request["request_list"]:
        _hash_algo(entry["req_cert"])
        for name in ("issuer_name_hash", "issuer_key_hash", "serial_number"):
            entry["req_cert"][name].native
        _extension_names(entry["single_request_extensions"])
    _extension_names(tbs_request["request_extensions"])
    return request


def _extension_names(extensions: Any) -> List[str]:
    """The names (dotted where there is none); twice the same is refused (RFC 5280 4.2)."""
    names = [_Plain(extension).name for extension in extensions]
    if len(set(names)) != len(names):
        raise ValueError("an extension is there twice")
    return names


class _Plain:
    """An extension without the types that asn1crypto knows of it: a nonce may not be what the type says."""

    def __init__(self, extension: Any) -> None:
        fields = core.Sequence.load(extension.dump(), strict=True)
        self.name = type(extension)._fields[0][1].map(fields[0].dotted)
        self.critical = len(fields) > 2 and bool(fields[1].native)
        self.value = fields[len(fields) - 1].native


def _hash_algo(cert_id: ocsp.CertId) -> Optional[str]:
    """asn1crypto's name of the hash; None when it has parameters, which no hash has."""
    fields = core.Sequence.load(cert_id["hash_algorithm"].dump(), strict=True)
    if len(fields) > 2 or (len(fields) == 2 and not isinstance(fields[1], core.Null)):
        return None
    return algos.DigestAlgorithmId.map(fields[0].dotted)


def _is_of(cert_id: ocsp.CertId, issuer: x509.Certificate) -> bool:
    """RFC 6960 4.1.1: name and key must both be the issuer's, under whatever hash the client chose."""
    hash_algo = _hash_algo(cert_id)
    if hash_algo is None:
        return False
    try:
        name = hashlib.new(hash_algo, issuer.subject.dump()).digest()
        key = hashlib.new(hash_algo, bytes(issuer.public_key["public_key"])).digest()
    except (ValueError, TypeError):     # a hash that nobody here knows, or one without a fixed length
        return False
    return cert_id["issuer_name_hash"].native == name and cert_id["issuer_key_hash"].native == key


def entries(request: ocsp.OCSPRequest, issuer: x509.Certificate) -> List[Entry]:
    """What is asked, in its order; refused when there is nothing in it to be answered here."""
    asked = request["tbs_request"]["request_list"]
    if len(asked) > ENTRIES_MAX:
        raise Refused(ResponseStatus.malformed_request, f"{len(asked)} certificates in one request")
    found = []
    for entry in asked:
        cert_id = entry["req_cert"]
        found.append(Entry(ocsp.CertId.load(cert_id.dump()), cert_id["serial_number"].native, _is_of(cert_id, issuer)))
    if not any(entry.is_ours for entry in found):
        raise Refused(ResponseStatus.unauthorized, "the request is about certificates of another issuer")
    return found


def _judge_unknown(extension: _Plain) -> None:
    """RFC 6960 4.1.2: what is critical and not understood may not be ignored."""
    shown = {"extn_id": extension.name, "critical": extension.critical, "extn_value": extension.value}
    if extension.critical:
        raise Refused(ResponseStatus.internal_error, f"an unknown critical extension: {shown!r}")
    logger.info("Ignored an unknown extension that is not critical: %r", shown)


def _unwrapped(value: bytes) -> bytes:
    """The nonce inside extnValue, or extnValue itself when its client did not wrap it (RFC 2560 4.4.1)."""
    try:
        return core.OctetString.load(value, strict=True).native
    except (ValueError, TypeError):
        return UnwrappedNonce(value)


def nonce(request: ocsp.OCSPRequest) -> Optional[bytes]:
    """The nonce, if there is one, after a look at every extension of the request."""
    tbs_request = request["tbs_request"]
    found = None
    for extension in map(_Plain, tbs_request["request_extensions"]):
        if extension.name != "nonce":
            _judge_unknown(extension)
            continue
        found = _unwrapped(extension.value)
        if not 1 <= len(found) <= _NONCE_MAX:
            raise Refused(ResponseStatus.malformed_request, f"a nonce of {len(found)} octets (RFC 9654 2.1)")
    for entry in tbs_request["request_list"]:
        for extension in map(_Plain, entry["single_request_extensions"]):
            _judge_unknown(extension)
    return found
