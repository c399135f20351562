# SPDX-License-Identifier: Apache-2.0
"""vouch query against responders that help and responders that do not: what is asked, what is believed, what is said, in which order."""

import contextlib
import datetime
import http.server
import json
import os
import re
import socket
import socketserver
import subprocess
import threading
import time

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.x509 import ocsp as pyca_ocsp

from site_of_tests import GOOD, HELD, REVOKED, Site
from support import pki, program, rawhttp

UNKNOWN = 0x99


class Odd(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """A responder of the test's: `answer(handler, body)` says what it does with a request."""

    daemon_threads = True

    def __init__(self, answer, family=socket.AF_INET):
        self.address_family = family
        self.answer, self.seen = answer, []
        super().__init__(("127.0.0.1" if family == socket.AF_INET else "::1", 0), OddHandler)

    @property
    def url(self):
        host, port = self.server_address[:2]
        return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


class OddHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_any(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append((self.command, self.path, body))
        self.server.answer(self, body)

    do_GET = do_POST = handle_any

    def reply(self, status, body=b"", content_type="application/ocsp-response", **fields):
        self.send_response(status)
        for name, value in {"Content-Type": content_type, "Content-Length": str(len(body)), **fields}.items():
            if value is not None:
                self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *unused):
        pass


@contextlib.contextmanager
def odd(answer, **options):
    server = Odd(answer, **options)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("query"))
    made.ca.end_entity(UNKNOWN).write(made.folder, f"{UNKNOWN:x}")
    return made


@pytest.fixture(scope="module")
def server(site):
    with site.serve() as running:
        yield running


@pytest.fixture
def url(server):
    return "http://%s:%d/" % server.direct


def query(site, *arguments, code=0, issuer=("--issuer", "ca.pem"), **options):
    return program.run("query", *issuer, *arguments, cwd=site.folder, code=code, **options)


def named(site, serial, url, stem):
    """A certificate that names its responder."""
    usage = [pki.key_usage("digitalSignature"), pki.authority_information_access(url)]
    site.ca.end_entity(serial, extensions=usage).write(site.folder, stem)
    return f"{stem}.pem"


