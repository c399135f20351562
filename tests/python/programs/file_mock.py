# SPDX-License-Identifier: Apache-2.0
# A test double as people write them around ocspresponder: the status of a certificate is in a file of its number.
import argparse
import logging
import os
from datetime import datetime

from ocspresponder import CertificateStatus, OCSPResponder

logging.basicConfig(level=logging.INFO)
parser = argparse.ArgumentParser()
parser.add_argument("-p", "--port", type=int, default=8080)
parser.add_argument("--ca_file", required=True)
parser.add_argument("--ocsp_responder_cert", required=True)
parser.add_argument("--ocsp_responder_key", required=True)
parser.add_argument("--folder", required=True)
parser.add_argument("--fault", choices=["revoked", "unknown"])
args = parser.parse_args()


def validate(serial):
    if args.fault == "revoked":
        return (CertificateStatus.revoked, datetime.today())
    if args.fault == "unknown":
        return (CertificateStatus.unknown, None)
    with open(os.path.join(args.folder, f"status-{serial}")) as file:
        name, _, date = file.read().strip().partition(" ")
    return (CertificateStatus[name], datetime.strptime(date, "%Y-%m-%d") if date else None)


def get_cert(serial):
    with open(os.path.join(args.folder, f"leaf-{serial}.pem")) as file:
        return file.read().strip()


app = OCSPResponder(args.ca_file, args.ocsp_responder_cert, args.ocsp_responder_key, validate, get_cert)
app.serve(args.port)
