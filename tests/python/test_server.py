# SPDX-License-Identifier: Apache-2.0
"""Server, Exchange, answer() and WSGI: a responder behind HTTP."""

import base64
import datetime
import http.client
import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
import wsgiref.util
import wsgiref.validate

import pytest
import vouch

GOOD = vouch.Status.good()
REQUEST_TYPE = {"Content-Type": "application/ocsp-request"}
SECONDS = 30


@pytest.fixture
def responder(answering):
    return answering(lambda *_: GOOD)


@pytest.fixture
def request_octets(responder):
    return vouch.Request([(responder.issuers[0], 5)]).encode()


def get_path(octets):
    return "/" + urllib.parse.quote(base64.b64encode(octets).decode(), safe="")


def exchange(server, method="GET", path="/", body=None, headers=None):
    """(status, headers, body) of one HTTP exchange."""
    host, port = server.address.rsplit(":", 1)
    connection = http.client.HTTPConnection(host, int(port), timeout=SECONDS)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def post(server, octets, answers):
    """For a thread of its own."""
    answers.append(exchange(server, "POST", "/", octets, REQUEST_TYPE))


# --- The server ----------------------------------------------------------------------------------------


def test_a_server_answers_until_it_is_stopped(responder, request_octets):
    server = responder.start("127.0.0.1:0")
    assert not server.wait(0)
    status, headers, body = exchange(server, "POST", "/", request_octets, REQUEST_TYPE)
    assert status == 200 and headers["Content-Type"] == "application/ocsp-response"
    assert vouch.Response.parse(body).status == vouch.ResponseStatus.SUCCESSFUL
    assert exchange(server, "GET", get_path(request_octets))[0] == 200
    server.stop()
    server.stop()
    assert server.wait(0) and "ended" in repr(server)
    with pytest.raises(ConnectionError):
        exchange(server)


def test_openssl_verifies_what_is_served(ca, responder, tmp_path):
    certificate, authority = tmp_path / "ee.pem", tmp_path / "ca.pem"
    certificate.write_bytes(ca.end_entity(0x77).pem())
    authority.write_bytes(ca.pem())
    with responder.start("127.0.0.1:0") as server:
        for options in ([], ["-no_nonce"], ["-sha256"]):
            done = subprocess.run(["openssl", "ocsp", *options, "-issuer", authority, "-cert", certificate,
                                   "-CAfile", authority, "-url", server.url], stdin=subprocess.DEVNULL,
                                  capture_output=True, text=True, timeout=SECONDS)
            assert "Response verify OK" in done.stderr and "ee.pem: good" in done.stdout, done.stderr


def test_several_servers_run_at_once(answering, request_octets):
    one, two = answering(lambda *_: GOOD), answering(lambda *_: None)
    with one.start("127.0.0.1:0") as first, two.start(["127.0.0.1:0", "127.0.0.1:0"]) as second:
        assert len(second.addresses) == 2 and len({first.address, *second.addresses}) == 3
        for server, expected in ((first, "GOOD"), (second, "UNKNOWN")):
            body = exchange(server, "POST", "/", request_octets, REQUEST_TYPE)[2]
            assert vouch.Response.parse(body).singles[0].cert_status.name == expected


def test_two_servers_of_one_responder_share_its_changes(answering):
    table = {number: GOOD for number in range(50)}     # far fewer than the lookups in vain that a second has
    source = vouch.Source(lambda _i, number, _n: table.get(number), tells_changes=True)
    responder = answering(source, cache=1 << 20, lease=datetime.timedelta(milliseconds=40))
    requests = {number: vouch.Request([(responder.issuers[0], number)]).encode() for number in table}

    def status(server, number):
        body = exchange(server, "POST", "/", requests[number], REQUEST_TYPE)[2]
        return vouch.Response.parse(body).singles[0].cert_status.name

    with responder.start("127.0.0.1:0") as first, responder.start("127.0.0.1:0") as second:
        for number in requests:
            assert status(first, number) == status(second, number) == "GOOD"
            del table[number]
            source.changed(number)
        deadline = time.monotonic() + SECONDS
        while {status(server, number) for server in (first, second) for number in requests} != {"UNKNOWN"}:
            assert time.monotonic() < deadline


