# SPDX-License-Identifier: Apache-2.0
"""What clients are told when a CA has two sources: every pair of what the two may say, through the running program.

The rule: sources are asked in order; good, revoked and on hold end the search, what is not known goes on to the next,
what cannot be told ends it with tryLater, unless that source is optional and the answer in the end is revoked."""

import itertools
import time

import pytest

from site_of_tests import Site
from support import crl, program, rawhttp
from support.client import Client
from support.server import Server

SERIAL, OTHER = 0x51, 0x99
SAYS = {      # name of a source -> what it says of the certificate
    "index-good": "good", "index-revoked": "revoked", "index-absent": "absent",
    "crl-unlisted": "absent", "crl-revoked": "revoked", "crl-held": "hold", "crl-issued": "good", "crl-stale": "away",
    "sqlite-good": "good", "sqlite-held": "hold", "sqlite-absent": "absent", "sqlite-away": "away",
}
PAIRS = [pair for pair in itertools.product(SAYS, repeat=2) if pair[0] != pair[1]]
OPTIONS = [(), (0,), (1,), (0, 1)]       # which of the two are optional


def expected(pair, optional):
    passed_over = False
    for number, source in enumerate(pair):
        said = SAYS[source]
        if said in ("revoked", "hold"):
            return "revoked"
        if said == "good":
            return "tryLater" if passed_over else "good"
        if said == "away":
            if number not in optional:
                return "tryLater"
            passed_over = True
    return "tryLater" if passed_over else "unknown"


class Composition:
    """One server: an issuer for each pair, below a path of its own."""

    def __init__(self, folder):
        self.site = Site(folder / "site")
        self.folder = folder
        self.times = {}
        self.uris = {**self.indexes(), **self.lists(), **self.databases()}
        issuers = [self.issuer(pair, optional) for pair in PAIRS for optional in OPTIONS]
        config = {"listen": ["127.0.0.1:0"], "admin": "127.0.0.1:0", "issuers": issuers}
        self.server = Server(folder / "server", config)

    def indexes(self):
        rows = {"good": "V\t301231235959Z\t\t51\tunknown\t/CN=x\n",
                "revoked": "R\t301231235959Z\t260701120000Z,superseded\t51\tunknown\t/CN=x\n",
                "absent": "V\t301231235959Z\t\t99\tunknown\t/CN=y\n"}
        return {f"index-{name}": f"index:{self.write(name + '.txt', row.encode())}" for name, row in rows.items()}

    def lists(self):
        issued = self.write("issued", b"51\n")
        made = {"unlisted": crl.sound(self.site.ca, OTHER), "held": crl.sound(self.site.ca, crl.Entry(SERIAL, reason=6)),
                "revoked": crl.sound(self.site.ca, crl.Entry(SERIAL, reason=4), this_update=crl.hours(-4)),
                "issued": crl.sound(self.site.ca, this_update=crl.hours(-3), next_update=crl.hours(4)),
                "stale": crl.sound(self.site.ca, this_update=crl.hours(-9), next_update=crl.hours(-1))}
        self.times = {f"crl-{name}": crl.times_of(encoded) for name, encoded in made.items()}
        uris = {f"crl-{name}": f"crl:{self.write(name + '.crl', encoded)}" for name, encoded in made.items()}
        uris["crl-issued"] += f"?issued={issued}"
        return uris

    def databases(self):
        uris = {}
        for name in ("good", "held", "absent", "away"):
            file = self.folder / f"{name}.db"
            serial = "99" if name == "absent" else "51"
            program.run("hold" if name == "held" else "add", "--issuer", self.site.folder / "ca.pem", "--db", file, "--serial", serial)
            uris[f"sqlite-{name}"] = f"sqlite:{file}"
        return uris

    def write(self, name, octets):
        file = self.folder / name
        file.write_bytes(octets)
        return file

    def issuer(self, pair, optional):
        sources = [{"uri": self.uris[name], "optional": True} if number in optional else self.uris[name]
                   for number, name in enumerate(pair)]
        return {**self.site.config()["issuers"][0], "name": self.path(pair, optional).strip("/").replace("/", "-"),
                "path": self.path(pair, optional), "sources": sources}

    def path(self, pair, optional):
        return f"/{pair[0]}/{pair[1]}/{''.join(map(str, optional)) or 'none'}/"

    def away(self):
        """One database goes away, and the server has noticed."""
        (self.folder / "away.db").rename(self.folder / "gone.db")
        client = Client(self.server, self.site.ca, self.path(("sqlite-away", "sqlite-good"), ()))
        rawhttp.until(lambda: client.ask(client.request(SERIAL)).status == "tryLater")

    def client(self, pair, optional):
        return Client(self.server, self.site.ca, self.path(pair, optional))


