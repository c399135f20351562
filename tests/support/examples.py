# SPDX-License-Identifier: Apache-2.0
"""The programs of examples/, built against an installed vouch by pkg-config alone, and run."""

import pathlib
import signal
import subprocess
import threading

from . import ports, program, rawhttp

FOLDER = program.ROOT / "examples"
CXX = {"gcc": "g++", "clang": "clang++"}
RESPONDERS = ("own_table", "own_signer", "behind_microhttpd", "responder")
CLIENTS = ("verify", "staple")


class Built:
    """The examples named, or all of them, built by one compiler in a folder."""

    def __init__(self, installed, compiler, folder, *names):
        self.installed, self.compiler, self.folder = installed, compiler, pathlib.Path(folder)
        flags = " ".join(["-O2", "-g", "-Werror", *installed.flags(compiler)])
        done = subprocess.run(["make", "-k", "-C", FOLDER, f"OUT={folder}", f"CC={compiler}", f"CXX={CXX[compiler]}",
                               f"CFLAGS={flags}", f"CXXFLAGS={flags}", *[f"{folder}/{name}" for name in names]], stdin=subprocess.DEVNULL,
                              env=self.tools_environment(), capture_output=True, text=True, timeout=300)
        self.code, self.output = done.returncode, done.stdout + done.stderr

    def path(self, name):
        return str(self.folder / name)

    def environment(self):
        return self.installed.environment(self.compiler)

    def tools_environment(self):
        """For compilers and the like, which want no sanitizer's runtime."""
        return {name: value for name, value in self.environment().items() if name != "LD_PRELOAD"}

    def run(self, name, *arguments, code=0, cwd=None, deadline=60):
        """Fails unless the program exits with `code` (None: any)."""
        done = subprocess.run([self.path(name), *map(str, arguments)], cwd=cwd, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=deadline, env=self.environment())
        program.assert_sound(done.stderr)
        assert code is None or done.returncode == code, f"{name}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done

    def libraries(self, name):
        """{soname: path} of what the loader finds."""
        done = subprocess.run(["ldd", self.path(name)], env=self.tools_environment(), capture_output=True,
                              text=True, check=True)
        rows = [line.split() for line in done.stdout.splitlines() if "=>" in line]
        return {row[0]: row[2] for row in rows}


class Running:
    """A responder among the examples, from its first answer to SIGTERM and exit code 0."""

    def __init__(self, built, name, *arguments):
        self.command, self.environment = [built.path(name), *map(str, arguments)], built.environment()

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=self.environment)
        self.errors = []
        self.reader = threading.Thread(target=lambda: self.errors.extend(self.process.stderr), daemon=True)
        self.reader.start()
        return self

    def port(self):
        """The one that it says it listens on."""
        line = self.process.stdout.readline()
        assert line.startswith("listening on "), line + "".join(self.errors)
        return int(line.split()[-1].rsplit(":")[-1])

    def silent_port(self):
        """The one that it listens on and does not tell."""
        def found():
            assert self.process.poll() is None, "".join(self.errors)
            return ports.listening(self.process.pid)
        return rawhttp.until(found)[0]

    def __exit__(self, kind, *unused):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait(10)
        self.reader.join(5)
        self.process.stdout.close()
        if kind is None:
            program.assert_sound("".join(self.errors))
            assert code == 0, f"exit {code} after SIGTERM\n" + "".join(self.errors)
