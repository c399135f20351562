# SPDX-License-Identifier: Apache-2.0
"""CRLs out of the web: fetched in time, believed only when they hold, and never waited for by a client."""

import datetime
import os
import pathlib
import shutil
import subprocess
import threading
import time

import pytest

from support import crl, ocsp, pki, program, rawhttp
from support.client import Client
from support.crl import Entry, hours
from support.crl_site import CrlSite, Page, redirect
from support.server import Server

LISTED, LATER, UNLISTED = 0x0BAD01, 0x0BAD02, 0x600D01
VISIBLE = 1.0		# seconds from the fetch to the answer
SLOW = 4 if program.sanitized() else 1
PATH = "/ca.crl"


class Place:
    """A CA, its responder's key and certificate, and what it publishes."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.ca = pki.authority("CRL CA", pki.key("p256", "crl ca"))
        self.signer = self.ca.signer(pki.key("p256", "crl signer"))
        (self.folder / "keys").mkdir()
        self.ca.write(self.folder, "ca")
        self.signer.write(self.folder / "keys", "ocsp")
        (self.folder / "issued.txt").write_text("".join(f"{s:x}\n" for s in (LISTED, LATER, UNLISTED)))

    def crl(self, *serials, number=1, **fields):
        return crl.sound(self.ca, *[Entry(s, reason=1) for s in serials], number=number, **fields)

    def config(self, *sources, **changes):
        issuer = {"name": "site", "certificate": str(self.folder / "ca.pem"),
                  "signers": [{"certificate": str(self.folder / "keys/ocsp.pem"), "key": str(self.folder / "keys/ocsp.key")}],
                  "sources": list(sources), **changes.pop("issuer", {})}
        return {"listen": ["127.0.0.1:0"], "admin": "127.0.0.1:0", "issuers": [issuer], **changes}

    def serve(self, name, *sources, **changes):
        return Server(self.folder / name, self.config(*sources, **changes))

    def flags(self, source, *more):
        return ["--listen", "127.0.0.1:0", "--issuer", self.folder / "ca.pem", "--signer", self.folder / "keys/ocsp.pem",
                "--key", self.folder / "keys/ocsp.key", "--source", source, *more]

    def source(self, site, path=PATH, **parameters):
        """With what was issued, and often."""
        return site.source(path, **{"issued": self.folder / "issued.txt", "every": "1s", **parameters})

    def status(self, server, serial):
        """good, revoked, unknown, or the error of the response."""
        response = Client(server, self.ca).ask(Client(server, self.ca).request(serial))
        return response.single.status if response.status == "successful" else response.status


    def status_in_the_end(self, server, serial):
        """None while one process takes the place of another."""
        try:
            return self.status(server, serial)
        except OSError:
            return None


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return Place(tmp_path_factory.mktemp("crl"))


@pytest.fixture
def site():
    with CrlSite() as made:
        yield made


def revoke(place, site, server, **fields):
    """Publishes a CRL with one more, and waits until it is fetched and shows."""
    site.pages[PATH] = Page(place.crl(LISTED, LATER, number=2, **fields))
    rawhttp.until(lambda: place.status(server, LATER) == "revoked", deadline=20)


# The way of a CRL --------------------------------------------------------------------------------------

def test_a_server_that_has_just_started_answers_by_the_crl(place, site, request):
    site.pages[PATH] = Page(place.crl(LISTED, this_update=hours(-1), next_update=hours(3)))
    with place.serve(request.node.name, place.source(site)) as server:
        assert [place.status(server, s) for s in (LISTED, UNLISTED, 0x4711)] == ["revoked", "good", "unknown"]
        single = Client(server, place.ca).single(LISTED)
        assert abs(single.this_update - hours(-1)) < datetime.timedelta(minutes=1)
        assert single.next_update <= hours(3)
        assert not server.events("source_unavailable") and not server.events("source_not_renewed")


def test_a_revocation_on_the_site_shows_within_a_second_of_its_fetch(place, site, request):
    site.pages[PATH] = Page(place.crl(LISTED))
    with place.serve(request.node.name, place.source(site)) as server:
        assert place.status(server, LATER) == "good"
        before = site.count(PATH)
        site.pages[PATH] = Page(place.crl(LISTED, LATER, number=2))
        rawhttp.until(lambda: site.count(PATH) > before, deadline=20, interval=0.005)
        fetched = time.monotonic()
        rawhttp.until(lambda: place.status(server, LATER) == "revoked", deadline=20)
        assert time.monotonic() - fetched < VISIBLE * SLOW


def test_a_cached_answer_is_replaced_although_the_site_is_asked_seldom_by_then(place, site, request):
    site.pages[PATH] = Page(place.crl(LISTED), fields={"Cache-Control": "max-age=10"})
    with place.serve(request.node.name, place.source(site, every="1h")) as server:
        assert place.status(server, LATER) == "good"
        site.pages[PATH] = Page(place.crl(LISTED, LATER, number=2))
        rawhttp.until(lambda: place.status(server, LATER) == "revoked", deadline=30)


def test_an_unchanged_crl_is_confirmed_and_not_sent_again(place, site, request):
    body = place.crl(LISTED)
    site.pages[PATH] = Page(body)
    with place.serve(request.node.name, place.source(site)) as server:
        rawhttp.until(lambda: site.count(PATH) >= 3, deadline=20)
        assert site.fields(PATH)["If-None-Match"]
        assert site.fields(PATH)["If-Modified-Since"]
        assert place.status(server, LISTED) == "revoked"
        assert not server.events("source_not_renewed")
        revoke(place, site, server)


def test_redirects_are_followed_within_the_web(place, site, request):
    site.pages.update({PATH: redirect("/1"), "/1": redirect("/2"), "/2": Page(place.crl(LISTED))})
    with place.serve(request.node.name, place.source(site)) as server:
        assert place.status(server, LISTED) == "revoked"


def test_pem_is_read_as_well(place, site, request):
    site.pages[PATH] = Page(crl.pem(place.crl(LISTED)))
    with place.serve(request.node.name, place.source(site)) as server:
        assert place.status(server, LISTED) == "revoked"


# What is not believed ------------------------------------------------------------------------------------

def foreign(place):
    other = pki.authority("CRL CA", pki.key("p256", "another"))
    return crl.sound(other, Entry(UNLISTED), number=7)


BROKEN = {
    "an error": lambda place: Page(b"oh", 500, validators=False),
    "not there": lambda place: Page(b"no", 404, validators=False),
    "a page": lambda place: Page(b"<html>" + b"x" * 100000, fields={"Content-Type": "text/html"}),
    "nothing": lambda place: Page(b""),
    "cut off on the way": lambda place: Page(place.crl(UNLISTED, number=7), cut=150),
    "cut off at home": lambda place: Page(place.crl(UNLISTED, number=7)[:-20]),
    "more behind it": lambda place: Page(place.crl(UNLISTED, number=7) + b"\0"),
    "another's signature": lambda place: Page(foreign(place)),
    "a broken signature": lambda place: Page(place.crl(UNLISTED, number=7)[:-1] + b"\0"),
    "too large": lambda place: Page(place.crl(UNLISTED, *range(1 << 40, (1 << 40) + 3000), number=7)),
    "announced too large": lambda place: Page(b"0" * 100001),
    "redirected to a file": lambda place: redirect(f"file://{place.folder}/unlisted.crl"),
    "redirected for ever": lambda place: redirect(PATH),
    "redirected to nowhere": lambda place: redirect("http://127.0.0.1:1/"),
    "silent": lambda place: Page(silent=True),
    "stalled": lambda place: Page(place.crl(UNLISTED, number=7), held=threading.Event()),
    "older": lambda place: Page(place.crl(UNLISTED, number=4)),
}


@pytest.mark.parametrize("how", BROKEN)
def test_what_is_no_better_is_not_used_and_told_and_recovered_from(place, site, how, request):
    (place.folder / "unlisted.crl").write_bytes(place.crl(UNLISTED, number=7))
    site.pages[PATH] = Page(place.crl(LISTED, number=5))
    name = "broken" + "".join(c for c in how if c.isalpha())
    with place.serve(name, place.source(site, limit="50000", timeout="1s")) as server:
        assert place.status(server, UNLISTED) == "good"
        site.pages[PATH] = BROKEN[how](place)
        told = server.wait_event("source_not_renewed", deadline=30)
        assert told["why"].startswith(site.url(PATH)), told
        assert [place.status(server, s) for s in (LISTED, UNLISTED)] == ["revoked", "good"]
        assert rawhttp.get(server.listening("admin")[0], "/healthz").status == 200
        site.pages[PATH] = Page(place.crl(LISTED, LATER, number=8))
        server.wait_event("source_renewed", deadline=60)
        rawhttp.until(lambda: place.status(server, LATER) == "revoked", deadline=10)
        assert not server.events("source_unavailable")


def test_a_newer_one_that_is_past_its_next_update_is_told_and_nothing_is_good(place, site, request):
    site.pages[PATH] = Page(place.crl(LISTED, number=5))
    with place.serve(request.node.name, place.source(site)) as server:
        assert place.status(server, UNLISTED) == "good"
        site.pages[PATH] = Page(place.crl(LATER, number=7, this_update=hours(-0.5), next_update=hours(-0.1)))
        assert "nextUpdate" in server.wait_event("source_not_renewed", deadline=30)["why"]
        assert place.status(server, LATER) != "good"
        site.pages[PATH] = Page(place.crl(LISTED, LATER, number=8))
        rawhttp.until(lambda: [place.status(server, s) for s in (LATER, UNLISTED)] == ["revoked", "good"], deadline=60)
        server.wait_event("source_renewed")


# A site that is away -------------------------------------------------------------------------------------

def test_a_site_that_is_away_at_the_start_is_told_and_waited_for(place, site, request):
    site.pages[PATH] = Page(place.crl(LISTED))
    site.close()
    with place.serve(request.node.name, place.source(site)) as server:
        assert site.url(PATH) in server.wait_event("source_unavailable")["why"]
        assert place.status(server, LISTED) == place.status(server, UNLISTED) == "tryLater"
        site.open()
        rawhttp.until(lambda: place.status(server, LISTED) == "revoked", deadline=30)
        assert place.status(server, UNLISTED) == "good"
        server.wait_event("source_available")


def test_a_silent_site_holds_neither_start_nor_clients(place, site, request):
    site.pages[PATH] = Page(silent=True)
    begun = time.monotonic()
    with place.serve(request.node.name, place.source(site, wait="1s")) as server:
        assert time.monotonic() - begun < 10 * SLOW
        for _ in range(20):
            asked = time.monotonic()
            assert place.status(server, LISTED) == "tryLater"
            assert time.monotonic() - asked < 0.5 * SLOW


def test_old_data_serve_until_their_own_next_update_and_not_longer(place, site, request):
    until = pki.now() + datetime.timedelta(seconds=10)
    site.pages[PATH] = Page(place.crl(LISTED, next_update=until))
    with place.serve(request.node.name, place.source(site)) as server:
        site.close()
        assert place.status(server, UNLISTED) == "good"
        server.wait_event("source_not_renewed", deadline=20)
        while pki.now() < until - datetime.timedelta(seconds=1):
            assert place.status(server, UNLISTED) == "good" or pki.now() >= until - datetime.timedelta(seconds=1)
            time.sleep(0.1)
        rawhttp.until(lambda: place.status(server, UNLISTED) == "tryLater", deadline=10)
        assert pki.now() >= until - datetime.timedelta(seconds=2)
        site.open()
        site.pages[PATH] = Page(place.crl(LISTED, number=2))
        rawhttp.until(lambda: place.status(server, UNLISTED) == "good", deadline=60)


def test_a_server_ends_and_reloads_while_the_site_is_silent(place, site, request):
    site.pages[PATH] = Page(place.crl(LISTED))
    server = place.serve(request.node.name, place.source(site, wait="500ms"))
    with server:
        site.pages[PATH] = Page(silent=True)
        rawhttp.until(lambda: site.count(PATH) >= 2, deadline=20)
        server.reload()
        server.wait_event("reloaded", deadline=30)
        site.pages[PATH] = Page(place.crl(LISTED))
        begun = time.monotonic()
    assert time.monotonic() - begun < 10


# Reloads -------------------------------------------------------------------------------------------------

def test_a_reload_answers_by_the_crl_at_once_and_without_a_gap(place, site, request):
    site.pages[PATH] = Page(place.crl(LISTED))
    statuses, stopping = set(), threading.Event()
    with place.serve(request.node.name, place.source(site)) as server:
        def ask():
            while not stopping.is_set():
                statuses.add(place.status(server, LISTED))
        asker = threading.Thread(target=ask)
        asker.start()
        for count in range(1, 4):
            server.reload()
            server.wait_event("reloaded", count=count, deadline=30)
        stopping.set()
        asker.join(20)
        assert statuses == {"revoked"}
        revoke(place, site, server)


def test_a_reload_goes_on_with_what_is_there_when_the_site_is_away_or_goes_back(place, site, request):
    site.pages[PATH] = Page(place.crl(LISTED, number=5))
    with place.serve(request.node.name, place.source(site)) as server:
        site.close()
        server.reload()
        server.wait_event("reloaded", deadline=30)
        assert [place.status(server, s) for s in (LISTED, UNLISTED)] == ["revoked", "good"]
        site.pages[PATH] = Page(place.crl(number=4))
        site.open()
        server.reload()
        server.wait_event("reloaded", count=2, deadline=30)
        rawhttp.until(lambda: site.count(PATH) >= 2, deadline=20)
        assert "number" in rawhttp.until(lambda: [e["why"] for e in server.events("source_not_renewed") if "connect" not in e["why"]],
                                         deadline=30)[0].lower()
        assert place.status(server, LISTED) == "revoked"


def test_a_reload_that_brings_the_first_url_gets_a_process_that_may_connect(place, site, request):
    (place.folder / "listed.crl").write_bytes(place.crl(LISTED))
    site.pages[PATH] = Page(place.crl(LISTED, LATER, number=2))
    with place.serve(request.node.name, f"crl:{place.folder}/listed.crl?issued={place.folder}/issued.txt") as server:
        assert place.status(server, LATER) == "good"
        server.configure(place.config(place.source(site)))
        server.reload()
        rawhttp.until(lambda: place.status_in_the_end(server, LATER) == "revoked", deadline=30)


def test_a_list_of_what_was_issued_beside_a_key_may_be_replaced(place, site, request):
    beside = place.folder / "keys" / "issued.txt"
    beside.write_text(f"{LISTED:x}\n")
    site.pages[PATH] = Page(place.crl(LISTED))
    with place.serve(request.node.name, place.source(site, issued=beside)) as server:
        assert place.status(server, UNLISTED) == "unknown"
        (place.folder / "keys" / "fresh.txt").write_text(f"{LISTED:x}\n{UNLISTED:x}\n")
        os.replace(place.folder / "keys" / "fresh.txt", beside)
        rawhttp.until(lambda: place.status_in_the_end(server, UNLISTED) == "good", deadline=30)


def may_unshare():
    done = subprocess.run(["unshare", "--mount", "sh", "-c", "mount --bind /etc /etc"], capture_output=True, check=False)
    return done.returncode == 0


@pytest.mark.skipif(not may_unshare(), reason="needs root and mount namespaces")
def test_when_resolv_conf_was_replaced_a_new_process_reads_it(place, site, request, tmp_path):
    """With a folder of the test's own as /etc."""
    shutil.copytree("/etc", tmp_path / "etc", symlinks=True, ignore_dangling_symlinks=True)
    resolver = tmp_path / "etc" / "resolv.conf"
    resolver.unlink(missing_ok=True)
    resolver.write_text("nameserver 127.0.0.1\n")
    site.pages[PATH] = Page(place.crl(LISTED))
    server = place.serve(request.node.name, place.source(site))
    server.arguments = ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /etc && exec "$@"', str(tmp_path / "etc"),
                        *server.arguments]
    with server:
        assert place.status(server, LISTED) == "revoked"
        (tmp_path / "fresh").write_text("nameserver 127.0.0.2\n")
        os.replace(tmp_path / "fresh", resolver)
        site.pages[PATH] = Page(b"no", 500, validators=False)
        assert server.wait_event("file_replaced", deadline=20)["file"] == "/etc/resolv.conf"
        site.pages[PATH] = Page(place.crl(LISTED, LATER, number=2))
        rawhttp.until(lambda: place.status_in_the_end(server, LATER) == "revoked", deadline=30)


