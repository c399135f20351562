# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL as the register: what is committed shows, in whatever order; what happens when the server stops, dies, hangs or goes back in time."""

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
import urllib.parse

import pytest

from site_of_tests import GOOD, HELD, REVOKED, Site
from support import ocsp, program, rawhttp
from support.client import Client
from support.database import running
from support.postgres import Postgres
from test_processes import Load

SLOW = 5 if program.sanitized() else 1
SHOWS_SECONDS = 1.0 * SLOW          # from the commit to the first answer
RECOVERY_SECONDS = 2.0 * SLOW
PASSWORD = "s3cret & with@odd:things/%?"
SQL = program.ROOT / "packaging" / "sql" / "postgresql"
SCHEMA = SQL / "001_register.sql"


@pytest.fixture(scope="module")
def database():
    passwords = {"vouch": PASSWORD, "reader": "r", "writer": "w"}
    with running(Postgres, "".join(f"CREATE ROLE {name} LOGIN PASSWORD '{said}';" for name, said in passwords.items())) as server:
        yield server


class Registered(Site):
    """A CA whose register is a database of its own on the server."""

    def __init__(self, folder, server, name):
        self.server, self.name = server, name
        server.run(f"CREATE DATABASE {name} OWNER vouch")
        server.run("SET ROLE vouch;" + SCHEMA.read_text(), name)
        server.run((SQL / "roles.sql").read_text() + "GRANT vouch_reader TO reader; GRANT vouch_writer TO writer;", name)
        super().__init__(folder)

    def uri(self, tcp=False, user="vouch", password=PASSWORD, **parameters):
        where = f"127.0.0.1:{self.server.port}" if tcp else ""
        if not tcp:
            parameters = {"host": self.server.folder, "port": self.server.port, **parameters}
        query = "&".join(f"{key}={urllib.parse.quote(str(value), safe='/')}" for key, value in parameters.items())
        return f"postgresql://{user}:{urllib.parse.quote(password, safe='')}@{where}/{self.name}" + (f"?{query}" if query else "")

    def register(self, command, *arguments, uri=None, **options):
        return program.run(command, "--issuer", "ca.pem", "--db", uri or self.uri(), *arguments, cwd=self.folder, **options)

    def status(self, uri, serial="1", code=1):
        done = program.run("status", "--issuer", "ca.pem", "--source", uri, "--serial", serial, cwd=self.folder, code=code)
        return done.stdout + done.stderr

    def config(self, source=None, **changes):
        changes.setdefault("issuer", {})["sources"] = [source or self.uri()]
        return super().config(**changes)

    def sql(self, text):
        return self.server.run(text, self.name)


@pytest.fixture
def site(tmp_path, database, request):
    name = "t" + str(abs(hash(request.node.name)))[:12]
    yield Registered(tmp_path / "site", database, name)
    if database.process is None:
        database.start()
    database.run(f"DROP DATABASE {name} WITH (FORCE)")


def shows(client, serial, status, seconds=SHOWS_SECONDS):
    """Seconds until the answer is that."""
    begun = time.monotonic()

    def is_shown():
        response = client.ask(client.request(serial))
        return response.status == "successful" and response.single.status == status
    rawhttp.until(is_shown, deadline=max(seconds, 5))
    taken = time.monotonic() - begun
    assert taken <= seconds, taken
    return taken


def stored(client, *serials):
    """Their answers are in the store."""
    for serial in serials:
        first = client.status(serial)
        assert client.status(serial) == first


def live(client, serial=GOOD):
    """The status of a response that was not stored before."""
    return client.ask(client.request(serial, extensions=[ocsp.nonce(os.urandom(16))])).status


REVOKE = "UPDATE vouch.certificates SET cert_status = 2, revocation_time = now() - interval '5 s' WHERE serial_number = '\\x%02x';"


# --- What is in it -----------------------------------------------------------------------------------------


