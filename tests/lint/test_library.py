# SPDX-License-Identifier: Apache-2.0
# The libraries as they are shipped: headers that stand alone, symbols as declared, SONAME, pkg-config, documentation.

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests")]

import public_header  # noqa: E402
from support import installed  # noqa: E402

# One row is one library: its header, its name, its version script, the version that its symbols have.
LIBRARIES = {
    "vouch": ("vouch.h", "libvouch.so.1", "libvouch.map", "VOUCH_1"),
    "vouch-http": ("vouch_http.h", "libvouch-http.so.1", "libvouch-http.map", "VOUCH_HTTP_1"),
}
HEADERS = [row[0] for row in LIBRARIES.values()]
WARNINGS = ["-Wall", "-Wextra", "-pedantic", "-Wconversion", "-Wshadow", "-Wundef", "-Werror"]
C_WARNINGS = ["-Wstrict-prototypes", "-Wmissing-prototypes", "-Wold-style-definition"]
LANGUAGES = [(compiler, standard) for compiler in ("gcc", "clang") for standard in ("c99", "c11", "c17")]
LANGUAGES += [(compiler, standard) for compiler in ("g++", "clang++") for standard in ("c++11", "c++17", "c++20")]


def run(*command, code=0, **options):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=120, **options)
    assert code is None or done.returncode == code, done.stdout + done.stderr
    return done


def declared(name):
    return set(public_header.exported(ROOT / "include" / LIBRARIES[name][0]))


def library(name):
    path = installed.build_folder()
    found = [path / "src" / f"lib{name}.so", path / "src" / "http" / f"lib{name}.so"]
    return next(candidate for candidate in found if candidate.exists())


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize("compiler, standard", LANGUAGES)
def test_a_header_compiles_alone(header, compiler, standard, tmp_path):
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    language = "c++" if compiler.endswith("++") else "c"
    flags = [f"-std={standard}", *WARNINGS, *(C_WARNINGS if language == "c" else []), f"-I{ROOT / 'include'}", "-fsyntax-only"]
    run(compiler, *flags, "-x", language, ROOT / "include" / header)
    user = tmp_path / "user"
    user.write_text(f"#include <{header}>\n#include <{header}>\n")
    run(compiler, *flags, "-x", language, user)


EXAMPLES_NEED = {
    "vouch.h": "static int look_up(void *ctx, const vouch_issuer *issuer, vouch_span serial_number, vouch_time now,\n"
               "    vouch_status *out, vouch_err *err)\n"
               "{ (void)ctx, (void)issuer, (void)serial_number, (void)now, (void)out, (void)err; return VOUCH_OK; }\n"
               "int answer(vouch_span ca, vouch_span certificate, void *table, vouch_span request, vouch_time now,\n"
               "    vouch_buf *response, vouch_err *err);\n",
    "vouch_http.h": "int serve(vouch_responder *responder, vouch_err *err);\n",
}


@pytest.mark.parametrize("header", HEADERS)
def test_what_a_header_shows_as_an_example_compiles(header, tmp_path):
    examples = public_header.read_header(ROOT / "include" / header).examples()
    assert examples
    program = tmp_path / "example.c"
    program.write_text(f"#include <{header}>\n" + EXAMPLES_NEED[header] + "\n".join(examples))
    run("gcc", "-std=c99", *WARNINGS, *C_WARNINGS, f"-I{ROOT / 'include'}", "-fsyntax-only", program)


@pytest.mark.parametrize("name", LIBRARIES)
def test_the_library_exports_what_its_header_declares_and_nothing_else(name):
    version = LIBRARIES[name][3]
    listed = run("nm", "-D", "--defined-only", "--with-symbol-versions", library(name)).stdout
    symbols = [line.split()[-2:] for line in listed.splitlines()]
    functions = {symbol for kind, symbol in symbols if not (kind == "A" and symbol == version)}
    assert functions == {f"{function}@@{version}" for function in declared(name)}


@pytest.mark.parametrize("name", LIBRARIES)
def test_the_version_script_names_each_function_once(name):
    text = re.sub(r"/\*.*?\*/", "", (ROOT / "src" / LIBRARIES[name][2]).read_text(), flags=re.S)
    assert re.search(r"local:\s*\*;", text)
    named = re.findall(r"^\s*(vouch\w*);", text, flags=re.M)
    assert sorted(named) == sorted(declared(name))


@pytest.mark.parametrize("name", LIBRARIES)
def test_the_soname_is_that_of_the_interface(name):
    assert re.search(r"SONAME\s+(\S+)", run("objdump", "-p", library(name)).stdout)[1] == LIBRARIES[name][1]


