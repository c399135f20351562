# SPDX-License-Identifier: Apache-2.0
"""Who asks for stored answers while others flood the responder with nonces: server and client on one core, signer and flood on the other."""

import contextlib
import subprocess

from lines import BOTH, MEMORY, Series, answer_of
from load import checked, command, load
from machine import LOAD_CORE, SERVER_CORE, pin
from servers import Nginx, Vouch
from world import FIRST, KINDS

RATE = 500          # of the client who wants stored answers
CERTIFICATES = 1000
FLOODING = 3000     # connections: more than may wait for a signature
NAMES = {"rsa2048": "RSA-2048", "p256": "P-256"}
REFUSED_MS = 50     # the longest that a refusal may take


class Client:
    """What the client of stored answers and the flood do to one server."""

    def __init__(self, world, options, is_ours):
        self.world, self.options, self.is_ours = world, options, is_ours
        self.serials = ["--serials", f"{FIRST:X}-{FIRST + CERTIFICATES - 1:X}"]

    def ask(self, url):
        """The 99th percentile in milliseconds."""
        found = load(self.world, url, *self.serials, "--get", "--rate", str(RATE), "--duration", f"{self.options.seconds}s",
                     "--connections", "8", cores=SERVER_CORE, is_ours=self.is_ours)
        if self.is_ours:
            assert found["response_status"] == {"successful": RATE * self.options.seconds}, found
        return found["latency" if self.is_ours else "latency_others"]["p99"] * 1000

    def nonces(self, url, *arguments):
        return command(self.world, url, *self.serials, "--post", "--nonce", "--verify", "50", *arguments)

    def ask_in_a_flood(self, url, of, rate):
        """The same, and what the flood found."""
        flood = subprocess.Popen(self.nonces(of, "--duration", f"{self.options.seconds + 3}s", "--connections", str(FLOODING),
                                             "--rate", str(rate)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                flood.wait(1.5)         # it has filled the queue by then
            asked = self.ask(url)
        finally:
            out, errors = flood.communicate()
        return asked, checked(self.world, subprocess.CompletedProcess([], flood.returncode, out, errors), self.is_ours)


class OfKind:
    """Ours, with a signer of one kind."""

    def __init__(self, world, options, kind):
        self.world, self.kind = world, kind
        self.client = Client(world, options, True)
        name = NAMES[kind]
        self.capacity = Series(f"{name}: nonced answers a second when nobody else asks", "/s")
        self.quiet = Series(f"{name}: stored answers, p99, without the flood", "ms")
        self.flooded = Series(f"{name}: stored answers, p99, with it", "ms")
        self.turned_away = Series(f"{name}: tryLater to the flood, p99", "ms")
        self.share = Series(f"{name}: of the flood, answered with tryLater", "%")

    def start(self):
        config = self.world.config(self.kind, 1, MEMORY)
        config["limits"] = {"per_address": 2 * FLOODING}     # the flood has but one address, and the budget is to end it, not this
        self.server = Vouch(self.world.folder / ("flood-" + self.kind), config, BOTH)
        roles = self.server.children()
        if "vouch-server" in roles:
            pin(roles["vouch-server"], SERVER_CORE)
            pin(roles["vouch-signer"], LOAD_CORE)
        load(self.world, self.server.url, *self.client.serials, "--requests", str(CERTIFICATES), "--order", "sequential", "--post")

    def round(self):
        url = self.server.url
        self.quiet.values.append(self.client.ask(url))
        done = subprocess.run(self.client.nonces(url, "--duration", "2s", "--connections", "64"), capture_output=True, text=True)
        answered = checked(self.world, done)["response_status"]["successful"]
        self.capacity.values.append(answered / 2)
        self.rate = int(answered)       # in two seconds: twice the capacity
        flooded, found = self.client.ask_in_a_flood(url, url, self.rate)
        self.flooded.values.append(flooded)
        self.share.values.append(100 * found["response_status"].get("tryLater", 0) / found["answered"])
        self.turned_away.values.append(found["latency_try_later"]["p99"] * 1000)

    def rows(self):
        bound = max(3 * self.quiet.median, 2.0)
        yield self.capacity, None
        yield self.quiet, None
        yield self.flooded, bound
        yield self.turned_away, REFUSED_MS
        yield self.share, None


class StandIn:
    """nginx, which signs nothing, under a flood of the same rate."""

    def __init__(self, world, options):
        self.world = world
        self.client = Client(world, options, False)
        self.flooded = Series("nginx `return 200` for stored answers, p99, with as many requests as P-256 had", "ms")
        self.answered = Series("nginx `return 200` to those, p99", "ms")

    def start(self, server):
        self.server = Nginx(self.world.folder / "flood-nginx", {"stored": answer_of(self.world, server),
                                                                "nonced": answer_of(self.world, server, nonce=b"N" * 32)})

    def round(self, rate):
        flooded, found = self.client.ask_in_a_flood(self.server.page("stored"), self.server.page("nonced"), rate)
        self.flooded.values.append(flooded)
        self.answered.values.append(found["latency_others"]["p99"] * 1000)

    def rows(self):
        yield self.flooded, None
        yield self.answered, None


class Flood:
    def __init__(self, world, options):
        self.options = options
        self.kinds = [OfKind(world, options, kind) for kind in sorted(KINDS, reverse=True)]
        self.stand_in = StandIn(world, options)

    def rows(self):
        """Each series with what it may be at most, or None."""
        for measured in [*self.kinds, self.stand_in]:
            yield from measured.rows()

    def round(self):
        for kind in self.kinds:
            kind.round()
        self.stand_in.round(self.kinds[-1].rate)

    def run(self, tell):
        running = []
        try:
            for kind in self.kinds:
                kind.start()
                running.append(kind.server)
            self.stand_in.start(self.kinds[-1].server)
            running.append(self.stand_in.server)
            for number in range(self.options.rounds):
                self.round()
                tell(f"round {number + 1} of the flood: " + ", ".join(f"{s.what} {s.values[-1]:.2f} {s.unit}" for s, bound in self.rows() if bound))
        finally:
            for server in running:
                server.stop()
