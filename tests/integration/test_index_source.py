# SPDX-License-Identifier: Apache-2.0
"""Answers out of the index.txt of `openssl ca` and of easy-rsa: the same as OpenSSL's own, while the CA goes on working."""

import os
import re
import shutil
import subprocess
import time

import pytest

from support import der, ocsp, program, rawhttp
from support.openssl_ca import OpensslCa, facts
from support.server import Refused, Server

VISIBLE = 1.0		# seconds from the rename to the first answer
SLOW = 4 if program.sanitized() else 1	# sanitizers slow the program, not the promise
INVALIDITY_DATE = "2.5.29.24"
SINCE = der.tlv(der.GENERALIZED_TIME, b"20261101123456Z")
EASY_RSA = next((p for p in ("/usr/share/easy-rsa/easyrsa", shutil.which("easyrsa")) if p and os.access(p, os.X_OK)), None)

REASONS = {
    "plain": ([], None),
    "unspecified": (["-crl_reason", "unspecified"], None),
    "key": (["-crl_reason", "keyCompromise"], 1),
    "authority": (["-crl_reason", "CACompromise"], 2),
    "affiliation": (["-crl_reason", "affiliationChanged"], 3),
    "superseded": (["-crl_reason", "superseded"], 4),
    "cessation": (["-crl_reason", "cessationOfOperation"], 5),
    "hold": (["-crl_reason", "certificateHold"], 6),
    "hold-by-name": (["-crl_hold", "holdInstructionReject"], 6),
    "hold-by-number": (["-crl_hold", "1.2.840.10040.2.2"], 6),
    "key-since": (["-crl_compromise", "20261101123456Z"], 1),
    "authority-since": (["-crl_CA_compromise", "20261101123456Z"], 2),
}


@pytest.fixture
def authority(tmp_path):
    return OpensslCa(tmp_path / "ca")


def replace(authority, text):
    """Renames a new index over the one that is there; returns when."""
    fresh = authority.folder / "index.txt.new"
    fresh.write_bytes(text)
    os.replace(fresh, authority.index)
    return time.monotonic()


def assert_shows(client, serial, status, since, what):
    """The status is there within a second, and stays."""
    while client.status(serial) != status:
        assert time.monotonic() - since < VISIBLE * SLOW, f"{what} does not show"
    assert client.status(serial) == status


# What openssl ca writes -------------------------------------------------------------------------------

def test_every_reason_is_told_as_openssl_tells_it(authority):
    serials = {name: authority.issue(name) for name in REASONS}
    serials["good"] = authority.issue("good")
    for name, (options, _) in REASONS.items():
        authority.revoke(name, *options)
    with authority.serve() as server:
        client = authority.client(server)
        for name, (_, reason) in REASONS.items():
            single = client.single(serials[name])
            status, when, theirs = authority.says(serials[name])
            assert (single.status, single.revocation_time) == (status, when) == ("revoked", when), name
            assert single.reason == reason, name
            assert theirs in (reason, 0), name		# OpenSSL writes unspecified (S-14: it is to be left out)
            assert single.extension(INVALIDITY_DATE) == (SINCE if name.endswith("since") else None), name
        assert facts(client.single(serials["good"])) == authority.says(serials["good"]) == ("good", None, None)
        assert facts(client.single(0x7777)) == authority.says(0x7777) == ("unknown", None, None)


def test_serial_numbers_of_all_kinds_are_found(authority):
    serials = [authority.issue(f"random-{i}", "-rand_serial") for i in range(5)]
    serials.append(authority.issue("counted"))
    (authority.folder / "serial").write_text("80\n")
    serials.append(authority.issue("top-bit"))
    (authority.folder / "serial").write_text("FF" * 19 + "\n")
    serials.append(authority.issue("long"))
    authority.revoke("long", "-crl_reason", "superseded")
    with authority.serve() as server:
        client = authority.client(server)
        for serial in serials:
            assert facts(client.single(serial)) == authority.says(serial), hex(serial)
        assert client.status(serials[-1]) == "revoked"


def test_subjects_that_are_the_same_and_escaped_do_no_harm(authority):
    serials = [authority.issue("same"), authority.issue("same"), authority.issue("tab\\\tulator")]
    with authority.serve() as server:
        for serial in serials:
            assert authority.client(server).status(serial) == "good"


def test_rows_of_expired_certificates_stay_good_or_revoked(authority):
    ended = ["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"]
    old, gone = authority.issue("old", *ended), authority.issue("gone", *ended)
    far = authority.issue("far", "-enddate", "20620101000000Z")
    authority.revoke("gone", "-crl_reason", "superseded")
    authority.openssl("ca", "-config", "ca.cnf", "-updatedb")
    letters = [line[:1] for line in authority.index.read_text().splitlines()]
    assert letters == ["E", "R", "V"]
    with authority.serve() as server:
        client = authority.client(server)
        assert [client.status(serial) for serial in (old, gone, far)] == ["good", "revoked", "good"]


