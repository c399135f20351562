# SPDX-License-Identifier: Apache-2.0
"""The units that the package installs, as systemd reads them."""

import pathlib
import shutil
import subprocess

import pytest

from support import program

PACKAGING = program.ROOT / "packaging"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_accepts_the_units(tmp_path):
    folder = str(pathlib.Path(program.path()).resolve().parent)
    service = (PACKAGING / "vouch.service.in").read_text().replace("@bindir@", folder)
    (tmp_path / "vouch.service").write_text(service)
    shutil.copy(PACKAGING / "vouch.socket", tmp_path)
    done = subprocess.run(["systemd-analyze", "verify", "--man=no", "vouch.service", "vouch.socket"], cwd=tmp_path,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    # The machine's own units are read as well, and may have faults of theirs.
    ours = [line for line in done.stderr.splitlines() if "vouch." in line]
    assert done.returncode == 0 and not ours, done.stderr


def test_the_service_reads_the_configuration_of_the_package():
    service = (PACKAGING / "vouch.service.in").read_text()
    assert "Type=notify\n" in service
    assert "ExecStart=@bindir@/vouch serve --config /etc/vouch/vouch.yaml\n" in service
    assert "ExecReload=/bin/kill -HUP $MAINPID\n" in service


def test_the_service_lets_vouch_make_its_sandboxes_and_lock_its_memory():
    service = (PACKAGING / "vouch.service.in").read_text()
    calls = next(line for line in service.splitlines() if line.startswith("SystemCallFilter=")).split("=")[1].split()
    assert {"seccomp", "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"} <= set(calls)
    assert "LimitMEMLOCK=infinity\n" in service
