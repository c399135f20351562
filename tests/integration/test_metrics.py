# SPDX-License-Identifier: Apache-2.0
"""The admin pages: metrics that Prometheus can read, whatever an issuer is called, and health that a reload does not shake."""

import re

import pytest

from site_of_tests import GOOD, REVOKED, Site
from support import rawhttp

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (-?[0-9.]+(?:e[+-]?\d+)?|NaN|[+-]Inf)')
LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"')
TRICKY = 'Say "CA" \\ Zürich {x="y"}'


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("metrics"))


def admin(server):
    return server.listening("admin")[0]


def samples(page):
    """Every sample of the page, {(name, labels): value}; the format is held to its letter."""
    assert page.endswith("\n")
    found, kinds, helped = {}, {}, set()
    for line in page.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ")[2]
            assert name not in helped and len(line.split(" ", 3)) == 4
            helped.add(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in ("counter", "gauge") and name not in kinds and name in helped
            assert (kind == "counter") == name.endswith("_total")
            kinds[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            name, labels, value = match.groups()
            assert list(kinds)[-1] == name, line
            key = (name, tuple((k, re.sub(r"\\(.)", lambda m: "\n" if m[1] == "n" else m[1], v)) for k, v in LABEL.findall(labels or "")))
            assert key not in found, line
            found[key] = float(value)
    return found


def test_the_page_is_what_prometheus_reads(site):
    with site.serve(issuer={"name": TRICKY}) as server:
        client = site.client(server)
        client.single(GOOD), client.single(GOOD), client.single(REVOKED)
        rawhttp.exchange(server.direct, b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n")
        answer = rawhttp.get(admin(server), "/metrics")
        assert answer["Content-Type"].startswith("text/plain; version=0.0.4")
        found = samples(answer.body.decode())
    assert found["vouch_build_info", (("version", "0.1.0"),)] == 1
    assert 70 < found["vouch_signer_expiry_days", (("issuer", TRICKY), ("signer", "0"))] < 90
    assert 0 <= found["vouch_source_age_seconds", (("issuer", TRICKY),)] < 10
    assert found["vouch_responses_total", (("response_status", "successful"),)] == 3
    assert found["vouch_single_responses_total", (("cert_status", "good"),)] == 2
    assert found["vouch_single_responses_total", (("cert_status", "revoked"),)] == 1
    assert found["vouch_http_requests_total", (("method", "POST"), ("code", "200"))] == 3
    assert found["vouch_cache_hits_total", ()] + found["vouch_cache_misses_total", ()] == 3
    names = {name for name, _ in found}
    assert {"vouch_signatures_total", "vouch_signature_errors_total", "vouch_certids_total", "vouch_cache_octets", "vouch_connections",
            "vouch_repaired_paths_total", "vouch_connections_refused_total"} <= names


def test_each_source_is_counted_for_itself(site):
    with site.serve() as server:
        client = site.client(server)
        client.single(GOOD), client.single(GOOD + 1000)
        page = samples(rawhttp.get(admin(server), "/metrics").body.decode())
        found = {name: value for (name, labels), value in page.items() if dict(labels).get("source") == "0"}
        assert found["vouch_source_lookups_total"] == 2 and found["vouch_source_not_found_total"] == 1
        assert found["vouch_source_unavailable_total"] == found["vouch_source_errors_total"] == found["vouch_source_trouble"] == 0
        assert page["vouch_lookups_refused_total", ()] == 0


def test_no_label_has_a_serial_number_or_an_address(site):
    with site.serve() as server:
        site.client(server).single(GOOD)
        for (name, labels) in samples(rawhttp.get(admin(server), "/metrics").body.decode()):
            assert {key for key, _ in labels} <= {"version", "method", "code", "response_status", "cert_status", "hash_algorithm", "issuer",
                                                  "signer", "source"}, name


def test_a_reload_is_no_sickness(site):
    with site.serve() as server:
        assert rawhttp.get(admin(server), "/healthz").status == 200
        for count in range(1, 11):
            server.reload()
            while len(server.events("reloaded")) < count:
                answer = rawhttp.get(admin(server), "/healthz")
                assert answer.status == 200, answer.body
            assert rawhttp.get(admin(server), "/healthz").status == 200


@pytest.mark.parametrize("request_line, status", [("GET /", 404), ("GET /healthz?x=y", 200), ("POST /metrics", 405),
                                                  ("GET /healthzz", 404), ("DELETE /healthz", 405)])
def test_other_pages_and_methods_are_refused(site, request_line, status):
    with site.serve() as server:
        head = f"{request_line} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        assert rawhttp.exchange(admin(server), head.encode()).status == status
