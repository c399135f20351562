# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL of the tests' own: on a private socket and folder, started, stopped, killed, started again."""

import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time

PATIENCE = 60
FOLDERS = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: [int(n) for n in re.findall(r"\d+", str(p))], reverse=True)


def program(name):
    """Debian keeps them by version, out of PATH; a script of that name in PATH may start something else."""
    return shutil.which(name, path=os.pathsep.join([*map(str, FOLDERS), os.environ.get("PATH", ""), "/usr/local/pgsql/bin"]))


def missing():
    """Why there is none; None: there is."""
    for name in ("postgres", "initdb", "psql", "pg_dump"):
        if program(name) is None:
            return f"{name} is not installed (package postgresql)"
    if os.geteuid() == 0 and unprivileged() is None:
        return "PostgreSQL does not run as root, and there is no user `postgres` or `nobody`"
    return None


def unprivileged():
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


class Postgres:
    """`folder` must be short enough for a socket's path (108 octets) and reachable by another user if we are root.

    The superuser `postgres` is trusted on the socket; who comes by TCP, or as another user, says a password.
    """

    def __init__(self, folder, primary=None):
        self.folder = pathlib.Path(folder)
        self.data, self.process = self.folder / "data", None
        self.folder.mkdir(parents=True, exist_ok=True)
        self.user = unprivileged() if os.geteuid() == 0 else None
        self.own(self.folder)
        self.port = self.free_port()
        if primary:
            self.as_user([program("pg_basebackup"), "--pgdata", self.data, "--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--host", primary.folder,
                          "--port", primary.port, "--username", "postgres"])
            return
        self.as_user([program("initdb"), "--pgdata", self.data, "--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
        (self.data / "pg_hba.conf").write_text(
            "local all,replication postgres trust\nlocal all all scram-sha-256\nhost all all 127.0.0.1/32 scram-sha-256\n")
        self.own(self.data / "pg_hba.conf")

    @staticmethod
    def free_port():
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            return taken.getsockname()[1]

    def own(self, path):
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def identity(self):
        return {"user": self.user.pw_uid, "group": self.user.pw_gid, "extra_groups": []} if self.user else {}

    def as_user(self, command):
        subprocess.run([str(word) for word in command], check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self.identity())

    def start(self, *settings, wait=True):
        """`settings`: "name=value"."""
        options = [f"listen_addresses=127.0.0.1", f"port={self.port}", f"unix_socket_directories={self.folder}", "fsync=on",
                   "shared_buffers=16MB", "max_connections=40", "log_connections=on", *settings]
        # One that was killed leaves these, and may be started again while a child of it still ends.
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([program("postgres"), "-D", str(self.data), *[word for o in options for word in ("-c", o)]],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder, **self.identity())
        if wait:
            self.wait()
        return self

    def log(self):
        return (self.folder / "log").read_text()

    def answers(self):
        return subprocess.run(self.client("postgres", "-c", "SELECT 1"), capture_output=True).returncode == 0

    def wait(self):
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if self.process.poll() is not None and "pre-existing shared memory block" in self.log()[-500:]:
                time.sleep(0.05)
                return self.start()
            assert self.process.poll() is None, self.log()
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.02)
        return self

    def client(self, database, *arguments):
        return [program("psql"), "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1", "--host", str(self.folder),
                "--port", str(self.port), "--username", "postgres", *arguments, database]

    def run(self, sql, database="postgres"):
        """What the client prints."""
        done = subprocess.run(self.client(database), input=sql, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def session(self, database):
        """A client that stays: write SQL to its stdin."""
        return subprocess.Popen(self.client(database), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def dump(self, database):
        done = subprocess.run([program("pg_dump"), "--host", str(self.folder), "--port", str(self.port), "--username", "postgres", database],
                              check=True, capture_output=True, text=True)
        return done.stdout

    def stop(self):
        """At once, but in order (SIGINT: a fast shutdown)."""
        self.end(signal.SIGINT)

    def kill(self):
        """All of it: the children of a postmaster that is killed notice by themselves, later."""
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True).stdout.split() if self.process else []
        self.end(signal.SIGKILL)
        for child in children:
            try:
                os.kill(int(child), signal.SIGKILL)
            except ProcessLookupError:
                pass

    def end(self, how):
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.wait(PATIENCE)
        self.process = None

    def signal_all(self, how):
        """The postmaster and what it has started."""
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        for pid in [self.process.pid, *map(int, children)]:
            try:
                os.kill(pid, how)
            except ProcessLookupError:
                pass

    def standby(self, folder):
        """Another server, which follows this one."""
        return Postgres(folder, primary=self)

    def promote(self):
        self.run("SELECT pg_promote()")

    def copy(self, to):
        """Its data as they are, while it is stopped: a backup."""
        shutil.copytree(self.data, to)

    def restore(self, backup):
        shutil.rmtree(self.data)
        shutil.copytree(backup, self.data)
        self.data.chmod(0o700)
        if self.user:
            subprocess.run(["chown", "-R", f"{self.user.pw_uid}:{self.user.pw_gid}", str(self.data)], check=True)
