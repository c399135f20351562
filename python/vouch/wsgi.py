# SPDX-License-Identifier: Apache-2.0
"""A responder as a WSGI application (PEP 3333)."""

from __future__ import annotations

import http
import urllib.parse
from typing import TYPE_CHECKING, Any, Callable, Iterable

from .answer import answer

if TYPE_CHECKING:
    from .responder import Responder

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

BODY_MAX = 16 * 1024    # one octet more is enough to be told that it is too large
# The variables that the header fields which matter to OCSP arrive in.
VARIABLES = {"CONTENT_TYPE": "Content-Type", "HTTP_CONTENT_ENCODING": "Content-Encoding",
             "HTTP_IF_NONE_MATCH": "If-None-Match", "HTTP_IF_MODIFIED_SINCE": "If-Modified-Since"}


def application(responder: Responder, *, strict: bool = False) -> Application:
    """A WSGI application that answers for the responder, wherever it is mounted.

    Paths are those below the mount (PATH_INFO), so that responder.add(issuer, "/corp") means the same
    everywhere.  WSGI takes the percent-encoding away; of what that can spoil in a GET, most is repaired.
    """
    def respond(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        headers = {name: environ[variable] for variable, name in VARIABLES.items() if environ.get(variable)}
        status, fields, body = answer(responder, environ["REQUEST_METHOD"], _target(environ), headers,
                                      _body(environ), strict=strict)
        start_response(f"{status} {_phrase(status)}", fields)
        return [body]

    return respond


def _target(environ: Environ) -> str:
    path = urllib.parse.quote(environ.get("PATH_INFO") or "/", safe="/=", encoding="latin-1")
    query = environ.get("QUERY_STRING")
    return f"{path}?{query}" if query else path


def _body(environ: Environ) -> bytes:
    """As much as Content-Length says, or all where the server ends the input itself (chunked)."""
    length = str(environ.get("CONTENT_LENGTH") or "")
    if not length and environ.get("wsgi.input_terminated"):
        length = str(BODY_MAX + 1)
    wanted = min(int(length), BODY_MAX + 1) if length.isdecimal() else 0
    parts = []
    while wanted > 0:
        part: bytes = environ["wsgi.input"].read(wanted)
        if not part:
            break
        parts.append(part)
        wanted -= len(part)
    return b"".join(parts)


def _phrase(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"
