# SPDX-License-Identifier: Apache-2.0
"""vouch init: all of a responder's files or none, from any CA that can sign, in any folder."""

import os
import re
import resource
import shutil
import signal
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa

from support import pki, program
from support.server import Server

FILES = {"ca.pem", "ocsp.key", "ocsp.pem", "vouch.db", "vouch.yaml"}


@pytest.fixture(scope="module")
def ca():
    return pki.authority("Init CA", pki.key("p256", "init ca"))


@pytest.fixture
def folder(tmp_path, ca):
    ca.write(tmp_path, "ca")
    return tmp_path


def init(folder, *arguments, code=0):
    return program.run("init", *arguments, cwd=folder, code=code)


def names(folder):
    return {path.name for path in folder.iterdir()}


def signer(folder):
    return x509.load_pem_x509_certificate((folder / "ocsp.pem").read_bytes())


def assert_refused(folder, *arguments, words=()):
    """It says why in a line, never asks anybody, and leaves no folder behind."""
    errors = init(folder, "made", *arguments, code=1).stderr
    assert errors.startswith("vouch: init: ") and errors.count("\n") == 1, errors
    for word in words:
        assert word in errors, errors
    assert not (folder / "made").exists()


def assert_serves(folder, ca, place):
    """The configuration as it was made, but for its ports."""
    program.run("check", "--config", place / "vouch.yaml")
    text = (place / "vouch.yaml").read_text()
    text, found = re.subn(r'listen: \["0\.0\.0\.0:8080"\]\nadmin: 127\.0\.0\.1:8081', 'listen: ["127.0.0.1:0"]\nadmin: 127.0.0.1:0',
                          text)
    assert found == 1
    (place / "vouch.yaml").write_text(text)
    ca.end_entity(0x77).write(folder, "ee")
    program.run("add", "--issuer", place / "ca.pem", "--db", place / "vouch.db", "ee.pem", cwd=folder)
    with Server(folder / "elsewhere", arguments=["--config", place / "vouch.yaml"]) as server:
        done = program.run("query", "--issuer", "ca.pem", "--url", "http://%s:%d/" % server.direct, "ee.pem", cwd=folder)
        assert done.stdout.startswith("ee.pem: good")


@pytest.mark.parametrize("place", ["made", "./a/../made", "with a blank", "it's \"quoted\"", "Zürich", "100%?"])
def test_the_folder_may_be_called_as_one_likes(folder, ca, place):
    (folder / "a").mkdir()
    done = init(folder, place, "--ca", "ca.pem", "--ca-key", "ca.key")
    assert names(folder / place) == FILES
    assert_serves(folder, ca, folder / place)
    # what is printed can be given to a shell as it stands
    command = re.search(r"vouch check (.*)", done.stdout).group(1)
    subprocess.run(f"{program.path()} check {command}", shell=True, check=True, cwd=folder, capture_output=True)


def test_an_absolute_folder_is_as_good(folder, ca):
    init("/", folder / "made", "--ca", folder / "ca.pem", "--ca-key", folder / "ca.key")
    assert_serves(folder, ca, folder / "made")


@pytest.mark.parametrize("kind, expected", [
    ("rsa2048", rsa.RSAPublicKey), ("pss2048", rsa.RSAPublicKey), ("p256", ec.EllipticCurvePublicKey),
    ("p384", ec.EllipticCurvePublicKey), ("p521", ec.EllipticCurvePublicKey), ("ed25519", ed25519.Ed25519PublicKey),
    ("ed448", ed448.Ed448PublicKey)])
def test_the_key_is_of_the_family_of_the_ca(tmp_path, kind, expected):
    ca = pki.authority("Any CA", pki.key(kind, "init " + kind))
    ca.write(tmp_path, "ca")
    init(tmp_path, "made", "--ca", "ca.pem", "--ca-key", "ca.key")
    assert isinstance(signer(tmp_path / "made").public_key(), expected)
    assert_serves(tmp_path, ca, tmp_path / "made")