def error_of(site, *arguments, **options):
    done = query(site, *arguments, code=1, **options)
    assert done.stdout == "" and done.stderr.startswith("vouch: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def through(server):
    """Answers what the real responder answers."""
    def answer(handler, body):
        handler.reply(200, rawhttp.post(server.direct, body, "/").body)
    return answer


def test_the_exit_code_is_the_worst(site, url):
    good, revoked, unknown = "11.pem", "22.pem", "99.pem"
    assert query(site, "--url", url, good).stdout.startswith("11.pem: good (as of ")
    query(site, "--url", url, good, unknown, code=4)
    query(site, "--url", url, unknown, revoked, good, code=3)
    with odd(lambda handler, body: handler.reply(503)) as broken:
        dead = named(site, GOOD, broken.url, "dead")
        live = named(site, REVOKED, url, "live")
        done = query(site, live, dead, code=1)
        assert done.stdout.startswith("live.pem: revoked keyCompromise ") and "dead.pem: " in done.stderr


def test_serial_numbers_are_as_good_as_certificates(site, url):
    done = query(site, "--url", url, "--serial", "0x11", "22", "0:77", code=3)
    assert [line.split(" (")[0].split(" 2")[0] for line in done.stdout.splitlines()] == [
        "0x11: good", "22: revoked keyCompromise", "0:77: unknown"]


def test_lines_are_in_the_order_of_the_certificates(site, server):
    with odd(through(server)) as first, odd(through(server)) as second:
        names = [named(site, serial, (first, second)[i % 2].url, f"order{i}") for i, serial in
                 enumerate((REVOKED, GOOD, HELD, REVOKED, UNKNOWN, GOOD))]
        order = [names[i] for i in (3, 0, 5, 1, 4, 2)]
        done = query(site, *order, code=3)
        assert [line.split(":")[0] for line in done.stdout.splitlines()] == order
        lines = [json.loads(line) for line in query(site, "--json", *order, code=3).stdout.splitlines()]
        assert [line["certificate"] for line in lines] == order
        # each responder was asked once, about all that name it
        assert len(first.seen) == len(second.seen) == 2


def test_more_than_fit_are_asked_in_turns(site, server):
    serials = [f"{GOOD:x}"] * 20 + [f"{REVOKED:x}"] * 20
    with odd(through(server)) as counting:
        done = query(site, "--url", counting.url, "--serial", *serials, code=3)
        assert len(counting.seen) == 3
    words = [line.split(" ")[1] for line in done.stdout.splitlines()]
    assert words == ["good"] * 20 + ["revoked"] * 20


def test_a_responder_for_one_at_a_time_is_asked_one_at_a_time(site, server):
    def one_only(handler, body):
        if len(body) > 130:
            handler.reply(200, bytes.fromhex("30030a0106"))
        else:
            through(server)(handler, body)

    with odd(one_only) as single:
        done = query(site, "--url", single.url, "11.pem", "22.pem", "33.pem", code=3)
        assert [line.split(" ")[1] for line in done.stdout.splitlines()] == ["good", "revoked", "revoked"]
        assert len(single.seen) == 4
    with odd(lambda handler, body: handler.reply(200, bytes.fromhex("30030a0106"))) as never:
        done = query(site, "--url", never.url, "11.pem", "22.pem", code=1)
        assert done.stderr.count("the responder says unauthorized") == 2


def test_json_has_what_a_script_wants(site, url):
    done = query(site, "--url", url, "--json", "--nonce", "11.pem", "22.pem", code=3)
    good, revoked = map(json.loads, done.stdout.splitlines())
    assert set(good) == {"certificate", "serial_number", "url", "status", "this_update", "next_update", "produced_at", "nonce", "signer"}
    assert set(revoked) == set(good) | {"revocation_reason", "revocation_time"}
    assert good["certificate"] == "11.pem" and good["serial_number"] == "11" and good["url"] == url and good["nonce"] is True
    assert revoked["status"] == "revoked" and revoked["revocation_reason"] == "keyCompromise" and "CN=OCSP Responder" in good["signer"]


def test_a_file_name_that_is_no_text_keeps_json_whole(site, url):
    name = os.fsencode(site.folder) + b"/caf\xe9.pem"
    with open(name, "wb") as file:
        file.write((site.folder / "11.pem").read_bytes())
    done = subprocess.run([program.path(), "query", "--issuer", "ca.pem", "--url", url, "--json", name], cwd=site.folder,
                          capture_output=True, timeout=60)
    assert done.returncode == 0 and json.loads(done.stdout)["certificate"] == "(not UTF-8)"


def test_an_error_is_json_as_well(site):
    with odd(lambda handler, body: handler.reply(500)) as broken:
        done = query(site, "--url", broken.url, "--json", "11.pem", code=1)
    line = json.loads(done.stdout)
    assert set(line) == {"certificate", "serial_number", "url", "rule", "error"} and done.stderr == ""
    assert line["rule"] == "http_status" and line["error"] == f"{broken.url}: HTTP status 500"


def cut_short(handler, octets):
    handler.wfile.write(octets)
    handler.wfile.flush()
    handler.connection.shutdown(socket.SHUT_RDWR)


ANSWERS = {     # what is done, the rule that it breaks, words that tell
    "an HTTP error": (lambda h, b: h.reply(404), "http_status", "HTTP status 404"),
    "an HTTP error with an answer": (lambda h, b: h.reply(500, bytes.fromhex("30030a0103")), "http_status", "HTTP status 500"),
    "no content": (lambda h, b: h.reply(204, content_type=None), "http_status", "HTTP status 204"),
    "a page": (lambda h, b: h.reply(200, b"<html>sign in</html>", "text/html"), "content_type", "no OCSP response (Content-Type: text/html)"),
    "a page without a type": (lambda h, b: h.reply(200, b"<html>", None), "content_type", "no OCSP response (Content-Type: none)"),
    "a type that colours": (lambda h, b: h.reply(200, b"x", "text/\x1b[31m"), "content_type", "Content-Type: text/?[31m"),
    "almost the type": (lambda h, b: h.reply(200, bytes.fromhex("30030a0103"), "application/ocsp-responses"), "content_type", "ocsp-responses"),
    "nothing": (lambda h, b: h.reply(200, b""), "der", "http://127.0.0.1"),
    "junk": (lambda h, b: h.reply(200, b"junk"), "der", "http://127.0.0.1"),
    "tryLater": (lambda h, b: h.reply(200, bytes.fromhex("30030a0103")), "response_status", "the responder says tryLater: it cannot tell at the moment"),
    "octets behind it": (lambda h, b: h.reply(200, bytes.fromhex("30030a010300")), "der", "octets left over: 1"),
    "too much": (lambda h, b: h.reply(200, b"0" * ((1 << 20) + 1)), "size", "the answer is larger than 1048576 octets"),
    "less than announced": (lambda h, b: (h.send_response(200), h.send_header("Content-Length", "99"), h.end_headers(),
                                          h.connection.shutdown(socket.SHUT_RDWR)), "connection", "http://127.0.0.1"),
    "no answer": (lambda h, b: h.connection.shutdown(socket.SHUT_RDWR), "connection", "Empty reply"),
    "half a head": (lambda h, b: cut_short(h, b"HTTP/1.1 200 OK\r\nContent-Ty"), "content_type", "http://127.0.0.1"),
    "half a chunk": (lambda h, b: cut_short(h, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n1234"), "connection", "http://127.0.0.1"),
    "no chunk": (lambda h, b: cut_short(h, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), "connection", "http://127.0.0.1"),
    "a head without an end": (lambda h, b: cut_short(h, b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500000), "size", "the head of the answer is too large"),
    "another protocol": (lambda h, b: cut_short(h, b"SSH-2.0-x\r\n\r\n"), "connection", "http://127.0.0.1"),
    "a way in circles": (lambda h, b: h.reply(302, Location="/again"), "redirect", "redirects"),
    "a way to a file": (lambda h, b: h.reply(302, Location="file:///etc/passwd"), "redirect", "file"),
    "a way to no address": (lambda h, b: h.reply(302, Location="http://127.0.0.1:1/"), "redirect", "http://127.0.0.1"),
    "no way": (lambda h, b: h.reply(302), "http_status", "HTTP status 302"),
}


@pytest.mark.parametrize("answer, rule, words", ANSWERS.values(), ids=ANSWERS)
@pytest.mark.parametrize("way", ["--post", "--get"])
def test_what_does_not_help_is_named(site, answer, rule, words, way):
    with odd(answer) as strange:
        errors = error_of(site, way, "--url", strange.url, "11.pem")
    assert errors.startswith(f"vouch: 11.pem: {rule}: http://127.0.0.1") and words in errors and "\x1b" not in errors, errors


def test_an_answer_may_be_wanted_younger_than_it_is(site, server):
    with odd(through(server)) as echo:
        assert query(site, "--max-age", "1h", "--url", echo.url, "11.pem").stdout.startswith("11.pem: good")
    aged = site.ca.signer(pki.key("p256", "query aged"), cn="Aged")
    subject, ca = (x509.load_der_x509_certificate(c.der) for c in (site.certificates[GOOD], site.ca))
    now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None, microsecond=0)
    builder = pyca_ocsp.OCSPResponseBuilder().add_response(
        subject, ca, hashes.SHA256(), pyca_ocsp.OCSPCertStatus.GOOD, now - datetime.timedelta(hours=3), now + datetime.timedelta(hours=3), None, None)
    signer = x509.load_der_x509_certificate(aged.der)
    old = builder.responder_id(pyca_ocsp.OCSPResponderEncoding.HASH, signer).certificates([signer]).sign(
        serialization.load_pem_private_key(aged.key.pem(), None), hashes.SHA256()).public_bytes(serialization.Encoding.DER)
    with odd(lambda h, b: h.reply(200, old)) as late:
        query(site, "--max-age", "4h", "--url", late.url, "11.pem")
        assert ": this_update: " in error_of(site, "--max-age", "2h", "--url", late.url, "11.pem")


def test_a_responder_that_is_not_there_is_named(site):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = "127.0.0.1:%d" % free.getsockname()[1]
        assert address in error_of(site, "--url", f"http://{address}/", "11.pem")
    assert "host" in error_of(site, "--url", "http://nowhere.invalid/", "11.pem")
    for url in ("file:///etc/passwd", "ldap://127.0.0.1/", "http://", "http://a b/"):
        error_of(site, "--url", url, "11.pem")


def test_a_redirect_is_followed_with_the_question_in_it(site, url):
    for status in (301, 302, 303, 307, 308):
        with odd(lambda h, b, status=status: h.reply(status, Location=url)) as moved:
            assert query(site, "--url", moved.url, "11.pem").stdout.startswith("11.pem: good")


def test_a_type_may_have_parameters_and_any_case_but_no_other_name(site, server):
    def typed(name):
        return lambda h, b: h.reply(200, rawhttp.post(server.direct, b, "/").body, name)

    for name in ("Application/OCSP-Response", "application/ocsp-response; charset=binary"):
        with odd(typed(name)) as odd_type:
            assert query(site, "--url", odd_type.url, "11.pem").stdout.startswith("11.pem: good")
    with odd(typed("application/octet-stream")) as odd_type:
        assert ": content_type: " in error_of(site, "--url", odd_type.url, "11.pem")


def test_an_answer_that_is_damaged_or_about_another_is_not_believed(site, server):
    def damaged(handler, body):
        octets = bytearray(rawhttp.post(server.direct, body, "/").body)
        octets[-1] ^= 1
        handler.reply(200, bytes(octets))

    other = rawhttp.post(server.direct, site.client(server).request(REVOKED), "/").body
    with odd(damaged) as liar:
        assert ": signer_issuer: " in error_of(site, "--url", liar.url, "11.pem")
    with odd(lambda h, b: h.reply(200, other)) as liar:
        assert ": certid: " in error_of(site, "--url", liar.url, "11.pem")
        assert ": certid: " in error_of(site, "--url", liar.url, "22.pem")
        assert ": nonce_missing: " in error_of(site, "--nonce", "--hash", "sha1", "--url", liar.url, "22.pem")


def test_each_of_several_certificates_has_its_own_rule(site, server):
    alone = rawhttp.post(server.direct, site.client(server).request(GOOD), "/").body
    with odd(lambda h, b: h.reply(200, alone)) as liar:
        done = query(site, "--hash", "sha1", "--json", "--url", liar.url, "11.pem", "22.pem", code=1)
    good, wrong = map(json.loads, done.stdout.splitlines())
    assert good["status"] == "good" and wrong["rule"] == "certid"


def test_a_timeout_is_kept(site):
    release = threading.Event()
    with odd(lambda handler, body: release.wait(30)) as slow:
        begun = time.monotonic()
        error = error_of(site, "--timeout", "1", "--url", slow.url, "11.pem")
        assert error.startswith("vouch: 11.pem: timeout: ") and "timed out" in error
        assert 0.9 < time.monotonic() - begun < 8
        release.set()


def test_a_request_is_signed_and_says_by_whom(site, server):
    client = site.ca.issue(pki.common_name("A client"), pki.key("rsa2048", "query client"), serial=0x51)
    client.write(site.folder, "client")
    chain = (site.folder / "client.pem").read_text() + (site.folder / "ca.pem").read_text()
    (site.folder / "chain.pem").write_text(chain)
    (site.folder / "locked.key").write_bytes(client.key.pem("open sesame"))
    (site.folder / "word").write_text("open sesame\n")
    for key in (("--key", "client.key"), ("--key", "locked.key", "--passphrase-file", "word")):
        with odd(through(server)) as counting:
            done = query(site, "--nonce", "--signer", "chain.pem", *key, "--url", counting.url, "11.pem", "22.pem", code=3)
            assert done.stdout.startswith("11.pem: good") and len(counting.seen) == 1
        (site.folder / "request.der").write_bytes(counting.seen[0][2])
        text = subprocess.run(["openssl", "ocsp", "-reqin", "request.der", "-req_text", "-noverify"], cwd=site.folder, capture_output=True,
                              text=True, timeout=60).stdout
        assert re.search(r"Requestor Name: DirName:.*CN ?= ?A client\n", text) and text.count("Certificate ID:") == 2, text
        assert "Signature Algorithm: sha256WithRSAEncryption" in text and "OCSP Nonce:" in text and text.count("Certificate:\n") == 2, text
        signed = asn1_ocsp.OCSPRequest.load(counting.seen[0][2], strict=True)
        value = signed["optional_signature"].native["signature"]
        x509.load_der_x509_certificate(client.der).public_key().verify(value, signed["tbs_request"].dump(), padding.PKCS1v15(), hashes.SHA256())


def test_what_cannot_sign_is_said(site, url):
    (site.folder / "junk.key").write_text("junk")
    for key in ("absent.key", "junk.key", "11.pem", "ca.key"):
        assert "11.pem" in error_of(site, "--signer", "11.pem", "--key", key, "--url", url, "22.pem")
    for arguments in (("--signer", "11.pem"), ("--key", "ca.key"), ("--passphrase-file", "word")):
        query(site, *arguments, "--url", url, "22.pem", code=2)


@pytest.mark.parametrize("arguments, word", [
    (("--timeout", "0"), "--timeout 0"), (("--timeout", "x"), "--timeout x"), (("--timeout", "3601"), "--timeout 3601"),
    (("--max-age", "soon"), "--max-age"), (("--max-age", "0"), "--max-age"), (("--max-age", "-1s"), "--max-age"), (("--max-age", "10ms"), "--max-age"),
    (("--hash", "md5"), "--hash md5"), (("--get", "--post"), "--get and --post")])
def test_wrong_options_are_wrong_usage(site, arguments, word):
    assert word in query(site, *arguments, "11.pem", code=2).stderr
    assert "expected" in query(site, code=2).stderr


def test_ipv6_is_as_good(site, server):
    if not socket.has_ipv6 or not os.path.exists("/proc/net/if_inet6"):
        pytest.skip("no IPv6 on this machine")
    with odd(through(server), family=socket.AF_INET6) as six:
        assert query(site, "--url", six.url, "11.pem").stdout.startswith("11.pem: good")


def test_the_issuer_is_found_behind_the_certificate(site, url):
    chain, other = site.folder / "chain.pem", pki.authority("Other CA", pki.key("p256", "query other"))
    leaf, ca = (site.folder / "11.pem").read_bytes(), (site.folder / "ca.pem").read_bytes()
    chain.write_bytes(b"for people\n" + leaf + other.pem() + ca)
    assert query(site, "--url", url, "chain.pem", issuer=()).stdout.startswith("chain.pem: good")
    assert query(site, "--url", url, "chain.pem").stdout.startswith("chain.pem: good")
    (site.folder / "leaf.pem").write_bytes(leaf + other.pem())
    assert "leaf.pem: give the CA's certificate with --issuer" in error_of(site, "--url", url, "leaf.pem", issuer=())
    other.write(site.folder, "other")
    assert "11.pem: " in error_of(site, "--url", url, "11.pem", issuer=("--issuer", "other.pem"))


def test_what_is_missing_is_said(site, url):
    assert "11.pem: the certificate names no responder" in error_of(site, "11.pem")
    assert "--serial needs --url" in query(site, "--serial", "11", code=2).stderr
    assert "--serial needs --issuer" in query(site, "--serial", "11", issuer=(), code=2).stderr
    assert "--serial zz: " in query(site, "--url", url, "--serial", "zz", code=2).stderr
    (site.folder / "junk.pem").write_text("junk")
    (site.folder / "huge.pem").write_bytes(b"x" * ((1 << 20) + 1))
    for name in ("absent.pem", "junk.pem", "huge.pem"):
        assert name in error_of(site, "--url", url, name)
        assert name in error_of(site, "--url", url, "--trust", name, "11.pem")
        assert name in error_of(site, "--url", url, "11.pem", issuer=("--issuer", name))


def test_a_url_that_would_colour_a_terminal_is_refused(site):
    assert "characters that no URL has" in error_of(site, named(site, GOOD, "http://127.0.0.1/\x1b[31m", "colour"))


def test_a_proxy_of_the_environment_is_asked(site, server, monkeypatch):
    with odd(through(server)) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        assert query(site, "--url", "http://responder.invalid/ocsp", "11.pem").stdout.startswith("11.pem: good")
        assert proxy.seen[0][:2] == ("POST", "http://responder.invalid/ocsp")


def test_a_get_has_its_question_in_the_path(site, server):
    with odd(lambda h, b: h.reply(200, rawhttp.get(server.direct, h.path[len("/x"):]).body)) as counting:
        for base in ("x", "x/"):
            done = query(site, "--get", "--hash", "sha1", "--url", counting.url + base, "11.pem")
            assert done.stdout.startswith("11.pem: good")
        for command, path, body in counting.seen:
            assert command == "GET" and body == b"" and path.startswith("/x/M") and not set("+=") & set(path) and path.count("/") == 2
