# SPDX-License-Identifier: Apache-2.0
"""Three processes: who they are, what each holds, and what clients see when one of them dies, hangs or is replaced."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

from site_of_tests import GOOD, REVOKED, Site
from support import ocsp, pki, processes, program, rawhttp
from support.client import Client
from support.processes import SERVER, SIGNER
from support.server import Server, refusal

KILLS = int(os.environ.get("VOUCH_KILLS", "6"))     # the full run of the issue: 100
RELOADS = 20
SLOW = 5 if program.sanitized() else 1
RECOVERY_SECONDS = 5.0 * SLOW                       # usually a tenth of one, but the machine may be busy
PASSPHRASE = "a passphrase that nobody else has"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


class Two:
    """Two CAs with the same serial numbers behind two paths of one server."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.sites = [Site(self.folder / name) for name in ("one", "two")]

    def config(self):
        issuers = [{"name": s.folder.name, "path": f"/{s.folder.name}/", **s.config()["issuers"][0]} for s in self.sites]
        for issuer, s in zip(issuers, self.sites):
            issuer.update(name=s.folder.name)
        return {"listen": ["127.0.0.1:0"], "admin": "127.0.0.1:0", "threads": 2, "issuers": issuers}

    def serve(self, name="server"):
        return Server(self.folder / name, self.config())

    def client(self, server, number):
        return Client(server, self.sites[number].ca, f"/{self.sites[number].folder.name}/")


