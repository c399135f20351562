# SPDX-License-Identifier: Apache-2.0
"""The drop-in ocspresponder: what it answers, by the methods that programs call and by octets, and what it asks."""

import datetime
import logging

import pytest
from asn1crypto import ocsp as asn1_ocsp
from asn1crypto import x509
from ocspbuilder import OCSPRequestBuilder
from ocspresponder import CertificateStatus, OCSPResponder, ResponseStatus
from support import ocsp, pki

from drop_in import (GOOD, PAST, STATUSES, Site, answer, data_of, garbage, kind_of, load, nonce_of, raising, single_of,
                     status_of, verify)

SERIAL = 0x1234


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.leaf(SERIAL)
    return made


# Answers ----------------------------------------------------------------------------------------------

def test_an_answer_is_shaped_as_the_original_shaped_it(site):
    response = answer(site.responder(next_update_days=9), site.request(SERIAL))
    data, single = data_of(response), single_of(response)
    basic = response["response_bytes"]["response"].parsed
    assert basic["signature_algorithm"]["algorithm"].native == "sha256_ecdsa"
    assert [c.dump() for c in basic["certs"]] == [site.signer.der]
    assert data["responder_id"].name == "by_key"
    assert data["responder_id"].chosen.native == site.signer.key.public_hash()
    assert len(data["response_extensions"]) == 0 and len(data["responses"]) == 1
    assert single["this_update"].native == data["produced_at"].native
    assert single["next_update"].native - single["this_update"].native == datetime.timedelta(days=9)
    age = datetime.datetime.now(datetime.timezone.utc) - data["produced_at"].native
    assert datetime.timedelta(0) <= age < datetime.timedelta(minutes=1)
    [extension] = single["single_extensions"]
    assert extension["extn_id"].native == "certificate_issuer"
    assert extension["extn_value"].parsed[0].chosen == x509.Name.load(site.ca.subject)


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_is_answered_as_it_is_said(site, status):
    site.statuses[SERIAL] = (CertificateStatus[status], None if status in ("good", "unknown") else PAST)
    request = site.request(SERIAL)
    expected = {"good": ("good", None), "unknown": ("unknown", None), "revoked": ("revoked", "unspecified")}
    responder = site.responder()
    for response in (answer(responder, request), responder.handle_ocsp_request(request)):
        assert kind_of(response) == expected.get(status, ("revoked", status))
        if expected.get(status, ("revoked",))[0] == "revoked":
            assert single_of(response)["cert_status"].chosen["revocation_time"].native == PAST
        assert len(single_of(response)["single_extensions"]) == 1
        verify(site, request, load(response).dump())


@pytest.mark.parametrize("given", [datetime.datetime(2024, 5, 6, 7, 8, 9, 123456), PAST, datetime.datetime(
    2024, 5, 6, 0, 8, 9, tzinfo=datetime.timezone(datetime.timedelta(hours=-7)))])
def test_the_time_of_a_revocation_is_utc_to_the_second(site, given):
    site.statuses[SERIAL] = (CertificateStatus.revoked, given)
    responder = site.responder()
    for response in (answer(responder, site.request(SERIAL)), responder.handle_ocsp_request(site.request(SERIAL))):
        assert single_of(response)["cert_status"].chosen["revocation_time"].contents == b"20240506070809Z"


def test_a_revocation_to_come_is_said_as_the_program_says_it(site):
    later = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=3)
    site.statuses[SERIAL] = (CertificateStatus.superseded, later)
    responder = site.responder()
    for response in (answer(responder, site.request(SERIAL)), responder.handle_ocsp_request(site.request(SERIAL))):
        assert kind_of(response) == ("revoked", "superseded")
    assert site.asked == [SERIAL, SERIAL]


def test_a_request_that_was_built_and_never_encoded_is_answered(site):
    leaf, ca = (x509.Certificate.load(made.der) for made in (site.leaves[SERIAL], site.ca))
    request = OCSPRequestBuilder(leaf, ca).build()
    response = site.responder()._build_ocsp_response(request)
    assert kind_of(response) == ("good", None)
    assert nonce_of(response) == b"\x04\x10" + request.nonce_value.native


