# SPDX-License-Identifier: Apache-2.0
"""Each fault of `vouch mock` is what its row says: the answer is decoded, and everything else in it is sound."""

import datetime
import hashlib
import socket
import time

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding

from support import der, ocsp, pki, rawhttp
from support.mock import NONCE, SERIAL, Mock, faults

REASONS = ["unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation",
           "certificateHold", "removeFromCRL", "privilegeWithdrawn", "aACompromise"]
HOUR = datetime.timedelta(hours=1)


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    with Mock(tmp_path_factory.mktemp("mock")) as made:
        yield made


CHECKS = {}


def fault(name):
    """The check of a row; every row has one."""
    def register(check):
        CHECKS[name] = check
        return check
    return register


def test_every_fault_has_its_check():
    assert sorted(CHECKS) == sorted(faults())


@pytest.mark.parametrize("name", sorted(faults()))
def test_the_fault_is_what_its_row_says(mock, name):
    CHECKS[name](mock)


# --- What a check looks at ------------------------------------------------------------------------------------------


def strict(mock, name, request=None, verified=True):
    """The answer, which is DER and sound but for the fault."""
    response = ocsp.decode(mock.body(name, request=request))
    assert response.status == "successful"
    if verified:
        ocsp.verify(response, mock.ca)
    return response


def loose(octets):
    """(BasicOCSPResponse, tbs, signature) as asn1crypto reads them, which forgives much."""
    response = asn1_ocsp.OCSPResponse.load(octets)
    assert response["response_status"].native == "successful"
    basic = response["response_bytes"]["response"].parsed
    return basic, basic["tbs_response_data"].dump(), basic["signature"].native


def holds(mock, octets):
    """The signature over the octets as they came is the responder's."""
    basic, tbs, signature = loose(octets)
    key = x509.load_der_x509_certificate(basic["certs"][0].dump()).public_key()
    assert basic["certs"][0].dump() == mock.signer.der
    key.verify(signature, tbs, ec.ECDSA(pki.HASHES["sha256"]))
    return basic


def certid_of(response):
    """(hash OID, name hash, key hash, serial) of the one entry."""
    algorithm, name, key, _ = der.children(response.single.certid)
    return der.to_oid(algorithm.children()[0].content), name.content, key.content, response.single.serial


def asked(mock, hash_name="sha1"):
    return (pki.HASH_OIDS[hash_name], hashlib.new(hash_name, mock.ca.subject).digest(), mock.ca.key.public_hash(hash_name),
            SERIAL)


def differing(mock, name):
    """Which parts of the CertID are not those that were asked for."""
    return [i for i, (got, wanted) in enumerate(zip(certid_of(strict(mock, name)), asked(mock))) if got != wanted]


def near(when, offset, slack=30):
    return abs((when - pki.now() - offset).total_seconds()) < slack


def head_and_body(octets):
    head, body = octets.split(b"\r\n\r\n", 1)
    return rawhttp.Response(head, body)


def raw(mock, name):
    return head_and_body(mock.octets(name))


def sound(mock, octets):
    response = ocsp.decode(octets)
    ocsp.verify(response, mock.ca)
    assert response.single.status == "good"


# --- The status -----------------------------------------------------------------------------------------------------


@fault("none")
@fault("good")
def _(mock):
    for name in ("none", "good"):
        response = strict(mock, name)
        assert response.single.status == "good" and certid_of(response) == asked(mock)
        assert near(response.single.this_update, 0 * HOUR) and near(response.single.next_update, 24 * HOUR)
        assert near(response.produced_at, 0 * HOUR) and response.extensions == []


@fault("revoked")
def _(mock):
    single = strict(mock, "revoked").single
    assert single.status == "revoked" and single.reason is None and near(single.revocation_time, -24 * HOUR, 600)
    for reason in REASONS:
        basic = holds(mock, mock.body(f"revoked={reason}"))
        status = basic["tbs_response_data"]["responses"][0]["cert_status"]
        octets = der.children(status.dump())
        assert octets[1].children()[0].content == bytes([ocsp.REASONS[reason]]), reason


@fault("unknown")
def _(mock):
    assert strict(mock, "unknown").single.status == "unknown"


