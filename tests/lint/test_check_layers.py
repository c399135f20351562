# SPDX-License-Identifier: Apache-2.0
# tools/check_layers.py: each rule is shown to find a bad sample, and to leave a good one alone.

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))

import check_layers  # noqa: E402

OPENING = "/* SPDX-License-Identifier: Apache-2.0 */\n/* A sample. */\n"
HEADERS = ("base/span.h", "der/reader.h", "ocsp/certid.h", "crypto/digest.h", "store/memory.h", "io/clock.h",
           "http/server.h", "conf/conf.h", "daemon/log.h", "modules/sqlite/schema.h", "modules/redis/wire.h",
           "modules/register/row.h")


@pytest.fixture
def tree(tmp_path):
    """A small tree in which every header that a sample includes exists."""
    for header in HEADERS:
        write(tmp_path, "src/" + header, "")
    return tmp_path


def write(root, name, text, opening=OPENING):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(opening + text)
    return path


def findings(root, name, text, opening=OPENING):
    write(root, name, text, opening)
    return check_layers.check_tree(root)


REFUSED = [
    ("a lower layer includes a higher one", "src/base/a.c", '#include "der/reader.h"\n', 3),
    ("the codec includes cryptography", "src/ocsp/a.c", '#include "crypto/digest.h"\n', 3),
    ("a program includes the library's inside", "src/daemon/a.c", '#include "store/memory.h"\n', 3),
    ("main.c counts as cli", "src/main.c", '#include "ocsp/certid.h"\n', 3),
    ("a module includes ours", "src/modules/sqlite/a.c", '#include "base/span.h"\n', 3),
    ("a module includes another module", "src/modules/sqlite/a.c", '#include "modules/redis/wire.h"\n', 3),
    ("what all registers keep to knows no client library", "src/modules/register/a.c", "#include <sqlite3.h>\n", 3),
    ("a header without its folder", "src/der/a.c", '\n#include "reader.h"\n', 4),
    ("a header that does not exist", "src/der/a.c", '#include "der/gone.h"\n', 3),
    ("ours in angle brackets", "src/der/a.c", "#include <der/reader.h>\n", 3),
    ("libcrypto in the codec", "src/ocsp/a.c", "#include <openssl/x509.h>\n", 3),
    ("all of openssl in http", "src/http/a.c", "#include <openssl/evp.h>\n", 3),
    ("libuv in the library", "src/store/a.c", "#include <uv.h>\n", 3),
    ("time.h in the library", "src/responder/a.c", "#include <time.h>\n", 3),
    ("time.h in a module", "src/modules/sqlite/a.c", "#include <time.h>\n", 3),
    ("another module's client library", "src/modules/redis/a.c", "#include <sqlite3.h>\n", 3),
    ("unistd.h in the codec", "src/der/a.c", "#include <unistd.h>\n", 3),
    ("errno.h in issuer", "src/issuer/a.c", "#include <errno.h>\n", 3),
    ("atomics where the table has none", "src/crypto/a.c", "#include <stdatomic.h>\n", 3),
    ("the HTTP server's header in the library", "src/client/a.c", "#include <vouch_http.h>\n", 3),
    ("a folder that is not in the table", "src/extra/a.c", "", 1),
    ("a public header that includes ours", "include/vouch.h", '#include "base/span.h"\n', 3),
    ("a public header that includes a library", "include/vouch.h", "#include <openssl/evp.h>\n", 3),
    ("an unbounded copy", "src/cli/a.c", "void f(void)\n{\n\tstrcpy(a, b);\n}\n", 5),
    ("sprintf", "src/cli/a.c", "int x = sprintf (a, b);\n", 3),
    ("atoi", "src/conf/a.c", "int x = atoi(a);\n", 3),
    ("strtok", "src/conf/a.c", "int x = strtok(a, b);\n", 3),
    ("alloca", "src/conf/a.c", "int x = alloca(1);\n", 3),
    ("printf in the library", "src/store/a.c", 'int\nf(void)\n{\n\tprintf("x");\n}\n', 6),
    ("stderr in the library", "src/modules/sqlite/a.c", 'int\nf(void)\n{\n\tfputs("x", stderr);\n}\n', 6),
    ("a clock in the library", "src/responder/a.c", "int\nf(void)\n{\n\treturn time(NULL);\n}\n", 6),
    ("exit in the library", "src/crypto/a.c", "int\nf(void)\n{\n\texit(1);\n}\n", 6),
    ("getenv in the library", "src/signer/a.c", 'int\nf(void)\n{\n\tgetenv("HOME");\n}\n', 6),
    ("a clock in a module that asks nobody", "src/modules/sqlite/a.c", "int\nf(void)\n{\n\treturn time(NULL);\n}\n", 6),
    ("a process in a module", "src/modules/postgresql/a.c", "int\nf(void)\n{\n\treturn fork();\n}\n", 6),
    ("a thread in the library", "src/store/a.c", "int\nf(void)\n{\n\tpthread_create(a, b, c, d);\n}\n", 6),
    ("a global", "src/der/a.c", "int count;\n", 3),
    ("a static global", "src/der/a.c", "static struct pool *pool = NULL;\n", 3),
    ("a mutable pointer to const", "src/der/a.c", 'static const char *name = "x";\n', 3),
    ("a table that is not const", "src/der/a.c", "static struct {\n\tint a;\n} rows[] = { { 1 } };\n", 3),
    ("a hook", "src/der/a.c", "static int (*hook)(int) = NULL;\n", 3),
    ("a static local", "src/der/a.c", "int\nf(void)\n{\n\tstatic int calls;\n\treturn ++calls;\n}\n", 6),
    ("a thread's global", "src/der/a.c", "static _Thread_local unsigned depth = 0;\n", 3),
    ("a TODO", "src/cli/a.c", "/* TODO: later */\n", 3),
    ("code that is switched off", "src/cli/a.c", "#if 0\nint f(void);\n#endif\n", 3),
    ("a function of 61 lines", "src/cli/a.c", "int\nf(void)\n{\n" + "\tg();\n" * 61 + "}\n", 3),
    ("a file of 601 lines", "src/cli/a.c", "int f(void);\n" * 599, 601),
]


