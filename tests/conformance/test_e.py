# SPDX-License-Identifier: Apache-2.0
"""Extensions: rows E-01 to E-24."""

import concurrent.futures
import os
import socket

import pytest

import stands as crl_stands
import world as worlds
from support import crl, der, ocsp, pki, rawhttp
from support.client import Client
from support.vectors import VECTORS

V = VECTORS
NONCE_VALUE = {32: "V21", 16: "V24", 1: "V23", 128: "V25"}


def extn_value(request):
    """extnValue of the nonce extension in a request, found by its octets."""
    oid = der.oid(ocsp.NONCE)
    rest = request[request.index(oid) + len(oid):]
    rest = rest[3:] if rest[0] == der.BOOLEAN else rest
    return der.walk(rest[:der.head(rest, 0, len(rest))[2]])[0].content


def assert_echoes(response, request):
    assert response.extension(ocsp.NONCE) == extn_value(request)
    assert sum(1 for oid, _, _ in response.extensions if oid == ocsp.NONCE) == 1
    assert (ocsp.NONCE, False, extn_value(request)) in response.extensions
    assert all(single.extension(ocsp.NONCE) is None for single in response.singles)


def test_E_01_unknown_extensions_that_are_not_critical_are_ignored(site):
    response = site.successful(V["V31"])
    assert response.extensions == [] and response.single.extensions == []
    assert response.single.status == "good"


@pytest.mark.parametrize("vector", ["V32", "V33"])
def test_E_02_unknown_critical_extensions_are_not_answered(site, vector):
    assert site.post(V[vector]).body == ocsp.MALFORMED


def test_E_03_no_response_extension_is_critical(answers):
    for response in answers:
        listed = [*response.extensions, *[e for single in response.singles for e in single.extensions]]
        assert not any(critical for _, critical, _ in listed)
        assert b"\x01\x01\xff" not in response.extensions_raw


def test_E_04_the_nonce_comes_back_octet_for_octet(site):
    response = site.successful(V["V21"])
    assert_echoes(response, V["V21"])
    assert len(response.extension(ocsp.NONCE)) == 34
    asked = V["V21"][V["V21"].index(b"\xa2\x33"):]
    assert response.extensions_raw == b"\xa1" + asked[1:]


@pytest.mark.parametrize("vector", ["V24", "V21"])
def test_E_05_nonces_of_16_and_32_octets_are_echoed(site, vector):
    assert_echoes(site.successful(V[vector]), V[vector])


@pytest.mark.parametrize("size", [1, 2, 8, 15, 17, 31, 33, 64, 127, 128])
def test_E_06_shorter_and_longer_nonces_are_echoed_as_well(site, size):
    request = V[NONCE_VALUE[size]] if size in NONCE_VALUE else nonced(site, bytes(range(size)))
    assert_echoes(site.successful(request), request)


def nonced(site, value, serial=worlds.EE, **options):
    return site.request(serial, extensions=[ocsp.nonce(value, **options)])


@pytest.mark.parametrize("vector", ["V22", "V26"])
def test_E_07_nonces_of_0_or_more_than_128_octets_are_refused(site, vector):
    assert site.post(V[vector]).body == ocsp.MALFORMED


@pytest.mark.parametrize("vector", ["V22", "V26"])
def test_E_07_where_nonces_are_ignored_their_length_is_too(at, vector):
    response = at("/ignore/").successful(V[vector])
    assert response.extensions == []


def test_E_08_the_nonce_is_an_octet_string_in_extn_value(site):
    value = bytes.fromhex("dd49d407840ab4e5e8c0f3c5a7d1f2b8640e19273c5b6a7988f0e1d2c3b414c8")
    sample = der.seq(der.oid(ocsp.NONCE), der.octets(der.octets(value)))
    assert sample.hex().startswith("302f06092b06010505073001020422" + "0420" + "dd49") and len(value) == 32
    response = site.successful(site.request(worlds.EE, extensions=[sample]))
    assert der.one(response.extension(ocsp.NONCE)).content == value


def test_E_09_an_unwrapped_nonce_is_copied_raw(site):
    response = site.successful(V["V27"])
    assert response.extension(ocsp.NONCE) == b"\xa5" * 16


