# SPDX-License-Identifier: Apache-2.0
"""Request, Response, Certificate, decode(): the client's half."""

import dataclasses
import datetime
import gc

import pytest
import vouch
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509 import ocsp
from support import pki

UTC = datetime.timezone.utc
GOOD = vouch.Status.good()


@pytest.fixture(scope="module")
def responder(ca, signer):
    return vouch.Responder(vouch.Issuer(ca.pem(), signers=[signer], sources=[lambda *_: GOOD]))


@pytest.fixture(scope="module")
def issuer(responder):
    return responder.issuers[0]


@pytest.mark.parametrize("hash, theirs", [(vouch.Hash.SHA1, hashes.SHA1()),
                                          (vouch.Hash.SHA256, hashes.SHA256()),
                                          (vouch.Hash.SHA384, hashes.SHA384()),
                                          (vouch.Hash.SHA512, hashes.SHA512())])
def test_a_request_is_what_others_make_of_it(ca, issuer, hash, theirs):
    end_entity = ca.end_entity(0x1234)
    built = ocsp.OCSPRequestBuilder().add_certificate(x509.load_der_x509_certificate(end_entity.der),
                                                      x509.load_der_x509_certificate(ca.der), theirs).build()
    expected = built.public_bytes(serialization.Encoding.DER)
    assert vouch.Request([(issuer, 0x1234)], hash).encode() == expected
    assert vouch.Request([(ca.der, 0x1234)], hash).encode() == expected


def test_a_nonce_is_random_given_or_absent(issuer):
    first, second = (vouch.Request([(issuer, 5)], nonce=True) for _ in range(2))
    assert len(first.nonce) == 32 and first.nonce != second.nonce and first.nonce in first.encode()
    assert vouch.Request([(issuer, 5)], nonce=b"abc").nonce == b"abc"
    assert vouch.Request([(issuer, 5)]).nonce is None
    for wrong in (b"", bytes(129)):
        with pytest.raises(vouch.VouchError):
            vouch.Request([(issuer, 5)], nonce=wrong)


def test_a_request_can_be_signed(ca, issuer, responder):
    client = ca.issue(pki.common_name("client"), pki.key("p256", "client"),
                      extensions=[pki.key_usage("digitalSignature")])
    by_function = vouch.Request([(issuer, 5)], signer=vouch.Signer(client.pem(), sign=client.key.sign))
    gc.collect()
    request = vouch.Request([(issuer, 5)], signer=vouch.Signer(client.pem(), client.key.pem()))
    assert len(vouch.decode(by_function.encode())) == len(vouch.decode(request.encode()))
    names = [field.name for field in vouch.decode(request.encode())]
    assert "optionalSignature" in names and "requestorName" in names
    assert vouch.Response.verify(responder.handle(request.encode()), request).singles


def changed(octets):
    """A response with one bit of its signature turned."""
    at = octets.index(b"\x30\x0a\x06\x08\x2a\x86\x48\xce\x3d\x04\x03\x02\x03") + 40
    return octets[:at] + bytes([octets[at] ^ 1]) + octets[at + 1:]


def test_what_does_not_answer_the_request_is_refused_with_the_rule(ca, delegated, issuer, responder):
    request = vouch.Request([(issuer, 5)], nonce=True)
    body = responder.handle(request.encode())
    later = datetime.datetime.now(UTC) + datetime.timedelta(days=3)
    stranger = pki.authority("Python CA", pki.key("p256", "impostor"))
    table = {
        "certid": (body, vouch.Request([(issuer, 6)]), {}),
        "nonce": (body, vouch.Request([(issuer, 5)], nonce=True), {}),
        "nonce_missing": (responder.handle(vouch.Request([(issuer, 5)]).encode()), request, {}),
        "next_update": (body, request, {"now": later}),
        "this_update": (body, request, {"now": later - datetime.timedelta(days=3, minutes=30)}),
        "signature": (changed(body), request, {}),
        "der": (body[:-1], request, {}),
    }
    for rule, (octets, asked, options) in table.items():
        with pytest.raises(vouch.VouchError) as caught:
            vouch.Response.verify(octets, asked, **options)
        assert caught.value.rule == rule, caught.value
    with pytest.raises(vouch.VouchError):
        vouch.Response.verify(body, vouch.Request([(stranger.pem(), 5)]))
    assert vouch.Response.verify(table["nonce_missing"][0], request, require_nonce=False).singles


