# SPDX-License-Identifier: Apache-2.0
"""The program as people and scripts meet it: help, versions, wrong usage, and an output that does not take what is printed."""

import os
import re
import subprocess

import pytest

from support import program


def commands():
    overview = program.run("--help").stdout
    return re.findall(r"^  (\w+)  ", overview.split("commands:\n")[1], re.M)


def assert_one_line(errors):
    assert errors.startswith("vouch: ") and errors.count("\n") == 1 and errors.endswith("\n"), errors


def test_every_command_of_the_design_is_there():
    wanted = {"serve", "demo", "init", "add", "revoke", "hold", "release", "status", "query", "decode", "check"}
    assert wanted <= set(commands())


def test_help_is_on_stdout_and_has_an_example():
    for command in commands():
        for arguments in ((command, "--help"), ("help", command), (command, "-h")):
            done = program.run(*arguments)
            assert done.stderr == "" and done.stdout.startswith(f"usage: vouch {command} ")
            assert f"vouch {command}" in done.stdout.split("\nexample:\n")[1]


def test_the_version_is_that_of_the_build():
    assert program.run("--version").stdout == "vouch 0.1.0\n"
    for command in commands():
        assert program.run(command, "--version").stdout == "vouch 0.1.0\n"


def test_settings_have_help():
    text = program.run("help", "settings").stdout
    assert "issuers.signers.key: a path or a URI; required" in text
    assert "issuers.validity: a duration from 2s to 3653d; default 24h" in text


def test_without_a_command_usage_goes_to_stderr():
    done = program.run(code=2)
    assert done.stdout == "" and done.stderr.startswith("usage: vouch COMMAND")


@pytest.mark.parametrize("arguments, words", [
    (["serv"], ["serv", "did you mean serve?"]),
    (["frobnicate"], ["frobnicate: unknown command"]),
    (["--frobnicate"], ["--frobnicate"]),
    (["help", "revok"], ["did you mean revoke?"]),
    (["help", "serve", "add"], ["help"]),
    (["check"], ["check: --config is missing"]),
    (["check", "--config"], ["check: --config: needs an argument, FILE"]),
    (["check", "--config", "a", "--config", "b"], ["check: --config: given twice"]),
    (["check", "--json=yes", "--config", "a"], ["check: --json: takes no argument"]),
    (["check", "--confg", "a"], ["check: --confg: unknown option; did you mean --config?"]),
    (["check", "--config", "a", "b"], ["check: "]),
    (["serve", "-x"], ["serve: -x: unknown option"]),
    (["serve", "--config", "a", "--listen", "127.0.0.1:0"], ["serve: --listen and --config"]),
])
def test_wrong_usage_is_one_line_and_exit_code_2(arguments, words):
    done = program.run(*arguments, code=2)
    assert done.stdout == ""
    assert_one_line(done.stderr)
    for word in words:
        assert word in done.stderr, done.stderr


def run_with_output(stdout, *arguments, **options):
    done = subprocess.run([program.path(), *arguments], stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60,
                          stdin=subprocess.DEVNULL, env=program.environment(), **options)
    program.assert_sound(done.stderr)
    return done


def test_a_full_disk_is_a_failure():
    with open("/dev/full", "w") as full:
        done = run_with_output(full, "--help")
    assert done.returncode == 1
    assert done.stderr == "vouch: standard output: No space left on device\n"


def test_a_reader_that_went_is_a_failure_without_a_word():
    reading, writing = os.pipe()
    os.close(reading)
    done = run_with_output(writing, "--help")
    os.close(writing)
    assert done.returncode == 1 and done.stderr == ""


def test_a_closed_output_is_a_failure():
    done = run_with_output(None, "--help", preexec_fn=lambda: os.close(1))
    assert done.returncode == 1 and done.stderr.startswith("vouch: standard output: ")


def test_closed_descriptors_are_not_taken_by_files():
    done = subprocess.run([program.path(), "check", "--config", "/nonexistent.yaml"], timeout=60, env=program.environment(),
                          preexec_fn=lambda: os.closerange(0, 3))
    assert done.returncode == 1
