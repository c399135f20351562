# SPDX-License-Identifier: Apache-2.0
"""serve() of the drop-in over HTTP: both ways, side by side, and what clients cannot do to each other."""

import base64
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse

import pytest
from conftest import PRELOAD
from ocspresponder import CertificateStatus, OCSPResponder
from support import ocsp

from drop_in import GOOD, PAST, Site, data_of, kind_of, nonce_of, single_of

SERIAL, SLOW, SECONDS = 0x1234, 0x5678, 30


class Compatible(OCSPResponder):
    """Always answers through Bottle: a method of its own stands in the way."""

    def _handle_get(self, request_data):
        return OCSPResponder._handle_get(self, request_data)

    def _handle_post(self):
        return OCSPResponder._handle_post(self)


KINDS = pytest.mark.parametrize("kind", [OCSPResponder, Compatible], ids=["fast", "compatible"])


@pytest.fixture
def site(tmp_path):
    made = Site(tmp_path)
    made.leaf(SERIAL)
    made.leaf(SLOW)
    return made


@pytest.fixture
def served():
    """served(responder): its address; what was started ends with the test."""
    running = []

    def serve(responder):
        thread = threading.Thread(target=responder.serve, kwargs={"port": 0}, daemon=True)
        thread.start()
        until(lambda: responder._vouch.server is not None)
        running.append((responder, thread))
        return responder._vouch.server.address

    yield serve
    for responder, thread in running:
        if responder._vouch.server is not None:
            responder._vouch.server.stop()
        thread.join(SECONDS)
        assert not thread.is_alive() and responder._vouch.server is None


def until(true):
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, "out of time"
        time.sleep(0.005)


def connection(address):
    return http.client.HTTPConnection(address, timeout=SECONDS)


def exchange(address, method, target, body=None, fields=None):
    """(status, fields, body) over a connection of its own."""
    with contextlib.closing(connection(address)) as made:
        made.request(method, target, body, fields or {})
        answer = made.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()


def post(address, request):
    return exchange(address, "POST", "/status/", request, {"Content-Type": "application/ocsp-request"})


def get(address, request, spell=lambda text: urllib.parse.quote(text, safe="")):
    return exchange(address, "GET", "/status/" + spell(base64.b64encode(request).decode()))


def openssl(site, address, *more):
    """openssl asks, and verifies."""
    (site.folder / "leaf.pem").write_bytes(site.leaves[SERIAL].pem())
    command = ["openssl", "ocsp", "-issuer", str(site.ca_pem), *more, "-cert", str(site.folder / "leaf.pem"), "-url",
               f"http://{address}/status/", "-CAfile", str(site.ca_pem), "-timeout", str(SECONDS)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=2 * SECONDS)
    return done.stdout + done.stderr


@KINDS
@pytest.mark.parametrize("more", [[], ["-sha256"], ["-md5"], ["-no_nonce"]])
def test_openssl_asks_and_verifies(site, served, kind, more):
    said = openssl(site, served(site.responder(kind)), *more)
    assert "Response verify OK" in said and "leaf.pem: good" in said
    assert ("no nonce in response" in said) is False


@KINDS
def test_get_and_post_are_answered(site, served, kind):
    address, request = served(site.responder(kind)), site.request(SERIAL, nonce=b"n" * 32)
    for status, fields, body in (post(address, request), get(address, request), get(address, request, lambda t: t)):
        assert status == 200 and fields["Content-Type"] == "application/ocsp-response"
        assert fields["Content-Length"] == str(len(body))
        assert kind_of(body) == ("good", None) and nonce_of(body)[2:] == b"n" * 32
    assert site.asked == [SERIAL] * 3


@KINDS
@pytest.mark.parametrize("spell", [
    lambda t: t, lambda t: t.replace("+", "-").replace("/", "_"), lambda t: t.rstrip("="),
    lambda t: urllib.parse.quote(t, safe=""), lambda t: urllib.parse.quote(t, safe="").replace("%2F", "%2f"),
    lambda t: "/" + t, lambda t: t + "?a=b", lambda t: t.replace("+", "%20"),
    lambda t: t[:40] + "%0A" + t[40:], lambda t: "".join(f"%{ord(c):02X}" for c in t)])
