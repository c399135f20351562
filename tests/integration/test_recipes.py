# SPDX-License-Identifier: Apache-2.0
"""The queries of docs/recipes against the tables that the products make, with rows as they write them.

The queries are read out of the pages themselves; the table definitions have the columns, types and keys of the products' own scripts.
"""

import base64
import hashlib
import pathlib
import re
import sqlite3
import time

import pytest
import yaml

from on_server import OnMariaDB, OnPostgres
from registered import shows
from support import pki, program
from support.client import Client
from support.server import Refused, Server

RECIPES = program.ROOT / "docs" / "recipes"
# Of one digit, of 20 octets, of 20 octets with the highest bit set but for the sign.
GOOD, REVOKED, LONG, HELD = 0x5, 0x22, 0x7FEEDDCCBBAA99887766554433221100FFEEDDCC, 0x00C0FFEE
NEW, ELSEWHERE = 0x77, 0x99
MOMENT = 1767323045     # 2026-01-02T03:04:05Z
KEY_COMPROMISE, CERTIFICATE_HOLD = 1, 6


def recipe(title):
    """The one source of the YAML block that begins with that comment."""
    for page in sorted(RECIPES.glob("*.md")):
        for block in re.findall(r"^```yaml\n(.*?)^```$", page.read_text(), re.S | re.M):
            if block.startswith(f"# {title}\n"):
                (source,) = yaml.safe_load(block)["sources"]
                return source
    raise AssertionError(f"docs/recipes has no block '# {title}'")


class Place:
    """A CA, and a database in which its certificates are."""

    def __init__(self, folder, name):
        self.folder, self.name = pathlib.Path(folder), name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.ca = pki.authority("Recipe CA", pki.key("p256", "recipe ca"))
        self.other = pki.authority("Other CA", pki.key("p256", "other recipe ca"))
        self.signer = self.ca.signer(pki.key("p256", "recipe signer"))
        self.ca.write(self.folder, "ca")
        self.signer.write(self.folder, "ocsp")

    def serve(self, source):
        issuer = {"name": "recipe", "certificate": str(self.folder / "ca.pem"),
                  "signers": [{"certificate": str(self.folder / "ocsp.pem"), "key": str(self.folder / "ocsp.key")}],
                  "sources": [{**{key: " ".join(text.split()) for key, text in source.items()}, "uri": self.uri()}]}
        return Server(self.folder / "server", {"listen": ["127.0.0.1:0"], "issuers": [issuer]})

    def client(self, server):
        return Client(server, self.ca)


class SqlitePlace(Place):
    def uri(self):
        return f"sqlite:{self.folder / 'ca.db'}"

    def sql(self, text, *values):
        database = sqlite3.connect(self.folder / "ca.db")
        try:
            with database:
                if values:
                    database.execute(text, values)
                else:
                    database.executescript(text)
        finally:
            database.close()


class PostgresPlace(OnPostgres, Place):
    def __init__(self, folder, name, server):
        OnPostgres.__init__(self, server, name)
        Place.__init__(self, folder, name)


class MariaPlace(OnMariaDB, Place):
    def __init__(self, folder, name, server):
        OnMariaDB.__init__(self, server, name)
        Place.__init__(self, folder, name)


def database_name(request):
    return re.sub(r"\W+", "_", request.node.name)[:60].lower()


@pytest.fixture
def sqlite_place(tmp_path, request):
    return SqlitePlace(tmp_path, database_name(request))


@pytest.fixture
def postgres_place(tmp_path, request, postgres):
    return PostgresPlace(tmp_path, database_name(request), postgres)


@pytest.fixture
def maria_place(tmp_path, request, mariadb):
    return MariaPlace(tmp_path, database_name(request), mariadb)


def assert_told(client, held=True, key_compromise=True):
    """What every product's rows below say."""
    assert [client.status(serial) for serial in (GOOD, LONG, REVOKED, ELSEWHERE, 0x1234567)] == [
        "good", "good", "revoked", "unknown", "unknown"]
    single = client.single(REVOKED)
    assert int(single.revocation_time.timestamp()) == MOMENT
    assert single.reason == (KEY_COMPROMISE if key_compromise else None)
    if held:
        assert (client.status(HELD), client.single(HELD).reason) == ("revoked", CERTIFICATE_HOLD)


# CFSSL ------------------------------------------------------------------------------------------------

CFSSL_COLUMNS = "(serial_number {octets} NOT NULL, authority_key_identifier {octets} NOT NULL, ca_label {octets}, status {octets} NOT NULL, " \
    "reason int, created_at {time}, expiry {time}, revoked_at {time}, pem {octets} NOT NULL, PRIMARY KEY (serial_number, authority_key_identifier))"
