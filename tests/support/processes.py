# SPDX-License-Identifier: Apache-2.0
"""The processes of a running `vouch serve`: which there are, what they hold, whether they are gone."""

import contextlib
import os
import pathlib
import re
import resource
import signal

import pytest

from . import rawhttp

SIGNER, SERVER = "vouch-signer", "vouch-server"
SHADOW = 1 << 34        # a mapping of that size is a sanitizer's, which has marks in it and no octets of ours


def text(pid, name):
    """A file of /proc/PID; empty once the process is gone."""
    try:
        return pathlib.Path(f"/proc/{pid}/{name}").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def is_alive(pid):
    """False of a process that has ended, reaped or not."""
    state = re.search(r"^State:\s+(\S)", text(pid, "status"), re.M)
    return state is not None and state[1] not in "ZX"


def is_stopped(pid):
    state = re.search(r"^State:\s+(\S)", text(pid, "status"), re.M)
    return state is not None and state[1] == "T"


@contextlib.contextmanager
def stopped(pid):
    """The process takes no step in this block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        rawhttp.until(lambda: is_stopped(pid))
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def children(pid):
    return [int(child) for child in text(pid, f"task/{pid}/children").split() if is_alive(int(child))]


def named(server, name):
    """The children of a server's supervisor with that name."""
    return [pid for pid in children(server.process.pid) if text(pid, "comm").strip() == name]


def the(server, name):
    """The one child of that name, once there is one and no other."""
    return rawhttp.until(lambda: (lambda found: found[0] if len(found) == 1 else None)(named(server, name)))


def working_in(directory):
    """Every process whose working directory that is, whoever its parent is by now."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if os.readlink(entry / "cwd") == str(directory) and is_alive(int(entry.name)):
                found.append(int(entry.name))
        except OSError:
            pass
    return found


@contextlib.contextmanager
def shut_to_others():
    """Whatever a process that cannot be dumped shows to root alone."""
    try:
        yield
    except PermissionError as error:
        pytest.skip(f"only root may look into processes that cannot be dumped: {error}")


def descriptors(pid):
    """Where each leads to."""
    with shut_to_others():
        return [os.readlink(entry) for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir()]


def allow_descriptors(count):
    """As many for this process, or the test is skipped."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        pytest.skip(f"{count} descriptors are more than the limit here: {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count), hard))


def memory(pid):
    """The octets of each mapping that can be read and could have been written to, as they are now."""
    with shut_to_others(), open(f"/proc/{pid}/mem", "rb", buffering=0) as file:
        for line in text(pid, "maps").splitlines():
            first, last, flags = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            if flags[0] != "r" or line.endswith("[vvar]") or line.endswith("[vsyscall]"):
                continue
            if int(last, 16) - int(first, 16) < SHADOW:
                yield from pieces(file, int(first, 16), int(last, 16))


PIECE = 1 << 20
NOTHING = bytes(PIECE)


def pieces(file, first, last, size=PIECE, overlap=1 << 12):
    """A mapping in pieces that overlap, so that nothing short hides between two; unreadable pages are left out."""
    while first < last:
        file.seek(first)
        try:
            yield file.read(min(size, last - first))
        except OSError:
            pass
        first += size - overlap


def found_in_memory(pid, needles):
    """Which of {name: octets} are somewhere in the memory of a process."""
    found = set()
    for piece in memory(pid):
        if NOTHING.startswith(piece):       # most of it, and looked at once instead of for each needle
            continue
        found |= {name for name, octets in needles.items() if name not in found and octets in piece}
    return found
