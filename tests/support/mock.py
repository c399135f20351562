# SPDX-License-Identifier: Apache-2.0
"""A running `vouch mock` for a CA of its own, and what a client that checks nothing gets from it."""

import functools
import json
import pathlib

from . import ocsp, pki, program, rawhttp
from .server import Server

SERIAL = 0x1A2B
NONCE = bytes(range(32))


@functools.lru_cache(maxsize=None)
def faults():
    """The table as the program prints it, by name."""
    return {row["name"]: row for row in json.loads(program.run("mock", "--list-faults", "--json").stdout)}


class Mock(Server):
    """`key` is the responder's; the CA's key is handed over unless ca_key is False."""

    def __init__(self, directory, *arguments, key="p256", ca_key=True, ca_kind="p256"):
        super().__init__(directory)
        self.ca = pki.authority("Mock CA", pki.key(ca_kind, "mock ca"))
        self.signer = self.ca.signer(pki.key(key, "mock signer"))
        self.ca.write(self.directory, "ca")
        self.signer.write(self.directory, "ocsp")
        files = ["--ca", "ca.pem", "--cert", "ocsp.pem", "--key", "ocsp.key"] + (["--ca-key", "ca.key"] if ca_key else [])
        self.arguments = [program.path(), "mock", *files, "--listen", "127.0.0.1:0", "--log", "journal", *map(str, arguments)]

    def journal(self):
        return [json.loads(line) for line in pathlib.Path(self.directory, "journal").read_text().splitlines()]

    def url(self, *faults):
        return "http://%s:%d%s" % (*self.direct, self.path(*faults))

    @staticmethod
    def path(*faults):
        return "".join(f"/fault/{fault}" for fault in faults) + "/"

    def request(self, *serials, nonce=None, hash_name="sha1"):
        listed = [ocsp.certid(self.ca, serial, hash_name) for serial in serials or (SERIAL,)]
        return ocsp.request(*listed, extensions=[ocsp.nonce(nonce)] if nonce is not None else None)

    def post(self, *faults, request=None):
        """The answer of a server whose HTTP is sound."""
        return rawhttp.post(self.direct, request or self.request(), self.path(*faults))

    def body(self, *faults, request=None):
        answer = self.post(*faults, request=request)
        assert answer.status == 200 and answer["Content-Type"] == "application/ocsp-response", repr(answer)
        return answer.body

    def octets(self, *faults, request=None):
        """All that comes until the connection ends."""
        with rawhttp.Connection(self.direct) as connection:
            connection.send(rawhttp.post_octets(request or self.request(), self.path(*faults)))
            return connection.rest()
