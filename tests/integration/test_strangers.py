# SPDX-License-Identifier: Apache-2.0
"""A flood of serial numbers that somebody invents: a slow source is asked so often a second and no more, the signer is
not kept from others, and whoever asks for a certificate that exists is answered."""

import array
import collections
import os
import subprocess
import threading
import time

import pytest

from site_of_tests import GOOD, REVOKED, Site
from support import program, rawhttp
from support.client import Client

LIMIT, POOL_THREADS = 40, 32
KNOWN = range(1, 21)
FLOOD_SECONDS = 4


@pytest.fixture(scope="module")
def plugin(tmp_path_factory):
    target = tmp_path_factory.mktemp("plugin") / "counting_source.so"
    subprocess.run(["cc", "-O2", "-fPIC", "-shared", f"-I{program.ROOT / 'include'}", "-o", target,
                    program.ROOT / "tests/support/counting_source.c"], check=True, stdin=subprocess.DEVNULL, timeout=60)
    return target


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


class Flood:
    """Clients that ask for one invented serial number after the other."""

    def __init__(self, client, clients=4, nonces=False):
        self.client, self.nonces, self.stopped = client, nonces, False
        self.answers = collections.Counter()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *unused):
        self.stopped = True
        for thread in self.threads:
            thread.join(20)

    def request(self):
        serial = int.from_bytes(os.urandom(16), "big") >> 1
        return self.client.nonced(serial) if self.nonces else self.client.request(serial)

    def run(self):
        with rawhttp.Connection(self.client.address) as connection:
            while not self.stopped:
                request = self.request()
                head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\nContent-Length: {len(request)}\r\n\r\n"
                body = connection.exchange(head.encode() + request, "POST").body
                self.answers["tryLater" if body == b"\x30\x03\x0a\x01\x03" else "answered"] += 1


def seconds(record):
    """How many lookups there were in each second."""
    octets = record.read_bytes()
    return collections.Counter(array.array("q", octets[:len(octets) // 8 * 8]))


def ask_known(client, until):
    """Asks for what is known, with nonces, so that each is looked up and signed; returns the slowest in seconds."""
    slowest, asked = 0.0, 0
    while time.monotonic() < until:
        serial = KNOWN[asked % len(KNOWN)]
        begun = time.monotonic()
        response = client.ask(client.nonced(serial))
        slowest = max(slowest, time.monotonic() - begun)
        assert response.status == "successful" and response.single.status == "good"
        asked += 1
    assert asked > 10
    return slowest


@pytest.mark.parametrize("nonces", [False, True], ids=["plain", "with nonces"])
def test_a_slow_source_is_asked_so_often_and_what_is_known_is_answered(site, plugin, tmp_path, nonces):
    record = tmp_path / "record"
    record.touch()
    uri = f"plugin:{plugin}?record={record}&delay_ms=20"
    with site.serve(tmp_path / "server", issuer={"sources": [uri], "unknown_lookups": LIMIT}) as server:
        client = Client(server, site.ca)
        assert all(client.status(serial) == "good" for serial in KNOWN)
        record.write_bytes(b"")
        with Flood(client, nonces=nonces) as flood:
            begun = time.monotonic()
            slowest = ask_known(client, begun + FLOOD_SECONDS)
        known_lookups = server.metric("vouch_source_lookups_total") - server.metric("vouch_source_not_found_total")
        in_vain = server.metric("vouch_source_not_found_total")
        refused = server.metric("vouch_lookups_refused_total")
    assert flood.answers.total() > 8 * LIMIT and flood.answers["answered"] > 0
    assert slowest < 2
    # A second is begun by as many as have a thread; the flood lies in one second more than it lasts.
    assert 0 < in_vain <= (FLOOD_SECONDS + 2) * (LIMIT + POOL_THREADS)
    assert max(seconds(record).values()) <= LIMIT + POOL_THREADS + known_lookups
    assert refused >= flood.answers["tryLater"] * 0.9


def test_strangers_are_answered_again_when_the_flood_is_over(site, plugin, tmp_path):
    record = tmp_path / "record"
    uri = f"plugin:{plugin}?record={record}&delay_ms=0"
    with site.serve(tmp_path / "server", issuer={"sources": [uri], "unknown_lookups": 5}) as server:
        client = Client(server, site.ca)
        with Flood(client) as flood:
            rawhttp.until(lambda: flood.answers["tryLater"] > 50)
        rawhttp.until(lambda: client.ask(client.request(0x7f00_0000_0001)).status == "successful")
        assert client.status(0x7f00_0000_0001) == "unknown"
        rawhttp.until(lambda: client.ask(client.request(7)).status == "successful")
        assert client.status(7) == "good"


def test_a_flood_keeps_the_signer_from_nobody_and_fills_no_cache(site, tmp_path):
    """A local database is not spared; its answers are signed when nobody else's are waited for."""
    with site.serve(tmp_path / "server", store={"memory": "1MiB"}, issuer={"signing": {"in_flight": 1}}) as server:
        client = Client(server, site.ca)
        assert client.status(GOOD) == "good" and client.status(REVOKED) == "revoked"
        produced = {serial: client.successful(client.request(serial)).produced_at for serial in (GOOD, REVOKED)}
        with Flood(client, clients=8) as flood:
            begun = time.monotonic()
            while time.monotonic() < begun + FLOOD_SECONDS:
                for serial in (GOOD, REVOKED):
                    assert client.successful(client.request(serial)).produced_at == produced[serial]
                response = client.ask(client.nonced(GOOD))
                assert response.status == "successful"
        assert flood.answers["answered"] > 100
        assert server.metric("vouch_cache_octets") <= 1 << 20
