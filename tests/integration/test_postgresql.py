# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL as the register: what is its own beside test_register_servers.py."""

import contextlib
import signal
import socket
import threading
import time
import urllib.parse

import pytest

from on_server import PASSWORD, OnPostgres
from registered import RECOVERY_SECONDS, SHOWS_SECONDS, SLOW, PostgresRegister, bench, empty, registered, shows, stored
from site_of_tests import GOOD, HELD, REVOKED
from support import rawhttp
from test_processes import Load


@pytest.fixture
def database(postgres):
    return postgres


@pytest.fixture
def site(tmp_path, database):
    with registered(PostgresRegister, tmp_path / "site", database) as made:
        yield made


# --- What is in it -----------------------------------------------------------------------------------------


def test_a_name_is_looked_up_by_the_server_process_behind_its_sandbox(site):
    with site.serve(source=site.uri(tcp=True).replace("@127.0.0.1:", "@localhost:")) as server:
        assert site.client(server).status(GOOD) == "good"


def test_a_serial_number_in_sql_is_the_one_of_the_certificate(site):
    texts = {"0": "00", "0x00": "00", "7f": "7f", "80": "0080", "0x0A:bC": "0abc", "abc": "0abc", "ff": "00ff", "100": "0100"}
    for text, octets in texts.items():
        assert site.sql(f"SELECT encode(vouch.serial('{text}'), 'hex')").strip() == octets


# --- What changes ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["listening", "listening only to read", "polling"])
def test_a_revocation_shows_within_a_second(site, how):
    if how == "polling":
        site.sql("CREATE OR REPLACE FUNCTION vouch.log_certificate() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN "
                 "INSERT INTO vouch.changes (issuer, serial_number) VALUES (NEW.issuer, NEW.serial_number); RETURN NULL; END $$;")
    # So slow a poll that only a notification can be in time.
    with site.serve(source=site.uri(poll="200ms" if how == "polling" else "60s", mode="ro" if "read" in how else "rw"), issuer={"lease": "60s"}) as server:
        client = site.client(server)
        stored(client, GOOD)
        site.register("revoke", "--serial", f"{GOOD:x}", "--reason", "superseded")
        print("%s: revoked shows after %.2f s" % (how, shows(client, GOOD, "revoked")))


def test_a_row_that_somebody_else_writes_shows_as_well(site):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD, 0x77)
        site.sql(site.REVOKE % GOOD)
        shows(client, GOOD, "revoked")
        site.sql("INSERT INTO vouch.certificates (issuer, serial_number, cert_status) SELECT number, vouch.serial('77'), 1 FROM vouch.issuers")
        shows(client, 0x77, "good")
        site.sql(f"DELETE FROM vouch.certificates WHERE serial_number = '\\x{HELD:02x}'")
        shows(client, HELD, "unknown")
        stored(client, 0x77)
        site.sql("TRUNCATE vouch.certificates")
        shows(client, 0x77, "unknown")


def test_transactions_that_commit_in_another_order_than_they_wrote_are_both_seen(site, database):
    for serial in (0x51, 0x52):
        site.register("add", "--serial", f"{serial:x}")
    with site.serve() as server:
        client = site.client(server)
        stored(client, 0x51, 0x52)
        slow = site.session("BEGIN", site.REVOKE % 0x51)
        quick = site.session("BEGIN", site.REVOKE % 0x52, "COMMIT")
        # The later one shows although the earlier one is still open, and may be for hours.
        shows(client, 0x52, "revoked")
        stored(client, 0x51)
        assert client.status(0x51) == "good"
        slow.say("COMMIT")
        shows(client, 0x51, "revoked")
        for session in (slow, quick):
            session.end()


