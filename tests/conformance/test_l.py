# SPDX-License-Identifier: Apache-2.0
"""Lightweight profile, caching, stapling: rows L-01 to L-20."""

import datetime
import hashlib

import pytest

import world as worlds
from support import ocsp, pki, processes, program, rawhttp, yaml_text
from support.client import Client
from support.vectors import VECTORS

V = VECTORS
SEVEN = ("Content-Type", "Content-Length", "Last-Modified", "ETag", "Expires", "Cache-Control", "Date")


def http_date(when):
    return when.strftime("%a, %d %b %Y %H:%M:%S GMT")


def read_date(text):
    when = datetime.datetime.strptime(text, "%a, %d %b %Y %H:%M:%S GMT")
    return when.replace(tzinfo=datetime.timezone.utc)


def test_L_02_sha256_certids_are_served(site):
    assert site.successful(V["V01"]).single.status == "good"


def test_L_02_sha1_certids_can_be_switched_off(at):
    client = at("/sha256/")
    assert client.successful(V["V01"]).single.status == "good"
    assert client.post(V["V02"]).body == ocsp.UNAUTHORIZED
    assert client.get(V["V02"]).body == ocsp.UNAUTHORIZED


def test_L_02_use_is_counted_for_each_hash(main, site):
    for vector, name in (("V02", "sha1"), ("V01", "sha256")):
        before = main.metric("vouch_certids_total", hash_algorithm=name)
        site.successful(V[vector])
        site.successful(V[vector])
        assert main.metric("vouch_certids_total", hash_algorithm=name) == before + 2


UNWISE = {
    "nocheck": {"check": None},
    "OCSP": {"more": [pki.authority_information_access("http://ocsp.example/")]},
    "CRL": {"more": [pki.crl_distribution_point("http://crl.example/ca.crl")]},
}


@pytest.mark.parametrize("word", UNWISE)
def test_L_04_an_unwise_signer_certificate_is_warned_of(world, tmp_path, word):
    stem = f"unwise-{word}"
    world.add_signer(stem, world.test, "p256", extensions=pki.signer_extensions(**UNWISE[word]))
    assert any(word.lower() in line.lower() for line in check(world, tmp_path, stem))
    assert check(world, tmp_path, "test-signer") == []


def test_L_04_a_signer_that_lives_long_is_warned_of(world, tmp_path):
    world.add_signer("eternal", world.test, "p256", not_after=pki.now() + datetime.timedelta(days=3000))
    assert any("signer" in line for line in check(world, tmp_path, "eternal"))


def check(world, tmp_path, stem):
    """The errors and warnings of `vouch check` on a public profile with that signer."""
    file = tmp_path / "check.yaml"
    file.write_text(yaml_text.dump(world.config(world.issuer("test", "test", "/", stem, profile="webpki"))))
    done = program.run("check", "--config", file, code=None)
    return [line for line in done.stdout.splitlines() if line.startswith(("error: ", "warning: "))]


def test_L_06_nothing_is_signed_while_the_clock_is_behind_what_was_signed(timed, world):
    server = timed()
    client = Client(server, world.test)
    kept = client.successful(V["V02"])
    signed = server.shim.signatures()
    for moved in (-600, -86400):
        server.shim.move_clock(moved)
        assert client.post(V["V21"]).body == ocsp.TRY_LATER
        assert client.post(V["V01"]).body == ocsp.TRY_LATER
        assert client.post(V["V02"]).body == ocsp.TRY_LATER, "an answer from the future is not served either"
    assert server.shim.signatures() == signed
    assert "the clock went back" in server.errors
    server.shim.move_clock(0)
    assert client.successful(V["V21"]).single.status == "good"
    assert client.successful(V["V02"]).produced_at == kept.produced_at


def test_L_06_a_small_step_of_the_clock_stops_nothing(timed, world):
    server = timed()
    client = Client(server, world.test)
    client.successful(V["V02"])
    server.shim.move_clock(-200)
    assert client.successful(V["V21"]).single.status == "good"


def test_L_07_get_and_post_agree(site):
    for vector in ("V01", "V02", "V12", "V15", "V45"):
        posted, got = site.successful(V[vector]), site.ask_get(V[vector])
        facts = [[(s.certid, s.status_raw, s.this_update, s.next_update) for s in r.singles]
                 for r in (posted, got)]
        if vector == "V12":
            facts = [[fact[:2] for fact in response] for response in facts]
        assert facts[0] == facts[1]


@pytest.mark.parametrize("method", ["get", "post"])
def test_L_08_a_cacheable_answer_has_all_seven_fields(site, method):
    answer = getattr(site, method)(V["V01"])
    assert [name for name in SEVEN if answer[name] is None] == []
    assert answer["Content-Length"] == str(len(answer.body))


def test_L_09_the_etag_is_the_quoted_sha256_of_the_body(site):
    for answer in (site.get(V["V01"]), site.get(V["V02"]), site.post(V["V01"]), site.get(V["V15"])):
        assert answer["ETag"] == f'"{hashlib.sha256(answer.body).hexdigest()}"'


