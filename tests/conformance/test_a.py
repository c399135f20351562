# SPDX-License-Identifier: Apache-2.0
"""Algorithms: rows A-01 to A-13."""

import hashlib
import json
import os

import pytest

import world as worlds
from support import der, ocsp, pki, program, rawhttp
from support.client import Client, openssl_verifies
from support.server import Server
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
    **{name: f"300b06096086480165030403{number:02x}" for number, name in enumerate(pki.POSTQUANTUM, 17)},
}
POSTQUANTUM_SIZES = {       # octets of a signature: FIPS 204 table 2, FIPS 205 table 2
    "ml-dsa-44": 2420, "ml-dsa-65": 3309, "ml-dsa-87": 4627, "slh-dsa-sha2-128s": 7856,
    "slh-dsa-sha2-128f": 17088, "slh-dsa-shake-128f": 17088, "slh-dsa-sha2-192f": 35664,
    "slh-dsa-sha2-256f": 49856,
}
SLH_DSA = [kind for kind in POSTQUANTUM_SIZES if kind.startswith("slh")]
postquantum = pytest.mark.skipif(not pki.knows_postquantum(), reason=pki.NEEDS_POSTQUANTUM)
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


@postquantum
@pytest.mark.parametrize("kind", ["ml-dsa-44", "ml-dsa-65", "ml-dsa-87"])
def test_A_08_ml_dsa_signatures_are_pure_and_of_their_size(at, world, tmp_path, kind):
    """That openssl believes them without a context says that it is empty and the message not hashed before."""
    response, client = signed_by(at, kind)
    assert response.algorithm.hex() == IDENTIFIERS[kind]
    assert len(response.signature) == POSTQUANTUM_SIZES[kind]
    assert public_key_algorithm(response.certs[0]) == response.algorithm
    openssl_verifies(response.raw, world.files["many"][0], tmp_path)
    again = client.successful(client.request(worlds.EE, extensions=[ocsp.nonce(b"new one.")]))
    assert again.signature != response.signature


@postquantum
@pytest.mark.parametrize("kind", ["ml-dsa-65", "slh-dsa-sha2-128f"])
def test_A_08_post_quantum_signers_are_refused_on_the_web_profile(refuses, world, kind):
    if kind not in worlds.SIGNER_KINDS:
        world.add_signer(f"many-{kind}", world.many, kind)
    message = refuses(world.issuer("web", "many", "/", f"many-{kind}", profile="webpki"))
    assert f"many-{kind}" in message and "BR 7.1.3.2" in message, message


def public_key_algorithm(certificate):
    return der.children(ocsp.certificate_key(certificate))[0].raw


class ForeignKey(pki.Key):
    """A key of any OID at all, with bits that are no key: what only its certificate says."""

    def __init__(self, oid):
        super().__init__("p256", pki.key("p256", "foreign").private)
        self.oid = oid

    def spki(self):
        return der.seq(pki.algorithm(self.oid), der.bits(bytes(range(64))))


def foreign_signer(world, stem, number):
    """A signer whose certificate has a key of that number in the arc of ML-DSA and SLH-DSA."""
    return world.add(stem, world.many.signer(ForeignKey(f"2.16.840.1.101.3.4.3.{number}"), cn=f"OCSP {stem}"))


@pytest.mark.parametrize("number, name", [(32, "HashML-DSA-44"), (33, "HashML-DSA-65"), (34, "HashML-DSA-87")])
def test_A_09_hash_ml_dsa_keys_are_refused(refuses, world, number, name):
    stem = f"hash-{number}"
    foreign_signer(world, stem, number)
    message = refuses(world.issuer("hashed", "many", "/", stem))
    assert stem in message and name in message and "RFC 9881" in message, message


@pytest.fixture(scope="module")
def hash_based(world, tmp_path_factory):
    """A server whose signers are of SLH-DSA, each at the path of its name; "/large/" is an authority of it, too."""
    for kind in SLH_DSA:
        world.add_signer(f"many-{kind}", world.many, kind)
    large = pki.authority("Large", pki.key("slh-dsa-sha2-256f", "large"))
    world.add("large", large)
    world.add("large-signer", large.signer(pki.key("slh-dsa-sha2-256f", "large-signer")))
    world.add_serials("large", worlds.EE)
    config = world.config(*[world.issuer(kind, "many", f"/{kind}/", f"many-{kind}") for kind in SLH_DSA],
                          world.issuer("large", "large", "/large/", "large-signer"))
    with Server(tmp_path_factory.mktemp("hash-based"), config, signers=world.signers) as server:
        yield server


@postquantum
@pytest.mark.parametrize("kind", SLH_DSA)
def test_A_10_slh_dsa_signatures_are_pure_and_of_their_size(hash_based, world, tmp_path, kind):
    client = Client(hash_based, world.many, f"/{kind}/")
    response = client.successful(client.request(worlds.EE))
    assert response.algorithm.hex() == IDENTIFIERS[kind]
    assert len(response.signature) == POSTQUANTUM_SIZES[kind]
    assert public_key_algorithm(response.certs[0]) == response.algorithm
    openssl_verifies(response.raw, world.files["many"][0], tmp_path)