# Several CRLs --------------------------------------------------------------------------------------------

def test_of_several_partitions_each_speaks_for_its_own_certificates(place, site, request):
    paths, serials = ["/one.crl", "/two.crl"], [0x51, 0x52]
    urls = [site.url(path) for path in paths]
    certificates = [place.ca.end_entity(s, extensions=[pki.crl_distribution_point(u)]) for s, u in zip(serials, urls)]
    (place.folder / "shards.pem").write_bytes(b"".join(c.pem() for c in certificates))
    site.pages[paths[0]] = Page(place.crl(idp=crl.idp(urls[0])))
    source = place.source(site, paths[0], issued=place.folder / "shards.pem", also=urls[1], shards="2")
    with place.serve(request.node.name, source) as server:
        assert [place.status(server, s) for s in serials] == ["good", "tryLater"]
        assert urls[1] in server.wait_event("source_not_renewed")["why"]
        site.pages[paths[1]] = Page(place.crl(serials[1], idp=crl.idp(urls[1])))
        rawhttp.until(lambda: place.status(server, serials[1]) == "revoked", deadline=30)
        site.pages[paths[0]] = Page(place.crl(serials[0], number=2, idp=crl.idp(urls[0])))
        rawhttp.until(lambda: place.status(server, serials[0]) == "revoked", deadline=30)


