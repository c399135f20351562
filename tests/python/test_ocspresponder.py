# SPDX-License-Identifier: Apache-2.0
"""The drop-in ocspresponder: its names, what it takes, and what its methods answer to a caller."""

import base64
import datetime
import enum
import inspect
import logging
import pathlib
import urllib.parse

import bottle
import ocspresponder
import pytest
from asn1crypto import keys, ocsp as asn1_ocsp, x509
from cryptography.hazmat.primitives import serialization
from ocspresponder import CertificateStatus, OCSPResponder, ResponseStatus
from support import ocsp, pki

from drop_in import GOOD, PAST, Site, call, data_of, kind_of, load, nonce_of, single_of, status_of, verify

SERIAL = 0x1234
STATUSES = ["good", "revoked", "key_compromise", "ca_compromise", "affiliation_changed", "superseded",
            "cessation_of_operation", "certificate_hold", "remove_from_crl", "privilege_withdrawn", "unknown"]
RESPONSES = ["successful", "malformed_request", "internal_error", "try_later", "sign_required", "unauthorized"]


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.leaf(SERIAL)
    return made


def answer(responder, request):
    """By the methods that programs call: parsed, then answered."""
    return responder._build_ocsp_response(responder._parse_ocsp_request(request))


# Names ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind, names", [(CertificateStatus, STATUSES), (ResponseStatus, RESPONSES)])
def test_enumerations_are_named_by_their_values(kind, names):
    assert issubclass(kind, enum.Enum)
    assert [(member.name, member.value) for member in kind] == [(name, name) for name in names]


@pytest.mark.parametrize("name", ["OCSPResponder", "CertificateStatus", "ResponseStatus", "ValidateFunc",
                                  "CertRetrieveFunc", "OCSPRequest", "OCSPResponse", "OCSPResponseBuilder", "Bottle",
                                  "HTTPResponse", "request", "logger"])
def test_the_module_has_what_programs_reach_for(name):
    assert hasattr(ocspresponder, name)


def test_the_logger_is_that_of_the_module():
    assert ocspresponder.logger is logging.getLogger("ocspresponder")


def test_the_constructor_takes_its_arguments_by_place_and_by_name():
    names = ["issuer_cert", "responder_cert", "responder_key", "validate_func", "cert_retrieve_func",
             "next_update_days"]
    assert list(inspect.signature(OCSPResponder).parameters)[:6] == names
    assert inspect.signature(OCSPResponder).parameters["next_update_days"].default == 7
    parameters = inspect.signature(OCSPResponder.serve).parameters
    assert (parameters["port"].default, parameters["debug"].default) == (8080, False)


def test_a_responder_keeps_what_it_was_given(site):
    responder = site.responder(next_update_days=3)
    assert responder._validate == site.validate and responder._cert_retrieve == site.retrieve
    assert responder._next_update_days == 3
    assert isinstance(responder._app, bottle.Bottle)
    for kept, made in ((responder._issuer_cert, site.ca), (responder._responder_cert, site.signer)):
        assert isinstance(kept, x509.Certificate) and kept.dump() == made.der and kept.asn1.dump() == made.der
    assert isinstance(responder._responder_key, keys.PrivateKeyInfo)
    assert responder._responder_key.asn1.algorithm == "ec"


def test_the_routes_are_three(site):
    routes = [(route.rule, route.method, route.callback.__name__) for route in site.responder()._app.routes]
    assert routes == [("/", "GET", "_handle_root"), ("/status/<request_data>", "GET", "_handle_get"),
                      ("/status/", "POST", "_handle_post")]


# What it is made of -----------------------------------------------------------------------------------

def forms_of_certificate(site, made, path):
    return [str(path), pathlib.Path(path), str(path).encode(), made.pem(), made.pem().decode(), made.der,
            bytearray(made.der), b"Certificate:\n  in words\n" + made.pem(),
            x509.Certificate.load(made.der)]


def test_certificates_are_taken_in_any_form(site):
    for form in forms_of_certificate(site, site.ca, site.ca_pem):
        for other in forms_of_certificate(site, site.signer, site.signer_pem):
            responder = OCSPResponder(form, other, str(site.signer_key), site.validate, site.retrieve)
            assert responder._issuer_cert.asn1.dump() if hasattr(responder._issuer_cert, "asn1") else True
            assert status_of(answer(responder, site.request(SERIAL))) == "successful"