@pytest.mark.parametrize("number, name", [(35, "HashSLH-DSA-SHA2-128s"), (46, "HashSLH-DSA-SHAKE-256f")])
def test_A_10_pre_hash_keys_are_refused(refuses, world, number, name):
    stem = f"hash-{number}"
    foreign_signer(world, stem, number)
    message = refuses(world.issuer("hashed", "many", "/", stem))
    assert stem in message and name in message and "RFC 9909" in message, message


@pytest.mark.skipif(pki.knows_postquantum(), reason="OpenSSL knows these keys")
@pytest.mark.parametrize("number, name", [(18, "ML-DSA-65"), (20, "SLH-DSA-SHA2-128s")])
def test_older_openssl_is_named_with_what_is_needed(refuses, world, number, name):
    stem = f"new-{number}"
    foreign_signer(world, stem, number)
    message = refuses(world.issuer("new", "many", "/", stem))
    assert f"{name} needs OpenSSL 3.5 or newer" in message, message


PADDING_OID = "1.3.6.1.4.1.32473.2"
DIRMNGR_LIMIT = 65536


@pytest.fixture(scope="module")
def padded(world, tmp_path_factory):
    """A server whose answers have 110 kB, for the signer's certificate is as large: at any OpenSSL."""
    extensions = pki.signer_extensions(more=[pki.extension(PADDING_OID, der.octets(os.urandom(109_000)))])
    world.add_signer("padded", world.many, "p256", extensions=extensions)
    config = world.config(world.issuer("padded", "many", "/", "padded"), world.issuer("plain", "many", "/plain/", "many-p256"))
    with Server(tmp_path_factory.mktemp("padded"), config, signers=world.signers) as server:
        yield server


def assert_whole(answer, client):
    """All of it came: the HTTP head says how much, the ETag what."""
    response = client.read(answer)
    assert int(answer["Content-Length"]) == len(answer.body) > 100_000
    assert response.single.status == "good"
    return response


def test_A_11_large_answers_arrive_whole(padded, world):
    client = Client(padded, world.many)
    request = client.request(worlds.EE)
    answers = [client.get(request), client.post(request), client.get(request)]      # signed, and stored
    for answer in answers:
        assert_whole(answer, client)
        assert answer["ETag"] == f'"{hashlib.sha256(answer.body).hexdigest()}"'
    assert len({answer.body for answer in answers}) == 1
    assert_whole(client.post(client.request(worlds.EE, extensions=[ocsp.nonce(b"anew")])), client)
    head = client.head(request)
    assert int(head["Content-Length"]) == len(answers[0].body) and head.body == b""


def test_A_11_large_answers_pipelined_to_a_slow_reader_arrive_whole(padded, world):
    """Far more than the sockets between hold, so that the server has to keep it and go on later."""
    client, count = Client(padded, world.many), 100
    request = client.request(worlds.EE)
    one = client.post(request).body
    with rawhttp.Connection(client.address) as connection:
        connection.send(rawhttp.post_octets(request, "/") * count)
        for _ in range(count):
            assert connection.read().body == one


@postquantum
def test_A_11_two_signatures_of_slh_dsa_256f_arrive_whole(hash_based, world, tmp_path):
    client = Client(hash_based, world.large, "/large/")
    for answer in (client.post(client.request(worlds.EE)), client.get(client.request(worlds.EE))):
        response = assert_whole(answer, client)
        assert len(response.signature) == 49856
        openssl_verifies(response.raw, world.files["large"][0], tmp_path)


@pytest.mark.parametrize("method", ["--get", "--post"])
def test_A_11_query_reads_large_answers(padded, world, method):
    url = "http://%s:%d/" % padded.direct
    done = program.run("query", "--issuer", world.files["many"][0], "--url", url, method, "--serial",
                       f"{worlds.EE:x}")
    assert "good" in done.stdout


def test_A_11_check_warns_of_clients_that_read_64_kib(padded, tmp_path, world):
    """GnuPG's dirmngr; the signer with the ordinary certificate is not warned of."""
    done = program.run("check", "--json", "--config", padded.directory / "vouch.yaml")
    findings = [f for f in json.loads(done.stdout)["findings"] if "64 KiB" in f["text"]]
    assert [(f["issuer"], f["severity"]) for f in findings] == [("padded", "warning")], findings


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


@postquantum
def test_A_13_an_ml_dsa_signer_stands_beside_the_others(at, world):
    client = at("/postquantum/", "many")
    for algorithm, signer in (("ml-dsa-65", "many-ml-dsa-65"), ("ecdsa-sha256", "many-p256"), ("ml-dsa-87", "many-rsa")):
        extension = ocsp.preferred(pki.ALGORITHMS[algorithm])
        response = client.successful(client.request(worlds.EE, extensions=[extension]))
        assert response.certs[0] == getattr(world, signer.replace("-", "_")).der
    assert client.successful(client.request(worlds.EE)).certs[0] == world.many_rsa.der
