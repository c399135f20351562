# SPDX-License-Identifier: Apache-2.0
"""MariaDB as the register: what is committed shows, in whatever order; what happens when the server stops, dies, hangs or goes back in time."""

import os
import signal
import subprocess
import time
import urllib.parse

import pytest

from site_of_tests import GOOD, HELD, REVOKED, Site
from support import program, rawhttp
from support.client import Client
from support.database import running
from support.mariadb import MariaDB
from test_processes import Load

SLOW = 5 if program.sanitized() else 1
SHOWS_SECONDS = 1.0 * SLOW          # from the commit to the first answer
RECOVERY_SECONDS = 2.0 * SLOW
PASSWORD = "s3cret & with@odd:things/%"
SCHEMA = program.ROOT / "packaging" / "sql" / "mysql" / "001_register.sql"


@pytest.fixture(scope="module")
def database():
    users = "".join(f"CREATE USER vouch@'{host}' IDENTIFIED BY '{PASSWORD}';" for host in ("localhost", "127.0.0.1"))
    with running(MariaDB, users) as server:
        yield server


class Registered(Site):
    """A CA whose register is a database of its own on the server."""

    def __init__(self, folder, server, name):
        self.server, self.name = server, name
        server.run(f"CREATE DATABASE {name} CHARACTER SET utf8mb4; GRANT ALL ON {name}.* TO vouch@localhost; GRANT ALL ON {name}.* TO vouch@'127.0.0.1';")
        server.run(SCHEMA.read_text(), name)
        super().__init__(folder)

    def uri(self, tcp=False, **parameters):
        password = urllib.parse.quote(PASSWORD, safe="")
        where = f"127.0.0.1:{self.server.port}" if tcp else ""
        if not tcp:
            parameters = {"socket": self.server.socket, **parameters}
        query = "&".join(f"{key.replace('_', '-')}={urllib.parse.quote(str(value), safe='/')}" for key, value in parameters.items())
        return f"mysql://vouch:{password}@{where}/{self.name}" + (f"?{query}" if query else "")

    def register(self, command, *arguments, **options):
        return program.run(command, "--issuer", "ca.pem", "--db", self.uri(), *arguments, cwd=self.folder, **options)

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
    database.run(f"DROP DATABASE {name}")


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


def test_what_the_register_says_is_answered(site):
    with site.serve() as server:
        client = site.client(server)
        assert [client.status(serial) for serial in (GOOD, REVOKED, HELD, 0x44)] == ["good", "revoked", "revoked", "unknown"]
        assert client.single(REVOKED).reason == 1


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


def test_a_revocation_shows_within_a_second(site):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD)
        site.register("revoke", "--serial", f"{GOOD:x}", "--reason", "superseded")
        print("revoked shows after %.2f s" % shows(client, GOOD, "revoked"))


def test_a_row_that_somebody_else_writes_shows_as_well(site):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD, 0x77)
        site.sql(f"UPDATE vouch_certificates SET cert_status = 2, revocation_time = UNIX_TIMESTAMP() - 5 WHERE serial_number = x'{GOOD:02x}'")
        shows(client, GOOD, "revoked")
        site.sql("INSERT INTO vouch_certificates (issuer, serial_length, serial_number, cert_status, added, changed) "
                 "SELECT number, 1, x'77', 1, 0, 0 FROM vouch_issuers")
        shows(client, 0x77, "good")
        site.sql(f"DELETE FROM vouch_certificates WHERE serial_number = x'{HELD:02x}'")
        shows(client, HELD, "unknown")


REVOKE = "UPDATE vouch_certificates SET cert_status = 2, revocation_time = 1 WHERE serial_number = x'%02x';"


def test_transactions_that_commit_in_another_order_than_they_wrote_are_both_seen(site, database):
    """The second writer waits for the first, whose revocation can so never be passed over."""
    for serial in (0x51, 0x52):
        site.register("add", "--serial", f"{serial:x}")
    with site.serve() as server:
        client = site.client(server)
        stored(client, 0x51, 0x52)
        slow, quick = database.session(site.name), database.session(site.name)
        slow.stdin.write("BEGIN; " + REVOKE % 0x51 + " SELECT 'written';\n")
        slow.stdin.flush()
        assert slow.stdout.readline() == "written\n"
        quick.stdin.write("BEGIN; " + REVOKE % 0x52 + " COMMIT; SELECT 'committed';\n")
        quick.stdin.flush()
        rawhttp.until(lambda: "vouch_register" in database.run("SELECT info FROM information_schema.processlist WHERE info LIKE '%vouch_register SET position%'"))
        assert client.status(0x51) == client.status(0x52) == "good"
        slow.stdin.write("COMMIT;\n")
        slow.stdin.flush()
        assert quick.stdout.readline() == "committed\n"
        shows(client, 0x51, "revoked")
        shows(client, 0x52, "revoked")
        for session in (slow, quick):
            session.communicate(timeout=10)


