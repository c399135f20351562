# SPDX-License-Identifier: Apache-2.0
"""The HTTP server of libvouch-http, in Python's hands."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import threading
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, Union

from . import callback
from ._native import ffi, lib
from .errors import check, new_error, text
from .exchange import Exchange
from .outcome import Outcome

if TYPE_CHECKING:
    from .responder import Responder

Handler = Callable[[Exchange], None]
Answered = Callable[["Outcome | None", int], None]

DEFAULT_ADDRESS = "127.0.0.1:8080"


class Server:
    """Listens and answers from the moment it is made until it is stopped; several may run at once.

    addresses
        one or several: "127.0.0.1:8080", "[::]:8080", "localhost:0" (any free port: see `address`),
        "unix:/path", "systemd"
    responder
        answers the requests, and is polled in the background for what changed
    handler
        called for every request with an Exchange, in threads of a pool, instead; any_method: for every
        method, others than GET, HEAD and POST get 405 otherwise
    answered
        called after every answer with its Outcome (None: it was not OCSP) and the HTTP status; on the
        server's own loop, which waits for it: only count, or hand over to somebody else
    strict
        forgive nothing (`lenient: false` in vouch.yaml)
    threads, pool_threads, jobs, job_time, connections, per_address, head_limit, body_limit, header_time,
    idle_time, drain_time
        see vouch_http_options in vouch_http.h; times are in seconds; 0: the default

    A server that runs is kept by itself: it goes on when nobody holds it, until stop() or the end of the
    program, and does not keep the program from ending.  As a context manager it is stopped in the end.
    """

    def __init__(self, addresses: Union[str, Iterable[str]] = DEFAULT_ADDRESS,
                 responder: Responder | None = None, *,
                 handler: Handler | None = None, any_method: bool = False, answered: Answered | None = None,
                 strict: bool = False, threads: int = 0, pool_threads: int = 0, jobs: int = 0,
                 job_time: float = 0,
                 connections: int = 0, per_address: int = 0, head_limit: int = 0, body_limit: int = 0,
                 header_time: float = 0, idle_time: float = 0, drain_time: float = 0) -> None:
        self._responder = responder     # kept: the server asks its sources
        self._handler, self._answered = handler, answered
        self._handle = ffi.new_handle(self)
        self._lock = threading.Lock()
        self._ended = threading.Event()
        options = ffi.new("vouch_http_options *", {
            "size": ffi.sizeof("vouch_http_options"), "threads": threads, "pool_threads": pool_threads,
            "jobs": jobs,
            "job_time_ms": _ms(job_time), "connections": connections, "per_address": per_address,
            "head_limit": head_limit, "body_limit": body_limit, "header_time_ms": _ms(header_time),
            "idle_time_ms": _ms(idle_time), "drain_time_ms": _ms(drain_time)})
        options.flags = (strict and lib.VOUCH_HTTP_STRICT) | (any_method and lib.VOUCH_HTTP_ANY_METHOD)
        options.responder = ffi.NULL if responder is None else responder._c
        if handler is not None:
            lib.call_use_python_handler(options, self._handle)
        lib.call_tell_python(options, self._handle, answered is not None)
        self._c = _start(options, [addresses] if isinstance(addresses, str) else list(addresses))
        self.addresses = _addresses(self._c)
        _running.add(self)
        self._waiter = threading.Thread(target=self._wait, name="vouch-server", daemon=True)
        self._waiter.start()

    @property
    def responder(self) -> Responder | None:
        """Who answers."""
        return self._responder

    @property
    def address(self) -> str:
        """The first address as bound, with its real port: "127.0.0.1:43211"."""
        return self.addresses[0]

    @property
    def url(self) -> str:
        """The URL of the first address."""
        return f"http://{self.address}/"

    def stop(self) -> None:
        """Ends gracefully: what is in flight is answered, the rest is closed.  Returns when that is done.

        Ctrl-C meanwhile, or a second stop() from another thread, cuts off.  Within the server's own handler
        it returns at once, for the end waits for the handler; within a source it would wait for itself: start
        a thread there that stops.
        """
        self._wish_stop()
        if getattr(_thread, "handles_for", None) is self:
            return
        try:
            self._ended.wait()
        except BaseException:
            self._wish_stop()
            raise

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until somebody has stopped it; False when the time has passed."""
        return self._ended.wait(timeout)

    def run(self) -> None:
        """Returns after Ctrl-C, SIGTERM (where the program does not handle it itself) or somebody's stop(),
        and a graceful end.  Call it from the main thread, to which Python delivers signals.
        """
        with _stopped_by_sigterm(self):
            try:
                self.wait()
            except KeyboardInterrupt:
                pass
            self.stop()

    def _wish_stop(self, *_: Any) -> None:
        with self._lock:
            if self._c is not None:
                lib.vouch_http_stop(self._c)

    def _wait(self) -> None:
        """In a thread of its own, so that those who wait in Python can be interrupted."""
        c = self._c
        lib.vouch_http_wait(c)
        with self._lock:
            self._c = None
        lib.vouch_http_free(c)
        self._handle = None     # nobody comes back through it, and it held the server
        _running.discard(self)
        self._ended.set()

    def _forget(self) -> None:
        """In the child of a fork, which has none of the threads."""
        self._lock = threading.Lock()
        self._c = None
        self._ended.set()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<vouch.Server {'ended' if self._ended.is_set() else ' '.join(self.addresses)}>"


