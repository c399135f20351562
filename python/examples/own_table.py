#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A responder over a table of one's own, in SQLite:

    CREATE TABLE certificate (serial_number TEXT PRIMARY KEY,      -- hexadecimal, upper case
                              revoked_at INTEGER, reason INTEGER)  -- seconds since 1970, CRLReason, or NULL

usage: own_table.py DATABASE CA.pem OCSP.pem OCSP.key [ADDRESS]
"""

from __future__ import annotations

import datetime
import sqlite3
import sys
import threading

import vouch

QUESTION = "SELECT revoked_at, reason FROM certificate WHERE serial_number = ?"


class Table(vouch.Source):
    """Every thread has a connection of its own, which sees what other programs have written."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.local = threading.local()

    def connection(self) -> sqlite3.Connection:
        if not hasattr(self.local, "connection"):
            self.local.connection = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)
        connection: sqlite3.Connection = self.local.connection
        return connection

    def lookup(self, issuer: vouch.Issuer, serial_number: int, now: datetime.datetime) -> vouch.Status | None:
        try:
            row = self.connection().execute(QUESTION, (f"{serial_number:X}",)).fetchone()
        except sqlite3.OperationalError as error:       # locked, or away: clients shall come again
            raise vouch.Unavailable(str(error)) from error
        if row is None:
            return None     # never issued
        revoked_at, reason = row
        if revoked_at is None:
            return vouch.Status.good()
        return vouch.Status.revoked(datetime.datetime.fromtimestamp(revoked_at, datetime.timezone.utc),
                                    None if reason is None else vouch.Reason(reason))


def main(database: str, ca: str, certificate: str, key: str, address: str = "127.0.0.1:8080") -> None:
    issuer = vouch.Issuer(ca, signers=[vouch.Signer(certificate, key)], sources=[Table(database)])
    server = vouch.Responder(issuer, cache=64 << 20).start(address)
    print(server.url, flush=True)
    server.run()


if __name__ == "__main__":
    if not 5 <= len(sys.argv) <= 6:
        sys.exit(__doc__)
    main(*sys.argv[1:])
