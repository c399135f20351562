# SPDX-License-Identifier: Apache-2.0
"""CRLs as status source: for whom a list speaks, rows C-09 to C-14."""

import pytest

from stands import (ALSO_GOOD, GOOD, LATER, NEVER, REVOKED, SHARD, SHARD_URI, SNEAKED, Stand, StandServer,
                    refused_by_command, shard, sharded, write)
from support import crl, der, pki, program
from support.crl import Entry, hours
from support.crl_site import CrlSite, Page

# C-09, C-10 ----------------------------------------------------------------------------------------------

def indirect_stands(world, directory, place, encoded):
    """One list that three issuers share."""
    directory.mkdir(exist_ok=True)
    write(place, encoded)
    everybody = [getattr(world, f"crl_{name}") for name in "xyz"]
    issued = write(directory / "issued", b"".join(ca.end_entity(s).pem() for ca in everybody for s in range(1, 7)))
    parameters = {"issued": issued, "crl_issuer": world.files["crl_z"][0]}
    return {name: Stand(world, directory, f"indirect-{name}", None, issuer=f"crl_{name}", place=place,
                        parameters=parameters) for name in "xyz"}


@pytest.fixture
def indirect(authorities, tmp_path):
    """indirect(entries…): {issuer: stand} of a list that Z signs for X, Y and itself."""
    servers = []

    def start(*entries, point=crl.idp(indirect=True)):
        world = authorities
        encoded = crl.sound(world.crl_z, *entries, idp=point)
        made = indirect_stands(world, tmp_path / "stands", tmp_path / "shared.crl", encoded)
        servers.append(StandServer(world, tmp_path / "server", list(made.values())).start())
        return made

    yield start
    for server in servers:
        server.stop()


def test_C_09_certificate_issuer_carries_forward(indirect, authorities):
    x, y = authorities.crl_x.subject, authorities.crl_y.subject
    made = indirect(Entry(5), Entry(1, issuer=x), Entry(2), Entry(3, issuer=y), Entry(4), Entry(6, issuer=x))
    listed = {"x": {1, 2, 6}, "y": {3, 4}, "z": {5}}
    for name, stand in made.items():
        for serial in range(1, 7):
            assert (stand.says(serial) == "revoked") == (serial in listed[name]), (name, serial)
            assert stand.says(serial) in ("revoked", "good")


def test_C_09_a_first_entry_without_issuer_belongs_to_who_signed(indirect, authorities):
    made = indirect(Entry(5), Entry(6))
    assert made["z"].says(5) == made["z"].says(6) == "revoked"
    assert [made[n].says(s) for n in "xy" for s in (5, 6)] == ["good"] * 4


def test_C_09_one_serial_of_several_issuers_is_as_many_certificates(indirect, authorities):
    x, y = authorities.crl_x.subject, authorities.crl_y.subject
    made = indirect(Entry(1), Entry(1, reason=1, issuer=x), Entry(2, reason=5), Entry(1, reason=4, issuer=y))
    assert [made[name].single(1).reason for name in "zxy"] == [None, 1, 4]
    assert [made[name].says(2) for name in "zxy"] == ["good", "revoked", "good"]


def test_C_10_a_foreign_issuer_without_indirect_crl_is_rejected(refusals):
    world = refusals.world
    for point in (None, crl.idp("http://crl.example/x.crl"), crl.idp(user=True)):
        refusals.refuses(crl.sound(world.test, Entry(SNEAKED), Entry(5, issuer=world.sub.subject), idp=point, number=900),
                         "certificateIssuer", "indirect")


def test_C_10_entries_of_an_issuer_that_nobody_knows_are_nobodys(indirect):
    made = indirect(Entry(1, issuer=pki.common_name("Nobody")), Entry(2))
    assert [stand.says(s) for stand in made.values() for s in (1, 2)] == ["good"] * 6


def test_C_10_a_certificate_issuer_that_is_no_name_is_not_passed_over(indirect, authorities, tmp_path):
    """Its entries are neither the last issuer's nor that of who signed."""
    odd = pki.extension(crl.CERTIFICATE_ISSUER, der.seq(pki.uri("http://crl.example/")), critical=True)
    encoded = crl.crl(authorities.crl_z, Entry(1, issuer=authorities.crl_x.subject), Entry(2, extensions=(odd,)),
                      idp=crl.idp(indirect=True))
    file = write(tmp_path / "odd.crl", encoded)
    for name in "xyz":
        done = program.run("status", "--issuer", authorities.files[f"crl_{name}"][0], "--serial", "2", "--source",
                           f"crl:{file}?crl_issuer={authorities.files['crl_z'][0]}", code=None)
        assert "revoked" not in done.stdout