def test_a_transaction_that_prepares_and_commits_much_later_is_seen(site, database):
    """Through many positions of others: it took its own before all of them."""
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD)
        slow = site.session("BEGIN", site.REVOKE % GOOD)
        for serial in range(0x100, 0x110):
            site.sql(f"INSERT INTO vouch.certificates (issuer, serial_number, cert_status) SELECT number, vouch.serial('{serial:x}'), 1 FROM vouch.issuers")
            stored(client, GOOD)
        slow.say("COMMIT")
        shows(client, GOOD, "revoked")
        slow.end()


def test_pruning_keeps_what_somebody_may_not_have_read(site, database):
    with site.serve() as server:
        client = site.client(server)
        slow = site.session("BEGIN", site.REVOKE % GOOD)
        stored(client, GOOD)
        site.sql("INSERT INTO vouch.certificates (issuer, serial_number, cert_status) SELECT number, decode(lpad(to_hex(n), 8, '0'), 'hex'), 1 "
                 "FROM vouch.issuers, generate_series(16777216, 16777216 + 3000) AS n; UPDATE vouch.changes SET changed = now() - interval '30 days';")
        # The open transaction is as old as the oldest that reads; none that is younger goes.
        assert site.sql("SET ROLE reader; SELECT vouch.prune()").strip() == "5"     # what made the site
        slow.say("UPDATE vouch.changes SET changed = now() - interval '30 days' WHERE transaction = pg_current_xact_id()")
        # Committed and pruned at once, before anybody read it: whoever has not seen it is told that all may have changed.
        server.process.send_signal(signal.SIGSTOP)
        slow.say("COMMIT")
        assert int(site.sql("SELECT vouch.prune()")) > 1000
        server.process.send_signal(signal.SIGCONT)
        shows(client, GOOD, "revoked")
        slow.end()


def test_writers_of_ours_wait_for_each_other(site, database):
    """Between the look at a record and its change nobody else may revoke it."""
    slow = site.session("BEGIN", site.REVOKE % GOOD)
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'ShareRowExclusiveLock'"
    done = []
    thread = threading.Thread(target=lambda: done.append(site.register("hold", "--serial", f"{GOOD:x}", code=1)))
    thread.start()
    rawhttp.until(lambda: site.sql(waits).strip() == "1")
    slow.say("COMMIT")
    thread.join(30)
    assert "RFC 5280 5.3.1" in done[0].stderr
    slow.end()


# --- Backups -----------------------------------------------------------------------------------------------


def test_a_restored_dump_drops_every_stored_answer(site, database):
    dump = database.dump(site.name)
    site.register("revoke", "--serial", f"{GOOD:x}", "--reason", "keyCompromise")
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD)
        assert client.status(GOOD) == "revoked"
        site.sql("BEGIN; DROP SCHEMA vouch CASCADE;" + dump.replace("SELECT pg_catalog.set_config('search_path', '', false);", "") + "COMMIT;")
        shows(client, GOOD, "good", RECOVERY_SECONDS)
        site.register("revoke", "--serial", f"{GOOD:x}", "--reason", "superseded")
        shows(client, GOOD, "revoked")


def test_positions_of_another_cluster_hide_nothing(site):
    """A dump that was restored where fewer transactions have been: its log is of the future."""
    with site.serve() as server:
        client = site.client(server)
        site.sql("UPDATE vouch.changes SET transaction = '4000000000'; UPDATE vouch.register SET pruned = '4000000000'")
        stored(client, GOOD)
        misses = server.metric("vouch_cache_misses_total")
        site.register("revoke", "--serial", f"{GOOD:x}", "--reason", "superseded")
        shows(client, GOOD, "revoked")
        stored(client, REVOKED)
        asked = server.metric("vouch_cache_misses_total")
        for _ in range(20):
            client.status(REVOKED)
            time.sleep(0.05)
        assert server.metric("vouch_cache_misses_total") - asked <= 2 and asked > misses, "told that all has changed, again and again"


# --- Away --------------------------------------------------------------------------------------------------


