# SPDX-License-Identifier: Apache-2.0
"""A MariaDB of the tests' own: on a private socket and folder, started, stopped, killed, started again."""

import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

PATIENCE = 60


def program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + os.pathsep + "/usr/sbin" + os.pathsep + "/usr/local/sbin")


def missing():
    """Why there is none; None: there is."""
    for name in ("mariadbd", "mariadb-install-db", "mariadb"):
        if program(name) is None:
            return f"{name} is not installed (package mariadb-server)"
    if os.geteuid() == 0 and unprivileged() is None:
        return "MariaDB does not run as root, and there is no user `mysql` or `nobody`"
    return None


def unprivileged():
    for name in ("mysql", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    return None


class MariaDB:
    """`folder` must be short enough for a socket's path (108 octets) and reachable by another user if we are root."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.socket = self.folder / "socket"
        self.process = None
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port = self.free_port()
        self.user = unprivileged() if os.geteuid() == 0 else None
        if self.user:
            os.chown(self.folder, self.user.pw_uid, self.user.pw_gid)
        self.as_user = ["--user=" + self.user.pw_name] if self.user else []
        subprocess.run([program("mariadb-install-db"), "--no-defaults", "--datadir=" + str(self.folder / "data"), "--skip-test-db",
                        "--auth-root-authentication-method=normal", *self.as_user], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @staticmethod
    def free_port():
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            return taken.getsockname()[1]

    def start(self, *arguments, wait=True):
        log = open(self.folder / "log", "ab")
        self.process = subprocess.Popen(
            [program("mariadbd"), "--no-defaults", "--datadir=" + str(self.folder / "data"), "--socket=" + str(self.socket),
             "--pid-file=" + str(self.folder / "pid"), "--bind-address=127.0.0.1", "--port=" + str(self.port), "--skip-name-resolve",
             "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M", "--lower-case-table-names=0", *self.as_user, *arguments],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        log.close()
        if wait:
            self.wait()
        return self

    def answers(self):
        return subprocess.run(self.client("-e", "SELECT 1"), capture_output=True).returncode == 0

    def wait(self):
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            assert self.process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline, "MariaDB does not answer"
            time.sleep(0.05)

    def client(self, *arguments):
        return [program("mariadb"), "--no-defaults", "--socket=" + str(self.socket), "--user=root", "--batch", "--skip-column-names", *arguments]

    def run(self, sql, database=None):
        """What the client prints."""
        done = subprocess.run(self.client(*([database] if database else [])), input=sql, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def session(self, database):
        """A client that stays: write SQL to its stdin."""
        return subprocess.Popen(self.client("--unbuffered", database), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def stop(self):
        self.end(signal.SIGTERM)

    def kill(self):
        self.end(signal.SIGKILL)

    def end(self, how):
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.wait(PATIENCE)
        self.process = None

    def copy(self, to):
        """Its data as they are, while it is stopped: a backup."""
        shutil.copytree(self.folder / "data", to)

    def restore(self, backup):
        shutil.rmtree(self.folder / "data")
        shutil.copytree(backup, self.folder / "data")
        if self.user:
            subprocess.run(["chown", "-R", f"{self.user.pw_uid}:{self.user.pw_gid}", str(self.folder / "data")], check=True)
