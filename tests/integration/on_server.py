# SPDX-License-Identifier: Apache-2.0
"""A database of a test's own on a server, in that server's words."""

import urllib.parse

USER, PASSWORD = "vouch", "s3cret & with@odd:things/%?"
HOSTS = ("localhost", "127.0.0.1")      # of a user of MariaDB


class OnServer:
    """Subclasses say it in the server's words; `OWN` are tables as a CA may have them, which `QUERY` and `CHANGES` read."""

    CHANGES = "SELECT id AS position, serial AS serial_hex FROM ca_log WHERE id > :position"

    def __init__(self, server, name):
        self.server, self.name = server, name
        self.create()

    def uri(self, tcp=False, user=USER, password=PASSWORD, **parameters):
        """A password that is None is none."""
        who = user if password is None else f"{user}:{urllib.parse.quote(password, safe='')}"
        where = f"127.0.0.1:{self.server.port}" if tcp else ""
        if not tcp:
            parameters = {**self.socket(), **parameters}
        query = "&".join(f"{key}={urllib.parse.quote(str(value), safe='/')}" for key, value in parameters.items())
        return f"{self.scheme}://{who}@{where}/{self.name}" + (f"?{query}" if query else "")

    def sql(self, text):
        return self.server.run(text, self.name)

    def session(self, *lines):
        """A transaction that stays open; each line was done when it returns."""
        return self.server.session(self.name, *lines)


class OnPostgres(OnServer):
    scheme = "postgresql"
    users = "".join(f"CREATE ROLE {name} LOGIN PASSWORD '{password}';"
                    for name, password in {USER: PASSWORD, "reader": "r", "writer": "w"}.items())
    COUNT_CONNECTIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'vouch' AND datname = current_database()"
    OWN = """
        CREATE TABLE ca_certs (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, serial text NOT NULL UNIQUE, state text NOT NULL,
          revoked timestamptz, why int, raw bytea, expires timestamp NOT NULL DEFAULT '2030-01-01 00:00:00');
        CREATE TABLE ca_log (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, serial text NOT NULL);
        INSERT INTO ca_certs (serial, state, raw) VALUES ('11', 'valid', '\\x11'), ('2f', 'valid', '\\x2f');
        INSERT INTO ca_certs (serial, state, revoked, why, raw) VALUES ('22', 'revoked', '2026-01-02 03:04:05.678Z', 1, '\\x22');
        GRANT SELECT ON ca_certs, ca_log TO vouch;
    """
    QUERY = "SELECT state AS status, revoked AS revoked_at, why AS reason, expires AS expires_at FROM ca_certs WHERE serial = :serial_hex_lower"
    REVOKE_OWN = "UPDATE ca_certs SET state = 'revoked', revoked = now() WHERE serial = '%02x';"

    def create(self):
        self.server.run(f"CREATE DATABASE {self.name}")

    def give(self):
        """It is the user's."""
        self.server.run(f"ALTER DATABASE {self.name} OWNER TO {USER}")

    def let_read(self, *tables):
        self.sql("".join(f"GRANT SELECT ON {table} TO {USER};" for table in tables))

    def drop(self):
        self.server.run(f"DROP DATABASE {self.name} WITH (FORCE)")

    def socket(self):
        return {"host": self.server.folder, "port": self.server.port}


class OnMariaDB(OnServer):
    scheme = "mysql"
    users = "".join(f"CREATE USER {USER}@'{host}' IDENTIFIED BY '{PASSWORD}';" for host in HOSTS)
    COUNT_CONNECTIONS = f"SELECT COUNT(*) FROM information_schema.processlist WHERE user = '{USER}' AND db = DATABASE()"
    OWN = """
        CREATE TABLE ca_certs (id BIGINT AUTO_INCREMENT PRIMARY KEY, serial VARCHAR(64) NOT NULL UNIQUE, state ENUM('valid', 'revoked') NOT NULL,
          revoked DATETIME(3), why INT, raw VARBINARY(64), expires TIMESTAMP NOT NULL DEFAULT '2030-01-01 00:00:00');
        CREATE TABLE ca_log (id BIGINT AUTO_INCREMENT PRIMARY KEY, serial VARCHAR(64) NOT NULL);
        INSERT INTO ca_certs (serial, state, raw) VALUES ('11', 'valid', x'11'), ('2f', 'valid', x'2f');
        INSERT INTO ca_certs (serial, state, revoked, why, raw) VALUES ('22', 'revoked', '2026-01-02 03:04:05.678', 1, x'22');
    """
    QUERY = "SELECT state AS status, revoked AS revoked_at, why AS reason, expires AS expires_at FROM ca_certs WHERE serial = :serial_hex"
    REVOKE_OWN = "UPDATE ca_certs SET state = 'revoked', revoked = UTC_TIMESTAMP() WHERE serial = '%02x';"

    def create(self):
        self.server.run(f"CREATE DATABASE {self.name} CHARACTER SET utf8mb4")

    def give(self):
        """The user may do everything in it."""
        self.server.run("".join(f"GRANT ALL ON {self.name}.* TO {USER}@'{host}';" for host in HOSTS))

    def let_read(self, *tables):
        self.sql("".join(f"GRANT SELECT ON {self.name}.{table} TO {USER}@localhost;" for table in tables))

    def drop(self):
        self.server.run(f"DROP DATABASE {self.name}")

    def socket(self):
        return {"socket": self.server.socket}
