# SPDX-License-Identifier: Apache-2.0
"""`vouch mock`: which fault is chosen, how it is told, what is logged, and what it refuses."""

import datetime
import json
import pathlib
import re
import signal
import socket
import subprocess
import time

import pytest

from support import der, ocsp, pki, program, rawhttp
from support.mock import NONCE, SERIAL, Mock, faults
from support.server import parse_address

OTHER = 0x7777


@pytest.fixture(scope="module")
def mock(tmp_path_factory):
    with Mock(tmp_path_factory.mktemp("mock")) as made:
        yield made


@pytest.fixture
def start(tmp_path):
    """Mocks of one's own, stopped at the end."""
    running = []

    def make(*arguments, **options):
        made = Mock(tmp_path / f"mock{len(running)}", *arguments, **options)
        running.append(made)
        return made.start()

    yield make
    for made in running:
        made.stop()


def status(mock, serial=SERIAL, path=(), **options):
    """The status of one certificate, or the error."""
    response = ocsp.decode(mock.body(*path, request=mock.request(serial, **options)))
    if response.status != "successful":
        return response.status
    ocsp.verify(response, mock.ca)
    return response.single.status


def single(mock, serial=SERIAL):
    return ocsp.decode(mock.body(request=mock.request(serial))).single


def control(mock, change=None, fields=(), host="localhost"):
    """(status, JSON) of GET /control, or of POST with a change."""
    if change is None:
        answer = rawhttp.get(mock.direct, "/control", fields, host=host)
    else:
        body = change if isinstance(change, bytes) else json.dumps(change).encode()
        answer = rawhttp.exchange(mock.direct, rawhttp.post_octets(body, "/control", fields, "application/json", host=host))
    return answer.status, json.loads(answer.body)


# --- Sound answers --------------------------------------------------------------------------------------------------


def test_without_a_fault_it_is_a_sound_responder(mock):
    assert status(mock) == "good"
    request = mock.request(SERIAL, OTHER, nonce=NONCE, hash_name="sha256")
    response = ocsp.decode(mock.body(request=request))
    ocsp.verify(response, mock.ca)
    assert [s.serial for s in response.singles] == [SERIAL, OTHER]
    assert der.one(response.extension(ocsp.NONCE)).content == NONCE


def test_get_and_head_are_answered_like_post(mock):
    for prefix in ("/", "/fault/none/"):
        path = ocsp.path(mock.request(), prefix)
        assert ocsp.decode(rawhttp.get(mock.direct, path).body).single.status == "good"
        assert rawhttp.head_of(mock.direct, path).status == 200
    path = ocsp.path(mock.request(), "/fault/try_later/")
    assert rawhttp.get(mock.direct, path).body == ocsp.TRY_LATER
    assert rawhttp.get(mock.direct, ocsp.raw_path(mock.request(), "/fault/try_later/")).body == ocsp.TRY_LATER


def test_head_of_a_fault_of_http_has_no_body(mock):
    with rawhttp.Connection(mock.direct) as connection:
        connection.send(rawhttp.head("HEAD", ocsp.path(mock.request(), "/fault/http_500/")))
        head, rest = connection.rest().split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.1 500 ") and rest == b""


def test_what_is_no_request_is_malformed_and_what_is_anothers_unauthorized(mock):
    assert rawhttp.post(mock.direct, b"\x30\x00").body == ocsp.MALFORMED
    assert rawhttp.post(mock.direct, b"").body == ocsp.MALFORMED
    assert rawhttp.get(mock.direct, "/MAA%3D").body == ocsp.MALFORMED
    assert rawhttp.post(mock.direct, mock.request(nonce=129 * b"n")).body == ocsp.MALFORMED
    stranger = pki.authority("Stranger", pki.key("p256", "stranger"))
    foreign = ocsp.certid(stranger, SERIAL)
    assert rawhttp.post(mock.direct, ocsp.request(foreign)).body == ocsp.UNAUTHORIZED
    mixed = ocsp.decode(rawhttp.post(mock.direct, ocsp.request(ocsp.certid(mock.ca, SERIAL), foreign)).body)
    assert [s.status for s in mixed.singles] == ["good", "unknown"]


