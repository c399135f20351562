# SPDX-License-Identifier: Apache-2.0
# OCSPResponseBuilder: a response about one certificate, or one that says why there is none.
import hashlib
from datetime import datetime, timedelta, timezone
from typing import Any, Dict, List, NamedTuple, Optional

from asn1crypto import core, ocsp, x509

from . import _extensions, _signing, _values
from ._hashes import Hashes

RESPONSE_STATUSES = ("successful", "malformed_request", "internal_error", "try_later", "sign_required",
                     "unauthorized")
CERTIFICATE_STATUSES = ("good", "revoked", "key_compromise", "ca_compromise", "affiliation_changed", "superseded",
                        "cessation_of_operation", "certificate_hold", "remove_from_crl", "privilege_withdrawn",
                        "unknown")
VALIDITY = timedelta(days=7)
_NONCE = "1.3.6.1.5.5.7.48.1.2"
_KEY, _CERTIFICATE = "responder_private_key", "responder_certificate"
_HAS_ATTRIBUTE = {"nonce": "the attribute nonce", "crl_reason": "the parameter certificate_status",
                  "certificate_issuer": "the attribute certificate_issuer"}


class UnwrappedNonce(bytes):
    """A nonce that its client did not wrap into an OCTET STRING: it goes back as it came (RFC 2560 4.4.1)."""


class _RawExtension(core.Sequence):
    """An extension whose value asn1crypto does not look into: it takes a nonce for an OCTET STRING."""

    _fields = [("extn_id", core.ObjectIdentifier), ("extn_value", core.OctetString)]


class Single(NamedTuple):
    """One more answer of a response, as the drop-in ocspresponder puts several into one."""

    cert_id: ocsp.CertId
    certificate_status: Any
    revocation_date: Any
    certificate_issuer: Optional[x509.Certificate]


