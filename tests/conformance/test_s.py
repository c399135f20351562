# SPDX-License-Identifier: Apache-2.0
"""Status semantics: rows S-01 to S-18."""

import concurrent.futures
import datetime
import sqlite3
import time

import pytest

import stands as crl_stands
import world as worlds
from support import crl, ocsp, pki, rawhttp
from support.client import Client
from support.vectors import VECTORS

V = VECTORS
SECOND = datetime.timedelta(seconds=1)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def http_now(answer):
    when = datetime.datetime.strptime(answer["Date"], "%a, %d %b %Y %H:%M:%S GMT")
    return when.replace(tzinfo=datetime.timezone.utc)


def test_S_01_an_active_serial_is_good(site):
    assert [site.single(s).status_raw for s in (worlds.EE, *worlds.GOOD[:3])] == [b"\x80\x00"] * 4


def test_S_02_revocation_and_hold_show_time_and_reason(site):
    revoked = site.single(worlds.REVOKED)
    assert (revoked.status, revoked.revocation_time, revoked.reason) == ("revoked", worlds.REVOKED_AT, 1)
    held = site.single(worlds.HELD)
    assert (held.status, held.reason) == ("revoked", 6)
    assert datetime.timedelta(0) <= pki.now() - held.revocation_time < datetime.timedelta(minutes=30)


@pytest.mark.parametrize("reason", worlds.BY_REASON)
def test_S_02_each_reason_shows(site, reason):
    single = site.single(worlds.BY_REASON[reason])
    assert (single.status, single.reason) == ("revoked", ocsp.REASONS[reason])


def test_S_03_a_serial_never_issued_is_unknown(site):
    assert site.successful(V["V15"]).single.status_raw == b"\x82\x00"


def test_S_04_an_issuer_not_served_is_unauthorized(site):
    assert site.post(V["V14"]).body == ocsp.UNAUTHORIZED
    assert site.get(V["V14"]).body == ocsp.UNAUTHORIZED


def test_S_06_not_issued_is_never_revoked_by_default(site):
    assert [site.status(s) for s in (worlds.NOT_ISSUED, 1, worlds.EE + 1)] == ["unknown"] * 3


def test_S_06_extended_revoke_is_a_hold_of_1970(at):
    response = at("/extended/").successful(V["V15"])
    assert response.single.status_raw.hex() == "a116180f31393730303130313030303030305aa0030a0106"
    assert (ocsp.EXTENDED_REVOKE, False, b"\x05\x00") in response.extensions
    forbidden = (ocsp.CRL_ID, ocsp.REASON_CODE, ocsp.INVALIDITY_DATE)
    assert not any(response.single.extension(oid) for oid in forbidden)
    assert at("/extended/").status(worlds.EE) == "good"


def test_S_07_this_update_is_when_the_status_was_known(timed, world):
    """A register that is asked live vouches for the moment it was asked, and an answer kept in store does
    not renew it."""
    client = Client(timed(), world.test)
    server = client.server
    first = client.single(worlds.GOOD[0])
    assert abs(first.this_update - pki.now()) < 60 * SECOND
    server.shim.move_clock(1800)
    assert client.single(worlds.GOOD[0]).this_update == first.this_update
    assert abs(client.single(worlds.GOOD[1]).this_update - pki.now() - 1800 * SECOND) < 60 * SECOND


def test_S_07_of_a_list_it_is_this_update(own, world):
    """Asked three hours later, too: nobody has known anything since."""
    encoded = crl.sound(world.test, crl_stands.REVOKED, this_update=crl.hours(-1), next_update=crl.hours(9))
    stand = own(encoded)
    serials = (crl_stands.GOOD, crl_stands.REVOKED, crl_stands.NEVER)
    assert [stand.single(s).this_update for s in serials] == [crl.times_of(encoded)[0]] * 3
    stand.server.shim.move_clock(3 * 3600)
    assert [stand.fresh(s).this_update for s in serials] == [crl.times_of(encoded)[0]] * 3


