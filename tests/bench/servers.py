# SPDX-License-Identifier: Apache-2.0
"""The servers that are measured: ours, nginx with the same head and as many octets, and responders of others."""

import base64
import pathlib
import re
import shutil
import signal
import subprocess
import time
import urllib.request

from machine import SERVER_CORE, pinned, role, tree
from support.ports import free_port

PATIENCE = 30


def until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


def is_listening(port):
    """Without a connection, which openssl ocsp would never get over."""
    rows = [line.split() for name in ("tcp", "tcp6") for line in pathlib.Path("/proc/net/" + name).read_text().splitlines()[1:]]
    return any(row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port for row in rows)


class Process:
    """Something that answers at `url`, on the server's core unless said otherwise."""

    def start(self, arguments, cores=SERVER_CORE, **options):
        self.process = subprocess.Popen(pinned(cores, arguments), stdin=subprocess.DEVNULL, **options)
        self.pid = self.process.pid

    def listen(self, port):
        self.url = f"http://127.0.0.1:{port}"
        until(lambda: is_listening(port), f"{self.process.args[3]} does not listen")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Nginx(Process):
    """`pages` are answers of ours, (fields, body) by name: nginx returns as many octets under the same head."""

    LEFT_OUT = {"content-type", "content-length", "date", "connection"}     # nginx writes them itself

    def __init__(self, folder, pages):
        folder.mkdir()
        self.ports = {name: free_port() for name in pages}
        blocks = "".join(self.block(self.ports[name], *page) for name, page in pages.items())
        (folder / "nginx.conf").write_text(f"""
            daemon off; worker_processes 1; error_log stderr crit; pid {folder}/nginx.pid;
            events {{ worker_connections 8192; }}
            http {{ access_log off; keepalive_requests 100000000; merge_slashes off; etag off;
              default_type application/ocsp-response; {blocks} }}""")
        self.start(["nginx", "-p", folder, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)
        for port in self.ports.values():
            self.listen(port)

    def block(self, port, fields, body):
        added = "".join(f"add_header {name} '{value}';\n" for name, value in fields if name.lower() not in self.LEFT_OUT)
        return f"server {{ listen 127.0.0.1:{port} reuseport; location / {{ {added} return 200 \"{'x' * len(body)}\"; }} }}\n"

    def page(self, name):
        return f"http://127.0.0.1:{self.ports[name]}/"


class Vouch(Process):
    def __init__(self, folder, config, cores=SERVER_CORE):
        from support import program, yaml_text
        folder.mkdir()
        (folder / "vouch.yaml").write_text(yaml_text.dump(config))
        self.log = folder / "log"
        with open(self.log, "w") as log:
            self.start([program.path(), "serve", "--config", folder / "vouch.yaml"], cores, stderr=log, cwd=folder)
        until(lambda: "event=ready" in self.log.read_text() or self.process.poll() is not None, "vouch is not ready")
        assert self.process.poll() is None, self.log.read_text()
        self.url, self.admin = (self.address(role) for role in ("ocsp", "admin"))

    def address(self, role):
        found = re.search(rf"role={role} address=(\S+)", self.log.read_text())
        return f"http://{found.group(1)}/"

    def counter(self, name):
        with urllib.request.urlopen(self.admin + "metrics") as answer:
            text = answer.read().decode()
        return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE).group(1))

    def children(self):
        """Processes by role; where there is but one, it has every role."""
        return {role(pid): pid for pid in tree(self.pid)}


class OpensslOcsp(Process):
    def __init__(self, world):
        port = free_port()
        self.start(["openssl", "ocsp", "-port", str(port), "-index", world.index(1000), "-CA", "ca.pem", "-rsigner", "p256.pem", "-rkey",
                    "p256.key", "-ndays", "1"], cwd=world.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.listen(port)


class Cfssl(Process):
    """Presigned answers out of memory, by SHA-1 CertIDs; Debian 12 has a version that reads POST alone."""

    def __init__(self, world, answers):
        port, path = free_port(), world.folder / "cfssl.responses"
        path.write_text("".join(base64.b64encode(answer).decode() + "\n" for answer in answers))
        self.start(["cfssl", "ocspserve", "-port", str(port), "-responses", path, "-loglevel", "5"], cwd=world.folder,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.listen(port)

    @staticmethod
    def is_there():
        return shutil.which("cfssl") is not None