def test_what_the_register_says_is_answered(site):
    with site.serve() as server:
        client = site.client(server)
        assert [client.status(serial) for serial in (GOOD, REVOKED, HELD, 0x44)] == ["good", "revoked", "revoked", "unknown"]
        assert client.single(REVOKED).reason == 1
        assert PASSWORD not in server.errors


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_over_tcp_as_well(site, host):
    """A name is looked up by the server process, behind its sandbox."""
    with site.serve(source=site.uri(tcp=True).replace("@127.0.0.1:", f"@{host}:")) as server:
        assert site.client(server).status(GOOD) == "good"


def test_long_and_negative_serial_numbers_are_kept_apart(site):
    serials = [0x01, 0x7F, 0x80, -1, -128, 2 ** 159 - 1, 2 ** 160, 2 ** 500]
    for serial in serials[::2]:
        site.register("add", "--serial", f"{serial:x}" if serial >= 0 else f"-{-serial:x}")
    with site.serve() as server:
        client = site.client(server)
        assert [client.status(serial) for serial in serials] == ["good", "unknown"] * 4


def test_a_serial_number_in_sql_is_the_one_of_the_certificate(site):
    texts = {"0": "00", "0x00": "00", "7f": "7f", "80": "0080", "0x0A:bC": "0abc", "abc": "0abc", "ff": "00ff", "100": "0100"}
    for text, octets in texts.items():
        assert site.sql(f"SELECT encode(vouch.serial('{text}'), 'hex')").strip() == octets


def test_all_that_is_known_of_a_certificate_comes_back(site):
    site.register("revoke", "--serial", "71", "--reason", "cessationOfOperation", "--at", "2024-02-29T23:59:59Z",
                  "--invalidity-date", "1999-12-31T23:59:59Z")
    with site.serve() as server:
        single = site.client(server).single(0x71)
        assert single.reason == 5 and single.revocation_time.isoformat() == "2024-02-29T23:59:59+00:00"


def test_a_permanent_revocation_stays_whoever_writes(site):
    done = site.register("hold", "--serial", f"{REVOKED:x}", code=1)
    assert "RFC 5280 5.3.1" in done.stderr


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
        site.sql(REVOKE % GOOD)
        shows(client, GOOD, "revoked")
        site.sql("INSERT INTO vouch.certificates (issuer, serial_number, cert_status) SELECT number, vouch.serial('77'), 1 FROM vouch.issuers")
        shows(client, 0x77, "good")
        site.sql(f"DELETE FROM vouch.certificates WHERE serial_number = '\\x{HELD:02x}'")
        shows(client, HELD, "unknown")
        stored(client, 0x77)
        site.sql("TRUNCATE vouch.certificates")
        shows(client, 0x77, "unknown")


def session(site, database, *lines):
    """A transaction that stays open; each line was done when it returns."""
    s = database.session(site.name)
    for line in lines:
        say(s, line)
    return s


def say(s, line):
    s.stdin.write(line + "; SELECT 'done';\n")
    s.stdin.flush()
    read = s.stdout.readline()
    while read != "done\n":
        assert read and "ERROR" not in read, read
        read = s.stdout.readline()


def test_transactions_that_commit_in_another_order_than_they_wrote_are_both_seen(site, database):
    for serial in (0x51, 0x52):
        site.register("add", "--serial", f"{serial:x}")
    with site.serve() as server:
        client = site.client(server)
        stored(client, 0x51, 0x52)
        slow = session(site, database, "BEGIN", REVOKE % 0x51)
        quick = session(site, database, "BEGIN", REVOKE % 0x52, "COMMIT")
        # The later one shows although the earlier one is still open, and may be for hours.
        shows(client, 0x52, "revoked")
        stored(client, 0x51)
        assert client.status(0x51) == "good"
        say(slow, "COMMIT")
        shows(client, 0x51, "revoked")
        for s in (slow, quick):
            s.communicate(timeout=10)