def test_a_transaction_that_was_rolled_back_changes_nothing(site):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql("BEGIN; " + REVOKE % GOOD + " ROLLBACK;")
        site.register("add", "--serial", "61")
        shows(client, 0x61, "good")
        assert client.status(GOOD) == "good"


def test_a_restored_backup_drops_every_stored_answer(site, database, tmp_path):
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
        # The copy goes another way to the same position, which is not the one that was known.
        site.register("revoke", "--serial", f"{HELD:x}", "--reason", "superseded")
        shows(client, GOOD, "good", RECOVERY_SECONDS)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_server_that_goes_and_comes_back_under_load(site, database, end):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD, REVOKED)
        with Load(server, site, rate=200) as load:
            for _ in range(2):
                getattr(database, end)()
                rawhttp.until(lambda: client.ask(client.request(GOOD, extensions=[ocsp_nonce()])).status == "tryLater")
                database.start()
                begun = time.monotonic()
                rawhttp.until(lambda: client.ask(client.request(GOOD, extensions=[ocsp_nonce()])).status == "successful")
                taken = time.monotonic() - begun
                print(f"{end}: answers again {taken:.2f} s after the database")
                assert taken <= RECOVERY_SECONDS, taken
        load.assert_only("successful", "tryLater")
        site.register("revoke", "--serial", f"{GOOD:x}", "--reason", "keyCompromise")
        shows(client, GOOD, "revoked")


def ocsp_nonce():
    from support import ocsp
    return ocsp.nonce(os.urandom(16))


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


def test_a_database_that_hangs_delays_nobody_else(site, database, tmp_path):
    """Another issuer's stored answers and live ones go on; its own are tryLater, and no thread is stuck for good."""
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
        database.process.send_signal(signal.SIGSTOP)
        try:
            until = time.monotonic() + 4
            longest = 0.0
            asked = 0
            while time.monotonic() < until:
                begun = time.monotonic()
                assert quick.status(GOOD) == "good"
                longest = max(longest, time.monotonic() - begun)
                asked += 1
            assert longest < 0.5 * SLOW, longest
            assert server.metric("vouch_cache_misses_total") - misses < asked / 2, "the other issuer's answers did not stand"
            assert hanging.ask(hanging.request(REVOKED)).status == "tryLater"
        finally:
            database.process.send_signal(signal.SIGCONT)
        rawhttp.until(lambda: hanging.ask(hanging.request(REVOKED)).status == "successful", deadline=10 * SLOW)


def test_reading_needs_no_right_to_write(site, database):
    database.run(f"CREATE OR REPLACE USER reader@localhost IDENTIFIED BY 'r'; GRANT SELECT ON {site.name}.* TO reader@localhost;")
    uri = f"mysql://reader:r@/{site.name}?socket={database.socket}&mode=ro"
    with site.serve(source=uri) as server:
        client = site.client(server)
        stored(client, GOOD)
        site.register("revoke", "--serial", f"{GOOD:x}", "--reason", "superseded")
        shows(client, GOOD, "revoked")
    refused = program.run("add", "--issuer", "ca.pem", "--db", uri, "--serial", "1", cwd=site.folder, code=1)
    assert "mode=ro" in refused.stderr


def test_a_permanent_revocation_stays_whoever_writes(site):
    done = site.register("hold", "--serial", f"{REVOKED:x}", code=1)
    assert "RFC 5280 5.3.1" in done.stderr


def test_errors_name_the_database_and_never_the_password(site, database):
    socket = database.socket
    for uri, says in ((f"mysql://vouch:hidden@/{site.name}?socket={socket}", "Access denied"),
                      (f"mysql://vouch:hidden@/{site.name}?socket={socket}x", "Can't connect"),
                      (f"mysql://vouch:hidden@127.0.0.1:1/{site.name}", "Can't connect"),
                      (f"mysql://vouch:hidden@/{site.name}?sokket={socket}", "no such parameter: sokket"),
                      (f"mysql://vouch:hidden@/{site.name}?timeout=0", "timeout"),
                      (f"mysql://vouch:hidden@/{site.name}?tls=perhaps", "tls"),
                      ("mysql://vouch:hidden@127.0.0.1:99999/db", "port"),
                      ("mysql://vouch:hidden@127.0.0.1", "no database"),
                      ("mysql:db", "mysql://")):
        done = program.run("status", "--issuer", "ca.pem", "--source", uri, "--serial", "1", cwd=site.folder, code=1)
        assert says in done.stderr and "hidden" not in done.stderr, done.stderr