@pytest.mark.parametrize("what,name,text,line", REFUSED, ids=[row[0] for row in REFUSED])
def test_a_bad_sample_is_found_at_its_line(tree, what, name, text, line):
    found = findings(tree, name, text)
    assert len(found) == 1, (what, found)
    assert found[0].startswith(f"{name}:{line}: "), what


ALLOWED = [
    ("its own folder and lower ones", "src/ocsp/a.c", '#include "ocsp/certid.h"\n#include "der/reader.h"\n'),
    ("the public header and ISO C", "src/base/a.c", "#include <vouch.h>\n#include <string.h>\n"),
    ("libcrypto in crypto", "src/crypto/a.c", "#include <openssl/evp.h>\n"),
    ("openssl/ssl.h in http", "src/http/a.c", "#include <openssl/ssl.h>\n#include <uv.h>\n#include <llhttp.h>\n"),
    ("a deadline and a thread where a database is asked", "src/modules/postgresql/a.c",
     "#include <time.h>\n\nint\nf(void)\n{\n\treturn clock_gettime(a, b) + pthread_create(a, b, c, d);\n}\n"),
    ("libcurl in fetch", "src/fetch/a.c", '#include <curl/curl.h>\n#include "io/clock.h"\n'),
    ("POSIX from status on", "src/status/a.c", "#include <fcntl.h>\n#include <sys/stat.h>\n"),
    ("a module and its client library", "src/modules/sqlite/a.c",
     '#include <vouch.h>\n#include <sqlite3.h>\n#include <errno.h>\n#include "modules/sqlite/schema.h"\n'),
    ("what all registers keep to", "src/modules/sqlite/a.c", '#include "modules/register/row.h"\n'),
    ("the table of sources", "src/sources/a.c", '#include "modules/sqlite/schema.h"\n#include <dlfcn.h>\n'),
    ("the HTTP server's header in the programs", "src/daemon/a.c", "#include <vouch_http.h>\n"),
    ("main.c as cli", "src/main.c", '#include "daemon/log.h"\n#include <time.h>\n'),
    ("an include in a comment", "src/base/a.c", '/*\n#include "der/reader.h"\n*/\n'),
    ("words in strings and comments", "src/store/a.c",
     'static const char text[] = "printf( exit( /* */";\n/* strcpy( is refused */\n'),
    ("a member that is named like a call", "src/responder/a.c", "int\nf(void)\n{\n\tops->abort(x);\n\treturn s.time(1);\n}\n"),
    ("constants", "src/der/a.c",
     "static const int a = 1;\nstatic const char *const names[] = { \"a\" };\nextern const vouch_span oid;\n"
     "static int (*const hook)(int) = f;\nstatic const struct {\n\tint a;\n} rows[] = { { 1 } };\n"),
    ("types and prototypes", "src/der/a.h",
     "struct a;\nstruct b {\n\tint x;\n};\nenum c { C };\ntypedef struct { int y; } d;\nint f(int (*cb)(void), int n);\n"
     "VOUCH_MUST int g(char *s) __attribute__((format(printf, 1, 2)));\n_Static_assert(sizeof(int) == 4, \"int\");\n"),
    ("a function after a function", "src/der/a.c",
     "static int\nf(const struct x *p)\n{\n\tstatic const int t[] = { 1 };\n\n\tif (p) {\n\t\treturn t[0];\n\t}\n\treturn 0;\n}\n"
     "\nint\ng(void)\n{\n\treturn f(NULL);\n}\n"),
    ("a C++ guard", "include/vouch.h",
     '#include <stddef.h>\n#ifdef __cplusplus\nextern "C" {\n#endif\nint f(void);\n#ifdef __cplusplus\n}\n#endif\n'),
    ("a global in a program", "src/daemon/a.c", "static int count;\n"),
    ("printing and exiting in a program", "src/cli/a.c", 'void\nf(void)\n{\n\tprintf("x");\n\texit(2);\n}\n'),
    ("a function of 60 lines", "src/cli/a.c", "int\nf(void)\n{\n" + "\tg();\n" * 60 + "}\n"),
    ("a file of 600 lines", "src/cli/a.c", "int f(void);\n" * 598),
]