@fault("undefined_reason")
def _(mock):
    basic = holds(mock, mock.body("undefined_reason"))
    status = der.children(basic["tbs_response_data"]["responses"][0]["cert_status"].dump())
    assert status[1].children()[0].content == b"\x07"


@fault("malformed_request")
def _(mock):
    assert mock.body("malformed_request") == ocsp.MALFORMED


@fault("internal_error")
def _(mock):
    assert mock.body("internal_error") == ocsp.INTERNAL_ERROR


@fault("try_later")
def _(mock):
    assert mock.body("try_later") == ocsp.TRY_LATER


@fault("sig_required")
def _(mock):
    assert mock.body("sig_required") == ocsp.SIG_REQUIRED


@fault("unauthorized")
def _(mock):
    assert mock.body("unauthorized") == ocsp.UNAUTHORIZED


@fault("undefined_status")
def _(mock):
    assert mock.body("undefined_status") == bytes.fromhex("30030a0104")
    assert mock.body("undefined_status=100") == bytes.fromhex("30030a0164")


# --- The entries ----------------------------------------------------------------------------------------------------


@fault("wrong_serial")
def _(mock):
    assert differing(mock, "wrong_serial") == [3]


@fault("wrong_name_hash")
def _(mock):
    assert differing(mock, "wrong_name_hash") == [1]


@fault("wrong_key_hash")
def _(mock):
    assert differing(mock, "wrong_key_hash") == [2]


@fault("other_hash")
def _(mock):
    for value, hash_name in (("", "sha256"), ("=sha384", "sha384"), ("=sha512", "sha512"), ("=md5", "md5"), ("=sha1", "sha1")):
        assert certid_of(strict(mock, "other_hash" + value)) == asked(mock, hash_name)
    by_sha256 = mock.request(hash_name="sha256")
    assert certid_of(strict(mock, "other_hash", request=by_sha256)) == asked(mock, "sha1")


@fault("extra_single")
def _(mock):
    first, second = strict(mock, "extra_single").singles
    assert first.serial == SERIAL and first.status == "good"
    assert second.serial != SERIAL and second.status == "good" and der.children(second.certid)[1].raw == der.children(first.certid)[1].raw


@fault("repeated_single")
def _(mock):
    first, second = strict(mock, "repeated_single").singles
    assert first.raw == second.raw


@fault("contradictory_single")
def _(mock):
    first, second = strict(mock, "contradictory_single").singles
    assert first.certid == second.certid and {first.status, second.status} == {"good", "revoked"}


@fault("missing_single")
def _(mock):
    two = strict(mock, "missing_single", request=mock.request(SERIAL, SERIAL + 1))
    assert [single.serial for single in two.singles] == [SERIAL]
    basic = holds(mock, mock.body("missing_single"))
    assert len(basic["tbs_response_data"]["responses"]) == 0


@fault("this_update_future")
def _(mock):
    single = strict(mock, "this_update_future").single
    assert near(single.this_update, HOUR) and near(single.next_update, 25 * HOUR)
    assert near(strict(mock, "this_update_future=7200").single.this_update, 2 * HOUR)


@fault("expired")
def _(mock):
    single = strict(mock, "expired").single
    assert near(single.next_update, -HOUR) and near(single.this_update, -25 * HOUR)


@fault("no_next_update")
def _(mock):
    single = strict(mock, "no_next_update").single
    assert single.next_update is None and near(single.this_update, 0 * HOUR)


@fault("next_before_this")
def _(mock):
    single = strict(mock, "next_before_this").single
    assert single.this_update - single.next_update == datetime.timedelta(seconds=60) and near(single.this_update, 0 * HOUR)


def has_extension(extensions, critical):
    (oid, is_critical, value), = extensions
    assert (oid, bool(is_critical)) == (ocsp.UNKNOWN_EXTENSION, critical)
    return value


@fault("critical_single_extension")
def _(mock):
    has_extension(strict(mock, "critical_single_extension").single.extensions, True)


@fault("unknown_single_extension")
def _(mock):
    has_extension(strict(mock, "unknown_single_extension").single.extensions, False)


# --- Who signs ------------------------------------------------------------------------------------------------------


