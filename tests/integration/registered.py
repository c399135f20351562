# SPDX-License-Identifier: Apache-2.0
"""A CA whose register is a database on a server: what tests do with it, and how soon that shows."""

import contextlib
import os
import time

from on_server import OnMariaDB, OnPostgres, OnServer
from site_of_tests import GOOD, REVOKED, Site
from support import program, rawhttp

SLOW = 5 if program.sanitized() else 1
SHOWS_SECONDS = 1.0 * SLOW          # from the commit to the first answer
RECOVERY_SECONDS = 2.0 * SLOW
SQL = program.ROOT / "packaging" / "sql"


class Registered(Site):
    """Subclasses are an OnServer as well, and know the SQL of the register's tables."""

    def __init__(self, folder, server, name):
        OnServer.__init__(self, server, name)
        self.give()
        self.make_tables()
        Site.__init__(self, folder)

    def register(self, command, *arguments, uri=None, **options):
        return program.run(command, "--issuer", "ca.pem", "--db", uri or self.uri(), *arguments, cwd=self.folder, **options)

    def status(self, uri, serial="1", code=1):
        """All that the command prints."""
        done = program.run("status", "--issuer", "ca.pem", "--source", uri, "--serial", serial, cwd=self.folder, code=code)
        return done.stdout + done.stderr

    def config(self, source=None, **changes):
        changes.setdefault("issuer", {})["sources"] = [source or self.uri()]
        return super().config(**changes)

    @contextlib.contextmanager
    def locked(self):
        """Who reads a status waits, in this block."""
        holder = self.session(*self.LOCK)
        try:
            yield
        finally:
            holder.say(self.UNLOCK)
            holder.end()


class PostgresRegister(Registered, OnPostgres):
    REVOKE = "UPDATE vouch.certificates SET cert_status = 2, revocation_time = now() - interval '5 s' WHERE serial_number = '\\x%02x';"
    ADD_MANY = ("INSERT INTO vouch.certificates (issuer, serial_number, cert_status) SELECT number, decode('7f' || lpad(to_hex(n), 14, '0'), 'hex'), 1 "
                "FROM vouch.issuers, generate_series(1, %d) AS n;")
    FORGET_CHANGES = "DELETE FROM vouch.changes;"
    BE_NEWER = "UPDATE vouch.register SET version = 99"
    LOCK, UNLOCK = ("BEGIN", "LOCK TABLE vouch.certificates IN ACCESS EXCLUSIVE MODE"), "ROLLBACK"

    def make_tables(self):
        folder = SQL / "postgresql"
        self.sql("SET ROLE vouch;" + (folder / "001_register.sql").read_text())
        self.sql((folder / "roles.sql").read_text() + "GRANT vouch_reader TO reader; GRANT vouch_writer TO writer;")


class MariaRegister(Registered, OnMariaDB):
    REVOKE = "UPDATE vouch_certificates SET cert_status = 2, revocation_time = UNIX_TIMESTAMP() - 5 WHERE serial_number = x'%02x';"
    ADD_MANY = ("INSERT INTO vouch_certificates (issuer, serial_length, serial_number, cert_status, added, changed) "
                "SELECT number, 8, UNHEX(CONCAT('7F', LPAD(HEX(seq), 14, '0'))), 1, 0, 0 FROM vouch_issuers, seq_1_to_%d;")
    FORGET_CHANGES = "DELETE FROM vouch_changes;"
    BE_NEWER = "UPDATE vouch_register SET version = 99"
    LOCK, UNLOCK = ("LOCK TABLES vouch_certificates WRITE",), "UNLOCK TABLES"

    def make_tables(self):
        self.sql((SQL / "mysql" / "001_register.sql").read_text())


@contextlib.contextmanager
def registered(kind, folder, server):
    """On a server that runs, before and after."""
    made = kind(folder, server, "t" + os.urandom(6).hex())
    try:
        yield made
    finally:
        if server.process is None:
            server.start()
        made.drop()


@contextlib.contextmanager
def empty(kind, server):
    """A database of the user's without any tables."""
    made = kind(server, "e" + os.urandom(6).hex())
    try:
        made.give()
        yield made
    finally:
        made.drop()


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


def bench(server, site, count):
    """As many answers made anew, by 32 clients: all of them come, and are right."""
    host, port = server.direct
    done = program.run("bench", "--url", f"http://{host}:{port}/", "--issuer", site.folder / "ca.pem", "--serial", f"{GOOD:x}", "--serial",
                       f"{REVOKED:x}", "--nonce", "--connections", "32", "--requests", count, "--verify", "all", "--json", code=None)
    assert done.returncode == 0 and f'"successful":{count}' in done.stdout, done.stdout + done.stderr