_running: set[Server] = set()
_thread = threading.local()     # handles_for: the server whose handler the thread is in


@atexit.register
def _stop_all() -> None:
    """Before the interpreter goes: no thread may call into it afterwards."""
    servers = list(_running)
    for server in servers:
        server._wish_stop()
    for server in servers:
        server.wait()


def _forget_all() -> None:
    for server in list(_running):
        server._forget()
    _running.clear()


os.register_at_fork(after_in_child=_forget_all)


@contextlib.contextmanager
def _stopped_by_sigterm(server: Server) -> Iterator[None]:
    """Where Python allows it, and the program has no will of its own."""
    is_ours = (threading.current_thread() is threading.main_thread()
               and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
    if is_ours:
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.stop, daemon=True).start())
    try:
        yield
    finally:
        if is_ours:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _ms(seconds: float) -> int:
    return round(seconds * 1000)


def _start(options: Any, addresses: list[str]) -> Any:
    strings = [ffi.new("char[]", address.encode()) for address in addresses]
    options.addresses = array = ffi.new("char *[]", strings)
    options.address_count = len(array)
    err, out = new_error(), ffi.new("vouch_http **")
    check(lib.vouch_http_start(out, options, err), err)
    return out[0]


def _addresses(c: Any) -> tuple[str, ...]:
    found: list[str] = []
    while (address := lib.vouch_http_address(c, len(found))) != ffi.NULL:
        found.append(text(address))
    return tuple(found)


@ffi.def_extern()
def py_server_handle(handle: Any, c: Any) -> None:
    """A request for the program."""
    exchange = Exchange(c)
    try:
        _thread.handles_for = ffi.from_handle(handle)
        _thread.handles_for._handler(exchange)
    except BaseException as exception:     # none crosses C
        callback.report("the server's handler", exception)
        _fail(exchange)
    finally:
        _thread.handles_for = None


def _fail(exchange: Exchange) -> None:
    with contextlib.suppress(Exception):        # it may have answered before it raised
        exchange.respond(500)


@ffi.def_extern()
def py_server_answered(handle: Any, c: Any, outcome: Any, status: int) -> None:
    """A request was answered."""
    try:
        ffi.from_handle(handle)._answered(None if outcome == ffi.NULL else Outcome.read(outcome), status)
    except BaseException as exception:     # none crosses C
        callback.report("the function that is told of answers", exception)


@ffi.def_extern()
def py_server_trouble(handle: Any, err: Any) -> None:
    """Sources could not be asked for changes, or can again."""
    if err == ffi.NULL:
        callback.logger.info("the sources tell again what changed")
    else:
        callback.logger.warning("the sources do not tell what changed: %s", text(err.msg))