# While it serves --------------------------------------------------------------------------------------

def test_what_openssl_ca_does_shows_within_a_second(authority):
    authority.issue("first")
    with authority.serve() as server:
        client = authority.client(server)
        for name in ("a", "b", "c"):
            serial = authority.issue(name)
            assert_shows(client, serial, "good", time.monotonic(), f"the issuance of {name}")
            authority.revoke(name, "-crl_reason", "keyCompromise")
            assert_shows(client, serial, "revoked", time.monotonic(), f"the revocation of {name}")
        assert not server.events("source_unavailable"), server.errors


def test_a_revocation_shows_within_a_second_of_the_rename(authority):
    serial, other = authority.issue("a"), authority.issue("b")
    valid = authority.index.read_bytes()
    authority.revoke("a", "-crl_reason", "certificateHold")
    held = authority.index.read_bytes()
    replace(authority, valid)
    with authority.serve() as server:
        client = authority.client(server)
        for text, status in [(held, "revoked"), (valid, "good")] * 5:
            assert client.status(other) == "good"
            assert_shows(client, serial, status, replace(authority, text), status)


def test_a_file_written_where_it_is_shows_as_well(authority):
    serial = authority.issue("a")
    valid = authority.index.read_bytes()
    authority.revoke("a")
    revoked = authority.index.read_bytes()
    authority.index.write_bytes(valid)
    with authority.serve() as server:
        client = authority.client(server)
        for text, status in ((revoked, "revoked"), (valid, "good"), (revoked, "revoked")):
            authority.index.write_bytes(text)
            assert_shows(client, serial, status, time.monotonic(), status)
        assert not server.events("source_unavailable"), server.errors


BROKEN = {
    "cut off in its last line": (lambda text: text[:-20], r"index\.txt:3: the last line has no end"),
    "cut off behind a line": (lambda text: b"".join(text.splitlines(True)[:2]), r"index\.txt: it has shrunk: 1 rows"),
    "empty": (lambda text: b"", r"index\.txt: it is empty"),
    "damaged in its second line": (lambda text: re.sub(rb"(?m)^R", b"X", text, count=1), r"index\.txt:2: a type"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_file_is_logged_and_the_data_before_stay(authority, what):
    serials = [authority.issue(name) for name in ("a", "b", "c")]
    authority.revoke("b", "-crl_reason", "keyCompromise")
    sound = authority.index.read_bytes()
    spoil, logged = BROKEN[what]
    with authority.serve() as server:
        client = authority.client(server)
        assert [client.status(s) for s in serials] == ["good", "revoked", "good"]
        replace(authority, spoil(sound))
        why = server.wait_event("source_unavailable")["why"]
        assert re.search(logged, why), why
        for _ in range(3):
            assert [client.status(s) for s in serials] == ["good", "revoked", "good"]
        mended = re.sub(rb"(?m)^V(\t[^\t]*\t)", rb"R\g<1>261101000000Z", sound, count=1)
        replace(authority, mended)
        server.wait_event("source_available")
        assert [client.status(s) for s in serials] == ["revoked", "revoked", "good"]


def test_a_file_that_is_away_is_logged_and_the_data_before_stay(authority):
    serial = authority.issue("a")
    text = authority.index.read_bytes()
    with authority.serve() as server:
        client = authority.client(server)
        authority.index.unlink()
        assert "No such file" in server.wait_event("source_unavailable")["why"]
        assert client.status(serial) == "good"
        replace(authority, text)
        server.wait_event("source_available")


def test_a_damaged_file_does_not_start(authority):
    authority.issue("a")
    authority.index.write_bytes(authority.index.read_bytes() + b"V\t3011\t\t02\tunknown\t/CN=b\n")
    with pytest.raises(Refused) as refused:
        authority.serve().start()
    assert "index.txt:2: not a date" in refused.value.errors


def test_a_key_beside_the_file_is_never_read_and_changes_show(authority):
    """The folder of the index is not granted to the server, which therefore is a new one after each change."""
    serial = authority.issue("a")
    assert (authority.folder / "ocsp.key").exists()
    with authority.serve() as server:
        client = authority.client(server)
        assert client.status(serial) == "good"
        authority.revoke("a", "-crl_reason", "superseded")
        assert_shows(client, serial, "revoked", time.monotonic(), "the revocation")


def test_a_reload_reads_an_index_that_was_replaced_beside_a_key(authority):
    serials = [authority.issue("a"), authority.issue("b")]
    with authority.serve() as server:
        client = authority.client(server)
        authority.revoke("a")
        assert_shows(client, serials[0], "revoked", time.monotonic(), "the revocation")
        # Rows that were removed on purpose are missed until then.
        replace(authority, authority.index.read_bytes().splitlines(True)[0])
        assert "it has shrunk" in server.wait_event("source_unavailable")["why"]
        assert [client.status(serial) for serial in serials] == ["revoked", "good"]
        server.reload()
        server.wait_event("reloaded")
        assert [client.status(serial) for serial in serials] == ["revoked", "unknown"]


def test_a_key_elsewhere_leaves_the_server_in_place(authority):
    keys = authority.folder.parent / "keys"
    keys.mkdir()
    flags = authority.flags()
    flags[flags.index("--key") + 1] = shutil.move(authority.folder / "ocsp.key", keys / "ocsp.key")
    serial = authority.issue("a")
    with Server(authority.folder.parent / "server", arguments=flags) as server:
        client = authority.client(server)
        assert client.status(serial) == "good"
        for reason in ("certificateHold", None):
            text = authority.index.read_bytes()
            authority.revoke("a", *(["-crl_reason", reason] if reason else []))
            assert_shows(client, serial, "revoked", time.monotonic(), "the revocation")
            assert_shows(client, serial, "good", replace(authority, text), "the release")
        assert not server.events("file_replaced"), server.errors


def test_one_index_is_of_one_CA(authority):
    other = OpensslCa(authority.folder.parent / "other")
    issuers = [{"name": name, "certificate": str(a.folder / "ca.pem"), "path": f"/{name}/",
                "signers": [{"certificate": str(a.folder / "ocsp.pem"), "key": str(a.folder / "ocsp.key")}],
                "sources": [f"index:{authority.index}"]} for name, a in (("one", authority), ("two", other))]
    # The same CA twice is no second CA.
    with Server(authority.folder / "twice", {"listen": ["127.0.0.1:0"], "issuers": [issuers[0], {**issuers[0], "name": "again", "path": "/again/"}]}):
        pass
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "third.key",
                    "-out", "third.pem", "-subj", "/CN=Third CA", "-days", "9"], cwd=other.folder, check=True, capture_output=True)
    issuers[1].update(certificate=str(other.folder / "third.pem"),
                      signers=[{"certificate": str(other.folder / "third.pem"), "key": str(other.folder / "third.key")}])
    with pytest.raises(Refused) as refused:
        Server(authority.folder / "both", {"listen": ["127.0.0.1:0"], "issuers": issuers}).start()
    assert "an index is of one CA" in refused.value.errors


