# SPDX-License-Identifier: Apache-2.0
"""The machine that benchmarks run on: which core does what, what processes have cost, what all of it is."""

import contextlib
import datetime
import os
import pathlib
import platform
import shutil
import subprocess

TICK = os.sysconf("SC_CLK_TCK")
SERVER_CORE, LOAD_CORE = 0, 1


def pinned(cores, arguments):
    """The command on a core, or on a list of them ("0,1")."""
    return ["taskset", "-c", str(cores), *map(str, arguments)]


@contextlib.contextmanager
def kept_awake(core):
    """A loop that runs when nobody else wants the core: waking a core that sleeps is work, and is charged to who sends to it, so that
    whatever is slow to answer would look dear."""
    awake = subprocess.Popen(["chrt", "--idle", "0", *pinned(core, ["sh", "-c", "while :; do :; done"])])
    try:
        yield
    finally:
        awake.kill()
        awake.wait()


def tree(pid):
    """The process and all below it."""
    found, waiting = [], [pid]
    while waiting:
        current = waiting.pop()
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for task in pathlib.Path(f"/proc/{current}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
            found.append(current)
    return found


def cpu_seconds(pid):
    """User and system time of a process and all below it, threads included."""
    total = 0.0
    for process in tree(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            parts = pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            total += (int(parts[11]) + int(parts[12])) / TICK
    return total


def role(pid):
    return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()


def pin(pid, core):
    """A process that runs already, with all its threads."""
    subprocess.run(["taskset", "-a", "-c", "-p", str(core), str(pid)], check=True, stdout=subprocess.DEVNULL)


def kernel():
    """The version without what its builder made of it."""
    return ".".join(platform.release().split(".")[:2])


def first_line(*command):
    if shutil.which(command[0]) is None:
        return "not installed"
    done = subprocess.run(command, capture_output=True, text=True)
    return (done.stdout + done.stderr).strip().splitlines()[0]


def processor():
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def distribution():
    with contextlib.suppress(OSError):
        for line in pathlib.Path("/etc/os-release").read_text().splitlines():
            if line.startswith("PRETTY_NAME="):
                return line.partition("=")[2].strip('"')
    return platform.system()


def facts():
    """What a reader needs to know before he compares."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d"),
        "processor": f"{processor()}, {os.cpu_count()} cores",
        "system": f"{distribution()}, Linux {kernel()}",
        "load before": f"{os.getloadavg()[0]:.1f} runnable processes, the average of a minute",
        "compiler": first_line("cc", "--version"),
        "OpenSSL": first_line("openssl", "version"),
        "nginx": first_line("nginx", "-v").removeprefix("nginx version: "),
    }
