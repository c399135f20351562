# SPDX-License-Identifier: Apache-2.0
"""Sources of many certificates: how soon a responder answers after its start, what a lookup takes, and how much memory."""

import datetime
import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import time

from lines import Series
from machine import SERVER_CORE, cpu_seconds, pinned, role, tree
from servers import Vouch, free_port, is_listening, until
from world import FIRST, World

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CHUNK = 100000
LOOKUPS = 500000
STRIDE = 7919       # coprime to the counts: lists are in no order
PATIENCE = 120      # seconds


def lookup_program():
    """The program of lookup.c, made of the release build."""
    subprocess.run(["ninja", "-C", ROOT / "build", "tests/bench/lookup"], check=True, stdout=subprocess.DEVNULL)
    return ROOT / "build" / "tests" / "bench" / "lookup"


def memory(pid, name):
    """Mebibytes, of a line of /proc/PID/status."""
    return int(re.search(rf"^{name}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE).group(1)) / 1024


def make_index(path, count):
    """Every tenth is revoked; in no order of serial numbers."""
    with open(path, "w") as file:
        for n in range(count):
            serial = FIRST + n * STRIDE % count
            file.write(f"R\t351231235959Z\t260101120000Z,keyCompromise\t{serial:X}\tunknown\t/CN={n}\n" if n % 10 == 0 else
                       f"V\t351231235959Z\t\t{serial:X}\tunknown\t/CN={n}\n")


def sequence_head(length):
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return b"\x30" + bytes([0x80 | len(octets)]) + octets


def make_crl(path, ca, count, number):
    """As many entries, in no order, from FIRST and the list's number on; signed with the CA's key, in DER."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, utils
    from support import der, pki
    now = datetime.datetime.now(datetime.timezone.utc)
    algorithm = pki.ALGORITHMS["ecdsa-sha256"]
    moments = [b"\x17\x0d" + moment.strftime("%y%m%d%H%M%SZ").encode() for moment in (now - datetime.timedelta(hours=1), now + datetime.timedelta(days=7))]
    head = der.integer(1) + algorithm + ca.subject + b"".join(moments)
    extensions = der.explicit(0, der.seq(pki.extension("2.5.29.35", der.seq(der.tlv(0x80, ca.key_identifier))),
                                         pki.extension("2.5.29.20", der.integer(number))))
    first = FIRST + number - 1
    entry_end = b"\x17\x0d260101120000Z"
    entries_length = count * (2 + 18 + len(entry_end))
    entries_head = sequence_head(entries_length)
    tbs_head = sequence_head(len(head) + len(entries_head) + entries_length + len(extensions))
    digest = hashlib.sha256()
    with open(path, "wb") as file:
        # Signatures differ by a few octets in length, and so nothing is known yet but how long the length will be.
        about = len(tbs_head) + len(head) + len(entries_head) + entries_length + len(extensions) + len(algorithm) + 74
        begun = file.write(sequence_head(about))

        def put(octets):
            digest.update(octets)
            file.write(octets)
        put(tbs_head + head + entries_head)
        entry_head = b"\x30" + bytes([18 + len(entry_end)]) + b"\x02\x10"
        for start in range(0, count, CHUNK):
            put(b"".join(entry_head + (first + n * STRIDE % count).to_bytes(16, "big") + entry_end for n in range(start, min(start + CHUNK, count))))
        put(extensions)
        signature = ca.key.private.sign(digest.digest(), ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        file.write(algorithm + der.bits(signature))
        length = file.tell() - begun
        file.seek(0)
        file.write(sequence_head(length))


class Source:
    """One source with one figure of each kind for each round."""

    def __init__(self, what, uri, count, first_ms=None, lookup_us=10.0, rss_mib=None):
        self.uri, self.count = uri, count
        self.first = Series(f"{what}: first answer after the start", "ms")
        self.lookup = Series(f"{what}: lookup, CPU", "µs")
        self.rss = Series(f"{what}: anonymous memory of the server", "MiB")
        self.bounds = {self.first: first_ms, self.lookup: lookup_us, self.rss: rss_mib}

    def rows(self):
        yield from self.bounds.items()


class Sources:
    def __init__(self, world, options):
        self.options = options
        self.entries = options.entries
        self.folder = world.folder / "sources"
        self.many = None
        self.load = Series("index.txt, a tenth of it: loading, CPU", "ms")
        self.openssl = Series("openssl ocsp, start on the same file, CPU", "ms")
        self.memory = Series("index.txt: memory of the server beyond an empty one", "MiB")
        self.openssl_memory = Series("openssl ocsp, memory on the same file", "MiB")
        self.peak = Series("CRL: most anonymous memory while another list takes its place", "MiB")
        self.table = Series("CRL: 40 octets for each entry", "MiB")

    def make(self, tell):
        tell(f"a database of {self.entries} certificates, a CRL of as many, and an index.txt of a tenth are made")
        self.many = World(self.folder, self.entries)
        self.rows_of_index = self.entries // 10
        self.lists = self.folder / "lists"
        self.lists.mkdir()
        make_index(self.folder / "index.txt", self.rows_of_index)
        make_crl(self.lists / "ca.crl", self.many.ca, self.entries, 1)
        make_crl(self.lists / "next.crl", self.many.ca, self.entries, 2)
        self.table.values = [self.entries * 40 / 2 ** 20]
        self.sources = [Source("SQLite", f"sqlite:{self.folder / 'vouch.db'}", self.entries, first_ms=200, rss_mib=64),
                        Source("index.txt", f"index:{self.folder / 'index.txt'}", self.rows_of_index),
                        Source("CRL", f"crl:{self.lists / 'ca.crl'}", self.entries)]

    def serve(self, source, name):
        config = self.many.config("p256", 1, "64MiB")
        config["issuers"][0].update(sources=[source.uri])
        begun = time.monotonic()
        server = Vouch(self.folder / name, config)
        self.ask(server.url, FIRST)
        return server, (time.monotonic() - begun) * 1000

    def ask(self, url, serial):
        from support import program
        done = subprocess.run([program.path(), "query", "--issuer", self.folder / "ca.pem", "--url", url, "--serial", f"{serial:X}"],
                              capture_output=True, text=True)
        assert done.returncode in (0, 3, 4), done.stderr
        return done.returncode

    @staticmethod
    def worker(server):
        return next(pid for pid in tree(server.pid) if role(pid) == "vouch-server")

    def measure(self, source, number):
        server, first = self.serve(source, f"run-{source.uri.partition(':')[0]}-{number}")
        try:
            source.first.values.append(first)
            source.rss.values.append(memory(self.worker(server), "RssAnon"))
            if source.uri.startswith("crl:"):
                self.replace_list(server)
        finally:
            server.stop()
        done = subprocess.run(pinned(SERVER_CORE, [self.lookup_program, self.folder / "ca.pem", source.uri, f"{FIRST:X}", str(source.count), str(LOOKUPS)]),
                              capture_output=True, text=True, check=True)
        found = json.loads(done.stdout)
        source.lookup.values.append(found["lookup_us"])
        if source.uri.startswith("index:"):
            self.load.values.append(found["load_cpu_seconds"] * 1000)
            self.memory.values.append(found["peak_kib"] / 1024)

    def replace_list(self, server):
        """The next list is renamed over the one in use; it has one more serial number at its end."""
        peak, worker = 0.0, self.worker(server)
        os.link(self.lists / "ca.crl", self.lists / "kept.crl")
        os.replace(self.lists / "next.crl", self.lists / "ca.crl")
        deadline = time.monotonic() + PATIENCE
        while self.ask(server.url, FIRST + self.entries) != 3:
            assert time.monotonic() < deadline, "the next CRL is not used"
            for _ in range(20):
                peak = max(peak, memory(worker, "RssAnon"))
                time.sleep(0.01)
        self.peak.values.append(peak)
        os.replace(self.lists / "ca.crl", self.lists / "next.crl")
        os.replace(self.lists / "kept.crl", self.lists / "ca.crl")

    def measure_openssl(self):
        """Until it has answered: it listens before it reads its file."""
        port = free_port()
        process = subprocess.Popen(pinned(SERVER_CORE, ["openssl", "ocsp", "-port", str(port), "-index", "index.txt", "-CA", "ca.pem", "-rsigner", "p256.pem",
                                                        "-rkey", "p256.key", "-ndays", "1"]), cwd=self.folder, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        until(lambda: is_listening(port), "openssl ocsp does not listen")
        self.ask(f"http://127.0.0.1:{port}/", FIRST)
        self.openssl.values.append(cpu_seconds(process.pid) * 1000)
        self.openssl_memory.values.append(memory(process.pid, "VmHWM"))
        process.send_signal(signal.SIGTERM)
        process.wait()

    def rows(self):
        for source in self.sources:
            yield from source.rows()
        yield self.load, self.openssl.median / 4
        yield self.openssl, None
        yield self.memory, self.openssl_memory.median / 4
        yield self.openssl_memory, None
        yield self.table, None
        yield self.peak, 2.3 * self.table.median

    def run(self, tell):
        self.lookup_program = lookup_program()
        self.make(tell)
        for number in range(min(3, self.options.rounds)):
            for source in self.sources:
                self.measure(source, number)
            self.measure_openssl()
            tell(f"round {number + 1} of the sources: " + ", ".join(f"{s.what} {s.values[-1]:.2f} {s.unit}" for s, bound in self.rows() if bound))
