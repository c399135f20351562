# SPDX-License-Identifier: Apache-2.0
"""vouch import: from sources, folders and tables into a register, again and again, interrupted, never to anything weaker."""

import datetime
import json
import os
import pty
import re
import select
import signal
import sqlite3
import subprocess
import time

import pytest

from site_of_tests import Site
from support import pki, program

TIMES = {"early": "2026-01-02T03:04:05Z", "late": "2026-02-03T04:05:06Z"}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


class Import:
    """A folder to import into, with its counts as they were printed."""

    def __init__(self, site, folder):
        self.site, self.folder = site, folder

    def path(self, name):
        return self.folder / name

    def run(self, source, *arguments, code=0, database="to.db", text=None):
        return program.run("import", "--issuer", self.site.folder / "ca.pem", "--db", database, *arguments, source, cwd=self.folder,
                           code=code, text=text, deadline=120)

    def counts(self, source, *arguments, code=0, **options):
        """{figure: number}, without those that are zero."""
        done = self.run(source, "--json", *arguments, code=code, **options)
        found = json.loads(done.stdout)
        return {name: value for name, value in found.items() if name not in ("database", "source", "dry_run") and value}

    def register(self, command, *arguments, database="to.db", code=0):
        return program.run(command, "--issuer", self.site.folder / "ca.pem", "--db", database, *arguments, cwd=self.folder, code=code)

    def table(self, *rows, header="serial,status,revoked_at,reason", name="table.csv"):
        self.path(name).write_text("\n".join([header, *rows]) + "\n")
        return name

    def records(self, *serials, database="to.db"):
        """{serial number: (status, reason, time)} as vouch status has it."""
        lines = program.run("status", "--issuer", self.site.folder / "ca.pem", "--db", database, "--json", "--serial", *serials,
                            cwd=self.folder, code=None).stdout.splitlines()
        objects = [json.loads(line) for line in lines]
        return {o["serial_number"]: (o["status"], o.get("revocation_reason"), o.get("revocation_time")) for o in objects}


@pytest.fixture
def to(site, tmp_path):
    return Import(site, tmp_path)


def index_row(status, serial, revoked="", name="x"):
    return f"{status}\t301231235959Z\t{revoked}\t{serial:X}\tunknown\t/CN={name}"


# Sources --------------------------------------------------------------------------------------------------------


