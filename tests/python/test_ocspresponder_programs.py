# SPDX-License-Identifier: Apache-2.0
"""Programs written for ocspresponder 0.5.0, as people write them, run unchanged; openssl asks them."""

import base64
import contextlib
import datetime
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import bottle
import pytest
from asn1crypto import keys, pem, x509
from asn1crypto import ocsp as asn1_ocsp
from conftest import PRELOAD
from ocspresponder import CertificateStatus, OCSPResponder, ResponseStatus
from support import ocsp, pki
from support.ports import free_port

from drop_in import GOOD, PAST, Site, call, data_of, kind_of, load

PROGRAMS = pathlib.Path(__file__).resolve().parent / "programs"
EVEN, ODD, SECONDS = 0x1234, 0x1235, 60


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.leaf(EVEN)
    made.leaf(ODD)
    return made


def reachable(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), SECONDS):
        return True
    return False


@pytest.fixture
def started():
    """started(name, arguments with {port} in them): the port of the program, once it listens."""
    running = []

    def start(name, *arguments):
        port = free_port()      # the programs are told one, as they are by their users
        words = [str(word).format(port=port) for word in arguments]
        process = subprocess.Popen([sys.executable, PROGRAMS / name, *words], stdin=subprocess.DEVNULL,
                                   stderr=subprocess.PIPE, text=True, env={**os.environ, **PRELOAD})
        running.append(process)
        deadline = time.monotonic() + SECONDS
        while not reachable(port):
            assert process.poll() is None, process.stderr.read()
            assert time.monotonic() < deadline, "out of time"
            time.sleep(0.02)
        return port

    yield start
    for process in running:
        process.kill()
        process.communicate()


def openssl(site, port, serial, *more, path="/status/"):
    command = ["openssl", "ocsp", "-issuer", str(site.ca_pem), *more, "-serial", str(serial), "-url",
               f"http://127.0.0.1:{port}{path}", "-CAfile", str(site.ca_pem), "-resp_text", "-timeout", str(SECONDS)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=2 * SECONDS)
    assert "Response verify OK" in done.stdout + done.stderr, done.stdout + done.stderr
    return done.stdout


def fetch(port, path, body=None, content_type=None):
    fields = {"Content-Type": content_type} if content_type else {}
    asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", body, fields)
    with urllib.request.urlopen(asked, timeout=SECONDS) as answer:
        return answer.read()


def mock_arguments(site):
    return ["-p", "{port}", "--ca_file", site.ca_pem, "--ocsp_responder_cert", site.signer_pem,
            "--ocsp_responder_key", site.signer_key, "--folder", site.folder]


def test_a_mock_reads_the_status_from_a_file_per_certificate(site, started):
    (site.folder / f"status-{EVEN}").write_text("good")
    (site.folder / f"status-{ODD}").write_text("key_compromise 2024-05-06")
    port = started("file_mock.py", *mock_arguments(site))
    assert f"{EVEN}: good" in openssl(site, port, EVEN)
    said = openssl(site, port, ODD, "-sha256")
    assert f"{ODD}: revoked" in said and "keyCompromise" in said and "May  6 00:00:00 2024 GMT" in said
    (site.folder / f"status-{EVEN}").write_text("certificate_hold 2024-05-06")
    assert "certificateHold" in openssl(site, port, EVEN, "-no_nonce")
    (site.folder / f"status-{EVEN}").unlink()
    assert fetch(port, "/status/", site.request(EVEN)) == ocsp.INTERNAL_ERROR


@pytest.mark.parametrize("fault, expected", [("revoked", "revoked"), ("unknown", "unknown")])
def test_a_mock_says_what_its_fault_is(site, started, fault, expected):
    port = started("file_mock.py", *mock_arguments(site), "--fault", fault)
    assert f"{EVEN}: {expected}" in openssl(site, port, EVEN)


def test_a_subclass_with_routes_keeps_what_was_asked(site, started):
    port = started("logging_subclass.py", site.folder, "{port}")
    assert f"{EVEN}: good" in openssl(site, port, EVEN, path="/status")
    answer = json.loads(fetch(port, f"/set_status/{EVEN}", b'{"status": "superseded"}', "application/json"))
    assert answer == {"serial": EVEN, "status": "superseded"}
    assert "superseded" in openssl(site, port, EVEN)
    request = site.request(EVEN)
    body = fetch(port, "/status/" + base64.b64encode(request).decode().replace("/", "%2F"))
    assert kind_of(body) == ("revoked", "superseded")
    names = json.loads(fetch(port, "/log/"))
    assert len(names) == 3
    entry = json.loads(fetch(port, f"/log/{names[-1]}"))
    assert base64.b64decode(entry["request"]) == request and base64.b64decode(entry["response"]) == body
    with pytest.raises(urllib.error.HTTPError):
        fetch(port, "/log/nothing")


def test_a_build_method_of_the_programs_own_names_the_responder(site, started):
    pytest.importorskip("oscrypto.asymmetric")
    port = started("build_by_name.py", site.folder, "{port}")
    assert "Responder Id: C = XX" in openssl(site, port, EVEN)
    said = openssl(site, port, ODD, "-sha256")
    assert f"{ODD}: revoked" in said and "Hash Algorithm: sha256" in said and "superseded" in said
    assert fetch(port, "/status/", site.request(EVEN, ODD)) == ocsp.INTERNAL_ERROR
    assert fetch(port, "/status/", b"garbage") == ocsp.MALFORMED