@pytest.mark.parametrize("kind", ["rsa-2048", "rsa-3072", "p-256", "p-384", "p-521", "ed25519", "ed448"])
def test_the_type_of_the_key_may_be_chosen(folder, kind):
    init(folder, "made", "--ca", "ca.pem", "--ca-key", "ca.key", "--key-type", kind)
    key = serialization.load_pem_private_key((folder / "made/ocsp.key").read_bytes(), None)
    assert str(getattr(key, "key_size", kind)) in kind
    assert (folder / "made/ocsp.key").stat().st_mode & 0o777 == 0o600
    program.run("check", "--config", "made/vouch.yaml", cwd=folder)


postquantum = pytest.mark.skipif(not pki.knows_postquantum(), reason=pki.NEEDS_POSTQUANTUM)


def key_text(file):
    return subprocess.run(["openssl", "pkey", "-in", file, "-noout", "-text"], capture_output=True, text=True, check=True).stdout


@postquantum
@pytest.mark.parametrize("kind", ["ml-dsa-44", "ml-dsa-87", "slh-dsa-shake-128f"])
def test_the_key_is_of_the_post_quantum_kind_of_the_ca(tmp_path, kind):
    ca = pki.authority("Any CA", pki.key(kind, "init " + kind))
    ca.write(tmp_path, "ca")
    init(tmp_path, "made", "--ca", "ca.pem", "--ca-key", "ca.key")
    assert kind in key_text(tmp_path / "made/ocsp.key").lower()
    assert_serves(tmp_path, ca, tmp_path / "made")


@postquantum
@pytest.mark.parametrize("kind", ["ml-dsa-65", "slh-dsa-sha2-128s"])
def test_the_key_may_be_of_a_post_quantum_type(folder, kind):
    init(folder, "made", "--ca", "ca.pem", "--ca-key", "ca.key", "--key-type", kind)
    assert kind in key_text(folder / "made/ocsp.key").lower()
    program.run("check", "--config", "made/vouch.yaml", cwd=folder)


@pytest.mark.skipif(pki.knows_postquantum(), reason="OpenSSL makes such keys")
def test_a_type_that_openssl_is_too_old_for_is_refused_with_what_is_needed(folder):
    assert_refused(folder, "--ca", "ca.pem", "--ca-key", "ca.key", "--key-type", "ml-dsa-65",
                   words=["ML-DSA-65 needs OpenSSL 3.5 or newer"])


def test_a_type_that_is_none_is_refused(folder):
    assert_refused(folder, "--ca", "ca.pem", "--ca-key", "ca.key", "--key-type", "dsa", words=["dsa", "p-256"])


def test_the_certificate_is_what_the_rules_want(folder):
    init(folder, "made", "--ca", "ca.pem", "--ca-key", "ca.key")
    certificate = signer(folder / "made")
    days = certificate.not_valid_after - certificate.not_valid_before
    assert 90 * 86400 <= days.total_seconds() < 91 * 86400
    text = certificate.subject.rfc4514_string()
    assert text == "CN=OCSP Responder,O=Vouch Tests,C=XX"


def test_an_encrypted_key_of_the_ca_wants_its_passphrase_and_never_prompts(folder, ca):
    ca.write(folder, "ca", passphrase="open sesame")
    (folder / "right").write_text("open sesame\r\nfor people\n")
    (folder / "wrong").write_text("sesame\n")
    (folder / "empty").write_text("\n")
    sign = ("--ca", "ca.pem", "--ca-key", "ca.key")
    assert_refused(folder, *sign, words=["ca.key", "passphrase"])
    assert_refused(folder, *sign, "--ca-passphrase-file", "wrong", words=["ca.key", "passphrase"])
    assert_refused(folder, *sign, "--ca-passphrase-file", "empty", words=["empty: there is no passphrase"])
    assert_refused(folder, *sign, "--ca-passphrase-file", "absent", words=["absent: No such file"])
    init(folder, "made", *sign, "--ca-passphrase-file", "right")
    assert_serves(folder, ca, folder / "made")