class Load:
    """`vouch bench` on one site's path until the block ends; every answer is verified, and none may be wrong."""

    def __init__(self, server, site, path="/", arguments=("--nonce",), rate=50):
        host, port = server.direct
        before = server.metric("vouch_connections_total")
        self.process = subprocess.Popen(
            [program.path(), "bench", "--url", f"http://{host}:{port}{path}", "--issuer", site.folder / "ca.pem", "--serial",
             f"{GOOD:x}", "--serial", f"{REVOKED:x}", "--verify", "all", "--rate", str(rate), "--connections", "8", "--duration", "1h",
             "--timeout", "1m",
             "--json", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=program.environment())
        self.result = None
        rawhttp.until(lambda: server.metric("vouch_connections_total") > before)
        asked = server.metric("vouch_http_requests_total")
        rawhttp.until(lambda: server.metric("vouch_http_requests_total") > asked + 30)

    def __enter__(self):
        return self

    def __exit__(self, kind, *unused):
        self.process.send_signal(signal.SIGINT)
        out, errors = self.process.communicate(timeout=60)
        program.assert_sound(errors)
        if kind is None:
            assert self.process.returncode == 0, f"exit {self.process.returncode}\n{out}{errors}"
            self.result = json.loads(out)

    def assert_only(self, *statuses):
        """Nothing but these: no error of any kind, nothing that does not verify."""
        r = self.result
        assert r["answered"] > 0 and set(r["http_status"]) == {"200"}, r
        assert set(r["response_status"]) <= set(statuses), r["response_status"]
        assert not any(r["errors"].values()), r["errors"]
        assert r["sample"]["failed"] == 0 and r["sample"]["verified"] == r["response_status"]["successful"], r["sample"]


def asked_again(client, serial=GOOD):
    """One nonced answer out of however many tries that takes, as a client would; tryLater is no answer."""
    def answer():
        nonce = os.urandom(16)
        with contextlib.suppress(rawhttp.Closed, OSError):
            response = client.ask(client.request(serial, extensions=[ocsp.nonce(nonce)]))
            assert response.status in ("successful", "tryLater"), response.status
            return response if response.status == "successful" else None
    return rawhttp.until(answer, deadline=RECOVERY_SECONDS)


def kill_and_await(server, name):
    """kill -9; returns when there is another of that name."""
    victim = processes.the(server, name)
    os.kill(victim, signal.SIGKILL)
    rawhttp.until(lambda: [pid for pid in processes.named(server, name) if pid != victim], deadline=RECOVERY_SECONDS)


def test_the_supervisor_has_a_signer_and_a_server(site):
    with site.serve() as server:
        main = server.process.pid
        assert len(processes.children(main)) == 2
        signer, worker = processes.the(server, SIGNER), processes.the(server, SERVER)
        assert not processes.children(signer) and not processes.children(worker)
    assert not processes.working_in(server.directory)


def test_the_signer_has_no_socket_of_the_network_and_the_server_no_key_file(site):
    with site.serve() as server:
        signer = processes.the(server, SIGNER)
        site.client(server).single(GOOD)
        inodes = {line.split()[9] for family in ("tcp", "tcp6", "udp", "udp6")
                  for line in pathlib.Path(f"/proc/net/{family}").read_text().splitlines()[1:]}
        held = processes.descriptors(signer)
        assert not [link for link in held if link.startswith("socket:[") and link[8:-1] in inodes], held
        for pid in (server.process.pid, processes.the(server, SERVER), signer):
            assert not [link for link in processes.descriptors(pid) if link.endswith(".key")]


def test_killed_signers_and_servers_are_replaced_and_no_answer_is_ever_wrong(tmp_path):
    two = Two(tmp_path)
    with two.serve() as server:
        clients = [two.client(server, number) for number in (0, 1)]
        loads = [Load(server, s, f"/{s.folder.name}/") for s in two.sites]
        loads.append(Load(server, two.sites[0], "/one/", ("--get",)))
        with loads[0], loads[1], loads[2]:
            for number in range(KILLS):
                kill_and_await(server, (SIGNER, SERVER)[number % 2])
                for client, other in (clients, clients[::-1]):
                    response = asked_again(client)
                    # Client.read() has verified it; the other CA did not sign it, either.
                    assert response.certs[0] == client_signer(two, client) != client_signer(two, other)
            for name in (SIGNER, SERVER):
                processes.the(server, name)
        for load in loads:
            load.assert_only("successful", "tryLater")
        assert len(server.events("process_ended")) == KILLS


def client_signer(two, client):
    return next(s.signer.der for s in two.sites if s.ca is client.issuer)


def test_a_killed_signer_alone_costs_no_client_an_answer(site):
    """Who waits for a signature waits for the next signer."""
    with site.serve() as server:
        client = site.client(server)
        client.single(GOOD)
        with Load(server, site) as load:
            for _ in range(3):
                kill_and_await(server, SIGNER)
                asked_again(client)
        load.assert_only("successful", "tryLater")
        assert load.result["response_status"].get("tryLater", 0) <= 10, load.result["response_status"]


def test_a_killed_supervisor_takes_both_down(site):
    server = site.serve("orphans").start()
    address, known = server.direct, processes.children(server.process.pid)
    assert len(known) == 2
    server.kill()
    rawhttp.until(lambda: not any(map(processes.is_alive, known)), deadline=RECOVERY_SECONDS)
    with pytest.raises(OSError):
        rawhttp.Connection(address)


@pytest.mark.parametrize("which", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_of_them_drains_like_one_to_the_supervisor(site, which):
    """A terminal's Ctrl-C, a service manager's stop."""
    server = site.serve(threads=1)
    server.launch = {"start_new_session": True}
    with server:
        octets = rawhttp.post_octets(site.client(server).request(GOOD))
        with rawhttp.Connection(server.direct) as busy:
            busy.send(octets[:-20])
            rawhttp.until(lambda: server.metric("vouch_connections") >= 1)
            os.killpg(server.process.pid, which)
            server.wait_event("stopping")
            busy.send(octets[-20:])
            assert site.client(server).read(busy.read()).status == "successful"


def test_signals_to_the_children_alone_change_nothing(site):
    with site.serve() as server:
        before = {name: processes.the(server, name) for name in (SIGNER, SERVER)}
        for pid in before.values():
            for which in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                os.kill(pid, which)
        assert site.client(server).status(GOOD) == "good"
        assert site.client(server).status(REVOKED) == "revoked"
        assert before == {name: processes.the(server, name) for name in (SIGNER, SERVER)}
        assert not server.events("reloaded") and not server.events("stopping")


def test_a_signer_that_hangs_blocks_no_cached_answer_and_is_taken_up_again(site):
    with site.serve() as server:
        client = site.client(server)
        known, unknown = client.request(GOOD), client.request(REVOKED)
        first = client.post(known).body
        with processes.stopped(processes.the(server, SIGNER)), rawhttp.Connection(server.direct, deadline=30) as waiting:
            waiting.send(rawhttp.post_octets(unknown))
            rawhttp.until(lambda: server.metric("vouch_jobs") == 1)
            for _ in range(20):
                begun = time.monotonic()
                assert client.post(known).body == first
                assert time.monotonic() - begun < 1.0
            assert client.read(waiting.read()).status == "tryLater"
        assert asked_again(client, REVOKED).single.status == "revoked"
        assert rawhttp.until(lambda: server.metric("vouch_jobs") == 0)


def broken_key(site, folder):
    (folder / "ocsp.key").write_bytes(pki.key("p256", "nobody's").pem())


def missing_key(site, folder):
    (folder / "ocsp.key").unlink()


def missing_certificate(site, folder):
    (folder / "ocsp.pem").unlink()


def wrong_passphrase(site, folder):
    (folder / "ocsp.key").write_bytes(site.signer.key.pem(PASSPHRASE))
    (folder / "passphrase").write_text("another\n")


def missing_passphrase(site, folder):
    (folder / "ocsp.key").write_bytes(site.signer.key.pem(PASSPHRASE))


@pytest.mark.parametrize("damage, named", [
    (broken_key, "ocsp.key"), (missing_key, "ocsp.key"), (missing_certificate, "ocsp.pem"), (wrong_passphrase, "ocsp.key"),
    (missing_passphrase, "passphrase")])
def test_what_cannot_start_says_why_and_leaves_nobody_behind(tmp_path, damage, named):
    site = Site(tmp_path / "site")
    damage(site, site.folder)
    config = site.config()
    if "passphrase" in damage.__name__:
        config["issuers"][0]["signers"][0]["passphrase_file"] = str(site.folder / "passphrase")
    message = refusal(tmp_path / "refused", config)
    assert named in message
    rawhttp.until(lambda: not processes.working_in(tmp_path / "refused"))


def test_a_taken_port_leaves_nobody_behind(site, tmp_path):
    with site.serve() as server:
        host, port = server.direct
        assert f"{port}" in refusal(tmp_path / "second", site.config(listen=[f"{host}:{port}"]))
        rawhttp.until(lambda: not processes.working_in(tmp_path / "second"))


def test_reload_takes_the_next_signer_under_load_without_a_failed_request(tmp_path):
    """R-15: each answer verifies with its own certs; the process that had the old key ends."""
    site = Site(tmp_path / "site")
    with site.serve() as server:
        client = site.client(server)
        worker = processes.the(server, SERVER)
        with Load(server, site) as nonced, Load(server, site, arguments=("--get",)) as cached:
            for number in range(1, 4):
                old = processes.the(server, SIGNER)
                before = asked_again(client).certs[0]
                successor = site.ca.signer(pki.key("p256", f"signer {number}"))
                successor.write(site.folder, "ocsp")
                server.reload()
                server.wait_event("reloaded", count=number)
                assert asked_again(client).certs[0] == successor.der != before
                rawhttp.until(lambda: not processes.is_alive(old), deadline=RECOVERY_SECONDS)
                assert processes.the(server, SIGNER) != old
        assert processes.the(server, SERVER) == worker
        for load in (nonced, cached):
            load.assert_only("successful")
        assert not server.events("process_ended")


def test_reloads_leak_no_descriptor_and_no_process(tmp_path):
    site = Site(tmp_path / "site")
    with site.serve() as server:
        client, counts = site.client(server), []
        with Load(server, site, rate=50):
            for number in range(1, RELOADS + 1):
                server.reload()
                server.wait_event("reloaded", count=number)
                if number in (5, RELOADS):
                    processes.the(server, SIGNER)
                    counts.append({"supervisor": len(processes.descriptors(server.process.pid)),
                                   "signer": len(processes.descriptors(processes.the(server, SIGNER)))})
        rawhttp.until(lambda: server.metric("vouch_connections") == 0)
        assert client.status(GOOD) == "good"
        assert counts[0] == counts[1]
        processes.the(server, SIGNER)
        few = len(processes.descriptors(processes.the(server, SERVER)))
        for number in range(RELOADS + 1, RELOADS + 6):
            server.reload()
            server.wait_event("reloaded", count=number)
        # A link to the old signer is closed when its loop thread looks next, and with the last one that signer ends.
        processes.the(server, SIGNER)
        rawhttp.until(lambda: len(processes.descriptors(processes.the(server, SERVER))) <= few)


@pytest.mark.parametrize("damage", [broken_key, missing_key, missing_certificate])
def test_a_reload_with_a_damaged_signer_keeps_the_old_one(tmp_path, damage):
    site = Site(tmp_path / "site")
    with site.serve() as server:
        client = site.client(server)
        before = processes.the(server, SIGNER)
        with Load(server, site) as load:
            damage(site, site.folder)
            server.reload()
            event = server.wait_event("reload_failed")
            assert "ocsp." in event["why"]
            assert asked_again(client).certs[0] == site.signer.der
        load.assert_only("successful")
        assert processes.the(server, SIGNER) == before
        # What was broken is not needed for a signer that goes on, and mended it is taken.
        site.signer.write(site.folder, "ocsp")
        server.reload()
        server.wait_event("reloaded")
        assert asked_again(client).single.status == "good"


def test_a_signer_that_dies_while_its_key_is_away_is_back_once_the_key_is(tmp_path):
    """Cached answers go on meanwhile; everything else is told to try later."""
    site = Site(tmp_path / "site")
    with site.serve() as server:
        client = site.client(server)
        known = client.post(client.request(GOOD)).body
        missing_key(site, site.folder)
        os.kill(processes.the(server, SIGNER), signal.SIGKILL)
        server.wait_event("process_failed")
        assert client.ask(client.request(REVOKED)).status == "tryLater"
        assert client.post(client.request(GOOD)).body == known
        site.signer.write(site.folder, "ocsp")
        rawhttp.until(lambda: client.ask(client.request(REVOKED)).status == "successful", deadline=30)
        assert client.status(REVOKED) == "revoked"


def stop_the_next_signer(server):
    """Kills the signer, and stops its successor before that is ready; returns it."""
    for started in range(20):
        known = set(processes.children(server.process.pid))
        os.kill(processes.the(server, SIGNER), signal.SIGKILL)
        while not set(processes.children(server.process.pid)) - known:
            pass
        successor = (set(processes.children(server.process.pid)) - known).pop()
        os.kill(successor, signal.SIGSTOP)
        rawhttp.until(lambda: processes.is_stopped(successor))
        if len(server.events("process_started")) == started:
            return successor
        os.kill(successor, signal.SIGCONT)
        server.wait_event("process_started", started + 1)
    raise AssertionError("no signer could be stopped before it was ready")


def test_a_signer_that_is_slow_to_get_ready_is_not_ended_for_what_was_missed_meanwhile(site):
    with site.serve() as server:
        client = site.client(server)
        slow = stop_the_next_signer(server)
        try:
            begun = time.monotonic()
            while time.monotonic() < begun + 2.5:       # long enough for the server to complain, and again
                assert client.ask(client.request(GOOD)).status == "tryLater"
        finally:
            os.kill(slow, signal.SIGCONT)
        for _ in range(50):
            assert asked_again(client).single.status == "good"
        assert processes.named(server, SIGNER) == [slow]


def test_an_expired_signer_says_try_later_and_a_new_one_is_taken_without_a_restart(tmp_path):
    """R-11."""
    site = Site(tmp_path / "site")
    end = pki.now() + (pki.datetime.timedelta(seconds=8 if program.sanitized() else 4))
    site.ca.signer(pki.key("p256", "short-lived"), not_after=end).write(site.folder, "ocsp")
    with site.serve() as server:
        client = site.client(server)
        assert client.single(GOOD).next_update <= end
        assert [e for e in server.events("finding") if "expires within 1 day" in e["what"]]
        rawhttp.until(lambda: client.ask(client.request(GOOD)).status == "tryLater", deadline=30)
        assert client.ask(client.request(REVOKED)).status == "tryLater"
        event = server.wait_event("try_later")
        assert event["level"] in ("error", "warning") and "signer" in event["why"], event
        supervisor = server.process.pid
        site.signer.write(site.folder, "ocsp")
        server.reload()
        server.wait_event("reloaded")
        assert client.status(GOOD) == "good" and client.status(REVOKED) == "revoked"
        assert server.process.pid == supervisor and server.process.poll() is None


def secrets_of(key, pem):
    """What must not be found: the numbers, in both orders of octets, and the lines of the file."""
    numbers = key.private.private_numbers()
    named = {"d": numbers.private_value} if hasattr(numbers, "private_value") else {"d": numbers.d, "p": numbers.p, "q": numbers.q}
    needles = {}
    for name, value in named.items():
        octets = value.to_bytes((value.bit_length() + 7) // 8, "big")
        needles[f"{name}, big-endian"], needles[f"{name}, little-endian"] = octets, octets[::-1]
    lines = [line for line in pem.splitlines() if line and not line.startswith(b"-")]
    needles.update({f"line {n} of the file": line for n, line in enumerate(lines)})
    return needles


def passphrase_nowhere(folder):
    return {}, {}


def passphrase_in_a_file(folder):
    (folder / "passphrase").write_text(PASSPHRASE + "\n")
    return {"passphrase_file": str(folder / "passphrase")}, {}


def passphrase_in_the_environment(folder):
    return {"passphrase_env": "VOUCH_TEST_PASSPHRASE"}, {"VOUCH_TEST_PASSPHRASE": PASSPHRASE}


@pytest.mark.parametrize("kind, passphrase", [
    ("p256", passphrase_nowhere), ("p256", passphrase_in_a_file), ("p256", passphrase_in_the_environment),
    ("rsa2048", passphrase_nowhere)])
def test_the_memory_of_server_and_supervisor_holds_no_key(tmp_path, monkeypatch, kind, passphrase):
    """Read from outside, after signatures, a reload and a signer that was started again."""
    site = Site(tmp_path / "site", key=kind)
    settings, variables = passphrase(site.folder)
    pem = site.signer.write(site.folder, "ocsp", passphrase=PASSPHRASE if settings else None)[1].read_bytes()
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    needles = secrets_of(site.signer.key, pem)
    if settings:
        needles["passphrase"] = PASSPHRASE.encode()
    config = site.config()
    config["issuers"][0]["signers"][0].update(settings)
    config.update(threads=1, store={"memory": "1MiB"})      # less to look through
    with Server(tmp_path / "server", config) as server:
        client = site.client(server)
        client.single(GOOD)
        server.reload()
        server.wait_event("reloaded")
        kill_and_await(server, SIGNER)
        asked_again(client)
        supervisor, worker = server.process.pid, processes.the(server, SERVER)
        # The search itself works: what is public is there, and what the signer has is in the signer.
        public = {"public key": site.signer.key.public_bits()}
        assert processes.found_in_memory(worker, public) == {"public key"}
        assert "d, little-endian" in processes.found_in_memory(processes.the(server, SIGNER), needles)
        # A signer that is started again needs the passphrase, and an environment is where the supervisor was given it.
        given = {"passphrase"} if variables else set()
        assert processes.found_in_memory(supervisor, needles) <= given
        # A sanitizer keeps a copy of the environment from the start of the program.
        assert processes.found_in_memory(worker, needles) <= (given if program.sanitized() else set())
