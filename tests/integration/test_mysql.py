# SPDX-License-Identifier: Apache-2.0
"""MariaDB as the register: what is its own beside test_register_servers.py."""

import time

import pytest

from on_server import PASSWORD
from registered import MariaRegister, registered, shows, stored
from site_of_tests import GOOD, HELD, REVOKED
from support import rawhttp


@pytest.fixture
def database(mariadb):
    return mariadb


@pytest.fixture
def site(tmp_path, database):
    with registered(MariaRegister, tmp_path / "site", database) as made:
        yield made


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
        site.sql(site.REVOKE % GOOD)
        shows(client, GOOD, "revoked")
        site.sql("INSERT INTO vouch_certificates (issuer, serial_length, serial_number, cert_status, added, changed) "
                 "SELECT number, 1, x'77', 1, 0, 0 FROM vouch_issuers")
        shows(client, 0x77, "good")
        site.sql(f"DELETE FROM vouch_certificates WHERE serial_number = x'{HELD:02x}'")
        shows(client, HELD, "unknown")


@pytest.mark.parametrize("setting, value, usual", [("autocommit", "0", "1"), ("completion_type", "CHAIN", "NO_CHAIN"), ("sql_select_limit", "1", "DEFAULT"),
                                                   ("sql_safe_updates", "1", "0"), ("sql_mode", "'ANSI,NO_BACKSLASH_ESCAPES'", "DEFAULT")])
def test_what_a_server_sets_for_all_sessions_hides_no_change(site, database, setting, value, usual):
    """Not a transaction that never ends, nor a result that is cut off."""
    database.run(f"SET GLOBAL {setting} = {value}")
    try:
        with site.serve(source=site.uri(connections=1)) as server:
            client = site.client(server)
            stored(client, GOOD, HELD)
            site.register("add", "--serial", "61")
            shows(client, 0x61, "good")
            site.sql("SET sql_safe_updates = 0; BEGIN; " + site.REVOKE % 0x61 + site.REVOKE % GOOD + " COMMIT;")
            shows(client, GOOD, "revoked")
            shows(client, 0x61, "revoked")
    finally:
        database.run(f"SET GLOBAL {setting} = {usual}")


def test_a_statement_that_nobody_waits_for_ends_in_the_server_too(site, database):
    """One that computes never looks whether its client is still there."""
    site.sql(site.OWN)
    slow = site.QUERY + " AND (serial <> '11' OR BENCHMARK(1000000000, SHA2(serial, 256)) = 0)"
    with site.serve(source=site.uri(timeout="1s", query=slow)) as server:
        client = site.client(server)
        assert client.status(REVOKED) == "revoked"
        begun = time.monotonic()
        assert client.live(GOOD) == "tryLater"
        old = f"SELECT info FROM information_schema.processlist WHERE db = '{site.name}' AND time_ms > 2000 AND info LIKE '%BENCHMARK%'"
        rawhttp.until(lambda: time.monotonic() > begun + 3 and not database.run(old))


@pytest.mark.parametrize("changes", [{}, {"changes": MariaRegister.CHANGES}])
def test_a_query_is_known_to_work_when_the_server_has_started(site, changes):
    site.sql(site.OWN)
    wrong = site.QUERY.replace("serial =", "(SELECT id FROM ca_certs) = 1 AND serial =")     # more than one row: not before it runs
    with site.serve(source=site.uri(query=wrong, **changes)) as server:
        rawhttp.until(lambda: "more than 1 row" in server.errors)


def test_tables_that_are_away_for_a_moment_are_no_damage(site):
    """As while a dump is read in."""
    with site.serve() as server:
        client = site.client(server)
        assert client.live(REVOKED) == "successful"
        site.sql("RENAME TABLE vouch_certificates TO away")
        assert client.live(REVOKED) == "tryLater"
        site.sql("RENAME TABLE away TO vouch_certificates")
        assert client.status(REVOKED) == "revoked"


def test_transactions_that_commit_in_another_order_than_they_wrote_are_both_seen(site, database):
    """The second writer waits for the first, whose revocation can so never be passed over."""
    for serial in (0x51, 0x52):
        site.register("add", "--serial", f"{serial:x}")
    with site.serve() as server:
        client = site.client(server)
        stored(client, 0x51, 0x52)
        slow, quick = site.session("BEGIN", site.REVOKE % 0x51), site.session("BEGIN")
        quick.begin(site.REVOKE % 0x52 + " COMMIT")
        waits = "SELECT info FROM information_schema.processlist WHERE info LIKE '%vouch_register SET position%'"
        rawhttp.until(lambda: "vouch_register" in database.run(waits))
        assert client.status(0x51) == client.status(0x52) == "good"
        slow.say("COMMIT")
        quick.wait()
        shows(client, 0x51, "revoked")
        shows(client, 0x52, "revoked")
        for session in (slow, quick):
            session.end()