def test_the_delta_that_the_crl_names_is_fetched_and_followed(place, site, request):
    site.pages[PATH] = Page(place.crl(LISTED, number=5, freshest=crl.freshest(site.url("/delta.crl"))))
    site.pages["/delta.crl"] = Page(place.crl(number=5, base=5))
    with place.serve(request.node.name, place.source(site)) as server:
        assert place.status(server, LATER) == "good"
        site.pages["/delta.crl"] = Page(place.crl(LATER, number=6, base=5))
        rawhttp.until(lambda: place.status(server, LATER) == "revoked", deadline=20)
        assert place.status(server, UNLISTED) == "good"


def test_a_delta_can_be_named_or_forbidden(place, site, request):
    named = crl.freshest(site.url("/never.crl"))
    site.pages[PATH] = Page(place.crl(LISTED, number=5, freshest=named))
    site.pages["/mine.crl"] = Page(place.crl(LATER, number=6, base=5))
    with place.serve(request.node.name, place.source(site, delta=site.url("/mine.crl"))) as server:
        rawhttp.until(lambda: place.status(server, LATER) == "revoked", deadline=20)
    with place.serve(request.node.name + "-none", place.source(site, delta="none")) as server:
        assert place.status(server, LATER) == "good"
    assert site.count("/never.crl") == 0


