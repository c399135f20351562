# SPDX-License-Identifier: Apache-2.0
"""Real clients believe the responder: openssl, gnutls, python3-cryptography, asn1crypto, curl, Java; vouch query believes openssl."""

import base64
import json
import re
import shutil
import subprocess
import urllib.parse

import pytest
from asn1crypto import ocsp as asn1_ocsp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp as pyca_ocsp

from support import pki, ports, program, rawhttp
from support.server import Server

GOOD, REVOKED, UNKNOWN = 0x11, 0x22, 0x77
# How each kind of signer is given: key, algorithm option.
SIGNERS = {
    "rsa": ("rsa2048", None), "rsa-pss-option": ("rsa2048", "rsa-pss-sha256"), "rsa-pss-key": ("pss2048", None),
    "p256": ("p256", None), "p384": ("p384", None), "p521": ("p521", None), "ed25519": ("ed25519", None), "ed448": ("ed448", None),
    "itself": (None, None),
}
POSTQUANTUM = {"ml-dsa-44": ("ml-dsa-44", None), "ml-dsa-65": ("ml-dsa-65", None), "ml-dsa-87": ("ml-dsa-87", None),
               "slh-dsa-sha2-128f": ("slh-dsa-sha2-128f", None), "ml-dsa-ca": ("ml-dsa-44", None)}
CA_KEYS = {"ml-dsa-ca": "ml-dsa-87"}      # "p256" for all others
postquantum = pytest.mark.skipif(not pki.knows_postquantum(), reason=pki.NEEDS_POSTQUANTUM)


class Site:
    """An existing CA as its owner has it: files, commands of vouch, a running server."""

    def __init__(self, folder, kind):
        key, algorithm = {**SIGNERS, **POSTQUANTUM}[kind]
        self.folder, self.kind = folder, kind
        self.ca = pki.authority("Interop CA", pki.key(CA_KEYS.get(kind, "p256"), "interop ca"))
        self.ca.write(folder, "ca")
        self.ee = {serial: self.ca.end_entity(serial) for serial in (GOOD, REVOKED, UNKNOWN)}
        for serial, certificate in self.ee.items():
            certificate.write(folder, f"{serial:x}")
        signer = "ca"
        if key is not None:
            signer = "ocsp"
            self.ca.signer(pki.key(key, "interop " + kind)).write(folder, "ocsp")
        program.run("add", "--issuer", "ca.pem", "11.pem", "22.pem", cwd=folder)
        program.run("revoke", "--issuer", "ca.pem", "--reason", "keyCompromise", "22.pem", cwd=folder)
        arguments = ["--listen", "127.0.0.1:0", "--issuer", folder / "ca.pem", "--signer", folder / f"{signer}.pem", "--key",
                     folder / f"{signer}.key", "--source", f"sqlite:{folder / 'vouch.db'}"]
        if algorithm:
            arguments += ["--algorithm", algorithm]
        self.server = Server(folder / "server", arguments=arguments)

    @property
    def url(self):
        return "http://%s:%d/" % self.server.direct

    def openssl(self, *arguments):
        done = subprocess.run(["openssl", "ocsp", "-issuer", "ca.pem", "-url", self.url, "-CAfile", "ca.pem", *arguments],
                              cwd=self.folder, capture_output=True, text=True, timeout=60)
        output = done.stdout + done.stderr
        assert "Response verify OK" in output, output
        return output


@pytest.fixture(scope="module", params=[*SIGNERS, *[pytest.param(kind, marks=postquantum) for kind in POSTQUANTUM]])
def site(request, tmp_path_factory):
    made = Site(tmp_path_factory.mktemp(request.param), request.param)
    with made.server:
        yield made


@pytest.fixture(scope="module")
def p256(tmp_path_factory):
    made = Site(tmp_path_factory.mktemp("plain"), "p256")
    with made.server:
        yield made


@pytest.mark.parametrize("options", [(), ("-no_nonce",), ("-nonce",), ("-sha256",), ("-sha384", "-no_nonce"), ("-sha512",)])
def test_openssl_believes_every_kind_of_signer(site, options):
    output = site.openssl(*options, "-cert", "11.pem", "-cert", "22.pem", "-cert", "77.pem")
    assert re.search(r"11\.pem: good", output)
    assert re.search(r"22\.pem: revoked[\s\S]*Reason: keyCompromise", output)
    assert re.search(r"77\.pem: unknown", output)


def test_vouch_query_believes_every_kind_of_signer(site):
    for options in ((), ("--get",), ("--nonce",), ("--get", "--nonce", "--hash", "sha1")):
        done = program.run("query", "--issuer", "ca.pem", "--url", site.url, *options, "11.pem", cwd=site.folder)
        assert done.stdout.startswith("11.pem: good")
        done = program.run("query", "--issuer", "ca.pem", "--url", site.url, *options, "11.pem", "22.pem", cwd=site.folder, code=3)
        assert "22.pem: revoked keyCompromise" in done.stdout
        program.run("query", "--issuer", "ca.pem", "--url", site.url, *options, "77.pem", cwd=site.folder, code=4)


