# SPDX-License-Identifier: Apache-2.0
"""Callbacks from the library: no exception crosses C, and none is lost.

What a program's function raises is logged where it happens, with its traceback, under the name "vouch".
KeyboardInterrupt and SystemExit are raised again by the call that led to the callback, once it returns.
"""

from __future__ import annotations

import logging
import threading

logger = logging.getLogger("vouch")


class _Raised(threading.local):
    """What callbacks of this thread raised that is not the library's to swallow."""

    exception: BaseException | None = None


_raised = _Raised()


def report(what: str, exception: BaseException) -> None:
    """Logs what a program's function raised, and keeps what must be raised again."""
    if not isinstance(exception, Exception):
        _raised.exception = exception
    logger.error("%s raised %s", what, type(exception).__name__, exc_info=exception)


def forget_pending() -> None:
    """Before a call that may lead to a callback: what the library's threads left is nobody's to raise."""
    _raised.exception = None


def raise_pending() -> None:
    """At the end of a call that may have led to a callback."""
    exception = _raised.exception
    if exception is not None:
        _raised.exception = None
        raise exception
