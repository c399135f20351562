# SPDX-License-Identifier: Apache-2.0
"""A web site with CRLs, as well kept or as broken as a test wants it, on the loopback address."""

import contextlib
import dataclasses
import email.utils
import hashlib
import http.server
import socket
import ssl
import threading


@dataclasses.dataclass
class Page:
    """What a path answers.  `body` None: nothing behind the head."""
    body: bytes = b""
    status: int = 200
    fields: dict = dataclasses.field(default_factory=dict)
    validators: bool = True         # ETag and Last-Modified; a request that has the ETag is told 304
    cut: int = None                 # so many octets of the body, and then the end of the connection
    held: threading.Event = None    # the body waits for it
    silent: bool = False            # not even a head


def redirect(to, status=302):
    return Page(status=status, fields={"Location": to}, validators=False)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *unused):
        pass

    def do_GET(self):
        site = self.server.site
        page = site.asked(self.path, dict(self.headers.items()))
        with contextlib.suppress(OSError):
            self.answer(site, page)

    def answer(self, site, page):
        if page.silent:
            site.closing.wait(60)
            self.close_connection = True
            return
        if page.validators and page.status == 200 and self.headers.get("If-None-Match") == etag(page.body):
            self.send_response(304)
            self.send_header("ETag", etag(page.body))
            self.end_headers()
            return
        self.send_page(site, page)

    def send_page(self, site, page):
        self.send_response(page.status)
        if page.validators:
            self.send_header("ETag", etag(page.body))
            self.send_header("Last-Modified", email.utils.formatdate(1700000000, usegmt=True))
        for name, value in page.fields.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(page.body)))
        self.end_headers()
        body = page.body if page.cut is None else page.body[:page.cut]
        if page.held:
            self.wfile.write(body[:len(body) // 2])
            page.held.wait(60)
            body = body[len(body) // 2:]
        self.wfile.write(body)
        self.close_connection = self.close_connection or page.cut is not None


def etag(body):
    return f'"{hashlib.sha256(body).hexdigest()[:16]}"'


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 100

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.connections = set()

    def process_request(self, request, client_address):
        self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.connections.discard(request)
        super().shutdown_request(request)

    def end_connections(self):
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *unused):
        """A client that goes is no error of a site."""


class CrlSite:
    """`pages` by path; what is asked is in `requests`.  May be opened again at the same port after it was closed."""

    def __init__(self, pages=None, certificate=None):
        self.pages, self.certificate = dict(pages or {}), certificate
        self.requests, self.lock, self.port, self.server = [], threading.Lock(), 0, None
        self.closing = threading.Event()
        self.open()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def open(self):
        """`certificate`: files of a certificate and its key, for TLS."""
        self.closing.clear()
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.server.site = self
        self.port = self.server.server_address[1]
        if self.certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*map(str, self.certificate))
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.thread.start()

    def close(self):
        if self.server is None:
            return
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.server.end_connections()
        self.thread.join(10)
        self.server = None

    def asked(self, path, fields):
        with self.lock:
            self.requests.append((path, fields))
            return self.pages.get(path) or Page(b"not here", 404, validators=False)

    def count(self, path):
        with self.lock:
            return sum(asked == path for asked, _ in self.requests)

    def fields(self, path):
        """The header fields of the last request for it."""
        with self.lock:
            return [fields for asked, fields in self.requests if asked == path][-1]

    def url(self, path, scheme=None):
        return f"{scheme or ('https' if self.certificate else 'http')}://127.0.0.1:{self.port}{path}"

    def source(self, path, **parameters):
        """The URI of a source."""
        behind = "&".join(f"{name}={value}" for name, value in parameters.items())
        return f"crl+{self.url(path)}{'#' + behind if behind else ''}"
