# SPDX-License-Identifier: Apache-2.0
"""Sources as the configuration names them: mappings, optional ones, paths, and passwords that nobody is shown."""

import json
import os
import pathlib
import socket
import subprocess

import pytest

from site_of_tests import GOOD, HELD, REVOKED, Site
from support import program, rawhttp, yaml_text
from support.server import Server, refusal

PASSWORD = "Tr0ub4dor-and-3"
NEVER = 0x77


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


@pytest.fixture
def away():
    """A port where nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def crl(site, path, *serials):
    """A CRL of the site's CA, by openssl."""
    folder = pathlib.Path(path).parent
    (folder / "ca.txt").write_text("".join(
        f"R\t301231235959Z\t260102030405Z,superseded\t{serial:02X}\tunknown\t/CN=x{serial}\n" for serial in serials))
    (folder / "ca.cnf").write_text(f"[ca]\ndefault_ca=x\n[x]\ndatabase={folder}/ca.txt\ndefault_md=sha256\ndefault_crl_days=1\n")
    subprocess.run(["openssl", "ca", "-config", folder / "ca.cnf", "-gencrl", "-keyfile", site.folder / "ca.key", "-cert", site.folder / "ca.pem",
                    "-out", path], check=True, capture_output=True)
    return path


def status(site, config, *serials, code=None, json_lines=True):
    arguments = ["status", "--config", config, *(["--json"] if json_lines else []), "--serial", *[f"{s:x}" for s in serials]]
    done = program.run(*arguments, code=code, cwd=config.parent)
    return [json.loads(line) for line in done.stdout.splitlines()] if json_lines else done.stdout


@pytest.fixture
def write(site, tmp_path):
    def written(sources, **issuer):
        path = tmp_path / "vouch.yaml"
        path.write_text(yaml_text.dump(site.config(issuer={"sources": sources, **issuer})))
        return path
    return written


def test_a_mapping_becomes_the_uri_and_its_files_are_found_beside_the_configuration(site, write, tmp_path):
    crl(site, tmp_path / "ca.crl", REVOKED)
    (tmp_path / "issued of today").write_text(f"{GOOD:x}\n{REVOKED:x}\n")
    path = write([{"uri": "crl:ca.crl", "issued": "issued of today"}])
    with Server(tmp_path / "elsewhere", arguments=["--config", path]) as server:
        client = site.client(server)
        assert [client.status(serial) for serial in (GOOD, REVOKED, NEVER)] == ["good", "revoked", "unknown"]
    found = status(site, path, GOOD, REVOKED, NEVER, code=3)
    assert [o["status"] for o in found] == ["good", "revoked", "unknown"]


def test_status_tells_each_source_its_freshness_and_the_rule(site, write, tmp_path):
    crl(site, tmp_path / "ca.crl", REVOKED)
    path = write(["crl:ca.crl", f"sqlite:{site.folder / 'vouch.db'}"])
    good, revoked, held, never = status(site, path, GOOD, REVOKED, HELD, NEVER, code=3)
    assert [o["status"] for o in (good, revoked, held, never)] == ["good", "revoked", "revoked", "unknown"]
    assert [s["status"] for s in good["sources"]] == ["not found", "good"]
    assert good["sources"][0]["source"] == f"crl:{tmp_path}/ca.crl" and good["sources"][0]["age"] >= 0
    assert {"this_update", "next_update"} <= set(good["sources"][0]) and "this_update" not in good["sources"][1]
    assert good["rule"] == "source 2 says good, which ends the search"
    assert (revoked["rule"], revoked["revocation_reason"]) == ("source 1 says revoked, which ends the search", "superseded")
    assert never["rule"] == "no source knows it: clients are told unknown (not_issued)"
    text = status(site, path, GOOD, code=0, json_lines=False).splitlines()
    assert text[0].startswith("11: good")
    assert text[1].startswith(f"  1. crl:{tmp_path}/ca.crl: does not know it, as of 20") and ", until 20" in text[1]
    assert text[2].startswith(f"  2. sqlite:{site.folder}/vouch.db: good, as of now")
    assert text[3:] == ["  rule: source 2 says good, which ends the search"]


def test_status_follows_the_policy_of_the_issuer(site, write):
    database = f"sqlite:{site.folder / 'vouch.db'}"
    path = write([database, f"sqlite:{site.folder / 'vouch.db'}?mode=ro"], not_issued="revoked")
    never, = status(site, path, NEVER, code=4)
    assert never["rule"] == "no source knows it: clients are told revoked (RFC 6960 2.2) (not_issued)"
    path = write([database, f"{database}?mode=ro"], compromised="2026-01-02T03:04:05Z")
    good, = status(site, path, GOOD, code=3)
    assert "compromised" in good["rule"] and good["revocation_reason"] == "cACompromise"