def test_a_taken_port_is_refused(responder):
    with responder.start("127.0.0.1:0") as server:
        with pytest.raises(vouch.RefusedError):
            responder.start(server.address)
    with pytest.raises(vouch.VouchError):
        responder.start("no address at all")
    with pytest.raises(vouch.VouchError):
        vouch.Server("127.0.0.1:0")      # nobody answers


def test_a_slow_source_blocks_nobody_else(answering):
    entered, release = threading.Event(), threading.Event()

    def lookup(_issuer, serial_number, _now):
        if serial_number == 1:
            entered.set()
            assert release.wait(SECONDS)
        return GOOD

    responder = answering(lookup)
    slow, quick = (vouch.Request([(responder.issuers[0], number)]).encode() for number in (1, 2))
    with responder.start("127.0.0.1:0") as server:
        answers = []
        waiting = threading.Thread(target=post, args=(server, slow, answers))
        waiting.start()
        assert entered.wait(SECONDS)
        with socket.create_connection(server.address.rsplit(":", 1)):        # and an idle connection
            assert exchange(server, "POST", "/", quick, REQUEST_TYPE)[0] == 200
        release.set()
        waiting.join()
        assert answers[0][0] == 200


def test_stop_answers_what_is_in_flight(answering):
    entered, release = threading.Event(), threading.Event()

    def lookup(*_):
        entered.set()
        assert release.wait(SECONDS)
        return GOOD

    responder, answers = answering(lookup), []
    octets = vouch.Request([(responder.issuers[0], 1)]).encode()
    server = responder.start("127.0.0.1:0")
    client = threading.Thread(target=post, args=(server, octets, answers))
    client.start()
    assert entered.wait(SECONDS)
    stopper = threading.Thread(target=server.stop)
    stopper.start()
    release.set()
    stopper.join()
    client.join()
    assert answers[0][0] == 200 and server.wait(0)


def test_answers_are_told_with_their_outcome(responder, request_octets):
    told = []
    with responder.start("127.0.0.1:0", answered=lambda *arguments: told.append(arguments)) as server:
        exchange(server, "POST", "/", request_octets, REQUEST_TYPE)
        exchange(server, "GET", "/%%%")
    (outcome, status), (nothing, refused) = told
    assert status == 200 and outcome.statuses == {vouch.CertStatus.GOOD: 1}
    assert nothing is None and refused == 400


def test_changes_reach_a_running_servers_stored_answers(answering):
    table = {5: GOOD}
    source = vouch.Source(lambda _i, number, _n: table.get(number), tells_changes=True)
    responder = answering(source, cache=1 << 20)
    octets = vouch.Request([(responder.issuers[0], 5)]).encode()
    with responder.start("127.0.0.1:0") as server:
        def status():
            body = exchange(server, "POST", "/", octets, REQUEST_TYPE)[2]
            return vouch.Response.parse(body).singles[0].cert_status.name

        assert status() == "GOOD"
        del table[5]
        source.changed(5)
        deadline = time.monotonic() + SECONDS
        while status() != "UNKNOWN":
            assert time.monotonic() < deadline


# --- A handler of one's own ----------------------------------------------------------------------------


def test_a_handler_sees_the_request_and_answers_it():
    seen = []

    def handler(asked):
        seen.append((asked.method, asked.target, asked.version, asked.peer, dict(asked.headers), asked.body))
        asked.respond(201, [("X-Answer", "yes")], b"made")

    with vouch.Server("127.0.0.1:0", handler=handler) as server:
        status, headers, body = exchange(server, "POST", "/a%20b?c", b"content", {"X-Ask": "no"})
    (method, target, version, peer, fields, content), = seen
    assert (status, headers["X-Answer"], body) == (201, "yes", b"made")
    assert (method, target, version, content) == ("POST", "/a%20b?c", "HTTP/1.1", b"content")
    assert peer.startswith("127.0.0.1:") and fields["X-Ask"] == "no"


