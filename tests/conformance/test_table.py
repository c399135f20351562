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


ROWS = [("P-01", "MUST", "-", "what", None), ("P-02", "MUST", "-", "what", "with a moon")]
TESTS = {"P-01": [("test_p.py", "test_P_01_x"), ("test_p.py", "test_P_01_y")], "P-02": [("test_p.py", "test_P_02_x")]}
PASSED = {"test_P_01_x": (2, 0), "test_P_01_y": (0, 0), "test_P_02_x": (0, 0)}


@pytest.mark.parametrize("worse", [{"test_P_01_x": (0, 0)}, {"test_P_01_x": (3, 1)}, {"test_P_02_x": (0, 1)}])
def test_a_test_that_did_not_pass_is_an_error(worse):
    table.check_results(ROWS, TESTS, PASSED)
    with pytest.raises(table.Broken):
        table.check_results(ROWS, TESTS, {**PASSED, **worse})


@pytest.mark.parametrize("name", PASSED)
def test_a_test_that_is_missing_from_the_report_is_an_error(name):
    with pytest.raises(table.Broken):
        table.check_results(ROWS, TESTS, {n: counts for n, counts in PASSED.items() if n != name})


def test_a_test_that_lacks_something_neither_passed_nor_failed(tmp_path):
    report = tmp_path / "report.xml"
    cases = {"passed": "", "failed": "<failure/>", "skipped": '<skipped message="not today"/>',
             "lacking": '<skipped message="a moon is needed"/>'}
    report.write_text("<testsuite>" + "".join(f'<testcase name="test_{name}[1]">{inner}</testcase>'
                                              for name, inner in cases.items()) + "</testsuite>")
    assert table.read_report(report) == {"test_passed": (1, 0), "test_failed": (0, 1), "test_skipped": (0, 1),
                                         "test_lacking": (0, 0)}


def test_a_row_that_passes_somewhere_counts_and_says_where():
    text = table.page(ROWS, TESTS)
    assert "2 rows: 2 pass, 0 open." in text and "| pass with a moon |" in text