def test_gnutls_believes(site):
    if shutil.which("ocsptool") is None:
        pytest.skip("ocsptool is not installed (package gnutls-bin)")
    if site.kind in POSTQUANTUM:
        pytest.skip("GnuTLS has no ML-DSA and SLH-DSA in most distributions")
    for serial, word in ((GOOD, "good"), (REVOKED, "revoked")):
        done = subprocess.run(["ocsptool", f"--ask={site.url}", "--load-issuer", "ca.pem", "--load-cert", f"{serial:x}.pem", "--nonce"],
                              cwd=site.folder, capture_output=True, text=True, timeout=60)
        output = done.stdout + done.stderr
        assert "Success" in output and word in output.lower(), output


def pyca_request(site, serial, algorithm):
    subject = x509.load_der_x509_certificate(site.ee[serial].der)
    builder = pyca_ocsp.OCSPRequestBuilder().add_certificate(subject, x509.load_der_x509_certificate(site.ca.der), algorithm)
    return builder.build().public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize("algorithm", [hashes.SHA1(), hashes.SHA256(), hashes.SHA384(), hashes.SHA512()], ids=lambda a: a.name)
def test_python_cryptography_reads_it(p256, algorithm):
    answer = rawhttp.post(p256.server.direct, pyca_request(p256, REVOKED, algorithm), "/")
    response = pyca_ocsp.load_der_ocsp_response(answer.body)
    assert response.response_status == pyca_ocsp.OCSPResponseStatus.SUCCESSFUL
    assert response.certificate_status == pyca_ocsp.OCSPCertStatus.REVOKED
    assert response.revocation_reason == x509.ReasonFlags.key_compromise
    assert response.serial_number == REVOKED and response.hash_algorithm.name == algorithm.name
    signer = response.certificates[0]
    signer.public_key().verify(response.signature, response.tbs_response_bytes, ec.ECDSA(response.signature_hash_algorithm))


def test_asn1crypto_reencodes_it_to_the_same_octets(site):
    if site.kind in POSTQUANTUM:
        pytest.skip("asn1crypto reads no certificate with a key of ML-DSA or SLH-DSA")
    for serial in (GOOD, REVOKED, UNKNOWN):
        body = rawhttp.post(site.server.direct, pyca_request(site, serial, hashes.SHA256()), "/").body
        parsed = asn1_ocsp.OCSPResponse.load(body, strict=True)
        assert parsed["response_status"].native == "successful"
        parsed.native    # reads every field
        again = asn1_ocsp.OCSPResponse({
            "response_status": parsed["response_status"].native,
            "response_bytes": {"response_type": parsed["response_bytes"]["response_type"].native,
                               "response": parsed.basic_ocsp_response.copy()},
        })
        again["response_bytes"]["response"].parsed.dump(force=True)
        assert again.dump(force=True) == body


def test_openssl_reencodes_it_to_the_same_octets(site):
    for serial in (GOOD, REVOKED, UNKNOWN):
        body = rawhttp.post(site.server.direct, pyca_request(site, serial, hashes.SHA1()), "/").body
        (site.folder / "answer.der").write_bytes(body)
        subprocess.run(["openssl", "ocsp", "-respin", "answer.der", "-respout", "again.der", "-noverify"], cwd=site.folder, check=True,
                       capture_output=True)
        assert (site.folder / "again.der").read_bytes() == body


def test_curl_gets_and_posts(p256):
    request = pyca_request(p256, GOOD, hashes.SHA256())
    (p256.folder / "request.der").write_bytes(request)
    path = urllib.parse.quote(base64.b64encode(request).decode(), safe="")
    by_get = subprocess.run(["curl", "-sS", "--fail", p256.url + path], capture_output=True, check=True).stdout
    by_post = subprocess.run(["curl", "-sS", "--fail", "-H", "Content-Type: application/ocsp-request", "--data-binary", "@request.der",
                              p256.url], cwd=p256.folder, capture_output=True, check=True).stdout
    assert by_get == by_post
    upgrade = subprocess.run(["curl", "-sS", "--fail", "--http2", p256.url + path, p256.url + path], capture_output=True, check=True).stdout
    assert upgrade == by_get + by_get
    assert pyca_ocsp.load_der_ocsp_response(by_get).certificate_status == pyca_ocsp.OCSPCertStatus.GOOD


