# SPDX-License-Identifier: Apache-2.0
"""Status sources: what a program knows of certificates."""

from __future__ import annotations

import collections
import datetime
import secrets
import threading
import weakref
from typing import TYPE_CHECKING, Any, Callable, Optional

from . import callback
from ._native import ffi, lib
from .errors import UnavailableError, check, new_error, write_error
from .octets import octets_of, serial_octets
from .status import Status
from .times import present

if TYPE_CHECKING:
    from .issuer import Issuer

LookupFunction = Callable[["Issuer", int, datetime.datetime], Optional[Status]]

LOG_LENGTH = 4096       # changes that a poll may be behind before it is told that anything may have changed
NUMBER, EVERYTHING = 8, b""


class Source:
    """Knows the status of certificates.  Subclass it and write lookup(), or pass a function that does the
    same.

    The function is called with the Issuer, the serial number as an int, and the time of the question (aware,
    UTC).  It returns a Status, or None when the certificate was never issued.  It is called from several
    threads at a time.

    When it raises UnavailableError, clients are told tryLater.  When it raises anything else, or returns
    anything else, they are told internalError, never a status, and the traceback is logged under the name
    "vouch".

    tells_changes=True promises that changed() is called after every change.  Answers that were stored (see
    Responder's `cache`) then stand until it is; without the promise they are looked up anew after Issuer's
    `lease`.
    """

    tells_changes: bool = False
    _log: ChangeLog

    def __new__(cls, *_: Any, **__: Any) -> Source:      # not __init__: subclasses forget to call it
        source = super().__new__(cls)
        source._log = ChangeLog()
        return source

    def __init__(self, function: LookupFunction | None = None, *, tells_changes: bool | None = None) -> None:
        if function is None and type(self).lookup is Source.lookup:
            raise TypeError("a source is a subclass with lookup(), or has a function")
        if function is not None:
            setattr(self, "lookup", function)
        if tells_changes is not None:
            self.tells_changes = tells_changes

    def lookup(self, issuer: Issuer, serial_number: int, now: datetime.datetime) -> Status | None:
        """The status of one certificate; None: never issued."""
        raise NotImplementedError

    def changed(self, serial_number: int | None = None) -> None:
        """Says that the status of a certificate has changed, or (None) that anything may have.  Any thread.

        Call it when lookup() knows already.  Stored answers give way at the next poll, which is a matter of
        0.1 s where a Server runs, and of Responder.poll() elsewhere.
        """
        self._log.append(EVERYTHING if serial_number is None else serial_octets(serial_number))


class ChangeLog:
    """The last changes, numbered; a cursor is the log's own name and a number in it."""

    def __init__(self) -> None:
        self.asking = threading.Lock()      # two servers of one responder share the cursor
        self._lock = threading.Lock()
        self._name = secrets.token_bytes(NUMBER)
        self._next = 0
        self._serials: collections.deque[bytes] = collections.deque(maxlen=LOG_LENGTH)

    def append(self, serial_number: bytes) -> None:
        """One more change; empty: everything."""
        with self._lock:
            self._serials.append(serial_number)
            self._next += 1

    def since(self, cursor: bytes) -> tuple[list[bytes], bytes]:
        """The changes after the cursor, and the cursor behind them.  An empty cursor has missed nothing."""
        with self._lock:
            missed = self._missed(cursor)
            return missed, self._name + self._next.to_bytes(NUMBER, "big")

    def _missed(self, cursor: bytes) -> list[bytes]:
        if not cursor:
            return []
        behind = self._next - int.from_bytes(cursor[NUMBER:], "big")
        if cursor[:NUMBER] != self._name or not 0 <= behind <= len(self._serials):
            return [EVERYTHING]
        return list(self._serials)[len(self._serials) - behind:]


class Attached:
    """A source as one issuer uses it: what the library's handle leads to.

    The issuer keeps the handle, and everything that leads to a lookup keeps the issuer.
    """

    def __init__(self, source: Source, issuer: Issuer) -> None:
        self.source = source
        self.issuer = weakref.ref(issuer)


def open_source(handle: Any) -> Any:
    """A vouch_source for the handle of an Attached, to be freed by the caller."""
    err, out = new_error(), ffi.new("vouch_source **")
    check(lib.call_source_new(out, handle, ffi.from_handle(handle).source.tells_changes, err), err)
    return out[0]


@ffi.def_extern(error=lib.VOUCH_EIO)
def py_source_lookup(handle: Any, issuer: Any, serial_number: Any, length: int, now: int, out: Any,
                     err: Any) -> int:
    """The library wants the status of a certificate."""
    attached = ffi.from_handle(handle)
    serial = int.from_bytes(ffi.buffer(serial_number, length), "big", signed=True)
    try:
        status = attached.source.lookup(attached.issuer(), serial, present(now))
        if status is None:
            return int(lib.VOUCH_ENOTFOUND)
        if not isinstance(status, Status):
            raise TypeError(f"the source returned {status!r}, which is no Status")
        status.write(out)
        return 0
    except UnavailableError as exception:
        callback.logger.warning("the source cannot tell the status of %X: %s", serial, exception)
        return write_error(err, lib.VOUCH_EUNAVAILABLE, str(exception))
    except BaseException as exception:     # none crosses C
        callback.report(f"the source, asked for serial number {serial:X},", exception)
        return write_error(err, lib.VOUCH_EIO, f"the source raised {exception!r}")


@ffi.def_extern(error=lib.VOUCH_EIO)
def py_source_changes(handle: Any, cursor: Any, report: Any, arg: Any, err: Any) -> int:
    """The library wants to know what changed since its cursor."""
    try:
        log = ffi.from_handle(handle).source._log
        with log.asking:
            changes, position = log.since(octets_of(cursor))
            for serial_number in changes:
                lib.call_report_change(report, arg, serial_number, len(serial_number))
            cursor.len = 0
            return int(lib.vouch_buf_append(cursor, position, len(position)))
    except BaseException as exception:     # none crosses C
        callback.report("the list of changes", exception)
        return write_error(err, lib.VOUCH_EIO, f"the list of changes raised {exception!r}")