def test_a_revocation_of_the_future_is_imported_as_what_it_is(to):
    """S-18: good until then, and not for ever."""
    later = (pki.now() + datetime.timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    to.register("add", "--serial", "11", database="from.db")
    to.register("revoke", "--serial", "11", "--reason", "superseded", "--at", later, database="from.db")
    to.run("sqlite:from.db")
    database = sqlite3.connect(to.path("to.db"))
    assert database.execute("SELECT cert_status, revocation_reason FROM certificates").fetchall() == [(2, 4)]
    database.close()


def test_an_index_is_imported_and_a_second_time_changes_nothing(to):
    rows = [index_row("V", 0x11), index_row("R", 0x2222, "260102030405Z,keyCompromise"), index_row("R", 0x33, "260102030405Z,certificateHold"),
            index_row("E", 0x44)]
    to.path("index.txt").write_text("\n".join(rows) + "\n")
    assert to.counts("index:index.txt") == {"added": 4}
    assert to.records("11", "2222", "33", "44", "55") == {
        "11": ("good", None, None), "2222": ("revoked", "keyCompromise", TIMES["early"]), "44": ("good", None, None),
        "33": ("revoked", "certificateHold", TIMES["early"]), "55": ("unknown", None, None)}
    before = to.path("to.db").read_bytes()
    assert to.counts("index:index.txt") == {"unchanged": 4}
    assert to.path("to.db").read_bytes() == before
    to.path("index.txt").write_text("\n".join([*rows[1:], index_row("R", 0x11, "260203040506Z")]) + "\n")
    assert to.counts("index:index.txt") == {"unchanged": 3, "changed": 1}
    assert to.records("11") == {"11": ("revoked", None, TIMES["late"])}


def test_a_register_is_copied_with_all_that_it_records(to, site):
    site_db = f"sqlite:{site.folder / 'vouch.db'}"
    assert to.counts(site_db) == {"added": 3}
    assert to.counts(site_db) == {"unchanged": 3}

    def rows(path):
        with sqlite3.connect(path) as db:
            names = [row[1] for row in db.execute("pragma table_info(certificates)") if row[1] not in ("added", "changed")]
            return sorted(map(str, db.execute(f"select {', '.join(names)} from certificates").fetchall()))
    assert len(rows(to.path("to.db"))) == 3
    assert rows(to.path("to.db")) == rows(site.folder / "vouch.db")


def test_what_was_revoked_and_what_was_held_stays_so_and_is_named(to):
    to.register("revoke", "--serial", "1", "--reason", "keyCompromise")
    to.register("hold", "--serial", "2")
    to.register("revoke", "--serial", "3", "--reason", "superseded")
    to.register("add", "--serial", "4")
    before = to.records("1", "2", "3")
    table = to.table("1,good,,", "2,good,,", f"3,hold,{TIMES['early']},", f"4,revoked,{TIMES['early']},", "5,good,,")
    done = to.run(table, code=1)
    assert ": 1 added, 1 changed, 0 unchanged; 3 refused" in done.stdout
    errors = done.stderr.splitlines()
    assert [re.match(r"vouch: import: serial number (\w+): (\w+)", line).groups() for line in errors] == [("1", "revoked"), ("2", "on"), ("3", "revoked")]
    assert to.records("1", "2", "3") == before
    assert to.records("4", "5") == {"4": ("revoked", None, TIMES["early"]), "5": ("good", None, None)}


def test_a_status_only_gets_stronger(to):
    cases = [  # in the register, in the table, afterwards
        ("good,,", f"hold,{TIMES['late']},", ("revoked", "certificateHold", "late"), "changed"),
        (f"hold,{TIMES['late']},", f"revoked,{TIMES['late']},keyCompromise", ("revoked", "keyCompromise", "late"), "changed"),
        (f"revoked,{TIMES['late']},keyCompromise", f"revoked,{TIMES['early']},keyCompromise", ("revoked", "keyCompromise", "early"), "changed"),
        (f"revoked,{TIMES['early']},keyCompromise", f"revoked,{TIMES['late']},keyCompromise", ("revoked", "keyCompromise", "early"), "kept"),
        (f"revoked,{TIMES['early']},", f"revoked,{TIMES['early']},superseded", ("revoked", "superseded", "early"), "changed"),
        (f"revoked,{TIMES['early']},superseded", f"revoked,{TIMES['early']},", ("revoked", "superseded", "early"), "unchanged"),
        (f"revoked,{TIMES['early']},superseded", f"revoked,{TIMES['early']},keyCompromise", ("revoked", "superseded", "early"), "kept"),
        (f"revoked,{TIMES['early']},unspecified", f"revoked,{TIMES['early']},", ("revoked", None, "early"), "unchanged"),
    ]
    to.run(to.table(*[f"{n + 1:x},{was}" for n, (was, _, _, _) in enumerate(cases)]))
    for n, (was, row, (status, reason, when), figure) in enumerate(cases):
        assert to.counts(to.table(f"{n + 1:x},{row}")) == {figure: 1}, (was, row)
        assert to.records(f"{n + 1:x}") == {f"{n + 1:X}": (status, reason, TIMES[when])}, (was, row)


def test_a_source_that_cannot_list_and_one_that_is_away_make_no_database(to, tmp_path):
    source = tmp_path / "alone.c"
    source.write_text((program.ROOT / "examples/plugin_source.c").read_text())
    subprocess.run(["cc", "-fPIC", "-shared", f"-I{program.ROOT / 'include'}", "-o", tmp_path / "alone.so", source], check=True)
    for uri, message in ((f"plugin:{tmp_path}/alone.so?file=x", "cannot list its certificates"), ("index:nowhere.txt", "No such file"),
                         ("sqlite:nowhere.db", "No such file"), ("nothing:x", "neither a file nor the URI of a source"), ("nowhere", "No such file")):
        done = to.run(uri, code=1)
        assert message in done.stderr and done.stderr.count("\n") == 1 and done.stdout == ""
        assert not to.path("to.db").exists()


def test_what_is_not_one_source_is_wrong_usage(to):
    to.register("add", "--serial", "1")
    assert "into itself" in to.run("sqlite:to.db", code=2).stderr
    program.run("import", "--issuer", to.site.folder / "ca.pem", cwd=to.folder, code=2)
    program.run("import", "--issuer", to.site.folder / "ca.pem", "a", "b", cwd=to.folder, code=2)
    assert "cannot be written" in to.run(to.table("1,good,,"), database="index:to.txt", code=1).stderr


def test_a_dry_run_counts_and_records_nothing(to):
    to.register("add", "--serial", "1")
    before = to.path("to.db").read_bytes()
    table = to.table("1,good,,", f"2,revoked,{TIMES['early']},", "3,good,,")
    done = to.run(table, "--dry-run")
    assert "nothing is recorded" in done.stdout and "2 added, 0 changed, 1 unchanged" in done.stdout
    assert to.path("to.db").read_bytes() == before
    done = to.run(table, "--dry-run", database="none.db", code=1)
    assert not to.path("none.db").exists()


# Folders --------------------------------------------------------------------------------------------------------


def test_a_folder_of_certificates_is_issued_and_their_files_change_no_status(to, site):
    folder = to.path("issued")
    folder.mkdir()
    certificates = [site.ca.end_entity(serial) for serial in (0x100, 0x200, 0x300)]
    (folder / "a.pem").write_bytes(b"Certificate:\n    Data:\n" + certificates[0].pem() + certificates[1].pem())
    (folder / "b.der").write_bytes(certificates[2].der)
    pki.authority("Other CA", pki.key("p256", "other")).end_entity(0x400).write(folder, "other")
    (folder / "README").write_text("no certificate\n")
    (folder / "damaged.pem").write_text("-----BEGIN CERTIFICATE-----\nMIIB!!!!\n-----END CERTIFICATE-----\n")
    (folder / ".hidden.pem").write_bytes(site.ca.end_entity(0x500).pem())
    os.mkfifo(folder / "pipe")
    (folder / "below").mkdir()
    to.register("revoke", "--serial", "200", "--reason", "keyCompromise")
    done = to.run("issued", code=1)
    assert "damaged.pem" in done.stderr and done.stderr.count("\n") == 1
    assert re.search(r": 2 added, 1 changed, 0 unchanged; 1 refused; (\d+) skipped", done.stdout)
    assert {s: v[0] for s, v in to.records("100", "200", "300", "400", "500").items()} == {
        "100": "good", "200": "revoked", "300": "good", "400": "unknown", "500": "unknown"}
    with sqlite3.connect(to.path("to.db")) as db:
        assert all(row[0] is not None for row in db.execute("select not_after from certificates"))
    (folder / "damaged.pem").unlink()
    assert to.counts("issued")["unchanged"] == 3
    assert to.counts("issued/a.pem") == {"unchanged": 2}


# Tables ---------------------------------------------------------------------------------------------------------


def test_a_table_in_every_spelling(to):
    text = ("\ufeff\"reason\",serial,revoked_at,invalidity_date,not_after,certificate_sha256,status\r\n"
            f",0x0a:bC,,,2030-12-31 23:59:59,{'ab' * 32},good\r\n\r\n"
            f"keyCompromise,\"2\",{TIMES['early']},1767225600,,,revoked\r\n"
            "1,3,1767323045,,,,R\r\n"
            "certificateHold,4,2026-01-02 03:04:05,,,,revoked\r\n"
            ",5,2026-01-02T04:04:05+01:00,,,,hold\r\n"
            ",6,2026-01-02T03:04:05Z,,,,\r\n"
            ",7,,,,,E")
    to.path("table.csv").write_bytes(text.encode())
    assert to.counts("table.csv") == {"added": 7}
    assert to.records("abc", "2", "3", "4", "5", "6", "7") == {
        "ABC": ("good", None, None), "7": ("good", None, None), "6": ("revoked", None, TIMES["early"]),
        **{s: ("revoked", "keyCompromise", TIMES["early"]) for s in "23"},
        **{s: ("revoked", "certificateHold", TIMES["early"]) for s in "45"}}
    shown = json.loads(program.run("status", "--issuer", to.site.folder / "ca.pem", "--db", "to.db", "--json", "--serial", "abc",
                                   cwd=to.folder).stdout)
    assert shown["not_after"] == "2030-12-31T23:59:59Z"
    assert to.counts("-", text=text) == {"unchanged": 7}


def test_decimal_serial_numbers_are_the_same(to):
    numbers = [0, 1, 127, 128, 255, 256, 65535, 2**63, 2**159 + 12345, int("9" * 48)]
    to.run(to.table(*map(str, numbers), header="serial_decimal"))
    assert set(to.records(*[f"{n:x}" for n in numbers]).values()) == {("good", None, None)}
    assert to.counts(to.table(*[f"{n:x}" for n in numbers], header="serial")) == {"unchanged": len(numbers)}


# What is wrong with a table, and what is said of it.
DAMAGED = [
    ("", "it is empty: the first line names the columns"),
    ("serial,status,colour\n1,good,red\n", "table.csv:1: colour: no such column"),
    ("serial,serial\n1,1\n", "table.csv:1: serial: the column is there twice"),
    ("status\ngood\n", "table.csv:1: serial: the column is missing"),
    ("serial,status\n1,good\n2\n", "table.csv:3: 1 cells, and there are 2 columns"),
    ("serial,status\n1,good,\n", "table.csv:2: 3 cells, and there are 2 columns"),
    ("serial,status\n1,good\nxyz,good\n", "table.csv:3: serial: "),
    ("serial,status\n,good\n", "table.csv:2: serial: it is empty"),
    ("serial,status\n1,godo\n", "table.csv:2: status: not good, revoked or hold"),
    ("serial,status\n1,unknown\n", "table.csv:2: status: not good, revoked or hold"),
    ("serial,status\n1,revoked\n", "table.csv:2: revoked_at: it is empty, and the certificate is revoked"),
    ("serial,status,revoked_at\n1,good,2026-01-02T03:04:05Z\n", "table.csv:2: status: good, but there is a time or a reason"),
    ("serial,invalidity_date\n1,2026-01-02T03:04:05Z\n", "table.csv:2: status: good, but there is a time or a reason"),
    ("serial,revoked_at\n1,2026-02-30T03:04:05Z\n", "table.csv:2: revoked_at: not a time"),
    ("serial,revoked_at\n1,yesterday\n", "table.csv:2: revoked_at: not a time"),
    ("serial,revoked_at,reason\n1,1767225600,7\n", "table.csv:2: reason: not a reason of RFC 5280"),
    ("serial,revoked_at,reason\n1,1767225600,bored\n", "table.csv:2: reason: not a reason of RFC 5280"),
    ("serial,revoked_at,reason\n1,1767225600,removeFromCRL\n", "table.csv:2: reason: removeFromCRL is for delta CRLs only"),
    ("serial,revoked_at,reason,status\n1,1767225600,keyCompromise,hold\n", "table.csv:2: reason: another one than that of a hold"),
    ("serial,certificate_sha256\n1,abcd\n", "table.csv:2: certificate_sha256: not the 64 hexadecimal digits"),
    ("serial,serial_decimal\n1,1\n", "table.csv:2: serial_decimal: serial and serial_decimal: one of them"),
    ("serial_decimal\n12x\n", "table.csv:2: serial_decimal: not a decimal number"),
    ("serial\n\"1\n2\n", "table.csv:2: a quote is not closed"),
    ("serial\n1\n\n2\"\n", "table.csv:4: a quote within a cell"),
    ("serial\n\"1\"2\n", "table.csv:2: something follows a closing quote"),
    ("serial\n1\n\x002\n", "table.csv:3: a NUL"),
    ("serial\n" + "1" * 70000 + "\n", "table.csv:2: a record of more than 64 KiB"),
    ("," * 70 + "\n", "table.csv:1: more than 64 cells"),
]


@pytest.mark.parametrize("text, message", DAMAGED, ids=[re.sub(r"\W+", "-", row[1])[-40:] for row in DAMAGED])
def test_a_damaged_table_names_its_line_and_records_nothing(text, message, to):
    to.path("table.csv").write_text(text)
    done = to.run("table.csv", code=1)
    assert message in done.stderr and done.stderr.count("\n") == 1 and done.stdout == ""
    assert not to.path("to.db").exists()


def test_many_refused_rows_are_counted_and_the_first_ones_told(to):
    serials = [f"{n:x}" for n in range(1, 41)]
    to.register("revoke", "--serial", *serials, "--reason", "keyCompromise")
    done = to.run(to.table(*serials, header="serial"), code=1)
    assert "40 refused" in done.stdout
    assert done.stderr.count("\n") == 21 and "further ones are only counted" in done.stderr


# Size and interruption ------------------------------------------------------------------------------------------


ROWS = 60000


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    path = tmp_path_factory.mktemp("large") / "large.csv"
    path.write_text("serial,status,revoked_at\n" + "".join(
        f"{n * 7919 + 1:x},{'revoked,' + TIMES['early'] if n % 10 == 0 else 'good,'}\n" for n in range(ROWS)))
    return path


def rows_in(path):
    if not path.exists():
        return 0
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5) as db:
            return db.execute("select count(*) from certificates").fetchone()[0]
    except sqlite3.OperationalError:
        return 0


