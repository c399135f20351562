#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Holds the tree to its layers: which folder includes what, what the library never calls, how files open and are named.
"""usage: check_layers.py [ROOT]    prints one line per finding, file:line: what is wrong; exits 1 if there is any."""

import re
import sys
from pathlib import Path

# The table is the rule: to bend it, change it, with the reason.
# stdatomic.h beside pthread.h: reference counts, and counters of a thread that others read, need no lock.
# sys/inotify.h in status: a file that is replaced shows within a second, and is not read for nothing.
# modules/query from the other modules: every database reads the users' own tables by the same names and rules.
# modules/register likewise: what a record of vouch's own may say does not depend on the database that holds it.
# client and signer: whoever signs a request is a vouch_signer.
# pthread.h in fetch: a CRL is fetched by a thread of its own, while clients are answered.
# pki beyond base: a certificate is read, and a key loaded, in one way.
# link.h and sys/stat.h in sources: a shared object that is cut off is refused before the loader trips over it.
# openssl/crypto.h in daemon: the secure heap is the process's, and no business of a library.
TABLE = """
# folder      may include from                                    guarded headers allowed
base          -                                                   -
der           base                                                -
ocsp          base der                                            -
crypto        base der                                            openssl/
status        base der crypto                                     pthread.h stdatomic.h sys/stat.h sys/inotify.h
signer        base der ocsp crypto                                openssl/ pthread.h stdatomic.h
issuer        base der ocsp crypto status signer                  pthread.h stdatomic.h
store         base der ocsp                                       lmdb.h pthread.h stdatomic.h sys/mman.h sys/stat.h
responder     base der ocsp crypto status signer issuer store     pthread.h stdatomic.h
client        base der ocsp crypto signer                         -
modules/*     modules/query modules/register                      pthread.h
io            base                                                uv.h sys/ netinet/ arpa/ netdb.h pthread.h time.h
http          base io                                             uv.h llhttp.h openssl/ssl.h stdatomic.h
conf          base                                                yaml.h
pki           base der crypto signer                              openssl/
fetch         base io                                             curl/ pthread.h stdatomic.h
sources       base modules/*                                      dlfcn.h link.h sys/stat.h
daemon        base io http conf fetch sources                     uv.h sys/ linux/ pthread.h stdatomic.h time.h syslog.h pwd.h grp.h seccomp.h jansson.h openssl/crypto.h
mock          base der ocsp crypto io http conf pki               uv.h openssl/ jansson.h
bench         base der io                                         uv.h llhttp.h netinet/ pthread.h stdatomic.h time.h sys/ jansson.h
cli           base io http conf pki fetch sources daemon mock bench   uv.h sys/ pthread.h time.h jansson.h
"""

# What "their client library" means for each module.
CLIENT_LIBRARY = {
    "modules/sqlite": ["sqlite3.h"],
    "modules/postgresql": ["libpq-fe.h", "poll.h", "sys/epoll.h", "time.h", "stdatomic.h"],
    "modules/mysql": ["mysql.h", "mysql/", "mariadb/", "errmsg.h", "mysqld_error.h"],
    "modules/redis": ["hiredis/"],
}

# Not in libvouch, and asked for what is on another machine, which may never answer: deadlines are kept by a clock that nobody sets, and
# connections are made by a thread, so that no client waits for one.
WAIT_FOR_OTHERS = {"modules/postgresql", "modules/mysql", "modules/redis"}

LIBRARY = {"base", "der", "ocsp", "crypto", "status", "signer", "issuer", "store", "responder", "client"}
PROGRAMS = {"io", "http", "conf", "pki", "fetch", "sources", "daemon", "mock", "bench", "cli"}

# ISO C17 without what the table guards: time.h, stdatomic.h, threads.h, and errno.h, which counts as POSIX.
ISO_C = {name + ".h" for name in (
    "assert complex ctype fenv float inttypes iso646 limits locale math setjmp signal stdalign stdarg stdbool"
    " stddef stdint stdio stdlib stdnoreturn string tgmath uchar wchar wctype").split()}
