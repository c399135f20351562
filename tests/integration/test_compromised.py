# SPDX-License-Identifier: Apache-2.0
"""A CA whose key is compromised (RFC 6960 2.7, S-13), and what is said of serial numbers that no source knows (C-17)."""

import json

import pytest

from site_of_tests import GOOD, HELD, REVOKED, Site
from support import crl, program, rawhttp
from support.server import Server

SINCE, SINCE_SECONDS = "2026-07-01T12:00:00Z", 1782907200
EARLIER = "2026-06-01T12:00:00Z"
EARLY, NEVER = 0x4455, 0x7766
KEY_COMPROMISE, CA_COMPROMISE = 1, 2


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("site"))
    site.register("revoke", "--reason", "keyCompromise", "--at", EARLIER, "--serial", f"{EARLY:x}")
    return site


def is_condemned(single):
    return (single.status, single.reason, single.revocation_time.timestamp()) == ("revoked", CA_COMPROMISE, SINCE_SECONDS)


def test_a_reload_revokes_every_certificate_and_says_so_in_clear_words(site, tmp_path):
    with site.serve(tmp_path / "server") as server:
        client = site.client(server)
        before = client.successful(client.request(GOOD))
        assert before.single.status == "good" and client.status(NEVER) == "unknown"
        server.configure(site.config(issuer={"compromised": SINCE}))
        server.reload()
        server.wait_event("reloaded")
        for hash_name in ("sha1", "sha256"):
            for serial in (GOOD, REVOKED, HELD, NEVER, NEVER + 1, 1 << 150):
                assert is_condemned(client.single(serial, hash_name)), hex(serial)
        early = client.single(EARLY)
        assert (early.status, early.reason) == ("revoked", KEY_COMPROMISE) and early.revocation_time.isoformat().startswith(EARLIER[:19])
        findings = [f for f in server.events("finding") if f.get("rule") == "RFC 6960 2.7"]
        assert findings and findings[-1]["level"] == "warning" and findings[-1]["issuer"] == "site"
        assert SINCE in findings[-1]["what"] and "compromised" in findings[-1]["what"] and "revoked" in findings[-1]["what"]
        # An error of the operator's can be taken back: nothing of it stays.
        server.configure(site.config())
        server.reload()
        server.wait_event("reloaded", 2)
        assert client.status(GOOD) == "good" and client.status(NEVER) == "unknown"


def test_it_does_not_need_the_database(site, tmp_path):
    """Whoever is told tryLater may believe the certificate."""
    other = Site(tmp_path / "other")
    with other.serve(tmp_path / "server", issuer={"compromised": SINCE}) as server:
        client = other.client(server)
        assert is_condemned(client.single(GOOD))
        database = other.folder / "vouch.db"
        database.write_bytes(b"no database any more" * 1000)
        rawhttp.until(lambda: client.ask(client.request(NEVER)).status == "successful")
        assert is_condemned(client.single(NEVER)) and is_condemned(client.single(NEVER + 2))


def test_check_and_status_say_so(site, tmp_path):
    (tmp_path / "vouch.yaml").write_text(json.dumps(site.config(issuer={"compromised": SINCE})))
    done = program.run("check", "--config", tmp_path / "vouch.yaml")
    assert f"the key of the CA is compromised, from {SINCE} on" in done.stdout and "(RFC 6960 2.7)" in done.stdout
    for serial in (GOOD, NEVER):
        done = program.run("status", "--config", tmp_path / "vouch.yaml", "--serial", f"{serial:x}", code=3)
        assert "cACompromise" in done.stdout and SINCE in done.stdout, done.stdout
        assert "compromised" in done.stdout, done.stdout


@pytest.mark.parametrize("wrong", ["yes", "2026-07-01", "1782907200", "1969-12-31T00:00:00Z", "2026-02-30T00:00:00Z"])
def test_a_time_that_is_none_is_refused(site, tmp_path, wrong):
    (tmp_path / "vouch.yaml").write_text(json.dumps(site.config(issuer={"compromised": wrong})))
    done = program.run("check", "--config", tmp_path / "vouch.yaml", code=1)
    assert "compromised: " in done.stderr and "is not a time after 1970, as in 2026-11-22T10:00:00Z" in done.stderr


# --- What is not listed ---------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def listed(site):
    """A CRL of the site's CA that lists REVOKED."""
    path = site.folder / "ca.crl"
    path.write_bytes(crl.sound(site.ca, REVOKED))
    return path


@pytest.mark.parametrize("not_issued, said", [(None, "unknown"), ("unknown", "unknown"), ("good", "good"), ("unauthorized", None)])
def test_who_has_only_a_crl_chooses_on_the_command_line_what_is_not_listed(site, listed, tmp_path, not_issued, said):
    flags = ["--listen", "127.0.0.1:0", "--issuer", site.folder / "ca.pem", "--signer", site.folder / "ocsp.pem", "--key",
             site.folder / "ocsp.key", "--source", f"crl:{listed}", *(["--not-issued", not_issued] if not_issued else [])]
    with Server(tmp_path / "server", arguments=flags) as server:
        client = site.client(server)
        assert client.status(REVOKED) == "revoked"
        answer = client.ask(client.request(GOOD))
        assert (answer.single.status if said else answer.status) == (said or "unauthorized")
        events = server.events("not_listed")
        assert len(events) == 1, server.errors
        assert events[0]["level"] == ("info" if not_issued == "good" else "warning")
        assert "good" in events[0]["what"] or "what is not listed is" in events[0]["what"]


def test_check_explains_what_a_crl_alone_means(site, listed, tmp_path):
    def findings(code=0, **issuer):
        config = site.config(issuer={"sources": [f"crl:{listed}"], **issuer})
        (tmp_path / "vouch.yaml").write_text(json.dumps(config))
        report = json.loads(program.run("check", "--json", "--config", tmp_path / "vouch.yaml", code=code).stdout)
        return [(f["severity"], f["text"]) for f in report["findings"] if "list" in f["text"] or "no source knows" in f["text"]]

    assert findings() == [("warning", "a CRL does not say what was issued: what is not listed is unknown: set `issued`, add a source "
                                      "that knows the certificates, or not_issued: good")]
    assert "profile webpki refuses not_issued: good" in findings(profile="webpki")[0][1]
    assert findings(code=1, not_issued="revoked")[0][0] == "error"
    assert findings(not_issued="good") == [("note", "what no CRL lists is good, also what was never issued")]
    both = [f"crl:{listed}", f"sqlite:{site.folder / 'vouch.db'}"]
    assert findings(sources=both) == [("note", "a serial number that no source knows is answered unknown")]
    (tmp_path / "issued").write_text("11\n")
    assert findings(sources=[f"crl:{listed}?issued={tmp_path / 'issued'}"])[0][0] == "note"


def test_public_profiles_refuse_good_for_what_is_not_listed(site, listed, tmp_path):
    (tmp_path / "vouch.yaml").write_text(json.dumps(site.config(issuer={
        "sources": [f"crl:{listed}"], "profile": "etsi", "not_issued": "good"})))
    done = program.run("check", "--config", tmp_path / "vouch.yaml", code=1)
    assert "not_issued" in done.stderr
