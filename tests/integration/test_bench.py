# SPDX-License-Identifier: Apache-2.0
"""vouch bench on responders that help and responders that do not: what is asked, what is counted, what is wrong."""

import base64
import collections
import contextlib
import json
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

import pytest

from site_of_tests import GOOD, HELD, REVOKED, Site
from support import ocsp, pki, program, rawhttp
from support.mock import Mock

TYPE = b"Content-Type: application/ocsp-response\r\n"
TRY_LATER = ocsp.TRY_LATER


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("bench"))


@pytest.fixture(scope="module")
def url(site):
    with site.serve() as running:
        yield "http://%s:%d/" % running.direct


def bench(site, url, *arguments, code=0, **options):
    return program.run("bench", "--issuer", "ca.pem", "--url", url, *arguments, cwd=site.folder, code=code, **options)


def results(site, url, *arguments, code=0):
    return json.loads(bench(site, url, "--json", *arguments, code=code).stdout)


def whole(body, head=b"HTTP/1.1 200 OK\r\n" + TYPE):
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


class Scripted:
    """A server whose `answer(connection, asked)` gets each request as (method, DER) and its number from 0."""

    def __init__(self, answer):
        self.answer, self.asked, self.lock = answer, [], threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.url = "http://127.0.0.1:%d/ocsp" % self.socket.getsockname()[1]
        self.ending = False
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.ending = True
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def accept(self):
        while not self.ending:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as stream, contextlib.suppress(OSError, ValueError):
            while line := stream.readline():
                self.handle(connection, line.split(b" "), stream)

    def handle(self, connection, line, stream):
        fields = dict(field.strip().lower().split(b": ") for field in iter(stream.readline, b"\r\n"))
        body = stream.read(int(fields.get(b"content-length", 0)))
        if line[0] == b"GET":
            body = base64.b64decode(urllib.parse.unquote(line[1].decode().removeprefix("/ocsp/")), validate=True)
        with self.lock:
            number = len(self.asked)
            self.asked.append((line[0].decode(), body))
        self.answer(connection, number)


def always(octets):
    return lambda connection, number: connection.sendall(octets)


def serial_of(request):
    from asn1crypto import ocsp as asn1_ocsp
    parsed = asn1_ocsp.OCSPRequest.load(request)["tbs_request"]
    return parsed["request_list"][0]["req_cert"]["serial_number"].native


def nonce_of(request):
    from asn1crypto import ocsp as asn1_ocsp
    return asn1_ocsp.OCSPRequest.load(request).nonce_value.native


# --- Sound responders -----------------------------------------------------------------------------------------------


def test_every_answer_is_verified_and_counted(site, url):
    found = results(site, url, "--serial", f"{GOOD:x}", f"{REVOKED:x}", f"{HELD:x}", "99", "--requests", "400", "--verify", "all",
                    "--get-share", "50", "--threads", "2", "--nonce")
    assert found["answered"] == found["sent"] == 400 and found["http_status"] == {"200": 400}
    assert found["response_status"] == {"successful": 400} and set(found["errors"].values()) == {0}
    assert found["sample"] == {"verified": 400, "good": 100, "revoked": 200, "unknown": 100, "failed": 0, "broken": {}}
    latency = found["latency"]
    assert latency["count"] == 400
    order = [latency[name] for name in ("min", "p50", "p90", "p99", "p99.9", "max")]
    assert order == sorted(order) and 0 < latency["min"] <= latency["mean"] <= latency["max"]


def test_a_sample_is_verified_afterwards(site, url):
    found = results(site, url, "--serials", "1-1000", "--requests", "500", "--verify", "50")
    assert found["sample"]["verified"] == 50 and found["sample"]["failed"] == 0
    assert results(site, url, "--serials", "1-9", "--requests", "20", "--verify", "0")["sample"]["verified"] == 0


def test_people_read_lines(site, url):
    done = bench(site, url, "--serial", "11", "--requests", "50", "--hash", "sha1", "--post", "--close")
    lines = dict(line.split(None, 1) for line in done.stdout.splitlines())
    assert "50 answers in " in done.stdout and "/s" in done.stdout.splitlines()[0]
    assert "p99.9" in lines["latency,"] and "successful 50" in done.stdout and "200: 50" in done.stdout
    assert "50 connections" in done.stdout and "good 50" in lines["verified"] and done.stderr == ""


def test_certificates_bring_issuer_and_url(site, url):
    usage = [pki.key_usage("digitalSignature"), pki.authority_information_access(url)]
    certificate = site.ca.end_entity(GOOD, extensions=usage)
    certificate.write(site.folder, "named")
    (site.folder / "chain.pem").write_text((site.folder / "named.pem").read_text() + (site.folder / "ca.pem").read_text())
    done = program.run("bench", "--requests", "20", "--json", "chain.pem", cwd=site.folder)
    assert json.loads(done.stdout)["sample"]["good"] == 20


