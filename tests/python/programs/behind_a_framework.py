# SPDX-License-Identifier: Apache-2.0
# The second style: octets in, octets out, behind whatever server a program has.
import sys
from wsgiref.simple_server import make_server

from ocspresponder import CertificateStatus, OCSPResponder

folder = sys.argv[1]


def read(name):
    with open(f"{folder}/{name}", "rb") as file:
        return file.read()


responder = OCSPResponder(issuer_cert=read("ca.pem"), ocsp_cert=read("ocsp.pem"), ocsp_key=read("ocsp.key"),
                          retrieve_certificate_status=lambda serial: (CertificateStatus.good, None),
                          retrieve_issuer_certificate=lambda serial: read("ca.pem"))


def application(environ, start_response):
    body = responder.handle_ocsp_request(environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)))
    start_response("200 OK", [("Content-Type", "application/ocsp-response"), ("Content-Length", str(len(body)))])
    return [body]


make_server("127.0.0.1", int(sys.argv[2]), application).serve_forever()