@pytest.mark.parametrize("hash_name", ["md5", "sha1", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("parameters", [b"\x05\x00", b""])
def test_the_certid_goes_back_octet_for_octet(site, hash_name, parameters):
    asked = ocsp.certid(site.ca, SERIAL, hash_name, parameters)
    responder = site.responder()
    for response in (answer(responder, ocsp.request(asked)), responder.handle_ocsp_request(ocsp.request(asked))):
        assert single_of(response)["cert_id"].dump() == asked
        assert data_of(response)["responder_id"].chosen.native == site.signer.key.public_hash()


NONCES = [b"n", b"n" * 16, b"n" * 32, b"n" * 128]


@pytest.mark.parametrize("nonce", NONCES, ids=[str(len(nonce)) for nonce in NONCES])
def test_a_nonce_goes_back_as_it_came(site, nonce):
    responder, request = site.responder(), site.request(SERIAL, nonce=nonce)
    expected = load(answer(responder, request))
    assert nonce_of(expected) == nonce_of(responder.handle_ocsp_request(request))
    assert nonce_of(expected)[-len(nonce):] == nonce
    [extension] = data_of(expected)["response_extensions"]
    assert extension["extn_id"].native == "nonce" and extension["critical"].native is False


def test_a_nonce_that_is_not_wrapped_goes_back_as_it_came(site):
    responder = site.responder()
    request = site.request(SERIAL, extensions=[pki.extension(ocsp.NONCE, b"\xa5" * 16)])
    for response in (answer(responder, request), responder.handle_ocsp_request(request)):
        assert nonce_of(response) == b"\xa5" * 16


@pytest.mark.parametrize("nonce", [b"", b"n" * 129])
def test_a_nonce_of_a_length_that_is_not_allowed_is_malformed(site, nonce):
    responder, request = site.responder(), site.request(SERIAL, nonce=nonce)
    assert status_of(answer(responder, request)) == "malformed_request"
    assert responder.handle_ocsp_request(request) == ocsp.MALFORMED


def test_an_extension_that_is_not_known_is_ignored_unless_it_is_critical(site, caplog):
    responder = site.responder()
    harmless = pki.extension(ocsp.UNKNOWN_EXTENSION, b"\x05\x00")
    critical = pki.extension(ocsp.UNKNOWN_EXTENSION, b"\x05\x00", critical=True)
    with caplog.at_level(logging.INFO, "ocspresponder"):
        assert kind_of(answer(responder, site.request(SERIAL, extensions=[harmless]))) == ("good", None)
    assert "1.3.6.1.4.1.32473.1" in caplog.text
    inner = ocsp.request(ocsp.entry(ocsp.certid(site.ca, SERIAL), [critical]))
    for request in (site.request(SERIAL, extensions=[critical]), inner):
        site.asked.clear()
        assert status_of(answer(responder, request)) == "internal_error"
        assert responder.handle_ocsp_request(request) == ocsp.INTERNAL_ERROR
        assert site.asked == [SERIAL, SERIAL]      # validated first, as in the original


CALLBACKS = [
    ("validate raises", "_validate", raising, True),
    ("no pair", "_validate", lambda serial: None, False),
    ("a status as text", "_validate", lambda serial: ("good", None), False),
    ("the other enumeration", "_validate", lambda serial: (ResponseStatus.successful, None), False),
    ("revoked without a time", "_validate", lambda serial: (CertificateStatus.revoked, None), False),
    ("revoked on a text", "_validate", lambda serial: (CertificateStatus.revoked, "today"), False),
    ("retrieve raises", "_cert_retrieve", raising, True),
    ("no certificate", "_cert_retrieve", lambda serial: None, False),
    ("an empty text", "_cert_retrieve", lambda serial: "", False),
    ("garbage", "_cert_retrieve", garbage, False),
]


@pytest.mark.parametrize("name, function, raises", [row[1:] for row in CALLBACKS], ids=[row[0] for row in CALLBACKS])
def test_functions_that_fail_give_internal_error_and_a_line_in_the_log(site, caplog, name, function, raises):
    responder, request = site.responder(), site.request(SERIAL)
    setattr(responder, name, function)
    assert status_of(answer(responder, request)) == "internal_error"
    assert responder.handle_ocsp_request(request) == ocsp.INTERNAL_ERROR
    errors = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(errors) == 2 and all(record.exc_info for record in errors)
    assert not raises or all("the database is away" in str(record.exc_info[1].__cause__ or record.exc_info[1])
                             for record in errors)


def test_functions_are_called_in_their_order_and_once(site):
    responder = site.responder()
    order = []
    responder._validate = lambda serial: order.append(("validate", serial)) or GOOD
    responder._cert_retrieve = lambda serial: order.append(("retrieve", serial)) or site.leaves[SERIAL].pem().decode()
    answer(responder, site.request(SERIAL))
    responder.handle_ocsp_request(site.request(SERIAL))
    assert order == [("validate", SERIAL), ("retrieve", SERIAL)] * 2


@pytest.mark.parametrize("serial", [0, 1, 127, 128, -1, -102, 2**159 - 1, 2**167 - 1])
def test_serial_numbers_reach_the_functions_as_they_are(site, serial):
    site.leaf(serial)
    responder, request = site.responder(), site.request(serial)
    for response in (answer(responder, request), responder.handle_ocsp_request(request)):
        assert single_of(response)["cert_id"]["serial_number"].native == serial
    assert site.asked == [serial, serial] and site.retrieved == [serial, serial]


def test_a_certificate_of_another_issuer_is_an_internal_error(site, caplog):
    other = pki.authority("Another CA", pki.key("p256", "another ca")).end_entity(SERIAL)
    responder, request = site.responder(), site.request(SERIAL)
    responder._cert_retrieve = lambda serial: other.pem().decode()
    assert status_of(answer(responder, request)) == "internal_error"
    assert responder.handle_ocsp_request(request) == ocsp.INTERNAL_ERROR


def test_a_certificate_of_another_serial_number_is_warned_of_once(site, caplog):
    wrong = site.leaf(99)
    responder, request = site.responder(), site.request(SERIAL)
    responder._cert_retrieve = lambda serial: wrong.pem().decode()
    for response in (answer(responder, request), responder.handle_ocsp_request(request), answer(responder, request)):
        assert single_of(response)["cert_id"]["serial_number"].native == SERIAL and kind_of(response)[0] == "good"
    assert len([record for record in caplog.records if record.levelno == logging.WARNING]) == 1


@pytest.mark.parametrize("form", [lambda c: c.pem(), lambda c: c.der, lambda c: x509.Certificate.load(c.der),
                                  lambda c: "in words\n" + c.pem().decode() * 2])
def test_a_retrieved_certificate_may_have_any_form(site, form):
    responder, request = site.responder(), site.request(SERIAL)
    responder._cert_retrieve = lambda serial: form(site.leaves[SERIAL])
    assert kind_of(answer(responder, request)) == ("good", None)
    assert kind_of(responder.handle_ocsp_request(request)) == ("good", None)


def foreign(site):
    """CertIDs that are not of the site's CA."""
    other = pki.authority("Another CA", pki.key("p256", "another ca"))
    renamed = pki.authority("Another name", site.ca.key)
    rekeyed = pki.authority("Drop-in CA", pki.key("p256", "another key"))
    return [ocsp.certid(other, SERIAL), ocsp.certid(renamed, SERIAL), ocsp.certid(rekeyed, SERIAL, "sha256"),
            ocsp.certid(site.ca, SERIAL, "md5", key_hash=b"k" * 16),
            ocsp.certid(site.ca, SERIAL, parameters=b"\x30\x00")]


def test_certids_of_another_issuer_are_unauthorized(site):
    responder = site.responder()
    for asked in foreign(site):
        assert status_of(answer(responder, ocsp.request(asked))) == "unauthorized"
        assert responder.handle_ocsp_request(ocsp.request(asked)) == ocsp.UNAUTHORIZED
    assert site.asked == []


def test_a_hash_that_nobody_knows_is_unauthorized(site):
    asked = ocsp.certid(site.ca, SERIAL).replace(bytes.fromhex("06052b0e03021a"), bytes.fromhex("06052b0e030219"))
    responder = site.responder()
    assert status_of(answer(responder, ocsp.request(asked))) == "unauthorized"
    assert responder.handle_ocsp_request(ocsp.request(asked)) == ocsp.UNAUTHORIZED


def test_several_certificates_are_answered_in_their_order(site):
    site.leaf(7, (CertificateStatus.key_compromise, PAST))
    site.leaf(8, (CertificateStatus.unknown, None))
    responder, request = site.responder(), site.request(7, SERIAL, 8, 7, nonce=b"n" * 16)
    for response in (answer(responder, request).dump(), responder.handle_ocsp_request(request)):
        kinds = [kind_of(response, number) for number in range(4)]
        assert kinds == [("revoked", "key_compromise"), ("good", None), ("unknown", None),
                         ("revoked", "key_compromise")]
        assert [single_of(response, n)["cert_id"]["serial_number"].native for n in range(4)] == [7, SERIAL, 8, 7]
        assert all(len(single_of(response, n)["single_extensions"]) == 1 for n in range(4))
        verify(site, request, response)
    assert site.asked == [7, SERIAL, 8] * 2 and site.retrieved == [7, SERIAL, 8] * 2


def test_what_is_foreign_beside_what_is_ours_is_unknown(site):
    request = ocsp.request(foreign(site)[0], ocsp.certid(site.ca, SERIAL))
    responder = site.responder()
    for response in (answer(responder, request), responder.handle_ocsp_request(request)):
        assert [kind_of(response, number)[0] for number in range(2)] == ["unknown", "good"]
        assert [len(single_of(response, number)["single_extensions"]) for number in range(2)] == [0, 1]
    assert site.asked == [SERIAL, SERIAL]


def test_one_failure_among_several_certificates_fails_them_all(site):
    site.leaf(7, (CertificateStatus.revoked, None))
    responder, request = site.responder(), site.request(SERIAL, 7)
    assert status_of(answer(responder, request)) == "internal_error"
    assert responder.handle_ocsp_request(request) == ocsp.INTERNAL_ERROR


def test_as_many_certificates_as_there_may_be_are_answered_and_no_more(site):
    responder = site.responder()
    assert len(data_of(answer(responder, site.request(*[SERIAL] * 64)))["responses"]) == 64
    assert len(data_of(responder.handle_ocsp_request(site.request(*[SERIAL] * 64)))["responses"]) == 64
    assert status_of(answer(responder, site.request(*[SERIAL] * 65))) == "malformed_request"
    assert responder.handle_ocsp_request(site.request(*[SERIAL] * 65)) == ocsp.MALFORMED


@pytest.mark.parametrize("days", [1, 7, 0.5, 36, 3000, 100000])
def test_days_changed_at_any_time_take_effect(site, days):
    responder, request = site.responder(), site.request(SERIAL)
    responder._next_update_days = days
    for response in (answer(responder, request), responder.handle_ocsp_request(request)):
        single = single_of(response)
        assert single["next_update"].native - single["this_update"].native == datetime.timedelta(days=days)


def test_days_gone_by_make_an_answer_that_is_over(site):
    responder, request = site.responder(next_update_days=-1), site.request(SERIAL)
    for response in (answer(responder, request), responder.handle_ocsp_request(request)):
        assert single_of(response)["next_update"].native < single_of(response)["this_update"].native
    responder._next_update_days = "many"
    assert status_of(answer(responder, request)) == "internal_error"
    assert responder.handle_ocsp_request(request) == ocsp.INTERNAL_ERROR


@pytest.mark.parametrize("status, octets", zip(list(ResponseStatus)[1:], (
    ocsp.MALFORMED, ocsp.INTERNAL_ERROR, ocsp.TRY_LATER, ocsp.SIG_REQUIRED, ocsp.UNAUTHORIZED)))
def test_fail_says_why_there_is_no_answer(site, status, octets):
    response = site.responder()._fail(status)
    assert isinstance(response, asn1_ocsp.OCSPResponse) and response.dump() == octets


def test_the_answer_of_the_ca_itself_has_its_certificate(site):
    responder = OCSPResponder(str(site.ca_pem), str(site.ca_pem), str(site.ca_key), site.validate, site.retrieve)
    request = site.request(SERIAL)
    for response in (answer(responder, request).dump(), responder.handle_ocsp_request(request)):
        assert [c.dump() for c in load(response)["response_bytes"]["response"].parsed["certs"]] == [site.ca.der]
        verify(site, request, response)


def test_a_responder_that_nobody_authorised_answers_as_it_did(site):
    plain = site.ca.end_entity(5, "no signer")
    responder = OCSPResponder(site.ca.der, plain.der, plain.key.pem(), site.validate, site.retrieve)
    assert kind_of(answer(responder, site.request(SERIAL))) == ("good", None)
    assert kind_of(responder.handle_ocsp_request(site.request(SERIAL))) == ("good", None)


def test_a_responder_that_has_expired_answers_as_it_did(site):
    before = pki.now() - datetime.timedelta(days=9)
    old = site.ca.signer(pki.key("p256", "expired"), not_before=before, not_after=pki.now() - datetime.timedelta(1))
    responder = OCSPResponder(site.ca.der, old.der, old.key.pem(), site.validate, site.retrieve)
    for response in (answer(responder, site.request(SERIAL)), responder.handle_ocsp_request(site.request(SERIAL))):
        assert kind_of(response) == ("good", None)
    assert site.asked == site.retrieved == [SERIAL, SERIAL]


def test_an_issuer_that_may_not_issue_is_answered_for_as_it_was(site):
    plain = site.ca.end_entity(5, "no CA")
    leaf = plain.end_entity(SERIAL)
    responder = OCSPResponder(plain.der, plain.der, plain.key.pem(), site.validate, lambda serial: leaf.pem())
    request = ocsp.request(ocsp.certid(plain, SERIAL))
    for response in (answer(responder, request), responder.handle_ocsp_request(request)):
        assert kind_of(response) == ("good", None)


def test_a_key_of_another_certificate_signs_nothing(site, caplog):
    responder = OCSPResponder(str(site.ca_pem), str(site.signer_pem), str(site.ca_key), site.validate, site.retrieve)
    assert status_of(answer(responder, site.request(SERIAL))) == "internal_error"
    assert responder.handle_ocsp_request(site.request(SERIAL)) == ocsp.INTERNAL_ERROR


def test_an_interruption_is_not_swallowed(site):
    responder = site.responder()

    def interrupted(serial):
        raise KeyboardInterrupt

    responder._validate = interrupted
    with pytest.raises(KeyboardInterrupt):
        responder.handle_ocsp_request(site.request(SERIAL))
    responder._validate = site.validate
    assert kind_of(responder.handle_ocsp_request(site.request(SERIAL))) == ("good", None)


def test_a_function_may_ask_the_responder_meanwhile(site):
    responder = site.responder()
    site.leaf(7, (CertificateStatus.superseded, PAST))
    inner = []

    def validate(serial):
        if serial == SERIAL:
            inner.append(responder.handle_ocsp_request(site.request(7)))
        return site.validate(serial)

    responder._validate = validate
    assert kind_of(responder.handle_ocsp_request(site.request(SERIAL))) == ("good", None)
    assert kind_of(inner[0]) == ("revoked", "superseded") and site.asked == [7, SERIAL]
