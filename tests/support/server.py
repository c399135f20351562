# SPDX-License-Identifier: Apache-2.0
"""A running `vouch serve`: started from a configuration or flags, found by its log, stopped and checked for
a clean end."""

import os
import pathlib
import re
import shlex
import signal
import subprocess
import threading

from . import program, rawhttp, yaml_text
from .shim import Shim

READY_DEADLINE = 30.0
SPOIL_VARIABLE = "VOUCH_CONFORMANCE_SPOIL"


class Refused(AssertionError):
    """The server ended before it was ready; carries its exit code and what it wrote."""

    def __init__(self, code, errors):
        super().__init__(f"exit {code}\n{errors}")
        self.code, self.errors = code, errors


def fields(line):
    """The fields of one logfmt line."""
    try:
        parts = shlex.split(line)
    except ValueError:
        return {}
    return dict(part.split("=", 1) for part in parts if "=" in part)


def parse_address(text):
    if text.startswith("unix:"):
        return text[5:]
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


class Server:
    """`config` is the mapping that becomes vouch.yaml, or `arguments` are given to serve as they are.

    `signers` are the certificates whose keys a spoiling proxy may sign with again (tools/mutate_conformance).
    """

    def __init__(self, directory, config=None, arguments=(), signers=(), shim=False):
        self.directory, self.signers = pathlib.Path(directory), list(signers)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.shim = Shim(self.directory) if shim else None
        self.arguments = [program.path(), "serve", *map(str, arguments)]
        if config is not None:
            self.configure(config)
            self.arguments += ["--config", str(self.directory / "vouch.yaml")]
        self.lines, self.proxies, self.process = [], {}, None
        self.launch = {}        # more for subprocess.Popen
        self.arrived = threading.Condition()

    def configure(self, config):
        (self.directory / "vouch.yaml").write_text(yaml_text.dump(config))

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, *unused):
        if kind is None:
            self.stop()
        else:
            self.kill()

    def start(self):
        extra = self.shim.environment() if self.shim else None
        self.process = subprocess.Popen(self.arguments, cwd=self.directory, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                        env=program.environment(extra), **self.launch)
        self.reader = threading.Thread(target=self.collect, daemon=True)
        self.reader.start()
        try:
            self.wait_event("ready", deadline=READY_DEADLINE)
        except BaseException:
            self.kill()
            raise
        return self

    def collect(self):
        for line in self.process.stderr:
            with self.arrived:
                self.lines.append(line.rstrip("\n"))
                self.arrived.notify_all()
        with self.arrived:
            self.lines.append(None)
            self.arrived.notify_all()

    @property
    def errors(self):
        return "\n".join(line for line in self.lines if line is not None)

    def ended(self):
        return bool(self.lines) and self.lines[-1] is None

    def events(self, name):
        return [f for f in map(fields, filter(None, list(self.lines))) if f.get("event") == name]

    def wait_event(self, name, count=1, deadline=rawhttp.DEADLINE):
        """Waits for the count-th log line with that event."""
        with self.arrived:
            self.arrived.wait_for(lambda: self.ended() or len(self.events(name)) >= count, deadline)
        found = self.events(name)
        if len(found) < count:
            if self.ended():
                raise Refused(self.process.wait(5), self.errors)
            raise AssertionError(f"no event={name} in {deadline} s:\n{self.errors}")
        return found[count - 1]

    def listening(self, role):
        return [parse_address(f["address"]) for f in self.events("listening") if f.get("role") == role]

    @property
    def addresses(self):
        """The public addresses, each behind a spoiling proxy if one is asked for."""
        return [self.spoiled(address) for address in self.listening("ocsp")]

    @property
    def address(self):
        return self.addresses[0]

    @property
    def direct(self):
        """The first public address itself, for what a proxy cannot pass on (resets, octets in flight)."""
        return self.listening("ocsp")[0]

    def spoiled(self, address):
        spoiling = os.environ.get(SPOIL_VARIABLE)
        if not spoiling:
            return address
        if address not in self.proxies:
            from . import spoil
            self.proxies[address] = spoil.Proxy(address, spoiling, self.signers)
        return self.proxies[address].address

    def metrics(self):
        """{sample with its labels: value}; spoiling does not touch the administrator's listener."""
        text = rawhttp.get(self.listening("admin")[0], "/metrics").body.decode()
        samples = [line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#")]
        return {name: float(value) for name, value in samples}

    def metric(self, name, **labels):
        """The sum of all samples of that name whose labels agree."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(value for sample, value in self.metrics().items()
                   if re.split(r"[{ ]", sample)[0] == name and all(w in sample for w in wanted))

    def resident(self):
        """Anonymous memory in KiB of the process and its children."""
        main = self.process.pid
        children = pathlib.Path(f"/proc/{main}/task/{main}/children").read_text().split()
        total = 0
        for pid in [main, *children]:
            status = pathlib.Path(f"/proc/{pid}/status").read_text()
            total += int(re.search(r"RssAnon:\s+(\d+)", status)[1])
        return total

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def stop(self):
        """SIGTERM; the server has to drain, exit 0 and leave no sanitizer's report."""
        for proxy in self.proxies.values():
            proxy.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"SIGTERM did not end the server in 20 s:\n{self.errors}") from None
        self.reader.join(5)
        program.assert_sound(self.errors)
        assert code == 0, f"exit {code} after SIGTERM:\n{self.errors[-4000:]}"

    def kill(self):
        for proxy in self.proxies.values():
            proxy.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        self.reader.join(5)


def refusal(directory, config=None, arguments=()):
    """Starts a server that must not start; returns its message after the checks that hold for every
    refusal."""
    server = Server(directory, config, arguments)
    try:
        server.start()
    except Refused as refused:
        program.assert_sound(refused.errors)
        assert refused.code == 1, str(refused)
        assert not server.events("listening"), f"it listened before it refused:\n{refused.errors}"
        messages = [line for line in refused.errors.splitlines() if line.startswith("vouch: ")]
        assert len(messages) == 1, f"one line 'vouch: what: why' is expected:\n{refused.errors}"
        return messages[0]
    server.kill()
    raise AssertionError(f"it started, and should have refused:\n{server.errors}")
