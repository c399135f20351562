# SPDX-License-Identifier: Apache-2.0
"""HTTP from the client's side, with nothing but the standard library."""

from __future__ import annotations

import base64
import contextlib
import http.client
import socket
import threading
import urllib.parse
import urllib.request
from typing import Any, Iterator

from ._native import lib
from .errors import ArgumentError, LimitError, RefusedError, UnavailableError, text

ANSWER_MAX = 1 << 20    # the largest real responses (SLH-DSA, with a chain) are about 110 kB
REDIRECTS_MAX = 3       # http to https, and to a name with www; more is a loop
REDIRECTS = (301, 302, 303, 307, 308)
REQUEST_TYPE, RESPONSE_TYPE = "application/ocsp-request", "application/ocsp-response"


def fetch(url: str, request: bytes, *, get: bool = False, timeout: float = 10.0) -> tuple[str, bytes]:
    """Sends an OCSPRequest, by GET or POST; returns the answer's Content-Type and octets, unverified."""
    place = url.rstrip("/") + "/" + _path(request) if get else url
    body = None if get else request
    deadline = Deadline(timeout)
    with deadline.counting():
        try:
            answer = _follow(_opener(deadline), place, body, timeout)
        except (OSError, http.client.HTTPException) as error:
            cause = f"no answer within {timeout:g} s" if deadline.has_passed else error
            raise UnavailableError(f"{url}: {cause}") from error
    if deadline.has_passed:     # an end of the connection, which may look like the end of the body
        raise UnavailableError(f"{url}: no answer within {timeout:g} s")
    return answer


def _path(request: bytes) -> str:
    """RFC 6960 A.1; what base64 has and a path gives meaning to is escaped."""
    return urllib.parse.quote(base64.b64encode(request).decode(), safe="")


def _follow(opener: urllib.request.OpenerDirector, url: str, body: bytes | None,
            timeout: float) -> tuple[str, bytes]:
    """A POST stays one wherever it is sent: without the request nobody has an answer."""
    for _ in range(REDIRECTS_MAX + 1):
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise ArgumentError(f"{url}: only http and https are asked")
        with opener.open(_question(url, body), timeout=timeout) as answer:
            location = answer.headers.get("Location")
            if answer.status not in REDIRECTS or location is None:
                return _read(url, answer)
        url = urllib.parse.urljoin(url, location)
    raise RefusedError(f"{url}: more than {REDIRECTS_MAX} redirections")


def _question(url: str, body: bytes | None) -> urllib.request.Request:
    fields = {"Accept": RESPONSE_TYPE, "User-Agent": f"vouch/{text(lib.vouch_version())}"}
    if body is not None:
        fields["Content-Type"] = REQUEST_TYPE
    return urllib.request.Request(url, body, fields)


def _read(url: str, answer: http.client.HTTPResponse) -> tuple[str, bytes]:
    if answer.status != 200:
        raise RefusedError(f"{url}: HTTP status {answer.status}")
    body = answer.read(ANSWER_MAX + 1)
    if len(body) > ANSWER_MAX:
        raise LimitError(f"{url}: an answer of more than {ANSWER_MAX} octets")
    if answer.length:       # what Content-Length promised and the connection did not bring
        raise http.client.IncompleteRead(body, answer.length)
    return answer.headers.get("Content-Type", "none"), body


class Deadline:
    """Cuts connections off when the time for all of it has passed.

    A socket's own timeout begins anew with every octet.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.has_passed = False
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []

    @contextlib.contextmanager
    def counting(self) -> Iterator[None]:
        """While it is entered, the time runs."""
        timer = threading.Timer(self.seconds, self._pass)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            with self._lock:
                while self._sockets:
                    self._sockets.pop().close()

    def watch(self, connected: socket.socket) -> None:
        """One more connection to cut off.  A duplicate is kept: TLS takes the socket itself apart."""
        with self._lock:
            if self.has_passed:
                raise TimeoutError("timed out")
            self._sockets.append(connected.dup())

    def _pass(self) -> None:
        with self._lock:
            self.has_passed = True
            for connected in self._sockets:
                with contextlib.suppress(OSError):      # the other end may have closed it
                    connected.shutdown(socket.SHUT_RDWR)


class _HTTPConnection(http.client.HTTPConnection):
    deadline: Deadline

    def connect(self) -> None:
        super().connect()
        self.deadline.watch(self.sock)


class _HTTPSConnection(http.client.HTTPSConnection, _HTTPConnection):
    """TLS begins when the connection is watched already: the order of the bases."""


def _maker(kind: type[_HTTPConnection], deadline: Deadline) -> Any:
    def make(host: str, **options: Any) -> _HTTPConnection:
        connection = kind(host, **options)
        connection.deadline = deadline
        return connection

    return make


class _HTTPHandler(urllib.request.HTTPHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._maker = _maker(_HTTPConnection, deadline)

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._maker, req)


class _HTTPSHandler(urllib.request.HTTPSHandler):
    def __init__(self, deadline: Deadline) -> None:
        super().__init__()
        self._maker = _maker(_HTTPSConnection, deadline)

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._maker, req)


def _opener(deadline: Deadline) -> urllib.request.OpenerDirector:
    """Proxies and trusted CAs of the environment; http and https only; any status is an answer."""
    opener = urllib.request.OpenerDirector()
    for handler in (urllib.request.ProxyHandler(), _HTTPHandler(deadline), _HTTPSHandler(deadline),
                    urllib.request.UnknownHandler()):
        opener.add_handler(handler)
    return opener
