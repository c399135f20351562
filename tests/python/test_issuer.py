# SPDX-License-Identifier: Apache-2.0
"""Issuer and Signer: what they take, what they refuse, and what they say of themselves."""

import datetime
import hashlib
import os
import pathlib
import pickle

import pytest
import vouch
from cryptography import x509
from cryptography.x509 import ocsp
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from support import pki

UTC = datetime.timezone.utc
DER, PEM = serialization.Encoding.DER, serialization.Encoding.PEM
PKCS8, TRADITIONAL = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL
GOOD = vouch.Status.good()


def answers_with(ca, signer):
    """The signer's certificate as an answer carries it."""
    issuer = vouch.Issuer(ca.pem(), signers=[signer], sources=[lambda *_: GOOD])
    request = vouch.Request([(issuer, 5)])
    return vouch.Response.verify(vouch.Responder(issuer).handle(request.encode()), request).signer


def forms_of(certificate, directory):
    """A certificate as everything that a parameter accepts."""
    path = pathlib.Path(directory, "certificate.pem")
    path.write_bytes(certificate.pem())
    return {"pem octets": certificate.pem(), "der": certificate.der, "pem text": certificate.pem().decode(),
            "a Certificate": vouch.Certificate(path), "path": path, "path in a string": str(path),
            "bytearray": bytearray(certificate.der),
            "memoryview": memoryview(certificate.pem())}


@pytest.mark.parametrize("form", ["pem octets", "der", "pem text", "path", "path in a string", "bytearray",
                                  "memoryview", "a Certificate"])
def test_certificates_are_taken_as_paths_and_octets(ca, delegated, tmp_path, form):
    signer = vouch.Signer(forms_of(delegated, tmp_path)[form], delegated.key.pem())
    assert signer.certificate == delegated.der and signer.algorithm == "ecdsa-sha256"
    assert vouch.Issuer(forms_of(ca, tmp_path)[form]).certificate == ca.der


@pytest.mark.parametrize("form", [(PEM, PKCS8), (PEM, TRADITIONAL), (DER, PKCS8), (DER, TRADITIONAL)])
@pytest.mark.parametrize("kind", ["p256", "rsa2048"])
@pytest.mark.parametrize("as_path", [False, True])
def test_keys_are_taken_in_every_form(ca, tmp_path, form, kind, as_path):
    certificate = ca.signer(pki.key(kind, "forms"))
    octets = certificate.key.encoded(*form)
    path = tmp_path / "key"
    path.write_bytes(octets)
    signer = vouch.Signer(certificate.der, path if as_path else octets)
    assert answers_with(ca, signer) == certificate.der


@pytest.mark.parametrize("passphrase", ["se cret", b"se cret"])
def test_encrypted_keys_are_opened_with_their_passphrase(delegated, tmp_path, passphrase):
    assert vouch.Signer(delegated.pem(), delegated.key.pem("se cret"), passphrase).algorithm == "ecdsa-sha256"
    with pytest.raises(vouch.VouchError):
        vouch.Signer(delegated.pem(), delegated.key.pem("se cret"), "wrong")
    with pytest.raises(vouch.VouchError):
        vouch.Signer(delegated.pem(), delegated.key.pem("se cret"))


def test_the_algorithm_can_be_chosen(ca):
    certificate = ca.signer(pki.key("rsa2048", "forms"))
    signer = vouch.Signer(certificate.pem(), certificate.key.pem(), algorithm="rsa-pss-sha256")
    assert signer.algorithm == "rsa-pss-sha256" and answers_with(ca, signer) == certificate.der
    with pytest.raises(vouch.VouchError, match="ecdsa"):
        vouch.Signer(certificate.pem(), certificate.key.pem(), algorithm="ecdsa-sha256")


def test_weak_keys_are_for_doubles_alone(ca):
    certificate = ca.signer(pki.key("rsa1024", "weak"))
    with pytest.raises(vouch.VouchError):
        vouch.Signer(certificate.pem(), certificate.key.pem())
    assert vouch.Signer(certificate.pem(), certificate.key.pem(), weak=True).certificate == certificate.der


