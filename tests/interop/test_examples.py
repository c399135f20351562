# SPDX-License-Identifier: Apache-2.0
"""The examples build from an installed vouch by pkg-config alone, with two compilers, and do what they say beside real peers."""

import base64
import hashlib
import itertools
import re
import socket
import subprocess

import pytest

from support import examples, ocsp, pki, program, rawhttp
from support.client import Client
from support.installed import Installed
from support.server import Server

GOOD, REVOKED, UNKNOWN = 0x11, 0x22, 0x77


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return Installed(tmp_path_factory.mktemp("installed"))


@pytest.fixture(scope="module")
def builds(installed, tmp_path_factory):
    return {compiler: examples.Built(installed, compiler, tmp_path_factory.mktemp(compiler)) for compiler in ("gcc", "clang")}


@pytest.fixture(scope="module", params=["gcc", "clang"])
def built(request, builds):
    return builds[request.param]


@pytest.fixture(scope="module")
def native(builds, installed):
    """By the library's own compiler. A sanitizer's runtime put before others hangs at the end of a program whose libcurl met
    an error of the system, `curl` too: what provokes one is run with this alone."""
    return builds[installed.built_by]


class Site:
    """A CA with a responder's certificate, in files."""

    def __init__(self, folder):
        self.folder = folder
        self.ca = pki.authority("Example CA", pki.key("p256", "example ca"))
        self.ca.write(folder, "ca")
        self.ca.signer(pki.key("p256", "example signer")).write(folder, "ocsp")
        self.ee = {serial: self.ca.end_entity(serial) for serial in (GOOD, REVOKED, UNKNOWN)}
        for serial, certificate in self.ee.items():
            certificate.write(folder, f"{serial:x}")
        serials = (int.from_bytes(b"\x11" + hashlib.sha256(b"%d" % i).digest()[:18], "big") for i in itertools.count())
        self.odd = next(filter(self.is_odd, serials))

    def is_odd(self, serial):
        """Its request has in base64 what HTTP servers like to change."""
        text = base64.b64encode(ocsp.request(ocsp.certid(self.ca, serial)))
        return b"+" in text and b"//" in text

    def arguments(self, address, *serials):
        return [self.folder / "ca.pem", self.folder / "ocsp.pem", self.folder / "ocsp.key", address, *serials]

    def openssl(self, port, serial, *options):
        """What `openssl ocsp`, which has to believe the answer, prints about a certificate."""
        done = subprocess.run(["openssl", "ocsp", "-issuer", "ca.pem", "-CAfile", "ca.pem", *options, "-cert",
                               f"{serial:x}.pem", "-url", f"http://127.0.0.1:{port}/"], cwd=self.folder, capture_output=True, text=True,
                              timeout=60)
        assert "Response verify OK" in done.stderr, done.stdout + done.stderr
        return re.search(r"\.pem: (\w+)", done.stdout)[1]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


def test_all_examples_build_without_a_warning(built):
    assert built.code == 0 and "warning" not in built.output, built.output


@pytest.mark.parametrize("name", examples.RESPONDERS + examples.CLIENTS)
def test_an_example_uses_the_shared_library_that_is_installed(built, name):
    found = built.libraries(name)
    wanted = ["libvouch.so.1"] + (["libvouch-http.so.1"] if name in examples.RESPONDERS else [])
    assert [found.get(library) for library in wanted] == [str(built.installed.libraries / library) for library in wanted]


@pytest.mark.parametrize("source", sorted(examples.FOLDER.glob("*.c*")), ids=lambda path: path.name)
def test_an_example_includes_only_public_headers_and_its_neighbours(source):
    """"" are neighbours; of ours, <> are the two that are installed."""
    text = source.read_text()
    neighbours = {path.name for path in examples.FOLDER.glob("*.h")}
    assert set(re.findall(r'#include "(.+)"', text)) <= neighbours
    ours = {path.relative_to(program.ROOT / "src").as_posix() for path in (program.ROOT / "src").rglob("*.h")}
    assert not set(re.findall(r"#include <(.+)>", text)) & ours


def test_a_responder_over_ones_own_table_takes_less_than_60_lines():
    assert len((examples.FOLDER / "own_table.c").read_text().splitlines()) < 60


def test_the_table_of_the_readme_names_what_each_example_needs():
    rows = dict(re.findall(r"^\| `([\w.]+)` \| .* \| `([\w -]+)` \|$", (examples.FOLDER / "README.md").read_text(), re.M))
    needs = dict(re.findall(r"^\$\(OUT\)/(\w+): NEEDS = (.+)$", (examples.FOLDER / "Makefile").read_text(), re.M))
    needs["plugin_source"] = "vouch"        # its header: what it calls is in the program that loads it
    assert {name.split(".")[0]: modules for name, modules in rows.items()} == needs
    assert set(rows) == {path.name for path in examples.FOLDER.glob("*.c*")}