def test_L_10_expires_is_next_update(site):
    for vector in ("V01", "V45", "V15"):
        answer = site.get(V[vector])
        assert answer["Expires"] == http_date(site.read(answer).single.next_update)


def test_L_11_last_modified_is_produced_at_and_not_after_date(site):
    answer = site.get(V["V01"])
    assert answer["Last-Modified"] == http_date(min(site.read(answer).produced_at, read_date(answer["Date"])))
    assert read_date(answer["Last-Modified"]) <= read_date(answer["Date"])


def test_L_12_max_age_ends_before_next_update(at, site):
    for client in (site, at("/short/"), at("/webpki/")):
        answer = client.get(client.request(worlds.GOOD[5]))
        age = int(answer.cache_control()["max-age"])
        left = client.read(answer).single.next_update - read_date(answer["Date"])
        assert 0 < age < left.total_seconds()
    assert 0 < int(at("/short/").get(V["V01"]).cache_control()["max-age"]) < 600


def test_L_12_max_age_counts_from_serving_and_renewal_comes_in_time(timed, world):
    client = Client(timed(validity="2h"), world.test)
    first = client.get(V["V02"])
    produced = ocsp.decode(first.body).produced_at
    seen = []
    for moved in range(600, 7800, 600):
        client.server.shim.move_clock(moved)
        answer = client.get(V["V02"])
        response = client.read(answer)
        age = int(answer.cache_control()["max-age"])
        seen.append((moved, response.produced_at, age))
        end = read_date(answer["Date"]) + datetime.timedelta(seconds=age)
        assert 0 < age and end < response.single.next_update
    kept = [moved for moved, when, _ in seen if when == produced]
    assert kept and max(kept) <= 3600, "renewed half-way at the latest"
    ages = [age for moved, when, age in seen if when == produced]
    assert ages == sorted(ages, reverse=True) and len(set(ages)) == len(ages)
    assert int(first.cache_control()["max-age"]) <= 3600


def test_L_17_renewals_are_spread_over_time(site):
    ages = [int(site.get(site.request(serial)).cache_control()["max-age"]) for serial in worlds.GOOD]
    assert max(ages) <= 12 * 3600 and max(ages) - min(ages) > 1800 and len(set(ages)) > len(ages) / 2


@pytest.mark.parametrize("method", ["get", "post"])
def test_L_13_authoritative_answers_may_be_kept(site, method):
    for request in (V["V01"], V["V02"], site.request(worlds.REVOKED)):
        answer = getattr(site, method)(request)
        control = answer.cache_control()
        assert {"public", "no-transform", "must-revalidate", "max-age"} <= set(control)
        assert not {"no-cache", "no-store", "private"} & set(control)
        assert answer["Pragma"] is None


@pytest.mark.parametrize("vector, prefix",
                         [("V15", "/unauthorized/"), ("V14", "/"), ("V36", "/"), ("V02", "/require/")])
def test_L_14_errors_are_not_to_be_kept(at, vector, prefix):
    client = at(prefix)
    for answer in (client.get(V[vector]), client.post(V[vector])):
        assert len(answer.body) == 5
        assert {"no-cache", "no-store"} & set(answer.cache_control()) or answer["Pragma"] == "no-cache"
        assert answer["ETag"] is None and "public" not in answer.cache_control()


@pytest.mark.parametrize("method", ["get", "post"])
def test_L_15_nonce_answers_are_private_in_effect_but_not_unstored(site, method):
    answer = getattr(site, method)(V["V21"])
    control = answer.cache_control()
    assert site.read(answer).extension(ocsp.NONCE)
    assert "public" not in control and control["max-age"] == "0" and "no-store" not in control
    assert answer["ETag"] is None and answer["Last-Modified"] is None


def test_L_18_a_flood_of_nonces_is_bounded_and_slows_nobody_else(timed, world):
    server = timed(signing={"in_flight": 2, "waiting": 8})
    client = Client(server, world.test)
    assert client.successful(V["V02"]).single.status == "good"
    flood = []
    with processes.stopped(processes.the(server, processes.SIGNER)):
        for _ in range(60):
            flood.append(rawhttp.Connection(server.direct))
            flood[-1].send(rawhttp.post_octets(client.nonced(worlds.EE)))
        rawhttp.until(lambda: server.metric("vouch_signatures_refused_total") >= 40)
        assert client.successful(V["V02"]).single.status == "good", "stored answers go on"
    answers = [connection.read().body for connection in flood]
    refused = [body for body in answers if body == ocsp.TRY_LATER]
    assert 40 <= len(refused) < 60
    for body in answers:
        if body != ocsp.TRY_LATER:
            ocsp.verify(ocsp.decode(body), world.test)
    assert client.successful(V["V21"]).single.status == "good", "and afterwards everybody is served"


def test_L_19_staplers_are_answered_about_cas_too(at, world):
    client = at("/", "root")
    response = client.successful(client.request(world.sub.serial))
    assert response.single.status == "good" and response.extensions == []
    below = at("/", "sub")
    assert below.status(worlds.EE) == "good"
