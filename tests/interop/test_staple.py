# SPDX-License-Identifier: Apache-2.0
"""The stapling helper keeps a good response on disk whatever the responder does, and nginx and HAProxy hand it out."""

import re
import signal
import subprocess

import pytest
from cryptography.hazmat.primitives import hashes

from support import examples, pki, program, rawhttp, scripted, webserver
from support.installed import Installed

SERIAL, OTHER = 0x11, 0x22


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    installed = Installed(tmp_path_factory.mktemp("installed"))
    made = examples.Built(installed, installed.built_by, tmp_path_factory.mktemp("built"), "staple")
    assert made.code == 0, made.output
    return made


class Site:
    def __init__(self, folder):
        self.folder = folder
        self.ca = pki.authority("Staple CA", pki.key("p256", "staple ca"))
        self.signer = self.ca.signer(pki.key("p256", "staple signer"))
        self.server, self.other = self.ca.end_entity(SERIAL), self.ca.end_entity(OTHER)
        self.ca.write(folder, "ca")
        self.server.write(folder, "server")

    def answer(self, **options):
        return scripted.answer(options.pop("about", self.server), options.pop("signer", self.signer), **options)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


class Helper:
    """The helper with its file, beside a responder that the test scripts."""

    def __init__(self, built, site, folder, responder):
        self.built, self.site, self.folder, self.responder = built, site, folder, responder
        self.file = folder / "server.ocsp"

    def arguments(self, *options):
        return ["--url", self.responder.url, *map(str, options), str(self.site.folder / "ca.pem"),
                str(self.site.folder / "server.pem"), str(self.file)]

    def once(self, *options, code=0):
        """One turn, which leaves nothing but the file behind."""
        before = set(self.folder.iterdir()) | {self.file}
        done = self.built.run("staple", "--once", *self.arguments(*options), code=code)
        assert set(self.folder.iterdir()) <= before
        return done

    def start(self, *options):
        return subprocess.Popen([self.built.path("staple"), *self.arguments(*options)], stdin=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, text=True, env=self.built.environment())


@pytest.fixture
def helper(built, site, tmp_path):
    # Not yet half of its time: from there on the helper may ask again, sooner or later by chance.
    with scripted.Responder(site.answer(since=-0.5)) as responder:
        yield Helper(built, site, tmp_path, responder)


def finish(process):
    process.terminate()
    errors = process.communicate(timeout=20)[1]
    assert process.returncode == -signal.SIGTERM, errors
    program.assert_sound(errors)
    return errors


# The file ---------------------------------------------------------------------------------------------------------------


def test_a_verified_response_is_written_for_everybody_to_read(helper):
    helper.once()
    assert helper.file.read_bytes() == helper.responder.body
    assert helper.file.stat().st_mode & 0o777 == 0o644


def test_a_fresh_response_is_left_alone_until_half_of_its_time_is_over(helper, site):
    fresh = site.answer(since=-1, until=1.5)
    helper.file.write_bytes(fresh)
    helper.once()
    assert helper.responder.asked == 0 and helper.file.read_bytes() == fresh


def test_beyond_the_half_it_is_replaced(helper, site):
    helper.file.write_bytes(site.answer(since=-3, until=2))
    helper.once()
    assert helper.responder.asked == 1 and helper.file.read_bytes() == helper.responder.body


def flipped(body):
    return body[:-1] + bytes([body[-1] ^ 1])


def foreign(site):
    twin = pki.authority("Staple CA", pki.key("p256", "another staple ca"))
    return twin.signer(pki.key("p256", "another staple signer"))


