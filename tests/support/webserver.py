# SPDX-License-Identifier: Apache-2.0
"""Web servers that staple, nginx and HAProxy, run as ourselves on the loopback address; and what a TLS client is given."""

import os
import pathlib
import shutil
import socket
import subprocess

from . import rawhttp
from .ports import free_port

SEARCH = os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin"


def find(name):
    return shutil.which(name, path=SEARCH)


def program_path(name):
    found = find(name)
    assert found, f"{name} is not installed: scripts/deps installs it"
    return found


def stapled(port, ca):
    """The text that `openssl s_client -status` prints of the staple: '' when there is none."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-servername", "localhost", "-status",
                           "-CAfile", ca, "-verify_return_error"], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=30)
    assert "Verify return code: 0 (ok)" in done.stdout, done.stdout + done.stderr
    return "" if "OCSP response: no response sent" in done.stdout else done.stdout


class WebServer:
    """Subclasses write a configuration and say how it is started; here it is waited for, and ended."""

    def __init__(self, folder):
        self.folder, self.port = pathlib.Path(folder), free_port()
        self.folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self):
        self.output = open(self.folder / "output", "w")
        self.process = subprocess.Popen(self.command(), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=self.output,
                                        stderr=subprocess.STDOUT)
        try:
            rawhttp.until(self.listening)
        except BaseException:
            self.__exit__()
            raise
        return self

    def listening(self):
        assert self.process.poll() is None, (self.folder / "output").read_text()
        with socket.socket() as peer:
            return peer.connect_ex(("127.0.0.1", self.port)) == 0

    def __exit__(self, *unused):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        self.output.close()


class Nginx(WebServer):
    """`tls` are lines of the server block beside the certificate."""

    CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log info;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        {tls}
    }}
}}
"""

    def __init__(self, folder, certificate, key, tls):
        super().__init__(folder)
        self.configuration = self.folder / "nginx.conf"
        self.configuration.write_text(self.CONFIGURATION.format(folder=self.folder, port=self.port, certificate=certificate,
                                                                key=key, tls=tls))

    def command(self, *more):
        return [program_path("nginx"), "-e", str(self.folder / "error.log"), "-p", str(self.folder), "-c",
                str(self.configuration), *more]


class HAProxy(WebServer):
    """`crt` has certificate and key; CRT.ocsp beside it, the response to begin with."""

    CONFIGURATION = """
global
    stats socket {folder}/haproxy.sock level admin
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend tls
    bind 127.0.0.1:{port} ssl crt {crt}
    http-request return status 200
"""

    def __init__(self, folder, crt):
        super().__init__(folder)
        self.socket = self.folder / "haproxy.sock"
        (self.folder / "haproxy.cfg").write_text(self.CONFIGURATION.format(folder=self.folder, port=self.port, crt=crt))

    def command(self):
        return [program_path("haproxy"), "-db", "-f", str(self.folder / "haproxy.cfg")]
