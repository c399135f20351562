# SPDX-License-Identifier: Apache-2.0
"""Algorithms: rows A-01 to A-13."""

import hashlib

import pytest

import world as worlds
from support import der, ocsp, pki, rawhttp
from support.vectors import VECTORS

V = VECTORS
RSA_SHA256 = "300d06092a864886f70d01010b0500"
PSS_SHA256 = ("304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a8648"
              "86f70d010108300d0609"
              "6086480165030402010500a203020120")
PSS_SHA384 = PSS_SHA256.replace("0402010500", "0402020500").replace("a203020120", "a203020130")
PSS_SHA512 = PSS_SHA256.replace("0402010500", "0402030500").replace("a203020120", "a203020140")
IDENTIFIERS = {
    "rsa": RSA_SHA256, "rsa384": "300d06092a864886f70d01010c0500", "rsa512": "300d06092a864886f70d01010d0500",
    "pss": PSS_SHA256, "pss384": PSS_SHA384, "pss512": PSS_SHA512, "psskey": PSS_SHA256,
    "p256": "300a06082a8648ce3d040302", "p384": "300a06082a8648ce3d040303",
    "p521": "300a06082a8648ce3d040304",
    "ed25519": "300506032b6570", "ed448": "300506032b6571",
}
A1_HASHES = {       # issuerNameHash, issuerKeyHash of the test CA
    "sha1": ("39cc7b801e8123ace5655ae082e20030b3d6e335", "8ec214096076ea9038e939ae1b6d52c4177d9fbe"),
    "sha256": ("3a994677568073a707bfde50186345e4cd6134db085ebaa1d10425f03b6f08ea",
               "474a6ca301f23dc9f7f7078704e1c7f5fc96e71675f6ed882e7ab65c3f584543"),
    "sha384": ("e155d99b952f344caeb6b6d8e116136228b323d71e0ac716ea152f4c245e42e4c8b04509d6ba5f1bb"
               "49587602dd9dfa8",
               "62a91f8c979f068dcc8c7821946449c7691b431f0d576c228efce0645cf5324f1183bae23f50b4e3a"
               "45ecf797a2f71f2"),
    "sha512": ("6b70ba3a905331e8371ca43b1b9597a7d52fc6702be138eaf4da13991a5cbaf3424b13773cd994e34"
               "56402a1817c9ff4"
               "f244451cfd384a87aff0781b7d2a908e",
               "04bb1f5705e98565be239603bb0a0680c60a1bb2ce5915681071e3639b4702ba66cb530748552d6d7"
               "604bdda4c16a3cb"
               "a418dba8f266f803a5359bfe17ec4ddc"),
}


def signed_by(at, kind):
    """(response, client) of the issuer whose signer is of that kind."""
    client = at(f"/algorithm/{kind}/", "many")
    return client.successful(client.request(worlds.EE)), client


def test_A_01_rsa_with_sha256_is_the_default_of_rsa_keys(at):
    assert signed_by(at, "rsa")[0].algorithm.hex() == RSA_SHA256


@pytest.mark.parametrize("algorithm", ["rsa-sha1", "sha1", "rsa-md5"])
def test_A_02_weak_algorithms_cannot_be_configured(refuses, world, algorithm):
    message = refuses(world.issuer("weak", "many", "/", world.signer("many-rsa", algorithm=algorithm)))
    assert "vouch.yaml" in message and algorithm in message, message


@pytest.mark.parametrize("kind", ["rsa1024", "p224"])
def test_A_02_weak_keys_are_refused(refuses, world, kind):
    stem = f"weak-{kind}"
    world.add_signer(stem, world.many, kind)
    message = refuses(world.issuer("weak", "many", "/", stem))
    assert stem in message, message


@pytest.mark.parametrize("name", A1_HASHES)
def test_A_03_four_hashes_of_certids_are_served(site, name):
    name_hash, key_hash = (bytes.fromhex(text) for text in A1_HASHES[name])
    assert name_hash == hashlib.new(name, site.issuer.subject).digest()
    identifier = der.seq(pki.hash_algorithm(name), der.octets(name_hash), der.octets(key_hash),
                         der.integer(worlds.EE))
    single = site.successful(ocsp.request(identifier)).single
    assert single.status == "good" and single.certid == identifier
    revoked = site.certid(worlds.REVOKED, name)
    assert site.successful(ocsp.request(revoked)).single.status == "revoked"


