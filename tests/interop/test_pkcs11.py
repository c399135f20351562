# SPDX-License-Identifier: Apache-2.0
"""Keys in a PKCS#11 token: answers verify with openssl, a token that is pulled or slow, and its PIN."""

import concurrent.futures
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

from support import ocsp, pki, program, rawhttp, token
from support.client import Client
from support.server import Refused, Server

pytestmark = pytest.mark.skipif(token.missing() is not None, reason=str(token.missing()))
GOOD, REVOKED = 0x11, 0x22
DELAY = 0.5
# How each kind of key is given: key, algorithm option.
KINDS = {"p256": ("p256", None), "p384": ("p384", None), "p521": ("p521", None), "rsa": ("rsa2048", None),
         "rsa-pss": ("rsa2048", "rsa-pss-sha256"), "ed25519": ("ed25519", None)}


class Site:
    """A CA whose responder has its key in a token."""

    def __init__(self, folder, kind="p256", **token_options):
        key, self.algorithm = KINDS[kind]
        self.folder = folder
        self.token = token.Token(folder / "token", **token_options)
        self.ca = pki.authority("Token CA", pki.key("p256", "token ca"))
        self.ca.write(folder, "ca")
        for serial in (GOOD, REVOKED):
            self.ca.end_entity(serial).write(folder, f"{serial:x}")
        signer = self.ca.signer(pki.key(key, "token " + kind))
        (folder / "ocsp.pem").write_bytes(signer.pem())
        self.token.import_key(signer.key, "ocsp", "01")
        (folder / "pin").write_text(self.token.pin + "\n")
        (folder / "pin").chmod(0o600)
        program.run("add", "--issuer", "ca.pem", "11.pem", "22.pem", cwd=folder)
        program.run("revoke", "--issuer", "ca.pem", "--reason", "keyCompromise", "22.pem", cwd=folder)

    def signer(self, **changes):
        given = {"certificate": str(self.folder / "ocsp.pem"), "key": self.token.uri("ocsp"),
                 "passphrase_file": str(self.folder / "pin"), **changes}
        return {name: value for name, value in given.items() if value is not None}

    def server(self, environment=None, **changes):
        signer = self.signer(**changes)
        if self.algorithm:
            signer["algorithm"] = self.algorithm
        issuer = {"name": "ca", "certificate": str(self.folder / "ca.pem"), "path": "/", "signers": [signer],
                  "sources": [f"sqlite:{self.folder / 'vouch.db'}"]}
        made = Server(self.folder / "server", {"listen": ["127.0.0.1:0"], "issuers": [issuer]})
        made.shim = Environment({**self.token.environment(), **(environment or {})})
        return made

    def openssl(self, server, *arguments):
        url = "http://%s:%d/" % server.direct
        done = subprocess.run(["openssl", "ocsp", "-issuer", "ca.pem", "-url", url, "-CAfile", "ca.pem", *arguments],
                              cwd=self.folder, capture_output=True, text=True, timeout=60, check=False)
        return done.stdout + done.stderr


class Environment:
    """What Server asks its shim for."""

    def __init__(self, variables):
        self.variables = variables

    def environment(self):
        return self.variables


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def signer_of(server):
    """The process that has the keys."""
    children = pathlib.Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
    return next(int(child) for child in children if pathlib.Path(f"/proc/{child}/comm").read_text().strip() == "vouch-signer")


def fresh(client, serial=GOOD):
    """A request that no stored answer answers."""
    return client.request(serial, extensions=[ocsp.nonce(time.monotonic_ns().to_bytes(16, "big"))])


def answers(client):
    return client.post(fresh(client)).body != ocsp.TRY_LATER


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_believes_every_kind_of_key_in_a_token(tmp_path, kind):
    site = Site(tmp_path, kind)
    with site.server() as server:
        for options in (("-no_nonce",), ("-nonce",)):
            output = site.openssl(server, *options, "-cert", "11.pem", "-cert", "22.pem")
            assert "Response verify OK" in output, output
            assert re.search(r"11\.pem: good", output) and re.search(r"22\.pem: revoked", output)


#
def test_a_token_that_was_pulled_means_try_later_until_it_is_back(site):
    with site.server() as server:
        client = Client(server, site.ca)
        stored = client.request(GOOD)
        assert client.single(GOOD).status == "good"
        for _ in range(2):
            site.token.pull()
            for _ in range(3):
                assert client.post(fresh(client)).body == ocsp.TRY_LATER
            assert client.successful(stored).single.status == "good"
            site.token.plug_in()
            rawhttp.until(lambda: answers(client))
            assert client.successful(fresh(client)).single.status == "good"
        assert client.single(REVOKED).status == "revoked"
        assert site.token.pin not in server.errors


def test_a_token_that_is_away_at_the_start_is_named_without_its_pin(site):
    site.token.pull()
    with pytest.raises(Refused) as refused:
        site.server(key=site.token.uri("ocsp", pin_value=site.token.pin), passphrase_file=None).start()
    assert refused.value.code == 1
    assert "pkcs11:token=vouch;object=ocsp" in refused.value.errors
    assert site.token.pin not in refused.value.errors