def test_every_fault_of_the_way_applies_to_a_malformed_request_too(mock):
    """A fault must never crash on an answer that is an error; what it spoils is not there then."""
    for name in faults():
        if name in ("silent", "stalled", "slow", "random", "delay", "huge"):
            continue
        try:
            with rawhttp.Connection(mock.direct) as connection:
                connection.send(rawhttp.post_octets(b"\x30\x00", mock.path(name), [("Connection", "close")]))
                connection.rest()
        except ConnectionResetError:
            assert name.startswith("reset")
    assert status(mock) == "good"


def odd_requests(mock):
    """What a client may send, and each fault has to bear."""
    own, weak = ocsp.certid(mock.ca, SERIAL), ocsp.certid(mock.ca, SERIAL, "md5")
    unknown_hash = der.seq(der.seq(der.oid("1.3.6.1.4.1.32473.9")), der.octets(b"x"), der.octets(b""), der.integer(1))
    return {
        "64 certificates": mock.request(*range(0x100, 0x140)),
        "serial number 0": mock.request(0),
        "a negative serial number": mock.request(-129),
        "a serial number of 200 octets": mock.request(1 << 1590),
        "an unknown hash first": ocsp.request(unknown_hash, own),
        "MD5": ocsp.request(weak),
        "the same certificate twice": ocsp.request(own, own),
        "a nonce that is not wrapped": ocsp.request(own, extensions=[pki.extension(ocsp.NONCE, 16 * b"\xa5")]),
        "a nonce of 128 octets": mock.request(nonce=128 * b"n"),
        "an unknown extension": ocsp.request(own, extensions=[pki.extension(ocsp.UNKNOWN_EXTENSION, b"\x05\x00")]),
    }


def test_every_fault_bears_every_request(mock):
    skipped = ("silent", "stalled", "slow", "random", "delay", "huge", "continue_flood", "long_field", "reset", "reset_in_body", "closed")
    for what, request in odd_requests(mock).items():
        for name in [name for name in faults() if name not in skipped]:
            octets = mock.octets(name, request=request) if name == "no_head" else None
            if octets is None:
                with rawhttp.Connection(mock.direct) as connection:
                    connection.send(rawhttp.post_octets(request, mock.path(name), [("Connection", "close")]))
                    octets = connection.rest()
            assert octets and b"fault " not in octets, (what, name, octets)


def test_a_person_with_a_browser_is_told_what_this_is(mock):
    answer = rawhttp.get(mock.direct, "/")
    assert answer.status == 400 and b"vouch mock" in answer.body


# --- Which fault ----------------------------------------------------------------------------------------------------


def test_a_path_may_have_several_faults(mock):
    response = ocsp.decode(mock.body("revoked=superseded", "produced_at_future", "no_next_update"))
    assert (response.single.status, response.single.reason, response.single.next_update) == ("revoked", 4, None)
    assert response.produced_at > pki.now() + datetime.timedelta(minutes=50)


def test_a_dash_is_an_underscore(mock):
    assert status(mock, path=["try-later"]) == "tryLater"


@pytest.mark.parametrize("path, reason", [
    ("/fault/bad_signatur/", "did you mean bad_signature?"), ("/fault//", "there is no such fault"), ("/fault/try_later=3/", "takes no value"),
    ("/fault/delay=x/", "MS from 1 to 600000 is expected"), ("/fault/delay=0/", "MS from 1"), ("/fault/revoked=whatever/", "keyCompromise"),
    ("/fault/other_hash=sha3/", "sha256"), (17 * "/fault/none" + "/", "more than 16 faults"),
])
def test_a_path_that_names_no_fault_is_404_with_the_reason(mock, path, reason):
    answer = rawhttp.post(mock.direct, mock.request(), path)
    assert answer.status == 404 and reason in answer.body.decode()


