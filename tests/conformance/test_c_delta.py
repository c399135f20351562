# SPDX-License-Identifier: Apache-2.0
"""CRLs as status source: one list after the other, and what none says, rows C-15 to C-19."""

import datetime
import itertools

import pytest

from stands import (ALSO_GOOD, DUPLICATE, GOOD, LATER, LONG, LONGER, MANY, MINUS_ONE, NEVER, REVOKED,
                    REVOKED_AT, SHARD, SNEAKED, Stand, StandServer, ZERO, shard, sharded, write)
from support import crl, der, ocsp, pki, rawhttp
from support.crl import Entry, hours
from support.crl_site import CrlSite, Page

NUMBERS = itertools.count(1)
HOUR = datetime.timedelta(hours=1)

# C-03 ----------------------------------------------------------------------------------------------------


def ends(stand, serial):
    return stand.single(serial).next_update


def test_C_03_a_list_that_ends_sooner_than_the_one_before_ends_stored_answers_sooner(own, world):
    stand = own(crl.sound(world.test, number=1, next_update=hours(20)))
    assert ends(stand, GOOD) == ends(stand, GOOD) > pki.now() + 2 * HOUR
    stand.publish(stand.crl(number=2, next_update=hours(1)))
    rawhttp.until(lambda: ends(stand, GOOD) <= pki.now() + HOUR)


def test_C_03_a_delta_that_ends_sooner_than_its_list_ends_stored_answers_sooner(own, world):
    stand = own({"full.crl": crl.sound(world.test, number=1, next_update=hours(20))})
    assert ends(stand, GOOD) == ends(stand, GOOD) > pki.now() + 2 * HOUR
    stand.publish(stand.crl(number=2, base=1, next_update=hours(1)), "delta.crl")
    rawhttp.until(lambda: ends(stand, GOOD) <= pki.now() + HOUR)


# C-15 ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def deltas(authorities, tmp_path_factory):
    """A server for the deltas that do not fit: full list number 10."""
    directory = tmp_path_factory.mktemp("deltas")
    stand = Stand(authorities, directory, "deltas", {"full.crl": crl.sound(authorities.test, REVOKED, number=10)})
    with StandServer(authorities, directory / "server", [stand]):
        yield stand


@pytest.mark.parametrize("fields", [dict(base=11), dict(base=10, number=10), dict(base=9, number=9), dict(base=1, number=5),
                                    dict(number=None), dict(aki=bytes(20)), dict(idp=crl.idp(user=True)),
                                    dict(idp=crl.idp("http://crl.example/other.crl")), dict(base=-1),
                                    dict(base=12, number=11)], ids=str)
def test_C_15_a_delta_that_does_not_fit_is_not_applied(deltas, fields):
    """Each in a file of its own: no number of one is lower than that of another in its place."""
    file = f"delta-{next(NUMBERS)}.crl"
    deltas.publish(crl.crl(deltas.authority, SNEAKED, Entry(REVOKED, reason=8), **{"number": 12, "base": 10, **fields}),
                   file)
    deltas.stays(SNEAKED, "unknown")
    assert deltas.says(REVOKED) == "revoked" and deltas.says(GOOD) in ("good", "tryLater")
    deltas.withdraw(file)
    deltas.wait(GOOD, "good")


def test_C_15_a_delta_of_another_key_is_not_applied(deltas):
    deltas.publish(crl.crl(deltas.authority, SNEAKED, key=pki.key("p521", "no key of ours"), number=12, base=10), "delta.crl")
    deltas.stays(SNEAKED, "unknown")
    deltas.withdraw("delta.crl")
    deltas.wait(GOOD, "good")


@pytest.mark.parametrize("full, base, number", [(10, 10, 11), (10, 10, 12), (10, 7, 11), (10, 0, 11), (10, 1, 1 << 150),
                                                (127, 127, 128), (255, 66, 256), (256, 255, 257), (1 << 152, 127, (1 << 152) + 1)])