CFSSL_MORE = ("issued_at {time}", "not_before {time}", "metadata {text}", "sans {text}", "common_name {text}")


def cfssl_tables(octets, time, text):
    types = {"octets": octets, "time": time, "text": text}
    more = "".join(f"ALTER TABLE certificates ADD COLUMN {column.format(**types)};" for column in CFSSL_MORE)
    return ("CREATE TABLE certificates " + CFSSL_COLUMNS.format(**types) + ";"
            "CREATE INDEX certificates_created_at ON certificates (created_at);"
            "CREATE INDEX certificates_revoked_at ON certificates (revoked_at);" + more)


def cfssl_rows(place, zero, utc):
    """As `cfssl sign` and `cfssl revoke` leave them: a zero date and reason 0 until there is a revocation."""
    own, other = place.ca.key_identifier.hex(), place.other.key_identifier.hex()
    for serial, authority, status, reason, revoked in (
            (GOOD, own, "good", 0, zero), (LONG, own, "good", 0, zero), (ELSEWHERE, other, "good", 0, zero),
            (REVOKED, own, "revoked", KEY_COMPROMISE, f"2026-01-02 03:04:05{utc}"),
            (REVOKED, other, "good", 0, zero), (HELD, own, "revoked", CERTIFICATE_HOLD, f"2026-01-02 03:04:05{utc}")):
        place.sql("INSERT INTO certificates (serial_number, authority_key_identifier, ca_label, status, reason, created_at, expiry, revoked_at, pem)"
                  f" VALUES ('{serial}', '{authority}', '', '{status}', {reason}, CURRENT_TIMESTAMP, '2031-01-02 03:04:05{utc}', '{revoked}', 'x')")


def cfssl_revokes(place, serial):
    place.sql("UPDATE certificates SET status = 'revoked', revoked_at = CURRENT_TIMESTAMP, reason = 1 "
              f"WHERE serial_number = '{serial}' AND authority_key_identifier = '{place.ca.key_identifier.hex()}'")


def cfssl_issues(place, serial, zero):
    place.sql("INSERT INTO certificates (serial_number, authority_key_identifier, status, reason, created_at, expiry, revoked_at, pem) VALUES "
              f"('{serial}', '{place.ca.key_identifier.hex()}', 'good', 0, CURRENT_TIMESTAMP, '2031-01-02 03:04:05', '{zero}', 'x')")


def assert_cfssl_is_followed(place, title, zero):
    with place.serve(recipe(title)) as server:
        client = place.client(server)
        assert_told(client)
        assert client.status(NEW) == "unknown"
        cfssl_issues(place, NEW, zero)
        shows(client, NEW, "good")
        cfssl_revokes(place, NEW)           # in the second in which it was issued
        shows(client, NEW, "revoked")
        cfssl_revokes(place, GOOD)
        shows(client, GOOD, "revoked")


def test_cfssl_in_sqlite(sqlite_place):
    zero = "0001-01-01 00:00:00+00:00"
    sqlite_place.sql(cfssl_tables("blob", "timestamp", "TEXT"))
    cfssl_rows(sqlite_place, zero, "+00:00")
    assert_cfssl_is_followed(sqlite_place, "CFSSL, SQLite", zero)


def test_cfssl_in_postgresql(postgres_place):
    zero = "0001-01-01 00:00:00+00"
    postgres_place.sql(cfssl_tables("bytea", "timestamptz", "TEXT"))
    postgres_place.let_read("certificates")
    cfssl_rows(postgres_place, zero, "+00")
    assert_cfssl_is_followed(postgres_place, "CFSSL, PostgreSQL", zero)


def test_cfssl_in_mariadb(maria_place):
    """CFSSL's connections speak of times in UTC."""
    zero = "0000-00-00 00:00:00"
    maria_place.server.run("SET GLOBAL time_zone = '+00:00'; SET GLOBAL sql_mode = ''")
    maria_place.sql(cfssl_tables("varbinary(128)", f"timestamp DEFAULT '{zero}'", "varchar(255)"))
    maria_place.let_read("certificates")
    cfssl_rows(maria_place, zero, "")
    assert_cfssl_is_followed(maria_place, "CFSSL, MariaDB", zero)


def test_a_ca_without_a_key_identifier_is_refused_with_the_reason(sqlite_place):
    sqlite_place.sql(cfssl_tables("blob", "timestamp", "TEXT"))
    sqlite_place.ca = pki.certificate(pki.common_name("Recipe CA"), pki.key("p256", "recipe ca"), extensions=[pki.basic_constraints(True)])
    sqlite_place.ca.write(sqlite_place.folder, "ca")
    with pytest.raises(Refused) as refused:
        sqlite_place.serve(recipe("CFSSL, SQLite")).start()
    assert "the CA's certificate has no subjectKeyIdentifier" in refused.value.errors