def test_every_spelling_of_base64_is_answered(site, served, kind, spell):
    for number in range(10000):
        request = site.request(SERIAL, nonce=number.to_bytes(17, "big") + b"\xff\xff\xfe\xfb\xff")
        text = base64.b64encode(request).decode()
        if "/" in text and "+" in text and text.endswith("="):
            break
    status, _, body = get(served(site.responder(kind)), request, spell)
    assert status == 200 and kind_of(body) == ("good", None)
    assert nonce_of(body)[-5:] == b"\xff\xff\xfe\xfb\xff"


@KINDS
def test_what_is_no_request_is_malformed(site, served, kind):
    address = served(site.responder(kind))
    request = site.request(SERIAL)
    for octets in (b"", b"garbage", request[:-1], b"\x30\x80\x00\x00"):
        assert post(address, octets)[::2] == (200, ocsp.MALFORMED)
    for text in ("M", "%4", "favicon.ico", base64.b64encode(request[:-1]).decode()):
        assert exchange(address, "GET", "/status/" + text)[::2] == (200, ocsp.MALFORMED)
    assert site.asked == []


@KINDS
def test_other_routes_are_those_of_bottle(site, served, kind):
    responder = site.responder(kind)
    address = served(responder)
    assert exchange(address, "GET", "/")[::2] == (200, b"ocsp-responder")
    status, fields, body = exchange(address, "HEAD", "/")
    assert (status, fields["Content-Length"], body) == (200, "14", b"")
    assert exchange(address, "GET", "/nothing")[0] == 404
    status, fields, _ = exchange(address, "DELETE", "/status/")
    assert status == 405 and fields["Allow"] == "POST"
    responder._app.get("/later/<word>", callback=lambda word: f"said {word}")
    responder._app.route("/any", method="PATCH", callback=lambda: {"json": True})
    assert exchange(address, "GET", "/later/x%20y")[::2] == (200, b"said x y")
    status, fields, body = exchange(address, "PATCH", "/any")
    assert (status, fields["Content-Type"], body) == (200, "application/json", b'{"json": true}')
    assert kind_of(post(address, site.request(SERIAL))[2]) == ("good", None)


def test_wsgi_gets_what_was_sent(site, served):
    import bottle
    responder = site.responder()
    seen = {}

    def look():
        environ = bottle.request.environ
        seen.update({name: environ.get(name) for name in (
            "REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_X_ONE",
            "HTTP_X_TWO", "SERVER_PROTOCOL", "REMOTE_ADDR", "SERVER_PORT", "wsgi.url_scheme")})
        seen["body"] = bottle.request.body.read()
        bottle.response.set_header("X-Back", "ü".encode().decode("latin-1"))
        return bottle.HTTPResponse(status=202, body=b"\x00\xff")

    responder._app.post("/look/<x>", callback=lambda x: look())
    address = served(responder)
    status, fields, body = exchange(address, "POST", "/look/%C3%BC?a=1&b=%20", b"in the body",
                                    {"Content-Type": "text/plain", "X-One": "1", "X_Two": "forged"})
    assert (status, body) == (202, b"\x00\xff")
    assert seen == {"REQUEST_METHOD": "POST", "PATH_INFO": "/look/ü", "QUERY_STRING": "a=1&b=%20",
                    "CONTENT_TYPE": "text/plain", "CONTENT_LENGTH": "11", "HTTP_X_ONE": "1", "HTTP_X_TWO": None,
                    "SERVER_PROTOCOL": "HTTP/1.1", "REMOTE_ADDR": "127.0.0.1",
                    "SERVER_PORT": address.rpartition(":")[2], "wsgi.url_scheme": "http", "body": b"in the body"}


def test_a_body_in_chunks_is_whole(site, served):
    address = served(site.responder(Compatible))
    request = site.request(SERIAL)
    with contextlib.closing(connection(address)) as made:
        made.request("POST", "/status/", iter([request[:10], request[10:]]), encode_chunked=True,
                     headers={"Transfer-Encoding": "chunked"})
        assert kind_of(made.getresponse().read()) == ("good", None)


@KINDS
def test_a_connection_serves_many_requests(site, served, kind):
    with contextlib.closing(connection(served(site.responder(kind)))) as made:
        for number in range(20):
            made.request("POST", "/status/", site.request(SERIAL, nonce=bytes([number]) * 8))
            assert nonce_of(made.getresponse().read())[2:] == bytes([number]) * 8