def test_C_15_a_delta_that_fits_is_applied(own, world, full, base, number):
    """Numbers are compared as numbers, however many octets they have."""
    stand = own({"full.crl": crl.sound(world.test, REVOKED, number=full)})
    assert stand.says(GOOD) == "good"
    stand.publish(stand.crl(Entry(GOOD, reason=1), number=number, base=base), "delta.crl")
    stand.wait(GOOD, "revoked")
    assert stand.single(GOOD).reason == 1 and stand.says(ALSO_GOOD) == "good" and stand.says(REVOKED) == "revoked"


def test_C_15_of_two_deltas_the_newer_is_used(own, world):
    """The newer one no longer lists the hold: it was lifted, and a delta speaks of everything since its base."""
    older = crl.sound(world.test, Entry(GOOD, reason=6), number=11, base=10, this_update=hours(-3))
    newer = crl.sound(world.test, Entry(ALSO_GOOD, reason=4), number=12, base=10, this_update=hours(-2))
    full = crl.sound(world.test, REVOKED, number=10, this_update=hours(-5))
    for order in (("a.crl", "b.crl"), ("b.crl", "a.crl")):
        stand = own({"full.crl": full, order[0]: older, order[1]: newer})
        assert [stand.says(s) for s in (GOOD, ALSO_GOOD, REVOKED)] == ["good", "revoked", "revoked"]


def test_C_15_a_delta_is_in_use_until_a_newer_full_list_comes(own, world):
    stand = own({"full.crl": crl.sound(world.test, Entry(GOOD, reason=6), number=10, this_update=hours(-5)),
                 "delta.crl": crl.sound(world.test, Entry(ALSO_GOOD, reason=6), Entry(GOOD, reason=8), number=11, base=10,
                                        this_update=hours(-4))})
    assert [stand.says(s) for s in (GOOD, ALSO_GOOD)] == ["good", "revoked"]
    stand.publish(stand.crl(Entry(GOOD, reason=6), number=12, this_update=hours(-3)), "full.crl")
    stand.wait(GOOD, "revoked")
    stand.wait(ALSO_GOOD, "good")


def test_C_15_the_delta_says_of_which_moment_the_status_is(own, world):
    full = crl.sound(world.test, REVOKED, number=10, this_update=hours(-5), next_update=hours(20))
    delta = crl.sound(world.test, Entry(ALSO_GOOD, reason=1), number=11, base=10, this_update=hours(-2), next_update=hours(3))
    stand = own({"full.crl": full, "delta.crl": delta})
    for serial in (ALSO_GOOD, GOOD):
        single = stand.single(serial)
        assert crl.times_of(full)[0] <= single.this_update <= crl.times_of(delta)[0]
        assert single.next_update <= crl.times_of(delta)[1]


def test_C_15_a_current_delta_makes_an_old_list_complete(own, world):
    """RFC 5280 6.3.3 (a): the combination is as new as the delta."""
    full = crl.sound(world.test, REVOKED, number=10, this_update=hours(-9), next_update=hours(-1))
    delta = crl.sound(world.test, Entry(ALSO_GOOD, reason=1), number=11, base=10, this_update=hours(-2), next_update=hours(3))
    stand = own({"full.crl": full, "delta.crl": delta})
    assert [stand.says(s) for s in (GOOD, REVOKED, ALSO_GOOD)] == ["good", "revoked", "revoked"]
    assert stand.single(GOOD).this_update == crl.times_of(delta)[0]


def test_C_15_of_a_delta_past_its_next_update_revocations_count_and_freshness_does_not(own, world):
    full = crl.sound(world.test, REVOKED, number=10, this_update=hours(-9), next_update=hours(2))
    delta = crl.sound(world.test, Entry(ALSO_GOOD, reason=1), number=11, base=10, this_update=hours(-5), next_update=hours(-1))
    stand = own({"full.crl": full, "delta.crl": delta})
    assert [stand.says(s) for s in (GOOD, REVOKED, ALSO_GOOD)] == ["good", "revoked", "revoked"]
    assert stand.single(GOOD).this_update == crl.times_of(full)[0]
    stand.server.shim.move_clock(2 * 3600 + 5)
    assert stand.says(GOOD) == "tryLater"