def test_C_10_an_indirect_list_of_a_stranger_is_rejected(authorities, tmp_path):
    """Who may sign for a CA is what the operator says, not what the list says."""
    stand = Stand(authorities, tmp_path, "stranger", None, issuer="crl_x")
    encoded = crl.sound(authorities.crl_z, Entry(SNEAKED, issuer=authorities.crl_x.subject), idp=crl.idp(indirect=True))
    refused_by_command(stand, encoded)


# C-11, C-12 ----------------------------------------------------------------------------------------------

NOT_GOOD = ("unknown", "tryLater")


def test_C_11_a_list_for_users_says_nothing_of_cas(stands):
    assert stands("user-only").says(GOOD) == "good"
    assert stands("user-only").says(ALSO_GOOD) in NOT_GOOD


def test_C_11_a_list_for_cas_says_nothing_of_users(stands):
    assert stands("ca-only").says(ALSO_GOOD) == "good"
    assert stands("ca-only").says(GOOD) in NOT_GOOD


def test_C_11_both_lists_together_cover_both(stands):
    assert stands("user-and-ca").says(GOOD) == stands("user-and-ca").says(ALSO_GOOD) == "good"


def test_C_11_a_list_of_attribute_certificates_says_nothing_of_ours(stands):
    assert [stands("attributes-only").says(s) in NOT_GOOD for s in (GOOD, REVOKED, NEVER)] == [True] * 3


FLAGS = {"user and CA": dict(user=True, ca=True), "user and attribute": dict(user=True, attribute=True),
         "CA and attribute": dict(ca=True, attribute=True)}
POINTS = {"a BOOLEAN that is none": der.seq(der.tlv(0x81, b"\1")),
          "an unknown field": der.seq(der.tlv(0x86, b"\xff")), "wrong order": der.seq(der.tlv(0x84, b"\xff"),
                                                                                   der.tlv(0x81, b"\xff")),
          "no SEQUENCE": der.null(), "reasons with unused bits": der.seq(der.tlv(0x83, b"\x09\x40"))}


@pytest.mark.parametrize("flags", FLAGS)
def test_C_11_scopes_that_exclude_each_other_spoil_the_list(refusals, flags):
    """RFC 5280 5.2.5: at most one of the three may be TRUE."""
    refusals.refuses(crl.sound(refusals.world.test, SNEAKED, number=900, idp=crl.idp(**FLAGS[flags])))


@pytest.mark.parametrize("point", POINTS)
def test_C_11_a_distribution_point_that_cannot_be_read_spoils_the_list(refusals, point):
    refusals.refuses(crl.crl(refusals.world.test, SNEAKED, number=900, idp=crl.idp(content=POINTS[point])))


def test_C_12_some_reasons_are_not_enough_for_good(stands):
    stand = stands("some-reasons")
    assert [stand.says(s) in NOT_GOOD for s in (GOOD, NEVER)] == [True] * 2
    assert stand.single(REVOKED).reason == 1


def test_C_12_lists_that_together_cover_all_reasons_are(stands):
    stand = stands("all-reasons")
    assert [stand.says(s) for s in (GOOD, REVOKED, LATER)] == ["good", "revoked", "revoked"]


def test_C_12_one_of_them_past_its_next_update_is_not_enough(stands):
    stand = stands("stale-reasons")
    assert stand.says(GOOD) == "tryLater" and stand.says(REVOKED) == "revoked"


# C-13, C-14 ----------------------------------------------------------------------------------------------

def test_C_13_serials_of_a_missing_shard_are_try_later_and_others_fine(stands):
    assert [stands("shards").says(s) for s in SHARD] == ["good", "good", "tryLater", "good"]


def test_C_13_serials_of_a_stale_shard_are_try_later_and_others_fine(stands):
    assert [stands("stale-shard").says(s) for s in SHARD] == ["good", "good", "tryLater", "good"]


def test_C_13_a_shard_revokes_what_it_covers(stands):
    assert [stands("all-shards").says(s) for s in SHARD] == ["good", "good", "good", "revoked"]


@pytest.mark.parametrize("name", ["stale-shard-numbers", "missing-shard-numbers"])
def test_C_13_who_does_not_know_the_shard_needs_all_of_them(stands, name):
    """Only serial numbers are known, and one of the shards is stale or missing: it may be the one."""
    assert [stands(name).says(s) for s in SHARD] == ["tryLater"] * 4


def test_C_13_all_shards_that_there_are_cover_everything(stands):
    assert [stands("named-shard-numbers").says(s) for s in SHARD] == ["good"] * 4
    assert [stands("uncounted-shards").says(s) in NOT_GOOD for s in SHARD] == [True] * 4


