# SPDX-License-Identifier: Apache-2.0
"""A CA that is run by `openssl ca`: an index.txt, as that program itself writes it."""

import pathlib
import subprocess

from . import ocsp, pki, program
from .client import Client
from .server import Server

CONFIGURATION = """
[ca]
default_ca = test
[test]
dir = .
database = index.txt
new_certs_dir = newcerts
certificate = ca.pem
private_key = ca.key
serial = serial
default_md = sha256
default_days = 365
unique_subject = no
policy = anything
[anything]
commonName = supplied
"""


class OpensslCa:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)
        self.ca = pki.authority("Index CA", pki.key("p256", "index ca"))
        self.ca.write(self.folder, "ca")
        self.ca.signer(pki.key("p256", "index signer")).write(self.folder, "ocsp")
        (self.folder / "newcerts").mkdir()
        (self.folder / "ca.cnf").write_text(CONFIGURATION)
        (self.folder / "serial").write_text("1000\n")
        self.index.write_bytes(b"")
        (self.folder / "a.key").write_bytes(pki.key("p256", "index end entities").pem())

    @property
    def index(self):
        return self.folder / "index.txt"

    def openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], cwd=self.folder, capture_output=True, text=True, timeout=60,
                              env=program.environment())
        assert done.returncode == 0, done.stderr
        return done.stdout

    def issue(self, name, *options):
        """Issues a certificate; returns its serial number."""
        self.openssl("req", "-new", "-key", "a.key", "-subj", f"/CN={name}", "-out", "a.csr")
        self.openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-in", "a.csr", "-out", f"{name}.pem", *options)
        return int(self.openssl("x509", "-in", f"{name}.pem", "-noout", "-serial").split("=")[1], 16)

    def revoke(self, name, *options):
        self.openssl("ca", "-config", "ca.cnf", "-revoke", f"{name}.pem", *options)

    def says(self, serial):
        """What `openssl ocsp` answers from the same index: (status, revocationTime, reason)."""
        (self.folder / "request.der").write_bytes(ocsp.request(ocsp.entry(ocsp.certid(self.ca, serial))))
        self.openssl("ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ocsp.pem", "-rkey", "ocsp.key",
                     "-reqin", "request.der", "-respout", "response.der")
        return facts(ocsp.decode((self.folder / "response.der").read_bytes()).single)

    def flags(self, source="index.txt"):
        return ["--listen", "127.0.0.1:0", "--issuer", self.folder / "ca.pem", "--signer", self.folder / "ocsp.pem",
                "--key", self.folder / "ocsp.key", "--source", f"index:{self.folder / source}"]

    def serve(self, name="server", source="index.txt"):
        return Server(self.folder / name, arguments=self.flags(source))

    def client(self, server):
        return Client(server, self.ca)


def facts(single):
    return single.status, single.revocation_time, single.reason
