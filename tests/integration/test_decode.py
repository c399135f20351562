# SPDX-License-Identifier: Apache-2.0
"""vouch decode: requests and responses from files, pipes and what people paste; whatever else it is given, it says where it ended."""

import base64
import json
import subprocess
import urllib.parse

import pytest

from site_of_tests import REVOKED, Site
from support import der, ocsp, pki, program, rawhttp

AUTHORITY = pki.authority("Decode CA", pki.key("p256", "decode ca"))
REQUEST = ocsp.request(ocsp.entry(ocsp.certid(AUTHORITY, 0x1AAF00D)))
TEXT = base64.b64encode(REQUEST)


def run(octets, *arguments, code=0, source="-"):
    done = subprocess.run([program.path(), "decode", *arguments, source], input=octets, capture_output=True, timeout=60,
                          env=program.environment())
    errors = done.stderr.decode()
    program.assert_sound(errors)
    assert done.returncode == code, done.stdout.decode() + errors
    assert (errors == "") == (code == 0) and (code == 0 or errors.startswith("vouch: ") and errors.count("\n") == 1), errors
    return done.stdout.decode(), errors


PLAIN = run(REQUEST)[0]


def wrapped(label):
    lines = [TEXT[i:i + 64] for i in range(0, len(TEXT), 64)]
    return b"-----BEGIN %s-----\n%s\n-----END %s-----\n" % (label, b"\n".join(lines), label)


PASTED = {
    "base64": TEXT, "without padding": TEXT.rstrip(b"="), "with a line end": TEXT + b"\n", "with blanks around": b"  " + TEXT + b" \r\n",
    "on two lines": TEXT[:40] + b"\r\n" + TEXT[40:], "percent-encoded": urllib.parse.quote(TEXT, safe="").encode(),
    "percent-encoded in lower case": b"".join(b"%%%02x" % c if i else bytes([c]) for i, c in enumerate(TEXT)),
    "of the URL's alphabet": TEXT.replace(b"+", b"-").replace(b"/", b"_"), "PEM": wrapped(b"OCSP REQUEST"),
    "PEM of another system": b"\n" + wrapped(b"OCSP REQUEST").replace(b"\n", b"\r\n"), "PEM without its end": wrapped(b"X").rsplit(b"-----END", 1)[0],
}


@pytest.mark.parametrize("octets", PASTED.values(), ids=PASTED)
def test_what_people_paste_is_what_it_stands_for(octets):
    assert run(octets)[0] == PLAIN


def test_every_field_has_its_place():
    assert "1AAF00D" in PLAIN and "sha1" in PLAIN.lower()
    for line in PLAIN.splitlines():
        offset = int(line.split()[0])
        assert 0 <= offset < len(REQUEST)


def test_a_file_is_as_good_as_a_pipe(tmp_path):
    (tmp_path / "r.der").write_bytes(REQUEST)
    (tmp_path / "r.txt").write_bytes(TEXT)
    assert run(None, source=tmp_path / "r.der")[0] == run(None, source=tmp_path / "r.txt")[0] == PLAIN


def test_json_is_an_object_a_field(tmp_path):
    out, _ = run(REQUEST, "--json")
    fields = [json.loads(line) for line in out.splitlines()]
    assert all(set(f) == {"offset", "depth", "header", "length", "name", "value"} for f in fields)
    assert len(fields) == len(PLAIN.splitlines())
    assert fields[0]["offset"] == 0 and fields[0]["header"] + fields[0]["length"] == len(REQUEST)


def test_a_response_of_ours_is_read_to_its_end(tmp_path):
    site = Site(tmp_path)
    with site.serve() as server:
        body = rawhttp.post(server.direct, site.client(server).request(REVOKED), "/").body
    out, _ = run(body)
    assert "keyCompromise" in out and "OCSP Responder" in out
    assert out == run(base64.b64encode(body))[0]
    for line in run(body, "--json")[0].splitlines():
        json.loads(line)


