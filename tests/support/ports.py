# SPDX-License-Identifier: Apache-2.0
"""Ports for programs that have to be told one: where a program says on which it listens, give it port 0 instead."""

import socket


def free_port():
    """One on 127.0.0.1 that nobody has, at this moment."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]
