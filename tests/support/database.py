# SPDX-License-Identifier: Apache-2.0
"""A database server of the tests' own: on a private socket and folder, started, stopped, killed, started again."""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from .ports import free_port

PATIENCE = 60


class Session:
    """A client that stays, and so may its transaction."""

    DONE = "it is done"

    def __init__(self, command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        text=True)

    def say(self, line):
        """The line was done when this returns."""
        self.begin(line)
        self.wait()

    def begin(self, line):
        """One that may have to wait for others."""
        self.process.stdin.write(f"{line}; SELECT '{self.DONE}';\n")
        self.process.stdin.flush()

    def wait(self):
        read = self.process.stdout.readline()
        while read != self.DONE + "\n":
            assert read and "ERROR" not in read, read
            read = self.process.stdout.readline()

    def end(self):
        self.process.communicate(timeout=PATIENCE)


class DatabaseServer:
    """Subclasses say what their programs are called and told.

    `folder` must be short enough for a socket's path (108 octets) and reachable by another user if we are root.
    """

    product = package = None    # in words; Debian's
    programs = ()               # without which there is none
    folders = ((), ())          # where they are looked for before $PATH, and after it
    users = ()                  # who runs it if we are root, which it does not like: the first that there is
    end_in_order = signal.SIGTERM
    one_question = ("--execute", "SELECT 1")    # for the client

    def __init__(self, folder):
        self.folder, self.process = pathlib.Path(folder), None
        self.data = self.folder / "data"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.user = self.unprivileged() if os.geteuid() == 0 else None
        self.own(self.folder)
        self.port = free_port()

    @classmethod
    def program(cls, name):
        before, after = cls.folders
        path = os.pathsep.join([*map(str, before), os.environ.get("PATH", ""), *map(str, after)])
        return shutil.which(name, path=path)

    @classmethod
    def missing(cls):
        """Why there is none; None: there is."""
        for name in cls.programs:
            if cls.program(name) is None:
                return f"{name} is not installed (package {cls.package})"
        if os.geteuid() == 0 and cls.unprivileged() is None:
            return f"{cls.product} does not run as root, and there is no user {' or '.join(cls.users)}"
        return None

    @classmethod
    def unprivileged(cls):
        for name in cls.users:
            with contextlib.suppress(KeyError):
                return pwd.getpwnam(name)
        return None

    def own(self, path):
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)

    def start(self, *arguments):
        """Until it answers; `arguments` as `command` takes them."""
        deadline = time.monotonic() + PATIENCE
        self.launch(*arguments)
        while not self.answers():
            assert time.monotonic() < deadline, f"{self.product} does not answer"
            if self.process.poll() is not None:
                assert self.may_start_again(), self.log()
                self.launch(*arguments)
            time.sleep(0.02)
        return self

    def write_tls(self):
        """The paths of a certificate for 127.0.0.1 and localhost, which signs itself, and of its key, as its user reads them."""
        certificate, key = self.folder / "tls.crt", self.folder / "tls.key"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key,
                        "-out", certificate, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                        "-days", "2"], check=True, capture_output=True)
        key.chmod(0o600)
        self.own(key)
        return certificate, key

    def launch(self, *arguments):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([str(word) for word in self.command(*arguments)], cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self.identity())

    def command(self, *arguments):
        """What starts it."""
        raise NotImplementedError

    def identity(self):
        """For subprocess: whose process it is."""
        return {}

    def may_start_again(self):
        """Whether what it ended with at its start passes by itself."""
        return False

    def log(self):
        return (self.folder / "log").read_text()

    def answers(self):
        return subprocess.run([*self.client(), *self.one_question], capture_output=True).returncode == 0

    def client(self, database=None):
        """The command of a client that reads SQL."""
        raise NotImplementedError

    def run(self, sql, database=None):
        """What the client prints."""
        done = subprocess.run(self.client(database), input=sql, text=True, capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def session(self, database, *lines):
        """A client that stays and has said these lines."""
        made = Session(self.client(database))
        for line in lines:
            made.say(line)
        return made

    def family(self):
        """Its processes, the one that we started first."""
        return [self.process.pid]

    def stop(self):
        """At once, but in order."""
        self.end(self.end_in_order)

    def kill(self):
        self.end(signal.SIGKILL)

    def end(self, how):
        if self.process is None:
            return
        self.process.send_signal(how)
        self.process.wait(PATIENCE)
        self.process = None

    @contextlib.contextmanager
    def paused(self):
        """None of its processes takes a step in this block."""
        self.signal_all(signal.SIGSTOP)
        try:
            yield
        finally:
            self.signal_all(signal.SIGCONT)

    def signal_all(self, how):
        for pid in self.family():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, how)

    def copy(self, to):
        """Its data as they are, while it is stopped: a backup."""
        shutil.copytree(self.data, to)

    def restore(self, backup):
        shutil.rmtree(self.data)
        shutil.copytree(backup, self.data)
        self.data.chmod(0o700)
        for path in (self.data, *self.data.rglob("*")):
            self.own(path)


@contextlib.contextmanager
def running(kind, sql):
    """A server that has run `sql`, as long as the block lasts, in a folder of its own: a socket's path is short,
    and another user has to come through."""
    if kind.missing():
        pytest.skip(kind.missing())
    with tempfile.TemporaryDirectory(prefix=f"vouch-{kind.package}-", ignore_cleanup_errors=True) as folder:
        os.chmod(folder, 0o755)
        server = kind(os.path.join(folder, "db"))
        try:
            server.start().run(sql)
            yield server
        finally:
            server.kill()
