# SPDX-License-Identifier: Apache-2.0
"""Clients that mean no good, by the octet: nothing they send ends the server, blocks it, or makes it grow."""

import base64
import contextlib
import random
import socket
import time
import urllib.parse

import pytest

from site_of_tests import GOOD, Site
from support import processes, program, rawhttp
from support.vectors import VECTORS

MUTATIONS, RANDOM_BODIES, IDLE, HALF_SENT = 10_000, 500, 1000, 200
PIPELINED = 50
KIB_OF_GROWTH = 1024


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def server(site):
    with site.serve("raw") as running:
        yield running


def mutated(octets, chance, other):
    """A bit flipped, a cut, or a splice with another request."""
    kind = chance.randrange(3)
    at = chance.randrange(len(octets))
    if kind == 0:
        return octets[:at] + bytes([octets[at] ^ 1 << chance.randrange(8)]) + octets[at + 1:]
    if kind == 1:
        return octets[:at]
    return octets[:at] + other[chance.randrange(len(other)):]


def as_request(octets, chance):
    """GET or POST; a path that is empty, or does not begin as base64 of a SEQUENCE, is 400 and that is fine."""
    if chance.randrange(2):
        return rawhttp.post_octets(octets)
    text = base64.b64encode(octets).decode()
    return rawhttp.head("GET", "/" + (urllib.parse.quote(text, safe="") if chance.randrange(2) else text))


def ask_pipelined(server, requests):
    """Everything is answered in order, by 200 or 400."""
    for first in range(0, len(requests), PIPELINED):
        batch = requests[first:first + PIPELINED]
        with rawhttp.Connection(server.direct) as connection:
            connection.send(b"".join(batch))
            for request in batch:
                response = connection.read()
                assert response.status in (200, 400), (request, response)
                assert response.status == 400 or response["Content-Type"] == "application/ocsp-response"


def assert_answers_soon(server, site):
    began = time.monotonic()
    assert site.client(server).ask(site.client(server).request(GOOD)).status == "successful"
    assert time.monotonic() - began < (5 if program.sanitized() else 1)


def storm(server, site, seed):
    processes.allow_descriptors(IDLE + HALF_SENT + 200)
    chance = random.Random(seed)
    vectors = list(VECTORS.values())
    ask_pipelined(server, [as_request(mutated(chance.choice(vectors), chance, chance.choice(vectors)), chance)
                           for _ in range(MUTATIONS)])
    ask_pipelined(server, [rawhttp.post_octets(chance.randbytes(chance.randrange(1, 4000)))
                           for _ in range(RANDOM_BODIES)])
    with contextlib.ExitStack() as open_sockets:
        for number in range(IDLE + HALF_SENT):
            connection = open_sockets.enter_context(rawhttp.Connection(server.direct))
            if number >= IDLE:
                connection.send(b"GET /ME4w" if number % 2 else rawhttp.post_octets(bytes(99))[:-50])
        assert_answers_soon(server, site)
    rawhttp.until(lambda: server.metric("vouch_connections") <= 1)


def test_a_storm_leaves_a_server_that_answers_and_has_not_grown(server, site):
    storm(server, site, 1)
    after_first = server.resident()
    storm(server, site, 1)
    assert_answers_soon(server, site)
    if not program.sanitized():         # a sanitizer keeps what is freed
        assert server.resident() - after_first <= KIB_OF_GROWTH


def test_fifty_requests_in_one_write_are_answered_in_order(server, site):
    client = site.client(server)
    serials = [GOOD, 0x22, 0x33, 0x44]
    requests = [client.request(serials[n % 4]) for n in range(PIPELINED)]
    octets = [rawhttp.post_octets(r) if n % 3 else rawhttp.head("GET", "/" + base64.b64encode(r).decode())
              for n, r in enumerate(requests)]
    with rawhttp.Connection(server.direct) as connection:
        connection.send(b"".join(octets))
        answers = [client.read(connection.read()) for _ in requests]
    assert [answer.singles[0].serial for answer in answers] == [serials[n % 4] for n in range(PIPELINED)]


def test_a_client_that_sends_octet_by_octet_is_answered(server, site):
    with rawhttp.Connection(server.direct) as connection:
        for octet in rawhttp.post_octets(site.client(server).request(GOOD)):
            connection.send(bytes([octet]))
        assert connection.read().status == 200


def test_a_client_that_never_reads_stops_nobody(server, site):
    request = rawhttp.post_octets(site.client(server).request(GOOD))
    with rawhttp.Connection(server.direct) as connection:
        connection.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(200_000):
                connection.socket.send(request)
        assert_answers_soon(server, site)


def test_a_reset_in_the_middle_stops_nobody(server, site):
    linger = b"\1\0\0\0\0\0\0\0"
    for cut in (1, 20, 70, 140):
        with rawhttp.Connection(server.direct) as connection:
            connection.send(rawhttp.post_octets(site.client(server).request(GOOD))[:cut])
            connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    assert_answers_soon(server, site)


@pytest.mark.parametrize("limit", ["connections", "per_address"])
def test_connections_over_a_cap_are_turned_away(site, limit):
    with site.serve(f"cap-{limit}", limits={limit: 3}) as server, contextlib.ExitStack() as stack:
        kept = [stack.enter_context(rawhttp.Connection(server.direct)) for _ in range(3)]
        request = rawhttp.post_octets(site.client(server).request(GOOD))
        assert all(connection.exchange(request).status == 200 for connection in kept)
        with rawhttp.Connection(server.direct) as fourth:
            assert fourth.read().status == 503
        assert all(connection.exchange(request).status == 200 for connection in kept)
        assert server.metric("vouch_connections_refused_total") >= 1
        kept[0].close()
        rawhttp.until(lambda: server.metric("vouch_connections") == 2)
        with rawhttp.Connection(server.direct) as fifth:
            assert fifth.exchange(request).status == 200


def test_slow_requests_and_idle_connections_end_at_their_deadlines(site):
    with site.serve("slow", limits={"header_time": "1s", "idle_time": "1s"}) as server:
        with rawhttp.Connection(server.direct) as idle, rawhttp.Connection(server.direct) as half:
            half.send(b"GET /ME4w")
            assert half.read().status == 408
            assert half.closes()
            assert idle.closes()
