# SPDX-License-Identifier: Apache-2.0
"""A signer whose signatures take a third of a second each holds up nobody else's."""

import concurrent.futures

import pytest

from support import pki, program
from support.client import Client
from support.server import Server

pytestmark = pytest.mark.skipif(not pki.knows_postquantum(), reason=pki.NEEDS_POSTQUANTUM)
SERIAL, SLOW, FAST = 0x11, 12, 20


def asked_anew(client):
    response = client.successful(client.nonced(SERIAL))
    assert response.single.status == "good"


def test_fast_signatures_do_not_wait_for_slow_ones(tmp_path):
    ca = pki.authority("Two Signers", pki.key("p256", "two signers"))
    ca.write(tmp_path, "ca")
    program.run("add", "--issuer", "ca.pem", "--db", "vouch.db", "--serial", f"{SERIAL:x}", cwd=tmp_path)
    issuers = []
    for name, kind in (("slow", "slh-dsa-sha2-128s"), ("fast", "p256")):
        certificate, key = ca.signer(pki.key(kind, "signer " + kind)).write(tmp_path, name)
        issuers.append({"name": name, "certificate": str(tmp_path / "ca.pem"), "path": f"/{name}/",
                        "signers": [{"certificate": str(certificate), "key": str(key), "sessions": 1}],
                        "sources": [f"sqlite:{tmp_path / 'vouch.db'}"]})
    config = {"listen": ["127.0.0.1:0"], "threads": 1, "issuers": issuers}
    with Server(tmp_path / "server", config) as server, concurrent.futures.ThreadPoolExecutor(SLOW) as pool:
        slow = [pool.submit(asked_anew, Client(server, ca, "/slow/")) for _ in range(SLOW)]
        concurrent.futures.wait(slow, return_when=concurrent.futures.FIRST_COMPLETED)
        for _ in range(FAST):
            asked_anew(Client(server, ca, "/fast/"))
        assert sum(not asked.done() for asked in slow) > SLOW // 2
        for asked in slow:
            asked.result()
