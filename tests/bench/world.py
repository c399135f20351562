# SPDX-License-Identifier: Apache-2.0
"""What the benchmarked responders answer about: one CA, a signer of each kind, a database of many certificates."""

import pathlib
import sqlite3
import subprocess
import time

FIRST = 0x5A000000000000000000000000000001      # 16 octets, as CAs draw them
KINDS = ("p256", "rsa2048")


class World:
    """In a folder: ca.pem, p256.pem and .key, rsa2048.pem and .key, vouch.db."""

    def __init__(self, folder, count):
        from support import pki, program
        self.folder, self.count = pathlib.Path(folder), count
        self.folder.mkdir(parents=True)
        self.ca = pki.authority("Bench CA", pki.key("p256", "bench ca"))
        self.ca.write(self.folder, "ca")
        for kind in KINDS:
            self.ca.signer(pki.key(kind, "bench " + kind)).write(self.folder, kind)
        subprocess.run([program.path(), "add", "--issuer", "ca.pem", "--serial", f"{FIRST:X}"], cwd=self.folder, check=True,
                       stdout=subprocess.DEVNULL)
        self.fill()

    range = property(lambda self: f"{FIRST:X}-{FIRST + self.count - 1:X}")

    def fill(self):
        """All the others in one transaction: a million additions by command would take longer than the benchmark."""
        now = int(time.time())
        with sqlite3.connect(self.folder / "vouch.db") as database:
            issuer, = database.execute("SELECT number FROM issuers").fetchone()
            database.executemany(
                "INSERT INTO certificates (issuer, serial_length, serial_number, cert_status, added, changed) VALUES (?, 16, ?, 1, ?, ?)",
                ((issuer, (FIRST + n).to_bytes(16, "big"), now, now) for n in range(1, self.count)))
        database.close()

    def index(self, count):
        """An index.txt for openssl ocsp, of the first certificates."""
        path = self.folder / "index.txt"
        path.write_text("".join(f"V\t351231235959Z\t\t{FIRST + n:X}\tunknown\t/CN={n}\n" for n in range(count)))
        return path

    def config(self, key, threads, memory):
        return {"listen": ["127.0.0.1:0"], "admin": "127.0.0.1:0", "threads": threads, "store": {"memory": memory},
                "issuers": [{"name": "bench", "certificate": str(self.folder / "ca.pem"),
                             "signers": [{"certificate": str(self.folder / f"{key}.pem"), "key": str(self.folder / f"{key}.key")}],
                             "sources": [f"sqlite:{self.folder / 'vouch.db'}"]}]}
