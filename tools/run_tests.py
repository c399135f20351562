#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# The whole test run: builds under the sanitizers, runs every suite, counts single tests, ends with one line.
"""usage: run_tests.py [STAGE...]

Stages, in this order, all of them when none is named: layers build unit interop conformance integration sources python lint compiler.
The last line is "vouch: N passed, N failed" (", N skipped" where tests were); exits 1 if anything failed or ran nothing."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import xml.etree.ElementTree as ElementTree
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build-test"
REPORTS = BUILD / "sanitizer"       # what a sanitizer said, even in a process whose output nobody reads
PYTEST_SUITES = ("interop", "conformance", "integration", "sources", "python", "lint")
# Integration is two suites, so that both workers have their share: one of them is what answers come from.
SOURCES = [f"tests/integration/test_{name}.py" for name in (
    "composition", "compromised", "crl_fetch", "database_sessions", "import", "import_databases", "index_source", "mysql", "plugin",
    "postgresql", "recipes", "register_servers", "source_settings", "strangers")]
STAGES = ("layers", "build", "unit") + PYTEST_SUITES + ("compiler",)
WORKERS = 2
JOBS = os.environ.get("JOBS") or str(os.cpu_count() or 2)
PYTHON = "/usr/bin/python3" if os.access("/usr/bin/python3", os.X_OK) else sys.executable
SUITE_SECONDS = 720                 # the whole run has twenty minutes
UNIT_SECONDS = 240
BUILD_SECONDS = 1200                # the first build on a slow machine
HANGING_TEST_SECONDS = "120"        # pytest shows where a test hangs
SKIPPED_EXIT = 77                   # meson's and automake's word for it


@dataclass
class Result:
    """What one program or suite came to: counts, and the text to show when it did not all pass."""
    name: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    output: str = ""
    seconds: float = 0.0

    def line(self):
        text = f"{self.passed} passed" + (f", {self.failed} FAILED" if self.failed else "")
        text += f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.name}: {text} ({self.seconds:.1f} s)"


running = set()
running_lock = threading.Lock()
printing = threading.Lock()


def kill_group(process):
    """The program and whatever it started and left behind."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def run(command, seconds, env=None, cwd=ROOT):
    """Runs a command in a process group of its own; returns its exit code (None: out of time) and all its output."""
    environment = {**os.environ, **(env or {})}
    with subprocess.Popen(command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, start_new_session=True) as process:
        with running_lock:
            running.add(process)
        chunks = []
        reader = threading.Thread(target=lambda: chunks.append(process.stdout.read()))
        reader.start()
        try:
            code = process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            code = None
        # A program that was left behind would hold the pipe open: the group ends with its leader.
        kill_group(process)
        reader.join()
        with running_lock:
            running.discard(process)
    output = chunks[0].decode(errors="replace")
    return code, output if code is not None else output + f"\nout of time after {seconds} s\n"


def sanitizer_env():
    # No more checks than the defaults: strict_string_checks refuses strndup of what has no NUL, and the fake stack of
    # detect_stack_use_after_return ignores the alignment of types.
    return {
        "ASAN_OPTIONS": f"log_path={REPORTS}/report",
        "UBSAN_OPTIONS": f"log_path={REPORTS}/report:print_stacktrace=1:halt_on_error=1",
    }


# --- one stage each ------------------------------------------------------------------------------------------------


def one(name, command, seconds, env=None):
    """A command that passes or fails as a whole."""
    code, output = run(command, seconds, env)
    passed = int(code == 0)
    return Result(name, passed=passed, failed=1 - passed, output=output)


def compile_tree(name, folder, options, env=None):
    """Configures once, then builds everything; shows every error, not only the first."""
    if not (folder / "build.ninja").exists():
        configured = one(name, ["meson", "setup", str(folder), str(ROOT)] + options, BUILD_SECONDS, env)
        if configured.failed:
            return configured
    built = one(name, ["ninja", "-C", str(folder), "-j", JOBS, "-k", "0"], BUILD_SECONDS, env)
    built.output = re.sub(r"^\[\d+/\d+\] .*\n", "", built.output, flags=re.M)     # the steps that went well
    return built


