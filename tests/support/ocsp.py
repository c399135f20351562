# SPDX-License-Identifier: Apache-2.0
"""OCSP from both ends: requests of any shape are made, responses are taken apart strictly and verified."""

import base64
import dataclasses
import datetime
import hashlib
import subprocess
import urllib.parse

from asn1crypto import ocsp as asn1_ocsp
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from . import der, pki

BASIC, NONCE, CRL_ID, ACCEPTABLE = (f"1.3.6.1.5.5.7.48.1.{n}" for n in (1, 2, 3, 4))
ARCHIVE_CUTOFF, SERVICE_LOCATOR, PREFERRED, EXTENDED_REVOKE = (f"1.3.6.1.5.5.7.48.1.{n}"
                                                               for n in (6, 7, 8, 9))
REASON_CODE, INVALIDITY_DATE, CERTIFICATE_ISSUER = "2.5.29.21", "2.5.29.24", "2.5.29.29"
UNKNOWN_EXTENSION = "1.3.6.1.4.1.32473.1"

STATUS_NAMES = {0: "successful", 1: "malformedRequest", 2: "internalError", 3: "tryLater", 5: "sigRequired",
                6: "unauthorized"}
MALFORMED, INTERNAL_ERROR, TRY_LATER, SIG_REQUIRED, UNAUTHORIZED = (
    bytes.fromhex(f"30030a010{n}") for n in (1, 2, 3, 5, 6))
REASONS = {"unspecified": 0, "keyCompromise": 1, "cACompromise": 2, "affiliationChanged": 3, "superseded": 4,
           "cessationOfOperation": 5, "certificateHold": 6, "removeFromCRL": 8, "privilegeWithdrawn": 9,
           "aACompromise": 10}


# Requests ---------------------------------------------------------------------------------------------

def serial_content(serial):
    return serial if isinstance(serial, bytes) else der.integer_content(serial)


def certid(issuer, serial, hash_name="sha1", parameters=b"\x05\x00", key_hash=None, name_hash=None):
    """A CertID for a serial of `issuer` (a pki.Certificate); the octets of `serial` may be given raw."""
    name_hash = name_hash or hashlib.new(hash_name, issuer.subject).digest()
    key_hash = key_hash or issuer.key.public_hash(hash_name)
    return der.seq(der.seq(der.oid(pki.HASH_OIDS[hash_name]), parameters), der.octets(name_hash),
                   der.octets(key_hash), der.tlv(der.INTEGER, serial_content(serial)))


def entry(identifier, extensions=None):
    return der.seq(identifier, *([der.explicit(0, der.seq(*extensions))] if extensions is not None else []))


def request(*entries, extensions=None, requestor=None, signature=None):
    """An OCSPRequest of entries or bare CertIDs."""
    listed = [e if der.children(e)[0].children()[0].tag == der.SEQUENCE else entry(e) for e in entries]
    tbs = der.seq(*([der.explicit(1, requestor)] if requestor else []), der.seq(*listed),
                  *([der.explicit(2, der.seq(*extensions))] if extensions is not None else []))
    return der.seq(tbs, *([der.explicit(0, signature)] if signature else []))


def signed_request(entries, key, certs=None, requestor=None):
    tbs = der.children(request(*entries, requestor=requestor))[0].raw
    name = key.default_algorithm()
    parts = [pki.ALGORITHMS[name], der.bits(key.sign(tbs, name))]
    if certs is not None:
        parts.append(der.explicit(0, der.seq(*certs)))
    return der.seq(tbs, der.explicit(0, der.seq(*parts)))


def nonce(value, critical=False):
    return pki.extension(NONCE, der.octets(value), critical)


def preferred(*algorithms):
    """PreferredSignatureAlgorithms: each an AlgorithmIdentifier, or a pair with the key's identifier as a
    hint."""
    items = [a if isinstance(a, tuple) else (a,) for a in algorithms]
    return pki.extension(PREFERRED, der.seq(*[der.seq(*item) for item in items]))


def acceptable(*oids):
    return pki.extension(ACCEPTABLE, der.seq(*[der.oid(o) for o in oids]))


def path(encoded, prefix="/", safe=""):
    """The GET path of RFC 6960 A.1; `safe` names the characters left raw."""
    return prefix + urllib.parse.quote(base64.b64encode(encoded).decode(), safe=safe)


def raw_path(encoded, prefix="/"):
    return path(encoded, prefix, safe="/+=")


