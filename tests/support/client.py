# SPDX-License-Identifier: Apache-2.0
"""A client of one issuer at one address: asks over POST or GET, decodes strictly and verifies whatever is
successful."""

import os
import pathlib
import subprocess

from . import ocsp, rawhttp

RESPONSE_TYPE = "application/ocsp-response"


class Client:
    def __init__(self, server, issuer, prefix="/"):
        self.server, self.issuer, self.prefix = server, issuer, prefix

    @property
    def address(self):
        return self.server.address

    def post(self, request, fields=(), **options):
        return rawhttp.post(self.address, request, self.prefix, fields, **options)

    def get(self, request, fields=(), raw=False, **options):
        path = ocsp.raw_path if raw else ocsp.path
        return rawhttp.get(self.address, path(request, self.prefix), fields, **options)

    def head(self, request, fields=()):
        return rawhttp.head_of(self.address, ocsp.path(request, self.prefix), fields)

    def read(self, answer):
        """The OCSP response in an HTTP response, which has to be the issuer's if it is successful."""
        assert answer.status == 200, repr(answer)
        assert answer["Content-Type"] == RESPONSE_TYPE, repr(answer)
        response = ocsp.decode(answer.body)
        if response.status == "successful":
            ocsp.verify(response, self.issuer)
        return response

    def ask(self, request, **options):
        return self.read(self.post(request, **options))

    def ask_get(self, request, **options):
        return self.read(self.get(request, **options))

    def successful(self, request, **options):
        response = self.ask(request, **options)
        assert response.status == "successful", response.status
        return response

    def certid(self, serial, hash_name="sha1", **options):
        return ocsp.certid(self.issuer, serial, hash_name, **options)

    def request(self, *serials, hash_name="sha1", extensions=None):
        return ocsp.request(*[self.certid(s, hash_name) for s in serials], extensions=extensions)

    def nonced(self, serial):
        """A request that no stored answer fits."""
        return self.request(serial, extensions=[ocsp.nonce(os.urandom(16))])

    def live(self, serial):
        """The response status of an answer that is made for this request."""
        return self.ask(self.nonced(serial)).status

    def single(self, serial, hash_name="sha1"):
        """The one SingleResponse about a serial number."""
        return self.successful(self.request(serial, hash_name=hash_name)).single

    def status(self, serial, hash_name="sha1"):
        return self.single(serial, hash_name).status


def openssl_verifies(response, ca_pem, directory):
    """Fails unless `openssl ocsp` says "Response verify OK"; a CA that signs itself sends no certificate,
    so it is given."""
    file = pathlib.Path(directory, "response.der")
    file.write_bytes(response)
    done = subprocess.run(["openssl", "ocsp", "-respin", file, "-CAfile", ca_pem, "-verify_other", ca_pem],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and "Response verify OK" in done.stderr, done.stdout + done.stderr
