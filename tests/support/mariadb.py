# SPDX-License-Identifier: Apache-2.0
"""MariaDB for the tests."""

import subprocess

from .database import DatabaseServer


class MariaDB(DatabaseServer):
    product, package = "MariaDB", "mariadb-server"
    programs = ("mariadbd", "mariadb-install-db", "mariadb")
    folders = ((), ("/usr/sbin", "/usr/local/sbin"))
    users = ("mysql", "nobody")

    def __init__(self, folder):
        super().__init__(folder)
        self.socket = self.folder / "socket"
        command = [self.program("mariadb-install-db"), "--no-defaults", f"--datadir={self.data}", "--skip-test-db",
                   "--auth-root-authentication-method=normal", *self.as_user()]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def as_user(self):
        return [f"--user={self.user.pw_name}"] if self.user else []

    def command(self, *options):
        return [self.program("mariadbd"), "--no-defaults", f"--datadir={self.data}", f"--socket={self.socket}",
                f"--pid-file={self.folder / 'pid'}", "--bind-address=127.0.0.1", f"--port={self.port}",
                "--skip-name-resolve", "--innodb-buffer-pool-size=32M", "--innodb-log-file-size=16M",
                # What is written outlives a kill; only the machine's end would lose it.
                "--innodb-flush-method=nosync", "--innodb-flush-log-at-trx-commit=2", "--debug-no-sync",
                "--lower-case-table-names=0", *self.as_user(), *options]

    def client(self, database=None):
        return [self.program("mariadb"), "--no-defaults", f"--socket={self.socket}", "--user=root", "--batch",
                "--skip-column-names", "--unbuffered", *([database] if database else [])]
