# SPDX-License-Identifier: Apache-2.0
"""The lines of the table: how much CPU an answer costs, beside what it could cost at least, in interleaved rounds."""

import statistics

from load import load, per_answer, sign_microseconds
from machine import LOAD_CORE, SERVER_CORE, kept_awake
from servers import Cfssl, Nginx, OpensslOcsp, Vouch
from world import FIRST

BOTH = f"{SERVER_CORE},{LOAD_CORE}"
MEMORY = "4GiB"
USUAL_MEMORY = "256MiB"
LIVELY = 1000       # certificates that are asked about with nonces: those in use on one day at one place


class Series:
    """One figure of each round."""

    def __init__(self, what, unit="µs"):
        self.what, self.unit, self.values = what, unit, []

    median = property(lambda self: statistics.median(self.values))
    least = property(lambda self: min(self.values))
    most = property(lambda self: max(self.values))


class Ratio(Series):
    """A promise: what is divided by what, and how far it may go."""

    def __init__(self, what, bound, at_most=True):
        super().__init__(what, "")
        self.bound, self.at_most = bound, at_most

    kept = property(lambda self: self.median <= self.bound if self.at_most else self.median >= self.bound)


def answer_of(world, server, **options):
    """One answer of ours, (fields, body), for the stand-ins."""
    from support import ocsp, rawhttp
    host, port = server.url.removeprefix("http://").rstrip("/").split(":")
    nonce = options.pop("nonce", None)
    request = ocsp.request(ocsp.certid(world.ca, FIRST, "sha256"), extensions=[ocsp.nonce(nonce)] if nonce else None)
    target = "/" if nonce else ocsp.path(request)
    answer = rawhttp.post((host, int(port)), request, target) if nonce else rawhttp.get((host, int(port)), target)
    assert answer.status == 200
    return [(name.title(), value) for name, value in answer.fields], answer.body


