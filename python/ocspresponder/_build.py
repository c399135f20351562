# SPDX-License-Identifier: Apache-2.0
"""Builds ocspresponder._native, the fast way from HTTP to libvouch and back, against the installed libraries."""

import os
import pathlib
import re
import shlex
import subprocess

import cffi

FOLDER = pathlib.Path(__file__).with_name("native")
SOURCES = ("path.c", "plan.c", "server.c")
# Of the libraries' types only these pass through Python.
TYPES = """
typedef struct { const uint8_t *data; size_t len; } vouch_span;
typedef struct { uint8_t *data; size_t len, cap; } vouch_buf;
typedef ... vouch_http_exchange;
void vouch_buf_free(vouch_buf *buf);
enum { VOUCH_GOOD = ..., VOUCH_REVOKED = ..., VOUCH_UNKNOWN = ..., VOUCH_EREFUSED = ..., ... };
"""


def pkg_config(*arguments: str) -> "list[str]":
    """The words that pkg-config answers with."""
    done = subprocess.run(["pkg-config", *arguments, "vouch", "vouch-http"], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True)
    if done.returncode != 0:
        raise SystemExit(f"pkg-config: {done.stderr.strip() or 'failed'}\n"
                         "(install libvouch first, or set PKG_CONFIG_PATH to where it is)")
    return shlex.split(done.stdout)


def declarations(name: str) -> str:
    """What cffi reads of a header of ours: neither comments nor preprocessor."""
    text = re.sub(r"/\*.*?\*/", " ", (FOLDER / name).read_text(encoding="utf-8"), flags=re.S)
    return re.sub(r"^[ \t]*#.*$", "", text, flags=re.M)


def builder() -> cffi.FFI:
    """The extension, ready to be compiled."""
    flags = pkg_config("--cflags", "--libs")

    def of(prefix: str) -> "list[str]":
        return [word[len(prefix):] for word in flags if word.startswith(prefix)]
    ffi = cffi.FFI()
    ffi.cdef(TYPES)
    ffi.cdef(declarations("interface.h"))
    ffi.cdef('extern "Python+C" {' + declarations("python.h") + "}")
    sources = [os.path.relpath(FOLDER / name) for name in SOURCES]
    ffi.set_source("ocspresponder._native", '#include "python.h"\n', sources=sources,
                   include_dirs=[str(FOLDER), *of("-I")], library_dirs=of("-L"), libraries=of("-l"),
                   extra_compile_args=["-std=gnu17"])
    return ffi


ffibuilder = builder()

if __name__ == "__main__":
    ffibuilder.compile(verbose=True)
