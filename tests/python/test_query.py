# SPDX-License-Identifier: Apache-2.0
"""query(): over HTTP, against servers that help and servers that do not."""

import http.server
import pathlib
import ssl
import threading
import time

import pytest
import vouch
from support import pki

GOOD = vouch.Status.good()
SECONDS = 30


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def responder(answering):
    return answering(lambda *_: GOOD)


@pytest.fixture
def issuer(responder):
    return responder.issuers[0]


class Odd:
    """An HTTP server whose POST and GET are a test's own function of the handler and the request's body."""

    def __init__(self, behave, context=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                behave(self, self.rfile.read(int(self.headers.get("Content-Length", 0))))

            do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"http{'s' if context else ''}://127.0.0.1:{self.server.server_address[1]}/"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


def send(handler, body, status=200, kind="application/ocsp-response", length=None, **fields):
    handler.send_response(status)
    for name, value in {"Content-Type": kind, "Content-Length": str(length or len(body)), **fields}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.mark.parametrize("get", [False, True])
@pytest.mark.parametrize("nonce", [None, True, b"nonce"])
def test_an_answer_that_verifies_is_returned(responder, issuer, get, nonce):
    with responder.start("127.0.0.1:0") as server:
        response = vouch.query(server.url, [5, 6], issuer, get=get, nonce=nonce)
    assert [single.serial_number for single in response.singles] == [5, 6]
    assert response.has_nonce == (nonce is not None)


def test_the_certificate_names_the_responder(ca, responder, tmp_path):
    with responder.start("127.0.0.1:0") as server:
        end_entity = ca.end_entity(0x66, extensions=[pki.authority_information_access(server.url)])
        path = pathlib.Path(tmp_path, "ee.pem")
        path.write_bytes(end_entity.pem())
        for form in (end_entity.pem(), end_entity.der, path, str(path), vouch.Certificate(path), [path]):
            assert vouch.query(None, form, ca.pem()).singles[0].serial_number == 0x66
    for url, certificates in ((None, 5), (None, ca.end_entity(7).pem()), ("http://127.0.0.1/", []),
                              ("file:///etc/passwd", 5), ("ftp://127.0.0.1/", 5), ("nonsense", 5)):
        with pytest.raises(vouch.ArgumentError):
            vouch.query(url, certificates, ca.pem())


def answered(behave, issuer, **options):
    with Odd(behave) as odd:
        return vouch.query(odd.url, 5, issuer, **{"timeout": SECONDS, **options})


def test_every_way_of_not_answering_has_its_exception(responder, issuer):
    def good(body):
        return responder.handle(body)

    table = {
        "HTTP status": (lambda h, body: send(h, good(body), 503), vouch.RefusedError),
        "no Location": (lambda h, body: send(h, b"", 302), vouch.RefusedError),
        "redirections": (lambda h, body: send(h, b"", 302, Location="/again"), vouch.RefusedError),
        "only http": (lambda h, body: send(h, b"", 302, Location="file:///etc/passwd"), vouch.ArgumentError),
        "more than": (lambda h, body: send(h, bytes((1 << 20) + 1)), vouch.LimitError),
        "IncompleteRead": (lambda h, body: send(h, good(body), length=5000), vouch.UnavailableError),
        "text/html": (lambda h, body: send(h, b"<html>", kind="text/html"), vouch.ParseError),
        "malformedRequest": (lambda h, body: send(h, good(b"")), vouch.ResponseStatusError),
        "": (lambda h, body: h.connection.close(), vouch.UnavailableError),
        "octet": (lambda h, body: send(h, good(body)[:-1]), vouch.ParseError),
    }
    for words, (behave, kind) in table.items():
        with pytest.raises(kind) as caught:
            answered(behave, issuer)
        assert words in str(caught.value) or words == "no Location"
    with pytest.raises(vouch.VerifyError) as caught:
        wrong = vouch.Request([(issuer, 6)]).encode()
        answered(lambda h, _: send(h, good(wrong)), issuer)
    assert caught.value.rule == "certid"


def test_an_answer_is_believed_by_its_signature_whatever_it_is_called(responder, issuer):
    assert answered(lambda h, body: send(h, responder.handle(body), kind="text/plain"), issuer).singles


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirected_post_stays_one(responder, issuer, status):
    def behave(handler, body):
        if handler.path == "/":
            return send(handler, b"go on", status, Location="/there")
        return send(handler, responder.handle(body))

    assert answered(behave, issuer).singles


def test_time_is_counted_for_all_of_it(responder, issuer):
    """Every octet comes in time, the answer does not."""
    ended = threading.Event()

    def drip(handler, body):
        try:
            for octet in b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + bytes(5000):
                handler.wfile.write(bytes([octet]))
                handler.wfile.flush()
                if ended.wait(0.01):
                    return
        except OSError:
            pass

    began = time.monotonic()
    with pytest.raises(vouch.UnavailableError, match="within 0.3 s"):
        answered(drip, issuer, timeout=0.3)
    ended.set()
    assert time.monotonic() - began < SECONDS


def test_an_end_by_time_is_no_end_of_the_body(responder, issuer):
    """A body without a length ends with the connection: not by our own hand."""
    ended = threading.Event()

    def half(handler, body):
        handler.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n" + responder.handle(body))
        handler.wfile.flush()
        ended.wait(SECONDS)

    with pytest.raises(vouch.UnavailableError):
        answered(half, issuer, timeout=0.3)
    ended.set()


def test_nobody_there_is_unavailable(issuer):
    with Odd(lambda h, b: None) as odd:
        url = odd.url
    with pytest.raises(vouch.UnavailableError, match="127.0.0.1"):
        vouch.query(url, 5, issuer)


def test_https_trusts_the_environments_cas(ca, responder, issuer, tmp_path, monkeypatch):
    # Python 3.13 verifies strictly: it asks for the key identifier.
    web = ca.issue(pki.common_name("web"), pki.key("p256", "web"), extensions=[
        pki.authority_key_identifier(ca.key_identifier), pki.extension("2.5.29.17", pki.der.seq(pki.der.tlv(0x87, bytes([127, 0, 0, 1]))))])
    certificate, key = web.write(tmp_path, "web")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    trusted = tmp_path / "ca.pem"
    trusted.write_bytes(ca.pem())
    with Odd(lambda h, body: send(h, responder.handle(body)), context) as odd:
        with pytest.raises(vouch.UnavailableError, match="CERTIFICATE_VERIFY_FAILED"):
            vouch.query(odd.url, 5, issuer)
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert vouch.query(odd.url, 5, issuer).singles