class OCSPResponseBuilder(Hashes):
    """Builds a response, valid for a week from now unless told otherwise.

    response_status
        "successful", or the reason why there is no answer: "malformed_request", "internal_error", "try_later",
        "sign_required", "unauthorized"
    certificate
        x509.Certificate of asn1crypto that the answer is about, or what holds one as `.asn1`
    certificate_status
        "good", "unknown", "revoked" (no reason), or the reason of its revocation: "key_compromise" ...
    revocation_date
        when it was revoked; a naive datetime is UTC
    """

    def __init__(self, response_status: str, certificate: Any = None, certificate_status: Optional[str] = None,
                 revocation_date: Optional[datetime] = None) -> None:
        self._certificate_issuer: Optional[x509.Certificate] = None
        self._nonce: Optional[bytes] = None
        self._this_update: Optional[datetime] = None
        self._next_update: Optional[datetime] = None
        self._response_data_extensions: Dict[str, Any] = {}
        self._single_response_extensions: Dict[str, Any] = {}
        # For the drop-in ocspresponder: what was asked, octet for octet; the moment; the place among others.
        self._cert_id: Optional[ocsp.CertId] = None
        self._produced_at: Optional[datetime] = None
        self._arrangement: List[Optional[Single]] = [None]
        self.response_status = response_status
        self.certificate = certificate
        self.certificate_status = certificate_status
        self.revocation_date = revocation_date

    @property
    def response_status(self) -> str:
        """The status of the whole response."""
        return self._response_status

    @response_status.setter
    def response_status(self, value: str) -> None:
        self._response_status = _values.choice("response_status", value, RESPONSE_STATUSES)

    @property
    def certificate(self) -> Optional[x509.Certificate]:
        """The certificate that the answer is about."""
        return self._certificate

    @certificate.setter
    def certificate(self, value: Any) -> None:
        self._certificate = None if value is None else _values.certificate("certificate", value)

    @property
    def certificate_status(self) -> Optional[str]:
        """What the answer says of it."""
        return self._certificate_status

    @certificate_status.setter
    def certificate_status(self, value: Optional[str]) -> None:
        known = value is None or _values.choice("certificate_status", value, CERTIFICATE_STATUSES)
        self._certificate_status = value if known else None

    @property
    def revocation_date(self) -> Optional[datetime]:
        """When it was revoked."""
        return self._revocation_date

    @revocation_date.setter
    def revocation_date(self, value: Optional[datetime]) -> None:
        self._revocation_date = _values.moment("revocation_date", value)

    @property
    def certificate_issuer(self) -> Optional[x509.Certificate]:
        """The issuer of the certificate, when it is not the responder that signs."""
        return self._certificate_issuer

    @certificate_issuer.setter
    def certificate_issuer(self, value: Any) -> None:
        self._certificate_issuer = None if value is None else _values.certificate("certificate_issuer", value)

    @property
    def nonce(self) -> Optional[bytes]:
        """The nonce of the request."""
        return self._nonce

    @nonce.setter
    def nonce(self, value: Optional[bytes]) -> None:
        if value is not None and not isinstance(value, bytes):
            raise TypeError(f"nonce must be a byte string, not {_values.type_name(value)}")
        self._nonce = value

    @property
    def this_update(self) -> Optional[datetime]:
        """When the status was known; None: when the response is built."""
        return self._this_update

    @this_update.setter
    def this_update(self, value: Optional[datetime]) -> None:
        self._this_update = _values.moment("this_update", value)

    @property
    def next_update(self) -> Optional[datetime]:
        """Until when the answer holds; None: a week after this_update."""
        return self._next_update

    @next_update.setter
    def next_update(self, value: Optional[datetime]) -> None:
        self._next_update = _values.moment("next_update", value)

    def set_extension(self, name: Any, value: Any) -> None:
        """Sets an extension of the response or of its answer; None removes it.

        name
            as asn1crypto spells it in ocsp.ResponseDataExtensionId or ocsp.SingleResponseExtensionId, dotted, or one
            of these; "nonce", "crl_reason" and "certificate_issuer" are set by other means
        value
            what asn1crypto's ocsp.ResponseDataExtension or ocsp.SingleResponseExtension holds under that name
        """
        _extensions.set_extension(name, value, [
            (ocsp.ResponseDataExtensionId, ocsp.ResponseDataExtension, self._response_data_extensions),
            (ocsp.SingleResponseExtensionId, ocsp.SingleResponseExtension, self._single_response_extensions),
        ], _HAS_ATTRIBUTE)

    def build(self, responder_private_key: Any = None, responder_certificate: Any = None) -> ocsp.OCSPResponse:
        """The response; a key and its certificate are needed for a successful one only."""
        if self._response_status != "successful":
            return ocsp.OCSPResponse({"response_status": self._response_status})
        key = _values.private_key(_KEY, responder_private_key)
        responder = _values.certificate(_CERTIFICATE, responder_certificate)
        self._check(responder)
        response_data = self._response_data(responder)
        basic = {"tbs_response_data": response_data,
                 **_signing.sign(_KEY, key, responder, self._hash_algo, response_data)}
        # The CA that signs itself is known to the client (RFC 6960 4.2.1); whoever names an issuer says it is another.
        if self._certificate_issuer is not None:
            basic["certs"] = [responder]
        return ocsp.OCSPResponse({"response_status": "successful", "response_bytes": {
            "response_type": "basic_ocsp_response", "response": ocsp.BasicOCSPResponse(basic)}})

    def _check(self, responder: x509.Certificate) -> None:
        for name in ("certificate", "certificate_status"):
            if getattr(self, f"_{name}") is None and not (name == "certificate" and self._cert_id is not None):
                raise ValueError(f'{name} must be set if the response_status is "successful"')
        if self._is_revoked(self._certificate_status) and self._revocation_date is None:
            raise ValueError(f'revocation_date must be set if the certificate_status is "{self._certificate_status}"')
        issuer = self._certificate_issuer or responder
        if self._certificate is not None and self._certificate.issuer != issuer.subject:
            named = "certificate_issuer" if self._certificate_issuer is not None else _CERTIFICATE
            raise ValueError(f"{named} does not appear to be the issuer for the certificate; perhaps the "
                             "certificate_issuer attribute is to be set")

    @staticmethod
    def _is_revoked(certificate_status: Optional[str]) -> bool:
        return certificate_status not in ("good", "unknown", None)

    def _response_data(self, responder: x509.Certificate) -> ocsp.ResponseData:
        produced_at = _values.whole_seconds(self._produced_at or datetime.now(timezone.utc))
        this_update = _values.whole_seconds(self._this_update) if self._this_update else produced_at
        next_update = _values.whole_seconds(self._next_update) if self._next_update else this_update + VALIDITY
        times = {"this_update": _values.generalized_time(this_update),
                 "next_update": _values.generalized_time(next_update)}
        own = Single(self._cert_id or self._certificate_id(self._certificate, responder), self._certificate_status,
                     self._revocation_date, self._certificate_issuer)
        data = {"responder_id": ocsp.ResponderId(name="by_key", value=responder.public_key.sha1),
                "produced_at": _values.generalized_time(produced_at),
                "responses": [self._single_response(single or own, times) for single in self._arrangement]}
        extensions = _extensions.encoded(self._response_data_extensions) + self._nonce_extension()
        if extensions:
            data["response_extensions"] = extensions
        return ocsp.ResponseData(data)

    def _nonce_extension(self) -> List[Any]:
        if not self._nonce:
            return []
        if isinstance(self._nonce, UnwrappedNonce):
            raw = _RawExtension({"extn_id": _NONCE, "extn_value": bytes(self._nonce)})
            return [ocsp.ResponseDataExtension.load(raw.dump())]
        return _extensions.encoded({"nonce": self._nonce})

    def _certificate_id(self, certificate: Any, responder: x509.Certificate) -> ocsp.CertId:
        issuer = self._certificate_issuer or responder

        def digest(octets: bytes) -> bytes:
            return hashlib.new(self._key_hash_algo, octets).digest()
        return ocsp.CertId({"hash_algorithm": {"algorithm": self._key_hash_algo},
                            "issuer_name_hash": digest(certificate.issuer.dump()),
                            "issuer_key_hash": digest(bytes(issuer.public_key["public_key"])),
                            "serial_number": certificate.serial_number})

    def _single_response(self, single: Single, times: Dict[str, Any]) -> Dict[str, Any]:
        answer: Dict[str, Any] = {"cert_id": single.cert_id, "cert_status": self._cert_status(single), **times}
        more = []
        if single.certificate_issuer is not None:
            name = x509.GeneralName(name="directory_name", value=single.certificate_issuer.subject)
            more = [("certificate_issuer", x509.GeneralNames([name]))]
        extensions = _extensions.encoded(self._single_response_extensions, *more)
        if extensions:
            answer["single_extensions"] = extensions
        return answer

    def _cert_status(self, single: Single) -> ocsp.CertStatus:
        status = single.certificate_status
        if not self._is_revoked(status):
            return ocsp.CertStatus(name=status, value=core.Null())
        return ocsp.CertStatus(name="revoked", value={
            "revocation_time": _values.generalized_time(single.revocation_date),
            "revocation_reason": "unspecified" if status == "revoked" else status})


# As it was made: the drop-in ocspresponder looks whether a program has put something of its own into it.
AS_MADE = dict(vars(OCSPResponseBuilder))