def test_a_handler_may_answer_with_a_responder(responder, request_octets):
    with vouch.Server("127.0.0.1:0", handler=lambda asked: asked.answer(responder)) as server:
        body = exchange(server, "POST", "/", request_octets, REQUEST_TYPE)[2]
        assert vouch.Response.parse(body).singles
        assert exchange(server, "GET", "/%%%")[0] == 400


def test_a_handler_may_answer_later_and_from_another_thread():
    waiting = []

    def handler(asked):
        waiting.append(asked)
        threading.Thread(target=lambda: waiting.pop().respond(200, (), b"late")).start()

    with vouch.Server("127.0.0.1:0", handler=handler) as server:
        assert exchange(server)[2] == b"late"


def test_a_handler_that_raises_or_forgets_gives_500(caplog):
    def broken(_):
        raise ValueError("upside down")

    for handler in (broken, lambda asked: None, lambda: None,
                    lambda asked: asked.respond(200, [("X", "a\r\nSet-Cookie: b")]),
                    lambda asked: asked.respond(200, [("X y", "a")])):
        with vouch.Server("127.0.0.1:0", handler=handler) as server:
            assert exchange(server)[0] == 500
    assert "upside down" in caplog.text and "Traceback" in caplog.text


def test_a_handler_may_stop_its_server():
    def handler(asked):
        server.stop()
        asked.respond(200, (), b"the last one")

    with vouch.Server("127.0.0.1:0", handler=handler) as server:
        assert exchange(server)[2] == b"the last one"
        assert server.wait(SECONDS)


def test_an_exchange_has_one_answer():
    problems = []

    def handler(asked):
        asked.respond(204)
        assert asked.is_answered
        for wrong in (lambda: asked.respond(200), lambda: asked.body, lambda: asked.headers,
                      lambda: asked.peer):
            try:
                wrong()
            except vouch.ArgumentError:
                problems.append(1)

    with vouch.Server("127.0.0.1:0", handler=handler) as server:
        assert exchange(server)[0] == 204
    assert len(problems) == 4


def test_other_methods_are_handed_on_by_choice():
    handler = lambda asked: asked.respond(200, (), asked.method.encode())  # noqa: E731
    with vouch.Server("127.0.0.1:0", handler=handler) as server:
        assert exchange(server, "DELETE")[0] == 405
    with vouch.Server("127.0.0.1:0", handler=handler, any_method=True) as server:
        assert exchange(server, "DELETE")[2] == b"DELETE"


# --- The life of a program -----------------------------------------------------------------------------

PROGRAM = """
import os, sys, threading, vouch
sys.path.insert(0, os.environ["SUPPORT"])
from support import pki
ca = pki.authority("CA", pki.key("p256", "ca"))
signer = ca.signer(pki.key("p256", "signer"))
issuer = vouch.Issuer(ca.pem(), signers=[vouch.Signer(signer.pem(), signer.key.pem())],
                      sources=[lambda *_: vouch.Status.good()])
responder = vouch.Responder(issuer)
"""
SUPPORT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_serve_ends_well_after_a_signal(run_python, number):
    said = run_python(PROGRAM + f"""
import signal, urllib.request
server = None
start = vouch.responder.Server.__init__
def started(self, *arguments, **options):
    start(self, *arguments, **options)
    def client():
        print(vouch.query(self.url, 5, issuer).status.name, flush=True)
        os.kill(os.getpid(), {int(number)})
    threading.Thread(target=client).start()
vouch.responder.Server.__init__ = started
responder.serve("127.0.0.1:0")
print("ended")
""", SUPPORT=SUPPORT)
    assert said.split() == ["SUCCESSFUL", "ended"]


def test_a_program_ends_although_its_server_runs(run_python):
    assert run_python(PROGRAM + """
server = responder.start("127.0.0.1:0")
print(vouch.query(server.url, 5, issuer).status.name)
""", SUPPORT=SUPPORT).split() == ["SUCCESSFUL"]