def test_the_second_style_stands_behind_another_server(site, started):
    port = started("behind_a_framework.py", site.folder, "{port}")
    assert f"{EVEN}: good" in openssl(site, port, EVEN)
    assert fetch(port, "/", b"garbage") == ocsp.MALFORMED


# A test suite around a responder, as pytest users write them ------------------------------------------

@pytest.fixture
def responder(site):
    return OCSPResponder(str(site.ca_pem), str(site.signer_pem), str(site.signer_key), validate_func=site.validate,
                         cert_retrieve_func=site.retrieve)


@pytest.fixture
def asked(site, responder):
    return responder._parse_ocsp_request(site.request(EVEN, nonce=b"0123456789abcdef"))


def test_a_fixture_looks_into_what_was_built(site, responder, asked):
    assert isinstance(asked, asn1_ocsp.OCSPRequest)
    response = responder._build_ocsp_response(asked)
    assert response["response_status"].native == ResponseStatus.successful.value
    assert response["response_bytes"]["response_type"].native == "basic_ocsp_response"
    basic = response["response_bytes"]["response"].parsed
    data = basic["tbs_response_data"]
    assert basic.native["tbs_response_data"]["responses"][0]["cert_id"]["serial_number"] == EVEN
    assert data["responses"][0]["cert_status"].name == "good"
    assert response.response_data["responses"][0]["cert_id"]["serial_number"].native == EVEN
    assert response.basic_ocsp_response["certs"][0].serial_number == site.signer.serial
    assert response.nonce_value.native == b"0123456789abcdef"


@pytest.mark.parametrize("status", list(CertificateStatus))
def test_a_fixture_replaces_validate_on_the_instance(responder, asked, status):
    responder._validate = lambda serial: (status, PAST)
    response = responder._build_ocsp_response(asked)
    name = status.value if status.value in ("good", "unknown") else "revoked"
    assert kind_of(response)[0] == name


def test_a_fixture_replaces_retrieve_and_days_on_the_instance(site, responder, asked):
    responder._cert_retrieve = lambda serial: site.leaves[EVEN].pem().decode()
    responder._next_update_days = 30
    single = data_of(responder._build_ocsp_response(asked))["responses"][0]
    assert single["next_update"].native - single["this_update"].native == datetime.timedelta(days=30)


def test_a_fixture_makes_functions_fail(responder, asked):
    def fails(serial):
        raise ValueError("no such certificate")

    for name in ("_validate", "_cert_retrieve"):
        ours = getattr(responder, name)
        setattr(responder, name, fails)
        response = responder._build_ocsp_response(asked)
        assert response["response_status"].native == "internal_error"
        assert response["response_bytes"].native is None
        setattr(responder, name, ours)


def test_a_fixture_posts_into_the_wsgi_application(site, responder):
    status, fields, body = call(responder._app, "POST", "/status/", site.request(ODD))
    assert status == 200 and load(body)["response_status"].native == "successful"


class Constructed(OCSPResponder):
    """With names of its own, some of which ours might have had, and a constructor that does not call ours."""

    def __init__(self, site):
        self._issuer_cert, self._responder_cert, self._responder_key = (
            x509.Certificate.load(site.ca.der), x509.Certificate.load(site.signer.der),
            keys.PrivateKeyInfo.load(pem.unarmor(site.signer.key.pem())[2]))
        self._validate, self._cert_retrieve, self._next_update_days = site.validate, site.retrieve, 2
        self._server = self._fast = self._certificates = self._remembered = self._told = "mine"
        self._app = bottle.Bottle()
        self._route()

    def _handle(self):
        raise AssertionError("nobody calls it")

    _ask = _answer = _builder = _single = _shelf = _handle


def test_a_subclass_may_have_any_names_and_a_constructor_of_its_own(site):
    responder, request = Constructed(site), site.request(EVEN)
    assert kind_of(responder.handle_ocsp_request(request)) == ("good", None)
    assert kind_of(responder._build_ocsp_response(responder._parse_ocsp_request(request))) == ("good", None)
    assert kind_of(call(responder._app, "POST", "/status/", request)[2]) == ("good", None)


@pytest.fixture
def old(tmp_path):
    """A CA, a responder and a certificate as old test suites have them: RSA-512, SHA-1."""
    made = Site(tmp_path, "rsa512")
    made.ca = pki.authority("Old CA", pki.key("rsa512", "old ca"), signed_as="rsa-sha1")
    made.signer = made.ca.signer(pki.key("rsa512", "old signer"), signed_as="rsa-sha1")
    made.leaves[EVEN] = made.ca.end_entity(EVEN, signed_as="rsa-sha1")
    made.statuses[EVEN] = GOOD
    return made


@pytest.mark.parametrize("hash_name", ["md5", "sha1"])
def test_weak_keys_and_old_hashes_of_old_test_suites_work(old, hash_name):
    responder = OCSPResponder(old.ca.der, old.signer.der, old.signer.key.pem(), old.validate, old.retrieve)
    request = old.request(EVEN, hash_name=hash_name)
    built = responder._build_ocsp_response(responder._parse_ocsp_request(request))
    for response in (built, responder.handle_ocsp_request(request)):
        assert kind_of(response) == ("good", None)
        algorithm = load(response)["response_bytes"]["response"].parsed["signature_algorithm"]["algorithm"]
        assert algorithm.native == "sha256_rsa"
    assert old.asked == [EVEN, EVEN]
