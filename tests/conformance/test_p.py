# SPDX-License-Identifier: Apache-2.0
"""Protocol syntax: rows P-01 to P-23."""

import hashlib
import time

import pytest

import world as worlds
from support import der, ocsp, pki, program, rawhttp
from support.vectors import VECTORS

V = VECTORS
NAME_HASHES = {"sha1": "39cc7b801e8123ace5655ae082e20030b3d6e335",
               "sha256": "3a994677568073a707bfde50186345e4cd6134db085ebaa1d10425f03b6f08ea"}


def assert_error(answer, body):
    """An OCSP error: HTTP 200 with five octets."""
    assert answer.status == 200, repr(answer)
    assert answer["Content-Type"] == "application/ocsp-response"
    assert answer.body.hex() == body.hex()


def test_P_01_a_good_request_gets_a_definitive_answer(site):
    response = site.successful(V["V01"])
    assert response.single.serial == 27979789
    assert response.single.status == "good"


@pytest.mark.parametrize("body", [bytes.fromhex("deadbeef"), V["V36"], b""], ids=["deadbeef", "V36", "empty"])
def test_P_02_what_is_not_a_request_is_malformed(site, body):
    assert_error(site.post(body), ocsp.MALFORMED)


@pytest.mark.parametrize("vector, prefix",
                         [("V36", "/"), ("V32", "/"), ("V14", "/"), ("V22", "/"), ("V02", "/require/"),
                                            ("V15", "/unauthorized/"), ("V42", "/")])
def test_P_03_errors_are_five_octets_without_response_bytes(at, vector, prefix):
    body = at(prefix).post(V[vector]).body
    assert len(body) == 5 and body[:4] == bytes.fromhex("30030a01")
    assert body[4] in {1, 2, 3, 5, 6}


def test_P_04_success_carries_a_basic_response_in_an_octet_string(site):
    body = site.post(V["V01"]).body
    status, tagged = der.children(body)
    assert status.raw == bytes.fromhex("0a0100") and tagged.tag == 0xA0
    kind, basic = tagged.children()[0].children()
    assert kind.raw == bytes.fromhex("06092b0601050507300101")
    assert basic.tag == der.OCTET_STRING
    der.check(basic.content)


def test_P_05_every_answer_is_der_without_empty_fields(gallery):
    for name, (_, response) in gallery.items():
        if ocsp.algorithm_name(response.algorithm) not in pki.POSTQUANTUM:      # whose keys asn1crypto cannot read
            assert ocsp.reencoded(response.raw) == response.raw, name
        assert bytes.fromhex("a1023000") not in response.raw, name
        assert bytes.fromhex("a0023000") not in response.raw, name


def test_P_06_version_is_left_out(answers):
    assert {der.children(response.tbs)[0].tag for response in answers} <= {0xA1, 0xA2}


def test_P_07_only_version_1_is_processed(site):
    assert_error(site.post(V["V06"]), ocsp.MALFORMED)
    assert site.successful(V["V05"]).single.status == "good"


def test_P_08_an_empty_request_list_is_malformed(site):
    assert_error(site.post(V["V08"]), ocsp.MALFORMED)
    assert site.successful(V["V02"]).single.status == "good"


def test_P_09_every_certificate_asked_for_is_answered(site):
    singles = site.successful(V["V12"]).singles
    assert [ocsp_hash(s) for s in singles] == ["sha1", "sha256"]
    assert [s.status for s in singles] == ["good", "good"]
    serials = [worlds.EE, worlds.REVOKED, worlds.NOT_ISSUED, worlds.GOOD[0]]
    answered = site.successful(site.request(*serials)).singles
    assert [s.serial for s in answered] == serials
    assert [s.status for s in answered] == ["good", "revoked", "unknown", "good"]


def ocsp_hash(single):
    oid = der.to_oid(der.children(single.certid)[0].children()[0].content)
    return next(name for name, known in pki.HASH_OIDS.items() if known == oid)


def test_P_10_nothing_unrequested_is_answered(site):
    assert len(site.successful(V["V02"]).singles) == 1


def certids_of(request):
    """The CertIDs of a request, by our own reading of it."""
    listed = next(n for n in der.children(der.children(request)[0].raw) if n.tag == der.SEQUENCE)
    return [entry.children()[0].raw for entry in listed.children()]