def test_reading_needs_no_right_to_write(site, database):
    database.run(f"CREATE OR REPLACE USER reader@localhost IDENTIFIED BY 'r'; GRANT SELECT ON {site.name}.* TO reader@localhost;")
    uri = site.uri(user="reader", password="r", mode="ro")
    with site.serve(source=uri) as server:
        client = site.client(server)
        stored(client, GOOD)
        site.register("revoke", "--serial", f"{GOOD:x}", "--reason", "superseded")
        shows(client, GOOD, "revoked")
    assert "mode=ro" in site.register("add", "--serial", "1", uri=uri, code=1).stderr


def test_errors_name_the_database_and_never_the_password(site, database):
    socket = database.socket
    for uri, says in ((f"mysql://vouch:hidden@/{site.name}?socket={socket}", "Access denied"),
                      (f"mysql://vouch:hidden@/{site.name}?socket={socket}x", "Can't connect"),
                      (f"mysql://vouch:hidden@127.0.0.1:1/{site.name}", "Can't connect"),
                      (f"mysql://vouch:hidden@/{site.name}?sokket={socket}", "no such parameter: sokket"),
                      (f"mysql://vouch@/{site.name}?socket={socket}&password=hidden", "Access denied"),
                      (f"mysql://vouch@/{site.name}?socket={socket}&password=hidden&password=hidden", "password is there twice"),
                      (f"mysql://vouch@/{site.name}?socket={socket}&password=hid%hidden", "password is there twice, or wrongly encoded"),
                      (f"mysql://vouch@/{site.name}?socket={socket}&password-file={site.folder}/nowhere", "nowhere: No such file"),
                      (f"mysql://vouch:hidden@/{site.name}?timeout=0", "timeout"),
                      (f"mysql://vouch:hidden@/{site.name}?tls=perhaps", "tls"),
                      ("mysql://vouch:hidden@127.0.0.1:99999/db", "port"),
                      ("mysql://vouch:hidden@127.0.0.1", "no database"),
                      ("mysql:db", "mysql://")):
        text = site.status(uri)
        assert says in text and "hidden" not in text, text


def test_a_password_may_stand_in_a_file(site):
    password_file = site.folder / "password"
    password_file.write_text(PASSWORD + "\nhidden in another line\n")
    with site.serve(source=site.uri(password="hidden", **{"password-file": password_file})) as server:
        client = site.client(server)
        stored(client, GOOD)
        site.register("revoke", "--serial", f"{GOOD:x}", "--reason", "superseded", uri=site.uri(password=None, **{"password-file": password_file}))
        shows(client, GOOD, "revoked")
        assert "hidden" not in server.errors and PASSWORD not in server.errors
    password_file.write_text("hidden\n")
    text = site.status(site.uri(password=None, **{"password-file": password_file}))
    assert "Access denied" in text and "hidden" not in text


def test_an_issuer_is_written_once_in_a_transaction(site):
    """Each try takes a number that is lost."""
    numbers = f"SELECT auto_increment FROM information_schema.tables WHERE table_schema = '{site.name}' AND table_name = 'vouch_issuers'"
    before = int(site.sql(numbers))
    site.register("add", *[word for serial in range(0x100, 0x110) for word in ("--serial", f"{serial:x}")])
    assert int(site.sql(numbers)) <= before + 1


def test_over_tls_the_server_is_known_by_its_certificate(site, database):
    certificate, key = database.write_tls()
    database.stop()
    database.start(f"--ssl-cert={certificate}", f"--ssl-key={key}")
    try:
        with site.serve(source=site.uri(tcp=True, tls="verify", **{"tls-ca": certificate})) as server:
            assert site.client(server).status(GOOD) == "good"
            assert int(site.sql(site.COUNT_CONNECTIONS)) > 0
        assert "cannot connect" in site.status(site.uri(tcp=True, tls="verify", **{"tls-ca": site.folder / "ca.pem"}), f"{GOOD:x}")
        assert "good" in site.status(site.uri(tcp=True, tls="required"), f"{GOOD:x}", code=0)
        database.stop()
        database.start("--skip-ssl")            # newer servers have a certificate of their own making
        assert "cannot connect" in site.status(site.uri(tcp=True, tls="required"), f"{GOOD:x}")
    finally:
        database.stop()
        database.start()
