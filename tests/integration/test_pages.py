# SPDX-License-Identifier: Apache-2.0
"""The commands in docs/*.md do what the pages say."""

import subprocess

import pytest

from support import pages, program, webserver
from support.installed import Installed

DOCS = program.ROOT / "docs"


def ports(*names):
    return {name: str(webserver.free_port()) for name in names}


def test_the_tutorial_leads_from_nothing_to_a_stapled_nginx(tmp_path):
    pages.run(DOCS / "tutorial.md", tmp_path, ports("OCSP_PORT", "ADMIN_PORT", "TLS_PORT"))


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    return Installed(tmp_path_factory.mktemp("installed"))


def write_compiler(installed, folder):
    """The page says cc; the library under test may want more."""
    words = [installed.built_by, *installed.flags(installed.built_by), "-Wall", "-Wextra", "-Wconversion", "-Werror",
             "-Wno-unused-function"]
    folder.mkdir()
    (folder / "cc").write_text(f'#!/bin/sh\nexec {" ".join(words)} "$@"\n')
    (folder / "cc").chmod(0o755)


def test_the_program_in_c_of_the_page_on_embedding_answers(installed, tmp_path):
    (tmp_path / "embedded.c").write_text(pages.source(DOCS / "embedding.md", "c"))
    write_compiler(installed, tmp_path / "bin")
    pages.run(DOCS / "embedding.md", tmp_path, installed.environment(installed.built_by))


@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_the_lines_in_cpp_of_the_page_on_embedding_compile(installed, tmp_path, compiler):
    (tmp_path / "lines.cpp").write_text(pages.source(DOCS / "embedding.md", "cpp"))
    done = subprocess.run([compiler, "-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                           f"-I{installed.prefix}/include", "lines.cpp"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


PAGE = "# Title\n\n```sh\necho one; echo two\n```\n\n```text\none\ntwo\n```\n\nText.\n\n```sh\necho three\n```\n"


def written(folder, text):
    path = folder / "page.md"
    path.write_text(text)
    return path


def test_a_page_that_is_right_passes(tmp_path):
    pages.run(written(tmp_path, PAGE), tmp_path)


@pytest.mark.parametrize("was, becomes", [("echo three", "exit 3"), ("echo three", "false"), ("echo two", "echo 2"),
                                          ("echo three", "echo $NO_SUCH_VARIABLE")])
def test_a_page_that_is_wrong_fails(tmp_path, was, becomes):
    with pytest.raises(AssertionError):
        pages.run(written(tmp_path, PAGE.replace(was, becomes)), tmp_path)