def test_every_truncation_of_an_answer_is_refused(issuer, responder):
    request = vouch.Request([(issuer, 5)])
    body = responder.handle(request.encode())
    for length in range(len(body)):
        for read in (vouch.Response.parse, lambda octets: vouch.Response.verify(octets, request)):
            with pytest.raises(vouch.VouchError):
                read(body[:length])


def test_an_error_response_has_no_singles_to_be_read(issuer, responder):
    request = vouch.Request([(issuer, 5)])
    response = vouch.Response.verify(responder.handle(b"nonsense"), request)
    assert response.status == vouch.ResponseStatus.MALFORMED_REQUEST
    with pytest.raises(vouch.ResponseStatusError, match="malformedRequest") as caught:
        all(single.cert_status == vouch.CertStatus.GOOD for single in response.singles)
    assert caught.value.response_status == response.status
    assert response.produced_at is None and response.signer is None and not response.has_nonce


def test_a_signer_may_be_trusted_locally(ca):
    other = pki.authority("Stranger", pki.key("p256", "stranger"))
    stranger = other.signer(pki.key("p256", "strange signer"))
    issuer = vouch.Issuer(ca.pem(), sources=[lambda *_: GOOD])
    issuer.add_signer(vouch.Signer(stranger.pem(), stranger.key.pem()), locally_trusted=True)
    request = vouch.Request([(issuer, 5)])
    body = vouch.Responder(issuer).handle(request.encode())
    with pytest.raises(vouch.VouchError):
        vouch.Response.verify(body, request)
    assert vouch.Response.verify(body, request, trusted_signer=stranger.pem()).signer == stranger.der


def test_a_response_says_what_others_read_in_it(issuer, responder, delegated):
    request = vouch.Request([(issuer, 5)], nonce=True)
    response = vouch.Response.verify(responder.handle(request.encode()), request)
    theirs, (single,) = ocsp.load_der_ocsp_response(response.der), response.singles
    assert theirs.serial_number == single.serial_number == 5
    assert theirs.this_update.replace(tzinfo=UTC) == single.this_update
    assert theirs.next_update.replace(tzinfo=UTC) == single.next_update
    assert theirs.produced_at.replace(tzinfo=UTC) == response.produced_at
    assert response.signer == delegated.der and response.has_nonce and single.hash == vouch.Hash.SHA256
    assert dataclasses.asdict(single)["revocation_time"] is None


def test_certificates_tell_what_ocsp_wants_of_them(ca, delegated, tmp_path):
    end_entity = ca.end_entity(0x7F, extensions=[pki.authority_information_access("http://ocsp.example/x")])
    certificate = vouch.Certificate(end_entity.pem())
    assert (certificate.serial_number, certificate.issuer, certificate.subject) == (0x7F, ca.subject,
                                                                                   end_entity.subject)
    assert certificate.ocsp_url == "http://ocsp.example/x" and certificate.ca_issuers_url is None
    assert (certificate.not_before, certificate.not_after) == (end_entity.not_before, end_entity.not_after)
    assert "CN=ee 7f" in repr(certificate)
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes(end_entity.pem() + b"text between\n" + ca.pem())
    found = vouch.Certificate.all(bundle)
    assert [item.der for item in found] == [end_entity.der, ca.der]
    assert found[0] == certificate and len({*found, certificate}) == 2
    for wrong in (b"", b"text", end_entity.der[:-1]):
        with pytest.raises(vouch.VouchError):
            vouch.Certificate(wrong)


def test_decode_names_every_field_and_where_it_ends(issuer):
    octets = vouch.Request([(issuer, 5)], nonce=b"abcd").encode()
    fields = vouch.decode(octets)
    assert (fields[0].name, fields[0].offset) == ("OCSPRequest", 0)
    assert fields[0].header + fields[0].length == len(octets)
    assert {"serialNumber", "issuerKeyHash", "issuerNameHash"} <= {field.name for field in fields}
    assert next(field for field in fields if field.name == "serialNumber").text == "5"
    bad = octets[:4] + b"\x31" + octets[5:]
    with pytest.raises(vouch.DecodeError) as caught:
        vouch.decode(bad)
    assert caught.value.offset == 4 and [field.name for field in caught.value.fields][0] == "OCSPRequest"
    for length in range(len(octets)):
        with pytest.raises(vouch.ParseError):
            vouch.decode(octets[:length])
