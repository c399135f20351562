# SPDX-License-Identifier: Apache-2.0
# WSGI (PEP 3333) on an exchange of libvouch-http: the compatible way, through Bottle's application.
import io
import logging
import sys
from typing import Any, Callable, Dict, List, Optional, Tuple
from urllib.parse import unquote_to_bytes

from ._native import ffi, lib

logger = logging.getLogger("ocspresponder")
_OURS = frozenset(("date", "connection", "content-length", "transfer-encoding", "keep-alive"))     # the server's fields
_JOINED = {"COOKIE": "; "}
_LENGTH_MAX = 1 << 20       # of what HEAD says that GET would have
FAILED = (500, b"Content-Type: text/plain\r\n", b"internal server error\n")


def _octets(span: Any) -> bytes:
    return bytes(ffi.buffer(span.data, span.len)) if span.len else b""


def _latin(octets: bytes) -> str:
    return octets.decode("latin-1")


def _fields(exchange: Any) -> Dict[str, str]:
    """HTTP_* of the header; fields sent twice are joined (RFC 9110 5.2)."""
    fields: Dict[str, str] = {}
    name, value = ffi.new("vouch_span *"), ffi.new("vouch_span *")
    number = 0
    while lib.exchange_field(exchange, number, name, value):
        number += 1
        key = _latin(_octets(name)).upper()
        if "_" in key or key == "TRANSFER-ENCODING":     # X_Y would pass for X-Y; the body is whole already
            continue
        key, text = key.replace("-", "_"), _latin(_octets(value))
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        fields[key] = f"{fields[key]}{_JOINED.get(key[5:], ',')}{text}" if key in fields else text
    return fields


def environ(exchange: Any, address: str) -> Dict[str, Any]:
    """What a WSGI application gets of a request."""
    view = ffi.new("exchange_view *")
    lib.exchange_look(exchange, view)
    path, _, query = _octets(view.target).partition(b"?")
    host, _, port = address.rpartition(":")
    peer = _latin(ffi.string(view.peer)).rpartition(":")
    body = _octets(view.body)
    made = _fields(exchange)
    made.update({"REQUEST_METHOD": _latin(ffi.string(view.method)), "SCRIPT_NAME": "",
                 "PATH_INFO": _latin(unquote_to_bytes(path)), "QUERY_STRING": _latin(query),
                 "SERVER_NAME": host, "SERVER_PORT": port, "SERVER_PROTOCOL": _latin(ffi.string(view.version)),
                 "REMOTE_ADDR": peer[0].strip("[]"), "REMOTE_PORT": peer[2], "GATEWAY_INTERFACE": "CGI/1.1"})
    if body:
        made["CONTENT_LENGTH"] = str(len(body))     # also of what came in chunks
    return {**made, "wsgi.version": (1, 0), "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr, "wsgi.multithread": True, "wsgi.multiprocess": False, "wsgi.run_once": False}


class _Started:
    """What an application says by start_response."""

    def __init__(self) -> None:
        self.status: Optional[int] = None
        self.headers: List[Tuple[str, str]] = []
        self.written: List[bytes] = []

    def __call__(self, status: str, headers: List[Tuple[str, str]], exc_info: Any = None) -> Callable[[bytes], Any]:
        if self.status is not None and exc_info is None:
            raise AssertionError("start_response was called before")
        self.status, self.headers = int(status.split(" ", 1)[0]), list(headers)
        return self.written.append

    def answer(self, method: str, body: bytes) -> Tuple[int, bytes, bytes]:
        """(status, header lines, body); a HEAD's body is left away by the server, which counts it."""
        if self.status is None:
            raise AssertionError("start_response was not called")
        lines = []
        for name, value in self.headers:
            if "\r" in name + value or "\n" in name + value:
                raise ValueError(f"a line break in the field {name!r}")
            if name.lower() == "content-length" and method == "HEAD" and value.isdigit():
                body = bytes(min(int(value), _LENGTH_MAX))
            elif name.lower() not in _OURS:
                lines.append(f"{name}: {value}\r\n")
        return self.status, "".join(lines).encode("latin-1"), body


def call(application: Any, made: Dict[str, Any]) -> Tuple[int, bytes, bytes]:
    """One request through the application; whatever it raises is a 500, and logged."""
    started = _Started()
    try:
        parts = application(made, started)
        try:
            body = b"".join([*started.written, *parts])
        finally:
            if hasattr(parts, "close"):
                parts.close()
        return started.answer(made["REQUEST_METHOD"], b"".join(started.written) if not body else body)
    except Exception:
        logger.exception("The application failed")
        return FAILED


def respond(exchange: Any, answer: Tuple[int, bytes, bytes]) -> None:
    """Hands the answer to the server."""
    status, fields, body = answer
    lib.exchange_respond(exchange, status, fields, len(fields), body, len(body))