def test_a_server_that_is_started_again_costs_no_answer_that_can_wait(site, database):
    """Connections that broke are no answer: others are made before anybody is told to come later."""
    with site.serve() as server:
        client = site.client(server)
        for serial in (GOOD, REVOKED, HELD):
            assert client.live(serial) == "successful"
            site.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            assert client.live(serial) == "successful"
        stored(client, GOOD)
        site.register("revoke", "--serial", f"{GOOD:x}", "--reason", "superseded")
        shows(client, GOOD, "revoked")


def test_a_database_that_is_away_is_not_stormed(site, database):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD)
        database.stop()
        # Somebody who counts who comes, in its place.
        counter, came = socket.socket(socket.AF_UNIX), []
        path = database.folder / f".s.PGSQL.{database.port}"
        counter.bind(str(path))
        counter.listen(64)
        counter.settimeout(0.1)
        try:
            until = time.monotonic() + 3
            with Load(server, site, rate=200) as load:
                while time.monotonic() < until:
                    with contextlib.suppress(TimeoutError):
                        connection, _ = counter.accept()
                        connection.close()
                        came.append(time.monotonic())
            assert set(load.result["response_status"]) == {"tryLater"} and not any(load.result["errors"].values()), load.result
        finally:
            counter.close()
            path.unlink()
        print(f"{len(came)} connections in 3 s and a start")
        assert len(came) <= 40, came
        database.start()
        rawhttp.until(lambda: client.live(GOOD) == "successful")


def test_a_slow_database_is_given_up_on_until_it_answers(site, database):
    """After as many late answers as there are connections nobody waits any more."""
    with site.serve(source=site.uri(connections=2, timeout="500ms")) as server:
        client = site.client(server)
        assert client.live(GOOD) == "successful"
        with site.locked():
            for _ in range(3):
                client.live(GOOD)
            begun = time.monotonic()
            for _ in range(5):
                assert client.live(GOOD) == "tryLater"
            assert time.monotonic() - begun < 1.5 * SLOW
        rawhttp.until(lambda: client.live(GOOD) == "successful", deadline=RECOVERY_SECONDS)


def test_a_server_that_has_few_connections_left_is_used_with_those(site, database):
    site.sql("ALTER ROLE vouch CONNECTION LIMIT 3")
    try:
        with site.serve(source=site.uri(connections=16)) as server:
            bench(server, site, 2000)
            # The one that listens goes, and its place is taken: the lookups leave it one again.
            site.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_current_snapshot%' "
                     "AND pid <> pg_backend_pid()")
            bench(server, site, 2000)
            client = site.client(server)
            rawhttp.until(lambda: client.status(REVOKED) == "revoked")
            stored(client, GOOD)
            site.sql(site.REVOKE % GOOD)
            shows(client, GOOD, "revoked")
    finally:
        site.sql("ALTER ROLE vouch CONNECTION LIMIT -1")


# --- Several servers ---------------------------------------------------------------------------------------


def test_of_several_hosts_one_that_answers_is_asked(site, database):
    uri = site.uri(tcp=True).replace(f"@127.0.0.1:{database.port}/", f"@127.0.0.1:1,127.0.0.1:{database.port}/")
    with site.serve(source=uri) as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql(site.REVOKE % GOOD)
        shows(client, GOOD, "revoked")


def test_a_standby_is_read_when_its_primary_dies_and_followed_when_it_takes_over(site, database):
    standby = database.standby(database.folder.parent / "standby").start("hot_standby=on")
    try:
        hosts = f"host={database.folder},{standby.folder}&port={database.port},{standby.port}"
        uri = f"postgresql://vouch:{urllib.parse.quote(PASSWORD, safe='')}@/{site.name}?{hosts}"
        with site.serve(source=uri) as server:
            client = site.client(server)
            stored(client, GOOD, REVOKED)
            site.sql(site.REVOKE % HELD)
            rawhttp.until(lambda: standby.run("SELECT pg_last_wal_replay_lsn() = pg_last_wal_receive_lsn()").strip() == "t")
            database.kill()
            begun = time.monotonic()
            rawhttp.until(lambda: client.live(GOOD) == "successful")
            assert time.monotonic() - begun <= RECOVERY_SECONDS
            stored(client, GOOD)
            standby.promote()
            stored(client, GOOD)
            standby.run(site.REVOKE % GOOD, site.name)
            shows(client, GOOD, "revoked")
    finally:
        standby.stop()
        database.start()