def test_C_15_both_past_their_next_update_support_no_good(own, world):
    old = dict(this_update=hours(-9), next_update=hours(-1))
    stand = own({"full.crl": crl.sound(world.test, REVOKED, number=10, **old),
                 "delta.crl": crl.sound(world.test, number=11, base=10, **old)})
    assert stand.says(GOOD) == stand.says(NEVER) == "tryLater"


def test_C_15_a_delta_without_its_complete_list_is_told(own, world):
    """It has another issuingDistributionPoint: the operator would believe that it counts."""
    stand = own({"full.crl": crl.sound(world.test, REVOKED, number=10)})
    stand.publish(stand.crl(SNEAKED, number=11, base=10, idp=crl.idp("http://crl.example/ca+.crl")), "ca+.crl")
    complaint = stand.complaint()
    assert "ca+.crl" in complaint and "no complete" in complaint
    assert stand.says(SNEAKED) == "unknown" and stand.says(GOOD) == "good"


def test_C_15_a_delta_alone_says_nothing_good(own, world):
    stand = own({"delta.crl": crl.sound(world.test, Entry(REVOKED, reason=1), number=11, base=10)})
    assert stand.says(GOOD) == stand.says(NEVER) == "tryLater"


def test_C_15_a_delta_of_one_shard_leaves_the_others_alone(own, world):
    lists = {f"{i}.crl": shard(world, i, Entry(SHARD[i], reason=6), number=10) for i in range(2)}
    removed = [Entry(serial, reason=8) for serial in SHARD[:2]]
    stand = own({**lists, "delta.crl": shard(world, 0, *removed, number=11, base=10)}, issued=sharded(world, 2))
    assert [stand.says(s) for s in SHARD[:2]] == ["good", "revoked"]


# C-16 ----------------------------------------------------------------------------------------------------

def test_C_16_an_older_list_is_refused_with_an_alarm(own, world):
    older = crl.sound(world.test, number=4, this_update=hours(-5))
    stand = own(crl.sound(world.test, Entry(REVOKED, reason=6), number=5, this_update=hours(-1)))
    assert stand.says(REVOKED) == "revoked"
    stand.publish(older)
    complaint = stand.complaint()
    assert str(stand.place) in complaint and "number" in complaint.lower()
    stand.stays(REVOKED, "revoked")
    stand.publish(stand.crl(number=6))
    stand.wait(REVOKED, "good")


def test_C_16_numbers_of_20_octets_are_compared_as_numbers(own, world):
    big = int("7f" + "ff" * 19, 16)
    stand = own(crl.sound(world.test, Entry(REVOKED, reason=6), number=big - 1))
    stand.publish(stand.crl(number=255))
    stand.stays(REVOKED, "revoked")
    stand.publish(stand.crl(number=big))
    stand.wait(REVOKED, "good")


@pytest.mark.parametrize("before, after", [(127, 128), (66, 256), (255, 256), ((1 << 160) - 2, (1 << 160) - 1)])
def test_C_16_numbers_of_all_lengths_are_compared_as_numbers(own, world, before, after):
    """Neither octet by octet, nor with the one that only keeps an INTEGER from being negative."""
    stand = own(crl.sound(world.test, Entry(REVOKED, reason=6), number=before))
    stand.publish(stand.crl(number=after))
    stand.wait(REVOKED, "good")
    stand.publish(stand.crl(Entry(GOOD), number=before))
    assert "number" in stand.complaint().lower()
    stand.stays(GOOD, "good")


@pytest.mark.parametrize("bits", [160, 168, 4000])
def test_C_16_a_number_of_more_than_20_octets_is_refused(own, world, bits):
    stand = own(crl.sound(world.test, Entry(REVOKED, reason=6), number=5))
    stand.publish(crl.crl(world.test, number=1 << bits))
    assert "20 octets" in stand.complaint()
    stand.stays(REVOKED, "revoked")