def test_an_optional_source_that_is_away_stands_in_the_way_of_all_but_revoked(site, write, tmp_path):
    """Design rule 6, on the command line as in a server."""
    crl(site, tmp_path / "ca.crl", REVOKED)
    plugin = tmp_path / "list.so"
    subprocess.run(["cc", "-fPIC", "-shared", f"-I{program.ROOT / 'include'}", "-o", plugin, program.ROOT / "examples/plugin_source.c"], check=True)
    away = f"plugin:{plugin}?file={tmp_path}/nowhere"
    path = write([{"uri": away, "optional": True}, "crl:ca.crl", f"sqlite:{site.folder / 'vouch.db'}"])
    revoked, = status(site, path, REVOKED, code=3)
    assert revoked["sources"][0]["optional"] and revoked["sources"][0]["status"] == "unavailable" and "nowhere" in revoked["sources"][0]["error"]
    good, = status(site, path, GOOD, code=1)
    assert "tryLater" in good["rule"] and good["result"] == "tryLater"
    with Server(tmp_path / "server", arguments=["--config", path]) as server:
        client = site.client(server)
        assert client.status(REVOKED) == "revoked"
        assert client.ask(client.request(GOOD)).status == "tryLater"
    path = write([away, "crl:ca.crl"])
    required, = status(site, path, REVOKED, code=1)
    assert required["rule"] == "source 1 cannot tell: clients are told tryLater"


def test_what_is_wrong_with_a_source_names_file_line_and_field(site, write, tmp_path):
    path = write([{"uri": "index:index.txt", "colour": "red"}])
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "colour" in text)
    said = refusal(tmp_path / "a", arguments=["--config", path])
    assert f"vouch.yaml:{line}: colour: unknown setting" in said
    path = write([f"sqlite:{site.folder / 'vouch.db'}", "index:nowhere.txt"])
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "nowhere.txt" in text)
    said = refusal(tmp_path / "b", arguments=["--config", path])
    assert f"vouch.yaml:{line}: " in said and "nowhere.txt" in said


def has_module(scheme):
    folder = pathlib.Path(program.path()).parent / "src" / "modules" / scheme
    return (folder / f"vouch-source-{scheme}.so").exists()


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_password_is_shown_to_nobody(site, scheme, away, tmp_path):
    """Not by the log, the pages of the administrator, the command line of a process, or an error."""
    if not has_module(scheme):
        pytest.skip(f"this build has no {scheme}")
    uri = f"{scheme}://vouch:{PASSWORD}@127.0.0.1:{away}/vouch?timeout=1"
    flags = [str(flag).replace(f"sqlite:{site.folder / 'vouch.db'}", uri) for flag in site.flags()]
    with Server(tmp_path / "server", arguments=[*flags, "--admin", "127.0.0.1:0"]) as server:
        client = site.client(server)
        assert client.ask(client.request(GOOD)).status == "tryLater"
        admin = server.listening("admin")[0]
        pages = [rawhttp.get(admin, page).body.decode() for page in ("/metrics", "/healthz", "/status", "/")]
        children = pathlib.Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
        titles = [pathlib.Path(f"/proc/{pid}/cmdline").read_text() for pid in [str(server.process.pid), *children]]
        server.reload()
        server.wait_event("reloaded")
        assert client.ask(client.request(GOOD)).status == "tryLater"
        assert not [text for text in [server.errors, *pages, *titles] if PASSWORD in text]
    done = program.run("status", "--issuer", site.folder / "ca.pem", "--source", uri, "--serial", "1", code=None)
    assert PASSWORD not in done.stdout + done.stderr
    for bad in (f"{scheme}://vouch:{PASSWORD}@127.0.0.1:port/vouch", f"{scheme}://vouch:{PASSWORD}@127.0.0.1/v?timeout=x&timeout=y",
                f"{scheme}x://vouch:{PASSWORD}@127.0.0.1/v", f"{scheme}://127.0.0.1/v?password={PASSWORD}&password={PASSWORD}"):
        done = program.run("status", "--issuer", site.folder / "ca.pem", "--source", bad, "--serial", "1", code=1)
        assert PASSWORD not in done.stdout + done.stderr and done.stderr.count("\n") == 1
    done = program.run("import", "--issuer", site.folder / "ca.pem", "--db", f"sqlite:{tmp_path}/to.db", uri, code=1)
    assert PASSWORD not in done.stdout + done.stderr


def test_a_file_with_a_password_is_read_and_said_to_be_missing(site, away, tmp_path):
    if not has_module("postgresql"):
        pytest.skip("this build has no postgresql")
    uri = f"postgresql://vouch@127.0.0.1:{away}/vouch?password-file={tmp_path}/password"
    done = program.run("status", "--issuer", site.folder / "ca.pem", "--source", uri, "--serial", "1", code=1)
    assert f"{tmp_path}/password: No such file" in done.stderr
    (tmp_path / "password").write_text("\n")
    done = program.run("status", "--issuer", site.folder / "ca.pem", "--source", uri, "--serial", "1", code=1)
    assert f"{tmp_path}/password: its first line, the password, is empty" in done.stderr
    os.truncate(tmp_path / "password", 0)
    (tmp_path / "password").write_text(PASSWORD + "\n")
    done = program.run("status", "--issuer", site.folder / "ca.pem", "--source", uri, "--serial", "1", code=1)
    assert PASSWORD not in done.stderr + done.stdout