def test_what_a_standby_replays_shows(site, database):
    """It cannot be listened to, and its snapshots do not say who is at work."""
    standby = database.standby(database.folder.parent / "standby2").start("hot_standby=on")
    try:
        uri = site.uri(host=standby.folder, port=standby.port)
        with site.serve(source=uri) as server:
            client = site.client(server)
            stored(client, GOOD, HELD)
            slow = site.session("BEGIN", site.REVOKE % GOOD)
            site.sql("UPDATE vouch.certificates SET revocation_reason = 1, cert_status = 2 WHERE cert_status = 2")
            rawhttp.until(lambda: client.single(HELD).reason == 1)
            stored(client, GOOD)
            slow.say("COMMIT")
            shows(client, GOOD, "revoked", 2 * SHOWS_SECONDS)
            slow.end()
        refused = site.register("add", "--serial", "1", uri=uri, code=1)
        assert "recovery" in refused.stderr or "read-only" in refused.stderr
    finally:
        standby.stop()


# --- Rights and errors -------------------------------------------------------------------------------------


def test_a_reader_reads_and_a_writer_writes(site):
    reader, writer = site.uri(user="reader", password="r"), site.uri(user="writer", password="w")
    with site.serve(source=reader) as server:
        client = site.client(server)
        stored(client, GOOD)
        site.register("revoke", "--serial", f"{GOOD:x}", "--reason", "superseded", uri=writer)
        shows(client, GOOD, "revoked")
    assert "permission denied" in site.register("add", "--serial", "1", uri=reader, code=1).stderr
    assert "cannot be written" in site.register("add", "--serial", "1", uri=reader + "&mode=ro", code=1).stderr
    for sql in ("DELETE FROM vouch.changes", "INSERT INTO vouch.changes (serial_number) VALUES ('')", "DELETE FROM vouch.certificates", "UPDATE vouch.register SET version = 2"):
        with pytest.raises(AssertionError, match="permission denied"):
            site.sql("SET ROLE writer; " + sql)


def test_who_has_no_rights_is_told_so(site):
    site.sql("REVOKE vouch_reader FROM reader")
    assert "permission denied for schema vouch" in site.status(site.uri(user="reader", password="r"))


def test_errors_name_the_database_and_never_the_password(site, database):
    socket = f"host={database.folder}&port={database.port}"
    for uri, says in ((f"postgresql://vouch:hidden@/{site.name}?{socket}", "password authentication failed"),
                      (f"postgresql://vouch:hidden@/nowhere?{socket}", "password authentication failed"),
                      (f"postgresql://vouch:hidden@/{site.name}?{socket}x", "for connection option"),
                      (f"postgresql://vouch:hidden@127.0.0.1:1/{site.name}", "Connection refused"),
                      (f"postgresql://vouch:hidden@/{site.name}?{socket}&sslmod=require", "invalid URI query parameter"),
                      (f"postgresql://vouch:hidden@/{site.name}?{socket}&sslmode=perhaps", "invalid sslmode value"),
                      (f"postgresql://vouch:hidden@/{site.name}?{socket}&timeout=0", "timeout"),
                      (f"postgresql://vouch:hidden@/{site.name}?{socket}&timeout=2m", "timeout"),
                      (f"postgresql://vouch:hidden@/{site.name}?{socket}&poll=1ms", "poll"),
                      (f"postgresql://vouch:hidden@/{site.name}?{socket}&connections=0", "connections"),
                      (f"postgresql://vouch:hidden@/{site.name}?{socket}&mode=w", "mode"),
                      (f"postgresql://vouch:hid/hidden@127.0.0.1/{site.name}", "%2F"),
                      (f"postgresql://vouch:hid?hidden@127.0.0.1/{site.name}", "%3F"),
                      (f"postgresql://vouch:hid%hidden@127.0.0.1/{site.name}", "invalid percent-encoded token"),
                      ("postgresql:db", "postgresql://")):
        text = site.status(uri)
        assert says in text and "hid" not in text, text


