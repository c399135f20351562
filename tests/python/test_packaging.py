# SPDX-License-Identifier: Apache-2.0
"""The package as a whole: what of the headers it reads, its types, its examples."""

import asyncio
import datetime
import importlib.util
import os
import pathlib
import re
import sqlite3
import subprocess
import sys
import threading
import urllib.parse

import pytest
import vouch
from vouch._native import ffi, lib

PYTHON = pathlib.Path(__file__).resolve().parent.parent.parent / "python"
EXAMPLES = PYTHON / "examples"
SECONDS = 30
GOOD = vouch.Status.good()


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """The build script's functions, without the installed headers it would look for."""
    folder = tmp_path_factory.mktemp("build")
    text = (PYTHON / "vouch" / "_build.py").read_text().replace("ffibuilder = builder()\n", "")
    (folder / "build_script.py").write_text(text)
    return load(folder / "build_script.py", "build_script")


def installed_header(name):
    return next(pathlib.Path(os.environ["VOUCH_PYTHON_PREFIX"]).rglob(name)).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["vouch.h", "vouch_http.h"])
def test_every_function_and_constant_of_the_headers_is_there(name):
    header = re.sub(r"/\*.*?\*/", " ", installed_header(name), flags=re.S)
    functions = set(re.findall(r"VOUCH_API[^;{]*?\b(vouch_\w+)\s*\(", header))
    constants = set(re.findall(r"^\s*(VOUCH_[A-Z0-9_]+)\s*(?:=|,|$)", header, flags=re.M)) - {"VOUCH_API"}
    assert len(functions) > 10 and len(constants) > 2
    assert {found for found in functions if not callable(getattr(lib, found, None))} == set()
    assert {found for found in constants if not isinstance(getattr(lib, found, None), int)} == set()


@pytest.mark.parametrize("header, expected", [
    ("/* int a; */\nint b(void); // int c;\n", "int b(void);"),
    ("#ifdef __cplusplus\nextern \"C\" {\n#endif\nint a;\n#ifdef __cplusplus\n}\n#endif\n", "int a;"),
    ("#define MUST __attribute__((warn_unused_result))\nMUST int a(void);", "int a(void);"),
    ("#define LIKE(text, first) __attribute__((format(printf, text, first)))\n"
     "int a(char *t, ...) LIKE(1, 2);", "int a(char *t, ...) ;"),
    ("#define HERE static inline __attribute__((unused))\nHERE int\na(int b)\n{\n\treturn b;\n}\nint c;",
     "int\na(int b);\nint c;"),
    ("static inline int\na(int b)\n{\n\tif (b) {\n\t\treturn 1;\n\t}\n\treturn 0;\n}\n", "int\na(int b);"),
    ("#define SIZE 6\nint a[SIZE];", "#define SIZE 6 int a[SIZE];"),
    ("#define LEAST INT64_MIN\n#define BIT(n) (1u << (n))\n#define NAME \"x\"\n", "#define LEAST ..."),
    ("#define EMPTY\nEMPTY int a;", "int a;"),
    ("#define LONG \\\n\t4\nint a;", "#define LONG 4 int a;"),
])
def test_a_header_becomes_what_cffi_reads(build, header, expected):
    assert build.declarations(header).split() == expected.split()


def test_structures_are_as_large_as_the_compiler_made_them():
    for name in ("vouch_status", "vouch_outcome", "vouch_issuer_options", "vouch_http_options",
                 "vouch_single"):
        assert ffi.sizeof(name) % ffi.alignof(name) == 0 and ffi.sizeof(name) > 32


def test_the_types_hold():
    """mypy --strict, as pyproject.toml says."""
    pytest.importorskip("mypy")
    done = subprocess.run([sys.executable, "-m", "mypy", "--cache-dir", os.devnull, "vouch", "examples"],
                          cwd=PYTHON, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=SECONDS * 10)
    assert done.returncode == 0, done.stdout


def test_everything_public_is_named_and_says_what_it_is():
    for name in vouch.__all__:
        thing = getattr(vouch, name)
        assert thing.__doc__, name
        for attribute, value in vars(thing).items() if isinstance(thing, type) else ():
            if not attribute.startswith("_") and callable(value):
                assert value.__doc__, f"{name}.{attribute}"


# --- The examples --------------------------------------------------------------------------------------


class Program:
    """An example that runs by itself, and says its URL first."""

    def __init__(self, command, run_environment):
        self.process = subprocess.Popen([sys.executable, *map(str, command)], env=run_environment,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True)

    def __enter__(self):
        watchdog = threading.Timer(SECONDS * 2, self.process.kill)
        watchdog.start()
        self.url = self.process.stdout.readline().strip()
        watchdog.cancel()
        assert self.url.startswith("http://"), self.process.communicate()[1]
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.output, self.errors = self.process.communicate(timeout=SECONDS)


@pytest.fixture
def files(ca, delegated, tmp_path):
    (tmp_path / "ca.pem").write_bytes(ca.pem())
    delegated.write(tmp_path, "ocsp")
    return tmp_path