@pytest.fixture(scope="module")
def composition(tmp_path_factory):
    made = Composition(tmp_path_factory.mktemp("composition"))
    with made.server:
        made.away()
        yield made


@pytest.mark.parametrize("optional", OPTIONS, ids=str)
def test_every_pair_is_answered_by_the_rule(composition, optional):
    wrong = {}
    for pair in PAIRS:
        client = composition.client(pair, optional)
        response = client.ask(client.request(SERIAL))
        said = response.single.status if response.status == "successful" else response.status
        if said != expected(pair, optional):
            wrong[pair] = said, expected(pair, optional)
    assert wrong == {}


def asked(pair):
    """The sources of a pair that are asked."""
    return pair if SAYS[pair[0]] in ("absent", "away") else pair[:1]


def test_the_times_are_the_earliest_of_the_sources_asked(composition):
    for pair in PAIRS:
        client = composition.client(pair, ())
        response = client.ask(client.request(SERIAL))
        if response.status != "successful":
            continue
        limits = [composition.times[name] for name in asked(pair) if name in composition.times]
        single = response.single
        for this_update, next_update in limits:
            assert single.this_update <= this_update and single.next_update <= next_update, pair
        if limits:
            assert single.this_update == min(this_update for this_update, _ in limits), pair


def test_nothing_is_good_while_a_source_is_away(composition):
    """Optional or not: an old list that says "not listed" does not stand for the database."""
    for optional in OPTIONS:
        for pair in PAIRS:
            if "away" in [SAYS[name] for name in asked(pair)]:
                client = composition.client(pair, optional)
                response = client.ask(client.request(SERIAL))
                assert response.status == "tryLater" or response.single.status == "revoked", (pair, optional)


def test_a_revocation_in_the_second_source_shows_within_a_second(tmp_path):
    """An index that knows nothing of the certificate, and a list that comes to know that it is revoked."""
    site = Site(tmp_path / "site")
    index, listed, fresh = (tmp_path / name for name in ("index.txt", "ca.crl", "fresh"))
    index.write_bytes(b"V\t301231235959Z\t\t99\tunknown\t/CN=y\n")
    listed.write_bytes(crl.sound(site.ca, OTHER, number=1))
    with site.serve(issuer={"sources": [f"index:{index}", f"crl:{listed}"]}) as server:
        client = site.client(server)
        request = client.request(SERIAL)
        assert client.successful(request).single.status == "unknown"
        fresh.write_bytes(crl.sound(site.ca, OTHER, SERIAL, number=2))
        fresh.rename(listed)
        begin = time.monotonic()
        rawhttp.until(lambda: client.successful(request).single.status == "revoked")
        assert time.monotonic() - begin < 2, "a second, and what the test itself takes"


def test_a_row_in_the_database_shows_behind_a_list(tmp_path):
    """A CRL first, then the register: issued now means good now, and revoked in the register is revoked."""
    site = Site(tmp_path / "site")
    listed = tmp_path / "ca.crl"
    listed.write_bytes(crl.sound(site.ca, OTHER))
    sources = [f"crl:{listed}", f"sqlite:{site.folder / 'vouch.db'}"]
    with site.serve(issuer={"sources": sources}) as server:
        client = site.client(server)
        assert client.status(0x11) == "good" and client.status(SERIAL) == "unknown"
        site.register("add", "--serial", "51")
        rawhttp.until(lambda: client.status(SERIAL) == "good", deadline=3)
        site.register("revoke", "--reason", "superseded", "--serial", "51")
        rawhttp.until(lambda: client.status(SERIAL) == "revoked", deadline=3)
        assert client.single(0x11).next_update <= crl.times_of(listed.read_bytes())[1]
        assert client.status(OTHER) == "revoked"