# TLS, names, the environment ----------------------------------------------------------------------------

def test_https_trusts_the_cafile_alone(place, request):
    web = pki.authority("Web CA", pki.key("p256", "web ca"))
    key = pki.key("p256", "web site")
    names = pki.extension("2.5.29.17", b"\x30\x06\x87\x04\x7f\x00\x00\x01")
    pki.certificate(pki.common_name("site"), key, issuer=web, serial=7, extensions=[names]).write(place.folder, "site")
    web.write(place.folder, "webca")
    files = place.folder / "site.pem", place.folder / "site.key"
    with CrlSite({PATH: Page(place.crl(LISTED))}, certificate=files) as site:
        with place.serve(request.node.name, place.source(site, cafile=place.folder / "webca.pem")) as server:
            assert place.status(server, LISTED) == "revoked"
        with place.serve(request.node.name + "-untrusted", place.source(site)) as server:
            assert "certificate" in server.wait_event("source_unavailable")["why"]
            assert place.status(server, LISTED) == "tryLater"
        with CrlSite({PATH: Page(place.crl(LISTED))}) as plain:
            site.pages["/down"] = redirect(plain.url(PATH))
            with place.serve(request.node.name + "-down",
                             place.source(site, "/down", cafile=place.folder / "webca.pem")) as server:
                assert place.status(server, LISTED) == "tryLater"
            assert plain.count(PATH) == 0


