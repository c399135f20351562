# SPDX-License-Identifier: Apache-2.0
"""docs/conformance.md and the rows it is made of: none missing, none stale."""

import subprocess
import sys

import pytest

from support.program import ROOT

sys.path.insert(0, str(ROOT / "tools"))

import conformance_table as table  # noqa: E402

COUNTS = {"P": 23, "S": 18, "R": 16, "E": 24, "L": 20, "H": 34, "C": 19, "F": 29, "A": 13, "X": 40}


def test_every_requirement_has_its_row():
    numbers = [row for row, *_ in table.read_rows()]
    assert sorted(numbers) == sorted(f"{group}-{n:02}" for group, count in COUNTS.items()
                                     for n in range(1, count + 1))


def test_the_page_is_what_the_rows_and_tests_give():
    done = subprocess.run([sys.executable, ROOT / "tools" / "conformance_table.py", "--check"],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_row_with_neither_test_nor_reason_is_an_error():
    rows = [("P-01", "MUST", "-", "what", None)]
    table.check_rows(rows, {"P-01": [("test_p.py", "test_P_01_x")]})
    for tests in ({}, {"P-01": [], "P-02": []}):
        with pytest.raises(table.Broken):
            table.check_rows(rows, tests)


@pytest.mark.parametrize("results", [{}, {"test_P_01_x": (0, 0)}, {"test_P_01_x": (3, 1)}])
def test_a_test_that_did_not_pass_is_an_error(results):
    tests = {"P-01": [("test_p.py", "test_P_01_x")]}
    table.check_results(tests, {"test_P_01_x": (2, 0)})
    with pytest.raises(table.Broken):
        table.check_results(tests, results)
