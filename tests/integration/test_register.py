# SPDX-License-Identifier: Apache-2.0
"""add, revoke, hold, release and status: what they record, what they refuse, what they print and how they exit."""

import concurrent.futures
import datetime
import hashlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from support import pki, program, yaml_text  # noqa: E402

VERBS = ("add", "revoke", "hold", "release", "status")
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"
SERIALS = (0x1AAF00D, 0x2000, 0x80, 0x62A9699CD5205FBFFFBB2AFD55)


class Place:
    """A folder with a CA, certificates of it and of another CA, and an empty place for a database."""

    def __init__(self, folder):
        self.folder, self.database = folder, folder / "vouch.db"
        self.ca = pki.authority("Register CA", pki.key("p256", "register"))
        self.other = pki.authority("Other CA", pki.key("p256", "other"))
        self.ca.write(folder, "ca")
        self.other.write(folder, "other")
        self.certificates = [self.ca.end_entity(serial) for serial in SERIALS]
        for number, certificate in enumerate(self.certificates):
            certificate.write(folder, f"c{number}")
        self.other.end_entity(0x77, "foreign").write(folder, "foreign")

    def run(self, verb, *arguments, code=0, issuer="ca.pem", **options):
        return program.run(verb, "--issuer", issuer, *arguments, cwd=self.folder, code=code, **options)

    def lines(self, verb, *arguments, **options):
        return self.run(verb, *arguments, **options).stdout.splitlines()

    def refused(self, verb, *arguments, code=1):
        """The one line of the error; nothing was printed as done."""
        done = self.run(verb, *arguments, code=code)
        assert done.stdout == ""
        assert done.stderr.startswith("vouch: ") and done.stderr.count("\n") == 1, done.stderr
        return done.stderr

    def status(self, *arguments, code=None):
        """{serial number: (status, reason)}"""
        objects = [json.loads(line) for line in self.lines("status", "--json", *arguments, code=code)]
        return {o["serial_number"]: (o["status"], o.get("revocation_reason")) for o in objects}

    def digest(self):
        return hashlib.sha256(self.database.read_bytes()).hexdigest()


@pytest.fixture(scope="session")
def pristine(tmp_path_factory):
    return Place(tmp_path_factory.mktemp("pristine"))


@pytest.fixture
def place(pristine, tmp_path):
    """A copy: making certificates takes longer than most tests."""
    shutil.copytree(pristine.folder, tmp_path / "place")
    copy = object.__new__(Place)
    copy.__dict__.update(pristine.__dict__, folder=tmp_path / "place", database=tmp_path / "place" / "vouch.db")
    return copy


# add ----------------------------------------------------------------------------------------------------------


def test_add_records_and_makes_the_database_beside_the_caller(place):
    assert place.lines("add", "c0.pem") == ["1AAF00D: added (c0.pem)"]
    assert place.database.exists()
    assert place.status("c0.pem", code=0) == {"1AAF00D": ("good", None)}


def test_add_takes_pem_der_bundles_and_serial_numbers_in_every_spelling(place):
    folder = place.folder
    (folder / "c0.der").write_bytes(place.certificates[0].der)
    (folder / "bundle.pem").write_bytes(b"".join(c.pem() for c in place.certificates[1:]))
    lines = place.lines("add", "c0.der", "bundle.pem", "--serial", "0xABCDEF", "01:02:03", "5", "-66")
    assert lines == ["ABCDEF: added", "10203: added", "5: added", "-66: added", "1AAF00D: added (c0.der)",
                     "2000: added (bundle.pem)", "80: added (bundle.pem)",
                     "62A9699CD5205FBFFFBB2AFD55: added (bundle.pem)"]
    assert set(place.status("--serial", "abcdef", "0x10203", "05", "-66", "0080", code=0).values()) == {("good", None)}


def test_adding_again_says_so_and_changes_nothing(place):
    place.run("add", "c0.pem")
    before = place.digest()
    assert place.lines("add", "c0.pem") == ["1AAF00D: already there, good (c0.pem)"]
    assert place.digest() == before
    assert place.lines("add", "c1.pem", "c1.pem") == ["2000: added (c1.pem)", "2000: already there, good (c1.pem)"]


