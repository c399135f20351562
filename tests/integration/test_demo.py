# SPDX-License-Identifier: Apache-2.0
"""vouch demo: ends well by itself and by a signal, says what is in its way, and leaves nothing behind that came to nothing."""

import os
import signal
import socket
import subprocess

import pytest

from support import program

DEADLINE = 90


def names(folder):
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("name", ["made", "with a blank"])
def test_a_folder_that_was_named_keeps_the_ca(tmp_path, name):
    done = program.run("demo", "--once", "--dir", name, cwd=tmp_path, deadline=DEADLINE)
    assert "good.pem: good" in done.stdout and "Response verify OK" in done.stdout + done.stderr
    assert {"ca.pem", "ca.key", "ocsp.pem", "ocsp.key", "vouch.db", "good.pem", "revoked.pem", "hold.pem"} <= names(tmp_path / name)
    again = program.run("demo", "--once", "--dir", name, cwd=tmp_path, code=1)
    assert f"{name}: has files in it" in again.stderr
    assert "ca.key" in names(tmp_path / name)


def test_a_temporary_folder_is_removed(tmp_path):
    done = subprocess.run([program.path(), "demo", "--once"], env=program.environment({"TMPDIR": str(tmp_path)}), timeout=DEADLINE,
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert names(tmp_path) == set()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_both_processes_well(tmp_path, number):
    process = subprocess.Popen([program.path(), "demo"], env=program.environment({"TMPDIR": str(tmp_path)}), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        for line in process.stdout:
            if "Ctrl-C ends it" in line:
                break
        address = line.split("http://")[1].split("/")[0]
        process.send_signal(number)
        assert process.wait(DEADLINE) == 0
    finally:
        process.kill()
        process.stdout.close()
    host, port = address.split(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)), 5)
    assert names(tmp_path) == set()


def test_an_address_that_is_taken_is_named_and_nothing_stays(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        address = "127.0.0.1:%d" % taken.getsockname()[1]
        done = program.run("demo", "--once", "--listen", address, "--dir", "made", cwd=tmp_path, code=1, deadline=DEADLINE)
        (tmp_path / "empty").mkdir()
        program.run("demo", "--once", "--listen", address, "--dir", "empty", cwd=tmp_path, code=1, deadline=DEADLINE)
    assert address in done.stderr and "vouch: demo: the responder did not start" in done.stderr
    assert names(tmp_path) == {"empty"} and names(tmp_path / "empty") == set()


def test_without_openssl_it_says_so(tmp_path):
    done = subprocess.run([program.path(), "demo", "--once"], env={**program.environment(), "PATH": str(tmp_path)}, timeout=DEADLINE,
                          capture_output=True, text=True)
    assert done.returncode == 0 and "(openssl is not installed)" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("arguments", [("x",), ("--listen", "unix:/tmp/x"), ("--listen", "systemd")])
def test_what_makes_no_sense_is_wrong_usage(tmp_path, arguments):
    assert "expected" in program.run("demo", "--once", *arguments, cwd=tmp_path, code=2).stderr
    assert names(tmp_path) == set()


def test_a_folder_that_cannot_be_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    assert "file" in program.run("demo", "--once", "--dir", "file", cwd=tmp_path, code=1).stderr
    assert "absent/made" in program.run("demo", "--once", "--dir", "absent/made", cwd=tmp_path, code=1).stderr
    done = subprocess.run([program.path(), "demo", "--once"], env={**program.environment(), "TMPDIR": str(tmp_path / "absent")},
                          timeout=DEADLINE, capture_output=True, text=True)
    assert done.returncode == 1 and "absent" in done.stderr
    assert os.listdir(tmp_path) == ["file"]
