# SPDX-License-Identifier: Apache-2.0
"""What the tests of ocspresponder and ocspbuilder share: a site with a CA, the two functions, and eyes for answers."""

import datetime
import io
import subprocess

from asn1crypto import core
from asn1crypto import ocsp as asn1_ocsp
from support import ocsp, pki

from ocspresponder import CertificateStatus, OCSPResponder

GOOD = (CertificateStatus.good, None)
PAST = datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.timezone.utc)
OPENSSL_SECONDS = 60
STATUSES = ["good", "revoked", "key_compromise", "ca_compromise", "affiliation_changed", "superseded",
            "cessation_of_operation", "certificate_hold", "remove_from_crl", "privilege_withdrawn", "unknown"]


class Site:
    """A CA, a delegated responder, some certificates, and what the two functions of a program say of them."""

    def __init__(self, folder, kind="p256", hash_name="sha256"):
        self.folder = folder
        self.ca = pki.authority("Drop-in CA", pki.key("p256", "drop-in ca"))
        self.signer = self.ca.signer(pki.key(kind, f"drop-in signer {kind}"))
        self.ca_pem, self.ca_key = self.ca.write(folder, "ca")
        self.signer_pem, self.signer_key = self.signer.write(folder, "ocsp")
        self.leaves = {}
        self.statuses = {}
        self.asked, self.retrieved = [], []

    def leaf(self, serial, status=GOOD):
        """A certificate of the CA that the functions know."""
        self.leaves[serial] = self.ca.end_entity(serial)
        self.statuses[serial] = status
        self.leaves[serial].write(self.folder, f"leaf-{serial}")
        return self.leaves[serial]

    def validate(self, serial):
        self.asked.append(serial)
        return self.statuses[serial]

    def retrieve(self, serial):
        self.retrieved.append(serial)
        return self.leaves[serial].pem().decode()

    def responder(self, kind=OCSPResponder, **options):
        return kind(str(self.ca_pem), str(self.signer_pem), str(self.signer_key), self.validate, self.retrieve,
                    **options)

    def request(self, *serials, hash_name="sha1", nonce=None, **options):
        """A request in DER."""
        if nonce is not None:
            options["extensions"] = [*options.get("extensions", []), ocsp.nonce(nonce)]
        return ocsp.request(*[ocsp.certid(self.ca, serial, hash_name) for serial in serials], **options)


def answer(responder, request):
    """By the methods that programs call: parsed, then answered."""
    return responder._build_ocsp_response(responder._parse_ocsp_request(request))


def load(response):
    """Octets or an object of asn1crypto, as the latter."""
    return response if isinstance(response, asn1_ocsp.OCSPResponse) else asn1_ocsp.OCSPResponse.load(response)


def status_of(response):
    return load(response)["response_status"].native


def data_of(response):
    return load(response)["response_bytes"]["response"].parsed["tbs_response_data"]


def single_of(response, number=0):
    return data_of(response)["responses"][number]


def kind_of(response, number=0):
    """("good", None), ("revoked", "key_compromise") ..."""
    status = single_of(response, number)["cert_status"]
    return status.name, status.chosen["revocation_reason"].native if status.name == "revoked" else None


def nonce_of(response):
    """extnValue of the nonce; None when there is none."""
    for extension in data_of(response)["response_extensions"]:
        fields = core.Sequence.load(extension.dump())   # asn1crypto takes every nonce for a wrapped one
        if fields[0].dotted == ocsp.NONCE:
            return fields[1].native
    return None


def verify(site, request, response):
    """The answer as openssl prints it; fails unless openssl verifies it."""
    (site.folder / "asked.der").write_bytes(request)
    (site.folder / "answer.der").write_bytes(response)
    command = ["openssl", "ocsp", "-respin", site.folder / "answer.der", "-reqin", site.folder / "asked.der",
               "-CAfile", site.ca_pem, "-verify_other", site.ca_pem, "-no_nonce", "-resp_text"]
    done = subprocess.run(list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=OPENSSL_SECONDS)
    assert "Response verify OK" in done.stdout + done.stderr, done.stdout + done.stderr
    return done.stdout


def call(application, method, path, body=b"", query="", content_type=None):
    """(status, fields, body) of a WSGI application."""
    answered = {}

    def start_response(status, headers, exc_info=None):
        answered["status"], answered["fields"] = int(status.split()[0]), dict(headers)

    environ = {"REQUEST_METHOD": method, "PATH_INFO": path, "QUERY_STRING": query, "SERVER_NAME": "localhost",
               "SERVER_PORT": "80", "SERVER_PROTOCOL": "HTTP/1.1", "wsgi.url_scheme": "http", "SCRIPT_NAME": "",
               "wsgi.version": (1, 0), "wsgi.input": io.BytesIO(body), "wsgi.errors": io.StringIO(),
               "wsgi.multithread": False, "wsgi.multiprocess": False, "wsgi.run_once": False,
               "CONTENT_LENGTH": str(len(body))}
    if content_type is not None:
        environ["CONTENT_TYPE"] = content_type
    parts = application(environ, start_response)
    return answered["status"], answered["fields"], b"".join(parts)


def raising(*_):
    """A function of a program that fails."""
    raise RuntimeError("the database is away")


def garbage(*_):
    """PEM, and no certificate."""
    return "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n"