def test_S_07_of_an_index_it_is_the_moment_of_the_question(timed, world, tmp_path):
    file = crl_stands.write(tmp_path / "index.txt", crl_stands.index_row("V", worlds.EE))
    client = Client(timed(sources=[f"index:{file}"]), world.test)
    assert client.status(worlds.EE) == "good"
    assert abs(client.single(worlds.EE).this_update - pki.now()) < 120 * SECOND


@pytest.mark.parametrize("order", ["list first", "index first"])
def test_S_07_of_several_sources_it_is_the_earliest(own, world, tmp_path, order):
    """What the first source does not know, the second does: the answer rests on both."""
    encoded = crl.sound(world.test, this_update=crl.hours(-5), next_update=crl.hours(3))
    index = "index:" + str(crl_stands.write(tmp_path / "index.txt", crl_stands.index_row("V", worlds.EE)))
    stand = own(encoded, issued=None, sources=["crl", index] if order == "list first" else [index, "crl"])
    serial = worlds.EE if order == "list first" else crl_stands.NEVER
    single = stand.single(serial)
    assert single.status == ("good" if order == "list first" else "unknown")
    assert single.this_update == crl.times_of(encoded)[0] and single.next_update <= crl.times_of(encoded)[1]


def test_S_08_produced_at_stays_with_the_stored_answer(timed, world):
    client = Client(timed(validity="24h"), world.test)
    first = client.post(V["V02"]).body
    client.server.shim.move_clock(3600)
    assert client.post(V["V02"]).body == first
    assert client.get(V["V02"]).body == first
    fresh = client.successful(V["V21"])
    assert fresh.produced_at - ocsp.decode(first).produced_at >= 3600 * SECOND


def test_S_09_next_update_is_always_there(answers):
    for response in answers:
        for single in response.singles:
            assert single.next_update is not None


@pytest.mark.parametrize("prefix, seconds", [("/", 86400), ("/short/", 600), ("/webpki/", 4 * 86400)])
def test_S_09_next_update_ends_the_validity_of_the_policy(at, prefix, seconds):
    single = at(prefix).single(worlds.GOOD[2])
    assert single.next_update - single.this_update == datetime.timedelta(seconds=seconds - 1)


@pytest.mark.parametrize("serial", [crl_stands.GOOD, crl_stands.REVOKED, crl_stands.NEVER])
def test_S_09_next_update_is_within_that_of_the_list(own, world, serial):
    """Policy: 24 h, and the list ends in two."""
    encoded = crl.sound(world.test, crl_stands.REVOKED, next_update=crl.hours(2))
    stand = own(encoded)
    assert pki.now() < stand.single(serial).next_update <= crl.times_of(encoded)[1]
    stand.server.shim.move_clock(3600)
    assert stand.fresh(serial).next_update <= crl.times_of(encoded)[1]
    answer = stand.client.post(stand.client.request(serial))
    assert 0 < int(answer.cache_control()["max-age"]) < 3600 + 60


def test_S_10_times_are_in_order(main, world, gallery):
    for client, response in gallery.values():
        for single in response.singles:
            assert single.this_update <= response.produced_at < single.next_update
    answer = Client(main, world.test).post(V["V02"])
    response = ocsp.decode(answer.body)
    assert response.produced_at <= http_now(answer) + SECOND
    assert http_now(answer) < response.single.next_update


def short_lived(world, stem, seconds, authority="test"):
    """A signer whose certificate ends in that many seconds."""
    end = pki.now() + datetime.timedelta(seconds=seconds)
    if authority == "self":
        return world.add(stem, pki.authority(stem, pki.key("p256", stem), not_after=end))
    return world.add_signer(stem, getattr(world, authority), "p256", not_after=end)


