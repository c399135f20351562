# SPDX-License-Identifier: Apache-2.0
# The thread that called serve(): under the original everything ran there, and some things run nowhere else.
import logging
import queue
import sqlite3
import threading
from concurrent.futures import Future
from typing import Any, Callable, Optional, Tuple

logger = logging.getLogger("ocspresponder")
_LOOK_SECONDS = 0.5
Task = Tuple[Callable[..., Any], Tuple[Any, ...], "Future[Any]"]


class Home:
    """Waits for the end of a server, and calls what cannot be called elsewhere, one at a time.

    A connection of sqlite3 belongs to the thread that made it.  A program that made one before serve() is noticed by
    the error that its function raises on another thread; from then on its functions are called here.
    """

    def __init__(self) -> None:
        self._thread = threading.current_thread()
        self._tasks: "queue.SimpleQueue[Optional[Task]]" = queue.SimpleQueue()
        self._lock = threading.Lock()       # of the end: no task is left behind
        self._ended = False
        self.is_needed = False

    def is_here(self) -> bool:
        """Whether this is the thread."""
        return threading.current_thread() is self._thread

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """The function's result; here when that is needed, else on the thread of the caller."""
        if not self.is_needed:
            try:
                return function(*arguments)
            except sqlite3.ProgrammingError as error:
                if "thread" not in str(error) or self.is_here():
                    raise
                logger.warning("Functions are called one at a time from now on: %s", error)
                self.is_needed = True
        return self._call_here(function, arguments)

    def _call_here(self, function: Callable[..., Any], arguments: Tuple[Any, ...]) -> Any:
        if self.is_here():
            return function(*arguments)
        result: "Future[Any]" = Future()
        with self._lock:
            if self._ended:
                raise RuntimeError("the server has ended")
            self._tasks.put((function, arguments, result))
        return result.result()

    def wait(self) -> None:
        """Until the end; KeyboardInterrupt passes through."""
        task = self._next()
        while task is not None:
            _carry_out(task)
            task = self._next()

    def _next(self) -> Optional[Task]:
        while True:
            try:
                return self._tasks.get(timeout=_LOOK_SECONDS)
            except queue.Empty:     # a signal that comes just before the wait does not end it: have a look
                continue

    def end(self) -> None:
        """Ends wait(), and fails what has not been called."""
        with self._lock:
            self._ended = True
        while not self._tasks.empty():
            task = self._tasks.get()
            if task is not None:
                task[2].set_exception(RuntimeError("the server has ended"))
        self._tasks.put(None)


def _carry_out(task: Task) -> None:
    function, arguments, result = task
    try:
        value = function(*arguments)
    except Exception as error:
        result.set_exception(error)
    except BaseException:       # an interruption is for who called serve()
        result.set_exception(RuntimeError("interrupted"))
        raise
    else:
        result.set_result(value)
