# SPDX-License-Identifier: Apache-2.0
"""vouch check: what it passes, what it refuses and where, what it warns of."""

import datetime
import json
import pathlib

import pytest

from support import crl, pki, program


class Site:
    """A folder with a CA, its signer, a database and a vouch.yaml."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.ca = pki.authority("Check CA", pki.key("p256", "check ca"))
        self.signer = self.ca.signer(pki.key("p256", "check signer"))
        self.ca.write(folder, "ca")
        self.signer.write(folder, "ocsp")
        program.run("add", "--issuer", "ca.pem", "--db", "vouch.db", "--serial", "1", cwd=folder)

    def issuer(self, **settings):
        return {"name": "corp", "certificate": "ca.pem", "signers": [{"certificate": "ocsp.pem", "key": "ocsp.key"}],
                "sources": ["sqlite:vouch.db"], **settings}

    def configure(self, *issuers, **settings):
        config = {"listen": ["127.0.0.1:0"], "issuers": list(issuers or [self.issuer()]), **settings}
        (self.folder / "vouch.yaml").write_text(json.dumps(config, indent=1))

    def check(self, *arguments, code=0):
        return program.run("check", "--config", self.folder / "vouch.yaml", *arguments, code=code)

    def findings(self, code=0):
        return json.loads(self.check("--json", code=code).stdout)


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def assert_refused(done, *words):
    for word in ("vouch: check: ", *map(str, words)):
        assert word in done.stderr, done.stderr + done.stdout


def test_a_sound_configuration_passes(site):
    site.configure()
    done = site.check()
    assert done.stderr == "" and "vouch.yaml: 0 errors, 0 warnings" in done.stdout
    report = site.findings()
    assert report["errors"] == 0 and report["warnings"] == 0
    assert all(set(f) == {"severity", "issuer", "rule", "text"} for f in report["findings"])


def test_a_bad_setting_is_named_with_its_line(site):
    (site.folder / "vouch.yaml").write_text("listen: ['127.0.0.1:0']\nthreads: 12x\n")
    assert_refused(site.check(code=1), f"{site.folder}/vouch.yaml:2: threads: \"12x\" is not a number\n")
    report = site.findings(code=1)
    assert report["errors"] == 1 and report["findings"][0]["severity"] == "error"


def test_a_missing_configuration_is_named(tmp_path):
    done = program.run("check", "--config", tmp_path / "none.yaml", code=1)
    assert_refused(done, "none.yaml", "No such file or directory")


GARBAGE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"


@pytest.mark.parametrize("damaged, content", [
    ("ca.pem", None), ("ca.pem", GARBAGE), ("ca.pem", ""), ("ocsp.pem", None), ("ocsp.pem", GARBAGE), ("ocsp.key", None),
    ("ocsp.key", "no key"), ("vouch.db", "no database, but longer than the header of one would be, and then some" * 20),
])
def test_a_damaged_file_is_named(site, damaged, content):
    site.configure()
    path = site.folder / damaged
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    assert_refused(site.check(code=1), "vouch.yaml:", damaged)


def test_a_key_of_another_certificate_is_refused(site):
    pki.authority("Other", pki.key("p256", "other")).write(site.folder, "other")
    site.configure(site.issuer(signers=[{"certificate": "ocsp.pem", "key": "other.key"}]))
    assert_refused(site.check(code=1), "vouch.yaml:", "ocsp.pem")


def test_encrypted_keys_have_their_passphrase_in_a_file(site):
    site.signer.write(site.folder, "ocsp", passphrase="secret words")
    signer = {"certificate": "ocsp.pem", "key": "ocsp.key", "passphrase_file": "pass"}
    site.configure(site.issuer(signers=[signer]))
    secret = site.folder / "pass"
    assert_refused(site.check(code=1), "pass", "No such file")
    for text, code in (("wrong\n", 1), ("\n", 1), ("", 1), ("secret words", 0), ("secret words\r\nmore\n", 0)):
        secret.write_text(text)
        secret.chmod(0o600)
        site.check(code=code)


@pytest.mark.parametrize("source", ["sqlite:none/vouch.db", "nosuchscheme:x"])
def test_a_source_that_cannot_be_opened_is_named(site, source):
    site.configure(site.issuer(sources=[source]))
    assert_refused(site.check(code=1), "vouch.yaml:", source.split(":")[1] if "none" in source else source)


def test_each_issuer_is_looked_at(site):
    site.configure(site.issuer(name="a", certificate="none.pem"), site.issuer(name="b", certificate="missing.pem"))
    done = site.check(code=1)
    assert "none.pem" in done.stderr and "missing.pem" in done.stderr
    assert "2 errors" in done.stdout


def test_one_ca_twice_under_one_path_is_refused(site):
    (site.folder / "copy.pem").write_bytes((site.folder / "ca.pem").read_bytes())
    site.configure(site.issuer(name="a"), site.issuer(name="b", certificate="copy.pem"))
    assert_refused(site.check(code=1), "vouch.yaml:")


def test_a_readable_key_is_warned_of(site):
    (site.folder / "ocsp.key").chmod(0o644)
    site.configure()
    report = site.findings()
    assert [f["rule"] for f in report["findings"] if f["severity"] == "warning"] == ["secrets"]
    assert "ocsp.key" in report["findings"][0]["text"]


@pytest.mark.parametrize("admin, warned", [("0.0.0.0:0", True), ("127.0.0.1:0", False), ("[::1]:0", False),
                                           ("unix:admin.sock", False)])
def test_an_admin_listener_for_everybody_is_warned_of(site, admin, warned):
    site.configure(admin=admin)
    assert ("admin" in [f["rule"] for f in site.findings()["findings"]]) == warned


def test_a_signer_that_expires_is_warned_of(site):
    soon = pki.now() + datetime.timedelta(days=5)
    site.ca.signer(pki.key("p256", "check signer"), not_after=soon).write(site.folder, "ocsp")
    site.configure()
    assert any(f["severity"] == "warning" and "expires" in f["text"] for f in site.findings()["findings"])


def test_an_expired_signer_is_an_error(site):
    past = pki.now() - datetime.timedelta(minutes=1)
    site.ca.signer(pki.key("p256", "check signer"), not_after=past).write(site.folder, "ocsp")
    site.configure()
    report = site.findings(code=1)
    assert report["errors"] > 0


@pytest.mark.parametrize("source, word", [("crl+http://127.0.0.1:1/ca.crl#wait=1s", "connect"), ("crl:old.crl", "nextUpdate")])
def test_a_source_that_does_not_answer_is_a_warning(site, source, word):
    (site.folder / "old.crl").write_bytes(crl.sound(site.ca, this_update=crl.hours(-48), next_update=crl.hours(-24)))
    site.configure(site.issuer(sources=[source]))
    found = [f for f in site.findings()["findings"] if "does not answer" in f["text"]]
    assert [f["severity"] for f in found] == ["warning"] and word.lower() in found[0]["text"].lower(), found