# Responses --------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Single:
    """One SingleResponse, with the octets of what it was decoded from."""
    raw: bytes
    certid: bytes
    status_raw: bytes
    this_update: datetime.datetime
    next_update: datetime.datetime
    extensions: list
    extensions_raw: bytes
    revocation_time: datetime.datetime = None
    reason: int = None

    @property
    def status(self):
        return {0x80: "good", 0xA1: "revoked", 0x82: "unknown"}[self.status_raw[0]]

    @property
    def serial(self):
        return der.to_int(der.children(self.certid)[3].content)

    def extension(self, oid):
        return next((value for found, _, value in self.extensions if found == oid), None)


@dataclasses.dataclass
class Response:
    """A decoded OCSPResponse; what follows `status` is None in an error."""
    raw: bytes
    status: str
    tbs: bytes = None
    responder_id: bytes = None
    produced_at: datetime.datetime = None
    singles: list = None
    extensions: list = None
    extensions_raw: bytes = None
    algorithm: bytes = None
    signature: bytes = None
    certs: list = None

    @property
    def single(self):
        assert self.singles is not None, f"{self.status} where an answer was expected"
        assert len(self.singles) == 1, f"{len(self.singles)} SingleResponses where one was asked for"
        return self.singles[0]

    def extension(self, oid):
        return next((value for found, _, value in self.extensions if found == oid), None)


def optional(nodes, tag):
    """Takes the next element if it has that tag."""
    return nodes.pop(0) if nodes and nodes[0].tag == tag else None


def expect(nodes, tag, what):
    if not nodes or nodes[0].tag != tag:
        raise der.NotDer(f"{what} is missing: {nodes[:1]}")
    return nodes.pop(0)


def finish(nodes, what):
    if nodes:
        raise der.NotDer(f"{what} has more than its fields: {nodes}")


def inner(node, tag, what):
    """The one element inside an explicit tag."""
    nodes = node.children()
    found = expect(nodes, tag, what)
    finish(nodes, what)
    return found


def decode_extensions(node):
    """[(oid, critical, extnValue)] of an explicitly tagged Extensions; absent is empty, empty is an error."""
    if node is None:
        return [], b""
    listed = inner(node, der.SEQUENCE, "Extensions")
    found = []
    for item in listed.children():
        nodes = item.children()
        oid = der.to_oid(expect(nodes, der.OID, "extnID").content)
        critical = optional(nodes, der.BOOLEAN)
        if critical and critical.content != b"\xff":
            raise der.NotDer("critical FALSE is encoded")
        value = expect(nodes, der.OCTET_STRING, "extnValue").content
        finish(nodes, "Extension")
        found.append((oid, critical is not None, value))
    if not found:
        raise der.NotDer("empty Extensions")
    return found, node.raw


def decode_revoked(node):
    nodes = node.children()
    when = der.to_time(expect(nodes, der.GENERALIZED_TIME, "revocationTime").content)
    reason = optional(nodes, 0xA0)
    finish(nodes, "RevokedInfo")
    return when, inner(reason, der.ENUMERATED, "revocationReason").content[0] if reason else None


def decode_single(node):
    nodes = node.children()
    identifier = expect(nodes, der.SEQUENCE, "certID")
    status = nodes.pop(0)
    if status.tag not in (0x80, 0xA1, 0x82) or status.tag != 0xA1 and status.content:
        raise der.NotDer(f"certStatus is {status.raw.hex()}")
    this_update = der.to_time(expect(nodes, der.GENERALIZED_TIME, "thisUpdate").content)
    tagged = optional(nodes, 0xA0)
    next_update = der.to_time(inner(tagged, der.GENERALIZED_TIME, "nextUpdate").content) if tagged else None
    extensions, raw = decode_extensions(optional(nodes, 0xA1))
    finish(nodes, "SingleResponse")
    revoked = decode_revoked(status) if status.tag == 0xA1 else (None, None)
    return Single(node.raw, identifier.raw, status.raw, this_update, next_update, extensions, raw, *revoked)


def decode_data(tbs):
    """The fields of ResponseData."""
    nodes = tbs.children()
    if not nodes or nodes[0].tag not in (0xA1, 0xA2):
        raise der.NotDer("ResponseData must begin with responderID: v1 is DEFAULT")
    responder_id = nodes.pop(0)
    produced_at = der.to_time(expect(nodes, der.GENERALIZED_TIME, "producedAt").content)
    singles = [decode_single(n) for n in expect(nodes, der.SEQUENCE, "responses").children()]
    extensions, raw = decode_extensions(optional(nodes, 0xA1))
    finish(nodes, "ResponseData")
    return {"tbs": tbs.raw, "responder_id": responder_id.raw, "produced_at": produced_at, "singles": singles,
            "extensions": extensions, "extensions_raw": raw}


