# SPDX-License-Identifier: Apache-2.0
"""The two ways of the drop-in: which one a request takes, and that both answer the same, field by field."""

import datetime
import gc
import weakref

import bottle
import ocspbuilder
import ocspresponder
import pytest
from ocspresponder import CertificateStatus, OCSPResponder
from support import ocsp, pki

from drop_in import GOOD, PAST, Site, data_of, kind_of, load, single_of

SERIAL = 0x1234
SAME_SECOND_TRIES = 5


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.leaf(SERIAL)
    return made


def both(responder, request):
    """(fast, compatible): the latter by the methods that programs replace."""
    compatible = responder._build_ocsp_response(responder._parse_ocsp_request(request)).dump()
    return responder._vouch.answer(request), compatible


def fields(response):
    """All of an answer but its signature value."""
    response = load(response)
    basic = response["response_bytes"]["response"].parsed
    return (response["response_status"].native, response["response_bytes"]["response_type"].native,
            basic["tbs_response_data"].dump(), basic["signature_algorithm"].dump(), basic["certs"].dump())


def assert_alike(responder, request):
    """Both made in the same second, at the latest at the fifth try."""
    for _ in range(SAME_SECOND_TRIES):
        fast, compatible = both(responder, request)
        assert fast is not None
        if data_of(fast)["produced_at"].native == data_of(compatible)["produced_at"].native:
            break
    assert fields(fast) == fields(compatible)


STATUSES = [GOOD, (CertificateStatus.unknown, None), *[
    (status, PAST) for status in CertificateStatus if status.name not in ("good", "unknown", "remove_from_crl")]]


@pytest.mark.parametrize("status", STATUSES, ids=[status.name for status, _ in STATUSES])
def test_every_status_is_written_alike(site, status):
    site.statuses[SERIAL] = status
    assert_alike(site.responder(), site.request(SERIAL))


@pytest.mark.parametrize("year", [1, 999, 1900, 1969, 1970, 2025])
def test_every_time_of_a_revocation_is_written_alike(site, year):
    site.statuses[SERIAL] = (CertificateStatus.revoked, datetime.datetime(year, 2, 3, 4, 5, 6, 789012))
    assert_alike(site.responder(), site.request(SERIAL))
    revoked = single_of(site.responder().handle_ocsp_request(site.request(SERIAL)))["cert_status"].chosen
    assert revoked["revocation_time"].contents == b"%04d0203040506Z" % year


@pytest.mark.parametrize("kind", ["p256", "p384", "p521", "rsa2048", "rsa512", "pss2048", "ed25519", "ed448"])
def test_every_kind_of_key_signs_alike(tmp_path, kind):
    site = Site(tmp_path, kind)
    site.leaf(SERIAL)
    assert_alike(site.responder(), site.request(SERIAL, nonce=b"n" * 32))


