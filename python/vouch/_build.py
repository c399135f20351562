# SPDX-License-Identifier: Apache-2.0
"""Builds vouch._native, the door to libvouch, from the installed headers that pkg-config names."""

from __future__ import annotations

import pathlib
import re
import shlex
import subprocess

import cffi

# pkg-config's name of each library, and its header
MODULES = {"vouch": "vouch.h", "vouch-http": "vouch_http.h"}
SYSTEM_FOLDERS = ("/usr/local/include", "/usr/include")     # pkg-config does not name them
FOR_COMPILERS = re.compile(r"\b(?:static\s+)?inline\b"
                           r"|\b__attribute__\s*\(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\)")
GLUE = pathlib.Path(__file__).with_name("_native_glue.c")


def pkg_config(*arguments: str) -> list[str]:
    """The words that pkg-config answers with."""
    done = subprocess.run(["pkg-config", *arguments, *MODULES], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True)
    if done.returncode != 0:
        raise SystemExit(f"pkg-config: {done.stderr.strip() or 'failed'}\n"
                         "(install libvouch first, or set PKG_CONFIG_PATH to where it is)")
    return shlex.split(done.stdout)


def with_prefix(words: list[str], prefix: str) -> list[str]:
    """What follows the prefix in the words that have it."""
    return [word[len(prefix):] for word in words if word.startswith(prefix)]


def header(name: str, folders: list[str]) -> str:
    """The text of the installed header."""
    for folder in [*folders, *SYSTEM_FOLDERS]:
        path = pathlib.Path(folder) / name
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise SystemExit(f"{name}: not in {' '.join([*folders, *SYSTEM_FOLDERS])}")


def without_comments(text: str) -> str:
    """Comments become blanks."""
    return re.sub(r"/\*.*?\*/|//[^\n]*", " ", text, flags=re.S)


def definitions(text: str) -> dict[str, tuple[bool, str]]:
    """{macro: (has parameters, body)} of every #define in the text."""
    found = re.findall(r"^[ \t]*#[ \t]*define[ \t]+(\w+)(\([^)]*\))?[ \t]*(.*)$", text, flags=re.M)
    return {name: (bool(parameters), body.strip()) for name, parameters, body in found}


def constants(macros: dict[str, tuple[bool, str]]) -> list[str]:
    """The macros that are numbers; literal ones may be sizes of arrays, others the compiler knows."""
    numbers = [(name, body) for name, (parameters, body) in macros.items()
               if not parameters and body and not FOR_COMPILERS.search(body) and '"' not in body]
    return [f"#define {name} {body if re.fullmatch(r'[0-9]+', body) else '...'}" for name, body in numbers]


def declarations(text: str) -> str:
    """What cffi reads of the headers: neither preprocessor nor comments, nor what is for compilers only."""
    text = without_comments(text.replace("\\\n", " "))
    macros = definitions(text)
    text = re.sub(r"^[ \t]*#[ \t]*ifdef[ \t]+__cplusplus\b.*?^[ \t]*#[ \t]*endif", "", text,
                  flags=re.S | re.M)
    text = re.sub(r"^[ \t]*#.*$", "", text, flags=re.M)
    text = re.sub(r"\bVOUCH_PLUGIN\b[^;]*;", "", text)      # what a plug-in defines, not the library
    for name, (parameters, body) in macros.items():
        if not body or FOR_COMPILERS.search(body):      # an include guard, or words for compilers
            text = re.sub(rf"\b{name}\b" + (r"\s*\([^()]*\)" if parameters else ""), "", text)
    # bodies of functions
    text = re.sub(r"\)\s*\{.*?^\}", ");", FOR_COMPILERS.sub("", text), flags=re.S | re.M)
    return "\n".join([*constants(macros), text])


def callbacks(glue: str) -> str:
    """The functions of the glue that Python may call, and those of Python that the glue calls."""
    glue = without_comments(glue)
    asked = re.findall(r"^static ((?:int|void) py_\w+\([^{}]*?\);)", glue, flags=re.M)
    offered = re.findall(r"^static\s+([\w *]+?\s\*?call_\w+\([^{}]*?\))\s*\{", glue, flags=re.M)
    return "\n".join([*(f'extern "Python" {line}' for line in asked), *(f"{line};" for line in offered)])


def builder() -> cffi.FFI:
    """The extension, ready to be compiled."""
    flags = pkg_config("--cflags", "--libs")
    folders = with_prefix(flags, "-I")
    glue = GLUE.read_text(encoding="utf-8")
    ffi = cffi.FFI()
    ffi.cdef(declarations("\n".join(header(name, folders) for name in MODULES.values())))
    ffi.cdef(callbacks(glue))
    ffi.set_source("vouch._native", glue, include_dirs=folders, library_dirs=with_prefix(flags, "-L"),
                   libraries=with_prefix(flags, "-l"))
    return ffi


ffibuilder = builder()

if __name__ == "__main__":
    ffibuilder.compile(verbose=True)