def decode_basic(encoded):
    nodes = der.one(encoded).children()
    fields = decode_data(expect(nodes, der.SEQUENCE, "tbsResponseData"))
    fields["algorithm"] = expect(nodes, der.SEQUENCE, "signatureAlgorithm").raw
    signature = expect(nodes, der.BIT_STRING, "signature").content
    certs = optional(nodes, 0xA0)
    finish(nodes, "BasicOCSPResponse")
    fields["signature"] = signature[1:]
    fields["certs"] = [c.raw for c in inner(certs, der.SEQUENCE, "certs").children()] if certs else []
    if certs and not fields["certs"]:
        raise der.NotDer("empty certs")
    return fields


def decode(encoded):
    """A Response, or NotDer for anything that RFC 6960 4.2.1 does not allow."""
    der.check(encoded)
    nodes = der.one(encoded).children()
    number = expect(nodes, der.ENUMERATED, "responseStatus").content
    tagged = optional(nodes, 0xA0)
    finish(nodes, "OCSPResponse")
    status = STATUS_NAMES[number[0]]
    if (status == "successful") != (tagged is not None):
        raise der.NotDer(f"{status} {'with' if tagged else 'without'} responseBytes")
    if tagged is None:
        return Response(encoded, status)
    kind, body = inner(tagged, der.SEQUENCE, "ResponseBytes").children()
    if der.to_oid(kind.content) != BASIC or body.tag != der.OCTET_STRING:
        raise der.NotDer("responseType is not id-pkix-ocsp-basic")
    der.check(body.content)
    return Response(encoded, status, **decode_basic(body.content))


def reencoded(encoded):
    """The same response out of asn1crypto's hands: the second opinion on DER."""
    parsed = asn1_ocsp.OCSPResponse.load(encoded, strict=True)
    parsed.native
    return parsed.dump(force=True)


# Verification -----------------------------------------------------------------------------------------

def certificate_fields(certificate):
    """(tbs node list without version, raw tbs, algorithm, signature) of a certificate."""
    tbs, algorithm, signature = der.children(certificate)
    fields = tbs.children()
    optional(fields, 0xA0)
    return fields, tbs.raw, algorithm.raw, signature.content[1:]


def certificate_key(certificate):
    """The SubjectPublicKeyInfo."""
    return certificate_fields(certificate)[0][5].raw


def certificate_subject(certificate):
    return certificate_fields(certificate)[0][4].raw


def public_bits(spki):
    return der.children(spki)[1].content[1:]


def public_key(spki):
    kind, content = der.children(spki)
    if der.to_oid(kind.children()[0].content) == pki.PSS:
        modulus, exponent = (int.from_bytes(n.content, "big") for n in der.children(content.content[1:]))
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    return serialization.load_der_public_key(spki)


def algorithm_name(encoded):
    """Our name of an AlgorithmIdentifier that is, octet for octet, one of those allowed; else None."""
    return next((name for name, known in pki.ALGORITHMS.items() if known == encoded), None)


def check_signature(spki, algorithm, signature, data):
    name = algorithm_name(algorithm)
    assert name, f"signatureAlgorithm {algorithm.hex()} is none of the encodings of RFC 4055, 5758, 8410, 9881, 9909"
    if name in pki.POSTQUANTUM:
        return pki.check_postquantum(spki, signature, data)
    key = public_key(spki)
    if name.startswith("ed"):
        return key.verify(signature, data)
    digest = pki.HASHES[name.rsplit("-", 1)[1]]
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.verify(signature, data, ec.ECDSA(digest))
    if name.startswith("rsa-pss"):
        return key.verify(signature, data, padding.PSS(padding.MGF1(digest), digest.digest_size), digest)
    return key.verify(signature, data, padding.PKCS1v15(), digest)


def identifies(responder_id, certificate):
    if responder_id[0] == 0xA1:
        return der.children(responder_id)[0].raw == certificate_subject(certificate)
    bits = public_bits(certificate_key(certificate))
    return der.children(responder_id)[0].content == hashlib.sha1(bits).digest()


def verify(response, issuer):
    """Raises unless the issuer, or a delegate that it named itself, signed what the response says."""
    signer = response.certs[0] if response.certs else issuer.der
    assert identifies(response.responder_id, signer), "responderID is not the signer's"
    if signer != issuer.der:
        fields, tbs, algorithm, signature = certificate_fields(signer)
        assert fields[2].raw == issuer.subject, "the signer's certificate is another CA's"
        check_signature(issuer.key.spki(), algorithm, signature, tbs)
    try:
        check_signature(certificate_key(signer), response.algorithm, response.signature, response.tbs)
    except (InvalidSignature, subprocess.CalledProcessError):
        raise AssertionError("the signature does not verify") from None
