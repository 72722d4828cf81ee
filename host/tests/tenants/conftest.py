from contextlib import contextmanager

import pytest
from sqlalchemy import text

from archivolt_host.tenants.context import SqlitePlace
from archivolt_host.tenants.migrations import schema_migration, sqlite_migration


@pytest.fixture
def owner(host):
    """Open a place's database as the one who owns its tables."""

    @contextmanager
    def open_place(place):
        if isinstance(place, SqlitePlace):
            with sqlite_migration(place.path) as connection:
                yield connection
        else:
            url = host.provisioner.migrator_url
            with schema_migration(url, place.schema) as connection:
                yield connection

    return open_place


@pytest.fixture
def definition(owner):
    """Describe every table, index and trigger of a place."""

    def describe(place):
        sqlite = isinstance(place, SqlitePlace)
        query = ON_SQLITE if sqlite else ON_POSTGRES.format(schema=place.schema)
        with owner(place) as connection:
            rows = connection.execute(text(query)).all()
        name = "" if sqlite else place.schema
        return sorted(str(tuple(row)).replace(name or "\0", "*") for row in rows)

    return describe


ON_SQLITE = "SELECT type, name, tbl_name, sql FROM sqlite_master"
ON_POSTGRES = """
SELECT table_name, column_name, data_type, is_nullable, column_default
FROM information_schema.columns WHERE table_schema = '{schema}'
UNION SELECT tablename, indexname, indexdef, '', '' FROM pg_indexes
WHERE schemaname = '{schema}'
UNION SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid), '', ''
FROM pg_constraint WHERE connamespace = '{schema}'::regnamespace
"""
