# SPDX-License-Identifier: Apache-2.0
"""A register on any database server: what is committed shows; what happens when the server stops, dies, hangs or goes back in time."""

import concurrent.futures
import time
import urllib.parse

import pytest

from on_server import PASSWORD, OnMariaDB, OnPostgres
from registered import (RECOVERY_SECONDS, SHOWS_SECONDS, SLOW, MariaRegister, PostgresRegister, bench, empty, registered, shows,
                        stored)
from site_of_tests import GOOD, HELD, REVOKED, Site
from support import rawhttp
from support.client import Client
from test_processes import Load

KINDS = {"postgres": (OnPostgres, PostgresRegister), "mariadb": (OnMariaDB, MariaRegister)}


@pytest.fixture(scope="session", params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def database(request, kind):
    return request.getfixturevalue(kind)


@pytest.fixture
def site(tmp_path, database, kind):
    with registered(KINDS[kind][1], tmp_path / "site", database) as made:
        yield made


# --- What is in it -----------------------------------------------------------------------------------------


def test_what_the_register_says_is_answered(site):
    with site.serve() as server:
        client = site.client(server)
        assert [client.status(serial) for serial in (GOOD, REVOKED, HELD, 0x44)] == ["good", "revoked", "revoked", "unknown"]
        assert client.single(REVOKED).reason == 1
        assert PASSWORD not in server.errors


def test_over_tcp_as_well(site):
    with site.serve(source=site.uri(tcp=True)) as server:
        assert site.client(server).status(GOOD) == "good"


def test_long_and_negative_serial_numbers_are_kept_apart(site):
    serials = [0x01, 0x7F, 0x80, -1, -128, 2 ** 159 - 1, 2 ** 160, 2 ** 500]
    for serial in serials[::2]:
        site.register("add", "--serial", f"{serial:x}" if serial >= 0 else f"-{-serial:x}")
    with site.serve() as server:
        client = site.client(server)
        assert [client.status(serial) for serial in serials] == ["good", "unknown"] * 4


def test_all_that_is_known_of_a_certificate_comes_back(site):
    site.register("revoke", "--serial", "71", "--reason", "cessationOfOperation", "--at", "2024-02-29T23:59:59Z",
                  "--invalidity-date", "1999-12-31T23:59:59Z")
    with site.serve() as server:
        single = site.client(server).single(0x71)
        assert single.reason == 5 and single.revocation_time.isoformat() == "2024-02-29T23:59:59+00:00"


def test_a_permanent_revocation_stays_whoever_writes(site):
    done = site.register("hold", "--serial", f"{REVOKED:x}", code=1)
    assert "RFC 5280 5.3.1" in done.stderr


def test_the_status_command_lists_where_it_comes_from(site):
    text = site.status(site.uri(), f"{GOOD:x}", code=0)
    assert f"{site.scheme}://vouch@" in text and PASSWORD not in text


def test_a_database_without_tables_says_what_to_run_and_is_filled_by_add(site, database, kind):
    with empty(KINDS[kind][0], database) as other:
        assert "001_register.sql" in site.status(other.uri())
        site.register("add", "--serial", "1", uri=other.uri())
        site.register("add", "--serial", "2", uri=other.uri())
        assert "good" in site.status(other.uri(), code=0)
        other.sql(site.BE_NEWER)
        assert "newer vouch" in site.status(other.uri())


# --- What changes ------------------------------------------------------------------------------------------


def test_a_transaction_that_was_rolled_back_changes_nothing(site):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql("BEGIN; " + site.REVOKE % GOOD + " ROLLBACK;")
        site.register("add", "--serial", "61")
        shows(client, 0x61, "good")
        assert client.status(GOOD) == "good"


def test_changes_that_are_too_many_to_tell_are_all(site):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql(site.ADD_MANY % 70000 + site.REVOKE % GOOD)
        shows(client, GOOD, "revoked", 3 * SHOWS_SECONDS)


def test_a_log_that_was_emptied_means_all(site):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql("BEGIN; " + site.REVOKE % GOOD + site.FORGET_CHANGES + " COMMIT;")
        shows(client, GOOD, "revoked")


def test_a_restored_copy_of_the_files_drops_every_stored_answer(site, database, tmp_path):
    backup = tmp_path / "backup"
    database.stop()
    database.copy(backup)
    database.start()
    site.register("revoke", "--serial", f"{GOOD:x}", "--reason", "keyCompromise")
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD, REVOKED)
        assert client.status(GOOD) == "revoked"
        database.stop()
        database.restore(backup)
        database.start()
        shows(client, GOOD, "good", RECOVERY_SECONDS)
        # The copy goes another way, through the same positions.
        site.register("revoke", "--serial", f"{HELD:x}", "--reason", "superseded")
        shows(client, GOOD, "good", RECOVERY_SECONDS)
        shows(client, HELD, "revoked", RECOVERY_SECONDS)


