# SPDX-License-Identifier: Apache-2.0
"""What people give by mistake: each message names the file, what it is, and what belongs there."""

import pytest

from site_of_tests import Site
from support import pki, program, server

FLAGS = {"--listen": "127.0.0.1:0", "--issuer": "ca.pem", "--signer": "ocsp.pem", "--key": "ocsp.key", "--source": "sqlite:vouch.db"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("site")).folder
    pki.authority("Another CA", pki.key("p256", "another ca")).write(made, "other")
    (made / "empty").write_bytes(b"")
    (made / "sub").mkdir()
    for name in ("ca.pem", "ocsp.pem"):
        (made / f"wide-{name}").write_text((made / name).read_text(), encoding="utf-16")
    (made / "locked.key").write_bytes(pki.key("p256", "site signer").pem("secret"))
    return made


# Flags in the place of the right ones, and the whole message.
WRONG = {
    "certificate and key swapped": ({"--signer": "ocsp.key", "--key": "ocsp.pem"}, "ocsp.key: a private key, not a certificate"),
    "a key for the CA": ({"--issuer": "ca.key"}, "ca.key: a private key, not a certificate"),
    "another's key": ({"--key": "ca.key"}, "ocsp.pem: ca.key: the key does not belong to the certificate"),
    "an encrypted key": ({"--key": "locked.key"},
                         "ocsp.pem: locked.key: the key is encrypted and there is no passphrase: name a file that has it"),
    "no key in it": ({"--key": "empty"}, "ocsp.pem: empty: holds no private key"),
    "the wrong CA": ({"--issuer": "other.pem"},
                     'ocsp.pem: the signer is neither the CA nor issued directly by it (RFC 6960 4.2.2.2): the certificate names another '
                     'issuer, "Site CA" instead of "Another CA" (RFC 5280 6.1.3)'),
    "a server's certificate": ({"--signer": "11.pem", "--key": "11.key"},
                               "11.pem: the signer's certificate has another extKeyUsage, id-kp-OCSPSigning is needed (RFC 6960 4.2.2.2)"),
    "an empty CA": ({"--issuer": "empty"}, "empty: empty, not a certificate"),
    "an empty signer": ({"--signer": "empty"}, "empty: empty, not a certificate"),
    "UTF-16": ({"--signer": "wide-ocsp.pem"}, "wide-ocsp.pem: text in UTF-16: PEM is one octet a character"),
    "a folder": ({"--signer": "sub"}, "sub: is a folder"),
    "no database": ({"--source": "sqlite:none.db"}, "{folder}/none.db: No such file or directory (vouch add or vouch init makes one)"),
    "a certificate for an index": ({"--source": "index:ca.pem"},
                                   "{folder}/ca.pem:1: 1 field instead of 6, with tabs between: no line of an index.txt"),
    "a URL for a source": ({"--source": "http://crl.example/ca.crl"},
                           "http://crl.example/ca.crl: not the URI of a source: it begins with one of sqlite:, index:, crl:, crl+http:, "
                           "crl+https:, postgresql:, mysql:, plugin:"),
}


@pytest.mark.parametrize("what", WRONG)
def test_serve_says_what_is_wrong_with_which_file(folder, tmp_path, what):
    flags, message = WRONG[what]
    for name in folder.iterdir():
        (tmp_path / name.name).symlink_to(name)
    words = [word for flag in {**FLAGS, **flags}.items() for word in flag]
    said = server.refusal(tmp_path, arguments=words)
    assert said == "vouch: serve: " + message.format(folder=tmp_path)


@pytest.mark.parametrize("command, message", [
    (["serve", "vouch.yaml"], "serve: vouch.yaml: no operands are expected; a configuration is given with --config (vouch serve --help)"),
    (["check", "vouch.yaml"], "check: vouch.yaml: the configuration is given with --config (vouch check --help)"),
])
def test_a_configuration_without_its_option_is_understood(folder, command, message):
    assert program.run(*command, cwd=folder, code=2).stderr == f"vouch: {message}\n"


def test_a_file_where_a_folder_belongs_is_named(folder):
    done = program.run("init", "ca.pem", "--ca", "ca.pem", "--ca-key", "ca.key", cwd=folder, code=1)
    assert done.stderr == "vouch: init: ca.pem: a file is there, a folder is expected\n"


@pytest.mark.parametrize("content, words", [
    (b"V\t361122100000Z\t\t11\tunknown\t/CN=a\n", "an index.txt: name it as index:given"),
    (b"-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n", "a CRL: name it as crl:given"),
    (b"SQLite format 3\0", "an SQLite database: name it as sqlite:given")], ids=["index", "crl", "sqlite"])
def test_import_knows_files_that_a_source_reads(folder, content, words):
    (folder / "given").write_bytes(content)
    done = program.run("import", "--issuer", "ca.pem", "--db", "none.db", "given", cwd=folder, code=1)
    assert done.stderr == f"vouch: import: given: {words}\n"
    assert not (folder / "none.db").exists()


@pytest.mark.parametrize("command", [["query", "--url", "http://127.0.0.1:1/"], ["add"], ["revoke", "--reason", "superseded"], ["status"]])
def test_a_serial_number_without_its_option_is_understood(folder, command):
    done = program.run(*command, "--issuer", "ca.pem", "1A:AF", cwd=folder, code=1)
    assert done.stderr == f"vouch: {command[0]}: 1A:AF: there is no such file; a serial number is given with --serial\n"