def test_C_16_a_number_of_20_octets_is_accepted(stands):
    assert stands("long-number").says(REVOKED) == "revoked" and stands("long-number").says(GOOD) == "good"


# C-17, C-18, C-19 ----------------------------------------------------------------------------------------

def test_C_17_not_listed_is_not_issued(stands):
    for name in ("only-listed", "webpki"):
        assert [stands(name).says(s) for s in (NEVER, GOOD, REVOKED)] == ["unknown", "unknown", "revoked"]


def test_C_17_what_was_issued_is_known_from_a_list(stands):
    assert [stands("plain").says(s) for s in (GOOD, ALSO_GOOD, NEVER)] == ["good", "good", "unknown"]


def test_C_17_good_for_what_is_not_listed_is_an_operators_choice(stands):
    assert stands("not-listed-good").says(NEVER) == "good"
    assert stands("not-listed-good").says(REVOKED) == "revoked"


@pytest.mark.parametrize("profile", ["webpki", "etsi"])
def test_C_17_public_profiles_refuse_that_choice(refuses, world, tmp_path, profile):
    file = write(tmp_path / "ca.crl", crl.sound(world.test))
    message = refuses(world.test_issuer(sources=[f"crl:{file}"], profile=profile, not_issued="good"))
    assert "not_issued" in message


def test_C_17_issued_is_followed_when_it_changes(own, world):
    stand = own(crl.sound(world.test, REVOKED))
    assert stand.says(NEVER) == "unknown"
    file = stand.directory / "issued"
    fresh = write(stand.directory / "fresh", file.read_bytes() + f"{NEVER:x}\n".encode())
    fresh.rename(file)
    stand.wait(NEVER, "good")


def test_C_18_what_drops_off_the_list_does_not_become_good(own, world):
    stand = own(crl.sound(world.test, Entry(REVOKED, reason=1, when=REVOKED_AT), number=1))
    assert stand.says(REVOKED) == "revoked"
    stand.publish(stand.crl(Entry(LATER), number=2))
    stand.wait(LATER, "revoked")
    response = stand.client.ask(stand.client.request(REVOKED))
    assert response.status == "unauthorized" or (response.single.status, response.single.reason) == ("revoked", 1)
    stand.publish(stand.crl(SNEAKED, number=3))
    stand.wait(SNEAKED, "revoked")
    if response.status == "successful":
        assert stand.fresh(REVOKED).status == stand.fresh(LATER).status == "revoked"
    else:
        assert stand.says(REVOKED) == stand.says(LATER) == "unauthorized"


def test_C_18_what_drops_off_a_delta_does_not_become_good(own, world):
    """It was revoked since the complete list: no newer delta to the same one can leave it out."""
    stand = own({"full.crl": crl.sound(world.test, number=10, this_update=hours(-5)),
                 "delta.crl": crl.sound(world.test, Entry(REVOKED, reason=1), number=11, base=10, this_update=hours(-4))})
    assert stand.says(REVOKED) == "revoked"
    stand.publish(stand.crl(Entry(LATER), number=12, base=10, this_update=hours(-3)), "delta.crl")
    stand.wait(LATER, "revoked")
    assert stand.fresh(REVOKED).status == "revoked"
    stand.publish(stand.crl(Entry(SNEAKED), number=13, this_update=hours(-2)), "full.crl")
    stand.wait(SNEAKED, "revoked")
    assert stand.fresh(REVOKED).status == stand.fresh(LATER).status == "revoked"


def reload(stand, count=1):
    """A SIGHUP, and what comes of it."""
    stand.server.reload()
    stand.server.wait_event("reloaded", count=count)


def test_C_16_a_reload_does_not_forget_how_far_the_numbers_had_come(own, world):
    stand = own(crl.sound(world.test, Entry(REVOKED, reason=6), number=5, this_update=hours(-1)))
    assert stand.says(REVOKED) == "revoked"
    stand.publish(crl.sound(world.test, number=4, this_update=hours(-5)))
    reload(stand)
    assert "number" in stand.server.wait_event("source_kept")["why"].lower()
    stand.stays(REVOKED, "revoked")
    stand.publish(stand.crl(number=6))
    reload(stand, 2)
    assert stand.says(REVOKED) == "good"


