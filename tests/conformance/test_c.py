# SPDX-License-Identifier: Apache-2.0
"""CRLs as status source: what a list has to be, rows C-01 to C-08."""

import datetime

import pytest

from stands import (ALGORITHMS, ALSO_GOOD, BY_REASON, GOOD, INVALID_SINCE, LATER, NEVER, REASONS, REVOKED,
                    REVOKED_AT, SNEAKED, Stand, StandServer, UTC, algorithm_stem, refused_by_command,
                    told_apart, write)
from support import crl, der, ocsp, pki, program
from support.crl import Entry, hours

# C-01 -----------------------------------------------------------------------------------------------------

def test_C_01_a_list_that_a_foreign_key_signed_is_rejected(refusals):
    test, foreign = refusals.world.test, pki.key("p521", "a foreign key")
    refusals.refuses(crl.crl(test, SNEAKED, number=900, key=foreign), "signature")
    refusals.refuses(crl.crl(test, SNEAKED, number=900, key=foreign, aki=foreign.public_hash()), "signature", "key")
    refusals.refuses(crl.crl(test, SNEAKED, number=900, key=pki.key("rsa2048", "a foreign key")), "signature", "key",
                     "algorithm")


def test_C_01_a_list_of_a_ca_with_the_same_name_is_rejected(refusals):
    refusals.refuses(crl.sound(refusals.world.twin, SNEAKED, number=900), "signature", "key")
    refusals.refuses(crl.sound(refusals.world.twin, SNEAKED, number=900, aki=None), "signature")


def test_C_01_two_cas_of_one_name_keep_their_lists_apart(authorities, tmp_path):
    """Renewed keys: one folder for both, and the signature says which list is whose."""
    world, folder = authorities, tmp_path / "lists"
    folder.mkdir()
    write(folder / "old.crl", crl.sound(world.test, REVOKED, aki=None))
    write(folder / "new.crl", crl.sound(world.twin, LATER, aki=None))
    issued = write(tmp_path / "issued", b"".join(told_apart(ca, s).pem() for ca in (world.test, world.twin)
                                                 for s in (GOOD, REVOKED, LATER)))
    made = {stem: Stand(world, tmp_path, stem, None, issuer=stem, place=folder, path="/", parameters={"issued": issued})
            for stem in ("test", "twin")}
    assert made["test"].uri == made["twin"].uri
    with StandServer(world, tmp_path / "server", list(made.values())):
        assert [made["test"].says(s) for s in (GOOD, REVOKED, LATER)] == ["good", "revoked", "good"]
        assert [made["twin"].says(s) for s in (GOOD, REVOKED, LATER)] == ["good", "good", "revoked"]


def spelled_differently(subject):
    """The same Name (RFC 5280 7.1): PrintableStrings in capitals, with more blanks."""
    relative = []
    for rdn in der.one(subject).children():
        oid, value = rdn.children()[0].children()
        text = b" " + value.content.upper().replace(b" ", b"  ")
        relative.append(der.tlv(der.SET, der.seq(oid.raw, der.tlv(0x13, text))))
    return der.seq(*relative)


def test_C_01_an_issuer_name_that_is_spelled_differently_is_the_same(own, world):
    name = spelled_differently(world.test.subject)
    stand = own(crl.sound(world.test, REVOKED, number=1, name=name))
    assert [stand.says(s) for s in (GOOD, REVOKED)] == ["good", "revoked"]
    stand.publish(stand.crl(REVOKED, LATER, number=2))
    stand.wait(LATER, "revoked")
    stand.publish(stand.crl(REVOKED, SNEAKED, number=3, name=name))
    stand.wait(SNEAKED, "revoked")


def test_C_01_in_a_folder_the_list_of_another_key_is_passed_over(own, world):
    """A CA whose key was renewed: its authorityKeyIdentifier says whose list it is, and nobody asks about that one's."""
    stand = own({"old.crl": crl.sound(world.twin, SNEAKED, number=900), "new.crl": crl.sound(world.test, REVOKED),
                 "ca.crt": world.test.der})
    assert [stand.says(s) for s in (GOOD, REVOKED, SNEAKED)] == ["good", "revoked", "unknown"]
    stand.publish(crl.crl(world.twin, SNEAKED, number=901), "new.crl")
    assert "new.crl" in stand.complaint() and "another key" in stand.complaint()
    assert [stand.says(s) for s in (GOOD, REVOKED, SNEAKED)] == ["good", "revoked", "unknown"]