class Lines:
    def __init__(self, world, options):
        self.world, self.options, self.running = world, options, []
        self.closed = ["--duration", f"{options.seconds}s", "--connections", str(options.connections), "--verify", "100"]
        self.every = ["--serials", world.range]
        self.lively = ["--serials", f"{FIRST:X}-{FIRST + min(LIVELY, world.count) - 1:X}"]
        self.cost, self.ratios = {}, {
            "a": Ratio("(a) stored, GET : nginx", 1.00), "b": Ratio("(b) stored, POST : nginx", 1.00),
            "c": Ratio("(c) live P-256 : signature + nginx", 1.25), "d": Ratio("(d) live RSA-2048 : signature + nginx", 1.06),
            "e": Ratio("(e) answers per CPU second, two threads : one", 0.90, at_most=False)}
        for key, what in (("get", "stored answer, GET"), ("post", "stored answer, POST"), ("nginx get", "nginx `return 200`, GET"),
                          ("nginx post", "nginx `return 200`, POST"), ("p256", "live answer, P-256, one thread"),
                          ("p256 every", "the same, about all certificates of the database in random order"),
                          ("nginx p256", "nginx `return 200`, POST, as many octets as that"), ("sign p256", "signature, P-256 (`openssl speed`)"),
                          ("two", "live answer, P-256, two threads on both cores"), ("rsa2048", "live answer, RSA-2048"),
                          ("nginx rsa2048", "nginx `return 200`, POST, as many octets as that"), ("sign rsa2048", "signature, RSA-2048 (`openssl speed`)")):
            self.cost[key] = Series(what)

    def add(self, server):
        self.running.append(server)
        return server

    def start(self):
        world, folder = self.world, self.world.folder
        config = world.config
        self.stored = self.add(Vouch(folder / "stored", config("p256", 1, MEMORY)))
        self.live = {kind: self.add(Vouch(folder / kind, config(kind, 1, USUAL_MEMORY))) for kind in ("p256", "rsa2048")}
        self.two = self.add(Vouch(folder / "two", config("p256", 2, USUAL_MEMORY), BOTH))
        pages = {kind: answer_of(world, server, nonce=b"N" * 32) for kind, server in self.live.items()}
        pages["stored"] = answer_of(world, self.stored)
        self.octets = {name: len(body) for name, (_, body) in pages.items()}
        self.nginx = self.add(Nginx(folder / "nginx", pages))

    def stop(self):
        while self.running:
            self.running.pop().stop()

    def warm(self, tell):
        """Every answer is made once, so that each of the rounds is a hit."""
        tell(f"{self.world.count} answers are made and stored")
        load(self.world, self.stored.url, *self.every, "--requests", str(self.world.count), "--order", "sequential", "--post",
             "--connections", "64", "--verify", "100")
        entries = self.stored.counter("vouch_cache_entries")
        assert entries >= self.world.count, f"{entries} of {self.world.count} answers fit into the store"

    def measure(self, key, server, url, *arguments, **options):
        self.cost[key].values.append(per_answer(self.world, server, url, *arguments, *self.closed, **options))

    def stored_round(self):
        misses = self.stored.counter("vouch_cache_misses_total")
        for method in ("get", "post"):
            self.measure("nginx " + method, self.nginx, self.nginx.page("stored"), *self.every, "--" + method, is_ours=False)
            self.measure(method, self.stored, self.stored.url, *self.every, "--" + method)
        assert self.stored.counter("vouch_cache_misses_total") == misses, "an answer was not in the store"

    def live_round(self, kind, algorithm, row):
        nonced = [*self.lively, "--post", "--nonce"]
        self.cost["sign " + kind].values.append(sign_microseconds(algorithm, row, max(1, self.options.seconds // 2)))
        self.measure("nginx " + kind, self.nginx, self.nginx.page(kind), *nonced, is_ours=False)
        self.measure(kind, self.live[kind], self.live[kind].url, *nonced)

    def two_round(self):
        self.measure("two", self.two, self.two.url, *self.lively, "--post", "--nonce", "--threads", "2", cores=BOTH)
        self.measure("p256 every", self.live["p256"], self.live["p256"].url, *self.every, "--post", "--nonce")

    def divide(self):
        last = {key: series.values[-1] for key, series in self.cost.items()}
        for key, value in (("a", last["get"] / last["nginx get"]), ("b", last["post"] / last["nginx post"]),
                           ("c", last["p256"] / (last["sign p256"] + last["nginx p256"])),
                           ("d", last["rsa2048"] / (last["sign rsa2048"] + last["nginx rsa2048"])), ("e", last["p256"] / last["two"])):
            self.ratios[key].values.append(value)

    def round(self):
        self.stored_round()
        self.live_round("p256", "ecdsap256", "ecdsa (nistp256)")
        self.two_round()
        self.live_round("rsa2048", "rsa2048", "2048 bits")
        self.divide()

    def run(self, tell):
        try:
            self.start()
            self.warm(tell)
            for number in range(self.options.rounds):
                with kept_awake(LOAD_CORE):
                    self.round()
                tell(f"round {number + 1}: " + ", ".join(f"({key}) {ratio.values[-1]:.2f}" for key, ratio in self.ratios.items()))
        finally:
            self.stop()


class Others:
    """Responders of others, a connection for each request where they know no other way; ours beside them."""

    def __init__(self, world, options):
        self.world, self.options = world, options
        self.few = ["--serials", f"{FIRST:X}-{FIRST + 99:X}", "--duration", f"{options.seconds}s", "--hash", "sha1",
                    "--next-update-optional", "--verify", "20"]
        self.cost = {}

    def measure(self, key, server, *arguments):
        self.cost.setdefault(key, Series(key)).values.append(per_answer(self.world, server, server.url, *self.few, *arguments))

    def presigned(self, server):
        from support import ocsp, rawhttp
        host, port = server.url.removeprefix("http://").rstrip("/").split(":")
        return [rawhttp.post((host, int(port)), ocsp.request(ocsp.certid(self.world.ca, FIRST + n, "sha1")), "/").body for n in range(100)]

    def run(self, tell):
        running = [Vouch(self.world.folder / "beside", self.world.config("p256", 1, USUAL_MEMORY)), OpensslOcsp(self.world)]
        try:
            ours, openssl = running
            if Cfssl.is_there():
                running.append(Cfssl(self.world, self.presigned(ours)))
            for number in range(self.options.rounds):
                self.measure("openssl ocsp: live P-256, new connections", openssl, "--post", "--close", "--connections", "1")
                self.measure("vouch: live P-256, new connections", ours, "--post", "--nonce", "--close", "--connections", "1")
                for server in running[2:]:
                    self.measure("cfssl ocspserve: presigned, POST", server, "--post")
                self.measure("vouch: stored, POST", ours, "--post")
                tell(f"round {number + 1} of the others")
        finally:
            for server in running:
                server.stop()