@pytest.mark.parametrize("size, accepted", [(0, False), (1, True), (128, True), (129, False)])
def test_E_09_the_length_rule_holds_for_raw_nonces(site, size, accepted):
    request = site.request(worlds.EE, extensions=[pki.extension(ocsp.NONCE, b"\xa5" * size)])
    if accepted:
        assert site.successful(request).extension(ocsp.NONCE) == b"\xa5" * size
    else:
        assert site.post(request).body == ocsp.MALFORMED


def test_E_10_without_a_nonce_there_is_none(site):
    assert site.successful(V["V02"]).extensions_raw == b""
    assert site.successful(V["V01"]).extensions_raw == b""


@pytest.mark.slow
def test_E_11_each_nonce_gets_its_own_answer(site):
    """Two clients at a time, a thousand times."""
    def ask_often(_):
        with rawhttp.Connection(site.address) as connection:
            for _ in range(500):
                value = os.urandom(32)
                answer = connection.exchange(rawhttp.post_octets(nonced(site, value)))
                response = ocsp.decode(answer.body)
                assert response.extension(ocsp.NONCE) == b"\x04\x20" + value
        return True

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask_often, range(4)))


def test_E_11_a_nonce_answer_is_not_served_again(site):
    signed = {site.successful(V["V21"]).signature for _ in range(3)}
    assert len(signed) == 3, "ECDSA signatures of separate signings differ"
    assert site.successful(V["V02"]).extensions == []


def test_E_13_the_same_extension_twice_is_refused(site):
    assert site.post(V["V28"]).body == ocsp.MALFORMED
    unknown = pki.extension(ocsp.UNKNOWN_EXTENSION, b"\x05\x00")
    assert site.post(site.request(worlds.EE, extensions=[unknown, unknown])).body == ocsp.MALFORMED


def test_E_14_a_client_that_does_not_take_basic_cannot_be_served(site):
    assert site.post(V["V42"]).body == ocsp.UNAUTHORIZED
    for oids in ([ocsp.BASIC], [ocsp.UNKNOWN_EXTENSION, ocsp.BASIC], [ocsp.BASIC, ocsp.UNKNOWN_EXTENSION]):
        request = site.request(worlds.EE, extensions=[ocsp.acceptable(*oids)])
        assert site.successful(request).single.status == "good"


def crl_id(single):
    """What the CrlID of a SingleResponse says, as raw fields."""
    return [node.raw.hex() for node in der.children(single.extension(ocsp.CRL_ID))]


@pytest.mark.parametrize("serial", [crl_stands.GOOD, crl_stands.REVOKED])
def test_E_15_crl_id_names_the_list(stands, serial):
    single = stands("crl-id").single(serial)
    assert "a103020107" in crl_id(single)
    assert crl_id(single) == sorted(crl_id(single)) and all(field[:2] in ("a0", "a1", "a2") for field in crl_id(single))
    assert sum(1 for oid, critical, _ in single.extensions if oid == ocsp.CRL_ID and not critical) == 1


def test_E_15_crl_id_is_sent_only_where_it_is_asked_for(stands, site):
    for single in (stands("plain").single(crl_stands.GOOD), stands("plain").single(crl_stands.REVOKED),
                   site.single(worlds.REVOKED)):
        assert single.extension(ocsp.CRL_ID) is None


def test_E_15_crl_id_names_the_next_list_when_that_is_used(own, world):
    stand = own(crl.sound(world.test, number=127), parameters={"crl_id": "yes"})
    assert "a10302017f" in crl_id(stand.single(crl_stands.GOOD))
    stand.publish(stand.crl(crl_stands.LATER, number=128))
    stand.wait(crl_stands.LATER, "revoked")
    assert "a10402020080" in crl_id(stand.fresh(crl_stands.GOOD)), "an INTEGER that is not negative"
    stand.publish(stand.crl(number=129))
    rawhttp.until(lambda: "a10402020081" in crl_id(stand.fresh(crl_stands.GOOD)))


