# SPDX-License-Identifier: Apache-2.0
"""vouch as a package leaves it: headers, libraries and pkg-config files of the build under test below a folder."""

import json
import os
import pathlib
import re
import subprocess

from . import program

# What a compiler calls the shared runtime of its address sanitizer.
RUNTIMES = {"gcc": "libasan.so", "clang": "libclang_rt.asan-x86_64.so"}


def build_folder():
    """$VOUCH_BUILD, else where the program under test was built."""
    return pathlib.Path(os.environ.get("VOUCH_BUILD") or pathlib.Path(program.path()).parent)


def output(*command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stdout


def compiler_of(build):
    command = json.loads((build / "compile_commands.json").read_text())[0]["command"].split()[0]
    return "clang" if "clang" in output(command, "--version") else "gcc"


class Installed:
    """Installs into a folder.  A program built with flags(compiler) runs with environment(compiler)."""

    def __init__(self, folder):
        build = build_folder()
        listed = json.loads(output("meson", "introspect", str(build), "--buildoptions"))
        options = {option["name"]: option["value"] for option in listed}
        done = subprocess.run(["meson", "install", "-C", str(build), "--no-rebuild", "--quiet", "--tags", "runtime,devel",
                               "--destdir", str(folder)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        self.prefix = pathlib.Path(f"{folder}{options['prefix']}")
        self.libraries = self.prefix / options["libdir"]
        self.pkgconfig = self.libraries / "pkgconfig"
        self.sanitizers = options["b_sanitize"] if options["b_sanitize"] != "none" else ""
        self.built_by = compiler_of(build)
        self.relocate()

    def relocate(self):
        """A staged folder is not where the files say that they are."""
        for path in self.pkgconfig.glob("*.pc"):
            path.write_text(re.sub(r"^prefix=.*$", f"prefix={self.prefix}", path.read_text(), flags=re.M))

    def flags(self, compiler):
        """For compiler and linker.  Two compilers' sanitizers do not mix in a process: the other's programs have none."""
        if not self.sanitizers:
            return []
        if compiler == self.built_by:
            return [f"-fsanitize={self.sanitizers}", "-fno-omit-frame-pointer"]
        return ["-Wl,--allow-shlib-undefined"]

    def runtime(self):
        return output(self.built_by, f"-print-file-name={RUNTIMES[self.built_by]}").strip()

    def environment(self, compiler=None):
        """To build and to run.  A process that has no sanitizer of its own (compiler None: Python, say) gets the runtime
        that the libraries want."""
        extra = {"PKG_CONFIG_PATH": str(self.pkgconfig), "LD_LIBRARY_PATH": str(self.libraries)}
        if self.sanitizers and compiler != self.built_by:
            extra["LD_PRELOAD"] = self.runtime()
        return program.environment(extra)