# What comes instead of a good response: body, exit code, what is said of it.
BAD = {
    "garbage": (lambda site: b"\x30\x03garbage", 1, ""),
    "nothing": (lambda site: b"", 1, ""),
    "tryLater": (lambda site: bytes.fromhex("30030a0103"), 1, "tryLater"),
    "cut short": (lambda site: site.answer()[:-9], 1, ""),
    "trailing octets": (lambda site: site.answer() + b"\0", 1, ""),
    "a bad signature": (lambda site: flipped(site.answer()), 1, "signature"),
    "a signer that the CA did not name": (lambda site: site.answer(signer=foreign(site)), 1, ""),
    "the server as its own signer": (lambda site: site.answer(signer=site.server), 1, ""),
    "another certificate": (lambda site: site.answer(about=site.other), 1, ""),
    "another hash": (lambda site: site.answer(algorithm=hashes.SHA256()), 1, ""),
    "expired": (lambda site: site.answer(since=-9, until=-1), 1, ""),
    "of tomorrow": (lambda site: site.answer(since=24, until=48), 1, ""),
    "without an end": (lambda site: site.answer(until=None), 1, ""),
    "revoked": (lambda site: site.answer(status="revoked"), 3, "server.pem: revoked"),
    "unknown": (lambda site: site.answer(status="unknown"), 4, "unknown"),
    "too large": (lambda site: bytes(1 << 18), 1, ""),
}


@pytest.mark.parametrize("what", BAD)
def test_a_good_response_is_never_replaced_by_a_bad_one(helper, site, what):
    make, code, text = BAD[what]
    held = site.answer(since=-3, until=1)
    helper.file.write_bytes(held)
    helper.responder.body = make(site)
    done = helper.once(code=code)
    assert helper.responder.asked == 1 and helper.file.read_bytes() == held
    assert done.stderr.startswith("staple: ") and text in done.stderr and "clients would take" not in done.stderr


@pytest.mark.parametrize("what", BAD)
def test_where_there_is_none_a_bad_response_is_not_written(helper, site, what):
    make, code, text = BAD[what]
    helper.responder.body = make(site)
    assert "clients would take" in helper.once(code=code).stderr
    assert not helper.file.exists()


@pytest.mark.parametrize("status, content_type", [(500, None), (503, None), (404, None), (302, None), (200, "text/html")])
def test_what_http_says_is_not_overlooked(helper, site, status, content_type):
    held = site.answer(since=-3, until=1)
    helper.file.write_bytes(held)
    helper.responder.status = status
    helper.responder.content_type = content_type or helper.responder.content_type
    helper.once(code=1)
    assert helper.file.read_bytes() == held


def test_a_good_response_is_not_replaced_by_an_older_one(helper, site):
    """A cache on the way may give out what it has: no trouble, and no step back."""
    held = site.answer(since=-3, until=1)
    helper.file.write_bytes(held)
    helper.responder.body = site.answer(since=-4, until=9)
    helper.once()
    assert helper.responder.asked == 1 and helper.file.read_bytes() == held


@pytest.mark.parametrize("what", ["garbage", "another certificate", "expired", "revoked", "a bad signature"])
def test_what_was_not_good_on_disk_is_replaced(helper, site, what):
    helper.file.write_bytes(BAD[what][0](site))
    helper.once()
    assert helper.file.read_bytes() == helper.responder.body


def test_a_folder_that_is_not_there_is_an_error(helper):
    helper.file = helper.folder / "nowhere" / "server.ocsp"
    assert "nowhere" in helper.once(code=1).stderr


@pytest.mark.parametrize("arguments", [[], ["ca.pem"], ["--retry", "0", "ca.pem", "server.pem", "out"], ["--what"]])
def test_wrong_usage_has_an_exit_code_of_its_own(built, arguments):
    assert built.run("staple", *arguments, code=2).stderr


# The server is told ----------------------------------------------------------------------------------------------------


def test_the_command_runs_once_for_each_new_response(helper):
    log = helper.folder / "log"
    log.touch()
    for _ in range(2):
        helper.once("--run", f"echo new >> {log}")
    assert log.read_text() == "new\n"


def test_a_command_that_fails_is_trouble(helper):
    assert "exit 7" in helper.once("--run", "exit 7", code=1).stderr
    assert helper.file.exists()