def test_a_transaction_that_prepares_and_commits_much_later_is_seen(site, database):
    """Through many positions of others: it took its own before all of them."""
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD)
        slow = session(site, database, "BEGIN", REVOKE % GOOD)
        for serial in range(0x100, 0x110):
            site.sql(f"INSERT INTO vouch.certificates (issuer, serial_number, cert_status) SELECT number, vouch.serial('{serial:x}'), 1 FROM vouch.issuers")
            stored(client, GOOD)
        say(slow, "COMMIT")
        shows(client, GOOD, "revoked")
        slow.communicate(timeout=10)


def test_a_transaction_that_was_rolled_back_changes_nothing(site):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql("BEGIN; " + REVOKE % GOOD + " ROLLBACK;")
        site.register("add", "--serial", "61")
        shows(client, 0x61, "good")
        assert client.status(GOOD) == "good"


def test_changes_that_are_too_many_to_tell_are_all(site):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql("INSERT INTO vouch.certificates (issuer, serial_number, cert_status) SELECT number, decode('7f' || lpad(to_hex(n), 14, '0'), 'hex'), 1 "
                 "FROM vouch.issuers, generate_series(1, 70000) AS n; " + REVOKE % GOOD)
        shows(client, GOOD, "revoked", 3 * SHOWS_SECONDS)


def test_a_log_that_was_emptied_means_all(site):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql("BEGIN; " + REVOKE % GOOD + " DELETE FROM vouch.changes; COMMIT;")
        shows(client, GOOD, "revoked")


def test_pruning_keeps_what_somebody_may_not_have_read(site, database):
    with site.serve() as server:
        client = site.client(server)
        slow = session(site, database, "BEGIN", REVOKE % GOOD)
        stored(client, GOOD)
        site.sql("INSERT INTO vouch.certificates (issuer, serial_number, cert_status) SELECT number, decode(lpad(to_hex(n), 8, '0'), 'hex'), 1 "
                 "FROM vouch.issuers, generate_series(16777216, 16777216 + 3000) AS n; UPDATE vouch.changes SET changed = now() - interval '30 days';")
        # The open transaction is as old as the oldest that reads; none that is younger goes.
        assert site.sql("SET ROLE reader; SELECT vouch.prune()").strip() == "5"     # what made the site
        say(slow, "UPDATE vouch.changes SET changed = now() - interval '30 days' WHERE transaction = pg_current_xact_id()")
        # Committed and pruned at once, before anybody read it: whoever has not seen it is told that all may have changed.
        server.process.send_signal(signal.SIGSTOP)
        say(slow, "COMMIT")
        assert int(site.sql("SELECT vouch.prune()")) > 1000
        server.process.send_signal(signal.SIGCONT)
        shows(client, GOOD, "revoked")
        slow.communicate(timeout=10)


def test_writers_of_ours_wait_for_each_other(site, database):
    """Between the look at a record and its change nobody else may revoke it."""
    slow = session(site, database, "BEGIN", REVOKE % GOOD)
    waits = "SELECT count(*) FROM pg_locks WHERE NOT granted AND mode = 'ShareRowExclusiveLock'"
    done = []
    thread = threading.Thread(target=lambda: done.append(site.register("hold", "--serial", f"{GOOD:x}", code=1)))
    thread.start()
    rawhttp.until(lambda: site.sql(waits).strip() == "1")
    say(slow, "COMMIT")
    thread.join(30)
    assert "RFC 5280 5.3.1" in done[0].stderr
    slow.communicate(timeout=10)


# --- Backups -----------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_server_that_goes_and_comes_back_under_load(site, database, end):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD, REVOKED)
        with Load(server, site, rate=200) as load:
            for _ in range(2):
                getattr(database, end)()
                rawhttp.until(lambda: live(client) == "tryLater")
                database.start()
                begun = time.monotonic()
                rawhttp.until(lambda: live(client) == "successful")
                taken = time.monotonic() - begun
                print(f"{end}: answers again {taken:.2f} s after the database")
                assert taken <= RECOVERY_SECONDS, taken
        load.assert_only("successful", "tryLater")
        site.register("revoke", "--serial", f"{GOOD:x}", "--reason", "keyCompromise")
        shows(client, GOOD, "revoked")