@pytest.mark.parametrize("what,name,text", ALLOWED, ids=[row[0] for row in ALLOWED])
def test_a_good_sample_is_left_alone(tree, what, name, text):
    assert findings(tree, name, text) == [], what


def test_a_c_file_without_its_license_line_is_found(tree):
    assert findings(tree, "src/base/a.c", "int f(void);\n", opening="") == [
        "src/base/a.c:1: the first line is /* SPDX-License-Identifier: Apache-2.0 */"]


def test_a_c_file_that_does_not_say_what_it_owns_is_found(tree):
    found = findings(tree, "src/base/a.c", "int f(void);\n", opening=OPENING.splitlines()[0] + "\n")
    assert found == ["src/base/a.c:2: the second line says what the file owns"]


@pytest.mark.parametrize("name", ["tools/a.py", "scripts/a", "tests/unit/meson.build"])
def test_a_script_without_its_license_line_is_found(tree, name):
    found = findings(tree, name, "print(1)\n", opening="#!/bin/sh\n")
    assert found == [f"{name}:1: one of the first lines is # SPDX-License-Identifier: Apache-2.0"]


def test_data_needs_no_license_line(tree):
    assert findings(tree, "tests/data/ca.pem", "-----BEGIN", opening="") == []


@pytest.mark.parametrize("name", ["src/base/util.c", "src/der/common.h", "tests/unit/helpers.py", "src/io/misc.c"])
def test_a_name_that_says_nothing_is_found(tree, name):
    opening = "# SPDX-License-Identifier: Apache-2.0\n" if name.endswith(".py") else OPENING
    found = findings(tree, name, "", opening)
    assert len(found) == 1 and "a name that says nothing" in found[0]


def test_the_program_prints_findings_and_fails(tree):
    def run():
        return subprocess.run([sys.executable, ROOT / "tools/check_layers.py", tree], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, check=False)

    good = run()
    assert (good.returncode, good.stdout) == (0, "")
    write(tree, "src/base/a.c", '#include "der/reader.h"\n')
    bad = run()
    assert bad.returncode == 1
    assert bad.stdout.startswith('src/base/a.c:3: "der/reader.h": base may include from: ')


def test_a_tree_without_sources_is_an_error_not_a_success(tmp_path):
    assert check_layers.main([str(tmp_path)]) == 2


def test_the_table_has_every_layer_of_the_library_and_the_programs():
    assert set(check_layers.RULES) == check_layers.LIBRARY | check_layers.PROGRAMS | {"modules/*"}


def test_no_layer_may_include_one_that_includes_it():
    rules = {layer: set(allowed) for layer, (allowed, _) in check_layers.RULES.items()}

    def reaches(layer):
        allowed = rules.get(layer, set())   # a module is no row of its own
        return allowed.union(*(reaches(lower) for lower in allowed))

    assert [layer for layer in rules if layer in reaches(layer)] == []
