# SPDX-License-Identifier: Apache-2.0
"""Whatever happens to the program, no client gets a status that was over for more than a second when it was sent."""

import os
import random
import signal
import threading
import time

import pytest

from site_of_tests import Site
from support import ocsp, processes, program, rawhttp
from support.processes import SERVER, SIGNER

SERIALS = range(0x6000, 0x6040)
CLIENTS = 8
SECONDS = float(os.environ.get("VOUCH_TRUTH_SECONDS", "6"))
SLOW = 2 if program.sanitized() else 1      # sanitizers slow the program, not the promise
STANDS = 1.0 * SLOW                         # design 5, rule 1
HANGS = STANDS + 1.5
REST = 0.25


class Truth:
    """When certificates were revoked: somewhere in the course of a command, and for good."""

    def __init__(self, site):
        self.site, self.revoked = site, {}      # serial -> [begun, committed or None]

    def revoke(self, serial):
        self.revoked[serial] = [time.monotonic(), None]
        self.site.register("revoke", "--reason", "superseded", "--serial", f"{serial:x}")
        self.revoked[serial][1] = time.monotonic()

    def allows(self, serial, status, received):
        begun, committed = self.revoked.get(serial, (None, None))
        if status == "good":
            return committed is None or received < committed + STANDS
        return status == "revoked" and begun is not None and received > begun


class Client(threading.Thread):
    """Asks about one certificate after another, with a nonce or without, over whatever connection there is."""

    def __init__(self, site, server, nonced):
        super().__init__(daemon=True)
        self.site, self.server, self.nonced, self.chance = site, server, nonced, random.Random()
        self.answers, self.failure, self.stopping, self.connection = [], None, False, None

    def request(self, serial):
        entry = ocsp.entry(ocsp.certid(self.site.ca, serial, "sha256"))
        return ocsp.request(entry, extensions=[ocsp.nonce(os.urandom(16))] if self.nonced else None)

    def ask(self):
        serial = self.chance.choice(SERIALS)
        request = self.request(serial)
        if self.connection is None:
            self.connection = rawhttp.Connection(self.server.direct)
        self.connection.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\n"
                             b"Content-Length: %d\r\n\r\n" % len(request) + request)
        response = ocsp.decode(self.connection.read().body)
        if response.status == "tryLater":
            return
        ocsp.verify(response, self.site.ca)
        assert response.single.serial == serial
        self.answers.append((serial, response.single.status, time.monotonic()))

    def run(self):
        try:
            while not self.stopping:
                try:
                    self.ask()
                except (rawhttp.Closed, OSError):
                    self.drop()
                    time.sleep(0.01)    # a server that is started again is not asked all the time
        except Exception as error:  # pylint: disable=broad-except
            self.failure = error
        finally:
            self.drop()

    def drop(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


def kill(name):
    def happen(server):
        os.kill(processes.the(server, name), signal.SIGKILL)
    return happen


def hang(server):
    """The signer does nothing for longer than a status may stand."""
    with processes.stopped(processes.the(server, SIGNER)):
        until = time.monotonic() + HANGS
        rawhttp.until(lambda: time.monotonic() > until)


def reload(server):
    server.process.send_signal(signal.SIGHUP)


def play(truth, server, happenings):
    """One certificate after another is revoked, and now and then something happens to the program, as the seed tells."""
    seed = int(os.environ.get("VOUCH_SEED", time.time_ns() % 1000000))
    print(f"VOUCH_SEED={seed}")
    chance, end, busy = random.Random(seed), time.monotonic() + SECONDS * SLOW, None
    for serial in SERIALS:
        truth.revoke(serial)
        if chance.random() < 0.5 and (busy is None or not busy.is_alive()):
            busy = threading.Thread(target=chance.choice(happenings), args=(server,))
            busy.start()
        rest = time.monotonic() + chance.random() * REST
        rawhttp.until(lambda: time.monotonic() > rest)
        if time.monotonic() > end:
            break
    if busy is not None:
        busy.join()


@pytest.mark.parametrize("happenings", [(hang,), (kill(SIGNER), kill(SERVER), hang, reload)], ids=["the signer hangs", "anything"])
def test_no_answer_is_older_than_a_second(happenings, tmp_path):
    site = Site(tmp_path / "site")
    site.register("add", "--serial", *[f"{serial:x}" for serial in SERIALS])
    truth = Truth(site)
    with site.serve(threads=2) as server:
        clients = [Client(site, server, nonced=number % 2 == 0) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        try:
            play(truth, server, happenings)
            marks = [len(client.answers) for client in clients]
            rawhttp.until(lambda: all(c.failure or len(c.answers) > m for c, m in zip(clients, marks)), deadline=30)
        finally:
            for client in clients:
                client.stopping = True
            for client in clients:
                client.join(30)
    for client in clients:
        assert client.failure is None, client.failure
        wrong = [(answer, truth.revoked.get(answer[0])) for answer in client.answers if not truth.allows(*answer)]
        assert not wrong, (client.nonced, wrong[:3])