def test_the_nearest_choice_wins(start):
    serial = f"{SERIAL:x}"
    mock = start("--fault", "unknown", "--fault-serial", f"{serial}=revoked=keyCompromise")
    assert status(mock, OTHER) == "unknown"
    assert status(mock) == "revoked"
    assert control(mock, {"faults": ["try_later"]})[0] == 200
    assert status(mock, OTHER) == "tryLater"
    assert status(mock) == "revoked"
    assert status(mock, path=["none"]) == "good"
    assert control(mock, {"faults": []})[0] == 200
    assert status(mock, OTHER) == "good"
    assert control(mock, {"reset": True})[0] == 200
    assert status(mock, OTHER) == "unknown"


def test_statuses_come_from_the_command_line(start):
    mock = start("--status", "unknown", "--serial", "11=good", "--serial", "22=revoked,keyCompromise@2025-01-02T03:04:05Z",
                 "--serial", "0x33=revoked", "--serial", "44=revoked,removeFromCRL")
    assert [status(mock, serial) for serial in (0x10, 0x11, 0x22, 0x33, 0x44)] == ["unknown", "good", "revoked", "revoked", "revoked"]
    revoked = single(mock, 0x22)
    assert revoked.reason == 1 and revoked.revocation_time.isoformat() == "2025-01-02T03:04:05+00:00"
    assert (single(mock, 0x33).reason, single(mock, 0x44).reason) == (None, 8)


def test_a_serial_number_given_twice_has_its_answers_one_after_another(start):
    mock = start("--serial", "11=good", "--serial", "11=revoked", "--serial", "11=unknown")
    assert [status(mock, 0x11) for _ in range(4)] == ["good", "revoked", "unknown", "unknown"]


# --- A scenario -----------------------------------------------------------------------------------------------------


SCENARIO = """
status: revoked
reason: superseded
faults: [responder_by_name]
seed: 7
serials:
  - serial: 11
    status: good
  - serial: "0x22"
    sequence:
      - faults: [try_later]
      - { status: good, faults: [delay=1] }
      - { status: revoked, reason: certificateHold, time: 2026-01-02T03:04:05Z }
  - serial: 33
    faults: [unknown]
"""


def scenario(tmp_path, text):
    path = tmp_path / "scenario.yaml"
    path.write_text(text)
    return path


def test_a_scenario_says_it_all(start, tmp_path):
    mock = start("--scenario", scenario(tmp_path, SCENARIO))
    assert single(mock, 0x10).reason == 4
    assert ocsp.decode(mock.body()).responder_id[0] == 0xA1
    assert status(mock, 0x11) == "good"
    assert [status(mock, 0x22) for _ in range(4)] == ["tryLater", "good", "revoked", "revoked"]
    held = single(mock, 0x22)
    assert held.reason == 6 and held.revocation_time.isoformat() == "2026-01-02T03:04:05+00:00"
    assert status(mock, 0x33) == "unknown"


def test_the_command_line_stands_over_the_scenario(start, tmp_path):
    mock = start("--scenario", scenario(tmp_path, SCENARIO), "--status", "good", "--fault", "produced_at_future")
    response = ocsp.decode(mock.body())
    assert response.single.status == "good" and response.produced_at > pki.now() + datetime.timedelta(minutes=50)


