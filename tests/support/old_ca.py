# SPDX-License-Identifier: Apache-2.0
"""A CA as `openssl ca` keeps it, with its index, its CRL, and the tables that other tools would have of it."""

import json
import pathlib
import sqlite3
import subprocess

from . import pki, program

CONFIGURATION = """
[ca]
default_ca = here
[here]
database = index.txt
new_certs_dir = .
certificate = ca.pem
private_key = ca.key
default_md = sha256
default_days = 30
default_crl_days = 7
policy = any
rand_serial = yes
[any]
commonName = supplied
"""
# How `openssl ca` is told of a revocation, and what vouch has to know of it then.
INVALID = "2026-01-02T03:04:05Z"
REVOKED = {
    "plain": ([], None, None),
    "key": (["-crl_reason", "keyCompromise"], "keyCompromise", None),
    "ca-key": (["-crl_reason", "CACompromise"], "cACompromise", None),
    "superseded": (["-crl_reason", "superseded"], "superseded", None),
    "hold": (["-crl_hold", "holdInstructionReject"], "certificateHold", None),
    "key-since": (["-crl_compromise", "20260102030405Z"], "keyCompromise", INVALID),
    "ca-key-since": (["-crl_CA_compromise", "20260102030405Z"], "cACompromise", INVALID),
}
GOOD = ("good", "better")
TABLE = """CREATE TABLE certificates (serial_number blob NOT NULL, authority_key_identifier blob NOT NULL, ca_label blob,
status blob NOT NULL, reason int, expiry timestamp, revoked_at timestamp, pem blob NOT NULL,
PRIMARY KEY(serial_number, authority_key_identifier))"""
NEVER = "0001-01-01 00:00:00+00:00"


class OldCA:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.ca = pki.authority("Old CA", pki.key("p256", "old ca"))
        self.ca.write(folder, "ca")
        self.ca.signer(pki.key("p256", "old signer")).write(folder, "ocsp")
        (self.folder / "ca.cnf").write_text(CONFIGURATION)
        (self.folder / "index.txt").touch()
        (self.folder / "certs").mkdir()
        for name in (*GOOD, *REVOKED):
            self.issue(name)
        for name, (options, _, _) in REVOKED.items():
            self.openssl("ca", "-config", "ca.cnf", "-revoke", f"certs/{name}.pem", *options)
        self.openssl("ca", "-config", "ca.cnf", "-gencrl", "-out", "ca.crl")

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, timeout=60)

    def issue(self, name):
        self.openssl("req", "-new", "-key", "ca.key", "-subj", f"/CN={name}", "-out", f"{name}.csr")
        self.openssl("ca", "-batch", "-notext", "-config", "ca.cnf", "-in", f"{name}.csr", "-out", f"certs/{name}.pem")

    def rows(self):
        """{name: (state, time, serial number)} of the index."""
        lines = [line.split("\t") for line in (self.folder / "index.txt").read_text().splitlines()]
        return {subject.removeprefix("/CN="): (state, when.split(",")[0], serial)
                for state, _, when, serial, _, subject in lines}

    def write_cfssl(self, foreign):
        """A table as CFSSL has it, with a certificate of another CA in it."""
        pems = {name: (self.folder / "certs" / f"{name}.pem").read_text() for name in (*GOOD, "key", "hold")}
        with sqlite3.connect(self.folder / "certs.db") as table:
            table.execute(TABLE)
            for number, (name, pem) in enumerate([*pems.items(), ("foreign", foreign.pem().decode())]):
                reason = {"key": 1, "hold": 6}.get(name, 0)
                table.execute("INSERT INTO certificates VALUES (?, 'aki', '', ?, ?, '2027-01-01 00:00:00+00:00', ?, ?)", (
                    str(number), "revoked" if reason else "good", reason, "2026-03-04 05:06:07+00:00" if reason else NEVER, pem))
        table.close()

    def write_adcs(self):
        """What certutil prints: a heading and serial numbers in quotes, with the line ends of its home."""
        serials = [f'"{serial.lower()}"' for _, _, serial in self.rows().values()]
        (self.folder / "issued.csv").write_text("\r\n".join(['"Serial Number"', *serials, ""]), newline="")

    def known(self, database, name):
        """What vouch's database says of a certificate: status, reason, time, invalidity date."""
        done = program.run("status", "--issuer", "ca.pem", "--db", database, "--json", f"certs/{name}.pem", cwd=self.folder,
                           code=None)
        found = json.loads(done.stdout)
        return tuple(found.get(field) for field in ("status", "revocation_reason", "revocation_time", "invalidity_date"))

    def expected(self, name):
        if name in GOOD:
            return "good", None, None, None
        _, reason, invalid = REVOKED[name]
        t = self.rows()[name][1]
        return "revoked", reason, f"20{t[:2]}-{t[2:4]}-{t[4:6]}T{t[6:8]}:{t[8:10]}:{t[10:12]}Z", invalid
