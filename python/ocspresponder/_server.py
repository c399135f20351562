# SPDX-License-Identifier: Apache-2.0
# The server: libvouch-http on an address, until it is stopped or interrupted.
import atexit
import errno
import logging
import os
import sys
import threading
from typing import Any, List

from . import _wsgi
from ._fast import Fast
from ._home import Home
from ._native import ffi, lib

logger = logging.getLogger("ocspresponder")
_left: List[Any] = []
_RETURN_SECONDS = 1     # for serve() to return on its thread, which may be a daemon's that ends with the program


class Server:
    """Answers for one responder; several may run at a time."""

    def __init__(self, responder: Any, fast: Fast, address: str) -> None:
        self._responder = responder
        self._fast = fast
        self._ready, self._served = threading.Event(), threading.Event()
        self._home = fast.asking.home = Home()
        self._lock = threading.Lock()       # of who ends it
        self._planned: Any = None
        self._handle = ffi.new_handle(self)
        out, message = ffi.new("server **"), ffi.new("char[]", lib.MESSAGE_SIZE)
        code = lib.server_start(out, self._handle, address.encode(), message)
        if code != 0:
            text = ffi.string(message).decode("utf-8", "replace")
            number = errno.EADDRINUSE if code == lib.VOUCH_EREFUSED else errno.EIO
            raise OSError(number, f"{os.strerror(number)}: {text}")
        self._c = out[0]
        self.address = ffi.string(lib.server_address(self._c)).decode()
        self.refresh()
        self._ready.set()
        atexit.register(self.stop)      # threads that call into an interpreter which is no more do not end well

    def refresh(self) -> None:
        """Requests from now on go by the plan for what the responder holds now."""
        plan, c = self._fast.plan(), self._c
        if plan is not self._planned and c is not None:
            self._planned = plan
            lib.server_set_plan(c, ffi.NULL if plan is None else plan)

    def wait(self) -> None:
        """Until it is stopped; KeyboardInterrupt passes through."""
        self._home.wait()

    def stop(self) -> None:
        """Answers what is in flight, and ends; two seconds at most.  Once is enough."""
        with self._lock:
            c, self._c = self._c, None
            if c is not None:
                self._end(c)
        if not self._home.is_here():
            self._served.wait(_RETURN_SECONDS)

    def _end(self, c: Any) -> None:
        atexit.unregister(self.stop)
        self._home.end()
        if self._fast.asking.home is self._home:
            self._fast.asking.home = None
        if not lib.server_end(c):
            logger.warning("The server has ended, and functions of the program still run")
            self._leave(c)

    def _leave(self, c: Any) -> None:
        """The server, and self with it, stay until the last function has come back, or the program ends."""
        try:
            threading.Thread(target=lambda: (lib.server_free(c), self), daemon=True).start()
        except RuntimeError:        # the program ends
            _left.append(self)

    def answer(self, exchange: Any, asked: bool) -> None:
        """The compatible way, on a thread of the server's pool."""
        self._ready.wait()      # clients may be faster than we are
        self.refresh()
        told = self._fast.asking.remembered.told if asked else None
        made = _wsgi.environ(exchange, self.address)
        home = self._home
        _wsgi.respond(exchange, home.call(self._call, made, told) if home.is_needed else self._call(made, told))

    def _call(self, made: Any, told: Any) -> Any:
        """The application, which asks nobody for what was told on the way here."""
        remembered = self._fast.asking.remembered
        remembered.told = told
        try:
            return _wsgi.call(self._responder._app, made)
        finally:
            remembered.told = None


def run(responder: Any, fast: Fast, address: str) -> None:
    """Until it is interrupted, as Bottle's own run does."""
    server = fast.server = Server(responder, fast, address)
    print(f"Listening on http://{server.address}/\nHit Ctrl-C to quit.\n", file=sys.stderr, flush=True)
    try:
        server.wait()
    except KeyboardInterrupt:
        logger.info("Interrupted")
    finally:
        fast.server = None
        server.stop()
        server._served.set()


@ffi.def_extern()
def python_exchange(python: Any, exchange: Any, asked: bool) -> None:
    """A request that libvouch does not answer by itself."""
    try:
        ffi.from_handle(python).answer(exchange, asked)
    except BaseException:
        logger.exception("A request could not be answered")
        _wsgi.respond(exchange, _wsgi.FAILED)