@pytest.mark.parametrize("text, reason", [
    ("status: fine\n", r"scenario.yaml:1: status: .*good, revoked or unknown"),
    ("faults: [bad_signatur]\n", r"scenario.yaml:1: faults: there is no such fault; did you mean bad_signature\?"),
    ("serials:\n  - serial: xyz\n", r"scenario.yaml:2: serial: "),
    ("serials:\n  - serial: 11\n    time: yesterday\n", r"scenario.yaml:3: time: a time as in"),
    ("serials:\n  - status: good\n", r"scenario.yaml: serial: missing"),
    ("serials:\n  - serial: 11\n    reason: superseded\n", r"scenario.yaml: 11: reason and time are for status: revoked"),
    ("serials:\n  - serial: 11\n    status: good\n    sequence:\n      - status: good\n", r"scenario.yaml: 11: a sequence says it all"),
    ("sed: 1\n", r"scenario.yaml:1: sed: unknown setting; did you mean seed\?"),
    ("seed: -1\n", r"scenario.yaml:1: seed: "),
    ("status: good\nstatus: good\n", r"scenario.yaml:2: status: the setting is there twice"),
    ("", r"scenario.yaml:1: the file is empty"),
])
def test_a_scenario_that_is_wrong_is_refused_by_line(tmp_path, text, reason):
    done = program.run("mock", "--new-ca", tmp_path / "ca", "--scenario", scenario(tmp_path, text), code=1)
    assert re.search(reason, done.stderr), done.stderr
    assert not (tmp_path / "ca").exists()


# --- Control --------------------------------------------------------------------------------------------------------


def test_control_shows_and_changes_the_scenario(start):
    mock = start("--serial", "11=revoked,superseded", "--seed", "5")
    shown = control(mock)[1]
    assert shown["status"] == "good" and shown["seed"] == 5 and shown["requests"] == 0
    assert shown["serials"] == [{"serial": "11", "status": "revoked", "reason": "superseded", "faults": []}]
    changed = control(mock, {"status": "unknown", "serials": [
        {"serial": "11", "status": "good"}, {"serial": "22", "sequence": [{"status": "good"}, {"faults": ["try_later"]}]}]})
    assert changed[0] == 200 and changed[1]["status"] == "unknown"
    assert [status(mock, serial) for serial in (0x10, 0x11, 0x22, 0x22, 0x22)] == ["unknown", "good", "good", "tryLater", "tryLater"]
    assert control(mock)[1]["requests"] == 5 and control(mock)[1]["serials"][1]["next"] == 1
    control(mock, {"reset": True})
    assert status(mock, 0x11) == "revoked" and status(mock, 0x22) == "good"


@pytest.mark.parametrize("change, reason", [
    (b"", "line"), (b"[]", "an object is expected"), (b'{"faults": ["x"]}', "there is no such fault"), (b'{"x": 1}', "unknown setting"),
    (b'{"status": "good", "status": "good"}', "duplicate"), (b'{"reset": 1}', "reset: true or false"), (b'{"seed": "1"}', "seed"),
    (b'{"serials": [{"serial": "11", "status": "unknown"}, {"serial": "12", "reason": "superseded"}]}', "reason and time"),
    (b'{"faults": null}', "faults"), (b'{"status": "good"} {}', "end of file"), (b'{"status": "go\\u0000od"}', "line"), (b"\xff", "line"),
])
def test_a_change_that_is_wrong_changes_nothing(mock, change, reason):
    before = control(mock)[1]
    code, answer = control(mock, change)
    assert code == 400 and reason in answer["error"], answer
    assert control(mock)[1] == before


def test_a_change_may_be_large_and_not_endless(mock):
    serials = [{"serial": f"{n:x}", "status": "good"} for n in range(0x100000, 0x100000 + 5000)]
    assert control(mock, {"serials": serials})[0] == 200
    assert len(control(mock)[1]["serials"]) >= 5000
    with rawhttp.Connection(mock.direct) as connection:
        connection.send(rawhttp.head("POST", "/control", [("Content-Type", "application/json"), ("Content-Length", 2 << 20)]))
        assert connection.read().status == 413
    assert control(mock, {"reset": True})[1]["serials"] == []