ENCODINGS, FORMATS = serialization.Encoding, serialization.PrivateFormat


@pytest.mark.parametrize("kind", ["p256", "p384", "rsa2048", "rsa512", "ed25519"])
@pytest.mark.parametrize("encoding", [ENCODINGS.PEM, ENCODINGS.DER])
@pytest.mark.parametrize("form", [FORMATS.PKCS8, FORMATS.TraditionalOpenSSL])
def test_keys_are_taken_in_any_form(tmp_path, kind, encoding, form):
    if kind == "ed25519" and form is FORMATS.TraditionalOpenSSL:
        pytest.skip("there is none")
    site = Site(tmp_path, kind)
    site.leaf(SERIAL)
    octets = site.signer.key.encoded(encoding, form)
    (tmp_path / "key").write_bytes(octets)
    for given in (octets, str(tmp_path / "key")):
        responder = OCSPResponder(str(site.ca_pem), str(site.signer_pem), given, site.validate, site.retrieve)
        request = site.request(SERIAL)
        for response in (answer(responder, request).dump(), responder.handle_ocsp_request(request)):
            assert kind_of(response) == ("good", None)
            if kind != "rsa512":    # below what openssl takes today
                verify(site, request, response)


def test_a_key_behind_its_parameters_is_found(site):
    key = site.signer.key.encoded(ENCODINGS.PEM, FORMATS.TraditionalOpenSSL)
    parameters = b"-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    responder = OCSPResponder(str(site.ca_pem), str(site.signer_pem), parameters + key, site.validate, site.retrieve)
    assert kind_of(answer(responder, site.request(SERIAL))) == ("good", None)


def test_objects_of_oscrypto_are_taken(site):
    asymmetric = pytest.importorskip("oscrypto.asymmetric")
    responder = OCSPResponder(asymmetric.load_certificate(site.ca.der), asymmetric.load_certificate(site.signer.der),
                              asymmetric.load_private_key(str(site.signer_key)), site.validate, site.retrieve)
    request = site.request(SERIAL)
    verify(site, request, answer(responder, request).dump())
    verify(site, request, responder.handle_ocsp_request(request))


WRONG = [
    ("issuer_cert", FileNotFoundError, lambda s: ("/no/such.pem", s.signer.der, s.signer.key.pem())),
    ("issuer_cert", ValueError, lambda s: (s.signer.key.pem(), s.signer.der, s.signer.key.pem())),
    ("issuer_cert", TypeError, lambda s: (5, s.signer.der, s.signer.key.pem())),
    ("responder_cert", ValueError, lambda s: (s.ca.der, s.signer.der[:-1], s.signer.key.pem())),
    ("responder_cert", ValueError, lambda s: (s.ca.der, s.signer.der + b"\0", s.signer.key.pem())),
    ("responder_key", ValueError, lambda s: (s.ca.der, s.signer.der, s.signer.der)),
    ("responder_key", ValueError, lambda s: (s.ca.der, s.signer.der, s.signer.pem())),
    ("responder_key", ValueError, lambda s: (s.ca.der, s.signer.der, s.signer.key.pem("secret"))),
    ("responder_key", TypeError, lambda s: (s.ca.der, s.signer.der, object())),
    ("responder_key", ValueError, lambda s: (s.ca.der, s.signer.der, b"-----BEGIN NOTHING-----")),
]


@pytest.mark.parametrize("parameter, kind, given", WRONG, ids=[str(n) for n in range(len(WRONG))])
def test_what_is_no_certificate_or_key_is_refused_by_name(site, parameter, kind, given):
    with pytest.raises(kind, match=None if kind is FileNotFoundError else parameter):
        OCSPResponder(*given(site), site.validate, site.retrieve)


# Handlers ---------------------------------------------------------------------------------------------

def test_the_root_says_what_it_is(site):
    responder = site.responder()
    assert responder._handle_root() == "ocsp-responder"
    assert call(responder._app, "GET", "/")[2] == b"ocsp-responder"


def test_get_and_post_answer_alike(site):
    responder, request = site.responder(), site.request(SERIAL)
    text = base64.b64encode(request).decode()
    posted = call(responder._app, "POST", "/status/", request, content_type="application/ocsp-request")
    got = call(responder._app, "GET", "/status/" + text)
    for status, fields, body in (posted, got):
        assert status == 200 and fields["Content-Type"] == "application/ocsp-response"
        assert fields["Content-Length"] == str(len(body))
        assert kind_of(body) == ("good", None)
        verify(site, request, body)