def test_a_function_may_sign(ca, delegated):
    seen = []
    signer = vouch.Signer(delegated.pem(), sign=lambda tbs: seen.append(tbs) or delegated.key.sign(tbs))
    assert answers_with(ca, signer) == delegated.der
    assert len(seen) == 2 and isinstance(seen[0], bytes)        # the proof, and the answer
    public = x509.load_der_x509_certificate(delegated.der).public_key()
    public.verify(signer.sign(b"octets"), b"octets", ec.ECDSA(hashes.SHA256()))


def test_a_signing_function_that_fails_gives_try_later(ca, delegated, caplog):
    state = {"fail": False}

    def sign(tbs):
        if state["fail"]:
            raise OSError("the token is gone")
        return delegated.key.sign(tbs)

    issuer = vouch.Issuer(ca.pem(), signers=[vouch.Signer(delegated.pem(), sign=sign)],
                          sources=[lambda *_: GOOD])
    responder, request = vouch.Responder(issuer), vouch.Request([(issuer, 5)])
    state["fail"] = True
    assert vouch.Response.parse(responder.handle(request.encode())).status == vouch.ResponseStatus.TRY_LATER
    assert "token is gone" in caplog.text
    state["fail"] = False
    assert vouch.Response.verify(responder.handle(request.encode()), request).singles


@pytest.mark.parametrize("sign", [lambda tbs: b"nonsense", lambda tbs: "text", lambda tbs: None, lambda: b""])
def test_a_signing_function_that_signs_nothing_is_refused_at_once(delegated, sign):
    with pytest.raises(vouch.VouchError):
        vouch.Signer(delegated.pem(), sign=sign)