POSIX = {"unistd.h", "fcntl.h", "errno.h", "dirent.h"}
POSIX_FROM = {"status", "store", "signer"} | PROGRAMS       # and modules/*
# The HTTP server's public header: its own folder, and who may include from it.
HTTP_API = {"http", "daemon", "mock", "cli"}

CODE_FOLDERS = ("src", "include", "tests", "tools", "scripts", "python")
NAMELESS = {"util", "utils", "common", "misc", "helper", "helpers"}
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 60

CALL = r"(?<![\w.>])({})\s*\("
REFUSED_ANYWHERE = [
    (CALL.format("strcpy|stpcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atol|atoll|atof|alloca"),
     "{} is refused: it knows no bound or no error"),
]
REFUSED_IN_LIBRARY = [
    (CALL.format("printf|vprintf|puts|putchar|perror|syslog|vsyslog"), "{}: the library writes no log"),
    (r"\b(stdout|stderr)\b", "{}: the library writes no log"),
    (CALL.format("exit|_exit|_Exit|quick_exit|abort|atexit"), "{}: the library never exits"),
    (CALL.format("getenv|secure_getenv|setenv|putenv"), "{}: the library reads no environment"),
    (CALL.format("fork"), "{}: the library starts no thread or process"),
    (CALL.format("socket|socketpair|connect|listen|accept|getaddrinfo"), "{}: the library has no sockets"),
]
REFUSED_IN_WHAT_NEVER_WAITS = [
    (CALL.format("time|clock|clock_gettime|gettimeofday|timespec_get|localtime|localtime_r|gmtime"),
     "{}: the library reads no clock, `now` is an argument"),
    (CALL.format("pthread_create|thrd_create"), "{}: the library starts no thread or process"),
]
REFUSED_TEXT = [        # in the file as it stands, comments included
    (r"\b(TODO|FIXME|XXX)\b(?!.*#\d)", "{} without an issue number"),
    (r"^\s*#\s*if\s+(0)\b", "#if {}: code that is commented out; git knows"),
]


def parse_table(text):
    """{folder: (set of folders it may include from, list of guarded headers)}"""
    table = {}
    for row in text.strip().splitlines():
        if row.startswith("#"):
            continue
        folder, layers, headers = re.split(r"\s{2,}", row.strip())
        table[folder] = (set(layers.split()) - {"-"}, [h for h in headers.split() if h != "-"])
    return table


RULES = parse_table(TABLE)


def layer_of(path):
    """The layer of a path below src/: its folder, modules/NAME for a module, cli for main.c."""
    parts = path.split("/")
    if parts == ["main.c"]:
        return "cli"
    if parts[0] == "modules" and len(parts) > 2:
        return "/".join(parts[:2])
    return parts[0] if len(parts) > 1 else None


def rule_of(layer):
    if layer.startswith("modules/"):
        return RULES["modules/*"][0], RULES["modules/*"][1] + CLIENT_LIBRARY.get(layer, [])
    return RULES.get(layer)


def header_is_guarded_in(header, guarded):
    return any(header == g or (g.endswith("/") and header.startswith(g)) for g in guarded)


def blank(match):
    """As many lines, no text: findings keep their line numbers."""
    return re.sub(r"[^\n]", " ", match.group(0))


def without_comments(text):
    pattern = r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|/\*.*?\*/|//[^\n]*'
    return re.sub(pattern, lambda m: blank(m) if m.group(0).startswith("/") else m.group(0), text, flags=re.S)