def test_E_15_a_list_without_number_is_not_given_one(own, world):
    stand = own(crl.sound(world.test, version=None, number=None, aki=None), parameters={"crl_id": "yes"})
    single = stand.single(crl_stands.GOOD)
    assert single.extension(ocsp.CRL_ID) is None or not any(field.startswith("a1") for field in crl_id(single))


def test_E_15_extended_revoke_goes_without_crl_id(stands):
    """RFC 6960 4.4.8: what was never issued is on no list."""
    single = stands("not-listed-revoked").single(crl_stands.NEVER)
    assert single.status == "revoked" and single.extensions == []
    assert crl_id(stands("not-listed-revoked").single(crl_stands.REVOKED))


def test_E_16_archive_cutoff_is_the_retention_before_produced_at(at):
    response = at("/cutoff/").successful(V["V02"])
    cutoff = der.to_time(der.one(response.single.extension(ocsp.ARCHIVE_CUTOFF)).content)
    produced = response.produced_at
    day = 28 if (produced.month, produced.day) == (2, 29) else produced.day
    assert cutoff in (produced.replace(year=produced.year - 7, day=day),
                      produced.replace(year=produced.year - 7, day=1, month=3))
    assert response.extension(ocsp.ARCHIVE_CUTOFF) is None


def test_E_16_archive_cutoff_may_be_the_cas_first_day(at, world):
    value = at("/cutoff-issuer/").single(worlds.EE).extension(ocsp.ARCHIVE_CUTOFF)
    assert value == der.generalized(world.test.not_before)


def test_E_16_archive_cutoff_is_off_by_default(site):
    assert site.single(worlds.EE).extension(ocsp.ARCHIVE_CUTOFF) is None


def test_E_17_invalidity_date_is_kept_and_reason_code_never(site, answers):
    single = site.single(worlds.INVALIDITY)
    assert single.extension(ocsp.INVALIDITY_DATE) == der.generalized(worlds.INVALID_SINCE)
    assert site.single(worlds.REVOKED).extension(ocsp.INVALIDITY_DATE) is None
    for response in answers:
        for found in response.singles:
            assert found.extension(ocsp.REASON_CODE) is None
            assert found.extension(ocsp.CERTIFICATE_ISSUER) is None


def test_E_17_entry_extensions_of_a_list_are_dropped_but_for_invalidity_date(own, world):
    entry = crl.Entry(crl_stands.REVOKED, reason=6, invalidity=worlds.INVALID_SINCE, hold_instruction="1.2.840.10040.2.2",
                      extensions=(pki.extension(crl.UNKNOWN, der.null()),))
    stand = own(crl.sound(world.test, entry, crl.Entry(crl_stands.LATER, reason=1)))
    single = stand.single(crl_stands.REVOKED)
    assert single.extensions == [(ocsp.INVALIDITY_DATE, False, der.generalized(worlds.INVALID_SINCE))]
    assert single.reason == 6 and stand.single(crl_stands.LATER).extensions == []


def test_E_17_certificate_issuer_stays_out(authorities, tmp_path):
    world = authorities
    file = crl_stands.write(tmp_path / "indirect.crl", crl.sound(
        world.crl_z, crl.Entry(1, reason=1, invalidity=worlds.INVALID_SINCE, issuer=world.crl_x.subject),
        idp=crl.idp(indirect=True)))
    stand = crl_stands.Stand(world, tmp_path, "x", None, issuer="crl_x", place=file, issued=[1, 2],
                             parameters={"crl_issuer": world.files["crl_z"][0]})
    with crl_stands.StandServer(world, tmp_path / "server", [stand]):
        assert [oid for oid, *_ in stand.single(1).extensions] == [ocsp.INVALIDITY_DATE]
        assert stand.single(2).extensions == []


def test_E_17_the_time_of_an_index_is_kept(world, timed, tmp_path):
    rows = [crl_stands.index_row("R", 1, "keyTime,20260615080000Z"), crl_stands.index_row("R", 2, "superseded"),
            crl_stands.index_row("R", 3, "CAkeyTime,20260615080000Z")]
    file = crl_stands.write(tmp_path / "index.txt", b"".join(rows))
    site = Client(timed(sources=[f"index:{file}"]), world.test)
    for serial, reason in ((1, 1), (3, 2)):
        single = site.single(serial)
        assert single.extensions == [(ocsp.INVALIDITY_DATE, False, der.generalized(worlds.INVALID_SINCE))]
        assert single.reason == reason
    assert site.single(2).extensions == [] and site.single(2).reason == 4


