# SPDX-License-Identifier: Apache-2.0
"""Looking at the octets of a request or response."""

from __future__ import annotations

import dataclasses
from typing import Any, Sequence

from . import callback
from ._native import ffi, lib
from .errors import ParseError, check, new_error, text
from .octets import Octets


@dataclasses.dataclass(frozen=True)
class Field:
    """One element: where it begins, the lengths of header and content, the ASN.1's name, the value."""

    depth: int
    offset: int
    header: int
    length: int
    name: str
    text: str


class DecodeError(ParseError):
    """The octets stop making sense at `offset`; `fields` are those before it."""

    fields: Sequence[Field] = ()


def decode(der: Octets) -> list[Field]:
    """Every field of an OCSPRequest or OCSPResponse, in order.  Raises DecodeError."""
    octets, fields, err = bytes(memoryview(der)), list[Field](), new_error()
    handle = ffi.new_handle(fields)
    callback.forget_pending()
    code = lib.call_decode(octets, len(octets), handle, err)
    callback.raise_pending()
    if code == lib.VOUCH_EPARSE:
        error = DecodeError(text(err.msg), None, err.offset)
        error.fields = fields
        raise error
    check(code, err)
    return fields


@ffi.def_extern(error=lib.VOUCH_EIO)
def py_decode_field(handle: Any, field: Any) -> int:
    """One field."""
    try:
        ffi.from_handle(handle).append(Field(field.depth, field.offset, field.header, field.length,
                                             text(field.name), text(field.text)))
        return 0
    except BaseException as exception:     # none crosses C
        callback.report("decode()", exception)
        return int(lib.VOUCH_EIO)
