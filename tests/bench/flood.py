# SPDX-License-Identifier: Apache-2.0
"""Who asks for stored answers while others flood the responder with nonces: server and client on one core, signer and flood on the other."""

import contextlib
import subprocess

from lines import BOTH, MEMORY, Series
from load import checked, command, load
from machine import LOAD_CORE, SERVER_CORE, pin
from servers import Vouch
from world import FIRST

RATE = 500          # of the client who wants stored answers
CERTIFICATES = 1000
FLOODING = 3000     # connections: more than may wait for a signature


class Flood:
    def __init__(self, world, options):
        self.world, self.options = world, options
        self.quiet = Series("stored answers, p99, without the flood", "ms")
        self.flooded = Series("stored answers, p99, with it", "ms")
        self.turned_away = Series("tryLater to the flood, p99", "ms")
        self.share = Series("of the flood, answered with tryLater", "%")
        self.capacity = Series("nonced answers a second when nobody else asks", "/s")
        self.serials = ["--serials", f"{FIRST:X}-{FIRST + CERTIFICATES - 1:X}"]

    bound = property(lambda self: max(3 * self.quiet.median, 2.0))
    kept = property(lambda self: self.flooded.median <= self.bound and self.turned_away.median <= 50)
    series = property(lambda self: [self.capacity, self.quiet, self.flooded, self.turned_away, self.share])

    def start(self):
        config = self.world.config("p256", 1, MEMORY)
        config["limits"] = {"per_address": 2 * FLOODING}     # the flood has but one address, and the budget is to end it, not this
        self.server = Vouch(self.world.folder / "flood", config, BOTH)
        roles = self.server.children()
        if "vouch-server" in roles:
            pin(roles["vouch-server"], SERVER_CORE)
            pin(roles["vouch-signer"], LOAD_CORE)
        load(self.world, self.server.url, *self.serials, "--requests", str(CERTIFICATES), "--order", "sequential", "--post")

    def nonces(self, *arguments):
        return command(self.world, self.server.url, *self.serials, "--post", "--nonce", "--verify", "50", *arguments)

    def client(self):
        found = load(self.world, self.server.url, *self.serials, "--get", "--rate", str(RATE), "--duration", f"{self.options.seconds}s",
                     "--connections", "8", cores=SERVER_CORE)
        assert found["response_status"] == {"successful": RATE * self.options.seconds}, found
        return found["latency"]["p99"] * 1000

    def round(self):
        self.quiet.values.append(self.client())
        done = subprocess.run(self.nonces("--duration", "2s", "--connections", "64"), capture_output=True, text=True)
        answered = checked(self.world, done)["response_status"]["successful"]
        self.capacity.values.append(answered / 2)
        rate = str(int(answered))       # in two seconds: twice the capacity
        flood = subprocess.Popen(self.nonces("--duration", f"{self.options.seconds + 3}s", "--connections", str(FLOODING), "--rate", rate),
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                flood.wait(1.5)         # it has filled the queue by then
            self.flooded.values.append(self.client())
        finally:
            out, errors = flood.communicate()
        found = checked(self.world, subprocess.CompletedProcess([], flood.returncode, out, errors))
        later = found["response_status"].get("tryLater", 0)
        self.share.values.append(100 * later / found["answered"])
        self.turned_away.values.append(found["latency_try_later"]["p99"] * 1000)

    def run(self, tell):
        try:
            self.start()
            for number in range(self.options.rounds):
                self.round()
                tell(f"round {number + 1} of the flood: p99 {self.quiet.values[-1]:.2f} ms without, {self.flooded.values[-1]:.2f} ms with it; "
                     f"tryLater within {self.turned_away.values[-1]:.1f} ms")
        finally:
            self.server.stop()
