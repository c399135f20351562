# SPDX-License-Identifier: Apache-2.0
"""Status sources in shared objects: the example answers, and what is no such object is refused with its reason."""

import os
import subprocess

import pytest

from site_of_tests import GOOD, REVOKED, Site
from support import program, rawhttp
from support.server import refusal

EXAMPLE = program.ROOT / "examples" / "plugin_source.c"
REVOKED_AT = 1767225600
NEVER = 0x77
# Status sources that are wrong in one place, and what is said of each.
WRONG = {
    "a source for another ABI": (
        "#include <vouch.h>\n"
        "const vouch_source_ops *vouch_plugin(uint32_t abi)\n"
        "{ static vouch_source_ops ops; (void)abi; ops.abi = VOUCH_ABI + 1; ops.name = (char *)1; return &ops; }\n",
        "it was made for ABI {newer} of vouch.h, this program has {abi}"),
    "one that refuses the program's": (
        "#include <vouch.h>\nconst vouch_source_ops *vouch_plugin(uint32_t abi) { (void)abi; return 0; }\n",
        "it has no status source for ABI {abi} of vouch.h"),
    "an object of something else": ("int something = 1;\n", "no status source: it does not define vouch_plugin()"),
    "one without lookup": (
        "#include <vouch.h>\nconst vouch_source_ops *vouch_plugin(uint32_t abi)\n"
        "{ static const vouch_source_ops ops = { VOUCH_ABI, 0, \"half\" }; (void)abi; return &ops; }\n",
        "half lacks name or lookup"),
    "one that needs what is nowhere": (
        "#include <vouch.h>\nvoid nowhere(void);\n"
        "const vouch_source_ops *vouch_plugin(uint32_t abi) { (void)abi; nowhere(); return 0; }\n",
        "it cannot be loaded"),
}


def abi():
    for line in (program.ROOT / "include/vouch.h").read_text().splitlines():
        if line.startswith("#define VOUCH_ABI "):
            return int(line.split()[2])
    raise AssertionError("vouch.h has no VOUCH_ABI")


def build(source, target):
    subprocess.run(["cc", "-O2", "-fPIC", "-shared", f"-I{program.ROOT / 'include'}", "-o", target, source], check=True,
                   stdin=subprocess.DEVNULL, timeout=60)
    return target


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    return build(EXAMPLE, tmp_path_factory.mktemp("plugin") / "plugin_source.so")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "list of certificates"
    path.write_text(f"{GOOD:X} good\n{REVOKED:X} revoked {REVOKED_AT}\n99 nonsense\n")
    return path


def status(site, uri, *serials, code=None):
    return program.run("status", "--issuer", site.folder / "ca.pem", "--source", uri, "--serial",
                       *[f"{serial:x}" for serial in serials], code=code)


