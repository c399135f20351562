# SPDX-License-Identifier: Apache-2.0
"""The drop-in ocspresponder: its names, what it takes, and what its methods answer to a caller."""

import base64
import enum
import inspect
import logging
import pathlib
import urllib.parse

import bottle
import ocspresponder
import pytest
from asn1crypto import keys, x509
from asn1crypto import ocsp as asn1_ocsp
from cryptography.hazmat.primitives import serialization
from ocspresponder import CertificateStatus, OCSPResponder, ResponseStatus
from support import ocsp, pki

from drop_in import PAST, STATUSES, Site, answer, call, garbage, kind_of, nonce_of, raising, status_of, verify

SERIAL = 0x1234
RESPONSES = ["successful", "malformed_request", "internal_error", "try_later", "sign_required", "unauthorized"]


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.leaf(SERIAL)
    return made


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


@pytest.mark.parametrize("encoding", [ENCODINGS.PEM, ENCODINGS.DER])
@pytest.mark.parametrize("kind, form", [("ed25519", FORMATS.PKCS8), *[
    (kind, form) for kind in ("p256", "p384", "rsa2048", "rsa512")
    for form in (FORMATS.PKCS8, FORMATS.TraditionalOpenSSL)]])
def test_keys_are_taken_in_any_form(tmp_path, kind, encoding, form):
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


def lengthened(request):
    """The same with its first length in one octet more than it takes: BER, and no DER."""
    assert request[0] == 0x30 and request[1] < 0x80
    return b"\x30\x81" + request[1:]


def test_ber_is_malformed(site):
    responder, request = site.responder(), site.request(SERIAL)
    padded = ocsp.request(ocsp.certid(site.ca, b"\x00\x00\x12\x34"))
    for octets in (lengthened(request), padded, b"\x30\x80" + request[2:] + b"\x00\x00"):
        with pytest.raises(ValueError):
            responder._parse_ocsp_request(octets)
        assert responder.handle_ocsp_request(octets) == ocsp.MALFORMED


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