def signer_of(mock, name):
    """The one certificate that is sent, whose key made the signature and whose hash is responderID."""
    response = strict(mock, name, verified=False)
    certificate, = response.certs
    ocsp.check_signature(ocsp.certificate_key(certificate), response.algorithm, response.signature, response.tbs)
    assert ocsp.identifies(response.responder_id, certificate)
    return x509.load_der_x509_certificate(certificate)


def issued_by_ca(mock, certificate):
    """It names the CA, and bears its signature."""
    fields, tbs, algorithm, signature = ocsp.certificate_fields(certificate.public_bytes(pki.serialization.Encoding.DER))
    assert fields[2].raw == mock.ca.subject
    ocsp.check_signature(mock.ca.key.spki(), algorithm, signature, tbs)


def purposes(certificate):
    try:
        return [purpose.dotted_string for purpose in certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value]
    except x509.ExtensionNotFound:
        return None


def is_valid(certificate):
    return certificate.not_valid_before <= pki.now().replace(tzinfo=None) <= certificate.not_valid_after


def certified(mock, name, eku=(pki.OCSP_SIGNING,), valid=True, signs=True):
    """The signer, a certificate of the CA that is sound but for what is said."""
    certificate = signer_of(mock, name)
    issued_by_ca(mock, certificate)
    assert purposes(certificate) == (list(eku) if eku is not None else None)
    assert is_valid(certificate) == valid
    assert certificate.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature == signs
    return certificate


@fault("signer_ca")
def _(mock):
    response = strict(mock, "signer_ca")
    assert not response.certs and ocsp.identifies(response.responder_id, mock.ca.der)


@fault("signer_self_signed")
def _(mock):
    certificate = signer_of(mock, "signer_self_signed")
    assert certificate.issuer == certificate.subject and purposes(certificate) == [pki.OCSP_SIGNING] and is_valid(certificate)


@fault("signer_other_ca")
def _(mock):
    certificate = signer_of(mock, "signer_other_ca")
    assert certificate.issuer.rfc4514_string() == "CN=Another CA" and purposes(certificate) == [pki.OCSP_SIGNING]


@fault("signer_forged")
def _(mock):
    certificate = signer_of(mock, "signer_forged")
    assert certificate.issuer.public_bytes() == mock.ca.subject and purposes(certificate) == [pki.OCSP_SIGNING]
    with pytest.raises(InvalidSignature):
        issued_by_ca(mock, certificate)


@fault("signer_without_eku")
def _(mock):
    certified(mock, "signer_without_eku", eku=None)


@fault("signer_other_eku")
def _(mock):
    certified(mock, "signer_other_eku", eku=[pki.SERVER_AUTH])


@fault("signer_any_eku")
def _(mock):
    certified(mock, "signer_any_eku", eku=[pki.ANY_EKU])


@fault("signer_key_usage")
def _(mock):
    certified(mock, "signer_key_usage", signs=False)


@fault("signer_expired")
def _(mock):
    assert certified(mock, "signer_expired", valid=False).not_valid_after < pki.now().replace(tzinfo=None)


@fault("signer_not_yet_valid")
def _(mock):
    assert certified(mock, "signer_not_yet_valid", valid=False).not_valid_before > pki.now().replace(tzinfo=None)


@fault("signer_weak_key")
def _(mock):
    assert certified(mock, "signer_weak_key").public_key().key_size == 1024


@fault("signer_missing")
def _(mock):
    response = strict(mock, "signer_missing", verified=False)
    assert not response.certs and ocsp.identifies(response.responder_id, mock.signer.der)
    ocsp.check_signature(mock.signer.key.spki(), response.algorithm, response.signature, response.tbs)


@fault("sha1_signature")
def _(mock):
    basic, tbs, signature = loose(mock.body("sha1_signature"))
    assert basic["signature_algorithm"]["algorithm"].native == "sha1_ecdsa" and basic["certs"][0].dump() == mock.signer.der
    mock.signer.key.private.public_key().verify(signature, tbs, ec.ECDSA(pki.HASHES["sha1"]))


