# SPDX-License-Identifier: Apache-2.0
"""Signing and the responder's certificate: rows R-01 to R-16."""

import concurrent.futures
import re
import threading

import pytest

import world as worlds
from support import der, ocsp, pki, rawhttp, shim
from support.client import Client, openssl_verifies
from support.vectors import VECTORS

V = VECTORS


def assert_names(message, stem, clause=r"RFC \d+|BR \d|\d\.\d\.\d"):
    """A refusal names the file and the clause."""
    assert f"{stem}.pem" in message or f"{stem}.key" in message, message
    assert re.search(clause, message), f"no clause in: {message}"


def test_R_01_an_unrelated_signer_is_refused(refuses, world):
    world.add("unrelated", pki.authority("Unrelated", pki.key("p256", "unrelated")))
    world.add_signer("unrelated-signer", world.unrelated, "p256")
    for stem in ("unrelated-signer", "unrelated"):
        assert_names(refuses(world.issuer("test", "test", "/", stem)), stem)


def test_R_01_a_signer_may_be_flagged_as_locally_trusted(timed, world):
    world.add("local", pki.authority("Locally Trusted", pki.key("p256", "local")))
    world.add_signer("local-signer", world.local, "p256")
    flagged = world.signer("local-signer", locally_trusted=True)
    client = Client(timed(world.issuer("test", "test", "/", flagged)), world.local)
    response = ocsp.decode(client.post(V["V02"]).body)
    ocsp.verify(response, world.local)
    assert response.certs[0] == world.local_signer.der and response.single.status == "good"


def test_R_02_every_answer_is_signed_with_the_algorithm_of_its_key(gallery, world, tmp_path):
    stems = {id(getattr(world, stem)): stem for stem in ("test", "twin", "own", "root", "many")}
    for name, (client, response) in gallery.items():
        ocsp.verify(response, client.issuer)
        if name == "V13":       # OpenSSL wants every entry to be of the signer's issuer, and one is of nobody
            continue
        openssl_verifies(response.raw, world.files[stems[id(client.issuer)]][0], tmp_path)


def test_R_03_the_responder_id_is_that_of_the_signer(at, world):
    client = at("/choice/", "many")
    seen = set()
    for name in ("rsa-sha256", "ecdsa-sha256", "ecdsa-sha384"):
        response = client.successful(client.request(worlds.EE,
                                                    extensions=[ocsp.preferred(pki.ALGORITHMS[name])]))
        assert ocsp.identifies(response.responder_id, response.certs[0])
        seen.add(response.responder_id)
    assert len(seen) == 3


@pytest.mark.parametrize("vector", ["V01", "V02", "V21"])
def test_R_04_by_key_is_the_sha1_of_the_key_bits(site, vector):
    expected = "a21604140ae3a0fe9dd4257698b5eb72ebca0ce7bf3df5f1"
    assert site.successful(V[vector]).responder_id.hex() == expected


@pytest.mark.parametrize("kind", ["printable", "utf8"])
def test_R_05_by_name_is_the_subject_octet_for_octet(at, world, kind):
    client = at(f"/{kind}/", "many")
    signer = getattr(world, f"many_{kind}")
    response = client.successful(client.request(worlds.EE))
    assert response.responder_id == der.explicit(1, signer.subject)
    assert response.certs[0] == signer.der


@pytest.mark.parametrize("purposes", [(), (pki.ANY_EKU,), (pki.SERVER_AUTH,)],
                         ids=["none", "any", "serverAuth"])
def test_R_06_a_delegate_needs_the_ocsp_signing_purpose(refuses, world, purposes):
    world.add_signer("purpose", world.test, "p256", extensions=pki.signer_extensions(purposes=purposes))
    assert_names(refuses(world.issuer("test", "test", "/", "purpose")), "purpose")


def test_R_07_a_delegate_is_issued_by_the_ca_itself(refuses, world):
    world.add_signer("root-signer", world.root, "p256")
    assert_names(refuses(world.issuer("sub", "sub", "/", "root-signer")), "root-signer")