# --- Away --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_server_that_goes_and_comes_back_under_load(site, database, end):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD, REVOKED)
        with Load(server, site, rate=200) as load:
            for _ in range(2):
                getattr(database, end)()
                rawhttp.until(lambda: client.live(GOOD) == "tryLater")
                database.start()
                begun = time.monotonic()
                rawhttp.until(lambda: client.live(GOOD) == "successful")
                taken = time.monotonic() - begun
                print(f"{end}: answers again {taken:.2f} s after the database")
                assert taken <= RECOVERY_SECONDS, taken
        load.assert_only("successful", "tryLater")
        site.register("revoke", "--serial", f"{GOOD:x}", "--reason", "keyCompromise")
        shows(client, GOOD, "revoked")


def test_a_responder_starts_without_its_database_and_recovers(site, database):
    database.stop()
    with site.serve() as server:
        client = site.client(server)
        assert client.ask(client.request(GOOD)).status == "tryLater"
        assert PASSWORD not in server.errors and urllib.parse.quote(PASSWORD, safe="") not in server.errors
        database.start()
        begun = time.monotonic()
        rawhttp.until(lambda: client.ask(client.request(GOOD)).status == "successful")
        assert time.monotonic() - begun <= RECOVERY_SECONDS


@pytest.mark.parametrize("how", ["paused", "locked"])
def test_a_database_that_hangs_delays_nobody_else(site, database, tmp_path, how):
    """Another issuer's stored answers go on, for two leases and until lookups are given up on; its own are tryLater, and
    no thread is stuck for good."""
    other = Site(tmp_path / "other")
    config = site.config()
    config["issuers"][0]["path"] = "/hangs/"
    config["issuers"].append({**other.config()["issuers"][0], "name": "other", "path": "/other/"})
    server = site.serve(name="two")
    server.configure(config)
    with server, concurrent.futures.ThreadPoolExecutor(4) as pool:
        hanging, quick = Client(server, site.ca, "/hangs/"), Client(server, other.ca, "/other/")
        stored(hanging, GOOD)
        stored(quick, GOOD)
        misses = server.metric("vouch_cache_misses_total")
        with database.paused() if how == "paused" else site.locked():
            until, longest, asked = time.monotonic() + 2, 0.0, 0
            waiting = [pool.submit(hanging.live, REVOKED) for _ in range(4)]
            while time.monotonic() < until or not all(one.done() for one in waiting):
                begun = time.monotonic()
                assert quick.status(GOOD) == "good"
                longest = max(longest, time.monotonic() - begun)
                asked += 1
            assert longest < 0.5 * SLOW, longest
            assert server.metric("vouch_cache_misses_total") - misses < asked / 2, "the other issuer's answers did not stand"
            assert {one.result() for one in waiting} == {"tryLater"}
            begun = time.monotonic()
            assert hanging.live(REVOKED) == "tryLater"
            assert time.monotonic() - begun < 3 * SLOW
            if how == "locked":
                begun = time.monotonic()
                assert hanging.status(GOOD) == "good", "what is stored and confirmed does not wait for a lookup"
                assert time.monotonic() - begun < 0.5 * SLOW
        rawhttp.until(lambda: hanging.live(REVOKED) == "successful", deadline=10 * SLOW)