@fault("md5_signature")
def _(mock):
    basic, tbs, signature = loose(mock.body("md5_signature"))
    assert basic["signature_algorithm"]["algorithm"].native == "md5_rsa"
    certificate = x509.load_der_x509_certificate(basic["certs"][0].dump())
    issued_by_ca(mock, certificate)
    certificate.public_key().verify(signature, tbs, padding.PKCS1v15(), pki.HASHES["md5"])


def does_not_hold(mock, name):
    """The signature is the only thing that is wrong; returns the answer."""
    response = strict(mock, name, verified=False)
    assert response.certs == [mock.signer.der] and ocsp.identifies(response.responder_id, mock.signer.der)
    with pytest.raises((InvalidSignature, AssertionError)):
        ocsp.check_signature(mock.signer.key.spki(), response.algorithm, response.signature, response.tbs)
    return response


@fault("bad_signature")
def _(mock):
    response = does_not_hold(mock, "bad_signature")
    der.check(response.signature)                   # still an ECDSA signature in DER


@fault("empty_signature")
def _(mock):
    assert len(does_not_hold(mock, "empty_signature").signature) == 1


@fault("wrong_key")
def _(mock):
    response = does_not_hold(mock, "wrong_key")
    assert response.algorithm == pki.ALGORITHMS["ecdsa-sha256"]


@fault("wrong_algorithm")
def _(mock):
    response = does_not_hold(mock, "wrong_algorithm")
    assert response.algorithm == pki.ALGORITHMS["ecdsa-sha384"]
    ocsp.check_signature(mock.signer.key.spki(), pki.ALGORITHMS["ecdsa-sha256"], response.signature, response.tbs)


@fault("unknown_algorithm")
def _(mock):
    response = does_not_hold(mock, "unknown_algorithm")
    assert der.to_oid(der.children(response.algorithm)[0].content) == "1.3.6.1.4.1.32473.2"


# --- ResponseData ---------------------------------------------------------------------------------------------------


def nonce_of(mock, name, nonce=NONCE):
    """The nonce in the answer, without the OCTET STRING around it; None: there is none."""
    value = strict(mock, name, request=mock.request(nonce=nonce)).extension(ocsp.NONCE)
    return None if value is None else der.one(value).content


@fault("nonce_missing")
def _(mock):
    assert nonce_of(mock, "none") == NONCE
    assert nonce_of(mock, "nonce_missing") is None


@fault("nonce_changed")
def _(mock):
    changed = nonce_of(mock, "nonce_changed")
    assert len(changed) == 32 and sum(bin(a ^ b).count("1") for a, b in zip(changed, NONCE)) == 1


@fault("nonce_short")
def _(mock):
    assert [nonce_of(mock, name) for name in ("nonce_short", "nonce_short=15", "nonce_short=0")] == [NONCE[:1], NONCE[:15], b""]


@fault("nonce_long")
def _(mock):
    for name, octets in (("nonce_long", 129), ("nonce_long=1000", 1000)):
        nonce = nonce_of(mock, name)
        assert len(nonce) == octets and nonce[:32] == NONCE


@fault("nonce_unasked")
def _(mock):
    assert len(nonce_of(mock, "nonce_unasked", nonce=None)) == 32
    assert nonce_of(mock, "nonce_unasked") == NONCE


@fault("produced_at_future")
def _(mock):
    response = strict(mock, "produced_at_future")
    assert near(response.produced_at, HOUR) and near(response.single.this_update, 0 * HOUR)


@fault("responder_by_name")
def _(mock):
    assert strict(mock, "responder_by_name").responder_id == der.explicit(1, mock.signer.subject)


@fault("wrong_responder_key")
def _(mock):
    response = strict(mock, "wrong_responder_key", verified=False)
    key_hash = der.children(response.responder_id)[0].content
    assert len(key_hash) == 20 and key_hash != mock.signer.key.public_hash() and response.certs == [mock.signer.der]


@fault("wrong_responder_name")
def _(mock):
    response = strict(mock, "wrong_responder_name", verified=False)
    assert response.responder_id[0] == 0xA1 and response.responder_id != der.explicit(1, mock.signer.subject)


@fault("critical_extension")
def _(mock):
    has_extension(strict(mock, "critical_extension").extensions, True)


@fault("unknown_extension")
def _(mock):
    has_extension(strict(mock, "unknown_extension").extensions, False)