def test_the_http_library_links_libvouch_and_has_no_copy_of_it():
    needed = re.findall(r"NEEDED\s+(\S+)", run("objdump", "-p", library("vouch-http")).stdout)
    assert "libvouch.so.1" in needed
    symbols = run("nm", library("vouch-http")).stdout
    undefined = set(re.findall(r" U (vouch_\w+)", symbols))
    assert undefined and undefined <= declared("vouch")
    # What comes with base/ knows of no structure but vouch_buf, which stays as it is.
    assert set(re.findall(r" [Tt] (vouch_\w+)", symbols)) & declared("vouch") <= {"vouch_buf_append", "vouch_buf_free"}


@pytest.mark.parametrize("name, requires", [("vouch", ""), ("vouch-http", "vouch")])
def test_pkg_config_asks_for_the_shared_library_alone(name, requires):
    folder = installed.build_folder() / "meson-private"
    text = (folder / f"{name}.pc").read_text()
    fields = dict(re.findall(r"^(\w[\w.]*): (.*)$", text, flags=re.M))
    assert fields["Libs"] == f"-L${{libdir}} -l{name}"
    assert fields["Cflags"] == "-I${includedir}"
    assert fields.get("Requires", "") == requires
    assert "Requires.private" not in fields and "Libs.private" not in fields
    version = run(installed.program.path(), "--version", env=installed.program.environment()).stdout.split()[1]
    assert fields["Version"] == version


def test_no_static_library_and_nothing_internal_is_installed():
    listed = json.loads(run("meson", "introspect", "--installed", installed.build_folder()).stdout)
    names = {Path(target).name for target in listed.values()}
    assert {name for name in names if name.endswith((".a", ".h"))} == set(HEADERS)
    assert {"vouch.pc", "vouch-http.pc", "vouch.3", "vouch_http.3"} <= names


# What a reader of the header misses, and what is said of it.
WORDLESS = [
    ("a function", "VOUCH_API void vouch_x(int number);\n", "vouch_x has no documentation"),
    ("a structure", "typedef struct {\n\t/** One. */\n\tint one;\n} vouch_x;\n", "vouch_x has no documentation"),
    ("a member", "/** It. */\ntypedef struct {\n\tint one;\n} vouch_x;\n", "one of vouch_x has no documentation"),
    ("a value", "/** It. */\nenum vouch_x {\n\t/** One. */\n\tVOUCH_A,\n\tVOUCH_B\n};\n", "VOUCH_B of enum vouch_x has no"),
    ("a macro", "#define VOUCH_X 1\n", "VOUCH_X has no documentation"),
    ("a parameter", "/**\n * Does.\n */\nVOUCH_API void vouch_x(int number);\n", "vouch_x(number) is documented with ()"),
    ("a parameter's name", "/**\n * Does.\n *\n * @param n it\n */\nVOUCH_API void vouch_x(int number);\n", "documented with (n)"),
    ("the result", "/** Does. */\nVOUCH_API int vouch_x(void);\n", "@return is missing"),
    ("no result", "/**\n * Does.\n *\n * @return 0\n */\nVOUCH_API void vouch_x(void);\n", "nothing is returned"),
    ("a callback's parameter", "/** Does. */\ntypedef void vouch_x(void *arg);\n", "vouch_x(arg) is documented with ()"),
]


@pytest.mark.parametrize("what, text, message", WORDLESS, ids=[row[0] for row in WORDLESS])
def test_a_declaration_without_words_is_refused(what, text, message, tmp_path):
    header = tmp_path / "vouch_x.h"
    header.write_text("/**\n * @file vouch_x.h\n * A header.\n */\n\n" + text)
    done = run(sys.executable, ROOT / "tools/manual3.py", "1", "2026-11-22", header, code=1)
    assert message in done.stderr and f"{header}:" in done.stderr


@pytest.mark.parametrize("name", LIBRARIES)
def test_the_manual_shows_every_declaration(name):
    header = LIBRARIES[name][0]
    page = run(sys.executable, ROOT / "tools/manual3.py", "1", "2026-11-22", ROOT / "include" / header).stdout
    assert declared(name) <= set(re.findall(r"^\.SS (\w+)$", page, flags=re.M))
    code = re.sub(r"/\*.*?\*/", "", (ROOT / "include" / header).read_text(), flags=re.S)
    constants = set(re.findall(r"\b(VOUCH_\w+)\b", code)) - {"VOUCH_H", "VOUCH_HTTP_H"}
    assert {constant for constant in constants if not re.search(rf"\b{constant}\b", page)} <= {
        "VOUCH_API", "VOUCH_MUST", "VOUCH_INLINE", "VOUCH_PLUGIN"}
