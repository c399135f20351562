# SPDX-License-Identifier: Apache-2.0
"""The budget of signatures: one for any number of clients that ask the same, and limits that are felt at once and by those alone
who are over them. A signer process that takes no step makes waiting certain."""

import time

import pytest

from site_of_tests import GOOD, HELD, REVOKED, Site
from support import ocsp, processes, program, rawhttp
from support.client import Client

CLIENTS, HANGING_UP = 1000, 900
IN_FLIGHT, WAITING, BEYOND = 4, 12, 10
AT_ONCE_SECONDS = 0.5 if program.sanitized() else 0.05


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


def hanging_signer(server):
    return processes.stopped(processes.the(server, processes.SIGNER))


def ask_from_many(server, request, count, path="/"):
    """Each of its own connection; nobody has read anything yet."""
    asked = []
    for _ in range(count):
        asked.append(rawhttp.Connection(server.direct, deadline=60))
        asked[-1].send(rawhttp.post_octets(request, path))
    return asked


@pytest.mark.parametrize("hanging_up", [0, HANGING_UP])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_thousand_who_ask_the_same_wait_for_one_signature(site, threads, hanging_up):
    processes.allow_descriptors(CLIENTS + 200)
    with site.serve(threads=threads, limits={"per_address": CLIENTS + 100}) as server:
        client = site.client(server)
        request = client.request(GOOD)
        with hanging_signer(server):
            asked = ask_from_many(server, request, CLIENTS)
            rawhttp.until(lambda: server.metric("vouch_jobs") == CLIENTS)
            for connection in asked[:hanging_up]:
                connection.close()
            assert server.metric("vouch_signatures_total") == 0
        answers = {connection.read().body for connection in asked[hanging_up:]}
        for connection in asked[hanging_up:]:
            connection.close()
        assert len(answers) == 1
        ocsp.verify(ocsp.decode(answers.pop()), site.ca)
        assert client.status(GOOD) == "good"
        rawhttp.until(lambda: server.metric("vouch_jobs") == 0)
        assert server.metric("vouch_signatures_total") == 1
        assert server.metric("vouch_cache_shared_total") >= CLIENTS - hanging_up - 1
        assert server.metric("vouch_jobs_refused_total") == server.metric("vouch_signatures_refused_total") == 0


def test_the_first_who_asked_may_hang_up_and_the_others_are_answered(site):
    with site.serve() as server:
        client = site.client(server)
        with hanging_signer(server):
            asked = ask_from_many(server, client.request(HELD), 1)
            rawhttp.until(lambda: server.metric("vouch_jobs") == 1)
            asked += ask_from_many(server, client.request(HELD), 3)
            rawhttp.until(lambda: server.metric("vouch_jobs") == 4)
            asked[0].close()
        for connection in asked[1:]:
            assert client.read(connection.read()).single.status == "revoked"
            connection.close()
        rawhttp.until(lambda: server.metric("vouch_signatures_total") == 1)


def test_work_goes_on_when_its_client_hangs_up(site):
    """Whoever asks next has the answer, which nobody has seen."""
    with site.serve() as server:
        client = site.client(server)
        with hanging_signer(server):
            ask_from_many(server, client.request(GOOD), 1)[0].close()
            rawhttp.until(lambda: server.metric("vouch_jobs") == 1)
        rawhttp.until(lambda: server.metric("vouch_signatures_total") == 1)
        assert client.status(GOOD) == "good"
        assert server.metric("vouch_cache_hits_total") == 1 and server.metric("vouch_signatures_total") == 1


def test_what_is_asked_with_nonces_is_signed_for_each(site):
    with site.serve() as server:
        client = site.client(server)
        with hanging_signer(server):
            requests = [client.nonced(GOOD) for _ in range(8)]
            asked = [ask_from_many(server, request, 1)[0] for request in requests]
            rawhttp.until(lambda: server.metric("vouch_jobs") == 8)
        bodies = {connection.read().body for connection in asked}
        assert len(bodies) == 8 and server.metric("vouch_signatures_total") == 8


def is_told_at_once(client, request):
    """tryLater, on a connection that is open already, before anybody could have signed anything."""
    with rawhttp.Connection(client.server.direct) as connection:
        connection.exchange(rawhttp.head("GET", "/nothing"))
        begun = time.monotonic()
        answer = connection.exchange(rawhttp.post_octets(request))
        seconds = time.monotonic() - begun
    assert client.read(answer).status == "tryLater"
    assert answer.cache_control().get("max-age", "0") == "0" or "no-store" in answer.cache_control()
    return seconds


def test_beyond_the_limits_try_later_comes_at_once_and_stored_answers_go_on(site):
    budget = {"signing": {"in_flight": IN_FLIGHT, "waiting": WAITING}}
    with site.serve(threads=1, issuer=budget) as server:
        client = site.client(server)
        stored = client.post(client.request(GOOD)).body
        with hanging_signer(server):
            waiting = [ask_from_many(server, client.nonced(GOOD), 1)[0] for _ in range(IN_FLIGHT + WAITING)]
            rawhttp.until(lambda: server.metric("vouch_jobs") == IN_FLIGHT + WAITING)
            assert server.metric("vouch_signatures_refused_total") == 0
            seconds = sorted(is_told_at_once(client, client.nonced(GOOD)) for _ in range(BEYOND))
            assert seconds[BEYOND // 2] < AT_ONCE_SECONDS, seconds
            assert server.metric("vouch_signatures_refused_total") == BEYOND
            # A class of its own: who asks without a nonce is not shut out by those who ask with one.
            waiting += ask_from_many(server, client.request(REVOKED), 1)
            many = ask_from_many(server, ocsp.request(client.certid(GOOD), client.certid(HELD)), 1)
            rawhttp.until(lambda: server.metric("vouch_jobs") == IN_FLIGHT + WAITING + 2)
            for _ in range(20):
                begun = time.monotonic()
                assert client.post(client.request(GOOD)).body == stored
                assert time.monotonic() - begun < 1.0
        for connection in waiting + many:
            assert client.read(connection.read()).status == "successful"
            connection.close()
        rawhttp.until(lambda: server.metric("vouch_jobs") == 0)
        assert server.metric("vouch_signatures_refused_total") == BEYOND
        assert server.metric("vouch_signatures_total") == 1 + IN_FLIGHT + WAITING + 2
        assert client.successful(client.nonced(GOOD)).status == "successful"


def test_one_issuers_flood_takes_nothing_of_another_issuers_budget(tmp_path):
    sites = [Site(tmp_path / name) for name in ("one", "two")]
    issuers = [{**s.config()["issuers"][0], "name": s.folder.name, "path": f"/{s.folder.name}/", "signing": {"in_flight": 2, "waiting": 2}}
               for s in sites]
    with sites[0].serve(threads=1, issuers=issuers) as server:
        flooded, other = [Client(server, s.ca, f"/{s.folder.name}/") for s in sites]
        with hanging_signer(server):
            held = [(flooded, connection) for _ in range(4) for connection in ask_from_many(server, flooded.nonced(GOOD), 1, flooded.prefix)]
            rawhttp.until(lambda: server.metric("vouch_jobs") == 4)
            assert flooded.ask(flooded.nonced(GOOD)).status == "tryLater"
            held += [(other, connection) for _ in range(4) for connection in ask_from_many(server, other.nonced(GOOD), 1, other.prefix)]
            rawhttp.until(lambda: server.metric("vouch_jobs") == 8)
        for client, connection in held:
            assert client.read(connection.read()).status == "successful"
            connection.close()
