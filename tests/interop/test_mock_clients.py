# SPDX-License-Identifier: Apache-2.0
"""For each fault of `vouch mock`, clients do what its row says a correct one does, or the difference is written down here with its reason."""

import concurrent.futures
import datetime
import hashlib
import http.client
import json
import re
import subprocess
import urllib.request

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509 import ocsp as pyca_ocsp

from support import der, ocsp, pki, program
from support.mock import NONCE, SERIAL, Mock, faults

# Faults with values that suit a test's patience; what never ends is not waited for.
VALUES = {"delay": "delay=300", "slow": "slow=1"}
PATIENCE = {"silent": 1, "stalled": 1}
LONG = 20
# What is chosen at random has no one verdict.
NAMES = sorted(set(faults()) - {"random"})

# --- What clients do otherwise --------------------------------------------------------------------------------------

LENIENT_DER = "its ASN.1 reader takes BER"
NO_CRITICAL = "it does not look at extensions other than the nonce"
NO_CHUNKS = "its HTTP client knows no Transfer-Encoding, though it says HTTP/1.1 is fine with it"
NO_STRENGTH = "it verifies with any digest and key that the security level of the certificates' check lets pass"
# Of `openssl ocsp`, OpenSSL 3.0: what it accepts and should not, or refuses and should not.
OPENSSL = {
    "ber_length": LENIENT_DER, "fractional_seconds": LENIENT_DER, "time_with_offset": LENIENT_DER, "version_1": LENIENT_DER,
    "version_2": "it does not look at the version", "trailing_inside": "it does not look behind BasicOCSPResponse",
    "undefined_reason": "it prints (UNKNOWN)", "contradictory_single": "it takes the first entry that fits",
    "critical_extension": NO_CRITICAL, "critical_single_extension": NO_CRITICAL, "repeated_extension": NO_CRITICAL,
    "produced_at_future": "it does not look at producedAt",
    "sha1_signature": NO_STRENGTH, "md5_signature": NO_STRENGTH, "signer_weak_key": NO_STRENGTH,
    "signer_key_usage": "it asks the signer for extendedKeyUsage alone",
    "chunked": NO_CHUNKS, "chunked_octets": NO_CHUNKS, "chunked_extension": NO_CHUNKS, "chunked_trailer": NO_CHUNKS,
    "content_type_parameter": "it compares the type with case and parameters",
    "slow": "it takes the part of a line that has arrived for the whole of it",
}
# Of an application of python3-cryptography 38 that looks at everything that the library offers, over urllib.
PYCA = {
    "version_2": "the library does not look at the version",
    "huge": "urllib reads what comes; a limit is for the application",
}


class Verdict:
    """accepted, and why."""

    def __init__(self, accepted, why, rule=None):
        self.accepted, self.why, self.rule = accepted, why, rule

    def __repr__(self):
        return f"{'accepted' if self.accepted else 'refused'}: {self.why}"


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    with Mock(tmp_path_factory.mktemp("mock")) as made:
        yield made


def everywhere(mock, client):
    """The verdict of one client about each fault, asked a few at a time."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        return dict(zip(NAMES, pool.map(lambda name: client(mock, name, mock.url(VALUES.get(name, name))), NAMES)))


def may_accept(name):
    return {"accept": [True], "reject": [False], "retry": [False], "either": [True, False]}[faults()[name]["client"]]


# --- openssl ocsp ---------------------------------------------------------------------------------------------------


def openssl(mock, name, url):
    nonce = ["-no_nonce"] if name == "nonce_unasked" else ["-nonce"]
    command = ["openssl", "ocsp", "-issuer", "ca.pem", "-serial", hex(SERIAL), "-url", url, "-CAfile", "ca.pem", "-timeout", str(PATIENCE.get(name, LONG)), *nonce]
    try:
        done = subprocess.run(command, cwd=mock.directory, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return Verdict(False, "waits for ever")
    output = done.stdout + done.stderr
    accepted = ("Response verify OK" in output and re.search(rf"^{hex(SERIAL)}: (good|revoked|unknown)$".lower(), output.lower(), re.M) and
                "WARNING: Status times invalid" not in output)
    return Verdict(bool(accepted), " | ".join(output.split("\n"))[-400:])


@pytest.fixture(scope="module")
def by_openssl(mock):
    return everywhere(mock, openssl)


@pytest.mark.parametrize("name", NAMES)
def test_openssl_does_what_the_table_says(by_openssl, name):
    verdict = by_openssl[name]
    if name in OPENSSL and openssl_is_known():
        assert verdict.accepted not in may_accept(name), f"the difference is gone: {verdict}"
    elif name not in OPENSSL:
        assert verdict.accepted in may_accept(name), verdict


def openssl_is_known():
    version = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout
    return version.startswith("OpenSSL 3.0.")


# --- vouch query ----------------------------------------------------------------------------------------------------


def query(mock, name, url):
    nonce = [] if name == "nonce_unasked" else ["--nonce"]
    done = program.run("query", "--issuer", "ca.pem", "--url", url, "--json", "--timeout", PATIENCE.get(name, LONG), *nonce, "--serial", f"{SERIAL:x}",
                       cwd=mock.directory, code=None)
    answer = json.loads(done.stdout)
    return Verdict(done.returncode in (0, 3, 4), done.stdout, answer.get("rule"))


@pytest.fixture(scope="module")
def by_query(mock):
    return everywhere(mock, query)


@pytest.mark.parametrize("name", NAMES)
def test_vouch_query_does_what_the_table_says_and_names_the_rule(by_query, name):
    verdict = by_query[name]
    assert verdict.accepted in may_accept(name), verdict
    if not verdict.accepted:
        assert verdict.rule == faults()[name]["rule"], verdict


# --- python3-cryptography -------------------------------------------------------------------------------------------


class Refused(Exception):
    """What an application that uses the library has against an answer."""


def refuse_unless(condition, why):
    if not condition:
        raise Refused(why)


def verify_with(key, signature, data, digest):
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, data, ec.ECDSA(digest))
    else:
        key.verify(signature, data, padding.PKCS1v15(), digest)


def judge_signer(response, ca):
    """The certificate that may sign: the CA's, or one that it issued for the purpose and that is valid now."""
    if not response.certificates:
        return ca
    signer = response.certificates[0]
    verify_with(ca.public_key(), signer.signature, signer.tbs_certificate_bytes, signer.signature_hash_algorithm)
    now = datetime.datetime.utcnow()
    refuse_unless(signer.issuer == ca.subject, "another issuer")
    refuse_unless(signer.not_valid_before <= now <= signer.not_valid_after, "not valid now")
    try:
        usages = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        raise Refused("no extendedKeyUsage") from None
    refuse_unless(x509.ObjectIdentifier(pki.OCSP_SIGNING) in usages, "not for OCSP")
    refuse_unless(signer.extensions.get_extension_for_class(x509.KeyUsage).value.digital_signature, "not for signatures")
    refuse_unless(not isinstance(signer.public_key(), rsa.RSAPublicKey) or signer.public_key().key_size >= 2048, "a weak key")
    return signer