@fault("repeated_extension")
def _(mock):
    basic = holds(mock, mock.body("repeated_extension"))
    first, second = basic["tbs_response_data"]["response_extensions"]
    assert first.dump() == second.dump()


@fault("huge")
def _(mock):
    assert len(has_extension(strict(mock, "huge=100000").extensions, False)) > 100000
    assert len(mock.body("huge")) > 4 << 20


def produced_at_of(mock, name):
    """The element as it is, in octets that are signed."""
    octets = mock.body(name)
    holds(mock, octets)
    _, tbs, _ = loose(octets)
    return der.children(tbs)[1]


@fault("fractional_seconds")
def _(mock):
    node = produced_at_of(mock, "fractional_seconds")
    assert node.tag == der.GENERALIZED_TIME and len(node.content) == 17 and node.content.endswith(b".5Z")


@fault("time_with_offset")
def _(mock):
    node = produced_at_of(mock, "time_with_offset")
    assert node.tag == der.GENERALIZED_TIME and len(node.content) == 19 and node.content.endswith(b"+0000")


@fault("utc_time")
def _(mock):
    node = produced_at_of(mock, "utc_time")
    assert node.tag == der.UTC_TIME and len(node.content) == 13


def version_of(mock, name):
    octets = mock.body(name)
    holds(mock, octets)
    return der.children(loose(octets)[1])[0].raw


@fault("version_1")
def _(mock):
    assert version_of(mock, "version_1") == bytes.fromhex("a003020100")


@fault("version_2")
def _(mock):
    assert version_of(mock, "version_2") == bytes.fromhex("a003020101")


@fault("ber_signed")
def _(mock):
    octets = mock.body("ber_signed")
    holds(mock, octets)
    tbs = loose(octets)[1]
    assert tbs[1] in (0x81, 0x82, 0x83)
    with pytest.raises(der.NotDer):
        der.one(tbs)


# --- The envelope ---------------------------------------------------------------------------------------------------


@fault("response_type")
def _(mock):
    _, tagged = der.children(mock.body("response_type"))
    kind, response = tagged.children()[0].children()
    assert der.to_oid(kind.content) == "1.3.6.1.5.5.7.48.1.99"
    basic = asn1_ocsp.BasicOCSPResponse.load(response.content)
    assert basic["certs"][0].dump() == mock.signer.der


@fault("no_response_bytes")
def _(mock):
    assert mock.body("no_response_bytes") == bytes.fromhex("30030a0100")


@fault("empty_response_bytes")
def _(mock):
    _, tagged = der.children(mock.body("empty_response_bytes"))
    assert tagged.children()[0].children()[1].raw == b"\x04\x00"


@fault("error_with_bytes")
def _(mock):
    octets = mock.body("error_with_bytes")
    status, tagged = der.children(octets)
    assert status.content == b"\x03"
    sound(mock, der.seq(der.tlv(der.ENUMERATED, b"\x00"), tagged.raw))


@fault("trailing_octets")
def _(mock):
    for name, count in (("trailing_octets", 16), ("trailing_octets=1", 1)):
        octets = mock.body(name)
        sound(mock, octets[:-count])


@fault("trailing_inside")
def _(mock):
    octets = mock.body("trailing_inside=3")
    status, tagged = der.children(octets)
    kind, response = tagged.children()[0].children()
    inner = der.octets(response.content[:-3])
    sound(mock, der.seq(status.raw, der.explicit(0, der.seq(kind.raw, inner))))


@fault("ber_length")
def _(mock):
    octets = mock.body("ber_length")
    assert octets[:3] == b"\x30\x83\x00"
    sound(mock, b"\x30\x82" + octets[3:])


@fault("ber_indefinite")
def _(mock):
    octets = mock.body("ber_indefinite")
    assert octets[:2] == b"\x30\x80" and octets[-2:] == b"\x00\x00"
    sound(mock, der.seq(octets[2:-2]))


@fault("truncated")
def _(mock):
    octets = mock.body("truncated")
    assert len(octets) == 100 and int.from_bytes(octets[2:4], "big") > 500
    assert len(mock.body("truncated=1")) == 1


@fault("empty_body")
def _(mock):
    assert mock.body("empty_body") == b""


