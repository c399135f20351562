#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# docs/conformance.md: every requirement, the tests that bear its number, and what came of them.
"""usage: conformance_table.py [--check | --junit FILE]

Runs tests/conformance (or reads the report that pytest wrote to FILE) and writes docs/conformance.md. The
rows are those of tests/conformance/rows.txt; a test belongs to the row in its name (test_P_01_...). A row is
`pass` if all its tests passed, and `open` with a reason if rows.txt gives one. Where the reason begins with
"with ", the row passes there. A row with neither, and a test that failed, is an error: nothing is written
then; so is a test that was skipped, unless it says what "is needed" and another test of its row passed, or
the row passes only there. --check only compares: the page must be what passing tests would give."""

import ast
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
SUITE = ROOT / "tests" / "conformance"
PAGE = ROOT / "docs" / "conformance.md"
NAME = re.compile(r"test_([A-Z])_(\d\d)_\w+")
GROUPS = {"P": "Protocol syntax", "S": "Status semantics", "R": "Signing and the responder's certificate",
          "E": "Extensions", "L": "Lightweight profile, caching, stapling", "H": "HTTP",
          "C": "CRL as status source",
          "F": "Policy profiles", "A": "Algorithms", "X": "What real clients send"}
INTRODUCTION = """# Conformance

Made by `tools/conformance_table.py` from a run of `tests/conformance`; do not edit. Each requirement has a
row, each row its tests, which bear its number and ask a running `vouch serve`. `pass`: all of them passed,
under the address and undefined behaviour sanitizers; `pass with`: where that is there, which
`make test-debian13` makes. `open`: not closed yet, and why. Levels are those of
the source; "beyond" means that no standard asks for it and the result is our choice. In the tests, `-k P_01`
selects a row.

"""


class Broken(Exception):
    """The rows and the tests do not agree."""


def read_rows(path=SUITE / "rows.txt"):
    """[(row, level, source, what, reason or None)]"""
    rows = []
    for line in path.read_text().splitlines():
        if not line.startswith("#"):
            cells = line.split(" | ")
            if len(cells) not in (4, 5):
                raise Broken(f"rows.txt: {len(cells)} cells: {line}")
            rows.append(tuple(cells + [None] * (5 - len(cells))))
    return rows


def condition(reason):
    """What a row needs to pass that not every machine has; None for other rows."""
    return reason if reason is not None and reason.startswith("with ") else None


def find_tests():
    """{row: [(file, test function)]}, by name."""
    found = {}
    for file in sorted(SUITE.glob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            match = isinstance(node, ast.FunctionDef) and NAME.fullmatch(node.name)
            if match:
                found.setdefault(f"{match[1]}-{match[2]}", []).append((file.name, node.name))
    return found


def check_rows(rows, tests):
    known = [row for row, *_ in rows]
    doubled = {row for row in known if known.count(row) > 1}
    strangers = sorted(set(tests) - set(known))
    bare = [row for row, *_, reason in rows if (reason is None or condition(reason)) and row not in tests]
    for what, which in (("rows given twice", doubled), ("tests of unknown rows", strangers),
                        ("rows with neither test nor reason", bare)):
        if which:
            raise Broken(f"{what}: {', '.join(sorted(which))}")


def read_report(path):
    """{test function: (passed, not passed)} from pytest's JUnit report; parameters are counted together, and
    those that this machine lacks something for are in neither count."""
    results = {}
    for case in ElementTree.parse(path).iter("testcase"):
        bad = any(case.find(kind) is not None for kind in ("failure", "error", "skipped"))
        lacking = bad and lacks_something(case)
        passed, failed = results.get(case.get("name").split("[")[0], (0, 0))
        results[case.get("name").split("[")[0]] = (passed + (not bad), failed + (bad and not lacking))
    return results


def lacks_something(case):
    skipped = case.find("skipped")
    return skipped is not None and (skipped.get("message") or "").endswith(" is needed")


def run_suite():
    with tempfile.TemporaryDirectory() as directory:
        report = pathlib.Path(directory, "report.xml")
        subprocess.run(["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider",
                        f"--junitxml={report}", SUITE],
                       cwd=ROOT, check=False)
        return read_report(report)


def check_results(rows, tests, results):
    wanted = [name for listed in tests.values() for _, name in listed]
    bad = [name for name in wanted if name not in results or results[name][1] > 0]
    bad += [f"every test of {row}" for row, *_, reason in rows if reason is None
            and not any(results.get(name, (0, 0))[0] for _, name in tests[row])]
    if bad:
        raise Broken(f"{len(bad)} tests did not pass:\n  " + "\n  ".join(bad))


def page(rows, tests):
    """The text of docs/conformance.md, all tests having passed."""
    passed = sum(1 for *_, reason in rows if reason is None or condition(reason))
    text = [INTRODUCTION + f"{len(rows)} rows: {passed} pass, {len(rows) - passed} open.\n"]
    for group, title in GROUPS.items():
        text += [f"\n## {title}\n", "| row | what | test | result |", "|---|---|---|---|"]
        text += [line(row, tests.get(row[0], [])) for row in rows if row[0][0] == group]
    return "\n".join(text) + "\n"


def line(row, listed):
    number, level, source, what, reason = row
    names = "<br>".join(f"`{name}`" for _, name in listed) or "-"
    result = "pass" if reason is None else f"pass {reason}" if condition(reason) else f"open: {reason}"
    return f"| {number} | {what} ({level}; {source}) | {names} | {result} |"


def main(arguments):
    if arguments[:1] not in ([], ["--check"],
                             ["--junit"]) or len(arguments) > 1 + (arguments[:1] == ["--junit"]):
        print(__doc__, file=sys.stderr)
        return 2
    rows, tests = read_rows(), find_tests()
    check_rows(rows, tests)
    text = page(rows, tests)
    if arguments == ["--check"]:
        if not PAGE.exists() or PAGE.read_text() != text:
            raise Broken("docs/conformance.md is stale: run tools/conformance_table.py")
        return 0
    check_results(rows, tests, read_report(arguments[1]) if arguments else run_suite())
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(text)
    print(text.splitlines()[8])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Broken as broken:
        print(f"conformance_table: {broken}", file=sys.stderr)
        sys.exit(1)