@pytest.mark.parametrize("hash_name", ["md5", "sha1", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("parameters", [b"\x05\x00", b""])
def test_every_certid_goes_back_alike(site, hash_name, parameters):
    assert_alike(site.responder(), ocsp.request(ocsp.certid(site.ca, SERIAL, hash_name, parameters)))


REQUESTS = [
    ("no nonce", lambda s: s.request(SERIAL)),
    ("a nonce of one octet", lambda s: s.request(SERIAL, nonce=b"n")),
    ("a nonce of 128 octets", lambda s: s.request(SERIAL, nonce=b"n" * 128)),
    ("a critical nonce", lambda s: s.request(SERIAL, extensions=[ocsp.nonce(b"n" * 16, critical=True)])),
    ("a nonce that is not wrapped", lambda s: s.request(SERIAL, extensions=[pki.extension(ocsp.NONCE, b"\xa5" * 9)])),
    ("an extension that is not known", lambda s: s.request(SERIAL, extensions=[
        pki.extension(ocsp.UNKNOWN_EXTENSION, b"\x05\x00")])),
    ("an empty list of extensions", lambda s: s.request(SERIAL, extensions=[])),
    ("the same twice", lambda s: s.request(SERIAL, SERIAL)),
    ("several", lambda s: s.request(7, SERIAL, 8)),
    ("two hashes", lambda s: ocsp.request(ocsp.certid(s.ca, SERIAL), ocsp.certid(s.ca, SERIAL, "sha256"))),
    ("signed", lambda s: ocsp.signed_request([ocsp.certid(s.ca, SERIAL)], s.signer.key, [s.signer.der])),
    ("a line end behind it", lambda s: s.request(SERIAL) + b"\r\n"),
]


@pytest.mark.parametrize("make", [row[1] for row in REQUESTS], ids=[row[0] for row in REQUESTS])
def test_every_request_is_answered_alike(site, make):
    site.leaf(7, (CertificateStatus.key_compromise, PAST))
    site.leaf(8, (CertificateStatus.certificate_hold, PAST))
    assert_alike(site.responder(), make(site))


@pytest.mark.parametrize("days", [1, 7, 0.25, 3660])
def test_every_number_of_days_counts_alike(site, days):
    assert_alike(site.responder(next_update_days=days), site.request(SERIAL))


def test_the_second_style_is_answered_alike(site):
    responder = OCSPResponder(issuer_cert=site.ca.pem(), ocsp_cert=site.signer.pem(), ocsp_key=site.signer.key.pem(),
                              retrieve_certificate_status=site.validate,
                              retrieve_issuer_certificate=lambda serial: None)
    assert_alike(responder, site.request(SERIAL))


def test_the_ca_itself_answers_alike(site):
    responder = OCSPResponder(site.ca.der, site.ca.der, site.ca.key.pem(), site.validate, site.retrieve)
    assert_alike(responder, site.request(SERIAL))


def test_an_issuer_whose_name_is_spelled_in_an_old_way_is_answered_alike(site):
    name = pki.name(("C", "XX"), ("CN", "Tëst CA".encode("latin-1").decode("latin-1")))
    ca = pki.authority("", pki.key("p256", "old name"), subject=name)
    leaf, signer = ca.end_entity(SERIAL), ca.signer(pki.key("p256", "drop-in signer p256"))
    responder = OCSPResponder(ca.der, signer.der, signer.key.pem(), lambda serial: GOOD, lambda serial: leaf.pem())
    assert_alike(responder, ocsp.request(ocsp.certid(ca, SERIAL)))


# Which way --------------------------------------------------------------------------------------------

def unlike(name):
    """A method that does what ours does, and is not ours."""
    ours = getattr(OCSPResponder, name)
    return lambda self, *arguments: ours(self, *arguments)


METHODS = ["_parse_ocsp_request", "_build_ocsp_response", "_build_http_response", "_handle_get", "_handle_post",
           "_fail"]


def takes(responder, request):
    """ "fast" or "compatible"; the answer must be right either way, and nobody is asked twice for it."""
    asked = []
    validate = responder._validate
    responder._validate = lambda serial: asked.append(serial) or validate(serial)
    fast = responder._vouch.answer(request)
    assert asked == ([SERIAL] if fast is not None else [])
    asked.clear()
    assert kind_of(responder.handle_ocsp_request(request)) == ("good", None)
    assert asked == [SERIAL]
    responder._validate = validate
    return "fast" if fast is not None else "compatible"


@pytest.mark.parametrize("name", METHODS)
def test_a_method_replaced_on_the_class_the_subclass_or_the_instance_is_used(site, monkeypatch, name):
    request, responder = site.request(SERIAL), site.responder()
    assert takes(responder, request) == "fast"
    with monkeypatch.context() as patch:
        patch.setattr(OCSPResponder, name, unlike(name))
        assert takes(responder, request) == "compatible"
    assert takes(responder, request) == "fast"
    assert takes(site.responder(type("Mine", (OCSPResponder,), {name: unlike(name)})), request) == "compatible"
    assert takes(site.responder(type("Mine", (OCSPResponder,), {})), request) == "fast"
    ours = getattr(responder, name)
    setattr(responder, name, lambda *arguments: ours(*arguments))
    assert takes(responder, request) == "compatible"
    delattr(responder, name)
    assert takes(responder, request) == "fast"


def test_functions_replaced_on_the_instance_stay_on_the_fast_way(site):
    responder = site.responder()
    responder._validate = lambda serial: (CertificateStatus.good, None)
    responder._cert_retrieve = lambda serial: site.leaves[serial].pem().decode()
    responder._next_update_days = 2
    assert takes(responder, site.request(SERIAL)) == "fast"


def signed_otherwise(self, *arguments, **named):
    self._hash_algo = "sha512"
    return AS_MADE(self, *arguments, **named)


AS_MADE = ocspbuilder.OCSPResponseBuilder.build


def test_a_build_method_replaced_at_any_time_is_used(site, monkeypatch):
    responder, request = site.responder(), site.request(SERIAL)
    assert takes(responder, request) == "fast"
    monkeypatch.setattr(ocspbuilder.OCSPResponseBuilder, "build", signed_otherwise)
    assert takes(responder, request) == "compatible"
    basic = load(responder.handle_ocsp_request(request))["response_bytes"]["response"].parsed
    assert basic["signature_algorithm"].hash_algo == "sha512"
    monkeypatch.undo()
    assert takes(responder, request) == "fast"


@pytest.mark.parametrize("name", ["__init__", "set_extension", "next_update"])
def test_any_other_part_of_the_builder_may_be_replaced(site, monkeypatch, name):
    theirs = ocspbuilder.OCSPResponseBuilder.__dict__[name]
    replaced = property(theirs.fget, theirs.fset) if isinstance(theirs, property) else \
        lambda *arguments, **named: theirs(*arguments, **named)
    monkeypatch.setattr(ocspbuilder.OCSPResponseBuilder, name, replaced)
    assert takes(site.responder(), site.request(SERIAL)) == "compatible"


@pytest.mark.parametrize("name", ["OCSPResponseBuilder", "OCSPRequest", "OCSPResponse", "HTTPResponse", "datetime"])
def test_a_class_replaced_in_the_module_is_used(site, monkeypatch, name):
    responder, request = site.responder(), site.request(SERIAL)
    monkeypatch.setattr(ocspresponder, name, type("Mine", (getattr(ocspresponder, name),), {}))
    assert takes(responder, request) == "compatible"
    if name == "OCSPResponseBuilder":
        made = []
        monkeypatch.setattr(ocspresponder.OCSPResponseBuilder, "build",
                            lambda self, *arguments: made.append(self) or AS_MADE(self, *arguments), raising=False)
        responder.handle_ocsp_request(request)
        assert type(made[0]) is ocspresponder.OCSPResponseBuilder


def test_a_certificate_or_key_replaced_at_any_time_is_used(site):
    responder, request = site.responder(), site.request(SERIAL)
    assert takes(responder, request) == "fast"
    other = site.ca.signer(pki.key("rsa2048", "the next signer"))
    fresh = OCSPResponder(site.ca.der, other.der, other.key.pem(), site.validate, site.retrieve)
    responder._responder_cert, responder._responder_key = fresh._responder_cert, fresh._responder_key
    for response in both(responder, request):
        [certificate] = load(response)["response_bytes"]["response"].parsed["certs"]
        assert certificate.dump() == other.der
    assert takes(responder, request) == "fast"


COMPATIBLE = [
    ("remove_from_crl", lambda s, r: s.statuses.update({SERIAL: (CertificateStatus.remove_from_crl, PAST)})),
    ("a revocation to come", lambda s, r: s.statuses.update({SERIAL: (
        CertificateStatus.revoked, datetime.datetime.now() + datetime.timedelta(days=3))})),
    ("days that are over", lambda s, r: setattr(r, "_next_update_days", -3)),
    ("no day at all", lambda s, r: setattr(r, "_next_update_days", 0)),
    ("more days than there are", lambda s, r: setattr(r, "_next_update_days", 10000)),
]


@pytest.mark.parametrize("spoil", [row[1] for row in COMPATIBLE], ids=[row[0] for row in COMPATIBLE])
def test_what_libvouch_does_not_say_is_said_without_asking_twice(site, spoil):
    responder, request = site.responder(), site.request(SERIAL)
    spoil(site, responder)
    assert responder._vouch.answer(request) is None
    assert site.asked == site.retrieved == [SERIAL]
    site.asked.clear()
    site.retrieved.clear()
    first = responder.handle_ocsp_request(request)
    assert site.asked == site.retrieved == [SERIAL]
    assert kind_of(first) == kind_of(responder._build_ocsp_response(responder._parse_ocsp_request(request)))


def test_nobody_is_asked_twice_when_one_of_several_is_odd(site):
    site.leaf(7, (CertificateStatus.remove_from_crl, PAST))
    site.leaf(8)
    response = site.responder().handle_ocsp_request(site.request(SERIAL, 7, 8))
    assert [kind_of(response, number) for number in range(3)] == [("good", None), ("revoked", "remove_from_crl"),
                                                                 ("good", None)]
    assert site.asked == site.retrieved == [SERIAL, 7, 8]


def test_what_was_told_for_one_request_is_not_told_for_the_next(site):
    responder, request = site.responder(), site.request(SERIAL)
    site.statuses[SERIAL] = (CertificateStatus.remove_from_crl, PAST)
    assert kind_of(responder.handle_ocsp_request(request)) == ("revoked", "remove_from_crl")
    site.statuses[SERIAL] = GOOD
    assert kind_of(responder.handle_ocsp_request(request)) == ("good", None)
    assert kind_of(responder._build_ocsp_response(responder._parse_ocsp_request(request))) == ("good", None)


# Routes -----------------------------------------------------------------------------------------------

def leads(responder):
    """Which of GET and POST lead to our handlers, whatever else there is."""
    surroundings = responder._vouch._surroundings
    return [method for method, target in (("GET", b"/status/MEU%3D?query"), ("POST", b"/status/"))
            if surroundings.route_is_ours(method, lambda target=target: target)]


class Renamed(OCSPResponder):
    def _route(self):
        self._app.get("/status/<request_data>", callback=self._handle_get)
        self._app.post("/status/", callback=self._handle_post)
        self._app.get("/log/", callback=lambda: "")


class Wrapped(OCSPResponder):
    def _route(self):
        self._app.get("/status/<request_data>", callback=self._get)
        self._app.post("/status/", callback=self._handle_post)

    def _get(self, request_data):
        return self._handle_get(request_data)


ROUTES = [
    ("ours", lambda app: None, ["GET", "POST"]),
    ("one more", lambda app: app.get("/log/", callback=lambda: ""), ["GET", "POST"]),
    ("one without the slash", lambda app: app.post("/status", callback=lambda: ""), ["GET", "POST"]),
    ("one with a place of its own", lambda app: app.post("/set_status/<n>", callback=lambda n: ""), ["GET", "POST"]),
    ("one that comes first", lambda app: app.get("/status/MEU=", callback=lambda: ""), ["POST"]),
    ("one that comes later", lambda app: app.get("/<everything:path>", callback=lambda e: ""), ["GET", "POST"]),
    ("a hook", lambda app: app.add_hook("after_request", lambda: None), []),
    ("a plugin", lambda app: app.install(lambda callback: callback), []),
    ("a plugin of one route", lambda app: app.routes[1].plugins.append(lambda callback: callback), ["POST"]),
    ("another callback", lambda app: setattr(app.routes[2], "callback", lambda: ""), ["GET"]),
    ("another handler", lambda app: setattr(app, "wsgi", lambda *a: []), []),
    ("no routes", lambda app: app.routes.clear(), []),
]


@pytest.mark.parametrize("change, expected", [row[1:] for row in ROUTES], ids=[row[0] for row in ROUTES])
def test_routes_are_looked_at_for_every_request(site, change, expected):
    responder = site.responder()
    assert leads(responder) == ["GET", "POST"]
    change(responder._app)
    assert leads(responder) == expected


def test_routes_made_by_a_subclass_are_looked_at(site):
    assert leads(site.responder(Renamed)) == ["GET", "POST"]
    assert leads(site.responder(Wrapped)) == ["POST"]


def test_another_application_is_used(site):
    responder = site.responder()
    responder._app = type("Mine", (bottle.Bottle,), {})()
    assert leads(responder) == []
    responder._app = lambda environ, start_response: []
    assert leads(responder) == []


# Memory -----------------------------------------------------------------------------------------------

def test_a_responder_that_nobody_needs_is_gone(site):
    responder = site.responder()
    responder.handle_ocsp_request(site.request(SERIAL))
    gone = weakref.ref(responder)
    del responder
    gc.collect()
    assert gone() is None


CALLS, WARM, GROWTH_KIB = 20000, 3000, 2048


def resident_kib():
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))


def test_memory_stays_flat_over_many_requests(site):
    responder = site.responder()
    requests = [site.request(SERIAL), site.request(SERIAL, nonce=b"n" * 32), b"garbage", site.request(SERIAL, SERIAL)]
    began = 0
    for number in range(CALLS):
        if number == WARM:
            gc.collect()
            began = resident_kib()
        responder.handle_ocsp_request(requests[number % 2 if number % 50 else 2 + number // 50 % 2])
    gc.collect()
    assert resident_kib() - began < GROWTH_KIB