def test_E_18_a_service_locator_is_never_followed(site):
    with socket.create_server(("127.0.0.1", 0)) as trap:
        url = f"http://127.0.0.1:{trap.getsockname()[1]}/"
        access = der.seq(der.seq(der.oid("1.3.6.1.5.5.7.48.1"), pki.uri(url)))
        locator = pki.extension(ocsp.SERVICE_LOCATOR, der.seq(site.issuer.subject, access))
        at_entry = ocsp.request(ocsp.entry(site.certid(worlds.EE), [locator]))
        foreign = V["V14"][V["V14"].index(bytes.fromhex("303a3009")):]
        for request in (at_entry, site.request(worlds.EE, extensions=[locator]),
                        ocsp.request(ocsp.entry(foreign, [locator]))):
            assert site.ask(request).status in ("successful", "unauthorized")
        assert site.successful(at_entry).single.status == "good"
        trap.settimeout(0.2)
        with pytest.raises(TimeoutError):
            trap.accept()


PREFERENCES = {        # what the client prefers -> what it gets from signers RSA (default), P-256, P-384
    "ecdsa first": (["ecdsa-sha256", "rsa-sha256"], "ecdsa-sha256"),
    "rsa first": (["rsa-sha256", "ecdsa-sha256"], "rsa-sha256"),
    "p384": (["ecdsa-sha384"], "ecdsa-sha384"),
    "unsupported first": (["ed448", "ecdsa-sha256"], "ecdsa-sha256"),
    "only unsupported": (["ed448"], "rsa-sha256"),
    "weak first": (["rsa-sha1", "ecdsa-sha256"], "ecdsa-sha256"),
}


@pytest.mark.parametrize("case", PREFERENCES)
def test_E_19_the_first_preferred_algorithm_that_is_served_is_used(at, case):
    client = at("/choice/", "many")
    wanted, expected = PREFERENCES[case]
    extension = ocsp.preferred(*[pki.ALGORITHMS[name] for name in wanted])
    response = client.successful(client.request(worlds.EE, extensions=[extension]))
    assert ocsp.algorithm_name(response.algorithm) == expected


def test_E_19_an_unknown_algorithm_alone_still_gets_an_answer(site):
    extension = ocsp.preferred(pki.algorithm("1.3.6.1.4.1.32473.7"))
    assert site.successful(site.request(worlds.EE, extensions=[extension])).single.status == "good"
    assert site.successful(V["V43"]).single.status == "good"


def test_E_20_extended_revoke_is_a_null_outside_the_entries(at, site):
    response = at("/extended/").successful(V["V15"])
    expected = bytes.fromhex("300f06092b060105050730010904020500")
    assert expected in response.extensions_raw
    assert response.single.extension(ocsp.EXTENDED_REVOKE) is None
    assert site.successful(V["V15"]).extension(ocsp.EXTENDED_REVOKE) is None


@pytest.mark.parametrize("prefix, issuer", [("/", "test"), ("/choice/", "many")])
def test_E_21_a_preference_for_a_weak_algorithm_is_not_followed(at, prefix, issuer):
    client = at(prefix, issuer)
    extension = ocsp.preferred(pki.ALGORITHMS["rsa-sha1"])
    assert ocsp.request(ocsp.certid(at("/").issuer, worlds.EE), extensions=[extension]) == V["V44"]
    response = client.ask(client.request(worlds.EE, extensions=[extension]))
    if response.status == "successful":
        assert ocsp.algorithm_name(response.algorithm).endswith(("sha256", "sha384", "sha512"))


def test_E_24_where_nonces_are_required_nothing_is_signed_without(main, at):
    client = at("/require/")
    before = main.metric("vouch_signatures_total")
    for answer in (client.post(V["V02"]), client.get(V["V02"]), client.post(V["V12"])):
        assert answer.body == ocsp.UNAUTHORIZED
    assert main.metric("vouch_signatures_total") == before
    assert_echoes(client.successful(V["V21"]), V["V21"])
