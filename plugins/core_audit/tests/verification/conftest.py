"""A sealed journal, and somebody who owns the database."""

import shutil
import sqlite3

import pytest
from sqlalchemy import create_engine, text

from archivolt_core_audit.seals import logic as sealing
from archivolt_core_audit.verification import logic
from archivolt_host.tenants import context, sessions
from archivolt_host.tenants.context import SqlitePlace

TABLES = ("audit_entry", "audit_link", "audit_seal")


@pytest.fixture
def folders(owner):
    """Write some entries: one for each folder."""

    def make(*names):
        for name in names:
            sent = owner.post("/vault/folders", json={"name": name})
            assert sent.status_code == 201, sent.text

    return make


@pytest.fixture
def seal(tenant):
    def run():
        with context.acting(tenant):
            return sealing.seal_all()

    return run


@pytest.fixture
def verify(tenant):
    """Return the problems that are found, the first one first."""

    def run():
        with context.acting(tenant), sessions.reading():
            return logic.verify()

    return run


class SqliteOwner:
    """Somebody with the file in hand."""

    def __init__(self, host, tenant):
        self.host, self.path = host, tenant.place.path
        self.copied = self.path.with_suffix(".old")

    def sql(self, *statements):
        with sqlite3.connect(self.path) as connection:
            found = connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            )
            for (name,) in found.fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)
        connection.close()

    def copy(self):
        self.host.databases.dispose()
        with sqlite3.connect(self.path) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        shutil.copyfile(self.path, self.copied)

    def restore(self):
        self.host.databases.dispose()
        for suffix in ("-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(self.copied, self.path)


class PostgresOwner:
    """Somebody who owns the tables."""

    def __init__(self, host, tenant):
        self.schema = tenant.place.schema
        self.engine = create_engine(host.provisioner.migrator_url)

    def sql(self, *statements):
        with self.engine.begin() as connection:
            connection.execute(text(f"SET LOCAL search_path = {self.schema}"))
            for table in TABLES:
                drop = f"DROP TRIGGER IF EXISTS {table}_refuse ON {table}"
                connection.execute(text(drop))
            for statement in statements:
                connection.execute(text(statement))
        self.engine.dispose()

    def copy(self):
        self.sql(*(f"CREATE TABLE old_{t} AS SELECT * FROM {t}" for t in TABLES))

    def restore(self):
        for table in TABLES:
            back = f"INSERT INTO {table} SELECT * FROM old_{table}"
            self.sql(f"DELETE FROM {table}", back)


@pytest.fixture
def attacker(host, tenant):
    on_files = isinstance(tenant.place, SqlitePlace)
    return (SqliteOwner if on_files else PostgresOwner)(host, tenant)