def test_C_13_each_shard_that_is_named_has_to_be_there(own, world):
    lists = {f"{i}.crl": shard(world, i) for i in (0, 1, 3)}
    stand = own(lists, issued=SHARD, parameters={"shards": " ".join(SHARD_URI)})
    assert [stand.says(s) for s in SHARD] == ["tryLater"] * 4
    stand.publish(shard(world, 2, this_update=hours(-9), next_update=hours(-1)), "2.crl")
    stand.stays(SHARD[0], "tryLater")
    stand.publish(shard(world, 2, number=2), "2.crl")
    stand.wait(SHARD[0], "good")
    assert [stand.says(s) for s in SHARD] == ["good"] * 4


def test_C_13_a_shard_that_comes_back_makes_good_again(own, world):
    lists = {f"{i}.crl": shard(world, i) for i in (0, 1, 3)}
    stand = own(lists, issued=sharded(world))
    assert stand.says(SHARD[2]) == "tryLater"
    stand.publish(shard(world, 2), "2.crl")
    stand.wait(SHARD[2], "good")
    stand.publish(shard(world, 2, Entry(SHARD[2]), number=2), "2.crl")
    stand.wait(SHARD[2], "revoked")
    assert [stand.says(SHARD[i]) for i in (0, 1, 3)] == ["good"] * 3


def test_C_14_another_shard_is_no_substitute(own, world):
    """The name of the file is nothing: the distribution point says which shard a list is."""
    stand = own({"0.crl": shard(world, 1), "1.crl": shard(world, 3)}, issued=sharded(world))
    assert [stand.says(s) for s in SHARD] == ["tryLater", "good", "tryLater", "good"]


def test_C_14_two_shards_that_are_swapped_are_not_mistaken_for_each_other(own, world):
    stand = own({f"{i}.crl": shard(world, i, Entry(SHARD[i]) if i == 1 else 0x7000) for i in range(4)}, issued=sharded(world))
    assert [stand.says(s) for s in SHARD] == ["good", "revoked", "good", "good"]
    stand.publish(shard(world, 0, number=2), "1.crl")
    assert "another distribution point" in stand.complaint()
    stand.publish(shard(world, 1, Entry(SHARD[1]), number=2), "0.crl")
    stand.stays(SHARD[1], "revoked")
    assert stand.says(SHARD[0]) in ("good", "tryLater")


def test_C_14_a_relative_name_is_one_below_the_issuer(stands):
    assert stands("relative").says(GOOD) == "good"


def test_C_14_of_two_lists_of_one_shard_the_newer_is_used(own, world):
    older, newer = (shard(world, 0, *entries, number=number, this_update=hours(-5 + number))
                    for number, entries in ((1, [Entry(SHARD[0], reason=6)]), (2, [])))
    for lists in ({"a.crl": older, "b.crl": newer}, {"a.crl": newer, "b.crl": older}):
        stand = own(lists, issued=sharded(world, 1))
        assert stand.says(SHARD[0]) == "good"


@pytest.mark.parametrize("near", ["http://CRL.example/shard-0.crl", "http://crl.example/shard-0.crl/",
                                  "http://crl.example/shard%2d0.crl", "http://crl.example/shard-0.crl?", "http://crl.example/"])
def test_C_14_a_shard_matches_octet_for_octet(own, world, near):
    stand = own({"near.crl": crl.sound(world.test, idp=crl.idp(near)), "1.crl": shard(world, 1)}, issued=sharded(world))
    assert stand.says(SHARD[0]) in NOT_GOOD and stand.says(SHARD[1]) == "good"


def test_C_14_two_shards_that_are_swapped_in_the_web_are_rejected(authorities, tmp_path):
    """Each is signed, and the serial number of its certificate is not on the one that comes in its place."""
    world, paths = authorities, ["/0.crl", "/1.crl"]
    with CrlSite() as site:
        urls = [site.url(path) for path in paths]
        made = [crl.sound(world.test, Entry(SHARD[i]), idp=crl.idp(urls[i])) for i in range(2)]
        certificates = [world.test.end_entity(SHARD[i], extensions=[crl.distribution_points(urls[i])]) for i in range(2)]
        issued = write(tmp_path / "issued", b"".join(c.pem() for c in certificates))
        site.pages = dict(zip(paths, map(Page, reversed(made))))
        source = site.source(paths[0], issued=issued, also=urls[1], every="1s")
        stand = Stand(world, tmp_path, "swapped", None, path="/", issued=None, sources=[source])
        with StandServer(world, tmp_path / "server", [stand]):
            assert "0.crl" in stand.complaint() or "1.crl" in stand.complaint()
            assert [stand.says(s) for s in SHARD[:2]] == ["tryLater", "tryLater"]
            site.pages = dict(zip(paths, map(Page, made)))
            for serial in SHARD[:2]:
                stand.wait(serial, "revoked", deadline=30)
