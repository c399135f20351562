# SPDX-License-Identifier: Apache-2.0
# tools/run_tests.py: what does not pass is never counted as passed, and what ran nothing is a failure.

import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import run_tests  # noqa: E402

GOOD = "1..2\nok 1 - a\nok 2 - b\n# ok - group\n"

PROGRAMS = [
    # what                               exit  output                                       report  passed failed skipped
    ("every test passed",                   0, GOOD,                                          True, 2, 0, 0),
    ("one failed",                          1, "1..2\nok 1 - a\nnot ok 2 - b\n# why\n",         True, 1, 1, 0),
    ("one was skipped",                     0, "1..2\nok 1 - a\nok 2 # SKIP b\n",               True, 1, 0, 1),
    ("cmocka writes a skip as not ok",      0, "1..2\nok 1 - a\nnot ok 2 # SKIP b\n",           True, 1, 0, 1),
    ("two groups",                          1, GOOD + "1..1\nnot ok 1 - c\n",                   True, 2, 1, 0),
    ("a group's setup failed",              1, "1..1\nnot ok 0 - u GROUP SETUP\n",              True, 0, 1, 0),
    ("it ended early",                     -6, "1..3\nok 1 - a\n",                              True, 1, 2, 0),
    ("it ended early and said success",     0, "1..3\nok 1 - a\n",                              True, 1, 2, 0),
    ("a leak after the last test",         23, GOOD,                                          True, 2, 1, 0),
    ("out of time",                      None, GOOD,                                          True, 2, 1, 0),
    ("no report where one is due",          0, "hello\n",                                       True, 0, 1, 0),
    ("no tests in the report",              0, "1..0\n",                                        True, 0, 1, 0),
    ("a replay",                            0, "17 inputs\n",                                  False, 1, 0, 0),
    ("a replay that failed",                1, "17 inputs\n",                                  False, 0, 1, 0),
    ("a replay that was skipped",          77, "",                                             False, 0, 0, 1),
]


@pytest.mark.parametrize("what,code,output,must_report,passed,failed,skipped", PROGRAMS, ids=[row[0] for row in PROGRAMS])
def test_a_program_is_counted_by_its_tests(what, code, output, must_report, passed, failed, skipped):
    result = run_tests.count_program("p", code, output, must_report)
    assert (result.passed, result.failed, result.skipped) == (passed, failed, skipped), what


CASES = {
    "passed": '<testcase name="a"/>',
    "failed": '<testcase name="b"><failure message="x"/></testcase>',
    "error": '<testcase name="c"><error message="x"/></testcase>',
    "skipped": '<testcase name="d"><skipped message="x"/></testcase>',
}

SUITES = [
    ("all passed", 0, ["passed", "passed"], (2, 0, 0)),
    ("one failed, one skipped", 1, ["passed", "failed", "skipped"], (1, 1, 1)),
    ("a fixture failed", 1, ["error"], (0, 1, 0)),
    ("found nothing", 5, [], (0, 1, 0)),
    ("only skipped", 0, ["skipped"], (0, 1, 1)),
    ("died after its last test", 3, ["passed"], (1, 1, 0)),
    ("out of time", None, ["passed"], (1, 1, 0)),
]


@pytest.mark.parametrize("what,code,cases,counts", SUITES, ids=[row[0] for row in SUITES])
def test_a_pytest_suite_is_counted_by_its_tests(tmp_path, what, code, cases, counts):
    report = tmp_path / "report.xml"
    report.write_text(f"<testsuites><testsuite>{''.join(CASES[case] for case in cases)}</testsuite></testsuites>")
    result = run_tests.count_junit("s", code, "output", report)
    assert (result.passed, result.failed, result.skipped) == counts, what


@pytest.mark.parametrize("text", [None, "", "<testsuites><testsuite>"])
def test_a_pytest_suite_without_a_report_failed(tmp_path, text):
    report = tmp_path / "report.xml"
    if text is not None:
        report.write_text(text)
    result = run_tests.count_junit("s", 0, "output", report)
    assert (result.passed, result.failed) == (0, 1)
    assert "no report" in result.output


def test_a_suite_without_a_folder_failed(tmp_path, monkeypatch):
    monkeypatch.setattr(run_tests, "ROOT", tmp_path)
    assert run_tests.run_pytest("interop").failed == 1


def test_the_last_line_counts_everything():
    results = [run_tests.Result("a", passed=3), run_tests.Result("b", passed=1, failed=2, skipped=1)]
    assert run_tests.summary(results) == ("vouch: 4 passed, 2 failed, 1 skipped", 2)
    assert run_tests.summary(results[:1]) == ("vouch: 3 passed, 0 failed", 0)


def test_a_program_out_of_time_ends_with_everything_it_started():
    start = time.monotonic()
    code, output = run_tests.run(["sh", "-c", "echo begun; sleep 60 & sleep 60"], seconds=1)
    assert code is None
    assert output.startswith("begun\n") and "out of time" in output
    assert time.monotonic() - start < 30


def test_a_program_left_behind_does_not_hold_the_run():
    start = time.monotonic()
    code, output = run_tests.run(["sh", "-c", "sleep 60 & echo done"], seconds=50)
    assert (code, output) == (0, "done\n")
    assert time.monotonic() - start < 30


def test_a_sanitizer_report_that_no_test_saw_is_a_failure(tmp_path, monkeypatch):
    monkeypatch.setattr(run_tests, "REPORTS", tmp_path)
    assert run_tests.sanitizer_results() == []
    (tmp_path / "report.42").write_text("ERROR: AddressSanitizer: heap-use-after-free")
    found = run_tests.sanitizer_results()
    assert [result.failed for result in found] == [1] and "use-after-free" in found[0].output


def test_an_unknown_stage_is_refused(capsys):
    assert run_tests.main(["units"]) == 2
    assert "no such stage: units" in capsys.readouterr().err