@fault("not_der")
def _(mock):
    assert mock.body("not_der").startswith(b"<!DOCTYPE html>")


@fault("captive_portal")
def _(mock):
    answer = mock.post("captive_portal")
    assert answer.status == 200 and answer["Content-Type"] == "text/html; charset=utf-8" and answer.body.startswith(b"<!DOCTYPE")


# --- HTTP -----------------------------------------------------------------------------------------------------------


@fault("http_status")
def _(mock):
    for name, status in (("http_status", 500), ("http_status=429", 429), ("http_status=599", 599)):
        assert raw(mock, name).status == status


@fault("http_404")
def _(mock):
    assert raw(mock, "http_404").status == 404


@fault("http_500")
def _(mock):
    assert raw(mock, "http_500").status == 500


@fault("http_503")
def _(mock):
    answer = raw(mock, "http_503=120")
    assert answer.status == 503 and answer["Retry-After"] == "120"


@fault("redirect")
def _(mock):
    answer = raw(mock, "redirect")
    assert answer.status == 307 and answer["Location"] == "/fault/none/"
    path = ocsp.path(mock.request(), "/fault/redirect=302/")
    with rawhttp.Connection(mock.direct) as connection:
        connection.send(rawhttp.head("GET", path))
        answer = head_and_body(connection.rest())
    assert answer.status == 302
    sound(mock, rawhttp.get(mock.direct, answer["Location"]).body)


@fault("redirect_loop")
def _(mock):
    answer = raw(mock, "redirect_loop=308")
    assert answer.status == 308 and answer["Location"] == "/fault/redirect_loop=308/"


@fault("redirect_nowhere")
def _(mock):
    assert raw(mock, "redirect_nowhere")["Location"] == "http://127.0.0.1:1/"


def typed(mock, name):
    answer = raw(mock, name)
    sound(mock, answer.body)
    return answer["Content-Type"]


@fault("content_type")
def _(mock):
    assert typed(mock, "content_type") == "text/html"


@fault("content_type_request")
def _(mock):
    assert typed(mock, "content_type_request") == "application/ocsp-request"


@fault("content_type_missing")
def _(mock):
    assert typed(mock, "content_type_missing") is None


@fault("content_type_parameter")
def _(mock):
    assert typed(mock, "content_type_parameter") == "Application/OCSP-Response; charset=binary"


@fault("gzip")
def _(mock):
    answer = raw(mock, "gzip")
    assert answer["Content-Encoding"] == "gzip"
    sound(mock, answer.body)


@fault("cached_too_long")
def _(mock):
    answer = raw(mock, "cached_too_long")
    assert answer.cache_control() == {"public": None, "max-age": "31536000"}
    sound(mock, answer.body)


@fault("http_10")
def _(mock):
    answer = raw(mock, "http_10")
    assert answer.version == "HTTP/1.0" and answer["Content-Length"] is None
    sound(mock, answer.body)


def length_error(mock, name):
    answer = raw(mock, name)
    sound(mock, answer.body)
    return int(answer["Content-Length"]) - len(answer.body)


@fault("length_too_long")
def _(mock):
    assert length_error(mock, "length_too_long") == 10 and length_error(mock, "length_too_long=1") == 1


@fault("length_too_short")
def _(mock):
    assert length_error(mock, "length_too_short") == -10


def chunked(mock, name):
    """The part of the message behind its head."""
    answer = raw(mock, name)
    assert answer["Transfer-Encoding"] == "chunked" and answer["Content-Length"] is None
    return answer.body


def chunks(octets):
    """[(size line, octets)], and what follows the last one."""
    found = []
    while True:
        line, octets = octets.split(b"\r\n", 1)
        size = int(line.split(b";")[0], 16)
        if size == 0:
            return found, octets
        found.append((line, octets[:size]))
        assert octets[size:size + 2] == b"\r\n"
        octets = octets[size + 2:]


def sound_chunks(mock, name, rest=b"\r\n"):
    found, end = chunks(chunked(mock, name))
    sound(mock, b"".join(octets for _, octets in found))
    assert end == rest
    return found


@fault("chunked")
def _(mock):
    assert len(sound_chunks(mock, "chunked")) == 2