def test_R_07_a_delegate_with_the_right_name_but_another_key_is_refused(refuses, world):
    """The twin has the same name: only the signature tells."""
    assert_names(refuses(world.issuer("test", "test", "/", "twin-signer")), "twin-signer")


def test_R_08_after_a_change_of_key_each_key_keeps_its_signer(timed, world):
    subject = pki.common_name("Changes Its Key")
    for stem in ("former", "latter"):
        world.add(stem, pki.authority("", pki.key("p256", stem), subject=subject))
        world.add_signer(f"{stem}-signer", getattr(world, stem), "p256")
        world.add_serials(stem, worlds.EE)
    server = timed(*[world.issuer(stem, stem, "/", f"{stem}-signer") for stem in ("former", "latter")])
    for stem in ("former", "latter"):
        client = Client(server, getattr(world, stem))
        response = client.successful(client.request(worlds.EE))
        assert response.certs[0] == getattr(world, f"{stem}_signer").der


@pytest.mark.parametrize("value", [b"\x04\x00", b"\x05\x00\x05\x00", b"\x30\x00", b""])
def test_R_09_nocheck_has_the_value_null(refuses, world, value):
    world.add_signer("nocheck", world.test, "p256",
                     extensions=pki.signer_extensions(check=pki.nocheck(value)))
    assert_names(refuses(world.issuer("test", "test", "/", "nocheck")), "nocheck")


def test_R_09_a_signer_without_nocheck_is_warned_of_on_public_profiles(timed, world):
    world.add_signer("checkable", world.test, "p256", extensions=pki.signer_extensions(check=None))
    server = timed(world.issuer("test", "test", "/", "checkable", profile="webpki"))
    warnings = [line for line in server.errors.splitlines() if "level=warning" in line]
    assert any("nocheck" in line for line in warnings), server.errors
    assert Client(server, world.test).status(worlds.EE) == "good"


def test_R_10_the_delegates_certificate_comes_first(site, world):
    assert site.successful(V["V01"]).certs[0] == world.test_signer.der


def test_R_10_a_ca_that_signs_itself_sends_no_certificate(at):
    client = at("/", "own")
    response = client.successful(client.request(worlds.EE))
    assert response.certs == []
    basic = der.children(response.raw)[1].children()[0].children()[1].content
    assert [n.tag for n in der.children(basic)] == [der.SEQUENCE, der.SEQUENCE, der.BIT_STRING]


def test_R_11_nothing_is_signed_once_the_signer_has_expired(timed, world):
    client = Client(timed(), world.test)
    assert client.status(worlds.EE) == "good"
    lifetime = world.test_signer.not_after - pki.now()
    client.server.shim.move_clock(int(lifetime.total_seconds()) + 60)
    made = client.server.shim.signatures()
    assert client.post(V["V21"]).body == ocsp.TRY_LATER
    assert client.post(V["V02"]).body == ocsp.TRY_LATER
    assert client.server.shim.signatures() == made
    assert client.server.metric("vouch_signer_expiry_days") <= 0
    assert rawhttp.get(client.server.listening("admin")[0], "/healthz").status == 503, "the alarm"


@pytest.mark.parametrize("usage, profile, served", [
    (("keyEncipherment",), "rfc6960", False), (("keyCertSign",), "rfc6960", False), ((), "rfc6960", True),
    (("nonRepudiation",), "rfc6960", True), (("nonRepudiation",), "webpki", False)])
def test_R_12_key_usage_must_allow_signing(refuses, timed, world, usage, profile, served):
    stem = f"usage-{'-'.join(usage)}-{profile}"
    world.add_signer(stem, world.test, "p256", extensions=pki.signer_extensions(usage=usage))
    issuer = world.issuer("test", "test", "/", stem, profile=profile)
    if served:
        assert Client(timed(issuer), world.test).status(worlds.EE) == "good"
    else:
        assert_names(refuses(issuer), stem)