def test_C_01_the_right_key_signs_for_no_other_name(own, world):
    """In a file of its own: nothing that was there before tells that the issuer is another one."""
    stand = own({"ca.crl": crl.sound(world.test, REVOKED)})
    stand.publish(crl.sound(world.test, SNEAKED, number=900, name=world.sub.subject), "named.crl")
    stand.stays(SNEAKED, "unknown")
    assert [stand.says(s) for s in (GOOD, REVOKED)] == ["good", "revoked"]


def test_C_01_a_file_with_the_lists_of_a_chain_is_read_for_those_that_are_served(own, world):
    lists = crl.pem(crl.sound(world.sub, SNEAKED)) + crl.pem(crl.sound(world.test, REVOKED)) + crl.pem(crl.sound(world.twin, SNEAKED))
    for mark, line_end in ((b"", b"\n"), (b"\xef\xbb\xbf", b"\r\n")):
        stand = own(mark + lists.replace(b"\n", line_end))
        assert [stand.says(s) for s in (GOOD, REVOKED, SNEAKED)] == ["good", "revoked", "unknown"]


def test_C_01_a_list_of_another_issuer_is_rejected(refusals):
    refusals.refuses(crl.sound(refusals.world.sub, SNEAKED, number=900), "issuer")
    refusals.refuses(crl.crl(refusals.world.test, SNEAKED, number=900, name=refusals.world.sub.subject), "issuer")


def test_C_01_a_delegated_responder_signs_no_lists(refusals):
    world = refusals.world
    refusals.refuses(crl.crl(world.test, SNEAKED, number=900, key=world.test_signer.key), "signature", "key")


@pytest.mark.parametrize("spoil", [lambda s: s[:-1] + bytes([s[-1] ^ 1]), lambda s: s[:-1], lambda s: b"",
                                   lambda s: bytes(len(s))], ids=["bit", "short", "empty", "zero"])
def test_C_01_a_spoiled_signature_is_rejected(refusals, spoil):
    refusals.refuses(crl.crl(refusals.world.test, SNEAKED, number=900, signature=spoil), "signature")


def test_C_01_both_algorithm_identifiers_agree(refusals):
    test = refusals.world.test
    for name in ("ecdsa-sha256", "rsa-sha256"):
        refusals.refuses(crl.crl(test, SNEAKED, number=900, inner=pki.ALGORITHMS[name]), "algorithm")
        refusals.refuses(crl.crl(test, SNEAKED, number=900, outer=pki.ALGORITHMS[name]), "algorithm")
    refusals.refuses(crl.crl(test, SNEAKED, number=900, inner=pki.ALGORITHMS["ed25519"], outer=pki.ALGORITHMS["ed25519"]),
                     "algorithm", "signature")


def test_C_01_a_ca_without_crl_sign_signs_no_lists(authorities, tmp_path):
    stand = Stand(authorities, tmp_path, "no-crl-sign", None, issuer="no_crl_sign")
    assert "crlsign" in refused_by_command(stand, stand.crl(SNEAKED)).lower()


def test_C_01_a_ca_without_key_usage_may_sign_lists(stands):
    assert stands("no-key-usage").says(REVOKED) == "revoked"
    assert stands("no-key-usage").says(GOOD) == "good"


@pytest.mark.parametrize("kind, algorithm", ALGORITHMS)
def test_C_01_lists_are_verified_with_every_algorithm(stands, kind, algorithm):
    stand = stands(algorithm_stem(kind, algorithm))
    assert stand.says(REVOKED) == "revoked" and stand.says(GOOD) == "good"
    forged = crl.crl(stand.authority, SNEAKED, algorithm=algorithm, signature=lambda s: s[:-1] + bytes([s[-1] ^ 1]))
    assert "signature" in refused_by_command(stand, forged)