def test_an_application_that_fails_is_a_500_and_the_server_goes_on(site, served, caplog):
    responder = site.responder()
    address = served(responder)
    ours = responder._app

    def broken(environ, start_response):
        raise RuntimeError("no application")

    for wrong in (broken, lambda environ, start_response: [b"no status"],
                  lambda environ, start_response: start_response("200 OK", [("X", "a\r\nY: b")]) and [b""]):
        responder._app = wrong
        assert exchange(address, "GET", "/")[0] == 500
    responder._app = ours
    assert exchange(address, "GET", "/")[2] == b"ocsp-responder"
    assert "no application" in caplog.text


@KINDS
def test_a_slow_function_blocks_no_other_client(site, served, kind):
    responder = site.responder(kind)
    begun, go_on, answers = threading.Event(), threading.Event(), []

    def validate(serial):
        if serial == SLOW:
            begun.set()
            assert go_on.wait(SECONDS)
        return GOOD

    responder._validate = validate
    address = served(responder)
    waiting = [threading.Thread(target=lambda: answers.append(post(address, site.request(SLOW))[2]))
               for _ in range(6)]
    for thread in waiting:
        thread.start()
    assert begun.wait(SECONDS)
    for _ in range(20):
        assert kind_of(post(address, site.request(SERIAL))[2]) == ("good", None)
    assert answers == []
    go_on.set()
    for thread in waiting:
        thread.join(SECONDS)
    assert [kind_of(answer) for answer in answers] == [("good", None)] * 6


@KINDS
def test_an_idle_connection_blocks_nobody(site, served, kind):
    address = served(site.responder(kind))
    host, port = address.split(":")
    with contextlib.ExitStack() as stack:
        for sent in (b"", b"POST /status/ HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n", b"GET /sta"):
            for _ in range(5):
                idle = stack.enter_context(socket.create_connection((host, int(port)), SECONDS))
                idle.sendall(sent)
        for _ in range(5):
            assert kind_of(post(address, site.request(SERIAL))[2]) == ("good", None)
            assert kind_of(get(address, site.request(SERIAL))[2]) == ("good", None)


@KINDS
def test_many_clients_at_a_time_get_their_own_answers(site, served, kind):
    responder, wrong = site.responder(kind), []
    address = served(responder)

    def ask(number):
        with contextlib.closing(connection(address)) as made:
            for turn in range(10):
                nonce = bytes([number, turn]) * 8
                serial = SERIAL if turn % 2 else SLOW
                made.request("POST", "/status/", site.request(serial, nonce=nonce))
                body = made.getresponse().read()
                if nonce_of(body)[2:] != nonce or single_of(body)["cert_id"]["serial_number"].native != serial:
                    wrong.append((number, turn))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS)
    assert wrong == [] and len(site.asked) == 80


@KINDS
def test_functions_changed_while_it_runs_take_effect(site, served, kind):
    responder = site.responder(kind)
    address, request = served(responder), site.request(SERIAL)
    assert kind_of(post(address, request)[2]) == ("good", None)
    responder._validate = lambda serial: (CertificateStatus.key_compromise, PAST)
    assert kind_of(post(address, request)[2]) == ("revoked", "key_compromise")
    responder._next_update_days = 3
    single = single_of(post(address, request)[2])
    assert (single["next_update"].native - single["this_update"].native).days == 3


def test_a_method_replaced_while_it_runs_is_used_from_then_on(site, served):
    responder = site.responder()
    address, request = served(responder), site.request(SERIAL)
    seen = []
    assert kind_of(post(address, request)[2]) == ("good", None)
    ours = responder._build_ocsp_response
    responder._build_ocsp_response = lambda asked: seen.append(asked) or ours(asked)
    assert kind_of(post(address, request)[2]) == kind_of(get(address, request)[2]) == ("good", None)
    assert len(seen) == 2 and site.asked == [SERIAL] * 3
    del responder._build_ocsp_response
    post(address, request)
    assert len(seen) == 2 and site.asked == [SERIAL] * 4


def test_a_route_in_front_of_ours_is_used(site, served):
    responder = site.responder()
    address, request = served(responder), site.request(SERIAL)
    text = base64.urlsafe_b64encode(request).decode()
    responder._app.get("/status/" + text, callback=lambda: "this one")
    assert exchange(address, "GET", "/status/" + text)[2] == b"this one"
    assert kind_of(post(address, request)[2]) == ("good", None)


