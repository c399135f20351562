# SPDX-License-Identifier: Apache-2.0
"""Gateways ask vouch about the certificates of those who want in: OpenVPN by a script of two lines, FreeRADIUS by itself."""

import shlex
import subprocess

import pytest

from support import program, rawhttp, webserver
from two_tiers import TwoTiers

CLIENTS = {"client": True, "revoked_client": False, "unknown_client": False}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    made = TwoTiers(tmp_path_factory.mktemp("site"))
    with made.server:
        yield made


class Daemon:
    """A program that writes what it does to `log` until the block ends."""

    def __init__(self, folder, command):
        self.log, self.folder, self.command = folder / "log", folder, command

    def __enter__(self):
        self.output = open(self.log, "w")
        self.process = subprocess.Popen(self.command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=self.output,
                                        stderr=subprocess.STDOUT)
        return self

    def wait(self, *words, deadline=30):
        """The first of the words that the log has."""
        def found():
            text = self.log.read_text(errors="replace")
            assert self.process.poll() is None or any(word in text for word in words), text
            return next((word for word in words if word in text), None)
        return rawhttp.until(found, deadline)

    def __exit__(self, *unused):
        self.process.kill()
        self.process.wait(10)
        self.output.close()


def need(name, package):
    found = webserver.find(name)
    if not found:
        pytest.skip(f"{name} is not installed (package {package})")
    return found


# docs/clients.md has this script.
ASK = """#!/bin/sh
[ "$1" -gt 0 ] || exec {vouch} query --issuer {folder}/issuing.pem --url {url} --serial "$tls_serial_hex_0"
"""


@pytest.mark.parametrize("name", CLIENTS)
def test_openvpn_lets_in_whom_vouch_calls_good(site, tmp_path, name):
    openvpn = need("openvpn", "openvpn")
    script = tmp_path / "ask"
    script.write_text(ASK.format(vouch=shlex.quote(program.path()), folder=site.folder, url=site.url))
    script.chmod(0o755)
    port = webserver.free_port()
    common = [openvpn, "--dev", "null", "--proto", "tcp-server", "--ca", site.path("chain.pem"), "--verb", "3"]
    server = [*common, "--local", "127.0.0.1", "--lport", str(port), "--tls-server", "--dh", "none", "--cert", site.path("server.chain.pem"),
              "--key", site.path("server.key"), "--script-security", "2", "--tls-verify", str(script)]
    client = [*common, "--proto", "tcp-client", "--remote", "127.0.0.1", str(port), "--nobind", "--tls-client", "--remote-cert-tls", "server",
              "--cert", site.path(f"{name}.chain.pem"), "--key", site.path(f"{name}.key")]
    (tmp_path / "client").mkdir()
    with Daemon(tmp_path, server) as gateway:
        gateway.wait("Listening for incoming TCP")
        with Daemon(tmp_path / "client", client):
            said = gateway.wait("Initialization Sequence Completed", "VERIFY SCRIPT ERROR")
    assert (said == "Initialization Sequence Completed") == CLIENTS[name], gateway.log.read_text()


RADIUS = """
libdir = /usr/lib/freeradius
logdir = {folder}
run_dir = {folder}
pidfile = {folder}/radius.pid
security {{
	allow_vulnerable_openssl = yes
}}
client here {{
	ipaddr = 127.0.0.1
	secret = testing123
}}
modules {{
	eap {{
		default_eap_type = tls
		tls-config common {{
			private_key_file = {site}/server.key
			certificate_file = {site}/server.chain.pem
			ca_file = {site}/chain.pem
			ecdh_curve = prime256v1
			ocsp {{
				enable = yes
				override_cert_url = no
				use_nonce = {nonce}
			}}
		}}
		tls {{
			tls = common
		}}
	}}
}}
server here {{
	listen {{
		type = auth
		ipaddr = 127.0.0.1
		port = {port}
	}}
	authorize {{
		eap
	}}
	authenticate {{
		eap
	}}
}}
"""
SUPPLICANT = """
network={{
	key_mgmt=IEEE8021X
	eap=TLS
	identity="somebody"
	ca_cert="{site}/root.pem"
	client_cert="{site}/{name}.chain.pem"
	private_key="{site}/{name}.key"
}}
"""


@pytest.mark.parametrize("nonce", ["yes", "no"])
def test_freeradius_lets_in_whom_vouch_calls_good(site, tmp_path, nonce):
    radius, eapol = need("freeradius", "freeradius"), need("eapol_test", "eapoltest")
    port = webserver.free_port()
    (tmp_path / "radiusd.conf").write_text(RADIUS.format(folder=tmp_path, site=site.folder, port=port, nonce=nonce))
    (tmp_path / "dictionary").write_text("")
    with Daemon(tmp_path, [radius, "-f", "-xx", "-l", "stdout", "-d", str(tmp_path), "-D", "/usr/share/freeradius"]) as server:
        server.wait("Ready to process requests")
        for name, welcome in CLIENTS.items():
            (tmp_path / "supplicant").write_text(SUPPLICANT.format(site=site.folder, name=name))
            before = site.asked()
            code, output = site.run(eapol, "-c", tmp_path / "supplicant", "-a", "127.0.0.1", "-p", port, "-s", "testing123", "-t", "20")
            assert (code == 0) == welcome, output[-3000:] + server.log.read_text(errors="replace")[-6000:]
            assert site.asked() == before + 1