def test_while_it_runs_it_renews_half_way_and_tries_again_after_trouble(helper, site):
    """Responses that live for six seconds; the first two questions meet a server that is not well."""
    responder = helper.responder

    def next_body():
        responder.status = 500 if responder.asked <= 2 else 200
        return site.answer(since=0, until=6 / 3600)

    responder.body, responder.status = next_body, 500
    process = helper.start("--retry", "1")
    try:
        rawhttp.until(helper.file.exists)
        first = helper.file.read_bytes()
        assert responder.asked == 3
        rawhttp.until(lambda: helper.file.read_bytes() != first)
    finally:
        errors = finish(process)
    assert errors.count("HTTP status 500") == 2


# Real servers ----------------------------------------------------------------------------------------------------------


def this_update(text):
    found = re.search(r"Cert Status: good\n\s+This Update: (.+)", text)
    return found and found[1]


def test_nginx_hands_the_response_out_and_takes_the_next_one(helper, site, tmp_path):
    helper.responder.body = site.answer(since=-3, until=2)
    helper.once()
    folder = tmp_path / "nginx"
    nginx = webserver.Nginx(folder, site.folder / "server.pem", site.folder / "server.key",
                            f"ssl_stapling on; ssl_stapling_file {helper.file};")
    ca = site.folder / "ca.pem"
    with nginx:
        first = this_update(webserver.stapled(nginx.port, ca))
        assert first
        helper.responder.body = site.answer(since=0)
        helper.once("--run", " ".join(nginx.command("-s", "reload")))
        rawhttp.until(lambda: this_update(webserver.stapled(nginx.port, ca)) not in (None, first))


needs_haproxy = pytest.mark.skipif(not webserver.find("haproxy"), reason="haproxy is not installed")


def write_crt(site, folder):
    crt = folder / "site.pem"
    crt.write_bytes(site.server.pem() + site.ca.pem() + site.server.key.pem())
    return crt


@needs_haproxy
def test_haproxy_starts_with_the_response_beside_its_certificate(helper, site):
    crt = write_crt(site, helper.folder)
    helper.file = helper.folder / "site.pem.ocsp"
    helper.once()
    with webserver.HAProxy(helper.folder / "haproxy", crt) as haproxy:
        assert this_update(webserver.stapled(haproxy.port, site.folder / "ca.pem"))


@needs_haproxy
def test_haproxy_takes_the_next_response_through_its_socket(helper, site):
    crt = write_crt(site, helper.folder)
    helper.file = helper.folder / "site.pem.ocsp"
    helper.responder.body = site.answer(since=-3, until=2)
    helper.once()
    with webserver.HAProxy(helper.folder / "haproxy", crt) as haproxy:
        first = this_update(webserver.stapled(haproxy.port, site.folder / "ca.pem"))
        assert first
        helper.responder.body = site.answer(since=0)
        helper.once("--haproxy", haproxy.socket)
        assert this_update(webserver.stapled(haproxy.port, site.folder / "ca.pem")) not in (None, first)


@needs_haproxy
def test_haproxy_that_is_not_there_is_told_later(helper, site):
    """It comes back with an older response than the file has, which is fresh: nobody has to be asked."""
    helper.once("--haproxy", helper.folder / "nowhere.sock", code=1)
    assert helper.file.read_bytes() == helper.responder.body
    crt = write_crt(site, helper.folder)
    (helper.folder / "site.pem.ocsp").write_bytes(site.answer(since=-3, until=2))
    with webserver.HAProxy(helper.folder / "haproxy", crt) as haproxy:
        first = this_update(webserver.stapled(haproxy.port, site.folder / "ca.pem"))
        helper.once("--haproxy", haproxy.socket)
        assert helper.responder.asked == 1
        assert this_update(webserver.stapled(haproxy.port, site.folder / "ca.pem")) not in (None, first)


@needs_haproxy
def test_haproxy_that_refuses_the_response_is_trouble(helper, site):
    """It serves another certificate, and knows nothing of this one."""
    folder = helper.folder / "other"
    folder.mkdir()
    crt = folder / "site.pem"
    crt.write_bytes(site.other.pem() + site.ca.pem() + site.other.key.pem())
    with webserver.HAProxy(folder / "haproxy", crt) as haproxy:
        assert "HAProxy says: " in helper.once("--haproxy", haproxy.socket, code=1).stderr