def code_only(text):
    """The text without comments, strings, preprocessor lines and attributes, line for line."""
    text = without_comments(text)
    text = re.sub(r"^[ \t]*#\s*ifdef\s+__cplusplus\b.*?^[ \t]*#\s*endif", blank, text, flags=re.S | re.M)
    text = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", blank, text, flags=re.M)
    text = re.sub(r'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text)
    return re.sub(r"\b__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)", blank, text)


def line_at(text, offset):
    return text.count("\n", 0, offset) + 1


def include_findings(layer, text, root):
    """layer is None for the public headers in include/."""
    for match in re.finditer(r'^[ \t]*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', without_comments(text), re.M):
        ours, system = match.group(1), match.group(2)
        reason = ours_refused(layer, ours, root) if ours else system_refused(layer, system, root)
        if reason:
            yield line_at(text, match.start()), reason


def ours_refused(layer, header, root):
    target = layer_of(header)
    if target is None:
        return f'"{header}": write "folder/file.h" for a file of ours, <file.h> for any other'
    if not (root / "src" / header).is_file():
        return f'"{header}": there is no src/{header}'
    if layer is None:
        return f'"{header}": the public headers include nothing of src/'
    allowed = rule_of(layer)[0]
    generic = "modules/*" if target.startswith("modules/") else target
    if target == layer or target in allowed or generic in allowed:
        return None
    return f'"{header}": {layer} may include from: {" ".join(sorted(allowed)) or "nothing of ours but <vouch.h>"}'


def system_refused(layer, header, root):
    if (root / "src" / header).is_file():
        return f'<{header}>: a file of ours is included as "{header}"'
    if header in ISO_C or header == "vouch.h":
        return None
    if layer is None:
        return f"<{header}>: the public headers include ISO C only"
    if header == "vouch_http.h":
        return None if layer in HTTP_API else f"<{header}>: only for {' '.join(sorted(HTTP_API))}"
    if header in POSIX and (layer in POSIX_FROM or layer.startswith("modules/")):
        return None
    if header_is_guarded_in(header, rule_of(layer)[1]):
        return None
    return f"<{header}>: guarded; {layer} may include: {' '.join(rule_of(layer)[1]) or 'ISO C only'}"


def pattern_findings(rules, text):
    for pattern, message in rules:
        for match in re.finditer(pattern, text, re.M):
            yield line_at(text, match.start()), message.format(match.group(1))


def top_level(code):
    """Yields (offset, text, lines) of each file-scope declaration or definition; the insides of braces become {}."""
    depth, start, out, opened = 0, None, "", 0
    for offset, c in enumerate(code):
        if c == "}" and depth:
            depth -= 1
            if depth == 0:
                out += "}"
                if is_function(out):
                    yield start, out, line_at(code, offset) - line_at(code, opened) - 1
                    start, out = None, ""
            continue
        if c == "{":
            depth += 1
            if depth == 1:
                opened = offset
                out += "{"
            continue
        if depth or (start is None and (c.isspace() or c == ";")):
            continue
        if start is None:
            start = offset
        if c == ";":
            yield start, out, 0
            start, out = None, ""
        else:
            out += c


def is_function(declaration):
    """A definition with a body: its head ends in a parameter list and assigns nothing."""
    head = declaration[:declaration.index("{")].rstrip()
    return head.endswith(")") and "=" not in head


def is_mutable_variable(declaration):
    """Best effort, no parser: an object with static storage that something could write."""
    head = re.sub(r"^((?:static|const)\s+)*(struct|union|enum)\s*(\w+\s*)?\{\}", r"\1\2 X ", declaration.strip())
    head = head.split("=")[0].strip()
    if re.match(r"(typedef|_Static_assert|static_assert)\b", head) or "{" in head:
        return False
    if re.fullmatch(r"(struct|union|enum)\s+\w+", head):
        return False
    head = re.sub(r"\[[^\]]*\]", "", head).strip()
    pointer_to_function = re.match(r"[\w\s*]*\(\s*\*\s*(const\b)?\s*\w+\s*\)\s*\(", head)
    if pointer_to_function:
        return pointer_to_function.group(1) is None
    if "(" in head or not re.search(r"\w\s*[\s*]\s*\w+$", head):
        return False
    if "*" in head:
        return "const" not in head.rsplit("*", 1)[1]
    return not re.search(r"\bconst\b", head)


def variable_findings(code):
    for offset, declaration, _ in top_level(code):
        if not (declaration.endswith("}") and is_function(declaration)) and is_mutable_variable(declaration):
            yield line_at(code, offset), "a variable at file scope that is not const: the library has no globals"
    for match in re.finditer(r"^[ \t]+static\s+(?!inline\b|_Static_assert\b)([^;={(]*)[;=]", code, re.M):
        if is_mutable_variable("static " + match.group(1)):
            yield line_at(code, match.start()), "a static variable that is not const: the library has no globals"


def size_findings(text, code):
    lines = text.count("\n")
    if lines > MAX_FILE_LINES:
        yield MAX_FILE_LINES + 1, f"{lines} lines; {MAX_FILE_LINES} is the limit: is it still one noun?"
    for offset, _, length in top_level(code):
        if length > MAX_FUNCTION_LINES:
            yield line_at(code, offset), f"a function of {length} lines; {MAX_FUNCTION_LINES} is the limit"


def opening_findings(path, text):
    head = text.splitlines()[:3]
    if path.suffix in (".c", ".h"):
        if head[:1] != ["/* SPDX-License-Identifier: Apache-2.0 */"]:
            yield 1, "the first line is /* SPDX-License-Identifier: Apache-2.0 */"
        elif not head[1:2] or not head[1].startswith("/*"):
            yield 2, "the second line says what the file owns"
    elif not any(line == "# SPDX-License-Identifier: Apache-2.0" for line in head):
        yield 1, "one of the first lines is # SPDX-License-Identifier: Apache-2.0"


def has_license_line(path):
    """Program text of any language we use; data, corpora and generated pages have none."""
    if path.suffix in (".c", ".h", ".py", ".sh") or path.name in ("meson.build", "meson_options.txt", "Makefile"):
        return True
    if path.suffix:
        return False
    with open(path, "rb") as file:
        return file.read(2) == b"#!"


def check_c(path, root):
    text = path.read_text(encoding="utf-8")
    code = code_only(text)
    public = path.is_relative_to(root / "include")
    layer = None if public else layer_of(str(path.relative_to(root / "src")))
    if not public and (layer is None or rule_of(layer) is None):
        yield 1, "no folder of the table: add it there, with what it may include"
        return
    yield from include_findings(layer, text, root)
    yield from pattern_findings(REFUSED_ANYWHERE, code)
    yield from pattern_findings(REFUSED_TEXT, text)
    if not public:
        yield from size_findings(text, code)
    if public or layer in LIBRARY or layer.startswith("modules/"):
        yield from pattern_findings(REFUSED_IN_LIBRARY, code)
        if layer not in WAIT_FOR_OTHERS:
            yield from pattern_findings(REFUSED_IN_WHAT_NEVER_WAITS, code)
        yield from variable_findings(code)


def code_files(root):
    for folder in CODE_FOLDERS:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path


def check_file(path, root):
    if path.stem.lower() in NAMELESS:
        yield 1, f"{path.name}: a name that says nothing; name the noun that the file is about"
    if has_license_line(path):
        yield from opening_findings(path, path.read_text(encoding="utf-8"))
    if path.suffix in (".c", ".h") and path.relative_to(root).parts[0] in ("src", "include"):
        yield from check_c(path, root)


def check_tree(root):
    """Every finding in the tree, as lines of text."""
    return [f"{path.relative_to(root)}:{line}: {text}"
            for path in code_files(root) for line, text in sorted(check_file(path, root))]


def main(arguments):
    root = Path(arguments[0] if arguments else Path(__file__).resolve().parent.parent)
    if not (root / "src").is_dir():
        print(f"check_layers: {root}: there is no src/ in it", file=sys.stderr)
        return 2
    findings = check_tree(root)
    for finding in findings:
        print(finding)
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
