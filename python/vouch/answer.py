# SPDX-License-Identifier: Apache-2.0
"""OCSP over HTTP without a socket: for programs that have an HTTP server."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple

from . import callback
from ._native import ffi, lib
from .errors import check, new_error
from .fields import from_lines
from .octets import Octets, Span, octets_of
from .times import to_seconds

if TYPE_CHECKING:
    from .responder import Responder

# The header fields that matter to OCSP: their names, and where vouch_http_request has them.
HEEDED = {"content-type": "content_type", "content-encoding": "content_encoding",
          "if-none-match": "if_none_match", "if-modified-since": "if_modified_since"}
WITHOUT_CONTENT = (204, 304)


class Answer(NamedTuple):
    """What a server sends: status, header fields (Content-Length among them; Date and Connection are its
    own), body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def answer(responder: Responder, method: str, target: str, headers: Mapping[str, str] | None = None,
           body: Octets = b"", now: datetime.datetime | None = None, *, strict: bool = False) -> Answer:
    """Answers one HTTP request.

    target: path and query as sent, percent-encoding still there.  headers: names in any case.  strict:
    forgive nothing.  The body of an answer to HEAD is empty.
    """
    kept: list[Any] = []        # what the request points to, until the call returns
    request = ffi.new("vouch_http_request *", {"size": ffi.sizeof("vouch_http_request")})
    request.flags = lib.VOUCH_HTTP_STRICT if strict else 0
    request.now = to_seconds(now)
    kept.append(ffi.new("char[]", method.encode("latin-1", "replace")))
    request.method = kept[-1]
    request.target = _span(kept, target.encode("latin-1", "replace"))
    request.body = _span(kept, body)
    for name, value in (headers or {}).items():
        member = HEEDED.get(name.lower())
        if member is not None:
            setattr(request, member, _span(kept, value.encode("latin-1", "replace")))
    return _read(method, _answer(responder, request))


def _span(kept: list[Any], octets: Octets) -> Any:
    kept.append(Span(octets))
    return kept[-1].value


def _answer(responder: Responder, request: Any) -> Any:
    reply = ffi.gc(ffi.new("vouch_http_reply *", {"size": ffi.sizeof("vouch_http_reply")}),
                   lib.vouch_http_reply_clear)
    err = new_error()
    callback.forget_pending()
    code = lib.call_answer(responder._c, request, reply, err)
    callback.raise_pending()
    check(code, err)
    return reply


def _read(method: str, reply: Any) -> Answer:
    headers, body = from_lines(octets_of(reply.fields)), octets_of(reply.body)
    if not reply.no_length and reply.status not in WITHOUT_CONTENT:
        headers.append(("Content-Length", str(len(body))))
    return Answer(reply.status, headers, b"" if method == "HEAD" else body)
