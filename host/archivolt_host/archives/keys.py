"""Foreign keys and counters while rows come in by table, not by who needs whom."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from archivolt_host.archives.errors import ArchiveError

KEYS = text(
    "SELECT conrelid::regclass, quote_ident(conname), pg_get_constraintdef(oid) "
    "FROM pg_constraint WHERE contype = 'f' "
    "AND connamespace = current_schema()::regnamespace ORDER BY conname"
)
COUNTERS = text(
    "SELECT attrelid::regclass::text, attname FROM pg_attribute "
    "JOIN pg_class ON pg_class.oid = attrelid WHERE attidentity <> '' "
    "AND relnamespace = current_schema()::regnamespace AND relkind = 'r'"
)


@contextmanager
def keys_held(connection: Connection) -> Iterator[None]:
    """Check foreign keys once, at the end; then let counters go on from there."""
    if connection.dialect.name == "sqlite":
        yield  # it was opened with its keys off
        for table, _, parent, _ in connection.exec_driver_sql(
            "PRAGMA foreign_key_check"
        ):
            raise ArchiveError(f"A row of {table} points at a missing row of {parent}.")
        return
    keys = connection.execute(KEYS).all()
    for table, name, _ in keys:
        connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    yield
    for table, name, definition in keys:
        _restore(connection, table, name, definition)
    for table, column in connection.execute(COUNTERS).all():
        connection.exec_driver_sql(
            f"SELECT setval(pg_get_serial_sequence('{table}', '{column}'), "  # noqa: S608
            f'max("{column}")) FROM {table}'
        )


def _restore(connection: Connection, table: str, name: str, definition: str) -> None:
    try:
        connection.exec_driver_sql(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}"
        )
    except DBAPIError as error:
        said = str(error.orig).strip().replace("\n", " ")
        raise ArchiveError(f"A row of {table} points nowhere: {said}") from error