# easy-rsa ---------------------------------------------------------------------------------------------

class EasyRsa:
    """A CA in folder pki/, with a responder's certificate as the README has it."""

    def __init__(self, folder):
        self.folder = folder
        self.run("init-pki")
        self.run("build-ca", "nopass")
        program.run("init", "ocsp", "--ca", "pki/ca.crt", "--ca-key", "pki/private/ca.key", cwd=folder)

    def run(self, *arguments):
        done = subprocess.run([EASY_RSA, *arguments], cwd=self.folder, capture_output=True, text=True, timeout=120,
                              env={**os.environ, "EASYRSA_BATCH": "1"})
        assert done.returncode == 0, done.stdout + done.stderr

    def issue(self, name):
        self.run("build-client-full", name, "nopass")

    def serve(self):
        return Server(self.folder, arguments=["--listen", "127.0.0.1:0", "--issuer", "pki/ca.crt", "--signer", "ocsp/ocsp.pem",
                                              "--key", "ocsp/ocsp.key", "--source", "index:pki/index.txt"])

    def query(self, server, certificate, code):
        host, port = server.direct
        return program.run("query", "--issuer", "pki/ca.crt", "--url", f"http://{host}:{port}/", certificate, cwd=self.folder,
                           code=code)


@pytest.mark.skipif(EASY_RSA is None, reason="easy-rsa is not installed")
def test_easy_rsa_is_answered_for_as_the_readme_says(tmp_path):
    authority = EasyRsa(tmp_path)
    authority.issue("alice")
    with authority.serve() as server:
        authority.query(server, "pki/issued/alice.crt", 0)
        authority.issue("bob")
        bob = shutil.copy(tmp_path / "pki" / "issued" / "bob.crt", tmp_path / "bob.crt")
        since = time.monotonic()
        rawhttp.until(lambda: authority.query(server, bob, None).returncode == 0)
        assert time.monotonic() - since < 5
        authority.run("revoke", "bob", "keyCompromise")
        rawhttp.until(lambda: authority.query(server, bob, None).returncode == 3)
        authority.run("gen-crl")
        authority.query(server, "pki/issued/alice.crt", 0)
        assert not server.events("source_unavailable") and not server.events("file_replaced"), server.errors


# Other commands ---------------------------------------------------------------------------------------

def test_status_names_the_file_and_the_line(authority):
    serial = authority.issue("a")
    authority.issue("b")
    authority.revoke("a", "-crl_compromise", "20261101123456Z")
    done = program.run("status", "--issuer", authority.folder / "ca.pem", "--source", f"index:{authority.index}", "--serial",
                       f"{serial:x}", code=None)
    assert "revoked" in done.stdout and f"index:{authority.index}:1" in done.stdout, done.stdout