def test_what_is_in_flight_when_the_program_ends_is_answered(python_environment, tmp_path):
    """The handler waits for a word on its standard input, which comes when the main thread has ended."""
    script = tmp_path / "program.py"
    script.write_text("""
import atexit, os, threading
import vouch
atexit.register(print, "ending", flush=True)
entered = threading.Event()
def handler(asked):
    entered.set()
    asked.respond(200, (), os.read(0, 10) + asked.body)
print(vouch.Server("127.0.0.1:0", handler=handler).address, flush=True)
entered.wait()
""")
    with subprocess.Popen([sys.executable, script], env=python_environment, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE) as process:
        watchdog = threading.Timer(SECONDS, process.kill)
        watchdog.start()
        address = process.stdout.readline().decode().strip()
        with socket.create_connection(address.rsplit(":", 1), SECONDS) as client:
            client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nok")
            assert process.stdout.readline() == b"ending\n"
            process.stdin.write(b"still ")
            process.stdin.flush()
            assert client.recv(1000).endswith(b"\r\n\r\nstill ok")
        assert process.wait(SECONDS) == 0
        watchdog.cancel()


def test_a_child_of_a_fork_has_no_server_and_the_parent_has(run_python):
    """The sanitizer's allocator may be locked by a thread that the child does not have: then once more."""
    assert run_python(PROGRAM + """
import signal, warnings
warnings.filterwarnings("ignore", ".* is multi-threaded, use of fork", DeprecationWarning)
server = responder.start("127.0.0.1:0")
for attempt in range(6):
    child = os.fork()
    if child == 0:
        signal.alarm(5)
        server.stop()
        assert server.wait(0)
        body = responder.handle(vouch.Request([(issuer, 5)]).encode())
        os._exit(0 if vouch.Response.parse(body).singles else 1)
    status = os.waitpid(child, 0)[1]
    if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGALRM:
        break
assert status == 0, status
print(vouch.query(server.url, 5, issuer).status.name)
""", SUPPORT=SUPPORT).split() == ["SUCCESSFUL"]


def test_workers_forked_after_the_import_serve(run_python):
    assert run_python(PROGRAM + """
children = []
for _ in range(2):
    child = os.fork()
    if child == 0:
        with responder.start("127.0.0.1:0") as server:
            good = vouch.query(server.url, 5, issuer).singles
        os._exit(0 if good else 1)
    children.append(child)
assert [os.waitpid(child, 0)[1] for child in children] == [0, 0]
print(vouch.query(responder.start("127.0.0.1:0").url, 5, issuer).status.name)
""", SUPPORT=SUPPORT).split() == ["SUCCESSFUL"]


# --- Behind another server -----------------------------------------------------------------------------


def test_answer_is_the_protocol_without_a_socket(responder, request_octets):
    posted = responder.answer("POST", "/", {"content-TYPE": "application/ocsp-request"}, request_octets)
    fields = dict(posted.headers)
    assert posted.status == 200 and fields["Content-Type"] == "application/ocsp-response"
    assert fields["Content-Length"] == str(len(posted.body))
    got = responder.answer("GET", get_path(request_octets))
    assert got.status == 200 and "max-age" in dict(got.headers)["Cache-Control"]
    head = responder.answer("HEAD", get_path(request_octets))
    assert head.status == 200 and head.body == b"" and int(dict(head.headers)["Content-Length"]) > 100
    assert responder.answer("GET", "/%%%").status == 400
    assert responder.answer("PUT", "/", {}, b"x").status == 405
    assert responder.answer("POST", "/", REQUEST_TYPE, bytes(100_000)).status == 413
    assert responder.answer("POST", "/", {"Content-Type": "text/html"}, request_octets).status in (200, 415)
    assert responder.answer("POST", "/", {"Content-Type": "text/html"}, request_octets,
                            strict=True).status == 415
    assert responder.answer("G\0T", "/\u20ac").status >= 400