def test_an_import_that_was_killed_goes_on_and_nothing_is_half(to, large):
    """kill -9 at several moments: what is recorded are whole transactions, and the next run adds what is missing."""
    command = [program.path(), "import", "--issuer", to.site.folder / "ca.pem", "--db", "to.db", large]
    seen = 0
    for _ in range(4):
        process = subprocess.Popen(command, cwd=to.folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   env=program.environment())
        deadline = time.monotonic() + 60
        while process.poll() is None and rows_in(to.path("to.db")) <= seen and time.monotonic() < deadline:
            select.select([], [], [], 0.005)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        found = rows_in(to.path("to.db"))
        assert found % 2000 == 0 or found == ROWS
        assert found > seen or found == ROWS
        seen = found
    counts = to.counts(large)
    assert counts.get("added", 0) + counts.get("unchanged", 0) == ROWS
    assert counts.get("unchanged", 0) == seen and rows_in(to.path("to.db")) == ROWS
    assert to.counts(large) == {"unchanged": ROWS}


def test_others_write_while_an_import_runs(to, large):
    to.register("add", "--serial", "deadbeef")
    process = subprocess.Popen([program.path(), "import", "--issuer", to.site.folder / "ca.pem", "--db", "to.db", large], cwd=to.folder,
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=program.environment())
    to.register("revoke", "--serial", "deadbeef", "--reason", "keyCompromise")
    out, errors = process.communicate(timeout=120)
    program.assert_sound(errors)
    assert process.returncode == 0 and f"{ROWS} added" in out
    assert to.records("deadbeef")["DEADBEEF"][0] == "revoked"


