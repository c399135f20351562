# SPDX-License-Identifier: Apache-2.0
"""The commands in docs/*.md do what the pages say."""

import os
import subprocess

import pytest

from support import old_ca, pages, pki, program
from support.installed import Installed
from support.ports import free_port

DOCS = program.ROOT / "docs"


def ports(*names):
    return {name: str(free_port()) for name in names}


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


MOVED = (*old_ca.GOOD, *old_ca.REVOKED)


@pytest.fixture(scope="module")
def moved(tmp_path_factory):
    """A CA with the data of other tools, carried over by the commands of the page."""
    folder = tmp_path_factory.mktemp("moved")
    made = old_ca.OldCA(folder)
    made.write_cfssl(pki.authority("Foreign CA", pki.key("p256", "foreign ca")).end_entity(0x77))
    made.write_adcs()
    made.output = pages.run(DOCS / "migrating.md", folder, ports("OLD_PORT", "NEW_PORT"))
    return made


@pytest.mark.parametrize("database, names", [("vouch.db", MOVED), ("adcs.db", MOVED), ("crl.db", tuple(old_ca.REVOKED))])
def test_index_and_crl_arrive_with_reasons_and_times(moved, database, names):
    assert {name: moved.known(database, name) for name in names} == {name: moved.expected(name) for name in names}


def test_what_a_crl_does_not_say_is_not_made_up(moved):
    assert moved.known("crl.db", "good")[0] == "unknown"


def test_the_table_of_cfssl_arrives(moved):
    time = "2026-03-04T05:06:07Z"
    assert {name: moved.known("cfssl.db", name)[:3] for name in ("good", "better", "key", "hold", "plain")} == {
        "good": ("good", None, None), "better": ("good", None, None), "key": ("revoked", "keyCompromise", time),
        "hold": ("revoked", "certificateHold", time), "plain": ("unknown", None, None)}


def test_the_old_responder_and_vouch_say_the_same(moved):
    assert f"\n{len(MOVED)} certificates compared\n" in moved.output
    assert " before, " not in moved.output


def test_a_script_may_run_again(moved):
    environment = program.environment({"PATH": f"{moved.folder / 'bin'}:{os.environ['PATH']}"})
    for _ in range(2):
        subprocess.run(["./cfssl-to-vouch", "ca.pem", "certs.db", "again.db"], cwd=moved.folder, check=True, env=environment, timeout=60)
    assert moved.known("again.db", "key")[:2] == ("revoked", "keyCompromise")


def test_a_crl_of_somebody_else_is_not_taken(moved):
    """Its issuer has the right name and another key."""
    pki.authority("Old CA", pki.key("p256", "twin of old ca")).write(moved.folder, "twin")
    done = program.run("import", "--issuer", "twin.pem", "--db", "twin.db", "crl:ca.crl", cwd=moved.folder, code=1)
    assert "ca.crl" in done.stderr and "sign" in done.stderr, done.stderr
    assert not (moved.folder / "twin.db").exists()


PAGE = "# Title\n\n```sh\necho one; echo two\n```\n\n```text\no…e\ntwo\n```\n\nText.\n\n```sh\necho three\n```\n"


def written(folder, text):
    path = folder / "page.md"
    path.write_text(text)
    return path


def test_a_page_that_is_right_passes(tmp_path):
    pages.run(written(tmp_path, PAGE), tmp_path)


@pytest.mark.parametrize("was, becomes", [("echo three", "exit 3"), ("echo three", "false"), ("echo two", "echo 2"), ("echo one", "echo only"),
                                          ("echo three", "echo $NO_SUCH_VARIABLE")])
def test_a_page_that_is_wrong_fails(tmp_path, was, becomes):
    with pytest.raises(AssertionError):
        pages.run(written(tmp_path, PAGE.replace(was, becomes)), tmp_path)