# EJBCA ------------------------------------------------------------------------------------------------

ACTIVE, NOTIFIED, BLOCKED, ARCHIVED, INACTIVE = 20, 21, 40, 60, 10
EJBCA_TABLE = """CREATE TABLE CertificateData (fingerprint {name} NOT NULL, base64Cert {text}, cAFingerprint {name}, certificateProfileId {int} NOT NULL,
    endEntityProfileId {int}, expireDate {big} NOT NULL, issuerDN {name} NOT NULL, notBefore {big}, revocationDate {big} NOT NULL,
    revocationReason {int} NOT NULL, rowProtection {text}, rowVersion {int} NOT NULL, serialNumber {name} NOT NULL, status {int} NOT NULL,
    subjectAltName {long}, subjectDN {long} NOT NULL, subjectKeyId {name}, tag {name}, type {int} NOT NULL, updateTime {big} NOT NULL, username {name},
    PRIMARY KEY (fingerprint));
    CREATE UNIQUE INDEX certificatedata_idx12 ON CertificateData (serialNumber, issuerDN);
    CREATE INDEX vouch_updatetime ON CertificateData (updateTime);"""
ARCHIVED_GOOD, ARCHIVED_REVOKED, RELEASED, WAITING = 0x41, 0x42, 0x43, 0x44


def now_ms():
    return int(time.time() * 1000)


def ejbca_row(place, serial, status, reason=-1, revoked=-1, authority=None):
    authority = authority or place.ca
    fingerprint = hashlib.sha1(authority.der).hexdigest()
    place.sql("INSERT INTO CertificateData (fingerprint, cAFingerprint, certificateProfileId, expireDate, issuerDN, revocationDate, revocationReason,"
              " rowVersion, serialNumber, status, subjectDN, type, updateTime) VALUES "
              f"('{serial:040x}', '{fingerprint}', 1, 1925000000000, 'CN={fingerprint[:8]}', {revoked}, {reason}, 0, '{serial}', {status},"
              f" 'CN=x', 1, {now_ms()})")


def ejbca_rows(place):
    ejbca_row(place, GOOD, ACTIVE)
    ejbca_row(place, LONG, NOTIFIED)
    ejbca_row(place, REVOKED, BLOCKED, KEY_COMPROMISE, MOMENT * 1000 + 678)
    ejbca_row(place, HELD, BLOCKED, CERTIFICATE_HOLD, MOMENT * 1000)
    ejbca_row(place, ELSEWHERE, ACTIVE, authority=place.other)
    ejbca_row(place, ARCHIVED_GOOD, ARCHIVED)
    ejbca_row(place, ARCHIVED_REVOKED, ARCHIVED, KEY_COMPROMISE, MOMENT * 1000)
    ejbca_row(place, RELEASED, ARCHIVED, 8, MOMENT * 1000)
    ejbca_row(place, WAITING, INACTIVE)


def assert_ejbca_is_followed(place, title):
    ejbca_rows(place)
    with place.serve(recipe(title)) as server:
        client = place.client(server)
        assert_told(client)
        assert [client.status(serial) for serial in (ARCHIVED_GOOD, ARCHIVED_REVOKED, RELEASED, WAITING)] == ["good", "revoked", "good", "unknown"]
        place.sql(f"UPDATE CertificateData SET status = {BLOCKED}, revocationReason = 4, revocationDate = {now_ms()}, updateTime = {now_ms()},"
                  f" rowVersion = rowVersion + 1 WHERE serialNumber = '{GOOD}'")
        shows(client, GOOD, "revoked")
        assert client.status(NEW) == "unknown"
        ejbca_row(place, NEW, ACTIVE)
        shows(client, NEW, "good")


def test_ejbca_in_postgresql(postgres_place):
    postgres_place.sql(EJBCA_TABLE.format(name="TEXT", text="TEXT", long="TEXT", int="INT4", big="INT8"))
    postgres_place.let_read("CertificateData")
    assert_ejbca_is_followed(postgres_place, "EJBCA, PostgreSQL")


def test_ejbca_in_mariadb(maria_place):
    maria_place.sql(EJBCA_TABLE.format(name="VARCHAR(250) BINARY", text="LONGTEXT", long="VARCHAR(400) BINARY", int="INT(11)", big="BIGINT(20)"))
    maria_place.let_read("CertificateData")
    assert_ejbca_is_followed(maria_place, "EJBCA, MariaDB")


def test_the_query_for_ejbca_is_the_same_in_both():
    assert {key: recipe("EJBCA, PostgreSQL")[key] for key in ("query", "changes")} == \
        {key: recipe("EJBCA, MariaDB")[key] for key in ("query", "changes")}