def test_a_terminal_sees_a_bar_with_counts(to, large):
    leader, follower = pty.openpty()
    process = subprocess.Popen([program.path(), "import", "--issuer", to.site.folder / "ca.pem", "--db", "to.db", large], cwd=to.folder,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=follower, env=program.environment())
    os.close(follower)
    seen, deadline = b"", time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
    os.close(leader)
    assert process.wait(10) == 0
    shown = re.findall(rb"import: \[(#*) *\] (\d+) of (\d+)", seen)
    if program.sanitized() or shown:
        assert shown and {int(total) for _, _, total in shown} == {ROWS}
        assert [int(done) for _, done, _ in shown] == sorted(int(done) for _, done, _ in shown)


def test_a_crl_is_imported_with_what_it_revokes(to, site, tmp_path):
    """Through the source of CRLs, whose signature has to hold."""
    (tmp_path / "crl").mkdir()
    now = datetime.datetime.now(datetime.timezone.utc)
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    key = serialization.load_pem_private_key((site.folder / "ca.key").read_bytes(), None)
    ca = x509.load_pem_x509_certificate((site.folder / "ca.pem").read_bytes())
    entry = x509.RevokedCertificateBuilder().serial_number(0x99).revocation_date(datetime.datetime(2026, 1, 2, 3, 4, 5)).build()
    crl = (x509.CertificateRevocationListBuilder().issuer_name(ca.subject).last_update(now - datetime.timedelta(hours=1))
           .next_update(now + datetime.timedelta(days=1)).add_revoked_certificate(entry).sign(key, hashes.SHA256()))
    (tmp_path / "ca.crl").write_bytes(crl.public_bytes(serialization.Encoding.DER))
    assert to.counts(f"crl:{tmp_path}/ca.crl") == {"added": 1}
    assert to.records("99") == {"99": ("revoked", None, TIMES["early"])}