def openssl_says(url, files, serial_number):
    done = subprocess.run(["openssl", "ocsp", "-issuer", files / "ca.pem", "-CAfile", files / "ca.pem",
                           "-serial", str(serial_number), "-url", url], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=SECONDS)
    assert "Response verify OK" in done.stderr, done.stderr
    return done.stdout


def test_a_table_of_ones_own(ca, files, python_environment):
    path = files / "table.db"
    table = sqlite3.connect(path)
    table.execute("CREATE TABLE certificate"
                  " (serial_number TEXT PRIMARY KEY, revoked_at INTEGER, reason INTEGER)")
    table.executemany("INSERT INTO certificate VALUES (?, ?, ?)",
                      [("A1", None, None), ("B2", 1_600_000_000, 1)])
    table.commit()
    command = [EXAMPLES / "own_table.py", path, files / "ca.pem", files / "ocsp.pem", files / "ocsp.key",
               "127.0.0.1:0"]
    with Program(command, python_environment) as program:
        assert ": good" in openssl_says(program.url, files, 0xA1)
        revoked = openssl_says(program.url, files, 0xB2)
        assert ": revoked" in revoked and "keyCompromise" in revoked and "Sep 13 12:26:40 2020" in revoked
        assert ": unknown" in openssl_says(program.url, files, 0xC3)
        table.execute("DROP TABLE certificate")
        table.commit()
        with pytest.raises(vouch.ResponseStatusError, match="tryLater"):
            vouch.query(program.url, 0xD4, ca.pem())
    assert program.process.returncode == 0, program.errors


def test_a_wsgi_application(files, python_environment):
    (files / "revoked.txt").write_text("b2\n")
    env = {**python_environment, "OCSP_CA": files / "ca.pem", "OCSP_CERT": files / "ocsp.pem",
           "OCSP_KEY": files / "ocsp.key", "OCSP_REVOKED": files / "revoked.txt"}
    with Program([EXAMPLES / "wsgi_app.py", "127.0.0.1:0"], env) as program:
        assert ": good" in openssl_says(program.url, files, 0xA1)
        assert ": revoked" in openssl_says(program.url, files, 0xB2)


def call_asgi(application, scope, body=b""):
    """(status, headers, body) of an ASGI application; the request's body comes in two messages."""
    sent, messages = [], [{"type": "http.request", "body": body[:7], "more_body": True},
                          {"type": "http.request", "body": body[7:]}]

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message)

    asyncio.run(application({"type": "http", "headers": [], "query_string": b"", "root_path": "", **scope},
                            receive, send))
    start, content = sent
    return start["status"], dict(start["headers"]), content["body"]


def test_an_asgi_application(answering, monkeypatch):
    responder = answering(lambda *_: GOOD)
    application = load(EXAMPLES / "asyncio_server.py", "asyncio_server").OCSPApplication(responder)
    octets = vouch.Request([(responder.issuers[0], 5)]).encode()
    posted = call_asgi(application, {"method": "POST", "path": "/",
                                     "headers": [(b"content-type", b"application/ocsp-request")]}, octets)
    assert posted[0] == 200 and posted[1][b"content-type"] == b"application/ocsp-response"
    assert vouch.Response.parse(posted[2]).singles
    from vouch import fetch
    path = "/ocsp/" + fetch._path(octets)
    for scope in ({"path": urllib.parse.unquote(path), "raw_path": path.encode()},
                  {"path": urllib.parse.unquote(path)}):
        got = call_asgi(application, {"method": "GET", "root_path": "/ocsp", **scope})
        assert got[0] == 200 and vouch.Response.parse(got[2]).singles
    assert call_asgi(application, {"method": "GET", "path": "/%%%"})[0] == 400
    assert call_asgi(application, {"method": "POST", "path": "/",
                                   "headers": [(b"content-type", b"application/ocsp-request")]},
                     bytes(100_000))[0] == 413


def test_an_asgi_application_lives_and_ends(answering):
    example = load(EXAMPLES / "asyncio_server.py", "asyncio_server")
    application = example.OCSPApplication(answering(lambda *_: GOOD))
    sent, messages = [], [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message["type"])

    asyncio.run(application({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


def test_the_examples_are_short():
    for path in EXAMPLES.glob("*.py"):
        assert len(path.read_text().splitlines()) < 90, path


def test_times_are_what_they_say():
    from vouch import times
    utc = datetime.timezone.utc
    east = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
    for moment, seconds in ((datetime.datetime(1970, 1, 1, tzinfo=utc), 0),
                            (datetime.datetime(1969, 12, 31, 23, 59, 59, 1, tzinfo=utc), -1),
                            (datetime.datetime(1970, 1, 1, 5, 30, 1, 999999, tzinfo=east), 1),
                            (datetime.datetime(9999, 12, 31, 23, 59, 59, tzinfo=utc), 253402300799)):
        assert times.to_seconds(moment) == seconds
        assert times.present(seconds) == moment.replace(microsecond=0)
    assert times.to_seconds(None) == times.ABSENT and times.from_seconds(times.ABSENT) is None
    with pytest.raises(ValueError, match="time zone"):
        times.to_seconds(datetime.datetime(2020, 1, 1))
    assert times.duration(datetime.timedelta(minutes=1, milliseconds=999)) == times.duration(60) == 60
