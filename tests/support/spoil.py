# SPDX-License-Identifier: Apache-2.0
"""A proxy that spoils one thing in every answer, so that a suite can prove that it looks
(tools/mutate_conformance)."""

import collections
import socket
import threading

from . import spoilings


class Request:
    """What the client sent, as far as it can be made out."""

    def __init__(self, head=b""):
        self.head, self.body = head, b""
        self.method = head.split(b" ", 1)[0].decode("latin-1") if b" " in head else "?"
        self.target = head.split(b" ")[1].decode("latin-1") if head.count(b" ") > 1 else ""

    def field(self, name):
        for line in self.head.split(b"\r\n")[1:]:
            key, _, value = line.partition(b":")
            if key.strip().lower() == name:
                return value.strip()
        return None


class Requests:
    """Reads along with a client's octets; gives up quietly on what is malformed, for the server sees it as
    it is."""

    def __init__(self):
        self.pending, self.queue = b"", collections.deque()
        self.current, self.missing, self.lost = None, 0, False

    def feed(self, data):
        self.pending += data
        while self.pending and not self.lost and self.step():
            pass

    def step(self):
        if self.missing:
            taken, self.pending = self.pending[:self.missing], self.pending[self.missing:]
            self.current.body += taken
            self.missing -= len(taken)
            return bool(self.pending)
        self.pending = self.pending.lstrip(b"\r\n")
        head, end, rest = self.pending.partition(b"\r\n\r\n")
        if not end:
            return False
        self.pending, self.current = rest, Request(head)
        self.queue.append(self.current)
        length = self.current.field(b"content-length")
        countable = length is not None and length.isdigit()
        self.missing = int(length) if countable else 0
        coded = self.current.field(b"transfer-encoding") is not None
        self.lost = coded or length is not None and not countable
        return not self.lost

    def answered(self):
        """The request that the next final response answers."""
        return self.queue.popleft() if self.queue else Request()


class Message:
    """A response on its way: what a spoiling may change."""

    def __init__(self, head, body, request):
        first, *lines = head.decode("latin-1").split("\r\n")
        self.version, self.status, self.phrase = (first.split(" ", 2) + ["", ""])[:3]
        self.status = int(self.status)
        self.fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines]
        self.body, self.request = body, request
        self.tail = b""                 # octets after the message, or a body where none belongs

    def get(self, name):
        return next((value for field, value in self.fields if field.lower() == name.lower()), None)

    def drop(self, name):
        self.fields = [pair for pair in self.fields if pair[0].lower() != name.lower()]

    def set(self, name, value):
        """Replaces a field that is there; adds it otherwise."""
        if self.get(name) is None:
            self.fields.append((name, value))
        self.fields = [(n, value if n.lower() == name.lower() else v) for n, v in self.fields]

    def encode(self):
        lines = [f"{self.version} {self.status} {self.phrase}".rstrip(),
                 *[f"{n}: {v}" for n, v in self.fields], "", ""]
        return "\r\n".join(lines).encode("latin-1") + self.body + self.tail


class Responses:
    """Cuts a server's octets into messages."""

    def __init__(self, requests):
        self.requests, self.pending = requests, b""

    def take(self):
        """The next whole message; None while there is none."""
        head, end, rest = self.pending.partition(b"\r\n\r\n")
        if not end:
            return None
        interim = head.split(b" ")[1:2][0].startswith(b"1")
        request = self.requests.queue[0] if self.requests.queue else Request()
        message = Message(head, b"", request)
        bodiless = interim or request.method == "HEAD" or message.status in (204, 304)
        length = 0 if bodiless else int(message.get("Content-Length") or 0)
        if len(rest) < length:
            return None
        message.body, self.pending = rest[:length], rest[length:]
        if not interim:
            self.requests.answered()
        return message


class Proxy:
    """Listens on a port of its own; what comes from `upstream` is spoiled, what goes there is left alone,
    ETags aside."""

    def __init__(self, upstream, name, signers):
        self.upstream, self.spoiling = upstream, spoilings.make(name, signers)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = self.listener.getsockname()
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.listener.close()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def connect(self):
        family = socket.AF_UNIX if isinstance(self.upstream, str) else (
            socket.AF_INET6 if ":" in self.upstream[0] else socket.AF_INET)
        server = socket.socket(family, socket.SOCK_STREAM)
        server.connect(self.upstream)
        return server

    def serve(self, client):
        server, requests, lock = self.connect(), Requests(), threading.Lock()
        forth = threading.Thread(target=pump_requests, args=(client, server, requests, lock, self.spoiling),
                                 daemon=True)
        forth.start()
        try:
            self.pump_responses(client, server, requests, lock)
        except OSError:
            pass
        if not self.spoiling.keeps_open:
            end(client)
        forth.join()
        client.close()
        server.close()

    def pump_responses(self, client, server, requests, lock):
        responses = Responses(requests)
        while True:
            data = server.recv(65536)
            if not data:
                client.sendall(responses.pending)
                return
            with lock:
                responses.pending += data
                messages = list(iter(responses.take, None))
            client.sendall(b"".join(self.spoiling.apply(messages)))


def pump_requests(client, server, requests, lock, spoiling):
    try:
        while True:
            data = client.recv(65536)
            if not data:
                break
            with lock:
                requests.feed(data)
            server.sendall(spoiling.request(data))
    except OSError:
        pass
    end(server)


def end(peer):
    try:
        peer.shutdown(socket.SHUT_WR)
    except OSError:
        pass