def test_adding_never_reverts_a_revocation(place):
    place.run("revoke", "c0.pem", "--reason", "keyCompromise")
    line, = place.lines("add", "c0.pem")
    assert re.fullmatch(rf"1AAF00D: already there, revoked keyCompromise {TIME} \(c0\.pem\)", line)
    assert place.status("c0.pem", code=3) == {"1AAF00D": ("revoked", "keyCompromise")}


def test_a_certificate_of_another_ca_is_refused_by_name_and_nothing_is_added(place):
    message = place.refused("add", "c0.pem", "foreign.pem", "c1.pem")
    assert "foreign.pem" in message
    assert not place.database.exists()
    place.run("add", "c0.pem")
    place.refused("add", "c1.pem", "foreign.pem")
    place.refused("revoke", "foreign.pem", "--reason", "keyCompromise")
    assert place.status("c0.pem", "c1.pem", code=4) == {"1AAF00D": ("good", None), "2000": ("unknown", None)}


def test_a_certificate_whose_signature_does_not_hold_is_refused(place):
    der = bytearray(place.certificates[0].der)
    der[-1] ^= 1
    (place.folder / "forged.der").write_bytes(der)
    assert "forged.der" in place.refused("add", "forged.der")


def test_another_certificate_with_a_known_serial_number_is_said(place):
    place.run("add", "c0.pem")
    place.ca.end_entity(SERIALS[0], "precertificate").write(place.folder, "pre")
    assert "another certificate with this serial number" in place.lines("add", "pre.pem")[0]


def test_a_certificate_known_by_its_number_is_completed_by_its_file(place):
    place.run("add", "--serial", "1AAF00D")
    place.run("add", "c0.pem")
    described = json.loads(place.run("status", "--json", "--serial", "1aaf00d").stdout)
    assert described["not_after"] == place.certificates[0].not_after.strftime("%Y-%m-%dT%H:%M:%SZ")


# revoke -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["keyCompromise", "cACompromise", "affiliationChanged", "superseded",
                                    "cessationOfOperation", "certificateHold", "privilegeWithdrawn", "aACompromise"])
def test_revoke_records_every_reason(place, reason):
    place.run("add", "c0.pem")
    line, = place.lines("revoke", "c0.pem", "--reason", reason)
    assert re.fullmatch(rf"1AAF00D: revoked {reason} {TIME} \(c0\.pem\)", line)
    assert place.status("c0.pem", code=3) == {"1AAF00D": ("revoked", reason)}


def test_unspecified_is_no_reason(place):
    assert re.fullmatch(rf"5: revoked {TIME}", place.lines("revoke", "--serial", "5", "--reason", "unspecified")[0])
    assert place.status("--serial", "5", code=3) == {"5": ("revoked", None)}


def test_revoking_what_was_never_added_adds_it(place):
    place.run("revoke", "c0.pem", "--reason", "superseded")
    assert place.status("c0.pem", code=3) == {"1AAF00D": ("revoked", "superseded")}


def test_times_are_recorded_as_given_in_any_zone(place):
    place.run("revoke", "c0.pem", "--reason", "keyCompromise", "--at", "2026-01-02T03:04:05Z", "--invalidity-date",
              "2025-12-31T23:00:00-02:00")
    described = json.loads(place.run("status", "--json", "c0.pem", code=3).stdout)
    assert described["revocation_time"] == "2026-01-02T03:04:05Z"
    assert described["invalidity_date"] == "2026-01-01T01:00:00Z"


def test_the_first_time_stays_and_another_reason_is_said(place):
    at = "2026-01-02T03:04:05Z"
    place.run("revoke", "c0.pem", "--reason", "superseded", "--at", at)
    before = place.digest()
    assert place.lines("revoke", "c0.pem", "--reason", "superseded") == [
        f"1AAF00D: already revoked superseded {at} (c0.pem)"]
    assert place.digest() == before
    assert place.lines("revoke", "c0.pem", "--reason", "keyCompromise") == [
        f"1AAF00D: revoked keyCompromise {at}, was superseded {at} (c0.pem)"]
    place.run("revoke", "c0.pem", "--reason", "keyCompromise", "--at", "2026-02-02T00:00:00Z")
    described = json.loads(place.run("status", "--json", "c0.pem", code=3).stdout)
    assert (described["revocation_reason"], described["revocation_time"]) == ("keyCompromise", "2026-02-02T00:00:00Z")