@pytest.mark.parametrize("profile", ["rfc6960", "enterprise", "webpki", "etsi"])
def test_S_11_no_answer_outlives_its_signer(timed, world, profile):
    """The signer ends, nothing can renew the answer, and what is in store is not served past its
    nextUpdate."""
    stem = f"ending-{profile}"
    signer = short_lived(world, stem, 9 * 3600)
    client = Client(timed(world.issuer("ending", "test", "/", stem, profile=profile)), world.test)
    answer = client.successful(V["V02"])
    assert answer.single.next_update <= signer.not_after
    client.server.shim.move_clock(int((answer.single.next_update - pki.now()).total_seconds()) + 60)
    if pki.now() + datetime.timedelta(seconds=client.server.shim.read()[0]) > signer.not_after:
        assert client.post(V["V02"]).body == ocsp.TRY_LATER
        assert client.get(V["V02"]).body == ocsp.TRY_LATER
    else:
        assert client.successful(V["V02"]).produced_at > answer.produced_at


def test_S_11_no_answer_outlives_a_ca_that_signs_itself(timed, world):
    ca = short_lived(world, "ending-self", 3 * 3600, authority="self")
    world.add_serials("ending-self", worlds.EE)
    client = Client(timed(world.issuer("ending", "ending-self", "/", "ending-self")), ca)
    request = client.request(worlds.EE)
    assert client.successful(request).single.next_update <= ca.not_after
    client.server.shim.move_clock(3 * 3600 + 60)
    assert client.post(request).body == ocsp.TRY_LATER


@pytest.fixture
def own_database(world, tmp_path, monkeypatch):
    """A database that a test may spoil."""
    monkeypatch.setattr(world, "database", tmp_path / "own.db")
    world.add_serials("test", worlds.EE, *worlds.GOOD[:8])
    return world.database


def test_S_12_a_database_that_is_away_gives_try_later(timed, world, own_database, tmp_path):
    client = Client(timed(), world.test)
    assert client.status(worlds.GOOD[0]) == "good"
    away = own_database.rename(tmp_path / "away.db")
    client.server.wait_event("source_unavailable")
    assert client.post(client.request(worlds.GOOD[1])).body == ocsp.TRY_LATER
    assert client.post(V["V21"]).body == ocsp.TRY_LATER
    away.rename(own_database)
    rawhttp.until(lambda: client.ask(client.request(worlds.GOOD[1])).status == "successful")
    assert client.status(worlds.GOOD[1]) == "good"


def test_S_12_a_database_in_a_state_that_cannot_be_gives_internal_error(timed, world, own_database):
    client = Client(timed(), world.test)
    assert client.status(worlds.GOOD[0]) == "good"
    with sqlite3.connect(own_database) as database:
        database.execute("PRAGMA ignore_check_constraints = ON")
        table, column = status_column(database)
        database.execute(f"UPDATE {table} SET {column} = 77")
    rawhttp.until(lambda: client.post(client.request(worlds.GOOD[1])).body == ocsp.INTERNAL_ERROR)
    assert client.post(V["V21"]).body == ocsp.INTERNAL_ERROR


def status_column(database):
    """The table and column that hold the status of certificates."""
    tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    for table in tables:
        columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        if "serial_number" in columns and "cert_status" in columns:
            return table, "cert_status"
    raise AssertionError(f"no table with serial_number and cert_status among {tables}")


@pytest.mark.parametrize("source", ["index", "crl"])
def test_S_12_files_that_are_away_change_no_status(own, timed, world, tmp_path, source):
    """What was read stays true until it ends; what could not be read is tryLater, never good or unknown."""
    file = tmp_path / "source"
    if source == "index":
        crl_stands.write(file, crl_stands.index_row("V", worlds.EE) + crl_stands.index_row("R", worlds.REVOKED))
    else:
        crl_stands.write(file, crl.sound(world.test, worlds.REVOKED))
    client = Client(timed(sources=[f"{source}:{file}"]), world.test)
    before = [client.status(s) for s in (worlds.EE, worlds.REVOKED)]
    assert before == ["good" if source == "index" else "unknown", "revoked"]
    file.unlink()
    end = time.monotonic() + 1
    while time.monotonic() < end:
        for serial, was in zip((worlds.EE, worlds.REVOKED), before):
            response = client.ask(client.request(serial))
            assert response.status == "tryLater" or response.single.status == was