@fault("chunked_octets")
def _(mock):
    assert all(len(octets) == 1 for _, octets in sound_chunks(mock, "chunked_octets"))


@fault("chunked_extension")
def _(mock):
    assert all(b";name=value" in line for line, _ in sound_chunks(mock, "chunked_extension"))


@fault("chunked_trailer")
def _(mock):
    sound_chunks(mock, "chunked_trailer", rest=b"X-Trailer: here\r\n\r\n")


@fault("chunked_bad_size")
def _(mock):
    assert chunked(mock, "chunked_bad_size").startswith(b"zz\r\n")


@fault("chunked_huge_size")
def _(mock):
    assert chunked(mock, "chunked_huge_size").startswith(b"f" * 17 + b"\r\n")


@fault("chunked_short")
def _(mock):
    octets = chunked(mock, "chunked_short")
    size, rest = octets.split(b"\r\n", 1)
    size, rest = rest[int(size, 16) + 2:].split(b"\r\n", 1)
    assert 0 < len(rest) == int(size, 16) // 2


@fault("chunked_no_end")
def _(mock):
    found, _ = chunks(chunked(mock, "chunked_no_end") + b"0\r\n")
    sound(mock, b"".join(octets for _, octets in found))


@fault("continue_flood")
def _(mock):
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    octets = mock.octets("continue_flood=50")
    assert octets.startswith(50 * interim + b"HTTP/1.1 200 OK\r\n")
    sound(mock, head_and_body(octets[50 * len(interim):]).body)


@fault("long_field")
def _(mock):
    answer = raw(mock, "long_field=5000")
    assert answer["X-Padding"] == 5000 * "x"
    sound(mock, answer.body)


@fault("no_head")
def _(mock):
    sound(mock, mock.octets("no_head"))


# --- The connection -------------------------------------------------------------------------------------------------


@fault("delay")
def _(mock):
    begun = time.monotonic()
    sound(mock, mock.body("delay=300"))
    assert time.monotonic() - begun >= 0.3


@fault("slow")
def _(mock):
    """One octet at a time: what was read after a while is a beginning."""
    with rawhttp.Connection(mock.direct) as connection:
        begun = time.monotonic()
        connection.send(rawhttp.post_octets(mock.request(), mock.path("slow=20")))
        first = connection.read_octets(10)
        assert first == b"HTTP/1.1 2" and time.monotonic() - begun >= 0.2 and len(connection.pending) < 100
    sound(mock, head_and_body(mock.octets("slow=1")).body)


@fault("closed")
def _(mock):
    assert mock.octets("closed") == b""


@fault("closed_after_head")
def _(mock):
    answer = raw(mock, "closed_after_head")
    assert answer.body == b"" and int(answer["Content-Length"]) > 500


@fault("cut")
def _(mock):
    answer = raw(mock, "cut=7")
    assert len(answer.body) == 7 and int(answer["Content-Length"]) > 500


@fault("reset")
def _(mock):
    with pytest.raises(ConnectionResetError):
        mock.octets("reset")


@fault("reset_in_body")
def _(mock):
    with pytest.raises(ConnectionResetError):
        mock.octets("reset_in_body")


def stays_open(mock, name):
    """What comes before nothing more comes."""
    with rawhttp.Connection(mock.direct) as connection:
        connection.send(rawhttp.post_octets(mock.request(), mock.path(name)))
        connection.socket.settimeout(0.5)
        with pytest.raises(socket.timeout):
            connection.rest()
        return connection.pending


@fault("silent")
def _(mock):
    assert stays_open(mock, "silent") == b""


@fault("stalled")
def _(mock):
    answer = head_and_body(stays_open(mock, "stalled"))
    assert len(answer.body) == 20 and int(answer["Content-Length"]) > 500


@fault("random")
def _(mock):
    """Chosen by the seed: the journal tells which; none of these stays `random`."""
    with rawhttp.Connection(mock.direct) as connection:
        connection.send(rawhttp.post_octets(mock.request(), mock.path("random")))
        rawhttp.until(lambda: mock.journal()[-1]["path"] == "/fault/random/")
    chosen, = mock.journal()[-1]["faults"]
    assert chosen.split("=")[0] in set(faults()) - {"random"}