@pytest.mark.parametrize("where", ["passfile", "PGPASSFILE", "HOME"])
def test_a_password_may_stand_in_a_file(site, monkeypatch, where):
    """Which the server process reads behind its sandbox, wherever libpq looks for it."""
    passfile = site.folder / "home" / ".pgpass"
    passfile.parent.mkdir()
    passfile.write_text(f"*:*:*:vouch:{PASSWORD.replace(':', chr(92) + ':')}\n")
    passfile.chmod(0o600)
    if where != "passfile":
        monkeypatch.setenv(where, str(passfile if where == "PGPASSFILE" else passfile.parent))
    uri = site.uri(**({"passfile": passfile} if where == "passfile" else {})).replace(":" + urllib.parse.quote(PASSWORD, safe=""), "")
    assert PASSWORD not in urllib.parse.unquote(uri)
    with site.serve(source=uri) as server:
        assert site.client(server).status(GOOD) == "good"


def test_tables_that_two_make_at_a_time_are_made_once(site, database):
    with empty(OnPostgres, database) as other:
        threads = [threading.Thread(target=lambda n=n: site.register("add", "--serial", f"{n:x}", uri=other.uri())) for n in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert other.sql("SELECT count(*) FROM vouch.certificates").strip() == "4"


def test_a_responder_whose_database_has_no_tables_yet_finds_them_when_they_are_made(site, database):
    with empty(OnPostgres, database) as other, site.serve(source=other.uri()) as server:
        client = site.client(server)
        assert client.ask(client.request(GOOD)).status == "tryLater"
        site.register("add", "--serial", f"{GOOD:x}", uri=other.uri())
        rawhttp.until(lambda: client.ask(client.request(GOOD)).status == "successful", deadline=RECOVERY_SECONDS)
        assert "001_register.sql" in server.errors


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
def test_tls_by_the_options_of_libpq(site, database, mode):
    certificate, key = database.write_tls()
    database.stop()
    database.start("ssl=on", f"ssl_cert_file={certificate}", f"ssl_key_file={key}")
    try:
        # Where the server process may look is told by the URI; verify-full also holds the name, here an address.
        with site.serve(source=site.uri(tcp=True, sslmode=mode, sslrootcert=certificate)) as server:
            client = site.client(server)
            stored(client, GOOD)
            site.sql(site.REVOKE % GOOD)
            shows(client, GOOD, "revoked")
            assert int(site.sql("SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND datname = current_database()")) >= 2
        assert "certificate verify failed" in site.status(site.uri(tcp=True, sslmode=mode, sslrootcert=site.folder / "ca.pem"))
    finally:
        database.stop()
        database.start()


def test_a_query_cannot_write(site):
    site.sql(site.OWN + "CREATE FUNCTION sneak() RETURNS text LANGUAGE sql AS $$ INSERT INTO ca_log (serial) VALUES ('x') RETURNING 'valid' $$;"
             "GRANT INSERT ON ca_log TO vouch;")
    text = site.status(site.uri(query="SELECT sneak() AS status, revoked AS revoked_at FROM ca_certs WHERE serial = :serial_hex"), "11")
    assert "read-only" in text


def test_a_query_whose_types_do_not_agree_says_so(site):
    site.sql(site.OWN)
    query = "SELECT state AS status, revoked AS revoked_at FROM ca_certs WHERE id = :serial_bytes"
    assert "operator does not exist" in site.status(site.uri(query=query), "11")
