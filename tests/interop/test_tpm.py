# SPDX-License-Identifier: Apache-2.0
"""Keys in a TPM: answers verify with openssl, many at once, and a TPM that goes away."""

import concurrent.futures
import re
import subprocess
import time

import pytest

from support import ocsp, pki, program, rawhttp, tpm
from support.client import Client
from support.server import Server, refusal

pytestmark = pytest.mark.skipif(tpm.missing() is not None, reason=str(tpm.missing()))
GOOD, REVOKED = 0x11, 0x22
PASSPHRASE = "in the TPM"
# Kind of key, its passphrase, what is behind its handle, algorithm option.
KINDS = {"p256": ("p256", None, "", None), "p384": ("p384", None, "", None), "rsa": ("rsa2048", None, "", None),
         "rsa-passphrase": ("rsa2048", PASSPHRASE, "", None), "p256-asks": ("p256", PASSPHRASE, "?pass", None)}
CONFIGURATION = """openssl_conf = start
[start]
providers = all
[all]
default = on
tpm2 = on
[on]
activate = 1
"""


class Site:
    """A CA whose responder has its key in a TPM."""

    def __init__(self, folder, chip, kind):
        key, self.passphrase, self.query, self.algorithm = KINDS[kind]
        self.folder = folder
        self.ca = pki.authority("TPM CA", pki.key("p256", "tpm ca"))
        self.ca.write(folder, "ca")
        for serial in (GOOD, REVOKED):
            self.ca.end_entity(serial).write(folder, f"{serial:x}")
        signer = self.ca.signer(chip.make_key(key, self.passphrase))
        self.handle = signer.key.handle
        (folder / "ocsp.pem").write_bytes(signer.pem())
        program.run("add", "--issuer", "ca.pem", "11.pem", "22.pem", cwd=folder)
        program.run("revoke", "--issuer", "ca.pem", "--reason", "keyCompromise", "22.pem", cwd=folder)

    def config(self, handle=None):
        signer = {"certificate": str(self.folder / "ocsp.pem"), "key": f"handle:{handle or self.handle}{self.query}"}
        if self.passphrase:
            file = self.folder / "passphrase"
            file.write_text(self.passphrase + "\n")
            file.chmod(0o600)
            signer["passphrase_file"] = str(file)
        issuer = {"name": "ca", "certificate": str(self.folder / "ca.pem"), "signers": [signer],
                  "sources": [f"sqlite:{self.folder / 'vouch.db'}"]}
        return {"listen": ["127.0.0.1:0"], "issuers": [issuer]}

    def server(self):
        return Server(self.folder / "server", self.config())


@pytest.fixture
def chip(monkeypatch):
    with tpm.Tpm() as made:
        monkeypatch.setenv("TPM2OPENSSL_TCTI", made.tcti)
        yield made


@pytest.fixture
def site(tmp_path, chip):
    return Site(tmp_path, chip, "p256")


def fresh(client):
    """A request that no stored answer answers."""
    return client.request(GOOD, extensions=[ocsp.nonce(time.monotonic_ns().to_bytes(16, "big"))])


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_believes_what_a_tpm_signs(tmp_path, chip, kind):
    site = Site(tmp_path, chip, kind)
    with site.server() as server:
        for options in (("-no_nonce",), ("-nonce",)):
            done = subprocess.run(["openssl", "ocsp", "-issuer", "ca.pem", "-url", "http://%s:%d/" % server.direct, "-CAfile",
                                   "ca.pem", *options, "-cert", "11.pem", "-cert", "22.pem"],
                                  cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
            output = done.stdout + done.stderr
            assert "Response verify OK" in output, output
            assert re.search(r"11\.pem: good", output) and re.search(r"22\.pem: revoked", output)


def ask_often(client, count):
    for _ in range(count):
        assert client.successful(fresh(client)).single.status == "good"


@pytest.mark.parametrize("configured", [False, True])
def test_many_at_once_are_signed_one_after_the_other(site, tmp_path, monkeypatch, configured):
    """The provider has no lock of its own, ours has to do; also where openssl.cnf has brought the provider."""
    if configured:
        (tmp_path / "openssl.cnf").write_text(CONFIGURATION)
        monkeypatch.setenv("OPENSSL_CONF", str(tmp_path / "openssl.cnf"))
    with site.server() as server, concurrent.futures.ThreadPoolExecutor(8) as pool:
        monkeypatch.delenv("OPENSSL_CONF", raising=False)
        for asked in [pool.submit(ask_often, Client(server, site.ca), 10) for _ in range(8)]:
            asked.result()


#
def test_a_tpm_that_went_away_means_try_later_until_it_is_back(site, chip):
    with site.server() as server:
        client = Client(server, site.ca)
        stored = client.request(GOOD)
        client.successful(stored)
        chip.switch_off()
        for _ in range(3):
            assert client.post(fresh(client)).body == ocsp.TRY_LATER
        assert client.successful(stored).single.status == "good"
        chip.switch_on()
        rawhttp.until(lambda: client.post(fresh(client)).body != ocsp.TRY_LATER)
        ask_often(client, 3)


def test_a_handle_that_is_empty_or_anothers_is_refused_by_name(site, tmp_path, chip):
    other = chip.make_key("p384").handle
    for handle in ("0x810000ff", other):
        message = refusal(tmp_path / "refused", site.config(handle))
        assert f"handle:{handle}" in message, message


def test_a_tpm_that_is_not_there_is_an_error_at_the_start(site, tmp_path, chip):
    chip.switch_off()
    message = refusal(tmp_path / "refused", site.config())
    chip.switch_on()
    assert f"handle:{site.handle}" in message and "TPM" in message, message
