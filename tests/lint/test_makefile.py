# SPDX-License-Identifier: Apache-2.0
# The Makefile: where it has the libraries installed.

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def libdir(*variables):
    """What `make` would have meson told; None: nothing."""
    shown = subprocess.run(["make", "-n", "build", *variables], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True,
                           text=True, check=True).stdout
    assert "meson setup" in shown
    found = re.search(r"--libdir=(\S+)", shown)
    return found and found[1]


def test_libraries_go_where_they_are_wanted():
    assert libdir("LIBDIR=lib64") == "lib64"
    assert libdir("LIBDIR=") is None


@pytest.mark.skipif(not Path("/etc/debian_version").exists(), reason="this is no Debian")
def test_on_debian_they_go_where_its_loader_looks():
    """meson takes lib64 where dpkg-dev is missing: nothing looks there."""
    searched = " ".join(path.read_text() for path in Path("/etc/ld.so.conf.d").glob("*.conf")).split()
    assert f"/usr/local/{libdir()}" in searched