@pytest.mark.parametrize("host", ["example.com", "127.0.0.1.example.com", "localhost.example.com", "localhostx", "[::2]"])
def test_control_is_not_for_pages_of_others(mock, host):
    assert control(mock, host=host)[0] == 403
    assert control(mock, {"faults": []}, host=host)[0] == 403


@pytest.mark.parametrize("host", ["localhost", "localhost:8080", "127.0.0.1:1", "[::1]", "[::1]:8080"])
def test_control_is_for_this_machine_by_its_own_names(mock, host):
    assert control(mock, host=host)[0] == 200


def test_control_takes_json_only(mock):
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx", None):
        sent = rawhttp.post_octets(b"{}", "/control", media_type=media_type)
        assert rawhttp.exchange(mock.direct, sent).status == 415


# --- Options that users of other mocks know -------------------------------------------------------------------------


def test_options_of_other_mocks_are_known_under_their_names(tmp_path):
    made = Mock(tmp_path)
    made.arguments = [program.path(), "mock", "-b", "127.0.0.1", "-p", "0", "--ca_file", "ca.pem", "--ocsp_responder_cert", "ocsp.pem",
                      "--ocsp_responder_key", "ocsp.key", "--fault", "revoked", "--next_update_seconds", "1000", "--response_delay_seconds",
                      "1", "--include_extraneous_status", "--issuer_hash_algorithm", "sha256", "-v"]
    with made:
        begun = time.monotonic()
        first, second = ocsp.decode(made.body()).singles
        assert time.monotonic() - begun >= 1
    assert (first.status, second.status) == ("revoked", "good") and first.serial != second.serial
    assert len(der.children(first.certid)[1].content) == 32
    assert first.next_update - first.this_update == datetime.timedelta(seconds=1000)


def test_the_same_options_are_known_with_hyphens(start):
    mock = start("--fault", "unknown", "--next-update-seconds", "60", "--include-extraneous-status", "--issuer-hash-algorithm=sha512")
    first, _ = ocsp.decode(mock.body()).singles
    assert first.status == "unknown" and len(der.children(first.certid)[1].content) == 64
    assert first.next_update - first.this_update == datetime.timedelta(seconds=60)
    assert len(ocsp.decode(mock.body("good")).singles) == 2


@pytest.mark.parametrize("arguments, reason", [
    (["--fault", "x"], "--fault x: there is no such fault"), (["--serial", "11"], "--serial 11: HEX=... is expected"),
    (["--serial", "zz=good"], "--serial zz=good: "), (["--serial", "11=fine"], "good, revoked or unknown"),
    (["--serial", "11=good,superseded"], "only what is revoked has a reason"), (["--serial", "11=revoked,x"], "there is no such reason"),
    (["--serial", "11=good@2026-11-22T10:00:00Z"], "only what is revoked has a time"), (["--serial", "11=revoked@x"], "a time as in"),
    (["--status", "revoked,"], "there is no such reason"), (["--fault-serial", "11"], "HEX=... is expected"), (["--seed", "x"], "--seed x: a number"),
    (["--next-update-seconds", "-1"], "a number"), (["--response-delay-seconds", "601"], "a number up to 600"),
    (["--issuer-hash-algorithm", "sha3"], "md5, sha1"), (["--listen", "127.0.0.1:0", "-p", "0"], "--port and --bind-ip have no meaning"),
    (["--json"], "--json has no meaning without --list-faults"), (["--ca", "ca.pem"], "--new-ca and --ca exclude each other"), (["word"], "no operands"),
    (["--p", "1"], "--p: unknown option"), (["-x"], "-x: unknown option"), (["-bind_ip", "127.0.0.1"], "unknown option"),
])
def test_wrong_usage_is_told(tmp_path, arguments, reason):
    done = program.run("mock", "--new-ca", tmp_path / "ca", *arguments, code=2)
    assert reason in done.stderr and done.stderr.count("\n") == 1, done.stderr
    assert not (tmp_path / "ca").exists()


