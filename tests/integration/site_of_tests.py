# SPDX-License-Identifier: Apache-2.0
"""A CA with a delegated responder, a database and a configuration in a folder, for tests of the running program."""

import pathlib

from support import pki, program
from support.client import Client
from support.server import Server

GOOD, REVOKED, HELD = 0x11, 0x22, 0x33


class Site:
    def __init__(self, folder, key="p256"):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca = pki.authority("Site CA", pki.key("p256", "site ca"))
        self.signer = self.ca.signer(pki.key(key, "site signer"))
        self.ca.write(self.folder, "ca")
        self.signer.write(self.folder, "ocsp")
        self.certificates = {serial: self.ca.end_entity(serial) for serial in (GOOD, REVOKED, HELD)}
        for serial, certificate in self.certificates.items():
            certificate.write(self.folder, f"{serial:x}")
        self.register("add", *[f"{serial:x}.pem" for serial in self.certificates])
        self.register("revoke", "--reason", "keyCompromise", f"{REVOKED:x}.pem")
        self.register("hold", f"{HELD:x}.pem")

    def register(self, command, *arguments, **options):
        return program.run(command, "--issuer", "ca.pem", "--db", "vouch.db", *arguments, cwd=self.folder, **options)

    def config(self, **changes):
        issuer = {"name": "site", "certificate": str(self.folder / "ca.pem"),
                  "signers": [{"certificate": str(self.folder / "ocsp.pem"), "key": str(self.folder / "ocsp.key")}],
                  "sources": [f"sqlite:{self.folder / 'vouch.db'}"], **changes.pop("issuer", {})}
        return {"listen": ["127.0.0.1:0"], "admin": "127.0.0.1:0", "issuers": [issuer], **changes}

    def flags(self):
        return ["--listen", "127.0.0.1:0", "--issuer", self.folder / "ca.pem", "--signer", self.folder / "ocsp.pem",
                "--key", self.folder / "ocsp.key", "--source", f"sqlite:{self.folder / 'vouch.db'}"]

    def serve(self, name="server", **changes):
        return Server(self.folder / name, self.config(**changes))

    def client(self, server):
        return Client(server, self.ca)
