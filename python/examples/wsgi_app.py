#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A responder as a WSGI application, for gunicorn, uWSGI, mod_wsgi or a framework that mounts one:

    OCSP_CA=ca.pem OCSP_CERT=ocsp.pem OCSP_KEY=ocsp.key OCSP_REVOKED=revoked.txt gunicorn wsgi_app:application

revoked.txt has one hexadecimal serial number per line.  Run by itself, it serves with the standard library
alone.
"""

from __future__ import annotations

import datetime
import os
import pathlib
import sys
import wsgiref.simple_server

import vouch

REVOKED = pathlib.Path(os.environ["OCSP_REVOKED"])


def lookup(issuer: vouch.Issuer, serial_number: int, now: datetime.datetime) -> vouch.Status:
    """Whoever is not in the file is good: this CA's issuance is not known here."""
    if serial_number in {int(line, 16) for line in REVOKED.read_text().split()}:
        modified = datetime.datetime.fromtimestamp(REVOKED.stat().st_mtime, datetime.timezone.utc)
        return vouch.Status.revoked(min(modified, now))
    return vouch.Status.good()


signer = vouch.Signer(os.environ["OCSP_CERT"], os.environ["OCSP_KEY"])
issuer = vouch.Issuer(os.environ["OCSP_CA"], signers=[signer], sources=[lookup])
application = vouch.Responder(issuer).wsgi

if __name__ == "__main__":
    host, _, port = (sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:8080").rpartition(":")
    with wsgiref.simple_server.make_server(host, int(port), application) as server:
        print(f"http://{host}:{server.server_port}/", flush=True)
        server.serve_forever()
