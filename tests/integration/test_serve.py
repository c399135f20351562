# SPDX-License-Identifier: Apache-2.0
"""vouch serve from its first line to its last: start, refusals, signals, reload, health, metrics, logs, sockets."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import threading
import time

import pytest

from site_of_tests import GOOD, HELD, REVOKED, Site
from support import ocsp, pki, program, rawhttp
from support.server import Refused, Server, fields, refusal


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


def test_flags_alone_are_enough(site):
    with Server(site.folder / "flags", arguments=site.flags()) as server:
        client = site.client(server)
        assert client.status(GOOD) == "good"
        single = client.single(REVOKED)
        assert single.status == "revoked" and single.reason == 1
        assert client.single(HELD).reason == 6


def test_a_second_server_on_the_port_exits_1_and_says_so(site):
    with site.serve() as server:
        host, port = server.direct
        message = refusal(site.folder / "second", site.config(listen=[f"{host}:{port}"]))
        assert f"{host}:{port}" in message
        assert site.client(server).status(GOOD) == "good"


@pytest.mark.parametrize("stem, content, reason", [
    ("ca.pem", b"", "ca.pem"), ("ca.pem", b"junk", "ca.pem"), ("ocsp.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n", "ocsp.pem"),
    ("ocsp.key", b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "ocsp.key"), ("vouch.db", b"x" * 5000, "vouch.db"),
    ("ocsp.key", None, "ocsp.key"), ("vouch.db", None, "vouch.db")])
def test_damage_is_named_before_anything_listens(tmp_path, stem, content, reason):
    broken = Site(tmp_path / "broken")
    for leftover in broken.folder.glob("vouch.db-*"):
        leftover.unlink()
    path = broken.folder / stem
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert reason in refusal(tmp_path / "refused", broken.config())


def test_a_key_of_another_certificate_is_refused(site, tmp_path):
    pki.authority("Other", pki.key("p256", "another")).write(tmp_path, "other")
    message = refusal(tmp_path / "refused", site.config(issuer={"signers": [
        {"certificate": str(site.folder / "ocsp.pem"), "key": str(tmp_path / "other.key")}]}))
    assert "other.key" in message or "ocsp.pem" in message


def test_an_encrypted_key_is_read_with_its_passphrase_file_and_never_prompts(tmp_path):
    site = Site(tmp_path / "site")
    site.signer.write(site.folder, "locked", passphrase="open sesame")
    signer = {"certificate": str(site.folder / "ocsp.pem"), "key": str(site.folder / "locked.key")}
    assert "locked.key" in refusal(tmp_path / "none", site.config(issuer={"signers": [signer]}))
    (site.folder / "wrong").write_text("sesame\n")
    assert "locked.key" in refusal(tmp_path / "wrong",
                                   site.config(issuer={"signers": [{**signer, "passphrase_file": str(site.folder / "wrong")}]}))
    (site.folder / "right").write_text("open sesame\n")
    right = {**signer, "passphrase_file": str(site.folder / "right")}
    with site.serve(issuer={"signers": [right]}) as server:
        assert site.client(server).status(GOOD) == "good"


def test_sigterm_answers_what_is_in_flight_and_exits_0(site):
    server = site.serve(threads=1).start()      # one loop: where one connection is let go, all know of the end
    request = site.client(server).request(GOOD)
    with rawhttp.Connection(server.direct) as idle, rawhttp.Connection(server.direct) as busy:
        busy.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/ocsp-request\r\nContent-Length: %d\r\n\r\n" % len(request))
        busy.send(request[:20])
        rawhttp.until(lambda: server.metric("vouch_connections") >= 2)
        server.process.send_signal(signal.SIGTERM)
        server.wait_event("stopping")
        assert not idle.more()
        busy.send(request[20:])
        response = busy.read()
        assert response.status == 200 and response["Connection"] == "close"
    server.stop()


def test_a_second_sigterm_ends_at_once(site):
    server = site.serve().start()
    with rawhttp.Connection(server.direct) as stuck:
        stuck.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n")
        rawhttp.until(lambda: server.metric("vouch_connections") >= 1)
        server.process.send_signal(signal.SIGTERM)
        server.wait_event("stopping")
        begun = time.monotonic()
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10) == 0
        assert time.monotonic() - begun < 5
    server.reader.join(5)
    program.assert_sound(server.errors)


def test_sighup_takes_a_new_configuration_without_a_failed_request(site):
    with site.serve() as server:
        client = site.client(server)
        failures, stop = [], threading.Event()

        def load():
            while not stop.is_set():
                try:
                    assert client.status(GOOD) == "good"
                except Exception as error:  # pylint: disable=broad-except
                    failures.append(error)

        worker = threading.Thread(target=load)
        worker.start()
        for count in range(1, 6):
            server.configure(site.config(issuer={"validity": f"{count + 10}h"}))
            server.reload()
            server.wait_event("reloaded", count=count)
        stop.set()
        worker.join()
        assert not failures, failures[0]
        single = client.single(GOOD)
        assert (single.next_update - single.this_update).total_seconds() == 15 * 3600 - 1


def test_a_reload_that_fails_keeps_the_old_and_says_why(site):
    with site.serve() as server:
        client = site.client(server)
        server.configure({**site.config(), "surprise": 1})
        server.reload()
        event = server.wait_event("reload_failed")
        assert "surprise" in event["why"]
        assert client.status(GOOD) == "good"
        server.configure(site.config())
        server.reload()
        server.wait_event("reloaded")
        assert client.status(GOOD) == "good"


def test_a_reload_takes_the_next_signer(tmp_path):
    site = Site(tmp_path / "site")
    with site.serve() as server:
        client = site.client(server)
        first = client.successful(client.request(GOOD)).certs[0]
        site.ca.signer(pki.key("p384", "next signer")).write(site.folder, "ocsp")
        server.reload()
        server.wait_event("reloaded")
        second = client.successful(client.request(GOOD)).certs[0]
        assert first != second


def test_health_tells_a_database_that_is_gone(tmp_path):
    site = Site(tmp_path / "site")
    with site.serve() as server:
        admin = server.listening("admin")[0]
        rawhttp.until(lambda: rawhttp.get(admin, "/healthz").status == 200)
        for file in site.folder.glob("vouch.db*"):
            file.unlink()
        rawhttp.until(lambda: rawhttp.get(admin, "/healthz").status == 503, deadline=30)
        client = site.client(server)
        rawhttp.until(lambda: client.ask(client.request(GOOD)).status == "tryLater")
        assert server.events("source_unavailable") or server.events("try_later")


def test_metrics_count_what_happens(site):
    with site.serve() as server:
        client = site.client(server)
        for _ in range(3):
            client.single(GOOD)
        client.single(REVOKED, hash_name="sha256")
        client.ask(b"\x30\x00")
        assert server.metric("vouch_responses_total", response_status="successful") == 4
        assert server.metric("vouch_responses_total", response_status="malformedRequest") == 1
        assert server.metric("vouch_single_responses_total", cert_status="good") == 3
        assert server.metric("vouch_certids_total", hash_algorithm="sha256") == 1
        assert server.metric("vouch_cache_hits_total") + server.metric("vouch_cache_misses_total") == 4
        assert server.metric("vouch_signatures_total") >= 2
        assert 75 < server.metric("vouch_signer_expiry_days", issuer="site", signer="0") < 85
        assert server.metric("vouch_http_requests_total", method="POST", code="200") == 5
        assert server.metric("vouch_cache_octets") > 0
        rawhttp.until(lambda: 0 <= server.metric("vouch_source_age_seconds", issuer="site") < 5)


def test_no_metric_names_a_serial_number_or_a_peer(site):
    with site.serve() as server:
        client = site.client(server)
        serial = 0x7766554433
        client.ask(client.request(serial))
        text = rawhttp.get(server.listening("admin")[0], "/metrics").body.decode()
        assert f"{serial:x}" not in text.lower() and "127.0.0.1" not in text


def test_the_admin_listener_knows_its_pages_only(site):
    with site.serve() as server:
        admin = server.listening("admin")[0]
        assert rawhttp.get(admin, "/").status == 404
        assert rawhttp.get(admin, "/metrics?x=y").status == 200
        assert rawhttp.post(admin, b"x", "/metrics").status == 405
        assert rawhttp.get(server.direct, "/metrics").status == 400


def test_an_expiring_signer_is_warned_of_at_the_start(tmp_path):
    site = Site(tmp_path / "site")
    site.ca.signer(pki.key("p256", "soon"), not_after=pki.now() + pki.datetime.timedelta(days=5)).write(site.folder, "ocsp")
    with site.serve() as server:
        text = server.errors
        assert "expire" in text and "level=warning" in text, text


def test_json_logs_are_one_object_a_line(site, tmp_path):
    server = Server(tmp_path / "json", site.config(log={"format": "json"}))
    process = subprocess.Popen(server.arguments, stderr=subprocess.PIPE, text=True, env=program.environment())
    try:
        events = []
        for line in process.stderr:
            events.append(json.loads(line))
            if events[-1]["event"] == "ready":
                break
        assert {"time", "level", "event", "version"} <= set(events[-1])
        assert [e["role"] for e in events if e["event"] == "listening"] == ["ocsp", "admin"]
    finally:
        process.terminate()
        rest = process.stderr.read()
        assert process.wait(20) == 0, rest


def test_the_access_log_is_off_by_default_and_tells_one_line_per_request(site):
    with site.serve() as server:
        site.client(server).single(GOOD)
        assert not server.events("access")
    with site.serve(log={"access": True}) as server:
        site.client(server).single(GOOD)
        event = server.wait_event("access")
        assert event["method"] == "POST" and event["code"] == "200" and event["issuer"] == "site"
        rawhttp.exchange(server.direct, b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert server.wait_event("access", count=2)["code"] == "501"


def test_a_unix_socket_serves_and_is_removed(site, tmp_path):
    path = tmp_path / "http.sock"
    with site.serve(listen=[f"unix:{path}"]) as server:
        assert site.client(server).status(GOOD) == "good"
        assert path.is_socket()
    assert not path.exists()


def test_ipv6_and_ipv4_together(site):
    if not socket.has_ipv6 or not pathlib.Path("/proc/net/if_inet6").exists():
        pytest.skip("no IPv6 on this machine")
    with site.serve(listen=["127.0.0.1:0", "[::1]:0"]) as server:
        for address in server.addresses:
            assert rawhttp.post(address, site.client(server).request(GOOD), "/").status == 200


def test_systemd_sockets_are_taken_over(site, tmp_path):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)
    server = Server(tmp_path / "activated", site.config(listen=["systemd"]))
    script = ('import os,sys\nos.dup2(int(sys.argv[1]), 3)\nos.environ["LISTEN_FDS"]="1"\n'
              'os.environ["LISTEN_PID"]=str(os.getpid())\nos.execv(sys.argv[2], sys.argv[2:])\n')
    process = subprocess.Popen(["/usr/bin/python3", "-c", script, str(listener.fileno()), *server.arguments],
                               pass_fds=[listener.fileno()], stderr=subprocess.PIPE, text=True, env=program.environment())
    try:
        for line in process.stderr:
            if fields(line).get("event") == "ready":
                break
        answer = rawhttp.post(listener.getsockname(), ocsp.request(ocsp.entry(ocsp.certid(site.ca, GOOD))), "/")
        assert ocsp.decode(answer.body).single.status == "good"
    finally:
        process.terminate()
        rest = process.stderr.read()
        assert process.wait(20) == 0, rest


def test_the_service_manager_is_told(site, tmp_path):
    path = str(tmp_path / "notify")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(path)
    manager.settimeout(30)
    os.environ["NOTIFY_SOCKET"] = path
    try:
        server = site.serve().start()
    finally:
        del os.environ["NOTIFY_SOCKET"]
    assert b"READY=1" in manager.recv(4096)
    server.reload()
    assert b"RELOADING=1" in manager.recv(4096)
    assert b"READY=1" in manager.recv(4096)
    server.stop()
    assert b"STOPPING=1" in manager.recv(4096)


def test_init_makes_what_serve_takes(tmp_path):
    ca = pki.authority("Init CA", pki.key("p256", "init ca"))
    ca.write(tmp_path, "ca")
    program.run("init", "made", "--ca", "ca.pem", "--ca-key", "ca.key", cwd=tmp_path)
    assert (tmp_path / "made/ocsp.key").stat().st_mode & 0o777 == 0o600
    program.run("check", "--config", "made/vouch.yaml", cwd=tmp_path)
    again = program.run("init", "made", "--ca", "ca.pem", "--ca-key", "ca.key", cwd=tmp_path, code=1)
    assert "is there already" in again.stderr
    before = (tmp_path / "made/ocsp.pem").read_bytes(), (tmp_path / "made/ocsp.key").read_bytes()
    program.run("init", "made", "--ca", "ca.pem", "--ca-key", "ca.key", "--renew", cwd=tmp_path)
    assert (tmp_path / "made/ocsp.pem").read_bytes() != before[0] and (tmp_path / "made/ocsp.key").read_bytes() == before[1]
    ca.end_entity(7).write(tmp_path, "ee")
    program.run("add", "--issuer", "ca.pem", "--db", "made/vouch.db", "ee.pem", cwd=tmp_path)
    arguments = ["--listen", "127.0.0.1:0", "--issuer", tmp_path / "made/ca.pem", "--signer", tmp_path / "made/ocsp.pem", "--key",
                 tmp_path / "made/ocsp.key", "--source", f"sqlite:{tmp_path / 'made/vouch.db'}"]
    with Server(tmp_path / "server", arguments=arguments) as server:
        url = "http://%s:%d/" % server.direct
        done = program.run("query", "--issuer", "ca.pem", "--url", url, "--nonce", "ee.pem", cwd=tmp_path)
        assert done.stdout.startswith("ee.pem: good")


def test_init_makes_a_request_that_openssl_reads(tmp_path):
    pki.authority("Init CA", pki.key("rsa2048", "init rsa")).write(tmp_path, "ca")
    program.run("init", "made", "--ca", "ca.pem", "--csr", cwd=tmp_path)
    text = subprocess.run(["openssl", "req", "-in", tmp_path / "made/ocsp.csr", "-noout", "-text", "-verify"], capture_output=True,
                          text=True, check=True).stdout
    assert "OCSP Signing" in text and "OCSP No Check" in text


def test_demo_ends_well(tmp_path):
    done = program.run("demo", "--once", cwd=tmp_path, deadline=120)
    assert "good.pem: good" in done.stdout
    assert "revoked.pem: revoked keyCompromise" in done.stdout
    assert "hold.pem: revoked certificateHold" in done.stdout
    assert "Response verify OK" in done.stdout + done.stderr