def test_R_13_answers_never_use_another_cas_signer_or_data(site, at, world):
    response = site.successful(site.request(worlds.ONLY_TWIN))
    assert response.single.status == "unknown" and response.certs[0] == world.test_signer.der
    twin = at("/", "twin")
    response = twin.successful(twin.request(worlds.ONLY_TWIN))
    assert response.single.status == "good" and response.certs[0] == world.twin_signer.der


def test_R_14_a_failing_signer_gives_an_error_and_recovers(timed, world):
    client = Client(timed(), world.test)
    client.server.shim.signing(shim.FAILING)
    for request in (V["V02"], V["V21"], V["V12"]):
        assert client.post(request).body in (ocsp.TRY_LATER, ocsp.INTERNAL_ERROR)
    client.server.shim.signing(shim.SOUND)
    for request in (V["V02"], V["V21"], V["V12"]):
        rawhttp.until(lambda: client.ask(request).status == "successful")


def test_R_14_a_reload_with_a_broken_key_keeps_the_old_one(timed, world, tmp_path):
    certificate, key = tmp_path / "moving.pem", tmp_path / "moving.key"
    certificate.write_bytes(world.test_signer.pem())
    key.write_bytes(world.test_signer.key.pem())
    signer = {"certificate": str(certificate), "key": str(key)}
    client = Client(timed(world.issuer("test", "test", "/", signer)), world.test)
    for spoiled in (world.twin_signer.key.pem(), b"-----BEGIN PRIVATE KEY-----\nAAAA\n", b""):
        key.write_bytes(spoiled)
        seen = len(client.server.lines)
        client.server.reload()
        rawhttp.until(lambda: any("moving." in (line or "") for line in client.server.lines[seen:]))
        assert client.successful(V["V21"]).single.status == "good"


def test_R_15_the_next_signer_is_taken_without_a_gap(timed, world, tmp_path):
    files = {"certificate": tmp_path / "rolling.pem", "key": tmp_path / "rolling.key"}
    signers = [world.test.signer(pki.key(kind, f"rolling {n}")) for n, kind in enumerate(("p256", "p384", "rsa2048"))]

    def install(signer):
        files["certificate"].write_bytes(signer.pem())
        files["key"].write_bytes(signer.key.pem())

    install(signers[0])
    server = timed(world.issuer("test", "test", "/", {name: str(path) for name, path in files.items()}))
    client, seen, done = Client(server, world.test), [], threading.Event()

    def ask():
        while not done.is_set():
            for request in (V["V21"], V["V02"]):
                response = client.successful(request)
                ocsp.verify(response, world.test)
                seen.append(response.certs[0])

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        asking = [pool.submit(ask) for _ in range(4)]
        for count, signer in enumerate(signers[1:], 1):
            install(signer)
            server.reload()
            server.wait_event("reloaded", count)
            rawhttp.until(lambda der=signer.der: der in seen[-8:] or any(f.done() for f in asking))
        done.set()
        for future in asking:
            future.result()
    assert {signer.der for signer in signers} == set(seen)


def test_R_16_a_key_that_is_not_the_certificates_is_refused(refuses, world):
    crossed = {"certificate": str(world.files["test-signer"][0]), "key": str(world.files["twin-signer"][1])}
    message = refuses(world.issuer("test", "test", "/", crossed))
    assert "test-signer.pem" in message or "twin-signer.key" in message, message


@pytest.mark.parametrize("policy", ["cacheable", "always"])
def test_R_16_a_signature_that_does_not_verify_is_withheld(timed, world, policy):
    client = Client(timed(verify_signatures=policy), world.test)
    client.server.shim.signing(shim.FLIPPED)
    wrong = [V["V02"], V["V01"], *([V["V21"]] if policy == "always" else [])]
    for request in wrong:
        assert client.post(request).body in (ocsp.TRY_LATER, ocsp.INTERNAL_ERROR)
    client.server.shim.signing(shim.SOUND)
    for request in (V["V02"], V["V01"], V["V21"]):
        rawhttp.until(lambda: client.ask(request).status == "successful")