def test_names_are_resolved_and_proxies_used_in_the_sandbox(place, site, request, monkeypatch):
    site.pages[PATH] = Page(place.crl(LISTED))
    by_name = place.source(site).replace("127.0.0.1", "localhost")
    with place.serve(request.node.name, by_name) as server:
        rawhttp.until(lambda: place.status(server, LISTED) == "revoked", deadline=20)
    site.pages["http://crl.example/x.crl"] = Page(place.crl(LISTED))
    monkeypatch.setenv("http_proxy", site.url(""))
    with place.serve(request.node.name + "-proxy", f"crl+http://crl.example/x.crl#issued={place.folder}/issued.txt") as server:
        assert place.status(server, LISTED) == "revoked"


def test_passwords_are_sent_and_not_shown(place, site, request):
    site.pages[PATH] = Page(b"no", 403, validators=False)
    source = place.source(site).replace("127.0.0.1", "user:sesame@127.0.0.1")
    with place.serve(request.node.name, source) as server:
        server.wait_event("source_unavailable")
        assert site.fields(PATH)["Authorization"].startswith("Basic ")
        assert "sesame" not in server.errors


# The commands -------------------------------------------------------------------------------------------

def test_status_asks_the_site(place, site):
    site.pages[PATH] = Page(place.crl(LISTED))
    arguments = ["status", "--issuer", place.folder / "ca.pem", "--source", place.source(site)]
    done = program.run(*arguments, "--serial", f"{LISTED:x}", f"{UNLISTED:x}", code=3)
    assert "revoked" in done.stdout and "good" in done.stdout
    site.close()
    done = program.run(*arguments, "--serial", f"{LISTED:x}", code=1)
    assert site.url(PATH) in done.stderr