@pytest.mark.parametrize("kind", ["rsa", "rsa384", "rsa512", "pss", "pss384", "pss512", "psskey"])
def test_A_04_rsa_identifiers_are_exact(at, kind):
    response, client = signed_by(at, kind)
    assert response.algorithm.hex() == IDENTIFIERS[kind]
    ocsp.verify(response, client.issuer)        # PSS: the salt is as long as the digest


@pytest.mark.parametrize("kind", ["p256", "p384", "p521"])
def test_A_05_ecdsa_identifiers_have_no_parameters(at, kind):
    assert signed_by(at, kind)[0].algorithm.hex() == IDENTIFIERS[kind]


@pytest.mark.slow
def test_A_06_ecdsa_values_are_minimal_and_positive(at):
    """Ten thousand signatures, asked for by nonces and pipelined."""
    client = at("/algorithm/p256/", "many")
    rounds, batch = 100, 100
    with rawhttp.Connection(client.address) as connection:
        for i in range(rounds):
            nonces = [ocsp.nonce(i.to_bytes(8, "big") + n.to_bytes(8, "big")) for n in range(batch)]
            connection.send(b"".join(rawhttp.post_octets(client.request(worlds.EE, extensions=[n]),
                                                         client.prefix)
                                     for n in nonces))
            for _ in range(batch):
                check_ecdsa_value(connection.read().body)


P256_ALGORITHM = bytes.fromhex(IDENTIFIERS["p256"])


def check_ecdsa_value(body):
    """The ECDSA-Sig-Value behind its AlgorithmIdentifier; no full decoding, for there are ten thousand."""
    at = body.index(P256_ALGORITHM + b"\x03") + len(P256_ALGORITHM)
    value = der.Node(body, at, len(body)).content
    assert value[0] == 0
    parts = der.children(value[1:])
    assert [p.tag for p in parts] == [der.INTEGER] * 2
    for part in parts:
        der.check_integer(part)
        assert der.to_int(part.content) > 0


@pytest.mark.parametrize("kind, size", [("ed25519", 64), ("ed448", 114)])
def test_A_07_edwards_signatures_are_raw_and_pure(at, kind, size):
    response, client = signed_by(at, kind)
    assert response.algorithm.hex() == IDENTIFIERS[kind] and len(response.signature) == size
    ocsp.verify(response, client.issuer)


@pytest.mark.parametrize("kind", ["ed25519", "ed448"])
def test_A_07_edwards_signers_are_refused_on_the_web_profile(refuses, world, kind):
    message = refuses(world.issuer("web", "many", "/", f"many-{kind}", profile="webpki"))
    assert f"many-{kind}" in message, message


SECP384R1 = pki.algorithm("1.2.840.10045.2.1", der.oid("1.3.132.0.34"))
SECP256R1 = pki.algorithm("1.2.840.10045.2.1", der.oid("1.2.840.10045.3.1.7"))


def test_A_12_null_and_absent_parameters_match_alike(at):
    client = at("/choice/", "many")
    for parameters in ((), (der.null(),)):
        for oid, kind in (("1.2.840.10045.4.3.2", "p256"), ("1.2.840.113549.1.1.11", "rsa")):
            extension = ocsp.preferred(pki.algorithm(oid, *parameters))
            response = client.successful(client.request(worlds.EE, extensions=[extension]))
            assert response.algorithm.hex() == IDENTIFIERS[kind]


@pytest.mark.parametrize("prefix", ["/curves/", "/choice/"])
@pytest.mark.parametrize("hint, stem", [(SECP384R1, "many-p384"), (SECP256R1, "many-p256")])
def test_A_12_the_key_hint_selects_the_curve(at, world, prefix, hint, stem):
    """/curves/: the P-384 signer is set to SHA-256; /choice/: it signs with SHA-384 unless asked otherwise.
    """
    client = at(prefix, "many")
    extension = ocsp.preferred((pki.ALGORITHMS["ecdsa-sha256"], hint))
    response = client.successful(client.request(worlds.EE, extensions=[extension]))
    assert response.certs[0] == getattr(world, stem.replace("-", "_")).der


def test_A_13_the_first_signer_is_the_default(at, world):
    client = at("/choice/", "many")
    plain = client.successful(client.request(worlds.EE))
    assert plain.certs[0] == world.many_rsa.der
    preferred = ocsp.preferred(pki.ALGORITHMS["ecdsa-sha256"])
    chosen = client.successful(client.request(worlds.EE, extensions=[preferred]))
    assert chosen.certs[0] == world.many_p256.der
    assert plain.single.status == chosen.single.status == "good"
    assert client.successful(client.request(worlds.EE)).certs[0] == world.many_rsa.der