def test_a_server_that_is_started_again_costs_no_answer_that_can_wait(site, database):
    """Connections that broke are no answer: others are made before anybody is told to come later."""
    with site.serve() as server:
        client = site.client(server)
        for serial in (GOOD, REVOKED, HELD):
            assert live(client, serial) == "successful"
            site.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
            assert live(client, serial) == "successful"
        stored(client, GOOD)
        site.register("revoke", "--serial", f"{GOOD:x}", "--reason", "superseded")
        shows(client, GOOD, "revoked")


def test_a_database_that_is_away_is_not_stormed(site, database):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD)
        database.stop()
        # Somebody who counts who comes, in its place.
        import socket as sockets
        counter, came = sockets.socket(sockets.AF_UNIX), []
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
        rawhttp.until(lambda: live(client) == "successful")


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


@contextlib.contextmanager
def locked(site, database):
    holder = session(site, database, "BEGIN", "LOCK TABLE vouch.certificates IN ACCESS EXCLUSIVE MODE")
    try:
        yield
    finally:
        say(holder, "ROLLBACK")
        holder.communicate(timeout=10)


@pytest.mark.parametrize("how", ["paused", "locked"])
def test_a_database_that_hangs_delays_nobody_else(site, database, tmp_path, how):
    """Another issuer's stored answers go on; its own are tryLater, and no thread is stuck for good."""
    other = Site(tmp_path / "other")
    config = site.config()
    config["issuers"][0]["path"] = "/hangs/"
    config["issuers"].append({**other.config()["issuers"][0], "name": "other", "path": "/other/"})
    server = site.serve(name="two")
    server.configure(config)
    with server:
        hanging, quick = Client(server, site.ca, "/hangs/"), Client(server, other.ca, "/other/")
        stored(hanging, GOOD)
        stored(quick, GOOD)
        misses = server.metric("vouch_cache_misses_total")
        with database.paused() if how == "paused" else locked(site, database):
            until, longest, asked = time.monotonic() + 4, 0.0, 0
            while time.monotonic() < until:
                begun = time.monotonic()
                assert quick.status(GOOD) == "good"
                longest = max(longest, time.monotonic() - begun)
                asked += 1
            assert longest < 0.5 * SLOW, longest
            assert server.metric("vouch_cache_misses_total") - misses < asked / 2, "the other issuer's answers did not stand"
            begun = time.monotonic()
            assert live(hanging, REVOKED) == "tryLater"
            assert time.monotonic() - begun < 3 * SLOW
            if how == "locked":
                begun = time.monotonic()
                assert hanging.status(GOOD) == "good", "what is stored and confirmed does not wait for a lookup"
                assert time.monotonic() - begun < 0.5 * SLOW
        rawhttp.until(lambda: live(hanging, REVOKED) == "successful", deadline=10 * SLOW)


def test_a_slow_database_is_given_up_on_until_it_answers(site, database):
    """After as many late answers as there are connections nobody waits any more."""
    with site.serve(source=site.uri(connections=2, timeout="500ms")) as server:
        client = site.client(server)
        assert live(client) == "successful"
        with locked(site, database):
            for _ in range(3):
                live(client)
            begun = time.monotonic()
            for _ in range(5):
                assert live(client) == "tryLater"
            assert time.monotonic() - begun < 1.5 * SLOW
        rawhttp.until(lambda: live(client) == "successful", deadline=RECOVERY_SECONDS)


