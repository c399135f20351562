# SPDX-License-Identifier: Apache-2.0
"""A root, an issuing CA below it, certificates of servers and clients that name their responder, and `vouch serve` for both CAs."""

import pathlib
import subprocess

from support import der, pki, program, webserver
from support.server import Server

CLIENT_AUTH = "1.3.6.1.5.5.7.3.2"
# Name: serial number, purpose, what is recorded of it ("" if nothing).
LEAVES = {
    "server": (0x11, pki.SERVER_AUTH, "good"), "revoked_server": (0x12, pki.SERVER_AUTH, "revoked"),
    "client": (0x21, CLIENT_AUTH, "good"), "revoked_client": (0x22, CLIENT_AUTH, "revoked"),
    "unknown_client": (0x23, CLIENT_AUTH, ""),
}


def subject_alt_name():
    return pki.extension("2.5.29.17", der.seq(der.tlv(0x82, b"localhost"), der.tlv(0x87, bytes([127, 0, 0, 1]))))


class TwoTiers:
    """`folder` holds root.pem, issuing.pem, chain.pem (both), and for each leaf NAME.pem, NAME.key and NAME.chain.pem."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.port = webserver.free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        aia = pki.authority_information_access(self.url)
        self.root = pki.authority("Two Tiers Root", pki.key("p256", "two tiers root"))
        self.issuing = pki.certificate(pki.common_name("Two Tiers Issuing CA"), pki.key("p256", "two tiers issuing"), issuer=self.root,
                                       extensions=[pki.basic_constraints(True), pki.key_usage("digitalSignature", "keyCertSign", "cRLSign"),
                                                   pki.subject_key_identifier(pki.key("p256", "two tiers issuing").public_hash()),
                                                   pki.authority_key_identifier(self.root.key_identifier), aia],
                                       not_after=pki.now().replace(year=pki.now().year + 5))
        self.leaves = {name: self.leaf(name, aia) for name in LEAVES}
        self.write()
        self.record()
        self.server = Server(self.folder / "vouch", {
            "listen": [f"127.0.0.1:{self.port}"], "admin": "127.0.0.1:0",
            "issuers": [self.issuer("root"), self.issuer("issuing")],
        })

    def leaf(self, name, aia):
        serial, purpose, _ = LEAVES[name]
        return self.issuing.end_entity(serial, name, extensions=[
            pki.basic_constraints(False), pki.key_usage("digitalSignature"), pki.extended_key_usage(purpose), subject_alt_name(),
            pki.authority_key_identifier(self.issuing.key_identifier), aia])

    def issuer(self, name):
        file = self.folder / name
        return {"name": name, "certificate": f"{file}.pem", "sources": [f"sqlite:{self.folder / 'vouch.db'}"],
                "signers": [{"certificate": f"{file}-ocsp.pem", "key": f"{file}-ocsp.key"}]}

    def write(self):
        for name, ca in (("root", self.root), ("issuing", self.issuing)):
            ca.write(self.folder, name)
            ca.signer(pki.key("p256", f"two tiers {name} signer"), cn=f"Responder of {name}").write(self.folder, f"{name}-ocsp")
        (self.folder / "chain.pem").write_bytes(self.issuing.pem() + self.root.pem())
        for name, leaf in self.leaves.items():
            leaf.write(self.folder, name)
            (self.folder / f"{name}.chain.pem").write_bytes(leaf.pem() + self.issuing.pem())

    def register(self, command, *arguments):
        program.run(command, "--db", "vouch.db", *arguments, cwd=self.folder)

    def record(self):
        self.register("add", "--issuer", "root.pem", "issuing.pem")
        for name, (_, _, status) in LEAVES.items():
            if status:
                self.register("add", "--issuer", "issuing.pem", f"{name}.pem")
            if status == "revoked":
                self.register("revoke", "--issuer", "issuing.pem", "--reason", "keyCompromise", f"{name}.pem")

    def path(self, name):
        return str(self.folder / name)

    def asked(self, **labels):
        """How many requests vouch had so far."""
        return self.server.metric("vouch_http_requests_total", **labels)

    def answered(self, cert_status):
        return self.server.metric("vouch_single_responses_total", cert_status=cert_status)

    def run(self, *command, deadline=60):
        """Runs a client in the folder; returns its exit code and all that it said."""
        done = subprocess.run([str(word) for word in command], cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=deadline, errors="replace")
        return done.returncode, done.stdout

    def https(self, port, client=None, *options):
        """curl as a TLS client of a server on that port: exit code, HTTP status, all that it said."""
        certificate = ["--cert", f"{client}.chain.pem", "--key", f"{client}.key"] if client else []
        code, output = self.run("curl", "-sS", "--noproxy", "*", "--cacert", "root.pem", *certificate, *options, "-o", "/dev/null", "-w",
                                "status=%{http_code}\n", f"https://localhost:{port}/", "--resolve", f"localhost:{port}:127.0.0.1")
        return code, int(output.split("status=")[1][:3]), output