def test_S_18_a_revocation_of_the_future_is_good_until_then(place):
    at = (pki.now() + datetime.timedelta(days=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
    line, = place.lines("revoke", "c0.pem", "--reason", "superseded", "--at", at)
    assert line == f"1AAF00D: will be revoked superseded {at}, good until then (c0.pem)"
    assert place.lines("status", "c0.pem") == [
        f"1AAF00D: good, until {at} (c0.pem) [sqlite:{place.database}]"]
    assert "certificateHold" in place.refused("hold", "c0.pem")
    assert "certificateHold" in place.refused("release", "c0.pem")
    line, = place.lines("revoke", "c0.pem", "--reason", "superseded")
    assert re.fullmatch(rf"1AAF00D: revoked superseded {TIME}, was superseded {at} \(c0\.pem\)", line)
    assert place.status("c0.pem", code=3) == {"1AAF00D": ("revoked", "superseded")}


def test_a_revocation_is_not_put_off(place):
    place.run("revoke", "c0.pem", "--reason", "superseded")
    assert "permanently revoked" in place.refused("revoke", "c0.pem", "--reason", "superseded", "--at",
                                                  "2199-01-01T00:00:00Z")


@pytest.mark.parametrize("arguments, word", [
    (["--reason", "keycompromise"], "keycompromise"), (["--reason", "removeFromCRL"], "delta"), (["--reason", "1"], "1"),
    (["--reason", ""], "reason"), ([], "--reason"), (["--reason", "superseded", "--at", "yesterday"], "yesterday"),
    (["--reason", "superseded", "--at", "2026-02-30T00:00:00Z"], "2026-02-30"),
    (["--reason", "superseded", "--invalidity-date", "2026-01-01"], "2026-01-01"),
])
def test_wrong_words_are_wrong_usage(place, arguments, word):
    assert word in place.refused("revoke", "c0.pem", *arguments, code=2)
    assert not place.database.exists()


# hold and release ---------------------------------------------------------------------------------------------


def test_S_15_hold_and_release(place):
    place.run("add", "c0.pem")
    line, = place.lines("hold", "c0.pem")
    assert re.fullmatch(rf"1AAF00D: revoked certificateHold {TIME} \(c0\.pem\)", line)
    assert place.lines("hold", "c0.pem") == [line.replace("revoked", "already revoked")]
    assert place.status("c0.pem", code=3) == {"1AAF00D": ("revoked", "certificateHold")}
    assert place.lines("release", "c0.pem")[0].startswith("1AAF00D: released, good")
    assert place.status("c0.pem", code=0) == {"1AAF00D": ("good", None)}


def test_a_hold_becomes_permanent_and_keeps_its_time(place):
    place.run("hold", "c0.pem", "--at", "2026-01-02T03:04:05Z")
    assert place.lines("revoke", "c0.pem", "--reason", "keyCompromise") == [
        "1AAF00D: revoked keyCompromise 2026-01-02T03:04:05Z, was certificateHold 2026-01-02T03:04:05Z (c0.pem)"]
    for verb in ("release", "hold"):
        assert "keyCompromise" in place.refused(verb, "c0.pem")
    assert place.status("c0.pem", code=3) == {"1AAF00D": ("revoked", "keyCompromise")}


def test_release_of_what_is_not_on_hold_is_refused_with_the_reason(place):
    place.run("add", "c0.pem")
    assert "not on hold: good" in place.refused("release", "c0.pem")
    assert "never recorded" in place.refused("release", "c1.pem")


@pytest.mark.parametrize("verb", ["release", "status"])
def test_what_only_reads_or_lifts_makes_no_database(place, verb):
    assert "vouch.db: No such file" in place.refused(verb, "c0.pem")
    assert not place.database.exists()


def test_one_refusal_changes_nothing(place):
    place.run("add", "c0.pem", "c1.pem", "c2.pem")
    place.run("hold", "c0.pem")
    place.run("revoke", "c2.pem", "--reason", "superseded")
    before = place.digest()
    assert "c2.pem" in place.refused("release", "c0.pem", "c2.pem")
    assert "serial number 99" in place.refused("release", "c0.pem", "--serial", "99")
    assert "nothing was changed" in place.refused("hold", "c1.pem", "c2.pem")
    assert place.digest() == before
    assert place.status("c0.pem", "c1.pem", code=3) == {"1AAF00D": ("revoked", "certificateHold"),
                                                        "2000": ("good", None)}


# status -------------------------------------------------------------------------------------------------------


def test_status_prints_a_line_each_and_exits_with_the_worst(place):
    place.run("add", "c0.pem", "c1.pem")
    place.run("revoke", "c1.pem", "--reason", "superseded", "--at", "2026-01-02T03:04:05Z")
    where = f"[sqlite:{place.database}]"
    assert place.lines("status", "c0.pem", code=0) == [f"1AAF00D: good (c0.pem) {where}"]
    assert place.lines("status", "c0.pem", "c2.pem", code=4)[1] == "80: unknown, never recorded (c2.pem)"
    assert place.lines("status", "c0.pem", "c2.pem", "c1.pem", code=3)[2] == (
        f"2000: revoked superseded 2026-01-02T03:04:05Z (c1.pem) {where}")
    assert "No such file" in place.refused("status", "c1.pem", "nothing.pem")
    assert "1AF: there is no such file; a serial number is given with --serial" in place.refused("status", "c1.pem", "1AF")


def test_status_in_json(place):
    place.run("revoke", "c1.pem", "--reason", "superseded", "--at", "2026-01-02T03:04:05Z")
    line, = place.lines("status", "--json", "c1.pem", code=3)
    assert json.loads(line) == {
        "certificate": "c1.pem", "serial_number": "2000", "status": "revoked", "revocation_reason": "superseded",
        "revocation_time": "2026-01-02T03:04:05Z", "detail": f"sqlite:{place.database}",
        "not_after": place.certificates[1].not_after.strftime("%Y-%m-%dT%H:%M:%SZ")}
    assert json.loads(place.lines("status", "--json", "--serial", "0x0c", code=4)[0]) == {
        "certificate": "0x0c", "serial_number": "C", "status": "unknown"}


def test_status_asks_sources_in_order(place):
    place.run("add", "--db", "first.db", "--serial", "1")
    place.run("revoke", "--db", "second.db", "--serial", "1", "2", "--reason", "superseded")
    asked = ("--source", "sqlite:first.db", "--source", "sqlite:second.db", "--serial", "1", "2", "3")
    assert [s for s, _ in place.status(*asked, code=3).values()] == ["good", "revoked", "unknown"]


@pytest.mark.parametrize("uri, word", [
    ("sqlite:none.db", "No such file"), ("sqlite:", "no file"), ("sqlite:ca.pem", "not an SQLite database"),
    ("index:index.txt", "No such file"), ("nothing:x", "sqlite:"), ("vouch.db", "sqlite:")])
def test_sources_that_cannot_be_opened(place, uri, word):
    assert word in place.refused("status", "--source", uri, "--serial", "1")


def test_each_issuer_has_its_own_certificates(place):
    place.run("add", "--serial", "77")
    place.run("revoke", "--serial", "77", "--reason", "superseded", issuer="other.pem")
    assert place.status("--serial", "77", code=0) == {"77": ("good", None)}
    assert place.run("status", "--serial", "77", issuer="other.pem", code=3).stdout.startswith("77: revoked superseded")


# Where the database is ----------------------------------------------------------------------------------------


def configuration(place, *sources, issuers=("ca",)):
    place.ca.signer(pki.key("p256", "responder")).write(place.folder, "ocsp")
    rows = [{"name": f"n{n}", "path": f"/{n}/", "certificate": f"{stem}.pem",
             "signers": [{"certificate": "ocsp.pem", "key": "ocsp.key"}],
             "sources": list(sources if n == 0 else [f"sqlite:own{n}.db"])} for n, stem in enumerate(issuers)]
    (place.folder / "vouch.yaml").write_text(yaml_text.dump({"issuers": rows}))
    return "vouch.yaml"


def test_the_configuration_names_database_and_issuer(place):
    file = configuration(place, "sqlite:sub.db?mode=ro", "sqlite:configured.db")
    done = program.run("add", "--config", file, "c0.pem", cwd=place.folder)
    assert done.stdout == "1AAF00D: added (c0.pem)\n"
    assert (place.folder / "configured.db").exists() and not place.database.exists()
    (place.folder / "sub.db").write_bytes((place.folder / "configured.db").read_bytes())
    elsewhere = program.run("status", "--config", place.folder / file, place.folder / "c0.pem")
    assert "sub.db" in elsewhere.stdout, "the first source of the list knows it"
    place.run("add", "--config", file, "--db", "given.db", "c0.pem")
    assert (place.folder / "given.db").exists()


def test_of_several_issuers_the_one_that_is_meant_has_the_database(place):
    file = configuration(place, "sqlite:configured.db", issuers=("ca", "other"))
    assert "--issuer" in program.run("add", "--config", file, "--serial", "1", cwd=place.folder, code=2).stderr
    place.run("add", "--config", file, "--serial", "1", issuer="other.pem")
    assert (place.folder / "own1.db").exists() and not (place.folder / "configured.db").exists()


def test_a_configuration_without_a_register_says_so(place):
    file = configuration(place, "sqlite:sub.db?mode=ro")
    assert "vouch.yaml" in place.refused("add", "--config", file, "c0.pem")
    assert "broken.yaml" in place.refused("add", "--config", "broken.yaml", "c0.pem")


def test_db_takes_a_uri_as_well(place):
    place.run("add", "--db", "sqlite:by-uri.db", "c0.pem")
    assert (place.folder / "by-uri.db").exists()
    assert "cannot be written" in place.refused("add", "--db", "index:index.txt", "c0.pem")


def test_db_and_source_exclude_each_other(place):
    place.refused("status", "--db", "a.db", "--source", "sqlite:b.db", "c0.pem", code=2)


# What goes wrong ----------------------------------------------------------------------------------------------


def test_a_database_of_a_newer_version_is_refused_and_never_changed(place):
    place.run("add", "c0.pem")
    with sqlite3.connect(place.database) as database:
        database.execute("PRAGMA user_version = 4711")
    database.close()
    before = place.digest()
    for verb in VERBS:
        more = ["--reason", "superseded"] if verb == "revoke" else []
        message = place.refused(verb, "c0.pem", *more)
        assert "vouch.db" in message and "4711" in message and "newer" in message
        assert place.digest() == before


@pytest.mark.parametrize("damage, word", [
    (lambda octets: octets[:16384], "holds 16384 octets"), (lambda octets: octets[:-1], "pages of 4096 octets"),
    (lambda octets: b"x" * len(octets), "not an SQLite database"), (lambda octets: octets[:50], "damaged"),
    (lambda octets: octets[:8192] + b"\xff" * 4096 + octets[12288:], "page 3"), (lambda octets: b"", "empty")])
def test_a_damaged_database_is_refused_with_file_and_reason(place, damage, word):
    place.run("add", "c0.pem", "c1.pem")
    place.database.write_bytes(damage(place.database.read_bytes()))
    message = place.refused("status", "c0.pem")
    assert "vouch.db" in message and word in message.replace("Page", "page")      # older SQLite has the capital


def test_a_file_that_is_no_certificate_is_named(place):
    (place.folder / "empty.pem").write_bytes(b"")
    (place.folder / "cut.der").write_bytes(place.certificates[0].der[:100])
    for file in ("empty.pem", "cut.der", "c0.key", "nothing.pem", "."):
        assert f" {file}: " in place.refused("add", file)
    done = program.run("add", "--issuer", "nothing.pem", "c0.pem", cwd=place.folder, code=1)
    assert "nothing.pem" in done.stderr


@pytest.mark.parametrize("serial", ["", "xyz", "0x", "1g", "1:2:3:", "--", "f" * 2050])
def test_what_is_no_serial_number_is_wrong_usage(place, serial):
    done = place.run("add", "--serial", serial, code=2)
    assert done.stderr.startswith("vouch: ") and not place.database.exists()


@pytest.mark.parametrize("verb", VERBS)
def test_without_certificates_or_issuer_it_is_wrong_usage(place, verb):
    more = ["--reason", "superseded"] if verb == "revoke" else []
    place.refused(verb, *more, code=2)
    done = program.run(verb, "c0.pem", *more, cwd=place.folder, code=2)
    assert "--issuer" in done.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_an_example_that_names_the_command(verb):
    done = program.run(verb, "--help")
    assert done.stderr == "" and f"vouch {verb} --issuer ca.pem" in done.stdout
    assert program.run(verb, "--version").stdout.startswith("vouch ")


def limited(octets):
    """Files end at that size, without a signal: as on a full disk."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (octets, octets))
    return limit


def test_a_disk_that_is_full_is_an_error_and_nothing_half_done(place):
    place.run("add", "c0.pem")
    serials = [f"{n:x}" for n in range(0x100000, 0x100000 + 2000)]
    done = subprocess.run([program.path(), "add", "--issuer", "ca.pem", "--serial", *serials], cwd=place.folder,
                          capture_output=True, text=True, preexec_fn=limited(60000), env=program.environment())
    program.assert_sound(done.stderr)
    assert done.returncode == 1 and done.stdout == "" and "vouch.db" in done.stderr
    assert place.status("c0.pem", "--serial", serials[0], code=4) == {"1AAF00D": ("good", None), "100000": ("unknown", None)}
    place.run("add", "--serial", serials[0])


def test_output_that_nobody_takes_is_an_error_after_the_fact(place):
    with open("/dev/full", "w") as full:
        done = subprocess.run([program.path(), "add", "--issuer", "ca.pem", "c0.pem"], cwd=place.folder, stdout=full,
                              stderr=subprocess.PIPE, text=True, env=program.environment())
    assert done.returncode == 1 and "standard output" in done.stderr
    assert place.status("c0.pem", code=0) == {"1AAF00D": ("good", None)}


def test_thousands_at_once(place):
    serials = [f"{n:x}" for n in range(0x100000, 0x100000 + 4000)]
    assert len(place.lines("add", "--serial", *serials)) == 4000
    assert len(place.lines("revoke", "--serial", *serials, "--reason", "superseded")) == 4000
    assert set(place.status("--serial", *serials, code=3).values()) == {("revoked", "superseded")}


def test_many_at_a_time(place):
    """Every command that printed success has its certificate in the database."""
    place.run("add", "c0.pem")
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda n: place.run("add", "--serial", f"{n:x}"), range(1, 21)))
    assert set(place.status("--serial", *[f"{n:x}" for n in range(1, 21)], code=0).values()) == {("good", None)}


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user to be")
def test_a_user_who_may_only_read_can_ask_and_is_told_why_not_to_write(place):
    place.run("add", "c0.pem")
    for path in [*place.folder.parents, place.folder]:
        if str(path).startswith("/tmp/"):
            path.chmod(0o755)
    # A copy, and no sanitizer's report in a file: the tree may be where only root gets, in root's home.
    tool = shutil.copy(program.path(), place.folder / "vouch-of-nobody")
    as_nobody = {"cwd": place.folder, "capture_output": True, "text": True, "user": 65534, "group": 65534,
                 "extra_groups": [], "env": program.environment({"ASAN_OPTIONS": "", "UBSAN_OPTIONS": "halt_on_error=1"})}
    try:
        asked = subprocess.run([tool, "status", "--issuer", "ca.pem", "c0.pem"], **as_nobody)
    except PermissionError:
        pytest.skip("another user cannot reach the folder of temporary files")
    assert asked.returncode == 0 and "good" in asked.stdout, asked.stderr
    done = subprocess.run([tool, "add", "--issuer", "ca.pem", "c1.pem"], **as_nobody)
    assert done.returncode == 1 and "vouch.db" in done.stderr and done.stdout == ""
