# SPDX-License-Identifier: Apache-2.0
"""What a connection to a database server does to others: how it is set, how long it is waited for."""

import contextlib
import socket
import time
import urllib.parse

import pytest

from on_server import OnMariaDB, OnPostgres
from registered import SLOW, MariaRegister, PostgresRegister, registered, shows, stored
from site_of_tests import GOOD, Site
from support.client import Client


@contextlib.contextmanager
def silent():
    """The port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
        yield listener.getsockname()[1]


@pytest.mark.parametrize("own", ["register", "query"])
@pytest.mark.parametrize("kind", [OnPostgres, OnMariaDB])
def test_a_server_that_never_answers_delays_nobody_else(tmp_path, kind, own):
    """But once, at the start: its own timeout is no reason for others to wait."""
    site = Site(tmp_path / "quick")
    query = "&query=" + urllib.parse.quote(kind.QUERY, safe="") if own == "query" else ""
    with silent() as port:
        config = site.config()
        config["issuers"][0]["path"] = "/quick/"
        silent_source = f"{kind.scheme}://vouch@127.0.0.1:{port}/vouch?timeout=30s{query}"
        config["issuers"].append({**site.config()["issuers"][0], "name": "silent", "path": "/silent/", "sources": [silent_source]})
        server = site.serve()
        server.configure(config)
        with server:
            quick = Client(server, site.ca, "/quick/")
            stored(quick, GOOD)
            misses, asked, longest = server.metric("vouch_cache_misses_total"), 0, 0.0
            until = time.monotonic() + 4
            while time.monotonic() < until:
                begun = time.monotonic()
                assert quick.status(GOOD) == "good"
                longest, asked = max(longest, time.monotonic() - begun), asked + 1
            assert longest < 0.5 * SLOW, longest
            assert server.metric("vouch_cache_misses_total") - misses < asked / 10, "the answers did not stand"


def test_a_backslash_in_a_query_means_what_it_means_everywhere(tmp_path, postgres):
    with registered(PostgresRegister, tmp_path / "site", postgres) as site:
        site.sql(site.OWN + f"ALTER DATABASE {site.name} SET standard_conforming_strings = off")
        query = site.QUERY + r" AND serial <> '\' AND serial <> ':serial_hex'"
        assert "good" in site.status(site.uri(query=query), f"{GOOD:x}", code=0)


@pytest.mark.parametrize("serial", [0x11, 2 ** 63 - 1, 2 ** 63, 2 ** 64 - 1])
def test_an_integer_without_a_sign_is_found_to_its_last_bit(tmp_path, mariadb, serial):
    """2^64, and a negative one, are in no such column."""
    with registered(MariaRegister, tmp_path / "site", mariadb) as site:
        site.sql("CREATE TABLE issued (serial BIGINT UNSIGNED PRIMARY KEY, revoked TIMESTAMP NULL);"
                 f"INSERT INTO issued VALUES ({serial}, '2026-01-02 03:04:05');")
        query = "SELECT IF(revoked IS NULL, 'good', 'revoked') AS status, revoked AS revoked_at FROM issued WHERE serial = :serial_integer"
        assert "revoked" in site.status(site.uri(query=query), f"{serial:x}", code=None)
        for other in (f"{serial + 2 ** 64:x}", f"-{2 ** 64 - serial:x}"):
            assert "revoked" not in site.status(site.uri(query=query), other, code=None)