def test_a_slow_token_does_not_hold_up_stored_answers(site):
    site.token.delay = round(DELAY * 1000)
    with site.server() as server, concurrent.futures.ThreadPoolExecutor(1) as pool:
        client = Client(server, site.ca)
        assert client.single(GOOD).status == "good"
        begun = site.token.count("S")
        slow = pool.submit(lambda: (time.monotonic(), client.post(fresh(client)), time.monotonic()))
        rawhttp.until(lambda: site.token.count("S") > begun)
        times = []
        while not slow.done():
            start = time.monotonic()
            assert client.single(GOOD).status == "good"
            times.append(time.monotonic() - start)
        start, answer, end = slow.result()
        assert end - start >= DELAY and client.read(answer).single.status == "good"
        # What waits for the token waits for most of its time; one slow moment of the machine is none of the token's.
        assert len(times) >= 5 and sorted(times)[len(times) // 2] < DELAY / 5, times


@pytest.mark.parametrize("sessions", [1, 4])
def test_as_many_signatures_are_made_at_a_time_as_there_are_sessions(site, sessions):
    site.token.delay = round(DELAY * 1000)
    with site.server(sessions=sessions) as server, concurrent.futures.ThreadPoolExecutor(4) as pool:
        client = Client(server, site.ca)
        start = time.monotonic()
        for response in pool.map(lambda _: client.successful(fresh(client)), range(4)):
            assert response.single.status == "good"
        taken = time.monotonic() - start
        assert taken >= 4 * DELAY if sessions == 1 else taken < 3 * DELAY, taken


def test_a_wrong_pin_is_refused_and_tried_once(site):
    (site.folder / "pin").write_text("0815-wrong\n")
    with pytest.raises(Refused) as refused:
        site.server().start()
    assert refused.value.code == 1 and "the token refuses the PIN" in refused.value.errors
    assert "0815-wrong" not in refused.value.errors
    assert site.token.count("L") == 1


@pytest.mark.parametrize("way", ["environment", "uri", "source"])
def test_the_pin_comes_from_elsewhere(site, way):
    changes, environment = {"passphrase_file": None}, None
    if way == "environment":
        changes["passphrase_env"], environment = "TOKEN_PIN", {"TOKEN_PIN": site.token.pin}
    elif way == "uri":
        changes["key"] = site.token.uri("ocsp", pin_value=site.token.pin)
    else:
        changes["key"] = site.token.uri("ocsp", pin_source=f"file:{site.folder / 'pin'}")
    with site.server(environment, **changes) as server:
        client = Client(server, site.ca)
        assert client.single(GOOD).status == "good"
        site.token.pull()
        rawhttp.until(lambda: not answers(client))
        site.token.plug_in()
        rawhttp.until(lambda: answers(client))


def test_a_pin_that_was_changed_is_tried_once_by_all_who_start_again(site):
    changed = site.folder / "token/pin-changed"
    with site.server() as server:
        client = Client(server, site.ca)
        assert client.single(GOOD).status == "good"
        before = site.token.count("L")
        changed.touch()
        os.kill(signer_of(server), signal.SIGKILL)
        assert "reload" in server.wait_event("process_failed")["advice"]
        # Any other failure would have been followed by three more starts in two seconds.
        time.sleep(2)
        assert site.token.count("L") == before + 1 and not answers(client)
        assert client.single(GOOD).status == "good"
        changed.unlink()
        server.reload()
        rawhttp.until(lambda: answers(client))


def test_the_provider_may_be_set_up_by_openssl_cnf(site):
    conf = site.folder / "openssl.cnf"
    conf.write_text("openssl_conf = init\n[init]\nproviders = all\n[all]\ndefault = plain\npkcs11 = token\n"
                    "[plain]\nactivate = 1\n[token]\nactivate = 1\npkcs11-module-cache-pins = cache\n"
                    f"pkcs11-module-path = {site.token.module}\n")
    with site.server({"OPENSSL_CONF": str(conf)}, key=site.token.uri("ocsp", module_path=None)) as server:
        client = Client(server, site.ca)
        assert client.single(GOOD).status == "good"
        site.token.pull()
        rawhttp.until(lambda: not answers(client))
        site.token.plug_in()
        rawhttp.until(lambda: answers(client))


def run(site, *arguments):
    """A command beside the server's token; what it printed."""
    done = subprocess.run([program.path(), *map(str, arguments)], cwd=site.folder, capture_output=True, text=True, timeout=60,
                          env=program.environment(site.token.environment()), check=False)
    program.assert_sound(done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_cas_key_in_a_token_signs_the_responders_certificate(site):
    site.token.import_key(site.ca.key, "ca", "02")
    run(site, "init", "responder", "--ca", "ca.pem", "--ca-key", site.token.uri("ca"), "--ca-passphrase-file", "pin")
    said = subprocess.run(["openssl", "verify", "-CAfile", "ca.pem", "responder/ocsp.pem"], cwd=site.folder, capture_output=True,
                          text=True, timeout=60, check=False)
    assert said.returncode == 0, said.stdout + said.stderr


def test_a_configuration_with_a_token_is_sound(site):
    server = site.server()
    said = run(site, "check", "--config", server.directory / "vouch.yaml")
    assert ": 0 errors" in said and site.token.pin not in said, said


def test_a_reload_takes_the_token_along(site):
    with site.server() as server:
        client = Client(server, site.ca)
        assert client.successful(fresh(client)).single.status == "good"
        for _ in range(3):
            server.reload()
            assert client.successful(fresh(client)).single.status == "good"