def test_C_01_a_list_is_read_as_der_and_as_pem(stands):
    for name in ("plain", "pem"):
        assert [stands(name).says(s) for s in (REVOKED, GOOD, NEVER)] == ["revoked", "good", "unknown"]


def test_C_01_a_file_of_several_lists_is_read_whole(stands):
    assert [stands("bundle").says(s) for s in (REVOKED, ALSO_GOOD, GOOD)] == ["revoked", "revoked", "good"]


SHAPES = {
    "version 3": dict(version=2), "version 1 encoded": dict(version=0),
    "version 1 with extensions": dict(version=None),
    "a date that is none": dict(this_update=crl.utc_time("261301120000Z")),
    "a fraction of a second": dict(this_update=crl.generalized_time("20260701120000.5Z")),
    "no seconds": dict(this_update=crl.utc_time("2607011200Z")),
    "a zone": dict(this_update=crl.utc_time("260701120000+0100")),
    "nextUpdate before thisUpdate": dict(this_update=hours(-1), next_update=hours(-2)),
    "an extension twice": dict(extensions=(crl.number(900),)),
    "a negative number": dict(number=-1),
    "a number that is no INTEGER": dict(number=None, extensions=(pki.extension(crl.CRL_NUMBER, der.octets(b"1")),)),
    "a number with more behind it": dict(number=None, extensions=(pki.extension(crl.CRL_NUMBER,
                                                                               der.integer(9) + der.null()),)),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_C_01_what_is_no_certificate_list_is_rejected(refusals, shape):
    refusals.refuses(crl.crl(refusals.world.test, SNEAKED, **{"number": 900, **SHAPES[shape]}))


def test_C_01_octets_behind_the_list_are_rejected(refusals):
    refusals.refuses(crl.crl(refusals.world.test, SNEAKED, number=900) + b"\0")
    refusals.refuses(crl.crl(refusals.world.test, SNEAKED, number=900)[:-1])
    refusals.refuses(b"")
    refusals.refuses(b"-----BEGIN X509 CRL-----\nMIIB\n")
    refusals.refuses(refusals.world.test.der)


@pytest.mark.parametrize("damage", [(b"-----BEGIN X509 CRL-----", b"-----BEGIN X508 CRL-----"),
                                    (b"-----END X509 CRL-----", b"-----END X509 CRL----"), (b"MII", b"M!I")])
def test_C_01_a_file_of_which_one_list_is_damaged_is_rejected_whole(refusals, damage):
    """Else the list that came behind it would be missing, and nobody would be told."""
    test = refusals.world.test
    first = crl.pem(crl.sound(test, Entry(REVOKED, reason=1), number=900))
    second = crl.pem(crl.sound(test, SNEAKED, number=901, base=900))
    refusals.refuses(first + second.replace(*damage))


def test_C_01_a_file_of_which_one_list_is_forged_is_rejected_whole(refusals):
    test, foreign = refusals.world.test, pki.key("p256", "a forger's key")
    first = crl.pem(crl.sound(test, Entry(REVOKED, reason=1), number=900))
    refusals.refuses(first + crl.pem(crl.crl(test, SNEAKED, number=901, base=900, key=foreign)), "signature")
    refusals.refuses(crl.pem(crl.crl(test, SNEAKED, number=901, key=foreign)) + first, "signature")


# C-02, C-03 ----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["expired", "expired-and-good"])
def test_C_02_a_list_past_its_next_update_supports_no_good(stands, name):
    assert [stands(name).says(s) for s in (GOOD, NEVER)] == ["tryLater", "tryLater"]
    assert stands(name).says(REVOKED) in ("tryLater", "revoked")


def test_C_02_the_source_itself_says_that_it_cannot_tell(stands):
    """Whatever else would stop an answer that is older than its nextUpdate."""
    stand = stands("expired")
    done = program.run("status", "--issuer", stand.world.files[stand.stem][0], "--source", stand.uri, "--serial",
                       f"{GOOD:x}", code=None)
    assert done.returncode == 1 and "good" not in done.stdout and "nextUpdate" in done.stderr


def test_C_02_a_list_of_the_future_is_used_in_time(own, world):
    """A CA that is started once a year makes the next lists, too."""
    stand = own({"1.crl": crl.sound(world.test, number=1, next_update=hours(3)),
                 "2.crl": crl.sound(world.test, Entry(GOOD), number=2, this_update=hours(2), next_update=hours(9))})
    assert stand.says(GOOD) == "good"
    assert "2.crl" in stand.complaint() and "future" in stand.complaint()
    stand.server.shim.move_clock(2 * 3600 + 5)
    stand.wait(GOOD, "revoked")


def test_C_02_a_list_of_the_future_is_not_used_yet(refusals):
    refusals.refuses(crl.sound(refusals.world.test, SNEAKED, number=900, this_update=hours(5)), "thisUpdate")


def test_C_02_a_list_that_is_early_leaves_the_one_before_in_use(own, world):
    """The clock of the CA, or ours, is minutes off: that is no reason to answer nobody."""
    stand = own(crl.sound(world.test, number=1))
    assert stand.says(GOOD) == "good"
    stand.publish(stand.crl(GOOD, number=2, this_update=pki.now() + datetime.timedelta(seconds=200)))
    assert "future" in stand.complaint()
    stand.stays(GOOD, "good")
    stand.server.shim.move_clock(205)
    stand.wait(GOOD, "revoked")


def test_C_02_good_ends_with_the_list_and_comes_back_with_the_next(own, world):
    stand = own(crl.sound(world.test, REVOKED, next_update=hours(2), number=1))
    assert stand.says(GOOD) == "good"
    stand.server.shim.move_clock(2 * 3600 + 5)
    assert stand.says(GOOD) == stand.says(ALSO_GOOD) == "tryLater"
    assert stand.says(REVOKED) in ("tryLater", "revoked")
    stand.publish(stand.crl(REVOKED, this_update=hours(1), next_update=hours(9), number=2))
    stand.wait(GOOD, "good")
    assert stand.says(ALSO_GOOD) == "good" and stand.says(REVOKED) == "revoked"


@pytest.mark.parametrize("name", ["plain", "weekly", "pem", "only-listed", "not-listed-good", "not-listed-revoked"])
@pytest.mark.parametrize("serial", [GOOD, REVOKED, NEVER])
def test_C_03_times_come_from_the_list(stands, name, serial):
    """Of a weekly list, too, whose thisUpdate is longer ago than an answer is valid."""
    this_update, next_update = crl.times_of(stands("plain" if name == "pem" else name).place.read_bytes())
    single = stands(name).single(serial)
    assert single.this_update == this_update
    assert single.next_update <= next_update
    assert pki.now() < single.next_update <= pki.now() + 25 * datetime.timedelta(hours=1)


def test_C_03_a_list_without_next_update_is_bounded_by_policy(stands):
    response = stands("unlimited").client.ask(stands("unlimited").client.request(GOOD))
    if response.status == "successful":
        assert pki.now() < response.single.next_update <= pki.now() + datetime.timedelta(hours=24)
    else:
        assert response.status == "tryLater"


def test_C_03_a_next_update_after_2049_is_read(stands):
    single = stands("far").single(GOOD)
    assert single.status == "good" and single.next_update <= pki.now() + datetime.timedelta(hours=24)


# C-04, C-05 ----------------------------------------------------------------------------------------------

CRITICAL = pki.extension(crl.UNKNOWN, der.null(), critical=True)


def test_C_04_an_unknown_critical_extension_spoils_the_list(refusals):
    refusals.refuses(crl.sound(refusals.world.test, SNEAKED, number=900, extensions=(CRITICAL,)), "critical")


def test_C_04_an_entry_extension_of_the_list_is_unknown_there(refusals):
    refusals.refuses(crl.crl(refusals.world.test, SNEAKED, number=900,
                             extensions=(pki.extension(crl.CERTIFICATE_ISSUER, der.null(), critical=True),)))


def test_C_05_an_unknown_critical_extension_of_one_entry_spoils_the_list(refusals):
    bad = Entry(0x123456, extensions=(CRITICAL,))
    for entries in ([bad, SNEAKED], [SNEAKED, bad], [SNEAKED, *range(1, 300), bad]):
        refusals.refuses(crl.sound(refusals.world.test, *entries, number=900), "critical")


def test_C_05_unknown_extensions_that_are_not_critical_are_ignored(stands):
    stand = stands("unknown-not-critical")
    assert stand.says(REVOKED) == "revoked" and stand.says(GOOD) == "good"
    assert stand.single(REVOKED).extensions == []


def test_C_05_an_entry_extension_twice_spoils_the_list(refusals):
    twice = Entry(SNEAKED, reason=1, extensions=tuple(crl.reason_extension(4)))
    refusals.refuses(crl.crl(refusals.world.test, twice, number=900))


def test_C_05_entry_extensions_in_version_1_spoil_the_list(refusals):
    refusals.refuses(crl.crl(refusals.world.test, Entry(SNEAKED, reason=1), version=None, number=None, aki=None), "v1",
                     "version", "v2")


# C-06, C-07, C-08 ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("reason", REASONS)
def test_C_06_reasons_pass_straight_through(stands, reason):
    single = stands("reasons").single(BY_REASON[reason])
    assert (single.status, single.reason, single.revocation_time) == ("revoked", REASONS[reason], REVOKED_AT)


@pytest.mark.parametrize("reason", [7, 11, 255, 256, -1], ids=str)
def test_C_06_reasons_that_do_not_exist_spoil_the_list(refusals, reason):
    refusals.refuses(crl.crl(refusals.world.test, Entry(SNEAKED), Entry(5, reason=reason), number=900), "reason")


@pytest.mark.parametrize("value", [der.integer(1), der.tlv(der.ENUMERATED), der.tlv(der.ENUMERATED, b"\0\1"), b"",
                                   der.tlv(der.ENUMERATED, b"\1") + der.null()])
def test_C_06_reasons_that_are_no_reasons_spoil_the_list(refusals, value):
    refusals.refuses(crl.crl(refusals.world.test, Entry(SNEAKED), Entry(5, reason=value), number=900))


def test_C_07_remove_from_crl_in_a_delta_lifts_a_hold(own, world):
    held = Entry(GOOD, reason=6)
    stand = own({"full.crl": crl.sound(world.test, held, REVOKED, number=5)})
    assert stand.single(GOOD).reason == 6
    stand.publish(stand.crl(Entry(GOOD, reason=8), number=6, base=5), "delta.crl")
    stand.wait(GOOD, "good")
    assert stand.says(REVOKED) == "revoked"


def test_C_07_remove_from_crl_lifts_nothing_but_holds(own, world):
    """RFC 5280 5.3.1: it is for certificates on hold and expired ones; a revocation for good stays (S-15)."""
    stand = own({"full.crl": crl.sound(world.test, Entry(REVOKED, reason=1), Entry(ALSO_GOOD, reason=6), number=5)})
    stand.publish(stand.crl(Entry(REVOKED, reason=8), Entry(ALSO_GOOD, reason=8), number=6, base=5), "delta.crl")
    stand.wait(ALSO_GOOD, "good")
    assert stand.fresh(REVOKED).reason == 1


def test_C_07_remove_from_crl_in_a_full_list_is_rejected_with_an_alarm(refusals):
    refusals.refuses(crl.sound(refusals.world.test, Entry(SNEAKED), Entry(REVOKED, reason=8), number=900), "removeFromCRL")


def test_C_07_the_alarm_is_in_the_log(own, world):
    stand = own(crl.sound(world.test, REVOKED, number=5))
    stand.publish(stand.crl(Entry(REVOKED, reason=8), number=6))
    complaint = stand.complaint()
    assert "removeFromCRL" in complaint and str(stand.place) in complaint
    assert stand.says(REVOKED) == "revoked" and stand.says(GOOD) == "good"


def test_C_08_revocation_time_is_the_revocation_date(stands):
    single = stands("dates").single(1)
    assert single.status_raw.hex() == "a111180f" + b"20260701120000Z".hex() and single.extensions == []
    assert stands("dates").single(3).revocation_time == datetime.datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_C_08_invalidity_date_stays_apart(stands):
    single = stands("dates").single(2)
    assert (single.revocation_time, single.reason) == (REVOKED_AT, 1)
    assert single.extensions == [(ocsp.INVALIDITY_DATE, False, der.generalized(INVALID_SINCE))]
