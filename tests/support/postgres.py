# SPDX-License-Identifier: Apache-2.0
"""PostgreSQL for the tests."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess

from .database import DatabaseServer
from .processes import children


def version(folder):
    return [int(number) for number in re.findall(r"\d+", str(folder))]


# Debian keeps the programs by version, out of $PATH; a script of that name in $PATH may start something else.
VERSIONS = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=version, reverse=True)


class Postgres(DatabaseServer):
    """The superuser `postgres` is trusted on the socket; who comes by TCP, or as another user, says a password."""

    product, package = "PostgreSQL", "postgresql"
    programs = ("postgres", "initdb", "psql", "pg_dump")
    folders = (VERSIONS, ("/usr/local/pgsql/bin",))
    users = ("postgres", "nobody")
    end_in_order = signal.SIGINT    # a fast shutdown
    one_question = ("--command", "SELECT 1")

    def __init__(self, folder, primary=None):
        super().__init__(folder)
        if primary:
            self.as_user("pg_basebackup", "--pgdata", self.data, "--write-recovery-conf", "--checkpoint=fast", "--no-sync",
                         *primary.place())
            return
        self.as_user("initdb", "--pgdata", self.data, "--username=postgres", "--auth=trust", "--encoding=UTF8",
                     "--locale=C", "--no-sync")
        (self.data / "pg_hba.conf").write_text(
            "local all,replication postgres trust\nlocal all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n")
        self.own(self.data / "pg_hba.conf")

    def identity(self):
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}

    def as_user(self, name, *arguments):
        subprocess.run([self.program(name), *map(str, arguments)], check=True, stdout=subprocess.DEVNULL, cwd=self.folder,
                       **self.identity())

    def command(self, *settings):
        """`settings`: "name=value"."""
        # What is written without fsync outlives a kill; only the machine's end would lose it.
        options = ["listen_addresses=127.0.0.1", f"port={self.port}", f"unix_socket_directories={self.folder}", "fsync=off",
                   "shared_buffers=16MB", "max_connections=40", "log_connections=on", *settings]
        return [self.program("postgres"), "-D", self.data, *[word for option in options for word in ("-c", option)]]

    def may_start_again(self):
        """One that was killed leaves shared memory while a child of it still ends."""
        return "pre-existing shared memory block" in self.log()[-500:]

    def place(self):
        """For any of its own programs: where it is, and who asks."""
        return ["--host", str(self.folder), "--port", str(self.port), "--username", "postgres"]

    def client(self, database=None):
        return [self.program("psql"), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1",
                *self.place(), "--dbname", database or "postgres"]

    def dump(self, database):
        command = [self.program("pg_dump"), *self.place(), database]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def family(self):
        return [self.process.pid, *children(self.process.pid)]

    def kill(self):
        """All of it: the children of a postmaster that is killed notice by themselves, later."""
        started = self.family()[1:] if self.process else []
        super().kill()
        for child in started:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)

    def standby(self, folder):
        """Another server, which follows this one."""
        return Postgres(folder, primary=self)

    def promote(self):
        self.run("SELECT pg_promote()")