@pytest.mark.parametrize("damage", [b"", b"V\t301231235959Z\t\t01AAF0", b"X\t\t\tzz\n", b"\0" * 64])
def test_S_12_a_damaged_index_changes_no_status(timed, world, tmp_path, damage):
    rows = crl_stands.index_row("V", worlds.EE) + crl_stands.index_row("R", worlds.REVOKED)
    file = crl_stands.write(tmp_path / "index.txt", rows)
    client = Client(timed(sources=[f"index:{file}"]), world.test)
    assert client.status(worlds.EE) == "good"
    crl_stands.write(tmp_path / "fresh", damage).rename(file)
    end = time.monotonic() + 1
    while time.monotonic() < end:
        response = client.ask(client.request(worlds.REVOKED))
        assert response.status == "tryLater" or response.single.status == "revoked"
        response = client.ask(client.request(worlds.EE))
        assert response.status == "tryLater" or response.single.status == "good"


def test_S_13_a_compromised_ca_has_revoked_everything(timed, world):
    """RFC 6960 2.7: every serial number, and the log says why."""
    site = Client(timed(compromised="2026-07-01T12:00:00Z"), world.test)
    since = datetime.datetime(2026, 7, 1, 12, tzinfo=datetime.timezone.utc)
    for serial in (worlds.EE, worlds.GOOD[0], worlds.NOT_ISSUED):
        single = site.single(serial)
        assert (single.status, single.reason) == ("revoked", 2) and single.revocation_time <= since
    earlier = site.single(worlds.REVOKED)
    assert earlier.status == "revoked" and earlier.revocation_time <= worlds.REVOKED_AT
    assert any("compromised" in line for line in site.server.lines if line)


def test_S_13_a_compromise_takes_effect_by_reload(timed, world):
    server = timed()
    site = Client(server, world.test)
    assert site.status(worlds.GOOD[0]) == "good"
    server.configure(world.config(world.test_issuer(compromised="2026-07-01T12:00:00Z")))
    server.reload()
    rawhttp.until(lambda: site.ask(site.request(worlds.GOOD[0])).singles[0].status == "revoked")
    assert site.single(worlds.GOOD[0]).reason == 2


def test_S_14_unspecified_is_said_by_absence(site):
    single = site.single(worlds.NO_REASON)
    assert single.status_raw.hex() == "a111180f" + b"20260701123456Z".hex()


@pytest.mark.parametrize("reason", ["7", "8", "removeFromCRL", "unused", "keycompromised"])
def test_S_14_reasons_that_cannot_be_are_refused(world, site, reason):
    done = world.revoke("test", worlds.GOOD[3], reason=reason, code=None)
    assert done.returncode in (1, 2) and done.stderr.startswith("vouch: ")
    assert site.status(worlds.GOOD[3]) == "good"


def test_S_15_a_permanent_revocation_stays(world, site):
    for verb in ("release", "hold"):
        done = world.command(verb, "test", *worlds.serial_arguments([worlds.REVOKED]), code=1)
        assert done.stderr.startswith("vouch: ")
    single = site.single(worlds.REVOKED)
    assert (single.status, single.reason, single.revocation_time) == ("revoked", 1, worlds.REVOKED_AT)


def test_S_15_a_hold_may_be_lifted(world, site):
    serial = 0x401D2
    world.command("hold", "test", *worlds.serial_arguments([serial]))
    assert rawhttp.until(lambda: site.single(serial).reason == 6)
    world.command("release", "test", *worlds.serial_arguments([serial]))
    assert rawhttp.until(lambda: site.status(serial) == "good")


def test_S_16_a_mixed_request_is_answered_entry_by_entry(site):
    singles = site.successful(V["V13"]).singles
    assert [s.status_raw for s in singles] == [b"\x80\x00", b"\x82\x00"]
    assert [s.serial for s in singles] == [worlds.EE, 5]