# The responders ----------------------------------------------------------------------------------------------------------


def test_own_table_answers_from_its_table(built, site):
    with examples.Running(built, "own_table", *site.arguments("127.0.0.1:0")) as running:
        port = running.silent_port()
        assert [site.openssl(port, serial) for serial in (GOOD, REVOKED, UNKNOWN)] == ["good", "revoked", "unknown"]
        assert site.openssl(port, GOOD, "-sha256", "-no_nonce") == "good"


def test_own_signer_answers_with_signatures_of_its_own(built, site):
    with examples.Running(built, "own_signer", *site.arguments("127.0.0.1:0", "11", "22")) as running:
        port = running.port()
        assert [site.openssl(port, serial) for serial in (GOOD, REVOKED, UNKNOWN)] == ["good", "good", "unknown"]


def test_own_signer_with_an_rsa_key_names_the_algorithm_that_it_uses(built, site, tmp_path):
    certificate, key = site.ca.signer(pki.key("rsa2048", "example rsa")).write(tmp_path, "rsa")
    with examples.Running(built, "own_signer", site.folder / "ca.pem", certificate, key, "127.0.0.1:0", "11") as running:
        assert site.openssl(running.port(), GOOD) == "good"


def test_own_signer_with_another_key_than_the_certificates_does_not_start(built, site):
    done = built.run("own_signer", site.folder / "ca.pem", site.folder / "ocsp.pem", site.folder / "ca.key", "127.0.0.1:0",
                     code=1)
    assert done.stderr.startswith("error: ")


def test_the_responder_in_cpp_answers_from_its_table(built, site):
    with examples.Running(built, "responder", *site.arguments("127.0.0.1:0", "11", "22=keyCompromise")) as running:
        port = running.port()
        assert [site.openssl(port, serial) for serial in (GOOD, REVOKED, UNKNOWN)] == ["good", "revoked", "unknown"]


@pytest.mark.parametrize("arguments, text", [
    (["ca.pem", "ocsp.pem", "ocsp.key", "127.0.0.1:0", "22=noSuchReason"], "noSuchReason"),
    (["nowhere.pem", "ocsp.pem", "ocsp.key", "127.0.0.1:0"], "nowhere.pem"),
    (["ca.pem", "11.pem", "11.key", "127.0.0.1:0"], "OCSPSigning"),
])
def test_the_responder_in_cpp_says_what_is_wrong(built, site, arguments, text):
    assert text in built.run("responder", *arguments, cwd=site.folder, code=1).stderr


@pytest.mark.parametrize("name", examples.RESPONDERS)
def test_a_responder_without_arguments_shows_its_usage(built, name):
    assert built.run(name, code=2).stderr.startswith("usage: ")


class Address:
    """What Client wants of a server."""

    def __init__(self, port):
        self.address = ("127.0.0.1", port)


@pytest.fixture(scope="module")
def microhttpd(built, site):
    with examples.Running(built, "behind_microhttpd", *site.arguments("0", "11", f"{site.odd:X}")) as running:
        yield Client(Address(running.port()), site.ca)


def test_openssl_believes_what_comes_from_behind_microhttpd(microhttpd, site):
    port = microhttpd.address[1]
    assert [site.openssl(port, serial) for serial in (GOOD, UNKNOWN)] == ["good", "unknown"]


@pytest.mark.parametrize("raw", [False, True])
def test_a_get_behind_microhttpd_may_have_any_base64(microhttpd, site, raw):
    assert microhttpd.ask_get(microhttpd.request(site.odd), raw=raw).single.status == "good"


def test_fields_and_conditional_requests_pass_microhttpd(microhttpd):
    """An answer that is kept has a tag that stays."""
    first = microhttpd.get(microhttpd.request(GOOD))
    assert first["Content-Type"] == "application/ocsp-response" and first["ETag"] and first["Cache-Control"]
    assert microhttpd.get(microhttpd.request(GOOD)).body == first.body
    again = microhttpd.get(microhttpd.request(GOOD), [("If-None-Match", first["ETag"])])
    assert (again.status, again.body) == (304, b"")
    head = microhttpd.head(microhttpd.request(GOOD))
    assert (head.status, head.body) == (200, b"")


def test_a_nonce_passes_microhttpd(microhttpd):
    request = microhttpd.request(GOOD, extensions=[ocsp.nonce(bytes(32))])
    assert microhttpd.successful(request).extension(ocsp.NONCE) is not None
    head = microhttpd.head(request)
    assert (head.status, head["Content-Length"]) == (200, None)


