# SPDX-License-Identifier: Apache-2.0
"""Load, made by vouch bench on a core of its own, and what it has cost the server."""

import json
import subprocess

from machine import LOAD_CORE, SERVER_CORE, cpu_seconds, pinned


def command(world, url, *arguments, cores=LOAD_CORE):
    from support import program
    return pinned(cores, [program.path(), "bench", "--json", "--issuer", world.folder / "ca.pem", "--url", url, *arguments])


def checked(world, done, is_ours=True):
    """The results; of a stand-in (nginx) what it answers is no OCSP, and only counted."""
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    if not is_ours:
        assert set(found["http_status"]) == {"200"} and set(found["errors"]) and not found["errors"]["connect"], done.stdout
        return found
    assert done.returncode == 0 and found["http_status"].keys() == {"200"}, done.stdout + done.stderr
    assert set(found["errors"].values()) == {0} and found["sample"]["failed"] == 0, done.stdout
    return found


def load(world, url, *arguments, cores=LOAD_CORE, is_ours=True):
    done = subprocess.run(command(world, url, *arguments, cores=cores), capture_output=True, text=True)
    return checked(world, done, is_ours)


def per_answer(world, server, url, *arguments, cores=LOAD_CORE, is_ours=True):
    """Microseconds of CPU for each answer, of all of the server's processes."""
    before = cpu_seconds(server.pid)
    found = load(world, url, *arguments, cores=cores, is_ours=is_ours)
    used = cpu_seconds(server.pid) - before
    if is_ours:
        assert found["response_status"] == {"successful": found["answered"]}, found
    return used * 1e6 / found["http_status"]["200"]


def sign_microseconds(algorithm, row, seconds):
    """What openssl speed says of one signature, on the server's core."""
    text = subprocess.run(pinned(SERVER_CORE, ["openssl", "speed", "-seconds", str(seconds), algorithm]), capture_output=True,
                          text=True, check=True).stdout
    found = [line for line in text.splitlines() if row in line][-1]
    return 1e6 / float(found.split()[-2])