def refused(site, uri):
    """The one line that is said."""
    done = status(site, uri, GOOD, code=1)
    assert done.stdout == "" and done.stderr.startswith("vouch: status: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_the_example_answers_on_the_command_line(site, example, listed):
    uri = f"plugin:{example}?file={str(listed).replace(' ', '%20')}"
    assert status(site, uri, GOOD, code=0).stdout.startswith("11: good")
    assert "revoked 2026-01-01T00:00:00Z" in status(site, uri, REVOKED, code=3).stdout
    assert "unknown" in status(site, uri, NEVER, code=4).stdout


def test_a_line_that_is_no_status_is_an_error_and_never_good(site, example, listed):
    done = status(site, f"plugin:{example}?file={str(listed).replace(' ', '%20')}", 0x99, code=1)
    assert "good" not in done.stdout and "vouch: status:" in done.stderr


@pytest.mark.parametrize("sandbox", ["on", "off"])
def test_the_example_answers_clients_of_a_server(site, example, listed, tmp_path, sandbox):
    """The sandbox lets a plug-in be loaded, and open what its URI names, while the server runs."""
    uri = f"plugin:{example}?file={str(listed).replace(' ', '%20')}"
    with site.serve(tmp_path / "server", sandbox=sandbox, issuer={"sources": [uri], "lease": "50ms"}) as server:
        client = site.client(server)
        assert client.status(GOOD) == "good" and client.status(NEVER) == "unknown"
        revoked = client.single(REVOKED)
        assert (revoked.status, revoked.revocation_time.timestamp()) == ("revoked", REVOKED_AT)
        assert client.ask(client.request(0x99)).status == "internalError"
        listed.write_text(f"{GOOD:X} revoked {REVOKED_AT}\n")
        rawhttp.until(lambda: client.status(GOOD) == "revoked")
        listed.unlink()
        rawhttp.until(lambda: client.ask(client.request(NEVER)).status == "tryLater")


def test_a_plugin_opens_no_key(site, tmp_path):
    """The sandbox keeps the keys from code that nobody knows."""
    source = tmp_path / "thief.c"
    source.write_text(
        "#include <stdio.h>\n#include <vouch.h>\n"
        "static int lookup(void *ctx, const vouch_issuer *issuer, vouch_span serial, vouch_time now, vouch_status *out, vouch_err *err)\n"
        f"{{ FILE *key = fopen(\"{site.folder / 'ocsp.key'}\", \"r\"); (void)ctx, (void)issuer, (void)serial, (void)now, (void)err;\n"
        "  out->cert_status = key != NULL ? VOUCH_REVOKED : VOUCH_GOOD; out->revocation_time = key != NULL ? 1 : out->revocation_time;\n"
        "  if (key != NULL) fclose(key);\n  return VOUCH_OK; }\n"
        "static int opened(void **ctx, const char *uri, vouch_time now, vouch_err *err)\n"
        "{ (void)uri, (void)now, (void)err; *ctx = NULL; return VOUCH_OK; }\n"
        "static void closed(void *ctx) { (void)ctx; }\n"
        "const vouch_source_ops *vouch_plugin(uint32_t abi)\n"
        "{ static const vouch_source_ops ops = { .abi = VOUCH_ABI, .name = \"thief\", .open = opened, .lookup = lookup, .close = closed };\n"
        "  return abi == VOUCH_ABI ? &ops : NULL; }\n")
    uri = f"plugin:{build(source, tmp_path / 'thief.so')}"
    assert "revoked" in status(site, uri, GOOD, code=3).stdout
    with site.serve(tmp_path / "server", issuer={"sources": [uri]}) as server:
        if server.events("sandbox") and "landlock" not in server.errors:
            pytest.skip("no Landlock")
        assert site.client(server).status(GOOD) == "good"


@pytest.mark.parametrize("what", WRONG)
def test_an_object_without_a_status_source_of_this_abi_is_refused(what, site, tmp_path):
    code, message = WRONG[what]
    (tmp_path / "wrong.c").write_text(code)
    path = build(tmp_path / "wrong.c", tmp_path / "wrong.so")
    said = refused(site, f"plugin:{path}")
    assert message.format(abi=abi(), newer=abi() + 1) in said
    assert what == "one without lookup" or str(path) in said


def make_pipe(path, _):
    os.mkfifo(path)


# What stands where an object is expected.
NO_OBJECTS = {
    "nothing": (lambda path, good: None, "there is no such file"),
    "an empty file": (lambda path, good: path.write_bytes(b""), "not a shared object"),
    "a text": (lambda path, good: path.write_text("vouch\n" * 100), "not a shared object"),
    "a folder": (lambda path, good: path.mkdir(), "not a shared object"),
    "a pipe": (make_pipe, "not a shared object"),
    "one for another machine": (lambda path, good: path.write_bytes(good[:4] + bytes([3 - good[4]]) + good[5:]), "not a shared object"),
    "one with the other order of octets": (lambda path, good: path.write_bytes(good[:5] + bytes([3 - good[5]]) + good[6:]),
                                           "not a shared object"),
}


@pytest.mark.parametrize("what", NO_OBJECTS)
def test_what_is_no_shared_object_is_refused(what, site, example, tmp_path):
    make, message = NO_OBJECTS[what]
    path = tmp_path / "none.so"
    make(path, example.read_bytes())
    said = refused(site, f"plugin:{path}?file=x")
    assert message in said and str(path) in said


def test_an_object_that_is_cut_off_is_refused_wherever_it_is(site, example, tmp_path):
    """The loader maps what the file says that it has, and dies of what it has not."""
    whole, path = example.read_bytes(), tmp_path / "cut.so"
    for length in [*range(0, 4096, 293), *range(4096, len(whole), 1021)]:
        path.write_bytes(whole[:length])
        done = status(site, f"plugin:{path}?file=/nowhere/list", GOOD)
        assert done.returncode == 1 and done.stderr.count("\n") == 1, (length, done)


def test_an_object_in_the_working_directory_is_not_looked_for_elsewhere(site, example, listed, tmp_path):
    (tmp_path / "beside.so").write_bytes(example.read_bytes())
    done = program.run("status", "--issuer", site.folder / "ca.pem", "--source",
                       f"plugin:beside.so?file={str(listed).replace(' ', '%20')}", "--serial", f"{GOOD:x}", cwd=tmp_path)
    assert done.stdout.startswith("11: good")


def test_a_server_without_its_plugin_does_not_start_and_says_the_line(site, tmp_path):
    said = refusal(tmp_path, site.config(issuer={"sources": ["plugin:nowhere.so"]}))
    assert "vouch.yaml:" in said and f"{tmp_path}/nowhere.so: there is no such file" in said


def test_a_parameter_that_is_missing_is_told(site, example):
    assert "needs ?file=PATH" in refused(site, f"plugin:{example}")


def test_a_module_that_is_not_installed_is_named_with_its_package(site, tmp_path):
    for scheme, library, package in (("postgresql", "libpq", "libpq-dev"), ("mysql", "libmariadb", "libmariadb-dev")):
        done = subprocess.run([program.path(), "status", "--issuer", site.folder / "ca.pem", "--source",
                               f"{scheme}://vouch:Tr0ub4dor@localhost/vouch", "--serial", "1"], capture_output=True, text=True, timeout=60,
                              env=program.environment({"VOUCH_MODULES": str(tmp_path)}))
        assert done.returncode == 1 and f"vouch-source-{scheme}.so" in done.stderr and f"{library} is (package {package})" in done.stderr
        assert "Tr0ub4dor" not in done.stderr + done.stdout and "vouch:***@localhost" in done.stderr


def test_a_module_that_lacks_its_client_library_says_which_package_has_it(site, tmp_path):
    (tmp_path / "needs.c").write_text("void nowhere(void);\nvoid vouch_plugin(void) { nowhere(); }\n")
    build(tmp_path / "needs.c", tmp_path / "vouch-source-mysql.so")
    done = subprocess.run([program.path(), "status", "--issuer", site.folder / "ca.pem", "--source", "mysql://localhost/vouch", "--serial",
                           "1"], capture_output=True, text=True, timeout=60, env=program.environment({"VOUCH_MODULES": str(tmp_path)}))
    assert done.returncode == 1 and "libmariadb comes with package libmariadb3" in done.stderr