def test_a_signer_replaced_while_it_runs_signs_from_then_on(site, served):
    from support import pki
    responder = site.responder()
    address, request = served(responder), site.request(SERIAL)
    post(address, request)
    other = site.ca.signer(pki.key("rsa2048", "the next signer"))
    fresh = OCSPResponder(site.ca.der, other.der, other.key.pem(), site.validate, site.retrieve)
    responder._responder_cert, responder._responder_key = fresh._responder_cert, fresh._responder_key
    for _ in range(3):
        assert data_of(post(address, request)[2])["responder_id"].chosen.native == other.key.public_hash()


def test_nobody_is_asked_twice_for_what_libvouch_does_not_say(site, served):
    site.statuses[SERIAL] = (CertificateStatus.remove_from_crl, PAST)
    address = served(site.responder())
    for asked in range(1, 4):
        assert kind_of(post(address, site.request(SERIAL))[2]) == ("revoked", "remove_from_crl")
        assert site.asked == site.retrieved == [SERIAL] * asked


def test_what_was_told_on_one_way_is_not_told_again_on_the_other(site, served):
    address = served(site.responder())
    # Ignored by the original; libvouch refuses it before anybody is asked.
    other = site.request(SERIAL, extensions=[ocsp.acceptable("1.3.6.1.4.1.32473.2")])
    for status, expected in ((GOOD, "good"), ((CertificateStatus.superseded, PAST), "revoked")) * 3:
        site.statuses[SERIAL] = status
        assert kind_of(post(address, other)[2])[0] == expected
        assert kind_of(post(address, site.request(SERIAL))[2])[0] == expected
    assert len(site.asked) == 12


@KINDS
def test_a_function_that_raises_is_an_internal_error_and_logged(site, served, kind, caplog):
    responder = site.responder(kind)
    responder._validate = lambda serial: 1 // 0
    assert post(served(responder), site.request(SERIAL))[::2] == (200, ocsp.INTERNAL_ERROR)
    assert "ZeroDivisionError" in caplog.text


def test_a_function_that_wants_to_end_the_program_ends_its_request_only(site, served, caplog):
    responder = site.responder()

    def validate(serial):
        raise SystemExit(3)

    responder._validate = validate
    address = served(responder)
    assert post(address, site.request(SERIAL))[::2] == (200, ocsp.INTERNAL_ERROR)
    responder._validate = site.validate
    assert kind_of(post(address, site.request(SERIAL))[2]) == ("good", None)


def test_a_taken_port_is_an_os_error(site, served):
    port = int(served(site.responder()).rpartition(":")[2])
    with pytest.raises(OSError, match="in use"):
        site.responder().serve(port=port)


SQLITE = """
import sqlite3, sys, threading
from ocspresponder import OCSPResponder, CertificateStatus
table = sqlite3.connect(":memory:")     # belongs to this thread
table.execute("create table certificate (serial text primary key, status text, pem text, asked integer default 0)")
for serial in map(int, sys.argv[2:]):
    table.execute("insert into certificate (serial, status, pem) values (?, 'good', ?)",
                  (str(serial), open(f"{sys.argv[1]}/leaf-{serial}.pem").read()))

def validate(serial):
    table.execute("update certificate set asked = asked + 1 where serial = ?", (str(serial),))
    return CertificateStatus(table.execute("select status from certificate where serial = ?",
                                           (str(serial),)).fetchone()[0]), None

def retrieve(serial):
    return table.execute("select pem from certificate where serial = ?", (str(serial),)).fetchone()[0]

class Mine(OCSPResponder):
    def _route(self):
        super()._route()
        self._app.get("/asked", callback=lambda: str(table.execute("select sum(asked) from certificate").fetchone()[0]))
    COMPATIBLE

Mine(f"{sys.argv[1]}/ca.pem", f"{sys.argv[1]}/ocsp.pem", f"{sys.argv[1]}/ocsp.key", validate, retrieve).serve(port=0)
"""


