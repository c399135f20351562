# SPDX-License-Identifier: Apache-2.0
"""The responder: OCSPRequests in, OCSPResponses out."""

from __future__ import annotations

import datetime
import secrets
from typing import Any, Iterable, Mapping, Union

from . import callback
from ._native import ffi, lib
from .answer import Answer, answer
from .errors import NotFoundError, check, new_error
from .issuer import Issuer
from .octets import Octets
from .outcome import Outcome
from .server import DEFAULT_ADDRESS, Server
from .times import ABSENT, to_seconds
from .wsgi import Application, application


class Responder:
    """Answers requests for any number of issuers.

    issuers
        an Issuer or several, served under the path "/"; add() serves others under other paths
    cache
        octets of memory for answers that were signed already; 0: each is signed anew.  Stored answers are
        used only while poll() confirms them, which a running Server does by itself.
    certids
        the most CertIDs in one request; 0: 16; at most 64

    May be used by any number of threads once the last add() has returned.  The interpreter is free for other
    threads while an answer is looked up and signed, but for the time that a source in Python takes.
    """

    def __init__(self, issuers: Union[Issuer, Iterable[Issuer]] = (), *, cache: int = 0,
                 certids: int = 0) -> None:
        options = ffi.new("vouch_responder_options *", {"size": ffi.sizeof("vouch_responder_options")})
        options.certids = certids
        ffi.memmove(options.key, secrets.token_bytes(len(options.key)), len(options.key))
        store = _new_store(cache) if cache else ffi.NULL
        options.store = store
        err, out = new_error(), ffi.new("vouch_responder **")
        check(lib.vouch_responder_new(out, options, err), err)
        self._c = ffi.gc(out[0], lib.vouch_responder_free)
        self._issuers: list[Issuer] = []
        self._calls: list[tuple[Any, Any]] = []     # buffers of calls that ended, for those to come
        for issuer in [issuers] if isinstance(issuers, Issuer) else issuers:
            self.add(issuer)

    def add(self, issuer: Issuer, path: str = "/") -> Responder:
        """Serves an issuer under a path ("/", "/corp").  Several may share one; an issuer may have several.

        Add everything before the first request: this is the one call that other threads must not see.
        """
        err = new_error()
        check(lib.vouch_responder_add(self._c, issuer._c, path.encode("ascii"), err), err)
        self._issuers.append(issuer)
        return self

    @property
    def issuers(self) -> tuple[Issuer, ...]:
        """In the order they were added."""
        return tuple(self._issuers)

    def handle(self, request: Octets, now: datetime.datetime | None = None, *,
               path: str | None = None) -> bytes:
        """The OCSPResponse to whatever the octets are; a request that is none gets malformedRequest.

        now: the time to answer for; None: the system's clock.  path: answer only for the issuers that are
        served under it (raises NotFoundError where nothing is); None: for all.
        """
        calls = self._calls
        call = calls.pop() if calls else _new_call()
        self._handle(call, request, now, path)
        out = call[0]
        response: bytes = ffi.buffer(out.data, out.len)[:]
        calls.append(call)
        return response

    def handle_with_outcome(self, request: Octets, now: datetime.datetime | None = None, *,
                            path: str | None = None) -> tuple[bytes, Outcome]:
        """As handle(), and how it was answered."""
        out, outcome = call = _new_call()
        self._handle(call, request, now, path)
        return bytes(ffi.buffer(out.data, out.len)), Outcome.read(outcome)

    def _handle(self, call: tuple[Any, Any], request: Octets, now: datetime.datetime | None,
                path: str | None) -> None:
        callback.forget_pending()
        octets = request if type(request) is bytes else bytes(memoryview(request))
        scope = ffi.NULL if path is None else path.encode("ascii")
        code = lib.call_handle(self._c, scope, 0 if path is None else len(scope),
                               ABSENT if now is None else to_seconds(now), octets, len(octets), *call)
        callback.raise_pending()
        if code == lib.VOUCH_ENOTFOUND:
            raise NotFoundError(f"nothing is served under {path}")
        if code != 0:
            check(code)

    def answer(self, method: str, target: str, headers: Mapping[str, str] | None = None, body: Octets = b"",
               now: datetime.datetime | None = None, *, strict: bool = False) -> Answer:
        """Answers one HTTP request: (status, header fields, body), for programs that have an HTTP server.

        target: path and query as sent, percent-encoding still there; issuers are found by the paths they were
        added under.  headers: names in any case.  strict: forgive nothing.  The body of an answer to HEAD is
        empty.
        """
        return answer(self, method, target, headers, body, now, strict=strict)

    @property
    def wsgi(self) -> Application:
        """A WSGI application that answers for this responder."""
        return application(self)

    def start(self, addresses: Union[str, Iterable[str]] = DEFAULT_ADDRESS, **options: Any) -> Server:
        """Starts a Server for this responder, which runs until it is stopped; options as there."""
        return Server(addresses, self, **options)

    def serve(self, addresses: Union[str, Iterable[str]] = DEFAULT_ADDRESS, **options: Any) -> None:
        """Starts a Server and runs it until Ctrl-C, SIGTERM or its stop(); options as there."""
        self.start(addresses, **options).run()

    def poll(self) -> None:
        """Asks the sources what changed, and confirms stored answers for another lease.

        For programs that give the responder a cache and run no Server: call it every poll_interval seconds,
        from one thread at a time.
        """
        err = new_error()
        check(lib.call_poll(self._c, err), err)

    @property
    def poll_interval(self) -> float:
        """How often to call poll(), in seconds."""
        return float(lib.vouch_responder_poll_interval(self._c)) / 1000

    def __repr__(self) -> str:
        return f"<vouch.Responder for {', '.join(issuer.name for issuer in self._issuers) or 'nobody'}>"


def _new_call() -> tuple[Any, Any]:
    """A buffer for the answer and the outcome of one call at a time."""
    return ffi.gc(ffi.new("vouch_buf *"), lib.vouch_buf_free), ffi.new("vouch_outcome *")


def _new_store(octets: int) -> Any:
    err, out = new_error(), ffi.new("vouch_store **")
    check(lib.vouch_store_new(out, octets, secrets.token_bytes(16), err), err)
    return ffi.gc(out[0], lib.vouch_store_free)