def test_a_command_gives_up_on_a_database_that_hangs(site, database):
    with database.paused():
        begun = time.monotonic()
        text = site.status(site.uri(timeout="1s"))
        assert time.monotonic() - begun < 8 * SLOW and text.startswith(f"vouch: status: {site.scheme}://vouch@"), text


def test_more_lookups_than_connections_wait_for_their_turn(site):
    with site.serve(source=site.uri(connections=2)) as server:
        bench(server, site, 2000)
        assert int(site.sql(site.COUNT_CONNECTIONS)) <= 3, "two that look up, and one that follows"


# --- Tables of one's own -----------------------------------------------------------------------------------


def test_tables_of_ones_own_are_read_by_a_query(site):
    site.sql(site.OWN)
    with site.serve(source=site.uri(query=site.QUERY, changes=site.CHANGES)) as server:
        client = site.client(server)
        stored(client, GOOD, 0x2F, 0x33)
        assert [client.status(serial) for serial in (GOOD, 0x2F, REVOKED, 0x33)] == ["good", "good", "revoked", "unknown"]
        single = client.single(REVOKED)
        assert single.reason == 1 and single.revocation_time.isoformat() == "2026-01-02T03:04:05+00:00"
        site.sql(site.REVOKE_OWN % GOOD + "INSERT INTO ca_log (serial) VALUES ('11')")
        shows(client, GOOD, "revoked")


def test_settings_beside_the_uri_are_its_parameters(site):
    site.sql(site.OWN)
    with site.serve(source={"uri": site.uri(), "query": site.QUERY, "changes": site.CHANGES}) as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql(site.REVOKE_OWN % GOOD + "INSERT INTO ca_log (serial) VALUES ('11')")
        shows(client, GOOD, "revoked")


def test_without_a_change_log_their_answers_stand_for_a_lease(site):
    site.sql(site.OWN)
    query = "SELECT state AS status, revoked AS revoked_at FROM ca_certs WHERE raw = :serial_bytes"
    with site.serve(source=site.uri(query=query)) as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql(site.REVOKE_OWN % GOOD)
        shows(client, GOOD, "revoked")


def test_tables_of_ones_own_come_back_with_their_server(site, database):
    site.sql(site.OWN)
    with site.serve(source=site.uri(query=site.QUERY, changes=site.CHANGES)) as server:
        client = site.client(server)
        stored(client, GOOD)
        database.stop()
        rawhttp.until(lambda: client.live(GOOD) == "tryLater")
        database.start()
        rawhttp.until(lambda: client.live(GOOD) == "successful", deadline=RECOVERY_SECONDS)
        site.sql(site.REVOKE_OWN % GOOD + "INSERT INTO ca_log (serial) VALUES ('11')")
        shows(client, GOOD, "revoked")


@pytest.mark.parametrize("query, says", [
    ("SELECT state AS status FROM ca_certs WHERE serial = :serial_hex", "revoked_at"),
    ("SELECT state AS status, revoked AS revoked_at, why AS colour FROM ca_certs WHERE serial = :serial_hex", "colour"),
    ("SELECT state AS status, revoked AS revoked_at FROM nowhere WHERE serial = :serial_hex", "nowhere"),
    ("SELECT state AS status, revoked AS revoked_at FROM ca_certs WHERE serial = :serial_hexx", "serial_hexx"),
    ("DELETE FROM ca_certs WHERE serial = :serial_hex", "SELECT"),
])
def test_a_query_that_cannot_be_right_says_what_is_wrong(site, query, says):
    site.sql(site.OWN)
    text = site.status(site.uri(query=query), "11")
    assert says in text and PASSWORD not in text, text


def test_a_status_that_nobody_knows_is_never_good(site):
    site.sql(site.OWN)
    query = "SELECT 'perhaps' AS status, revoked AS revoked_at FROM ca_certs WHERE serial = :serial_hex"
    with site.serve(source=site.uri(query=query)) as server:
        client = site.client(server)
        assert client.ask(client.request(GOOD)).status == "internalError"


def test_tables_of_ones_own_are_not_written_to(site):
    site.sql(site.OWN)
    done = site.register("add", "--serial", "77", uri=site.uri(query=site.QUERY), code=1)
    assert "cannot be written" in done.stderr, done.stderr