@pytest.mark.parametrize("compatible", ["", """
    def _handle_post(self):
        return OCSPResponder._handle_post(self)
"""], ids=["fast", "compatible"])
def test_a_connection_of_sqlite_stays_on_the_thread_that_made_it(site, tmp_path, compatible):
    program = tmp_path / "program.py"
    program.write_text(SQLITE.replace("    COMPATIBLE\n", compatible))
    with subprocess.Popen([sys.executable, str(program), str(tmp_path), str(SERIAL), str(SLOW)],
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, **PRELOAD}) as process:
        try:
            address = process.stderr.readline().split("http://")[1].strip().rstrip("/")
            answers = []
            clients = [threading.Thread(target=lambda serial=serial: answers.append(
                kind_of(post(address, site.request(serial))[2]))) for serial in (SERIAL, SLOW) * 4]
            for client in clients:
                client.start()
            for client in clients:
                client.join(SECONDS)
            assert answers == [("good", None)] * 8
            assert exchange(address, "GET", "/asked")[2] == b"8"
            process.send_signal(signal.SIGINT)
            assert process.wait(SECONDS) == 0
            assert "one at a time" in process.stderr.read()
        finally:
            process.kill()


def test_two_responders_serve_side_by_side(site, served):
    first, second = site.responder(), site.responder()
    second._validate = lambda serial: (CertificateStatus.superseded, PAST)
    addresses = served(first), served(second)
    assert [kind_of(post(address, site.request(SERIAL))[2]) for address in addresses] == \
        [("good", None), ("revoked", "superseded")]


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_a_signal_ends_it(site, tmp_path, name):
    program = tmp_path / "program.py"
    program.write_text(
        "import sys\nfrom ocspresponder import OCSPResponder, CertificateStatus\n"
        f"OCSPResponder({str(site.ca_pem)!r}, {str(site.signer_pem)!r}, {str(site.signer_key)!r},\n"
        "    lambda serial: (CertificateStatus.good, None), lambda serial: open(sys.argv[1]).read()).serve(port=0)\n"
        "print('after serve')\n")
    (tmp_path / "leaf.pem").write_bytes(site.leaves[SERIAL].pem())
    with subprocess.Popen([sys.executable, str(program), str(tmp_path / "leaf.pem")], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env={**os.environ, **PRELOAD}) as process:
        try:
            address = process.stderr.readline().split("http://")[1].strip().rstrip("/")
            assert kind_of(post(address, site.request(SERIAL))[2]) == ("good", None)
            process.send_signal(getattr(signal, name))
            said = process.communicate(timeout=SECONDS)[0]
        finally:
            process.kill()
    # As under Bottle: Ctrl-C ends serve(), SIGTERM ends the program.
    assert (process.returncode, said) == ((0, "after serve\n") if name == "SIGINT" else (-signal.SIGTERM, ""))


def test_a_function_that_never_comes_back_does_not_keep_the_server_from_ending(site, served):
    responder, begun, go_on = site.responder(), threading.Event(), threading.Event()
    responder._validate = lambda serial: (begun.set(), go_on.wait(SECONDS), GOOD)[2]
    address = served(responder)
    lost = []

    def ask():
        try:
            lost.append(post(address, site.request(SERIAL)))
        except (OSError, http.client.HTTPException) as error:
            lost.append(error)

    client = threading.Thread(target=ask)
    client.start()
    assert begun.wait(SECONDS)
    server = responder._vouch.server
    server.stop()
    client.join(SECONDS)
    assert isinstance(lost[0], Exception)
    go_on.set()
    until(lambda: not reachable(address))
    server.stop()


def reachable(address):
    host, port = address.split(":")
    try:
        socket.create_connection((host, int(port)), SECONDS).close()
    except OSError:
        return False
    return True


def test_a_program_may_end_while_its_server_runs_in_a_thread(run_python, site):
    said = run_python(f"""
import threading, time, urllib.request
from ocspresponder import OCSPResponder, CertificateStatus
pem = open({str(site.folder / "leaf-4660.pem")!r}).read()
responder = OCSPResponder({str(site.ca_pem)!r}, {str(site.signer_pem)!r}, {str(site.signer_key)!r},
                          lambda serial: (CertificateStatus.good, None), lambda serial: pem)
threading.Thread(target=responder.serve, kwargs=dict(port=0), daemon=True).start()
while responder._vouch.server is None:
    time.sleep(0.01)
request = bytes.fromhex({site.request(SERIAL).hex()!r})
url = f"http://{{responder._vouch.server.address}}/status/"
print(len(urllib.request.urlopen(url, request).read()) > 500)
""")
    assert "True" in said.split()