def test_an_empty_database_says_what_it_lacks_and_can_be_filled(site, database):
    database.run("CREATE DATABASE empty_one; GRANT ALL ON empty_one.* TO vouch@localhost")
    try:
        uri = site.uri().replace("/" + site.name, "/empty_one")
        done = program.run("status", "--issuer", "ca.pem", "--source", uri, "--serial", "1", cwd=site.folder, code=1)
        assert "sql/mysql" in done.stderr
        program.run("add", "--issuer", "ca.pem", "--db", uri, "--serial", "1", cwd=site.folder)
        assert "good" in program.run("status", "--issuer", "ca.pem", "--source", uri, "--serial", "1", cwd=site.folder).stdout
        database.run("UPDATE empty_one.vouch_register SET version = 99")
        done = program.run("status", "--issuer", "ca.pem", "--source", uri, "--serial", "1", cwd=site.folder, code=1)
        assert "newer vouch" in done.stderr
    finally:
        database.run("DROP DATABASE empty_one")


def test_more_lookups_than_connections_wait_for_their_turn(site):
    with site.serve(source=site.uri(connections=2)) as server:
        host, port = server.direct
        done = subprocess.run([program.path(), "bench", "--url", f"http://{host}:{port}/", "--issuer", site.folder / "ca.pem", "--serial", f"{GOOD:x}",
                               "--serial", f"{REVOKED:x}", "--nonce", "--connections", "32", "--requests", "2000", "--verify", "all", "--json"],
                              capture_output=True, text=True, env=program.environment())
        program.assert_sound(done.stderr)
        assert done.returncode == 0 and '"successful":2000' in done.stdout, done.stdout + done.stderr


def test_changes_that_are_too_many_to_tell_are_all(site):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql("INSERT INTO vouch_certificates (issuer, serial_length, serial_number, cert_status, added, changed) "
                 "SELECT number, 8, UNHEX(CONCAT('7F', LPAD(HEX(seq), 14, '0'))), 1, 0, 0 FROM vouch_issuers, seq_1_to_70000; " + REVOKE % GOOD)
        shows(client, GOOD, "revoked", 3 * SHOWS_SECONDS)


def test_a_log_that_was_pruned_or_emptied_means_all(site):
    with site.serve() as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql("BEGIN; " + REVOKE % GOOD + " DELETE FROM vouch_changes; COMMIT;")
        shows(client, GOOD, "revoked")


def test_the_status_command_lists_where_it_comes_from(site):
    done = program.run("status", "--issuer", "ca.pem", "--source", site.uri(), "--serial", f"{GOOD:x}", cwd=site.folder)
    assert "mysql://vouch@" in done.stdout and PASSWORD not in done.stdout


def test_a_command_gives_up_on_a_database_that_hangs(site, database):
    with database.paused():
        begun = time.monotonic()
        done = program.run("status", "--issuer", "ca.pem", "--source", site.uri(timeout="1s"), "--serial", "1", cwd=site.folder, code=1)
        assert time.monotonic() - begun < 8 * SLOW and done.stderr.startswith("vouch: status: mysql://vouch@"), done.stderr


OWN = """
    CREATE TABLE ca_certs (id BIGINT AUTO_INCREMENT PRIMARY KEY, serial VARCHAR(64) NOT NULL UNIQUE, state ENUM('valid', 'revoked') NOT NULL,
      revoked DATETIME(3), why INT, raw VARBINARY(64), expires TIMESTAMP NOT NULL DEFAULT '2030-01-01 00:00:00');
    CREATE TABLE ca_log (id BIGINT AUTO_INCREMENT PRIMARY KEY, serial VARCHAR(64) NOT NULL);
    INSERT INTO ca_certs (serial, state, raw) VALUES ('11', 'valid', x'11'), ('2f', 'valid', x'2f');
    INSERT INTO ca_certs (serial, state, revoked, why, raw) VALUES ('22', 'revoked', '2026-01-02 03:04:05.678', 1, x'22');
"""
QUERY = "SELECT state AS status, revoked AS revoked_at, why AS reason, expires AS expires_at FROM ca_certs WHERE serial = :serial_hex"
CHANGES = "SELECT id AS position, serial AS serial_hex FROM ca_log WHERE id > :position"


def test_tables_of_ones_own_are_read_by_a_query(site):
    site.sql(OWN)
    with site.serve(source=site.uri(query=QUERY, changes=CHANGES)) as server:
        client = site.client(server)
        stored(client, GOOD, 0x2F, 0x33)
        assert [client.status(serial) for serial in (GOOD, 0x2F, REVOKED, 0x33)] == ["good", "good", "revoked", "unknown"]
        single = client.single(REVOKED)
        assert single.reason == 1 and single.revocation_time.isoformat() == "2026-01-02T03:04:05+00:00"
        site.sql("UPDATE ca_certs SET state = 'revoked', revoked = UTC_TIMESTAMP() WHERE serial = '11'; INSERT INTO ca_log (serial) VALUES ('11')")
        shows(client, GOOD, "revoked")


