# SPDX-License-Identifier: Apache-2.0
"""What a server process cannot do in place, a new one does: a reload beyond its sandbox or its store, a database that was replaced."""

import os
import sqlite3

import pytest

from site_of_tests import GOOD, Site
from support import ocsp, processes, program, rawhttp


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path / "site")


def revoked_copy(site, path):
    """A copy of the database in which the good one is revoked."""
    path.parent.mkdir(exist_ok=True)
    with sqlite3.connect(site.folder / "vouch.db") as source, sqlite3.connect(path) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = WAL")
    program.run("revoke", "--issuer", "ca.pem", "--db", path, "--reason", "keyCompromise", f"{GOOD:x}.pem", cwd=site.folder)
    return path


def hang_up(server, config):
    server.configure(config)
    server.reload()


def reload(server, **changes):
    hang_up(server, server.site.config(**changes))
    return server.wait_event("reloaded")


@pytest.fixture
def server(site):
    with site.serve() as server:
        server.site = site
        yield server


def test_a_source_in_another_folder_is_taken_by_a_reload(site, server):
    before = processes.the(server, processes.SERVER)
    assert site.client(server).status(GOOD) == "good"
    elsewhere = revoked_copy(site, site.folder.parent / "elsewhere" / "other.db")
    reload(server, issuer={"sources": [f"sqlite:{elsewhere}"]})
    # The old process still answers who was in its queue.
    rawhttp.until(lambda: site.client(server).status(GOOD) == "revoked")
    assert rawhttp.until(lambda: not processes.is_alive(before))
    assert site.client(server).status(GOOD) == "revoked"
    assert processes.the(server, processes.SERVER) != before


@pytest.mark.parametrize("changes", [{"limits": {"connections": 500}}, {"store": {"memory": "1MiB"}}, {"lenient": False},
                                     {"sandbox": "off"}], ids=lambda c: next(iter(c)))
def test_what_a_process_has_from_its_start_changes_with_a_new_one(site, server, changes):
    before = processes.the(server, processes.SERVER)
    reload(server, **changes)
    assert site.client(server).status(GOOD) == "good"
    assert processes.the(server, processes.SERVER) != before
    assert not server.events("setting_needs_restart")


def test_what_can_change_in_place_does(site, server):
    before = processes.the(server, processes.SERVER)
    reload(server, limits={"certids": 3}, issuer={"validity": "2h"})
    assert processes.the(server, processes.SERVER) == before


def test_a_new_process_that_cannot_build_leaves_the_old_one_alone(site, server):
    before = processes.the(server, processes.SERVER)
    hang_up(server, site.config(issuer={"sources": [f"sqlite:{site.folder.parent / 'nowhere' / 'x.db'}"]}))
    assert "x.db" in server.wait_event("reload_failed")["why"]
    assert processes.the(server, processes.SERVER) == before
    assert site.client(server).status(GOOD) == "good"


def test_the_signer_comes_back_after_a_reload_that_failed(site, server):
    hang_up(server, {**site.config(), "nonsense": 1})
    server.wait_event("reload_failed")
    os.kill(processes.the(server, processes.SIGNER), 9)
    server.wait_event("process_started")
    client = site.client(server)
    request = client.request(GOOD, extensions=[ocsp.nonce(bytes(16))])
    assert rawhttp.until(lambda: client.ask(request).status == "successful")


def test_a_database_that_is_replaced_beside_the_key_is_seen(site, server):
    before = processes.the(server, processes.SERVER)
    assert site.client(server).status(GOOD) == "good"
    copy = revoked_copy(site, site.folder.parent / "copy" / "vouch.db")
    with sqlite3.connect(copy) as whole:
        whole.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.rename(copy, site.folder / "vouch.db")
    assert rawhttp.until(lambda: processes.named(server, processes.SERVER) not in ([], [before]))
    assert rawhttp.until(lambda: site.client(server).status(GOOD) == "revoked")
    assert server.events("file_replaced")