def test_a_signer_of_nobody_can_be_trusted(site, tmp_path):
    """Answers of another CA's signer verify when that signer is trusted by name."""
    from support.scripted import answer as scripted_answer
    other = pki.authority("Other CA", pki.key("p256", "other ca"))
    signer = other.signer(pki.key("p256", "other signer"))
    signer.write(tmp_path, "trusted")
    body = scripted_answer(site.certificates[GOOD], signer)
    with Scripted(always(whole(body))) as server:
        arguments = ["--hash", "sha1", "--serial", f"{GOOD:x}", "--requests", "5"]
        assert results(site, server.url, *arguments, code=1)["sample"]["failed"] == 5
        assert results(site, server.url, *arguments, "--trust", tmp_path / "trusted.pem")["sample"]["good"] == 5


def test_pipelined_requests_are_answered_in_their_order(site, url):
    found = results(site, url, "--serials", "1-40", "--requests", "500", "--pipeline", "8", "--connections", "3", "--verify", "all")
    assert found["answered"] == found["sample"]["verified"] == 500 and found["connections"] == 3


def test_a_rate_is_kept(site, url):
    found = results(site, url, "--serial", "11", "--rate", "200", "--duration", "1500ms", "--connections", "4", "--threads", "2")
    assert found["answered"] == 300 and found["seconds"] >= 1.4


# --- What is asked --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["random", "sequential"])
def test_each_pass_asks_about_each_certificate_once(site, order):
    with Scripted(always(whole(TRY_LATER))) as server:
        results(site, server.url, "--serials", "7E-E1", "--order", order, "--requests", "200", "--threads", "2", "--connections", "2")
        assert collections.Counter(serial_of(body) for _, body in server.asked) == {n: 2 for n in range(0x7E, 0xE2)}
        in_order = [serial_of(body) for _, body in server.asked][:100] == sorted(range(0x7E, 0xE2))
    with Scripted(always(whole(TRY_LATER))) as server:
        results(site, server.url, "--serials", "7E-E1", "--order", order, "--requests", "100", "--connections", "1")
        asked = [serial_of(body) for _, body in server.asked]
    assert (asked == sorted(asked)) == (order == "sequential") and (order == "sequential" or not in_order)


def test_serial_numbers_come_from_files_ranges_and_arguments(site):
    (site.folder / "serials").write_text("# ours\n0A\n0b:0c  # two octets\n")
    with Scripted(always(whole(TRY_LATER))) as server:
        results(site, server.url, "--serial-file", "serials", "--serials", "100-101", "--serials", "7E+4", "--serial", "FF",
                "--requests", "9")
        assert sorted(serial_of(body) for _, body in server.asked) == [0xA, 0x7E, 0x7F, 0x80, 0x81, 0xFF, 0x100, 0x101, 0xB0C]


def test_methods_are_mixed_as_asked(site):
    for arguments, least, most in ((["--get"], 400, 400), (["--post"], 0, 0), (["--get-share", "25"], 50, 150), ([], 400, 400)):
        with Scripted(always(whole(TRY_LATER))) as server:
            results(site, server.url, "--serials", "1-10", "--requests", "400", *arguments)
            assert least <= [method for method, _ in server.asked].count("GET") <= most, arguments


def test_no_nonce_comes_twice(site):
    with Scripted(always(whole(TRY_LATER))) as server:
        results(site, server.url, "--serial", "1", "--nonce", "--requests", "300", "--threads", "2")
        nonces = {nonce_of(body) for _, body in server.asked}
        assert len(nonces) == 300 and {len(nonce) for nonce in nonces} == {32}


# --- Responders that do not help ------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault, rule", [("bad_signature", "signature"), ("expired", "next_update"), ("nonce_changed", "nonce"),
                                         ("nonce_missing", "nonce_missing")])
def test_what_does_not_verify_is_named_and_wrong(tmp_path, fault, rule):
    with Mock(tmp_path) as mock:
        done = program.run("bench", "--issuer", "ca.pem", "--url", mock.url(fault), "--serial", "1A2B", "--nonce", "--requests", "30",
                           "--json", cwd=tmp_path, code=1)
    sample = json.loads(done.stdout)["sample"]
    assert sample["failed"] == 30 and sample["broken"] == {rule: 30}
    assert "30 of 30 answers do not verify" in done.stderr and done.stderr.count("\n") == 1


def test_try_later_is_an_answer_of_its_own(site):
    with Scripted(always(whole(TRY_LATER))) as server:
        found = results(site, server.url, "--serial", "1", "--requests", "30")
    assert found["answered"] == 30 and found["response_status"] == {"tryLater": 30}
    assert found["latency_try_later"]["count"] == 30 and found["latency"]["count"] == 0