def test_S_17_a_revocation_reaches_every_answer_within_a_second(world, site):
    serial = worlds.GOOD[4]
    requests = [site.request(serial, hash_name=name) for name in ("sha1", "sha256", "sha384", "sha512")]
    asks = [ask for r in requests for ask in (lambda r=r: site.ask(r), lambda r=r: site.ask_get(r))]
    assert {ask().single.status for ask in asks} == {"good"}
    world.revoke("test", serial, reason="superseded")
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(len(asks)) as pool:
        waits = [pool.submit(rawhttp.until, lambda a=ask: a().single.status == "revoked") for ask in asks]
        [wait.result() for wait in waits]
    assert time.monotonic() - begin < 3, "the lease is one second; the rest is the time of the test itself"
    assert {ask().single.reason for ask in asks} == {4}


def revoking_list(world, tmp_path):
    """(URI, what revokes): a CRL, and a newer one."""
    file = crl_stands.write(tmp_path / "ca.crl", crl.sound(world.test, number=1))
    issued = crl_stands.write(tmp_path / "issued", crl_stands.serial_lines([crl_stands.GOOD]))

    def revoke():
        newer = crl.sound(world.test, crl.Entry(crl_stands.GOOD, reason=4), number=2)
        crl_stands.write(tmp_path / "fresh", newer).rename(file)

    return f"crl:{file}?issued={issued}", revoke


def revoking_index(world, tmp_path):
    file = crl_stands.write(tmp_path / "index.txt", crl_stands.index_row("V", crl_stands.GOOD))

    def revoke():
        crl_stands.write(tmp_path / "fresh", crl_stands.index_row("R", crl_stands.GOOD, "superseded")).rename(file)

    return f"index:{file}", revoke


@pytest.mark.parametrize("make", [revoking_list, revoking_index])
def test_S_17_a_file_that_is_renamed_reaches_every_answer_within_a_second(timed, world, tmp_path, make):
    source, revoke = make(world, tmp_path)
    site = Client(timed(sources=[source]), world.test)
    requests = [site.request(crl_stands.GOOD, hash_name=name) for name in ("sha1", "sha256", "sha384", "sha512")]
    asks = [ask for r in requests for ask in (lambda r=r: site.ask(r), lambda r=r: site.ask_get(r))]
    assert {ask().single.status for ask in asks} == {"good"}
    revoke()
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(len(asks)) as pool:
        waits = [pool.submit(rawhttp.until, lambda a=ask: a().single.status == "revoked") for ask in asks]
        [wait.result() for wait in waits]
    assert time.monotonic() - begin < 3, "a second, and what the test itself takes"
    assert {ask().single.reason for ask in asks} == {4}


def test_S_18_a_revocation_of_the_future_does_not_show_yet(timed, world):
    client = Client(timed(), world.test)
    serial = 0x0BAD18
    world.add_serials("test", serial)
    begin = pki.now()
    world.revoke("test", serial, at=begin + datetime.timedelta(hours=1))
    request = client.request(serial)
    rawhttp.until(lambda: client.ask(request).singles[0].status != "unknown")
    assert client.ask(request).single.status == "good"
    client.server.shim.move_clock(3601)
    rawhttp.until(lambda: client.ask(request).single.status == "revoked", deadline=3)
    assert client.ask(request).single.revocation_time == begin + datetime.timedelta(hours=1)


@pytest.mark.parametrize("source", ["crl", "index"])
def test_S_18_of_a_file_that_does_not_change_it_shows_in_time(timed, world, tmp_path, source):
    when = pki.now() + datetime.timedelta(hours=1)
    if source == "crl":
        revoked = crl.Entry(worlds.EE, when=when, reason=1)
        file = crl_stands.write(tmp_path / "ca.crl", crl.sound(world.test, revoked, next_update=crl.hours(5)))
    else:
        row = crl_stands.index_row("R", worlds.EE, "keyCompromise", revoked_at=f"{when:%y%m%d%H%M%SZ}")
        file = crl_stands.write(tmp_path / "index.txt", row)
    client = Client(timed(sources=[f"{source}:{file}"]), world.test)
    single = client.single(worlds.EE)
    assert single.status == "good" and single.next_update <= when and single.extensions == []
    client.server.shim.move_clock(3601)
    rawhttp.until(lambda: client.ask(client.request(worlds.EE)).single.status == "revoked", deadline=3)
    single = client.single(worlds.EE)
    assert (single.revocation_time, single.reason) == (when, 1)
