# SPDX-License-Identifier: Apache-2.0
"""Octets on their way into the library and out of it."""

from __future__ import annotations

import os
import pathlib
from typing import Any, Protocol, Union

from ._native import ffi, lib

Octets = Union[bytes, bytearray, memoryview]


class HasDER(Protocol):
    """What is in DER already: a Certificate."""

    der: bytes


KeyMaterial = Union[str, "os.PathLike[str]", bytes, bytearray, memoryview]
"""A private key: a path or a URI, or the thing itself as PEM text, PEM octets or DER octets."""
Material = Union[KeyMaterial, HasDER]
"""A certificate: a path, the thing itself as PEM text, PEM octets or DER octets, or a Certificate."""

PEM_BEGIN = "-----BEGIN "


class Span:
    """A vouch_span of somebody else's octets, which stay in memory as long as it does."""

    def __init__(self, octets: Octets) -> None:
        self._memory = ffi.from_buffer("uint8_t[]", octets)
        self._pointer = ffi.new("vouch_span *", (self._memory, len(self._memory)))
        self.value = self._pointer[0]


def new_buffer() -> Any:
    """An empty vouch_buf that is freed with the last reference to it."""
    return ffi.gc(ffi.new("vouch_buf *"), lib.vouch_buf_free)


def octets_of(span: Any) -> bytes:
    """A copy of the octets of a vouch_span or vouch_buf."""
    return bytes(ffi.buffer(span.data, span.len)) if span.len else b""


def text_of(span: Any) -> str:
    """The same as text, for people."""
    return octets_of(span).decode("utf-8", "replace")


def is_pem_text(material: Material) -> bool:
    """True for PEM in a str, which no path can be taken for."""
    return isinstance(material, str) and PEM_BEGIN in material


def read(material: Material) -> bytes:
    """The octets of a certificate that is given as Material."""
    if isinstance(material, (bytes, bytearray, memoryview)):
        return bytes(material)
    if isinstance(material, str) and is_pem_text(material):
        return material.encode()
    if isinstance(material, (str, os.PathLike)):
        return pathlib.Path(material).read_bytes()
    if isinstance(getattr(material, "der", None), bytes):
        return material.der
    raise TypeError(f"a path or octets were expected, not {type(material).__name__}")


def serial_octets(serial_number: int) -> bytes:
    """The content of the DER INTEGER: big-endian, two's complement, minimal."""
    magnitude = serial_number if serial_number >= 0 else serial_number + 1
    return serial_number.to_bytes(magnitude.bit_length() // 8 + 1, "big", signed=True)
