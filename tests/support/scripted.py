# SPDX-License-Identifier: Apache-2.0
"""An OCSP responder whose answers a test writes: well-made, stale, or of another kind altogether."""

import datetime
import http.server
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.x509 import ocsp

from . import pki

STATUS = {"good": ocsp.OCSPCertStatus.GOOD, "revoked": ocsp.OCSPCertStatus.REVOKED, "unknown": ocsp.OCSPCertStatus.UNKNOWN}


def moment(hours):
    return (pki.now() + datetime.timedelta(hours=hours)).replace(tzinfo=None)


def answer(certificate, signer, status="good", since=-1.0, until=1.0, algorithm=hashes.SHA1()):
    """The DER of a response about a pki.Certificate; times are hours from now, until None is no nextUpdate."""
    signed_by = x509.load_der_x509_certificate(signer.der)
    revoked = status == "revoked"
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=x509.load_der_x509_certificate(certificate.der), issuer=x509.load_der_x509_certificate(certificate.issuer.der),
        algorithm=algorithm, cert_status=STATUS[status], this_update=moment(since),
        next_update=None if until is None else moment(until), revocation_time=moment(-2) if revoked else None,
        revocation_reason=x509.ReasonFlags.key_compromise if revoked else None)
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, signed_by).certificates([signed_by])
    return builder.sign(signer.key.private, hashes.SHA256()).public_bytes(pki.serialization.Encoding.DER)


class Responder:
    """Answers each POST with `body`, or with what `body()` makes, under `status` and `content_type`; counts."""

    def __init__(self, body=b""):
        self.body, self.status, self.content_type, self.asked = body, 200, "application/ocsp-response", 0

    def __enter__(self):
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                outer.reply(self)

            def log_message(self, *unused):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()
        return self

    def reply(self, handler):
        self.asked += 1
        body = self.body() if callable(self.body) else self.body
        handler.send_response(self.status)
        handler.send_header("Content-Type", self.content_type)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        try:
            handler.wfile.write(body)
        except OSError:
            pass    # the client had enough

    def __exit__(self, *unused):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/"