def test_what_is_missing_is_named():
    assert "--ca is missing" in program.run("mock", code=2).stderr
    assert "--key is missing" in program.run("mock", "--ca", "x", "--cert", "x", code=2).stderr


def test_the_ca_may_answer_itself(tmp_path):
    made = Mock(tmp_path)
    made.arguments = [program.path(), "mock", "--ca", "ca.pem", "--cert", "ca.pem", "--key", "ca.key", "--listen", "127.0.0.1:0", "--log", "journal"]
    with made:
        response = ocsp.decode(made.body())
        ocsp.verify(response, made.ca)
        assert not response.certs
        assert made.post("signer_forged").status == 200


@pytest.mark.parametrize("ca_kind", ["rsa2048", "p384", "ed25519"])
def test_a_ca_of_any_kind_certifies_the_wrong_signers(start, ca_kind):
    mock = start(ca_kind=ca_kind)
    for name in ("signer_without_eku", "signer_expired", "signer_forged", "signer_ca", "signer_weak_key"):
        response = ocsp.decode(mock.body(name))
        signer = response.certs[0] if response.certs else mock.ca.der
        ocsp.check_signature(ocsp.certificate_key(signer), response.algorithm, response.signature, response.tbs)


@pytest.mark.parametrize("files, reason", [
    ({"ca": "nowhere.pem"}, "nowhere.pem"), ({"cert": "ca.key"}, "ca.key: "), ({"key": "ca.key"}, "ca.key"), ({"ca-key": "ocsp.key"}, "ocsp.key"),
])
def test_files_that_do_not_fit_are_refused(tmp_path, files, reason):
    made = Mock(tmp_path)
    given = {"ca": "ca.pem", "cert": "ocsp.pem", "key": "ocsp.key", **files}
    done = program.run("mock", *[word for name, file in given.items() for word in (f"--{name}", file)], cwd=made.directory, code=1)
    assert reason in done.stderr and done.stderr.count("\n") == 1, done.stderr


# --- Without the CA's key -------------------------------------------------------------------------------------------


def test_faults_that_need_the_cas_key_are_refused_without_it(start, tmp_path):
    mock = start(ca_key=False)
    needy = [name for name, row in faults().items() if row["needs"] == "ca_key"]
    assert len(needy) == 8
    for name in [*needy, "md5_signature"]:
        answer = mock.post(name)
        assert answer.status == 400 and b"--ca-key" in answer.body and name.encode() in answer.body
        assert control(mock, {"faults": [name]})[0] == 400
    assert status(mock) == "good" and mock.post("sha1_signature").status == 200
    plain = Mock(tmp_path / "plain", "--fault-serial", "11=signer_expired", ca_key=False)
    with pytest.raises(AssertionError, match="fault signer_expired: .*--ca-key is missing"):
        plain.start()


@pytest.mark.parametrize("key, ca_key, can", [("rsa2048", False, {"sha1", "md5"}), ("ed25519", True, {"sha1", "md5"}), ("ed25519", False, set()),
                                              ("p384", False, {"sha1"})])
def test_weak_signatures_are_made_with_a_key_that_can(start, key, ca_key, can):
    mock = start(key=key, ca_key=ca_key)
    assert status(mock) == "good"
    for digest in ("sha1", "md5"):
        answer = mock.post(digest + "_signature")
        assert (answer.status == 200) == (digest in can), answer.body
    assert mock.post("wrong_algorithm").status == 200 and mock.post("wrong_key").status == 200


# --- The journal and the seed ---------------------------------------------------------------------------------------


