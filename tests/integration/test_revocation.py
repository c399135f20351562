# SPDX-License-Identifier: Apache-2.0
"""A change in the database reaches every client: within a second, for every method and hash, and for good."""

import concurrent.futures
import signal
import threading
import time

import pytest

from site_of_tests import GOOD, Site
from support import ocsp, processes, program, rawhttp

HASHES = ("sha1", "sha256", "sha384", "sha512")
VISIBLE = 1.0		# seconds, design 5 rule 1
SLOW = 4 if program.sanitized() else 1	# sanitizers slow the program, not the promise


class Watcher(threading.Thread):
    """Asks one question over and over on one connection; keeps (sent, received, status) of each answer."""

    def __init__(self, site, server, serial, hash_name, method):
        super().__init__(daemon=True)
        request = ocsp.request(ocsp.entry(ocsp.certid(site.ca, serial, hash_name)))
        self.name = f"{method} {hash_name}"
        self.head = (b"GET " + ocsp.path(request).encode() + b" HTTP/1.1\r\nHost: x\r\n\r\n" if method == "GET" else
                     b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\nContent-Length: %d\r\n\r\n"
                     % len(request) + request)
        self.connection = rawhttp.Connection(server.direct)
        self.seen, self.stopping, self.failure = [], False, None

    def run(self):
        try:
            while not self.stopping:
                sent = time.monotonic()
                self.connection.send(self.head)
                body = self.connection.read().body
                self.seen.append((sent, time.monotonic(), ocsp.decode(body).single.status))
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error
        finally:
            self.connection.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


def watch(site, server, serial):
    watchers = [Watcher(site, server, serial, hash_name, method) for hash_name in HASHES for method in ("GET", "POST")]
    for watcher in watchers:
        watcher.start()
    rawhttp.until(lambda: all(len(w.seen) >= 3 or w.failure for w in watchers), deadline=30)
    return watchers


def change(site, *arguments):
    """Runs a command; the change is committed somewhere between the two times."""
    begun = time.monotonic()
    site.register(*arguments)
    return begun, time.monotonic()


def settle(watchers, count=5):
    marks = [len(w.seen) for w in watchers]
    rawhttp.until(lambda: all(len(w.seen) >= m + count or w.failure for w, m in zip(watchers, marks)), deadline=30)
    for watcher in watchers:
        watcher.stopping = True
    for watcher in watchers:
        watcher.join(15)
        assert watcher.failure is None, (watcher.name, watcher.failure)


def assert_turned(watchers, before, after, committed):
    for w in watchers:
        statuses = [status for _, _, status in w.seen]
        first = statuses.index(after)
        assert set(statuses[:first]) == {before} and set(statuses[first:]) == {after}, f"{w.name}: an older answer came back"
        late = [sent - committed for sent, _, status in w.seen if status == before and sent > committed + VISIBLE * SLOW]
        assert not late, f"{w.name}: still {before} to a question asked {max(late):.2f} s after the commit"


def test_a_revocation_shows_within_a_second_everywhere(site):
    serial = 0x11
    with site.serve() as server:
        watchers = watch(site, server, serial)
        _, committed = change(site, "revoke", "--reason", "keyCompromise", "--serial", f"{serial:x}")
        settle_until(watchers, "revoked")
        settle(watchers)
        assert_turned(watchers, "good", "revoked", committed)


def test_an_issuance_and_a_hold_and_its_release_show_as_well(site):
    serial = 0x4711
    with site.serve() as server:
        for before, after, arguments in (("unknown", "good", ("add",)), ("good", "revoked", ("hold",)), ("revoked", "good", ("release",))):
            watchers = watch(site, server, serial)
            _, committed = change(site, *arguments, "--serial", f"{serial:x}")
            settle_until(watchers, after)
            settle(watchers)
            assert_turned(watchers, before, after, committed)


def settle_until(watchers, status):
    rawhttp.until(lambda: all(w.failure or (w.seen and w.seen[-1][2] == status) for w in watchers), deadline=20)


def test_many_changes_in_a_row_all_show(site):
    serials = range(0x9000, 0x9040)
    site.register("add", "--serial", *[f"{s:x}" for s in serials])
    with site.serve() as server:
        client = site.client(server)
        for serial in serials:
            assert client.status(serial) == "good"
        site.register("revoke", "--reason", "superseded", "--serial", *[f"{s:x}" for s in serials])
        committed = time.monotonic()
        rawhttp.until(lambda: time.monotonic() > committed + VISIBLE)
        for serial in serials:
            assert client.status(serial) == "revoked"


def test_what_is_revoked_while_a_signature_is_waited_for_is_answered_revoked(site):
    """A signer that is busy, slow or started again holds answers up: they say what is true when they go out."""
    serial = 0x5555
    site.register("add", "--serial", f"{serial:x}")
    with site.serve() as server, concurrent.futures.ThreadPoolExecutor(8) as pool:
        client = site.client(server)
        assert client.status(serial) == "good"
        alone = [client.nonced(serial), client.request(serial, serial, hash_name="sha384")]
        shared = [client.request(serial, hash_name="sha512")] * 3
        with processes.stopped(processes.the(server, processes.SIGNER)):
            waiting = [pool.submit(client.successful, request) for request in alone + shared]
            rawhttp.until(lambda: server.metric("vouch_jobs") == len(waiting))
            _, committed = change(site, "revoke", "--reason", "keyCompromise", "--serial", f"{serial:x}")
            rawhttp.until(lambda: time.monotonic() > committed + VISIBLE)
        for asked in waiting:
            assert {single.status for single in asked.result().singles} == {"revoked"}
        assert client.status(serial, "sha512") == "revoked"


def test_a_ca_that_is_called_compromised_is_so_for_who_asked_before(site):
    """A reload that a signature outlasted: what the configuration of before says does not go out for longer than any status."""
    with site.serve() as server, concurrent.futures.ThreadPoolExecutor(8) as pool:
        client = site.client(server)
        signer = processes.the(server, processes.SIGNER)
        with processes.stopped(signer):
            waiting = [pool.submit(client.ask, request) for request in (client.nonced(GOOD), client.request(GOOD, hash_name="sha512"))]
            rawhttp.until(lambda: server.metric("vouch_jobs") == len(waiting))
            server.configure(site.config(issuer={"compromised": "2026-01-01T00:00:00Z"}))
            server.process.send_signal(signal.SIGHUP)
            server.wait_event("reloaded")
            replaced = time.monotonic()
            rawhttp.until(lambda: time.monotonic() > replaced + VISIBLE)
        for asked in waiting:
            assert asked.result().status == "tryLater" or asked.result().single.status == "revoked"
        assert client.status(GOOD, "sha512") == "revoked"