def test_handle_get_gives_a_response_of_bottle(site):
    response = site.responder()._handle_get(base64.b64encode(site.request(SERIAL)).decode())
    assert isinstance(response, bottle.HTTPResponse) and response.status_code == 200
    assert response.content_type == "application/ocsp-response"
    assert kind_of(response.body) == ("good", None)


def slashed(site):
    """A request whose base64 has a slash, a plus and padding in it."""
    for number in range(10000):
        request = site.request(SERIAL, nonce=number.to_bytes(17, "big") + b"\xff\xff\xfe\xfb\xff")
        text = base64.b64encode(request).decode()
        if "/" in text and "+" in text and text.endswith("="):
            return request, text
    raise AssertionError("no such request")


SPELLINGS = [
    ("as it is", lambda text: text),
    ("percent-encoded", lambda text: urllib.parse.quote(text, safe="")),
    ("percent-encoded in lower case", lambda text: urllib.parse.quote(text, safe="").replace("%2F", "%2f")),
    ("URL-safe letters", lambda text: text.replace("+", "-").replace("/", "_")),
    ("no padding", lambda text: text.rstrip("=")),
    ("a blank for a plus", lambda text: text.replace("+", " ")),
    ("lines", lambda text: "\n".join(text[at:at + 64] for at in range(0, len(text), 64))),
    ("a slash more in front", lambda text: "/" + text),
]


@pytest.mark.parametrize("spell", [s for _, s in SPELLINGS], ids=[name for name, _ in SPELLINGS])
def test_base64_is_read_as_clients_write_it(site, spell):
    request, text = slashed(site)
    assert kind_of(site.responder()._handle_get(spell(text)).body) == ("good", None)


def test_a_slash_in_base64_reaches_the_handler_through_the_routes(site):
    request, text = slashed(site)
    responder = site.responder()
    assert nonce_of(call(responder._app, "GET", "/status/" + text)[2]) == b"\x04\x16" + load_nonce(request)
    assert call(responder._app, "GET", "/status")[0] == 404
    assert call(responder._app, "GET", "/other/" + text)[0] == 404
    assert call(responder._app, "PUT", "/status/")[0] == 405


def load_nonce(request):
    return asn1_ocsp.OCSPRequest.load(request).nonce_value.native


MALFORMED = [b"", b"\xde\xad\xbe\xef", b"0", b"\x30\x00", b"\x30\x80\x00\x00", ocsp.request()]


@pytest.mark.parametrize("octets", MALFORMED, ids=[octets.hex() or "nothing" for octets in MALFORMED])
def test_what_is_no_request_is_malformed_over_http_and_a_value_error_to_a_caller(site, octets):
    responder = site.responder()
    with pytest.raises(ValueError):
        responder._parse_ocsp_request(octets)
    status, fields, body = call(responder._app, "POST", "/status/", octets)
    assert (status, fields["Content-Type"], body) == (200, "application/ocsp-response", ocsp.MALFORMED)
    assert responder.handle_ocsp_request(octets) == ocsp.MALFORMED
    if octets:
        assert call(responder._app, "GET", "/status/" + base64.b64encode(octets).decode())[2] == ocsp.MALFORMED


def test_none_is_a_value_error_and_malformed(site):
    responder = site.responder()
    with pytest.raises(ValueError):
        responder._parse_ocsp_request(None)
    assert responder.handle_ocsp_request(None) == ocsp.MALFORMED
    assert responder.handle_ocsp_request("text") == ocsp.MALFORMED


def test_text_in_the_path_that_is_no_base64_is_malformed(site):
    for text in ("M", "favicon.ico", "MEU*", "%", "ü"):
        assert call(site.responder()._app, "GET", "/status/" + text.encode().decode("latin-1"))[2] == ocsp.MALFORMED


def test_every_truncation_of_a_request_is_malformed(site):
    responder = site.responder()
    request = site.request(SERIAL, nonce=b"n" * 16)
    for length in range(len(request)):
        with pytest.raises(ValueError):
            responder._parse_ocsp_request(request[:length])
        assert responder.handle_ocsp_request(request[:length]) == ocsp.MALFORMED
    assert site.asked == []


