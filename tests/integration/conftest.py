# SPDX-License-Identifier: Apache-2.0
"""Where the tests of this folder find the support modules; the database servers, which take longer to start than most tests."""

import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from on_server import OnMariaDB, OnPostgres             # noqa: E402
from support.database import running                    # noqa: E402
from support.mariadb import MariaDB                     # noqa: E402
from support.postgres import Postgres                   # noqa: E402


@pytest.fixture(scope="session")
def postgres():
    with running(Postgres, OnPostgres.users) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb():
    with running(MariaDB, OnMariaDB.users) as server:
        yield server