def test_a_command_gives_up_on_a_database_that_hangs(site, database):
    with database.paused():
        begun = time.monotonic()
        text = site.status(site.uri(timeout="1s"))
        assert time.monotonic() - begun < 8 * SLOW and text.startswith("vouch: status: postgresql://vouch@"), text


def test_more_lookups_than_connections_wait_for_their_turn(site):
    with site.serve(source=site.uri(connections=2)) as server:
        bench(server, site, 2000)
        assert int(site.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vouch' AND datname = current_database()")) <= 3


def bench(server, site, count):
    host, port = server.direct
    done = subprocess.run([program.path(), "bench", "--url", f"http://{host}:{port}/", "--issuer", site.folder / "ca.pem", "--serial", f"{GOOD:x}",
                           "--serial", f"{REVOKED:x}", "--nonce", "--connections", "32", "--requests", str(count), "--verify", "all", "--json"],
                          capture_output=True, text=True, env=program.environment())
    program.assert_sound(done.stderr)
    assert done.returncode == 0 and f'"successful":{count}' in done.stdout, done.stdout + done.stderr


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
            site.sql(REVOKE % GOOD)
            shows(client, GOOD, "revoked")
    finally:
        site.sql("ALTER ROLE vouch CONNECTION LIMIT -1")


# --- Several servers ---------------------------------------------------------------------------------------


def test_of_several_hosts_one_that_answers_is_asked(site, database):
    uri = site.uri(tcp=True).replace(f"@127.0.0.1:{database.port}/", f"@127.0.0.1:1,127.0.0.1:{database.port}/")
    with site.serve(source=uri) as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql(REVOKE % GOOD)
        shows(client, GOOD, "revoked")


def test_a_standby_is_read_when_its_primary_dies_and_followed_when_it_takes_over(site, database):
    standby = database.standby(database.folder.parent / "standby").start("hot_standby=on")
    try:
        hosts = f"host={database.folder},{standby.folder}&port={database.port},{standby.port}"
        uri = f"postgresql://vouch:{urllib.parse.quote(PASSWORD, safe='')}@/{site.name}?{hosts}"
        with site.serve(source=uri) as server:
            client = site.client(server)
            stored(client, GOOD, REVOKED)
            site.sql(REVOKE % HELD)
            rawhttp.until(lambda: standby.run("SELECT pg_last_wal_replay_lsn() = pg_last_wal_receive_lsn()").strip() == "t")
            database.kill()
            begun = time.monotonic()
            rawhttp.until(lambda: live(client) == "successful")
            assert time.monotonic() - begun <= RECOVERY_SECONDS
            stored(client, GOOD)
            standby.promote()
            stored(client, GOOD)
            standby.run(REVOKE % GOOD, site.name)
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
            slow = session(site, database, "BEGIN", REVOKE % GOOD)
            site.sql("UPDATE vouch.certificates SET revocation_reason = 1, cert_status = 2 WHERE cert_status = 2")
            rawhttp.until(lambda: client.single(HELD).reason == 1)
            stored(client, GOOD)
            say(slow, "COMMIT")
            shows(client, GOOD, "revoked", 2 * SHOWS_SECONDS)
            slow.communicate(timeout=10)
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


def test_a_database_without_tables_says_what_to_run_and_is_filled_by_add(site, database):
    database.run("CREATE DATABASE empty_one OWNER vouch")
    try:
        uri = site.uri().replace("/" + site.name, "/empty_one")
        assert "001_register.sql" in site.status(uri)
        site.register("add", "--serial", "1", uri=uri)
        site.register("add", "--serial", "2", uri=uri)
        assert "good" in site.status(uri, code=0)
        database.run("UPDATE vouch.register SET version = 99", "empty_one")
        assert "newer vouch" in site.status(uri)
    finally:
        database.run("DROP DATABASE empty_one WITH (FORCE)")


def test_tables_that_two_make_at_a_time_are_made_once(site, database):
    database.run("CREATE DATABASE empty_two OWNER vouch")
    try:
        uri = site.uri().replace("/" + site.name, "/empty_two")
        threads = [threading.Thread(target=lambda n=n: site.register("add", "--serial", f"{n:x}", uri=uri)) for n in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert database.run("SELECT count(*) FROM vouch.certificates", "empty_two").strip() == "4"
    finally:
        database.run("DROP DATABASE empty_two WITH (FORCE)")


def test_a_responder_whose_database_has_no_tables_yet_finds_them_when_they_are_made(site, database):
    database.run("CREATE DATABASE empty_three OWNER vouch")
    try:
        uri = site.uri().replace("/" + site.name, "/empty_three")
        with site.serve(source=uri) as server:
            client = site.client(server)
            assert client.ask(client.request(GOOD)).status == "tryLater"
            site.register("add", "--serial", f"{GOOD:x}", uri=uri)
            rawhttp.until(lambda: client.ask(client.request(GOOD)).status == "successful", deadline=RECOVERY_SECONDS)
            assert "001_register.sql" in server.errors
    finally:
        database.run("DROP DATABASE empty_three WITH (FORCE)")


def test_settings_beside_the_uri_are_its_parameters(site):
    site.sql(OWN)
    source = {"uri": site.uri(), "query": QUERY, "changes": CHANGES}
    with site.serve(source=source) as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql("UPDATE ca_certs SET state = 'revoked', revoked = now() WHERE serial = '11'; INSERT INTO ca_log (serial) VALUES ('11')")
        shows(client, GOOD, "revoked")


def test_the_status_command_lists_where_it_comes_from(site):
    text = site.status(site.uri(), f"{GOOD:x}", code=0)
    assert "postgresql://vouch@" in text and PASSWORD not in text


@pytest.mark.parametrize("mode", ["verify-full", "verify-ca"])
def test_tls_by_the_options_of_libpq(site, database, mode):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "server.key", "-out",
                    "server.crt", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-days", "2"],
                   check=True, capture_output=True, cwd=site.folder)
    database.stop()
    for name in ("server.key", "server.crt"):
        shutil.copy(site.folder / name, database.data / name)
        database.own(database.data / name)
    (database.data / "server.key").chmod(0o600)
    database.start("ssl=on")
    try:
        # Where the server process may look is told by the URI; verify-full also holds the name, here an address.
        with site.serve(source=site.uri(tcp=True, sslmode=mode, sslrootcert=site.folder / "server.crt")) as server:
            client = site.client(server)
            stored(client, GOOD)
            site.sql(REVOKE % GOOD)
            shows(client, GOOD, "revoked")
            assert int(site.sql("SELECT count(*) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE ssl AND datname = current_database()")) >= 2
        assert "certificate verify failed" in site.status(site.uri(tcp=True, sslmode=mode, sslrootcert=site.folder / "ca.pem"))
    finally:
        database.stop()
        database.start()


# --- Tables of one's own -----------------------------------------------------------------------------------


OWN = """
    CREATE TABLE ca_certs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, serial text NOT NULL UNIQUE, state text NOT NULL,
      revoked timestamptz, why int, raw bytea, expires timestamp NOT NULL DEFAULT '2030-01-01 00:00:00');
    CREATE TABLE ca_log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, serial text NOT NULL);
    INSERT INTO ca_certs (serial, state, raw) VALUES ('11', 'valid', '\\x11'), ('2f', 'valid', '\\x2f');
    INSERT INTO ca_certs (serial, state, revoked, why, raw) VALUES ('22', 'revoked', '2026-01-02 03:04:05.678Z', 1, '\\x22');
    GRANT SELECT ON ca_certs, ca_log TO vouch;
"""
QUERY = "SELECT state AS status, revoked AS revoked_at, why AS reason, expires AS expires_at FROM ca_certs WHERE serial = :serial_hex_lower"
CHANGES = "SELECT id AS position, serial AS serial_hex FROM ca_log WHERE id > :position"


def test_tables_of_ones_own_are_read_by_a_query(site):
    site.sql(OWN)
    with site.serve(source=site.uri(query=QUERY, changes=CHANGES)) as server:
        client = site.client(server)
        stored(client, GOOD, 0x2F, 0x33)
        assert [client.status(serial) for serial in (GOOD, 0x2F, REVOKED, 0x33)] == ["good", "good", "revoked", "unknown"]
        single = client.single(REVOKED)
        assert single.reason == 1 and single.revocation_time.isoformat() == "2026-01-02T03:04:05+00:00"
        site.sql("UPDATE ca_certs SET state = 'revoked', revoked = now() WHERE serial = '11'; INSERT INTO ca_log (serial) VALUES ('11')")
        shows(client, GOOD, "revoked")


def test_without_a_change_log_their_answers_stand_for_a_lease(site):
    site.sql(OWN)
    query = "SELECT state AS status, revoked AS revoked_at FROM ca_certs WHERE raw = :serial_bytes"
    with site.serve(source=site.uri(query=query)) as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql("UPDATE ca_certs SET state = 'revoked', revoked = now() WHERE serial = '11'")
        shows(client, GOOD, "revoked")


def test_tables_of_ones_own_come_back_with_their_server(site, database):
    site.sql(OWN)
    with site.serve(source=site.uri(query=QUERY, changes=CHANGES)) as server:
        client = site.client(server)
        stored(client, GOOD)
        database.stop()
        rawhttp.until(lambda: live(client) == "tryLater")
        database.start()
        rawhttp.until(lambda: live(client) == "successful", deadline=RECOVERY_SECONDS)
        site.sql("UPDATE ca_certs SET state = 'revoked', revoked = now() WHERE serial = '11'; INSERT INTO ca_log (serial) VALUES ('11')")
        shows(client, GOOD, "revoked")


@pytest.mark.parametrize("query, says", [
    ("SELECT state AS status FROM ca_certs WHERE serial = :serial_hex", "revoked_at"),
    ("SELECT state AS status, revoked AS revoked_at, why AS colour FROM ca_certs WHERE serial = :serial_hex", "colour"),
    ("SELECT state AS status, revoked AS revoked_at FROM nowhere WHERE serial = :serial_hex", "nowhere"),
    ("SELECT state AS status, revoked AS revoked_at FROM ca_certs WHERE serial = :serial_hexx", "serial_hexx"),
    ("SELECT state AS status, revoked AS revoked_at FROM ca_certs WHERE id = :serial_bytes", "operator does not exist"),
    ("DELETE FROM ca_certs WHERE serial = :serial_hex", "SELECT"),
])
def test_a_query_that_cannot_be_right_says_what_is_wrong(site, query, says):
    site.sql(OWN)
    text = site.status(site.uri(query=query), "11")
    assert says in text and PASSWORD not in text, text


def test_a_status_that_nobody_knows_is_never_good(site):
    site.sql(OWN)
    query = "SELECT 'perhaps' AS status, revoked AS revoked_at FROM ca_certs WHERE serial = :serial_hex_lower"
    with site.serve(source=site.uri(query=query)) as server:
        client = site.client(server)
        assert client.ask(client.request(GOOD)).status == "internalError"


def test_a_query_cannot_write(site):
    site.sql(OWN + "CREATE FUNCTION sneak() RETURNS text LANGUAGE sql AS $$ INSERT INTO ca_log (serial) VALUES ('x') RETURNING 'valid' $$;"
             "GRANT INSERT ON ca_log TO vouch;")
    text = site.status(site.uri(query="SELECT sneak() AS status, revoked AS revoked_at FROM ca_certs WHERE serial = :serial_hex"), "11")
    assert "read-only" in text
    done = site.register("add", "--serial", "77", uri=site.uri(query=QUERY), code=1)
    assert "cannot be written" in done.stderr, done.stderr