def test_with_nothing_but_a_crl_the_readme_is_right(place, site, request, tmp_path):
    site.pages[PATH] = Page(place.crl(LISTED))
    with Server(tmp_path / "plain", arguments=place.flags(site.source(PATH))) as server:
        assert [place.status(server, s) for s in (LISTED, UNLISTED)] == ["revoked", "unknown"]
    with Server(tmp_path / "good", arguments=place.flags(site.source(PATH), "--not-issued", "good")) as server:
        assert [place.status(server, s) for s in (LISTED, UNLISTED)] == ["revoked", "good"]
    with Server(tmp_path / "issued", arguments=place.flags(place.source(site))) as server:
        assert [place.status(server, s) for s in (LISTED, UNLISTED, 0x4711)] == ["revoked", "good", "unknown"]


@pytest.mark.parametrize("behind,why", [
    ("#every=0", "every: not like 1h"), ("#also=x", "also: not the URL of a CRL"), ("#wrong=1", "wrong"),
    ("#every=1s&every=2s", "twice"), ("#limit=x", "limit")])
def test_what_makes_no_sense_is_refused_by_name(place, site, behind, why):
    done = program.run("status", "--issuer", place.folder / "ca.pem", "--source", site.source(PATH) + behind, "--serial", "1", code=1)
    assert why in done.stderr, done.stderr


@pytest.mark.skipif(subprocess.run(["sh", "-c", "command -v openssl"], capture_output=True, check=False).returncode != 0,
                    reason="openssl is not installed")
def test_crls_of_openssl_ca_are_followed(place, site, tmp_path, request):
    (tmp_path / "index.txt").write_text("")
    (tmp_path / "crlnumber").write_text("01\n")
    (tmp_path / "openssl.cnf").write_text(f"""[ca]
default_ca = it
[it]
database = {tmp_path}/index.txt
crlnumber = {tmp_path}/crlnumber
certificate = {place.folder}/ca.pem
private_key = {place.folder}/ca.key
default_md = sha256
default_crl_days = 7
crl_extensions = more
[more]
authorityKeyIdentifier = keyid
""")

    def publish(*serials):
        rows = [f"R\t401231235959Z\t260701120000Z,keyCompromise\t{s:08X}\tunknown\t/CN={s:x}\n" for s in serials]
        (tmp_path / "index.txt").write_text("".join(rows))
        subprocess.run(["openssl", "ca", "-config", tmp_path / "openssl.cnf", "-gencrl", "-out", tmp_path / "ca.crl"], check=True,
                       capture_output=True)
        site.pages[PATH] = Page((tmp_path / "ca.crl").read_bytes())

    publish(LISTED)
    with place.serve(request.node.name, place.source(site)) as server:
        assert [place.status(server, s) for s in (LISTED, LATER)] == ["revoked", "good"]
        publish(LISTED, LATER)
        rawhttp.until(lambda: place.status(server, LATER) == "revoked", deadline=20)