# OpenXPKI ---------------------------------------------------------------------------------------------

OPENXPKI_TABLE = """CREATE TABLE certificate (pki_realm varchar(255), issuer_dn varchar(1000), cert_key decimal(49,0) NOT NULL,
    issuer_identifier varchar(64) NOT NULL, identifier varchar(64), subject varchar(1000), status varchar(255), subject_key_identifier varchar(255),
    authority_key_identifier varchar(255), notbefore integer, notafter integer, revocation_time decimal(49,0), invalidity_time decimal(49,0),
    reason_code varchar(50), hold_instruction_code varchar(50), req_key bigint, data text, PRIMARY KEY (issuer_identifier, cert_key));"""


def openxpki_identifier(authority):
    return base64.urlsafe_b64encode(hashlib.sha1(authority.der).digest()).decode().rstrip("=")


def assert_openxpki_is_followed(place):
    own, other = openxpki_identifier(place.ca), openxpki_identifier(place.other)
    place.sql(OPENXPKI_TABLE)
    place.let_read("certificate")
    for serial, authority, status, when, reason in (
            (GOOD, own, "ISSUED", "NULL", "NULL"), (LONG, own, "ISSUED", "NULL", "NULL"), (ELSEWHERE, other, "ISSUED", "NULL", "NULL"),
            (REVOKED, own, "CRL_ISSUANCE_PENDING", MOMENT, "'keyCompromise'"), (REVOKED, other, "ISSUED", "NULL", "NULL"),
            (HELD, own, "HOLD", MOMENT, "'certificateHold'")):
        place.sql("INSERT INTO certificate (cert_key, issuer_identifier, status, notafter, revocation_time, reason_code) VALUES "
                  f"({serial}, '{authority}', '{status}', 1925000000, {when}, {reason})")
    with place.serve(recipe("OpenXPKI, PostgreSQL")) as server:
        client = place.client(server)
        assert_told(client)
        place.sql(f"UPDATE certificate SET status = 'REVOKED', revocation_time = {MOMENT}, reason_code = 'superseded' WHERE cert_key = {LONG}")
        shows(client, LONG, "revoked")


def test_openxpki_in_postgresql(postgres_place):
    assert_openxpki_is_followed(postgres_place)


def test_openxpki_in_mariadb(maria_place):
    assert_openxpki_is_followed(maria_place)


# step-ca ----------------------------------------------------------------------------------------------

def step_revocation(serial, reason):
    """What Go makes of its record."""
    return ('{"Serial":"%d","ProvisionerID":"admin","ReasonCode":%d,"Reason":"it\\"s lost","RevokedAt":"2026-01-02T03:04:05.123456789Z",'
            '"TokenID":"x","MTLS":false,"ACME":false}' % (serial, reason))


def assert_step_is_followed(place, title, quote):
    for table in ("x509_certs", "revoked_x509_certs"):
        place.let_read(table)
    for serial in (GOOD, LONG, REVOKED, HELD):
        place.sql(f"INSERT INTO x509_certs (nkey, nvalue) VALUES ('{serial}', {quote(b'0')})")
    for serial, reason in ((REVOKED, KEY_COMPROMISE), (HELD, CERTIFICATE_HOLD), (0x55, 0)):      # the last was never stored
        place.sql(f"INSERT INTO revoked_x509_certs (nkey, nvalue) VALUES ('{serial}', {quote(step_revocation(serial, reason).encode())})")
    with place.serve(recipe(title)) as server:
        client = place.client(server)
        assert_told(client)
        assert client.status(0x55) == "revoked" and client.single(0x55).reason is None
        place.sql(f"INSERT INTO revoked_x509_certs (nkey, nvalue) VALUES ('{GOOD}', {quote(step_revocation(GOOD, 4).encode())})")
        shows(client, GOOD, "revoked")


def test_step_ca_in_postgresql(postgres_place):
    for table in ("x509_certs", "revoked_x509_certs"):
        postgres_place.sql(f'CREATE TABLE "{table}" (nkey BYTEA CHECK (octet_length(nkey) <= 255), nvalue BYTEA, PRIMARY KEY (nkey))')
    assert_step_is_followed(postgres_place, "step-ca, PostgreSQL", lambda octets: f"'\\x{octets.hex()}'")


def test_step_ca_in_mariadb(maria_place):
    for table in ("x509_certs", "revoked_x509_certs"):
        maria_place.sql(f"CREATE TABLE `{table}` (nkey VARBINARY(255), nvalue BLOB, PRIMARY KEY (nkey))")
    assert_step_is_followed(maria_place, "step-ca, MariaDB", lambda octets: f"x'{octets.hex()}'")
