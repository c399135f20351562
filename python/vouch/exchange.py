# SPDX-License-Identifier: Apache-2.0
"""One HTTP request that a Server hands to a program, and the answer to it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from ._native import ffi, lib
from .errors import ArgumentError, check, new_error, text
from .fields import Fields, to_lines
from .octets import octets_of

if TYPE_CHECKING:
    from .responder import Responder


class Exchange:
    """A request, and respond() or answer() to answer it: once, now or later, from any thread.

    Read what is wanted of the request before the answer is given.  A request whose exchange is dropped
    without an answer gets a 500.
    """

    def __init__(self, c: Any) -> None:
        """Takes a vouch_http_exchange."""
        self._c = c
        self._lock = threading.Lock()
        self._request: Any = None

    def _read(self) -> Any:
        """A view of the request, under the lock: an answer given meanwhile would take it away."""
        if self._c is None:
            raise ArgumentError("the exchange has its answer already")
        if self._request is None:
            self._request = ffi.new("vouch_http_request *", {"size": ffi.sizeof("vouch_http_request")})
            lib.vouch_http_exchange_request(self._c, self._request)
        return self._request

    @property
    def method(self) -> str:
        """ "GET", "POST" ..."""
        with self._lock:
            return text(self._read().method)

    @property
    def target(self) -> str:
        """Path and query as sent, percent-encoding still there."""
        with self._lock:
            return octets_of(self._read().target).decode("latin-1")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """The header fields in the order they were sent."""
        name, value, found = ffi.new("vouch_span *"), ffi.new("vouch_span *"), list[tuple[str, str]]()
        with self._lock:
            self._read()
            while lib.vouch_http_exchange_field(self._c, len(found), name, value):
                found.append((octets_of(name).decode("latin-1"), octets_of(value).decode("latin-1")))
        return found

    @property
    def body(self) -> bytes:
        """The whole body, without transfer coding."""
        with self._lock:
            return octets_of(self._read().body)

    @property
    def version(self) -> str:
        """ "HTTP/1.1"."""
        with self._lock:
            self._read()
            return text(lib.vouch_http_exchange_version(self._c))

    @property
    def peer(self) -> str:
        """The client's address: "127.0.0.1:51234", or "unix:"."""
        with self._lock:
            self._read()
            return text(lib.vouch_http_exchange_peer(self._c))

    def respond(self, status: int, headers: Fields = (), body: bytes = b"") -> None:
        """Answers.  Date, Connection and Content-Length are added; the body is left away for HEAD."""
        lines = to_lines(headers)
        lib.call_respond(self._take(), status, lines, len(lines), body, len(body))

    def answer(self, responder: Responder, *, strict: bool = False) -> None:
        """Answers as a Server without a handler does; looks up and signs in the calling thread."""
        err, c = new_error(), self._take()
        code = lib.call_exchange_answer(c, responder._c, strict, err)
        if code != 0:
            self._c = c     # it has no answer yet
        check(code, err)

    def _take(self) -> Any:
        """The exchange, for the one who answers it."""
        with self._lock:
            c, self._c = self._c, None
        if c is None:
            raise ArgumentError("the exchange has its answer already")
        return c

    @property
    def is_answered(self) -> bool:
        """True when somebody has answered."""
        return self._c is None

    def __del__(self) -> None:
        if self._c is not None:
            self.respond(500)