def test_C_18_a_reload_does_not_forget_who_dropped_off_the_list(own, world):
    stand = own(crl.sound(world.test, Entry(REVOKED, reason=1, when=REVOKED_AT), number=1))
    assert stand.says(REVOKED) == "revoked"
    stand.publish(stand.crl(Entry(LATER), number=2))
    reload(stand)
    assert stand.says(LATER) == "revoked"
    assert stand.says(REVOKED) in ("revoked", "unauthorized")


def test_C_18_a_hold_that_drops_off_was_lifted(own, world):
    stand = own(crl.sound(world.test, Entry(REVOKED, reason=6), number=1))
    assert stand.says(REVOKED) == "revoked"
    stand.publish(stand.crl(number=2))
    stand.wait(REVOKED, "good")


@pytest.mark.parametrize("serial, reason", [(MINUS_ONE, None), (ZERO, None), (LONG, 4), (LONGER, 5), (REVOKED, None)])
def test_C_19_odd_serials_are_listed(stands, serial, reason):
    single = stands("odd").single(serial)
    assert (single.status, single.reason) == ("revoked", reason)


@pytest.mark.parametrize("serial", [1, 255, 0xFF, -REVOKED, int("fe" * 19, 16), LONG - (1 << 160), -256, LONGER + 1])
def test_C_19_serials_are_compared_by_value(stands, serial):
    """Neither the sign nor the length is lost: 255 is not -1, nor is a long number its end."""
    assert stands("odd").says(serial) == "unknown"


@pytest.mark.parametrize("content", [b"\x00" + REVOKED.to_bytes(3, "big"), b"\0\0" + REVOKED.to_bytes(3, "big")])
def test_C_19_a_question_with_zeros_in_front_finds_its_entry(stands, content):
    stand = stands("odd")
    response = stand.client.ask(ocsp.request(ocsp.certid(stand.authority, content)))
    assert response.status == "malformedRequest" or response.single.status == "revoked"


@pytest.mark.parametrize("name", ["empty", "absent"])
def test_C_19_a_list_without_entries_loads(stands, name):
    assert [stands(name).says(s) for s in (GOOD, REVOKED, NEVER)] == ["good", "good", "unknown"]


def test_C_19_a_list_of_version_1_loads(stands):
    assert [stands("version-1").says(s) for s in (GOOD, REVOKED)] == ["good", "revoked"]


def test_C_19_of_duplicates_the_earliest_date_counts(stands):
    assert stands("duplicates").single(DUPLICATE).revocation_time == REVOKED_AT


@pytest.mark.parametrize("hold_first", [True, False])
def test_C_19_of_duplicates_a_revocation_for_good_outlives_a_hold(own, world, hold_first):
    """The next list may say that the hold was lifted, and mean no more than that."""
    first, second = (6, 1) if hold_first else (1, 6)
    stand = own(crl.sound(world.test, Entry(GOOD, reason=first, when=REVOKED_AT), Entry(GOOD, reason=second), number=1))
    assert (stand.single(GOOD).reason, stand.single(GOOD).revocation_time) == (1, REVOKED_AT)


@pytest.mark.parametrize("serial", MANY[:40])
def test_C_19_each_of_many_is_found(stands, serial):
    single = stands("many").single(serial)
    assert (single.status, single.reason) == ("revoked", 4)


def test_C_19_none_beside_many_is_found(stands):
    listed = set(MANY)
    for serial in MANY[:60]:
        for near in (serial - 1, serial ^ 1, -serial, serial << 8, serial >> 8):
            if near not in listed:
                assert stands("many").says(near) == "unknown", hex(near)


# How lists come ------------------------------------------------------------------------------------------

