# SPDX-License-Identifier: Apache-2.0
"""vouch import into the databases that have a server of their own, and out of them."""

import json

import pytest

from on_server import PASSWORD, OnMariaDB, OnPostgres
from registered import empty
from site_of_tests import GOOD, HELD, REVOKED, Site
from support import program

TIME = "2026-01-02T03:04:05Z"
ROWS = 2500


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return Site(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module", params=[("postgres", OnPostgres), ("mariadb", OnMariaDB)], ids=["postgresql", "mysql"])
def uri(request, tmp_path_factory):
    """An empty database: the first import makes the tables."""
    server, kind = request.param
    password_file = tmp_path_factory.mktemp("password") / "password"
    password_file.write_text(PASSWORD + "\n")
    with empty(kind, request.getfixturevalue(server)) as database:
        yield database.uri(password=None, **{"password-file": password_file})


def counts(site, database, source, code=0):
    done = program.run("import", "--issuer", site.folder / "ca.pem", "--db", database, "--json", source, code=code, deadline=300)
    found = json.loads(done.stdout)
    return {name: value for name, value in found.items() if name not in ("database", "source", "dry_run") and value}


def statuses(site, database, *serials):
    done = program.run("status", "--issuer", site.folder / "ca.pem", "--db", database, "--json", "--serial", *[f"{s:x}" for s in serials], code=None)
    objects = [json.loads(line) for line in done.stdout.splitlines()]
    return [(o["status"], o.get("revocation_reason"), o.get("revocation_time")) for o in objects]


def test_a_register_goes_into_a_database_and_out_of_it_again(site, uri, tmp_path):
    own, back = f"sqlite:{site.folder / 'vouch.db'}", f"sqlite:{tmp_path}/back.db"
    assert counts(site, uri, own) == {"added": 3}
    assert counts(site, uri, own) == {"unchanged": 3}
    assert counts(site, back, uri) == {"added": 3}
    assert statuses(site, back, GOOD, REVOKED, HELD) == statuses(site, own, GOOD, REVOKED, HELD) == statuses(site, uri, GOOD, REVOKED, HELD)
    assert counts(site, own, uri) == {"unchanged": 3}


def test_a_table_of_some_transactions(site, uri, tmp_path):
    rows = [f"{n * 104729 + 65536:x},{f'revoked,{TIME},superseded' if n % 7 == 0 else 'good,,'}" for n in range(ROWS)]
    (tmp_path / "table.csv").write_text("serial,status,revoked_at,reason\n" + "\n".join(rows) + "\n")
    assert counts(site, uri, tmp_path / "table.csv") == {"added": ROWS}
    assert counts(site, uri, tmp_path / "table.csv") == {"unchanged": ROWS}
    assert statuses(site, uri, 65536, 65536 + 104729) == [("revoked", "superseded", TIME), ("good", None, None)]
    weaker = "serial,status\n10000,good\n77,good\n"
    (tmp_path / "weaker.csv").write_text(weaker)
    assert counts(site, uri, tmp_path / "weaker.csv", code=1) == {"refused": 1, "added": 1}
    assert statuses(site, uri, 65536, 0x77) == [("revoked", "superseded", TIME), ("good", None, None)]
