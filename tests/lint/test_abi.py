# SPDX-License-Identifier: Apache-2.0
# The binary interface of the libraries is the recorded one: what was compiled against it goes on working.

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from support import installed  # noqa: E402

RECORDED = ROOT / "docs/abi"
SONAMES = ("libvouch.so.1", "libvouch-http.so.1")
ADVICE = "\nWas it meant? Read the head of tools/record_abi, then: tools/record_abi {build}"

pytestmark = pytest.mark.skipif(shutil.which("abidiff") is None, reason="abidiff is not installed (abigail-tools)")


def run(*command):
    return subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The interface of the build under test."""
    folder = tmp_path_factory.mktemp("abi")
    done = run(sys.executable, ROOT / "tools/record_abi", "--into", folder, installed.build_folder())
    if "without debug information" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    return folder


def abidiff(old, new):
    """abidiff's report; "" when there is no change."""
    done = run("abidiff", "--no-show-locs", old, new)
    return "" if done.returncode == 0 else f"exit {done.returncode}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("soname", SONAMES)
def test_functions_and_structures_are_those_of_the_record(soname, built):
    report = abidiff(RECORDED / f"{soname}.abi", built / f"{soname}.abi")
    assert report == "", report + ADVICE.format(build=installed.build_folder())


@pytest.mark.parametrize("soname", SONAMES)
def test_constants_are_those_of_the_record(soname, built):
    old, new = ((folder / f"{soname}.constants").read_text().splitlines() for folder in (RECORDED, built))
    assert new == old, ADVICE.format(build=installed.build_folder())


@pytest.mark.parametrize("soname", SONAMES)
def test_the_record_names_no_place_and_no_machine(soname):
    text = (RECORDED / f"{soname}.abi").read_text()
    assert "architecture=" not in text and "comp-dir-path=" not in text
    assert {path.split("/")[0] for path in re.findall(r"path='([^']*)'", text)} == {"src"}


# What a careless change does to a program that was compiled before it, and how abidiff calls it.
BROKEN = [
    ("a function is gone", r"[^\n]*<elf-symbol name='vouch_handle'[^\n]*\n", "", "vouch_handle"),
    ("a function has another version", r"(name='vouch_handle') version='VOUCH_1'", r"\1 version='VOUCH_2'", "vouch_handle"),
    ("a structure has another size", r"(<class-decl name='vouch_call' size-in-bits=)'256'", r"\1'320'", "vouch_call"),
    ("a member has moved", r"(layout-offset-in-bits=)'128'(>\s*<var-decl name='monotonic_ms')", r"\1'192'\2", "monotonic_ms"),
    ("an enumerator has another value", r"(<enumerator name='VOUCH_SHA256' value=)'2'", r"\1'9'", "VOUCH_SHA256"),
]


@pytest.mark.parametrize("what, pattern, replacement, named", BROKEN, ids=[row[0] for row in BROKEN])
def test_a_change_is_seen(what, pattern, replacement, named, tmp_path):
    recorded = RECORDED / "libvouch.so.1.abi"
    text, count = re.subn(pattern, replacement, recorded.read_text(), count=1)
    assert count == 1
    changed = tmp_path / recorded.name
    changed.write_text(text)
    assert named in abidiff(recorded, changed)