def test_C_16_a_list_that_is_written_in_place_is_used_when_it_is_whole(own, world):
    stand = own(crl.sound(world.test, REVOKED, number=1))
    newer = stand.crl(LATER, REVOKED, *range(1, 2000), number=2)
    with open(stand.place, "wb") as file:
        for part in (newer[:100], newer[100:9000]):
            file.write(part)
            file.flush()
            stand.stays(LATER, "unknown")
            assert stand.says(REVOKED) == "revoked" and stand.says(GOOD) == "good"
        file.write(newer[9000:])
    stand.wait(LATER, "revoked", deadline=5)


def test_C_16_a_list_that_was_away_is_used_when_it_is_back(own, world):
    stand = own(crl.sound(world.test, REVOKED, number=1))
    stand.place.unlink()
    stand.stays(REVOKED, "revoked")
    stand.publish(stand.crl(REVOKED, LATER, number=2))
    stand.wait(LATER, "revoked", deadline=5)


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_C_16_a_link_that_leads_elsewhere_is_followed(own, authorities, tmp_path, kind):
    """As in a folder that is mounted into a container: what changes is where a link leads."""
    place = tmp_path / "place"
    for version, entries in (("v1", []), ("v2", [LATER])):
        (place / version).mkdir(parents=True)
        write(place / version / "ca.crl", crl.sound(authorities.test, *entries, number=int(version[1])))
    name = place / ("ca.crl" if kind == "file" else "current")
    target = "{}/ca.crl" if kind == "file" else "{}"
    name.symlink_to(target.format("v1"))
    stand = own(None, place=name if kind == "file" else name / "ca.crl")
    assert stand.says(LATER) == "unknown"
    (place / "next").symlink_to(target.format("v2"))
    (place / "next").rename(name)
    stand.wait(LATER, "revoked", deadline=5)


# CrlID ---------------------------------------------------------------------------------------------------

def crl_id(single):
    """What the CrlID of a SingleResponse says: {number of the tag: content}."""
    return {node.tag & 0x1F: node.children()[0].content for node in der.children(single.extension(ocsp.CRL_ID))}


def test_E_15_crl_id_has_the_moment_of_the_list_and_of_a_file_no_url(stands):
    stand = stands("crl-id")
    this_update, _ = crl.times_of(stand.place.read_bytes())
    for serial in (GOOD, REVOKED):
        assert crl_id(stand.single(serial)) == {1: b"\7", 2: f"{this_update:%Y%m%d%H%M%SZ}".encode()}


def test_E_15_crl_id_has_the_url_of_a_list_that_was_fetched(authorities, tmp_path):
    with CrlSite() as site:
        site.pages = {"/ca.crl": Page(crl.sound(authorities.test, REVOKED, number=7))}
        source = site.source("/ca.crl", issued=write(tmp_path / "issued", b"600d01\n"), crl_id="yes", every="1s")
        stand = Stand(authorities, tmp_path, "fetched", None, path="/", issued=None, sources=[source])
        with StandServer(authorities, tmp_path / "server", [stand]):
            stand.wait(REVOKED, "revoked")
            for serial in (GOOD, REVOKED):
                assert crl_id(stand.single(serial))[0] == site.url("/ca.crl").encode()


def test_E_15_crl_id_names_the_delta_that_says_so(own, world):
    full = crl.sound(world.test, REVOKED, number=10, this_update=hours(-5))
    delta = crl.sound(world.test, Entry(ALSO_GOOD, reason=1), number=11, base=10, this_update=hours(-2))
    stand = own({"full.crl": full, "delta.crl": delta}, parameters={"crl_id": "yes"})
    assert [crl_id(stand.single(s))[1] for s in (REVOKED, ALSO_GOOD, GOOD)] == [b"\x0a", b"\x0b", b"\x0b"]


def test_E_15_what_dropped_off_is_on_no_list_that_could_be_named(own, world):
    stand = own(crl.sound(world.test, Entry(REVOKED, reason=1), number=1), parameters={"crl_id": "yes"})
    assert crl_id(stand.single(REVOKED))[1] == b"\1"
    stand.publish(stand.crl(LATER, number=2))
    stand.wait(LATER, "revoked")
    assert stand.fresh(REVOKED).status == "revoked" and stand.fresh(REVOKED).extension(ocsp.CRL_ID) is None