def judge_responder(response, signer):
    if response.responder_name is not None:
        refuse_unless(response.responder_name == signer.subject, "responderID is another name")
    else:
        digest = x509.SubjectKeyIdentifier.from_public_key(signer.public_key()).digest
        refuse_unless(response.responder_key_hash == digest, "responderID is another key")


def judge_entry(response, ca_der):
    """The first entry about what was asked; only one can be looked at if there are several."""
    singles = [s for s in response.responses if s.serial_number == SERIAL]
    refuse_unless(singles, "no entry about the certificate")
    refuse_unless(len({s.certificate_status for s in singles}) == 1, "entries contradict each other")
    refuse_unless(singles[0].revocation_reason is None or singles[0].revocation_time is not None, "a reason without a time")
    single, now = singles[0], datetime.datetime.utcnow()
    digest = single.hash_algorithm.name
    refuse_unless(single.issuer_name_hash == hashlib.new(digest, ocsp.certificate_subject(ca_der)).digest(), "another issuer's name")
    refuse_unless(single.issuer_key_hash == hashlib.new(digest, ocsp.public_bits(ocsp.certificate_key(ca_der))).digest(), "another issuer's key")
    refuse_unless(single.this_update <= now + datetime.timedelta(minutes=5), "thisUpdate is in the future")
    refuse_unless(single.next_update is None or single.next_update >= now - datetime.timedelta(minutes=5), "nextUpdate has passed")
    refuse_unless(single.next_update is None or single.next_update >= single.this_update, "nextUpdate is before thisUpdate")


def judge(octets, ca_der, nonce):
    response = pyca_ocsp.load_der_ocsp_response(octets)
    refuse_unless(response.response_status == pyca_ocsp.OCSPResponseStatus.SUCCESSFUL, response.response_status)
    ca = x509.load_der_x509_certificate(ca_der)
    signer = judge_signer(response, ca)
    judge_responder(response, signer)
    refuse_unless(not isinstance(response.signature_hash_algorithm, (hashes.SHA1, hashes.MD5)), "a weak digest")
    verify_with(signer.public_key(), response.signature, response.tbs_response_bytes, response.signature_hash_algorithm)
    refuse_unless(response.produced_at <= datetime.datetime.utcnow() + datetime.timedelta(minutes=5), "producedAt is in the future")
    judge_entry(response, ca_der)
    of_entry = response.single_extensions if len(list(response.responses)) == 1 else []
    refuse_unless(not any(extension.critical for extension in of_entry), "an unknown critical extension of the entry")
    for extension in response.extensions:
        refuse_unless(not extension.critical or isinstance(extension.value, x509.OCSPNonce), "an unknown critical extension")
        if isinstance(extension.value, x509.OCSPNonce) and nonce is not None:
            refuse_unless(extension.value.nonce in (nonce, der.octets(nonce)), "another nonce")


def fetch(mock, name, url):
    nonce = None if name == "nonce_unasked" else NONCE
    request = urllib.request.Request(url, mock.request(nonce=nonce), {"Content-Type": "application/ocsp-request"})
    with urllib.request.urlopen(request, timeout=PATIENCE.get(name, LONG)) as answer:
        refuse_unless(answer.headers.get_content_type() == "application/ocsp-response", "another content type")
        return answer.read()


def pyca(mock, name, url):
    try:
        judge(fetch(mock, name, url), mock.ca.der, None if name == "nonce_unasked" else NONCE)
    except (Refused, ValueError, InvalidSignature, UnsupportedAlgorithm, x509.DuplicateExtension, OverflowError, OSError,
            http.client.HTTPException) as error:
        return Verdict(False, repr(error))
    return Verdict(True, "")


@pytest.fixture(scope="module")
def by_pyca(mock):
    return everywhere(mock, pyca)


@pytest.mark.parametrize("name", NAMES)
def test_an_application_of_pyca_does_what_the_table_says(by_pyca, name):
    verdict = by_pyca[name]
    if name not in PYCA:        # where newer versions may well have caught up
        assert verdict.accepted in may_accept(name), verdict