def test_an_answer_about_another_certificate_is_wrong(site, url):
    server_address = urllib.parse.urlsplit(url)
    other = rawhttp.post((server_address.hostname, server_address.port), ocsp.request(ocsp.certid(site.ca, 0x7777, "sha256")), "/")
    with Scripted(always(whole(other.body))) as server:
        done = bench(site, server.url, "--serial", "123456", "--requests", "20", "--verify", "0", "--json", code=1)
    assert json.loads(done.stdout)["errors"]["other_certificate"] == 20 and "another certificate" in done.stderr


BODIES = {
    "a redirect": (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", {"302": 20}, {}),
    "an error": (b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", {"503": 20}, {}),
    "a page": (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello", {"200": 20}, {"ocsp": 20}),
    "no DER": (whole(b"hello"), {"200": 20}, {"ocsp": 20}),
    "another type": (whole(TRY_LATER, b"HTTP/1.1 200 OK\r\n"), {"200": 20}, {"ocsp": 20}),
    "no HTTP": (b"hello\r\n\r\n", {}, {"http": 20}),
}


@pytest.mark.parametrize("what", BODIES)
def test_what_is_no_ocsp_response_is_counted_by_kind(site, what):
    octets, statuses, errors = BODIES[what]
    with Scripted(always(octets)) as server:
        done = bench(site, server.url, "--serial", "1", "--requests", "20", "--connections", "2", "--json", code=1)
    found = json.loads(done.stdout)
    assert found["http_status"] == statuses and {k: v for k, v in found["errors"].items() if v} == errors
    assert found["latency_others"]["count"] == sum(statuses.values()) and "no OCSP response came" in done.stderr


FRAMINGS = {
    "chunked": b"HTTP/1.1 200 OK\r\n" + TYPE + b"Transfer-Encoding: chunked\r\n\r\n2\r\n" + TRY_LATER[:2] + b"\r\n3\r\n" + TRY_LATER[2:] +
               b"\r\n0\r\n\r\n",
    "interim": b"HTTP/1.1 103 Early Hints\r\n\r\n" + whole(TRY_LATER),
}


@pytest.mark.parametrize("what", FRAMINGS)
def test_framings_keep_the_connection(site, what):
    with Scripted(always(FRAMINGS[what])) as server:
        found = results(site, server.url, "--serial", "1", "--requests", "20", "--connections", "1")
    assert found["answered"] == 20 and found["connections"] == 1


def closing(octets):
    def answer(connection, number):
        connection.sendall(octets)
        connection.shutdown(socket.SHUT_RDWR)
    return answer


@pytest.mark.parametrize("octets", [whole(TRY_LATER, b"HTTP/1.0 200 OK\r\n" + TYPE), b"HTTP/1.0 200 OK\r\n" + TYPE + b"\r\n" + TRY_LATER,
                                    whole(TRY_LATER, b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + TYPE),
                                    b"HTTP/1.1 200 OK\r\n" + TYPE + b"\r\n" + TRY_LATER])
def test_a_server_that_closes_is_connected_to_again(site, octets):
    with Scripted(closing(octets)) as server:
        found = results(site, server.url, "--serial", "1", "--requests", "20", "--connections", "2")
    assert found["answered"] == 20 and 20 <= found["connections"] <= 22 and set(found["errors"].values()) == {0}


def test_a_request_without_any_answer_is_sent_once_more(site):
    def answer(connection, number):
        if number % 2 == 0:
            connection.shutdown(socket.SHUT_RDWR)
        else:
            connection.sendall(whole(TRY_LATER))

    with Scripted(answer) as server:
        found = results(site, server.url, "--serial", "1", "--requests", "10", "--connections", "1")
    assert found["answered"] == 10 and found["retried"] == 10 and found["sent"] == 20 and set(found["errors"].values()) == {0}


def test_what_is_lost_twice_or_in_the_middle_is_a_reset(site):
    with Scripted(lambda connection, number: connection.shutdown(socket.SHUT_RDWR)) as server:
        found = results(site, server.url, "--serial", "1", "--requests", "10", "--connections", "2", code=1)
    assert found["errors"]["reset"] == 10 and found["sent"] == 20
    with Scripted(closing(whole(TRY_LATER)[:-1])) as server:
        found = results(site, server.url, "--serial", "1", "--requests", "10", "--connections", "2", code=1)
    assert found["errors"]["reset"] == 10 and found["sent"] == 10


def test_what_does_not_answer_is_a_timeout(site):
    with Scripted(lambda connection, number: None) as server:
        found = results(site, server.url, "--serial", "1", "--requests", "6", "--connections", "3", "--timeout", "200ms", code=1)
    assert found["errors"]["timeout"] == 6 and found["sent"] == 6 and found["seconds"] >= 0.4


def test_what_waits_behind_a_stall_counts_from_when_it_was_due(site):
    """The requests that could not be sent while the responder stalled have waited, too (coordinated omission)."""
    def answer(connection, number):
        if number == 20:
            time.sleep(1)
        connection.sendall(whole(TRY_LATER))

    with Scripted(answer) as server:
        found = results(site, server.url, "--serial", "1", "--rate", "100", "--duration", "2s", "--connections", "1")
    latency = found["latency_try_later"]
    assert found["answered"] == 200 and latency["max"] >= 0.99
    assert latency["p90"] >= 0.7, "a tenth of the requests were due in the first 0.2 s of the stall"


def test_an_overloaded_responder_is_told_by_timeouts(site):
    def answer(connection, number):
        time.sleep(0.1)
        connection.sendall(whole(TRY_LATER))

    with Scripted(answer) as server:
        found = results(site, server.url, "--serial", "1", "--rate", "100", "--duration", "1s", "--connections", "1", "--timeout", "300ms")
    assert found["answered"] + found["errors"]["timeout"] == 100 and found["errors"]["timeout"] >= 80


def test_nobody_there_is_told_at_once(site):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        begun = time.monotonic()
        done = bench(site, "http://127.0.0.1:%d/" % taken.getsockname()[1], "--serial", "1", code=1)
    assert "Connection refused" in done.stderr and done.stderr.count("\n") == 1 and time.monotonic() - begun < 10


def test_a_server_that_goes_away_costs_errors_and_not_the_load(site):
    server = Scripted(always(whole(TRY_LATER)))
    process = subprocess.Popen([program.path(), "bench", "--issuer", "ca.pem", "--url", server.url, "--serial", "1", "--duration", "1s",
                                "--connections", "2", "--json"], cwd=site.folder, stdout=subprocess.PIPE, text=True,
                               env=program.environment())
    rawhttp.until(lambda: len(server.asked) > 20)
    server.answer = lambda connection, number: connection.shutdown(socket.SHUT_RDWR)
    server.__exit__()
    found = json.loads(process.communicate(timeout=30)[0])
    assert process.returncode == 0 and found["answered"] > 20 and found["errors"]["connect"] > 0


def test_sigint_ends_it_with_what_was_found(site):
    with Scripted(always(whole(TRY_LATER))) as server:
        process = subprocess.Popen([program.path(), "bench", "--issuer", "ca.pem", "--url", server.url, "--serial", "11", "--duration", "1h",
                                    "--json"], cwd=site.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=program.environment())
        rawhttp.until(lambda: len(server.asked) > 20)
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=30)
    program.assert_sound(errors)
    found = json.loads(out)
    assert process.returncode == 0 and found["interrupted"] and found["answered"] > 20


WRONG = [
    (["--serial", "1", "--get", "--post"], "exclude each other"),
    (["--serial", "1", "--get-share", "101"], "from 0 to 100"),
    (["--serial", "1", "--connections", "0"], "--connections 0"),
    (["--serial", "1", "--threads", "17"], "each needs a connection"),
    (["--serial", "1", "--rate", "0"], "--rate 0"),
    (["--serial", "1", "--rate", "10", "--pipeline", "2"], "--pipeline"),
    (["--serial", "1", "--duration", "0"], "--duration"),
    (["--serial", "1", "--verify", "some"], "--verify some"),
    (["--serial", "1", "--order", "worst"], "--order worst"),
    (["--serial", "1", "--hash", "md5"], "--hash md5"),
    (["--serials", "9"], "neither FROM-TO nor FROM+N"),
    (["--serials", "9+0"], "behind the +"),
    (["--serials", "-9+1"], "lacks a hexadecimal digit"),
    (["--serials", "9-1"], "below the first"),
    (["--serials", "x-1"], "hexadecimal"),
    ([], "is expected"),
]


@pytest.mark.parametrize("arguments, why", WRONG)
def test_wrong_usage_is_told(site, arguments, why):
    done = bench(site, "http://127.0.0.1:1/", *arguments, code=2)
    assert why in done.stderr and done.stdout == "" and done.stderr.count("\n") == 1


def test_urls_that_are_not_http_are_told(site):
    assert "http://" in bench(site, "https://127.0.0.1/", "--serial", "1", code=2).stderr


def test_a_file_that_is_no_list_is_named_with_its_line(site):
    (site.folder / "bad").write_text("1\n2\nthree\n")
    done = bench(site, "http://127.0.0.1:1/", "--serial-file", "bad", code=1)
    assert "bad: line 3: " in done.stderr
