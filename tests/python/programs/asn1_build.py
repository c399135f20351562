# SPDX-License-Identifier: Apache-2.0
# A build method as programs put it into ocspbuilder: asn1crypto and oscrypto, the responder by its name.
from datetime import datetime, timedelta, timezone

from asn1crypto import core, keys, ocsp, x509
from oscrypto import asymmetric


def my_build(self, responder_private_key=None, responder_certificate=None):
    if self._response_status != "successful":
        return ocsp.OCSPResponse({"response_status": self._response_status})
    is_oscrypto = isinstance(responder_private_key, asymmetric.PrivateKey)
    if not isinstance(responder_private_key, keys.PrivateKeyInfo) and not is_oscrypto:
        raise TypeError("responder_private_key")
    if isinstance(responder_certificate, asymmetric.Certificate):
        responder_certificate = responder_certificate.asn1
    if not isinstance(responder_certificate, x509.Certificate):
        raise TypeError("responder_certificate")
    if self._certificate is None or self._certificate_status is None:
        raise ValueError("certificate and certificate_status")
    if self._certificate_status in ("good", "unknown"):
        cert_status = ocsp.CertStatus(name=self._certificate_status, value=core.Null())
    else:
        reason = "unspecified" if self._certificate_status == "revoked" else self._certificate_status
        cert_status = ocsp.CertStatus(name="revoked", value={"revocation_time": self._revocation_date,
                                                             "revocation_reason": reason})
    issuer = self._certificate_issuer if self._certificate_issuer else responder_certificate
    produced_at = datetime.now(timezone.utc)
    if self._this_update is None:
        self._this_update = produced_at
    if self._next_update is None:
        self._next_update = self._this_update + timedelta(days=7)
    extensions = [{"extn_id": name, "critical": False, "extn_value": value}
                  for name, value in self._response_data_extensions.items()]
    if self._nonce:
        extensions.append({"extn_id": "nonce", "critical": False, "extn_value": self._nonce})
    single_extensions = [{"extn_id": name, "critical": False, "extn_value": value}
                         for name, value in self._single_response_extensions.items()]
    response_data = ocsp.ResponseData({
        "responder_id": ocsp.ResponderId(name="by_name", value=responder_certificate.subject),
        "produced_at": produced_at,
        "responses": [{
            "cert_id": {"hash_algorithm": {"algorithm": self._key_hash_algo},
                        "issuer_name_hash": getattr(self._certificate.issuer, self._key_hash_algo),
                        "issuer_key_hash": getattr(issuer.public_key, self._key_hash_algo),
                        "serial_number": self._certificate.serial_number},
            "cert_status": cert_status, "this_update": self._this_update, "next_update": self._next_update,
            "single_extensions": single_extensions or None}],
        "response_extensions": extensions or None})
    algorithm = responder_private_key.algorithm
    sign = {"rsa": asymmetric.rsa_pkcs1v15_sign, "ec": asymmetric.ecdsa_sign}[algorithm]
    if not is_oscrypto:
        responder_private_key = asymmetric.load_private_key(responder_private_key)
    return ocsp.OCSPResponse({"response_status": self._response_status, "response_bytes": {
        "response_type": "basic_ocsp_response",
        "response": {"tbs_response_data": response_data,
                     "signature_algorithm": {"algorithm": "%s_%s" % (self._hash_algo, {"ec": "ecdsa"}.get(
                         algorithm, algorithm))},
                     "signature": sign(responder_private_key, response_data.dump(), self._hash_algo),
                     "certs": [responder_certificate]}}})
