# SPDX-License-Identifier: Apache-2.0
# The reference in HTML: Doxygen finds words for everything in the public headers, and says what lacks them.

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOXYFILE = ROOT / "docs/doxygen/Doxyfile.in"

pytestmark = pytest.mark.skipif(shutil.which("doxygen") is None, reason="doxygen is not installed")


@pytest.fixture
def source(tmp_path):
    """A copy of what the reference is made from."""
    for folder in ("include", "docs/doxygen"):
        shutil.copytree(ROOT / folder, tmp_path / "source" / folder)
    return tmp_path / "source"


def doxygen(source):
    output = source.parent / "output"
    values = {"VERSION": "1", "SOURCE": source, "OUTPUT": output}
    doxyfile = source.parent / "Doxyfile"
    doxyfile.write_text(re.sub(r"@(\w+)@", lambda found: str(values[found[1]]), DOXYFILE.read_text()))
    done = subprocess.run(["doxygen", str(doxyfile)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)
    return done.returncode, done.stderr, output / "html"


def test_the_reference_is_complete(source):
    code, said, html = doxygen(source)
    assert (code, said) == (0, "")
    page = (html / "group__vouch__responders.html").read_text()
    assert "vouch_handle" in page and "or whatever the client sent" in page
    assert (html / "structvouch__http__reply.html").exists()


# That a value of an enumeration has words, manual3.py sees to: this version of Doxygen does not.
SPOILED = [
    ("a function", "vouch.h", r"/\*\*\n \* Answers a request: .*?\*/\n", "vouch_handle"),
    ("a parameter", "vouch.h", r" \* @param buf may be empty already\n", "buf"),
    ("a result", "vouch.h", r" \* @return \"0\.1\.0\"; static, never NULL\n", "vouch_version"),
    ("a member", "vouch_http.h", r"\t/\*\* Event loops; .*?\*/\n", "threads"),
    ("a parameter that does not exist", "vouch.h", r"@param buf may be", "nothing"),
]


@pytest.mark.parametrize("what, header, pattern, named", SPOILED, ids=[row[0] for row in SPOILED])
def test_what_lacks_words_is_named(what, header, pattern, named, source):
    path = source / "include" / header
    text, count = re.subn(pattern, "@param nothing may be" if named == "nothing" else "", path.read_text(), count=1, flags=re.S)
    assert count == 1
    path.write_text(text)
    code, said, _ = doxygen(source)
    assert code != 0 and named in said
