# SPDX-License-Identifier: Apache-2.0
# scripts/deps: what it installs, what it asks for, and that it asks for nothing when nothing is missing.

import os
import re
import subprocess
from pathlib import Path

import pytest

DEPS = Path(__file__).resolve().parents[2] / "scripts/deps"
# What the script itself runs; everything else is missing unless a test brings it.
TOOLS = ("bash", "sed", "awk", "tr", "head", "readlink", "env", "cat", "grep", "tee", "chmod", "rm", "mktemp", "mkdir")

FAKES = {
    # Installed packages are lines of $STATE/installed.
    "dpkg-query": 'shift 3\nfor p; do grep -qx -- "$p" "$STATE/installed" && echo "installed $p"; done; true',
    # Known packages are lines of $STATE/known.
    "apt-cache": '[ "$1" = policy ] && grep -qx -- "$2" "$STATE/known" && echo "  Candidate: 1.0"; '
                 '[ "$1" = depends ] && echo "  Depends: clang-14"; true',
    # update brings $STATE/archive, into lists of its own $STATE/backports; install takes what is known.
    "apt-get": '[ "$1" != indextargets ] || { cat "$STATE/targets"; exit 0; }\n'
               'echo "apt-get $*" >>"$STATE/log"\n'
               'case "$*" in *Dir::State::Lists*) list=backports;; *) list=archive;; esac\n'
               'case "$*" in *Dir::State::Lists*update) cat "${3#-oDir::Etc::SourceList=}" >"$STATE/source";; esac\n'
               'case "$*" in *update) [ -s "$STATE/$list" ] || [ $list = archive ] || exit 100\n'
               'cat "$STATE/$list" >>"$STATE/known"; exit 0;; esac\n'
               '[ ! -x "$DPKG_ROOT/usr/sbin/policy-rc.d" ] || "$DPKG_ROOT/usr/sbin/policy-rc.d"; echo "$?" >"$STATE/policy"\n'
               'for p; do case "$p" in -*|install) ;; *) grep -qx -- "$p" "$STATE/known" || exit 100; '
               'echo "$p" >>"$STATE/installed";; esac; done',
    "pkg-config": "exit 1",
    "id": 'cat "$STATE/uid"',
}

BUILD = ["gcc", "libc6-dev", "make", "meson", "ninja-build", "pkgconf", "python3", "openssl", "libssl-dev", "libuv1-dev",
         "libyaml-dev", "libjansson-dev", "libcurl4-openssl-dev", "libsqlite3-dev", "libseccomp-dev", "libmariadb-dev", "libpq-dev"]
TESTS = ["clang", "libcmocka-dev", "python3-pytest", "python3-asn1crypto", "python3-cryptography", "python3-yaml",
         "gnutls-bin", "curl", "sqlite3", "mandoc", "g++", "python3-dev", "python3-cffi", "python3-setuptools", "python3-bottle",
         "libmicrohttpd-dev", "nginx-light", "mariadb-server", "postgresql"]
WISHES = ["doxygen", "abigail-tools", "haproxy", "python3-oscrypto", "mypy", "softhsm2", "swtpm", "tpm2-tools"]