def test_not_modified_has_no_content(answering):
    responder = answering(lambda *_: GOOD, cache=1 << 20)
    responder.poll()
    path = get_path(vouch.Request([(responder.issuers[0], 5)]).encode())
    first = responder.answer("GET", path)
    again = responder.answer("GET", path, {"If-None-Match": dict(first.headers)["ETag"]})
    assert again.status == 304 and again.body == b"" and "Content-Length" not in dict(again.headers)


def call_wsgi(application, **environ):
    """(status, headers, body) of a WSGI application, held to PEP 3333."""
    wsgiref.util.setup_testing_defaults(environ)
    started = []
    environ.setdefault("QUERY_STRING", "")
    environ.setdefault("SCRIPT_NAME", "")
    result = wsgiref.validate.validator(application)(environ, lambda *arguments: started.append(arguments))
    try:
        body = b"".join(result)
    finally:
        result.close()
    (status, headers), = started
    return status, dict(headers), body


def test_a_responder_is_a_wsgi_application(responder, request_octets):
    posted = call_wsgi(responder.wsgi, REQUEST_METHOD="POST", CONTENT_TYPE="application/ocsp-request",
                       CONTENT_LENGTH=str(len(request_octets)),
                       **{"wsgi.input": io.BytesIO(request_octets + b"the next request")})
    assert posted[0] == "200 OK" and vouch.Response.parse(posted[2]).singles
    path = urllib.parse.unquote(get_path(request_octets), "latin-1")
    got = call_wsgi(responder.wsgi, PATH_INFO=path, SCRIPT_NAME="/mounted")
    assert got[0] == "200 OK" and vouch.Response.parse(got[2]).singles
    assert call_wsgi(responder.wsgi, PATH_INFO="/%%%")[0].startswith("400 ")
    large = call_wsgi(responder.wsgi, REQUEST_METHOD="POST", CONTENT_TYPE="application/ocsp-request",
                      CONTENT_LENGTH="100000", **{"wsgi.input": io.BytesIO(bytes(100_000))})
    assert large[0].startswith("413 ")


class Counting(io.BytesIO):
    """Counts what is read of it."""

    taken = 0

    def read(self, size):
        self.taken += size
        return super().read(size)


def test_wsgi_reads_no_more_than_there_is_or_is_needed(responder, request_octets):
    post = {"REQUEST_METHOD": "POST", "CONTENT_TYPE": "application/ocsp-request"}
    cut_off = call_wsgi(responder.wsgi, CONTENT_LENGTH="500", **post, **{"wsgi.input": io.BytesIO(b"0")})
    assert vouch.Response.parse(cut_off[2]).status == vouch.ResponseStatus.MALFORMED_REQUEST
    large = Counting(bytes(10**6))
    refused = call_wsgi(responder.wsgi, CONTENT_LENGTH="1000000", **post, **{"wsgi.input": large})
    assert refused[0].startswith("413 ")
    assert large.taken <= 20_000
    chunked = call_wsgi(responder.wsgi, **post, **{"wsgi.input": io.BytesIO(request_octets),
                                                   "wsgi.input_terminated": True})
    assert vouch.Response.parse(chunked[2]).singles
    for nonsense in ("", "-1", "many", "1e3", "\xb2"):
        started = []
        environ = {**post, "CONTENT_LENGTH": nonsense, "wsgi.input": io.BytesIO(request_octets)}
        assert responder.wsgi(environ, lambda *arguments: started.append(arguments))
        assert started[0][0][0] in "24"


def test_wsgi_keeps_what_base64_has(answering):
    """'+' and '/' in the path, even two, decoded by the server as PEP 3333 wants."""
    responder = answering(lambda *_: GOOD)
    plus = b"\xfb\xef\xbe" * 2      # "++++++++" if it begins where a group of three octets does
    nonce = plus + b"\0" + plus + b"\0" + plus + b"\xff" * 6
    octets = vouch.Request([(responder.issuers[0], 5)], nonce=nonce).encode()
    path = "/" + base64.b64encode(octets).decode()
    assert "++++" in path and "//" in path[1:]
    answer = vouch.Response.parse(call_wsgi(responder.wsgi, PATH_INFO=path)[2])
    assert answer.singles and answer.has_nonce
