# SPDX-License-Identifier: Apache-2.0
"""The program under test: where it is, and one run of a command of it."""

import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SANITIZER_MARKS = ("AddressSanitizer", "LeakSanitizer", "runtime error:", "ThreadSanitizer")


def path():
    """$VOUCH, else the sanitized build, else the release build."""
    candidates = [os.environ.get("VOUCH"), ROOT / "build-test" / "vouch", ROOT / "build" / "vouch"]
    for candidate in candidates:
        if candidate and os.access(candidate, os.X_OK):
            return str(candidate)
    raise FileNotFoundError("no vouch program: run make, or name it in $VOUCH")


def sanitized():
    """True for a build with sanitizers, which is many times slower."""
    return b"__asan_init" in pathlib.Path(path()).read_bytes()


def environment(extra=None):
    usual = {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1", "TZ": "America/St_Johns", **os.environ}
    return {**usual, **(extra or {})}


def assert_sound(errors):
    """No sanitizer has reported anything."""
    found = [mark for mark in SANITIZER_MARKS if mark in errors]
    assert not found, errors[-6000:]


def run(*arguments, cwd=None, code=0, deadline=60, text=None):
    """Runs `vouch ARGUMENTS`; fails unless it exits with `code` (None: any)."""
    done = subprocess.run([path(), *map(str, arguments)], cwd=cwd, input=text, capture_output=True, text=True,
                          timeout=deadline, env=environment())
    assert_sound(done.stderr)
    assert code is None or done.returncode == code, (
        f"vouch {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done
