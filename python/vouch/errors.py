# SPDX-License-Identifier: Apache-2.0
"""Exceptions: one class for each VOUCH_E* of vouch.h."""

from __future__ import annotations

from typing import Any

from ._native import ffi, lib


class VouchError(Exception):
    """Something that libvouch refused or could not do.

    `code` is the VOUCH_E* of vouch.h (a negative number), `rule` the name of the rule that an answer broke
    ("signature", "nonce_missing"; None when there is none), `offset` the place in the DER, where that is
    meaningful.
    """

    code: int = 0

    def __init__(self, message: str = "", rule: str | None = None, offset: int = 0,
                 code: int | None = None) -> None:
        super().__init__(message)
        self.rule = rule
        self.offset = offset
        if code is not None:
            self.code = code

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (*self.args, self.rule, self.offset, self.code)


class ArgumentError(VouchError, ValueError):
    """VOUCH_EINVAL: an argument is not allowed here."""

    code: int = lib.VOUCH_EINVAL


class OutOfMemoryError(VouchError, MemoryError):
    """VOUCH_ENOMEM."""

    code: int = lib.VOUCH_ENOMEM


class ParseError(VouchError, ValueError):
    """VOUCH_EPARSE: octets are not what they should be, from `offset` on."""

    code: int = lib.VOUCH_EPARSE


class NotFoundError(VouchError, LookupError):
    """VOUCH_ENOTFOUND: there is no such thing."""

    code: int = lib.VOUCH_ENOTFOUND


class UnavailableError(VouchError):
    """VOUCH_EUNAVAILABLE: a source, signer or responder is away.

    A source raises it (`raise vouch.Unavailable("the database is away")`) when it cannot tell now: clients
    are told tryLater.
    """

    code: int = lib.VOUCH_EUNAVAILABLE


Unavailable = UnavailableError      # as it reads in a source's `raise`


class RefusedError(VouchError):
    """VOUCH_EREFUSED: understood, and against a rule that the text names."""

    code: int = lib.VOUCH_EREFUSED


class InputOutputError(VouchError):
    """VOUCH_EIO: something could not be read or written."""

    code: int = lib.VOUCH_EIO


class CryptoError(VouchError):
    """VOUCH_ECRYPTO: the cryptographic library failed, or has no such algorithm."""

    code: int = lib.VOUCH_ECRYPTO


class VerifyError(VouchError):
    """VOUCH_EVERIFY: an answer, a signature or a signer's right does not hold; `rule` names what failed."""

    code: int = lib.VOUCH_EVERIFY


class LimitError(VouchError):
    """VOUCH_ELIMIT: larger than a named limit."""

    code: int = lib.VOUCH_ELIMIT


_CLASSES: dict[int, type[VouchError]] = {cls.code: cls for cls in VouchError.__subclasses__()}


def new_error() -> Any:
    """An empty vouch_err, for a call that may write it."""
    return ffi.new("vouch_err *")


def raise_error(code: int, err: Any = None) -> None:
    """Raises what the failure of a call is in Python."""
    written = err is not None and err.code != lib.VOUCH_OK
    message = text(err.msg) if written else f"failed with code {code}"
    rule = text(err.rule) if written and err.rule != ffi.NULL else None
    raise _CLASSES.get(code, VouchError)(message, rule, err.offset if written else 0, code)


def check(code: int, err: Any = None) -> None:
    """Nothing when the call went well; otherwise its exception."""
    if code != 0:
        raise_error(code, err)


def write_error(err: Any, code: int, message: str) -> int:
    """Writes the error of a callback, and returns its code."""
    octets = message.replace("\n", " ").encode("utf-8", "replace")[:ffi.sizeof(err.msg) - 1]
    err.code = code
    ffi.memmove(err.msg, octets + b"\0", len(octets) + 1)
    return code


def text(characters: Any) -> str:
    """A C string of the library; what was cut within a character is mended."""
    return str(ffi.string(characters).decode("utf-8", "replace"))