NAMES = ['Say "CA"', "back\\slash", "Zürich CA", "colon: # and [braces] {too}", "'", "yes", "1.0", "Ж" * 60, "tab\tbell\x07", "\u0085\ufeff"]


@pytest.mark.parametrize("text", NAMES, ids=range(len(NAMES)))
def test_a_ca_may_be_called_as_it_likes(tmp_path, text):
    ca = pki.authority("", pki.key("p256", "named"), subject=pki.name(("O", "Vouch Tests"), ("CN", text, 0x0C)))
    ca.write(tmp_path, "ca")
    init(tmp_path, "made", "--ca", "ca.pem", "--ca-key", "ca.key")
    assert_serves(tmp_path, ca, tmp_path / "made")


def test_the_key_of_the_ca_is_not_copied_from_a_file_with_both(folder):
    both = (folder / "ca.key").read_bytes() + b"for people\n" + (folder / "ca.pem").read_bytes()
    (folder / "both.pem").write_bytes(both)
    init(folder, "made", "--ca", "both.pem", "--ca-key", "ca.key")
    assert (folder / "made/ca.pem").read_bytes() == (folder / "ca.pem").read_bytes()


def test_a_ca_that_is_there_already_is_kept_if_it_is_the_same(folder):
    (folder / "made").mkdir()
    shutil.copy(folder / "ca.pem", folder / "made/ca.pem")
    init(folder, "made", "--ca", "made/ca.pem", "--ca-key", "ca.key")
    pki.authority("Another CA", pki.key("p256", "another ca")).write(folder, "other")
    (folder / "second").mkdir()
    shutil.copy(folder / "other.pem", folder / "second/ca.pem")
    errors = init(folder, "second", "--ca", "ca.pem", "--ca-key", "ca.key", code=1).stderr
    assert "second/ca.pem: is there already, and is not the CA of ca.pem" in errors
    assert names(folder / "second") == {"ca.pem"}


@pytest.mark.parametrize("name", sorted(FILES - {"ca.pem"}) + ["ocsp.csr"])
def test_what_is_there_is_never_overwritten(folder, name):
    (folder / "made").mkdir()
    (folder / "made" / name).write_text("precious")
    errors = init(folder, "made", "--ca", "ca.pem", "--ca-key", "ca.key", code=1).stderr
    assert f"made/{name}: is there already" in errors
    assert names(folder / "made") == {name} and (folder / "made" / name).read_text() == "precious"