class Machine:
    """A PATH with little in it, and a package manager that only keeps lists."""

    def __init__(self, folder):
        self.bin = folder / "bin"
        self.state = folder / "state"
        self.bin.mkdir()
        self.state.mkdir()
        for tool in TOOLS:
            found = next(p for p in (Path("/usr/bin") / tool, Path("/bin") / tool) if p.exists())
            (self.bin / tool).symlink_to(found)
        for name, text in FAKES.items():
            self.program(name, text)
        self.policy = self.state / "usr/sbin/policy-rc.d"
        self.policy.parent.mkdir(parents=True)
        for name in ("installed", "known", "archive", "log", "backports", "targets"):
            self.lines(name, [])
        self.lines("uid", ["0"])

    def program(self, name, text):
        path = self.bin / name
        path.write_text(f"#!/bin/bash\n{text}\n")
        path.chmod(0o755)

    def lines(self, name, lines):
        (self.state / name).write_text("".join(line + "\n" for line in lines))

    def deps(self, *arguments, script=DEPS):
        env = {"PATH": str(self.bin), "STATE": str(self.state), "DPKG_ROOT": str(self.state)}
        return subprocess.run(["/bin/bash", script, *arguments], env=env,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)

    def deps_without_provider(self):
        """As if this machine had no provider: the script looks for it below another folder."""
        script = self.state / "deps"
        script.write_text(DEPS.read_text().replace("file:/usr/lib*/*/ossl", f"file:{self.state}/lib/ossl"))
        return self.deps(script=script)

    @property
    def calls(self):
        return (self.state / "log").read_text().splitlines()

    @property
    def install(self):
        """The packages of the one call that installed."""
        calls = [call for call in self.calls if " install " in call]
        assert len(calls) == 1, calls
        assert "--no-install-recommends" in calls[0]
        return calls[0].split("--no-install-recommends ")[1].split()


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_nothing_missing_says_nothing_and_asks_for_nothing(machine):
    machine.lines("installed", BUILD + ["node-llhttp"])
    machine.lines("uid", ["1000"])
    done = machine.deps("build")
    assert (done.returncode, done.stdout, done.stderr, machine.calls) == (0, "", "", [])


def test_only_what_is_missing_is_installed(machine):
    machine.lines("installed", [p for p in BUILD if p not in ("libuv1-dev", "libyaml-dev")] + ["node-llhttp"])
    machine.lines("known", BUILD)
    assert machine.deps("build").returncode == 0
    assert machine.install == ["libuv1-dev", "libyaml-dev"]
    assert not [call for call in machine.calls if call.endswith("update")]


@pytest.mark.parametrize("name", ["node-llhttp", "libllhttp-dev"])
def test_llhttp_comes_from_the_package_that_the_distribution_has(machine, name):
    machine.lines("installed", BUILD)
    machine.lines("known", [name])
    assert machine.deps("build").returncode == 0
    assert machine.install == [name]


def test_empty_package_lists_are_updated_first(machine):
    machine.lines("installed", [p for p in BUILD if p != "gcc"])
    machine.lines("archive", ["gcc", "node-llhttp"])
    assert machine.deps("build").returncode == 0
    assert machine.calls[0].endswith("update")
    assert machine.install == ["gcc", "node-llhttp"]


def test_testing_needs_more_than_building(machine):
    machine.lines("installed", BUILD + ["node-llhttp"])
    machine.lines("known", TESTS)
    machine.program("python3", "exit 1")
    done = machine.deps()
    # This machine's own /usr/bin/python3 may already have the modules: then they are not missing.
    assert done.returncode == 0
    assert set(machine.install) <= set(TESTS) and {"clang", "libcmocka-dev", "mandoc"} <= set(machine.install)


def test_without_root_it_names_the_command_and_fails(machine):
    machine.lines("installed", [p for p in BUILD if p != "meson"] + ["node-llhttp"])
    machine.lines("known", BUILD)
    machine.lines("uid", ["1000"])
    done = machine.deps("build")
    assert done.returncode == 1
    assert done.stderr == "scripts/deps: packages are missing; as root, run: apt-get install --no-install-recommends meson\n"
    assert machine.calls == []


def test_without_root_it_uses_sudo_without_asking_when_nobody_can_answer(machine):
    machine.lines("installed", [p for p in BUILD if p != "meson"] + ["node-llhttp"])
    machine.lines("known", BUILD)
    machine.lines("uid", ["1000"])
    machine.program("sudo", '[ "$1" = -n ] || exit 1\nshift\n[ "$1" = true ] || exec "$@"')
    assert machine.deps("build").returncode == 0
    assert machine.install == ["meson"]