def stage_layers():
    return [one("layers", [PYTHON, "tools/check_layers.py"], 120)]


def stage_build():
    options = ["--buildtype=debugoptimized", "-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dtests=true",
               "-Dwerror=true"]
    return [compile_tree("build", BUILD, options)]


def stage_compiler():
    """No warning with the optimizer on, which sees more, and none from the other compiler, of the tests either; one of
    them builds without the libraries that a package may leave out."""
    commands = json.loads((BUILD / "compile_commands.json").read_text())
    used = commands[0]["command"].split()[0]
    version = subprocess.run([used, "--version"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    own, other = ("clang", "gcc") if "clang" in version.stdout else ("gcc", "clang")
    without = ["-Dtests=false", *[f"-D{library}=disabled" for library in ("postgresql", "mysql", "curl")]]
    return [compile_tree(f"release build with {compiler}", ROOT / f"build-{compiler}",
                         ["--buildtype=release", "-Dwerror=true", *options], {"CC": compiler})
            for compiler, options in ((own, without), (other, ["-Dtests=true"]))]


def parse_tap(text):
    """(planned, passed, failed, skipped) of what may be several groups of tests."""
    planned = passed = failed = skipped = 0
    for line in text.splitlines():
        plan = re.match(r"1\.\.(\d+)", line)
        test = re.match(r"(not )?ok \d+", line)
        if plan:
            planned += int(plan.group(1))
        elif test and re.search(r"# skip\b", line, re.I):
            skipped += 1
        elif test and test.group(1):
            failed += 1
        elif test:
            passed += 1
    return planned, passed, failed, skipped


def count_program(name, code, output, must_report):
    """A program that speaks TAP counts its tests; another one is one test."""
    planned, passed, failed, skipped = parse_tap(output)
    if planned + passed + failed + skipped == 0 and not must_report:
        if code == SKIPPED_EXIT:
            return Result(name, skipped=1, output=output)
        return Result(name, passed=int(code == 0), failed=int(code != 0), output=output)
    lost = max(0, planned - passed - failed - skipped)      # it ended before it came to them
    ran_nothing = int(passed + failed + skipped + lost == 0)
    unexplained = int(code != 0 and failed + lost + ran_nothing == 0)
    result = Result(name, passed, failed + lost + ran_nothing + unexplained, skipped, output)
    if lost or ran_nothing or unexplained:
        result.output += f"\n{name}: exit {code}, {lost} tests without a report, {passed + failed + skipped} with one\n"
    return result


def run_program(test):
    """One test of meson's list: a cmocka program, the replay of a corpus."""
    env = {**sanitizer_env(), **test["env"], "CMOCKA_MESSAGE_OUTPUT": "tap"}
    limit = test["timeout"] if test["timeout"] > 0 else UNIT_SECONDS
    code, output = run(test["cmd"], min(UNIT_SECONDS, 4 * limit), env, test["workdir"] or BUILD)
    return count_program(test["name"], code, output, must_report=test["protocol"] == "tap")


def stage_unit():
    listed = subprocess.run(["meson", "introspect", str(BUILD), "--tests"], stdin=subprocess.DEVNULL,
                            capture_output=True, text=True, check=True)
    tests = json.loads(listed.stdout)
    if not tests:
        return [Result("unit", failed=1, output="meson lists no tests\n")]
    return in_parallel(run_program, tests)


def count_junit(name, code, output, report):
    """pytest's own report; a run that ended without one, or found no test, failed."""
    result = Result(name, output=output[output.find("= FAILURES ="):] if "= FAILURES =" in output else output)
    try:
        cases = list(ElementTree.parse(report).iter("testcase"))
    except (OSError, ElementTree.ParseError) as error:
        output += f"\n{name}: no report: {error}\n"
        cases = []
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            result.failed += 1
        elif case.find("skipped") is not None:
            result.skipped += 1
        else:
            result.passed += 1
    if result.failed == 0 and (code != 0 or result.passed == 0):
        result.failed = 1
        result.output = f"{output}\n{name}: exit {code}, {len(cases)} tests reported\n"
    return result


def pytest_command(suite):
    """What runs the suite: pytest, which for Python's own begins once the libraries and packages are installed."""
    if suite == "python":
        return [PYTHON, "tests/python/run", str(BUILD)]
    if suite == "sources":
        return [PYTHON, "-m", "pytest", *SOURCES]
    if suite == "integration":
        return [PYTHON, "-m", "pytest", "tests/integration", *(f"--ignore={path}" for path in SOURCES)]
    return [PYTHON, "-m", "pytest", f"tests/{suite}"]


def run_pytest(suite):
    missing = [path for path in (SOURCES if suite == "sources" else [f"tests/{suite}"]) if not (ROOT / path).exists()]
    if missing:
        return Result(suite, failed=1, output=f"{missing[0]}: there is no such test\n")
    report = BUILD / f"pytest-{suite}.xml"
    report.unlink(missing_ok=True)
    env = {**sanitizer_env(), "VOUCH": str(BUILD / "vouch"), "PYTHONDONTWRITEBYTECODE": "1",
           "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = pytest_command(suite) + ["-v", "--tb=short", "-p", "no:cacheprovider", f"--junitxml={report}",
                                       "-o", f"faulthandler_timeout={HANGING_TEST_SECONDS}"]
    code, output = run(command, SUITE_SECONDS, env)
    return count_junit(suite, code, output, report)


def sanitizer_results():
    """Reports of processes that no test looked at."""
    return [Result(f"sanitizer report {path.name}", failed=1, output=path.read_text(errors="replace"))
            for path in sorted(REPORTS.glob("*"))]


# --- all of them ---------------------------------------------------------------------------------------------------


def timed(function, *arguments):
    start = time.monotonic()
    result = function(*arguments)
    for part in result if isinstance(result, list) else [result]:
        part.seconds = part.seconds or time.monotonic() - start
        text = f"{part.line()}\n" + (f"{part.output.rstrip()}\n\n" if part.failed else "")
        with printing:
            print(text, end="", flush=True)
    return result


def in_parallel(function, items):
    """Results in the order of the items; each is printed as it comes."""
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(lambda item: timed(function, item), items))


def run_stages(wanted):
    results = []
    if "layers" in wanted:
        results += timed(stage_layers)
    built = timed(stage_build)
    results += built
    if built[0].failed:
        return results
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir()
    if "unit" in wanted:
        results += stage_unit()
    results += in_parallel(run_pytest, [suite for suite in PYTEST_SUITES if suite in wanted])
    results += timed(sanitizer_results)
    if "compiler" in wanted:
        results += timed(stage_compiler)
    return results


def summary(results):
    passed, failed, skipped = (sum(getattr(r, what) for r in results) for what in ("passed", "failed", "skipped"))
    return f"vouch: {passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), failed


def stop(*_):
    """Ended from outside: nothing that we started stays."""
    with running_lock:
        for process in running:
            kill_group(process)
    os._exit(130)


def main(arguments):
    wanted = arguments or list(STAGES)
    unknown = [stage for stage in wanted if stage not in STAGES]
    if unknown:
        print(f"{__doc__}\n\nno such stage: {' '.join(unknown)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    results = run_stages(wanted)
    failures = [result.line() for result in results if result.failed]
    if failures:
        print("Failed:\n  " + "\n  ".join(failures))
    line, failed = summary(results)
    BUILD.mkdir(exist_ok=True)
    (BUILD / "result").write_text(line + "\n")
    print(line, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
