# SPDX-License-Identifier: Apache-2.0
"""Pages whose commands are run: each ```sh block in its order, in one shell; a ```text block behind it has lines that it
prints, in which … stands for anything.

A page's programs find their ports in variables that are set before: NAME=${NAME:-8080} in the page leaves them alone.
"""

import os
import pathlib
import re
import signal
import subprocess

from . import program

MARK = "-- end of block "
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)


def blocks(path):
    """[(commands, lines that they have to print, the number of the line)] of a page."""
    found, text = [], pathlib.Path(path).read_text()
    for match in FENCE.finditer(text):
        language, content = match.groups()
        if language == "sh":
            found.append((content, [], text.count("\n", 0, match.start()) + 2))
        elif language == "text":
            found[-1][1].extend(content.splitlines())
    return found


def source(path, language):
    """One program: the page's blocks in another language, in their order."""
    return "\n".join(content for found, content in FENCE.findall(pathlib.Path(path).read_text()) if found == language)


def script(parts):
    """One script; the marks tell whose output is whose."""
    return "exec 2>&1\n" + "".join(f"{commands}echo '{MARK}{number}'\n" for number, (commands, _, _) in enumerate(parts))


def run(path, folder, variables=None, deadline=100):
    """Runs a page and returns what was printed; fails where a command fails or prints something else than the page says.  What is in folder/bin is
    found before other programs."""
    parts, commands = blocks(path), pathlib.Path(folder, "bin")
    commands.mkdir(exist_ok=True)
    (commands / "vouch").symlink_to(program.path())
    environment = program.environment({**(variables or {}), "PATH": f"{commands}:{os.environ['PATH']}"})
    process = subprocess.Popen(["sh", "-eu", "-c", script(parts)], cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        output, _ = process.communicate(timeout=deadline)
    finally:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    program.assert_sound(output)
    assert process.returncode == 0, f"exit {process.returncode}, the last of the output:\n{output[-4000:]}"
    check(parts, output)
    return output


def pattern(text):
    return ".*".join(map(re.escape, text.strip().split("…")))


def check(parts, output):
    for number, (commands, expected, line) in enumerate(parts):
        printed, _, output = output.partition(f"{MARK}{number}\n")
        missing = [text for text in expected if not re.search(pattern(text), printed)]
        assert not missing, f"line {line} prints no {missing}:\n{commands}\n{printed}"
