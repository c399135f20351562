# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the conformance tests: one world, one server for most rows, a strict one, and servers with a
movable clock."""

import collections
import itertools
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

import stands as standing  # noqa: E402
import world as worlds  # noqa: E402
from support.client import Client  # noqa: E402
from support.server import SPOIL_VARIABLE, Server, refusal  # noqa: E402
from support.vectors import VECTORS  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: asks thousands of times; left out when answers are spoiled")


def pytest_collection_modifyitems(config, items):
    """Behind a spoiling proxy only the shared server is asked, for a server for each test would cost minutes
    per spoiling; and each test once before any with its other parameters, so that many rows may notice."""
    if os.environ.get(SPOIL_VARIABLE):
        own, seen = {"timed", "refuses", "strict"}, collections.Counter()
        kept = [item for item in items if "main" in item.fixturenames and not own & set(item.fixturenames)
                and item.get_closest_marker("slow") is None]
        rank = {}
        for item in kept:
            seen[item.function] += 1
            rank[item] = seen[item.function]
        items[:] = sorted(kept, key=rank.get)


@pytest.fixture(scope="session")
def world(tmp_path_factory):
    return worlds.World(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="session")
def main(world, tmp_path_factory):
    """The server for most rows."""
    directory = tmp_path_factory.mktemp("main")
    with Server(directory, world.main_config(directory / "http.sock"), signers=world.signers) as server:
        yield server


@pytest.fixture(scope="session")
def strict(world, tmp_path_factory):
    """`lenient: false`, and little patience: for what slow clients see."""
    config = world.config(world.test_issuer(), lenient=False, limits={"header_time": "1s", "idle_time": "2s"})
    with Server(tmp_path_factory.mktemp("strict"), config, signers=world.signers) as server:
        yield server


@pytest.fixture(scope="session")
def site(main, world):
    """The test CA at the root path."""
    return Client(main, world.test)


@pytest.fixture(scope="session")
def at(main, world):
    """at("/require/"): the test CA below that path; at("/x/", "many"): another one."""
    return lambda prefix, issuer="test": Client(main, getattr(world, issuer), prefix)


@pytest.fixture
def timed(world, tmp_path):
    """timed(issuer settings…): a server of its own, whose clock and signing the test commands through
    `.shim`."""
    started = []
    numbers = itertools.count()

    def start(*issuers, **settings):
        directory = tmp_path / f"timed{next(numbers)}"
        config = world.config(*(issuers or [world.test_issuer(**settings)]))
        server = Server(directory, config, signers=world.signers, shim=True)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.stop()


@pytest.fixture
def refuses(world, tmp_path):
    """refuses(issuer, …): the message with which serve refuses to start with these issuers."""
    return lambda *issuers, **settings: refusal(tmp_path / "refused", world.config(*issuers, **settings))


@pytest.fixture(scope="session")
def gallery(main, world):
    """{name: (client, decoded response)}: one answer of each kind, for the rows that look at all of them."""
    test = Client(main, world.test)
    asked = {name: (test, test.ask(VECTORS[name])) for name in
             ("V01", "V02", "V03", "V04", "V11", "V12", "V13", "V15", "V17", "V19", "V21", "V24", "V45")}
    for serial in (worlds.REVOKED, worlds.AT_MIDNIGHT, worlds.NO_REASON, worlds.HELD, worlds.INVALIDITY):
        asked[f"{serial:x}"] = test, test.ask(test.request(serial))
    for name, prefix in (("own", "/"), ("twin", "/"), ("root", "/"), ("many", "/printable/"),
                         ("many", "/utf8/"),
                         *(("many", f"/algorithm/{kind}/") for kind in worlds.SIGNER_KINDS)):
        client = Client(main, getattr(world, name), prefix)
        asked[f"{name} at {prefix}"] = client, client.ask(client.request(worlds.EE))
    for prefix in ("/extended/", "/cutoff/", "/cutoff-issuer/", "/webpki/"):
        client = Client(main, world.test, prefix)
        asked[f"test at {prefix}"] = client, client.ask(client.request(worlds.EE, worlds.NOT_ISSUED))
    assert all(response.status == "successful" for _, response in asked.values())
    return asked


@pytest.fixture(scope="session")
def answers(gallery):
    """The decoded responses of the gallery."""
    return [response for _, response in gallery.values()]


# CRLs -------------------------------------------------------------------------------------------------

@pytest.fixture(scope="session")
def authorities(world):
    """The world, with the authorities that only rows of CRLs need."""
    return standing.make_authorities(world)


@pytest.fixture(scope="session")
def stands(authorities, tmp_path_factory):
    """stands("name"): one of them, served."""
    directory = tmp_path_factory.mktemp("stands")
    made = standing.stands_of(authorities, directory)
    with standing.StandServer(authorities, directory / "server", list(made.values())):
        yield made.__getitem__


@pytest.fixture
def own(authorities, tmp_path):
    """own(lists, …): a stand with a server and a clock of its own."""
    started = []

    def start(lists, *others, **options):
        stand = standing.Stand(authorities, tmp_path, f"own{len(started)}", lists, path="/", **options)
        server = standing.StandServer(authorities, tmp_path / f"server{len(started)}", [stand, *others], shim=True)
        started.append(server)
        server.start()
        return stand

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="module")
def refusals(authorities, tmp_path_factory):
    """refusals.refuses(octets, *words): they are published in the place of a sound list, and not used."""
    directory = tmp_path_factory.mktemp("refusals")
    site = standing.Refusals(authorities, directory)
    with standing.StandServer(authorities, directory / "server", [site.stand]):
        yield site