def test_ctrl_c_while_a_signer_is_proved_is_one(delegated):
    def sign(_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        vouch.Signer(delegated.pem(), sign=sign)


def test_key_and_certificate_must_agree(ca, delegated):
    with pytest.raises(vouch.VouchError):
        vouch.Signer(delegated.pem(), pki.key("p256", "somebody else").pem())
    with pytest.raises(TypeError):
        vouch.Signer(delegated.pem())
    with pytest.raises(TypeError):
        vouch.Signer(delegated.pem(), delegated.key.pem(), sign=lambda tbs: b"")


def test_what_cannot_be_read_says_what(tmp_path, delegated):
    with pytest.raises(FileNotFoundError):
        vouch.Issuer(tmp_path / "no such file")
    with pytest.raises(vouch.VouchError, match="no such key"):
        vouch.Signer(delegated.pem(), tmp_path / "no such key")
    with pytest.raises(vouch.VouchError):
        vouch.Issuer(b"neither PEM nor DER")
    with pytest.raises(TypeError, match="int"):
        vouch.Issuer(5)
    with pytest.raises(ValueError, match="NUL"):
        vouch.Signer(delegated.pem(), "key\0name")


def test_who_may_not_answer_is_refused_with_the_clause(ca, delegated):
    other = pki.authority("Stranger", pki.key("p256", "stranger"))
    stranger = other.signer(pki.key("p256", "strange signer"))
    issuer = vouch.Issuer(ca.pem())
    with pytest.raises(vouch.VouchError, match="4.2.2.2"):
        issuer.add_signer(vouch.Signer(stranger.pem(), stranger.key.pem()))
    assert issuer.signers == ()
    issuer.add_signer(vouch.Signer(stranger.pem(), stranger.key.pem()), locally_trusted=True)
    assert len(issuer.signers) == 1


def test_an_issuer_tells_what_it_is(ca):
    issuer = vouch.Issuer(ca.pem(), "my ca")
    spki = ca.key.public_bits()
    assert issuer.name == "my ca" and vouch.Issuer(ca.pem()).name == "Python CA"
    assert issuer.subject == ca.subject and issuer.id == hashlib.sha256(ca.subject + spki).digest()
    assert "my ca" in repr(issuer)


def test_an_issuer_knows_its_certificates(ca, delegated):
    issuer = vouch.Issuer(ca.pem())
    issuer.verify(delegated.pem())
    with pytest.raises(vouch.VouchError):
        issuer.verify(pki.authority("Stranger", pki.key("p256", "stranger")).pem())


def test_check_finds_what_is_amiss(ca, delegated):
    issuer = vouch.Issuer(ca.pem(), signers=[vouch.Signer(delegated.pem(), delegated.key.pem())])
    late = delegated.not_after - datetime.timedelta(hours=12)
    findings = issuer.check(late)
    assert any(finding.severity >= vouch.Severity.WARNING and finding.text and finding.rule
               for finding in findings)


@pytest.mark.parametrize("options, expected", [
    ({"validity": 3600}, 3599),
    ({"validity": datetime.timedelta(hours=2)}, 7199),
    ({"validity": datetime.timedelta(hours=2), "shape": vouch.Shape.PLAIN_TIMES}, 7200),
])
def test_validity_is_that_of_the_policy(ca, delegated, options, expected):
    issuer = vouch.Issuer(ca.pem(), signers=[vouch.Signer(delegated.pem(), delegated.key.pem())],
                          sources=[lambda *_: GOOD], **options)
    request = vouch.Request([(issuer, 5)])
    (single,) = vouch.Response.verify(vouch.Responder(issuer).handle(request.encode()), request).singles
    assert (single.next_update - single.this_update).total_seconds() == expected


@pytest.mark.parametrize("options, hash, nonce, expected", [
    ({"certid_hashes": [vouch.Hash.SHA256]}, vouch.Hash.SHA1, None, "UNAUTHORIZED"),
    ({"certid_hashes": [vouch.Hash.SHA256]}, vouch.Hash.SHA256, None, "SUCCESSFUL"),
    ({"nonce": vouch.NoncePolicy.REQUIRE}, vouch.Hash.SHA256, None, None),
    ({"nonce": vouch.NoncePolicy.REQUIRE}, vouch.Hash.SHA256, True, "SUCCESSFUL"),
])
def test_the_policy_decides_what_is_answered(ca, delegated, options, hash, nonce, expected):
    issuer = vouch.Issuer(ca.pem(), signers=[vouch.Signer(delegated.pem(), delegated.key.pem())],
                          sources=[lambda *_: GOOD], **options)
    request = vouch.Request([(issuer, 5)], hash, nonce)
    status = vouch.Response.parse(vouch.Responder(issuer).handle(request.encode())).status
    assert status.name == expected if expected else status != vouch.ResponseStatus.SUCCESSFUL


def test_by_name_and_archive_cutoff_are_written(ca, delegated):
    issuer = vouch.Issuer(ca.pem(), signers=[vouch.Signer(delegated.pem(), delegated.key.pem())],
                          sources=[lambda *_: GOOD], responder_id=vouch.ResponderID.BY_NAME,
                          archive=vouch.Archive.RETENTION, archive_retention=datetime.timedelta(days=10))
    request = vouch.Request([(issuer, 5)])
    response = vouch.Response.verify(vouch.Responder(issuer).handle(request.encode()), request)
    assert response.produced_at - response.singles[0].archive_cutoff == datetime.timedelta(days=10)
    assert ocsp.load_der_ocsp_response(response.der).responder_name is not None


def test_errors_keep_what_they_know_when_pickled():
    error = vouch.ParseError("what", "der", 7)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy), copy.rule, copy.offset, copy.code) == (vouch.ParseError, "what", "der", 7,
                                                                         error.code)
    for kind in (vouch.ArgumentError, vouch.CryptoError, vouch.InputOutputError, vouch.LimitError,
                 vouch.NotFoundError, vouch.OutOfMemoryError, vouch.ParseError, vouch.RefusedError,
                 vouch.UnavailableError, vouch.VerifyError):
        assert issubclass(kind, vouch.VouchError) and kind.code < 0
    assert issubclass(vouch.ParseError, ValueError) and issubclass(vouch.NotFoundError, LookupError)


def test_a_status_that_contradicts_itself_is_not_made():
    now = datetime.datetime.now(UTC)
    for wrong in (lambda: vouch.Status(vouch.CertStatus.REVOKED),
                  lambda: vouch.Status(vouch.CertStatus.GOOD, now),
                  lambda: vouch.Status(vouch.CertStatus.GOOD, revocation_reason=vouch.Reason.SUPERSEDED),
                  lambda: vouch.Status.good(certificate_sha256=b"short")):
        with pytest.raises(ValueError):
            wrong()


def test_the_version_is_the_librarys():
    assert vouch.__version__.count(".") == 2 and os.environ["VOUCH_PYTHON_PREFIX"]