def test_a_disk_that_is_full_half_way_leaves_nothing(folder):
    """The files before the database are smaller than what may be written."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = subprocess.run([program.path(), "init", "made", "--ca", "ca.pem", "--ca-key", "ca.key"], cwd=folder, capture_output=True,
                          text=True, timeout=60, env=program.environment(), preexec_fn=limit, restore_signals=False)
    program.assert_sound(done.stderr)
    assert done.returncode == 1 and "vouch.db" in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert not (folder / "made").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_takes_no_files_is_named(folder):
    (folder / "made").mkdir(mode=0o555)
    assert "made" in init(folder, "made", "--ca", "ca.pem", "--ca-key", "ca.key", code=1).stderr
    assert not names(folder / "made")


def test_what_is_not_a_folder_is_named(folder):
    (folder / "file").write_text("")
    assert "file" in init(folder, "file", "--ca", "ca.pem", "--ca-key", "ca.key", code=1).stderr
    assert "absent/made: No such file" in init(folder, "absent/made", "--ca", "ca.pem", "--ca-key", "ca.key", code=1).stderr


def test_damage_is_named(folder, ca):
    sign = ("--ca", "ca.pem", "--ca-key")
    pki.authority("Other", pki.key("p256", "init other")).write(folder, "other")
    (folder / "junk").write_text("junk")
    ca.end_entity(3).write(folder, "ee")
    past = pki.now() - pki.datetime.timedelta(days=1)
    pki.authority("Init CA", ca.key, not_after=past).write(folder, "old")
    assert_refused(folder, *sign, "other.key", words=["other.key"])
    assert_refused(folder, *sign, "absent.key", words=["absent.key"])
    assert_refused(folder, *sign, "junk", words=["junk"])
    assert_refused(folder, "--ca", "junk", "--ca-key", "ca.key", words=["junk: neither PEM nor DER of a certificate"])
    assert_refused(folder, "--ca", "absent.pem", "--ca-key", "ca.key", words=["absent.pem"])
    assert_refused(folder, "--ca", "ee.pem", "--ca-key", "ee.key", words=["ee.pem"])
    assert_refused(folder, "--ca", "old.pem", "--ca-key", "old.key", words=["expired"])


@pytest.mark.parametrize("arguments, word", [
    ((), "--ca is missing"), (("--ca", "ca.pem"), "--ca-key"), (("--ca", "ca.pem", "--ca-key", "ca.key", "--csr"), "--csr"),
    (("--ca", "ca.pem", "--ca-key", "ca.key", "--renew", "--key-type", "p-256"), "--key-type"),
    (("--ca", "ca.pem", "--csr", "--ca-passphrase-file", "x"), "--ca-passphrase-file"), (("more", "--ca", "ca.pem", "--csr"), "folder")])
def test_what_makes_no_sense_is_wrong_usage(folder, arguments, word):
    assert word in init(folder, "made", *arguments, code=2).stderr
    assert not (folder / "made").exists()


def test_a_request_has_the_name_and_the_wishes_and_is_renewed_with_its_key(folder, ca):
    init(folder, "made", "--ca", "ca.pem", "--csr")
    assert names(folder / "made") == FILES - {"ocsp.pem"} | {"ocsp.csr"}
    request = x509.load_pem_x509_csr((folder / "made/ocsp.csr").read_bytes())
    assert request.is_signature_valid and request.subject.rfc4514_string() == "CN=OCSP Responder,O=Vouch Tests,C=XX"
    wishes = {extension.oid.dotted_string for extension in request.extensions}
    assert wishes == {"2.5.29.15", "2.5.29.37", "1.3.6.1.5.5.7.48.1.5"}
    assert "ocsp.pem" in init(folder, "made", "--ca", "ca.pem", "--csr", "--renew", code=1).stderr
    # what the CA makes of it
    subprocess.run(["openssl", "x509", "-req", "-in", "made/ocsp.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-copy_extensions", "copy",
                    "-days", "9", "-out", "made/ocsp.pem"], cwd=folder, check=True, capture_output=True)
    key = (folder / "made/ocsp.key").read_bytes()
    init(folder, "made", "--ca", "ca.pem", "--csr", "--renew")
    again = x509.load_pem_x509_csr((folder / "made/ocsp.csr").read_bytes())
    assert again.public_key().public_numbers() == request.public_key().public_numbers()
    assert (folder / "made/ocsp.key").read_bytes() == key
    assert_serves(folder, ca, folder / "made")


def test_the_next_certificate_is_for_the_same_key_and_ca(folder):
    init(folder, "made", "--ca", "ca.pem", "--ca-key", "ca.key")
    first = signer(folder / "made")
    init(folder, "made", "--ca", "ca.pem", "--ca-key", "ca.key", "--renew")
    second = signer(folder / "made")
    assert second.public_key().public_numbers() == first.public_key().public_numbers()
    assert second.serial_number != first.serial_number and names(folder / "made") == FILES
    pki.authority("Another CA", pki.key("p256", "another ca")).write(folder, "other")
    errors = init(folder, "made", "--ca", "other.pem", "--ca-key", "other.key", "--renew", code=1).stderr
    assert "made/ca.pem" in errors and signer(folder / "made") == second
    assert "absent/ocsp.pem" in init(folder, "absent", "--ca", "ca.pem", "--ca-key", "ca.key", "--renew", code=1).stderr