@pytest.mark.parametrize("json_flag", [(), ("--json",)])
def test_every_cut_is_named_with_its_place(json_flag):
    for length in range(len(REQUEST)):
        out, errors = run(REQUEST[:length], *json_flag, code=1)
        place = int(errors.split("at octet ")[1].split(":")[0])
        assert place <= length
        for line in out.splitlines() if json_flag else ():
            json.loads(line)


@pytest.mark.parametrize("octets, words", [
    (b"", "at octet 0"), (b"junk", "at octet 0"), (b"<html></html>", "at octet 0"), (REQUEST + b"\0", f"at octet {len(REQUEST)}"),
    (b"MFQ!!", "begins as base64, but character 4"), (b"-----BEGIN X-----\nMFQ*\n-----END X-----\n", "begins as base64"), (b"M", "base64"),
    (b"-----BEGIN X-----", "at octet 0"), (b"M%", "base64"), (b"\0" * 100, "at octet 0"),
    (b"0" * (1 << 20), "at octet"), (b"0" * ((1 << 20) + 1), "larger than 1048576 octets")], ids=range(12))
def test_what_is_not_a_message_is_said_to_be_none(octets, words):
    _, errors = run(octets, code=1)
    assert words in errors and errors.startswith("vouch: "), errors


@pytest.mark.parametrize("label, what", [("CERTIFICATE", "a certificate"), ("X509 CRL", "a CRL"), ("EC PRIVATE KEY", "a private key"),
                                         ("CERTIFICATE REQUEST", "a certificate request")])
def test_pem_of_something_else_is_named(label, what):
    assert run(wrapped(label.encode()), code=1)[1] == f"vouch: standard input: {what}, not an OCSP request or response\n"


def test_files_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "huge").write_bytes(b"0" * ((1 << 20) + 1))
    assert "huge: larger than 1048576 octets" in run(None, source=tmp_path / "huge", code=1)[1]
    assert "absent: No such file" in run(None, source=tmp_path / "absent", code=1)[1]
    assert "is a folder" in run(None, source=tmp_path, code=1)[1]


def test_a_name_that_is_not_utf_8_keeps_json_whole_and_terminals_uncoloured():
    for damage in (b"\xff\xfe\x80", b"\x1b[3", b"\xc2\x9b1", b"\xed\xa0\x80", b"\n\x00\x07"):
        subject = pki.name(("CN", "abc", 0x0C)).replace(b"abc", damage)
        octets = ocsp.request(ocsp.entry(ocsp.certid(AUTHORITY, 5)), requestor=der.explicit(4, subject))
        done = subprocess.run([program.path(), "decode", "--json", "-"], input=octets, capture_output=True, timeout=60)
        for line in done.stdout.decode().splitlines():
            json.loads(line)
        assert done.returncode == 0 or b"at octet" in done.stderr
        out = subprocess.run([program.path(), "decode", "-"], input=octets, capture_output=True, timeout=60).stdout.decode()
        assert not any(c < " " and c != "\n" or "\x7f" <= c < "\xa0" for c in out), out


@pytest.mark.parametrize("arguments", [(), ("a", "b")])
def test_one_file_is_wanted(arguments):
    assert "one file" in program.run("decode", *arguments, code=2).stderr


def test_what_another_program_still_writes_is_waited_for(tmp_path):
    request = ocsp.request(ocsp.entry(ocsp.certid(pki.authority("Pipe CA", pki.key("p256", "pipe ca")), 5)))
    (tmp_path / "request.der").write_bytes(request)
    done = subprocess.run(["bash", "-c", f"{program.path()} decode <(sleep 0.3; cat request.der)"], cwd=tmp_path, capture_output=True,
                          text=True, env=program.environment())
    assert done.returncode == 0 and "serialNumber" in done.stdout, done.stderr
