# SPDX-License-Identifier: Apache-2.0
"""Header fields: pairs of strings in Python, whole lines in the library."""

from __future__ import annotations

import re
from typing import Iterable

Fields = Iterable[tuple[str, str]]

NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")       # RFC 9110 5.6.2: token
VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")          # RFC 9110 5.5, without what ends a line


def to_lines(fields: Fields) -> bytes:
    """As they stand in a head, each with CR LF."""
    lines = []
    for name, value in fields:
        if not NAME.fullmatch(name) or not VALUE.fullmatch(value):
            raise ValueError(f"{name!r}: {value!r} is no header field")
        lines.append(f"{name}: {value}\r\n".encode("latin-1"))
    return b"".join(lines)


def from_lines(lines: bytes) -> list[tuple[str, str]]:
    """The reverse of to_lines()."""
    pairs = (line.partition(":") for line in lines.decode("latin-1").split("\r\n") if line)
    return [(name, value.strip()) for name, _, value in pairs]