@pytest.mark.parametrize("method, path, body, status", [
    ("DELETE", "/", b"", 405), ("GET", "/", b"", 400), ("POST", "/", bytes(20000), 413),
], ids=["delete", "no request", "too large"])
def test_what_is_not_ocsp_gets_its_status_behind_microhttpd(microhttpd, method, path, body, status):
    fields = [("Content-Type", "application/ocsp-request"), ("Content-Length", str(len(body)))] if body else []
    answer = rawhttp.exchange(microhttpd.address, rawhttp.head(method, path, fields) + body)
    assert answer.status == status


# The client --------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(site, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    for command in (["add", "11.pem", "22.pem"], ["revoke", "--reason", "keyCompromise", "22.pem"]):
        program.run(command[0], "--issuer", "ca.pem", "--db", folder / "vouch.db", *command[1:], cwd=site.folder)
    arguments = ["--listen", "127.0.0.1:0", "--issuer", site.folder / "ca.pem", "--signer", site.folder / "ocsp.pem", "--key",
                 site.folder / "ocsp.key", "--source", f"sqlite:{folder / 'vouch.db'}"]
    with Server(folder, arguments=arguments) as server:
        yield server


def verify(programs, site, served, *arguments, code):
    return programs.run("verify", "-u", "http://127.0.0.1:%d/" % served.direct[1], *arguments, cwd=site.folder, code=code)


@pytest.mark.parametrize("nonce", [[], ["-n"]], ids=["stored", "nonce"])
@pytest.mark.parametrize("serial, code, text", [(GOOD, 0, "good\n"), (REVOKED, 3, "revoked: keyCompromise\nsince: 20"),
                                                (UNKNOWN, 4, "unknown\n")])
def test_verify_says_what_the_responder_says(built, site, served, nonce, serial, code, text):
    done = verify(built, site, served, *nonce, "ca.pem", f"{serial:x}.pem", code=code)
    assert done.stdout.startswith(text) and "thisUpdate: 20" in done.stdout and done.stderr == ""


def test_verify_asks_the_responder_that_the_certificate_names(built, site, served, tmp_path):
    url = "http://127.0.0.1:%d/" % served.direct[1]
    named = site.ca.end_entity(GOOD, extensions=[pki.authority_information_access(url)])
    certificate, _ = named.write(tmp_path, "named")
    assert built.run("verify", site.folder / "ca.pem", certificate).stdout.startswith("good\n")


def test_verify_refuses_a_certificate_of_another_issuer(built, site, served, tmp_path):
    """The serial number is one that the responder calls good."""
    other = pki.authority("Other CA", pki.key("p256", "other ca"))
    certificate, _ = other.end_entity(GOOD).write(tmp_path, "other")
    done = verify(built, site, served, "ca.pem", certificate, code=1)
    assert done.stdout == "" and "error: " in done.stderr


def test_verify_refuses_an_answer_that_the_ca_did_not_authorise(built, site, tmp_path):
    """A CA of the same name with another key signs; the responder of own_table is its own."""
    twin = pki.authority("Example CA", pki.key("p256", "twin ca"))
    twin.write(tmp_path, "ca")
    twin.signer(pki.key("p256", "twin signer")).write(tmp_path, "ocsp")
    with examples.Running(built, "own_table", tmp_path / "ca.pem", tmp_path / "ocsp.pem", tmp_path / "ocsp.key",
                          "127.0.0.1:0") as running:
        done = built.run("verify", "-u", f"http://127.0.0.1:{running.silent_port()}/", site.folder / "ca.pem", site.folder / "11.pem", code=1)
    assert done.stdout == ""


@pytest.mark.parametrize("arguments, code, text", [
    (["ca.pem", "11.pem"], 1, "names no responder"),
    (["-u", "file:///etc/passwd", "ca.pem", "11.pem"], 1, "rotocol"),
    (["ca.pem", "ca.key"], 1, "certificate"),
    (["ca.pem", "nowhere.pem"], 1, "nowhere.pem"),
    (["ca.pem"], 2, "usage: "), ([], 2, "usage: "), (["-x"], 2, "invalid option"),
])
def test_verify_says_what_is_wrong(native, site, arguments, code, text):
    done = native.run("verify", *arguments, cwd=site.folder, code=code)
    assert text in done.stderr and done.stdout == ""


def test_verify_says_where_nobody_answers(native, site):
    with socket.socket() as taken:      # bound, and never listening
        taken.bind(("127.0.0.1", 0))
        url = "http://127.0.0.1:%d/" % taken.getsockname()[1]
        assert native.run("verify", "-u", url, "ca.pem", "11.pem", cwd=site.folder, code=1).stderr.startswith(f"error: {url}")
