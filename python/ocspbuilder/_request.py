# SPDX-License-Identifier: Apache-2.0
# OCSPRequestBuilder: the request for one certificate's status.
import os
from typing import Any, Dict, Iterable, List, Optional

from asn1crypto import keys, ocsp, x509

from . import _extensions, _signing, _values
from ._hashes import Hashes

_NONCE_OCTETS = 16      # RFC 9654 2.1 takes 1 to 128, and every responder in use takes 16
_KEY, _CERTIFICATE = "requestor_private_key", "requestor_certificate"


class OCSPRequestBuilder(Hashes):
    """Builds a request for one certificate, with a nonce unless told otherwise.

    certificate, issuer
        x509.Certificate of asn1crypto, or what holds one as `.asn1`
    hash_algo
        of the signature, if there is one: "sha1", "sha256" (default), "sha512"
    key_hash_algo
        of the CertID: "sha1" (default), "sha256"
    nonce
        whether there is a nonce: True (default) or False
    """

    def __init__(self, certificate: Any, issuer: Any) -> None:
        self._nonce = True
        self._request_extensions: Dict[str, Any] = {}
        self._tbs_request_extensions: Dict[str, Any] = {}
        self.certificate = certificate
        self.issuer = issuer

    @property
    def certificate(self) -> x509.Certificate:
        """The certificate that the request is about."""
        return self._certificate

    @certificate.setter
    def certificate(self, value: Any) -> None:
        self._certificate = _values.certificate("certificate", value)

    @property
    def issuer(self) -> x509.Certificate:
        """The certificate of its issuer."""
        return self._issuer

    @issuer.setter
    def issuer(self, value: Any) -> None:
        self._issuer = _values.certificate("issuer", value)

    @property
    def nonce(self) -> bool:
        """Whether the request has a nonce, a new one each time it is built."""
        return self._nonce

    @nonce.setter
    def nonce(self, value: bool) -> None:
        if not isinstance(value, bool):
            raise TypeError(f"nonce must be a boolean, not {_values.type_name(value)}")
        self._nonce = value

    def set_extension(self, name: Any, value: Any) -> None:
        """Sets an extension of the request or of its one entry; None removes it.

        name
            as asn1crypto spells it in ocsp.TBSRequestExtensionId or ocsp.RequestExtensionId, dotted, or one of these
        value
            what asn1crypto's ocsp.TBSRequestExtension or ocsp.RequestExtension holds under that name
        """
        _extensions.set_extension(name, value, [
            (ocsp.RequestExtensionId, ocsp.RequestExtension, self._request_extensions),
            (ocsp.TBSRequestExtensionId, ocsp.TBSRequestExtension, self._tbs_request_extensions),
        ], {})

    def build(self, requestor_private_key: Any = None, requestor_certificate: Any = None,
              other_certificates: Optional[Iterable[Any]] = None) -> ocsp.OCSPRequest:
        """The request; signed when a key and its certificate are given (RFC 6960 4.1.2)."""
        missing = _signing.key_and_certificate((_KEY, _CERTIFICATE), requestor_private_key, requestor_certificate)
        if missing is not None:
            raise ValueError(f"{missing} must be given to sign the request")
        if requestor_private_key is None:
            if other_certificates is not None:
                raise ValueError(f"other_certificates go with a signature: {_KEY} must be given")
            return ocsp.OCSPRequest({"tbs_request": self._tbs_request(None)})
        key = _values.private_key(_KEY, requestor_private_key)
        certificate = _values.certificate(_CERTIFICATE, requestor_certificate)
        return self._signed(key, certificate, _certificates("other_certificates", other_certificates))

    def _signed(self, key: keys.PrivateKeyInfo, certificate: x509.Certificate,
                others: List[x509.Certificate]) -> ocsp.OCSPRequest:
        tbs_request = self._tbs_request(certificate)
        signature = _signing.sign(_KEY, key, certificate, self._hash_algo, tbs_request)
        return ocsp.OCSPRequest({"tbs_request": tbs_request,
                                 "optional_signature": {**signature, "certs": [certificate, *others]}})

    def _tbs_request(self, requestor: Optional[x509.Certificate]) -> ocsp.TBSRequest:
        entry: Dict[str, Any] = {"req_cert": {
            "hash_algorithm": {"algorithm": self._key_hash_algo},
            "issuer_name_hash": getattr(self._certificate.issuer, self._key_hash_algo),
            "issuer_key_hash": getattr(self._issuer.public_key, self._key_hash_algo),
            "serial_number": self._certificate.serial_number,
        }}
        if self._request_extensions:
            entry["single_request_extensions"] = _extensions.encoded(self._request_extensions)
        tbs: Dict[str, Any] = {"request_list": [entry]}
        extensions = _extensions.encoded(self._tbs_request_extensions, *self._nonce_extension())
        if extensions:
            tbs["request_extensions"] = extensions
        if requestor is not None:
            tbs["requestor_name"] = x509.GeneralName(name="directory_name", value=requestor.subject)
        return ocsp.TBSRequest(tbs)

    def _nonce_extension(self) -> List[Any]:
        if not self._nonce or "nonce" in self._tbs_request_extensions:
            return []
        return [("nonce", os.urandom(_NONCE_OCTETS))]


def _certificates(parameter: str, values: Optional[Iterable[Any]]) -> List[x509.Certificate]:
    if values is None:
        return []
    if isinstance(values, (str, bytes)) or not hasattr(values, "__iter__"):
        raise TypeError(f"{parameter} must be a list of certificates, not {_values.type_name(values)}")
    return [_values.certificate(parameter, value) for value in values]
