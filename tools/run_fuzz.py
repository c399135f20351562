#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets with libFuzzer under the sanitizers and gives each its time; any crash is a failure.
"""usage: run_fuzz.py [--seconds N] [--jobs N] [TARGET...]

A target is tests/fuzz/fuzz_TARGET.c, its corpus tests/fuzz/corpus/TARGET. New inputs go to build-fuzz/new/TARGET, inputs
that crash to build-fuzz/crashes: copy those into the corpus, where every test run replays them."""

import argparse
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build-fuzz"
CRASHES = BUILD / "crashes"
# The largest request we accept is 16 KiB, a CRL or an index is larger; a slow input is a finding as well.
LIBFUZZER_FLAGS = ["-max_len=20000", "-timeout=10", "-rss_limit_mb=1024", "-print_final_stats=1", "-close_fd_mask=1"]


def build():
    env = {**os.environ, "CC": "clang"}
    if not (BUILD / "build.ninja").exists():
        subprocess.run(["meson", "setup", BUILD, ROOT, "--buildtype=debugoptimized", "-Dfuzz=true", "-Db_lundef=false",
                        "-Db_sanitize=address,undefined"], env=env, stdin=subprocess.DEVNULL, check=True)
    sources = sorted((ROOT / "tests/fuzz").glob("fuzz_*.c"))
    targets = [f"tests/fuzz/{source.stem}" for source in sources]
    if targets:
        subprocess.run(["ninja", "-C", BUILD, *targets], env=env, stdin=subprocess.DEVNULL, check=True)
    return [source.stem.removeprefix("fuzz_") for source in sources]


def fuzz(target, seconds):
    """Returns whether the target stood its time."""
    new = BUILD / "new" / target
    new.mkdir(parents=True, exist_ok=True)
    corpus = ROOT / "tests/fuzz/corpus" / target
    log = BUILD / f"{target}.log"
    command = [BUILD / f"tests/fuzz/fuzz_{target}", *LIBFUZZER_FLAGS, f"-max_total_time={seconds}",
               f"-artifact_prefix={CRASHES}/{target}-", new] + ([corpus] if corpus.is_dir() else [])
    env = {**os.environ, "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1"}
    print(f"{target}: {seconds} s ...", flush=True)
    with open(log, "wb") as out:
        code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=env, check=False).returncode
    text = log.read_text(errors="replace")
    runs = [line.split()[-1] for line in text.splitlines() if line.startswith("stat::number_of_executed_units")]
    if code == 0 and runs and int(runs[0]) > 0:
        print(f"{target}: nothing found in {runs[0]} runs", flush=True)
        return True
    print("\n".join(text.splitlines()[-60:]))
    print(f"{target}: FAILED, exit {code}; the whole log is {log}", flush=True)
    return False


def main():
    parser = argparse.ArgumentParser(usage=__doc__.removeprefix("usage: "))
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("targets", nargs="*")
    options = parser.parse_args()
    try:
        known = build()
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"run_fuzz: {error}", file=sys.stderr)
        return 1
    unknown = set(options.targets) - set(known)
    if unknown or not known:
        print(f"run_fuzz: no such target: {' '.join(sorted(unknown)) or 'tests/fuzz has none'}", file=sys.stderr)
        return 2
    CRASHES.mkdir(exist_ok=True)
    targets = options.targets or known
    with ThreadPoolExecutor(options.jobs) as pool:
        stood = list(pool.map(lambda target: fuzz(target, options.seconds), targets))
    print(f"fuzz: {sum(stood)} targets stood, {len(stood) - sum(stood)} failed")
    return 0 if all(stood) else 1


if __name__ == "__main__":
    sys.exit(main())