def test_a_line_end_behind_a_request_is_forgiven_and_more_is_not(site):
    responder = site.responder()
    assert kind_of(answer(responder, site.request(SERIAL) + b"\r\n")) == ("good", None)
    assert kind_of(responder.handle_ocsp_request(site.request(SERIAL) + b"\r\n")) == ("good", None)
    with pytest.raises(ValueError):
        responder._parse_ocsp_request(site.request(SERIAL) + b"\0")


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


def raising(*_):
    raise RuntimeError("the database is away")


def garbage(*_):
    return "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"


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
            ocsp.certid(site.ca, SERIAL, "md5", key_hash=b"k" * 16), ocsp.certid(site.ca, SERIAL, parameters=b"\x30\x00")]


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


# The second calling style -----------------------------------------------------------------------------

def in_words(site, **options):
    values = {"issuer_cert": site.ca.pem(), "ocsp_cert": site.signer.pem(), "ocsp_key": site.signer.key.pem(),
              "retrieve_certificate_status": site.validate, "retrieve_issuer_certificate": lambda serial: site.ca.pem()}
    return OCSPResponder(**{**values, **options})


@pytest.mark.parametrize("status", STATUSES)
def test_the_second_style_answers_without_the_certificate(site, status):
    site.statuses[SERIAL] = (CertificateStatus[status], None if status in ("good", "unknown") else PAST)
    responder, request = in_words(site), site.request(SERIAL, nonce=b"n" * 16)
    for response in (responder.handle_ocsp_request(request), answer(responder, request).dump()):
        expected = status if status in ("good", "unknown") else "revoked"
        assert kind_of(response)[0] == expected and nonce_of(response)[2:] == b"n" * 16
        verify(site, request, response)
    assert site.asked == [SERIAL, SERIAL] and site.retrieved == []


def test_an_issuer_that_is_not_known_leaves_the_one_that_is(site):
    responder = in_words(site, retrieve_issuer_certificate=lambda serial: None)
    assert kind_of(responder.handle_ocsp_request(site.request(SERIAL))) == ("good", None)


def test_another_issuer_is_unauthorized(site):
    other = pki.authority("Another CA", pki.key("p256", "another ca"))
    responder = in_words(site, retrieve_issuer_certificate=lambda serial: other.pem())
    assert responder.handle_ocsp_request(site.request(SERIAL)) == ocsp.UNAUTHORIZED
    assert status_of(answer(responder, site.request(SERIAL))) == "unauthorized"
    assert site.asked == [SERIAL, SERIAL]


@pytest.mark.parametrize("function", [raising, lambda serial: b"garbage", lambda serial: garbage(), lambda serial: 5])
def test_an_issuer_that_does_not_parse_is_an_internal_error(site, function):
    responder = in_words(site, retrieve_issuer_certificate=function)
    assert responder.handle_ocsp_request(site.request(SERIAL)) == ocsp.INTERNAL_ERROR


def test_handle_ocsp_request_never_raises(site):
    responder = in_words(site, retrieve_certificate_status=raising)
    assert responder.handle_ocsp_request(site.request(SERIAL)) == ocsp.INTERNAL_ERROR
    responder._build_ocsp_response = raising
    assert responder.handle_ocsp_request(site.request(SERIAL)) == ocsp.INTERNAL_ERROR
    responder._parse_ocsp_request = responder._fail = raising
    assert responder.handle_ocsp_request(b"") in (ocsp.MALFORMED, ocsp.INTERNAL_ERROR)


MIXTURES = [
    ("missing", lambda s: {"issuer_cert": s.ca.pem()}),
    ("cert_retrieve_func", lambda s: {"issuer_cert": s.ca.pem(), "responder_cert": s.signer.pem(),
                                      "responder_key": s.signer.key.pem(), "validate_func": s.validate}),
    ("ocsp_key", lambda s: {"issuer_cert": s.ca.pem(), "ocsp_cert": s.signer.pem(),
                            "retrieve_certificate_status": s.validate}),
    ("validate_func", lambda s: {"issuer_cert": s.ca.pem(), "ocsp_cert": s.signer.pem(),
                                 "ocsp_key": s.signer.key.pem(), "validate_func": s.validate}),
]


@pytest.mark.parametrize("text, arguments", MIXTURES, ids=[row[0] for row in MIXTURES])
def test_half_of_a_style_or_both_are_refused(site, text, arguments):
    with pytest.raises(TypeError, match=text):
        OCSPResponder(**arguments(site))