def test_each_request_is_told_in_the_journal(start):
    mock = start()
    stranger = pki.authority("Stranger", pki.key("p256", "stranger"))
    request = ocsp.request(ocsp.certid(mock.ca, SERIAL, "sha256"), ocsp.certid(stranger, 0x99), extensions=[ocsp.nonce(NONCE)])
    mock.body("expired", "delay=5", request=request)
    rawhttp.get(mock.direct, "/%ff\"x", [("User-Agent", "a \"test\" \xff")])
    rawhttp.get(mock.direct, "/fault/http_404/")
    mock.body("try_later")
    control(mock)
    rawhttp.get(mock.direct, "/fault/x/")
    first, second, third, fourth, fifth, sixth = mock.journal()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first.pop("time"))
    assert first.pop("peer").startswith("127.0.0.1:")
    assert first == {"method": "POST", "path": "/fault/expired/fault/delay=5/", "content_type": "application/ocsp-request",
                     "certids": [{"hash": "sha256", "serial": "1A2B", "issuer_match": True}, {"hash": "sha1", "serial": "99", "issuer_match": False}],
                     "nonce": NONCE.hex(), "signed": False, "faults": ["expired=3600", "delay=5"], "response_status": "successful",
                     "status": 200}
    assert second["path"] == "/%ff\"x" and second["user_agent"] == "a \"test\" %FF" and second["response_status"] == "malformedRequest"
    assert (third["status"], third["faults"], third["certids"]) == (404, ["http_404"], [])
    assert (fourth["status"], fourth["response_status"]) == (200, "tryLater")
    assert (fifth["path"], fifth["status"], "faults" in fifth) == ("/control", 200, False)
    assert (sixth["path"], sixth["status"]) == ("/fault/x/", 404)


def test_the_journal_may_be_standard_output_and_is_appended_to(tmp_path):
    made = Mock(tmp_path)
    made.arguments[made.arguments.index("journal")] = "-"
    process = subprocess.Popen(made.arguments, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=program.environment())
    address = None
    for line in process.stderr:
        found = re.search(r"event=listening role=ocsp address=(\S+)", line)
        address = address or (parse_address(found[1]) if found else None)
        if "event=ready" in line:
            break
    rawhttp.post(address, made.request())
    process.send_signal(signal.SIGTERM)
    out, errors = process.communicate(timeout=20)
    program.assert_sound(errors)
    assert process.returncode == 0
    assert [json.loads(line)["path"] for line in out.splitlines()] == ["/"]
    program.run("mock", "--ca", "ca.pem", "--cert", "ocsp.pem", "--key", "ocsp.key", "--log", "no/such/file", cwd=tmp_path, code=1)


def test_what_is_random_is_the_same_for_the_same_seed(start):
    request = None
    seen = []
    for seed in (1, 1, 2):
        mock = start("--seed", seed)
        request = request or mock.request(nonce=NONCE)
        changed = ocsp.decode(mock.body("nonce_changed", request=request)).extension(ocsp.NONCE)
        spoiled = der.children(ocsp.decode(mock.body("wrong_name_hash", request=request)).single.certid)[1].content
        chosen = []
        for _ in range(12):
            count = len(mock.journal())
            with rawhttp.Connection(mock.direct) as connection:
                connection.send(rawhttp.post_octets(request, "/fault/random/"))
                rawhttp.until(lambda: len(mock.journal()) > count)
            chosen += mock.journal()[-1]["faults"]
        seen.append((changed, spoiled, chosen))
    assert seen[0] == seen[1] and seen[0][2] != seen[2][2] and seen[0][:2] != seen[2][:2]
    assert len(set(seen[0][2])) > 3


# --- The life of it -------------------------------------------------------------------------------------------------