@pytest.mark.parametrize("vector", ["V01", "V02", "V03", "V04", "V12", "V15", "V17", "V18", "V19", "V45"])
def test_P_11_certids_are_copied_octet_for_octet(site, vector):
    response = site.successful(V[vector])
    assert [s.certid for s in response.singles] == certids_of(V[vector])
    if vector == "V03":
        assert bytes.fromhex("300706052b0e03021a") in response.single.certid


def test_P_12_null_and_absent_parameters_mean_the_same(site):
    singles = [site.successful(V[vector]).single for vector in ("V01", "V02", "V03", "V04")]
    assert {s.status for s in singles} == {"good"}
    revoked = [site.successful(ocsp.request(site.certid(worlds.REVOKED, name, parameters=parameters))).single
               for name in ("sha1", "sha256", "sha384", "sha512") for parameters in (b"\x05\x00", b"")]
    assert {(s.status, s.revocation_time, s.reason) for s in revoked} == {("revoked", worlds.REVOKED_AT, 1)}


@pytest.mark.parametrize("name", NAME_HASHES)
def test_P_13_the_name_hash_covers_the_name_as_encoded(site, name):
    assert hashlib.new(name, site.issuer.subject).hexdigest() == NAME_HASHES[name]
    identifier = site.certid(worlds.EE, name, name_hash=bytes.fromhex(NAME_HASHES[name]))
    assert site.successful(ocsp.request(identifier)).single.status == "good"
    printable = pki.name(("C", "XX"), ("O", "Certs 'r Us", der.PRINTABLE),
                         ("CN", "Issuing CA", der.PRINTABLE))
    other = site.certid(worlds.EE, name, name_hash=hashlib.new(name, printable).digest())
    assert_error(site.post(ocsp.request(other)), ocsp.UNAUTHORIZED)


@pytest.mark.parametrize("key_hash, served", [("8ec214096076ea9038e939ae1b6d52c4177d9fbe", True),
                                              ("11f034c1e8d6675da1f2e2101c86abef422cdbdf", False),
                                              ("281a3b2683b751daa85df88a9b024d24666b6b3e", False)])
def test_P_14_the_key_hash_covers_the_key_bits_alone(site, key_hash, served):
    request = ocsp.request(site.certid(worlds.EE, key_hash=bytes.fromhex(key_hash)))
    if served:
        assert site.successful(request).single.status == "good"
    else:
        assert_error(site.post(request), ocsp.UNAUTHORIZED)


def test_P_14_a_subject_key_identifier_is_not_the_key_hash(at):
    client = at("/", "odd")
    assert client.status(worlds.EE) == "good"
    assert_error(client.post(ocsp.request(client.certid(worlds.EE, key_hash=bytes(range(20))))),
                 ocsp.UNAUTHORIZED)


def test_P_15_name_and_key_must_both_match(site, at):
    flipped = V["V02"].replace(bytes.fromhex("177d9fbe"), bytes.fromhex("177d9fbf"))
    assert flipped != V["V02"]
    assert_error(site.post(flipped), ocsp.UNAUTHORIZED)
    twin = at("/", "twin")
    assert twin.issuer.subject == site.issuer.subject
    assert site.status(worlds.SPLIT) == "good"
    assert twin.status(worlds.SPLIT) == "revoked"
    assert_error(site.post(ocsp.request(site.certid(worlds.EE, name_hash=bytes(20)))), ocsp.UNAUTHORIZED)


@pytest.mark.parametrize("vector", ["V39", "V40", "V41"])
def test_P_16_an_unknown_hash_is_an_issuer_not_served(site, vector):
    assert_error(site.post(V[vector]), ocsp.UNAUTHORIZED)


def test_P_17_serials_of_any_length(site):
    single = site.successful(V["V19"]).single
    assert (single.status, single.serial) == ("revoked", worlds.LONG)
    begin = time.monotonic()
    response = site.ask(V["V20"])
    assert time.monotonic() - begin < 5
    if response.status == "successful":
        assert response.single.status == "unknown"
    else:
        assert response.status == "unauthorized"


