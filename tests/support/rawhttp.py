# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 by the octet: what is sent is exactly what the test wrote, what comes back is kept whole."""

import re
import socket
import time

DEADLINE = 15.0


class Response:
    """A response: status, header fields in order, body, and the head as it came."""

    def __init__(self, head, body):
        self.head, self.body = head, body
        first, *lines = head.decode("latin-1").split("\r\n")
        parts = re.fullmatch(r"(HTTP/1\.[01]) (\d{3}) ([^\r\n]*)", first)
        assert parts, f"no status line: {first!r}"
        self.version, self.status, self.phrase = parts[1], int(parts[2]), parts[3]
        self.fields = [(n.strip().lower(), v.strip()) for n,
                       v in (line.split(":", 1) for line in lines if line)]

    def __getitem__(self, name):
        """The one value of a field; None if it is absent, an error if it is there twice."""
        found = [value for field, value in self.fields if field == name.lower()]
        assert len(found) < 2, f"{name} appears {len(found)} times: {found}"
        return found[0] if found else None

    def cache_control(self):
        """The directives as a mapping; a directive without value maps to None."""
        parts = [part.strip() for part in (self["Cache-Control"] or "").split(",") if part.strip()]
        return {name.lower(): value or None for name, _, value in (part.partition("=") for part in parts)}

    def __repr__(self):
        return f"<{self.version} {self.status} {self.fields} {self.body[:64].hex()}({len(self.body)})>"


class Closed(AssertionError):
    """The peer closed before a whole response was read."""


class Connection:
    """One connection with a deadline for each read; address is (host, port) or the path of a Unix socket."""

    def __init__(self, address, deadline=DEADLINE):
        family = socket.AF_UNIX if isinstance(address, str) else (
            socket.AF_INET6 if ":" in address[0] else socket.AF_INET)
        self.deadline, self.pending = deadline, b""
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        self.socket.settimeout(deadline)
        self.socket.connect(address)
        if family != socket.AF_UNIX:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def end(self):
        """No more will be sent."""
        self.socket.shutdown(socket.SHUT_WR)

    def more(self):
        data = self.socket.recv(65536)
        self.pending += data
        return bool(data)

    def read_head(self):
        while b"\r\n\r\n" not in self.pending:
            if not self.more():
                raise Closed(f"closed after {self.pending!r}")
        head, self.pending = self.pending.split(b"\r\n\r\n", 1)
        return head

    def read_octets(self, count):
        while len(self.pending) < count:
            if not self.more():
                raise Closed(f"closed {count - len(self.pending)} octets early")
        data, self.pending = self.pending[:count], self.pending[count:]
        return data

    def read(self, method="GET"):
        """The next response; an interim one (1xx) counts as a response without a body."""
        response = Response(self.read_head(), b"")
        if method == "HEAD" or response.status < 200 or response.status in (204, 304):
            return response
        assert response["Transfer-Encoding"] is None, "responses here have a Content-Length"
        length = response["Content-Length"]
        assert length is not None and length.isdigit(), f"Content-Length: {length}"
        response.body = self.read_octets(int(length))
        return response

    def rest(self):
        """Everything until the peer closes; a reset counts as an error."""
        while self.more():
            pass
        data, self.pending = self.pending, b""
        return data

    def closes(self, within=DEADLINE):
        """True if the peer closes with nothing more said."""
        self.socket.settimeout(within)
        try:
            return self.rest() == b""
        except socket.timeout:
            return False
        finally:
            self.socket.settimeout(self.deadline)

    def exchange(self, data, method="GET"):
        self.send(data)
        return self.read(method)


def head(method, target, fields=(), version="HTTP/1.1", host="localhost"):
    lines = [f"{method} {target} {version}", *([f"Host: {host}"] if host is not None else []),
             *[f"{name}: {value}" for name, value in fields], "", ""]
    return "\r\n".join(lines).encode("latin-1")


def post_octets(body, target="/", fields=(), media_type="application/ocsp-request", **options):
    usual = [("Content-Type", media_type)] if media_type else []
    return head("POST", target, [*usual, ("Content-Length", len(body)), *fields], **options) + body


def exchange(address, data, method="GET"):
    with Connection(address) as connection:
        return connection.exchange(data, method)


def get(address, target, fields=(), **options):
    return exchange(address, head("GET", target, fields, **options))


def head_of(address, target, fields=()):
    return exchange(address, head("HEAD", target, fields), "HEAD")


def post(address, body, target="/", fields=(), **options):
    return exchange(address, post_octets(body, target, fields, **options))


def until(condition, deadline=DEADLINE, interval=0.02):
    """Polls until the condition holds; returns its value, or fails when the deadline has passed."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, "deadline passed while waiting"
        time.sleep(interval)