def test_the_address_is_told_on_standard_output_too(tmp_path):
    process = subprocess.Popen([program.path(), "mock", "--new-ca", tmp_path / "ca"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                               env=program.environment())
    url = process.stdout.readline().strip()
    host, port = re.fullmatch(r"http://([\d.]+):(\d+)/", url).groups()
    assert rawhttp.get((host, int(port)), "/").status == 400
    done = program.run("query", "--issuer", tmp_path / "ca" / "ca.pem", "--url", url + "fault/signer_expired/", "--serial", "11", "--json", code=1)
    assert json.loads(done.stdout)["rule"] == "signer_validity"
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    program.run("mock", "--new-ca", tmp_path / "ca", code=1)


def test_it_listens_on_several_addresses_and_sockets(tmp_path):
    made = Mock(tmp_path, "--listen", "unix:mock.sock")
    with made:
        path = str(made.directory / "mock.sock")
        assert ocsp.decode(rawhttp.post(path, made.request()).body).single.status == "good"
        assert rawhttp.get(path, "/control").status == 200
        with rawhttp.Connection(path) as connection:
            connection.send(rawhttp.post_octets(made.request(), "/fault/reset/"))
            assert connection.closes()
        assert ocsp.decode(made.body()).single.status == "good"
    assert not (made.directory / "mock.sock").exists()


def test_it_ends_at_once_whatever_is_open(tmp_path):
    mock = Mock(tmp_path).start()
    waiting = []
    for name in ("silent", "stalled", "slow=60000", "delay=600000"):
        connection = rawhttp.Connection(mock.direct)
        connection.send(rawhttp.post_octets(mock.request(), mock.path(name)))
        waiting.append(connection)
    idle = rawhttp.Connection(mock.direct)
    rawhttp.until(lambda: len(mock.journal()) == 4)
    begun = time.monotonic()
    mock.stop()
    assert time.monotonic() - begun < 5
    assert [ocsp.decode(waiting[3].read().body).status, waiting[0].rest(), idle.rest()] == ["successful", b"", b""]
    for connection in [*waiting, idle]:
        connection.close()


def test_clients_that_go_away_leave_nothing_behind(start):
    mock = start()
    for name in ("slow=1", "delay=200", "silent", "stalled", "huge=4000000", "continue_flood=200000", "closed"):
        for _ in range(5):
            with rawhttp.Connection(mock.direct) as connection:
                connection.send(rawhttp.post_octets(mock.request(), mock.path(name)))
    rawhttp.until(lambda: len(mock.journal()) == 35)
    descriptors = pathlib.Path(f"/proc/{mock.process.pid}/fd")
    rawhttp.until(lambda: len(list(descriptors.iterdir())) < 25)
    assert status(mock) == "good"


def test_a_slow_client_does_not_hold_up_others(start):
    mock = start()
    with rawhttp.Connection(mock.direct) as slow, rawhttp.Connection(mock.direct) as held:
        slow.send(rawhttp.post_octets(mock.request(), mock.path("slow=1000")))
        held.send(rawhttp.post_octets(mock.request(), mock.path("delay=60000")))
        begun = time.monotonic()
        assert status(mock) == "good" and time.monotonic() - begun < 10


# --- The table ------------------------------------------------------------------------------------------------------


def test_the_table_is_complete_and_the_manual_has_it():
    manual = program.run("--manual", "mock").stdout
    listed = program.run("mock", "--list-faults").stdout.splitlines()
    assert len(listed) == len(faults())
    for name, row in faults().items():
        assert f"\n.B {name}" in manual and row["help"] and row["client"] in ("accept", "reject", "retry", "either")
        assert row["rule"] or row["client"] in ("accept", "either"), name
        assert row["rule"] is None or row["client"] != "accept", name
        assert row["clause"] or name == "random"
    for title in ("FAULTS", "WHICH FAULT", "SCENARIO", "CONTROL", "LOG"):
        assert f"\n.SH {title}\n" in manual
    assert "\\-\\-bind_ip" in manual and "\\-p" in manual


def test_refusals_are_one_line(tmp_path):
    message = refusal_of_a_taken_port(tmp_path)
    assert message.startswith("vouch: mock: ")


def refusal_of_a_taken_port(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        made = Mock(tmp_path)
        done = program.run(*made.arguments[1:8], "-p", taken.getsockname()[1], cwd=tmp_path, code=1)
    assert done.stderr.count("\n") == 1
    return done.stderr