def test_servers_that_packages_bring_are_not_started(machine):
    machine.lines("known", BUILD + ["node-llhttp"])
    assert machine.deps("build").returncode == 0
    # invoke-rc.d starts nothing when the policy says 101.
    assert (machine.state / "policy").read_text() == "101\n"
    assert not machine.policy.exists()


def test_a_policy_that_the_machine_has_stays(machine):
    machine.policy.write_text("#!/bin/sh\nexit 42\n")
    machine.policy.chmod(0o755)
    machine.lines("known", BUILD + ["node-llhttp"])
    assert machine.deps("build").returncode == 0
    assert (machine.state / "policy").read_text() == "42\n"
    assert machine.policy.read_text() == "#!/bin/sh\nexit 42\n"


def test_a_package_that_does_not_exist_is_an_error(machine):
    machine.lines("installed", [p for p in BUILD if p != "meson"] + ["node-llhttp"])
    assert machine.deps("build").returncode != 0


def test_what_did_not_come_from_a_package_counts(machine):
    machine.lines("installed", [p for p in BUILD if p != "meson"] + ["node-llhttp"])
    machine.program("meson", "exit 0")
    done = machine.deps("build")
    assert (done.returncode, machine.calls) == (0, [])


def test_without_apt_it_goes_on_if_everything_is_found(machine):
    for name in ("apt-get", "apt-cache", "dpkg-query"):
        (machine.bin / name).unlink()
    missing = machine.deps("build")
    assert missing.returncode == 1
    assert "libuv1-dev pc:libuv" in missing.stderr
    for name in ("gcc", "make", "meson", "ninja", "pkg-config", "python3", "openssl"):
        machine.program(name, "exit 0")
    done = machine.deps("build")
    assert (done.returncode, done.stderr) == (0, "")


def lacks_only_the_provider(machine):
    machine.lines("installed", BUILD + TESTS + WISHES + ["node-llhttp", "libclang-rt-14-dev"])
    codename = re.search(r"^VERSION_CODENAME=(.*)$", text_of("/etc/os-release"), re.M)[1]
    machine.lines("targets", [f"{codename}-security {codename}-security http://security.example/debian-security",
                              f"{codename} {codename} http://mirror.example/debian"])
    return codename


def text_of(path):
    return Path(path).read_text() if Path(path).exists() else ""


on_debian = pytest.mark.skipif("ID=debian" not in text_of("/etc/os-release").splitlines(), reason="backports are Debian's")

@on_debian
def test_what_only_the_backports_have_comes_from_there_and_leaves_no_source(machine):
    codename = lacks_only_the_provider(machine)
    machine.lines("backports", ["pkcs11-provider"])
    done = machine.deps_without_provider()
    assert done.returncode == 0, done.stderr
    assert machine.install == ["pkcs11-provider"]
    source = (machine.state / "source").read_text()
    assert re.fullmatch(rf"deb (\[signed-by=\S+\] )?http://mirror\.example/debian {codename}-backports main\n", source)
    folder = re.search(r"-oDir::State::Lists=(\S+)", machine.calls[0])[1]
    assert all("-oDir::Etc::SourceParts=/dev/null" in call for call in machine.calls) and not Path(folder).exists()


@on_debian
def test_backports_that_cannot_be_reached_fail_nothing(machine):
    lacks_only_the_provider(machine)
    done = machine.deps_without_provider()
    assert done.returncode == 0 and "skipped" in done.stderr


@on_debian
def test_who_is_not_root_is_not_asked_for_backports(machine):
    lacks_only_the_provider(machine)
    machine.lines("uid", ["1000"])
    done = machine.deps_without_provider()
    assert (done.returncode, done.stdout, done.stderr, machine.calls) == (0, "", "", [])


def test_an_unknown_argument_is_wrong_usage(machine):
    assert machine.deps("everything").returncode == 2
    assert "scripts/deps build" in machine.deps("--help").stdout
