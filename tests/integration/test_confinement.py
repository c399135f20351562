# SPDX-License-Identifier: Apache-2.0
"""What the processes of a running responder gave up: their user's rights, the sandbox, the passphrase on the terminal."""

import contextlib
import fcntl
import os
import pathlib
import pty
import pwd
import re
import shutil
import tempfile
import termios
import threading

import pytest

from site_of_tests import GOOD, REVOKED, Site
from support import processes, rawhttp
from support.processes import SERVER, SIGNER
from support.server import refusal

USER = "nobody"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can take another user's rights")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


def facts(pid):
    """/proc/PID/status as a mapping."""
    return dict(re.findall(r"^(\w+):\s*(.*)$", processes.text(pid, "status"), re.M))


def family(server):
    return [server.process.pid, processes.the(server, SIGNER), processes.the(server, SERVER)]


def wait_at_work(site, server):
    """Until both children answer: a new one has its name before it has given anything up."""
    def answers():
        with contextlib.suppress(OSError, rawhttp.Closed):
            return site.client(server).live(GOOD) == "successful"
    rawhttp.until(answers)


def test_every_process_is_in_a_sandbox_and_a_new_one_as_well(site):
    with site.serve() as server:
        before = family(server)
        for pid in before[1:]:
            os.kill(pid, 9)
        rawhttp.until(lambda: not any(map(processes.is_alive, before[1:])))
        wait_at_work(site, server)
        for pid in family(server):
            assert facts(pid)["NoNewPrivs"] == "1"
            assert facts(pid)["Seccomp"] == "2"


def test_without_a_sandbox_nothing_is_given_up(site):
    with site.serve(sandbox="off") as server:
        assert {facts(pid)["Seccomp"] for pid in family(server)} == {facts(os.getpid())["Seccomp"]}
        assert site.client(server).status(GOOD) == "good"


def test_a_user_that_nobody_knows_is_refused(site, tmp_path):
    message = refusal(tmp_path / "refused", site.config(user="no-such-user-of-vouch"))
    assert message.endswith("user no-such-user-of-vouch: there is no such user")


@pytest.fixture
def open_folder():
    """One that every user may enter, unlike pytest's."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vouch-confinement-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@as_root
def test_root_reads_the_key_and_its_user_does_the_rest(open_folder):
    user = pwd.getpwnam(USER)
    site = Site(open_folder / "site")
    for path in (site.folder, *site.folder.glob("vouch.db*")):
        os.chown(path, user.pw_uid, user.pw_gid)
    key = site.folder / "ocsp.key"
    key.chmod(0o600)
    assert key.stat().st_uid == 0
    with site.serve(user=USER) as server:
        for _ in range(2):
            for pid in family(server)[1:]:
                assert set(facts(pid)["Uid"].split()) == {str(user.pw_uid)}
                assert set(facts(pid)["Gid"].split()) == {str(user.pw_gid)}
                assert "0" not in facts(pid)["Groups"].split()
                assert int(facts(pid)["CapPrm"], 16) == int(facts(pid)["CapEff"], 16) == 0
            assert site.client(server).status(GOOD) == "good"
            signer = processes.the(server, SIGNER)
            os.kill(signer, 9)      # the next one reads the key again
            rawhttp.until(lambda: not processes.is_alive(signer))
            wait_at_work(site, server)
        server.reload()
        server.wait_event("reloaded")
        assert site.client(server).status(REVOKED) == "revoked"


class Terminal:
    """A terminal whose user answers each question for a passphrase."""

    def __init__(self, answer):
        self.master, self.slave = pty.openpty()
        self.answer, self.shown, self.questions = answer, b"", 0
        threading.Thread(target=self.serve, daemon=True).start()

    def take(self):
        """In the new process: the terminal becomes its own."""
        fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)

    def serve(self):
        while True:
            try:
                self.shown += os.read(self.master, 4096)
            except OSError:
                return
            while self.shown.count(b"Passphrase of ") > self.questions and self.shown.endswith(b": "):
                self.questions += 1
                os.write(self.master, self.answer.encode() + b"\n")

    def echoes(self):
        return bool(termios.tcgetattr(self.slave)[3] & termios.ECHO)


def on_terminal(site, folder, terminal):
    site.signer.write(site.folder, "locked", passphrase="open sesame")
    signer = {"certificate": str(site.folder / "ocsp.pem"), "key": str(site.folder / "locked.key"), "passphrase_prompt": True}
    server = site.serve(folder, issuer={"signers": [signer]})
    server.launch = {"start_new_session": True, "preexec_fn": terminal.take}
    return server


def test_the_passphrase_is_asked_for_on_the_terminal_whenever_the_key_is_read(tmp_path):
    terminal = Terminal("open sesame")
    site = Site(tmp_path / "site")
    with on_terminal(site, "server", terminal) as server:
        assert site.client(server).status(GOOD) == "good"
        assert terminal.questions == 1 and str(site.folder / "locked.key").encode() in terminal.shown
        os.kill(processes.the(server, SIGNER), 9)
        rawhttp.until(lambda: terminal.questions == 2)
        rawhttp.until(lambda: site.client(server).status(REVOKED) == "revoked")
        assert terminal.echoes() and b"sesame" not in terminal.shown
