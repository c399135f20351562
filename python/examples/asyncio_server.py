# SPDX-License-Identifier: Apache-2.0
"""A responder as an ASGI application, for uvicorn, hypercorn, daphne or a framework that mounts one.

The event loop never waits: looking up and signing happen in threads, with the interpreter free for the loop.

    application = OCSPApplication(responder)
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import urllib.parse
from typing import Any, Awaitable, Callable

import vouch

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

BODY_MAX = 16 * 1024    # one octet more is enough to be told that it is too large


class OCSPApplication:
    """ASGI 3 over a responder; threads: how many requests are looked up at a time."""

    def __init__(self, responder: vouch.Responder, threads: int = 8) -> None:
        self.responder = responder
        self.executor = concurrent.futures.ThreadPoolExecutor(threads, "ocsp")

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await self.live(receive, send)
        if scope["type"] != "http":
            raise ValueError(f"{scope['type']}: only HTTP is answered")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = await self.body(receive)
        answer = await asyncio.get_running_loop().run_in_executor(
            self.executor, self.responder.answer, scope["method"], self.target(scope), headers, body)
        fields = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": fields})
        await send({"type": "http.response.body", "body": answer.body})

    @staticmethod
    def target(scope: dict[str, Any]) -> str:
        """As it was sent, where the server tells; otherwise encoded again.  Below the mount."""
        raw = scope.get("raw_path")
        path: str = raw.decode("latin-1") if raw else urllib.parse.quote(scope["path"], safe="/=")
        path = path.removeprefix(scope.get("root_path", "")) or "/"
        query = scope.get("query_string", b"").decode("latin-1")
        return f"{path}?{query}" if query else path

    @staticmethod
    async def body(receive: Receive) -> bytes:
        """As much of the body as an OCSPRequest may have, and an octet more."""
        body, more = b"", True
        while more and len(body) <= BODY_MAX:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        return body[:BODY_MAX + 1]

    async def live(self, receive: Receive, send: Send) -> None:
        """The server's beginning and end."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                self.executor.shutdown(wait=False)
            await send({"type": message["type"] + ".complete"})
            if message["type"] == "lifespan.shutdown":
                return