def test_P_18_times_are_utc_with_seconds_and_no_fraction(site, answers):
    assert site.single(worlds.AT_MIDNIGHT).status_raw.hex().startswith("a116180f" + b"20260701000000Z".hex())
    for response in answers:        # decoding was strict: what is counted here has the right form
        texts = [n.content for n in generalized_times(der.one(response.tbs))]
        assert len(texts) >= 3 and all(t[:14].isdigit() and t[14:] == b"Z" for t in texts)


def generalized_times(node):
    found = [node] if node.tag == der.GENERALIZED_TIME else []
    for child in node.children() if node.tag & 0x20 else []:
        found += generalized_times(child)
    return found


def test_P_19_tags_are_those_of_the_module(site, at):
    good, revoked, unknown = (site.single(s) for s in (worlds.EE, worlds.REVOKED, worlds.NOT_ISSUED))
    assert (good.status_raw, unknown.status_raw) == (b"\x80\x00", b"\x82\x00")
    assert revoked.status_raw.hex() == "a116180f" + b"20260701123456Z".hex() + "a0030a0101"
    for single in (good, revoked, unknown):
        assert [n.tag for n in der.children(single.raw)][2:] == [der.GENERALIZED_TIME, 0xA0]
    invalidity = site.single(worlds.INVALIDITY)
    assert [n.tag for n in der.children(invalidity.raw)] == [0x30, 0xA1, 0x18, 0xA0, 0xA1]
    response = site.successful(V["V01"])
    assert response.responder_id[:4].hex() == "a2160414"
    named = at("/utf8/", "many").successful(at("/utf8/", "many").request(worlds.EE))
    assert named.responder_id[0] == 0xA1 and der.children(named.responder_id)[0].tag == 0x30
    basic = der.children(response.raw)[1].children()[0].children()[1].content
    assert [n.tag for n in der.children(basic)] == [0x30, 0x30, 0x03, 0xA0]


def test_P_20_the_same_certid_twice_is_consistent(site):
    singles = site.successful(V["V11"]).singles
    assert 1 <= len(singles) <= 2
    assert len({s.raw for s in singles}) == 1


@pytest.mark.parametrize("bit", [0, 1], ids=["sound", "flipped"])
def test_P_21_a_request_signature_is_ignored(site, world, bit):
    directory_name = der.tlv(0xA4, world.ee.subject)
    signed = bytearray(ocsp.signed_request([site.certid(worlds.EE)], world.ee.key, [world.ee.der],
                                           directory_name))
    marker = signed.rindex(pki.ALGORITHMS["ecdsa-sha256"] + b"\x03")
    signed[marker + 40] ^= bit
    assert site.successful(bytes(signed)).single.status == "good"


def test_P_22_an_unsigned_requestor_name_changes_nothing(site):
    named, plain = site.successful(V["V07"]), site.successful(V["V02"])
    assert [(s.certid, s.status_raw) for s in named.singles] == [(s.certid, s.status_raw)
                                                                 for s in plain.singles]
    assert named.extensions == plain.extensions == []
    validity = {r.single.next_update - r.single.this_update for r in (named, plain)}
    assert len(validity) == 1


def nested(depth):
    data = b""
    for _ in range(depth):
        data = der.seq(data)
    return data


def many_entries(site, count):
    return ocsp.request(*[site.certid(n) for n in range(1, count + 1)])


def test_P_23_the_number_of_entries_is_capped(site):
    assert len(site.successful(many_entries(site, 16)).singles) == 16
    assert_error(site.post(many_entries(site, 17)), ocsp.MALFORMED)


@pytest.mark.slow
def test_P_23_floods_of_entries_and_depth_cost_nothing(main, site):
    hostile = [many_entries(site, 230), nested(1000), nested(1000)[:-1], b"\x30\x80" * 2000]
    assert 14000 < len(hostile[0]) < 16384

    def play(rounds):
        with rawhttp.Connection(site.address) as connection:
            for _ in range(rounds):
                for body in hostile:
                    assert_error(connection.exchange(rawhttp.post_octets(body)), ocsp.MALFORMED)

    play(10)
    before, begin = main.resident(), time.monotonic()
    play(50)
    assert time.monotonic() - begin < 20
    # The address sanitizer keeps freed memory for a while.
    allowed = 65536 if program.sanitized() else 2048
    assert main.resident() - before < allowed, "KiB of memory kept"
