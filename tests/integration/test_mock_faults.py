# SPDX-License-Identifier: Apache-2.0
"""Each fault of the responses of `vouch mock` is what its row says: the answer is decoded, and everything else in it is sound."""

import datetime
import hashlib

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding

import test_mock_faults_transport
from fault_checks import Checks
from support import der, ocsp, pki
from support.mock import NONCE, SERIAL, Mock, faults

REASONS = ["unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation",
           "certificateHold", "removeFromCRL", "privilegeWithdrawn", "aACompromise"]
HOUR = datetime.timedelta(hours=1)


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    with Mock(tmp_path_factory.mktemp("mock")) as made:
        yield made


CHECKS = Checks()
fault = CHECKS.of


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


# --- All of them ----------------------------------------------------------------------------------------------------


def test_every_fault_has_its_check():
    assert sorted([*CHECKS, *test_mock_faults_transport.CHECKS]) == sorted(faults())


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_the_fault_is_what_its_row_says(mock, name):
    CHECKS[name](mock)
