# SPDX-License-Identifier: Apache-2.0
# A program that puts a build method of its own into ocspbuilder, and a serve of its own into ocspresponder.
import sys
from datetime import datetime, timezone

from asn1_build import my_build
from ocspbuilder import OCSPResponseBuilder
from ocspresponder import CertificateStatus, OCSPResponder


def my_serve(self, port=8080, debug=False):
    self._app.run(host="127.0.0.1", port=port, debug=debug, quiet=True)


OCSPResponseBuilder.build = my_build
OCSPResponder.serve = my_serve
folder = sys.argv[1]
OCSPResponder(f"{folder}/ca.pem", f"{folder}/ocsp.pem", f"{folder}/ocsp.key",
              lambda serial: (CertificateStatus.good, None) if serial % 2 == 0 else
              (CertificateStatus.superseded, datetime(2024, 5, 6, tzinfo=timezone.utc)),
              lambda serial: open(f"{folder}/leaf-{serial}.pem").read()).serve(int(sys.argv[2]))
