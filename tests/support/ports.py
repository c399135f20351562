# SPDX-License-Identifier: Apache-2.0
"""Ports of 127.0.0.1: the one that a program took which was told 0, and for those that want to be told another a free one."""

import contextlib
import os
import pathlib
import re
import socket

LISTENS = "0A"      # the state, as the kernel writes it


def listening(pid):
    """The ports on which a process listens, found without a connection: some programs do not get over one."""
    inodes = set()
    for descriptor in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            inodes.update(re.findall(r"socket:\[(\d+)\]", os.readlink(descriptor)))
    rows = [line.split() for table in ("tcp", "tcp6") for line in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]]
    return [int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == LISTENS and row[9] in inodes]


def free_port():
    """One that nobody has, at this moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