JAVA = """
import java.io.*; import java.net.*; import java.security.cert.*; import java.util.*;
public class Check {
    public static void main(String[] a) throws Exception {
        CertificateFactory f = CertificateFactory.getInstance("X.509");
        X509Certificate ca = (X509Certificate) f.generateCertificate(new FileInputStream(a[0]));
        for (int i = 2; i < a.length; i++) {
            X509Certificate ee = (X509Certificate) f.generateCertificate(new FileInputStream(a[i]));
            CertPathValidator v = CertPathValidator.getInstance("PKIX");
            PKIXRevocationChecker checker = (PKIXRevocationChecker) v.getRevocationChecker();
            checker.setOcspResponder(new URI(a[1]));
            checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.NO_FALLBACK));
            PKIXParameters p = new PKIXParameters(Set.of(new TrustAnchor(ca, null)));
            p.addCertPathChecker(checker);
            String result = "good";
            try { v.validate(f.generateCertPath(List.of(ee)), p); }
            catch (CertPathValidatorException e) { result = e.getReason() + " " + e.getMessage(); }
            System.out.println(a[i] + ": " + result);
        }
    }
}
"""


def test_java_believes(p256):
    if shutil.which("java") is None:
        pytest.skip("java is not installed")
    (p256.folder / "Check.java").write_text(JAVA)
    done = subprocess.run(["java", "-Djdk.security.allowNonCaAnchor=true", "Check.java", "ca.pem", p256.url, "11.pem", "22.pem"],
                          cwd=p256.folder, capture_output=True, text=True, timeout=120)
    assert "11.pem: good" in done.stdout and "22.pem: REVOKED" in done.stdout, done.stdout + done.stderr


@pytest.fixture(params=[("-ndays", "1")], ids=["dated"])
def openssl_responder(tmp_path, request):
    """openssl ocsp as the responder, with an index of its own."""
    ca = pki.authority("OpenSSL CA", pki.key("p256", "openssl ca"))
    ca.write(tmp_path, "ca")
    ca.signer(pki.key("rsa2048", "openssl signer")).write(tmp_path, "ocsp")
    for serial in (GOOD, REVOKED, UNKNOWN):
        ca.end_entity(serial).write(tmp_path, f"{serial:x}")
    (tmp_path / "index.txt").write_text("V\t361122100000Z\t\t11\tunknown\t/CN=a\n"
                                        "R\t361122100000Z\t261101100000Z,superseded\t22\tunknown\t/CN=b\n")
    # A connection that is closed at once, as a probe would be, sends it into a loop.
    process = subprocess.Popen(["openssl", "ocsp", "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "ocsp.pem", "-rkey", "ocsp.key",
                                "-port", "0", *request.param], cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield tmp_path, f"http://127.0.0.1:{rawhttp.until(lambda: ports.listening(process.pid))[0]}/"
    finally:
        process.kill()
        process.wait()


def test_vouch_query_believes_openssl(openssl_responder):
    folder, url = openssl_responder
    done = program.run("query", "--issuer", "ca.pem", "--url", url, "--nonce", "11.pem", "22.pem", "77.pem", cwd=folder, code=3)
    assert "11.pem: good" in done.stdout
    assert "22.pem: revoked superseded 2026-11-01T10:00:00Z" in done.stdout
    assert "77.pem: unknown" in done.stdout


@pytest.mark.parametrize("openssl_responder", [()], ids=["undated"], indirect=True)
def test_vouch_query_wants_a_next_update_unless_told_otherwise(openssl_responder):
    folder, url = openssl_responder
    arguments = ("query", "--issuer", "ca.pem", "--url", url, "11.pem")
    assert program.run(*arguments, cwd=folder, code=1).stderr.startswith("vouch: 11.pem: next_update_absent: ")
    assert program.run(*arguments, "--next-update-optional", cwd=folder).stdout.startswith("11.pem: good (as of ")


def test_vouch_query_does_not_believe_another_ca(p256, tmp_path):
    other = pki.authority("Interop CA", pki.key("p256", "an impostor"))
    other.write(tmp_path, "ca")
    other.end_entity(GOOD).write(tmp_path, "11")
    done = program.run("query", "--issuer", "ca.pem", "--url", p256.url, "11.pem", cwd=tmp_path, code=1)
    assert "unauthorized" in done.stderr


def test_vouch_decode_shows_what_it_answers(p256):
    body = rawhttp.post(p256.server.direct, pyca_request(p256, REVOKED, hashes.SHA256()), "/").body
    (p256.folder / "answer.der").write_bytes(body)
    text = program.run("decode", "answer.der", cwd=p256.folder).stdout
    for word in ("responseStatus", "producedAt", "issuerNameHash", "serialNumber", "keyCompromise", "signatureAlgorithm", "nextUpdate"):
        assert word in text, text
    lines = program.run("decode", "--json", "answer.der", cwd=p256.folder).stdout.splitlines()
    fields = [json.loads(line) for line in lines]
    assert fields[0]["offset"] == 0 and all(f["offset"] + f["header"] + f["length"] <= len(body) for f in fields)
    cut = subprocess.run([program.path(), "decode", "-"], input=body[:-9], capture_output=True, env=program.environment())
    assert cut.returncode == 1 and b"octet" in cut.stderr