def test_without_a_change_log_their_answers_stand_for_a_lease(site):
    site.sql(OWN)
    query = "SELECT IF(state = 'valid', 1, 2) + 0 AS status, NULL AS revoked_at FROM ca_certs WHERE raw = :serial_bytes" \
        .replace("IF(state = 'valid', 1, 2) + 0", "state").replace("NULL", "revoked")
    with site.serve(source=site.uri(query=query)) as server:
        client = site.client(server)
        stored(client, GOOD)
        site.sql("UPDATE ca_certs SET state = 'revoked', revoked = UTC_TIMESTAMP() WHERE serial = '11'")
        shows(client, GOOD, "revoked")


@pytest.mark.parametrize("query, says", [
    ("SELECT state AS status FROM ca_certs WHERE serial = :serial_hex", "revoked_at"),
    ("SELECT state AS status, revoked AS revoked_at, why AS colour FROM ca_certs WHERE serial = :serial_hex", "colour"),
    ("SELECT state AS status, revoked AS revoked_at FROM nowhere WHERE serial = :serial_hex", "nowhere"),
    ("SELECT state AS status, revoked AS revoked_at FROM ca_certs WHERE serial = :serial_hexx", "serial_hexx"),
    ("DELETE FROM ca_certs WHERE serial = :serial_hex", "SELECT"),
])
def test_a_query_that_cannot_be_right_says_what_is_wrong(site, query, says):
    site.sql(OWN)
    done = program.run("status", "--issuer", "ca.pem", "--source", site.uri(query=query), "--serial", "11", cwd=site.folder, code=1)
    assert says in done.stderr and PASSWORD not in done.stderr, done.stderr


def test_a_status_that_nobody_knows_is_never_good(site):
    site.sql(OWN)
    query = "SELECT 'perhaps' AS status, revoked AS revoked_at FROM ca_certs WHERE serial = :serial_hex"
    with site.serve(source=site.uri(query=query)) as server:
        client = site.client(server)
        assert client.ask(client.request(GOOD)).status == "internalError"


def test_tables_of_ones_own_are_not_written_to(site):
    site.sql(OWN)
    done = program.run("add", "--issuer", "ca.pem", "--db", site.uri(query=QUERY), "--serial", "77", cwd=site.folder, code=1)
    assert "not written" in done.stderr or "cannot be written" in done.stderr, done.stderr


def make_tls(folder, name):
    """A CA of its own and a server's certificate for 127.0.0.1, with openssl."""
    folder.mkdir(exist_ok=True)
    run = lambda *a: subprocess.run(["openssl", *map(str, a)], check=True, capture_output=True)     # noqa: E731
    ca, ca_key, key, request, certificate = (folder / f"{name}-{part}" for part in ("ca.pem", "ca.key", "key.pem", "request.pem", "cert.pem"))
    run("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name} CA", "-keyout", ca_key, "-out", ca, "-days", "2")
    run("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", request)
    extension = folder / f"{name}.ext"
    extension.write_text("subjectAltName=IP:127.0.0.1,DNS:localhost\n")
    run("x509", "-req", "-in", request, "-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-days", "2", "-extfile", extension, "-out", certificate)
    for path in folder.iterdir():
        path.chmod(0o644)
    return ca, certificate, key


def test_over_tls_the_server_is_known_by_its_certificate(site, database):
    folder = database.folder / "tls"
    ca, certificate, key = make_tls(folder, "server")
    other, _, _ = make_tls(folder, "other")
    database.stop()
    database.start(f"--ssl-ca={ca}", f"--ssl-cert={certificate}", f"--ssl-key={key}")
    try:
        with site.serve(source=site.uri(tcp=True, tls="verify", tls_ca=ca)) as server:
            assert site.client(server).status(GOOD) == "good"
            assert site.sql("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'vouch'").strip() != "0"
        for uri, code in ((site.uri(tcp=True, tls="verify", tls_ca=other), 1), (site.uri(tcp=True, tls="required"), 0)):
            done = program.run("status", "--issuer", "ca.pem", "--source", uri, "--serial", f"{GOOD:x}", cwd=site.folder, code=code)
            assert code == 0 or "cannot connect" in done.stderr, done.stderr
    finally:
        database.stop()
        database.start()
    done = program.run("status", "--issuer", "ca.pem", "--source", site.uri(tcp=True, tls="required"), "--serial", f"{GOOD:x}", cwd=site.folder, code=1)
    assert "cannot connect" in done.stderr, done.stderr
